#include "bench/time/ground.h"

#include <algorithm>

namespace poolbench {
namespace {

constexpr int64_t kMostSets = 16'384;
// Between two contenders so much is read, or the whole cache where it is smaller: dirty lines that
// one leaves are not written back on the other's time.
constexpr int64_t kBetween = int64_t{64} << 20;

// Hot: two inputs with one output, so that what stands in the output is another input's, unless
// only one of them fits the cache. Cold: as many sets as are not needed again before they are cold,
// with what is read between contenders; fewer where memory ends, and then more is read.
Sets::Layout layout_for(const Substrate& substrate, const Cache& cache, const Problem& problem,
                        bool cold, const Ground::Needs& needs, int64_t between) {
  const std::vector<Operand> list = operands(problem);
  const auto hot = [&](int64_t count) { return Sets::Layout(list, count, false); };
  const auto level = [&](const Sets::Layout& layout) {
    return cache_level(substrate.device(), layout.bytes(), usable_processors());
  };
  if (!cold) return level(hot(2)) == level(hot(1)) ? hot(2) : hot(1);
  const int64_t one = Sets::Layout(list, 1, true).bytes();
  const double sample = double(needs.launches) * double(std::max<int64_t>(needs.bytes, 1));
  const double samples = double(cache.distance()) / (sample + double(between));
  // Twice a sample's at least: a set comes back after half of them or later, so never in a sample.
  const double wanted = (std::max(samples, 1.0) + 1) * double(needs.launches) + 1;
  const int64_t most = std::min(substrate.device().memory_bytes / 4 / one, kMostSets);
  return Sets::Layout(list, int64_t(std::clamp(wanted, 2.0, std::max(double(most), 2.0))), true);
}

}  // namespace

Ground::Ground(Substrate& substrate, Cache& cache, const Problem& problem, const Input& input,
               bool cold, const Needs& needs, Arenas& arenas, std::mt19937_64& random)
    : cache(&cache),
      layout(layout_for(substrate, cache, problem, cold, needs, between())),
      touched(static_cast<size_t>(layout.count), 0) {
  void* arena = arenas.get(substrate, Arenas::kSets, layout.bytes());
  sets = std::make_unique<Sets>(substrate, layout, arena, random);
  sets->write(inputs_of(input.src.data()), needs.right ? *needs.right : Outputs());
  if (!cold) level = cache_level(substrate.device(), layout.bytes(), usable_processors());
  if (needs.scratch > 0) {
    scratch_bytes_ = whole_pages(needs.scratch);
    const int64_t room = substrate.device().memory_bytes / 8 / scratch_bytes_;
    if (cold)
      scratch_slots_ = std::clamp<int64_t>(cache.distance() / scratch_bytes_ + 1, 1,
                                           std::max<int64_t>(std::min(room, sets->count()), 1));
    scratch_ = static_cast<char*>(
        arenas.get(substrate, Arenas::kScratch, scratch_bytes_ * scratch_slots_));
  }
  if (needs.right && problem.dst_count() > 0)
    proof = std::make_unique<Proof>(problem, input.src, *needs.right, *sets, random);
  // All was touched just now.
  cache.pass(layout.bytes());
  std::ranges::fill(touched, cache.now());
}

std::vector<Tensors> Ground::tensors(const std::vector<int64_t>& which) {
  std::vector<Tensors> list;
  for (const int64_t set : which) {
    list.push_back(sets->at(set));
    if (scratch_ == nullptr) continue;
    list.back()[Role::kScratch] = scratch_ + scratch_at_ * scratch_bytes_;
    scratch_at_ = (scratch_at_ + 1) % scratch_slots_;
  }
  return list;
}

Tensors Ground::like_a_set(void* memory) const {
  Tensors tensors = layout.inputs.at(memory);
  const Tensors outputs = layout.outputs.at(static_cast<char*>(memory) + layout.inputs.bytes());
  for (const Operand& operand : layout.outputs.operands())
    tensors[operand.role] = outputs[operand.role];
  tensors[Role::kScratch] = scratch_;
  return tensors;
}

int64_t Ground::between() const { return std::min(cache->last_level(), kBetween); }

int64_t Ground::distance(const std::vector<int64_t>& which) const {
  int64_t least = cache->now();
  for (const int64_t set : which) least = std::min(least, cache->now() - touched[set]);
  return least;
}

void Ground::cool(const std::vector<int64_t>& which) const {
  cache->clean(std::max(between(), cache->distance() - distance(which)));
}

void Ground::used(const std::vector<int64_t>& which, int64_t bytes) {
  cache->pass(bytes * int64_t(which.size()));
  for (const int64_t set : which) touched[set] = cache->now();
}

}  // namespace poolbench
