#include "bench/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/report/glance.h"
#include "bench/text.h"
#include "bench/time/network_total.h"

namespace poolbench {
namespace {

constexpr int kContenderWidth = 16;
constexpr int kKernelWidth = 14;

std::string percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.0f} %", 100 * fraction) : "-";
}

// A ratio; `*` marks one that compares two devices.
std::string ratio_text(double ratio, bool across_devices) {
  return std::isfinite(ratio) ? "x" + digits(ratio) + (across_devices ? "*" : "") : "-";
}

// Half the width of the interval, relative to the median.
std::string spread(const Interval& interval) {
  return percent((interval.high - interval.low) / 2 / interval.median);
}

// The columns of one temperature.
std::string columns(const Record* record) {
  constexpr const char* kFormat = " | {:>9} {:>5} {:>8} {:>6} {:>7}";
  if (record == nullptr || (!has_time(record->status) && record->status != Status::kNoisy) ||
      record->series.seconds.empty())
    return fmt::format(kFormat, "-", "", "-", "-", "-");
  const bool floor = record->below_floor();
  return fmt::format(kFormat, time_text(record->seconds.median), spread(record->seconds),
                     floor ? "floor" : digits(record->bytes_per_second() / 1e9),
                     floor ? "x" + digits(record->floor_ratio()) : percent(record->share.median),
                     ratio_text(record->ratio.median, record->across_devices));
}

// The columns of submit-to-done, in problems where a contender has them.
std::string submit_columns(const CaseResult& result, const std::string& contender) {
  if (std::ranges::none_of(result.records, &Record::has_submit)) return {};
  for (const Record& record : result.records)
    if (record.contender == contender && record.has_submit())
      return fmt::format(" | submit {:>7}  p99 {:>7}", time_text(record.submit.p50),
                         time_text(record.submit.p99));
  return fmt::format(" | {:26}", "");
}

// What an engine's call costs, and what else is inside its clock.
std::string engine_remark(const Record& record) {
  std::string text;
  if (std::isfinite(record.claimed_seconds) && record.floor_seconds > 0)
    text = fmt::format("call {}", time_text(record.floor_seconds));
  if (std::isfinite(record.claimed_seconds) && !record.note.empty())
    text += (text.empty() ? "" : "; ") + record.note;
  return text;
}

// What a row says beside its numbers, or nothing.
std::string remark(const Record& record) {
  if (record.status != Status::kOk)
    return fmt::format("{}: {}", info(record.status).name, record.reason);
  if (record.warm)
    return fmt::format("warm: its memory was read {:.2f} times as fast as untouched memory",
                       median_interval(record.series.probe).median);
  std::string rules = engine_remark(record);
  if (record.comparison)
    for (const auto& [rule, outputs] : record.comparison->known_differences)
      rules += fmt::format("{}differs in {} outputs: {}", rules.empty() ? "" : "  ", outputs, rule);
  return rules;
}

std::vector<std::string> contenders_of(const CaseResult& result) {
  std::vector<std::string> names;
  for (const Record& record : result.records)
    if (std::find(names.begin(), names.end(), record.contender) == names.end())
      names.push_back(record.contender);
  return names;
}

const Record* find(const CaseResult& result, const std::string& contender,
                   Temperature temperature) {
  for (const Record& record : result.records)
    if (record.contender == contender && record.temperature == temperature) return &record;
  return nullptr;
}

std::string clipped(const std::string& text, size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 1) + "~";
}

// What disturbed the run, in a line.
std::string disturbances(const std::vector<CaseResult>& cases) {
  Disturbance all;
  for (const CaseResult& result : cases) all.add(result);
  if (all.blocks == 0) return {};
  int64_t voided = 0;
  std::string causes;
  for (const auto& [cause, count] : all.voided) {
    voided += count;
    causes += fmt::format("{}{} by {}", causes.empty() ? "" : ", ", count, cause);
  }
  if (voided == 0) return fmt::format("None of {} blocks was disturbed.\n", all.blocks);
  return fmt::format(
      "{} of {} blocks were disturbed and did not count: {}. They took {:.0f} % of the time.\n",
      voided, all.blocks, causes, 100 * all.voided_seconds / (all.voided_seconds + all.seconds));
}

}  // namespace

