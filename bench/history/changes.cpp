#include "bench/history/changes.h"

#include <algorithm>
#include <cmath>

namespace poolbench {
namespace {

// The time's part of a step of the ratio below which the step is the ceiling's.
constexpr double kTimesPart = 0.5;

}  // namespace

bool counts(const SeriesPoint& point) {
  return has_time(point.status) && point.seconds > 0 && !point.dirty();
}

std::vector<Change> changes_of(const std::vector<SeriesPoint>& points) {
  std::vector<size_t> places;  // of those that count
  std::vector<double> times, ratios, ceilings;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!counts(points[i])) continue;
    places.push_back(i);
    times.push_back(std::log(points[i].seconds));
    if (points[i].over_ceiling > 0) {
      ratios.push_back(std::log(points[i].over_ceiling));
      ceilings.push_back(times.back() - ratios.back());
    }
  }
  const bool has_ceiling = ratios.size() == times.size();
  std::vector<Change> changes;
  const auto add = [&](const std::vector<double>& values, bool is_ceiling) {
    const std::vector<Step> steps = find_steps(values);
    for (size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      const size_t from = i > 0 ? steps[i - 1].at : 0;
      const size_t to = i + 1 < steps.size() ? steps[i + 1].at : values.size();
      const Step time = step_at(times, from, step.at, to);
      const bool machines =
          is_ceiling || time.size * step.size < kTimesPart * step.size * step.size;
      changes.push_back({places[step.at], machines, is_ceiling, step, time});
    }
  };
  add(has_ceiling ? ratios : times, false);
  if (has_ceiling) add(ceilings, true);
  std::ranges::stable_sort(changes, {}, &Change::at);
  return changes;
}

}  // namespace poolbench
