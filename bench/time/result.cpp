#include "bench/time/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace poolbench {
namespace {

// So many times the fastest pass that was ever seen is impossible.
constexpr double kImpossible = 1.5;
// Sets read so much faster than memory that was never touched were in a cache.
constexpr double kWarm = 1.1;
// A disturbed machine is to blame for an interval this wide, half of it, of the median.
constexpr double kWide = 0.15;
// An engine's clock and ours may differ by this share.
constexpr double kClaimApart = 0.02;
// Blocks without which there is no interval.
constexpr int kFewest = 6;
// Launches without which there is no 99th percentile.
constexpr size_t kFewestForP99 = 100;

// Returns the quotients of two series, block by block.
Interval quotient(const Series& above, const Series& below) {
  std::vector<double> quotients;
  for (size_t i = 0; i < std::min(above.seconds.size(), below.seconds.size()); ++i)
    quotients.push_back(above.seconds[i] / below.seconds[i]);
  return median_interval(std::move(quotients));
}

// Where a launch finds its operands.
std::string place_of(Temperature temperature, const Series& series) {
  return temperature == Temperature::kCold || series.level.empty() ? "memory" : series.level;
}

bool is_compute(const CeilingSeries& ceiling) { return ceiling.name.starts_with("compute"); }

void set_ceiling(Record& record, const std::vector<CeilingSeries>& ceilings) {
  const CeilingSeries *pass = nullptr, *compute = nullptr;
  const auto seconds = [](const CeilingSeries* ceiling) {
    return median_interval(ceiling->series.seconds).median;
  };
  for (const CeilingSeries& ceiling : ceilings) {
    if (ceiling.uuid != record.device.uuid || ceiling.temperature != record.temperature ||
        ceiling.series.seconds.empty())
      continue;
    const CeilingSeries*& best = is_compute(ceiling) ? compute : pass;
    if (best == nullptr || seconds(&ceiling) < seconds(best)) best = &ceiling;
  }
  if (pass == nullptr) return;
  if (compute != nullptr && seconds(compute) > seconds(pass)) pass = compute;
  record.ceiling = pass->name;
  record.ceiling_seconds = seconds(pass);
  record.share = quotient(pass->series, record.series);
}

// What disturbed the voided blocks most often.
std::string cause_of(const Series& series) {
  std::map<std::string, int> count;
  for (const Voided& voided : series.voided) ++count[voided.cause];
  return std::ranges::max_element(count, {}, [](const auto& one) { return one.second; })->first;
}

// Why the machine's disturbance may have changed the time, or nothing.
std::string noise(const Series& series, const Interval& seconds, int blocks) {
  if (series.voided.empty()) return {};
  const auto counted = series.seconds.size(), all = counted + series.voided.size();
  std::string voided = fmt::format("{} of {} blocks were disturbed by {}", series.voided.size(),
                                   all, cause_of(series));
  if (counted < size_t(std::min(blocks, kFewest))) return voided;
  if (seconds.half_width() > kWide)
    return fmt::format("{}, and the others differ by {:.0f} %", voided, 100 * seconds.half_width());
  // Samples of voided blocks that were not disturbed themselves must be like the others.
  std::vector<double> undisturbed;
  for (const Voided& one : series.voided)
    if (!one.disturbed) undisturbed.push_back(one.seconds);
  if (undisturbed.size() < size_t(kFewest)) return {};
  const double other = median_interval(undisturbed).median;
  const double apart = std::fabs(std::log(other / seconds.median));
  if (apart <= std::max(kWide, std::isnan(seconds.low) ? 0 : 2 * seconds.half_width())) return {};
  return fmt::format("{}, and their quiet samples differ by {:.0f} %", voided, 100 * apart);
}

// What an engine says of its time, if that cannot be true: both clocks are right, so that they
// differ by no more than what lies between the word to go and the first launch.
std::string lie(const Series& series) {
  std::vector<double> ratios, doubts;
  for (size_t i = 0; i < series.claims.size(); ++i) {
    ratios.push_back(series.claims[i] / series.seconds[i]);
    doubts.push_back(series.doubts[i] / series.seconds[i]);
  }
  if (ratios.empty()) return {};
  const double ratio = median_interval(ratios).median;
  const double most = kClaimApart + median_interval(doubts).median;
  if (std::fabs(ratio - 1) <= most) return {};
  return fmt::format(
      "its own clock says {:.3g} times what passed here; {:.2g} % may lie between the two", ratio,
      100 * most);
}

void judge_time(Record& record, int blocks, const Peaks& peaks) {
  const std::string place = place_of(record.temperature, record.series);
  const auto peak = peaks.find({record.device.uuid, place});
  if (record.series.seconds.empty()) {
    if (record.series.voided.empty()) return;
    record.status = Status::kNoisy;
    record.reason = noise(record.series, record.seconds, blocks);
  } else if (peak != peaks.end() && record.bytes_per_second() > kImpossible * peak->second) {
    record.status = Status::kInvalid;
    record.reason = fmt::format("{:.3g} GB/s, but the fastest pass over {} here had {:.3g} GB/s",
                                record.bytes_per_second() / 1e9, place, peak->second / 1e9);
  } else if (std::string words = lie(record.series); !words.empty()) {
    record.status = Status::kInvalid;
    record.reason = std::move(words);
  } else if (std::string why = noise(record.series, record.seconds, blocks); !why.empty()) {
    record.status = Status::kNoisy;
    record.reason = std::move(why);
  } else if (record.share.low > 1) {
    record.status = Status::kAboveCeiling;
    record.reason = fmt::format("{:.2f} times as fast as {}", record.share.median, record.ceiling);
  }
}

}  // namespace

