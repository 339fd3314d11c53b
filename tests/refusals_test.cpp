// Every refusal of every backend, kernel and peer names a parameter of the spec, over the suites
// edge and textbook in all types and layouts, a grid, and random problems.
#include "tests/refusals.h"

#include <fmt/format.h>

#include "bench/select/suite.h"
#include "host/fuzz.h"
#include "host/peers/aten_problem.h"
#include "host/peers/cudnn_problem.h"
#include "host/peers/peer.h"
#include "kernels/reduce.h"
#include "tests/backends_under_test.h"
#include "tests/problem_grid.h"

namespace poolbench {
namespace {

constexpr int kFuzz = 1000;
constexpr Set<DType> kFloatsAndBytes = {DType::kF64,  DType::kF32, DType::kF16,
                                        DType::kBF16, DType::kI8,  DType::kU8};
constexpr int kMostFailures = 5;  // shown for one test

const std::vector<Problem>& problems() {
  static const std::vector<Problem> all = [] {
    std::vector<Problem> problems;
    SuiteOptions options;
    kEveryType.for_each([&](DType dtype) { options.dtypes.push_back(dtype); });
    options.layouts.assign(std::begin(kGridLayouts), std::end(kGridLayouts));
    for (const char* suite : {"edge", "textbook"})
      std::ranges::copy(read_suite(suite, options), std::back_inserter(problems));
    for (const GridRow& reduction : kGridReductions)
      for (const GridRow& windowing : kGridWindowings)
        kEveryType.for_each([&](DType dtype) {
          if (!in_grid(reduction, dtype)) return;
          for (const Layout layout : kGridLayouts)
            for (int rank = 1; rank <= kGridRanks; ++rank)
              problems.push_back(grid_problem(reduction, windowing, dtype, layout, rank));
        });
    // Beyond what some kernels count: taps of a window, strides, padding.
    for (const char* line : {"avg_include_pad/sliding/src:1x4x9x40x40/k:5x3x3/s:1x1x1",
                             "avg_include_pad/sliding/src:1x4x9x40x40/k:9x2x2/s:1x1x1",
                             "lp/sliding/src:1x4x9x40x40/k:5x3x3/s:1x1x1/norm:2",
                             "avg_include_pad/global/src:1x2x300x300",
                             "avg_include_pad/global/src:1x2x300x300/div:40000",
                             "max/sliding/src:1x2x3x100/k:2x40/s:1x30/p:0x20"})
      kFloatsAndBytes.for_each([&](DType dtype) {
        for (const Layout layout : kGridLayouts)
          problems.push_back(parse_problem(line, {dtype, layout}));
      });
    for (int i = 0; i < kFuzz; ++i) problems.push_back(fuzz_case(31, i, 20'000).problem);
    return problems;
  }();
  return all;
}

// Whether the parameter is one that the problem's text may have. Kernels here get adaptive windows
// that divide every axis evenly as sliding ones, and refuse those.
bool may_have(const Problem& problem, Parameter parameter) {
  const PoolSpec& spec = problem.spec();
  const bool sliding =
      spec.windowing == Windowing::kSliding || spec.windowing == Windowing::kAdaptive;
  const bool fractional = spec.windowing == Windowing::kFractional;
  const bool adaptive = spec.windowing == Windowing::kAdaptive;
  switch (parameter) {
    case Parameter::kNone:
      return false;
    case Parameter::kReduction:
    case Parameter::kWindowing:
    case Parameter::kType:
    case Parameter::kLayout:
    case Parameter::kSrc:
    case Parameter::kDevice:
      return true;
    case Parameter::kKernel:
      return sliding || fractional;
    case Parameter::kStride:
    case Parameter::kPad:
    case Parameter::kDilation:
    case Parameter::kCeil:
      return sliding;
    case Parameter::kOut:
      return adaptive || fractional;
    case Parameter::kSamples:
      return fractional;
    case Parameter::kDivisor:
      return is_average(spec.reduction);
    case Parameter::kNorm:
      return spec.reduction == Reduction::kLp;
    case Parameter::kIndices:
      return is_extreme(spec.reduction);
  }
  return false;
}

// Calls why_not(problem), which returns a refusal's parameter and text, or an empty text. Returns
// how many were refused.
int expect_names(const std::function<std::pair<Parameter, std::string>(const Problem&)>& why_not) {
  int refused = 0, failures = 0;
  for (const Problem& problem : problems()) {
    const auto [parameter, text] = why_not(problem);
    if (text.empty()) continue;
    ++refused;
    if (may_have(problem, parameter)) continue;
    ADD_FAILURE() << to_text(problem) << " is refused without a parameter that it has: " << text;
    if (++failures == kMostFailures) break;
  }
  return refused;
}

void register_backend(Backend& backend) {
  for (const KernelInfo& kernel : backend.kernels())
    register_test(std::string(backend.name()), kernel.name, [&backend, kernel] {
      const std::string who = fmt::format("{}.{}", backend.name(), kernel.name);
      const bool last = kernel.name == backend.kernels().back().name;
      const int refused = expect_names([&](const Problem& problem) {
        const std::string text = backend.supports(problem, kernel.name).why_not;
        return std::pair(named_parameter(text, who), text);
      });
      EXPECT_TRUE(last || refused > 0) << "refuses nothing, and is not the last kernel";
    });
}

// The peers that are here; each brings its refusals through the module interface.
void register_peers() {
  static const std::vector<std::string> names = {"onednn", "aten", "xnnpack", "aten-cuda", "cudnn"};
  BackendOptions options;
  options.peers = POOLBENCH_PEERS;
  static const std::vector<FamilyState> states = open_backends(names, options);
  for (const FamilyState& state : states)
    register_test("peers", state.family, [&state] {
      if (state.backends.empty()) GTEST_SKIP() << state.family << ": " << state.why_unavailable;
      const Backend& peer = *state.backends.front();
      EXPECT_GT(expect_names([&](const Problem& problem) {
                  const std::string text = peer.supports(problem).why_not;
                  return std::pair(named_parameter(text, peer.name()), text);
                }),
                0);
    });
}

// What `convert` refuses, in the peers' own words.
int expect_refused_names(const std::function<void(const Problem&)>& convert) {
  return expect_names([&](const Problem& problem) -> std::pair<Parameter, std::string> {
    try {
      convert(problem);
    } catch (const Refused& refused) {
      return {named_parameter(refused.what()), refused.what()};
    }
    return {};
  });
}

// The halves of the peers that need no library.
TEST(peers, plain_problem) {
  EXPECT_GT(expect_refused_names([](const Problem& problem) {
              plain_problem(problem, "This library", "has no indices");
            }),
            0);
}

TEST(peers, aten_problem) {
  for (const bool on_cuda : {false, true})
    EXPECT_GT(expect_refused_names([&](const Problem& problem) {
                require_expressible_in_aten(problem, on_cuda);
                if (problem.spec().windowing == Windowing::kFractional)
                  require_windows_of_aten(problem);
              }),
              0);
}

TEST(peers, cudnn_problem) {
  for (const char* kernel : {kCudnnPooling, kCudnnResample})
    EXPECT_GT(expect_refused_names([&](const Problem& problem) { cudnn_problem(problem, kernel); }),
              0);
}

TEST(refusals, a_refusal_that_names_no_parameter_is_seen) {
  EXPECT_EQ(named_parameter("type: takes f32, not f64"), Parameter::kType);
  EXPECT_EQ(named_parameter("k: takes up to 3"), Parameter::kKernel);
  for (const char* text : {"", "takes f32", "types: takes f32", "type:", "type: ", "?: is refused"})
    EXPECT_EQ(named_parameter(text), Parameter::kNone) << text;
  EXPECT_EQ(named_parameter("naive.sliding: type: no", "naive.sliding"), Parameter::kType);
  EXPECT_EQ(named_parameter("type: no", "naive.sliding"), Parameter::kNone);
  // What a family's list makes of a Refusal whose parameter was forgotten.
  const Shapes shapes = Problem().shapes();
  EXPECT_EQ(named_parameter(refusal_text({}, {.text = "takes up to 3"}, shapes)), Parameter::kNone);
}

}  // namespace
}  // namespace poolbench

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  poolbench::register_for_all(poolbench::register_backend);
  poolbench::register_peers();
  return RUN_ALL_TESTS();
}
