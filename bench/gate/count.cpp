// What a launch of a module's first backend takes in instructions, on one thread.
//
//   poolbench_count MODULE < problems
//
// A line of standard input is a problem, or a problem, a tab and a number: so many instructions are
// planted behind each launch, by which tests see that the count sees them. Prints a line each: the
// problem, a tab and the instructions of a launch, as the difference between one and none. Under
// callgrind, which counts by itself, dumps two counts instead, of one launch and of three: "N 1"
// and "N 3" for line N, from 0.
//
// The processor counts where perf may ask it, and is stepped from instruction to instruction
// elsewhere (x86), which takes some microseconds each.
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "host/backends/backends.h"
#include "host/fill.h"
#include "host/run.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif
#if POOLBENCH_HAS_CALLGRIND
#include <valgrind/callgrind.h>
#endif

namespace poolbench {
namespace {

using Work = std::function<void()>;

// Instructions of the calling thread, by the processor's own counter.
class PerfCounter {
 public:
  PerfCounter() {
    perf_event_attr wanted = {};
    wanted.type = PERF_TYPE_HARDWARE;
    wanted.size = sizeof(wanted);
    wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
    wanted.exclude_kernel = wanted.exclude_hv = 1;
    file_ = int(syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0));
  }
  PerfCounter(const PerfCounter&) = delete;
  PerfCounter& operator=(const PerfCounter&) = delete;
  ~PerfCounter() {
    if (file_ >= 0) close(file_);
  }
  bool is_there() const { return file_ >= 0; }
  int64_t count(const Work& work) const {
    const int64_t before = now();
    work();
    return now() - before;
  }

 private:
  int64_t now() const {
    int64_t value = 0;
    if (read(file_, &value, sizeof(value)) != sizeof(value))
      throw std::runtime_error("the processor's counter cannot be read");
    return value;
  }
  int file_;
};

#if defined(__x86_64__)
volatile int64_t g_steps;

// With the trap flag set each instruction ends in a signal; the handler runs without it.
int64_t count_steps(const Work& work) {
  constexpr unsigned long long kTrap = 0x100;
  struct sigaction action = {};
  action.sa_handler = [](int) { g_steps = g_steps + 1; };
  sigaction(SIGTRAP, &action, nullptr);
  g_steps = 0;
  __writeeflags(__readeflags() | kTrap);
  work();
  __writeeflags(__readeflags() & ~kTrap);
  return g_steps;
}

// Two instructions a turn.
void plant(int64_t instructions) {
  int64_t turns = instructions / 2;
  if (turns > 0) asm volatile("1: decq %0\n\tjnz 1b" : "+r"(turns)::"cc");
}
#else
int64_t count_steps(const Work&) {
  throw std::runtime_error("perf may not count here, and only x86 is stepped");
}
void plant(int64_t) { throw std::runtime_error("instructions are planted on x86 alone"); }
#endif

bool under_callgrind() {
#if POOLBENCH_HAS_CALLGRIND
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

void dump_to_callgrind([[maybe_unused]] const std::string& name,
                       [[maybe_unused]] const Work& work) {
#if POOLBENCH_HAS_CALLGRIND
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(name.c_str());
#endif
}

void count(Backend& backend, const PerfCounter& perf, int line, const std::string& problem_text,
           int64_t planted) {
  const Problem problem = parse_problem(problem_text);
  const auto plan = backend.plan(problem);
  const std::vector<std::byte> src = filled(problem, FillKind::kUniform, 1);
  const TensorSet set(backend.substrate(), problem, src.data(), plan->scratch_bytes());
  const auto launches = [&](int n) {
    return [&, n] {
      for (int i = 0; i < n; ++i) {
        plan->launch(set.tensors(), nullptr);
        plant(planted);
      }
    };
  };
  launches(1)();  // what happens once happens here
  if (under_callgrind()) {
    for (const int n : {1, 3}) dump_to_callgrind(fmt::format("{} {}", line, n), launches(n));
    return;
  }
  const auto counted = [&](int n) {
    return perf.is_there() ? perf.count(launches(n)) : count_steps(launches(n));
  };
  const int64_t none = counted(0), one = counted(1);
  std::cout << problem_text << '\t' << one - none << std::endl;
}

int count_all(const std::string& file) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(size_t(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof(one), &one);  // a team of one
  const std::string names[] = {"m"};
  const auto families = open_backends(names, {.modules = {"m=" + file}});
  const auto family = std::ranges::find(families, "m", &FamilyState::family);
  if (family == families.end() || family->backends.empty()) {
    std::cerr << "poolbench_count: " << family->why_unavailable << '\n';
    return 5;
  }
  const PerfCounter perf;
  if (!under_callgrind())
    std::cerr << "counted by " << (perf.is_there() ? "the processor" : "single steps") << '\n';
  int line = 0;
  for (std::string text; std::getline(std::cin, text); ++line) {
    const size_t tab = text.find('\t');
    const int64_t planted = tab == std::string::npos ? 0 : std::stoll(text.substr(tab));
    count(*family->backends.front(), perf, line, text.substr(0, tab), planted);
  }
  return 0;
}

}  // namespace
}  // namespace poolbench

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "poolbench_count MODULE < problems\n";
    return 4;
  }
  try {
    return poolbench::count_all(arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << "poolbench_count: " << error.what() << '\n';
    return 3;
  }
}
