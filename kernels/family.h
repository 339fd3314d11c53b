// A kernel of a family: what it takes, as data, and what it does. The naive, OpenMP and CUDA
// families are ordered lists of these; Vulkan's rows (kernels/vulkan/kernels.h) share Takes and
// Refusal.
#ifndef POOLBENCH_KERNELS_FAMILY_H_
#define POOLBENCH_KERNELS_FAMILY_H_

#include "kernels/operands.h"

namespace poolbench {

// The operands of a problem's values, and of its indices.
inline constexpr Set<Role> kValues = {Role::kSrc, Role::kDst};
inline constexpr Set<Role> kValuesAndIndices = {Role::kSrc, Role::kDst, Role::kIndices};

POOLBENCH_HD Set<Role> operands_of(const Shapes& shapes) {
  return shapes.with_indices != 0 ? kValuesAndIndices : kValues;
}

// What a refusal is about: a token of a problem's text (host/spec.md), or the device. A row a
// parameter: its value, its name. None is 0, so that a refusal that names none is not one by
// chance.
#define POOLBENCH_PARAMETERS(X) \
  X(kReduction, "reduction")    \
  X(kWindowing, "windowing")    \
  X(kType, "type")              \
  X(kLayout, "layout")          \
  X(kSrc, "src")                \
  X(kKernel, "k")               \
  X(kStride, "s")               \
  X(kPad, "p")                  \
  X(kDilation, "d")             \
  X(kOut, "out")                \
  X(kCeil, "ceil")              \
  X(kDivisor, "div")            \
  X(kNorm, "norm")              \
  X(kSamples, "samples")        \
  X(kIndices, "idx")            \
  X(kDevice, "device")
enum class Parameter {
  kNone,
#define POOLBENCH_VALUE(value, name) value,
  POOLBENCH_PARAMETERS(POOLBENCH_VALUE)
#undef POOLBENCH_VALUE
};

// Why a kernel does not take a problem; false where it does.
struct Refusal {
  Parameter parameter = Parameter::kNone;
  const char* text = nullptr;  // what would be right; "": Takes says it
  POOLBENCH_HD constexpr explicit operator bool() const { return text != nullptr; }
};

// The parameter that makes windows as long as they are, for a refusal of their size.
inline Parameter window_parameter(const Shapes& shapes) {
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
    case Windowing::kFractional:
      return Parameter::kKernel;
    case Windowing::kAdaptive:
      return Parameter::kOut;
    case Windowing::kGlobal:
      return Parameter::kSrc;
  }
  return Parameter::kWindowing;
}

// What a kernel takes. A whitelist: a value that is not named is refused by name, so a new
// reduction, windowing, type or operand reaches no kernel that was not taught it.
struct Takes {
  Set<Reduction> reductions;
  Set<Windowing> windowings;
  Set<DType> types;
  Set<Layout> layouts = {Layout::kChannelsFirst, Layout::kChannelsLast};
  Set<Role> operands = kValues;
  bool dilation = false;
  bool padding_alone = false;  // windows that lie in the padding as a whole
};

POOLBENCH_HD Refusal refused(const Takes& takes, const Shapes& shapes) {
  if (!takes.reductions.has(Reduction(shapes.reduction))) return {Parameter::kReduction, ""};
  if (!takes.windowings.has(Windowing(shapes.windowing))) return {Parameter::kWindowing, ""};
  if (!takes.types.has(DType(shapes.dtype))) return {Parameter::kType, ""};
  if (!takes.layouts.has(Layout(shapes.layout))) return {Parameter::kLayout, ""};
  if ((operands_of(shapes).bits & ~takes.operands.bits) != 0) return {Parameter::kIndices, ""};
  for (const Axis& axis : shapes.axis)
    if (axis.dilation != 1 && !takes.dilation) return {Parameter::kDilation, ""};
  if (has_padding_alone(shapes) && !takes.padding_alone) return {Parameter::kPad, ""};
  return {};
}

// One row of a family's ordered list, fastest first; the last row takes everything that the spec
// defines.
struct Kernel {
  const char* name;
  const char* summary;
  Takes takes;
  // What Takes cannot say: windows, extents, norms. Null: nothing.
  Refusal (*refuses)(const Shapes&);
  // Enqueues the work on `stream` (host: null, and done on return).
  void (*launch)(const PoolArgs&, void* stream);
  // Bytes of scratch that a launch wants. Null: none.
  int64_t (*scratch_bytes)(const Shapes&);

  Refusal why_not(const Shapes& shapes) const {
    const Refusal refusal = refused(takes, shapes);
    return refusal || refuses == nullptr ? refusal : refuses(shapes);
  }
};

// What the spec defines today.
inline constexpr Set<Reduction> kEveryReduction = {Reduction::kMax, Reduction::kMin,
                                                   Reduction::kAvgIncludePad,
                                                   Reduction::kAvgExcludePad, Reduction::kLp};
inline constexpr Set<Windowing> kEveryWindowing = {Windowing::kSliding, Windowing::kAdaptive,
                                                   Windowing::kGlobal, Windowing::kFractional};
inline constexpr Set<Windowing> kSlidingWindows = {Windowing::kSliding, Windowing::kGlobal};
// Of these the plain loops of reduce.h make every reduction.
inline constexpr Set<DType> kPlainTypes = {DType::kF64,  DType::kF32, DType::kF16,
                                           DType::kBF16, DType::kI8,  DType::kU8,
                                           DType::kI32,  DType::kI16, DType::kI64};
inline constexpr Takes kTakesEverything = {.reductions = kEveryReduction,
                                           .windowings = kEveryWindowing,
                                           .types = kPlainTypes,
                                           .operands = kValuesAndIndices,
                                           .dilation = true,
                                           .padding_alone = true};

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_FAMILY_H_
