// The emulator's counts (kernels/cuda/emulator/counts.h) of bodies whose counts are known.
#include <gtest/gtest.h>

#include "kernels/cuda/words.h"

namespace poolbench::cuda {
namespace {

struct CountedParams {
  const float* src;
  float* dst;
};
struct Triple {
  int64_t a, b, c;
};

// A body that is one function: kRun(context, params).
template <auto kRun, bool kShared, int kWarps>
struct CountedBody {
  using Params = CountedParams;
  static constexpr const char* kName = "counted";
  static constexpr int kThreads = 32 * kWarps;
  static constexpr bool kCooperative = kShared;
  static void run(auto& ctx, const Params& params) { kRun(ctx, params); }
};

// Counts it twice, in two orders of its threads.
template <auto kRun, bool kShared, int kWarps = 1>
LaunchCounts counts_of(int planted = 0, int64_t blocks = 1) {
  alignas(256) static float src[2048] = {}, dst[2048];
  EmulatedMemory memory;
  memory.regions = {{"src", reinterpret_cast<uintptr_t>(src), sizeof(src), Access::kIn},
                    {"dst", reinterpret_cast<uintptr_t>(dst), sizeof(dst), Access::kOut}};
  LaunchCounts counts[2];
  for (const int order : {0, 1}) {
    const CountLaunches count(planted);
    emulate<CountedBody<kRun, kShared, kWarps>>(memory, {src, dst}, blocks, uint64_t(order));
    counts[order] = count.counts();
  }
  EXPECT_EQ(counts[0].load_sectors, counts[1].load_sectors);
  EXPECT_EQ(counts[0].conflicts, counts[1].conflicts);
  EXPECT_EQ(counts[0].partial_at, counts[1].partial_at);
  return counts[1];
}

// Thread i loads element i * kStep + kFirst.
template <int kStep, int kFirst, class T = float>
constexpr auto kLoads = [](auto& ctx, const CountedParams& params) {
  (void)ctx.load(reinterpret_cast<const T*>(params.src) + ctx.thread() * kStep + kFirst);
};

TEST(CudaCounts, sectors_are_counted_once_an_instruction) {
  EXPECT_EQ((counts_of<kLoads<0, 0>, false>().load_sectors), 1);
  EXPECT_EQ((counts_of<kLoads<1, 0>, false>().load_sectors), 4);
  EXPECT_EQ((counts_of<kLoads<1, 1>, false>().load_sectors), 5);  // not on a sector's beginning
  EXPECT_EQ((counts_of<kLoads<2, 0>, false>().load_sectors), 8);
  EXPECT_EQ((counts_of<kLoads<8, 0>, false>().load_sectors), 32);
  EXPECT_EQ((counts_of<kLoads<9, 0>, false>().load_sectors), 32);
  EXPECT_EQ((counts_of<kLoads<1, 0, uint8_t>, false>().load_sectors), 1);
  EXPECT_EQ((counts_of<kLoads<1, 0, Words>, false>().load_sectors), 16);
}

TEST(CudaCounts, a_struct_is_several_accesses_of_its_alignment) {
  const LaunchCounts counts = counts_of<kLoads<1, 0, Triple>, false>();
  EXPECT_EQ(counts.loads, 3);
  EXPECT_EQ(counts.load_sectors, 3 * 24);  // each touches 24 of 768 bytes' sectors
}

TEST(CudaCounts, stores_are_apart_and_blocks_and_warps_add_up) {
  constexpr auto copies = [](auto& ctx, const CountedParams& params) {
    const int64_t at = ctx.block() * 64 + ctx.thread();
    ctx.store(params.dst + at, ctx.load(params.src + at));
  };
  const LaunchCounts counts = counts_of<copies, false, 2>(0, 20);
  EXPECT_EQ(counts.warps, 40);
  EXPECT_EQ(counts.loads, 40);
  EXPECT_EQ(counts.stores, 40);
  EXPECT_EQ(counts.load_sectors, 160);
  EXPECT_EQ(counts.store_sectors, 160);
  EXPECT_EQ(counts.partial, 0);
  EXPECT_EQ((counts_of<copies, true, 2>(0, 20).load_sectors), 160);
}

TEST(CudaCounts, passes_of_a_loop_are_instructions_of_their_own) {
  constexpr auto loops = [](auto& ctx, const CountedParams& params) {
    for (int i = 0; i < 3 + ctx.thread() / 31; ++i) (void)ctx.load(params.src + i);
  };
  const LaunchCounts counts = counts_of<loops, false>();
  EXPECT_EQ(counts.loads, 4);
  EXPECT_EQ(counts.load_sectors, 4);
  EXPECT_EQ(counts.partial, 1);  // the last thread's fourth
}

TEST(CudaCounts, what_part_of_a_warp_reaches_is_named) {
  static int line;
  constexpr auto halves = [](auto& ctx, const CountedParams& params) {
    line = __LINE__ + 1;
    if (ctx.thread() % 2 == 0) (void)ctx.load(params.src + ctx.thread());
    (void)ctx.load(params.src + ctx.thread());
  };
  const LaunchCounts counts = counts_of<halves, false>();
  EXPECT_EQ(counts.partial, 1);
  EXPECT_EQ(counts.partial_at.begin()->first, "emulator_counts_test.cpp:" + std::to_string(line));
}

// Thread i loads the i-th V of shared memory, steps of kStep elements of V apart.
template <class V, int kStep>
constexpr auto kShares = [](auto& ctx, const CountedParams&) {
  constexpr int kFloats = int(sizeof(V)) / 4 * 32 * (kStep > 0 ? kStep : 1);
  const auto shared = ctx.template shared<float, kFloats>();
  for (int i = ctx.thread(); i < kFloats; i += 32) shared.set(i, 0.0f);
  ctx.sync();
  (void)shared.template get<V>(ctx.thread() * kStep * int(sizeof(V)) / 4);
};

TEST(CudaCounts, words_of_one_bank_conflict) {
  EXPECT_EQ((counts_of<kShares<float, 0>, true>().conflicts), 0);  // all get one word
  EXPECT_EQ((counts_of<kShares<float, 1>, true>().conflicts), 0);
  EXPECT_EQ((counts_of<kShares<float, 2>, true>().conflicts), 1);
  EXPECT_EQ((counts_of<kShares<float, 3>, true>().conflicts), 0);
  EXPECT_EQ((counts_of<kShares<float, 32>, true>().conflicts), 31);
  EXPECT_EQ((counts_of<kShares<Words, 1>, true>().conflicts), 0);       // a quarter at a time
  EXPECT_EQ((counts_of<kShares<Words, 2>, true>().conflicts), 4);       // each quarter twice
  EXPECT_EQ((counts_of<kShares<uint64_t, 1>, true>().conflicts), 0);    // a half at a time
  EXPECT_EQ((counts_of<kShares<uint64_t, 16>, true>().conflicts), 30);  // 16 in two banks
}

TEST(CudaCounts, shared_memory_barriers_and_shuffles) {
  constexpr auto shuffles = [](auto& ctx, const CountedParams&) {
    const auto shared = ctx.template shared<float, 100>();
    shared.set(ctx.thread(), 1);
    ctx.sync();
    (void)ctx.shuffle_xor(shared.get(ctx.thread()), 1);
    (void)ctx.shuffle_xor(int64_t{1}, 2);
    ctx.sync();
  };
  const LaunchCounts counts = counts_of<shuffles, true, 2>(0, 3);
  EXPECT_EQ(counts.shared_bytes, 400);
  EXPECT_EQ(counts.barriers, 2 * 3);
  EXPECT_EQ(counts.shuffles, 3 * 2 * 3);  // two for eight bytes
  EXPECT_EQ(counts.shared, 2 * 2 * 3);
}

TEST(CudaCounts, a_planted_sector_is_one_more_a_warp) {
  EXPECT_EQ((counts_of<kLoads<1, 0>, false, 4>(1).load_sectors), 4 * 4 + 4);
  EXPECT_EQ((counts_of<kShares<float, 1>, true>(1).load_sectors), 1);
}

TEST(CudaCounts, nothing_is_counted_when_nobody_asks) {
  EXPECT_EQ(CountLaunches::current(), nullptr);
  const CountLaunches outer;
  { const CountLaunches inner; }
  EXPECT_EQ(CountLaunches::current(), &outer);
}

}  // namespace
}  // namespace poolbench::cuda
