// The measuring core on a fake device, for tests.
#ifndef POOLBENCH_TESTS_MEASURE_TEST_H_
#define POOLBENCH_TESTS_MEASURE_TEST_H_

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "bench/time/measure.h"
#include "tests/fake_substrate.h"

namespace poolbench {

// Computes the maxima of 2x2 windows in one plane, takes `seconds`, and logs its name and sets.
struct FakePlan : Plan {
  FakePlan(FakeSubstrate& substrate, std::string name, double seconds,
           std::vector<std::string>& log)
      : substrate(substrate), name(std::move(name)), seconds(seconds), log(log) {}
  std::string_view kernel() const override { return name; }
  int64_t scratch_bytes() const override { return scratch; }
  void launch(const Tensors& tensors, Stream) override {
    substrate.elapsed += seconds;
    log.push_back(name);
    sources.push_back(tensors[Role::kSrc]);
    auto* src = static_cast<float*>(tensors[Role::kSrc]);
    auto* dst = static_cast<float*>(tensors[Role::kDst]);
    const auto* bytes = reinterpret_cast<const uint8_t*>(dst);
    on_new_memory += std::count(bytes, bytes + 16, FakeSubstrate::kNew) == 16;
    ++launches;
    if (cheat) return cheat(src, dst);
    pool(src, dst);
  }
  static void pool(const float* src, float* dst) {
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x) {
        float best = -INFINITY;
        for (const int at : {0, 1, 32, 33})
          if (const float v = src[64 * y + 2 * x + at]; v > best || std::isnan(v)) best = v;
        dst[16 * y + x] = best;
      }
  }
  FakeSubstrate& substrate;
  std::string name;
  double seconds;
  std::vector<std::string>& log;
  std::vector<const void*> sources;
  std::function<void(float* src, float* dst)> cheat;
  int64_t scratch = 0, launches = 0, on_new_memory = 0;
};

class MeasureTest : public testing::Test {
 protected:
  MeasureTest() {
    Outputs right;
    right[Role::kDst].resize(static_cast<size_t>(problem_.dst_bytes()));
    FakePlan::pool(reinterpret_cast<const float*>(input_.src.data()),
                   reinterpret_cast<float*>(right[Role::kDst].data()));
    right_ = std::make_shared<Outputs>(std::move(right));
    options_.disturbed_share = INFINITY;  // the machine that runs the tests may be busy
    options_.settle_seconds = 0;
  }
  Subject subject(FakePlan& plan) {
    Subject subject{plan.name, &plan, &plan.substrate};
    subject.bytes = problem_.src_bytes() + problem_.dst_bytes();
    subject.accepted = right_;
    return subject;
  }
  std::vector<Series> run(const std::vector<Subject>& subjects, Temperature temperature) {
    return on_machine(subjects, [&](Machine& machine) {
      return measure(subjects, problem_, input_, temperature, options_, arenas_, machine);
    });
  }
  std::vector<Series> run_submits(const std::vector<Subject>& subjects) {
    return on_machine(subjects, [&](Machine& machine) {
      return measure_submits(subjects, problem_, input_, options_, arenas_, machine);
    });
  }

  FakeSubstrate substrate_{"gpu"};  // a cache of 64 KiB
  Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x1x32x32/k:2x2");
  Input input_ = make_input(problem_, FillKind::kUniform, 1);
  std::shared_ptr<const Outputs> right_;
  MeasureOptions options_;
  Arenas arenas_;
  std::vector<std::string> log_;

 private:
  template <class Work>
  std::vector<Series> on_machine(const std::vector<Subject>& subjects, const Work& work) {
    Machine machine;
    for (const Subject& one : subjects)
      machine.caches.try_emplace(one.substrate->device().uuid, *one.substrate, nullptr);
    auto series = work(machine);
    arenas_.clear();  // before the substrates go
    return series;
  }
};

inline void expect_caught(const Series& series, const std::string& words) {
  EXPECT_EQ(series.status, Status::kCheat) << series.reason;
  EXPECT_NE(series.reason.find(words), std::string::npos) << series.reason;
  EXPECT_TRUE(series.seconds.empty());
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_MEASURE_TEST_H_
