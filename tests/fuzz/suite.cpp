// A suite's file: comments, lines, sweeps, networks.
#include "bench/select/suite.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  constexpr size_t kLongSuite = 200;  // problems; more take seconds each
  const std::string_view text = text_of(data, size);
  size_t problems = 0;
  for (size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size()) + 1)
    problems += expand_sweep(text.substr(at, text.find('\n', at) - at)).size();
  if (problems > kLongSuite) return 0;
  const MemoryFile file(text);
  SuiteOptions options;
  options.dtypes = {DType::kF32, DType::kI32};
  std::vector<Network> networks;
  for (const Problem& problem : read_suite(file.path(), options, &networks))
    require(parse_problem(to_text(problem)) == problem, "a problem's text gives it again");
  for (const Network& network : networks)
    require(!network.name.empty() && layer_count(network) > network.missing,
            "a network has a name and layers");
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
