// A problem list of benchdnn, which names no other list: those are files of the user's.
#include "bench/select/benchdnn.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const std::string_view text = text_of(data, size);
  if (text.find("batch") != text.npos) return 0;
  const MemoryFile file(text);
  const BenchdnnList list = read_benchdnn(file.path());
  int64_t refused = 0;
  for (const auto& [parameter, rows] : list.refused) {
    require(!parameter.empty() && !rows.first.empty(), "a refusal has a parameter and a reason");
    refused += rows.rows;
  }
  require(refused + int64_t(list.problems.size()) <= list.rows, "a row is at most one of both");
  require((refused == list.rows) == list.problems.empty(),
          "a row that is not refused is a problem");
  for (const Problem& problem : list.problems)
    require(parse_problem(to_text(problem)) == problem, "a problem's text gives it again");
  describe(list);
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
