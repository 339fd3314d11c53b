// The spec: what is computed, on what, and the one line of text that says so.
#ifndef POOLBENCH_HOST_PROBLEM_H_
#define POOLBENCH_HOST_PROBLEM_H_

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/pool_args.h"

namespace poolbench {

// What a user gave is wrong. The message says what, its value and what would be right.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// d, h, w. Axes a problem does not have stand in front: extents, windows and strides of 1, no pads.
using Extents = std::array<int64_t, 3>;

enum class AutoPad { kNone, kSameUpper, kSameLower };

// What is computed. Defaults are those of the text form.
struct PoolSpec {
  Reduction reduction = Reduction::kMax;
  Windowing windowing = Windowing::kSliding;
  Extents kernel = {1, 1, 1};     // sliding and fractional
  Extents stride = {0, 0, 0};     // sliding; 0: the kernel's extent
  Extents pad_begin = {0, 0, 0};  // sliding, and so on down to ceil_mode
  Extents pad_end = {0, 0, 0};
  AutoPad auto_pad = AutoPad::kNone;
  Extents dilation = {1, 1, 1};
  bool ceil_mode = false;
  Extents out = {1, 1, 1};  // adaptive and fractional: the output's extents
  int64_t divisor = 0;      // averages: replaces the count when not 0
  double norm = 2;          // Lp: p > 0, may be infinite
  bool norm_mean = false;   // Lp: mean form
  uint64_t seed = 0;        // fractional: of the samples drawn, where `samples` is empty
  // Fractional: numbers in [0, 1), one an axis the problem has, in d, h, w order, for all planes;
  // or that many for each (n, c) plane, planes outermost.
  std::vector<double> samples;
  bool indices = false;  // max: also the position of each maximum

  bool operator==(const PoolSpec&) const = default;
};

// A spec with a shape, an element type and a layout.
struct PoolProblem {
  PoolSpec spec;
  DType dtype = DType::kF32;
  Layout layout = Layout::kChannelsFirst;
  int rank = 2;  // spatial axes: 1, 2 or 3
  int64_t n = 1;
  int64_t c = 1;
  Extents src = {1, 1, 1};

  int first_axis() const { return 3 - rank; }
  int64_t planes() const { return n * c; }
  bool operator==(const PoolProblem&) const = default;
};

// What a line of text may leave out: a suite's lines get type and layout from flags.
struct ProblemDefaults {
  std::optional<DType> dtype;
  std::optional<Layout> layout;
};

// The problem that `text` writes, validated and with its text made canonical (written defaults
// dropped, same-valued forms made one). Throws BadInput.
PoolProblem parse_problem(std::string_view text, const ProblemDefaults& defaults = {});

// The problem's one line of text. Samples given plane by plane have no text form: they print as
// `samples:planes`, which is not read back.
std::string to_text(const PoolProblem& problem);

// Throws BadInput, naming the parameter, its value and what is allowed, unless the problem is one
// that host/spec.md defines and its tensors can be addressed.
void validate(const PoolProblem& problem);

// Turns a valid problem into the one form that equal problems share: strides written out,
// parameters that cannot matter at their defaults.
PoolProblem canonical(PoolProblem problem);

// Extents of the output. Source of the formulas: PyTorch's Pool.h for floor and ceil, TensorFlow's
// SAME for same_upper and same_lower.
Extents dst_extents(const PoolProblem& problem);
// The padding that counts: as given, or what same_upper and same_lower come to.
struct Padding {
  Extents begin, end;
};
Padding padding(const PoolProblem& problem);

// Elements and bytes of the tensors. Indices are int64, as many as dst has elements.
int64_t src_count(const PoolProblem& problem);
int64_t dst_count(const PoolProblem& problem);
int64_t src_bytes(const PoolProblem& problem);
int64_t dst_bytes(const PoolProblem& problem);
int64_t index_bytes(const PoolProblem& problem);  // 0 unless indices are asked for

// The tokens of the text form.
std::string_view token(Reduction reduction);
std::string_view token(Windowing windowing);
std::string_view token(DType dtype);
std::string_view token(Layout layout);
DType parse_dtype(std::string_view text);    // throws BadInput
Layout parse_layout(std::string_view text);  // throws BadInput

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PROBLEM_H_
