// Validity, canonical form and geometry of a problem. Its text form is in problem_text.cpp.
#include "host/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/operands.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

constexpr const char* kAxisNames[] = {"d", "h", "w"};

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw BadInput(fmt::format(format, std::forward<Args>(args)...));
}

// Throws BadInput, which names `what`, if a tensor has 2^61 bytes or more at 8 bytes an element:
// offsets, the bytes of indices, and the sum of all operands fit 63 bits then. An extent of 0
// counts as 1, since an empty tensor's plane has a size too.
void check_size(std::string_view what, int64_t n, int64_t c, const Extents& extents) {
  int64_t bytes = 8;
  for (const int64_t factor : {n, c, extents[0], extents[1], extents[2]})
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(factor, 1), &bytes) || bytes >> 61 != 0)
      refuse("src: {} would have 2^61 bytes or more", what);
}

void check_known(std::string_view parameter, auto value) {
  if (token(value) == kNoToken) refuse("{}: value {} is unknown", parameter, int(value));
}

void check_range(std::string_view parameter, int axis, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    refuse("{}: {} on axis {} is out of range [{}, {}]", parameter, value, kAxisNames[axis], low,
           high);
}

int64_t dilated_kernel(const PoolSpec& spec, int axis) {
  return (spec.kernel[axis] - 1) * spec.dilation[axis] + 1;
}

int64_t stride_of(const PoolSpec& spec, int axis) {
  return spec.stride[axis] != 0 ? spec.stride[axis] : spec.kernel[axis];
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

int64_t sliding_extent(const Description& problem, const Padding& pads, int axis) {
  const PoolSpec& spec = problem.spec;
  const int64_t src = problem.src[axis];
  const int64_t stride = stride_of(spec, axis);
  if (spec.auto_pad != AutoPad::kNone) return (src - 1) / stride + 1;
  const int64_t room = src + pads.begin[axis] + pads.end[axis] - dilated_kernel(spec, axis);
  if (!spec.ceil_mode) return floor_div(room, stride) + 1;
  // The last window must begin inside the input or the begin padding.
  return std::min(floor_div(room + stride - 1, stride), (src + pads.begin[axis] - 1) / stride) + 1;
}

Padding padding_of(const Description& problem) {
  const PoolSpec& spec = problem.spec;
  Padding pads = {spec.pad_begin, spec.pad_end};
  if (spec.auto_pad == AutoPad::kNone) return pads;
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    const int64_t stride = stride_of(spec, axis);
    const int64_t out = (problem.src[axis] - 1) / stride + 1;
    const int64_t reach = (out - 1) * stride + dilated_kernel(spec, axis);
    const int64_t total = std::max<int64_t>(reach - problem.src[axis], 0);
    const int64_t small = total / 2;
    pads.begin[axis] = spec.auto_pad == AutoPad::kSameUpper ? small : total - small;
    pads.end[axis] = total - pads.begin[axis];
  }
  return pads;
}

void validate_sliding(const Description& problem) {
  const PoolSpec& spec = problem.spec;
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    check_range("k", axis, spec.kernel[axis], 1, kMaxExtent);
    if (spec.stride[axis] != 0) check_range("s", axis, spec.stride[axis], 1, kMaxExtent);
    check_range("d", axis, spec.dilation[axis], 1, kMaxExtent / spec.kernel[axis]);
    for (const Extents* pad : {&spec.pad_begin, &spec.pad_end})
      check_range("p", axis, (*pad)[axis], 0, kMaxExtent);
  }
  int64_t positions = 1;
  for (const int64_t kernel : spec.kernel)
    if (spec.reduction == Reduction::kAvgIncludePad && spec.divisor == 0 &&
        __builtin_mul_overflow(positions, kernel, &positions))
      refuse("k: a window of more than 2^63 - 1 positions, which is an average's divisor");
  if (spec.auto_pad != AutoPad::kNone &&
      (spec.ceil_mode || spec.pad_begin != Extents{} || spec.pad_end != Extents{}))
    refuse("same_upper and same_lower say the padding and the size: p and ceil exclude them");
  const Padding pads = padding_of(problem);
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    if (sliding_extent(problem, pads, axis) < 1)
      refuse("k: window {} (dilated) is larger than the padded input {} on axis {}",
             dilated_kernel(spec, axis), problem.src[axis] + pads.begin[axis] + pads.end[axis],
             kAxisNames[axis]);
}

