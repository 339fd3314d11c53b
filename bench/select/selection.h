// Selects problems and contenders by the flags that check, bench and list share.
#ifndef POOLBENCH_BENCH_SELECT_SELECTION_H_
#define POOLBENCH_BENCH_SELECT_SELECTION_H_

#include <string>
#include <vector>

#include "bench/select/contender.h"
#include "bench/select/suite.h"
#include "host/backends/backends.h"

namespace CLI {
class App;
}

namespace poolbench {

// A backend that was asked for does not exist or cannot start. The message says why.
struct BackendUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct SelectionFlags {
  std::vector<std::string> suites, problems, benchdnn, backends, dtypes, layouts, modules, engines;
  std::vector<int64_t> batches;
  std::vector<int> threads;
  bool trust_rules = false;  // of modules and engines
  double engine_limit = kEngineLimit;
  bool isolate = false;
  std::string kernel;  // regular expression, or "all"; empty: each backend's own choice
  std::string filter;  // regular expression over problem texts
};
// Adds the flags to a command. Parsing writes them to `flags`.
void add_problem_flags(CLI::App& command, SelectionFlags& flags);
void add_backend_flags(CLI::App& command, SelectionFlags& flags);
void add_engine_flags(CLI::App& command, SelectionFlags& flags);  // are among them

// Returns the problems of all suites, lines and lists that pass --filter, each once. Says on stderr
// what of benchdnn's lists is refused. Adds the suites' networks to `networks`; what does not pass
// is missing there. Throws BadInput.
std::vector<Problem> select_problems(const SelectionFlags& flags,
                                     std::vector<Network>* networks = nullptr);
// Returns why there are no problems: --filter matches none of the named ones, or nothing was named,
// which `flags_to_name` would do. `named`: whether other flags named something.
std::string why_nothing(const SelectionFlags& flags,
                        std::string_view flags_to_name = "--suite, --problem or --benchdnn",
                        bool named = false);

struct Backends {
  std::vector<FamilyState> families;  // owns the backends
  std::vector<Contender> contenders;  // in the families' order
};
// How backends are opened by the flags.
BackendOptions backend_options(const SelectionFlags& flags);
// Opens the backends that are asked for, or all that are available, and forms the contenders.
// Throws BackendUnavailable if a named one is not available, BadInput if no kernel matches.
Backends select_backends(const SelectionFlags& flags);

// Returns which device of the contenders works no more and what it says, or nothing.
std::string lost_device(const std::vector<Contender>& contenders);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_SELECTION_H_
