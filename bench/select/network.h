// Networks: what a suite says of a model's pooling layers as a whole.
//
//   network squeezenet1.0                      the lines that follow are its layers
//   max/sliding/src:1x96x54x54/k:3x3/s:2x2 x3  a problem that it has three times
//   missing x2                                 two more layers, which no problem says
//
// A network ends where the next one begins.
#ifndef POOLBENCH_BENCH_SELECT_NETWORK_H_
#define POOLBENCH_BENCH_SELECT_NETWORK_H_

#include <string>
#include <vector>

#include "host/problem.h"

namespace poolbench {

struct Layer {
  Problem problem;
  int64_t times = 1;  // in the network
  bool operator==(const Layer&) const = default;
};

struct Network {
  std::string name;
  std::vector<Layer> layers;  // each problem once
  int64_t missing = 0;        // layers without a problem
};

constexpr int64_t kMaxTimes = 1'000'000;

// Adds a layer, or to the one with its problem.
void add_layer(Network& network, Layer layer);
// Returns how many layers the network has, with those that are missing.
int64_t layer_count(const Network& network);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_NETWORK_H_
