// One measurement: a problem at one temperature, with the subjects that are left. measure() makes
// another one without a subject that was caught.
#ifndef POOLBENCH_BENCH_TIME_MEASUREMENT_H_
#define POOLBENCH_BENCH_TIME_MEASUREMENT_H_

#include <cmath>
#include <new>
#include <optional>

#include "bench/time/ground.h"
#include "host/engines/process.h"

namespace poolbench {

// In a sample: a command buffer or graph holds no more.
inline constexpr int64_t kMaxLaunches = 10'000;
// A contender's first dispatch after another one's is not timed, unless it takes longer than this:
// then the disturbance is a small part of it.
inline constexpr double kWarmUpBelow = 10e-3;

struct Sample {
  double seconds = 0;
  double claim = NAN;  // by the clock of an engine
  double doubt = 0;    // by which the two may differ
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
  // Launches from idle instead of blocks. Throws Caught.
  std::vector<Series> submits();

 private:
  Ground& ground(const Subject& subject) { return grounds_.at(&subject.substrate->memory()); }
  bool on_host(const Subject& subject) const { return subject.substrate->device().uuid == "host"; }
  // In a process of its own.
  bool is_worker(const Subject& subject) const { return subject.substrate->is_worker(); }
  // Whether others on the host's processors can change its time: an engine on a device too is timed
  // from here, by word and answer.
  bool needs_host(const Subject& subject) const { return on_host(subject) || is_worker(subject); }
  double sample_seconds(const Subject& subject) const;
  size_t who_needs(size_t i) const;
  template <class Work>
  auto work_for(size_t i, Work&& work);
  void make_grounds(const std::vector<int64_t>& launches);
  double launch_once(size_t i);
  void calibrate();
  void calibrate_cold();
  void wake(const Subject& subject);
  void drop_ceilings(const std::vector<double>& seconds, double behind);
  std::vector<size_t> measured() const;
  template <class Work>
  auto guarded(size_t i, Work&& work);
  std::unique_ptr<Recording> record(size_t i, std::span<const Tensors> sets,
                                    std::span<const int64_t> renewed = {});
  double replay(size_t i, Recording& recording, double (Recording::*how)());
  double launch(size_t i, std::span<const Tensors> sets, std::span<const int64_t> renewed = {},
                Sample* sample = nullptr);
  Sample take(size_t i);
  void settle(size_t i, Sample& sample);
  void watch(const Subject& subject, const SchedulerTimes& before, const SchedulerTimes& after,
             Sample& sample);
  void trespass(const SchedulerTimes& before, const SchedulerTimes& after, const std::string& turn,
                Sample& sample);
  void end_turn(size_t i);
  void submit_turn(size_t i, std::span<const std::unique_ptr<Recording>> recordings,
                   Series& series);
  void compare_clocks(size_t i, double seconds, double ticked);
  void prove(size_t i, const std::vector<int64_t>& sets, std::vector<Proof::Look> looks,
             Sample& sample);
  std::optional<size_t> read_ceiling(const Ground& ground);
  double probe(size_t read, std::string& disturbance);
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
  struct Clocks {
    int compared = 0, apart = 0;
  };
  std::map<size_t, Clocks> clocks_;  // by subject
  struct Trespass {
    double ran = 0, of = 0;  // seconds
  };
  std::map<std::string, Trespass> trespasses_;  // by contender
  std::map<Substrate*, Ground> grounds_;        // by whose memory they are
};

// Works for a subject. What its device cannot do fails the contenders that need it, one by one, and
// the others are measured. Throws Caught.
template <class Work>
auto Measurement::work_for(size_t i, Work&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {  // of the host, which all need
    throw;
  } catch (const ContenderEnded&) {  // an engine, which says its name
    throw;
  } catch (const std::exception& error) {
    throw Caught{who_needs(i), Status::kError, error.what()};
  }
}

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_MEASUREMENT_H_
