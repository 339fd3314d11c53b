#include "host/reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "host/fold.h"
#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

// The window of one output on one axis. `counted`: its positions that count for the divisor of an
// average, with kAvgIncludePad those in the padding too.
struct AxisTaps : Taps {
  int64_t counted;
};

AxisTaps dense(int64_t begin, int64_t end) { return {{begin, end - begin, 1}, end - begin}; }

// Clips a sliding window by arithmetic: its kernel may be longer than any loop should be.
AxisTaps sliding_taps(const Problem& problem, int axis, int64_t o) {
  const PoolSpec& spec = problem.spec();
  const Padding& pads = problem.padding();
  const int64_t n = problem.src()[axis], step = spec.dilation[axis];
  const int64_t start = o * spec.stride[axis] - pads.begin[axis];
  const auto positions_before = [&](int64_t x) {
    return x <= start ? 0 : std::min(spec.kernel[axis], (x - start - 1) / step + 1);
  };
  const int64_t outside = positions_before(0), count = positions_before(n) - outside;
  const int64_t counted =
      spec.reduction == Reduction::kAvgIncludePad ? positions_before(n + pads.end[axis]) : count;
  if (count == 0) return {{0, 0, step}, counted};
  return {{start + outside * step, count, step}, counted};
}

AxisTaps axis_taps(const Problem& problem, int axis, int64_t plane, int64_t o) {
  const PoolSpec& spec = problem.spec();
  const int64_t n = problem.src()[axis];
  if (axis < problem.first_axis()) return dense(0, 1);
  switch (spec.windowing) {
    case Windowing::kSliding:
      return sliding_taps(problem, axis, o);
    case Windowing::kAdaptive: {
      const __int128 out = spec.out[axis];
      return dense(int64_t(__int128{o} * n / out), int64_t((__int128{o + 1} * n + out - 1) / out));
    }
    case Windowing::kGlobal:
      return dense(0, n);
    case Windowing::kFractional: {
      const int64_t kernel = spec.kernel[axis], out = spec.out[axis];
      if (o == out - 1) return dense(n - kernel, n);
      const double u = sample(problem, plane, axis);
      const double alpha = double(n - kernel) / double(out - 1);
      const auto begin =
          int64_t(std::trunc((double(o) + u) * alpha)) - int64_t(std::trunc(u * alpha));
      return dense(begin, begin + kernel);
    }
  }
  return {};
}

// What taps come to, in row-major order: an extreme and its place, or sums. `join` puts the taps of
// `b` behind those of `a`.
template <class Real, class Beats>
struct Extreme {
  Real value = 0;
  int64_t index = -1;  // no tap yet

  static Extreme join(const Extreme& a, const Extreme& b) {
    if (a.index < 0) return b;
    const bool later = b.index >= 0 && (Beats()(b.value, a.value) || b.value != b.value);
    return later ? b : a;
  }
};

template <class Real>
struct Sums {
  Real sum = 0;
  Real magnitude = 0;  // the sum of |x| or |x|^p
  Real largest = 0;    // |x|
  Real smallest = 0;   // |x| or |x|^p above 0; 0: none

  static Sums join(const Sums& a, const Sums& b) {
    const bool larger = b.largest > a.largest || std::isnan(b.largest);
    const bool smaller = b.smallest > 0 && (a.smallest == 0 || b.smallest < a.smallest);
    return {a.sum + b.sum, a.magnitude + b.magnitude, larger ? b.largest : a.largest,
            smaller ? b.smallest : a.smallest};
  }
};

// Sums of double precision are long, of long double longer; both are more than any tolerance needs.
// i64 has extremes alone, and digits that a double lacks.
template <class T>
using RealOf = std::conditional_t<std::is_same_v<T, double>, long double,
                                  std::conditional_t<std::is_same_v<T, int64_t>, int64_t, double>>;

// The elements of one plane, as T stores them.
template <class T>
class Plane {
 public:
  Plane(const Problem& problem, const void* src, int64_t plane)
      : src_(static_cast<const T*>(src)), step_(1) {
    const int64_t size = problem.src()[0] * problem.src()[1] * problem.src()[2];
    const bool last = problem.layout() == Layout::kChannelsLast;
    if (last) step_ = problem.c();
    src_ += last ? plane / problem.c() * size * problem.c() + plane % problem.c() : plane * size;
  }
  RealOf<T> operator[](int64_t i) const { return RealOf<T>(load(src_[i * step_])); }

 private:
  const T* src_;
  int64_t step_;
};

// One reduction of one type: how an element becomes an Item, and an Item the expected output.
template <class T, class Beats>
struct ExtremeOf {
  using Item = Extreme<RealOf<T>, Beats>;
  static Item item(const PoolSpec&, RealOf<T> x, int64_t index) { return {x, index}; }
  static void finish(const PoolSpec&, const Item& item, int64_t, Expected& expected) {
    constexpr bool kLargest = std::is_same_v<Beats, std::greater<>>;
    const auto empty = kLargest ? lowest<T>() : highest<T>();
    const RealOf<T> value = item.index < 0 ? RealOf<T>(empty) : item.value;
    expected.value = value;
    if constexpr (std::is_integral_v<T>) expected.integer = int64_t(value);
    expected.index = item.index;
  }
};

