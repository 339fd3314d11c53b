#include "bench/time/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/windows.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

constexpr int64_t kRange = 64 << 10;      // bytes compared beside the sights
constexpr int64_t kMostSights = 9;        // of a secret
constexpr int64_t kOracleTaps = 200'000;  // that the oracle reads for one check, about
constexpr int64_t kDeviceSecrets = 256;   // of sets on a device, to which writes take microseconds
constexpr size_t kMostUnequal = 64;       // outputs that the oracle judges in a range

int64_t up_to(std::mt19937_64& random, int64_t most) {
  return most <= 0 ? 0 : int64_t(random() % (uint64_t(most) + 1));
}

// Where a range begins: one in four at either end, where most faults are.
int64_t range_start(std::mt19937_64& random, int64_t last) {
  const int64_t where = up_to(random, 3);
  return where == 0 ? 0 : where == 1 ? last : up_to(random, last);
}

// A value that the inputs, in [-1, 1) or of integers, hardly hold: a larger or smaller one that an
// extreme shows, either for sums; of floats also infinities and NaN.
uint64_t telling_value(const Problem& problem, std::mt19937_64& random) {
  const Reduction reduction = problem.spec().reduction;
  const bool high =
      reduction == Reduction::kMax || (!is_extreme(reduction) && up_to(random, 1) == 1);
  uint64_t bytes = 0;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T value;
    if constexpr (std::is_integral_v<T>) {
      const int64_t off = up_to(random, 3);
      value = store<T>(high ? int64_t{highest<T>()} - off : int64_t{lowest<T>()} + off);
    } else {
      const int64_t kind = up_to(random, 7);
      const double size = kind == 0 ? INFINITY : 2 + double(up_to(random, 4095)) / 4096;
      value = store<T>(kind >= 1 && kind <= 4 ? NAN : high ? size : -size);
    }
    std::memcpy(&bytes, &value, sizeof value);
  });
  return bytes;
}

}  // namespace

Proof::Proof(const Problem& problem, const std::vector<std::byte>& src, const Outputs& right,
             Sets& sets, std::mt19937_64& random)
    : problem_(problem),
      src_(src),
      right_(right),
      sets_(sets),
      random_(random),
      bytes_(dtype_bytes(problem.dtype())),
      changed_(src),
      reference_(problem, changed_.data()),
      secrets_(static_cast<size_t>(sets.count())) {
  for (int axis = 0; axis < 3; ++axis) {
    covered_[axis] = {0};
    if (axis < problem.first_axis()) continue;
    windows_[axis] = windows(problem, axis);
    const int64_t step = tap_step(problem, axis);
    int64_t most = 1;
    for (const Window& window : windows_[axis])
      most = std::max(most, (window.end - window.begin + step - 1) / step);
    const std::vector<bool> held = held_positions(problem, axis, windows_[axis]);
    covered_[axis].clear();
    for (int64_t x = 0; x < problem.src()[axis]; ++x)
      if (held[x]) covered_[axis].push_back(x);
    taps_ = std::min(taps_ * most, int64_t{1} << 40);
    if (covered_[axis].empty()) secrets_.clear();  // no window holds anything
  }
  for (Secret& secret : secrets_) std::memcpy(&secret.value, src.data(), size_t(bytes_));
  const bool host = sets.substrate().device().substrate == "host";
  const auto count = int64_t(secrets_.size());
  for (int64_t set = 0; set < (host ? count : std::min(count, kDeviceSecrets)); ++set) renew(set);
}

int64_t Proof::element_at(int64_t plane, const Extents& at, const Extents& size) const {
  const int64_t elements = size[0] * size[1] * size[2];
  const int64_t in_plane = (at[0] * size[1] + at[1]) * size[2] + at[2];
  if (problem_.layout() == poolbench::Layout::kChannelsFirst) return plane * elements + in_plane;
  return (plane / problem_.c() * elements + in_plane) * problem_.c() + plane % problem_.c();
}

// Gives the set's input, or the copy that the oracle reads, this value at the secret place.
void Proof::write(int64_t set, const Secret& secret, const void* value) {
  char* src = static_cast<char*>(sets_.at(set)[Role::kSrc]);
  sets_.substrate().write(src + secret.element * bytes_, value, bytes_);
}
void Proof::put(const Secret& secret, const void* value) {
  std::memcpy(changed_.data() + secret.element * bytes_, value, static_cast<size_t>(bytes_));
}

