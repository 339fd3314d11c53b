#include "bench/time/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace poolbench {
namespace {

// A median this far below every sample of every ceiling is impossible.
constexpr double kImpossible = 1.05;

// Returns the quotients of two series, block by block.
Interval quotient(const Series& above, const Series& below) {
  std::vector<double> quotients;
  for (size_t i = 0; i < std::min(above.seconds.size(), below.seconds.size()); ++i)
    quotients.push_back(above.seconds[i] / below.seconds[i]);
  return median_interval(std::move(quotients));
}

// The fastest of the ceilings that move a row's bytes, or of those that compute as it does. No row
// is faster than either.
struct Bound {
  const CeilingSeries* ceiling = nullptr;
  double seconds = NAN;     // its median
  double least = INFINITY;  // any sample of any of them
};
Bound fastest_of(const std::vector<CeilingSeries>& ceilings, const Record& record, bool computing) {
  Bound bound;
  for (const CeilingSeries& ceiling : ceilings) {
    if (ceiling.uuid != record.device.uuid || ceiling.temperature != record.temperature) continue;
    if (ceiling.name.starts_with("compute") != computing) continue;
    for (const double sample : ceiling.series.seconds) bound.least = std::min(bound.least, sample);
    const double seconds = median_interval(ceiling.series.seconds).median;
    if (!(seconds >= bound.seconds)) {
      bound.ceiling = &ceiling;
      bound.seconds = seconds;
    }
  }
  return bound;
}

}  // namespace

std::string_view temperature_name(Temperature temperature) {
  return temperature == Temperature::kCold ? "cold" : "hot";
}

std::string row_name(const std::string& contender, const Problem& problem,
                     Temperature temperature) {
  return fmt::format("{}/{}/{}", contender, to_text(problem), temperature_name(temperature));
}

double Record::floor_ratio() const {
  return seconds.median / (floor_seconds + (std::isnan(ceiling_seconds) ? 0 : ceiling_seconds));
}

void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers) {
  for (Record& record : result.records) {
    if (record.status != Status::kOk) continue;
    record.seconds = median_interval(record.series.seconds);
    const Bound moving = fastest_of(ceilings, record, false);
    const Bound computing = fastest_of(ceilings, record, true);
    const Bound& bound = computing.seconds > moving.seconds ? computing : moving;
    if (bound.ceiling != nullptr) {
      record.ceiling = bound.ceiling->name;
      record.ceiling_seconds = bound.seconds;
      record.share = quotient(bound.ceiling->series, record.series);
    }
    if (!record.series.invalid.empty()) {
      record.status = Status::kInvalid;
      record.reason = record.series.invalid;
    } else if (bound.ceiling != nullptr && record.seconds.median * kImpossible < bound.least) {
      record.status = Status::kInvalid;
      record.reason =
          fmt::format("{:.2f} times as fast as the same bytes' {}: faster than memory allows",
                      record.share.median, record.ceiling);
    }
  }
  const auto is_candidate = [&](const Record& record) {
    if (!baseline.empty()) return record.contender == baseline;
    const std::string backend = ContenderName(record.contender).backend;
    return std::find(peers.begin(), peers.end(), backend) != peers.end();
  };
  for (Record& record : result.records) {
    if (record.status != Status::kOk) continue;
    const auto elsewhere = [&](const Record& other) {
      return other.device.uuid != record.device.uuid;
    };
    const auto rank = [&](const Record& other) {
      return std::pair(elsewhere(other), other.seconds.median);
    };
    const Record* best = nullptr;
    for (const Record& other : result.records)
      if (is_candidate(other) && other.status == Status::kOk &&
          other.temperature == record.temperature && (best == nullptr || rank(other) < rank(*best)))
        best = &other;
    if (best == nullptr) continue;
    record.baseline = best->contender;
    record.across_devices = elsewhere(*best);
    record.ratio = quotient(best->series, record.series);
  }
}

}  // namespace poolbench