template <class T>
struct Power {
  using Real = RealOf<T>;
  using Item = Sums<Real>;
  static Item item(const PoolSpec& spec, Real x, int64_t) {
    const double p = spec.norm;
    const Real magnitude = std::fabs(x);
    const Real term = p == 2                    ? x * x
                      : p == 1 || std::isinf(p) ? magnitude
                                                : std::pow(magnitude, Real(p));
    return {term, term, magnitude, term > 0 ? term : 0};
  }
  static void finish(const PoolSpec& spec, const Item& item, int64_t, Expected& expected) {
    const double p = spec.norm;
    const Real mean =
        spec.norm_mean && expected.taps > 0 ? item.sum / Real(expected.taps) : item.sum;
    expected.value = std::isinf(p) ? item.largest
                     : p == 1      ? mean
                     : p == 2      ? std::sqrt(mean)
                                   : std::pow(mean, Real(1) / Real(p));
    expected.magnitude = std::fabs(expected.value);
    expected.largest_partial = item.magnitude;
    expected.smallest_term = item.smallest;
  }
};

// Rounds the exact quotient to nearest even, in integers: from its floor and the doubled remainder.
template <class T>
int64_t rounded_quotient(__int128 numerator, __int128 denominator) {
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  __int128 whole = numerator / denominator;
  if (numerator < whole * denominator) --whole;
  const __int128 twice = 2 * (numerator - whole * denominator);
  if (twice > denominator || (twice == denominator && whole % 2 != 0)) ++whole;
  const __int128 low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  return int64_t(std::clamp(whole, low, high));
}

template <class T>
struct Average {
  using Real = RealOf<T>;
  using Item = Sums<Real>;
  static Item item(const PoolSpec&, Real x, int64_t) {
    const Real magnitude = std::fabs(x);
    return {x, magnitude, magnitude, magnitude > 0 ? magnitude : 0};
  }
  static void finish(const PoolSpec& spec, const Item& item, int64_t counted, Expected& expected) {
    expected.largest_partial = item.magnitude;
    expected.smallest_term = item.smallest;
    const int64_t divisor = spec.divisor != 0 ? spec.divisor : counted;
    if (divisor == 0) return;
    expected.sum = item.sum;
    expected.divisor = divisor;
    expected.equal = item.smallest == item.largest &&
                     item.magnitude == Real(expected.taps) * item.largest &&
                     std::fabs(item.sum) == item.magnitude;
    expected.value = item.sum / Real(divisor);
    expected.magnitude = item.magnitude / std::fabs(Real(divisor));
    if constexpr (std::is_integral_v<T>)
      expected.integer = rounded_quotient<T>(__int128(item.sum), divisor);
  }
};

// Calls f(Reduced<T>) for the problem's reduction and type. Integers of more than a byte have
// extremes alone.
template <class F>
void dispatch_reduction(const Problem& problem, F&& f) {
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto sum = [&](auto reduced) {
      if constexpr (kHasSums<T>) f(typename decltype(reduced)::type(), tag);
    };
    switch (problem.spec().reduction) {
      case Reduction::kMax:
        return f(ExtremeOf<T, std::greater<>>(), tag);
      case Reduction::kMin:
        return f(ExtremeOf<T, std::less<>>(), tag);
      case Reduction::kAvgIncludePad:
      case Reduction::kAvgExcludePad:
        return sum(std::type_identity<Average<T>>());
      case Reduction::kLp:
        return sum(std::type_identity<Power<T>>());
    }
  });
}

// Visits the taps in row-major order.
template <class Visit>
void walk(const Extents& src, const AxisTaps (&taps)[3], const Visit& visit) {
  for (int64_t i = 0; i < taps[0].count; ++i)
    for (int64_t j = 0; j < taps[1].count; ++j)
      for (int64_t k = 0; k < taps[2].count; ++k) {
        const int64_t d = taps[0].first + i * taps[0].step, h = taps[1].first + j * taps[1].step;
        visit((d * src[1] + h) * src[2] + taps[2].first + k * taps[2].step);
      }
}

// Replaces one axis of the cells, `extents` in all, by that axis' outputs.
template <class Item, class At>
std::vector<Item> folded_axis(const Problem& problem, int axis, int64_t plane, Extents& extents,
                              const At& at) {
  std::vector<Taps> windows;
  for (int64_t o = 0; o < problem.dst()[axis]; ++o)
    windows.push_back(axis_taps(problem, axis, plane, o));
  const AxisFold fold(std::move(windows));
  int64_t before = 1, behind = 1;
  for (int i = 0; i < 3; ++i) (i < axis ? before : behind) *= i == axis ? 1 : extents[i];
  const int64_t in = std::exchange(extents[axis], fold.outputs()), out = fold.outputs();
  std::vector<Item> cells(before * out * behind);
#pragma omp parallel for schedule(static) if (before * behind > 1 && in * before * behind > 50'000)
  for (int64_t line = 0; line < before * behind; ++line) {
    const int64_t outer = line / behind, inner = line % behind;
    fold.template fold<Item>(
        [&](int64_t x) { return at((outer * in + x) * behind + inner); },
        [&](int64_t o, const Item& item) { cells[(outer * out + o) * behind + inner] = item; });
  }
  return cells;
}

