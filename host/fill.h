// Inputs by kind and seed (host/spec.md, Inputs): the same for any number of threads and layout.
#ifndef POOLBENCH_HOST_FILL_H_
#define POOLBENCH_HOST_FILL_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "host/problem.h"

namespace poolbench {

enum class FillKind {
  kIntegers,  // whole numbers in [-8, 8] (u8: [0, 16]): sums are exact in every type
  kPosition,  // the element's place in its plane, modulo what the type holds exactly
  kNegative,  // all negative (u8: all below 16): a zero taken from padding would win
  kTies,      // two values: most maxima are tied
  kUniform,   // uniform in [-1, 1): nothing is exact
  kInfinite,  // -inf mostly, some +inf, some numbers
  kNan,       // one element in 16 is NaN
  kDenormal,  // subnormals of the type
  kExtreme,   // values near the type's limits, both signs
  kCancel,    // large and nearly opposite numbers: sums cancel
  kSteady,    // 0.1 everywhere: a long running sum rounds the same way each time and drifts
              // (integers: the highest value, for the largest sums)
  kConstant,  // one number of few digits a plane: the mean of equal numbers is that number
  kZeros,     // -0 and 0, some numbers of both signs: the value at the index, to the sign
  kSpecial,   // one element in four is NaN, an infinity, -0, 0, subnormal or at the type's limit
  kLone,      // one element a plane is one of these, the others are uniform
};

struct FillInfo {
  FillKind kind;
  std::string_view name;  // as --fill takes it
};
std::span<const FillInfo> fill_kinds();
FillKind parse_fill(std::string_view name);  // throws BadInput
std::string_view fill_name(FillKind kind);

// Writes the problem's src, in its type and layout, to `dst` (problem.src_bytes() bytes). An
// element depends only on the kind, the seed and its (n, c, d, h, w). Integer types express each
// kind as far as they can.
void fill(const Problem& problem, FillKind kind, uint64_t seed, void* dst);
std::vector<std::byte> filled(const Problem& problem, FillKind kind, uint64_t seed);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FILL_H_
