// Predictions that rules of several libraries share: what a library computes instead of what
// host/spec.md says (Backend::predictions).
#ifndef POOLBENCH_HOST_PREDICT_H_
#define POOLBENCH_HOST_PREDICT_H_

#include <string>
#include <vector>

#include "host/compare.h"

namespace poolbench {

// Returns the taps of one output in row-major order.
std::vector<double> taps(const Problem& problem, const void* src, const Point& point);

// Returns whether the input's plane of an output has a NaN.
bool plane_has_nan(const Problem& problem, const void* src, const Point& point);
// Returns the index of the first NaN of one output's window, -1 without one.
int64_t first_nan(const Problem& problem, const void* src, const Point& point);

// Returns the lowest finite number of a type, from which the maxima of some libraries start.
double lowest_finite(DType dtype);

// Returns whether a sum of the taps may pass `largest` on one side before it meets the infinity on
// the other: it is NaN then.
bool may_sum_to_nan(const std::vector<double>& taps, double infinity, double largest);

// Predicts any number that is one of the window's taps.
Prediction any_tap(std::string rule);

// Predicts what a running sum in f32 can give for an average or Lp (half an ulp for each addition),
// which some libraries do. host/spec.md, Judgement, allows less for many taps. Empty where there is
// no bound.
std::vector<Prediction> running_sum(const Problem& problem, const std::vector<double>& taps,
                                    const Point& point, std::string rule);

// Predicts the average of which every sum is rounded to the type, and then the division by the
// window's extent on each axis.
Prediction sum_in_the_type(const Problem& problem, const std::vector<double>& taps,
                           const Point& point, std::string rule);

// Predicts an index without its d part, where all taps of a 3D maximum are the type's lowest number
// (of floats -inf) and channels are last. Empty elsewhere.
std::vector<Prediction> index_without_depth(const Problem& problem, const Point& point,
                                            std::string rule);

// Predicts what f32 arithmetic can give for an integer average, rounded half to even and saturated.
Prediction f32_average(const Problem& problem, const std::vector<double>& taps, const Point& point,
                       std::string rule);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PREDICT_H_
