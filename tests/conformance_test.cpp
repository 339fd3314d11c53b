// Runs every kernel of every backend on the suites edge and textbook, over types and layouts, and
// on random problems. A failure prints the line to paste into `poolbench check`.
//
// POOLBENCH_FUZZ=N sets the number of random problems.
#include <fmt/format.h>

#include <cstdlib>

#include "bench/select/suite.h"
#include "host/compare.h"
#include "host/fuzz.h"
#include "host/run.h"
#include "host/windows.h"
#include "tests/backends_under_test.h"

namespace poolbench {
namespace {

constexpr int kFuzz = 2000;
constexpr int kMostFailures = 5;  // shown for one test

int fuzz_problems() {
  const char* wish = std::getenv("POOLBENCH_FUZZ");
  return wish != nullptr ? std::atoi(wish) : kFuzz;
}

std::string described(const Comparison& comparison, const Problem& problem) {
  std::string text =
      fmt::format("{} of {} outputs are wrong", comparison.wrong, comparison.checked);
  for (const Point& p : comparison.worst) {
    text += fmt::format("\n  n {} c {} output {}x{}x{}: expected {}, got {}; {} ulp, allowed {}",
                        p.n, p.c, p.output[0], p.output[1], p.output[2], p.expected, p.got, p.ulp,
                        p.allowed);
    if (problem.spec().indices)
      text += fmt::format("; index expected {}, got {}", p.expected_index, p.got_index);
  }
  return text;
}

// Whether the last kernel may refuse a problem: only on a GPU under Vulkan, which may lack types.
bool may_refuse(const Backend& backend) {
  const Device& device = backend.substrate().device();
  return device.substrate == "vulkan" && device.uuid != "host";
}

// One kernel of one backend against the oracle, problem by problem.
class Conformance {
 public:
  Conformance(Backend& backend, std::string kernel)
      : backend_(backend),
        kernel_(std::move(kernel)),
        takes_everything_(backend.kernels().back().name == kernel_) {}

  bool failed_often() const { return failures_ >= kMostFailures; }
  int taken() const { return taken_; }

  void check(const Problem& problem, FillKind fill, uint64_t seed) {
    const std::string what = problem_outcome(problem, fill, seed);
    if (what.empty()) return;
    ++failures_;
    ADD_FAILURE() << backend_.name() << '.' << kernel_ << ": " << what << "\n  " << to_text(problem)
                  << " --fill " << fill_name(fill) << " --seed " << seed;
  }

 private:
  // Returns what was wrong, or nothing.
  std::string problem_outcome(const Problem& problem, FillKind fill, uint64_t seed) try {
    if (const Support support = backend_.supports(problem, kernel_); !support) {
      if (takes_everything_ && !may_refuse(backend_))
        return "the last kernel refuses: " + support.why_not;
      return {};
    }
    ++taken_;
    const std::vector<std::byte> src = filled(problem, fill, seed);
    const auto plan = backend_.plan(problem, kernel_);
    const Outcome outcome = run_checked(*plan, backend_.substrate(), problem, src.data());
    if (!outcome.broken.empty()) return outcome.broken;
    const Comparison comparison = compare(problem, src.data(), outcome.dst(), outcome.indices());
    return comparison.ok() ? std::string() : described(comparison, problem);
  } catch (const std::exception& error) {
    return std::string("throws ") + error.what();
  }

