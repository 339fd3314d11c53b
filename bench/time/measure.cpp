#include "bench/time/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>

#include "bench/time/block_order.h"
#include "bench/time/ground.h"
#include "host/fp_env.h"
#include "host/turn.h"

namespace poolbench {
namespace {

constexpr int64_t kMaxLaunches = 10'000;  // in a sample: a command buffer or graph holds no more
// A contender's first dispatch after another one's is not timed, unless it takes longer than this:
// then the disturbance is a small part of it.
constexpr double kWarmUpBelow = 10e-3;
// A block that was disturbed is measured again, all in all at most this many times as many as
// asked for.
constexpr int kMostAttempts = 5;
// Seconds for as many blocks as were asked for, within which they are measured again.
constexpr double kPatience = 2;
// A contender whose threads run for so long, and for such a share of the others' turns and of
// moments in which all must sleep, trespasses.
constexpr double kTrespassSeconds = 1e-3, kTrespassShare = 0.1;
// The clock and the processor's counter may differ by this share of a sample and this many seconds,
// which lie between the readings.
constexpr double kClocksApart = 0.02, kClocksGap = 2e-5;
// Sets of a cold sample of whose outputs a range is spoilt for the next time.
constexpr int kSpoilt = 8;
// Secrets that are renewed after a sample on a device.
constexpr size_t kMostSecrets = 32;
// A launch that takes this long gets a new secret each time: that is two stores.
constexpr double kRenewAbove = 10e-6;
// A ceiling this much slower than the best one in a first look is not measured further.
constexpr double kHopeless = 1.5;

// Whether so few blocks of a machine this busy count that the rest would not either.
bool is_hopeless(int counted, int measured) { return counted * 12 < measured; }

int64_t launches_for(double seconds, double once) {
  return std::clamp<int64_t>(int64_t(std::ceil(seconds / std::max(once, 1e-9))), 1, kMaxLaunches);
}
int64_t most_launches(int64_t usual) { return std::min(usual + usual / 4, kMaxLaunches); }

struct Sample {
  double seconds = 0;
  double cores = 0;
  std::string disturbance;
  int64_t rotation_bytes = 0;
  bool proved = false;
};

// Thrown out of a measurement: a subject was caught or failed.
struct Caught {
  size_t subject;
  Status status;
  std::string reason;
};

// One temperature of one problem, with the subjects that are left.
class Measurement {
 public:
  Measurement(std::span<const Subject> subjects, const Problem& problem, const Input& input,
              Temperature temperature, const MeasureOptions& options, Arenas& arenas,
              Machine& machine)
      : subjects_(subjects),
        problem_(problem),
        input_(input),
        cold_(temperature == Temperature::kCold),
        options_(options),
        arenas_(arenas),
        machine_(machine),
        random_(options.seed) {}

  // Throws Caught.
  std::vector<Series> run();

 private:
  Ground& ground(const Subject& subject) { return grounds_.at(subject.substrate); }
  bool on_host(const Subject& subject) const { return subject.substrate->device().uuid == "host"; }
  void make_grounds(const std::vector<int64_t>& launches);
  void calibrate();
  void calibrate_cold();
  void wake(const Subject& subject);
  void drop_hopeless_ceilings();
  double launch(size_t i, std::span<const Tensors> sets, std::span<const int64_t> renewed = {});
  Sample take(size_t i);
  void settle(Sample& sample);
  void watch(const Subject& subject, const SchedulerTimes& before, const SchedulerTimes& after,
             Sample& sample);
  void trespass(const SchedulerTimes& before, const SchedulerTimes& after, const std::string& turn,
                Sample& sample);
  void end_turn(size_t i);
  void prove(size_t i, const std::vector<int64_t>& sets, std::vector<Proof::Look> looks,
             Sample& sample);
  double probe(const Ground& ground, std::string& disturbance);
  bool block(std::vector<Series>& series, const std::vector<size_t>& order, int64_t number);

