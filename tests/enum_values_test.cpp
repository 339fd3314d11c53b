// Every value of the spec's enums has a name, and a number that is none of them is refused by the
// parameter's name wherever it may come in: as a problem, through a module, in a kernel's
// arguments.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "host/module_problem.h"
#include "kernels/cuda/cuda.h"
#include "kernels/naive/naive.h"
#include "kernels/openmp/openmp.h"
#include "kernels/reduce.h"
#include "tests/refusals.h"
#ifdef POOLBENCH_HAS_VULKAN
#include "kernels/vulkan/kernels.h"
#endif

namespace poolbench {
namespace {

// An enum, and where its values stand.
template <class Enum>
struct Facts {
  Parameter parameter;
  Set<Enum> values;
  void (*set)(Description&, Enum);
  int32_t Shapes::*in_shapes;
  int32_t poolbench_problem::*in_module;

  std::vector<Enum> known() const {
    std::vector<Enum> list;
    values.for_each([&](Enum value) { list.push_back(value); });
    return list;
  }
  // Numbers that are no value: one below, one beyond, and where a set of bits would wrap.
  std::vector<Enum> unknown() const {
    std::vector<Enum> list;
    for (const int number : {-1, int(known().back()) + 1, 31, 32, 33, 64, 1'000'000})
      list.push_back(Enum(number));
    return list;
  }
};

// Calls f(facts) for each enum.
void for_each_enum(const auto& f) {
  f(Facts<Reduction>{Parameter::kReduction, kEveryReduction,
                     [](Description& d, Reduction value) { d.spec.reduction = value; },
                     &Shapes::reduction, &poolbench_problem::reduction});
  f(Facts<Windowing>{Parameter::kWindowing, kEveryWindowing,
                     [](Description& d, Windowing value) { d.spec.windowing = value; },
                     &Shapes::windowing, &poolbench_problem::windowing});
  f(Facts<DType>{Parameter::kType, kEveryType, [](Description& d, DType value) { d.dtype = value; },
                 &Shapes::dtype, &poolbench_problem::dtype});
  f(Facts<Layout>{Parameter::kLayout, Takes().layouts,
                  [](Description& d, Layout value) { d.layout = value; }, &Shapes::layout,
                  &poolbench_problem::layout});
}

template <class F>
std::string what_is_thrown(const F& f) {
  try {
    f();
  } catch (const BadInput& error) {
    return error.what();
  }
  return "nothing";
}

TEST(EnumValues, each_has_a_name_that_reads_back) {
  for_each_enum([](const auto& facts) {
    std::set<std::string_view> names;
    for (const auto value : facts.known()) {
      EXPECT_NE(token(value), kNoToken) << parameter_name(facts.parameter) << ' ' << int(value);
      EXPECT_TRUE(names.insert(token(value)).second) << token(value);
      Description description;
      facts.set(description, value);
      const Problem problem(description);
      EXPECT_NE(to_text(problem).find(token(value)), std::string::npos) << to_text(problem);
      EXPECT_EQ(parse_problem(to_text(problem)), problem);
    }
  });
}

TEST(EnumValues, no_problem_has_another) {
  for_each_enum([](const auto& facts) {
    for (const auto value : facts.unknown()) {
      EXPECT_EQ(token(value), kNoToken) << int(value);
      Description description;
      facts.set(description, value);
      EXPECT_EQ(
          what_is_thrown([&] { Problem problem(description); }),
          fmt::format("{}: value {} is unknown", parameter_name(facts.parameter), int(value)));
    }
  });
}

TEST(EnumValues, no_module_has_another) {
  const Problem problem;
  for_each_enum([&](const auto& facts) {
    for (const auto value : facts.unknown()) {
      poolbench_problem c = *ModuleProblem(problem).get();
      c.*facts.in_module = int32_t(value);
      EXPECT_EQ(named_parameter(what_is_thrown([&] { from_module_problem(c); })), facts.parameter);
      Shapes shapes = problem.shapes();
      shapes.*facts.in_shapes = int32_t(value);
      EXPECT_EQ(named_parameter(unknown_to_module(POOLBENCH_MODULE_VERSION, shapes)),
                facts.parameter);
    }
  });
}

// Every kernel, the last of its family by the parameter in question: it takes all else.
void expect_refused(const auto& kernels) {
  for_each_enum([&](const auto& facts) {
    for (const auto value : facts.unknown()) {
      Shapes shapes = Problem().shapes();
      shapes.*facts.in_shapes = int32_t(value);
      for (const auto& kernel : kernels)
        EXPECT_TRUE(kernel.why_not(shapes)) << kernel.name << " takes " << int(value);
      EXPECT_EQ(std::prev(std::end(kernels))->why_not(shapes).parameter, facts.parameter);
    }
  });
}

TEST(EnumValues, no_kernel_takes_another) {
  expect_refused(naive::kernels());
  if (openmp::family().isa != nullptr) expect_refused(openmp::family().kernels);
#ifdef POOLBENCH_HAS_CUDA_EMULATED
  expect_refused(cuda::emulated_kernels());
#endif
#ifdef POOLBENCH_HAS_VULKAN
  expect_refused(vulkan::kernels());
#endif
}

TEST(EnumValues, nothing_is_dispatched_for_another) {
  for_each_enum([](const auto& facts) {
    for (const auto value : facts.unknown()) EXPECT_FALSE(facts.values.has(value)) << int(value);
  });
  Shapes shapes = Problem().shapes();
  int calls = 0;
  const auto count = [&](auto) { ++calls; };
  dispatch(DType(shapes.dtype), count);
  dispatch_reduction<kEveryType>(shapes, count);
  EXPECT_EQ(calls, 2);
  for (const int32_t number : {-1, int32_t(kTypeCount), 32}) {
    Shapes other = shapes;
    other.dtype = number;
    dispatch(DType(number), count);
    dispatch_reduction<kEveryType>(other, count);
  }
  for (const int32_t number : {-1, int32_t(Reduction::kMin) + 1, 32}) {
    Shapes other = shapes;
    other.reduction = number;
    dispatch_reduction<kEveryType>(other, count);
  }
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace poolbench
