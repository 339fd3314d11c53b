#include "bench/time/profile.h"

#include <fmt/format.h>

#include "bench/time/yardsticks.h"
#include "host/substrates/nvtx.h"

namespace poolbench {
namespace {

void launch_in_range(const Prepared& prepared, const Problem& problem, const Input& input,
                     Temperature temperature, Caches& caches) {
  Substrate& substrate = prepared.contender.backend->substrate();
  Cache& cache = caches.at(substrate.device().uuid);
  TensorSet set(substrate, problem, input.src.data(), prepared.plan->scratch_bytes());
  const auto recording =
      substrate.record([&](Stream stream) { prepared.plan->launch(set.tensors(), stream); });
  if (temperature == Temperature::kHot)
    recording->replay();
  else
    cache.clean(cache.distance());
  const ProfilerRange range(fmt::format("{}/{}", prepared.contender.name(), to_text(problem)));
  recording->replay();
}

}  // namespace

std::vector<Verdict> profile(const std::vector<Contender>& contenders, const Problem& problem,
                             const Input& input, Temperature temperature) {
  std::vector<Verdict> verdicts;
  Judge judge(problem, input);
  Yardsticks yardsticks(contenders);
  for (const Contender& contender : contenders) {
    const Prepared prepared = prepare(contender, problem);
    Verdict verdict = judge.verify(prepared);
    if (verdict.status == Status::kOk) try {
        launch_in_range(prepared, problem, input, temperature, yardsticks.machine().caches);
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
