// What implementations of pooling disagree about: questions, each with a smallest problem that
// tells the answers apart. Data, for `check --disagreements`.
#ifndef POOLBENCH_BENCH_JUDGE_QUESTIONS_H_
#define POOLBENCH_BENCH_JUDGE_QUESTIONS_H_

#include <span>
#include <string_view>

namespace poolbench {

struct Question {
  std::string_view name, asks;
  std::string_view problem;  // in both layouts, as a sweep; one channel, so the input is the same
  std::string_view input;    // as of `check --input`
};

std::span<const Question> all_questions();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_QUESTIONS_H_
