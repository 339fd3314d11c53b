// The certificate: problems shrink to what they were, and a kernel that cheapens a rare case is
// found before it is timed.
#include "bench/judge/certificate.h"

#include "bench/judge/seed.h"
#include "bench/time/bencher.h"
#include "host/fuzz.h"
#include "kernels/axes.h"
#include "tests/fake_substrate.h"
#include "tests/odd_backend.h"
#include "tests/support.h"

namespace poolbench {
namespace {

int64_t elements(const Problem& problem) { return problem.src_count() + problem.dst_count(); }

TEST(Shrunk, small_problems_stay_as_they_are) {
  const auto problem = parse_problem("max/sliding/f32/nchw/src:2x3x40x41/k:3x3/s:2x2/p:1x1");
  EXPECT_EQ(shrunk(problem), std::vector{problem});
}

TEST(Shrunk, large_ones_keep_their_spec_and_the_rest_of_the_stride) {
  const auto smallest = [](const char* text) {
    return to_text(shrunk(parse_problem(text)).front());
  };
  EXPECT_EQ(smallest("max/sliding/f32/nchw/src:8x64x112x113/k:3x3/s:2x2/p:1x1/ceil/idx"),
            "max/sliding/f32/nchw/src:1x2x8x113/k:3x3/s:2x2/p:1x1/ceil/idx");
  EXPECT_EQ(smallest("avg_include_pad/sliding/i8/nhwc/src:8x2050x112x113/k:3x3/s:1x1"),
            "avg_include_pad/sliding/i8/nhwc/src:1x66x7x7/k:3x3/s:1x1");
  EXPECT_EQ(smallest("lp/global/f32/nchw/src:4x64x500x501/norm:2"),
            "lp/global/f32/nchw/src:1x2x5x73/norm:2");
  EXPECT_EQ(smallest("max/adaptive/f32/nchw/src:4x64x500x502/out:100x7"),
            "max/adaptive/f32/nchw/src:1x2x25x38/out:5x7");
  EXPECT_EQ(smallest("max/fractional/f32/nchw/src:4x64x500x500/k:2x2/out:300x300/seed:3"),
            "max/fractional/f32/nchw/src:1x2x8x120/k:2x2/out:5x72/seed:3");
  EXPECT_EQ(smallest("max/sliding/f32/nchw/src:1x2x100x100/k:2x2/s:1x1/p:5000x7"),
            "max/sliding/f32/nchw/src:1x2x1x59/k:2x2/s:1x1/p:2x3");
}

// What a kernel without a trick does for one kind of input.
double work(const Problem& problem) {
  double taps = double(problem.dst_count());
  for (const Axis& axis : problem.shapes().axis)
    taps *= double(std::min(most_taps(problem.shapes(), axis), axis.src));
  return taps;
}

TEST(Shrunk, work_is_bounded_by_taps) {
  for (const char* text :
       {"avg_include_pad/sliding/f32/nchw/src:1x1x4096x4096/k:1024x1024/s:1x1",
        "avg_include_pad/sliding/f32/nchw/src:1x1x4096x4096/k:1024x1024",
        "max/sliding/f16/nhwc/src:1x64x300x300/k:255x255/s:1x1/p:127x127",
        "max/sliding/f32/nchw/src:1x1x300x300/k:201x201/s:1x1",
        "lp/sliding/f32/nchw/src:1x4x2000000/k:1000000/s:3/norm:2",
        "max/sliding/f32/nchw/src:1x4x100x100x100/k:50x50x50/s:1x1x1/d:2x2x2",
        "max/sliding/f32/nchw/src:1x4x3000x3000/k:1000x999/s:2x2/same_upper",
        "max/fractional/f32/nchw/src:1x1x2000x2000/k:1000x1000/out:500x500/seed:1",
        "max/adaptive/f32/nchw/src:1x1x4000x4000/out:3x2",
        "max/global/f32/nchw/src:1x1x4000x4000"}) {
    const Problem problem = parse_problem(text);
    const Problem small = shrunk(problem).front();
    EXPECT_LE(work(small), 64.0 * 72 * 10 * 4096) << to_text(small);
    EXPECT_EQ(shrunk(problem).back(), problem);
    EXPECT_EQ(small.spec().reduction, problem.spec().reduction);
    EXPECT_GE(small.dst()[2], std::min<int64_t>(problem.dst()[2], 5)) << to_text(small);
  }
  EXPECT_EQ(to_text(shrunk(parse_problem("avg_include_pad/sliding/f32/nchw/src:1x1x4096x4096/"
                                         "k:1025x1024/s:1x1"))
                        .front()),
            "avg_include_pad/sliding/f32/nchw/src:1x1x37x103/k:33x32/s:1x1");
}

TEST(Shrunk, any_problem_shrinks_to_a_valid_one) {
  int large = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Problem problem = fuzz_case(21, i).problem.with([](Description& d) {
      d.n = 1000;
      for (int axis = d.first_axis(); axis < 3; ++axis) d.src[axis] += 40;
    });
    const auto problems = shrunk(problem);
    EXPECT_LE(elements(problems.front()), elements(problem)) << to_text(problem);
    large += elements(problems.front()) > kAllKinds;  // a large window in 3D
    EXPECT_EQ(problems.back(), problem);
  }
  EXPECT_LT(large, 10);
}

class CertificateTest : public testing::Test {
 protected:
  Verdict certificate(const char* text) {
    const Problem problem = parse_problem(text);
    return certificates_.judge(prepare({&backend_, {}}, problem), problem);
  }
  OddBackend backend_{drop_nan};
  Certificates certificates_{7};
};

TEST_F(CertificateTest, names_the_kind_of_input_and_a_line_to_paste) {
  const Verdict verdict = certificate("max/sliding/f32/nchw/src:1x16x112x112/k:3x3/s:2x2");
  EXPECT_EQ(verdict.status, Status::kWrong);
  EXPECT_NE(
      verdict.reason.find("judged outputs are wrong: check --backend odd.sliding --problem "
                          "max/sliding/f32/nchw/src:1x2x12x112/k:3x3/s:2x2 --fill nan --seed 7"),
      std::string::npos)
      << verdict.reason;
  EXPECT_EQ(certificate("avg_include_pad/global/i8/nchw/src:1x16x156x156").status, Status::kOk);
}

TEST_F(CertificateTest, is_made_once_for_problems_that_shrink_to_the_same) {
  certificate("max/sliding/i8/nchw/src:1x16x56x156/k:3x3/s:1x1");
  const size_t planned = backend_.planned.size();
  certificate("max/sliding/i8/nchw/src:4x32x112x256/k:3x3/s:1x1");
  EXPECT_EQ(backend_.planned.size(), planned + 1) << "that of the problem itself";
}

// `uniform` has no NaN, so that the problem's own input shows nothing.
TEST_F(CertificateTest, a_kernel_without_one_is_not_timed) {
  BenchOptions options;
  options.measure.blocks = 1;
  Bencher bencher({{&backend_, {}}}, options);
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x16x56x56/k:3x3/s:2x2");
  const CaseResult result = bencher.run(problem);
  for (const Record& record : result.records) {
    EXPECT_EQ(record.status, Status::kWrong);
    EXPECT_NE(record.reason.find("--fill nan"), std::string::npos) << record.reason;
    EXPECT_TRUE(record.series.seconds.empty());
  }
}

// A device on which nothing comes to lie in the recording, or what no launch may be.
struct OddDevice : FakeSubstrate {
  struct Nothing : Recording {
    double replay() override { return 0; }
    bool empty() const override { return true; }
  };
  std::unique_ptr<Recording> record(const std::function<void(Stream)>&) override {
    if (calls_host) throw BrokenContract("enqueues a call of host code");
    return std::make_unique<Nothing>();
  }
  bool calls_host = false;
};
struct OnOddDevice : OddBackend {
  explicit OnOddDevice(OddDevice& device) : OddBackend(drop_nan), device(device) {}
  Substrate& substrate() const override { return device; }
  OddDevice& device;
};

TEST(Recorded, nothing_or_something_else_than_kernels_is_wrong_by_name) {
  OddDevice device;
  OnOddDevice backend(device);
  const Problem problem = parse_problem("max/global/f32/nchw/src:1x1x4");
  const Input input = make_input(problem, FillKind::kUniform, 1);
  const auto verdict = [&] {
    return Judge(problem, input).verify(prepare({&backend, {}}, problem));
  };
  EXPECT_EQ(verdict().status, Status::kWrong);
  EXPECT_EQ(verdict().reason, "enqueues nothing on the stream that it is given");
  device.calls_host = true;
  EXPECT_EQ(verdict().status, Status::kWrong);
  EXPECT_EQ(verdict().reason, "enqueues a call of host code");
}

TEST(Seed, is_drawn_once_or_given) {
  EXPECT_EQ(parse_seed("12"), 12u);
  EXPECT_EQ(parse_seed(kRandomSeed), secret_seed());
  EXPECT_EQ(secret_seed(), secret_seed());
  for (const char* text : {"", "-1", "1x", "99999999999999999999", "Random"})
    EXPECT_THROW(parse_seed(text), BadInput) << text;
}

}  // namespace
}  // namespace poolbench
