#include "bench/time/profile.h"

#include <fmt/format.h>

#include "host/substrates/nvtx.h"

namespace poolbench {
namespace {

// Overwrites the whole cache, so that it holds nothing of the tensors.
void flush_cache(Substrate& substrate) {
  const Device& device = substrate.device();
  const int64_t bytes = std::min(3 * device.cache_bytes, device.memory_bytes / 4);
  const Buffer buffer(substrate, bytes);
  substrate.fill(buffer.at(), 0, bytes);
}

void launch_in_range(const Prepared& prepared, const Problem& problem, const Input& input,
                     Temperature temperature) {
  Substrate& substrate = prepared.contender.backend->substrate();
  TensorSet set(substrate, problem, input.src.data(), prepared.plan->scratch_bytes());
  const auto recording =
      substrate.record([&](Stream stream) { prepared.plan->launch(set.tensors(), stream); });
  if (temperature == Temperature::kHot)
    recording->replay();
  else
    flush_cache(substrate);
  const ProfilerRange range(fmt::format("{}/{}", prepared.contender.name(), to_text(problem)));
  recording->replay();
}

}  // namespace

std::vector<Verdict> profile(const std::vector<Contender>& contenders, const Problem& problem,
                             const Input& input, Temperature temperature) {
  std::vector<Verdict> verdicts;
  Judge judge(problem, input);
  for (const Contender& contender : contenders) {
    const Prepared prepared = prepare(contender, problem);
    Verdict verdict = judge.verify(prepared);
    if (verdict.status == Status::kOk) try {
        launch_in_range(prepared, problem, input, temperature);
        prepared.plan->rest();
      } catch (const std::exception& error) {
        verdict.status = Status::kError;
        verdict.reason = error.what();
      }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace poolbench
