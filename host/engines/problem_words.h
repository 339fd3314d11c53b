// A problem with everything worked out, as words: for an engine that plans it, and for scripts.
#ifndef POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_
#define POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_

#include <string>
#include <variant>
#include <vector>

#include "host/problem.h"

namespace poolbench {

// README.md beside this file has the keys.
struct ProblemWord {
  const char* key;
  std::variant<std::string, int64_t, double, bool, std::vector<int64_t>, std::vector<double>> value;
};
std::vector<ProblemWord> worked_out(const Problem& problem);

// "KEY=VALUE ...": lists by commas, 1 for true.
std::string problem_words(const Problem& problem);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_