void Disturbance::add(const CaseResult& result) {
  for (const Temperature temperature : {Temperature::kCold, Temperature::kHot}) {
    const Series* one = nullptr;  // all of a case have the same blocks
    for (const Record& record : result.records) {
      if (record.temperature != temperature || record.series.launches == 0) continue;
      one = &record.series;
      for (const double sample : record.series.seconds)
        seconds += sample * double(record.series.launches);
      for (const Voided& voided : record.series.voided)
        voided_seconds += voided.seconds * double(record.series.launches);
    }
    if (one == nullptr) continue;
    blocks += int64_t(one->seconds.size() + one->voided.size());
    for (const Voided& block : one->voided) ++voided[block.cause];
  }
}

std::string_view temperature_name(Temperature temperature) {
  return temperature == Temperature::kCold ? "cold" : "hot";
}

std::string row_name(const std::string& contender, const Problem& problem,
                     Temperature temperature) {
  return fmt::format("{}/{}/{}", contender, to_text(problem), temperature_name(temperature));
}

Submit::Submit(const Series& series)
    : p50(quantile(series.seconds, 0.5)),
      p99(series.seconds.size() < kFewestForP99 ? kNone : quantile(series.seconds, 0.99)),
      samples(int64_t(series.seconds.size())),
      disturbed(int64_t(series.voided.size())) {}

double Record::floor_ratio() const {
  return seconds.median / (floor_seconds + (std::isnan(ceiling_seconds) ? 0 : ceiling_seconds));
}

void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers, int blocks,
            Peaks& peaks) {
  for (const CeilingSeries& ceiling : ceilings)
    for (const double seconds :
         is_compute(ceiling) ? std::vector<double>() : ceiling.series.seconds) {
      double& peak = peaks[{ceiling.uuid, place_of(ceiling.temperature, ceiling.series)}];
      peak = std::max(peak, double(ceiling.bytes) / seconds);
    }
  for (Record& record : result.records) {
    if (record.status != Status::kOk) continue;
    record.seconds = median_interval(record.series.seconds);
    record.claimed_seconds = median_interval(record.series.claims).median;
    set_ceiling(record, ceilings);
    record.warm = record.temperature == Temperature::kCold &&
                  median_interval(record.series.probe).median > kWarm;
    judge_time(record, blocks, peaks);
  }
  const auto is_candidate = [&](const Record& record) {
    if (!baseline.empty()) return record.contender == baseline;
    const std::string backend = ContenderName(record.contender).backend;
    return std::find(peers.begin(), peers.end(), backend) != peers.end();
  };
  for (Record& record : result.records) {
    if (!has_time(record.status) && record.status != Status::kNoisy) continue;
    const auto elsewhere = [&](const Record& other) {
      return other.device.uuid != record.device.uuid;
    };
    const auto rank = [&](const Record& other) {
      return std::pair(elsewhere(other), other.seconds.median);
    };
    const Record* best = nullptr;
    for (const Record& other : result.records)
      if (is_candidate(other) && has_time(other.status) &&
          other.temperature == record.temperature && (best == nullptr || rank(other) < rank(*best)))
        best = &other;
    if (best == nullptr) continue;
    record.baseline = best->contender;
    record.across_devices = elsewhere(*best);
    record.ratio = quotient(best->series, record.series);
  }
}

}  // namespace poolbench
