#include "host/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace poolbench {
namespace {

constexpr int64_t kGuard = 4096;  // also keeps every tensor aligned
constexpr uint8_t kPatterns[] = {0xa5, 0x5a};
constexpr int64_t kPart = 16 << 20;  // of an input read back: new pages cost more than the copy

int64_t align(int64_t bytes) { return (bytes + kGuard - 1) / kGuard * kGuard; }

// The first place in `bytes` bytes at `address` that is not `pattern`.
std::optional<int64_t> first_change(Substrate& substrate, const void* address, int64_t bytes,
                                    uint8_t pattern) {
  std::vector<uint8_t> seen(bytes);
  substrate.read(seen.data(), address, bytes);
  const auto it = std::find_if(seen.begin(), seen.end(), [&](uint8_t b) { return b != pattern; });
  if (it == seen.end()) return std::nullopt;
  return it - seen.begin();
}

}  // namespace

TensorSet::TensorSet(Substrate& substrate, const Problem& problem, const void* src,
                     int64_t scratch_bytes)
    : substrate_(&substrate),
      src_bytes_(problem.src_bytes()),
      dst_bytes_(problem.dst_bytes()),
      index_bytes_(problem.index_bytes()),
      scratch_bytes_(scratch_bytes),
      dst_at_(kGuard + align(src_bytes_) + kGuard),
      index_at_(dst_at_ + align(dst_bytes_) + kGuard),
      scratch_at_(index_at_ + align(index_bytes_) + kGuard),
      end_(scratch_at_ + align(scratch_bytes_) + kGuard) {
  memory_ = Buffer(substrate, end_);
  tensors_ = {memory_.at(kGuard), memory_.at(dst_at_),
              problem.spec().indices ? static_cast<int64_t*>(memory_.at(index_at_)) : nullptr,
              scratch_bytes > 0 ? memory_.at(scratch_at_) : nullptr};
  substrate.write(memory_.at(kGuard), src, src_bytes_);
}

void TensorSet::poison(uint8_t pattern) {
  substrate_->fill(memory_.at(), pattern, kGuard);
  const int64_t after_src = kGuard + src_bytes_;
  substrate_->fill(memory_.at(after_src), pattern, end_ - after_src);
}

std::vector<std::byte> TensorSet::read_dst() const {
  std::vector<std::byte> dst(dst_bytes_);
  substrate_->read(dst.data(), tensors_.dst, dst_bytes_);
  return dst;
}

std::vector<int64_t> TensorSet::read_indices() const {
  std::vector<int64_t> indices(index_bytes_ / sizeof(int64_t));
  if (!indices.empty()) substrate_->read(indices.data(), tensors_.indices, index_bytes_);
  return indices;
}

std::string TensorSet::violation(const void* src, uint8_t pattern) const {
  struct Guard {
    const char* where;
    int64_t begin, end;
  };
  const Guard guards[] = {{"before src", 0, kGuard},
                          {"behind src", kGuard + src_bytes_, dst_at_},
                          {"behind dst", dst_at_ + dst_bytes_, index_at_},
                          {"behind indices", index_at_ + index_bytes_, scratch_at_},
                          {"behind scratch", scratch_at_ + scratch_bytes_, end_}};
  for (const Guard& guard : guards)
    if (const auto at =
            first_change(*substrate_, memory_.at(guard.begin), guard.end - guard.begin, pattern))
      return fmt::format("writes {}: byte {} of the guard there was changed", guard.where, *at);
  std::vector<std::byte> now(std::min(src_bytes_, kPart));
  for (int64_t at = 0; at < src_bytes_; at += kPart) {
    const int64_t bytes = std::min(kPart, src_bytes_ - at);
    substrate_->read(now.data(), memory_.at(kGuard + at), bytes);
    if (std::memcmp(now.data(), static_cast<const char*>(src) + at, bytes) != 0)
      return "changes its input";
  }
  return {};
}

Outcome run_checked(Plan& plan, Substrate& substrate, const Problem& problem, const void* src) {
  TensorSet set(substrate, problem, src, plan.scratch_bytes());
  const auto recording =
      substrate.record([&](Stream stream) { plan.launch(set.tensors(), stream); });
  const auto run = [&](uint8_t pattern) {
    set.poison(pattern);
    recording->replay();
    return Outcome{set.read_dst(), set.read_indices(), set.violation(src, pattern)};
  };
  Outcome outcome = run(kPatterns[0]);
  if (!outcome.broken.empty()) return outcome;
  const Outcome again = run(kPatterns[1]);
  outcome.broken = again.broken;
  if (!outcome.broken.empty()) return outcome;

  const auto differs = [&](const auto& a, const auto& b, int64_t element, const char* what) {
    const auto at = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
    if (at == static_cast<int64_t>(a.size()) || !outcome.broken.empty()) return;
    outcome.broken = fmt::format(
        "leaves element {} of {} unwritten, or does not compute it from the input alone: two runs "
        "on differently poisoned outputs differ",
        at / element, what);
  };
  const int64_t outputs = problem.dst_count();
  differs(outcome.dst, again.dst, outputs > 0 ? problem.dst_bytes() / outputs : 1, "dst");
  differs(outcome.indices, again.indices, 1, "indices");
  return outcome;
}

}  // namespace poolbench
