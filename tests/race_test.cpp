// Verdicts of a race, and their error rates, from simulated processes.
#include "bench/race/race.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "host/problem.h"

namespace poolbench {
namespace {

// How the processes of a simulation differ.
struct Weather {
  std::mt19937_64 random{1};
  double of_process = 0.005;  // common to all blocks of a process
  double of_block = 0.01;
  bool heavy = false;  // Student's t with 2 degrees of freedom: no variance

  double draw() {
    std::normal_distribution<double> normal;
    if (!heavy) return normal(random);
    std::chi_squared_distribution<double> chi(2);
    return normal(random) / std::sqrt(chi(random) / 2);
  }
};

constexpr int kBlocks = 8;

Record record_of(const std::string& contender, double seconds, double of_process,
                 Weather& weather) {
  Record record;
  record.contender = contender;
  record.temperature = Temperature::kHot;
  record.series.launches = 1;
  for (int block = 0; block < kBlocks; ++block)
    record.series.seconds.push_back(seconds *
                                    std::exp(of_process + weather.of_block * weather.draw()));
  record.seconds = median_interval(record.series.seconds);
  return record;
}

// One process' rows of a case: `head` takes `effect` longer than `base`. What a process does to one
// contender, such as where its memory lies, it does not do to the others.
CaseResult process(double effect, Weather& weather) {
  CaseResult result;
  for (const auto& [name, seconds] :
       {std::pair(std::string("base"), 1.0), std::pair(copy_of("base"), 1.0),
        std::pair(std::string("head"), 1 + effect), std::pair(copy_of("head"), 1 + effect)})
    result.records.push_back(
        record_of(name, seconds, weather.of_process * weather.draw(), weather));
  return result;
}

std::vector<std::string> names(size_t cases) {
  std::vector<std::string> names;
  for (size_t i = 0; i < cases; ++i) names.push_back("case " + std::to_string(i));
  return names;
}

// A race of as many cases as there are effects.
Race raced(const std::vector<double>& effects, Weather& weather, const Rules& rules = {}) {
  Race race(names(effects.size()), {Temperature::kHot}, {"base", "head"}, rules);
  for (auto cases = race.next(); !cases.empty(); cases = race.next())
    for (const size_t of_case : cases) race.add(of_case, process(effects[of_case], weather));
  return race;
}

std::map<Speed, int> speeds(const Race& race) {
  std::map<Speed, int> count;
  for (const Ruling& ruling : race.rulings(1)) ++count[ruling.speed];
  return count;
}

TEST(Bets, are_the_integral_that_the_header_states) {
  for (const auto& [wins, losses] : {std::pair(0, 0), {5, 0}, {0, 5}, {12, 3}, {40, 60}}) {
    double integral = 0;
    constexpr int kSteps = 200'000;
    for (int i = 0; i < kSteps; ++i) {
      const double b = (i + 0.5) / kSteps;
      integral += std::pow(1 + b, wins) * std::pow(1 - b, losses) / kSteps;
    }
    EXPECT_NEAR(e_value(wins, losses) / integral, 1, 1e-6) << wins << " " << losses;
  }
  EXPECT_DOUBLE_EQ(e_value(12, 0), 8191.0 / 13);
  EXPECT_TRUE(std::isfinite(e_value(250, 250)));
  EXPECT_LT(e_value(0, 500), 1);
}

// One number for all n: whoever looks after each toss of a fair coin, and stops when he likes.
TEST(Bets, reach_a_wealth_no_more_often_than_one_in_as_many) {
  for (const double needed : {20.0, 100.0, 640.0})
    EXPECT_LE(power(500, 0.5, needed), 1 / needed) << needed;
  EXPECT_GT(power(500, 0.5, 20), 0.2 / 20) << "and they are not idle either";
}

TEST(Bets, find_what_shows_in_most_processes) {
  const int n = tosses_for(0.9, 320, 0.9, 500);
  EXPECT_GE(power(n, 0.9, 320), 0.9);
  EXPECT_LT(power(n - 1, 0.9, 320), 0.9);
  EXPECT_EQ(tosses_for(0.5, 320, 0.9, 77), 77);
  EXPECT_NEAR(win_for(n, 320, power(n, 0.8, 320)), 0.8, 1e-6);
}

TEST(Bets, false_discoveries_are_held_over_the_family_that_was_declared) {
  const std::vector<double> e = {1000, 90, 70, 3};
  EXPECT_EQ(rejected(e, 4, 0.05), (std::vector<bool>{true, true, true, false}));
  EXPECT_EQ(rejected(e, 40, 0.05), (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(rejected(e, 400, 0.05), std::vector<bool>(4));
  EXPECT_TRUE(rejected({}, 4, 0.05).empty());
}

TEST(Bets, wilson_is_as_published) {
  EXPECT_NEAR(wilson(0, 300).high, 0.0126, 1e-4);
  EXPECT_EQ(wilson(0, 300).low, 0);
  EXPECT_NEAR(wilson(10, 100).low, 0.0552, 1e-4);
  EXPECT_NEAR(wilson(10, 100).high, 0.1744, 1e-4);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

// The same in every process: the worst for whoever counts blocks.
TEST(Race, identical_code_is_not_called_slower_whatever_the_noise) {
  for (const bool heavy : {false, true})
    for (const double of_process : {0.0, 0.02, 0.2}) {
      SCOPED_TRACE(testing::Message() << (heavy ? "heavy tails, " : "") << of_process);
      Weather weather{.of_process = of_process, .heavy = heavy};
      int wrong = 0, suspects = 0;
      constexpr int kRaces = 150;
      for (int i = 0; i < kRaces; ++i) {
        const Race race = raced({0, 0, 0, 0}, weather);
        auto count = speeds(race);
        wrong += count[Speed::kSlower] + count[Speed::kFaster];
        suspects += race.again() > 0;
      }
      EXPECT_EQ(wrong, 0);
      EXPECT_LE(suspects, kRaces * 0.05);
    }
}

// Whoever looks after each process, at identical code whose median is the least effect itself.
TEST(Race, looking_after_every_process_keeps_the_error_rate) {
  Weather weather{.of_process = 0.05, .heavy = true};
  const Rules rules;
  constexpr int kTrials = 20'000;
  int alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> ratios;
    for (int n = 0; n < 60; ++n) {
      ratios.push_back(std::log1p(rules.least_effect) + weather.of_process * weather.draw());
      if (evidence(ratios, rules).slower < 20) continue;
      ++alarms;
      break;
    }
  }
  EXPECT_LE(alarms, kTrials / 20);
  EXPECT_GT(alarms, kTrials / 100) << "else this shows nothing";
}

TEST(Race, intervals_have_their_level) {
  for (const bool heavy : {false, true}) {
    Weather weather{.heavy = heavy};
    CopyCount count;
    for (int i = 0; i < 250; ++i) count.add(raced({0, 0, 0, 0}, weather).copies());
    ASSERT_GE(count.intervals, 1900);
    EXPECT_NEAR(count.level, interval_order(12, 0.95).level, 1e-12);
    EXPECT_NEAR(double(count.covering) / double(count.intervals), count.level, 0.015);
  }
}

TEST(Race, planted_slow_downs_are_found_with_the_right_sign_and_size) {
  Weather weather;
  int found5 = 0, found10 = 0, faster = 0;
  double bias = 0;
  constexpr int kRaces = 100;
  for (int i = 0; i < kRaces; ++i) {
    const Race race = raced({0, 0.05, 0.10, -0.06}, weather);
    const auto rulings = race.rulings(1);
    found5 += rulings[1].speed == Speed::kSlower;
    found10 += rulings[2].speed == Speed::kSlower;
    faster += rulings[3].speed == Speed::kFaster;
    EXPECT_NE(rulings[0].speed, Speed::kSlower);
    for (const size_t slow : {1, 2}) EXPECT_NE(rulings[slow].speed, Speed::kFaster);
    EXPECT_NE(rulings[3].speed, Speed::kSlower);
    bias += (rulings[1].effect.median - std::log(1.05)) / kRaces;
  }
  EXPECT_GE(found5, 95);
  EXPECT_GE(found10, 99);
  EXPECT_GE(faster, 95);
  EXPECT_NEAR(bias, 0, 0.001);
}

// What a race says that it would have seen, it sees.
TEST(Race, the_least_effect_that_it_would_have_seen_holds) {
  for (const double of_process : {0.004, 0.012}) {
    Weather weather{.of_process = of_process};
    std::vector<double> said;
    for (int i = 0; i < 40; ++i) said.push_back(raced({0}, weather).rulings(1)[0].least_seen);
    const double least = median_interval(said).median;
    ASSERT_LT(least, 0.2);
    int found = 0;
    for (int i = 0; i < 200; ++i)
      found += raced({std::expm1(least)}, weather).rulings(1)[0].speed == Speed::kSlower;
    EXPECT_GE(found, 180) << percent_text(least);
  }
}

// `first` and `again`: by how much head is slower in the two parts.
Ruling ruling_of(double first, double again, double copies_apart = 0) {
  Weather weather{.of_process = 0.002};
  Race race(names(1), {Temperature::kHot}, {"base", "head"}, {});
  int processes = 0;
  for (auto cases = race.next(); !cases.empty(); cases = race.next()) {
    CaseResult result = process(race.is_second_part() ? again : first, weather);
    const double apart = ++processes % 2 == 0 ? copies_apart : -copies_apart;
    for (double& seconds : result.records[1].series.seconds) seconds *= std::exp(apart);
    race.add(0, result);
  }
  EXPECT_EQ(race.again(), race.rules().confirming);
  return race.rulings(1)[0];
}

TEST(Race, fresh_processes_decide_and_give_the_effect) {
  const Ruling twice = ruling_of(0.08, 0.05);
  EXPECT_EQ(twice.speed, Speed::kSlower);
  EXPECT_NEAR(twice.effect.median, std::log(1.05), 0.004);
  const Ruling once = ruling_of(0.08, 0);
  EXPECT_EQ(once.speed, Speed::kUnresolved);
  EXPECT_NE(once.why.find("but run again it was"), std::string::npos) << once.why;
  const Ruling little = ruling_of(0.08, 0.015);
  EXPECT_EQ(little.speed, Speed::kUnresolved);
  EXPECT_NE(little.why.find("less than the +2.0 % that count here"), std::string::npos)
      << little.why;
  EXPECT_EQ(ruling_of(0.08, -0.08).speed, Speed::kUnresolved) << "the other side";
}

// Three times the half-width of copies that are 4 % apart, now on this side and now on that.
TEST(Race, an_effect_must_be_beyond_what_copies_differ) {
  EXPECT_EQ(ruling_of(0.08, 0.08, 0.01).speed, Speed::kSlower);
  const Ruling ruling = ruling_of(0.08, 0.08, 0.04);
  EXPECT_NEAR(ruling.copies_half_width, 0.04, 0.005);
  EXPECT_EQ(ruling.speed, Speed::kUnresolved);
  EXPECT_EQ(ruling_of(0.20, 0.20, 0.04).speed, Speed::kSlower);
}

TEST(Race, identical_code_is_shown_to_be_the_same_and_ends_early) {
  Weather weather;
  const Race race = raced({0, 0, 0, 0, 0, 0, 0, 0}, weather);
  EXPECT_EQ(speeds(race)[Speed::kSame], 8);
  EXPECT_FALSE(race.again() > 0);
}

TEST(Race, noise_is_unresolved_with_a_remedy) {
  Weather weather{.of_process = 0.2};
  const Race race = raced({0.03}, weather);
  const Ruling ruling = race.rulings(2)[0];
  EXPECT_EQ(ruling.speed, Speed::kUnresolved);
  EXPECT_NE(ruling.why.find("processes say more than 2 % slower"), std::string::npos) << ruling.why;
  EXPECT_FALSE(ruling.remedy.empty());
  EXPECT_GT(ruling.least_seen, 0.1);
}

// As when one's memory lies better in most processes.
TEST(Race, copies_that_differ_make_the_race_unresolved) {
  Weather weather;
  Race race(names(2), {Temperature::kHot}, {"base", "head"}, {});
  for (auto cases = race.next(); !cases.empty(); cases = race.next())
    for (const size_t of_case : cases) {
      CaseResult result = process(0, weather);
      if (of_case == 0)
        for (double& seconds : result.records[1].series.seconds) seconds *= 1.08;
      race.add(of_case, result);
    }
  ASSERT_EQ(race.alarms().size(), 1u);
  EXPECT_EQ(race.alarms()[0].substr(0, 29), "base differs from its copy by");
  for (const Ruling& ruling : race.rulings(1)) {
    EXPECT_EQ(ruling.speed, Speed::kUnresolved);
    EXPECT_NE(ruling.why.find("not to be trusted"), std::string::npos) << ruling.why;
  }
}

// A slow-down that is there only while others disturb.
TEST(Race, verdicts_that_hang_on_voided_blocks_are_the_weathers) {
  Weather weather;
  Race race(names(1), {Temperature::kHot}, {"base", "head"}, {});
  for (auto cases = race.next(); !cases.empty(); cases = race.next()) {
    CaseResult result = process(0.06, weather);
    for (Record& record : result.records)
      for (int block = 0; block < 2 * kBlocks; ++block)
        record.series.voided.push_back({block, "other processes", 1.0, true});
    race.add(0, result);
  }
  const Ruling ruling = race.rulings(1)[0];
  EXPECT_EQ(ruling.speed, Speed::kUnresolved);
  EXPECT_EQ(ruling.why.substr(0, 11), "the weather") << ruling.why;
}

// The one whose quiet blocks are the same, and whose disturbed ones are not.
TEST(Race, same_must_hold_with_voided_blocks_too) {
  Weather weather;
  Race race(names(1), {Temperature::kHot}, {"base", "head"}, {});
  for (auto cases = race.next(); !cases.empty(); cases = race.next()) {
    CaseResult result = process(0, weather);
    for (Record& record : result.records)
      for (int block = 0; block < 2 * kBlocks; ++block)
        record.series.voided.push_back(
            {block, "other processes", record.contender == "head" ? 1.2 : 1.0, true});
    race.add(0, result);
  }
  EXPECT_EQ(race.rulings(1)[0].speed, Speed::kUnresolved);
  EXPECT_EQ(race.rulings(1)[0].why.substr(0, 11), "the weather");
}

TEST(Race, what_the_weather_never_lets_run_is_given_up) {
  Weather weather;
  Race race(names(1), {Temperature::kHot}, {"base", "head"}, {});
  for (auto cases = race.next(); !cases.empty(); cases = race.next()) {
    CaseResult result = process(0, weather);
    result.records[0].status = Status::kNoisy;
    result.records[0].series.seconds.clear();
    race.add(0, result);
  }
  EXPECT_LT(race.first(), race.processes());
  EXPECT_EQ(race.rulings(1)[0].why, "the weather: 12 of 12 processes were disturbed too much");
}

TEST(Race, what_did_not_run_is_missing_and_what_is_wrong_is_wrong) {
  Weather weather;
  Rules rules;
  rules.gate = true;
  Race race(names(4), {Temperature::kCold, Temperature::kHot}, {"base", "head"}, rules);
  for (auto cases = race.next(); !cases.empty(); cases = race.next())
    for (const size_t of_case : cases) {
      if (of_case == 0) continue;
      CaseResult result = process(0, weather);
      if (of_case == 1) result.records[2].status = Status::kWrong;
      if (of_case == 2) result.records[3].status = Status::kRefused;
      race.add(of_case, result);
    }
  std::vector<Status> statuses;
  for (const Row* row : race.rows()) statuses.push_back(row->status);
  // Nothing is cold: that was not measured, but for the case of which nobody heard.
  EXPECT_EQ(statuses, (std::vector<Status>{Status::kMissing, Status::kMissing, Status::kWrong,
                                           Status::kMissing, Status::kOk}));
  EXPECT_EQ(race.rulings(1).size(), 5u);
}

TEST(Race, a_gate_has_twenty_pairs_at_least_and_a_large_family_more) {
  Rules rules;
  EXPECT_LT(rules.processes_for(1), 20);
  EXPECT_GT(rules.processes_for(200), 30);
  rules.gate = true;
  EXPECT_EQ(rules.processes_for(1), 20);
  rules.processes = 7;
  EXPECT_EQ(rules.processes_for(1), 7);
}

}  // namespace
}  // namespace poolbench
