// What signs are worth as evidence, however often one looks at them.
//
// A bet: each toss multiplies the wealth by 1 + b where it is a win and by 1 - b where it is a
// loss, 0 <= b <= 1. If a win is at most as likely as a loss, whatever came before, the wealth is
// on average never more than it was, so the chance that it is ever 1/alpha or more is at most alpha
// (Ville's inequality): one may look after every toss and stop when one likes.
//   Grünwald, de Heide, Koolen, Safe Testing, https://arxiv.org/abs/1906.07801
//   Ramdas, Grünwald, Vovk, Shafer, https://arxiv.org/abs/2210.01948
//
// All b at once, each with the same part of the wealth: no size of an effect has to be guessed, and
// after n tosses the wealth is at most a factor of n + 1 below that of the best b.
#ifndef POOLBENCH_BENCH_RACE_BETS_H_
#define POOLBENCH_BENCH_RACE_BETS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace poolbench {

// The wealth, an e-value:
//   integral over b from 0 to 1 of (1 + b)^wins (1 - b)^losses
//     = sum of C(n + 1, j) for j = 0 .. wins, over (n + 1) C(n, wins), n = wins + losses
// After n wins alone (2^(n+1) - 1) / (n + 1).
double e_value(int wins, int losses);

// Which of these hypotheses are rejected: the k largest, for the greatest k for which the k-th
// largest is at least family / (rate k). At most `rate` of them are true on average, however they
// depend on each other (e-BH: Wang and Ramdas, https://arxiv.org/abs/2009.02824). `family`: the
// number of hypotheses that were declared, which may be more than there are values.
std::vector<bool> rejected(std::span<const double> e_values, double family, double rate);

// The chance that the wealth is `needed` at some time within n tosses of which each is a win with
// this probability.
double power(int n, double win, double needed);
// The least n with at least this power; `most` if there is none below.
int tosses_for(double win, double needed, double least_power, int most);
// The least probability of a win with at least this power; 1 if there is none.
double win_for(int n, double needed, double least_power);

// Wilson's interval for a share of which `count` of n were seen; [0, 1] for n = 0.
//   https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
struct ShareInterval {
  double low, high;
};
ShareInterval wilson(int64_t count, int64_t n);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_BETS_H_
