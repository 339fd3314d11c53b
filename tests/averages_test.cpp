// Averages whose sums are exact, on every kernel of every backend: bit for bit what dividing gives
// that rounds once. The judgement asks it of equal numbers alone; our kernels keep it always.
#include <fmt/format.h>

#include <cmath>

#include "bench/select/suite.h"
#include "host/compare.h"
#include "host/run.h"
#include "kernels/reduce.h"
#include "tests/backends_under_test.h"
#include "tests/support.h"

namespace poolbench {
namespace {

// Windows of both kernels' vectors and their rests, cut by padding on each side and not, with
// divisors that have no exact inverse.
std::vector<Problem> averages(bool few) {
  constexpr const char* kMore[] = {
      "avg_exclude_pad/sliding/src:2x16x35x35/k:3x3/s:1x1/p:1x1",
      "avg_include_pad/sliding/src:2x16x35x35/k:3x3/s:1x1/p:1x1",
      "avg_include_pad/sliding/src:1x16x70x37/k:3x3/s:2x2",
      "avg_exclude_pad/sliding/src:1x16x35x36/k:5x7/s:1x1/p:2x3",
      "avg_include_pad/sliding/src:1x16x35x35/k:7x7/s:1x1",
      "avg_exclude_pad/sliding/src:1x16x8x9x35/k:3x3x3/s:2x1x1/p:1x1x1",
      "avg_include_pad/sliding/src:1x16x35x35/k:3x3/s:1x1/p:1x1/div:-7",
      "avg_include_pad/sliding/src:1x8x65x35/k:5x5",
      "avg_include_pad/global/src:2x24x7x7",
      "avg_include_pad/global/src:1x3x115x113",
      "avg_include_pad/adaptive/src:1x16x35x37/out:6x5",
      "avg_include_pad/fractional/src:1x8x25x25/k:3x3/out:9x9/seed:7",
  };
  SuiteOptions options;
  options.dtypes = {DType::kF64, DType::kF32, DType::kF16, DType::kBF16};
  options.layouts = {Layout::kChannelsFirst, Layout::kChannelsLast};
  std::vector<Problem> all;
  for (const char* suite : {"textbook", "edge"})
    for (const Problem& problem : read_suite(suite, options))
      if (!few && is_average(problem.spec().reduction)) all.push_back(problem);
  for (const DType dtype : options.dtypes)
    for (const Layout layout : options.layouts)
      for (const char* line : kMore) all.push_back(parse_problem(line, {dtype, layout}));
  return all;
}

// The output if no sum rounds.
template <class T>
std::vector<T> quotients(const Problem& problem, const std::vector<std::byte>& src) {
  using Real = Compute<T>;
  const Reference reference(problem, src.data());
  const Extents out = problem.dst();
  const int64_t size = out[0] * out[1] * out[2], c = problem.c();
  std::vector<T> all(problem.dst_count());
  for (int64_t plane = 0; plane < problem.planes(); ++plane)
    for (int64_t at = 0; at < size; ++at) {
      const Expected one =
          reference.at(plane, {at / out[2] / out[1], at / out[2] % out[1], at % out[2]});
      const bool last = problem.layout() == Layout::kChannelsLast;
      all[last ? (plane / c * size + at) * c + plane % c : plane * size + at] =
          store<T>(Real(one.sum) / Real(one.divisor));
    }
  return all;
}

// The same numbers, times 2 to the `exponent`.
void scale(const Problem& problem, std::vector<std::byte>& src, int exponent) {
  with_type(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      auto* values = reinterpret_cast<T*>(src.data());
      for (int64_t i = 0; i < problem.src_count(); ++i) values[i] = std::ldexp(values[i], exponent);
    }
  });
}

// Returns which output is something else, or nothing.
std::string difference(Backend& backend, const std::string& kernel, const Problem& problem,
                       FillKind kind, uint64_t seed, int exponent = 0) {
  auto src = filled(problem, kind, seed);
  if (exponent != 0) scale(problem, src, exponent);
  const auto plan = backend.plan(problem, kernel);
  const Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data());
  if (!outcome.broken.empty()) return outcome.broken;
  std::string what;
  with_type(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) return;
    const auto right = quotients<T>(problem, src);
    const auto* got = static_cast<const T*>(outcome.dst());
    for (size_t i = 0; i < right.size() && what.empty(); ++i)
      if (load(got[i]) != load(right[i]))
        what = fmt::format("output {} is {:.17g} instead of {:.17g}", i, double(load(got[i])),
                           double(load(right[i])));
  });
  return what;
}

