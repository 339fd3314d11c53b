#include "bench/race/race.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace poolbench {
namespace {

const Record* find(const CaseResult& result, const std::string& contender,
                   Temperature temperature) {
  for (const Record& record : result.records)
    if (record.contender == contender && record.temperature == temperature) return &record;
  return nullptr;
}

bool is_measured(const Record& record) {
  return has_time(record.status) && !record.series.seconds.empty();
}

}  // namespace

void CopyCount::add(const CopyCount& other) {
  pairs += other.pairs;
  alarms += other.alarms;
  intervals += other.intervals;
  covering += other.covering;
  if (!std::isnan(other.level)) level = other.level;
}

Race::Race(std::vector<std::string> cases, const std::vector<Temperature>& temperatures,
           std::vector<std::string> contenders, const Rules& rules)
    : cases_(std::move(cases)), rules_(rules) {
  for (size_t of_case = 0; of_case < cases_.size(); ++of_case)
    for (const Temperature temperature : temperatures)
      for (size_t i = 0; i < contenders.size(); ++i) {
        pairs_.push_back({of_case, temperature, contenders[i], {}});
        if (i == 0) continue;
        Row row;
        row.of_case = of_case;
        row.temperature = temperature;
        row.base = contenders[0];
        row.contender = contenders[i];
        rows_.push_back(std::move(row));
      }
  family_ = rows_.size();
  most_ = rules_.processes_for(family_);
  fewest_ = rules_.confirming;
  while (e_value(fewest_, 0) < 2 * double(pairs_.size()) / rules_.false_rate) ++fewest_;
  fewest_ = std::min(fewest_, most_);
}

// A row that is decided by itself is so whatever the others become: e_value >= family / rate. Not
// before there were as many processes as intervals want, and as show that copies differ.
bool Race::decided(const Row& row) const {
  if (row.heard == 0) return false;
  if (row.status != Status::kOk || !row.exists) return true;
  if (row.heard >= fewest_ && row.first.count() == 0) return true;  // the weather never let it
  if (row.first.count() < size_t(fewest_)) return false;
  const Evidence found = evidence(row.first.counted, rules_);
  return strongest(found) >= rules_.needed_to_differ(family_) ||
         found.same >= rules_.needed_for_same(family_);
}

std::vector<bool> Race::suspects() const {
  std::vector<double> both;  // slower, then faster, of each row
  for (const Row& row : rows_) {
    const Evidence found = evidence(row.first.counted, rules_);
    both.insert(both.end(), {found.slower, found.faster});
  }
  const auto found = rejected(both, 2 * double(family_), rules_.false_rate);
  std::vector<bool> suspects;
  for (size_t i = 0; i < rows_.size(); ++i)
    suspects.push_back(rows_[i].status == Status::kOk && (found[2 * i] || found[2 * i + 1]));
  return suspects;
}

std::vector<size_t> Race::next() {
  std::set<size_t> wanted;
  if (begun_) ++done_;
  begun_ = true;
  if (!second_ && done_ < most_)
    for (const Row& row : rows_)
      if (!decided(row)) wanted.insert(row.of_case);
  if (!second_ && wanted.empty()) {
    second_ = true;
    first_ = std::exchange(done_, 0);
    const std::vector<bool> again = suspects();
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i].suspect = again[i];
  }
  if (second_ && done_ < rules_.confirming)
    for (const Row& row : rows_)
      if (row.suspect) wanted.insert(row.of_case);
  return {wanted.begin(), wanted.end()};
}

void Race::add(Row& row, const CaseResult& result) {
  if (row.heard++ == 0) row.status = Status::kOk, row.reason.clear();
  const auto record = [&](const std::string& name) { return find(result, name, row.temperature); };
  const Record *base = record(row.base), *own = record(row.contender),
               *base_copy = record(copy_of(row.base)), *own_copy = record(copy_of(row.contender));
  const auto all = {base, own, base_copy, own_copy};
  if (std::ranges::find(all, nullptr) != all.end()) return;
  row.exists = true;
  bool noisy = false;
  for (const Record* one : all) {
    noisy |= one->status == Status::kNoisy;
    if (has_time(one->status) || one->status == Status::kNoisy || row.status != Status::kOk)
      continue;
    row.status = rules_.gate && one->status == Status::kRefused ? Status::kMissing : one->status;
    row.reason = fmt::format("{}: {}", one->contender, one->reason);
  }
  if (noisy) ++row.noisy;
  for (const Record* one : all)
    if (!is_measured(*one)) return;
  row.base_seconds = base->seconds.median;
  row.base_copies.add(log_ratio(*base_copy, *base));
  row.own_copies.add(log_ratio(*own_copy, *own));
  if (row.suspect)
    row.again.add(log_ratio(*own, *base));
  else if (!second_ && !decided(row))
    row.first.add(log_ratio(*own, *base));
}

void Race::add(size_t of_case, const CaseResult& result) {
  for (Row& row : rows_)
    if (row.of_case == of_case) add(row, result);
  if (second_) return;
  for (CopyPair& pair : pairs_) {
    if (pair.of_case != of_case) continue;
    const Record* own = find(result, pair.contender, pair.temperature);
    const Record* copy = find(result, copy_of(pair.contender), pair.temperature);
    if (own != nullptr && copy != nullptr && is_measured(*own) && is_measured(*copy))
      pair.ratios.add(log_ratio(*copy, *own));
  }
}

std::vector<const Row*> Race::rows() const {
  std::vector<const Row*> rows;
  for (const Row& row : rows_)
    if (row.exists || row.heard == 0) rows.push_back(&row);
  return rows;
}

std::vector<double> Race::copy_evidence() const {
  std::vector<double> both;
  for (const CopyPair& pair : pairs_) {
    const Evidence found = evidence(pair.ratios.counted, rules_);
    both.insert(both.end(), {found.slower, found.faster});
  }
  return both;
}

std::vector<std::string> Race::alarms() const {
  std::vector<std::string> alarms;
  const auto found = rejected(copy_evidence(), 2 * double(pairs_.size()), rules_.false_rate);
  for (size_t i = 0; i < pairs_.size(); ++i)
    if (found[2 * i] || found[2 * i + 1])
      alarms.push_back(fmt::format("{} differs from its copy by {} in {}, {}", pairs_[i].contender,
                                   percent_text(median_interval(pairs_[i].ratios.counted).median),
                                   cases_[pairs_[i].of_case],
                                   temperature_name(pairs_[i].temperature)));
  return alarms;
}

// An interval's level holds only for a number of processes that did not depend on what they said:
// the first ones.
CopyCount Race::copies() const {
  CopyCount count;
  const auto n = size_t(rules_.confirming);
  count.alarms = int64_t(alarms().size());
  for (const CopyPair& pair : pairs_) {
    count.pairs += pair.ratios.count() >= Rules::kFewest;
    if (pair.ratios.count() < n) continue;
    const auto& all = pair.ratios.counted;
    const Interval interval =
        median_interval({all.begin(), all.begin() + int64_t(n)}, Rules::kConfidence);
    if (std::isnan(interval.low)) continue;
    count.level = interval_order(int(n), Rules::kConfidence).level;
    ++count.intervals;
    count.covering += interval.low <= 0 && interval.high >= 0;
  }
  return count;
}

}  // namespace poolbench
