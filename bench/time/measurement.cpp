// Blocks: how many launches a sample has, who stands in a block, and which blocks count.
#include "bench/time/measurement.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "bench/time/block_order.h"

namespace poolbench {
namespace {

// A block that was disturbed is measured again, all in all at most this many times as many as
// asked for.
constexpr int kMostAttempts = 5;
// Seconds for as many blocks as were asked for, within which they are measured again.
constexpr double kPatience = 2;
// A ceiling this much slower than the best one in a first look is not measured further.
constexpr double kHopeless = 1.5;

// Whether so few blocks of a machine this busy count that the rest would not either.
bool is_hopeless(int counted, int measured) { return counted * 12 < measured; }

int64_t launches_for(double seconds, double once) {
  return std::clamp<int64_t>(int64_t(std::ceil(seconds / std::max(once, 1e-9))), 1, kMaxLaunches);
}
int64_t most_launches(int64_t usual) { return std::min(usual + usual / 4, kMaxLaunches); }

}  // namespace

void Measurement::make_grounds(const std::vector<int64_t>& launches) {
  grounds_.clear();
  for (const Subject& subject : subjects_) {
    if (grounds_.contains(subject.substrate)) continue;
    Ground::Needs needs;
    for (size_t i = 0; i < subjects_.size(); ++i) {
      if (subjects_[i].substrate != subject.substrate) continue;
      needs.launches = std::max(needs.launches, most_launches(launches[i]) + 2);
      needs.bytes = std::max(needs.bytes, subjects_[i].bytes);
      needs.scratch = std::max(needs.scratch, subjects_[i].plan->scratch_bytes());
      if (!needs.right) needs.right = subjects_[i].accepted;
    }
    grounds_.try_emplace(subject.substrate, *subject.substrate,
                         machine_.caches.at(subject.substrate->device().uuid), problem_, input_,
                         cold_, needs, arenas_, random_);
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

// Finds the launches of a sample from the time of one on warm buffers.
void Measurement::calibrate() {
  const bool cold = cold_;
  cold_ = false;  // one set will do
  make_grounds(std::vector<int64_t>(subjects_.size(), 1));
  std::set<std::string> awake = {"host"};
  for (size_t i = 0; i < subjects_.size(); ++i) {
    const Subject& subject = subjects_[i];
    const std::vector<Tensors> one = ground(subject).tensors({0});
    launch(i, one);
    if (awake.insert(subject.substrate->device().uuid).second) wake(subject);
    once_.push_back(launch(i, one));
    if (once_.back() < kWarmUpBelow) once_.back() = std::min(once_.back(), launch(i, one));
    subject.plan->rest();
    launches_.push_back(launches_for(options_.sample_seconds, once_.back()));
  }
  cold_ = cold;
  drop_hopeless_ceilings();
}

// From memory a launch takes longer, and a longer sample is disturbed more often.
void Measurement::calibrate_cold() {
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (launches_[i] > 1)
      launches_[i] = std::min(launches_[i], launches_for(options_.sample_seconds, take(i).seconds));
}

void Measurement::drop_hopeless_ceilings() {
  // Passes and arithmetic are bounds of their own.
  const auto group = [&](const Subject& subject) {
    return std::pair(subject.substrate->device().uuid, subject.name.starts_with("compute"));
  };
  std::map<std::pair<std::string, bool>, double> best;
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (subjects_[i].is_ceiling) {
      double& seconds = best.try_emplace(group(subjects_[i]), INFINITY).first->second;
      seconds = std::min(seconds, once_[i]);
    }
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (subjects_[i].is_ceiling && subjects_[i].name != "read" &&
        once_[i] > kHopeless * best[group(subjects_[i])])
      launches_[i] = 0;
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
    samples[i] = take(i);
    if (cause.empty()) cause = samples[i].disturbance;
  }
  std::map<Ground*, double> fresh;
  if (cold_)
    for (auto& [substrate, ground] : grounds_) fresh[&ground] = probe(ground, cause);
  for (const size_t i : order) {
    const Sample& sample = samples[i];
    if (!cause.empty()) {
      series[i].voided.push_back({number, cause, sample.seconds, !sample.disturbance.empty()});
      continue;
    }
    series[i].seconds.push_back(sample.seconds);
    series[i].proofs += sample.proved;
    series[i].cores.push_back(sample.cores);
    series[i].rotation_bytes = series[i].seconds.size() == 1
                                   ? sample.rotation_bytes
                                   : std::min(series[i].rotation_bytes, sample.rotation_bytes);
    Ground& ground = this->ground(subjects_[i]);
    if (const auto read = read_ceiling(ground); read && cold_)
      series[i].probe.push_back(fresh[&ground] / samples[*read].seconds);
  }
  return cause.empty();
}

std::vector<Series> Measurement::run() {
  calibrate();
  if (cold_) make_grounds(launches_);  // hot sets are there already
  std::vector<size_t> measured;
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (launches_[i] > 0) measured.push_back(i);
  std::vector<Series> series(subjects_.size());
  BlockOrder order(measured, random_);
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
  for (int number = 0; may_go_on(number); ++number) counted += block(series, order.next(), number);
  for (const size_t i : measured) {
    series[i].launches = launches_[i];
    series[i].level = ground(subjects_[i]).level;
  }
  return series;
}

}  // namespace poolbench
