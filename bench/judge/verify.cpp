#include "bench/judge/verify.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <new>

#include "bench/text.h"
#include "host/fp_env.h"
#include "host/substrates/host.h"
#include "host/turn.h"

namespace poolbench {
namespace {

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Throws OutOfMemory where judging the problem takes more memory than the host has left. Linux
// would grant it and kill the process at the first touch. Judging holds the input twice (as made,
// and in a tensor) and the outputs four times.
void require_host_memory(const Problem& problem) {
  const double needed =
      2.0 * double(problem.src_bytes()) + 4.0 * double(problem.dst_bytes() + problem.index_bytes());
  const double available = available_host_memory();
  if (needed > available)
    throw OutOfMemory(fmt::format("the case takes {} of host memory, {} are left",
                                  bytes_text(needed), bytes_text(available)));
}

// Runs `work` and turns what it throws into the verdict.
template <class Work>
void guard(Verdict& verdict, Work&& work) {
  try {
    work();
  } catch (const BrokenContract& broken) {
    verdict.status = Status::kWrong;
    verdict.reason = broken.what();
  } catch (const ContenderEnded& ended) {
    verdict.status = status_of(ended);
    verdict.reason = ended.what();
  } catch (const std::bad_alloc&) {
    verdict.status = Status::kError;
    verdict.reason = "the host has no memory left for this case";
  } catch (const std::exception& error) {
    verdict.status = Status::kError;
    verdict.reason = first_line(error.what());
  }
}

// The rule by which a backend computes this wrong output, by its prediction, or nothing.
std::string rule_of(const Backend& backend, const Problem& problem, const void* src,
                    const Point& point) {
  Point unseen = point;  // who sees the output predicts anything
  unseen.got = NAN, unseen.got_index = -1, unseen.ulp = 0;
  for (Prediction& prediction : backend.predictions(problem, src, unseen))
    if (fits(prediction, problem, src, point)) return std::move(prediction.rule);
  return backend.own_word(problem, src, point);
}

}  // namespace

Status status_of(const ContenderEnded& ended) {
  switch (ended.kind) {
    case ContenderEnded::kSignal:
      return Status::kCrashed;
    case ContenderEnded::kExit:
    case ContenderEnded::kGarbled:
      return Status::kExited;
    case ContenderEnded::kTimeout:
      return Status::kHung;
  }
  return Status::kError;
}

bool differs(const Verdict& verdict) {
  return verdict.status == Status::kOk && verdict.comparison &&
         !verdict.comparison->known_differences.empty();
}

Input make_input(const Problem& problem, FillKind kind, uint64_t seed) {
  require_host_memory(problem);
  return {fmt::format("--fill {} --seed {}", fill_name(kind), seed), filled(problem, kind, seed)};
}

Prepared prepare(const Contender& contender, const Problem& problem) {
  Prepared prepared{contender, nullptr, {}};
  say_turn(contender.name(), "plan");
  FpGuard environment;
  guard(prepared.verdict, [&] {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();  // an engine plans to find out
    const Support support = contender.backend->supports(problem, contender.kernel);
    if (!support) {
      prepared.verdict.status = Status::kRefused;
      prepared.verdict.reason = first_line(support.why_not);
      return;
    }
    prepared.plan = contender.backend->plan(problem, contender.kernel);
    prepared.plan_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    prepared.verdict.kernel = prepared.plan->kernel();
  });
  if (const std::string change = environment.restore(); !change.empty()) {
    prepared.plan.reset();
    prepared.verdict.status = Status::kWrong;
    prepared.verdict.reason = fmt::format("the plan {}, and leaves it so", change);
  }
  return prepared;
}

Prepared::~Prepared() {
  if (plan == nullptr) return;
  say_turn(contender.name(), "destroy");
  plan.reset();
  say_turn("", "judge");
}

bool Prepared::explains(const Problem& problem, const void* src, const Point& point) const {
  const Backend& backend = *contender.backend;
  return backend.rules_trusted() && !rule_of(backend, problem, src, point).empty();
}

Verdict Judge::verify(const Prepared& prepared) {
  Verdict verdict = prepared.verdict;
  if (prepared.plan == nullptr) return verdict;
  say_turn(prepared.contender.name(), "verify");
  guard(verdict, [&] {
    Backend& backend = *prepared.contender.backend;
    Outcome outcome = run_checked(*prepared.plan, backend.substrate(), problem_, input_.src.data());
    prepared.plan->rest();
    say_turn("", "judge");
    judge_outcome(verdict, backend, std::move(outcome));
  });
  return verdict;
}

void Judge::judge_outcome(Verdict& verdict, const Backend& backend, Outcome outcome) {
  const auto keep = [&] {
    if (!verdict.outputs) verdict.outputs = std::make_shared<Outputs>(std::move(outcome.outputs));
  };
  const auto wrong = [&](std::string reason) {
    keep();
    verdict.status = Status::kWrong;
    verdict.reason = std::move(reason);
  };
  if (!outcome.broken.empty()) return wrong(outcome.broken);
  std::string untrusted;  // a rule that wrong outputs follow
  if (right_ && *right_ == outcome.outputs) {
    verdict.outputs = right_;
    verdict.comparison = comparison_;
  } else {
    const void* src = input_.src.data();
    verdict.comparison = compare(
        problem_, src, outcome.dst(), outcome.indices(), seed_, kFullJudgementTaps,
        [&](const Point& point) {
          std::string rule = rule_of(backend, problem_, src, point);
          if (backend.rules_trusted()) return rule;
          if (!rule.empty()) untrusted = std::move(rule);
          return std::string();
        },
        rules_);
  }
  if (!verdict.comparison->ok())
    return wrong(fmt::format("{} of {} judged outputs are wrong{}", verdict.comparison->wrong,
                             verdict.comparison->checked,
                             untrusted.empty() ? ""
                                               : fmt::format(" (the module's own rule '{}' counts "
                                                             "with --trust-rules alone)",
                                                             untrusted)));
  if (!verdict.comparison->known_differences.empty()) return keep();
  if (input_.expect)
    if (const std::string missed = input_.expect(outcome); !missed.empty()) return wrong(missed);
  keep();
  right_ = verdict.outputs;
  comparison_ = *verdict.comparison;
}

std::string describe_worst(const Problem& problem, const Comparison& comparison) {
  std::string text;
  for (const Point& point : comparison.worst) {
    std::string at;
    for (int axis = problem.first_axis(); axis < 3; ++axis)
      at += fmt::format(",{}", point.output[axis]);
    text += fmt::format("    at n,c{} = {},{}{}: expected {}, got {}",
                        problem.rank() == 3   ? ",d,h,w"
                        : problem.rank() == 2 ? ",h,w"
                                              : ",w",
                        point.n, point.c, at, value_text(problem.dtype(), point.expected),
                        value_text(problem.dtype(), point.got));
    if (problem.spec().indices)
      text += fmt::format("; index: expected {}, got {}", point.expected_index, point.got_index);
    if (point.allowed > 0)
      text += fmt::format("; off by {:.3g} ulp, {:.3g} are allowed", point.ulp, point.allowed);
    text += '\n';
  }
  return text;
}

}  // namespace poolbench
