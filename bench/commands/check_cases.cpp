#include "bench/commands/check_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "bench/judge/arrays.h"
#include "bench/judge/dump.h"
#include "bench/judge/emulation.h"
#include "bench/record/context.h"
#include "host/smallest.h"
#include "host/turn.h"

namespace poolbench {
namespace {

void add(CheckRow row, const Problem& problem, std::vector<CheckRow>& rows) {
  if (!has_time(row.verdict.status) && row.verdict.comparison)
    row.worst = describe_worst(problem, *row.verdict.comparison);
  rows.push_back(std::move(row));
}

bool fails(const Verdict& verdict) {
  return verdict.status == Status::kWrong || is_failure(verdict.status);
}

}  // namespace

CheckCases::CheckCases(Backends backends, std::vector<CheckCase> cases, CheckOptions options)
    : backends_(std::move(backends)),
      cases_(std::move(cases)),
      options_(std::move(options)),
      rules_(options_.rules.empty() ? nullptr : std::make_unique<RuleSet>(options_.rules)),
      certificates_(options_.seed, rules_.get()) {
  for (const CheckCase& c : cases_) {
    const double elements = double(c.problem.src_count() + c.problem.dst_count() + 10'000);
    opened_.cases.push_back({to_text(c.problem), elements * double(c.inputs.size())});
  }
  for (const Contender& contender : backends_.contenders)
    opened_.contenders.push_back(contender.name());
  Json versions = Json::object();
  for (const Contender& contender : backends_.contenders) {
    const std::string version = contender.backend->version();
    versions[contender.name()] =
        version.empty() ? std::string(peer_version(contender.backend->name())) : version;
  }
  opened_.facts = {{"context", run_context(backends_.families)}, {"versions", versions}};
}

Json CheckCases::run(size_t index, const SetAside& set_aside) {
  const CheckCase& c = cases_[index];
  std::vector<Prepared> prepared;
  for (const Contender& contender : backends_.contenders) {
    const auto aside = set_aside.find(contender.name());
    prepared.push_back(aside == set_aside.end() ? prepare(contender, c.problem)
                                                : Prepared{contender, nullptr, aside->second});
  }
  for (const Prepared& one : prepared)
    if (one.plan != nullptr)
      fmt::print(stderr, "{}", slow_emulation(one.contender, c.problem, int64_t(c.inputs.size())));
  std::vector<CheckRow> rows;
  unexplained_.clear();
  for (size_t i = 0; i < c.inputs.size(); ++i) judge(index, i, prepared, rows);
  if (c.certificate)
    for (const Prepared& one : prepared)
      if (one.plan != nullptr)
        add({one.contender.name(), to_text(c.problem), "every kind of input on a small problem",
             certificates_.judge(one, c.problem), "", "", "", "", "", ""},
            c.problem, rows);
  return to_exact(rows);
}

void CheckCases::judge(size_t index, size_t number, const std::vector<Prepared>& prepared,
                       std::vector<CheckRow>& rows) {
  const CheckCase& c = cases_[index];
  std::optional<Input> input;
  std::optional<Judge> judge;
  std::string failure;
  const bool any = std::ranges::any_of(prepared, [](const Prepared& p) { return bool(p.plan); });
  try {
    if (any)
      judge.emplace(c.problem, input.emplace(c.inputs[number]()), options_.sample_seed,
                    rules_.get());
  } catch (const std::exception& error) {  // out of memory: the run goes on
    failure = error.what();
  }
  for (const Prepared& one : prepared) {
    if (one.plan == nullptr && number > 0) continue;
    const std::string name = one.contender.name();
    CheckRow row{
        name, to_text(c.problem), input ? input->name : "", one.verdict, "", "", "", "", c.question,
        ""};
    if (!failure.empty() && one.plan != nullptr) {
      row.verdict.status = Status::kError;
      row.verdict.reason = failure;
    } else if (judge) {
      row.verdict = judge->verify(one);
    }
    if (judge && one.plan != nullptr && fails(row.verdict)) {
      if (!options_.dump.empty()) {
        row.folder = fmt::format("{}/{}-{}-{}", options_.dump, index + 1, number + 1, name);
        row.dumped = line(name, c.problem, fmt::format("--input '{}/input.npy'", row.folder));
        dump(row.folder, c.problem, input->src, row.verdict.outputs.get(), row.dumped);
      }
      if (c.fuzz || !row.folder.empty()) unexplained_.emplace_back(rows.size(), name);
    }
    if (!c.question.empty() && row.verdict.outputs)
      row.answer = numbers_of(c.problem, *row.verdict.outputs);
    add(std::move(row), c.problem, rows);
  }
}

Json CheckCases::explain(size_t index, const Json& exact) {
  const CheckCase& c = cases_[index];
  auto row = from_exact<CheckRow>(exact);
  say_turn("", "judge");
  if (!row.folder.empty()) dump_expected(row.folder, c.problem);
  const auto failed = std::ranges::find(backends_.contenders, row.contender, &Contender::name);
  if (c.fuzz) row.smallest = smallest_line(*failed, row.verdict, *c.fuzz);
  return to_exact(row);
}

std::string CheckCases::line(const std::string& contender, const Problem& problem,
                             const std::string& input) const {
  return fmt::format("poolbench check --backend {} --problem {} {}{}", contender, to_text(problem),
                     input, options_.flags);
}

std::string CheckCases::smallest_line(const Contender& contender, const Verdict& verdict,
                                      const FuzzCase& failing) const {
  Contender same = contender;  // the kernel that failed, where its backend knows it by name
  if (contender.backend->supports(failing.problem, verdict.kernel)) same.kernel = verdict.kernel;
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds);
  const FuzzCase least = smallest(failing, [&](const FuzzCase& next) {
    if (Clock::now() > end) return false;
    const Prepared prepared = prepare(same, next.problem);
    if (prepared.plan == nullptr) return false;
    const Input input = make_input(next.problem, next.fill, next.fill_seed);
    return Judge(next.problem, input, options_.sample_seed, rules_.get()).verify(prepared).status ==
           verdict.status;
  });
  return line(same.name(), least.problem,
              fmt::format("--fill {} --seed {}", fill_name(least.fill), least.fill_seed));
}

}  // namespace poolbench
