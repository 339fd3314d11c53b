// The database of records, the order of commits, whose a change is, and machines unlike others.
#include <gmock/gmock.h>

#include <random>

#include "bench/history/changes.h"
#include "bench/history/commits.h"
#include "bench/history/fleet.h"
#include "tests/made_records.h"
#include "tests/program.h"

namespace poolbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class HistoryTest : public ProgramTest {
 protected:
  Store store() const { return Store(file("runs.sqlite"), Database::kMake); }
  StoredRecord read(const MadeRecord& made) {
    return read_record(write(fmt::format("{}.json", ++written_), text_of(made)));
  }
  // The series that records fall into.
  size_t series_of(const std::vector<MadeRecord>& records) {
    fs::remove(file("runs.sqlite"));
    Store all = store();
    for (const MadeRecord& record : records) all.add(read(record));
    return all.series().size();
  }

 private:
  int written_ = 0;
};

TEST_F(HistoryTest, a_record_goes_in_once) {
  Store all = store();
  const StoredRecord record = read({});
  EXPECT_EQ(all.add(record), 1u);
  EXPECT_EQ(all.add(record), std::nullopt);
  EXPECT_EQ(all.add(read({.date = day(2)})), 1u) << "by the same seed";
  const auto series = all.series();
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series.begin()->second.contender, "openmp");
  const std::vector<SeriesPoint> points = all.points(series.begin()->first);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].revision, "1111111");
  EXPECT_DOUBLE_EQ(points[0].seconds, 1e-3);
  EXPECT_DOUBLE_EQ(points[0].low, 0.99e-3);
  EXPECT_DOUBLE_EQ(points[0].over_ceiling, 2);
  EXPECT_DOUBLE_EQ(points[0].over_low, 2 / 1.01);
}

// Of parts on these hosts.
MadeRecord merged(const std::vector<StoredRecord>& parts) {
  MadeRecord whole{.ours = {{"parts", Json::array()}}};
  for (const StoredRecord& part : parts)
    whole.ours["parts"].push_back(
        {{"host_name", part.host}, {"part_seal", part.context().at("seal")}});
  return whole;
}

TEST_F(HistoryTest, a_shard_and_what_it_was_merged_into_are_one_run) {
  const std::vector<StoredRecord> parts = {read({.rows = {{.contender = "naive"}}}),
                                           read({.rows = {{.contender = "openmp"}}})};
  const StoredRecord whole = read(merged(parts));
  Store all = store();
  EXPECT_EQ(all.add(parts[0]), 1u);
  EXPECT_THAT([&] { all.add(whole); }, ThrowsMessage<BadInput>(HasSubstr("add the parts")));
  EXPECT_EQ(all.add(parts[1]), 1u);
  EXPECT_EQ(all.add(whole), std::nullopt);

  fs::remove(file("runs.sqlite"));
  Store other = store();
  EXPECT_EQ(other.add(whole), 1u);
  EXPECT_EQ(other.add(parts[0]), std::nullopt);
  EXPECT_EQ(other.add(whole), std::nullopt);
}

TEST_F(HistoryTest, what_was_merged_from_several_machines_is_refused) {
  const StoredRecord whole = read(merged({read({.host = "vm1"}), read({.host = "vm2"})}));
  Store all = store();
  EXPECT_THAT([&] { all.add(whole); }, ThrowsMessage<BadInput>(HasSubstr("vm2, add the parts")));
}

