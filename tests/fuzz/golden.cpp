// A golden file, whose own output is judged against it.
#include "bench/judge/golden.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const MemoryFile file(text_of(data, size));
  for (const Golden& golden : read_golden(file.path())) {
    const auto outputs = size_t(golden.problem.dst_count());
    require(golden.output.size() == outputs, "there are as many numbers as outputs");
    require(golden_src(golden).size() == size_t(golden.problem.src_bytes()), "an input is whole");
    if (golden.problem.src_count() > 1000) return 0;
    const std::vector<std::byte> dst(size_t(golden.problem.dst_bytes()));
    const std::vector<int64_t> indices(outputs);
    compare_golden(golden, dst.data(), golden.problem.spec().indices ? indices.data() : nullptr);
  }
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
