// The judgement: right answers pass, planted faults are found at their place.
#include "host/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/fuzz.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A problem, its input and its right answer.
struct Case {
  Problem problem;
  std::vector<std::byte> src;
  Answer answer;

  Case(const std::string& line, FillKind kind) : Case(parse_problem(line), kind) {}
  Case(const Problem& p, FillKind kind, uint64_t seed = 1)
      : problem(p), src(filled(p, kind, seed)), answer(right_answer(p, src)) {}
  Case(const std::string& line, const std::vector<double>& input)
      : problem(parse_problem(line)),
        src(encoded(problem.dtype(), input)),
        answer(right_answer(problem, src)) {}

  Comparison judged(uint64_t seed = 1, int64_t full_taps = kFullJudgementTaps) const {
    return compare(problem, src.data(), answer.dst.data(),
                   problem.spec().indices ? answer.indices.data() : nullptr, seed, full_taps);
  }
  // Whether `values` pass as the whole output.
  Comparison judged_as(const std::vector<double>& values) {
    answer.dst = encoded(problem.dtype(), values);
    return judged();
  }
  template <class T>
  T& element(int64_t at) {
    return reinterpret_cast<T*>(answer.dst.data())[at];
  }
  int64_t outputs() const { return problem.dst_count(); }
};

// Returns n, c and the position of element `at` of dst.
Point place_of(const Problem& problem, int64_t at) {
  const Extents out = problem.dst();
  const int64_t size = out[0] * out[1] * out[2];
  const bool last = problem.layout() == Layout::kChannelsLast;
  const int64_t o = last ? at / problem.c() % size : at % size;
  const int64_t plane = last ? at / problem.c() / size * problem.c() + at % problem.c() : at / size;
  Point point;
  point.n = plane / problem.c();
  point.c = plane % problem.c();
  point.output = {o / out[2] / out[1], o / out[2] % out[1], o % out[2]};
  return point;
}

void expect_one_wrong_at(const Comparison& comparison, const Problem& problem, int64_t at) {
  const Point place = place_of(problem, at);
  EXPECT_EQ(comparison.wrong, 1);
  EXPECT_FALSE(comparison.ok());
  ASSERT_EQ(comparison.worst.size(), 1u);
  const Point& found = comparison.worst[0];
  EXPECT_EQ(found.n, place.n);
  EXPECT_EQ(found.c, place.c);
  EXPECT_EQ(found.output, place.output);
}

