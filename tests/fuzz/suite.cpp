// A suite's file: comments, lines, sweeps.
#include "bench/select/suite.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  constexpr size_t kLongSweep = 1000;  // problems; more take seconds each
  const std::string_view text = text_of(data, size);
  for (size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size()) + 1)
    if (expand_sweep(text.substr(at, text.find('\n', at) - at)).size() > kLongSweep) return 0;
  const MemoryFile file(text);
  SuiteOptions options;
  options.dtypes = {DType::kF32, DType::kI32};
  for (const Problem& problem : read_suite(file.path(), options))
    require(parse_problem(to_text(problem)) == problem, "a problem's text gives it again");
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
