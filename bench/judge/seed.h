// The seed of a run: of its inputs, of the order within blocks and of the outputs that are judged
// where not all are. Drawn, so that no kernel knows it beforehand; shown once the run is over.
#ifndef POOLBENCH_BENCH_JUDGE_SEED_H_
#define POOLBENCH_BENCH_JUDGE_SEED_H_

#include <cstdint>
#include <string>

namespace poolbench {

// What --seed takes for a seed that no one knows.
inline constexpr const char* kRandomSeed = "random";

// Returns the process' secret seed. It is drawn once, so that all of a run follows from one number.
uint64_t secret_seed();

// Returns the secret seed for kRandomSeed, and else the number. Throws BadInput.
uint64_t parse_seed(const std::string& text);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_SEED_H_
