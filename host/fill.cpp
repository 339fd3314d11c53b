#include "host/fill.h"

#include <fmt/format.h>

#include <cmath>

#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

constexpr FillInfo kKinds[] = {
    {FillKind::kIntegers, "integers"}, {FillKind::kPosition, "position"},
    {FillKind::kNegative, "negative"}, {FillKind::kTies, "ties"},
    {FillKind::kUniform, "uniform"},   {FillKind::kInfinite, "infinite"},
    {FillKind::kNan, "nan"},           {FillKind::kDenormal, "denormal"},
    {FillKind::kExtreme, "extreme"},   {FillKind::kCancel, "cancel"},
    {FillKind::kSteady, "steady"},     {FillKind::kConstant, "constant"},
    {FillKind::kZeros, "zeros"},       {FillKind::kSpecial, "special"},
    {FillKind::kLone, "lone"},
};

// Facts about a float type: the largest finite number, the smallest normal one, the smallest one,
// and the whole number up to which it holds all of them.
struct Limits {
  double max, normal, smallest;
  int64_t whole;
};
template <class T>
constexpr Limits limits() {
  if constexpr (std::is_same_v<T, double>)
    return {1.7976931348623157e308, 0x1p-1022, 0x1p-1074, int64_t{1} << 53};
  else if constexpr (std::is_same_v<T, f16>)
    return {65504, 0x1p-14, 0x1p-24, 2048};
  else if constexpr (std::is_same_v<T, bf16>)
    return {0x1.fep127, 0x1p-126, 0x1p-133, 256};
  else
    return {0x1.fffffep127, 0x1p-126, 0x1p-149, int64_t{1} << 24};
}

// Below this many elements one thread is faster than starting others.
constexpr int64_t kParallelElements = 50'000;

// What rules and instructions treat apart, each of eight equally often.
template <class T>
double special_float(uint64_t h) {
  constexpr Limits limit = limits<T>();
  const double values[] = {NAN, -INFINITY, INFINITY,   -0.0,
                           0.0, limit.max, -limit.max, limit.smallest * double((h >> 8) % 100)};
  return values[(h >> 4) % std::size(values)];
}

template <class T>
double float_value(FillKind kind, uint64_t h, int64_t position) {
  constexpr Limits limit = limits<T>();
  const double uniform = double(int64_t(h) >> 11) * 0x1p-52;  // [-1, 1)
  const double sign = h & 1 ? -1 : 1;
  const auto pick = (h >> 1) % 16;
  switch (kind) {
    case FillKind::kIntegers:
      return double((h >> 8) % 17) - 8;
    case FillKind::kPosition:
      return double(position % limit.whole);
    case FillKind::kNegative:
      return -1 - double((h >> 8) % 16);
    case FillKind::kTies:
      return h & 1 ? 1 : 2;
    case FillKind::kUniform:
      return uniform;
    case FillKind::kInfinite:
      return pick < 13 ? -INFINITY : pick < 14 ? INFINITY : uniform;
    case FillKind::kNan:
      return pick == 0 ? NAN : uniform;
    case FillKind::kDenormal:
      return sign * limit.smallest * double((h >> 8) % 100);
    case FillKind::kExtreme:
      return sign * (pick < 8 ? limit.max * (0.5 + std::fabs(uniform) / 2) : limit.normal);
    case FillKind::kCancel:
      return sign * 1000 + uniform;
    case FillKind::kSteady:
      return 0.1;
    case FillKind::kConstant:
      return std::ldexp(sign * double((h >> 8) % 15 + 1), int((h >> 16) % 8) - 4);
    case FillKind::kZeros:
      return pick == 0 ? sign : sign * 0.0;
    case FillKind::kSpecial:
      return pick < 4 ? special_float<T>(h >> 8) : uniform;
    case FillKind::kLone:  // but for one of a plane
      return uniform;
  }
  return 0;
}

