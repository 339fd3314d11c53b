// The peers (host/peers): judged like any backend, with their differences named, and no thread pool
// that slows down another library. Skips libraries that are not here.
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "bench/judge/verify.h"
#include "host/backends/backends.h"
#include "host/fuzz.h"
#include "host/modules.h"
#include "host/peers/cudnn_problem.h"
#include "host/substrates/host.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr const char* kPeers[] = {"onednn", "aten", "xnnpack", "aten-cuda", "cudnn"};
constexpr const char* kCudaPeers[] = {"aten-cuda", "cudnn"};

std::vector<FamilyState>& families() {
  BackendOptions options;
  options.peers = POOLBENCH_PEERS;
  std::vector<std::string> wanted(std::begin(kPeers), std::end(kPeers));
  wanted.insert(wanted.end(), {"openmp", "cuda"});
  static std::vector<FamilyState> states = open_backends(wanted, options);
  return states;
}

const FamilyState& family(const std::string& name) {
  for (const FamilyState& state : families())
    if (state.family == name) return state;
  throw std::runtime_error("no family " + name);
}

bool was_built(const std::string& peer) {
  return std::filesystem::exists(POOLBENCH_PEERS "/peer_" + peer + ".so");
}

// Returns the peer, or null where its library or device is not here. A peer that was built must
// open where its device is.
Backend* peer(const std::string& name) {
  const FamilyState& state = family(name);
  if (!state.backends.empty()) return state.backends.front().get();
  const bool cuda =
      std::find(std::begin(kCudaPeers), std::end(kCudaPeers), name) != std::end(kCudaPeers);
  if (!cuda || !family("cuda").backends.empty()) {
    EXPECT_FALSE(was_built(name)) << state.why_unavailable;
  }
  return nullptr;
}

// Runs and judges a problem on a backend, and calls rest().
Verdict checked(Backend& backend, const Problem& problem, FillKind kind, uint64_t seed = 1) {
  const Input input = make_input(problem, kind, seed);
  return Judge(problem, input).verify(prepare({&backend, {}}, problem));
}
Verdict checked(Backend& backend, const std::string& problem, FillKind kind) {
  return checked(backend, parse_problem(problem), kind);
}

std::string only_rule(const Verdict& verdict) {
  if (!verdict.comparison || verdict.comparison->known_differences.size() != 1) return "";
  const std::string rule = verdict.comparison->known_differences.begin()->first;
  return rule.substr(0, rule.find(':'));
}

