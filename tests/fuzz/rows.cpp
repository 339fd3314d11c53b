// The rows of a case, as they come from the child and from a journal.
#include "bench/record/fields.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const auto result = from_exact<CaseResult>(Json::parse(text_of(data, size)));
  const std::string line = line_of(to_exact(result));
  require(line_of(to_exact(from_exact<CaseResult>(Json::parse(line)))) == line,
          "rows come back as they were");
  for (const Record& record : result.records) require(!record.name().empty(), "a row has a name");
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
} catch (const poolbench::Json::exception&) {
  return 0;
}
