// The contenders of a race, each with a copy of itself.
#ifndef POOLBENCH_BENCH_SELECT_RACER_H_
#define POOLBENCH_BENCH_SELECT_RACER_H_

#include <optional>
#include <random>

#include "bench/select/selection.h"

namespace poolbench {

// [NAME=]BACKEND[.KERNEL], a backend of this program, which without NAME is called as it is; or
// NAME=BACKEND[.KERNEL]@FILE, that of a module: BACKEND matters where the module has several, of
// which BACKEND:1 is the second.
struct Racer {
  std::string name;
  std::string backend, kernel;
  std::string file;               // of a module; empty: a backend of this program
  std::optional<double> planted;  // takes this share longer; 0: is launched as those that do

  bool operator==(const Racer&) const = default;
};
// Throws BadInput.
Racer parse_racer(std::string_view text);
// The name of a contender's copy.
std::string copy_of(const std::string& contender);
// Throws BadInput where two contenders or copies have one name.
std::vector<Racer> parse_racers(const std::vector<std::string>& texts);

// The modules among them, as NAME=FILE.
std::vector<std::string> modules_of(const std::vector<Racer>& racers);

// A backend in place of another one, to be owned by who opens it.
using Planted = std::unique_ptr<Backend> (*)(Backend& inner, double share);

// Opens all of them and a copy of each, in random order. A module's file and its copy are read into
// memory and loaded from there under names that say nothing, so that neither the kernels nor the
// linker can tell which is which. `plant` makes those that are planted. Throws BackendUnavailable
// and BadInput.
Backends open_racers(const std::vector<Racer>& racers, Planted plant, std::mt19937_64& random);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_RACER_H_