void validate_fractional(const Description& problem) {
  const PoolSpec& spec = problem.spec;
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    check_range("k", axis, spec.kernel[axis], 1, problem.src[axis]);
    check_range("out", axis, spec.out[axis], 0, problem.src[axis] - spec.kernel[axis] + 1);
  }
  for (const double sample : spec.samples)
    if (!(sample >= 0 && sample < 1)) refuse("samples: {} is out of range [0, 1)", sample);
  const auto count = static_cast<int64_t>(spec.samples.size());
  if (count != 0 && count != problem.rank && count != problem.planes() * problem.rank)
    refuse("samples: {} numbers; {} (one an axis) or {} (one an axis and plane) would do", count,
           problem.rank, problem.planes() * problem.rank);
}

void validate_reduction(const Description& problem) {
  const PoolSpec& spec = problem.spec;
  if (spec.reduction == Reduction::kLp && !(spec.norm > 0))
    refuse("norm: {} must be greater than 0 (inf is allowed)", spec.norm);
  if (spec.divisor == std::numeric_limits<int64_t>::min())
    refuse("div: {} has no opposite in 64 bits; the smallest divisor is {}", spec.divisor,
           spec.divisor + 1);
  if (!facts(problem.dtype).has_sums() && !is_extreme(spec.reduction))
    refuse("{} is defined for extremes only, not for {}", token(problem.dtype),
           token(spec.reduction));
  if (spec.indices && !is_extreme(spec.reduction))
    refuse("idx: {} has no indices, only extremes have", token(spec.reduction));
}

Extents dst_of(const Description& problem, const Padding& pads) {
  switch (problem.spec.windowing) {
    case Windowing::kGlobal:
      return {1, 1, 1};
    case Windowing::kAdaptive:
    case Windowing::kFractional:
      return problem.spec.out;
    case Windowing::kSliding:
      break;
  }
  Extents out = {1, 1, 1};
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    out[axis] = sliding_extent(problem, pads, axis);
  return out;
}

void validate(const Description& problem) {
  check_known("reduction", problem.spec.reduction);
  check_known("windowing", problem.spec.windowing);
  check_known("type", problem.dtype);
  check_known("layout", problem.layout);
  if (problem.rank < 1 || problem.rank > 3)
    refuse("src: {} spatial axes; 1, 2 or 3 are defined", problem.rank);
  if (problem.n < 0 || problem.n > kMaxExtent)
    refuse("src: n is {}, must lie in [0, {}]", problem.n, kMaxExtent);
  if (problem.c < 0 || problem.c > kMaxExtent)
    refuse("src: c is {}, must lie in [0, {}]", problem.c, kMaxExtent);
  for (int axis = 0; axis < 3; ++axis) check_range("src", axis, problem.src[axis], 1, kMaxExtent);
  check_size("the input", problem.n, problem.c, problem.src);
  validate_reduction(problem);
  if (problem.spec.windowing == Windowing::kSliding) validate_sliding(problem);
  if (problem.spec.windowing == Windowing::kFractional) validate_fractional(problem);
  if (problem.spec.windowing == Windowing::kAdaptive)
    for (int axis = problem.first_axis(); axis < 3; ++axis)
      check_range("out", axis, problem.spec.out[axis], 0, kMaxExtent);
  check_size("the output", problem.n, problem.c, dst_of(problem, padding_of(problem)));
}

