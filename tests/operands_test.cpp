// A list with operands that no problem has, a second input and a second output: whoever walks the
// list treats them like the others.
#include "host/operands.h"

#include <cstring>
#include <functional>
#include <set>

#include "bench/time/sets.h"
#include "host/run.h"
#include "host/substrates/host.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr Role kMoreIn = Role(6), kMoreOut = Role(7);
constexpr int64_t kInBytes = 1000, kOutBytes = 600;

std::vector<Operand> with_more(const Problem& problem, int64_t scratch_bytes = 0) {
  std::vector<Operand> list = operands(problem, scratch_bytes);
  list.push_back({kMoreIn, Access::kIn, "more_in", kInBytes, 4});
  list.push_back({kMoreOut, Access::kOut, "more_out", kOutBytes, 4});
  return list;
}

struct TestPlan : Plan {
  explicit TestPlan(std::function<void(const Tensors&)> work) : work(std::move(work)) {}
  std::string_view kernel() const override { return "test"; }
  void launch(const Tensors& tensors, Stream) override { work(tensors); }
  std::function<void(const Tensors&)> work;
};

class MadeUpOperand : public testing::Test {
 protected:
  MadeUpOperand() { inputs_[kMoreIn] = more_.data(); }

  // Writes all of both outputs.
  void write(const Tensors& t) const {
    std::memset(t[Role::kDst], 1, static_cast<size_t>(problem_.dst_bytes()));
    std::memcpy(t[kMoreOut], t[kMoreIn], kOutBytes);
  }
  Outcome run(const std::function<void(const Tensors&)>& more) const {
    TestPlan plan([&](const Tensors& t) {
      write(t);
      more(t);
    });
    return run_checked(plan, host_substrate(), with_more(problem_), inputs_);
  }
  static std::byte* bytes(void* address) { return static_cast<std::byte*>(address); }

  const Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x2x8x8/k:2x2");
  const std::vector<std::byte> src_ = filled(problem_, FillKind::kUniform, 1);
  const std::vector<std::byte> more_ = std::vector<std::byte>(kInBytes, std::byte{0x42});
  Inputs inputs_ = inputs_of(src_.data());
};

TEST_F(MadeUpOperand, is_handed_over_and_read_back) {
  const Outcome outcome = run([](const Tensors&) {});
  EXPECT_EQ(outcome.broken, "");
  EXPECT_EQ(outcome.outputs[kMoreOut], std::vector<std::byte>(kOutBytes, std::byte{0x42}));
}

TEST_F(MadeUpOperand, is_guarded) {
  for (const Operand& operand : with_more(problem_)) {
    const Outcome outcome =
        run([&](const Tensors& t) { bytes(t[operand.role])[operand.bytes] ^= std::byte{0xff}; });
    EXPECT_EQ(outcome.broken,
              fmt::format("writes behind {}: byte 0 of the guard there was changed", operand.name));
  }
}

TEST_F(MadeUpOperand, is_poisoned) {
  TestPlan plan([&](const Tensors& t) {
    const std::byte left = bytes(t[kMoreOut])[8];
    write(t);
    bytes(t[kMoreOut])[8] = left;
  });
  const Outcome outcome = run_checked(plan, host_substrate(), with_more(problem_), inputs_);
  EXPECT_NE(outcome.broken.find("element 2 of more_out unwritten"), std::string::npos)
      << outcome.broken;
  TensorSet set(host_substrate(), with_more(problem_), inputs_);
  set.poison(0x77);
  EXPECT_EQ(set.read()[kMoreOut], std::vector<std::byte>(kOutBytes, std::byte{0x77}));
  EXPECT_EQ(std::memcmp(set.tensors()[kMoreIn], more_.data(), kInBytes), 0);
}

TEST_F(MadeUpOperand, is_an_input_that_must_not_change) {
  EXPECT_EQ(run([](const Tensors& t) { bytes(t[kMoreIn])[999] = std::byte{1}; }).broken,
            "changes its input more_in");
}

TEST_F(MadeUpOperand, is_compared) {
  const Outcome outcome = run([](const Tensors&) {});
  Outputs other = outcome.outputs;
  EXPECT_EQ(other, outcome.outputs);
  other[kMoreOut][5] ^= std::byte{1};
  EXPECT_NE(other, outcome.outputs);
}

// While timed: each set has its own, with the right contents.
TEST_F(MadeUpOperand, is_in_every_set) {
  constexpr int64_t kSets = 3;
  const Outputs outputs = run([](const Tensors&) {}).outputs;
  std::mt19937_64 random(1);
  const Sets::Layout layout(with_more(problem_), kSets, true);
  const Buffer arena(host_substrate(), layout.bytes());
  Sets sets(host_substrate(), layout, arena.at(), random);
  sets.write(inputs_, outputs);
  std::set<const void*> places;
  for (const int64_t set : sets.take(2 * kSets)) {
    const Tensors tensors = sets.at(set);
    places.insert({tensors[kMoreIn], tensors[kMoreOut]});
    EXPECT_EQ(std::memcmp(tensors[kMoreIn], more_.data(), kInBytes), 0) << set;
    EXPECT_EQ(std::memcmp(tensors[kMoreOut], outputs[kMoreOut].data(), kOutBytes), 0) << set;
  }
  EXPECT_EQ(places.size(), size_t{2 * kSets});
}

TEST(Operands, are_what_the_problem_asks_for) {
  const auto names = [](const std::string& line, int64_t scratch_bytes = 0) {
    std::string text;
    for (const Operand& operand : operands(parse_problem(line), scratch_bytes))
      text += fmt::format("{} {}x{} ", operand.name, operand.bytes / operand.element_bytes,
                          operand.element_bytes);
    return text;
  };
  EXPECT_EQ(names("max/sliding/f16/nchw/src:1x2x8x8/k:2x2"), "src 128x2 dst 32x2 ");
  EXPECT_EQ(names("max/sliding/f16/nchw/src:1x2x8x8/k:2x2/idx", 7),
            "src 128x2 dst 32x2 indices 32x8 scratch 7x1 ");
}

TEST(Placement, aligned_apart_and_in_order) {
  const Placement placement(
      operands(parse_problem("max/sliding/f32/nchw/src:1x1x50x50/k:2x2/idx"), 1), 4096);
  int64_t past = 0;
  for (size_t i = 0; i < placement.operands().size(); ++i) {
    EXPECT_EQ(placement.begin(i) % 4096, 0);
    EXPECT_GE(placement.begin(i) - past, 4096);
    past = placement.end(i);
  }
  EXPECT_GE(placement.bytes() - past, 4096);
}

}  // namespace
}  // namespace poolbench
