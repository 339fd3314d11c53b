// A contender's turn in a block: its sets are made cold or warm, all others sleep, its launches are
// timed, and what they wrote and what else they did is looked at.
#include "host/turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "bench/time/measurement.h"
#include "host/fp_env.h"

namespace poolbench {
namespace {

// A contender whose threads run for so long, and for such a share of the others' turns and of
// moments in which all must sleep, trespasses.
constexpr double kTrespassSeconds = 1e-3, kTrespassShare = 0.1;
// Threads that spin take more than this share of a processor, and no longer than so many seconds.
constexpr double kSpins = 0.02, kLongestSpin = 0.1;
// The clock and the processor's counter may differ by this share of a sample and this many seconds,
// which lie between the readings.
constexpr double kClocksApart = 0.02, kClocksGap = 2e-5;
constexpr int kTurnedClock = 3;  // times, and most times
// Sets of a cold sample of whose outputs a range is spoilt for the next time.
constexpr int kSpoilt = 8;
// Secrets that are renewed after a sample on a device.
constexpr size_t kMostSecrets = 32;
// A launch that takes this long gets a new secret each time: that is two stores.
constexpr double kRenewAbove = 10e-6;

}  // namespace

namespace {

// Whether a contender is `owner`, or one of its kernels.
bool is_of(const std::string& contender, const std::string& owner) {
  return contender == owner || contender.starts_with(owner + ".");
}

}  // namespace

// One difference may be an interruption between the two readings, most of them are no accident.
void Measurement::compare_clocks(size_t i, double seconds, double ticked) {
  Clocks& clocks = clocks_[i];
  ++clocks.compared;
  if (ticked <= 0 || std::fabs(seconds - ticked) <= kClocksApart * ticked + kClocksGap) return;
  if (++clocks.apart >= kTurnedClock && 2 * clocks.apart > clocks.compared)
    throw Caught{i, Status::kCheat,
                 fmt::format("turns the clock: it says {:.3g} ms, the processor's counter {:.3g}",
                             seconds * 1e3, ticked * 1e3)};
}

// Runs a contender's code. Throws Caught.
template <class Work>
auto Measurement::guarded(size_t i, Work&& work) {
  const Subject& subject = subjects_[i];
  say_turn(subject.name, "time");
  try {
    return work();
  } catch (const BrokenContract& broken) {
    throw Caught{i, Status::kWrong, broken.what()};
  } catch (const ContenderEnded& ended) {
    throw Caught{i, status_of(ended), ended.what()};
  } catch (const std::exception& error) {
    if (subject.is_ceiling) throw;
    throw Caught{i, Status::kError, error.what()};
  }
}

// Launches on each of the sets, which must outlive the recording. `renewed`: the same sets, if each
// gets another secret just before.
std::unique_ptr<Recording> Measurement::record(size_t i, std::span<const Tensors> sets,
                                               std::span<const int64_t> renewed) {
  return guarded(i, [&] {
    const Subject& subject = subjects_[i];
    FpGuard guard;  // a device's work is enqueued here
    auto recording = subject.substrate->record([this, &subject, sets, renewed](Stream stream) {
      for (size_t k = 0; k < sets.size(); ++k) {
        if (!renewed.empty()) ground(subject).proof->renew(renewed[k]);
        subject.plan->launch(sets[k], stream);
      }
    });
    if (std::string change = guard.restore(); !change.empty())
      throw Caught{i, Status::kWrong, std::move(change)};
    if (recording->empty()) throw Caught{i, Status::kWrong, "launches nothing"};
    return recording;
  });
}

// `how`: by which clock.
double Measurement::replay(size_t i, Recording& recording, double (Recording::*how)()) {
  return guarded(i, [&] {
    const uint64_t begin = processor_ticks();
    const double seconds = (recording.*how)();
    const double ticked = double(processor_ticks() - begin) * machine_.seconds_a_tick;
    if (std::string change = recording.fp_change(); !change.empty())
      throw Caught{i, Status::kWrong, std::move(change)};
    if (subjects_[i].substrate->device().substrate == "host") compare_clocks(i, seconds, ticked);
    return seconds;
  });
}

double Measurement::launch(size_t i, std::span<const Tensors> sets,
                           std::span<const int64_t> renewed, Sample* sample) {
  const auto recording = record(i, sets, renewed);
  const double seconds = replay(i, *recording, &Recording::replay) / double(sets.size());
  if (sample != nullptr) {
    sample->claim = recording->claim() / double(sets.size());
    sample->doubt = recording->doubt() / double(sets.size());
  }
  return seconds;
}

// Judges what the sample left in its last set and in another one, and gives its sets new secrets.
void Measurement::prove(size_t i, const std::vector<int64_t>& sets, std::vector<Proof::Look> looks,
                        Sample& sample) {
  const Subject& subject = subjects_[i];
  Ground& ground = this->ground(subject);
  if (!ground.proof) return;
  if (cold_) looks.push_back(ground.proof->look(ground.proof->pick(sets)));
  for (const Proof::Look& look : looks) {
    if (!subject.accepted) break;
    const Proof::Finding finding = ground.proof->check(look, *subject.accepted, subject.explained);
    if (!finding.what.empty()) throw Caught{i, Status::kCheat, finding.what};
    sample.proved |= finding.proves;
  }
  // Writes to a device take microseconds each.
  const size_t most = on_host(subject) ? sets.size() : std::min(sets.size(), kMostSecrets);
  for (size_t k = 0; k < most; ++k) ground.proof->renew(sets[sets.size() - 1 - k]);
  if (cold_)  // now, so that they are cold when they come again
    for (int k = 0; k < kSpoilt; ++k) ground.proof->spoil(sets[random_() % sets.size()]);
}

// Sleeps, so that the scheduler lets the next sample run. Nobody may work meanwhile. Before an
// engine's sample all of this process must sleep: the OpenMP team, which spins for some 3 ms after
// another contender's launch, would do so on the engine's processors.
void Measurement::settle(size_t i, Sample& sample) {
  SchedulerTimes before = machine_.clock.now();
  for (const double end = before.wall + kLongestSpin;;) {
    std::this_thread::sleep_for(std::chrono::duration<double>(options_.settle_seconds));
    SchedulerTimes after = machine_.clock.now();
    trespass(before, after, "", sample);
    const double others = (after.own - after.caller) - (before.own - before.caller);
    const bool spins = others > kSpins * (after.wall - before.wall);
    if (!is_worker(subjects_[i]) || !spins || after.wall > end) return;
    before = std::move(after);
  }
}

// Adds up whose threads ran while it was not their turn.
void Measurement::trespass(const SchedulerTimes& before, const SchedulerTimes& after,
                           const std::string& turn, Sample& sample) {
  const double wall = after.wall - before.wall;
  for (const auto& [owner, seconds] : machine_.owners.ran(before, after)) {
    if (is_of(turn, owner)) continue;
    if (seconds > options_.disturbed_share * wall) sample.disturbance = "threads of " + owner;
    Trespass& all = trespasses_[owner];
    all.ran += seconds;
    all.of += wall;
    if (all.ran < kTrespassSeconds || all.ran < kTrespassShare * all.of) continue;
    for (size_t i = 0; i < subjects_.size(); ++i)
      if (is_of(subjects_[i].name, owner) && !subjects_[i].is_ceiling)
        throw Caught{i, Status::kCheat,
                     fmt::format("its threads ran for {:.2g} of {:.2g} ms of the others' turns",
                                 all.ran * 1e3, all.of * 1e3)};
  }
}

// What happened on the host's processors during a sample.
void Measurement::watch(const Subject& subject, const SchedulerTimes& before,
                        const SchedulerTimes& after, Sample& sample) {
  const double wall = after.wall - before.wall;
  sample.cores = (after.own - before.own) / wall;
  const Weather weather = Weather::between(before, after, machine_.processors, is_worker(subject));
  if (std::string cause = weather.disturbance(wall, options_.disturbed_share); !cause.empty())
    sample.disturbance = std::move(cause);
  trespass(before, after, subject.name, sample);
}

Sample Measurement::take(size_t i) {
  const Subject& subject = subjects_[i];
  Ground& ground = this->ground(subject);
  const int64_t warm_ups = once_[i] >= kWarmUpBelow ? 0 : cold_ ? 1 : 2;
  const int64_t usual = launches_[i], spread = usual / 4;
  const int64_t most = std::max<int64_t>(ground.sets->count() / 2 - warm_ups, 1);
  int64_t launches =
      std::uniform_int_distribution<int64_t>(usual - spread, usual + spread)(random_);
  launches = std::clamp<int64_t>(launches, 1, cold_ ? most : kMaxLaunches);

  std::vector<int64_t> sets = ground.sets->take(launches + warm_ups);
  if (cold_) ground.cool(sets);
  Sample sample;
  if (needs_host(subject)) settle(i, sample);
  if (warm_ups > 0) {
    launch(i, ground.tensors({sets.begin(), sets.begin() + warm_ups}));
    ground.used({sets.begin(), sets.begin() + warm_ups}, subject.bytes);
    sets.erase(sets.begin(), sets.begin() + warm_ups);
  }
  if (cold_) sample.rotation_bytes = ground.distance(sets);
  const std::vector<Tensors> tensors = ground.tensors(sets);
  if (!cold_ && ground.proof) ground.proof->spoil(sets.back());
  // Where a store is nothing beside a launch, no two launches have the same input.
  const bool renew =
      !cold_ && ground.proof && on_host(subject) && !is_worker(subject) && once_[i] > kRenewAbove;
  const SchedulerTimes before = machine_.clock.now();
  sample.seconds = launch(i, tensors, renew ? sets : std::vector<int64_t>(), &sample);
  std::vector<Proof::Look> looks;
  if (ground.proof) looks.push_back(ground.proof->look(sets.back()));
  const SchedulerTimes after = machine_.clock.now();
  if (needs_host(subject)) watch(subject, before, after, sample);
  ground.used(sets, subject.bytes);
  prove(i, sets, std::move(looks), sample);
  end_turn(i);
  return sample;
}

// Puts the contender to sleep. It must leave nothing behind that would matter to the others.
void Measurement::end_turn(size_t i) {
  const Subject& subject = subjects_[i];
  subject.plan->rest();
  machine_.clock.find_threads();
  const SchedulerTimes now = machine_.clock.now();
  if (!machine_.owners.know(now)) machine_.note_threads(subject.is_ceiling ? "" : subject.name);
  const std::string left = machine_.put_right();
  if (!left.empty() && !subject.is_ceiling) throw Caught{i, Status::kCheat, left};
}

// Seconds of the read ceiling over memory that was never touched.
double Measurement::probe(size_t read, std::string& disturbance) {
  const Subject& subject = subjects_[read];
  const Ground& ground = this->ground(subject);
  ground.cache->clean(ground.between());
  const auto memory = ground.cache->fresh(ground.set_bytes(), launches_[read], random_);
  if (memory.empty()) return NAN;
  Sample sample;
  if (on_host(subject)) settle(read, sample);
  std::vector<Tensors> tensors;
  for (void* address : memory) tensors.push_back(ground.like_a_set(address));
  const SchedulerTimes before = machine_.clock.now();
  const double seconds = launch(read, tensors);
  if (on_host(subject)) watch(subject, before, machine_.clock.now(), sample);
  if (disturbance.empty()) disturbance = sample.disturbance;
  ground.cache->pass(subject.bytes * int64_t(tensors.size()));
  subject.plan->rest();
  return seconds;
}

}  // namespace poolbench
