// The contract of Plan (host/backend.h) on every backend: choice of kernel, refusals, repeated
// launches, plans side by side, no allocation in launch().
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>

#include "host/fuzz.h"
#include "host/run.h"
#include "tests/backends_under_test.h"
#include "tests/refusals.h"

#if !defined(__GLIBC__) || defined(POOLBENCH_SANITIZED)
#define POOLBENCH_COUNTS_ALLOCATIONS 0
#else
#define POOLBENCH_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<int64_t> allocations = 0;
}

#if POOLBENCH_COUNTS_ALLOCATIONS
// Counts allocations by all threads and libraries; operator new calls malloc too.
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);

void* malloc(size_t bytes) noexcept {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) noexcept {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) noexcept {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
void* memalign(size_t alignment, size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) noexcept { return memalign(alignment, bytes); }
int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  *memory = memalign(alignment, bytes);
  return *memory != nullptr ? 0 : ENOMEM;
}
}
#endif

namespace poolbench {
namespace {

// One of each reduction, windowing, layout and rank, each large enough for several threads.
const char* const kLines[] = {
    "max/sliding/f32/nchw/src:2x16x30x31/k:3x3/s:2x2/p:1x1",
    "max/sliding/f16/nhwc/src:2x17x30x31/k:2x2/idx",
    "min/sliding/bf16/nchw/src:2x16x30x31/k:3x3/s:1x1/p:1x1",
    "min/adaptive/u8/nhwc/src:2x17x30x31/out:7x6/idx",
    "avg_include_pad/sliding/f32/nhwc/src:2x16x30x31/k:3x3/s:1x1/p:1x1",
    "avg_exclude_pad/sliding/bf16/nchw/src:1x8x9x10x11/k:3x3x3/s:2x2x2/p:1x1x1/ceil",
    "avg_include_pad/global/f32/nchw/src:2x64x14x14",
    "avg_include_pad/global/i8/nhwc/src:2x64x14x14",
    "avg_include_pad/adaptive/f32/nchw/src:1x16x30x31/out:7x6",
    "max/fractional/f32/nchw/src:2x8x25x25/k:2x2/out:15x15/seed:7/idx",
    "lp/sliding/f32/nchw/src:2x16x300/k:5/s:2/norm:3",
    "lp/adaptive/u8/nhwc/src:1x16x12x12/out:5x5/norm:2/mean",
    "max/sliding/i32/nchw/src:1x16x30x31/k:2x3/s:1x1/p:1x2/d:2x2",
    "max/sliding/f32/nhwc/src:1x32x40x40/k:9x9/s:1x1/p:4x4",
    "max/sliding/i16/nchw/src:2x16x30x31/k:3x3/s:2x2/p:1x1/idx",
    "min/sliding/i64/nhwc/src:2x17x30x31/k:2x2",
};

// A plan with its tensors and the recording of one launch.
struct Ready {
  std::unique_ptr<Plan> plan;
  std::unique_ptr<TensorSet> set;
  std::unique_ptr<Recording> recording;

