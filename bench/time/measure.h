// The measuring core. Contenders of a case run in blocks: each once a block, one after the other,
// in an order from a randomised Latin square. So what changes slowly on the machine hits all of
// them alike; a block that something else disturbed is measured again; and what a timed launch
// wrote is compared with what it must be.
#ifndef POOLBENCH_BENCH_TIME_MEASURE_H_
#define POOLBENCH_BENCH_TIME_MEASURE_H_

#include <map>
#include <span>

#include "bench/judge/verify.h"
#include "bench/time/cache.h"
#include "bench/time/interval.h"
#include "bench/time/machine.h"
#include "bench/time/proof.h"

namespace poolbench {

// Stands in records. It rises whenever the meaning of cold, hot, floor or ceiling changes, since
// times from before and after can then not be compared.
inline constexpr int kMethod = 2;

// Cold: no line of a launch's operands is in a cache. Hot: all of them are.
enum class Temperature { kCold, kHot };

struct MeasureOptions {
  int blocks = 17;               // samples for each contender
  double sample_seconds = 1e-3;  // a sample repeats launches for about this long
  double wake_seconds = 0;       // of untimed launches before all others, except on the host
  uint64_t seed = 1;             // of orders, secrets and the number of launches
  // A block is disturbed if more than this share of one of its samples went to other processes or
  // was stolen.
  double disturbed_share = 0.02;
  double settle_seconds = 3e-4;  // asleep before a sample: the scheduler then lets it run
  int submits = 1000;            // launches from idle, for submit-to-done times
};

// What is timed: a plan that was judged right, or a ceiling.
struct Subject {
  std::string name;  // of the contender
  Plan* plan = nullptr;
  Substrate* substrate = nullptr;
  bool is_ceiling = false;
  int64_t bytes = 0;                             // that a launch must touch
  std::shared_ptr<const Outputs> accepted = {};  // null: nothing is compared
  Proof::Explained explained = {};
};

// Precondition: the verdict is kOk.
Subject subject_of(const Prepared& prepared, const Problem& problem, int64_t bytes);

// Blocks that did not count, and what disturbed them.
struct Voided {
  int64_t block = 0;  // of all that were measured
  std::string cause;
  double seconds = 0;      // of this contender's sample
  bool disturbed = false;  // this sample, not another of the block
};

struct Series {
  std::vector<double> seconds;  // of one launch, one entry for each block
  std::vector<Voided> voided;   // each block that did not count
  int64_t launches = 0;         // in a sample, on average
  int64_t rotation_bytes = 0;   // cold: least bytes that went by since a set was touched before
  std::string level;            // hot: the cache that holds the sets
  int64_t proofs = 0;           // samples of which something was compared
  // Of an engine: the same by its own clock, and by how much the two may differ.
  std::vector<double> claims, doubts;
  std::vector<double> cores;  // processors that a sample used, by block; on the host
  // Cold: how much faster the sets were read than memory that was never touched, in every second
  // block; above 1.1 they were warm.
  std::vector<double> probe;
  // Why this contender has no samples: it was caught, or it failed. The others' were then measured
  // without it.
  Status status = Status::kOk;
  std::string reason;
};

// Memory reused by one case after the other: allocating is costly, and its first use is slow.
class Arenas {
 public:
  enum Use { kSets, kScratch };
  // Returns at least `bytes` of the substrate's memory, 4 KiB aligned. Invalidates the previous
  // memory of the same substrate and use.
  void* get(Substrate& substrate, Use use, int64_t bytes);
  // Frees everything, after a case that ran out of memory.
  void clear() { buffers_.clear(); }

 private:
  std::map<std::pair<Substrate*, Use>, Buffer> buffers_;
};

// Measures the subjects on `problem` and `input`, and returns their series in the same order.
std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature,
                            const MeasureOptions& options, Arenas& arenas, Machine& machine);

// The same for submit-to-done: `seconds` are from the host's call of one launch until its result
// can be used, on warm operands, and `voided` the launches that were disturbed.
std::vector<Series> measure_submits(std::span<const Subject> subjects, const Problem& problem,
                                    const Input& input, const MeasureOptions& options,
                                    Arenas& arenas, Machine& machine);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_MEASURE_H_
