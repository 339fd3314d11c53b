// The text of a problem. Its windows must lie in its input.
#include "host/lower.h"
#include "host/windows.h"
#include "tests/fuzz/fuzz.h"

namespace poolbench {
namespace {

constexpr int64_t kFew = 10'000;  // windows that are looked at

void look_at_windows(const Problem& problem) {
  const Extents &src = problem.src(), &dst = problem.dst();
  if (dst[0] > kFew || dst[1] > kFew || dst[2] > kFew) return;
  for (int axis = 0; axis < 3; ++axis)
    for (const Window& window : windows(problem, axis, 0)) {
      require(window.begin >= 0 && window.end <= src[axis], "a window lies in the input");
      require(window.begin <= window.end && window.count >= 0, "a window runs forwards");
    }
  require(all_taps(problem) >= 0, "taps are counted");
  lower_for_kernels(problem);
}

}  // namespace
}  // namespace poolbench

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const Problem problem = parse_problem(text_of(data, size));
  require(problem.src_bytes() >= 0 && problem.dst_bytes() >= 0, "tensors can be addressed");
  require(problem.tensor_bytes() >= problem.index_bytes(), "a sum of bytes does not overflow");
  require(parse_problem(to_text(problem)) == problem, "a problem's text gives it again");
  look_at_windows(problem);
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
