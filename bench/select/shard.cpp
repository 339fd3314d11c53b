#include "bench/select/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>

#include "host/problem.h"

namespace poolbench {
namespace {

constexpr int64_t kMost = 1'000'000;
constexpr int64_t kMostTask = 1'000'000'000;  // a number of the environment; Slurm's have 32 bits

std::optional<int64_t> number_of(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Returns nothing for a variable that is not set.
std::optional<int64_t> environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const auto value = number_of(text);
  if (!value) throw BadInput(fmt::format("--shard auto: {} is '{}', not a number", name, text));
  if (*value < -kMostTask || *value > kMostTask)
    throw BadInput(fmt::format("--shard auto: {} is {}, and no number beyond {} is taken", name,
                               text, kMostTask));
  return value;
}

// The tasks of an array need not be counted from 0, nor by 1.
std::optional<Shard> of_slurm() {
  const auto id = environment("SLURM_ARRAY_TASK_ID");
  if (!id) return std::nullopt;
  const auto count = environment("SLURM_ARRAY_TASK_COUNT"),
             first = environment("SLURM_ARRAY_TASK_MIN"),
             last = environment("SLURM_ARRAY_TASK_MAX");
  if (!count || !first || !last)
    throw BadInput(
        "--shard auto: SLURM_ARRAY_TASK_ID is set, but not SLURM_ARRAY_TASK_COUNT, _MIN and _MAX");
  const int64_t step = *count > 1 ? (*last - *first) / (*count - 1) : 1;
  const bool is_even =
      step >= 1 && *first + step * (*count - 1) == *last && (*id - *first) % step == 0;
  const Shard shard{is_even ? (*id - *first) / step + 1 : 0, *count};
  if (!is_sound(shard))
    throw BadInput(
        fmt::format("--shard auto: task {} of the Slurm array is no part of {} to {} in {} equal "
                    "steps; name it: --shard K/N",
                    *id, *first, *last, *count));
  return shard;
}

std::optional<Shard> of_gtest() {
  const auto index = environment("GTEST_SHARD_INDEX"), count = environment("GTEST_TOTAL_SHARDS");
  if (!index && !count) return std::nullopt;
  const Shard shard{index.value_or(-1) + 1, count.value_or(0)};
  if (!is_sound(shard))
    throw BadInput(
        "--shard auto: GTEST_SHARD_INDEX must be from 0 to GTEST_TOTAL_SHARDS - 1, and both set");
  return shard;
}

Shard of_environment() {
  const auto slurm = of_slurm(), gtest = of_gtest();
  if (slurm && gtest)
    throw BadInput(
        "--shard auto: both SLURM_ARRAY_TASK_ID and GTEST_SHARD_INDEX are set; name the shard: "
        "--shard K/N");
  if (!slurm && !gtest)
    throw BadInput(
        "--shard auto: neither SLURM_ARRAY_TASK_ID nor GTEST_SHARD_INDEX is set; name the shard: "
        "--shard K/N");
  return slurm ? *slurm : *gtest;
}

}  // namespace

bool is_sound(const Shard& shard) {
  return shard.count >= 1 && shard.count <= kMost && shard.number >= 1 &&
         shard.number <= shard.count;
}

Shard parse_shard(std::string_view text) {
  if (text == "auto") return of_environment();
  const size_t slash = std::min(text.find('/'), text.size());
  const auto number = number_of(text.substr(0, slash));
  const auto count =
      slash < text.size() ? number_of(text.substr(slash + 1)) : std::optional<int64_t>();
  const Shard shard{number.value_or(0), count.value_or(0)};
  if (!is_sound(shard))
    throw BadInput(fmt::format(
        "--shard: '{}' must be K/N, the K-th of N shards, K from 1 to N; or auto", text));
  return shard;
}

std::vector<int64_t> shards_of(std::span<const double> costs, int64_t count) {
  if (int64_t(costs.size()) < count)
    throw BadInput(
        fmt::format("--shard: {} cases cannot be shared by {} shards", costs.size(), count));
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return costs[i]; });
  std::vector<double> loads(count);
  std::vector<int64_t> sizes(count), shards(costs.size());
  for (const size_t i : order) {
    int64_t least = 0;  // the first of those with the least load, and of those the smallest
    for (int64_t k = 1; k < count; ++k)
      if (std::pair(loads[k], sizes[k]) < std::pair(loads[least], sizes[least])) least = k;
    loads[least] += costs[i];
    ++sizes[least];
    shards[i] = least + 1;
  }
  return shards;
}

}  // namespace poolbench
