#include "bench/select/network.h"

#include <algorithm>

namespace poolbench {

void add_layer(Network& network, Layer layer) {
  const auto same = std::ranges::find(network.layers, layer.problem, &Layer::problem);
  if (same == network.layers.end())
    network.layers.push_back(std::move(layer));
  else
    same->times += layer.times;
}

int64_t layer_count(const Network& network) {
  int64_t count = network.missing;
  for (const Layer& layer : network.layers) count += layer.times;
  return count;
}

}  // namespace poolbench
