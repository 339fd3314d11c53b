// The CUDA kernels under the emulator: arithmetic on words, barriers, and the edges of their
// blocks.
#include <gtest/gtest.h>

#include <cstring>

#include "host/backends/backends.h"
#include "host/compare.h"
#include "host/fuzz.h"
#include "host/lower.h"
#include "host/run.h"
#include "kernels/cuda/reduce.h"
#include "kernels/cuda/separable.cuh"
#include "kernels/cuda/staged.cuh"

namespace poolbench::cuda {
namespace {

// The winner of a and b by the plain form.
template <class Order, class T>
Compute<T> best_of_elements(T a, T b) {
  Extreme<T, Order> op{Shapes{}};
  op.add(load(a), 0);
  op.add(load(b), 1);
  return op.best;
}

// Every lane of 32-bit words against the plain form.
template <class Order, class T>
void expect_lanes(std::initializer_list<float> values) {
  for (const float a : values)
    for (const float b : values) {
      const T x = store<T>(a), y = store<T>(b);
      const Compute<T> expected = best_of_elements<Order>(x, y);
      BestLanes<Order, T> lanes;
      lanes.add(broadcast(x));
      lanes.add(broadcast(y));
      for (int i = 0; i < kLanes<T>; ++i) {
        const Compute<T> pair = load(lane<T>(best_words<Order, T>(broadcast(x), broadcast(y)), i));
        const Compute<T> many = load(lane<T>(lanes.word(), i));
        EXPECT_TRUE(pair == expected || (is_nan(pair) && is_nan(expected))) << a << " " << b;
        EXPECT_TRUE(many == expected || (is_nan(many) && is_nan(expected))) << a << " " << b;
      }
    }
}
template <class Order>
void expect_lanes_of_every_type() {
  const float nan = std::nanf(""), inf = HUGE_VALF;
  expect_lanes<Order, float>({0, -1, 2, inf, -inf, nan});
  expect_lanes<Order, f16>({0, -1, 2, inf, -inf, nan});
  expect_lanes<Order, bf16>({0, -1, 2, inf, -inf, nan});
  expect_lanes<Order, int8_t>({0, -1, 127, -128});
  expect_lanes<Order, uint8_t>({0, 1, 127, 128, 255});
}
TEST(CudaWords, lane_maxima_propagate_nan) { expect_lanes_of_every_type<Largest>(); }
TEST(CudaWords, lane_minima_propagate_nan) { expect_lanes_of_every_type<Smallest>(); }

// Words of two elements: conversions are lossless, and the extreme is taken lane by lane.
template <class Order, class T>
void expect_pairs(std::initializer_list<float> values) {
  using Pairs = PairParts<T, Order>;
  for (const float a : values)
    for (const float b : values) {
      const T x = store<T>(a), y = store<T>(b);
      const T least = store<T>(Order::template identity<T>());
      const uint32_t pair =
          Pairs::merge(Pairs::merge(Pairs::none(), Pairs::of(x, y)), Pairs::of(y, least));
      EXPECT_EQ(load(Pairs::value(pair, 0)), best_of_elements<Order>(x, y)) << a << " " << b;
      EXPECT_EQ(load(Pairs::value(pair, 1)), load(y)) << a << " " << b;
    }
}
template <class Order>
void expect_pairs_of_every_type() {
  expect_pairs<Order, f16>({0, -1, 2, HUGE_VALF, -HUGE_VALF});
  expect_pairs<Order, bf16>({0, -1, 2, HUGE_VALF, -HUGE_VALF});
  expect_pairs<Order, int8_t>({-128, -127, -1, 0, 1, 126, 127});
  expect_pairs<Order, uint8_t>({0, 1, 127, 128, 254, 255});
}
TEST(CudaWords, pair_maxima) { expect_pairs_of_every_type<Largest>(); }
TEST(CudaWords, pair_minima) { expect_pairs_of_every_type<Smallest>(); }

// Every quotient that an integer average can have is rounded as in exact arithmetic.
TEST(CudaWords, integer_averages_are_exact) {
  for (int divisor = 1; divisor < 200; ++divisor)
    for (int sum = -300 * divisor; sum <= 300 * divisor; sum += divisor % 2 == 0 ? 1 : 3)
      ASSERT_EQ(divided<int8_t>(sum, Divisor(float(divisor))),
                store<int8_t>(divide_half_even(sum, divisor)))
          << sum << " / " << divisor;
  for (const int divisor : {1023, 4095, 32767, 32768, -32768, -7})
    for (int sum = -(1 << 24) + 1; sum < 1 << 24; sum += 97)
      ASSERT_EQ(divided<uint8_t>(sum, Divisor(float(divisor))),
                store<uint8_t>(divide_half_even(sum, divisor)))
          << sum << " / " << divisor;
  // As `separable` divides: by a product of counts, one an axis.
  for (int w = 1; w <= kMaxPlainTerms; ++w)
    for (int h = 1; h <= kMaxPlainTerms; ++h)
      for (int sum = -300 * w * h; sum <= 300 * w * h; sum += w * h % 2 == 0 ? w * h / 2 : 7)
        for (const int near : {sum - 1, sum, sum + 1})
          ASSERT_EQ(divided<uint8_t>(near, Divisor(float(w)) * Divisor(float(h))),
                    store<uint8_t>(divide_half_even(near, w * h)))
              << near << " / (" << w << " * " << h << ")";
}

TEST(CudaWords, whole_powers_and_their_roots) {
  Shapes args{};
  for (int p = 1; p <= 16; ++p) {
    args.norm = p;
    const Powers<float> powers(args);
    float small[] = {0, 1, 2, 2.5f};
    powers.raise(small);
    EXPECT_EQ(small[0], 0);
    EXPECT_EQ(small[1], 1);
    EXPECT_EQ(small[2], std::ldexp(1.0f, p));
    EXPECT_NEAR(small[3], std::pow(2.5, p), std::pow(2.5, p) * p * 0x1p-24);
    for (float s = 0x1p-126f; s < HUGE_VALF; s *= 1.37f) {
      const double root = std::pow(double(s), 1.0 / p);
      EXPECT_NEAR(powers.value(s, Divisor(1)), root, root * 0x1p-22) << "p " << p << ", s " << s;
    }
    EXPECT_EQ(powers.value(0, Divisor(1)), 0);
    EXPECT_EQ(powers.value(HUGE_VALF, Divisor(1)), HUGE_VALF);
    EXPECT_TRUE(is_nan(powers.value(std::nanf(""), Divisor(1))));
  }
}

TEST(CudaWords, fast_divisor_divides) {
  for (const int64_t divisor : {1, 2, 3, 7, 28, 641, 65535, 65536, 1 << 30, 2147483647})
    for (const int64_t near : {int64_t{0}, divisor, 2 * divisor, int64_t{2147483647}})
      for (int64_t n = near - 2; n <= near + 2; ++n)
        if (n >= 0 && n <= 2147483647) {
          uint32_t rest = uint32_t(n);
          EXPECT_EQ(peel(rest, fast_divisor(divisor)), n % divisor) << n << " % " << divisor;
          EXPECT_EQ(rest, n / divisor) << n << " / " << divisor;
        }
}

// Every 16-bit float, there and back.
TEST(CudaWords, conversions_keep_every_value) {
  for (int bits = 0; bits < 65536; ++bits) {
    const f16 half{uint16_t(bits)};
    const bf16 brain{uint16_t(bits)};
    if (!is_nan(load(half))) {
      ASSERT_EQ(store<f16>(load(half)).bits, bits);
    }
    if (!is_nan(load(brain))) {
      ASSERT_EQ(store<bf16>(load(brain)).bits, bits);
    }
    ASSERT_EQ(is_nan(load(half)), (bits & 0x7fff) > 0x7c00);
    ASSERT_EQ(is_nan(load(brain)), (bits & 0x7fff) > 0x7f80);
  }
}

// Returns the fault that the emulator finds in a kernel without one of its barriers.
template <class Body>
std::string fault_of(const char* problem_text) {
  const Problem problem = parse_problem(problem_text);
  PoolArgs args = without_memory(problem.shapes());
  const Tables tables = window_tables(problem);
  set_tables(args, tables, tables.windows.data());
  const auto src = filled(problem, FillKind::kUniform, 1);
  std::vector<std::byte> dst(size_t(problem.dst_bytes()) + 16);
  args.src = reinterpret_cast<const std::byte*>((uintptr_t(src.data()) + 15) / 16 * 16);
  EXPECT_EQ(args.src, src.data()) << "aligned by the allocator";
  args.dst = dst.data();
  typename Body::Params params = [&] {
    if constexpr (std::is_same_v<typename Body::Params, StagedParams>)
      return staged_params(args);
    else if constexpr (std::is_same_v<typename Body::Params, PairsParams>)
      return pairs_params(args);
    else
      return separable_params(args);
  }();
  try {
    emulate<Body>(EmulatedMemory(args), params, params.tiling.blocks(), 1);
  } catch (const EmulatorFault& fault) {
    return fault.what();
  }
  return "";
}

void expect_missed(const std::string& fault) {
  EXPECT_TRUE(fault.find("no barrier lies between") != std::string::npos ||
              fault.find("nobody wrote it") != std::string::npos)
      << "fault: " << fault;
}

TEST(CudaStaged, each_barrier_is_missed) {
  constexpr const char* kProblem = "max/sliding/f32/nchw/src:2x3x13x13/k:3x3/s:2x2/p:1x1";
  constexpr int kShape = 1;
  static_assert(kStagedShapes[kShape].kernel == 3 && kStagedShapes[kShape].stride == 2);
  EXPECT_EQ((fault_of<StagedBody<Max<float>, kShape>>(kProblem)), "");
  expect_missed(fault_of<StagedBody<Max<float>, kShape, 0>>(kProblem));
  expect_missed(fault_of<StagedBody<Max<float>, kShape, 1>>(kProblem));
}

TEST(CudaSeparable, each_barrier_is_missed) {
  for (const char* problem : {"max/sliding/f32/nchw/src:2x3x13x13/k:9x9/s:1x1/p:4x4",
                              "max/adaptive/f32/nchw/src:2x3x13x13/out:5x5"}) {
    EXPECT_EQ((fault_of<SeparableBody<Max<float>>>(problem)), "");
    expect_missed(fault_of<SeparableBody<Max<float>, 0>>(problem));
    expect_missed(fault_of<SeparableBody<Max<float>, 1>>(problem));
    expect_missed(fault_of<SeparableBody<Max<float>, 2>>(problem));
  }
}

TEST(CudaSeparable, each_barrier_of_pairs_is_missed) {
  constexpr const char* kProblem = "max/sliding/f16/nchw/src:2x3x13x13/k:9x9/s:1x1/p:4x4";
  EXPECT_EQ((fault_of<PairsBody<f16, Largest>>(kProblem)), "");
  expect_missed(fault_of<PairsBody<f16, Largest, 0>>(kProblem));
  expect_missed(fault_of<PairsBody<f16, Largest, 1>>(kProblem));
  expect_missed(fault_of<PairsBody<f16, Largest, 2>>(kProblem));
}

// One kernel on one problem with inputs that show which tap was read, and with NaN and infinities.
void expect_right(const std::string& kernel, const Problem& problem) {
  static const auto backend = std::move(open_cuda_emulated({}).front());
  const Support support = backend->supports(problem, kernel);
  ASSERT_TRUE(support) << to_text(problem) << ": " << support.why_not;
  const auto plan = backend->plan(problem, kernel);
  for (const FillKind fill : {FillKind::kUniform, FillKind::kNan, FillKind::kTies}) {
    const auto src = filled(problem, fill, 1);
    const Outcome out = run_checked(*plan, backend->substrate(), problem, src.data());
    EXPECT_EQ(out.broken, "") << kernel << " " << to_text(problem);
    const Comparison comparison = compare(problem, src.data(), out.dst(), out.indices());
    EXPECT_TRUE(comparison.ok()) << kernel << " " << to_text(problem) << " --fill "
                                 << fill_name(fill) << " --seed 1";
  }
}

void expect_right(const std::string& kernel, std::initializer_list<const char*> reductions,
                  std::initializer_list<const char*> problems,
                  Layout layout = Layout::kChannelsFirst) {
  for (const std::string reduction : reductions)
    for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kI8, DType::kU8}) {
      const size_t slash = reduction.find('/');
      const std::string tail = slash == std::string::npos ? "" : reduction.substr(slash);
      const bool whole = dtype == DType::kI8 || dtype == DType::kU8;
      if (whole && reduction.substr(0, 2) == "lp") continue;
      for (const char* text : problems)
        expect_right(
            kernel, parse_problem(reduction.substr(0, slash) + "/" + text + tail, {dtype, layout}));
    }
}

