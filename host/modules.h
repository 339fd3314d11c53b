// The loader: a shared object (host/module.h) becomes backends like any other.
#ifndef POOLBENCH_HOST_MODULES_H_
#define POOLBENCH_HOST_MODULES_H_

#include <functional>
#include <span>

#include "host/backend.h"

namespace poolbench {

struct ModuleName {
  std::string name;
  std::string file;
};

// Takes "NAME=FILE" apart. Throws BadInput unless NAME is made of letters, digits, - and _ and
// FILE is something.
ModuleName parse_module(std::string_view text);

// Finds the substrate that a module's backend works on: "cuda" and a device's UUID. Throws
// std::runtime_error with the reason when there is none. The host's is found without it.
using FindSubstrate = std::function<Substrate&(std::string_view substrate, std::string_view uuid)>;

// The one of `substrates` whose device has this UUID; the first one for an empty UUID. Throws std::runtime_error that names those
// there are.
Substrate& with_uuid(std::span<const std::unique_ptr<Substrate>> substrates, std::string_view uuid);

// Shared objects in this process that bring an OpenMP runtime. Two ruin both: the spinning team of
// the one takes the cores of the other.
std::vector<std::string> openmp_runtimes();

// Loads and describes a module in a child process, so that a crash there does not end the program.
// Throws std::runtime_error with a reason that names the module and its file when it crashes, ends
// the process or hangs. To be called early, while the program has no threads and no device open: a
// child inherits neither.
void try_module(const ModuleName& module);

// Loads `file`, which try_module() has tried, and returns its backends, named `name`, or `name`:0
// and up where there are several. Throws std::runtime_error with a reason that names the module and
// its file when the file is missing or no module, is of another version, is not built right, or
// says itself that it is unavailable. What was loaded stays loaded. Backends on the host of a
// module that brings a second OpenMP runtime are checked but not timed.
std::vector<std::unique_ptr<Backend>> open_module(const ModuleName& module,
                                                  const FindSubstrate& find_substrate);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULES_H_