void Proof::renew(int64_t set) {
  if (secrets_.empty()) return;
  Secret& secret = secrets_[set];
  write(set, secret, src_.data() + secret.element * bytes_);
  secret.plane = up_to(random_, problem_.planes() - 1);
  for (int axis = 0; axis < 3; ++axis)
    secret.at[axis] = covered_[axis][up_to(random_, int64_t(covered_[axis].size()) - 1)];
  secret.element = element_at(secret.plane, secret.at, problem_.src());
  secret.value = telling_value(problem_, random_);
  write(set, secret, &secret.value);
}

void Proof::choose_range(Secret& secret) {
  secret.count = std::min(kRange / bytes_, problem_.dst_count());
  secret.first = range_start(random_, problem_.dst_count() - secret.count);
}

int64_t Proof::pick(const std::vector<int64_t>& sets) const {
  std::vector<int64_t> spoilt;
  for (const int64_t set : sets)
    if (!secrets_.empty() && secrets_[set].count > 0) spoilt.push_back(set);
  const std::vector<int64_t>& among = spoilt.empty() ? sets : spoilt;
  return among[random_() % among.size()];
}

void Proof::spoil(int64_t set) {
  if (secrets_.empty()) return;
  Secret& secret = secrets_[set];
  const Tensors tensors = sets_.at(set);
  choose_range(secret);
  const int64_t all = problem_.dst_count();
  // What is right some places further on.
  const int64_t from = (secret.first + 1 + up_to(random_, 6)) % (all - secret.count + 1);
  for (const Operand& operand : sets_.outputs())
    sets_.substrate().write(
        static_cast<char*>(tensors[operand.role]) + secret.first * operand.element_bytes,
        right_[operand.role].data() + from * operand.element_bytes,
        secret.count * operand.element_bytes);
}

// What stands in a random few of the outputs whose windows hold the secret.
std::vector<Proof::Sight> Proof::read_sights(int64_t set, const Secret& secret) {
  std::vector<int64_t> seen_by[3];
  std::vector<Window> of_plane;
  for (int axis = 0; axis < 3; ++axis) {
    if (axis < problem_.first_axis()) {
      seen_by[axis] = {0};
      continue;
    }
    const int64_t step = tap_step(problem_, axis), x = secret.at[axis];
    const bool by_plane = problem_.spec().windowing == Windowing::kFractional;
    const auto& all = by_plane ? of_plane = windows(problem_, axis, secret.plane) : windows_[axis];
    for (size_t o = 0; o < all.size(); ++o)
      if (x >= all[o].begin && x < all[o].end && (x - all[o].begin) % step == 0)
        seen_by[axis].push_back(int64_t(o));
    if (seen_by[axis].empty()) return {};
  }
  const int64_t most = std::clamp<int64_t>(kOracleTaps / taps_, 1, kMostSights);
  const Tensors tensors = sets_.at(set);
  std::vector<Sight> sights;
  for (int64_t i = 0; i < most; ++i) {
    Sight sight = {0, secret.plane, {}, {}, -1};
    for (int axis = 0; axis < 3; ++axis)
      sight.output[axis] = seen_by[axis][up_to(random_, int64_t(seen_by[axis].size()) - 1)];
    sight.at = element_at(secret.plane, sight.output, problem_.dst());
    for (const Operand& operand : sets_.outputs())
      sets_.substrate().read(
          operand.role == Role::kIndices ? static_cast<void*>(&sight.index) : sight.value,
          static_cast<char*>(tensors[operand.role]) + sight.at * operand.element_bytes,
          operand.element_bytes);
    sights.push_back(sight);
  }
  return sights;
}

bool Proof::is_wrong(const Sight& sight, const Explained& explained, std::string& words) const {
  const Expected expected = reference_.at(sight.plane, sight.output);
  if (judge(problem_, expected, sight.value, sight.index).right) return false;
  Point point;
  point.n = sight.plane / problem_.c();
  point.c = sight.plane % problem_.c();
  point.output = sight.output;
  point.expected = double(expected.value);
  point.expected_index = expected.index;
  point.got_index = sight.index;
  dispatch(problem_.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T value;
    std::memcpy(&value, sight.value, sizeof value);
    point.got = double(load(value));
  });
  if (explained && explained(changed_.data(), point)) return false;
  words = fmt::format("output {},{},{},{},{}: {} instead of {}", point.n, point.c, point.output[0],
                      point.output[1], point.output[2], value_text(problem_.dtype(), point.got),
                      value_text(problem_.dtype(), point.expected));
  if (problem_.spec().indices)
    words += fmt::format(", index {} instead of {}", point.got_index, point.expected_index);
  return true;
}

