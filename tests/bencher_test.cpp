// Timing several APIs on one device, and the ranges that a profiler sees. Uses fake devices.
#include "bench/time/bencher.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/select/selection.h"
#include "bench/time/profile.h"
#include "host/backends/backends.h"
#include "host/substrates/nvtx.h"
#include "host/turn.h"
#include "tests/fake_substrate.h"

namespace poolbench {
namespace {

using Events = std::vector<std::string>;

// Computes as the naive backend does, takes `seconds`, and logs its launches.
struct FakePlan : Plan {
  FakePlan(std::unique_ptr<Plan> inner, FakeSubstrate& substrate, double seconds, Events& events)
      : inner(std::move(inner)), substrate(substrate), seconds(seconds), events(events) {}
  std::string_view kernel() const override { return inner ? inner->kernel() : "copy"; }
  void launch(const Tensors& tensors, Stream stream) override {
    if (inner) inner->launch(tensors, stream);
    substrate.elapsed += seconds;
    events.push_back("launch");
  }
  std::unique_ptr<Plan> inner;
  FakeSubstrate& substrate;
  double seconds;
  Events& events;
  std::vector<char> table;
};

class FakeBackend : public Backend {
 public:
  FakeBackend(std::string name, std::string uuid, double seconds, double ceiling_seconds,
              Events& events)
      : name_(std::move(name)),
        substrate_(std::move(uuid)),
        seconds_(seconds),
        ceiling_seconds_(ceiling_seconds),
        events_(events) {}

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override { return naive_->kernels(); }
  Support supports(const Problem& problem, std::string_view kernel) const override {
    return naive_->supports(problem, kernel);
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    ++plans;
    if (plans == fails_at) throw std::runtime_error("no more plans");
    const double seconds = problem.src_count() == 1 ? 1e-6 : seconds_;  // the floor's problem
    auto plan =
        std::make_unique<FakePlan>(naive_->plan(problem, kernel), substrate_, seconds, events_);
    plan->table.resize(table_bytes);
    return plan;
  }
  std::vector<std::unique_ptr<Plan>> ceilings(const Problem&, int64_t read, int64_t) override {
    ++asked_for_ceilings;
    if (no_ceilings == kNoMemory) throw std::bad_alloc();
    if (!no_ceilings.empty()) throw std::runtime_error(no_ceilings);
    ceiling_read = read;
    std::vector<std::unique_ptr<Plan>> plans;
    plans.push_back(std::make_unique<FakePlan>(nullptr, substrate_, ceiling_seconds_, events_));
    return plans;
  }
  std::unique_ptr<Plan> floor(const Problem&, std::string_view) override {
    if (!no_floor.empty()) throw std::runtime_error(no_floor);
    return nullptr;
  }

  static constexpr const char* kNoMemory = "the host has no memory";
  std::string no_ceilings, no_floor;  // why not
  int asked_for_ceilings = 0, plans = 0, fails_at = 0;
  size_t table_bytes = 0;  // that each plan holds
  int64_t ceiling_read = 0;

 private:
  std::string name_;
  mutable FakeSubstrate substrate_;
  double seconds_, ceiling_seconds_;
  Events& events_;
  std::unique_ptr<Backend> naive_ = std::move(open_naive({}).front());
};

class BencherTest : public testing::Test {
 protected:
  const Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x2x32x32/k:2x2");
  Events events_;
  FakeBackend cuda_{"cuda:0", "8a6f", 1e-3, 0.8e-3, events_};
  FakeBackend vulkan_{"vulkan:0", "8a6f", 2e-3, 0.5e-3, events_};
  FakeBackend second_gpu_{"vulkan:1", "77cc", 4e-3, 1e-3, events_};
};

TEST_F(BencherTest, apis_on_one_device_share_its_ceilings_and_another_device_has_its_own) {
  BenchOptions options;
  options.temperatures = {Temperature::kCold};
  options.measure.blocks = 6;
  options.baseline = "cuda:0";
  Bencher bencher({{&cuda_, {}}, {&vulkan_, {}}, {&second_gpu_, {}}}, options);
  const CaseResult result = bencher.run(problem_);
  ASSERT_EQ(result.records.size(), 3u);
  for (const Record& record : result.records)
    EXPECT_EQ(record.status, Status::kOk) << record.contender << ": " << record.reason;
  EXPECT_EQ(cuda_.asked_for_ceilings, 2) << "for the pass that empties the cache, and for the case";
  EXPECT_EQ(vulkan_.asked_for_ceilings, 0);
  EXPECT_DOUBLE_EQ(result.records[0].share.median, 0.8);
  EXPECT_DOUBLE_EQ(result.records[1].share.median, 0.4) << "of the ceiling that CUDA measured";
  EXPECT_DOUBLE_EQ(result.records[2].share.median, 0.25) << "of its own ceiling";
  EXPECT_FALSE(result.records[1].across_devices);
  EXPECT_TRUE(result.records[2].across_devices);
}

TEST_F(BencherTest, rows_that_are_not_wanted_are_not_measured_but_for_the_baseline) {
  BenchOptions options;
  options.measure.blocks = 6;
  options.baseline = "cuda:0";
  options.wanted = [](const std::string& row) {
    return row.starts_with("vulkan:0/") && row.ends_with("/hot");
  };
  const auto run = [&] {
    return Bencher({{&cuda_, {}}, {&vulkan_, {}}, {&second_gpu_, {}}}, options)
        .run(problem_)
        .records;
  };
  const auto alone = run();
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].name(), row_name("vulkan:0", problem_, Temperature::kHot));
  EXPECT_EQ(alone[0].baseline, "");
  options.always_measure_baseline = true;
  const auto beside = run();
  ASSERT_EQ(beside.size(), 1u);
  EXPECT_EQ(beside[0].baseline, "cuda:0");
  EXPECT_DOUBLE_EQ(beside[0].ratio.median, 0.5);
  EXPECT_EQ(second_gpu_.plans, 0);
}

