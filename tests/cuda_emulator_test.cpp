// The emulator finds each fault that it is made to find, and passes a sound twin of each body.
#include <gtest/gtest.h>

#include "kernels/cuda/words.h"

namespace poolbench::cuda {
namespace {

// Memory of 64 floats to read and 64 to write.
struct Floats {
  alignas(256) float src[64];
  alignas(256) float dst[64];
  EmulatedMemory memory;

  Floats() {
    for (int i = 0; i < 64; ++i) {
      src[i] = float(i);
      dst[i] = -1;
    }
    memory.regions = {{"src", reinterpret_cast<uintptr_t>(src), sizeof(src), Access::kIn},
                      {"dst", reinterpret_cast<uintptr_t>(dst), sizeof(dst), Access::kOut}};
  }
};

struct FloatParams {
  const float* src;
  float* dst;
};

// Returns the fault that a launch reports, or nothing.
template <class Body>
std::string fault_of(Floats& floats, int64_t blocks, uint64_t seed = 0) {
  try {
    emulate<Body>(floats.memory, {floats.src, floats.dst}, blocks, seed);
  } catch (const EmulatorFault& fault) {
    return fault.what();
  }
  return "";
}

// Thread i copies element i + kOffset.
template <int kOffset>
struct CopyBody {
  using Params = FloatParams;
  static constexpr const char* kName = "copy";
  static constexpr int kThreads = 32;
  static constexpr bool kCooperative = false;
  static void run(auto& ctx, const Params& params) {
    const int64_t i = ctx.block() * kThreads + ctx.thread();
    ctx.store(params.dst + i, ctx.load(params.src + i + kOffset));
  }
};

TEST(CudaEmulator, takes_a_sound_copy) {
  Floats floats;
  EXPECT_EQ(fault_of<CopyBody<0>>(floats, 2), "");
  EXPECT_EQ(floats.dst[63], 63);
}

TEST(CudaEmulator, finds_a_load_one_element_beyond) {
  Floats floats;
  const std::string fault = fault_of<CopyBody<1>>(floats, 2);
  EXPECT_NE(fault.find("kernel copy, block 1 of 2, thread 31: load of 4 bytes"), std::string::npos)
      << fault;
  EXPECT_NE(fault.find("bytes [256, 260) of read-only src, which has 256"), std::string::npos)
      << fault;
}

TEST(CudaEmulator, finds_a_load_one_element_before) {
  Floats floats;
  const std::string fault = fault_of<CopyBody<-1>>(floats, 2);
  EXPECT_NE(fault.find("bytes [-4, 0) of read-only src"), std::string::npos) << fault;
}

TEST(CudaEmulator, finds_a_store_beyond) {
  Floats floats;
  EXPECT_NE(fault_of<CopyBody<-40>>(floats, 3), "");
}

struct StoreToSrcBody {
  using Params = FloatParams;
  static constexpr const char* kName = "store_to_src";
  static constexpr int kThreads = 32;
  static constexpr bool kCooperative = false;
  static void run(auto& ctx, const Params& params) {
    ctx.store(const_cast<float*>(params.src) + ctx.thread(), 0.0f);
  }
};

TEST(CudaEmulator, finds_a_store_to_the_input) {
  Floats floats;
  const std::string fault = fault_of<StoreToSrcBody>(floats, 1);
  EXPECT_NE(fault.find("read-only src"), std::string::npos) << fault;
}

// Thread i copies the 16 bytes from element 4 i + kOffset.
template <int kOffset>
struct RunBody {
  using Params = FloatParams;
  static constexpr const char* kName = "run";
  static constexpr int kThreads = 8;
  static constexpr bool kCooperative = false;
  static void run(auto& ctx, const Params& params) {
    const int at = 4 * ctx.thread();
    ctx.store(reinterpret_cast<Words*>(params.dst + at),
              ctx.load(reinterpret_cast<const Words*>(params.src + at + kOffset)));
  }
};

TEST(CudaEmulator, finds_a_misaligned_16_byte_load) {
  Floats floats;
  EXPECT_EQ(fault_of<RunBody<0>>(floats, 1), "");
  const std::string fault = fault_of<RunBody<2>>(floats, 1);
  EXPECT_NE(fault.find("is not aligned to 16"), std::string::npos) << fault;
}

enum class Break { kNothing, kNoBarrier, kOneThreadLeaves, kTwoBarriers, kUnwritten, kBeyond };

// Writes a block's elements to shared memory and stores them in reverse.
template <Break kBreak>
struct ReverseBody {
  using Params = FloatParams;
  static constexpr const char* kName = "reverse";
  static constexpr int kThreads = 64;
  static constexpr bool kCooperative = true;
  static void run(auto& ctx, const Params& params) {
    const auto values = ctx.template shared<float, kThreads>();
    const int i = ctx.thread();
    if (kBreak != Break::kUnwritten || i != 5) values.set(i, ctx.load(params.src + i));
    if (kBreak == Break::kOneThreadLeaves && i == 3) return;
    if (kBreak == Break::kTwoBarriers && i < 32)
      ctx.sync();
    else if (kBreak != Break::kNoBarrier)
      ctx.sync();
    ctx.store(params.dst + i, values.get(kThreads - (kBreak == Break::kBeyond ? 0 : 1) - i));
  }
};

TEST(CudaEmulator, takes_a_sound_barrier) {
  Floats floats;
  EXPECT_EQ(fault_of<ReverseBody<Break::kNothing>>(floats, 3), "");
  EXPECT_EQ(floats.dst[0], 63);
}

TEST(CudaEmulator, finds_a_removed_barrier_whatever_the_order) {
  for (uint64_t seed = 0; seed < 32; ++seed) {
    Floats floats;
    const std::string fault = fault_of<ReverseBody<Break::kNoBarrier>>(floats, 1, seed);
    EXPECT_TRUE(fault.find("no barrier lies between") != std::string::npos ||
                fault.find("nobody wrote it") != std::string::npos)
        << seed << ": " << fault;
  }
}

// Of two threads one writes an element and the other one reads it, or writes it too.
template <bool kBothWrite>
struct RaceBody {
  using Params = FloatParams;
  static constexpr const char* kName = "race";
  static constexpr int kThreads = 32;
  static constexpr bool kCooperative = true;
  static void run(auto& ctx, const Params& params) {
    const auto value = ctx.template shared<float, 1>();
    const int i = ctx.thread();
    if (i == 0) value.set(0, 1.0f);
    ctx.sync();
    if (i == 1 || (kBothWrite && i == 2)) value.set(0, 2.0f);
    if (!kBothWrite && i == 2) ctx.store(params.dst, value.get(0));
  }
};

TEST(CudaEmulator, finds_a_race_of_two_threads_whoever_comes_first) {
  int read_first = 0, written_first = 0;
  for (uint64_t seed = 0; seed < 32; ++seed) {
    Floats floats;
    const std::string fault = fault_of<RaceBody<false>>(floats, 1, seed);
    read_first += fault.find("another thread read it") != std::string::npos;
    written_first += fault.find("thread 1 wrote it") != std::string::npos;
    EXPECT_NE(fault_of<RaceBody<true>>(floats, 1, seed).find("wrote it"), std::string::npos)
        << seed;
  }
  EXPECT_EQ(read_first + written_first, 32);
  EXPECT_GT(read_first, 0);
  EXPECT_GT(written_first, 0);
}

TEST(CudaEmulator, finds_a_barrier_that_one_thread_skips) {
  Floats floats;
  const std::string fault = fault_of<ReverseBody<Break::kOneThreadLeaves>>(floats, 1);
  EXPECT_NE(fault.find("divergent barrier"), std::string::npos) << fault;
  EXPECT_NE(fault.find("thread 3 has returned"), std::string::npos) << fault;
}

TEST(CudaEmulator, finds_threads_at_different_barriers) {
  Floats floats;
  const std::string fault = fault_of<ReverseBody<Break::kTwoBarriers>>(floats, 1);
  EXPECT_NE(fault.find("divergent barrier"), std::string::npos) << fault;
}

TEST(CudaEmulator, finds_a_shared_element_that_nobody_wrote) {
  Floats floats;
  const std::string fault = fault_of<ReverseBody<Break::kUnwritten>>(floats, 1);
  EXPECT_NE(fault.find("shared element 5 of 64: nobody wrote it"), std::string::npos) << fault;
}

TEST(CudaEmulator, finds_a_shared_element_out_of_bounds) {
  Floats floats;
  const std::string fault = fault_of<ReverseBody<Break::kBeyond>>(floats, 1);
  EXPECT_NE(fault.find("shared element 64 of 64: out of bounds"), std::string::npos) << fault;
}

// Each warp sums its elements. kBroken: one lane returns early.
template <bool kBroken>
struct WarpSumBody {
  using Params = FloatParams;
  static constexpr const char* kName = "warp_sum";
  static constexpr int kThreads = 64;
  static constexpr bool kCooperative = true;
  static void run(auto& ctx, const Params& params) {
    const int i = ctx.thread();
    float sum = ctx.load(params.src + i);
    if (kBroken && i == 40) return;
    for (int mask = 16; mask > 0; mask /= 2) sum += ctx.shuffle_xor(sum, mask);
    ctx.store(params.dst + i, sum);
  }
};

TEST(CudaEmulator, shuffles_within_warps) {
  Floats floats;
  EXPECT_EQ(fault_of<WarpSumBody<false>>(floats, 1), "");
  EXPECT_EQ(floats.dst[0], 31 * 32 / 2);
  EXPECT_EQ(floats.dst[63], 31 * 32 / 2 + 32 * 32);
}

TEST(CudaEmulator, finds_a_shuffle_that_one_lane_skips) {
  Floats floats;
  const std::string fault = fault_of<WarpSumBody<true>>(floats, 1);
  EXPECT_NE(fault.find("divergent shuffle"), std::string::npos) << fault;
  EXPECT_NE(fault.find("thread 40 has returned"), std::string::npos) << fault;
}

// A launch may touch the operands and tables that its arguments point at, as the list says.
TEST(CudaEmulator, guards_every_operand_of_the_list) {
  PoolArgs args{};
  args.n = args.c = 2;
  for (Axis& axis : args.axis) {
    axis.src = 3;
    axis.dst = 2;
  }
  args.dtype = int32_t(DType::kF16);
  Floats memory;
  args.src = memory.src;
  args.dst = memory.dst;
  args.scratch = memory.dst;
  int64_t indices = 0;
  args.indices = &indices;
  const Window windows[2] = {};
  args.table[2] = {windows, 0};
  const auto regions = EmulatedMemory(args, 48).regions;
  ASSERT_EQ(regions.size(), std::size(kRoles) + 1);
  for (size_t i = 0; i < std::size(kRoles); ++i) {
    EXPECT_STREQ(regions[i].name, kRoles[i].name);
    EXPECT_EQ(regions[i].begin, reinterpret_cast<uintptr_t>(operand_address(args, kRoles[i].role)));
    EXPECT_EQ(regions[i].bytes, uint64_t(operand_bytes(args, kRoles[i].role, 48)));
    EXPECT_EQ(regions[i].access, kRoles[i].access);
  }
  EXPECT_EQ(regions.back().bytes, sizeof(windows));
  EXPECT_EQ(operand_bytes(args, Role::kSrc, 48), 4 * 27 * 2);
  EXPECT_EQ(operand_bytes(args, Role::kIndices, 48), 4 * 8 * 8);
}

TEST(CudaEmulator, carries_a_fault_out_of_many_blocks) {
  Floats floats;
  EXPECT_NE(fault_of<CopyBody<0>>(floats, 4096), "");
}

}  // namespace
}  // namespace poolbench::cuda