TEST_F(HistoryTest, a_run_that_went_on_adds_what_it_had_not_measured_yet) {
  const MadeRow done{.contender = "openmp"}, rest{.contender = "naive"};
  const MadeRecord begun{.rows = {done}, .ours = {{"left_out", {rest.problem}}}};
  const MadeRecord whole{
      .date = day(1), .rows = {done, rest}, .noted = {{"run", {{"resumed", 1}}}}};
  for (const bool in_order : {true, false}) {
    fs::remove(file("runs.sqlite"));
    Store all = store();
    EXPECT_EQ(all.add(read(in_order ? begun : whole)), in_order ? 1u : 2u);
    EXPECT_EQ(all.add(read(in_order ? whole : begun)), in_order ? 1u : 0u);
    for (const auto& [id, name] : all.series()) EXPECT_EQ(all.points(id).size(), 1u);
    EXPECT_EQ(all.add(read({.date = day(2), .rows = {done}})), 1u);
  }
}

TEST_F(HistoryTest, what_forbids_comparison_keeps_series_apart) {
  const auto with = [](const char* name, const Json& value) {
    return MadeRecord{.date = day(1), .comparable = {{name, value}}};
  };
  EXPECT_EQ(series_of({{}, {.date = day(1)}}), 1u);
  EXPECT_EQ(series_of({{}, with("threads", 7)}), 2u);
  EXPECT_EQ(series_of({{}, with("compiler", "other")}), 2u);
  EXPECT_EQ(series_of({{}, with("flags", "-O1")}), 2u);
  EXPECT_EQ(series_of({{}, with("method", 99)}), 2u);
  EXPECT_EQ(series_of({{}, with("of_a_later_schema", 1)}), 2u);
  EXPECT_EQ(series_of({{}, {.host = "vm2"}}), 2u);
  EXPECT_EQ(series_of({{}, {.noted = {{"isa", "avx2"}}}}), 2u);
  EXPECT_EQ(series_of({{}, {.noted = {{"omp_num_threads", "1"}}}}), 2u);
  const auto on = [](const Device& device) { return MadeRecord{.rows = {{.device = device}}}; };
  EXPECT_EQ(series_of({on({"cuda", "GPU", "a", "1"}), on({"cuda", "GPU", "b", "1"})}), 2u);
  EXPECT_EQ(series_of({on({"cuda", "GPU", "a", "1"}), on({"cuda", "GPU", "a", "2"})}), 2u);
}

TEST_F(HistoryTest, another_peers_version_and_another_devices_driver_do_not) {
  EXPECT_EQ(series_of({{}, {.date = day(1), .comparable = {{"libraries", {{"onednn", "3.3"}}}}}}),
            1u);
  const MadeRecord beside{.rows = {{}, {.contender = "cuda:0", .device = {"cuda", "GPU", "a"}}}};
  EXPECT_EQ(series_of({{}, beside}), 2u) << "openmp's and cuda's";
  const auto library = [](const char* version) {
    return MadeRecord{.rows = {{.contender = "onednn"}},
                      .comparable = {{"libraries", {{"onednn", version}}}}};
  };
  EXPECT_EQ(series_of({library("3.2"), library("3.3")}), 2u);
}

TEST_F(HistoryTest, a_module_is_of_its_own_source) {
  Store all = store();
  const Json module = {{"file", "/tmp/mine.so"}, {"sha256", "0123456789abcdef"}};
  Json told = module, peer = module;
  told["revision"] = "abcdef0";
  peer["file"] = "modules/peer_onednn.so";
  all.add(read({.rows = {{.contender = "mine:0.strips"},
                         {.contender = "told"},
                         {.contender = "onednn"},
                         {.contender = "openmp"}},
                .modules = {{"mine", module}, {"told", told}, {"onednn", peer}}}));
  std::map<std::string, std::string> revisions;
  for (const auto& [id, name] : all.series())
    revisions[name.contender] = all.points(id).at(0).revision;
  EXPECT_EQ(revisions, (std::map<std::string, std::string>{{"mine:0.strips", "file:0123456789ab"},
                                                           {"told", "abcdef0"},
                                                           {"onednn", "1111111"},
                                                           {"openmp", "1111111"}}));
}

