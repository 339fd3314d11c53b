// Bodies on the CPU: what CI has instead of a GPU. A body without barriers runs as a loop over its
// threads, one with barriers with one fiber a thread. The order of threads differs from launch to
// launch; blocks are spread over all cores.
//
// Faults are:
// - accesses through the context that are not inside one operand or table, write an input, read an
//   output, or are not aligned to their size
// - shared memory that is read before a thread wrote it, or that two threads touch between the same
//   two barriers where one of them writes: a missing barrier is found whatever the order was
// - barriers and shuffles that not all threads reach
//
// On request it counts what warps ask of the device (counts.h).
//
// Not seen here: the order of global memory between blocks, launch limits, what a compiler does.
#ifndef POOLBENCH_KERNELS_CUDA_EMULATOR_EMULATOR_H_
#define POOLBENCH_KERNELS_CUDA_EMULATOR_EMULATOR_H_

#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/cuda/emulator/counts.h"
#include "kernels/operands.h"

namespace poolbench::cuda {

// A body broke a rule. The message names the kernel, block, thread and what it touched.
struct EmulatorFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct EmulatedRegion {
  const char* name;
  uintptr_t begin;
  uint64_t bytes;
  Access access;
};

// What a launch may touch.
struct EmulatedMemory {
  std::vector<EmulatedRegion> regions;

  EmulatedMemory() = default;
  // The operands (kernels/operands.h) and tables that `args` points at.
  explicit EmulatedMemory(const PoolArgs& args, int64_t scratch_bytes = 0);
};

// One thread of a body without barriers.
class EmulatedContext {
 public:
  EmulatedContext(const EmulatedMemory& memory, const char* kernel, int64_t blocks)
      : regions_(memory.regions), kernel_(kernel), blocks_(blocks) {}

  int thread() const { return thread_; }
  int64_t block() const { return block_; }
  int64_t blocks() const { return blocks_; }

  template <class T>
  T load(const T* p, std::source_location where = std::source_location::current()) const {
    check(reinterpret_cast<uintptr_t>(p), sizeof(T), alignof(T), false, where);
    return *p;
  }
  template <class T>
  void store(T* p, T v, std::source_location where = std::source_location::current()) const {
    check(reinterpret_cast<uintptr_t>(p), sizeof(T), alignof(T), true, where);
    memcpy(p, &v, sizeof(T));
  }

  void set_place(int64_t block, int thread) {
    block_ = block;
    thread_ = thread;
  }
  void set_count(BlockCount* count) { count_ = count; }
  BlockCount* count() const { return count_; }  // null: nobody counts
  // The thread's body is done.
  void end() const {
    if (count_ == nullptr || thread_ % 32 != 0 || regions_.empty()) return;
    for (int i = 0; i < count_->planted(); ++i)
      load(reinterpret_cast<const unsigned char*>(regions_[0].begin));
  }
  // Throws EmulatorFault. The message begins with the kernel, the block and the thread.
  [[noreturn]] void fault(const std::string& what) const;

 private:
  void check(uintptr_t at, uint64_t bytes, uint64_t alignment, bool writes,
             const std::source_location& where) const {
    const Access refused = writes ? Access::kIn : Access::kOut;
    for (const EmulatedRegion& region : regions_)
      if (at - region.begin < region.bytes && bytes <= region.bytes - (at - region.begin) &&
          at % alignment == 0 && region.access != refused) {
        if (count_ != nullptr)
          count_->note(writes ? BlockCount::Kind::kStore : BlockCount::Kind::kLoad, thread_,
                       int(&region - regions_.data()), at - region.begin, bytes, alignment, where);
        return;
      }
    bad_access(at, bytes, alignment, writes);
  }
  [[noreturn]] void bad_access(uintptr_t at, uint64_t bytes, uint64_t alignment, bool writes) const;

  std::span<const EmulatedRegion> regions_;
  const char* kernel_;
  int64_t blocks_;
  int64_t block_ = 0;
  int thread_ = 0;
  BlockCount* count_ = nullptr;
};

class EmulatedBlock;

// An array in shared memory, and who touched each element since the last barrier.
struct EmulatedShared {
  struct Touch {
    int64_t write_epoch = -1, read_epoch = -1;  // counted in barriers; -1: never
    int writer = -1, reader = -1;               // kMany: more than one thread read
  };
  static constexpr int kMany = -2;
  const void* key;
  int number;
  int element_bytes;
  std::vector<unsigned char> bytes;
  std::vector<Touch> touches;
};

template <class T>
class CheckedShared;

// One thread of a body with barriers.
class FiberContext : public EmulatedContext {
 public:
  FiberContext(const EmulatedContext& base, EmulatedBlock& owner)
      : EmulatedContext(base), owner_(&owner) {}

