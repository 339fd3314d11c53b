// The loader: a shared object (host/module.h) becomes backends like any other.
#ifndef POOLBENCH_HOST_MODULES_H_
#define POOLBENCH_HOST_MODULES_H_

#include <functional>

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

// Shared objects in this process that bring an OpenMP runtime. Two ruin both: the spinning team of
// the one takes the cores of the other.
std::vector<std::string> openmp_runtimes();

// Loads `file` and returns its backends, named `name`, or `name`:0 and up where there are several.
// Throws std::runtime_error with a reason that names the module and its file when the file is
// missing or no module, is of another version, is not built right, crashes, or says itself that it
// is unavailable. What was loaded stays loaded. Backends of a module that brings a second OpenMP
// runtime are checked but not timed.
//
// A crash must not end the program, so the file is first loaded and described in a child process.
// That is safest early, while the program has no threads and no device open.
std::vector<std::unique_ptr<Backend>> open_module(const ModuleName& module,
                                                  const FindSubstrate& find_substrate);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULES_H_
