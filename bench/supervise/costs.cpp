#include "bench/supervise/costs.h"

#include <fmt/format.h>

#include "bench/record/stored_record.h"

namespace poolbench {

double work(const Problem& problem) {
  return double(problem.src_count() + problem.dst_count()) + 2e5;
}

std::vector<double> costs_of(const std::vector<Problem>& problems, const std::string& record) {
  std::vector<double> costs;
  for (const Problem& problem : problems) costs.push_back(work(problem));
  if (record.empty()) return costs;
  const auto known = read_record(record).case_seconds;
  std::vector<const double*> seconds;  // of the cases that are known
  double all_seconds = 0, all_work = 0;
  for (size_t i = 0; i < problems.size(); ++i) {
    const auto found = known.find(to_text(problems[i]));
    seconds.push_back(found == known.end() ? nullptr : &found->second);
    if (seconds[i] == nullptr) continue;
    all_seconds += *seconds[i];
    all_work += costs[i];
  }
  if (!(all_seconds > 0))
    throw BadInput(fmt::format("--costs: {} says of none of these cases how long it took", record));
  for (size_t i = 0; i < problems.size(); ++i)
    costs[i] = seconds[i] != nullptr ? *seconds[i] : costs[i] * all_seconds / all_work;
  return costs;
}

}  // namespace poolbench
