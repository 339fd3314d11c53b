// The one measuring core. Contenders of a case run in blocks, each once a block and adjacent, in an
// order that a randomised Latin square gives, so that what disturbs the machine disturbs all alike.
#ifndef POOLBENCH_BENCH_TIME_MEASURE_H_
#define POOLBENCH_BENCH_TIME_MEASURE_H_

#include <map>
#include <span>

#include "bench/judge/verify.h"

namespace poolbench {

// Cold rotates over buffers of three times the last-level cache; hot uses one set again and again.
enum class Temperature { kCold, kHot };

struct MeasureOptions {
  int blocks = 9;                // samples a contender
  double sample_seconds = 1e-3;  // launches are repeated until a sample lasts about this long
  double wake_seconds = 0;       // untimed launches on a device that is no host, before all others
  uint64_t seed = 1;             // of the order
};

// A plan to be timed, ready and known to be right.
struct Subject {
  Plan* plan = nullptr;
  Substrate* substrate = nullptr;
  bool ceiling = false;      // moves bytes in regions of its own; has no output to check
  uint64_t output_hash = 0;  // of what it must write, where it is no ceiling
};

// A plan that was prepared and judged right.
Subject subject_of(const Prepared& prepared, const Verdict& verdict);

struct Series {
  std::vector<double> seconds;  // of one launch; one entry a block, in the blocks' order
  int64_t launches = 0;         // in a sample
  int64_t rotation_bytes = 0;   // that went by before a buffer was used again; hot: of one set
  std::string invalid;          // why the samples must not be used; empty: they may
};

// Memory that cases use one after the other: growing is costly, and first use slower than later.
class Arenas {
 public:
  enum Use { kTensors, kCeilings };
  // At least `bytes` of the substrate's memory, 4 KiB aligned. Invalidates what the same use of the
  // same substrate got before. Memory for ceilings holds arbitrary numbers, not zeros.
  void* get(Substrate& substrate, Use use, int64_t bytes);
  // Gives everything back, after a case that ran out of memory.
  void clear() { buffers_.clear(); }

 private:
  std::map<std::pair<Substrate*, Use>, Buffer> buffers_;
};

// Measures the subjects, all on `problem` and its input, and returns their series in their order.
// Ceilings move the problem's `bytes` (see compulsory_bytes). Throws what devices throw.
std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature, int64_t bytes,
                            const MeasureOptions& options, Arenas& arenas);

// Bytes that any implementation must move: each input element that a window touches once, each
// output once. Where windows leave elements untouched, whole lines of `line` bytes count.
struct Traffic {
  int64_t read = 0;
  int64_t written = 0;
  int64_t total() const { return read + written; }
};
Traffic compulsory_bytes(const Problem& problem, int64_t line);

// A median with its distribution-free 95 % interval: order statistics by the binomial sign test.
// Under six samples there is none; the ends are NaN.
struct Interval {
  double median, low, high;
};
Interval median_interval(std::vector<double> samples);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_MEASURE_H_
