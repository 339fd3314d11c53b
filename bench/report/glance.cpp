#include "bench/report/glance.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/text.h"
#include "bench/time/network_total.h"

namespace poolbench {
namespace {

Interval quotient(const Record& above, const Record& below) {
  std::vector<double> quotients;
  const auto &a = above.series.seconds, &b = below.series.seconds;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) quotients.push_back(a[i] / b[i]);
  return median_interval(std::move(quotients));
}

Against& against(Standing& standing, const std::string& other) {
  const auto found = std::ranges::find(standing.against, other, &Against::other);
  return found != standing.against.end() ? *found : standing.against.emplace_back(Against{other});
}

void add_rows(std::vector<Standing>& all, const CaseResult& result, Temperature temperature) {
  std::vector<const Record*> in_means;
  for (const Record& row : result.records)
    if (row.temperature == temperature && is_in_means(row)) in_means.push_back(&row);
  const std::vector<const Record*> front = leaders(result, temperature);
  const auto is_timed = [&](const Record& row) {
    return row.temperature == temperature && has_time(row.status) && !row.warm;
  };
  const bool is_contest = std::ranges::count_if(result.records, is_timed) > 1;
  for (const Record& row : result.records) {
    if (row.temperature != temperature) continue;
    const auto found = std::ranges::find_if(all, [&](const Standing& one) {
      return one.contender == row.contender && one.temperature == temperature;
    });
    Standing& standing =
        found != all.end()
            ? *found
            : all.emplace_back(Standing{.contender = row.contender, .temperature = temperature});
    if (row.status != Status::kOk) ++standing.others[info(row.status).name];
    if (!has_time(row.status)) continue;
    if (row.warm) {
      ++standing.warm;
      continue;
    }
    ++standing.timed;
    if (is_contest && std::ranges::count(front, &row) > 0)
      ++(front.size() == 1 ? standing.fastest : standing.level);
    if (!is_in_means(row)) {
      ++standing.below_floor;
      continue;
    }
    standing.share.add(row.share);
    for (const Record* other : in_means) {
      if (other == &row) continue;
      Against& one = against(standing, other->contender);
      one.ratio.add(quotient(*other, row));
      one.across_devices |= other->device.uuid != row.device.uuid;
    }
  }
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f} %", 100 * share) : "–";
}

std::string ratio_text(const Against& one) {
  const Interval ratio = one.ratio.interval();
  std::string text = fmt::format("×{}{}", digits(ratio.median), one.across_devices ? "*" : "");
  if (std::isfinite(ratio.low))
    text += fmt::format(" ({} to {})", digits(ratio.low), digits(ratio.high));
  return text + fmt::format(", {} layers", one.ratio.count());
}

std::string others_text(const Standing& standing) {
  std::string text;
  const auto add = [&](std::string_view name, int64_t count) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  };
  for (const auto& [name, count] : standing.others) add(name, count);
  add("warm", standing.warm);
  add("launch-bound", standing.below_floor);
  return text.empty() ? "–" : text;
}

std::string standings_text(const std::vector<Standing>& all) {
  std::string text =
      "| contender | | rows | fastest | level | share of the ceiling | how many times as fast as | "
      "not counted |\n| --- | --- | ---: | ---: | ---: | ---: | --- | --- |\n";
  for (const Standing& one : all) {
    std::string speeds;
    for (const Against& other : one.against)
      if (other.ratio.count() > 0)
        speeds += fmt::format("{}{} {}", speeds.empty() ? "" : "; ", markdown_cell(other.other),
                              ratio_text(other));
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", markdown_cell(one.contender),
                    temperature_name(one.temperature), one.timed, one.fastest, one.level,
                    percent(one.share.value()), speeds.empty() ? "–" : speeds, others_text(one));
  }
  return text;
}

