#include "bench/select/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "bench/select/benchdnn.h"
#include "bench/select/pattern.h"
#include "host/modules.h"

namespace poolbench {
namespace {

SuiteOptions suite_options(const SelectionFlags& flags) {
  SuiteOptions options;
  if (!flags.dtypes.empty()) options.dtypes.clear();
  for (const auto& dtype : flags.dtypes) options.dtypes.push_back(parse_dtype(dtype));
  if (!flags.layouts.empty()) options.layouts.clear();
  for (const auto& layout : flags.layouts) options.layouts.push_back(parse_layout(layout));
  options.batches = flags.batches;
  return options;
}

// Whether a name of --backend selects this one: "vulkan" selects all backends of the family,
// "vulkan:0" one, and "onednn.reorder" a backend with one of its kernels.
bool asks_for(const ContenderName& wanted, const Backend& backend, const FamilyState& family) {
  return wanted.backend == backend.name() || wanted.backend == family.family;
}

// Lists what can be selected on this machine, for error messages.
std::string known(const std::vector<FamilyState>& families) {
  std::vector<std::string> names;
  for (const auto& family : families) {
    for (const auto& backend : family.backends) names.emplace_back(backend->name());
    if (family.backends.empty())
      names.push_back(fmt::format("{} (not available: {})", family.family, family.why_unavailable));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_asked(const std::vector<ContenderName>& wanted, const BackendOptions& options,
                 const std::vector<FamilyState>& families) {
  // What is given by name must start; a missing peer is no error, nor one of all engines.
  for (const auto& module : options.modules)
    for (const auto& family : families)
      if (family.family == parse_module(module).name && !family.why_unavailable.empty())
        throw BackendUnavailable(
            fmt::format("module '{}' is not available: {}", family.family, family.why_unavailable));
  for (const std::string& engine : options.engines)
    for (const auto& family : families)
      if (family.family == engine.substr(0, engine.find('=')) && !family.why_unavailable.empty())
        throw BackendUnavailable(
            fmt::format("engine '{}' is not available: {}", family.family, family.why_unavailable));
  for (const ContenderName& one : wanted) {
    bool there = false;
    for (const auto& family : families) {
      for (const auto& backend : family.backends) there |= asks_for(one, *backend, family);
      if (family.family == one.backend && !family.why_unavailable.empty())
        throw BackendUnavailable(
            fmt::format("backend '{}' is not available: {}", one.backend, family.why_unavailable));
    }
    if (!there)
      throw BackendUnavailable(fmt::format("backend '{}' is unknown; here are {}", one.backend,
                                           known(open_backends({}, options))));
  }
}

// Returns the kernels of a backend that a name and --kernel select. Empty: the backend chooses.
std::vector<std::string> kernels_of(const ContenderName& wanted, const Backend& backend,
                                    const SelectionFlags& flags, const Pattern& forced) {
  if (wanted.kernel.empty() && flags.kernel.empty()) return {std::string()};
  std::vector<std::string> kernels;
  for (const auto& info : backend.kernels())
    if (wanted.kernel.empty() ? forced.matches(info.name) : info.name == wanted.kernel)
      kernels.push_back(info.name);
  if (kernels.empty() && !wanted.kernel.empty())
    throw BadInput(fmt::format("--backend: '{}' has no kernel '{}'; see `poolbench list kernels`",
                               backend.name(), wanted.kernel));
  return kernels;
}

}  // namespace

void add_problem_flags(CLI::App& command, SelectionFlags& flags) {
  command.add_option("--suite", flags.suites, "Suite: a built-in name or a file; may be repeated")
      ->take_all();
  command
      .add_option("--problem", flags.problems,
                  "Problem as text; {a,b} and {14..224:*2} make a sweep; may be repeated")
      ->take_all();
  command
      .add_option("--benchdnn", flags.benchdnn,
                  "List of problems for oneDNN's benchdnn --pool; may be repeated")
      ->take_all();
  command.add_option("--filter", flags.filter, "Only problems whose text matches this regex");
  command.add_option("--dtype", flags.dtypes, "Types for lines that name none [f32]")
      ->delimiter(',');
  command.add_option("--layout", flags.layouts, "Layouts for lines that name none [nchw]")
      ->delimiter(',');
  command.add_option("--batch", flags.batches, "Batch sizes that replace n in every problem")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber);
}

void add_backend_flags(CLI::App& command, SelectionFlags& flags) {
  command
      .add_option("--backend", flags.backends,
                  "Backends; NAME.KERNEL forces one kernel [all that are available]")
      ->delimiter(',');
  command.add_option("--kernel", flags.kernel,
                     "Force the kernels that match this regex, or 'all' [each backend's choice]");
  command.add_option("--threads", flags.threads, "Team sizes of the host's parallel backends")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command.add_option("--module", flags.modules, "NAME=FILE: backends from a shared object")
      ->take_all();
  add_engine_flags(command, flags);
  command.add_flag(
      "--trust-rules", flags.trust_rules,
      "Outputs that differ by a rule of a --module file or a --engine command are right, as those "
      "of peers are");
}

void add_engine_flags(CLI::App& command, SelectionFlags& flags) {
  command.add_flag("--isolate", flags.isolate,
                   "Each --module FILE in a process of its own; its own rules do not count then");
  command
      .add_option("--engine", flags.engines,
                  "An engine in a process of its own: NAME of one that ships, 'all' of them, or "
                  "NAME=COMMAND; may be repeated")
      ->take_all();
  command
      .add_option("--engine-limit", flags.engine_limit,
                  "Seconds for an engine's start, for each plan and for each sample [120]")
      ->check(CLI::PositiveNumber);
}

std::vector<Problem> select_problems(const SelectionFlags& flags, std::vector<Network>* networks) {
  const SuiteOptions options = suite_options(flags);
  const Pattern filter("--filter", flags.filter);
  std::vector<Problem> problems;
  const auto take = [&](const std::vector<Problem>& some) {
    std::copy_if(some.begin(), some.end(), std::back_inserter(problems),
                 [&](const Problem& problem) { return filter.matches(to_text(problem)); });
  };
  for (const auto& suite : flags.suites) take(read_suite(suite, options, networks));
  for (const auto& line : flags.problems) take(expand_line(line, options));
  for (const auto& file : flags.benchdnn) {
    const BenchdnnList list = read_benchdnn(file, options);
    fmt::print(stderr, "{}", describe(list));
    take(list.problems);
  }
  drop_duplicates(problems);
  if (networks != nullptr) {
    for (Network& network : *networks)
      std::erase_if(network.layers, [&](const Layer& layer) {
        const bool out = !filter.matches(to_text(layer.problem));
        if (out) network.missing += layer.times;
        return out;
      });
    std::erase_if(*networks, [](const Network& network) { return network.layers.empty(); });
  }
  return problems;
}

std::string why_nothing(const SelectionFlags& flags, std::string_view flags_to_name, bool named) {
  named |= !flags.suites.empty() || !flags.problems.empty() || !flags.benchdnn.empty();
  if (named && !flags.filter.empty())
    return fmt::format(
        "--filter '{}' matches none of the selected problems; `poolbench list problems` shows them",
        flags.filter);
  if (!flags.benchdnn.empty()) return "no row of --benchdnn is a problem; the reasons stand above";
  return fmt::format("nothing was selected; name a {}", flags_to_name);
}

BackendOptions backend_options(const SelectionFlags& flags) {
  return {flags.threads, flags.modules,      peers_folder(), flags.trust_rules,
          flags.engines, flags.engine_limit, flags.isolate};
}

Backends select_backends(const SelectionFlags& flags) {
  const BackendOptions options = backend_options(flags);
  Backends result;
  std::vector<ContenderName> wanted(flags.backends.begin(), flags.backends.end());
  std::vector<std::string> names;
  for (const ContenderName& one : wanted) names.push_back(one.backend);
  result.families = open_backends(names, options);
  check_asked(wanted, options, result.families);
  if (wanted.empty())
    for (const auto& family : result.families) wanted.emplace_back(family.family);
  const Pattern forced("--kernel", flags.kernel == "all" ? "" : flags.kernel);
  const auto add = [&](const Contender& contender) {
    for (const Contender& other : result.contenders)
      if (other.name() == contender.name()) return;
    result.contenders.push_back(contender);
  };
  for (const auto& family : result.families)
    for (const auto& backend : family.backends)
      for (const ContenderName& one : wanted)
        if (asks_for(one, *backend, family))
          for (const std::string& kernel : kernels_of(one, *backend, flags, forced))
            add({backend.get(), kernel});
  if (result.contenders.empty() && !flags.kernel.empty())
    throw BadInput(
        fmt::format("--kernel: '{}' matches no kernel of the chosen backends; see "
                    "`poolbench list kernels`",
                    flags.kernel));
  return result;
}

std::string lost_device(const std::vector<Contender>& contenders) {
  std::set<Substrate*> substrates;
  for (const Contender& contender : contenders) substrates.insert(&contender.backend->substrate());
  for (Substrate* substrate : substrates) {
    // An engine's device is lost with its process, which is started again.
    if (substrate->device().substrate == "host" || substrate->is_worker()) continue;
    try {
      char byte = 0;
      const Buffer memory(*substrate, sizeof byte);
      substrate->write(memory.at(), &byte, sizeof byte);
      substrate->read(&byte, memory.at(), sizeof byte);
    } catch (const OutOfMemory&) {  // it works
    } catch (const std::exception& error) {
      return fmt::format("{}: {}", substrate->device().name, error.what());
    }
  }
  return {};
}

}  // namespace poolbench