TEST_F(HistoryTest, a_database_of_others_is_left_alone) {
  const auto opened = [&](Database::Mode mode) {
    return [this, mode] { Store(file("other"), mode); };
  };
  EXPECT_THAT(opened(Database::kMustExist), ThrowsMessage<BadInput>(HasSubstr("other: ")));
  write("other", "no database at all, but a text of some length");
  for (const auto mode : {Database::kMake, Database::kMustExist})
    EXPECT_THAT(opened(mode), ThrowsMessage<BadInput>(HasSubstr("is no database of")));
  fs::remove(file("other"));
  Database(file("other"), Database::kMake).run("CREATE TABLE theirs (x)");
  EXPECT_THAT(opened(Database::kMake), ThrowsMessage<BadInput>(HasSubstr("is no database of")));
  store();
  Database(file("runs.sqlite"), Database::kMake).run("PRAGMA user_version = 2");
  EXPECT_THAT([&] { store(); }, ThrowsMessage<BadInput>(HasSubstr("this poolbench knows 1")));
}

TEST_F(HistoryTest, who_holds_it_is_waited_for_and_then_named) {
  Store all = store();
  const Database other(file("runs.sqlite"), Database::kMustExist);
  other.run("BEGIN IMMEDIATE");
  Database::patience = 10;
  EXPECT_THAT([&] { store(); }, ThrowsMessage<std::runtime_error>(HasSubstr("another process")));
  Database::patience = 10'000;
  other.run("COMMIT");
  EXPECT_EQ(all.add(read({})), 1u);
}

std::vector<std::string> order_of(std::vector<SeriesPoint> points, const Commits& commits = {}) {
  commits.sort(points);
  std::vector<std::string> names;
  for (const SeriesPoint& point : points) names.push_back(point.revision);
  return names;
}

SeriesPoint point(const std::string& revision, int64_t date,
                  std::optional<int64_t> committed = {}) {
  SeriesPoint point;
  point.revision = revision;
  point.date = date;
  point.committed = committed;
  return point;
}

TEST(CommitOrder, goes_by_commits_dates_and_else_by_their_first_records) {
  EXPECT_THAT(order_of({point("b", 1, 20), point("a", 2, 10), point("c", 3, 30)}),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(order_of({point("b", 20), point("a", 90), point("a", 10)}),
              ElementsAre("a", "a", "b"))
      << "measured again later";
  EXPECT_THAT(order_of({point("a-dirty", 5, 10), point("b", 1, 20), point("a", 9, 10)}),
              ElementsAre("a", "a-dirty", "b"));
}

TEST_F(HistoryTest, commits_are_ordered_as_a_repository_has_them) {
  const auto git = [&](const std::string& arguments) {
    const Output output = run_command("git -c user.name=t -c user.email=t@localhost -C " +
                                      file("") + " " + arguments);
    EXPECT_EQ(output.status, 0) << output.text;
    return output.text.substr(0, output.text.find('\n'));
  };
  git("init -q");
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    git("commit -q --allow-empty -m one" + std::to_string(i));
    names.push_back(git("rev-parse HEAD"));
  }
  std::vector<SeriesPoint> points = {point(names[2], 1),
                                     point("fffffffff", 2),
                                     point("unknown", 2),
                                     point(names[1].substr(0, 12) + "-dirty", 3),
                                     point(names[1].substr(0, 12), 4),
                                     point(names[0], 5)};
  EXPECT_EQ(Commits(file("")).sort(points), 2u) << "others' are left out";
  EXPECT_THAT(
      order_of(points, Commits(file(""))),
      ElementsAre(names[0], names[1].substr(0, 12), names[1].substr(0, 12) + "-dirty", names[2]));
  EXPECT_THAT(order_of({point("file:b", 2), point("file:a", 1)}, Commits(file(""))),
              ElementsAre("file:a", "file:b"));
  EXPECT_THAT([&] { Commits(file("nowhere")); }, ThrowsMessage<BadInput>(HasSubstr("nowhere")));
}

