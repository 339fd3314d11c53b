#include "bench/judge/verify.h"

#include <fmt/format.h>

#include <new>

#include "bench/text.h"
#include "host/substrates/host.h"

namespace poolbench {
namespace {

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Throws OutOfMemory where judging a problem takes more than the host has left: Linux would grant
// the memory and kill the process when it is touched. The input stands twice, as made and in a
// tensor; outputs four times.
void require_host_memory(const Problem& problem) {
  const double needed =
      2.0 * double(problem.src_bytes()) + 4.0 * double(problem.dst_bytes() + problem.index_bytes());
  const double available = available_host_memory();
  if (needed > available)
    throw OutOfMemory(fmt::format("the case takes {} of host memory, {} are left",
                                  bytes_text(needed), bytes_text(available)));
}

// Runs `work`; what it throws becomes the verdict.
template <class Work>
void guard(Verdict& verdict, Work&& work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    verdict.status = Status::kError;
    verdict.reason = "the host has no memory left for this case";
  } catch (const std::exception& error) {
    verdict.status = Status::kError;
    verdict.reason = first_line(error.what());
  }
}

void judge_outcome(Verdict& verdict, const Backend& backend, const Problem& problem,
                   const Input& input, Outcome outcome, std::optional<Accepted>& accepted) {
  const auto wrong = [&](std::string reason) {
    verdict.status = Status::kWrong;
    verdict.reason = std::move(reason);
  };
  if (!outcome.broken.empty()) return wrong(outcome.broken);
  verdict.output_hash = output_hash(outcome.dst, outcome.indices);
  if (accepted && accepted->dst == outcome.dst && accepted->indices == outcome.indices) {
    verdict.comparison = accepted->comparison;
  } else {
    const void* src = input.src.data();
    const int64_t* indices = problem.spec().indices ? outcome.indices.data() : nullptr;
    verdict.comparison =
        compare(problem, src, outcome.dst.data(), indices, 1, kFullJudgementTaps,
                [&](const Point& point) { return backend.known_difference(problem, src, point); });
  }
  if (!verdict.comparison->ok())
    return wrong(fmt::format("{} of {} judged outputs are wrong", verdict.comparison->wrong,
                             verdict.comparison->checked));
  if (!verdict.comparison->known_differences.empty()) return;
  if (input.expect)
    if (const std::string missed = input.expect(outcome); !missed.empty()) return wrong(missed);
  accepted = {std::move(outcome.dst), std::move(outcome.indices), *verdict.comparison};
}

}  // namespace

uint64_t output_hash(const std::vector<std::byte>& dst, const std::vector<int64_t>& indices) {
  const auto hash = [](const void* data, size_t bytes) {
    return std::hash<std::string_view>()({static_cast<const char*>(data), bytes});
  };
  return hash(dst.data(), dst.size()) ^
         (hash(indices.data(), indices.size() * sizeof(int64_t)) * 0x9e3779b97f4a7c15u);
}

bool differs(const Verdict& verdict) {
  return verdict.status == Status::kOk && verdict.comparison &&
         !verdict.comparison->known_differences.empty();
}

std::string_view status_name(Status status) {
  constexpr std::string_view kNames[] = {"ok", "refused", "WRONG", "INVALID", "ERROR"};
  return kNames[static_cast<int>(status)];
}

Input make_input(const Problem& problem, FillKind kind, uint64_t seed) {
  require_host_memory(problem);
  return {fmt::format("--fill {} --seed {}", fill_name(kind), seed), filled(problem, kind, seed)};
}

Prepared prepare(const Contender& contender, const Problem& problem) {
  Prepared prepared{contender, nullptr, {}};
  guard(prepared.verdict, [&] {
    const Support support = contender.backend->supports(problem, contender.kernel);
    if (!support) {
      prepared.verdict.status = Status::kRefused;
      prepared.verdict.reason = first_line(support.why_not);
      return;
    }
    prepared.plan = contender.backend->plan(problem, contender.kernel);
    prepared.verdict.kernel = prepared.plan->kernel();
  });
  return prepared;
}

Verdict verify(const Prepared& prepared, const Problem& problem, const Input& input,
               std::optional<Accepted>& accepted) {
  Verdict verdict = prepared.verdict;
  if (prepared.plan == nullptr) return verdict;
  guard(verdict, [&] {
    Substrate& substrate = prepared.contender.backend->substrate();
    Outcome outcome = run_checked(*prepared.plan, substrate, problem, input.src.data());
    prepared.plan->rest();
    judge_outcome(verdict, *prepared.contender.backend, problem, input, std::move(outcome),
                  accepted);
  });
  return verdict;
}

std::string describe_worst(const Problem& problem, const Comparison& comparison) {
  std::string text;
  for (const Point& point : comparison.worst) {
    std::string at;
    for (int axis = problem.first_axis(); axis < 3; ++axis)
      at += fmt::format(",{}", point.output[axis]);
    text += fmt::format("    at n,c{} = {},{}{}: expected {:.9g}, got {:.9g}",
                        problem.rank() == 3   ? ",d,h,w"
                        : problem.rank() == 2 ? ",h,w"
                                              : ",w",
                        point.n, point.c, at, point.expected, point.got);
    if (problem.spec().indices)
      text += fmt::format("; index: expected {}, got {}", point.expected_index, point.got_index);
    if (point.allowed > 0)
      text += fmt::format("; off by {:.3g} ulp, {:.3g} are allowed", point.ulp, point.allowed);
    text += '\n';
  }
  return text;
}

}  // namespace poolbench