std::string table_header(const std::vector<Temperature>& temperatures) {
  std::string first = fmt::format("  {:<{}} {:<{}}", "", kContenderWidth, "", kKernelWidth);
  std::string second =
      fmt::format("  {:<{}} {:<{}}", "contender", kContenderWidth, "kernel", kKernelWidth);
  for (const Temperature temperature : temperatures) {
    first +=
        fmt::format(" | {:<39}", temperature == Temperature::kCold ? "cold: from memory"
                                                                   : "hot: the same buffers again");
    second +=
        fmt::format(" | {:>9} {:>5} {:>8} {:>6} {:>7}", "median", "+-", "GB/s", "share", "ratio");
  }
  return first + "\n" + second + "\n";
}

std::string table_block(const CaseResult& result, const std::vector<Temperature>& temperatures) {
  const int64_t bytes = result.records.front().traffic.total();
  std::string text = fmt::format("{}  {}", to_text(result.problem), bytes_text(double(bytes)));
  for (const Temperature temperature : temperatures) {
    std::set<std::string> devices;  // each has a ceiling and may count other bytes
    for (const Record& record : result.records) {
      if (record.temperature != temperature || record.ceiling.empty() ||
          !devices.insert(record.device.uuid).second)
        continue;
      const int64_t moved = record.traffic.total();
      text += fmt::format("  {} ceiling {} GB/s ({}{}{})", temperature_name(temperature),
                          digits(double(moved) / record.ceiling_seconds / 1e9),
                          record.series.level.empty()
                              ? record.ceiling
                              : fmt::format("{}, {}", record.ceiling, record.series.level),
                          devices.size() > 1 ? " on " + record.device.name : "",
                          moved != bytes ? ", " + bytes_text(double(moved)) : "");
    }
  }
  text += '\n';
  for (const std::string& contender : contenders_of(result)) {
    std::string row, kernel;
    std::map<std::string, std::string> remarks;  // and at which temperatures they hold
    for (const Temperature temperature : temperatures) {
      const Record* record = find(result, contender, temperature);
      row += columns(record);
      if (record == nullptr) continue;
      kernel = record->kernel;
      std::string& where = remarks[remark(*record)];
      where += fmt::format("{}{}", where.empty() ? "" : " and ", temperature_name(temperature));
    }
    std::string trouble;
    for (const auto& [remark, where] : remarks)
      if (!remark.empty())
        trouble += remarks.size() == 1 ? "  " + remark : fmt::format("  {}: {}", where, remark);
    text += fmt::format("  {:<{}} {:<{}}{}{}\n", clipped(contender, kContenderWidth),
                        kContenderWidth, clipped(kernel, kKernelWidth), kKernelWidth,
                        row + submit_columns(result, contender), trouble);
  }
  return text;
}

std::string table_summary(const std::vector<CaseResult>& cases,
                          const std::vector<Temperature>& temperatures) {
  std::vector<std::string> contenders;
  std::set<std::string> baselines;
  bool any_across = false;
  for (const CaseResult& result : cases) {
    for (const std::string& name : contenders_of(result))
      if (std::find(contenders.begin(), contenders.end(), name) == contenders.end())
        contenders.push_back(name);
    for (const Record& record : result.records) {
      if (!record.baseline.empty()) baselines.insert(record.baseline);
      any_across |= record.across_devices;
    }
  }
  std::string text = fmt::format(
      "Geometric means over rows that are ok, beyond twice the floor; ratio: time of {} / own "
      "time, "
      "over rows where both are\n",
      baselines.empty() ? "the baseline" : fmt::format("{}", fmt::join(baselines, " or ")));
  text += fmt::format("  {:<{}} {:<5} {:>6} {:>7} {:>6} {:>7} | {:>6} {}\n", "contender",
                      kContenderWidth, "", "rows", "share", "rows", "ratio", "floor", "others");
  for (const std::string& contender : contenders)
    for (const Temperature temperature : temperatures) {
      GeometricMean share, ratio;
      bool across_devices = false;
      int64_t below = 0, warm = 0;
      std::map<std::string, int64_t> others;
      for (const CaseResult& result : cases) {
        const Record* record = find(result, contender, temperature);
        if (record == nullptr) continue;
        if (record->status != Status::kOk) ++others[std::string(info(record->status).name)];
        if (!has_time(record->status)) continue;
        if (record->warm) {
          ++warm;
          continue;
        }
        const Record* base =
            record->baseline.empty() ? nullptr : find(result, record->baseline, temperature);
        if (record->below_floor()) {
          ++below;
          continue;
        }
        share.add(record->share);
        if (base == nullptr || base->below_floor() || base->warm) continue;
        ratio.add(record->ratio);
        across_devices |= record->across_devices;
      }
      if (warm > 0) others["warm"] = warm;
      std::string rest;
      for (const auto& [name, count] : others)
        rest += fmt::format("{}{} {}", rest.empty() ? "" : ", ", count, name);
      text += fmt::format("  {:<{}} {:<5} {:>6} {:>7} {:>6} {:>7} | {:>6} {}\n",
                          clipped(contender, kContenderWidth), kContenderWidth,
                          temperature_name(temperature), share.count(), percent(share.value()),
                          ratio.count(), ratio_text(ratio.value(), across_devices), below,
                          rest.empty() ? "-" : rest);
    }
  if (any_across) text += "  * the baseline ran on another device: the ratio compares those too\n";
  return text + disturbances(cases);
}

