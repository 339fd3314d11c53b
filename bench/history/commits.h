// The order of commits.
#ifndef POOLBENCH_BENCH_HISTORY_COMMITS_H_
#define POOLBENCH_BENCH_HISTORY_COMMITS_H_

#include <map>

#include "bench/history/store.h"

namespace poolbench {

class Commits {
 public:
  // By the commits' dates; one whose date no record tells stands where its first record does.
  Commits() = default;
  // As the history of HEAD has them; by dates if `repository` is empty. Throws BadInput if it is
  // none.
  explicit Commits(const std::string& repository);

  // Sorts a series' points, those of a commit by their records' dates, those of changed files
  // behind their commit's. Removes points of commits that the repository does not have, and returns
  // how many. Where no commit is known but the files of modules, all stand by date.
  size_t sort(std::vector<SeriesPoint>& points) const;

 private:
  std::optional<int64_t> place(const std::string& revision) const;

  bool by_history_ = false;
  std::map<std::string, int64_t, std::less<>> places_;  // by full name
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_COMMITS_H_