// Brings a valid problem into its canonical form.
Description canonical(Description problem) {
  PoolSpec& spec = problem.spec;
  const PoolSpec plain;
  const Windowing windowing = spec.windowing;
  if (windowing != Windowing::kSliding) {
    spec.stride = plain.stride, spec.dilation = plain.dilation;
    spec.pad_begin = plain.pad_begin, spec.pad_end = plain.pad_end;
    spec.auto_pad = plain.auto_pad, spec.ceil_mode = plain.ceil_mode;
  }
  if (windowing == Windowing::kAdaptive || windowing == Windowing::kGlobal)
    spec.kernel = plain.kernel;
  if (windowing == Windowing::kSliding || windowing == Windowing::kGlobal) spec.out = plain.out;
  if (windowing != Windowing::kFractional) spec.seed = plain.seed, spec.samples.clear();
  if (!spec.samples.empty()) spec.seed = plain.seed;
  for (int axis = 0; axis < 3; ++axis) {
    if (axis < problem.first_axis()) {
      spec.kernel[axis] = spec.dilation[axis] = spec.out[axis] = 1;
      spec.stride[axis] = spec.pad_begin[axis] = spec.pad_end[axis] = 0;
    }
    if (windowing == Windowing::kSliding) spec.stride[axis] = stride_of(spec, axis);
    if (spec.kernel[axis] == 1) spec.dilation[axis] = 1;
  }
  const bool average = is_average(spec.reduction);
  if (!average) spec.divisor = plain.divisor;
  if (average && (windowing == Windowing::kGlobal || windowing == Windowing::kAdaptive ||
                  windowing == Windowing::kFractional || spec.divisor != 0))
    spec.reduction = Reduction::kAvgIncludePad;
  if (spec.reduction != Reduction::kLp) spec.norm = plain.norm, spec.norm_mean = false;
  return problem;
}

Shapes shapes_of(const Description& problem, const Extents& dst, const Padding& pads) {
  const PoolSpec& spec = problem.spec;
  const bool global = spec.windowing == Windowing::kGlobal;
  Shapes shapes{};
  shapes.n = problem.n;
  shapes.c = problem.c;
  for (int i = 0; i < 3; ++i)
    shapes.axis[i] = {.src = problem.src[i],
                      .dst = dst[i],
                      .kernel = global ? problem.src[i] : spec.kernel[i],
                      .stride = spec.stride[i] != 0 ? spec.stride[i] : 1,
                      .pad_begin = pads.begin[i],
                      .pad_end = pads.end[i],
                      .dilation = spec.dilation[i]};
  shapes.divisor = spec.divisor;
  shapes.norm = spec.norm;
  shapes.reduction = int32_t(spec.reduction);
  shapes.windowing = int32_t(spec.windowing);
  shapes.dtype = int32_t(problem.dtype);
  shapes.layout = int32_t(problem.layout);
  shapes.norm_mean = spec.norm_mean;
  shapes.with_indices = spec.indices;
  // An empty output is an empty batch to kernels, whichever extent is 0.
  if (problem.planes() * dst[0] * dst[1] * dst[2] == 0) {
    shapes.n = 0;
    shapes.c = std::max<int64_t>(shapes.c, 1);
    for (Axis& axis : shapes.axis) axis.dst = std::max<int64_t>(axis.dst, 1);
  }
  return shapes;
}

}  // namespace

Problem::Problem(const Description& description) {
  validate(description);
  auto facts = std::make_shared<Facts>();
  facts->description = canonical(description);
  facts->padding = padding_of(facts->description);
  facts->dst = dst_of(facts->description, facts->padding);
  facts->shapes = shapes_of(facts->description, facts->dst, facts->padding);
  facts_ = std::move(facts);
}

int64_t Problem::src_count() const { return planes() * src()[0] * src()[1] * src()[2]; }
int64_t Problem::dst_count() const { return planes() * dst()[0] * dst()[1] * dst()[2]; }
// Not the operand's where there is no output, and kernels see no input either.
int64_t Problem::src_bytes() const { return src_count() * dtype_bytes(dtype()); }
int64_t Problem::dst_bytes() const { return operand_bytes(shapes(), Role::kDst); }
int64_t Problem::index_bytes() const {
  return spec().indices ? operand_bytes(shapes(), Role::kIndices) : 0;
}
int64_t Problem::tensor_bytes() const { return src_bytes() + dst_bytes() + index_bytes(); }

}  // namespace poolbench