// Rows that are not a multiple of 16 bytes; many planes in a block and many blocks in a plane; a
// last 16-byte run that would pass the tensor's end.
TEST(CudaStaged, rows_of_any_length) {
  expect_right(
      "staged", {"max", "max/idx", "avg_include_pad", "avg_exclude_pad"},
      {"sliding/src:2x5x7x7/k:3x3/s:2x2/p:1x1", "sliding/src:1x3x13x14/k:3x3/s:1x1/p:1x1",
       "sliding/src:1x1x27x28/k:2x2", "sliding/src:1x3x9x55/k:3x3/s:2x2/ceil",
       "sliding/src:1x2x3x111/k:2x2/s:1x1/p:1x0", "sliding/src:1x1x5x5/k:2x2/s:1x1/p:1x1"});
}
TEST(CudaStaged, bands_of_rows_and_of_slices) {
  expect_right(
      "staged", {"max", "max/idx", "avg_exclude_pad"},
      {"sliding/src:1x2x190x111/k:3x3/s:2x2/p:1x1", "sliding/src:1x1x150x155/k:3x3/s:1x1/p:1x1",
       "sliding/src:1x1x9x30x35/k:3x3x3/s:1x1x1/p:1x1x1", "sliding/src:1x1x12x40x42/k:2x2x2"});
}
constexpr auto kNorms = {"lp/norm:1", "lp/norm:3", "lp/norm:6/mean", "lp/norm:16"};