  template <class T, int N, int Tag = 0>
  CheckedShared<T> shared() const {
    static constexpr char key = 0;
    return {*this, array(&key, sizeof(T), N)};
  }
  void sync(std::source_location where = std::source_location::current()) const;
  template <class T>
  T shuffle_xor(T v, int mask, std::source_location where = std::source_location::current()) const {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(T));
    bits = exchange(bits, sizeof(T), thread() ^ mask, where);
    memcpy(&v, &bits, sizeof(T));
    return v;
  }

 private:
  template <class T>
  friend class CheckedShared;
  EmulatedShared& array(const void* key, int element_bytes, int count) const;
  unsigned char* touch(EmulatedShared& array, int i, int bytes, int alignment, bool writes,
                       const std::source_location& where) const;
  uint64_t exchange(uint64_t bits, uint64_t bytes, int from_thread,
                    std::source_location where) const;

  EmulatedBlock* owner_;
};

template <class T>
class CheckedShared {
  using Where = std::source_location;

 public:
  CheckedShared(const FiberContext& context, EmulatedShared& array)
      : context_(&context), array_(&array) {}
  // V: T, or several T as one access, whose index is a multiple of their number.
  template <class V = T>
  V get(int i, Where where = Where::current()) const {
    alignas(V) unsigned char bytes[sizeof(V)];  // V need not have a default constructor
    memcpy(bytes, context_->touch(*array_, i, sizeof(V), alignof(V), false, where), sizeof(V));
    return *reinterpret_cast<const V*>(bytes);
  }
  template <class V = T>
  V at_byte(int i, Where where = Where::current()) const {
    return get<V>(element(i), where);
  }
  template <class V = T>
  void set_byte(int i, std::type_identity_t<V> v, Where where = Where::current()) const {
    set<V>(element(i), v, where);
  }
  template <class V = T>
  void set(int i, std::type_identity_t<V> v, Where where = Where::current()) const {
    static_assert(sizeof(V) % sizeof(T) == 0);
    memcpy(context_->touch(*array_, i, sizeof(V), alignof(V), true, where), &v, sizeof(V));
  }

 private:
  // A byte between two elements is no index; touch() reports it.
  static int element(int byte) { return byte % int(sizeof(T)) == 0 ? byte / int(sizeof(T)) : -1; }
  const FiberContext* context_;
  EmulatedShared* array_;
};

// The order in which a block's threads run: thread order(i) is the i-th. Differs with `seed`.
class ThreadOrder {
 public:
  ThreadOrder(int threads, uint64_t seed)
      : mask_(threads - 1),  // a power of two, so that odd steps reach every thread
        step_(int(seed * 2 + 1) & mask_),
        start_(int(seed * 7) & mask_) {}
  int operator()(int i) const { return (start_ + i * step_) & mask_; }

 private:
  int mask_, step_, start_;
};

// Calls body(block) for every block, on all cores. Throws the first exception again, once no block
// runs any more.
void for_each_block(int64_t blocks, const std::function<void(int64_t block)>& body);
// Runs body(context) for every thread of every block, each on a fiber.
void run_fibers(const EmulatedContext& base, int threads, uint64_t seed,
                const std::function<void(FiberContext&)>& body);
// A number that differs from launch to launch and is the same in every run of the program.
uint64_t next_launch_seed();

// Runs a body over a grid.
template <class Body>
void emulate(const EmulatedMemory& memory, const typename Body::Params& params, int64_t blocks,
             uint64_t seed) {
  static_assert((Body::kThreads & (Body::kThreads - 1)) == 0);
  const EmulatedContext base(memory, Body::kName, blocks);
  if constexpr (Body::kCooperative) {
    run_fibers(base, Body::kThreads, seed, [&](FiberContext& context) {
      Body::run(context, params);
      context.end();
    });
  } else {
    const ThreadOrder order(Body::kThreads, seed);
    CountLaunches* const counting = CountLaunches::current();
    for_each_block(blocks, [&](int64_t block) {
      EmulatedContext context = base;
      std::optional<BlockCount> count;
      if (counting != nullptr) context.set_count(&count.emplace(*counting));
      for (int i = 0; i < Body::kThreads; ++i) {
        context.set_place(block, order(i));
        Body::run(context, params);
        context.end();
      }
      if (count) count->finish(Body::kThreads);
    });
  }
}

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_EMULATOR_EMULATOR_H_
