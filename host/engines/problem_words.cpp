#include "host/engines/problem_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/module_problem.h"

namespace poolbench {
namespace {

std::string text_of(const std::string& text) { return text; }
std::string text_of(int64_t number) { return fmt::to_string(number); }
std::string text_of(double number) { return fmt::format("{}", number); }
std::string text_of(bool yes) { return yes ? "1" : "0"; }
template <class T>
std::string text_of(const std::vector<T>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

}  // namespace

std::vector<ProblemWord> worked_out(const Problem& problem) {
  const ModuleProblem module(problem);
  const poolbench_problem& c = *module.get();
  const auto axes = [&](const int64_t(&values)[3]) {
    return std::vector<int64_t>(std::end(values) - c.rank, std::end(values));
  };
  const auto word = [](std::string_view text) { return std::string(text); };
  std::vector<ProblemWord> words = {{"text", word(c.text)},
                                    {"reduction", word(token(problem.spec().reduction))},
                                    {"windowing", word(token(problem.spec().windowing))},
                                    {"dtype", word(token(problem.dtype()))},
                                    {"layout", word(token(problem.layout()))},
                                    {"rank", int64_t{c.rank}},
                                    {"indices", c.with_indices != 0},
                                    {"ceil", c.ceil_mode != 0},
                                    {"n", c.n},
                                    {"c", c.c},
                                    {"src", axes(c.src)},
                                    {"dst", axes(c.dst)},
                                    {"kernel", axes(c.kernel)},
                                    {"stride", axes(c.stride)},
                                    {"pad_begin", axes(c.pad_begin)},
                                    {"pad_end", axes(c.pad_end)},
                                    {"dilation", axes(c.dilation)},
                                    {"divisor", c.divisor},
                                    {"norm", c.norm},
                                    {"mean", c.norm_mean != 0}};
  if (c.samples != nullptr)
    words.push_back({"samples", std::vector<double>(c.samples, c.samples + c.n * c.c * c.rank)});
  return words;
}

std::string problem_words(const Problem& problem) {
  std::string line;
  for (const ProblemWord& word : worked_out(problem)) {
    const auto text = [](const auto& value) { return text_of(value); };
    line += fmt::format("{}{}={}", line.empty() ? "" : " ", word.key, std::visit(text, word.value));
  }
  return line;
}

}  // namespace poolbench
