// poolbench doctor: shows what is available, what is missing and how noisy the machine is.
#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "bench/commands/command.h"
#include "bench/record/context.h"
#include "bench/supervise/link.h"
#include "bench/supervise/supervisor.h"
#include "bench/text.h"
#include "bench/time/measure.h"
#include "bench/time/yardsticks.h"
#include "host/backends/backends.h"
#include "host/modules.h"

namespace poolbench {
namespace {

void line(std::string_view mark, std::string_view subject, std::string_view text) {
  print("{:<4} {:<18} {}\n", mark, subject, text);
}

void show_machine() {
  const BuildInfo build = build_info();
  line("", "program",
       fmt::format("commit {}, {}, {} build", build.commit, build.compiler, build.build_type));
  const int cores = omp_get_num_procs();
  double load[1] = {};
  if (getloadavg(load, 1) == 1)
    line(load[0] > 0.5 * cores ? "!" : "ok", "load",
         fmt::format("{:.2f} on {} cores{}", load[0], cores,
                     load[0] > 0.5 * cores ? ": something else is running" : ""));
  const auto governor = first_line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  line(governor == "performance" || governor.empty() ? "ok" : "!", "frequency governor",
       governor.empty() ? "not visible (a virtual machine, often)" : governor);
  line("", "huge pages", first_line_of("/sys/kernel/mm/transparent_hugepage/enabled"));
}

// Times a kernel against itself: smaller differences between contenders mean nothing.
void show_noise() {
  const auto states = open_backends(std::vector<std::string>{"openmp"}, {});
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x64x112x112/k:2x2");
  const Contender contender{states.at(0).backends.at(0).get(), {}};
  const Input input = make_input(problem, FillKind::kUniform, 1);
  Prepared prepared = prepare(contender, problem);
  prepared.verdict = Judge(problem, input).verify(prepared);
  if (prepared.verdict.status != Status::kOk) return line("!", "noise", prepared.verdict.reason);
  MeasureOptions options;
  options.blocks = 51;
  Arenas arenas;
  Yardsticks yardsticks({contender});
  const int64_t bytes = problem.src_bytes() + problem.dst_bytes();
  const Subject twice[] = {subject_of(prepared, problem, bytes),
                           subject_of(prepared, problem, bytes)};
  const auto series =
      measure(twice, problem, input, Temperature::kHot, options, arenas, yardsticks.machine());
  const size_t voided = series[0].voided.size(), all = voided + series[0].seconds.size();
  line(voided * 10 < all ? "ok" : "!", "disturbance",
       fmt::format("{} of {} blocks lost more than {:.0f} % of a sample to other processes or the "
                   "hypervisor",
                   voided, all, 100 * options.disturbed_share));
  if (series[0].seconds.empty()) return;
  std::vector<double> differences;
  for (size_t i = 0; i < series[0].seconds.size(); ++i)
    differences.push_back(std::fabs(std::log(series[0].seconds[i] / series[1].seconds[i])));
  std::sort(differences.begin(), differences.end());
  const double typical = differences[differences.size() / 2];
  const double large = differences[differences.size() * 95 / 100];
  line(typical < 0.05 ? "ok" : "!", "noise",
       fmt::format("one kernel against itself, side by side: {:.1f} % apart typically, {:.1f} % in "
                   "one pair of twenty",
                   100 * typical, 100 * large));
}

ExitStatus doctor(const std::vector<std::string>& modules) {
  show_machine();
  for (const FamilyState& family : open_backends({}, {{}, modules, peers_folder()})) {
    for (const auto& backend : family.backends) {
      const Device& device = backend->substrate().device();
      line("ok", backend->name(),
           fmt::format("{}, driver {}, memory {}, cache {}{}", device.name, device.driver,
                       bytes_text(double(device.memory_bytes)),
                       bytes_text(double(device.cache_bytes)),
                       backend->timeable() ? "" : "; checks only, is never timed"));
    }
    if (family.backends.empty()) line("--", family.family, family.why_unavailable);
  }
  const auto runtimes = openmp_runtimes();
  line(runtimes.size() == 1 ? "ok" : "!", "OpenMP",
       fmt::format("{} in this process: {}",
                   runtimes.size() == 1 ? "one runtime" : "several runtimes",
                   fmt::join(runtimes, ", ")));
  show_noise();
  return kAsExpected;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("doctor", "What is here, what is missing, what is noisy");
  auto modules = std::make_shared<std::vector<std::string>>();
  command->add_option("--module", *modules, "NAME=FILE: look at a module too")->take_all();
  command->footer("Example: poolbench doctor");
  command->callback(
      [modules, &run] { run = [modules] { return in_child([&] { return doctor(*modules); }); }; });
}

}  // namespace poolbench