std::string network_table(const std::vector<Network>& networks,
                          const std::vector<CaseResult>& cases,
                          const std::vector<Temperature>& temperatures) {
  std::string text;
  for (const Network& network : networks) {
    const int64_t layers = layer_count(network);
    text += fmt::format("  {}: {} pooling layers", network.name, layers);
    if (network.missing > 0) text += fmt::format(", {} of them left out", network.missing);
    std::map<std::string, std::string> rows;  // by contender
    std::vector<std::string> contenders;
    for (size_t i = 0; i < temperatures.size(); ++i) {
      const NetworkTotal total = network_total(network, cases, temperatures[i]);
      text += fmt::format("; compared {}: {}", temperature_name(temperatures[i]), total.compared);
      for (const NetworkTotal::Row& row : total.rows) {
        std::string& line = rows[row.contender];
        if (line.empty()) contenders.push_back(row.contender);
        const bool has_time = std::isfinite(row.seconds.median);
        line += fmt::format(" | {:>9} {:>5} {:>7} {:>4}",
                            has_time ? time_text(row.seconds.median) : "-",
                            has_time ? spread(row.seconds) : "",
                            ratio_text(row.ratio.median, row.across_devices), row.ok);
      }
    }
    text += '\n';
    for (const std::string& contender : contenders)
      text += fmt::format("    {:<{}}{}\n", clipped(contender, kContenderWidth), kContenderWidth,
                          rows[contender]);
  }
  if (text.empty()) return text;
  std::string head = fmt::format("    {:<{}}", "contender", kContenderWidth);
  for (const Temperature temperature : temperatures)
    head += fmt::format(" | {:>9} {:>5} {:>7} {:>4}", temperature_name(temperature), "+-", "ratio",
                        "ok");
  return "Networks: a launch of each pooling layer, as often as the network has it; compared: "
         "those that are ok on every contender that has any\n" +
         head + "\n" + text;
}

std::string crossovers(const std::vector<CaseResult>& cases, Temperature temperature) {
  struct Point {
    int64_t elements;
    std::string src, fastest;
  };
  std::map<std::string, std::vector<Point>> sweeps;  // by the problem's text without its extents
  for (const CaseResult& result : cases) {
    const std::vector<const Record*> front = leaders(result, temperature);
    if (front.size() != 1) continue;  // nobody is the fastest
    const std::string text = to_text(result.problem);
    const size_t begin = text.find("/src:"), end = text.find('/', begin + 1);
    const std::string src = text.substr(begin + 5, end - begin - 5);
    std::string key = text.substr(0, begin);
    if (end != std::string::npos) key += text.substr(end);
    sweeps[key].push_back({result.problem.src_count(), src, front.front()->contender});
  }
  std::string text;
  for (auto& [key, points] : sweeps) {
    if (points.size() < 3) continue;
    std::stable_sort(points.begin(), points.end(),
                     [](const Point& a, const Point& b) { return a.elements < b.elements; });
    text += fmt::format("  {}:", key);
    std::string now;
    for (const Point& point : points)
      if (point.fastest != now) text += fmt::format(" {} from {}", now = point.fastest, point.src);
    text += '\n';
  }
  return text.empty() ? text
                      : fmt::format("Fastest by size, {}\n{}", temperature_name(temperature), text);
}

}  // namespace poolbench
