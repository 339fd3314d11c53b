#include "bench/time/bencher.h"

#include <algorithm>
#include <set>

#include "host/turn.h"

namespace poolbench {
namespace {

constexpr const char* kFloorProblem = "max/sliding/f32/nchw/src:1x1x1x1/k:1x1";

struct Ceiling {
  std::string uuid, name;
  std::unique_ptr<Plan> plan;
  Substrate* substrate;
  int64_t bytes;
};

// Makes the ceilings of each device in `traffic`, from the first backend on it that offers some.
std::vector<Ceiling> make_ceilings(const Problem& problem, const std::vector<Contender>& contenders,
                                   const std::map<std::string, Traffic>& traffic) {
  std::vector<Ceiling> ceilings;
  std::set<std::string> done;
  for (const Contender& contender : contenders) {
    Substrate& substrate = contender.backend->substrate();
    const std::string& uuid = substrate.device().uuid;
    const auto bytes = traffic.find(uuid);
    if (bytes == traffic.end() || done.contains(uuid)) continue;
    for (auto& plan :
         contender.backend->ceilings(problem, bytes->second.read, bytes->second.written)) {
      done.insert(uuid);
      const std::string name(plan->kernel());
      ceilings.push_back({uuid, name, std::move(plan), &substrate, bytes->second.total()});
    }
  }
  return ceilings;
}

}  // namespace

// The state of one problem while it runs.
struct Bencher::Case {
  CaseResult result;
  Input input = {};
  std::map<std::string, Traffic> traffic = {};  // by device
  std::vector<Prepared> prepared = {};          // of contenders with a row
  std::vector<size_t> prepared_of = {};         // by record
  std::vector<CeilingSeries> ceilings = {};
  std::string failure = {};  // why the whole problem cannot run

  // Runs `work` and turns what it throws into the failure.
  template <class Work>
  void guard(Work&& work) {
    if (!failure.empty()) return;
    try {
      work();
    } catch (const std::bad_alloc&) {
      failure = "the host has no memory left for this case";
    } catch (const std::exception& error) {
      failure = error.what();
    }
  }
};

bool Bencher::takes_part(const Contender& contender, const Problem& problem,
                         Temperature temperature) const {
  if (!options_.wanted || options_.wanted(row_name(contender.name(), problem, temperature)))
    return true;
  return options_.always_measure_baseline && contender.name() == options_.baseline;
}

// Judges every contender and makes its records.
void Bencher::judge(Case& c, const SetAside& set_aside) const {
  const Problem& problem = c.result.problem;
  const bool any = std::ranges::any_of(contenders_, [&](const Contender& contender) {
    return !set_aside.contains(contender.name());
  });
  if (any) c.guard([&] { c.input = make_input(problem, options_.fill, options_.seed); });
  Judge judge(problem, c.input);
  for (const Contender& contender : contenders_) {
    std::vector<Temperature> temperatures;
    for (const Temperature temperature : options_.temperatures)
      if (takes_part(contender, problem, temperature)) temperatures.push_back(temperature);
    if (temperatures.empty()) continue;

    const Device& device = contender.backend->substrate().device();
    c.guard([&] {
      if (!c.traffic.contains(device.uuid))
        c.traffic[device.uuid] = compulsory_bytes(problem, line_bytes(device));
    });
    Prepared prepared{contender, nullptr, {}};
    Verdict& verdict = prepared.verdict;
    if (const auto aside = set_aside.find(contender.name()); aside != set_aside.end()) {
      verdict = aside->second;
    } else if (c.failure.empty()) {
      prepared = prepare(contender, problem);
      verdict = judge.verify(prepared);
    } else {
      verdict.status = Status::kError;
      verdict.reason = c.failure;
    }
    if (verdict.status == Status::kOk && !contender.backend->timeable()) {
      verdict.status = Status::kRefused;
      verdict.reason = "shows that results are right; its time would mean nothing";
    }
    for (const Temperature temperature : temperatures) {
      Record record;
      record.contender = contender.name();
      record.kernel = verdict.kernel;
      record.problem = problem;
      record.temperature = temperature;
      record.status = verdict.status;
      record.reason = verdict.reason;
      record.comparison = verdict.comparison;
      record.device = device;
      record.scratch_bytes = prepared.plan != nullptr ? prepared.plan->scratch_bytes() : 0;
      record.traffic = c.traffic[device.uuid];
      c.result.records.push_back(std::move(record));
      c.prepared_of.push_back(c.prepared.size());
    }
    c.prepared.push_back(std::move(prepared));
  }
}

double Bencher::floor_seconds(const Contender& contender) {
  const auto [it, inserted] = floors_.try_emplace(contender.name(), 0.0);
  if (!inserted) return it->second;
  const Problem problem = parse_problem(kFloorProblem);
  const Input input = make_input(problem, FillKind::kUniform, 1);
  Prepared prepared = prepare(contender, problem);
  prepared.verdict = Judge(problem, input).verify(prepared);
  if (prepared.verdict.status != Status::kOk) return 0;  // then no row is below the floor
  const Subject subject = subject_of(prepared);
  const auto series =
      measure({&subject, 1}, problem, input, Temperature::kHot, options_.measure, arenas_);
  return it->second = median_interval(series[0].seconds).median;
}

void Bencher::time(Case& c) {
  for (size_t i = 0; i < c.result.records.size(); ++i)
    if (Record& record = c.result.records[i]; record.status == Status::kOk)
      record.floor_seconds = floor_seconds(c.prepared[c.prepared_of[i]].contender);
  if (c.result.problem.dst_count() == 0) return;
  const auto ceilings = make_ceilings(c.result.problem, contenders_, c.traffic);
  for (const Temperature temperature : options_.temperatures) {
    std::vector<Subject> subjects;  // the records', then the ceilings
    std::vector<Record*> records;
    for (size_t i = 0; i < c.result.records.size(); ++i) {
      Record& record = c.result.records[i];
      if (record.status != Status::kOk || record.temperature != temperature) continue;
      subjects.push_back(subject_of(c.prepared[c.prepared_of[i]]));
      records.push_back(&record);
    }
    if (subjects.empty()) continue;
    for (const Ceiling& ceiling : ceilings)
      subjects.push_back({ceiling.plan.get(), ceiling.substrate, ceiling.bytes, 0});
    say_turn("", "time");
    auto series =
        measure(subjects, c.result.problem, c.input, temperature, options_.measure, arenas_);
    if (options_.watch != nullptr) options_.watch->look();
    for (size_t i = 0; i < records.size(); ++i) records[i]->series = std::move(series[i]);
    for (size_t i = 0; i < ceilings.size(); ++i)
      c.ceilings.push_back(
          {ceilings[i].uuid, ceilings[i].name, temperature, std::move(series[records.size() + i])});
  }
}

CaseResult Bencher::run(const Problem& problem, const SetAside& set_aside) {
  Case c{{problem, {}}};
  judge(c, set_aside);
  c.guard([&] { time(c); });
  if (!c.failure.empty()) arenas_.clear();
  for (Record& record : c.result.records)
    if (record.status == Status::kOk && record.series.seconds.empty()) {
      record.status = c.failure.empty() ? Status::kRefused : Status::kError;
      record.reason = c.failure.empty() ? "an empty problem has no time" : c.failure;
    }
  relate(c.result, c.ceilings, options_.baseline, options_.peers);
  if (options_.wanted)
    std::erase_if(c.result.records,
                  [&](const Record& record) { return !options_.wanted(record.name()); });
  return std::move(c.result);
}

}  // namespace poolbench
