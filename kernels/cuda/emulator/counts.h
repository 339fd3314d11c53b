// What a launch's warps ask of a device, counted by the emulator: exact, and the same in every run.
//
// A thread's n-th visit of a place in the source, its n-th *pass*, and the n-th passes of the other
// 31 threads of its warp there are one instruction of the warp. A device's compiler may order them
// otherwise where threads skip a pass.
//
//   sectors     32-byte pieces of operands and tables that an instruction touches, each once an
//               instruction; operands begin on one
//   conflicts   how many more than one turn an instruction takes in shared memory: a turn gives one
//               4-byte word of each of 32 banks. Accesses of 8 bytes take half a warp at a time,
//               those of 16 a quarter.
//   partial     instructions that only part of the warp reaches
//
// An access that is no power of two of bytes, or more than 16, is several of its alignment.
#ifndef POOLBENCH_KERNELS_CUDA_EMULATOR_COUNTS_H_
#define POOLBENCH_KERNELS_CUDA_EMULATOR_COUNTS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <source_location>
#include <string>
#include <tuple>
#include <vector>

namespace poolbench::cuda {

struct LaunchCounts {
  int64_t warps = 0;
  int64_t loads = 0, stores = 0;  // of operands and tables, as all by the warp
  int64_t load_sectors = 0, store_sectors = 0;
  int64_t shared = 0, conflicts = 0;  // accesses of shared memory
  int64_t shuffles = 0;               // of 4 bytes
  int64_t barriers = 0;               // by the block
  int64_t partial = 0;
  int64_t shared_bytes = 0;                   // of a block
  std::map<std::string, int64_t> partial_at;  // "staged.cuh:91"
};

// While one lives, launches of the thread that made it are counted together.
class CountLaunches {
 public:
  // `planted`: sectors that each warp loads in vain, by which tests see that the count sees them.
  explicit CountLaunches(int planted = 0);
  CountLaunches(const CountLaunches&) = delete;
  ~CountLaunches();

  static CountLaunches* current();  // or null
  int planted() const { return planted_; }
  const LaunchCounts& counts() const { return counts_; }

 private:
  friend class BlockCount;
  int planted_;
  CountLaunches* outer_;
  std::mutex mutex_;
  LaunchCounts counts_;
};

// What the threads of one block do.
class BlockCount {
 public:
  explicit BlockCount(CountLaunches& into) : into_(into) {}

  enum class Kind : uint8_t { kLoad, kStore, kShared, kShuffle };
  // `memory`: which operand or array; `offset`: in it.
  void note(Kind kind, int thread, int memory, uint64_t offset, uint64_t bytes, uint64_t alignment,
            const std::source_location& where);
  void barrier() { ++barriers_; }
  void shared_bytes(int64_t bytes) { shared_bytes_ = bytes; }
  int planted() const { return into_.planted(); }
  // Adds the block to the launch's counts, and forgets it.
  void finish(int threads);

 private:
  struct Site {
    std::string text() const;
    std::source_location where;
    Kind kind;
    std::vector<int32_t> passes;  // by thread
  };
  struct Part {
    int32_t warp, site, pass, lane;
    int32_t memory;
    uint32_t bytes;
    uint64_t offset;
    auto instruction() const { return std::tuple(warp, site, pass); }
  };
  int32_t site_of(Kind kind, uint64_t piece, const std::source_location& where);
  void add_instruction(const Part* begin, const Part* end, LaunchCounts& counts) const;

  CountLaunches& into_;
  std::map<std::tuple<const char*, uint32_t, uint32_t, Kind, uint64_t>, int32_t> numbers_;
  std::vector<Site> sites_;
  std::vector<Part> parts_;
  int64_t barriers_ = 0, shared_bytes_ = 0;
};

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_EMULATOR_COUNTS_H_
