#include "host/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "host/fp_env.h"

namespace poolbench {
namespace {

constexpr int64_t kGuard = 64 << 10;
constexpr int64_t kPage = whole_pages(1);
constexpr uint8_t kPatterns[] = {0xa5, 0x5a};
constexpr int64_t kPart =
    16 << 20;  // of an input read back at a time: new pages cost more than the copy

// The first of `bytes` bytes at `address` that is not `pattern`.
std::optional<int64_t> first_change(Substrate& substrate, const void* address, int64_t bytes,
                                    uint8_t pattern) {
  std::vector<uint8_t> seen(static_cast<size_t>(bytes));
  substrate.read(seen.data(), address, bytes);
  const auto it = std::find_if(seen.begin(), seen.end(), [&](uint8_t b) { return b != pattern; });
  if (it == seen.end()) return std::nullopt;
  return it - seen.begin();
}

// Whether `bytes` bytes at `address` of the substrate are those at `expected` of the host.
bool holds(Substrate& substrate, const void* address, const void* expected, int64_t bytes) {
  std::vector<std::byte> now(static_cast<size_t>(std::min(bytes, kPart)));
  for (int64_t at = 0; at < bytes; at += kPart) {
    const int64_t part = std::min(kPart, bytes - at);
    substrate.read(now.data(), static_cast<const char*>(address) + at, part);
    if (std::memcmp(now.data(), static_cast<const char*>(expected) + at,
                    static_cast<size_t>(part)) != 0)
      return false;
  }
  return true;
}

}  // namespace

Outputs read_outputs(Substrate& substrate, const std::vector<Operand>& operands,
                     const Tensors& tensors) {
  Outputs outputs;
  for (const Operand& operand : operands) {
    if (operand.access != Access::kOut) continue;
    std::vector<std::byte>& bytes = outputs[operand.role];
    bytes.resize(static_cast<size_t>(operand.bytes));
    substrate.read(bytes.data(), tensors[operand.role], operand.bytes);
  }
  return outputs;
}

TensorSet::TensorSet(Substrate& substrate, std::vector<Operand> operands, const Inputs& inputs,
                     int64_t behind)
    : substrate_(&substrate),
      placement_(std::move(operands), kGuard),
      behind_(behind),
      memory_(substrate, placement_.bytes() + kPage),
      base_(memory_.at((kPage - reinterpret_cast<intptr_t>(memory_.at()) % kPage) % kPage)),
      shifts_(placement_.operands().size(), 0) {
  place(inputs);
}

TensorSet::TensorSet(Substrate& substrate, const Problem& problem, const void* src,
                     int64_t scratch_bytes)
    : TensorSet(substrate, poolbench::operands(problem, scratch_bytes), inputs_of(src)) {}

void TensorSet::place(const Inputs& inputs) {
  for (size_t i = 0; i < shifts_.size(); ++i) {
    const Operand& operand = placement_.operands()[i];
    tensors_[operand.role] = at(begin(i));
    if (operand.access == Access::kIn)
      substrate_->write(tensors_[operand.role], inputs[operand.role], operand.bytes);
  }
}

void TensorSet::move_to_end(const Inputs& inputs) {
  for (size_t i = 0; i < shifts_.size(); ++i) {
    const Operand& operand = placement_.operands()[i];
    const int64_t room = pages(i) - operand.bytes - behind_;
    shifts_[i] = room / operand.alignment * operand.alignment;
  }
  place(inputs);
}

std::vector<GuardPages::Range> TensorSet::guards() const {
  std::vector<GuardPages::Range> ranges;
  int64_t from = 0;
  for (size_t i = 0; i < shifts_.size(); ++i) {
    const int64_t first = placement_.begin(i);
    ranges.push_back({static_cast<char*>(at(from)), static_cast<char*>(at(first))});
    from = first + pages(i);
  }
  ranges.push_back({static_cast<char*>(at(from)), static_cast<char*>(at(placement_.bytes()))});
  return ranges;
}

std::string TensorSet::describe(const char* in_guard) const {
  const int64_t where = in_guard - static_cast<char*>(base_);
  std::string text;
  int64_t least = placement_.bytes();
  for (size_t i = 0; i < shifts_.size(); ++i) {
    const bool before = where < begin(i);
    const int64_t distance = before ? begin(i) - where : where - end(i);
    if (distance >= least) continue;
    least = distance;
    text = fmt::format("{} bytes {} {}", distance, before ? "before" : "behind",
                       placement_.operands()[i].name);
  }
  return text;
}

void TensorSet::poison(uint8_t pattern) {
  int64_t from = 0;
  for (size_t i = 0; i < placement_.operands().size(); ++i) {
    if (placement_.operands()[i].access != Access::kIn) continue;
    substrate_->fill(at(from), pattern, begin(i) - from);
    from = end(i);
  }
  substrate_->fill(at(from), pattern, placement_.bytes() - from);
}

std::string TensorSet::violation(const Inputs& inputs, uint8_t pattern) const {
  const std::vector<Operand>& operands = placement_.operands();
  const auto guard = [&](std::string_view where, std::string_view name, int64_t from,
                         int64_t to) -> std::string {
    const auto byte = first_change(*substrate_, at(from), to - from, pattern);
    if (!byte) return {};
    return fmt::format("writes {} {}: byte {} of the guard there was changed", where, name, *byte);
  };
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i == 0)
      if (auto broken = guard("before", operands[i].name, 0, begin(i)); !broken.empty())
        return broken;
    const int64_t next = i + 1 < operands.size() ? begin(i + 1) : placement_.bytes();
    if (auto broken = guard("behind", operands[i].name, end(i), next); !broken.empty())
      return broken;
  }
  for (const Operand& operand : operands)
    if (operand.access == Access::kIn &&
        !holds(*substrate_, tensors_[operand.role], inputs[operand.role], operand.bytes))
      return fmt::format("changes its input {}", operand.name);
  return {};
}

