#include "bench/judge/certificate.h"

#include <fmt/format.h>

#include <algorithm>

namespace poolbench {
namespace {

// Outputs on W and on the other axes, and channels. Vectors lie along W with channels first, along
// the channels with channels last: 72 and 64 hold a vector of i8, four of f32, and a rest. A
// certificate on the first size takes some milliseconds.
struct Sizes {
  int64_t width, others, channels;
};
constexpr Sizes kSizes[] = {{72, 5, 2}, {150, 20, 16}, {600, 150, 64}};

constexpr int64_t kMostTaps = 5;  // from one adaptive or fractional window to the next

// Taps of a window. With more of them, one kind of input on the first size would take some tenths
// of a second, and there are two dozen kinds.
constexpr int64_t kLongWindow = 4096;

int64_t elements(const Problem& problem) { return problem.src_count() + problem.dst_count(); }

// Taps of sliding and fractional windows; the others shrink with the input.
int64_t taps(const PoolSpec& spec) { return spec.kernel[0] * spec.kernel[1] * spec.kernel[2]; }

// Windows of at most kLongWindow taps, as many on each axis, with strides and padding as much
// shorter as the windows. What is left is as odd as it was, and more than half of what an axis may
// have.
Problem with_short_windows(const Problem& problem) {
  const int64_t most = problem.rank() == 1 ? kLongWindow : problem.rank() == 2 ? 64 : 16;
  const auto shorter = [&](int64_t extent) {
    return extent <= most ? extent : most / 2 + extent % (most / 2);
  };
  return problem.with([&](Description& small) {
    PoolSpec& spec = small.spec;
    for (int axis = problem.first_axis(); axis < 3; ++axis) {
      const int64_t before = std::max<int64_t>(spec.kernel[axis] - 1, 1);
      spec.kernel[axis] = shorter(spec.kernel[axis]);
      spec.stride[axis] = shorter(spec.stride[axis]);
      for (int64_t* pad : {&spec.pad_begin[axis], &spec.pad_end[axis]})
        *pad = int64_t(__int128(*pad) * (spec.kernel[axis] - 1) / before);
    }
  });
}

// Leaves `out` of an axis' outputs: sliding windows lose whole strides, so that the rest and the
// last window stay as they are. Others keep about the size of their windows.
void shrink_axis(const Problem& problem, int axis, int64_t out, Description& small) {
  const PoolSpec& spec = problem.spec();
  const int64_t src = problem.src()[axis], dst = std::max<int64_t>(problem.dst()[axis], 1);
  int64_t& to = small.src[axis];
  switch (spec.windowing) {
    case Windowing::kSliding: {
      const int64_t lost = std::clamp<int64_t>(dst - out, 0, (src - 1) / spec.stride[axis]);
      to = src - lost * spec.stride[axis];
      // Padding longer than two windows loses whole ones.
      const int64_t window = (spec.kernel[axis] - 1) * spec.dilation[axis] + 1;
      for (int64_t* pad : {&small.spec.pad_begin[axis], &small.spec.pad_end[axis]})
        if (*pad > 2 * window) *pad = window + *pad % window;
      return;
    }
    case Windowing::kGlobal:
      to = src <= out ? src : out + src % 2;
      return;
    case Windowing::kAdaptive: {
      out = std::min(out, dst);
      const int64_t taps = std::min(src / dst, kMostTaps), rest = src % dst != 0 ? out / 2 : 0;
      small.spec.out[axis] = out;
      to = std::min(src, std::max<int64_t>(taps * out + rest, 1));
      return;
    }
    case Windowing::kFractional: {
      out = std::min(out, dst);
      const double step = dst > 1 ? double(src - spec.kernel[axis]) / double(dst - 1) : 0;
      small.spec.out[axis] = out;
      to = std::clamp(
          spec.kernel[axis] + int64_t(std::min(step, double(kMostTaps)) * double(out - 1)),
          spec.kernel[axis] + out - 1, src);
      return;
    }
  }
}

Problem shrink(const Problem& problem, const Sizes& sizes) {
  const bool last = problem.layout() == Layout::kChannelsLast;
  const int64_t others = problem.rank() == 3 ? sizes.others / 2 : sizes.others;
  return problem.with([&](Description& small) {
    small.n = std::min<int64_t>(small.n, 1);
    // Samples given plane by plane: those of the planes that are left.
    const auto by_plane = int64_t(small.spec.samples.size()) == problem.planes() * problem.rank();
    small.c = std::min(small.c, last ? 64 + small.c % 64 : sizes.channels);
    if (by_plane) small.spec.samples.resize(small.planes() * problem.rank());
    for (int axis = problem.first_axis(); axis < 3; ++axis)
      shrink_axis(problem, axis, axis == 2 && !last ? sizes.width : others, small);
  });
}

}  // namespace

std::vector<Problem> shrunk(const Problem& problem) {
  std::vector<Problem> problems;
  if (taps(problem.spec()) > kLongWindow) {
    const Problem shorter = with_short_windows(problem);
    for (const Sizes& sizes : kSizes) problems.push_back(shrink(shorter, sizes));
  }
  if (elements(problem) > kAllKinds)
    for (const Sizes& sizes : kSizes) problems.push_back(shrink(problem, sizes));
  problems.push_back(problem);
  return problems;
}

void Certificates::prepare_trials(const Problem& problem) {
  if (!trials_.empty() && problem == problem_) return;
  trials_.clear();
  problem_ = problem;
  for (const FillInfo& info : fill_kinds()) {
    auto trial = std::make_unique<Trial>();
    trial->input = make_input(problem_, info.kind, seed_);
    trial->judge.emplace(problem_, trial->input, seed_, rules_);
    trials_.push_back(std::move(trial));
  }
}

Verdict Certificates::judge_kinds(const Prepared& prepared, const Problem& problem) {
  prepare_trials(problem);
  for (const auto& trial : trials_) {
    Verdict verdict = trial->judge->verify(prepared);
    if (verdict.status == Status::kOk) continue;
    verdict.reason = fmt::format("{}: check --backend {}.{} --problem {} {}", verdict.reason,
                                 prepared.contender.backend->name(), verdict.kernel,
                                 to_text(problem), trial->input.name);
    return verdict;
  }
  Verdict right = prepared.verdict;
  right.status = Status::kOk;
  return right;
}

Verdict Certificates::judge(const Prepared& prepared, const Problem& problem) {
  const std::string kernel(prepared.plan->kernel());
  Prepared small;
  Problem smallest = problem;
  for (const Problem& candidate : shrunk(problem)) {
    smallest = candidate;
    const std::string key =
        fmt::format("{} {} {}", prepared.contender.name(), kernel, to_text(candidate));
    if (const auto found = verdicts_.find(key); found != verdicts_.end()) return found->second;
    small = prepare({prepared.contender.backend, kernel}, candidate);
    if (small.plan != nullptr) return verdicts_[key] = judge_kinds(small, candidate);
  }
  // A kernel that goes by a name that its backend does not know: as the problem itself was asked.
  return judge_kinds(prepared, smallest);
}

}  // namespace poolbench
