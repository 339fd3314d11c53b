// A problem as words KEY=VALUE, with everything worked out, for engines: they parse no problems.
#ifndef POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_
#define POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_

#include <string>

#include "host/problem.h"

namespace poolbench {

// README.md beside this file lists the keys.
std::string problem_words(const Problem& problem);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_PROBLEM_WORDS_H_
