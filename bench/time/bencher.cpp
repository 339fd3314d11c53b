#include "bench/time/bencher.h"

#include <malloc.h>

#include <algorithm>
#include <set>

#include "host/turn.h"

namespace poolbench {
namespace {

// The floor of contenders that cannot launch with nothing to do.
constexpr const char* kFloorProblems[] = {"max/sliding/f32/nchw/src:1x1x1x1/k:1x1",
                                          "max/sliding/f32/nhwc/src:1x1x1x1/k:1x1"};
// A floor is needed for every row, and to a tenth.
constexpr int kFloorBlocks = 5;
constexpr double kFloorSample = 2e-4;
// Cases of so many bytes give their memory back to the system.
constexpr int64_t kGivenBack = int64_t{1} << 28;

// Keeps freed memory for the cases that follow, or does no longer. By itself glibc gives large
// blocks back, and the kernel clears their pages for each case: without that `models` is set up in
// two thirds of the time.
void keep_freed_memory(bool keep) {
#ifdef __GLIBC__
  constexpr int kMostMaps = 65536, kTrimAt = 128 << 10;  // glibc's defaults
  mallopt(M_MMAP_MAX, keep ? 0 : kMostMaps);
  mallopt(M_TRIM_THRESHOLD, keep ? -1 : kTrimAt);
  if (!keep) malloc_trim(0);
#endif
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

Bencher::Bencher(std::vector<Contender> contenders, BenchOptions options)
    : contenders_(std::move(contenders)),
      options_(std::move(options)),
      certificates_(options_.seed),
      yardsticks_(contenders_) {}

bool Bencher::takes_part(const Contender& contender, const Problem& problem,
                         Temperature temperature) const {
  if (!options_.wanted || options_.wanted(row_name(contender.name(), problem, temperature)))
    return true;
  return options_.always_measure_baseline && contender.name() == options_.baseline;
}

// Nothing is hot that no cache holds.
bool Bencher::has_column(const Device& device, const Problem& problem,
                         Temperature temperature) const {
  return temperature == Temperature::kCold ||
         !cache_level(device, problem.tensor_bytes(), usable_processors()).empty();
}

// Judges every contender and makes its records.
void Bencher::judge(Case& c, const SetAside& set_aside) {
  const Problem& problem = c.result.problem;
  const bool any = std::ranges::any_of(contenders_, [&](const Contender& contender) {
    return !set_aside.contains(contender.name());
  });
  if (any) c.guard([&] { c.input = make_input(problem, options_.fill, options_.seed); });
  Judge judge(problem, c.input, options_.seed);
  for (const Contender& contender : contenders_) {
    const Device& device = contender.backend->substrate().device();
    const bool only_one = options_.temperatures.size() == 1;
    std::vector<Temperature> temperatures;
    for (const Temperature temperature : options_.temperatures)
      if (takes_part(contender, problem, temperature) &&
          (only_one || has_column(device, problem, temperature)))
        temperatures.push_back(temperature);
    if (temperatures.empty()) continue;

    c.guard([&] {
      if (!c.traffic.contains(device.uuid))
        c.traffic[device.uuid] = compulsory_bytes(problem, line_bytes(device));
    });
    Prepared prepared{contender, nullptr, {}};
    PlanCost plan_cost;
    Verdict& verdict = prepared.verdict;
    if (const auto aside = set_aside.find(contender.name()); aside != set_aside.end()) {
      verdict = aside->second;
    } else if (c.failure.empty()) {
      prepared = prepare_measured(contender, problem, plan_cost);
      verdict = judge.verify(prepared);
      yardsticks_.machine().note_threads(contender.name());
    } else {
      verdict.status = Status::kError;
      verdict.reason = c.failure;
    }
    if (verdict.status == Status::kOk && !contender.backend->timeable()) {
      verdict.status = Status::kRefused;
      verdict.reason = "shows that results are right; its time would mean nothing";
    }
    if (verdict.status == Status::kOk && problem.dst_count() == 0) {
      verdict.status = Status::kRefused;
      verdict.reason = "right, and without outputs: there is nothing to time";
    }
    c.guard([&] {
      if (verdict.status != Status::kOk) return;
      const Verdict certificate = certificates_.judge(prepared, problem);
      verdict.status = certificate.status;
      verdict.reason = certificate.reason;
    });
    if (verdict.status == Status::kOk && !has_column(device, problem, temperatures.front())) {
      verdict.status = Status::kRefused;
      verdict.reason = "no cache holds its operands, so nothing of it is hot";
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
      record.library = contender.backend->version();
      record.note = contender.backend->note();
      record.plan = plan_cost;
      record.scratch_bytes = prepared.plan != nullptr ? prepared.plan->scratch_bytes() : 0;
      record.traffic = c.traffic[device.uuid];
      c.result.records.push_back(std::move(record));
      c.prepared_of.push_back(c.prepared.size());
    }
    if (verdict.status == Status::kWrong && !set_aside.contains(contender.name()))
      caught_[contender.name()] = verdict;
    c.prepared.push_back(std::move(prepared));
  }
}

double Bencher::floor_of_one_element(Case& c, const Contender& contender) {
  const auto [it, inserted] = floors_.try_emplace(contender.name(), 0.0);
  if (!inserted) return it->second;
  Problem problem;
  Prepared prepared;
  for (const char* text : kFloorProblems) {
    problem = parse_problem(text);
    prepared = prepare(contender, problem);
    if (prepared.plan != nullptr) break;
  }
  const Input input = make_input(problem, FillKind::kUniform, 1);
  prepared.verdict = Judge(problem, input).verify(prepared);
  if (prepared.verdict.status != Status::kOk) return 0;  // then no row is below the floor
  Subject subject = subject_of(prepared, problem, problem.src_bytes() + problem.dst_bytes());
  subject.accepted = nullptr;
  const auto series = measure({&subject, 1}, problem, input, Temperature::kHot, options_.measure,
                              arenas_, yardsticks_.machine());
  if (series[0].status != Status::kOk) {
    end(c, contender.name(), series[0]);
    return 0;
  }
  return it->second = median_interval(series[0].seconds).median;
}

// A contender was caught or failed while it was timed: nothing of the case counts any more.
void Bencher::end(Case& c, const std::string& contender, const Series& series) {
  for (Record& record : c.result.records) {
    if (record.contender != contender) continue;
    record.status = series.status;
    record.reason = series.reason;
  }
  if (series.status == Status::kCheat) caught_[contender] = {Status::kCheat, series.reason};
}

// Measures each contender's launch with nothing to do.
void Bencher::find_floors(Case& c) {
  const Problem& problem = c.result.problem;
  std::vector<std::unique_ptr<Plan>> plans;
  std::vector<Subject> subjects;
  std::vector<double> floors(c.prepared.size(), kNone);
  std::vector<size_t> measured;
  for (size_t i = 0; i < c.prepared.size(); ++i) {
    const Prepared& one = c.prepared[i];
    if (one.verdict.status != Status::kOk) continue;
    std::unique_ptr<Plan> plan;
    try {
      plan = one.contender.backend->floor(problem, one.verdict.kernel);
    } catch (const std::exception& error) {
      Series failed;
      failed.status = Status::kError;
      failed.reason = error.what();
      end(c, one.contender.name(), failed);
      continue;
    }
    if (plan == nullptr) {
      floors[i] = floor_of_one_element(c, one.contender);
      continue;
    }
    measured.push_back(i);
    subjects.push_back({one.contender.name(), plan.get(), &one.contender.backend->substrate()});
    plans.push_back(std::move(plan));
  }
  MeasureOptions options = options_.measure;
  options.blocks = std::min(options.blocks, kFloorBlocks);
  options.sample_seconds = std::min(options.sample_seconds, kFloorSample);
  const auto series = measure(subjects, problem, c.input, Temperature::kHot, options, arenas_,
                              yardsticks_.machine());
  for (size_t i = 0; i < measured.size(); ++i) {
    floors[measured[i]] = median_interval(series[i].seconds).median;
    if (series[i].status != Status::kOk) end(c, subjects[i].name, series[i]);
  }
  for (size_t i = 0; i < c.result.records.size(); ++i)
    if (Record& record = c.result.records[i]; record.status == Status::kOk)
      record.floor_seconds = floors[c.prepared_of[i]];
}

void Bencher::time(Case& c) {
  const Problem& problem = c.result.problem;
  if (problem.dst_count() == 0) return;
  if (options_.yardsticks) find_floors(c);
  const auto ceilings =
      options_.yardsticks ? yardsticks_.ceilings(problem, c.traffic) : std::vector<Ceiling>();
  for (const Temperature temperature : options_.temperatures) {
    std::vector<Subject> subjects;  // the records', then the ceilings
    std::vector<Record*> records;
    for (size_t i = 0; i < c.result.records.size(); ++i) {
      Record& record = c.result.records[i];
      if (record.status != Status::kOk || record.temperature != temperature) continue;
      subjects.push_back(subject_of(c.prepared[c.prepared_of[i]], problem, record.traffic.total()));
      records.push_back(&record);
    }
    if (subjects.empty()) continue;
    for (const Ceiling& ceiling : ceilings) {
      Subject subject{std::string(ceiling.plan->kernel()), ceiling.plan.get(), ceiling.substrate};
      subject.is_ceiling = true;
      subject.bytes = ceiling.bytes;
      subjects.push_back(std::move(subject));
    }
    auto series = measure(subjects, problem, c.input, temperature, options_.measure, arenas_,
                          yardsticks_.machine());
    if (options_.watch != nullptr) options_.watch->look();
    for (size_t i = 0; i < records.size(); ++i) {
      if (series[i].status != Status::kOk) end(c, records[i]->contender, series[i]);
      records[i]->series = std::move(series[i]);
    }
    for (size_t i = 0; i < ceilings.size(); ++i)
      c.ceilings.push_back({ceilings[i].uuid, subjects[records.size() + i].name, temperature,
                            ceilings[i].bytes, std::move(series[records.size() + i])});
  }
  find_submits(c);
}

// Measures submit-to-done of each contender that has a short row.
void Bencher::find_submits(Case& c) {
  if (options_.measure.submits == 0) return;
  const auto is_short = [](const Record& record) {
    return record.status == Status::kOk &&
           median_interval(record.series.seconds).median < kSubmitBelow;
  };
  std::vector<Subject> subjects;
  std::map<size_t, size_t> subject_of_prepared;
  for (size_t i = 0; i < c.result.records.size(); ++i)
    if (const size_t k = c.prepared_of[i];
        is_short(c.result.records[i]) && subject_of_prepared.emplace(k, subjects.size()).second)
      subjects.push_back(
          subject_of(c.prepared[k], c.result.problem, c.result.records[i].traffic.total()));
  const auto series = measure_submits(subjects, c.result.problem, c.input, options_.measure,
                                      arenas_, yardsticks_.machine());
  for (size_t i = 0; i < subjects.size(); ++i)
    if (series[i].status != Status::kOk) end(c, subjects[i].name, series[i]);
  for (size_t i = 0; i < c.result.records.size(); ++i)
    if (Record& record = c.result.records[i]; is_short(record))
      record.submit = Submit(series[subject_of_prepared.at(c.prepared_of[i])]);
}

CaseResult Bencher::run(const Problem& problem, const SetAside& set_aside) {
  Case c{{problem, {}}};
  caught_.clear();
  keep_freed_memory(problem.tensor_bytes() < kGivenBack);
  judge(c, set_aside);
  c.guard([&] { time(c); });
  if (!c.failure.empty()) arenas_.clear();
  for (Record& record : c.result.records)
    if (record.status == Status::kOk && record.series.launches == 0 &&
        record.series.status == Status::kOk) {
      record.status = c.failure.empty() ? Status::kRefused : Status::kError;
      record.reason = c.failure.empty() ? "an empty problem has no time" : c.failure;
    }
  relate(c.result, c.ceilings, options_.baseline, options_.peers, options_.measure.blocks, peaks_);
  if (options_.wanted)
    std::erase_if(c.result.records,
                  [&](const Record& record) { return !options_.wanted(record.name()); });
  return std::move(c.result);
}

}  // namespace poolbench