  Backend& backend_;
  std::string kernel_;
  bool takes_everything_;
  int taken_ = 0, failures_ = 0;
};

SuiteOptions all_types_and_layouts() {
  SuiteOptions options;
  options.dtypes.clear();
  for (const TypeFacts& type : kTypes) options.dtypes.push_back(type.dtype);
  options.layouts = {Layout::kChannelsFirst, Layout::kChannelsLast};
  return options;
}

void run_suites(Conformance& conformance, int fills_a_problem) {
  const auto kinds = static_cast<uint64_t>(fill_kinds().size());
  for (const char* suite : {"textbook", "edge"}) {
    uint64_t number = 0;
    for (const Problem& problem : read_suite(suite, all_types_and_layouts())) {
      // Gives neighbours in the suite different kinds, so that each edge meets all of them.
      const uint64_t first = splitmix64(1, number++);
      for (int i = 0; i < fills_a_problem && !conformance.failed_often(); ++i)
        conformance.check(problem, fill_kinds()[(first + i * 3) % kinds].kind, number);
    }
  }
}

void run_fuzz(Conformance& conformance, int problems) {
  for (int i = 0; i < problems && !conformance.failed_often(); ++i) {
    const FuzzCase c = fuzz_case(1, i);
    conformance.check(c.problem, c.fill, c.fill_seed);
  }
}

// Sums so long that a running sum exceeds the tolerance (in f32 from some hundred taps on), on
// every axis.
void run_long_sums(Conformance& conformance) {
  constexpr const char* kWindows[] = {
      "global/src:1x8x128x128",
      "global/src:2x3x20000",
      "global/src:1x8x24x24x24",
      "sliding/src:1x8x130x66/k:128x64/s:2x2",
      "sliding/src:1x8x3000x9/k:3000x2",
      "sliding/src:1x8x9x3000/k:2x3000/s:3x1",
      "sliding/src:1x1x20000x3/k:20000x3",
      "sliding/src:1x2x20000/k:15000/s:2500",
      "sliding/src:1x1x24x25x26/k:23x23x23/s:1x1x1",
      "sliding/src:1x8x31x31/k:31x31/s:5x5/p:15x15",
      "sliding/src:1x16x93x97/k:7x7/s:1x1/p:3x3",
      "sliding/src:1x1x1030x34/k:1027x33/s:1x1",
      "sliding/src:1x1x70x6x40/k:64x4x33/s:1x1x1",
      "adaptive/src:1x8x250x130/out:3x2",
      "fractional/src:1x4x100x90/k:60x50/out:3x2/seed:1",
  };
  constexpr const char* kReductions[][2] = {
      {"avg_include_pad", ""}, {"avg_exclude_pad", ""}, {"lp", "/norm:1"}, {"lp", "/norm:2/mean"}};
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kF64, DType::kI8, DType::kU8})
    for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast})
      for (const char* window : kWindows)
        for (const auto& [reduction, tail] : kReductions)
          for (const FillKind kind : {FillKind::kSteady, FillKind::kUniform}) {
            if (conformance.failed_often()) return;
            if (kind == FillKind::kUniform && dtype != DType::kF32) continue;
            conformance.check(
                parse_problem(fmt::format("{}/{}{}", reduction, window, tail), {dtype, layout}),
                kind, 1);
          }
}

void register_backend(Backend& backend) {
  const std::string name(backend.name());
  const bool slow = backend.substrate().device().substrate == "vulkan" || !backend.timeable();
  for (const KernelInfo& kernel : backend.kernels()) {
    register_test(name, kernel.name + ".suites", [&backend, kernel, slow] {
      Conformance conformance(backend, kernel.name);
      run_suites(conformance, slow ? 1 : 3);
      EXPECT_GT(conformance.taken(), 0) << "takes nothing of the suites";
    });
    register_test(name, kernel.name + ".long_sums", [&backend, kernel] {
      Conformance conformance(backend, kernel.name);
      run_long_sums(conformance);  // which a kernel may refuse
    });
    register_test(name, kernel.name + ".fuzz", [&backend, kernel] {
      Conformance conformance(backend, kernel.name);
      run_fuzz(conformance, fuzz_problems());
      EXPECT_GT(conformance.taken(), 0) << "takes none of the random problems";
    });
  }
  // Without --kernel: the first kernel that takes the problem, on all of both suites.
  register_test(name, "takes_all_of_the_suites", [&backend] {
    for (const char* suite : {"textbook", "edge"})
      for (const Problem& problem : read_suite(suite)) {
        const Support support = backend.supports(problem);
        EXPECT_TRUE(support || may_refuse(backend)) << to_text(problem) << ": " << support.why_not;
      }
  });
}

}  // namespace
}  // namespace poolbench

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  poolbench::register_for_all(poolbench::register_backend);
  // Numbers of threads that do not divide the work evenly.
  poolbench::BackendOptions options;
  options.threads = {1, 3};
  const std::string openmp = "openmp";
  const auto teams = poolbench::open_backends({&openmp, 1}, options);
  for (const auto& backend : teams.front().backends) poolbench::register_backend(*backend);
  return RUN_ALL_TESTS();
}