Proof::Finding Proof::check_sights(const std::vector<Sight>& sights, const Outputs& accepted,
                                   const Explained& explained) {
  Finding finding;
  for (Sight sight : sights) {
    std::string words;
    const std::byte* without = accepted[Role::kDst].data() + sight.at * bytes_;
    const auto* indices = reinterpret_cast<const int64_t*>(accepted[Role::kIndices].data());
    const bool stale = std::memcmp(sight.value, without, static_cast<size_t>(bytes_)) == 0;
    if (is_wrong(sight, explained, words)) {
      finding.what =
          fmt::format("{}: {}", stale ? "stale output" : "the timed output is wrong", words);
      return finding;
    }
    // Would what is right without the secret have been wrong?
    std::memcpy(sight.value, without, static_cast<size_t>(bytes_));
    if (indices != nullptr) sight.index = indices[sight.at];
    finding.proves |= !finding.proves && is_wrong(sight, explained, words);
  }
  return finding;
}

// Outputs that do not see the secret are what they were without it, or else right: some kernels
// round differently beside another number.
std::string Proof::check_outputs(const Look& look, const Outputs& accepted,
                                 const Explained& explained) {
  std::vector<int64_t> unequal;
  for (const Operand& operand : sets_.outputs()) {
    const int64_t size = operand.element_bytes;
    const std::vector<std::byte>& now = look.range[operand.role];
    const std::byte* then = accepted[operand.role].data() + look.first * size;
    if (std::memcmp(now.data(), then, now.size()) == 0) continue;
    for (int64_t i = 0; i < look.count && unequal.size() < kMostUnequal; ++i)
      if (std::memcmp(now.data() + i * size, then + i * size, static_cast<size_t>(size)) != 0)
        unequal.push_back(i);
  }
  const Extents& out = problem_.dst();
  const int64_t size = out[0] * out[1] * out[2];
  const bool last = problem_.layout() == poolbench::Layout::kChannelsLast;
  for (const int64_t i : unequal) {
    const int64_t at = look.first + i;
    const int64_t c = last ? at % problem_.c() : at / size % problem_.c();
    const int64_t in_plane = last ? at / problem_.c() % size : at % size;
    Sight sight = {at,
                   at / size / problem_.c() * problem_.c() + c,
                   {in_plane / (out[1] * out[2]), in_plane / out[2] % out[1], in_plane % out[2]},
                   {},
                   -1};
    std::memcpy(sight.value, look.range[Role::kDst].data() + i * bytes_,
                static_cast<size_t>(bytes_));
    if (problem_.spec().indices)
      std::memcpy(&sight.index, look.range[Role::kIndices].data() + i * int64_t(sizeof(int64_t)),
                  sizeof(int64_t));
    std::string words;
    if (is_wrong(sight, explained, words)) return "the timed output is wrong: " + words;
  }
  return {};
}

std::string Proof::check_inputs(int64_t set) {
  const auto all = int64_t(src_.size()), bytes = std::min(kRange, all);
  const int64_t first = range_start(random_, all - bytes);
  seen_.resize(static_cast<size_t>(bytes));
  sets_.substrate().read(seen_.data(), static_cast<char*>(sets_.at(set)[Role::kSrc]) + first,
                         bytes);
  if (std::memcmp(seen_.data(), changed_.data() + first, static_cast<size_t>(bytes)) == 0)
    return {};
  return "its input was changed";
}

Proof::Look Proof::look(int64_t set) {
  if (secrets_.empty()) return {};
  Secret& secret = secrets_[set];
  Look look = {set, read_sights(set, secret), 0, 0, {}};
  if (secret.count == 0) choose_range(secret);
  look.first = secret.first;
  look.count = std::exchange(secret.count, 0);
  const Tensors tensors = sets_.at(set);
  for (const Operand& operand : sets_.outputs()) {
    const int64_t size = operand.element_bytes;
    look.range[operand.role].resize(static_cast<size_t>(look.count * size));
    sets_.substrate().read(look.range[operand.role].data(),
                           static_cast<char*>(tensors[operand.role]) + look.first * size,
                           look.count * size);
  }
  return look;
}

Proof::Finding Proof::check(const Look& look, const Outputs& accepted, const Explained& explained) {
  if (secrets_.empty()) return {};
  const Secret& secret = secrets_[look.set];
  put(secret, &secret.value);
  Finding finding;
  finding.what = check_inputs(look.set);
  if (finding.what.empty()) finding = check_sights(look.sights, accepted, explained);
  if (finding.what.empty()) finding.what = check_outputs(look, accepted, explained);
  put(secret, src_.data() + secret.element * bytes_);
  return finding;
}

}  // namespace poolbench
