#include "host/substrates/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "host/engines/protocol.h"
#include "host/substrates/host.h"

namespace poolbench {
namespace {

constexpr size_t kEmpties = 51;  // the latest ones, of which the median counts
constexpr int kFirst = 11;       // before anything is timed
constexpr double kLeast = 1e-9;  // seconds of a recording that takes no longer than nothing

// Seconds from the word to go until the answer, and what the answer says.
std::pair<double, std::string> go(EngineProcess& process, int64_t recording) {
  using Clock = std::chrono::steady_clock;
  const std::string word = fmt::format("{} {}", POOLBENCH_ENGINE_GO, recording);
  const auto begin = Clock::now();
  std::string answer = process.ask(word, "launch");
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  return {seconds.count(), std::move(answer)};
}

class WorkerRecording : public Recording {
 public:
  WorkerRecording(WorkerSubstrate& substrate, int64_t number, const WorkerStream& launches)
      : substrate_(substrate), number_(number), empty_(launches.empty()) {
    const BesideFirst beside(substrate_.spread());
    EngineProcess& process = substrate_.process();
    process.unmap_unused();
    std::string line;
    for (const WorkerLaunch& launch : launches) {
      // All launches of a recording are of one plan: contenders take turns.
      if (line.empty())
        line = fmt::format("{} {} {}", POOLBENCH_ENGINE_RECORD, number, launch.plan);
      for (size_t i = 0; i < launch.addresses.size(); ++i)
        line += fmt::format("{}{}", i == 0 ? ' ' : ',', substrate_.place(launch.addresses[i]));
    }
    generation_ = process.generation();
    if (!empty_) process.ask(line, "record");
  }
  ~WorkerRecording() override {
    EngineProcess& process = substrate_.process();
    if (empty_ || !process.is_running() || process.generation() != generation_) return;
    const BesideFirst beside(substrate_.spread());
    try {
      process.ask(fmt::format("{} {}", POOLBENCH_ENGINE_FORGET, number_), "forget");
    } catch (const std::exception&) {  // it is gone; whoever asks it next says so
    }
  }
  WorkerRecording(const WorkerRecording&) = delete;

  double replay() override { return run(substrate_.launches()); }
  // What a launch on a device costs is part of what its caller waits for.
  double submit() override { return run(substrate_.messages()); }
  double claim() const override { return claim_; }
  double doubt() const override { return substrate_.launches().spread(); }
  bool empty() const override { return empty_; }

 private:
  double run(Empties& empties) {
    EngineProcess& process = substrate_.process();
    if (process.generation() != generation_)
      throw ContenderEnded(ContenderEnded::kExit, process.name(),
                           "its process ended before this launch");
    const BesideFirst beside(substrate_.spread());
    const double nothing = empties.next(process);
    const auto [seconds, answer] = go(process, number_);
    claim_ = std::strtod(answer.c_str(), nullptr);
    if (!process.start().in_place)
      process.ask(fmt::format("{} {}", POOLBENCH_ENGINE_FETCH, number_), "fetch");
    return std::max(seconds - nothing, kLeast);
  }

  WorkerSubstrate& substrate_;
  int64_t number_, generation_ = 0;
  bool empty_;
  double claim_ = 0;
};

}  // namespace

WorkerSubstrate::WorkerSubstrate(EngineProcess& process, const EngineFacts& facts)
    : process_(process),
      there_(facts.device ? std::make_unique<WorkerMemory>(process) : nullptr),
      device_(facts.device.value_or(host_substrate().device())),
      messages_(POOLBENCH_ENGINE_NOTHING),
      launches_(there_ ? POOLBENCH_ENGINE_NOTHING_THERE : POOLBENCH_ENGINE_NOTHING),
      recordings_(POOLBENCH_ENGINE_NOTHING_THERE) {
  device_.substrate = there_ ? device_.substrate + "-worker" : "worker";
}

Substrate& WorkerSubstrate::memory() { return there_ ? *this : host_substrate(); }
void* WorkerSubstrate::allocate(int64_t bytes) {
  return there_ ? there_->allocate(bytes) : memory().allocate(bytes);
}
void WorkerSubstrate::release(void* memory) noexcept {
  there_ ? there_->release(memory) : host_substrate().release(memory);
}
void WorkerSubstrate::write(void* to, const void* from, int64_t bytes) {
  there_ ? there_->write(to, from, bytes) : memory().write(to, from, bytes);
}
void WorkerSubstrate::read(void* to, const void* from, int64_t bytes) {
  there_ ? there_->read(to, from, bytes) : memory().read(to, from, bytes);
}
void WorkerSubstrate::fill(void* to, uint8_t byte, int64_t bytes) {
  there_ ? there_->fill(to, byte, bytes) : memory().fill(to, byte, bytes);
}
void WorkerSubstrate::copy(void* to, const void* from, int64_t bytes) {
  there_ ? there_->copy(to, from, bytes) : memory().copy(to, from, bytes);
}
std::string WorkerSubstrate::place(const void* address) {
  return there_ ? there_->place(address) : process_.place(address);
}

std::unique_ptr<Recording> WorkerSubstrate::record(const std::function<void(Stream)>& work) {
  WorkerStream launches;
  work(&launches);
  return std::make_unique<WorkerRecording>(*this, ++recordings_, launches);
}

double Empties::next(EngineProcess& process) {
  do {
    const double seconds = go(process, recording_).first;
    if (seconds_.size() < kEmpties)
      seconds_.push_back(seconds);
    else
      seconds_[next_++ % kEmpties] = seconds;
  } while (seconds_.size() < kFirst);
  std::vector<double> sorted = seconds_;
  std::ranges::nth_element(sorted, sorted.begin() + sorted.size() / 2);
  return sorted[sorted.size() / 2];
}

double Empties::spread() const {
  if (seconds_.empty()) return 0;
  std::vector<double> sorted = seconds_;
  std::ranges::sort(sorted);
  return sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
}

}  // namespace poolbench
