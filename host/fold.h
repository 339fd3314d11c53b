// Folds the windows of an axis at a cost that does not depend on their length.
#ifndef POOLBENCH_HOST_FOLD_H_
#define POOLBENCH_HOST_FOLD_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace poolbench {

// The taps of a window on one axis, all inside the input: first + j * step for j in [0, count).
struct Taps {
  int64_t first = 0, count = 0, step = 1;
};

// All windows of an axis, in the order of its outputs. Windows of the same residue (first modulo
// step) begin and end no earlier than those before them, and all have the same step.
class AxisFold {
 public:
  explicit AxisFold(std::vector<Taps> windows) : windows_(std::move(windows)) {
    order_.resize(windows_.size());
    std::iota(order_.begin(), order_.end(), 0);
    const auto residue = [&](int64_t o) { return windows_[o].first % windows_[o].step; };
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return residue(a) < residue(b); });
  }

  int64_t outputs() const { return static_cast<int64_t>(windows_.size()); }

  // Calls put(o, joined) for each output o, with the join of at(x) over its taps x in their order;
  // Item() without a tap. Item::join() must be associative and needs neither to commute nor to have
  // an inverse: nothing is ever taken out of a sum.
  //
  // Two stacks: `kept` holds the joins from each position up to `middle`, `run` what lies between
  // `middle` and `end`. An element is joined at most twice, and each window once.
  template <class Item, class At, class Put>
  void fold(const At& at, const Put& put) const {
    std::vector<Item> kept;
    Item run;
    int64_t residue = -1, begin = 0, middle = 0, end = 0;  // positions in steps
    for (const int64_t o : order_) {
      const Taps& taps = windows_[o];
      if (taps.count == 0) {
        put(o, Item());
        continue;
      }
      const int64_t first = taps.first / taps.step, past = first + taps.count;
      const auto item = [&](int64_t i) { return at(residue + i * taps.step); };
      if (taps.first % taps.step != residue || first >= middle) {
        residue = taps.first % taps.step;
        kept.assign(taps.count, Item());
        Item joined;
        for (int64_t i = past - 1; i >= first; --i)
          kept[i - first] = joined = Item::join(item(i), joined);
        begin = first, middle = end = past, run = Item();
      }
      for (; end < past; ++end) run = Item::join(run, item(end));
      put(o, Item::join(kept[first - begin], run));
    }
  }

 private:
  std::vector<Taps> windows_;
  std::vector<int64_t> order_;  // of outputs, by residue
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FOLD_H_
