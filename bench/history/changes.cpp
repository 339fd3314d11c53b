#include "bench/history/changes.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace poolbench {
namespace {

// The time's part of a step of the ratio below which the step is the ceiling's.
constexpr double kTimesPart = 0.5;

}  // namespace

bool counts(const SeriesPoint& point) {
  return has_time(point.status) && point.seconds > 0 && !point.dirty() && !point.warm;
}

std::vector<Change> changes_of(const std::vector<SeriesPoint>& points) {
  std::vector<size_t> places;  // of those that count
  for (size_t i = 0; i < points.size(); ++i)
    if (counts(points[i])) places.push_back(i);
  const auto ceiling_at = [&](size_t place) { return points[place].over_ceiling > 0; };
  const bool has_ceiling = 2 * size_t(std::ranges::count_if(places, ceiling_at)) >= places.size();
  if (has_ceiling) std::erase_if(places, std::not_fn(ceiling_at));
  std::vector<double> times, ratios, ceilings;
  for (const size_t place : places) {
    times.push_back(std::log(points[place].seconds));
    if (!has_ceiling) continue;
    ratios.push_back(std::log(points[place].over_ceiling));
    ceilings.push_back(times.back() - ratios.back());
  }
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