  Ready(Backend& backend, const Problem& problem, std::string_view kernel, uint64_t seed = 1)
      : plan(backend.plan(problem, kernel)),
        set(std::make_unique<TensorSet>(backend.substrate(), problem,
                                        filled(problem, FillKind::kUniform, seed).data(),
                                        plan->scratch_bytes())),
        recording(backend.substrate().record(
            [this](Stream stream) { plan->launch(set->tensors(), stream); })) {}
  Outputs run() {
    set->poison(0x77);
    recording->replay();
    return set->read();
  }
};

// Calls f(problem, kernel) for every line and each kernel that takes it.
void for_all_plans(Backend& backend,
                   const std::function<void(const Problem&, const std::string&)>& f) {
  for (const char* line : kLines) {
    const Problem problem = parse_problem(line);
    for (const KernelInfo& kernel : backend.kernels()) {
      if (!backend.supports(problem, kernel.name)) continue;
      SCOPED_TRACE(fmt::format("{}.{}/{}", backend.name(), kernel.name, line));
      f(problem, kernel.name);
    }
  }
}

void kernels_have_names_and_summaries(Backend& backend) {
  std::set<std::string> names;
  ASSERT_FALSE(backend.kernels().empty());
  for (const KernelInfo& kernel : backend.kernels()) {
    EXPECT_TRUE(names.insert(kernel.name).second) << kernel.name << " is there twice";
    EXPECT_FALSE(kernel.summary.empty()) << kernel.name;
    EXPECT_EQ(kernel.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-"),
              std::string::npos)
        << kernel.name;
  }
}

void plans_exactly_what_it_supports(Backend& backend) {
  const auto expect_refused = [&](const Problem& problem, const std::string& kernel,
                                  const std::string& why_not) {
    try {
      backend.plan(problem, kernel);
      ADD_FAILURE() << "planned what it does not support: " << why_not;
    } catch (const Refused& refusal) {
      EXPECT_EQ(refusal.what(), why_not);
    }
  };
  for (uint64_t i = 0; i < 200 && !testing::Test::HasFailure(); ++i) {
    const Problem problem = fuzz_case(8, i, 20'000).problem;
    std::string first;  // kernel that takes it
    for (const KernelInfo& kernel : backend.kernels()) {
      SCOPED_TRACE(fmt::format("{}.{}/{}", backend.name(), kernel.name, to_text(problem)));
      const Support support = backend.supports(problem, kernel.name);
      if (support) {
        const auto plan = backend.plan(problem, kernel.name);
        ASSERT_NE(plan, nullptr);
        EXPECT_EQ(plan->kernel(), kernel.name);
        if (first.empty()) first = kernel.name;
      } else {
        EXPECT_NE(support.why_not.find(kernel.name), std::string::npos) << support.why_not;
        EXPECT_NE(
            named_parameter(support.why_not, fmt::format("{}.{}", backend.name(), kernel.name)),
            Parameter::kNone)
            << support.why_not;
        expect_refused(problem, kernel.name, support.why_not);
      }
    }
    SCOPED_TRACE(fmt::format("{}/{}", backend.name(), to_text(problem)));
    const Support support = backend.supports(problem);
    EXPECT_EQ(static_cast<bool>(support), !first.empty()) << support.why_not;
    if (support)
      EXPECT_EQ(backend.plan(problem)->kernel(), first) << "not the fastest";
    else
      expect_refused(problem, "", support.why_not);
  }
}

void refuses_an_unknown_kernel(Backend& backend) {
  const Problem problem = parse_problem(kLines[0]);
  for (const char* name : {"no_such_kernel", "tabl", "table ", "TABLE"}) {
    const Support support = backend.supports(problem, name);
    ASSERT_FALSE(support) << name;
    EXPECT_NE(support.why_not.find(fmt::format("'{}'", name)), std::string::npos)
        << support.why_not;
    EXPECT_THROW(backend.plan(problem, name), Refused);
  }
}

void a_hundred_launches_give_the_same_bits(Backend& backend) {
  for_all_plans(backend, [&](const Problem& problem, const std::string& kernel) {
    Ready ready(backend, problem, kernel);
    const Outputs first = ready.run();
    for (int i = 0; i < 99; ++i) ready.recording->replay();
    EXPECT_EQ(ready.set->read(), first);
    EXPECT_EQ(Ready(backend, problem, kernel).run(), first) << "a second plan";
  });
}

// Several launches in one recording, the plans of different problems and of the same one in turn.
void plans_side_by_side_give_the_same_bits(Backend& backend) {
  for_all_plans(backend, [&](const Problem& problem, const std::string& kernel) {
    const Problem other = parse_problem(kLines[0]);
    Ready a(backend, problem, kernel), b(backend, problem, kernel, 2), c(backend, other, "");
    const Outputs alone_a = a.run(), alone_b = b.run(), alone_c = c.run();
    EXPECT_NE(alone_a, alone_b) << "other inputs, other outputs";
    for (Ready* ready : {&a, &b, &c}) ready->set->poison(0x11);
    const auto together = backend.substrate().record([&](Stream stream) {
      a.plan->launch(a.set->tensors(), stream);
      c.plan->launch(c.set->tensors(), stream);
      b.plan->launch(b.set->tensors(), stream);
      a.plan->launch(b.set->tensors(), stream);  // one plan, another input
      b.plan->launch(a.set->tensors(), stream);
    });
    together->replay();
    EXPECT_EQ(a.set->read(), alone_a);
    EXPECT_EQ(b.set->read(), alone_b);
    EXPECT_EQ(c.set->read(), alone_c);
  });
}

void takes_an_empty_batch(Backend& backend) {
  for (const char* line : kLines) {
    const Problem problem = parse_problem(line).with([](Description& d) { d.n = 0; });
    for (const KernelInfo& kernel : backend.kernels()) {
      if (!backend.supports(problem, kernel.name)) continue;
      SCOPED_TRACE(fmt::format("{}.{}/{}", backend.name(), kernel.name, to_text(problem)));
      const auto plan = backend.plan(problem, kernel.name);
      const Outcome outcome = run_checked(*plan, backend.substrate(), problem, nullptr);
      EXPECT_EQ(outcome.broken, "");
      EXPECT_TRUE(outcome.outputs[Role::kDst].empty());
    }
  }
}

// A floor that computed would take a launch's own time for its overhead.
void floors_do_nothing(Backend& backend) {
  for_all_plans(backend, [&](const Problem& problem, const std::string& kernel) {
    const auto src = filled(problem, FillKind::kUniform, 1);
    const auto plan = backend.plan(problem, kernel), floor = backend.floor(problem, kernel);
    ASSERT_NE(floor, nullptr);
    EXPECT_EQ(floor->kernel(), plan->kernel());
    EXPECT_EQ(floor->scratch_bytes(), plan->scratch_bytes());
    TensorSet set(backend.substrate(), problem, src.data(), floor->scratch_bytes());
    set.poison(0x77);
    const Outputs before = set.read();
    backend.substrate()
        .record([&](Stream stream) { floor->launch(set.tensors(), stream); })
        ->replay();
    EXPECT_EQ(set.read(), before);
    EXPECT_EQ(set.violation(inputs_of(src.data()), 0x77), "");
  });
}

void launches_do_not_allocate(Backend& backend) {
  if (!POOLBENCH_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer or another C library has malloc";
  const int64_t before_probe = allocations;
  std::vector<int>* volatile probe = new std::vector<int>(100);
  delete probe;
  ASSERT_GE(allocations - before_probe, 2) << "allocations are not counted";
  for_all_plans(backend, [&](const Problem& problem, const std::string& kernel) {
    const auto plan = backend.plan(problem, kernel);
    const auto src = filled(problem, FillKind::kUniform, 1);
    const TensorSet set(backend.substrate(), problem, src.data(), plan->scratch_bytes());
    plan->launch(set.tensors(), nullptr);
    const int64_t before = allocations;
    for (int i = 0; i < 3; ++i) plan->launch(set.tensors(), nullptr);
    EXPECT_EQ(allocations, before);
  });
}

void register_backend(Backend& backend) {
  const auto add = [&](const char* name, void (*body)(Backend&)) {
    register_test(std::string(backend.name()), name, [&backend, body] { body(backend); });
  };
  add("kernels_have_names_and_summaries", kernels_have_names_and_summaries);
  add("plans_exactly_what_it_supports", plans_exactly_what_it_supports);
  add("refuses_an_unknown_kernel", refuses_an_unknown_kernel);
  add("a_hundred_launches_give_the_same_bits", a_hundred_launches_give_the_same_bits);
  add("plans_side_by_side_give_the_same_bits", plans_side_by_side_give_the_same_bits);
  add("takes_an_empty_batch", takes_an_empty_batch);
  add("floors_do_nothing", floors_do_nothing);
  // Elsewhere a launch records commands or creates fibers, which need memory.
  if (backend.substrate().device().substrate == "host" && backend.timeable())
    add("launches_do_not_allocate", launches_do_not_allocate);
}

}  // namespace
}  // namespace poolbench

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  poolbench::register_for_all(poolbench::register_backend);
  // A team of a size that is not the machine's.
  const std::string openmp = "openmp";
  poolbench::BackendOptions options;
  options.threads = {3};
  const auto team = poolbench::open_backends({&openmp, 1}, options);
  for (const auto& backend : team.front().backends) poolbench::register_backend(*backend);
  return RUN_ALL_TESTS();
}
