#include "kernels/cuda/emulator/counts.h"

#include <algorithm>
#include <set>

namespace poolbench::cuda {
namespace {

constexpr int kWarp = 32, kBanks = 32;
constexpr uint64_t kSector = 32, kWord = 4, kMostBytes = 16;

thread_local CountLaunches* g_current = nullptr;

}  // namespace

CountLaunches::CountLaunches(int planted) : planted_(planted), outer_(g_current) {
  g_current = this;
}
CountLaunches::~CountLaunches() { g_current = outer_; }
CountLaunches* CountLaunches::current() { return g_current; }

std::string BlockCount::Site::text() const {
  const std::string_view file = where.file_name();
  return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(where.line());
}

int32_t BlockCount::site_of(Kind kind, uint64_t piece, const std::source_location& where) {
  const auto [known, is_new] = numbers_.try_emplace(
      {where.file_name(), where.line(), where.column(), kind, piece}, int32_t(sites_.size()));
  if (is_new) sites_.push_back({where, kind, {}});
  return known->second;
}

void BlockCount::note(Kind kind, int thread, int memory, uint64_t offset, uint64_t bytes,
                      uint64_t alignment, const std::source_location& where) {
  const bool whole = bytes <= kMostBytes && (bytes & (bytes - 1)) == 0;
  const uint64_t step = kind == Kind::kShuffle ? kWord
                        : whole                ? bytes
                                               : std::min(alignment, kMostBytes);
  for (uint64_t done = 0; done < bytes; done += step) {
    const int32_t site = site_of(kind, done, where);
    std::vector<int32_t>& passes = sites_[size_t(site)].passes;
    if (passes.size() <= size_t(thread)) passes.resize(size_t(thread) + 1);
    parts_.push_back({.warp = thread / kWarp,
                      .site = site,
                      .pass = passes[size_t(thread)]++,
                      .lane = thread % kWarp,
                      .memory = memory,
                      .bytes = uint32_t(step),
                      .offset = offset + done});
  }
}

void BlockCount::add_instruction(const Part* begin, const Part* end, LaunchCounts& counts) const {
  const Site& site = sites_[size_t(begin->site)];
  if (end - begin < kWarp) {
    ++counts.partial;
    ++counts.partial_at[site.text()];
  }
  if (site.kind == Kind::kShuffle) {
    ++counts.shuffles;
    return;
  }
  if (site.kind != Kind::kShared) {
    std::set<std::pair<int32_t, uint64_t>> sectors;
    for (const Part* part = begin; part < end; ++part)
      for (uint64_t at = part->offset / kSector; at <= (part->offset + part->bytes - 1) / kSector;
           ++at)
        sectors.insert({part->memory, at});
    const bool loads = site.kind == Kind::kLoad;
    ++(loads ? counts.loads : counts.stores);
    (loads ? counts.load_sectors : counts.store_sectors) += int64_t(sectors.size());
    return;
  }
  ++counts.shared;
  const int lanes = kWarp / int(std::max<uint64_t>(begin->bytes / kWord, 1));  // at a time
  for (int first = 0; first < kWarp; first += lanes) {
    std::set<std::pair<int32_t, uint64_t>> words;
    for (const Part* part = begin; part < end; ++part)
      if (part->lane >= first && part->lane < first + lanes)
        for (uint64_t at = part->offset / kWord; at <= (part->offset + part->bytes - 1) / kWord;
             ++at)
          words.insert({part->memory, at});
    int64_t of_bank[kBanks] = {};
    for (const auto& [memory, word] : words) ++of_bank[word % kBanks];
    counts.conflicts += std::max<int64_t>(*std::ranges::max_element(of_bank) - 1, 0);
  }
}

void BlockCount::finish(int threads) {
  std::ranges::sort(parts_, {}, &Part::instruction);
  LaunchCounts counts;
  for (size_t begin = 0, end = 0; begin < parts_.size(); begin = end) {
    while (end < parts_.size() && parts_[end].instruction() == parts_[begin].instruction()) ++end;
    add_instruction(&parts_[begin], parts_.data() + end, counts);
  }
  {
    const std::lock_guard lock(into_.mutex_);
    LaunchCounts& all = into_.counts_;
    all.warps += threads / kWarp;
    all.loads += counts.loads, all.stores += counts.stores;
    all.load_sectors += counts.load_sectors, all.store_sectors += counts.store_sectors;
    all.shared += counts.shared, all.conflicts += counts.conflicts;
    all.shuffles += counts.shuffles, all.barriers += barriers_, all.partial += counts.partial;
    all.shared_bytes = std::max(all.shared_bytes, shared_bytes_);
    for (const auto& [site, times] : counts.partial_at) all.partial_at[site] += times;
  }
  numbers_.clear(), sites_.clear(), parts_.clear();
  barriers_ = 0;
}

}  // namespace poolbench::cuda
