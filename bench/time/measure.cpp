#include "bench/time/measure.h"

#include <algorithm>
#include <numeric>

#include "bench/select/contender.h"
#include "bench/time/measurement.h"

namespace poolbench {

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
  constexpr int64_t kAlign = 4096;  // of which some is left behind for Plan::reads_behind()
  Buffer& buffer = buffers_[{&substrate, use}];
  if (buffer.bytes() < bytes + kAlign) {
    buffer = Buffer();  // frees the old one first: both may not fit
    buffer = Buffer(substrate, bytes + kAlign);
    substrate.fill(buffer.at(), 0, buffer.bytes());  // else timed launches would touch new pages
  }
  const auto address = reinterpret_cast<uintptr_t>(buffer.at());
  return buffer.at(int64_t((kAlign - address % kAlign) % kAlign));
}

namespace {

// Calls `run` with the subjects, and again without each one that is caught.
template <class Run>
std::vector<Series> without_caught(std::span<const Subject> subjects, Arenas& arenas,
                                   const Run& run) {
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
    // The others are measured again without it.
    const auto leave_out = [&](size_t i, Status status, const std::string& reason) {
      series[left[i]].status = status;
      series[left[i]].reason = reason;
      left.erase(left.begin() + int64_t(i));
      if (status == Status::kError) arenas.clear();  // it may have been memory
    };
    try {
      auto measured = run(some);
      for (size_t i = 0; i < left.size(); ++i) series[left[i]] = std::move(measured[i]);
      return series;
    } catch (const Caught& caught) {
      leave_out(caught.subject, caught.status, caught.reason);
    } catch (const ContenderEnded& ended) {  // while memory of its device was written or read
      const auto one = std::ranges::find_if(some, [&](const Subject& subject) {
        return ContenderName(subject.name).backend == ended.who;
      });
      if (one == some.end()) throw;
      leave_out(size_t(one - some.begin()), status_of(ended), ended.what());
    }
  }
}

}  // namespace

std::vector<Series> measure(std::span<const Subject> subjects, const Problem& problem,
                            const Input& input, Temperature temperature,
                            const MeasureOptions& options, Arenas& arenas, Machine& machine) {
  return without_caught(subjects, arenas, [&](std::span<const Subject> some) {
    return Measurement(some, problem, input, temperature, options, arenas, machine).run();
  });
}

std::vector<Series> measure_submits(std::span<const Subject> subjects, const Problem& problem,
                                    const Input& input, const MeasureOptions& options,
                                    Arenas& arenas, Machine& machine) {
  return without_caught(subjects, arenas, [&](std::span<const Subject> some) {
    return Measurement(some, problem, input, Temperature::kHot, options, arenas, machine).submits();
  });
}

}  // namespace poolbench
