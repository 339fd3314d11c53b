// What the fuzz targets share. A target reads bytes as its reader would, and may refuse them with
// BadInput alone. What it takes must come out the same when it is written and read again.
#ifndef POOLBENCH_TESTS_FUZZ_FUZZ_H_
#define POOLBENCH_TESTS_FUZZ_FUZZ_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/problem.h"

namespace poolbench {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// A file in memory, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(write(file_, bytes.data(), bytes.size()) == ssize_t(bytes.size()), "a file is written");
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace poolbench

// libFuzzer's entry, which it declares nowhere.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // POOLBENCH_TESTS_FUZZ_FUZZ_H_
