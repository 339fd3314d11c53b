#include "kernels/cuda/emulator/emulator.h"

#include <omp.h>

#include <atomic>
#include <boost/context/fiber.hpp>
#include <exception>
#include <optional>
#include <sstream>

#include "kernels/cuda/emulator/stack_switch.h"

namespace poolbench::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int64_t kParallelBlocks = 16;  // fewer are not worth waking the other cores for
constexpr size_t kStackBytes = 128 << 10;
constexpr size_t kMaxSharedBytes = 48 << 10;  // what every device gives without opting in

std::string at(const std::source_location& where) {
  const std::string_view file = where.file_name();
  return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(where.line());
}

}  // namespace

EmulatedMemory::EmulatedMemory(const PoolArgs& args, int64_t scratch_bytes) {
  const auto add = [&](const char* name, const void* begin, int64_t bytes, Access access) {
    if (begin != nullptr)
      regions.push_back({name, reinterpret_cast<uintptr_t>(begin), uint64_t(bytes), access});
  };
  for (const RoleFacts& operand : kRoles)
    add(operand.name, operand_address(args, operand.role),
        operand_bytes(args, operand.role, scratch_bytes), operand.access);
  constexpr const char* kTables[] = {"table d", "table h", "table w"};
  for (int i = 0; i < 3; ++i) {
    const Table& table = args.table[i];
    const int64_t rows =
        table.plane_stride != 0 ? args.n * args.c * table.plane_stride : args.axis[i].dst;
    add(kTables[i], table.windows, rows * int64_t(sizeof(Window)), Access::kIn);
  }
}

void EmulatedContext::fault(const std::string& what) const {
  std::ostringstream text;
  text << "cuda-emulated: kernel " << kernel_ << ", block " << block_ << " of " << blocks_
       << ", thread " << thread_ << ": " << what;
  throw EmulatorFault(text.str());
}

void EmulatedContext::bad_access(uintptr_t at, uint64_t bytes, uint64_t alignment,
                                 bool writes) const {
  std::ostringstream text;
  text << (writes ? "store" : "load") << " of " << bytes << " bytes at 0x" << std::hex << at
       << std::dec;
  if (at % alignment != 0) text << " is not aligned to " << alignment;
  // The region that contains it, or else the nearest one.
  const EmulatedRegion* nearest = nullptr;
  uint64_t least = UINT64_MAX;
  for (const EmulatedRegion& region : regions_) {
    const uintptr_t end = region.begin + region.bytes;
    const uint64_t distance = at < region.begin ? region.begin - at : at < end ? 0 : at - end;
    if (distance < least) {
      least = distance;
      nearest = &region;
    }
  }
  if (nearest != nullptr) {
    const int64_t offset = int64_t(at - nearest->begin);
    text << "; bytes [" << offset << ", " << offset + int64_t(bytes) << ") of "
         << (nearest->access == Access::kIn    ? "read-only "
             : nearest->access == Access::kOut ? "write-only "
                                               : "")
         << nearest->name << ", which has " << nearest->bytes;
  }
  fault(text.str());
}

uint64_t next_launch_seed() {
  static std::atomic<uint64_t> launches{0};
  return launches++;
}

