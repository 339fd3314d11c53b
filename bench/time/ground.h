// What the contenders of one substrate share while a problem is timed: sets, scratch, secrets, and
// when each set was touched.
#ifndef POOLBENCH_BENCH_TIME_GROUND_H_
#define POOLBENCH_BENCH_TIME_GROUND_H_

#include <memory>

#include "bench/time/measure.h"

namespace poolbench {

struct Ground {
  struct Needs {
    int64_t launches = 1;  // in a sample, at most
    int64_t bytes = 0;     // that a launch touches
    int64_t scratch = 0;
    std::shared_ptr<const Outputs> right;  // for the input; null: nothing is proved
  };
  Ground(Substrate& substrate, Cache& cache, const Problem& problem, const Input& input, bool cold,
         const Needs& needs, Arenas& arenas, std::mt19937_64& random);
  Ground(const Ground&) = delete;

  // Operands of launches one after the other on these sets, with scratch.
  std::vector<Tensors> tensors(const std::vector<int64_t>& sets);
  // The same places in other memory of set_bytes().
  Tensors like_a_set(void* memory) const;
  int64_t set_bytes() const { return layout.bytes() / layout.count; }
  // Bytes read between two contenders.
  int64_t between() const;
  // Lets bytes go by until all of these sets are cold, and at least between().
  void cool(const std::vector<int64_t>& sets) const;
  // The least that went by since one of them was touched.
  int64_t distance(const std::vector<int64_t>& sets) const;
  // Notes that launches touched these sets, `bytes` each.
  void used(const std::vector<int64_t>& sets, int64_t bytes);

  Cache* cache;
  Sets::Layout layout;
  std::unique_ptr<Sets> sets;
  std::unique_ptr<Proof> proof;  // null: nothing is proved
  std::vector<int64_t> touched;  // by set: the cache's count then
  std::string level;             // hot: the cache that holds the sets

 private:
  char* scratch_ = nullptr;
  int64_t scratch_bytes_ = 0, scratch_slots_ = 1, scratch_at_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_GROUND_H_