// All outputs of a plane. Axis by axis, from the last on: a row-major order within each cell.
template <class Item, class At>
std::vector<Item> folded_plane(const Problem& problem, int64_t plane, const At& at) {
  Extents extents = problem.src();
  auto cells = folded_axis<Item>(problem, 2, plane, extents, at);
  for (int axis = 1; axis >= problem.first_axis(); --axis)
    cells = folded_axis<Item>(problem, axis, plane, extents, [&](int64_t i) { return cells[i]; });
  return cells;
}

}  // namespace

// The outputs of one plane, of one type of Item.
struct Reference::Folded {
  int64_t plane = -1;
  std::variant<
      std::vector<Extreme<double, std::greater<>>>, std::vector<Extreme<double, std::less<>>>,
      std::vector<Extreme<long double, std::greater<>>>,
      std::vector<Extreme<long double, std::less<>>>, std::vector<Extreme<int64_t, std::greater<>>>,
      std::vector<Extreme<int64_t, std::less<>>>, std::vector<Sums<double>>,
      std::vector<Sums<long double>>>
      cells;
};

Reference::Reference(const Problem& problem, const void* src)
    : problem_(problem), src_(src), folded_(std::make_unique<Folded>()) {}
Reference::~Reference() = default;

void Reference::fold(int64_t plane) {
  folded_->plane = plane;
  dispatch_reduction(problem_, [&](auto reduced, auto tag) {
    using Item = typename decltype(reduced)::Item;
    const Plane<typename decltype(tag)::type> elements(problem_, src_, plane);
    folded_->cells = folded_plane<Item>(
        problem_, plane, [&](int64_t i) { return reduced.item(problem_.spec(), elements[i], i); });
  });
}

FoldCost Reference::fold_cost(const Problem& problem) {
  FoldCost cost;
  double cells = double(problem.src()[0]) * double(problem.src()[1]) * double(problem.src()[2]);
  for (int axis = 2; axis >= problem.first_axis(); --axis) {
    const double before = cells;
    cells *= double(problem.dst()[axis]) / double(problem.src()[axis]);
    cost.joins += 2 * before + cells;
    // What this axis is folded from and to; the first one reads the input itself.
    cost.bytes =
        std::max(cost.bytes, sizeof(Sums<long double>) * (cells + (axis < 2 ? before : 0)));
  }
  cost.joins *= double(problem.planes());
  return cost;
}

Expected Reference::at(int64_t plane, const Extents& output) const {
  const AxisTaps taps[3] = {axis_taps(problem_, 0, plane, output[0]),
                            axis_taps(problem_, 1, plane, output[1]),
                            axis_taps(problem_, 2, plane, output[2])};
  const int64_t counted = taps[0].counted * taps[1].counted * taps[2].counted;
  Expected expected;
  expected.taps = taps[0].count * taps[1].count * taps[2].count;
  dispatch_reduction(problem_, [&](auto reduced, auto tag) {
    using Item = typename decltype(reduced)::Item;
    const Extents& dst = problem_.dst();
    if (folded_->plane == plane) {
      const auto& cells = std::get<std::vector<Item>>(folded_->cells);
      reduced.finish(problem_.spec(), cells[(output[0] * dst[1] + output[1]) * dst[2] + output[2]],
                     counted, expected);
      return;
    }
    const Plane<typename decltype(tag)::type> elements(problem_, src_, plane);
    Item item;
    walk(problem_.src(), taps, [&](int64_t i) {
      item = Item::join(item, reduced.item(problem_.spec(), elements[i], i));
    });
    reduced.finish(problem_.spec(), item, counted, expected);
  });
  return expected;
}

void Reference::each_tap(int64_t plane, const Extents& output,
                         const std::function<void(double)>& visit) const {
  const AxisTaps taps[3] = {axis_taps(problem_, 0, plane, output[0]),
                            axis_taps(problem_, 1, plane, output[1]),
                            axis_taps(problem_, 2, plane, output[2])};
  dispatch(problem_.dtype(), [&](auto tag) {
    const Plane<typename decltype(tag)::type> elements(problem_, src_, plane);
    walk(problem_.src(), taps, [&](int64_t i) { visit(double(elements[i])); });
  });
}

bool Reference::has_tap(int64_t plane, const Extents& output, double value) const {
  bool found = false;
  each_tap(plane, output, [&](double tap) { found |= tap == value; });
  return found;
}

long double Reference::against_infinity(int64_t plane, const Extents& output,
                                        long double sum) const {
  long double against = 0;
  each_tap(plane, output, [&](double x) {
    if (std::isfinite(x) && (x > 0) != (sum > 0)) against += std::fabs(x);
  });
  return against;
}

}  // namespace poolbench
