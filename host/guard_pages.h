// Pages that nobody may touch, around operands on the host: a pattern there shows who wrote, this
// also who read.
#ifndef POOLBENCH_HOST_GUARD_PAGES_H_
#define POOLBENCH_HOST_GUARD_PAGES_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace poolbench {

// Guards ranges of memory while it lives; one at a time. Who touches a range, on whatever thread,
// is noted and goes on: the range is opened then. So a kernel that reads a vector too far does not
// end the process, and a verdict can say where it read.
class GuardPages {
 public:
  struct Range {
    char* begin;
    char* end;
  };
  // Guards the whole pages of each range.
  explicit GuardPages(const std::vector<Range>& ranges);
  ~GuardPages();
  GuardPages(const GuardPages&) = delete;

  // Opens all ranges. Returns the address in one of them that was touched first, if any.
  std::optional<const char*> open();

 private:
  std::vector<Range> ranges_;
  bool is_open_ = false;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_GUARD_PAGES_H_