// Points with noise of 1 %, whose time and ceiling are these functions of their place.
template <class Time, class Ceiling>
std::vector<SeriesPoint> series(int n, Time time, Ceiling ceiling, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<> noise(0, 0.01);
  std::vector<SeriesPoint> points;
  for (int i = 0; i < n; ++i) {
    SeriesPoint one = point(std::to_string(i), i);
    one.seconds = time(i) * std::exp(noise(random));
    one.over_ceiling = one.seconds / (ceiling(i) * std::exp(noise(random) / 3));
    points.push_back(one);
  }
  return points;
}
const auto flat = [](int) { return 1.; };
const auto stepped = [](int i) { return i < 25 ? 1. : 1.3; };

TEST(Changes, a_step_that_the_ceiling_shares_is_the_machines) {
  const auto code = changes_of(series(40, stepped, flat));
  ASSERT_EQ(code.size(), 1u);
  EXPECT_EQ(code[0].at, 25u);
  EXPECT_FALSE(code[0].machines);
  EXPECT_TRUE(code[0].slower());
  EXPECT_NEAR(code[0].step.size, std::log(1.3), 0.02);
  EXPECT_LT(code[0].step.low, std::log(1.3));
  EXPECT_GT(code[0].step.high, std::log(1.3));

  const auto machine = changes_of(series(40, stepped, stepped));
  ASSERT_EQ(machine.size(), 1u);
  EXPECT_TRUE(machine[0].machines && machine[0].of_ceiling);

  for (const Change& change : changes_of(series(40, flat, stepped)))
    EXPECT_TRUE(change.machines) << "only the ceiling moved";
}

TEST(Changes, what_cannot_be_checked_out_or_has_no_time_does_not_count) {
  auto points = series(40, stepped, flat);
  for (int i = 25; i < 40; ++i) points[i].revision += "-dirty";
  EXPECT_THAT(changes_of(points), IsEmpty());
  points = series(40, stepped, flat);
  for (int i = 25; i < 40; ++i) points[i].status = Status::kNoisy;
  EXPECT_THAT(changes_of(points), IsEmpty());
  points = series(40, stepped, flat);
  for (int i = 25; i < 40; ++i) points[i].warm = true;
  EXPECT_THAT(changes_of(points), IsEmpty());
  points.clear();
  EXPECT_THAT(changes_of(points), IsEmpty());
}

TEST(Changes, a_point_without_a_ceiling_does_not_count_beside_others) {
  auto points = series(40, stepped, stepped);
  points[10].over_ceiling = kNone;
  const auto changes = changes_of(points);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].at, 25u);
  EXPECT_TRUE(changes[0].machines);
}

TEST(Changes, without_ceilings_the_time_counts) {
  auto points = series(40, stepped, flat);
  for (SeriesPoint& one : std::span(points).subspan(1)) one.over_ceiling = kNone;
  ASSERT_EQ(changes_of(points).size(), 1u);
  EXPECT_FALSE(changes_of(points)[0].machines);
}

// Time and ceiling move together by up to 30 %, over one to three times the series' length.
TEST(Changes, a_machine_that_drifts_makes_no_step_of_the_codes) {
  constexpr int kSeries = 10'000, kPoints = 100;
  int flagged = 0;
#pragma omp parallel for reduction(+ : flagged)
  for (int i = 0; i < kSeries; ++i) {
    std::mt19937_64 random(static_cast<uint64_t>(i));
    std::uniform_real_distribution<> uniform;
    std::normal_distribution<> normal;
    const double size = 0.3 * uniform(random), phase = 6.28 * uniform(random),
                 turns = 1 + 2 * uniform(random);
    std::vector<SeriesPoint> points;
    for (int at = 0; at < kPoints; ++at) {
      const double drift = size * std::sin(phase + 6.28 * turns * at / kPoints) / 2;
      points.push_back(point("c", at));
      points.back().seconds = std::exp(drift + 0.02 * normal(random));
      points.back().over_ceiling = points.back().seconds / std::exp(drift + 0.005 * normal(random));
    }
    flagged += std::ranges::any_of(changes_of(points), [](const Change& change) {
      return !change.machines && change.step.sure;
    });
  }
  fmt::print("a drifting machine: {:.2f} % of series with a step of the code's\n",
             100. * flagged / kSeries);
  EXPECT_LE(flagged, 0.003 * kSeries);
}

