#include "host/smallest.h"

#include <algorithm>
#include <vector>

#include "kernels/reduce.h"

namespace poolbench {
namespace {

using Change = std::function<void(Description&)>;

// The least, half, two less (what depends on odd and even) and one less; the largest step first.
template <class Field>
void add_less(std::vector<Change>& changes, int64_t value, int64_t least, const Field& field) {
  int64_t before = least - 1;
  for (const int64_t less : {least, value / 2, value - 2, value - 1})
    if (less > before && less < value) {
      changes.push_back([=](Description& d) { field(d) = less; });
      before = less;
    }
}

void drop_axis(Description& d, int axis) {
  PoolSpec& spec = d.spec;
  for (; axis > d.first_axis(); --axis)
    for (Extents* extents : {&d.src, &spec.kernel, &spec.stride, &spec.pad_begin, &spec.pad_end,
                             &spec.dilation, &spec.out})
      (*extents)[axis] = (*extents)[axis - 1];
  --d.rank;
  for (Extents* extents : {&d.src, &spec.kernel, &spec.dilation, &spec.out})
    (*extents)[d.first_axis() - 1] = 1;
  for (Extents* extents : {&spec.stride, &spec.pad_begin, &spec.pad_end})
    (*extents)[d.first_axis() - 1] = 0;
}

// What may be taken away from a problem. A change that makes no valid problem is none.
std::vector<Change> changes_of(const Problem& problem) {
  const Description& d = problem.description();
  std::vector<Change> changes;
  add_less(changes, d.n, 1, [](Description& to) -> int64_t& { return to.n; });
  add_less(changes, d.c, 1, [](Description& to) -> int64_t& { return to.c; });
  if (d.rank > 1)
    for (int axis = d.first_axis(); axis < 3; ++axis)
      changes.push_back([=](Description& to) { drop_axis(to, axis); });
  for (int axis = d.first_axis(); axis < 3; ++axis) {
    const auto less = [&](const Extents& extents, int64_t least, auto of) {
      add_less(changes, extents[axis], least,
               [=](Description& to) -> int64_t& { return of(to)[axis]; });
    };
    less(d.src, 1, [](Description& to) -> Extents& { return to.src; });
    less(d.spec.out, 1, [](Description& to) -> Extents& { return to.spec.out; });
    less(d.spec.kernel, 1, [](Description& to) -> Extents& { return to.spec.kernel; });
    less(d.spec.stride, 1, [](Description& to) -> Extents& { return to.spec.stride; });
    less(d.spec.dilation, 1, [](Description& to) -> Extents& { return to.spec.dilation; });
    less(d.spec.pad_begin, 0, [](Description& to) -> Extents& { return to.spec.pad_begin; });
    less(d.spec.pad_end, 0, [](Description& to) -> Extents& { return to.spec.pad_end; });
  }
  changes.push_back([](Description& to) { to.spec.ceil_mode = false; });
  changes.push_back([](Description& to) { to.spec.auto_pad = AutoPad::kNone; });
  changes.push_back([](Description& to) { to.spec.divisor = 0; });
  changes.push_back([](Description& to) { to.spec.norm_mean = false; });
  changes.push_back([](Description& to) { to.spec.indices = false; });
  changes.push_back([](Description& to) { to.layout = Layout::kChannelsFirst; });
  changes.push_back([](Description& to) { to.dtype = DType::kF32; });
  return changes;
}

std::vector<FuzzCase> smaller_than(const FuzzCase& from) {
  std::vector<FuzzCase> cases;
  for (const Change& change : changes_of(from.problem)) try {
      FuzzCase next = from;
      next.problem = from.problem.with(change);
      if (!(next.problem == from.problem)) cases.push_back(std::move(next));
    } catch (const BadInput&) {
    }
  if (from.fill != FillKind::kIntegers)
    cases.push_back({from.problem, FillKind::kIntegers, from.fill_seed});
  if (from.fill_seed != 1) cases.push_back({from.problem, from.fill, 1});
  return cases;
}

}  // namespace

FuzzCase smallest(FuzzCase failing, const std::function<bool(const FuzzCase&)>& fails, int tries) {
  for (bool shrank = true; shrank;) {
    shrank = false;
    for (FuzzCase& next : smaller_than(failing)) {
      if (tries-- <= 0) return failing;
      if (!fails(next)) continue;
      failing = std::move(next);
      shrank = true;
      break;
    }
  }
  return failing;
}

}  // namespace poolbench