  std::span<const Subject> subjects_;
  const Problem& problem_;
  const Input& input_;
  bool cold_;
  const MeasureOptions& options_;
  Arenas& arenas_;
  Machine& machine_;
  std::mt19937_64 random_;
  std::vector<double> once_;       // seconds of a launch on warm buffers, by subject
  std::vector<int64_t> launches_;  // in a sample; 0: not measured
  struct Trespass {
    double ran = 0, of = 0;  // seconds
  };
  std::map<std::string, Trespass> trespasses_;  // by contender
  std::map<Substrate*, Ground> grounds_;
};

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

// Launches on each of the sets. `renewed`: the same sets, if each gets another secret just before.
double Measurement::launch(size_t i, std::span<const Tensors> sets,
                           std::span<const int64_t> renewed) {
  const Subject& subject = subjects_[i];
  say_turn(subject.name, "time");
  try {
    FpGuard guard;  // a device's work is enqueued here
    const auto recording = subject.substrate->record([&](Stream stream) {
      for (size_t k = 0; k < sets.size(); ++k) {
        if (!renewed.empty()) ground(subject).proof->renew(renewed[k]);
        subject.plan->launch(sets[k], stream);
      }
    });
    const uint64_t begin = processor_ticks();
    const double seconds = recording->replay();
    const double ticked = double(processor_ticks() - begin) * machine_.seconds_a_tick;
    const std::string change = guard.restore() + recording->fp_change();
    if (!change.empty()) throw Caught{i, Status::kWrong, change};
    if (subject.substrate->device().substrate == "host" && ticked > 0 &&
        std::fabs(seconds - ticked) > kClocksApart * ticked + kClocksGap)
      throw Caught{i, Status::kCheat,
                   fmt::format("turns the clock: it says {:.3g} ms, the processor's counter {:.3g}",
                               seconds * 1e3, ticked * 1e3)};
    if (recording->empty()) throw Caught{i, Status::kWrong, "launches nothing"};
    return seconds / double(sets.size());
  } catch (const BrokenContract& broken) {
    throw Caught{i, Status::kWrong, broken.what()};
  } catch (const std::exception& error) {
    if (subject.is_ceiling) throw;
    throw Caught{i, Status::kError, error.what()};
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
  std::map<std::string, double> best;
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (subjects_[i].is_ceiling) {
      double& seconds =
          best.try_emplace(subjects_[i].substrate->device().uuid, INFINITY).first->second;
      seconds = std::min(seconds, once_[i]);
    }
  for (size_t i = 0; i < subjects_.size(); ++i)
    if (subjects_[i].is_ceiling && subjects_[i].name != "read" &&
        once_[i] > kHopeless * best[subjects_[i].substrate->device().uuid])
      launches_[i] = 0;
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

// Sleeps, so that the scheduler lets the next sample run. Nobody may work meanwhile.
void Measurement::settle(Sample& sample) {
  const SchedulerTimes before = machine_.clock.now();
  std::this_thread::sleep_for(std::chrono::duration<double>(options_.settle_seconds));
  trespass(before, machine_.clock.now(), "", sample);
}

// Adds up whose threads ran while it was not their turn.
void Measurement::trespass(const SchedulerTimes& before, const SchedulerTimes& after,
                           const std::string& turn, Sample& sample) {
  const double wall = after.wall - before.wall;
  for (const auto& [owner, seconds] : machine_.owners.ran(before, after)) {
    if (owner == turn) continue;
    if (seconds > options_.disturbed_share * wall) sample.disturbance = "threads of " + owner;
    Trespass& all = trespasses_[owner];
    all.ran += seconds;
    all.of += wall;
    if (all.ran < kTrespassSeconds || all.ran < kTrespassShare * all.of) continue;
    for (size_t i = 0; i < subjects_.size(); ++i)
      if (subjects_[i].name == owner && !subjects_[i].is_ceiling)
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
  const Weather weather = Weather::between(before, after, machine_.processors);
  if (std::string cause = weather.disturbance(wall, options_.disturbed_share); !cause.empty())
    sample.disturbance = std::move(cause);
  trespass(before, after, subject.name, sample);
}

Sample Measurement::take(size_t i) {
  const Subject& subject = subjects_[i];
  Ground& ground = this->ground(subject);
  const int64_t warm_ups = once_[i] >= kWarmUpBelow ? 0 : cold_ ? 1 : 2;
  const int64_t usual = launches_[i], spread = usual / 4;
  const int64_t most = std::max<int64_t>(ground.sets->count() - warm_ups, 1);
  int64_t launches =
      std::uniform_int_distribution<int64_t>(usual - spread, usual + spread)(random_);
  launches = std::clamp<int64_t>(launches, 1, cold_ ? most : kMaxLaunches);

  std::vector<int64_t> sets = ground.sets->take(launches + warm_ups);
  if (cold_) ground.cool(sets);
  Sample sample;
  if (on_host(subject)) settle(sample);
  if (warm_ups > 0) {
    launch(i, ground.tensors({sets.begin(), sets.begin() + warm_ups}));
    ground.used({sets.begin(), sets.begin() + warm_ups}, subject.bytes);
    sets.erase(sets.begin(), sets.begin() + warm_ups);
  }
  if (cold_) sample.rotation_bytes = ground.distance(sets);
  const std::vector<Tensors> tensors = ground.tensors(sets);
  if (!cold_ && ground.proof) ground.proof->spoil(sets.back());
  // Where a store is nothing beside a launch, no two launches have the same input.
  const bool renew = !cold_ && ground.proof && on_host(subject) && once_[i] > kRenewAbove;
  const SchedulerTimes before = machine_.clock.now();
  sample.seconds = launch(i, tensors, renew ? sets : std::vector<int64_t>());
  std::vector<Proof::Look> looks;
  if (ground.proof) looks.push_back(ground.proof->look(sets.back()));
  const SchedulerTimes after = machine_.clock.now();
  if (on_host(subject)) watch(subject, before, after, sample);
  ground.used(sets, subject.bytes);
  prove(i, sets, std::move(looks), sample);
  end_turn(i);
  return sample;
}

// Puts the contender to sleep. It must leave nothing behind that would matter to the others.
void Measurement::end_turn(size_t i) {
  const Subject& subject = subjects_[i];
  subject.plan->rest();
  const SchedulerTimes now = machine_.clock.now();
  if (!machine_.owners.know(now)) machine_.note_threads(subject.is_ceiling ? "" : subject.name);
  const std::string left = machine_.put_right();
  if (!left.empty() && !subject.is_ceiling) throw Caught{i, Status::kCheat, left};
}

// Seconds of the read ceiling over memory that was never touched.
double Measurement::probe(const Ground& ground, std::string& disturbance) {
  for (size_t i = 0; i < subjects_.size(); ++i) {
    const Subject& subject = subjects_[i];
    if (!subject.is_ceiling || subject.name != "read" || &this->ground(subject) != &ground)
      continue;
    ground.cache->clean(ground.between());
    const auto memory = ground.cache->fresh(ground.set_bytes(), launches_[i], random_);
    if (memory.empty()) return NAN;
    Sample sample;
    if (on_host(subject)) settle(sample);
    std::vector<Tensors> tensors;
    for (void* address : memory) tensors.push_back(ground.like_a_set(address));
    const SchedulerTimes before = machine_.clock.now();
    const double seconds = launch(i, tensors);
    if (on_host(subject)) watch(subject, before, machine_.clock.now(), sample);
    if (disturbance.empty()) disturbance = sample.disturbance;
    ground.cache->pass(subject.bytes * int64_t(tensors.size()));
    subject.plan->rest();
    return seconds;
  }
  return NAN;
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
    for (size_t read = 0; read < subjects_.size(); ++read)
      if (subjects_[read].is_ceiling && subjects_[read].name == "read" &&
          subjects_[read].substrate == subjects_[i].substrate && cold_)
        series[i].probe.push_back(fresh[&ground(subjects_[i])] / samples[read].seconds);
  }
  return cause.empty();
}

std::vector<Series> Measurement::run() {
  calibrate();
  make_grounds(launches_);
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

}  // namespace

Subject subject_of(const Prepared& prepared, const Problem& problem, int64_t bytes) {
  Subject subject;
  subject.name = prepared.contender.name();
  subject.plan = prepared.plan.get();
  subject.substrate = &prepared.contender.backend->substrate();
  subject.bytes = bytes;
  subject.accepted = prepared.verdict.outputs;
  subject.explained = [&](const void* src, const Point& point) {
    return prepared.explains(problem, src, point);
  };
  return subject;
}

void* Arenas::get(Substrate& substrate, Use use, int64_t bytes) {
  constexpr int64_t kAlign = 4096;
  Buffer& buffer = buffers_[{&substrate, use}];
  if (buffer.bytes() < bytes + kAlign) {
    buffer = Buffer();  // frees the old one first: both may not fit
    buffer = Buffer(substrate, bytes + kAlign);
    substrate.fill(buffer.at(), 0, buffer.bytes());  // else timed launches would touch new pages
  }
  const auto address = reinterpret_cast<uintptr_t>(buffer.at());
  return buffer.at(int64_t((kAlign - address % kAlign) % kAlign));
}

std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature,
                            const MeasureOptions& options, Arenas& arenas, Machine& machine) {
  std::vector<Series> series(subjects.size());
  std::vector<size_t> left(subjects.size());
  std::iota(left.begin(), left.end(), 0);
  while (true) {
    std::vector<Subject> some;
    bool any = false;
    for (const size_t i : left) {
      some.push_back(subjects[i]);
      any |= !subjects[i].is_ceiling;
    }
    if (!any) return series;
    try {
      auto measured =
          Measurement(some, problem, input, temperature, options, arenas, machine).run();
      for (size_t i = 0; i < left.size(); ++i) series[left[i]] = std::move(measured[i]);
      return series;
    } catch (const Caught& caught) {  // the others are measured again without it
      series[left[caught.subject]].status = caught.status;
      series[left[caught.subject]].reason = caught.reason;
      left.erase(left.begin() + int64_t(caught.subject));
    }
  }
}

Interval median_interval(std::vector<double> samples, double confidence) {
  if (samples.empty()) return {NAN, NAN, NAN};
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<int>(samples.size());
  const double median = n % 2 != 0 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
  // Finds the largest r with P(Binomial(n, 1/2) < r) <= (1 - confidence) / 2. Then
  // [x_r, x_(n+1-r)] covers so much.
  double term = std::pow(0.5, n), below = 0;
  int r = 0;
  while (below + term <= (1 - confidence) / 2) {
    below += term;
    term *= double(n - r) / double(r + 1);
    ++r;
  }
  if (r == 0) return {median, NAN, NAN};
  return {median, samples[r - 1], samples[n - r]};
}

}  // namespace poolbench
