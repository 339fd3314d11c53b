// A contender: one row of the table for each problem.
#ifndef POOLBENCH_BENCH_SELECT_CONTENDER_H_
#define POOLBENCH_BENCH_SELECT_CONTENDER_H_

#include <string>
#include <string_view>

#include "host/backend.h"

namespace poolbench {

// A backend, with a kernel that it must use or its own choice.
struct Contender {
  Backend* backend = nullptr;
  std::string kernel;      // empty: the backend chooses
  std::string label = {};  // its name where it has another one than these make

  std::string name() const;  // "openmp", "openmp.table"
};

// The two parts of a contender's name.
struct ContenderName {
  explicit ContenderName(std::string_view text);
  std::string backend;
  std::string kernel;  // empty: the backend chooses
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_CONTENDER_H_
