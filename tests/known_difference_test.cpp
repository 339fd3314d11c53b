// What a library computes otherwise on purpose: its rule predicts, the judge compares.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "bench/judge/verify.h"
#include "host/substrates/host.h"
#include "tests/support.h"

namespace poolbench {
namespace {

// A backend that is wrong in one output, and whose rule predicts it.
struct KnowsWhy : Backend {
  struct Off : Plan {
    std::string_view kernel() const override { return "off"; }
    void launch(const Tensors& t, Stream) override {
      const float out[] = {1, 2, 3, 99};
      std::memcpy(t[Role::kDst], out, sizeof out);
    }
  };
  std::string_view name() const override { return "off"; }
  Substrate& substrate() const override { return host_substrate(); }
  std::vector<KernelInfo> kernels() const override { return {{"off", ""}}; }
  Support supports(const Problem&, std::string_view) const override { return {}; }
  std::unique_ptr<Plan> plan(const Problem&, std::string_view) override {
    return std::make_unique<Off>();
  }
  bool rules_trusted() const override { return trusted; }
  std::vector<Prediction> predictions(const Problem&, const void*,
                                      const Point& point) const override {
    EXPECT_TRUE(std::isnan(point.got)) << "what was computed is not for the rule to see";
    if (point.output[2] != 3) return {};
    return {exactly("other: is 98", 98), exactly("last: is 99", predicted)};
  }
  bool trusted = true;
  double predicted = 99;
};

class KnownDifference : public testing::Test {
 protected:
  KnownDifference() {
    const float src[] = {1, 2, 3, 4};
    input_.src.resize(sizeof src);
    std::memcpy(input_.src.data(), src, sizeof src);
  }
  Verdict verdict() { return Judge(problem_, input_).verify(prepare({&backend_, {}}, problem_)); }
  KnowsWhy backend_;
  Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x1x4/k:1");
  Input input_;
};

TEST_F(KnownDifference, is_counted_apart_and_is_not_wrong) {
  const Verdict v = verdict();
  EXPECT_EQ(v.status, Status::kOk) << v.reason;
  EXPECT_TRUE(differs(v));
  EXPECT_EQ(v.comparison->wrong, 0);
  EXPECT_EQ(v.comparison->known_differences.at("last: is 99"), 1);
}

TEST_F(KnownDifference, of_a_rule_that_predicts_something_else_is_wrong) {
  backend_.predicted = 99.00001;
  const Verdict v = verdict();
  EXPECT_EQ(v.status, Status::kWrong);
  EXPECT_FALSE(differs(v));
}

TEST_F(KnownDifference, of_a_rule_that_nobody_trusts_is_wrong_and_names_it) {
  backend_.trusted = false;
  const Verdict v = verdict();
  EXPECT_EQ(v.status, Status::kWrong);
  EXPECT_EQ(v.reason,
            "1 of 4 judged outputs are wrong (the module's own rule 'last: is 99' counts with "
            "--trust-rules alone)");
}

TEST_F(KnownDifference, fits_by_value_index_and_taps) {
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x1x4/k:2/idx");
  const void* src = input_.src.data();
  Point point;
  point.got = 2, point.got_index = 1;
  EXPECT_TRUE(fits(exactly("r", 2, 1), problem, src, point));
  EXPECT_FALSE(fits(exactly("r", 2, 0), problem, src, point));
  EXPECT_FALSE(fits(exactly("r", NAN, 1), problem, src, point));
  EXPECT_TRUE(fits({"r", -INFINITY, INFINITY, true, 1}, problem, src, point));
  point.got = 3;  // a tap of the next window
  EXPECT_FALSE(fits({"r", -INFINITY, INFINITY, true, 1}, problem, src, point));
  point.got = NAN;
  EXPECT_TRUE(fits(exactly("r", NAN, 1), problem, src, point));
}

}  // namespace
}  // namespace poolbench
