// What all pooling layers of a network take together.
#ifndef POOLBENCH_BENCH_TIME_NETWORK_TOTAL_H_
#define POOLBENCH_BENCH_TIME_NETWORK_TOTAL_H_

#include <string>
#include <vector>

#include "bench/select/network.h"
#include "bench/time/result.h"

namespace poolbench {

struct NetworkTotal {
  Temperature temperature;
  int64_t compared = 0;  // layers that are ok, and not warm, on every contender that has any such
  struct Row {
    std::string contender;
    int64_t ok = 0;  // layers that are so on this contender
    // Of all compared layers: the time of one launch each, and that of the baselines over it.
    Interval seconds = {kNone, kNone, kNone}, ratio = {kNone, kNone, kNone};
    bool across_devices = false;
  };
  std::vector<Row> rows;  // in the contenders' order
};

// Sums times over a network. Layers were timed one after the other, so their errors are taken to be
// independent: what lies between a median and the end of its interval adds up as squares do. A
// layer that the network has three times is one measurement and counts three times in whole.
NetworkTotal network_total(const Network& network, const std::vector<CaseResult>& cases,
                           Temperature temperature);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_NETWORK_TOTAL_H_