TEST(CudaStaged, whole_norms) {
  expect_right("staged", kNorms,
               {"sliding/src:1x3x13x14/k:3x3/s:2x2/p:1x1", "sliding/src:1x2x9x11/k:2x2/s:1x1/p:1x0",
                "sliding/src:1x1x5x9x10/k:2x3x3/s:1x1x1/p:1x1x1"});
}
TEST(CudaVector, whole_norms) {
  expect_right("vector", kNorms,
               {"sliding/src:1x32x13x14/k:3x3/s:2x2/p:1x1", "sliding/src:1x16x9x11/k:2x2",
                "sliding/src:1x16x12x13/k:7x5/p:1x1", "adaptive/src:2x16x9x10/out:4x3"},
               Layout::kChannelsLast);
}
TEST(CudaSeparable, large_windows) {
  expect_right(
      "separable",
      {"max", "max/idx", "avg_include_pad", "avg_exclude_pad", "lp/norm:2", "lp/norm:5/mean"},
      {"sliding/src:1x3x19x13/k:13x13/s:1x1/p:6x6", "sliding/src:1x2x7x11/k:5x9/s:1x1/p:2x4",
       "sliding/src:1x1x14x31/k:13x31/s:1x1/p:12x30", "sliding/src:1x1x21x22/k:6x3/s:1x2",
       "sliding/src:1x1x110x27/k:9x9/s:1x1/p:4x4",
       "sliding/src:1x2x3x20x21/k:1x7x7/s:1x1x1/p:0x3x3",
       "sliding/src:1x1x5x9x10/k:3x5x5/s:1x1x1/p:1x2x2"});
}
// Rows and columns come in pairs: odd numbers of both, a single one of either, several windows side
// by side, and blocks that fill shared memory.
TEST(CudaSeparable, pairs) {
  expect_right(
      "separable", {"max"},
      {"sliding/src:1x1x1x9/k:3x3/s:1x1/p:1x1", "sliding/src:1x1x9x1/k:3x3/s:1x1/p:1x1",
       "sliding/src:1x5x3x3/k:3x3/s:1x1", "sliding/src:1x3x17x40/k:5x3/s:1x1/p:0x2-2x0",
       "sliding/src:529x1x13x13/k:13x13/s:1x1/p:6x6", "sliding/src:1x1x300x13/k:5x5/s:1x1/p:2x2",
       "sliding/src:1x1x63x63/k:3x61/s:1x1/p:1x30",
       "sliding/src:1x1x5x29x31/k:1x5x7/s:1x1x1/p:0x2x3"});
}
TEST(CudaSeparable, tables) {
  expect_right(
      "separable", {"max", "max/idx", "avg_include_pad", "lp/norm:3/mean", "lp/norm:inf"},
      {"adaptive/src:2x3x60x60/out:6x6", "adaptive/src:1x3x14x13/out:4x5",
       "adaptive/src:1x2x5x4/out:8x9", "adaptive/src:1x1x170x50/out:7x11",
       "adaptive/src:1x2x8x7x6/out:3x4x5", "fractional/src:2x3x25x24/k:2x3/out:15x11/seed:3",
       "fractional/src:1x1x200x77/k:3x2/out:90x31/seed:5", "global/src:3x5x7x7"});
}

