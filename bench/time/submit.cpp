// Submit-to-done: what a caller sees who makes one launch and waits for its result.
//
// Contenders take turns of some launches, in random order. Before each launch nothing is submitted
// for a moment, in which the caller keeps its processor: who slept would find its caches in
// somebody else's hands. Between its launches a contender's threads do what they do by themselves.
// An OpenMP team spins for some 3 ms (libgomp's default) and is awake, as between the layers of a
// network; waiting until it sleeps would take seconds a row. Between turns all rest, and the first
// launch of a turn, which wakes its contender, does not count.
//
// Samples of two contenders are not paired, so a disturbed one is dropped alone, by the causes
// outside the contender that void a block: the 99th percentile is not the neighbour's. They are
// counted, and others are measured.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/time/block_order.h"
#include "bench/time/measurement.h"

namespace poolbench {
namespace {

constexpr double kIdle = 50e-6;  // seconds before a launch
// Launches of a turn. Their number is drawn, and the last one is judged: nobody can tell which it
// is. Looking at others too would leave the next one other caches.
constexpr int kShortestTurn = 10, kLongestTurn = 30;
// So many times the launches that were asked for are made where some are disturbed, within so many
// seconds for each contender.
constexpr size_t kMostAttempts = 2;
constexpr double kPatience = 2;

void stay_idle() {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(kIdle);
  while (Clock::now() < end) {
  }
}

}  // namespace

// `recordings`: a launch on each set.
void Measurement::submit_turn(size_t i, std::span<const std::unique_ptr<Recording>> recordings,
                              Series& series) {
  const Subject& subject = subjects_[i];
  Ground& ground = this->ground(subject);
  Sample sample;
  settle(i, sample);
  int left = std::uniform_int_distribution(kShortestTurn, kLongestTurn)(random_);
  std::vector<int64_t> set;
  std::vector<Proof::Look> looks;
  SchedulerTimes before = machine_.clock.now();
  for (bool first = true; left >= 0; --left, first = false) {
    set = ground.sets->take(1);
    if (ground.proof) ground.proof->renew(set.front());
    stay_idle();
    sample = Sample();
    sample.seconds = replay(i, *recordings[set.front()], &Recording::submit);
    if (left == 0 && ground.proof) looks.push_back(ground.proof->look(set.front()));
    SchedulerTimes after = machine_.clock.now();
    watch(subject, before, after, sample);
    before = std::move(after);
    if (first) continue;
    if (sample.disturbance.empty())
      series.seconds.push_back(sample.seconds);
    else
      series.voided.push_back({0, sample.disturbance, sample.seconds, true});
  }
  prove(i, set, std::move(looks), sample);
  series.proofs += sample.proved;
  end_turn(i);
}

std::vector<Series> Measurement::submits() {
  make_grounds(std::vector<int64_t>(subjects_.size(), 1));
  std::vector<std::vector<Tensors>> tensors;
  std::vector<std::vector<std::unique_ptr<Recording>>> recordings(subjects_.size());
  std::vector<size_t> all;
  for (size_t i = 0; i < subjects_.size(); ++i) {
    Ground& ground = this->ground(subjects_[i]);
    std::vector<int64_t> sets(static_cast<size_t>(ground.sets->count()));
    std::iota(sets.begin(), sets.end(), 0);
    tensors.push_back(ground.tensors(sets));
    for (const Tensors& one : tensors.back()) recordings[i].push_back(record(i, {&one, 1}));
    all.push_back(i);
  }
  std::vector<Series> series(subjects_.size());
  const auto wanted = static_cast<size_t>(options_.submits);
  const auto is_done = [&](const Series& one) {
    return one.seconds.size() >= wanted ||
           one.seconds.size() + one.voided.size() >= kMostAttempts * wanted;
  };
  BlockOrder order(all, random_);
  const double end = machine_.clock.now().wall + kPatience * double(subjects_.size());
  while (!std::ranges::all_of(series, is_done) && machine_.clock.now().wall < end)
    for (const size_t i : order.next())
      work_for(i, [&] { submit_turn(i, recordings[i], series[i]); });
  for (Series& one : series) one.launches = 1;
  return series;
}

}  // namespace poolbench
