#include "host/engines/problem_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

#include "host/module_problem.h"

namespace poolbench {

std::string problem_words(const Problem& problem) {
  const ModuleProblem module(problem);
  const poolbench_problem& c = *module.get();
  const auto axes = [&](const int64_t(&values)[3]) {
    return fmt::format("{}", fmt::join(std::span(values).subspan(size_t(3 - c.rank)), ","));
  };
  std::string words = fmt::format(
      "text={} reduction={} windowing={} dtype={} layout={} rank={} indices={} ceil={} n={} c={} "
      "src={} dst={} kernel={} stride={} pad_begin={} pad_end={} dilation={} divisor={} norm={} "
      "mean={}",
      c.text, token(problem.spec().reduction), token(problem.spec().windowing),
      token(problem.dtype()), token(problem.layout()), c.rank, c.with_indices, c.ceil_mode, c.n,
      c.c, axes(c.src), axes(c.dst), axes(c.kernel), axes(c.stride), axes(c.pad_begin),
      axes(c.pad_end), axes(c.dilation), c.divisor, c.norm, c.norm_mean);
  if (c.samples != nullptr)
    words += fmt::format(" samples={}",
                         fmt::join(std::span(c.samples, size_t(c.n * c.c * c.rank)), ","));
  return words;
}

}  // namespace poolbench
