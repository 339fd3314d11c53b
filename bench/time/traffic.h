// Compulsory traffic: the bytes that any implementation of a problem must move.
#ifndef POOLBENCH_BENCH_TIME_TRAFFIC_H_
#define POOLBENCH_BENCH_TIME_TRAFFIC_H_

#include <cstdint>

#include "host/problem.h"
#include "host/substrate.h"

namespace poolbench {

struct Traffic {
  int64_t read = 0;
  int64_t written = 0;
  int64_t total() const { return read + written; }
};

// Returns the granularity of memory traffic: cache lines of 64 bytes on processors, sectors of 32
// on GPUs.
int64_t line_bytes(const Device& device);

// Counts each input element that a window touches once, and each output once. Where windows skip
// elements, counts whole lines of `line` bytes.
Traffic compulsory_bytes(const Problem& problem, int64_t line);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_TRAFFIC_H_
