// The problem: what is computed, on what, and the one line of text that says so. The rules and
// their sources are in host/spec.md.
#ifndef POOLBENCH_HOST_PROBLEM_H_
#define POOLBENCH_HOST_PROBLEM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/pool_args.h"

namespace poolbench {

// Wrong input by the user. The message says what is wrong, its value and what would be right.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// d, h, w. Axes that a problem lacks come first, with extents, windows and strides of 1 and no
// pads.
using Extents = std::array<int64_t, 3>;

// The largest extent, window, stride or dilation: no sum of a few of them overflows.
inline constexpr int64_t kMaxExtent = int64_t{1} << 56;

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

// A problem as one writes it: a spec with a shape, an element type and a layout. Plain data that
// may be wrong; whoever computes takes a Problem.
struct Description {
  PoolSpec spec;
  DType dtype = DType::kF32;
  Layout layout = Layout::kChannelsFirst;
  int rank = 2;  // spatial axes: 1, 2 or 3
  int64_t n = 1;
  int64_t c = 1;
  Extents src = {1, 1, 1};

  int first_axis() const { return 3 - rank; }
  int64_t planes() const { return n * c; }
  bool operator==(const Description&) const = default;
};

// The padding: as given, or computed for same_upper and same_lower.
struct Padding {
  Extents begin, end;
};

// A problem that host/spec.md defines and whose tensors can be addressed, with its geometry worked
// out. It is canonical: strides are written out and parameters that cannot matter have their
// defaults, so that equal problems are equal objects. Immutable and cheap to copy: copies share
// everything.
class Problem {
 public:
  Problem() : Problem(Description()) {}  // max/sliding/f32/nchw/src:1x1x1x1/k:1x1
  // Throws BadInput, naming the parameter, its value and what is allowed.
  explicit Problem(const Description& description);
  // Returns a copy with the changes that `change` makes to its description.
  template <class Change>
  Problem with(Change&& change) const {
    Description description = facts_->description;
    change(description);
    return Problem(description);
  }

  const Description& description() const { return facts_->description; }
  const PoolSpec& spec() const { return facts_->description.spec; }
  DType dtype() const { return facts_->description.dtype; }
  Layout layout() const { return facts_->description.layout; }
  int rank() const { return facts_->description.rank; }
  int first_axis() const { return facts_->description.first_axis(); }
  int64_t n() const { return facts_->description.n; }
  int64_t c() const { return facts_->description.c; }
  int64_t planes() const { return facts_->description.planes(); }
  const Extents& src() const { return facts_->description.src; }
  const Extents& dst() const { return facts_->dst; }
  const Padding& padding() const { return facts_->padding; }
  // The same as plain data, without samples: what kernels decide by.
  const Shapes& shapes() const { return facts_->shapes; }

  // Elements and bytes of the tensors. Indices are int64, as many as dst has elements.
  int64_t src_count() const;
  int64_t dst_count() const;
  int64_t src_bytes() const;
  int64_t dst_bytes() const;
  int64_t index_bytes() const;   // 0 unless indices are asked for
  int64_t tensor_bytes() const;  // of all three

  bool operator==(const Problem& other) const { return description() == other.description(); }

 private:
  struct Facts {
    Description description;
    Extents dst;
    Padding padding;
    Shapes shapes;
  };
  std::shared_ptr<const Facts> facts_;
};

// Values for what a line of text leaves out: flags give a suite's lines type and layout.
struct ProblemDefaults {
  std::optional<DType> dtype;
  std::optional<Layout> layout;
};

// Parses a problem. Throws BadInput.
Problem parse_problem(std::string_view text, const ProblemDefaults& defaults = {});

// The problem's one line of text: equal problems have the same. Samples given plane by plane have
// no text form: they print as `samples:planes`, which is not read back.
std::string to_text(const Problem& problem);

// The tokens of the text form; kNoToken for a number that is no value.
inline constexpr std::string_view kNoToken = "?";
std::string_view token(Reduction reduction);
std::string_view token(Windowing windowing);
std::string_view token(DType dtype);
std::string_view token(Layout layout);
DType parse_dtype(std::string_view text);    // throws BadInput
Layout parse_layout(std::string_view text);  // throws BadInput

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PROBLEM_H_