class EachPeer : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    backend_ = peer(GetParam());
    if (backend_ == nullptr) GTEST_SKIP() << GetParam() << " is not here";
  }
  Backend* backend_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Peers, EachPeer, testing::ValuesIn(kPeers), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(EachPeer, is_right_or_differs_by_a_named_rule_or_refuses_with_a_reason) {
  int judged = 0;
  for (int64_t i = 0; i < 400; ++i) {
    const FuzzCase fuzz = fuzz_case(11, i, 20'000);
    const Verdict verdict = checked(*backend_, fuzz.problem, fuzz.fill, fuzz.fill_seed);
    judged += verdict.status == Status::kOk;
    if (verdict.status == Status::kRefused) {
      EXPECT_NE(verdict.reason.find(": "), std::string::npos) << verdict.reason;
      continue;
    }
    EXPECT_EQ(verdict.status, Status::kOk)
        << to_text(fuzz.problem) << " --fill " << fill_name(fuzz.fill) << " --seed "
        << fuzz.fill_seed << ": " << verdict.reason;
  }
  EXPECT_GT(judged, 5);
}

// What is left without NaN may be subnormal, and flushed.
TEST(OneDnn, two_rules_meet_in_bf16) {
  Backend* onednn = peer("onednn");
  if (onednn == nullptr) GTEST_SKIP() << "onednn is not here";
  const Problem problem = parse_problem("max/sliding/bf16/nchw/src:1x1x8x4/k:1x2/s:1x1");
  const Verdict verdict = checked(*onednn, problem, FillKind::kSpecial, 1);
  EXPECT_EQ(verdict.status, Status::kOk) << verdict.reason;
}

TEST_P(EachPeer, rules_explain_no_number_that_they_do_not_predict) {
  const Problem problem = parse_problem("max/sliding/f32/nhwc/src:1x16x8x8/k:2x2");
  for (const FillKind kind : {FillKind::kUniform, FillKind::kNan, FillKind::kInfinite}) {
    const auto src = filled(problem, kind, 1);
    Point point;
    const Reference reference(problem, src.data());
    for (int64_t plane = 0; plane < problem.planes(); ++plane) {
      point.c = plane;
      point.expected = double(reference.at(plane, point.output).value);
      point.got = 12345;  // no tap
      EXPECT_EQ(fitting_rule(backend_->predictions(problem, src.data(), point), problem, src.data(),
                             point),
                "");
    }
  }
  // An average with an error beyond that of a running f32 sum.
  const Problem average = parse_problem("avg_include_pad/sliding/f32/nhwc/src:1x16x8x8/k:2x2");
  const auto src = filled(average, FillKind::kUniform, 1);
  Point point;
  point.expected = double(Reference(average, src.data()).at(0, point.output).value);
  point.got = point.expected + 1e-5;
  EXPECT_EQ(
      fitting_rule(backend_->predictions(average, src.data(), point), average, src.data(), point),
      "");
}

TEST_P(EachPeer, one_plan_launched_again_and_again_gives_the_same_bits) {
  const Problem problem = parse_problem("max/sliding/f32/nhwc/src:2x16x20x20/k:3x3/s:2x2/p:1x1");
  const auto src = filled(problem, FillKind::kUniform, 1);
  const auto plan = backend_->plan(problem);
  const Outcome first = run_checked(*plan, backend_->substrate(), problem, src.data());
  for (int i = 0; i < 5; ++i) {
    if (i == 2) plan->rest();
    const Outcome again = run_checked(*plan, backend_->substrate(), problem, src.data());
    EXPECT_EQ(again.broken, "");
    EXPECT_EQ(again.outputs, first.outputs);
  }
}

TEST_P(EachPeer, empty_batch_is_an_empty_result) {
  EXPECT_EQ(
      checked(*backend_, "max/sliding/f32/nhwc/src:0x16x8x8/k:2x2", FillKind::kUniform).status,
      Status::kOk);
}

// Two OpenMP runtimes in a process slow each other down: each team spins on the other's cores.
TEST(PeersTogether, one_openmp_runtime_serves_them_all) {
  for (const FamilyState& state : families())
    for (const auto& backend : state.backends) {
      EXPECT_TRUE(backend->timeable()) << backend->name();
      checked(*backend, "max/sliding/f32/nhwc/src:2x64x56x56/k:3x3/s:2x2/p:1x1",
              FillKind::kUniform);
    }
  // A CUDA build of PyTorch may bring another runtime, which nothing here uses.
  if (peer("aten-cuda") == nullptr) {
    EXPECT_EQ(openmp_runtimes().size(), 1u) << testing::PrintToString(openmp_runtimes());
  }
}

// Measures the processor time that threads use while idle, not a duration. The OpenMP team sleeps
// here, because of OMP_WAIT_POLICY=passive.
TEST(PeersTogether, no_thread_spins_after_rest) {
  const Problem problem = parse_problem("max/sliding/f32/nhwc/src:2x64x56x56/k:3x3/s:2x2");
  const auto src = filled(problem, FillKind::kUniform, 1);
  for (const FamilyState& state : families())
    for (const auto& backend : state.backends) {
      if (&backend->substrate() != &host_substrate()) continue;
      const auto plan = backend->plan(problem);
      const TensorSet set(host_substrate(), problem, src.data(), plan->scratch_bytes());
      for (int i = 0; i < 10; ++i) plan->launch(set.tensors(), nullptr);
      plan->rest();
      const auto cpu_seconds = [] {
        timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
      };
      const double before = cpu_seconds();
      usleep(50'000);
      EXPECT_LT(cpu_seconds() - before, 1e-3) << backend->name();
    }
}

TEST(OneDnn, names_its_differences) {
  Backend* onednn = peer("onednn");
  if (onednn == nullptr) GTEST_SKIP();
  const std::string problem = "max/sliding/f32/nchw/src:1x8x16x16/k:2x2";
  EXPECT_EQ(only_rule(checked(*onednn, problem, FillKind::kNan)), "max_drops_nan");
  const Verdict infinite = checked(*onednn, problem, FillKind::kInfinite);
  EXPECT_TRUE(differs(infinite));
  EXPECT_EQ(only_rule(infinite), "max_from_lowest");
  EXPECT_FALSE(differs(checked(*onednn, problem, FillKind::kUniform)));
}

TEST(Aten, divides_by_infinity_from_65520_taps_on_in_f16) {
  Backend* aten = peer("aten");
  if (aten == nullptr) GTEST_SKIP();
  const std::string large = "avg_include_pad/global/f16/nchw/src:1x4x260x252";
  EXPECT_EQ(only_rule(checked(*aten, large, FillKind::kUniform)), "divisor_in_f16");
  const std::string small = "avg_include_pad/global/f16/nchw/src:1x4x260x251";
  EXPECT_NE(only_rule(checked(*aten, small, FillKind::kUniform)), "divisor_in_f16");
  EXPECT_EQ(checked(*aten, small, FillKind::kUniform).status, Status::kOk);
}

TEST(OneDnn, reorders_integers_in_channels_first_by_itself) {
  Backend* onednn = peer("onednn");
  if (onednn == nullptr) GTEST_SKIP();
  const auto kernel = [&](const std::string& problem) {
    return std::string(onednn->plan(parse_problem(problem))->kernel());
  };
  EXPECT_EQ(kernel("max/sliding/i8/nchw/src:1x8x16x16/k:2x2"), "reorder");
  EXPECT_EQ(kernel("max/sliding/i8/nhwc/src:1x8x16x16/k:2x2"), "direct");
  EXPECT_EQ(kernel("max/sliding/f32/nchw/src:1x8x16x16/k:2x2"), "direct");
}

TEST(Peers, refuse_by_the_parameters_name) {
  const struct {
    const char *peer, *problem, *reason;
  } kCases[] = {
      {"onednn", "lp/sliding/f32/nchw/src:1x8x8x8/k:2x2/norm:2", "reduction: "},
      {"onednn", "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/idx", "idx: "},
      {"onednn", "avg_include_pad/sliding/f32/nchw/src:1x8x8x8/k:2x2/div:3", "div: "},
      {"onednn", "max/adaptive/f32/nchw/src:1x8x8x8/out:3x3", "windowing: "},
      {"onednn", "max/sliding/f64/nchw/src:1x8x8x8/k:2x2", "type: "},
      {"onednn", "avg_include_pad/sliding/f32/nchw/src:1x8x6x6/k:3x3/s:2x2/ceil", "ceil: "},
      {"onednn", "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/p:2x0", "p: "},
      {"onednn", "max/sliding/f32/nchw/src:1x8x1/k:2/s:1/p:1/d:2", "d: "},
      {"aten", "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/p:0x0-1x1", "p: "},
      {"aten", "avg_include_pad/sliding/f32/nchw/src:1x8x8x8/k:2x2/d:2x2", "d: "},
      {"aten", "lp/sliding/f32/nchw/src:1x8x8x8/k:2x2/norm:3", "norm: "},
      {"aten", "max/fractional/f32/nhwc/src:1x8x9x9/k:2x2/out:4x4", "layout: "},
      {"xnnpack", "max/sliding/f32/nchw/src:1x8x8x8/k:2x2", "layout: "},
      {"xnnpack", "max/sliding/f32/nhwc/src:1x8x8x8/k:1x1/s:2x2", "k: "},
      {"xnnpack", "avg_include_pad/sliding/f32/nhwc/src:1x8x8x8/k:3x3/p:1x1", "reduction: "},
      {"xnnpack", "avg_exclude_pad/sliding/u8/nhwc/src:1x8x8x8/k:3x3/p:1x1", "type: "},
  };
  for (const auto& c : kCases) {
    Backend* backend = peer(c.peer);
    if (backend == nullptr) continue;
    const Support support = backend->supports(parse_problem(c.problem));
    EXPECT_EQ(support.why_not.rfind(std::string(c.peer) + ": " + c.reason, 0), 0u)
        << c.problem << ": " << support.why_not;
    EXPECT_THROW(backend->plan(parse_problem(c.problem)), Refused) << c.problem;
  }
}

// What cuDNN's parameters cannot express. Runs without the library.
TEST(Cudnn, refuses_by_the_parameters_name) {
  const struct {
    const char *kernel, *problem, *reason;
  } kCases[] = {
      {kCudnnPooling, "lp/sliding/f32/nchw/src:1x8x8x8/k:2x2/norm:2", "reduction: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/idx", "idx: "},
      {kCudnnResample, "max/sliding/bf16/nhwc/src:1x8x8x8/k:2x2/idx", "idx: "},
      {kCudnnPooling, "avg_include_pad/sliding/f32/nchw/src:1x8x8x8/k:2x2/div:3", "div: "},
      {kCudnnPooling, "max/adaptive/f32/nchw/src:1x8x8x8/out:3x3", "windowing: "},
      {kCudnnPooling, "max/adaptive/f32/nchw/src:1x8x9/out:0", "windowing: "},
      {kCudnnPooling, "max/fractional/f32/nchw/src:1x8x9x9/k:2x2/out:4x4", "windowing: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/d:1x2", "d: "},
      {kCudnnResample, "max/sliding/f32/nchw/src:1x8x8x8/k:3x3/p:0x0-1x1", "p: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x8x8x8/k:3x3/s:2x2/same_upper", "p: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x8x8x8/k:2x2/p:2x0", "p: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x8x6x6/k:3x3/s:2x2/ceil", "ceil: "},
      {kCudnnPooling, "max/sliding/bf16/nchw/src:1x8x8x8/k:2x2", "type: "},
      {kCudnnResample, "max/sliding/f64/nchw/src:1x8x8x8/k:2x2", "type: "},
      {kCudnnPooling, "max/sliding/u8/nchw/src:1x8x8x8/k:2x2", "type: "},
      {kCudnnResample, "max/sliding/i32/nchw/src:1x8x8x8/k:2x2", "type: "},
      {kCudnnPooling, "max/sliding/i8/nchw/src:1x1x2147483648/k:2", "src: "},
      {kCudnnPooling, "max/sliding/f32/nchw/src:1x1x8/k:2/s:2147483648", "s: "},
  };
  for (const auto& c : kCases) try {
      cudnn_problem(parse_problem(c.problem), c.kernel);
      ADD_FAILURE() << "taken: " << c.problem;
    } catch (const Refused& refused) {
      EXPECT_EQ(std::string(refused.what()).rfind(c.reason, 0), 0u)
          << c.problem << ": " << refused.what();
    }
}

TEST(Cudnn, takes_what_slides_in_the_end) {
  const auto sliding = [](const char* text, const char* kernel = kCudnnPooling) {
    return to_text(cudnn_problem(parse_problem(text), kernel));
  };
  EXPECT_EQ(sliding("max/global/f32/nchw/src:1x8x7x5"), "max/sliding/f32/nchw/src:1x8x7x5/k:7x5");
  EXPECT_EQ(sliding("avg_include_pad/adaptive/f16/nhwc/src:1x8x6x6/out:3x2"),
            "avg_include_pad/sliding/f16/nhwc/src:1x8x6x6/k:2x3");
  const char* const kept[] = {"max/sliding/f64/nchw/src:2x8x7x7/k:3x3/s:2x2/p:1x1/ceil",
                              "avg_exclude_pad/sliding/i8/nhwc/src:2x8x9x9x9/k:2x2x2",
                              "max/sliding/f16/nchw/src:0x8x9/k:3/p:1"};
  for (const char* text : kept) EXPECT_EQ(sliding(text), text);
  const char* bf16 = "max/sliding/bf16/nhwc/src:2x8x9x9/k:3x3/s:1x1/p:1x1";
  EXPECT_EQ(sliding(bf16, kCudnnResample), bf16);
}

// Returns the rule that explains the first output of a 1D problem of two taps.
std::string cudnn_rule(const std::string& problem, const std::vector<double>& src, double expected,
                       double got) {
  Point point;
  point.expected = expected;
  point.got = got;
  const Problem parsed = parse_problem(problem);
  const auto bytes = encoded(parsed.dtype(), src);
  const auto predictions = cudnn_differences(parsed, bytes.data(), point);
  for (const Prediction& one : predictions)
    EXPECT_NE(one.rule.find("not seen"), std::string::npos) << one.rule;
  return fitting_rule(predictions, parsed, bytes.data(), point);
}

TEST(Cudnn, rules_explain_the_number_that_they_predict_and_no_other) {
  const std::string max = "max/sliding/i8/nchw/src:1x1x2/k:2";
  EXPECT_EQ(cudnn_rule(max, {-128, -128}, -128, -127), "max_from_minus_127");
  EXPECT_EQ(cudnn_rule(max, {-128, -128}, -128, -126), "");
  EXPECT_EQ(cudnn_rule(max, {-126, -128}, -126, -127), "");
  EXPECT_EQ(cudnn_rule("max/sliding/f32/nchw/src:1x1x2/k:2", {-INFINITY, -INFINITY}, -INFINITY,
                       std::numeric_limits<float>::lowest()),
            "");

  const std::string i8 = "avg_include_pad/sliding/i8/nchw/src:1x1x2/k:2";
  EXPECT_EQ(cudnn_rule(i8, {2, 3}, 2, 3), "average_in_f32");  // a tie, 2.5
  EXPECT_EQ(cudnn_rule(i8, {-2, -3}, -2, -3), "average_in_f32");
  EXPECT_EQ(cudnn_rule(i8, {2, 3}, 2, 1), "");
  EXPECT_EQ(cudnn_rule(i8, {2, 4}, 3, 4), "");  // no tie
  EXPECT_EQ(cudnn_rule(i8, {127, 127}, 127, -127), "");

  const std::string f32 = "avg_include_pad/sliding/f32/nchw/src:1x1x2/k:2";
  EXPECT_EQ(cudnn_rule(f32, {1, 2}, 1.5, std::nextafterf(1.5f, 2)), "running_sum");
  EXPECT_EQ(cudnn_rule(f32, {1, 2}, 1.5, 1.50001), "");
}

TEST(CudaPeers, without_a_device_say_what_the_cuda_backend_says) {
  const FamilyState& cuda = family("cuda");
  if (!cuda.backends.empty()) GTEST_SKIP() << "there is a device";
  for (const std::string name : kCudaPeers) {
    if (!was_built(name)) continue;
    EXPECT_TRUE(family(name).backends.empty());
    EXPECT_NE(family(name).why_unavailable.find(cuda.why_unavailable), std::string::npos)
        << family(name).why_unavailable;
  }
}

TEST(Peers, that_are_missing_are_listed_with_how_to_get_them) {
  BackendOptions options;
  options.peers = "/nowhere";
  const std::vector<std::string> wanted(std::begin(kPeers), std::end(kPeers));
  const auto states = open_backends(wanted, options);
  ASSERT_EQ(states.size(), wanted.size());
  for (const FamilyState& state : states) {
    EXPECT_TRUE(state.is_module);
    EXPECT_TRUE(state.backends.empty());
    EXPECT_NE(state.why_unavailable.find("when CMake runs"), std::string::npos);
  }
  EXPECT_TRUE(open_backends(std::vector<std::string>{"onednn"}, {}).empty());
}

}  // namespace
}  // namespace poolbench
