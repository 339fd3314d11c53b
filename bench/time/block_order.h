// The order of contenders within blocks.
#ifndef POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_
#define POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace poolbench {

// Rows of a Latin square, so that everyone is in every place equally often. Rows and names are
// shuffled.
class BlockOrder {
 public:
  BlockOrder(std::vector<size_t> names, std::mt19937_64& random)
      : random_(&random), names_(std::move(names)), shift_(names_.size()) {
    std::iota(shift_.begin(), shift_.end(), 0);
  }
  std::vector<size_t> next() {
    if (row_ % names_.size() == 0) {
      std::shuffle(names_.begin(), names_.end(), *random_);
      std::shuffle(shift_.begin(), shift_.end(), *random_);
    }
    const size_t shift = shift_[row_++ % names_.size()];
    std::vector<size_t> order;
    for (size_t i = 0; i < names_.size(); ++i) order.push_back(names_[(i + shift) % names_.size()]);
    return order;
  }

 private:
  std::mt19937_64* random_;
  std::vector<size_t> names_, shift_;
  size_t row_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_
