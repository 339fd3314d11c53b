#include "bench/history/fleet.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/history/changes.h"
#include "bench/time/interval.h"

namespace poolbench {
namespace {

constexpr int64_t kDay = 24 * 3600;

// Median of the gaps between days, the last ten of them.
double usual_gap(const std::set<int64_t>& days) {
  constexpr size_t kFewestDays = 3, kGaps = 10;
  if (days.size() < kFewestDays) return kNone;
  std::vector<double> gaps;
  for (auto day = days.rbegin(); std::next(day) != days.rend() && gaps.size() < kGaps; ++day)
    gaps.push_back(double(*day - *std::next(day)));
  return median(gaps);
}

using Machine = std::pair<std::string, std::string>;  // host, device
using Case = std::tuple<std::string, std::string, std::string, Temperature>;
using Deviations = std::map<Machine, std::vector<double>>;

// Adds how much each machine deviates in a case. `times`: of ln, by commit and machine; `newest`:
// the date of each commit's last record.
void add_deviations(const std::map<std::string, Deviations>& times,
                    const std::map<std::string, int64_t>& newest, Deviations& deviations) {
  constexpr size_t kCommits = 5;
  std::vector<std::pair<int64_t, std::string>> commits;
  for (const auto& [commit, machines] : times)
    if (machines.size() >= kFewestAlike) commits.push_back({newest.at(commit), commit});
  std::ranges::sort(commits, std::greater<>());
  commits.resize(std::min(commits.size(), kCommits));
  for (const auto& [date, commit] : commits) {
    std::vector<double> levels;
    for (const auto& [machine, values] : times.at(commit)) levels.push_back(median(values));
    const double middle = median(levels);
    for (size_t i = 0; const auto& [machine, values] : times.at(commit))
      deviations[machine].push_back(levels[i++] - middle);
  }
}

void judge(const Deviations& deviations, std::vector<Outlier>& outliers) {
  std::vector<double> all, sizes;
  for (const auto& [machine, values] : deviations) all.push_back(median(values));
  const double middle = median(all);
  for (double& one : all) sizes.push_back(std::abs(one -= middle));
  const double spread = 1.4826 * median(sizes);
  for (size_t i = 0; const auto& [machine, values] : deviations) {
    if (sizes[i] >= std::max(kLeastOutlier, kOutlierSpreads * spread))
      outliers.push_back(
          {machine.first, machine.second, all[i], spread, deviations.size(), values.size()});
    ++i;
  }
}

}  // namespace

std::vector<Silence> silent_hosts(const std::multimap<std::string, int64_t>& records, int64_t now,
                                  std::optional<double> days) {
  constexpr double kTimesUsual = 3;
  std::vector<Silence> silent;
  for (auto at = records.begin(); at != records.end(); at = records.upper_bound(at->first)) {
    std::set<int64_t> with_records;
    int64_t last = at->second;
    for (auto [one, end] = records.equal_range(at->first); one != end; ++one) {
      with_records.insert(one->second / kDay);
      last = std::max(last, one->second);
    }
    const double usual = usual_gap(with_records);
    if (double(now - last) > days.value_or(kTimesUsual * usual) * kDay)  // never beyond NaN
      silent.push_back({at->first, last, usual});
  }
  return silent;
}

std::vector<Outlier> outliers(const std::map<int64_t, SeriesName>& names,
                              const std::map<int64_t, std::vector<SeriesPoint>>& points) {
  std::map<Case, std::vector<int64_t>> cases;
  for (const auto& [id, name] : names)
    cases[{name.conditions, name.contender, name.problem, name.temperature}].push_back(id);
  std::map<std::string, Deviations> fleets;  // by conditions
  for (const auto& [one, series] : cases) {
    if (series.size() < kFewestAlike) continue;
    std::map<std::string, Deviations> times;
    std::map<std::string, int64_t> newest;
    for (const int64_t id : series)
      if (const auto found = points.find(id); found != points.end())
        for (const SeriesPoint& point : found->second) {
          if (!counts(point)) continue;
          const SeriesName& name = names.at(id);
          times[point.revision][{name.host, name.device}].push_back(std::log(point.seconds));
          newest[point.revision] = std::max(newest[point.revision], point.date);
        }
    add_deviations(times, newest, fleets[std::get<0>(one)]);
  }
  std::vector<Outlier> outliers;
  for (const auto& [conditions, deviations] : fleets)
    if (!deviations.empty()) judge(deviations, outliers);
  return outliers;
}

}  // namespace poolbench
