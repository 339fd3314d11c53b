#include "bench/time/yardsticks.h"

#include <fmt/format.h>

namespace poolbench {
namespace {

// The family whose backends have ceilings of a substrate's devices; of "cuda-worker" it is cuda.
std::string family_of(const Device& device) {
  return device.uuid == "host" ? "openmp" : device.substrate.substr(0, device.substrate.find('-'));
}

}  // namespace

Yardsticks::Yardsticks(const std::vector<Contender>& contenders) {
  const auto add = [&](Backend& backend) {
    Substrate& substrate = backend.substrate();
    const std::string& uuid = substrate.device().uuid;
    if (with_ceilings_.contains(uuid)) return;
    std::vector<std::unique_ptr<Plan>> plans;
    try {
      plans = backend.ceilings(Problem(), Cache::kPiece, 0);
    } catch (const std::bad_alloc&) {  // of the host, which all need
      throw;
    } catch (const std::exception& error) {  // another backend of the device may have some
      without_ceilings_.try_emplace(uuid, fmt::format("{}: {}", backend.name(), error.what()));
    }
    for (auto& plan : plans) {
      with_ceilings_[uuid] = &backend;
      without_ceilings_.erase(uuid);
      if (plan->kernel() == "read") machine_.caches.try_emplace(uuid, substrate, std::move(plan));
    }
  };
  for (const Contender& contender : contenders) add(*contender.backend);
  for (const Contender& contender : contenders) {
    Substrate& substrate = contender.backend->substrate();
    const Device& device = substrate.device();
    if (!with_ceilings_.contains(device.uuid)) {
      own_.push_back(open_backends(std::vector{family_of(device)}, {}));
      for (const FamilyState& family : own_.back()) {
        for (const auto& backend : family.backends) add(*backend);
        if (family.backends.empty())
          without_ceilings_.try_emplace(device.uuid, family.why_unavailable);
      }
    }
    if (!with_ceilings_.contains(device.uuid))
      without_ceilings_.try_emplace(device.uuid, "no backend here has ceilings of it");
    machine_.caches.try_emplace(device.uuid, substrate, nullptr);  // where nobody has ceilings
  }
  machine_.note_threads("");
}

std::vector<Ceiling> Yardsticks::ceilings(const Problem& problem,
                                          const std::map<std::string, Traffic>& traffic) const {
  std::vector<Ceiling> all;
  for (const auto& [uuid, backend] : with_ceilings_) {
    const auto bytes = traffic.find(uuid);
    if (bytes == traffic.end()) continue;
    for (auto& plan : backend->ceilings(problem, bytes->second.read, bytes->second.written))
      all.push_back({uuid, std::move(plan), &backend->substrate(), bytes->second.total()});
  }
  return all;
}

}  // namespace poolbench
