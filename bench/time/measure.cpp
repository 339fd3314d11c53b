#include "bench/time/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "bench/time/rotation.h"
#include "host/windows.h"

namespace poolbench {
namespace {

constexpr int64_t kAlign = 4096;
constexpr int64_t kMaxLaunches = 10'000;  // in a sample: a command buffer or graph holds no more
// A contender's first dispatch after another one's is not timed, unless it takes longer than this:
// then the disturbance is a small part of it.
constexpr double kWarmUpBelow = 10e-3;

int64_t align(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

// The device of a subject, with the largest cache size that an API reports for it, so that all
// subjects on a device rotate over the same size.
Device device_of(const Substrate& substrate, std::span<const Subject> subjects) {
  Device device = substrate.device();
  for (const Subject& subject : subjects) {
    const Device& other = subject.substrate->device();
    if (other.uuid == device.uuid)
      device.cache_bytes = std::max(device.cache_bytes, other.cache_bytes);
  }
  return device;
}

// Returns the number of sets of `footprint` bytes that make a run of `launches` launches cold.
// Takes at most a quarter of the memory.
int64_t sets_for(const Device& device, Temperature temperature, int64_t footprint,
                 int64_t launches) {
  if (temperature == Temperature::kHot) return 1;
  const int64_t wanted = std::min(3 * device.cache_bytes, device.memory_bytes / 4);
  return std::clamp<int64_t>(wanted / footprint + 1, 1, std::max<int64_t>(launches, 1));
}

Rotation tensor_rotation(Substrate& substrate, const Device& device, const Problem& problem,
                         const Input& input, int64_t scratch_bytes, Temperature temperature,
                         int64_t launches, Arenas& arenas) {
  Placement placement(operands(problem, scratch_bytes));
  const int64_t sets = sets_for(device, temperature, placement.bytes(), launches);
  void* arena = arenas.get(substrate, Arenas::kTensors, sets * placement.bytes());
  Rotation rotation(std::move(placement), arena, sets);
  rotation.write(substrate, inputs_of(input.src.data()));
  return rotation;
}

Rotation ceiling_rotation(Substrate& substrate, const Device& device, int64_t bytes,
                          int64_t scratch_bytes, Temperature temperature, int64_t launches,
                          Arenas& arenas) {
  std::vector<Operand> regions = {{Role::kSrc, Access::kIn, "src", bytes, 1},
                                  {Role::kDst, Access::kOut, "dst", bytes, 1}};
  if (scratch_bytes > 0)
    regions.push_back({Role::kScratch, Access::kScratch, "scratch", scratch_bytes, 1});
  Placement placement(std::move(regions));
  const int64_t sets = sets_for(device, temperature, align(bytes), launches);
  void* arena = arenas.get(substrate, Arenas::kCeilings, sets * placement.bytes());
  return Rotation(std::move(placement), arena, sets);
}

// Takes a sample: `launches` launches on the rotation's next sets; returns seconds a launch.
double sample(const Subject& subject, Rotation& rotation, int64_t launches) {
  const auto recording = subject.substrate->record([&](Stream stream) {
    for (int64_t i = 0; i < launches; ++i) subject.plan->launch(rotation.next(), stream);
  });
  return recording->replay() / double(launches);
}

// Takes the last block's sample, with the last set's output poisoned before and compared after.
double checked_sample(const Subject& subject, Rotation& rotation, int64_t launches,
                      std::string& invalid) {
  const Tensors last = rotation.peek(launches - 1);
  Substrate& substrate = *subject.substrate;
  for (const Operand& operand : rotation.operands())
    if (operand.access == Access::kOut) substrate.fill(last[operand.role], 0xa5, operand.bytes);
  const double seconds = sample(subject, rotation, launches);
  if (hash(read_outputs(substrate, rotation.operands(), last)) != subject.output_hash)
    invalid = "the timed output differs from the checked one";
  return seconds;
}

// Returns the order of each block: rows of a Latin square, so that every subject is in every place
// equally often. Rows and names are shuffled.
class BlockOrder {
 public:
  BlockOrder(size_t subjects, uint64_t seed) : random_(seed), names_(subjects), shift_(subjects) {
    std::iota(names_.begin(), names_.end(), 0);
    std::iota(shift_.begin(), shift_.end(), 0);
  }
  std::vector<size_t> next() {
    if (row_ % names_.size() == 0) {
      std::shuffle(names_.begin(), names_.end(), random_);
      std::shuffle(shift_.begin(), shift_.end(), random_);
    }
    const size_t shift = shift_[row_++ % names_.size()];
    std::vector<size_t> order;
    for (size_t i = 0; i < names_.size(); ++i) order.push_back(names_[(i + shift) % names_.size()]);
    return order;
  }

 private:
  std::mt19937_64 random_;
  std::vector<size_t> names_, shift_;
  size_t row_ = 0;
};

int64_t launches_for(double seconds, double once) {
  return std::clamp<int64_t>(int64_t(std::ceil(seconds / std::max(once, 1e-9))), 1, kMaxLaunches);
}

// Keeps a device busy until its clocks have risen: it was idle while results were judged.
void wake(const Subject& subject, Rotation& rotation, const MeasureOptions& options) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(options.wake_seconds);
  while (Clock::now() < end)
    sample(subject, rotation, launches_for(options.sample_seconds, sample(subject, rotation, 1)));
}

// Returns the launches of a sample, from the time of one launch on warm buffers.
std::vector<int64_t> calibrate(std::span<const Subject> subjects, const Problem& problem,
                               const Input& input, const MeasureOptions& options, Arenas& arenas,
                               std::vector<double>& once) {
  std::vector<int64_t> launches;
  std::set<std::string> awake = {"host"};
  for (const Subject& subject : subjects) {
    const int64_t scratch = subject.plan->scratch_bytes();
    const Device& device = subject.substrate->device();
    Rotation rotation = subject.is_ceiling()
                            ? ceiling_rotation(*subject.substrate, device, subject.ceiling_bytes,
                                               scratch, Temperature::kHot, 1, arenas)
                            : tensor_rotation(*subject.substrate, device, problem, input, scratch,
                                              Temperature::kHot, 1, arenas);
    sample(subject, rotation, 1);
    if (awake.insert(device.uuid).second) wake(subject, rotation, options);
    once.push_back(sample(subject, rotation, 1));
    if (!subject.is_ceiling()) subject.plan->rest();
    launches.push_back(launches_for(options.sample_seconds, once.back()));
  }
  return launches;
}

}  // namespace

Subject subject_of(const Prepared& prepared) {
  return {prepared.plan.get(), &prepared.contender.backend->substrate(), 0,
          prepared.verdict.output_hash};
}

void* Arenas::get(Substrate& substrate, Use use, int64_t bytes) {
  Buffer& buffer = buffers_[{&substrate, use}];
  if (buffer.bytes() < bytes + kAlign) {
    buffer = Buffer();  // frees the old one first: both may not fit
    buffer = Buffer(substrate, bytes + kAlign);
    if (use == kCeilings) {
      std::vector<uint64_t> numbers((1 << 20) / sizeof(uint64_t));
      for (size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = splitmix64(1, i) & 0x3fff3fff3fff3fff;
      const int64_t chunk = 1 << 20;
      for (int64_t at = 0; at < buffer.bytes(); at += chunk)
        substrate.write(buffer.at(at), numbers.data(), std::min(chunk, buffer.bytes() - at));
    } else {
      substrate.fill(buffer.at(), 0, buffer.bytes());  // else timed launches would touch new pages
    }
  }
  const auto address = reinterpret_cast<uintptr_t>(buffer.at());
  return buffer.at(int64_t((kAlign - address % kAlign) % kAlign));
}

std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature,
                            const MeasureOptions& options, Arenas& arenas) {
  std::vector<double> once;
  const auto launches = calibrate(subjects, problem, input, options, arenas, once);

  // One rotation for each substrate and use, shared by the contenders that share its memory.
  using Key = std::pair<Substrate*, bool>;  // true: of its ceilings
  struct Need {
    int64_t launches = 0, scratch = 0, ceiling_bytes = 0;
  };
  std::map<Key, Need> needs;
  for (size_t i = 0; i < subjects.size(); ++i) {
    Need& need = needs[{subjects[i].substrate, subjects[i].is_ceiling()}];
    need.ceiling_bytes = std::max(need.ceiling_bytes, subjects[i].ceiling_bytes);
    need.launches += options.blocks * (launches[i] + 1);
    need.scratch = std::max(need.scratch, subjects[i].plan->scratch_bytes());
  }
  std::map<Key, Rotation> rotations;
  for (const auto& [key, need] : needs) {
    const auto& [substrate, ceiling] = key;
    const Device device = device_of(*substrate, subjects);
    rotations.emplace(key, ceiling
                               ? ceiling_rotation(*substrate, device, need.ceiling_bytes,
                                                  need.scratch, temperature, need.launches, arenas)
                               : tensor_rotation(*substrate, device, problem, input, need.scratch,
                                                 temperature, need.launches, arenas));
  }

  std::vector<Series> series(subjects.size());
  BlockOrder order(subjects.size(), options.seed);
  for (int block = 0; block < options.blocks; ++block)
    for (const size_t i : order.next()) {
      const Subject& subject = subjects[i];
      Rotation& rotation = rotations.at({subject.substrate, subject.is_ceiling()});
      if (once[i] < kWarmUpBelow) sample(subject, rotation, 1);
      const bool check = block == options.blocks - 1 && !subject.is_ceiling();
      series[i].seconds.push_back(
          check ? checked_sample(subject, rotation, launches[i], series[i].invalid)
                : sample(subject, rotation, launches[i]));
      if (!subject.is_ceiling()) subject.plan->rest();
      series[i].launches = launches[i];
      series[i].rotation_bytes = rotation.bytes();
    }
  return series;
}

Interval median_interval(std::vector<double> samples) {
  if (samples.empty()) return {NAN, NAN, NAN};
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<int>(samples.size());
  const double median = n % 2 != 0 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
  // Finds the largest r with P(Binomial(n, 1/2) < r) <= 2.5 %. Then [x_r, x_(n+1-r)] covers 95 %.
  double term = std::pow(0.5, n), below = 0;
  int r = 0;
  while (below + term <= 0.025) {
    below += term;
    term *= double(n - r) / double(r + 1);
    ++r;
  }
  if (r == 0) return {median, NAN, NAN};
  return {median, samples[r - 1], samples[n - r]};
}

}  // namespace poolbench