template <class T>
int64_t integer_value(FillKind kind, uint64_t h, int64_t position) {
  constexpr int64_t low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  constexpr uint64_t range = uint64_t(high) - uint64_t(low) + 1;  // 0: all 2^64
  const auto above_low = [](uint64_t x) {
    return int64_t(uint64_t(low) + (range == 0 ? x : x % range));
  };
  const int64_t any = above_low(range == 0 ? h : h >> 8);
  const auto pick = h % 16;
  switch (kind) {
    case FillKind::kIntegers:
      return int64_t((h >> 8) % 17) - (low < 0 ? 8 : 0);
    case FillKind::kPosition:
      return above_low(uint64_t(position));
    case FillKind::kNegative:
      return low < 0 ? -1 - int64_t((h >> 8) % 16) : (h >> 8) % 16;
    case FillKind::kTies:
      return h & 1 ? 1 : 2;
    case FillKind::kInfinite:
      return pick < 13 ? low : pick < 14 ? high : any;
    case FillKind::kExtreme:
      return pick < 8 ? low : high;
    case FillKind::kCancel:
      return pick < 8 ? high - pick : low + pick;
    case FillKind::kSteady:
      return high;
    case FillKind::kConstant:
      return low < 0 && (h & 1) != 0 ? -1 - int64_t((h >> 8) % 128) : int64_t((h >> 8) % 128);
    case FillKind::kZeros:
      return pick == 0 ? low : pick == 1 ? 1 : 0;
    case FillKind::kSpecial:
      return pick < 4 ? low : pick < 8 ? high : pick < 12 ? 0 : any;
    default:
      return any;
  }
}

// The element of a plane that is a special value. `h` is the plane's.
template <class T>
T lone_value(uint64_t h) {
  if constexpr (std::is_integral_v<T>)
    return (h & 1) != 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
  else
    return store<T>(special_float<T>(h));
}

template <class T>
void fill_as(const Problem& problem, FillKind kind, uint64_t seed, T* dst) {
  const int64_t size = problem.src()[0] * problem.src()[1] * problem.src()[2];
  const int64_t count = problem.src_count(), c = problem.c();
  if (count == 0) return;
  const bool last = problem.layout() == Layout::kChannelsLast;
  const uint64_t stream = splitmix64(seed, uint64_t(kind));
  // Fills in memory order, row by row: a division takes longer than the rest of an element. A value
  // depends on the position in channels-first order in both layouts.
  const int64_t length = last ? c : problem.src()[2];
#pragma omp parallel for schedule(static) if (count > kParallelElements)
  for (int64_t row = 0; row < count / length; ++row) {
    T* const to = dst + row * length;
    int64_t plane = last ? row / size * c : row * length / size;
    int64_t position = last ? row % size : row * length % size;
    for (int64_t i = 0; i < length; ++i) {
      const uint64_t h =
          splitmix64(stream, kind == FillKind::kConstant ? plane : plane * size + position);
      if constexpr (std::is_integral_v<T>)
        to[i] = T(integer_value<T>(kind, h, position));
      else
        to[i] = store<T>(float_value<T>(kind, h, position));
      if (kind == FillKind::kLone)
        if (const uint64_t lone = splitmix64(~stream, plane);
            int64_t(lone >> 16) % size == position)
          to[i] = lone_value<T>(lone);
      ++(last ? plane : position);
    }
  }
}

}  // namespace

std::span<const FillInfo> fill_kinds() { return kKinds; }

FillKind parse_fill(std::string_view name) {
  std::string known;
  for (const auto& kind : kKinds) {
    if (kind.name == name) return kind.kind;
    known += fmt::format(" {}", kind.name);
  }
  throw BadInput(fmt::format("fill: '{}' is unknown; one of{}", name, known));
}

std::string_view fill_name(FillKind kind) { return kKinds[static_cast<int>(kind)].name; }

void fill(const Problem& problem, FillKind kind, uint64_t seed, void* dst) {
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    fill_as(problem, kind, seed, static_cast<T*>(dst));
  });
}

std::vector<std::byte> filled(const Problem& problem, FillKind kind, uint64_t seed) {
  std::vector<std::byte> src(problem.src_bytes());
  fill(problem, kind, seed, src.data());
  return src;
}

}  // namespace poolbench