void for_each_block(int64_t blocks, const std::function<void(int64_t block)>& body) {
  std::exception_ptr failure;
  std::atomic<bool> failed = false;
#pragma omp parallel for schedule(dynamic) \
    num_threads(omp_get_max_threads()) if (blocks >= kParallelBlocks)
  for (int64_t block = 0; block < blocks; ++block) {
    if (failed) continue;
    try {
      body(block);
    } catch (...) {
#pragma omp critical(poolbench_emulator)
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

// The threads of a block as fibers, reused from block to block.
class EmulatedBlock {
 public:
  // `counting`: or null.
  EmulatedBlock(const EmulatedContext& base, int threads, uint64_t seed,
                const std::function<void(FiberContext&)>& body, CountLaunches* counting)
      : body_(body), seed_(seed), threads_(threads) {
    if (counting != nullptr) count_.emplace(*counting);
    for (Thread& thread : threads_) {
      thread.context.emplace(base, *this);
      if (count_) thread.context->set_count(&*count_);
    }
  }

  EmulatedBlock(const EmulatedBlock&) = delete;
  ~EmulatedBlock();

  void run(int64_t block);

  EmulatedShared& array(const FiberContext& thread, const void* key, int element_bytes, int count);
  unsigned char* touch(const FiberContext& thread, EmulatedShared& array, int i, int bytes,
                       int alignment, bool writes, const std::source_location& where);
  void wait_at_barrier(int thread, std::source_location where);
  uint64_t exchange(int thread, uint64_t bits, uint64_t bytes, int from,
                    std::source_location where);

 private:
  struct Ending {};
  enum class State { kReady, kBarrier, kShuffle, kDone };
  struct Thread {
    State state = State::kDone;
    std::source_location where;
    uint64_t given = 0, taken = 0;  // by a shuffle
    int from = 0;
    std::optional<FiberContext> context;
    Stack stack;
    boost::context::fiber fiber, scheduler;
  };

  void start(Thread& thread);
  void resume(Thread& thread);
  void switch_back(Thread& thread, State state, std::source_location where);
  void pause(Thread& thread, State state, std::source_location where);
  bool finish_shuffles();
  bool finish_barrier();
  std::string describe(int thread) const;

  const std::function<void(FiberContext&)>& body_;
  uint64_t seed_;
  std::vector<Thread> threads_;
  std::vector<std::unique_ptr<EmulatedShared>> arrays_;
  int64_t epoch_ = 0;
  std::exception_ptr failure_;
  bool ending_ = false;
  std::optional<BlockCount> count_;
  Stack stack_;  // the scheduler's
};

void EmulatedBlock::start(Thread& thread) {
  boost::context::fixedsize_stack allocator(kStackBytes);
  const boost::context::stack_context memory = allocator.allocate();
  thread.stack = {static_cast<char*>(memory.sp) - memory.size, memory.size, nullptr};
  thread.fiber = boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(memory.sp, memory.size, memory), allocator,
      [this, &thread](boost::context::fiber&& scheduler) {
        thread.scheduler = std::move(scheduler);
        arrive(thread.stack, stack_);
        while (!ending_) {
          try {
            body_(*thread.context);
          } catch (const Ending&) {
            break;
          } catch (...) {
            if (!failure_) failure_ = std::current_exception();
          }
          switch_back(thread, State::kDone, {});
        }
        leave(thread.stack, stack_, true);
        return std::move(thread.scheduler);
      });
}

// Runs a thread until it waits or is done.
void EmulatedBlock::resume(Thread& thread) {
  leave(stack_, thread.stack);
  thread.fiber = std::move(thread.fiber).resume();
  Stack from;
  arrive(stack_, from);
}

// Returns to the scheduler until that resumes the thread.
void EmulatedBlock::switch_back(Thread& thread, State state, std::source_location where) {
  thread.state = state;
  thread.where = where;
  leave(thread.stack, stack_);
  thread.scheduler = std::move(thread.scheduler).resume();
  arrive(thread.stack, stack_);
}

void EmulatedBlock::pause(Thread& thread, State state, std::source_location where) {
  switch_back(thread, state, where);
  if (ending_) throw Ending();
}

// Lets every fiber return. A body that a fault stopped halfway is unwound.
EmulatedBlock::~EmulatedBlock() {
  ending_ = true;
  for (Thread& thread : threads_)
    if (thread.fiber) resume(thread);
}

void EmulatedBlock::run(int64_t block) {
  for (auto& array : arrays_) {
    array->bytes.assign(array->bytes.size(), 0xcb);
    array->touches.assign(array->touches.size(), {});
  }
  for (size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].context->set_place(block, int(i));
    threads_[i].state = State::kReady;
  }
  epoch_ = 0;
  for (bool going = true; going;) {
    const ThreadOrder order(int(threads_.size()), seed_++);
    for (size_t i = 0; i < threads_.size(); ++i) {
      Thread& thread = threads_[order(int(i))];
      if (thread.state != State::kReady) continue;
      if (!thread.fiber) start(thread);
      resume(thread);
      if (failure_) std::rethrow_exception(failure_);
    }
    going = finish_shuffles() || finish_barrier();
  }
  if (count_) count_->finish(int(threads_.size()));
}

std::string EmulatedBlock::describe(int thread) const {
  const Thread& t = threads_[thread];
  const std::string who = "thread " + std::to_string(thread);
  if (t.state == State::kDone) return who + " has returned";
  return who + " waits at the " + (t.state == State::kBarrier ? "barrier" : "shuffle") + " of " +
         at(t.where);
}

// Every thread waits or is done. Lets the warps that wait at a shuffle go on.
bool EmulatedBlock::finish_shuffles() {
  bool any = false;
  for (int first = 0; first < int(threads_.size()); first += kWarp) {
    const std::span warp(&threads_[first], std::min<size_t>(kWarp, threads_.size() - first));
    int in_shuffle = -1;
    for (int i = 0; i < int(warp.size()); ++i)
      if (warp[i].state == State::kShuffle) in_shuffle = i;
    if (in_shuffle < 0) continue;
    for (int i = 0; i < int(warp.size()); ++i)
      if (warp[i].state != State::kShuffle || at(warp[i].where) != at(warp[in_shuffle].where))
        warp[in_shuffle].context->fault("divergent shuffle: " + describe(first + in_shuffle) +
                                        ", " + describe(first + i));
    for (Thread& lane : warp) {
      if (lane.from < first || lane.from >= first + int(warp.size()))
        lane.context->fault("shuffle from thread " + std::to_string(lane.from) +
                            ", which is in another warp");
      lane.taken = threads_[lane.from].given;
      lane.state = State::kReady;
    }
    any = true;
  }
  return any;
}

// No warp can go on without the barrier. Either all threads wait at it, or all are done.
bool EmulatedBlock::finish_barrier() {
  for (size_t i = 1; i < threads_.size(); ++i)
    if (threads_[i].state != threads_[0].state || at(threads_[i].where) != at(threads_[0].where))
      threads_[i].context->fault("divergent barrier: " + describe(int(i)) + ", " + describe(0));
  if (threads_[0].state == State::kDone) return false;
  for (Thread& thread : threads_) thread.state = State::kReady;
  ++epoch_;
  if (count_) count_->barrier();
  return true;
}

EmulatedShared& EmulatedBlock::array(const FiberContext& thread, const void* key, int element_bytes,
                                     int count) {
  size_t total = 0;
  for (auto& array : arrays_) {
    if (array->key == key) return *array;
    total += array->bytes.size();
  }
  const size_t bytes = size_t(element_bytes) * size_t(count);
  if (total + bytes > kMaxSharedBytes)
    thread.fault(std::to_string(total + bytes) + " bytes of shared memory; a block has " +
                 std::to_string(kMaxSharedBytes));
  arrays_.push_back(std::make_unique<EmulatedShared>(EmulatedShared{
      key, int(arrays_.size()), element_bytes, std::vector<unsigned char>(bytes, 0xcb),
      std::vector<EmulatedShared::Touch>(size_t(count))}));
  if (count_) count_->shared_bytes(int64_t(total + bytes));
  return *arrays_.back();
}

unsigned char* EmulatedBlock::touch(const FiberContext& thread, EmulatedShared& array, int i,
                                    int bytes, int alignment, bool writes,
                                    const std::source_location& where) {
  const int me = thread.thread(), count = bytes / array.element_bytes;
  int at = i;
  const auto fail = [&](const std::string& what) {
    thread.fault((writes ? "store to" : "load from") + std::string(" shared element ") +
                 std::to_string(at) + " of " + std::to_string(array.touches.size()) + ": " + what);
  };
  if (i < 0 || i + count > int(array.touches.size())) fail("out of bounds");
  if (i % count != 0) fail("an access of " + std::to_string(bytes) + " bytes is not aligned");
  for (; at < i + count; ++at) {
    EmulatedShared::Touch& touch = array.touches[at];
    if (touch.write_epoch == epoch_ && touch.writer != me)
      fail("thread " + std::to_string(touch.writer) + " wrote it and no barrier lies between");
    if (writes) {
      if (touch.read_epoch == epoch_ && touch.reader != me)
        fail("another thread read it and no barrier lies between");
      touch.write_epoch = epoch_;
      touch.writer = me;
    } else {
      if (touch.write_epoch < 0) fail("nobody wrote it");
      touch.reader = touch.read_epoch == epoch_ && touch.reader != me ? EmulatedShared::kMany : me;
      touch.read_epoch = epoch_;
    }
  }
  if (count_)
    count_->note(BlockCount::Kind::kShared, me, array.number,
                 uint64_t(i) * uint64_t(array.element_bytes), uint64_t(bytes), uint64_t(alignment),
                 where);
  return &array.bytes[size_t(i) * size_t(array.element_bytes)];
}

void EmulatedBlock::wait_at_barrier(int thread, std::source_location where) {
  pause(threads_[thread], State::kBarrier, where);
}

uint64_t EmulatedBlock::exchange(int thread, uint64_t bits, uint64_t bytes, int from,
                                 std::source_location where) {
  if (count_) count_->note(BlockCount::Kind::kShuffle, thread, 0, 0, bytes, 4, where);
  threads_[thread].given = bits;
  threads_[thread].from = from;
  pause(threads_[thread], State::kShuffle, where);
  return threads_[thread].taken;
}

EmulatedShared& FiberContext::array(const void* key, int element_bytes, int count) const {
  return owner_->array(*this, key, element_bytes, count);
}
unsigned char* FiberContext::touch(EmulatedShared& array, int i, int bytes, int alignment,
                                   bool writes, const std::source_location& where) const {
  return owner_->touch(*this, array, i, bytes, alignment, writes, where);
}
void FiberContext::sync(std::source_location where) const {
  owner_->wait_at_barrier(thread(), where);
}
uint64_t FiberContext::exchange(uint64_t bits, uint64_t bytes, int from,
                                std::source_location where) const {
  return owner_->exchange(thread(), bits, bytes, from, where);
}

void run_fibers(const EmulatedContext& base, int threads, uint64_t seed,
                const std::function<void(FiberContext&)>& body) {
  // One set of fibers for each core that takes part.
  CountLaunches* const counting = CountLaunches::current();
  const auto cores = size_t(omp_get_max_threads());
  std::vector<std::unique_ptr<EmulatedBlock>> teams(cores);
  for_each_block(base.blocks(), [&](int64_t block) {
    auto& team = teams[size_t(omp_get_thread_num())];
    if (team == nullptr)
      team = std::make_unique<EmulatedBlock>(base, threads, seed, body, counting);
    team->run(block);
  });
}

}  // namespace poolbench::cuda