// Four elements far apart: the host moves a line of 64 bytes for each, a GPU a sector of 32.
TEST_F(BencherTest, traffic_and_ceilings_are_counted_in_the_rows_own_devices_lines) {
  FakeBackend host("naive", "host", 1e-3, 0.5e-3, events_);
  BenchOptions options;
  options.temperatures = {Temperature::kCold};
  const auto gaps = parse_problem("max/sliding/f32/nchw/src:1x1x1x128/k:1x1/s:1x32");
  for (const bool host_first : {true, false}) {
    std::vector<Contender> contenders = {{&host, {}}, {&cuda_, {}}};
    if (!host_first) std::swap(contenders[0], contenders[1]);
    const CaseResult result = Bencher(contenders, options).run(gaps);
    ASSERT_EQ(result.records.size(), 2u);
    for (const Record& record : result.records)
      EXPECT_EQ(record.traffic.read, record.contender == "naive" ? 4 * 64 : 4 * 32)
          << record.contender << (host_first ? " after" : " before") << " the other";
    EXPECT_EQ(host.ceiling_read, 4 * 64);
    EXPECT_EQ(cuda_.ceiling_read, 4 * 32);
  }
}

// A row of 50 us or more is no matter of microseconds.
TEST_F(BencherTest, short_rows_have_submit_to_done_times) {
  FakeBackend fast("fast", "8a6f", 20e-6, 10e-6, events_);
  BenchOptions options;
  options.measure.blocks = 6;
  options.measure.submits = 100;
  options.measure.disturbed_share = INFINITY;
  const auto records = Bencher({{&fast, {}}, {&cuda_, {}}}, options).run(problem_).records;
  ASSERT_EQ(records.size(), 4u);
  for (const Record& record : records) {
    EXPECT_EQ(record.status, Status::kOk) << record.reason;
    EXPECT_EQ(record.has_submit(), record.contender == "fast");
    if (!record.has_submit()) continue;
    EXPECT_DOUBLE_EQ(record.submit.p50, 20e-6);
    EXPECT_GE(record.submit.samples, 100);
  }
  options.measure.submits = 0;
  for (const Record& record : Bencher({{&fast, {}}}, options).run(problem_).records)
    EXPECT_FALSE(record.has_submit());
}

TEST_F(BencherTest, a_record_says_what_its_plan_cost) {
  cuda_.table_bytes = 16 << 20;
  BenchOptions options;
  options.measure.blocks = 1;
  const auto run = [&](const char* kernel) {
    return Bencher({{&cuda_, kernel}}, options).run(problem_).records.at(0);
  };
  const Record record = run("");
  EXPECT_GT(record.plan.seconds.value(), 0);
  EXPECT_GT(record.plan.again_seconds.value(), 0);
#ifdef __GLIBC__
  EXPECT_NEAR(double(record.plan.heap_bytes.value()), 16 << 20, 1 << 20) << "of one plan";
#endif
  EXPECT_FALSE(run("nonesuch").plan.seconds) << "refused";
}

TEST_F(BencherTest, a_second_plan_must_be_possible) {
  cuda_.fails_at = 2;
  const auto records = Bencher({{&cuda_, {}}}, BenchOptions()).run(problem_).records;
  EXPECT_EQ(records.at(0).status, Status::kError);
  EXPECT_EQ(records.at(0).reason, "no more plans");
}

TEST_F(BencherTest, a_floor_that_cannot_be_made_is_the_error_of_its_contender_alone) {
  cuda_.no_floor = "the driver has no idle shader";
  const auto records = Bencher({{&cuda_, {}}, {&vulkan_, {}}, {&second_gpu_, {}}}, BenchOptions())
                           .run(problem_)
                           .records;
  for (const Record& record : records) {
    EXPECT_EQ(record.status, record.contender == "cuda:0" ? Status::kError : Status::kOk);
    EXPECT_EQ(record.reason, record.contender == "cuda:0" ? cuda_.no_floor : "");
  }
}