void register_backend(Backend& backend) {
  const bool slow = backend.substrate().device().substrate == "vulkan" || !backend.timeable();
  for (const KernelInfo& kernel : backend.kernels())
    register_test(std::string(backend.name()), kernel.name, [&backend, kernel, slow] {
      int failures = 0;
      for (const Problem& problem : averages(slow)) {
        if (!backend.supports(problem, kernel.name)) continue;
        for (const FillKind kind : {FillKind::kIntegers, FillKind::kConstant}) {
          const std::string what = difference(backend, kernel.name, problem, kind, 1);
          if (what.empty()) continue;
          ADD_FAILURE() << backend.name() << '.' << kernel.name << ": " << what << "\n  "
                        << to_text(problem) << " --fill " << fill_name(kind) << " --seed 1";
          if (++failures == 5) return;
        }
      }
    });
}

// Equal numbers around the least normal one, where what is left of an inverse loses its bits.
void register_tiny(Backend& backend) {
  if (backend.substrate().device().substrate != "host" || !backend.timeable()) return;
  for (const KernelInfo& kernel : backend.kernels())
    register_test(std::string(backend.name()) + "_tiny", kernel.name, [&backend, kernel] {
      for (const Problem& problem : averages(true)) {
        const std::string text = to_text(problem);
        const bool counts_zeros =
            text.starts_with("avg_include_pad") && text.find("/p:") != std::string::npos;
        if (counts_zeros || text.find("/div:") != std::string::npos)
          continue;  // no mean of equal numbers
        const bool is_f64 = problem.dtype() == DType::kF64;
        if (!is_f64 && problem.dtype() != DType::kF32) continue;
        if (!backend.supports(problem, kernel.name)) continue;
        const int least = is_f64 ? -1022 : -126;
        for (int exponent = least - 12; exponent < least + 12; ++exponent)
          EXPECT_EQ(difference(backend, kernel.name, problem, FillKind::kConstant, 1, exponent), "")
              << text << " times 2 to the " << exponent;
      }
    });
}

// Windows of equal numbers give equal bits wherever they stand: of -0 either zero, and everywhere
// the same one.
void register_zeros(Backend& backend) {
  if (backend.substrate().device().substrate != "host" || !backend.timeable()) return;
  for (const KernelInfo& kernel : backend.kernels())
    register_test(std::string(backend.name()) + "_zeros", kernel.name, [&backend, kernel] {
      for (const char* text : {"avg_include_pad/sliding/f32/nhwc/src:1x16x8x7/k:3x3/s:1x1",
                               "avg_include_pad/sliding/f32/nhwc/src:1x48x9x9/k:3x3/s:2x2",
                               "avg_include_pad/sliding/f32/nhwc/src:1x40x7x9/k:2x2",
                               "avg_include_pad/sliding/f32/nchw/src:1x16x8x23/k:3x3/s:1x1",
                               "avg_include_pad/sliding/f32/nchw/src:1x16x9x9/k:3x3/s:2x2",
                               "avg_include_pad/sliding/f32/nchw/src:1x16x8x40/k:2x2"}) {
        const Problem problem = parse_problem(text);
        if (!backend.supports(problem, kernel.name)) continue;
        const std::vector<float> src(size_t(problem.src_count()), -0.0F);
        const auto plan = backend.plan(problem, kernel.name);
        const Outcome outcome =
            run_checked(*plan, backend.substrate(), problem, std::as_bytes(std::span(src)).data());
        ASSERT_EQ(outcome.broken, "") << text;
        const auto* got = static_cast<const float*>(outcome.dst());
        for (int64_t i = 0; i < problem.dst_count(); ++i)
          ASSERT_EQ(std::signbit(got[i]), std::signbit(got[0])) << text << ": output " << i;
      }
    });
}

}  // namespace
}  // namespace poolbench

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  poolbench::register_for_all(poolbench::register_backend);
  poolbench::register_for_all(poolbench::register_tiny);
  poolbench::register_for_all(poolbench::register_zeros);
  return RUN_ALL_TESTS();
}
