// Which shard a process is, and which cases it has.
#include "bench/select/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <random>
#include <string>

#include "host/problem.h"

namespace poolbench {
namespace {

std::string why_not(std::string_view text) {
  try {
    const Shard shard = parse_shard(text);
    return std::to_string(shard.number) + "/" + std::to_string(shard.count);
  } catch (const BadInput& error) {
    return error.what();
  }
}

// What `auto` is with these variables and no others of their kind.
std::string automatic(const std::map<std::string, std::string>& variables) {
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
                           "SLURM_ARRAY_TASK_MAX", "GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS"})
    unsetenv(name);
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  return why_not("auto");
}

std::string slurm(const std::string& id, const std::string& count, const std::string& first,
                  const std::string& last) {
  return automatic({{"SLURM_ARRAY_TASK_ID", id},
                    {"SLURM_ARRAY_TASK_COUNT", count},
                    {"SLURM_ARRAY_TASK_MIN", first},
                    {"SLURM_ARRAY_TASK_MAX", last}});
}

TEST(Shard, text_has_number_and_count) {
  EXPECT_EQ(why_not("1/1"), "1/1");
  EXPECT_EQ(why_not("8/8"), "8/8");
  for (const char* bad : {"", "3", "/", "0/8", "9/8", "-1/8", "3/0", "3/8/1", " 3/8", "3/8x",
                          "three/8", "99999999999999999999/8", "AUTO"})
    EXPECT_NE(why_not(bad).find("must be K/N"), std::string::npos) << bad;
}

TEST(Shard, auto_counts_the_tasks_of_a_slurm_array) {
  EXPECT_EQ(slurm("0", "8", "0", "7"), "1/8");
  EXPECT_EQ(slurm("7", "8", "0", "7"), "8/8");
  EXPECT_EQ(slurm("1", "8", "1", "8"), "1/8");
  EXPECT_EQ(slurm("5", "4", "1", "7"), "3/4") << "--array=1-7:2";
  EXPECT_EQ(slurm("4", "1", "4", "4"), "1/1");
  for (const std::string& bad : {slurm("2", "3", "1", "7"), slurm("3", "3", "1", "4"),
                                 slurm("9", "8", "0", "7"), slurm("0", "8", "1", "8")})
    EXPECT_NE(bad.find("is no part of"), std::string::npos) << bad;
  EXPECT_NE(automatic({{"SLURM_ARRAY_TASK_ID", "1"}}).find("but not SLURM_ARRAY_TASK_COUNT"),
            std::string::npos);
  EXPECT_NE(slurm("", "8", "0", "7").find("SLURM_ARRAY_TASK_ID is ''"), std::string::npos);
  const std::string most = "9223372036854775807", least = "-9223372036854775808";
  for (const std::string& bad : {slurm(most, "8", least, "7"), slurm("1", most, "0", "7"),
                                 slurm("1", "8", least, most), slurm("1", least, "0", "7")})
    EXPECT_NE(bad.find("and no number beyond"), std::string::npos) << bad;
}

TEST(Shard, auto_takes_those_of_gtest) {
  EXPECT_EQ(automatic({{"GTEST_SHARD_INDEX", "0"}, {"GTEST_TOTAL_SHARDS", "4"}}), "1/4");
  EXPECT_EQ(automatic({{"GTEST_SHARD_INDEX", "3"}, {"GTEST_TOTAL_SHARDS", "4"}}), "4/4");
  for (const std::string& bad :
       {automatic({{"GTEST_SHARD_INDEX", "4"}, {"GTEST_TOTAL_SHARDS", "4"}}),
        automatic({{"GTEST_SHARD_INDEX", "1"}}), automatic({{"GTEST_TOTAL_SHARDS", "4"}})})
    EXPECT_NE(bad.find("GTEST_SHARD_INDEX must be"), std::string::npos) << bad;
  const std::string most =
      automatic({{"GTEST_SHARD_INDEX", "9223372036854775807"}, {"GTEST_TOTAL_SHARDS", "4"}});
  EXPECT_NE(most.find("GTEST_SHARD_INDEX is 9223372036854775807, and no number beyond"),
            std::string::npos)
      << most;
}

TEST(Shard, auto_never_guesses) {
  EXPECT_NE(automatic({}).find("neither"), std::string::npos);
  EXPECT_NE(automatic({{"SLURM_ARRAY_TASK_ID", "0"},
                       {"SLURM_ARRAY_TASK_COUNT", "8"},
                       {"SLURM_ARRAY_TASK_MIN", "0"},
                       {"SLURM_ARRAY_TASK_MAX", "7"},
                       {"GTEST_SHARD_INDEX", "0"},
                       {"GTEST_TOTAL_SHARDS", "8"}})
                .find("both"),
            std::string::npos);
  EXPECT_EQ(why_not("3/8"), "3/8") << "what is named needs no environment";
}

TEST(ShardsOf, costs_are_balanced) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> draw(0, 2);
  for (int64_t count = 1; count <= 16; ++count) {
    std::vector<double> costs(100), loads(count);
    for (double& cost : costs) cost = draw(random);
    const auto shards = shards_of(costs, count);
    for (size_t i = 0; i < costs.size(); ++i) loads.at(shards[i] - 1) += costs[i];
    const double all = std::accumulate(costs.begin(), costs.end(), 0.0);
    const double dearest = std::ranges::max(costs);
    // Whoever is given the last case had the least so far, so at most the mean.
    EXPECT_LE(std::ranges::max(loads), all / double(count) + dearest);
  }
}

TEST(ShardsOf, a_dear_case_is_alone) {
  EXPECT_EQ(shards_of(std::vector<double>{1, 1, 9, 1, 1, 1}, 2),
            (std::vector<int64_t>{2, 2, 1, 2, 2, 2}));
}

TEST(ShardsOf, none_is_empty) {
  const std::vector<double> nothing(5, 0), one = {100, 1, 1, 1, 1};
  for (const auto& costs : {nothing, one}) {
    auto shards = shards_of(costs, 5);
    std::ranges::sort(shards);
    EXPECT_EQ(shards, (std::vector<int64_t>{1, 2, 3, 4, 5}));
  }
  EXPECT_THROW(shards_of(nothing, 6), BadInput);
}

TEST(ShardsOf, equal_costs_alternate) {
  EXPECT_EQ(shards_of(std::vector<double>(5, 1), 2), (std::vector<int64_t>{1, 2, 1, 2, 1}));
}

}  // namespace
}  // namespace poolbench
