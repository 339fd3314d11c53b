#include "host/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "host/fp_env.h"

namespace poolbench {
namespace {

constexpr int64_t kGuard = 64 << 10;
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

TensorSet::TensorSet(Substrate& substrate, std::vector<Operand> operands, const Inputs& inputs)
    : substrate_(&substrate),
      placement_(std::move(operands), kGuard),
      memory_(substrate, placement_.bytes()),
      tensors_(placement_.at(memory_.at())) {
  for (const Operand& operand : placement_.operands())
    if (operand.access == Access::kIn)
      substrate.write(tensors_[operand.role], inputs[operand.role], operand.bytes);
}

TensorSet::TensorSet(Substrate& substrate, const Problem& problem, const void* src,
                     int64_t scratch_bytes)
    : TensorSet(substrate, poolbench::operands(problem, scratch_bytes), inputs_of(src)) {}

void TensorSet::poison(uint8_t pattern) {
  int64_t from = 0;
  for (size_t i = 0; i < placement_.operands().size(); ++i) {
    if (placement_.operands()[i].access != Access::kIn) continue;
    substrate_->fill(memory_.at(from), pattern, placement_.begin(i) - from);
    from = placement_.end(i);
  }
  substrate_->fill(memory_.at(from), pattern, placement_.bytes() - from);
}

std::string TensorSet::violation(const Inputs& inputs, uint8_t pattern) const {
  const std::vector<Operand>& operands = placement_.operands();
  const auto guard = [&](std::string_view where, std::string_view name, int64_t begin,
                         int64_t end) -> std::string {
    const auto at = first_change(*substrate_, memory_.at(begin), end - begin, pattern);
    if (!at) return {};
    return fmt::format("writes {} {}: byte {} of the guard there was changed", where, name, *at);
  };
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i == 0)
      if (auto broken = guard("before", operands[i].name, 0, placement_.begin(i)); !broken.empty())
        return broken;
    const int64_t next = i + 1 < operands.size() ? placement_.begin(i + 1) : placement_.bytes();
    if (auto broken = guard("behind", operands[i].name, placement_.end(i), next); !broken.empty())
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
  TensorSet set(substrate, operands, inputs);
  FpGuard recorded;  // a device's work is enqueued here
  const auto recording =
      substrate.record([&](Stream stream) { plan.launch(set.tensors(), stream); });
  if (std::string change = recorded.restore(); !change.empty())
    return {read_outputs(substrate, operands, set.tensors()), std::move(change)};
  const auto writes = [](const Operand& o) { return o.access == Access::kOut && o.bytes > 0; };
  if (recording->empty() && std::any_of(operands.begin(), operands.end(), writes))
    return {read_outputs(substrate, operands, set.tensors()),
            "enqueues nothing on the stream that it is given"};
  const auto run = [&](uint8_t pattern) {
    set.poison(pattern);
    FpGuard guard;
    recording->replay();
    std::string change = recording->fp_change();
    if (change.empty() && substrate.device().substrate == "host") change = guard.restore_team();
    return Outcome{set.read(), change.empty() ? set.violation(inputs, pattern) : change};
  };
  Outcome outcome = run(kPatterns[0]);
  if (!outcome.broken.empty()) return outcome;
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
