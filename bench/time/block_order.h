// The order of contenders within blocks.
#ifndef POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_
#define POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace poolbench {

// A Williams design: over period() blocks everyone is in every place equally often, and comes right
// after everyone else equally often. Rows and names are shuffled for each period.
//   E. J. Williams, 1949, https://doi.org/10.1071/CH9490149
class BlockOrder {
 public:
  BlockOrder(std::vector<size_t> names, std::mt19937_64& random)
      : random_(&random), names_(std::move(names)), rows_(period(names_.size())) {
    std::iota(rows_.begin(), rows_.end(), 0);
  }
  // An odd number of names needs each row backwards too.
  static size_t period(size_t names) { return names % 2 == 0 || names == 1 ? names : 2 * names; }

  std::vector<size_t> next() {
    if (at_ % rows_.size() == 0) {
      std::shuffle(names_.begin(), names_.end(), *random_);
      std::shuffle(rows_.begin(), rows_.end(), *random_);
    }
    const size_t row = rows_[at_++ % rows_.size()], n = names_.size();
    std::vector<size_t> order;
    for (size_t i = 0; i < n; ++i) {  // 0, 1, n - 1, 2, n - 2, ... and so many more
      const size_t zigzag = i % 2 == 1 ? (i + 1) / 2 : (n - i / 2) % n;
      order.push_back(names_[(zigzag + row) % n]);
    }
    if (row >= n) std::ranges::reverse(order);
    return order;
  }

 private:
  std::mt19937_64* random_;
  std::vector<size_t> names_, rows_;
  size_t at_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BLOCK_ORDER_H_
