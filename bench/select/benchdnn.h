// Problem lists of benchdnn, oneDNN's own benchmark: the options and descriptors of its pooling
// driver, as its documentation says (tests/benchdnn/doc/driver_pool.md).
//
//   --dir=FWD_D --dt=f32,s8 --tag=axb --alg=max,avg_np,avg_p --mb=2
//   mb96ic768_ih17oh17_kh3sh1ph1n"a name"
//   --batch=another_list
//
// A descriptor is one row for each combination of the options before it. Dilation counts from 0
// there. Options that choose among oneDNN's implementations or say how to time mean nothing here.
#ifndef POOLBENCH_BENCH_SELECT_BENCHDNN_H_
#define POOLBENCH_BENCH_SELECT_BENCHDNN_H_

#include <map>
#include <string>
#include <vector>

#include "bench/select/suite.h"

namespace poolbench {

struct BenchdnnList {
  std::string file;
  int64_t rows = 0;
  std::vector<Problem> problems;  // in the list's order, without duplicates
  // The rows that no problem says, by the parameter that stands in the way.
  struct Refused {
    int64_t rows = 0;
    std::string first;  // the first one's descriptor and reason
  };
  std::map<std::string, Refused> refused;
};

// Reads a list and those that it names, which are looked for beside it. `options` has the types,
// layouts and batches for rows that name none, as for suites. Throws BadInput with file and line
// for what is no list of benchdnn's pooling driver.
BenchdnnList read_benchdnn(const std::string& file, const SuiteOptions& options = {});

// Returns how many rows became problems, and a line for each reason of the others.
std::string describe(const BenchdnnList& list);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_BENCHDNN_H_
