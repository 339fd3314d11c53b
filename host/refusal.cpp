#include "host/refusal.h"

#include <fmt/format.h>

#include <vector>

#include "host/problem.h"

namespace poolbench {
namespace {

// "takes max and lp, not avg_include_pad"
template <class Enum>
std::string takes_text(Set<Enum> taken, int32_t asked) {
  std::vector<std::string_view> names;
  taken.for_each([&](Enum value) { names.push_back(token(value)); });
  return fmt::format("takes {}, not {}", fmt::join(names, ", "), token(Enum(asked)));
}

// Returns what Takes accepts for the parameter that was refused.
std::string taken_text(const Takes& takes, Parameter parameter, const Shapes& shapes) {
  switch (parameter) {
    case Parameter::kReduction:
      return takes_text(takes.reductions, shapes.reduction);
    case Parameter::kWindowing:
      return takes_text(takes.windowings, shapes.windowing);
    case Parameter::kType:
      return takes_text(takes.types, shapes.dtype);
    case Parameter::kLayout:
      return takes_text(takes.layouts, shapes.layout);
    case Parameter::kIndices:
      return "writes no indices";
    case Parameter::kDilation:
      return "takes no dilation";
    case Parameter::kPad:
      return "takes padding shorter than the window";
    case Parameter::kNone:
    case Parameter::kSrc:
    case Parameter::kKernel:
    case Parameter::kStride:
    case Parameter::kOut:
    case Parameter::kCeil:
    case Parameter::kDivisor:
    case Parameter::kNorm:
    case Parameter::kSamples:
    case Parameter::kDevice:
      break;
  }
  return "is refused";
}

}  // namespace

std::string_view parameter_name(Parameter parameter) {
  switch (parameter) {
    case Parameter::kNone:
      break;
#define POOLBENCH_ROW(value, name) \
  case Parameter::value:           \
    return name;
      POOLBENCH_PARAMETERS(POOLBENCH_ROW)
#undef POOLBENCH_ROW
  }
  return "?";
}

std::string refusal_text(const Takes& takes, const Refusal& refusal, const Shapes& shapes) {
  return fmt::format(
      "{}: {}", parameter_name(refusal.parameter),
      *refusal.text != '\0' ? refusal.text : taken_text(takes, refusal.parameter, shapes));
}

}  // namespace poolbench