std::string networks_text(const StoredRecord& record) {
  std::string text;
  for (const Network& network : record.networks)
    for (const Temperature temperature : kTemperatures) {
      const NetworkTotal total = network_total(network, record.cases, temperature);
      for (const NetworkTotal::Row& row : total.rows)
        if (std::isfinite(row.seconds.median))
          text +=
              fmt::format("| {} | {} | {} | {} | {} | {} of {} |\n", markdown_cell(network.name),
                          temperature_name(temperature), markdown_cell(row.contender),
                          time_text(row.seconds.median),
                          std::isfinite(row.ratio.median) ? "×" + digits(row.ratio.median) : "–",
                          total.compared, layer_count(network));
    }
  return text;
}

std::string failures_text(std::span<const StoredRecord> records) {
  std::string text;
  for (const StoredRecord& record : records)
    for (const CaseResult& result : record.cases)
      for (const Record& row : result.records)
        if (!has_time(row.status) && row.status != Status::kRefused && row.status != Status::kNoisy)
          text += fmt::format("- `{}`: {}: {}\n", markdown_cell(row.name()), info(row.status).name,
                              markdown_cell(row.reason));
  return text;
}

}  // namespace

void GeometricMean::add(const Interval& value) {
  if (!(value.median > 0) || !std::isfinite(value.median)) return;
  logs_ += std::log(value.median);
  below_ += std::pow(std::log(value.median / value.low), 2);
  above_ += std::pow(std::log(value.high / value.median), 2);
  ++count_;
}

Interval GeometricMean::interval() const {
  if (count_ == 0) return {kNone, kNone, kNone};
  const auto count = double(count_);
  const double mean = logs_ / count;
  return {std::exp(mean), std::exp(mean - std::sqrt(below_) / count),
          std::exp(mean + std::sqrt(above_) / count)};
}

bool is_in_means(const Record& row) {
  return has_time(row.status) && !row.warm && !row.below_floor();
}

std::vector<const Record*> leaders(const CaseResult& result, Temperature temperature) {
  std::vector<const Record*> rows;
  for (const Record& row : result.records)
    if (row.temperature == temperature && has_time(row.status) && !row.warm) rows.push_back(&row);
  if (rows.empty()) return rows;
  std::ranges::stable_sort(rows, {}, [](const Record* row) { return row->seconds.median; });
  const double front = rows.front()->seconds.high;
  std::erase_if(rows,
                [&](const Record* row) { return row != rows.front() && front < row->seconds.low; });
  return rows;
}

std::vector<Standing> standings(std::span<const StoredRecord> records) {
  std::vector<Standing> all;
  for (const StoredRecord& record : records)
    for (const CaseResult& result : record.cases)
      for (const Temperature temperature : kTemperatures) add_rows(all, result, temperature);
  std::vector<std::string> order;
  for (const Standing& one : all)
    if (std::ranges::count(order, one.contender) == 0) order.push_back(one.contender);
  std::ranges::stable_sort(all, {}, [&](const Standing& one) {
    return std::pair(std::ranges::find(order, one.contender), one.temperature);
  });
  return all;
}

std::string report_markdown(std::span<const StoredRecord> records) {
  std::string text, networks;
  for (const StoredRecord& record : records) {
    text += fmt::format("- **{}**, {} threads, {} cases; poolbench {} ({}), {}\n",
                        markdown_cell(record.processor), record.threads, record.cases.size(),
                        markdown_cell(record.version), markdown_cell(record.revision),
                        markdown_cell(record.date));
    networks += networks_text(record);
  }
  const std::vector<Standing> all = standings(records);
  text += "\n" + standings_text(all);
  const auto is_across = [](const Standing& one) {
    return std::ranges::any_of(one.against, &Against::across_devices);
  };
  if (std::ranges::any_of(all, is_across))
    text += "\n`*`: on two devices, and the ratio compares those too\n";
  if (!networks.empty())
    text +=
        "\n| network | | contender | time | ratio | layers |\n"
        "| --- | --- | --- | ---: | ---: | ---: |\n" +
        networks;
  const std::string failures = failures_text(records);
  if (!failures.empty()) text += "\nWhat failed:\n\n" + failures;
  return text;
}

}  // namespace poolbench
