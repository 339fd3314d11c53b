#include "bench/time/network_total.h"

#include <algorithm>
#include <cmath>

namespace poolbench {
namespace {

// A layer with its rows.
struct Rows {
  int64_t times;
  std::vector<const Record*> records;
};

std::vector<Rows> rows_of(const Network& network, const std::vector<CaseResult>& cases,
                          Temperature temperature) {
  std::vector<Rows> all;
  for (const Layer& layer : network.layers) {
    const auto result = std::ranges::find(cases, layer.problem, &CaseResult::problem);
    if (result == cases.end()) continue;
    Rows rows{layer.times, {}};
    for (const Record& record : result->records)
      if (record.temperature == temperature) rows.records.push_back(&record);
    all.push_back(std::move(rows));
  }
  return all;
}

// The row of a contender, if its time counts.
const Record* ok_row(const Rows& rows, const std::string& contender) {
  const auto found = std::ranges::find(rows.records, contender, &Record::contender);
  if (found == rows.records.end()) return nullptr;
  return (*found)->status == Status::kOk && !(*found)->warm ? *found : nullptr;
}

class Sum {
 public:
  void add(double weight, const Interval& interval) {
    median_ += weight * interval.median;
    below_ += std::pow(weight * (interval.median - interval.low), 2);
    above_ += std::pow(weight * (interval.high - interval.median), 2);
  }
  Interval interval() const {
    return {median_, median_ - std::sqrt(below_), median_ + std::sqrt(above_)};
  }

 private:
  double median_ = 0, below_ = 0, above_ = 0;
};

}  // namespace

NetworkTotal network_total(const Network& network, const std::vector<CaseResult>& cases,
                           Temperature temperature) {
  NetworkTotal total{temperature, 0, {}};
  std::vector<Rows> layers = rows_of(network, cases, temperature);
  for (const Rows& layer : layers)
    for (const Record* record : layer.records) {
      auto row = std::ranges::find(total.rows, record->contender, &NetworkTotal::Row::contender);
      if (row == total.rows.end())
        row = total.rows.insert(row, NetworkTotal::Row{.contender = record->contender});
      if (ok_row(layer, record->contender) != nullptr) row->ok += layer.times;
    }
  std::erase_if(layers, [&](const Rows& layer) {
    return std::ranges::any_of(total.rows, [&](const NetworkTotal::Row& row) {
      return row.ok > 0 && ok_row(layer, row.contender) == nullptr;
    });
  });
  if (std::ranges::none_of(total.rows, [](const auto& row) { return row.ok > 0; })) return total;
  for (const Rows& layer : layers) total.compared += layer.times;
  if (total.compared == 0) return total;
  for (NetworkTotal::Row& row : total.rows) {
    if (row.ok == 0) continue;
    Sum seconds, ratio;
    for (const Rows& layer : layers)
      seconds.add(double(layer.times), ok_row(layer, row.contender)->seconds);
    row.seconds = seconds.interval();
    for (const Rows& layer : layers) {
      const Record& record = *ok_row(layer, row.contender);
      ratio.add(double(layer.times) * record.seconds.median / row.seconds.median, record.ratio);
      row.across_devices |= record.across_devices;
    }
    row.ratio = ratio.interval();
  }
  return total;
}

}  // namespace poolbench
