// The order of contenders within blocks is balanced.
#include "bench/time/block_order.h"

#include <gtest/gtest.h>

#include <map>

namespace poolbench {
namespace {

TEST(BlockOrder, everyone_is_everywhere_and_follows_everyone_equally_often) {
  for (size_t n = 1; n <= 9; ++n) {
    std::mt19937_64 random(n);
    std::vector<size_t> names(n);
    std::iota(names.begin(), names.end(), 10);
    BlockOrder order(names, random);
    const size_t period = BlockOrder::period(n);
    for (int again = 0; again < 3; ++again) {
      std::map<std::pair<size_t, size_t>, size_t> places, pairs;
      for (size_t block = 0; block < period; ++block) {
        const std::vector<size_t> now = order.next();
        ASSERT_EQ(now.size(), n);
        for (size_t i = 0; i < n; ++i) ++places[{i, now[i]}];
        for (size_t i = 1; i < n; ++i) ++pairs[{now[i - 1], now[i]}];
      }
      EXPECT_EQ(places.size(), n * n) << n;
      for (const auto& [place, count] : places) EXPECT_EQ(count, period / n) << n;
      EXPECT_EQ(pairs.size(), n * (n - 1)) << n;
      for (const auto& [pair, count] : pairs) EXPECT_EQ(count, period / n) << n;
    }
  }
}

TEST(BlockOrder, is_another_one_each_period) {
  std::mt19937_64 random(1);
  BlockOrder order({0, 1, 2, 3, 4, 5}, random);
  std::map<std::vector<size_t>, int> seen;
  for (int block = 0; block < 600; ++block) ++seen[order.next()];
  EXPECT_GT(seen.size(), 300u);
}

}  // namespace
}  // namespace poolbench
