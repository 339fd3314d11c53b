// An .npy file.
#include "host/npy.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const MemoryFile file(text_of(data, size));
  const NpyArray array = read_npy(file.path());
  require(array.data.size() <= size, "a header makes up no data");
  if (array.shape.size() > 100) return 0;  // the writer's header holds fewer
  const std::string copy = "/tmp/poolbench_fuzz_" + std::to_string(getpid()) + ".npy";
  write_npy(copy, array);
  const NpyArray again = read_npy(copy);
  unlink(copy.c_str());
  require(again.dtype == array.dtype && again.shape == array.shape && again.data == array.data,
          "an array that is written is read again");
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
