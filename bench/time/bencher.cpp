#include "bench/time/bencher.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace poolbench {
namespace {

constexpr const char* kFloorProblem = "max/sliding/f32/nchw/src:1x1x1x1/k:1x1";
// Lines that memory moves: 64 bytes on processors, sectors of 32 on GPUs.
int64_t line_bytes(const Device& device) { return device.uuid == "host" ? 64 : 32; }

struct Ceiling {
  std::string uuid, name;
  std::unique_ptr<Plan> plan;
  Substrate* substrate;
};

// The ceilings of every device that a contender works on, from the first backend that has some.
std::vector<Ceiling> make_ceilings(const std::vector<Contender>& contenders,
                                   const Traffic& traffic) {
  std::vector<Ceiling> ceilings;
  std::set<std::string> done;
  for (const Contender& contender : contenders) {
    const Device& device = contender.backend->substrate().device();
    if (done.count(device.uuid) != 0) continue;
    for (auto& plan : contender.backend->ceilings(traffic.read, traffic.written)) {
      done.insert(device.uuid);
      const std::string name(plan->kernel());
      ceilings.push_back({device.uuid, name, std::move(plan), &contender.backend->substrate()});
    }
  }
  return ceilings;
}

}  // namespace

// One case on its way: what was prepared, and which of its records are to be timed.
struct Bencher::Timing {
  const Problem& problem;
  Input input;
  Traffic traffic;
  std::vector<Prepared> prepared;
  std::vector<Verdict> verdicts;
  std::vector<CeilingSeries> ceilings;
};

double Bencher::floor_seconds(const Contender& contender) {
  const auto [it, inserted] = floors_.try_emplace(contender.name(), 0.0);
  if (!inserted) return it->second;
  const Problem problem = parse_problem(kFloorProblem);
  const Input input = make_input(problem, FillKind::kUniform, 1);
  const Prepared prepared = prepare(contender, problem);
  if (prepared.plan == nullptr) return 0;  // refuses it: no row counts as being below the floor
  std::optional<Accepted> accepted;
  const Verdict verdict = verify(prepared, problem, input, accepted);
  if (verdict.status != Status::kOk) return 0;
  const Subject subject = subject_of(prepared, verdict);
  const auto series =
      measure({&subject, 1}, problem, input, Temperature::kHot, 8, options_.measure, arenas_);
  return it->second = median_interval(series[0].seconds).median;
}

void Bencher::time(Timing& timing, CaseResult& result) {
  if (timing.traffic.total() == 0) return;
  const auto ceilings = make_ceilings(contenders_, timing.traffic);
  for (size_t t = 0; t < options_.temperatures.size(); ++t) {
    std::vector<Subject> subjects;  // those of records, then the ceilings
    std::vector<Record*> records;
    for (size_t c = 0; c < contenders_.size(); ++c) {
      if (timing.verdicts[c].status != Status::kOk) continue;
      subjects.push_back(subject_of(timing.prepared[c], timing.verdicts[c]));
      records.push_back(&result.records[record_at(c, t)]);
    }
    if (subjects.empty()) return;
    for (const Ceiling& ceiling : ceilings)
      subjects.push_back({ceiling.plan.get(), ceiling.substrate, true, 0});
    const Temperature temperature = options_.temperatures[t];
    auto series = measure(subjects, timing.problem, timing.input, temperature,
                          timing.traffic.total(), options_.measure, arenas_);
    if (options_.watch != nullptr) options_.watch->look();
    for (size_t i = 0; i < records.size(); ++i) records[i]->series = std::move(series[i]);
    for (size_t i = 0; i < ceilings.size(); ++i)
      timing.ceilings.push_back(
          {ceilings[i].uuid, ceilings[i].name, temperature, std::move(series[records.size() + i])});
  }
}

CaseResult Bencher::run(const Problem& problem) {
  CaseResult result{problem, {}};
  Timing timing{problem, {}, {}, {}, {}, {}};
  std::string failure;
  const auto guarded = [&](auto&& work) {
    try {
      work();
    } catch (const std::bad_alloc&) {
      failure = "the host has no memory left for this case";
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (!failure.empty()) arenas_.clear();
  };
  guarded([&] {
    timing.input = make_input(problem, options_.fill, options_.seed);
    timing.traffic =
        compulsory_bytes(problem, line_bytes(contenders_.front().backend->substrate().device()));
  });
  std::optional<Accepted> accepted;
  for (const Contender& contender : contenders_) {
    Prepared prepared{contender, nullptr, {Status::kError, failure, {}, {}, 0}};
    if (failure.empty()) prepared = prepare(contender, problem);
    Verdict verdict =
        failure.empty() ? verify(prepared, problem, timing.input, accepted) : prepared.verdict;
    if (verdict.status == Status::kOk && !contender.backend->timeable()) {
      verdict.status = Status::kRefused;
      verdict.reason = "shows that results are right; its time would mean nothing";
    }
    for (const Temperature temperature : options_.temperatures) {
      Record record;
      record.contender = contender.name();
      record.kernel = verdict.kernel;
      record.problem = problem;
      record.temperature = temperature;
      record.status = verdict.status;
      record.reason = verdict.reason;
      record.comparison = verdict.comparison;
      record.device = contender.backend->substrate().device();
      record.scratch_bytes = prepared.plan != nullptr ? prepared.plan->scratch_bytes() : 0;
      record.traffic = timing.traffic;
      result.records.push_back(std::move(record));
    }
    timing.prepared.push_back(std::move(prepared));
    timing.verdicts.push_back(std::move(verdict));
  }
  accepted.reset();
  if (failure.empty())
    guarded([&] {
      for (size_t c = 0; c < contenders_.size(); ++c)
        for (size_t t = 0; t < options_.temperatures.size(); ++t) {
          Record& record = result.records[record_at(c, t)];
          if (record.status == Status::kOk) record.floor_seconds = floor_seconds(contenders_[c]);
        }
      time(timing, result);
    });
  for (Record& record : result.records)
    if (record.status == Status::kOk && record.series.seconds.empty()) {
      record.status = failure.empty() ? Status::kRefused : Status::kError;
      record.reason = failure.empty() ? "an empty problem has no time" : failure;
    }
  relate(result, timing.ceilings, options_.baseline, options_.peers);
  return result;
}

}  // namespace poolbench