// Planes that several blocks share, in both layouts, at any alignment.
TEST(CudaReduce, large_planes_in_pieces) {
  for (const char* reduction : {"max", "max/idx", "avg_include_pad", "lp/norm:2"})
    for (const DType dtype : {DType::kF64, DType::kF32, DType::kF16, DType::kI8})
      for (const auto& [layout, src] : {std::pair{Layout::kChannelsFirst, "1x3x301x303"},
                                        std::pair{Layout::kChannelsLast, "1x64x37x31"},
                                        std::pair{Layout::kChannelsLast, "2x3x37x31"}}) {
        if (dtype == DType::kI8 && reduction[0] == 'l') continue;
        const std::string tail = std::strchr(reduction, '/') ? std::strchr(reduction, '/') : "";
        const std::string head(reduction, std::strlen(reduction) - tail.size());
        const Problem problem = parse_problem(head + "/global/src:" + src + tail, {dtype, layout});
        EXPECT_GT(reduce_cut(problem.shapes()).pieces, 1) << to_text(problem);
        expect_right("reduce", problem);
      }
}

// All CUDA kernels on the same random problems. conformance_test does this for other backends.
TEST(CudaEmulated, every_kernel_is_right_on_random_problems) {
  const auto backend = std::move(open_cuda_emulated({}).front());
  for (int i = 0; i < 400; ++i) {
    const FuzzCase fuzz = fuzz_case(7, i, 20'000);
    const auto src = filled(fuzz.problem, fuzz.fill, fuzz.fill_seed);
    for (const KernelInfo& kernel : backend->kernels()) {
      if (!backend->supports(fuzz.problem, kernel.name)) continue;
      const auto plan = backend->plan(fuzz.problem, kernel.name);
      const Outcome out = run_checked(*plan, backend->substrate(), fuzz.problem, src.data());
      EXPECT_EQ(out.broken, "") << kernel.name << " " << to_text(fuzz.problem);
      const Comparison comparison = compare(fuzz.problem, src.data(), out.dst(), out.indices());
      EXPECT_TRUE(comparison.ok()) << kernel.name << " " << to_text(fuzz.problem) << " --fill "
                                   << fill_name(fuzz.fill) << " --seed " << fuzz.fill_seed;
    }
  }
}

}  // namespace
}  // namespace poolbench::cuda
