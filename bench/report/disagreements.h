// What contenders answer to the questions of bench/judge/questions.h, as a matrix: Markdown for
// people, JSON to compare with later.
#ifndef POOLBENCH_BENCH_REPORT_DISAGREEMENTS_H_
#define POOLBENCH_BENCH_REPORT_DISAGREEMENTS_H_

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace poolbench {

// A contender's answer in one layout.
struct Answered {
  std::string question, contender;
  std::string status;  // as `check` has it: "ok", "differs", "refused" ...
  std::string text;    // what came out; empty where nothing did
  std::string reason;
  std::vector<std::string> rules;  // by which it differs, with their reasons
};

// `versions`: of the contenders, in the order of the columns; "" where one has none.
nlohmann::ordered_json disagreements_json(
    const std::vector<std::pair<std::string, std::string>>& versions,
    const std::vector<Answered>& answers);

// Reads a matrix, of --against. Throws BadInput with the file.
nlohmann::ordered_json read_disagreements(const std::string& file);

// Returns a line for each cell that is not as it was, and for each question and contender that is
// in one of them alone.
std::vector<std::string> changed_cells(const nlohmann::ordered_json& now,
                                       const nlohmann::ordered_json& before);

// `changes`: as of changed_cells().
std::string disagreements_markdown(const nlohmann::ordered_json& matrix,
                                   const std::vector<std::string>& changes);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_DISAGREEMENTS_H_
