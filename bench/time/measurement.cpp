// Blocks: how many launches a sample has, who stands in a block, and which blocks count.
#include "bench/time/measurement.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <set>

#include "bench/time/block_order.h"

namespace poolbench {
namespace {

// A block that was disturbed is measured again, all in all at most this many times as many as
// asked for.
constexpr int kMostAttempts = 5;
constexpr double kWorkerSample = 4;  // of an engine, so many times as long
// Seconds for as many blocks as were asked for, within which they are measured again.
constexpr double kPatience = 2;
// A ceiling this much slower than the best one is not measured further: in a first look, and after
// some blocks.
constexpr double kHopeless = 1.5, kBehind = 1.25;
constexpr int kSomeBlocks = 3;
// In every second block memory that was never touched is read beside the sets: it costs a sample.
constexpr int kProbeEvery = 2;

// Whether so few blocks of a machine this busy count that the rest would not either.
bool is_hopeless(int counted, int measured) { return counted * 12 < measured; }

int64_t launches_for(double seconds, double once) {
  return std::clamp<int64_t>(int64_t(std::ceil(seconds / std::max(once, 1e-9))), 1, kMaxLaunches);
}
int64_t most_launches(int64_t usual) { return std::min(usual + usual / 4, kMaxLaunches); }

}  // namespace

// An engine's samples are longer: the word to go and the answer are beside them.
double Measurement::sample_seconds(const Subject& subject) const {
  return options_.sample_seconds * (is_worker(subject) ? kWorkerSample : 1);
}

// Who cannot be timed where the work for a subject fails: a contender itself; of a ceiling, one
// that shares its memory, or else its device.
size_t Measurement::who_needs(size_t i) const {
  if (!subjects_[i].is_ceiling) return i;
  Substrate& substrate = *subjects_[i].substrate;
  const auto find = [&](const auto& shares) {
    return std::ranges::find_if(subjects_, [&](const Subject& subject) {
      return !subject.is_ceiling && shares(*subject.substrate);
    });
  };
  auto found = find([&](Substrate& other) { return &other.memory() == &substrate.memory(); });
  if (found == subjects_.end())
    found = find([&](Substrate& other) { return other.device().uuid == substrate.device().uuid; });
  return found == subjects_.end() ? i : size_t(found - subjects_.begin());
}

void Measurement::make_grounds(const std::vector<int64_t>& launches) {
  grounds_.clear();
  for (size_t first = 0; first < subjects_.size(); ++first) {
    Substrate& memory = subjects_[first].substrate->memory();
    if (grounds_.contains(&memory)) continue;
    Ground::Needs needs;
    for (size_t i = 0; i < subjects_.size(); ++i) {
      if (&subjects_[i].substrate->memory() != &memory) continue;
      needs.launches = std::max(needs.launches, most_launches(launches[i]) + 2);
      needs.bytes = std::max(needs.bytes, subjects_[i].bytes);
      needs.scratch = std::max(needs.scratch, subjects_[i].plan->scratch_bytes());
      if (!needs.right) needs.right = subjects_[i].accepted;
    }
    work_for(first, [&] {
      grounds_.try_emplace(&memory, memory, machine_.caches.at(memory.device().uuid), problem_,
                           input_, cold_, needs, arenas_, random_);
    });
  }
}

// Keeps a device busy until its clocks have risen: it was idle while results were judged.
void Measurement::wake(const Subject& subject) {
  using Clock = std::chrono::steady_clock;
  const auto i = static_cast<size_t>(&subject - subjects_.data());
  const auto end = Clock::now() + std::chrono::duration<double>(options_.wake_seconds);
  const std::vector<Tensors> one = ground(subject).tensors({0});
  while (Clock::now() < end) launch(i, one);
}

// Seconds of a launch on the buffers of the one before, whose input is another and whose output is
// judged: who skips it for the buffers' sake would seem to take no time.
double Measurement::launch_once(size_t i) {
  Ground& ground = this->ground(subjects_[i]);
  if (ground.proof) ground.proof->renew(0);
  const double seconds = launch(i, ground.tensors({0}));
  Sample sample;
  if (ground.proof) prove(i, {0}, {ground.proof->look(0)}, sample);
  return seconds;
}

// Finds the launches of a sample from the time of one on warm buffers.
void Measurement::calibrate() {
  const bool cold = cold_;
  cold_ = false;  // one set will do
  make_grounds(std::vector<int64_t>(subjects_.size(), 1));
  std::set<std::string> awake = {"host"};
  for (size_t i = 0; i < subjects_.size(); ++i) {
    const Subject& subject = subjects_[i];
    once_.push_back(work_for(i, [&] {
      launch_once(i);
      if (awake.insert(subject.substrate->device().uuid).second) wake(subject);
      if (is_worker(subject)) subject.plan->rest();  // from now on its threads wake up apart
      const double once = launch_once(i);
      return once < kWarmUpBelow || is_worker(subject) ? std::min(once, launch_once(i)) : once;
    }));
    subject.plan->rest();
    launches_.push_back(launches_for(sample_seconds(subject), once_.back()));
  }
  cold_ = cold;
  drop_ceilings(once_, kHopeless);
}

// From memory a launch takes longer, and a longer sample is disturbed more often.
void Measurement::calibrate_cold() {
  for (size_t i = 0; i < subjects_.size(); ++i) {
    if (launches_[i] <= 1) continue;
    const double seconds = work_for(i, [&] {
      const Sample sample = take(i);
      return sample.disturbance.empty() ? sample.seconds
                                        : std::min(sample.seconds, take(i).seconds);
    });
    launches_[i] = std::min(launches_[i], launches_for(sample_seconds(subjects_[i]), seconds));
  }
}

// Does without the ceilings that will not be the bound, by the times of all subjects: a ceiling is
// the fastest pass, or the fastest arithmetic if that takes longer.
void Measurement::drop_ceilings(const std::vector<double>& seconds, double behind) {
  const auto is_compute = [&](size_t i) { return subjects_[i].name.starts_with("compute"); };
  std::map<std::string, std::array<double, 2>> best;  // by device: of passes, of arithmetic
  for (size_t i = 0; i < subjects_.size(); ++i) {
    if (!subjects_[i].is_ceiling || launches_[i] == 0) continue;
    const auto [device, inserted] = best.try_emplace(subjects_[i].substrate->device().uuid);
    if (inserted) device->second = {INFINITY, INFINITY};
    double& fastest = device->second[is_compute(i)];
    fastest = std::min(fastest, seconds[i]);
  }
  for (size_t i = 0; i < subjects_.size(); ++i) {
    if (!subjects_[i].is_ceiling || launches_[i] == 0 || subjects_[i].name == "read") continue;
    const auto& [pass, compute] = best.at(subjects_[i].substrate->device().uuid);
    const bool is_behind = seconds[i] > behind * (is_compute(i) ? compute : pass);
    const bool is_hidden = is_compute(i) && seconds[i] * behind < pass && pass < INFINITY;
    if (is_behind || is_hidden) launches_[i] = 0;
  }
}

// The pass that reads all bytes of a ground's sets, if its substrate has one.
std::optional<size_t> Measurement::read_ceiling(const Ground& ground) {
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (subjects_[i].is_ceiling && subjects_[i].name == "read" &&
        &this->ground(subjects_[i]) == &ground)
      return i;
  return std::nullopt;
}

// Measures a block. Returns whether it counts.
bool Measurement::block(std::vector<Series>& series, const std::vector<size_t>& order,
                        int64_t number) {
  std::vector<Sample> samples(subjects_.size());
  std::string cause;
  for (const size_t i : order) {
    samples[i] = work_for(i, [&] { return take(i); });
    if (cause.empty()) cause = samples[i].disturbance;
  }
  std::map<Ground*, double> fresh;
  if (cold_ && number % kProbeEvery == 0)
    for (auto& [substrate, ground] : grounds_)
      if (const auto read = read_ceiling(ground))
        fresh[&ground] = work_for(*read, [&] { return probe(*read, cause); });
  for (const size_t i : order) {
    const Sample& sample = samples[i];
    if (!cause.empty()) {
      series[i].voided.push_back({number, cause, sample.seconds, !sample.disturbance.empty()});
      continue;
    }
    series[i].seconds.push_back(sample.seconds);
    if (is_worker(subjects_[i])) {
      series[i].claims.push_back(sample.claim);
      series[i].doubts.push_back(sample.doubt);
    }
    series[i].proofs += sample.proved;
    series[i].cores.push_back(sample.cores);
    series[i].rotation_bytes = series[i].seconds.size() == 1
                                   ? sample.rotation_bytes
                                   : std::min(series[i].rotation_bytes, sample.rotation_bytes);
    Ground& ground = this->ground(subjects_[i]);
    if (const auto read = read_ceiling(ground); read && fresh.contains(&ground))
      series[i].probe.push_back(fresh[&ground] / samples[*read].seconds);
  }
  return cause.empty();
}

std::vector<size_t> Measurement::measured() const {
  std::vector<size_t> list;
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (launches_[i] > 0) list.push_back(i);
  return list;
}

std::vector<Series> Measurement::run() {
  calibrate();
  if (cold_) make_grounds(launches_);  // hot sets are there already
  std::vector<Series> series(subjects_.size());
  BlockOrder order(measured(), random_);
  if (cold_) calibrate_cold();
  int counted = 0;
  const double begin = machine_.clock.now().wall;
  const auto may_go_on = [&](int measured) {
    if (measured < options_.blocks) return true;
    if (counted == options_.blocks || measured >= kMostAttempts * options_.blocks) return false;
    if (is_hopeless(counted, measured)) return false;
    // Long blocks are hardly ever undisturbed on a machine where short ones are disturbed often.
    return machine_.clock.now().wall - begin < kPatience * measured / options_.blocks;
  };
  for (int number = 0; may_go_on(number); ++number) {
    if (!block(series, order.next(), number) || ++counted != kSomeBlocks) continue;
    std::vector<double> seconds;
    for (const Series& one : series) seconds.push_back(median_interval(one.seconds).median);
    const std::vector<size_t> before = measured();
    drop_ceilings(seconds, kBehind);
    if (measured() != before) order = BlockOrder(measured(), random_);
  }
  for (size_t i = 0; i < subjects_.size(); ++i) {
    if (launches_[i] == 0) {
      series[i] = {};
      continue;
    }
    series[i].launches = launches_[i];
    series[i].level = ground(subjects_[i]).level;
  }
  return series;
}

}  // namespace poolbench
