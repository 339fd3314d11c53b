// Ceilings move all the bytes that they state: a pass that leaves some out bounds nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "host/backends/backends.h"
#include "host/least_operations.h"

namespace poolbench {
namespace {

using Memory = std::vector<uint8_t>;

constexpr uint8_t kGuard = 0x5a;
constexpr int64_t kGuardBytes = 4096;

// A launch on host memory, with guards behind both operands.
struct Operands {
  Memory src, dst;
  int64_t read, written;

  Operands(int64_t read, int64_t written)
      : src(size_t(read + kGuardBytes), 0),
        dst(size_t(written + kGuardBytes), 0),
        read(read),
        written(written) {
    std::fill(src.begin() + read, src.end(), kGuard);
    std::fill(dst.begin() + written, dst.end(), kGuard);
  }
  void poison(uint8_t byte) { std::fill_n(dst.begin(), written, byte); }
  void launch(Plan& plan) {
    const Memory before = src;
    Tensors tensors;
    tensors[Role::kSrc] = src.data();
    tensors[Role::kDst] = dst.data();
    plan.launch(tensors, nullptr);
    EXPECT_EQ(src, before) << plan.kernel() << " changes its input";
    EXPECT_TRUE(
        std::all_of(dst.begin() + written, dst.end(), [](uint8_t b) { return b == kGuard; }))
        << plan.kernel() << " writes beyond";
  }
  Memory output() const { return {dst.begin(), dst.begin() + written}; }
  bool any_output() const {
    return std::any_of(dst.begin(), dst.begin() + written, [](uint8_t b) { return b != 0; });
  }
};

// All of them, or with many the ends and some between.
std::vector<int64_t> places(int64_t bytes) {
  std::vector<int64_t> places;
  for (int64_t at = 0; at < bytes; at += bytes < 300 ? 1 : bytes / 97)
    for (const int64_t place : {at, bytes - 1 - at}) places.push_back(place);
  return places;
}

class OpenMpCeilings : public testing::TestWithParam<std::pair<int64_t, int64_t>> {
 protected:
  void for_all_passes(const auto& f) {
    const auto [read, written] = GetParam();
    for (const auto& backend : open_openmp({.threads = {1, 2, 3}}))
      for (const auto& plan : backend->ceilings(problem_, read, written)) {
        SCOPED_TRACE(fmt::format("{} {}", backend->name(), plan->kernel()));
        if (!plan->kernel().starts_with("compute")) f(*plan, read, written);
      }
  }
  const Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x2x32x32/k:2x2");
};

TEST_P(OpenMpCeilings, read_every_byte) {
  for_all_passes([](Plan& plan, int64_t read, int64_t written) {
    if (written == 0) return;  // nothing shows what was read
    Operands operands(read, written);
    for (const int64_t place : places(read)) {
      operands.src[size_t(place)] = 0x40;
      operands.poison(0);
      operands.launch(plan);
      ASSERT_TRUE(operands.any_output()) << "byte " << place << " of " << read << " makes none";
      operands.src[size_t(place)] = 0;
    }
    operands.poison(0);
    operands.launch(plan);
    EXPECT_FALSE(operands.any_output());
    if (!plan.kernel().starts_with("read")) return;
    for (const int64_t place : places(written)) {
      operands.poison(0);
      operands.dst[size_t(place)] = 0x40;
      operands.launch(plan);
      ASSERT_NE(operands.dst[0] & 0x40, 0) << "byte " << place << " of dst";
    }
  });
}

TEST_P(OpenMpCeilings, write_every_byte) {
  for_all_passes([](Plan& plan, int64_t read, int64_t written) {
    Operands operands(read, written);
    for (int64_t i = 0; i < read; ++i) operands.src[size_t(i)] = uint8_t(i % 251);
    operands.poison(0x11);
    operands.launch(plan);
    const Memory once = operands.output();
    operands.poison(0xee);
    operands.launch(plan);
    if (!plan.kernel().starts_with("read")) {
      EXPECT_EQ(operands.output(), once);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    , OpenMpCeilings,
    testing::Values(std::pair{0, 0}, std::pair{0, 65}, std::pair{1, 0}, std::pair{1, 1},
                    std::pair{15, 4}, std::pair{63, 63}, std::pair{64, 64}, std::pair{65, 1},
                    std::pair{65, 128}, std::pair{127, 8191}, std::pair{1, 5003},
                    std::pair{4099, 4099}, std::pair{8191, 2053}, std::pair{2053, 8191},
                    std::pair{100'003, 4}, std::pair{100'003, 25'013}, std::pair{25'013, 100'003},
                    std::pair{1'000'003, 4}, std::pair{1'000'003, 1009}),
    [](const auto& info) { return fmt::format("{}_to_{}", info.param.first, info.param.second); });

TEST(Ceilings, one_and_all_threads_and_the_arithmetic_of_what_can_be_computed) {
  const auto names = [](const char* text, int threads) {
    std::vector<std::string> names;
    for (const auto& plan :
         open_openmp({.threads = {threads}}).front()->ceilings(parse_problem(text), 64, 64))
      names.emplace_back(plan->kernel());
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("max/sliding/f16/nchw/src:1x2x32x32/k:2x2", 2),
            (Names{"read", "reduce", "stream", "compute", "read/1", "reduce/1", "stream/1",
                   "compute/1"}));
  EXPECT_EQ(names("max/sliding/f16/nchw/src:1x2x32x32/k:2x2", 1),
            (Names{"read", "reduce", "stream", "compute"}));
  EXPECT_EQ(names("lp/sliding/f32/nchw/src:1x2x32x32/k:2x2/norm:2.5", 1),
            (Names{"read", "reduce", "stream"}))
      << "no vector operation has such a power";
}

TEST(Ceilings, compute_leaves_the_tensors_alone) {
  for (const char* type : {"f64", "f32", "f16", "bf16", "i8", "u8"})
    for (const char* reduction : {"max", "avg_include_pad", "lp"}) {
      const Problem problem =
          parse_problem(fmt::format("{}/sliding/{}/nchw/src:1x2x32x32/k:3x3/s:1x1{}", reduction,
                                    type, std::string_view(reduction) == "lp" ? "/norm:3" : ""));
      for (const auto& plan : open_openmp({.threads = {2}}).front()->ceilings(problem, 64, 64))
        if (plan->kernel().starts_with("compute")) plan->launch({}, nullptr);
    }
}

TEST(LeastOperations, are_those_of_the_best_known_algorithm) {
  const auto merges = [](const char* text) { return least_operations(parse_problem(text)).merges; };
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:1x1x1x8/k:1x1"), 0);
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:2x3x8x8/k:2x2"), 6 * 16 * 3) << "apart: taps - 1";
  EXPECT_EQ(merges("max/global/f32/nchw/src:2x3x8x8"), 6 * 63);
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:1x1x1x100/k:1x2/s:1x1"), 99);
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:1x1x1x100/k:1x13/s:1x1/p:0x6"), 150)
      << "1.5 an element";
  EXPECT_EQ(merges("avg_include_pad/sliding/f32/nchw/src:1x1x1x100/k:1x13/s:1x1/p:0x6"), 200)
      << "a running sum";
  // Columns first leaves 5 of 100 for the rows; rows first would reduce 10 of every 100.
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:1x1x10x100/k:2x20/s:2x20"), 10 * 5 * 19 + 5 * 5);
  EXPECT_EQ(merges("max/sliding/f32/nchw/src:1x1x8x8/k:1x1/s:2x2"), 0);
  const Operations apart =
      least_operations(parse_problem("max/sliding/f32/nchw/src:1x1x8x8/k:1x1/s:2x2"));
  EXPECT_EQ(apart.loads, 16) << "what a window touches alone";
  EXPECT_EQ(apart.outputs, 0) << "nothing to compute";
}

}  // namespace
}  // namespace poolbench
