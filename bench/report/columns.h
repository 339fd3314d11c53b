// Tables as columns of JSON: a name once, and not in each row.
#ifndef POOLBENCH_BENCH_REPORT_COLUMNS_H_
#define POOLBENCH_BENCH_REPORT_COLUMNS_H_

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/record/fields.h"

namespace poolbench {

// Six digits; null for what is no number.
inline Json short_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double rounded = std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
  if (rounded == std::floor(rounded) && std::fabs(rounded) < 1e15) return int64_t(rounded);
  return rounded;
}

inline constexpr double kNanoseconds = 1e9;  // of a second
inline Json nanoseconds(double seconds) { return short_number(kNanoseconds * seconds); }

// Texts that occur often, each once.
class Words {
 public:
  int64_t number_of(const std::string& text) {
    const auto [place, is_new] = numbers_.try_emplace(text, int64_t(texts_.size()));
    if (is_new) texts_.push_back(text);
    return place->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, int64_t> numbers_;
  std::vector<std::string> texts_;
};

class Columns {
 public:
  // Each row has the same names.
  void add(const char* name, Json value) { columns_[name].push_back(std::move(value)); }
  // Three columns: `name`, and with _low and _high the interval's ends, in 1 / `unit`.
  void add(const std::string& name, const Interval& interval, double unit = 1) {
    columns_[name].push_back(short_number(unit * interval.median));
    columns_[name + "_low"].push_back(short_number(unit * interval.low));
    columns_[name + "_high"].push_back(short_number(unit * interval.high));
  }
  // A column whose values are equal is {"all": value}, else an array.
  Json json() && {
    Json json = Json::object();
    for (auto& [name, values] : columns_) {
      bool same = true;
      for (const Json& value : values) same &= value == values.front();
      if (same)
        json[name]["all"] = std::move(values.front());
      else
        json[name] = std::move(values);
    }
    return json;
  }

 private:
  std::map<std::string, std::vector<Json>> columns_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_COLUMNS_H_