TEST(Fleet, a_host_is_silent_after_three_times_its_usual_days) {
  constexpr int64_t kDay = 24 * 3600;
  const auto every = [](int days, int times) {
    std::multimap<std::string, int64_t> records;
    for (int i = 0; i < times; ++i)
      for (const int hour : {1, 2, 3}) records.emplace("vm", i * days * kDay + hour * 3600);
    return records;
  };
  const auto silent = [](const auto& records, int day, std::optional<double> days = {}) {
    return !silent_hosts(records, day * kDay, days).empty();
  };
  EXPECT_FALSE(silent(every(1, 10), 12));
  EXPECT_TRUE(silent(every(1, 10), 14));
  EXPECT_FALSE(silent(every(7, 10), 63 + 20)) << "each week";
  EXPECT_TRUE(silent(every(7, 10), 63 + 23));
  EXPECT_FALSE(silent(every(1, 2), 1000)) << "two days tell nothing";
  EXPECT_TRUE(silent(every(1, 2), 1000, 500));
}

// Hosts of which the first takes `factor` of the others' time, each record off by `noise`.
std::vector<Outlier> outliers_of(int hosts, double factor, double noise, uint64_t seed,
                                 const char* conditions = "{}") {
  std::mt19937_64 random(seed);
  std::map<int64_t, SeriesName> names;
  std::map<int64_t, std::vector<SeriesPoint>> points;
  for (int host = 0; host < hosts; ++host)
    for (int commit = 0; commit < 5; ++commit) {
      const double run = std::normal_distribution<>(0, noise)(random);  // of the whole process
      for (int one = 0; one < 10; ++one) {
        const int64_t id = host * 100 + one;
        names[id] = {std::to_string(host),          "host",
                     host == 0 ? conditions : "{}", "openmp",
                     std::to_string(one),           Temperature::kCold};
        SeriesPoint measured = point(std::to_string(commit), commit);
        measured.seconds = (host == 0 ? factor : 1) * (1 + one) *
                           std::exp(run + std::normal_distribution<>(0, 0.02)(random));
        points[id].push_back(measured);
      }
    }
  return outliers(names, points);
}

TEST(Fleet, a_machine_unlike_those_like_it_is_named) {
  const auto found = outliers_of(6, 1.4, 0.02, 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].host, "0");
  EXPECT_EQ(found[0].machines, 6u);
  EXPECT_EQ(found[0].comparisons, 50u);
  EXPECT_NEAR(found[0].deviation, std::log(1.4), 0.05);
  EXPECT_THAT(outliers_of(3, 1.4, 0.02, 1), IsEmpty()) << "of three nobody knows which";
  EXPECT_THAT(outliers_of(6, 1.4, 0.02, 1, "{\"threads\":1}"), IsEmpty()) << "not like them";
}

TEST(Fleet, machines_that_are_alike_are_rarely_named) {
  int alike = 0, found = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    alike += !outliers_of(8, 1, 0.05, seed).empty();
    const auto outside = outliers_of(8, 1.4, 0.05, seed);
    found += std::ranges::any_of(outside, [](const Outlier& one) { return one.host == "0"; });
  }
  fmt::print("of 300 fleets {} had a false outlier; {} had the one that takes 40 % more named\n",
             alike, found);
  EXPECT_LE(alike, 3);
  EXPECT_GE(found, 270);
}

}  // namespace
}  // namespace poolbench
