// The measuring core. Contenders of a case run in blocks: each once a block, one after the other,
// in an order from a randomised Latin square. So a disturbance of the machine hits all of them
// alike.
#ifndef POOLBENCH_BENCH_TIME_MEASURE_H_
#define POOLBENCH_BENCH_TIME_MEASURE_H_

#include <map>
#include <span>

#include "bench/judge/verify.h"

namespace poolbench {

// Stands in records. It rises whenever the meaning of cold, hot, floor or ceiling changes, since
// times from before and after can then not be compared. bench/torch_record.py has the same number.
inline constexpr int kMethod = 1;

// Cold rotates over sets of three times the last-level cache; hot uses one set again and again.
enum class Temperature { kCold, kHot };

struct MeasureOptions {
  int blocks = 9;                // samples for each contender
  double sample_seconds = 1e-3;  // a sample repeats launches for about this long
  double wake_seconds = 0;       // of untimed launches before all others, except on the host
  uint64_t seed = 1;             // of the order within blocks
};

// What is timed: a plan that was judged right, or a ceiling.
struct Subject {
  Plan* plan = nullptr;
  Substrate* substrate = nullptr;
  int64_t ceiling_bytes = 0;  // of a ceiling: moved in memory of its own, not checked
  uint64_t output_hash = 0;   // of what a plan that is no ceiling must write

  bool is_ceiling() const { return ceiling_bytes > 0; }
};

// Precondition: the verdict is kOk.
Subject subject_of(const Prepared& prepared);

struct Series {
  std::vector<double> seconds;  // of one launch, one entry for each block
  int64_t launches = 0;         // in a sample
  int64_t rotation_bytes = 0;   // of all sets that launches rotate over
  std::string invalid;          // why the samples must not be used, or empty
};

// Memory reused by one case after the other: allocating is costly, and its first use is slow.
class Arenas {
 public:
  enum Use { kTensors, kCeilings };
  // Returns at least `bytes` of the substrate's memory, 4 KiB aligned. Invalidates the previous
  // memory of the same substrate and use. Memory for ceilings holds arbitrary numbers, not zeros.
  void* get(Substrate& substrate, Use use, int64_t bytes);
  // Frees everything, after a case that ran out of memory.
  void clear() { buffers_.clear(); }

 private:
  std::map<std::pair<Substrate*, Use>, Buffer> buffers_;
};

// Measures the subjects on `problem` and `input`, and returns their series in the same order.
// Throws what devices throw.
std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature,
                            const MeasureOptions& options, Arenas& arenas);

// A median with its 95 % interval from order statistics (binomial sign test), whatever the
// distribution. With fewer than six samples the ends are NaN.
struct Interval {
  double median, low, high;
};
Interval median_interval(std::vector<double> samples);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_MEASURE_H_