TEST(RightAnswer, is_accepted_for_2000_random_problems) {
  for (uint64_t i = 0; i < 2000; ++i) {
    const FuzzCase fuzz = fuzz_case(7, i, 20'000);
    const Case c(fuzz.problem, fuzz.fill, fuzz.fill_seed);
    const Comparison comparison = c.judged();
    ASSERT_TRUE(comparison.ok()) << fuzz.problem << " --fill " << fill_name(fuzz.fill) << " --seed "
                                 << fuzz.fill_seed;
    ASSERT_EQ(comparison.outputs, c.outputs());
    ASSERT_EQ(comparison.checked, c.outputs());
    ASSERT_TRUE(comparison.worst.empty());
  }
}

// Replaces the element by its neighbour in the type: the smallest possible fault.
void step(std::byte* element, DType dtype) {
  with_type(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T v;
    std::memcpy(&v, element, sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      v = std::nextafter(v, std::numeric_limits<T>::infinity());
    else if constexpr (std::is_integral_v<T>)
      v = static_cast<T>(v + (v < std::numeric_limits<T>::max() ? 1 : -1));
    else
      v.bits = static_cast<uint16_t>(v.bits ^ 1);
    std::memcpy(element, &v, sizeof(T));
  });
}

TEST(PlantedFault, one_ulp_in_any_element_of_a_max) {
  for (int dtype = 0; dtype < 7; ++dtype)
    for (const char* layout : {"nchw", "nhwc"})
      for (const char* rest : {"src:2x3x4x5x6/k:2x2x2", "src:2x3x7x6/k:3x3/s:2x2/p:1x1/idx"}) {
        Case c(fmt::format("max/sliding/{}/{}/{}", token(DType(dtype)), layout, rest),
               FillKind::kIntegers);
        SCOPED_TRACE(to_text(c.problem));
        ASSERT_TRUE(c.judged().ok());
        const int64_t bytes = dtype_bytes(c.problem.dtype());
        for (int64_t at = 0; at < c.outputs(); ++at) {
          std::byte* element = &c.answer.dst[at * bytes];
          std::vector<std::byte> saved(element, element + bytes);
          step(element, c.problem.dtype());
          expect_one_wrong_at(c.judged(), c.problem, at);
          std::copy(saved.begin(), saved.end(), element);
        }
      }
}

TEST(PlantedFault, unwritten_element) {
  for (const char* reduction : {"max", "avg_include_pad", "lp"})
    for (int dtype = 0; dtype < 6; ++dtype)
      for (const int poison : {0xa5, 0x5a, 0x00, 0xff}) {
        Case c(fmt::format("{}/sliding/{}/nhwc/src:1x3x8x8/k:2x2{}", reduction, token(DType(dtype)),
                           reduction == std::string("lp") ? "/norm:2" : ""),
               FillKind::kNegative);
        const int64_t bytes = dtype_bytes(c.problem.dtype());
        const int64_t at = 17;
        const auto kept = c.answer.dst;
        std::memset(&c.answer.dst[at * bytes], poison, bytes);
        if (kept == c.answer.dst) continue;  // 0 is the right answer here
        SCOPED_TRACE(fmt::format("{} left at {:#x}", to_text(c.problem), poison));
        const auto right = decoded(c.problem.dtype(), kept)[at];
        const auto got = decoded(c.problem.dtype(), c.answer.dst)[at];
        const bool in_tolerance =
            reduction == std::string("lp") && std::fabs(got - right) <= 1 && dtype >= 4;
        if (!in_tolerance) expect_one_wrong_at(c.judged(), c.problem, at);
      }
}

TEST(PlantedFault, nan_instead_of_a_number) {
  for (const char* reduction : {"max", "avg_exclude_pad", "lp"})
    for (int dtype = 0; dtype < 4; ++dtype)
      for (const FillKind kind : {FillKind::kUniform, FillKind::kInfinite, FillKind::kDenormal}) {
        Case c(fmt::format("{}/sliding/{}/nchw/src:1x2x8x8/k:2x2{}", reduction, token(DType(dtype)),
                           reduction == std::string("lp") ? "/norm:2" : ""),
               kind);
        SCOPED_TRACE(to_text(c.problem));
        auto values = decoded(c.problem.dtype(), c.answer.dst);
        const auto number =
            std::find_if(values.begin(), values.end(), [](double x) { return !std::isnan(x); });
        ASSERT_NE(number, values.end());
        *number = kNan;
        expect_one_wrong_at(c.judged_as(values), c.problem, number - values.begin());
      }
}

TEST(PlantedFault, number_instead_of_nan) {
  for (const char* reduction : {"max", "avg_exclude_pad", "lp"})
    for (int dtype = 0; dtype < 4; ++dtype)
      for (const double number : {0.0, 1.0, kInf, -kInf}) {
        Case c(fmt::format("{}/sliding/{}/nchw/src:1x2x8x8/k:2x2{}", reduction, token(DType(dtype)),
                           reduction == std::string("lp") ? "/norm:2" : ""),
               FillKind::kNan);
        SCOPED_TRACE(to_text(c.problem));
        ASSERT_TRUE(c.judged().ok());
        auto values = decoded(c.problem.dtype(), c.answer.dst);
        const auto nan =
            std::find_if(values.begin(), values.end(), [](double x) { return std::isnan(x); });
        ASSERT_NE(nan, values.end());
        *nan = number;
        expect_one_wrong_at(c.judged_as(values), c.problem, nan - values.begin());
      }
}

TEST(PlantedFault, lowest_number_instead_of_minus_infinity) {
  for (const char* dtype : {"f64", "f32", "f16", "bf16"}) {
    Case c(fmt::format("max/global/{}/nchw/src:1x1x4", dtype), {-kInf, -kInf, -kInf, -kInf});
    EXPECT_TRUE(c.judged().ok());
    const double lowest[] = {-std::numeric_limits<double>::max(),
                             -std::numeric_limits<float>::max(), -65504, -0x1.fep127};
    EXPECT_FALSE(c.judged_as({lowest[static_cast<int>(c.problem.dtype())]}).ok());
    EXPECT_FALSE(c.judged_as({0}).ok());
  }
}

TEST(PlantedFault, wrong_index) {
  Case c("max/sliding/f32/nhwc/src:2x3x8x8/k:2x2/idx", FillKind::kUniform);
  ASSERT_TRUE(c.judged().ok());
  for (int64_t at = 0; at < c.outputs(); ++at)
    for (const int64_t wrong : {int64_t{-1}, c.answer.indices[at] + 1, c.answer.indices[at] + 64,
                                std::numeric_limits<int64_t>::min()}) {
      const int64_t right = std::exchange(c.answer.indices[at], wrong);
      const Comparison comparison = c.judged();
      expect_one_wrong_at(comparison, c.problem, at);
      EXPECT_EQ(comparison.worst[0].expected_index, right);
      EXPECT_EQ(comparison.worst[0].got_index, wrong);
      c.answer.indices[at] = right;
    }
}

TEST(PlantedFault, index_of_an_equal_maximum_or_another_nan) {
  Case ties("max/global/f32/nchw/src:1x1x4/idx", {1, 7, 7, 0});
  EXPECT_TRUE(ties.judged().ok());
  ties.answer.indices[0] = 2;
  EXPECT_FALSE(ties.judged().ok());
  Case nans("max/global/f32/nchw/src:1x1x4/idx", {kNan, 7, kNan, 0});
  EXPECT_EQ(nans.answer.indices[0], 2);
  nans.answer.indices[0] = 0;
  EXPECT_FALSE(nans.judged().ok());
  Case empty("max/sliding/f32/nchw/src:1x1x1/k:2/s:1/p:1/d:2/idx", {3});
  EXPECT_TRUE(empty.judged().ok());
  empty.answer.indices[0] = 0;
  EXPECT_FALSE(empty.judged().ok());
}

TEST(Judgement, minus_zero_equals_plus_zero) {
  for (const char* dtype : {"f64", "f32", "f16", "bf16"}) {
    Case plus(fmt::format("max/global/{}/nchw/src:1x1x2", dtype), {0.0, -0.0});
    EXPECT_TRUE(plus.judged_as({-0.0}).ok());
    Case minus(fmt::format("avg_include_pad/global/{}/nchw/src:1x1x2", dtype), {-0.0, -0.0});
    EXPECT_TRUE(minus.judged_as({0.0}).ok());
    EXPECT_TRUE(minus.judged_as({-0.0}).ok());
  }
}

TEST(Judgement, beside_an_index_a_zero_has_the_sign_of_the_one_there) {
  for (const char* reduction : {"max", "min"})
    for (const char* dtype : {"f64", "f32", "f16", "bf16"})
      for (const double first : {0.0, -0.0}) {
        Case c(fmt::format("{}/global/{}/nchw/src:1x1x2/idx", reduction, dtype), {first, -first});
        ASSERT_EQ(c.answer.indices[0], 0);
        EXPECT_TRUE(c.judged_as({first}).ok());
        EXPECT_FALSE(c.judged_as({-first}).ok());
      }
}

TEST(Judgement, max_ulp_is_of_the_accepted_ones) {
  Case c("avg_include_pad/sliding/f32/nchw/src:1x1x12/k:4", {0, 2, 1, 1, 0, 2, 1, 1, 0, 2, 1, 1});
  const Comparison comparison = c.judged_as({1, 1 + 0x1p-23, 1});
  EXPECT_TRUE(comparison.ok());
  EXPECT_EQ(comparison.max_ulp, 1);
  EXPECT_EQ(comparison.out_of_range, 0);
  // Half an ulp for rounding the output; (4 - 1) half ulps are allowed for the sum.
  EXPECT_NEAR(comparison.max_error, 0.5 / 1.5, 1e-6);
}

TEST(Judgement, saturation_is_no_error) {
  Case c("lp/sliding/i8/nchw/src:1x1x4/k:4/norm:1", {100, 100, 100, 100});
  const Comparison comparison = c.judged_as({127});
  EXPECT_TRUE(comparison.ok());
  EXPECT_EQ(comparison.max_ulp, 0);
  EXPECT_EQ(comparison.max_error, 0);
}

// Of i64 a double lacks the last digits. The answer is not the oracle's: positions ascend.
TEST(Judgement, i64_is_exact) {
  for (const bool max : {true, false})
    for (const int64_t full_taps : {kFullJudgementTaps, int64_t{1}}) {
      Case c(max ? "max/sliding/i64/nchw/src:1x2x40x41/k:3x3/s:1x1"
                 : "min/sliding/i64/nchw/src:1x2x40x41/k:3x3/s:1x1",
             FillKind::kPosition);
      for (int64_t o = 0; o < c.outputs(); ++o) {
        const int64_t h = o / 39 % 38 + (max ? 2 : 0), w = o % 39 + (max ? 2 : 0);
        c.element<int64_t>(o) = std::numeric_limits<int64_t>::min() + h * 41 + w;
      }
      EXPECT_TRUE(c.judged(1, full_taps).ok());
      for (const int64_t off : {-1, 1}) {
        c.element<int64_t>(37) += off;
        EXPECT_EQ(c.judged(1, full_taps).wrong, 1) << off;
        c.element<int64_t>(37) -= off;
      }
    }
}

TEST(Judgement, worst_come_first_and_are_eight) {
  Case c("max/sliding/f32/nchw/src:1x1x24/k:2", std::vector<double>(24, 1));
  std::vector<double> values(12, 1);
  for (int i = 0; i < 11; ++i) values[i] = 1 + (i + 1) * 0x1p-23;
  values[0] = kNan;
  const Comparison comparison = c.judged_as(values);
  EXPECT_EQ(comparison.wrong, 11);
  ASSERT_EQ(comparison.worst.size(), 8u);
  EXPECT_EQ(comparison.worst[0].output[2], 0);
  EXPECT_TRUE(std::isnan(comparison.worst[0].got));
  for (int i = 1; i < 8; ++i) {
    EXPECT_EQ(comparison.worst[i].ulp, 12 - i) << i;
    EXPECT_EQ(comparison.worst[i].expected, 1);
    EXPECT_EQ(comparison.worst[i].output[2], 11 - i);
  }
}

TEST(Judgement, empty_batch_is_right) {
  const Case c("max/sliding/f32/nchw/src:0x3x8x8/k:2x2/idx", FillKind::kUniform);
  const Comparison comparison = c.judged();
  EXPECT_TRUE(comparison.ok());
  EXPECT_EQ(comparison.outputs, 0);
  EXPECT_EQ(comparison.checked, 0);
}

// With more outputs than that, all borders are judged and about 65,536 of the rest.
TEST(Sampling, borders_always_and_a_seeded_part_inside) {
  for (const char* layout : {"nchw", "nhwc"}) {
    Case c(fmt::format("max/sliding/f32/{}/src:1x4x257x258/k:2x2/s:1x1", layout),
           FillKind::kUniform);
    SCOPED_TRACE(to_text(c.problem));
    const int64_t height = 256, width = 257, outputs = 4 * height * width;
    ASSERT_EQ(c.outputs(), outputs);
    EXPECT_EQ(c.judged().checked, outputs);
    const Comparison sampled = c.judged(1, 0);
    EXPECT_TRUE(sampled.ok());
    EXPECT_EQ(sampled.outputs, outputs);
    const int64_t border = 4 * (2 * height + 2 * width - 4);
    const double expected = static_cast<double>(border) + static_cast<double>(outputs - border) *
                                                              kSampledOutputs /
                                                              static_cast<double>(outputs);
    EXPECT_NEAR(static_cast<double>(sampled.checked), expected, 0.02 * expected);

    // All outputs but the borders are wrong, so every sampled one is a fault. Another seed samples
    // others.
    for (int64_t at = 0; at < outputs; ++at) {
      const Extents o = place_of(c.problem, at).output;
      if (o[1] > 0 && o[1] < height - 1 && o[2] > 0 && o[2] < width - 1) c.element<float>(at) += 1;
    }
    EXPECT_EQ(c.judged(1, 0).wrong, sampled.checked - border);
    EXPECT_EQ(c.judged(1, 0).wrong, c.judged(1, 0).wrong);
    EXPECT_NE(c.judged(1, 0).worst[0].output, c.judged(2, 0).worst[0].output);
  }
}

TEST(Sampling, a_fault_in_any_border_row_column_or_corner) {
  Case c("max/sliding/f32/nchw/src:1x2x257x258/k:2x2/s:1x1", FillKind::kUniform);
  const int64_t width = 257, size = 256 * width;
  for (const int64_t o : {int64_t{0}, width - 1, size - width, size - 1, int64_t{100}, 100 * width,
                          101 * width - 1, size - 100})
    for (int64_t plane = 0; plane < 2; ++plane) {
      const int64_t at = plane * size + o;
      c.element<float>(at) += 1;
      expect_one_wrong_at(c.judged(1, 0), c.problem, at);
      c.element<float>(at) -= 1;
      c.answer = right_answer(c.problem, c.src);
    }
}

// 3 * 10^8 taps, of which the limit leaves a part: folding the plane judges all outputs.
TEST(Sampling, large_windows_are_all_judged) {
  for (const char* line :
       {"max/sliding/i8/nchw/src:1x1x300x300/k:60x60/s:1x1/p:29x29/idx",
        "avg_exclude_pad/sliding/i8/nhwc/src:1x1x300x300/k:60x60/s:1x1/p:29x29"}) {
    Case c(line, FillKind::kUniform);
    SCOPED_TRACE(line);
    const Comparison all = c.judged(1, 1'000'000);
    EXPECT_TRUE(all.ok());
    EXPECT_EQ(all.checked, c.outputs());
    int8_t& inside = c.element<int8_t>(c.outputs() / 2 + 150);
    inside = int8_t(inside + 1);
    expect_one_wrong_at(c.judged(1, 1'000'000), c.problem, c.outputs() / 2 + 150);
  }
}

TEST(Sampling, up_to_a_billion_taps_nothing_is_sampled) {
  const auto all = [](const char* line) { return judges_all(parse_problem(line)); };
  EXPECT_TRUE(all("max/sliding/i8/nchw/src:1x1x30000x30000/k:1x1"));
  EXPECT_FALSE(all("max/sliding/i8/nchw/src:1x1x40000x40000/k:1x1"));
  // beyond, where joining planes takes less
  EXPECT_TRUE(all("max/sliding/f32/nchw/src:64x64x112x112/k:13x13/s:2x2/p:6x6"));
  EXPECT_TRUE(all("avg_include_pad/global/f32/nchw/src:16x4096x512x512"));  // few outputs
}

TEST(Sampling, few_outputs_of_many_taps_are_all_judged) {
  for (const char* line :
       {"max/global/f32/nchw/src:2x3x50x50", "max/sliding/f32/nhwc/src:1x3x40x40/k:4x4",
        "max/adaptive/f32/nchw/src:1x3x40x40/out:5x6"}) {
    Case c(line, FillKind::kUniform);
    SCOPED_TRACE(line);
    EXPECT_EQ(c.judged(1, 0).checked, c.outputs());
    for (int64_t at = 0; at < c.outputs(); ++at) {
      const float kept = std::exchange(c.element<float>(at), 5.f);
      expect_one_wrong_at(c.judged(1, 0), c.problem, at);
      c.element<float>(at) = kept;
    }
  }
}

}  // namespace
}  // namespace poolbench