Outcome run_checked(Plan& plan, Substrate& substrate, const std::vector<Operand>& operands,
                    const Inputs& inputs) {
  TensorSet set(substrate, operands, inputs, plan.reads_behind());
  FpGuard recorded;  // a device's work is enqueued here
  const auto recording =
      substrate.record([&](Stream stream) { plan.launch(set.tensors(), stream); });
  if (std::string change = recorded.restore(); !change.empty())
    return {read_outputs(substrate, operands, set.tensors()), std::move(change)};
  const auto writes = [](const Operand& o) { return o.access == Access::kOut && o.bytes > 0; };
  if (recording->empty() && std::any_of(operands.begin(), operands.end(), writes))
    return {read_outputs(substrate, operands, set.tensors()),
            "enqueues nothing on the stream that it is given"};
  const bool on_host = substrate.device().substrate == "host";
  const auto run = [&](uint8_t pattern) {
    set.poison(pattern);
    FpGuard guard;
    GuardPages pages(on_host ? set.guards() : std::vector<GuardPages::Range>());
    recording->replay();
    const auto touched = pages.open();
    std::string broken = recording->fp_change();
    if (broken.empty() && on_host) broken = guard.restore_team();
    if (broken.empty()) broken = set.violation(inputs, pattern);
    if (broken.empty() && touched)
      broken = fmt::format("reads beyond its operands: {}", set.describe(*touched));
    return Outcome{set.read(), std::move(broken)};
  };
  Outcome outcome = run(kPatterns[0]);
  if (!outcome.broken.empty()) return outcome;
  if (on_host) set.move_to_end(inputs);
  const Outcome again = run(kPatterns[1]);
  outcome.broken = again.broken;
  for (const Operand& operand : operands) {
    if (!outcome.broken.empty()) break;
    const std::vector<std::byte>&a = outcome.outputs[operand.role],
          &b = again.outputs[operand.role];
    const auto at = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
    if (at == static_cast<int64_t>(a.size())) continue;
    outcome.broken = fmt::format(
        "leaves element {} of {} unwritten, or does not compute it from the input alone: two runs "
        "on differently poisoned outputs differ",
        at / operand.element_bytes, operand.name);
  }
  return outcome;
}

Outcome run_checked(Plan& plan, Substrate& substrate, const Problem& problem, const void* src) {
  return run_checked(plan, substrate, operands(problem, plan.scratch_bytes()), inputs_of(src));
}

}  // namespace poolbench
