#include "host/fuzz.h"

#include <cmath>
#include <iterator>

#include "host/windows.h"
#include "kernels/family.h"
#include "kernels/reduce.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

class Dice {
 public:
  Dice(uint64_t seed, uint64_t index) : stream_(splitmix64(seed, index)) {}
  // Uniform in [low, high].
  int64_t roll(int64_t low, int64_t high) {
    return low + int64_t(splitmix64(stream_, rolls_++) % uint64_t(high - low + 1));
  }
  bool chance(int percent) { return roll(1, 100) <= percent; }
  auto pick(const auto& items) { return items[size_t(roll(0, int64_t(std::size(items)) - 1))]; }

 private:
  uint64_t stream_, rolls_ = 0;
};

void roll_sliding(Dice& dice, Description& problem) {
  PoolSpec& spec = problem.spec;
  const bool same_on_all_axes = dice.chance(50);
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    if (same_on_all_axes && axis > problem.first_axis()) {
      spec.kernel[axis] = spec.kernel[axis - 1];
      spec.stride[axis] = spec.stride[axis - 1];
      spec.dilation[axis] = spec.dilation[axis - 1];
      spec.pad_begin[axis] = spec.pad_begin[axis - 1];
      spec.pad_end[axis] = spec.pad_end[axis - 1];
      continue;
    }
    spec.kernel[axis] = dice.chance(60) ? dice.roll(2, 3) : dice.roll(1, 9);
    spec.stride[axis] = dice.chance(70) ? dice.roll(1, 2) : dice.roll(1, 5);
    spec.dilation[axis] = dice.chance(80) ? 1 : dice.roll(2, 3);
    const int64_t dilated = (spec.kernel[axis] - 1) * spec.dilation[axis] + 1;
    spec.pad_begin[axis] = dice.chance(50) ? 0 : dice.roll(0, dilated - 1);
    spec.pad_end[axis] = dice.chance(60) ? spec.pad_begin[axis] : dice.roll(0, dilated - 1);
  }
  if (dice.chance(5))  // windows in the padding as a whole
    for (int axis = problem.first_axis(); axis < 3; ++axis) spec.pad_begin[axis] += 3;
  spec.ceil_mode = dice.chance(30);
  if (dice.chance(15)) {
    spec.auto_pad = dice.chance(50) ? AutoPad::kSameUpper : AutoPad::kSameLower;
    spec.pad_begin = spec.pad_end = {};
    spec.ceil_mode = false;
  }
}

void roll_shape(Dice& dice, Description& problem) {
  constexpr int64_t kChannels[] = {1, 2, 3, 4, 5, 7, 8, 16, 17, 31, 32, 33, 64};
  constexpr int64_t kLongest[] = {300, 40, 16};
  problem.rank = int(dice.roll(1, 3));
  problem.n = dice.chance(3) ? 0 : dice.roll(1, 3);
  problem.c = dice.chance(1) ? 0 : dice.pick(kChannels);
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    problem.src[axis] = dice.chance(10) ? 1 : dice.roll(1, kLongest[problem.rank - 1]);
}

Description roll_description(Dice& dice) {
  std::vector<Reduction> reductions = {Reduction::kMax};  // twice as likely as the others
  kEveryReduction.for_each([&](Reduction reduction) { reductions.push_back(reduction); });
  constexpr Windowing kWindowings[] = {Windowing::kSliding, Windowing::kSliding,
                                       Windowing::kSliding, Windowing::kAdaptive,
                                       Windowing::kGlobal,  Windowing::kFractional};
  constexpr Layout kLayouts[] = {Layout::kChannelsFirst, Layout::kChannelsLast};
  constexpr double kNorms[] = {1, 2, 2, 3, 4, 1.5, 0.5, 7, INFINITY};
  Description problem;
  PoolSpec& spec = problem.spec;
  roll_shape(dice, problem);
  spec.reduction = dice.pick(reductions);
  spec.windowing = dice.pick(kWindowings);
  const bool extreme = is_extreme(spec.reduction);
  do problem.dtype = DType(dice.roll(0, kTypeCount - 1));
  while (!extreme && !facts(problem.dtype).has_sums());
  problem.layout = dice.pick(kLayouts);
  spec.indices = extreme && dice.chance(40);
  spec.norm = dice.pick(kNorms);
  spec.norm_mean = dice.chance(30);
  if (dice.chance(15)) spec.divisor = dice.chance(80) ? dice.roll(1, 20) : -dice.roll(1, 20);
  if (spec.windowing == Windowing::kSliding) roll_sliding(dice, problem);
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    const int64_t src = problem.src[axis];
    if (spec.windowing == Windowing::kAdaptive)
      spec.out[axis] = dice.chance(2) ? 0 : dice.roll(1, src + 2);
    if (spec.windowing != Windowing::kFractional) continue;
    spec.kernel[axis] = dice.roll(1, std::min<int64_t>(src, 4));
    spec.out[axis] = dice.roll(1, src - spec.kernel[axis] + 1);
  }
  spec.seed = uint64_t(dice.roll(1, 1000));
  return problem;
}

// Taps of the longest window of an axis.
int64_t most_taps(const Problem& problem, int axis) {
  switch (problem.spec().windowing) {
    case Windowing::kGlobal:
    case Windowing::kAdaptive:
      return problem.src()[axis];
    case Windowing::kSliding:
    case Windowing::kFractional:
      return problem.spec().kernel[axis];
  }
  return 0;
}

int64_t work(const Problem& problem) {
  int64_t taps = problem.dst_count();
  for (int axis = problem.first_axis(); axis < 3; ++axis) taps *= most_taps(problem, axis);
  return taps;
}

}  // namespace

FuzzCase fuzz_case(uint64_t seed, uint64_t index, int64_t max_outputs_taps) {
  Dice dice(seed, index);
  for (;;) {  // about one attempt in three is refused or too large
    const Description description = roll_description(dice);
    FuzzCase result;
    result.fill = dice.pick(fill_kinds()).kind;
    result.fill_seed = uint64_t(dice.roll(1, 1'000'000));
    try {
      result.problem = Problem(description);
    } catch (const BadInput&) {
      continue;
    }
    if (work(result.problem) <= max_outputs_taps) return result;
  }
}

}  // namespace poolbench