TEST_F(BencherTest, who_cannot_make_ceilings_has_those_of_another_api_on_its_device) {
  BenchOptions options;
  options.temperatures = {Temperature::kCold};
  cuda_.no_ceilings = "the driver takes no such shader";
  const auto records = Bencher({{&cuda_, {}}, {&vulkan_, {}}}, options).run(problem_).records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_DOUBLE_EQ(records[0].share.median, 0.5);
  EXPECT_DOUBLE_EQ(records[1].share.median, 0.25);
}

TEST_F(BencherTest, a_device_without_ceilings_has_the_reason) {
  cuda_.no_ceilings = vulkan_.no_ceilings = "the driver takes no such shader";
  Bencher none({{&cuda_, {}}, {&vulkan_, {}}, {&second_gpu_, {}}}, BenchOptions());
  const std::map<std::string, std::string> why = {{"8a6f", "cuda:0: " + cuda_.no_ceilings}};
  EXPECT_EQ(none.without_ceilings(), why);
  vulkan_.no_ceilings = {};
  EXPECT_TRUE(Bencher({{&cuda_, {}}, {&vulkan_, {}}}, BenchOptions()).without_ceilings().empty());
  cuda_.no_ceilings = FakeBackend::kNoMemory;
  EXPECT_THROW(Bencher({{&cuda_, {}}}, BenchOptions()), std::bad_alloc);
}

// Loads a listener in place of a profiler. NVTX looks for it at the first range.
class Profile : public BencherTest {
 protected:
  void SetUp() override {
    if (!profiler_ranges_built()) GTEST_SKIP() << "built without NVTX: no CUDA Toolkit";
    setenv("NVTX_INJECTION64_PATH", POOLBENCH_NVTX_LISTENER, 1);
    listener_ = dlopen(POOLBENCH_NVTX_LISTENER, RTLD_NOW);
    ASSERT_NE(listener_, nullptr) << dlerror();
    heard_ = reinterpret_cast<Events* (*)()>(dlsym(listener_, "events"))();
    heard_->clear();
  }
  void* listener_ = nullptr;
  Events* heard_ = nullptr;
};

TEST_F(Profile, one_launch_a_contender_in_a_range_with_the_problems_text) {
  // The launches and the ranges in one list.
  FakeBackend cuda("cuda:0", "8a6f", 1e-3, 1e-3, *heard_);
  FakeBackend vulkan("vulkan:0", "8a6f", 1e-3, 1e-3, *heard_);
  const Input input = make_input(problem_, FillKind::kUniform, 1);
  for (const Temperature temperature : {Temperature::kCold, Temperature::kHot}) {
    heard_->clear();
    const auto verdicts = profile({{&cuda, {}}, {&vulkan, {}}}, problem_, input, temperature);
    ASSERT_EQ(verdicts.size(), 2u);
    for (const Verdict& verdict : verdicts) EXPECT_EQ(verdict.status, Status::kOk);
    const std::string text = to_text(problem_);
    std::vector<Events> ranges;
    for (size_t i = 0; i < heard_->size(); ++i)
      if ((*heard_)[i].rfind("push", 0) == 0)
        ranges.emplace_back(heard_->begin() + i, heard_->begin() + i + 3);
    EXPECT_EQ(ranges, (std::vector<Events>{
                          {"push poolbench cuda:0/" + text, "launch", "pop poolbench"},
                          {"push poolbench vulkan:0/" + text, "launch", "pop poolbench"}}));
  }
}

TEST_F(Profile, what_is_refused_or_wrong_has_no_range) {
  const auto lp = parse_problem("lp/global/f32/nchw/src:1x2x8x8/norm:2");
  const auto verdicts = profile({{&cuda_, "nonesuch"}}, lp, make_input(lp, FillKind::kUniform, 1),
                                Temperature::kCold);
  EXPECT_EQ(verdicts.at(0).status, Status::kRefused);
  EXPECT_TRUE(heard_->empty());
}

TEST_F(BencherTest, a_device_that_works_no_more_is_named) {
  const std::vector<Contender> contenders = {{&cuda_, {}}, {&vulkan_, {}}};
  EXPECT_EQ(lost_device(contenders), "");
  dynamic_cast<FakeSubstrate&>(vulkan_.substrate()).lost = true;
  EXPECT_EQ(lost_device(contenders), ": the device fell off");
}

// While the program itself computes it is no contender's turn.
TEST_F(BencherTest, turns_are_said) {
  const Prepared prepared = prepare({&cuda_, {}}, problem_);
  EXPECT_EQ(last_turn().contender, "cuda:0");
  EXPECT_EQ(last_turn().doing, "plan");
  const Input input = make_input(problem_, FillKind::kUniform, 1);
  Judge(problem_, input).verify(prepared);
  EXPECT_EQ(last_turn().contender, "");
  EXPECT_EQ(last_turn().doing, "judge");
  say_turn(std::string(1000, 'x'), std::string(1000, 'y'));
  EXPECT_EQ(last_turn().contender, std::string(239, 'x'));
}

}  // namespace
}  // namespace poolbench
