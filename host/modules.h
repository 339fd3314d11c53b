// Loads modules: the backends of a shared object (host/module.h).
#ifndef POOLBENCH_HOST_MODULES_H_
#define POOLBENCH_HOST_MODULES_H_

#include <functional>
#include <span>

#include "host/backend.h"
#include "host/loaded.h"

namespace poolbench {

struct ModuleName {
  std::string name;
  std::string file;
};

// Splits "NAME=FILE". Throws BadInput unless NAME consists of letters, digits, - and _, and FILE is
// not empty.
ModuleName parse_module(std::string_view text);

// Finds the substrate that a module's backend works on: "cuda" and a device's UUID. Throws
// std::runtime_error with the reason when there is none. The host's is found without it.
using FindSubstrate = std::function<Substrate&(std::string_view substrate, std::string_view uuid)>;

// The one of `substrates` whose device has this UUID; the first one for an empty UUID. Throws
// std::runtime_error that names those there are.
Substrate& with_uuid(std::span<const std::unique_ptr<Substrate>> substrates, std::string_view uuid);

// Lists the OpenMP runtimes in this process. Two slow each other down: each team spins on the
// other's cores.
std::vector<std::string> openmp_runtimes();

// Loads and describes a module in a child process, so that a crash does not end the program. Throws
// std::runtime_error, which names the module and its file, if it crashes, exits or hangs. Call it
// early, while the program has no threads and no device open: a child inherits neither. Returns the
// libraries it brings of which a process must not hold two, for require_only_one().
std::vector<std::string> try_module(const ModuleName& module);

// Throws std::runtime_error, which names both, if this process has another copy of a library that
// the module brings (libtorch). Opening the module would crash.
void require_only_one(const ModuleName& module, const std::vector<std::string>& brings);

struct OpenModule {
  std::vector<std::unique_ptr<Backend>> backends;
  std::shared_ptr<const Origin> origin;  // a backend's first plan adds to it
};

// Loads `file`, which try_module() has tried, and returns its backends, named `name`, or `name`:0
// and up if there are several. Throws std::runtime_error, which names the module and its file, if
// the file is missing, no module, of another version or not built right, or if the module says that
// it is unavailable. A loaded module stays loaded. Host backends of a module that brings a second
// OpenMP runtime are checked but not timed. `rules_trusted`: Backend::rules_trusted().
OpenModule open_module(const ModuleName& module, const FindSubstrate& find_substrate,
                       bool rules_trusted = false);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULES_H_
