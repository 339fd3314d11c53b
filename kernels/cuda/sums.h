// Averages and norms: the term and finish columns of kernels/reduce.h's table, for kernels that add
// terms plainly in f32 (bytes: i32) and nest their sums instead of carrying every rounding error.
#ifndef POOLBENCH_KERNELS_CUDA_SUMS_H_
#define POOLBENCH_KERNELS_CUDA_SUMS_H_

#include "kernels/cuda/shapes.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// A plain form (kernels/reduce.h) in runs: end_run() comes after at most kMaxPlainTerms taps.
template <class Op>
struct RunByRun : Op {
  using Op::Op;
  POOLBENCH_DEVICE void end_run() {}
};
// Average: one addition a term within a run, where RunningSum has 6; runs are added to a
// RunningSum.
template <class T>
struct RunByRun<Average<T>> : Average<T> {
  using Average<T>::Average;
  typename Average<T>::Sum run = 0;
  POOLBENCH_DEVICE void add(Compute<T> v, int64_t) { run += v; }
  POOLBENCH_DEVICE void end_run() {
    this->sum.add(run);
    run = 0;
  }
};

// Loads in flight: how often a loop over taps is unrolled. The code of a power is large and hides
// its load alone.
template <class Op>
inline constexpr int kLoadsInFlight = 4;
template <class T>
inline constexpr int kLoadsInFlight<Lp<T>> = 1;

// Lp over integers, which refuse_integer_lp() refuses.
template <class Op>
inline constexpr bool kIntegerLp = false;
template <class T>
inline constexpr bool kIntegerLp<Lp<T>> = !facts(kDTypeOf<T>).is_float();

// What a sum is divided by, and its inverse. 0, the count of an empty window, has inverse 0.
struct Divisor {
  float value, inverse;

  POOLBENCH_HD explicit Divisor(float v) : value(v), inverse(v == 0 ? 0 : 1 / v) {}
  POOLBENCH_HD Divisor(float v, float i) : value(v), inverse(i) {}
  // The product of two axes' counts. Its inverse is off by one or two roundings more.
  POOLBENCH_HD Divisor operator*(Divisor other) const {
    return {value * other.value, inverse * other.inverse};
  }
};

struct MultiplyAdd {
  POOLBENCH_DEVICE float operator()(float a, float b, float c) const { return fmaf(a, b, c); }
};

// sum / divisor in the element type: six instructions where a product by the inverse is one.
// Integers are exact: where |sum| < 2^24 and |divisor| <= 2^15 the float nearest to the quotient is
// a tie exactly where the quotient is. Adding 1.5 * 2^23 rounds to whole numbers, ties to even, in
// the lowest bits.
template <class T, class Sum>
POOLBENCH_DEVICE T divided(Sum sum, Divisor divisor) {
  const float quotient =
      corrected_quotient(float(sum), divisor.value, divisor.inverse, MultiplyAdd());
  if constexpr (std::is_integral_v<Sum>) {
    constexpr float low = std::is_same_v<T, uint8_t> ? 0.0f : -128.0f;
    constexpr float high = std::is_same_v<T, uint8_t> ? 255.0f : 127.0f;
    const float limited = fminf(fmaxf(quotient, low), high);
    return T(bit_cast<uint32_t>(limited + 12582912.0f));
  } else {
    return store<T>(quotient);
  }
}

// Within an ulp.
POOLBENCH_DEVICE float square_root(float v) {
#ifdef __CUDA_ARCH__
  float root;
  asm("sqrt.approx.f32 %0, %1;" : "=f"(root) : "f"(v));
  return root;
#else
  return sqrtf(v);
#endif
}

// s^(1/p) for s > 0, to about four digits: lg2.approx is off by 2^-22 of a logarithm below 128.
POOLBENCH_DEVICE float estimated_root(float s, float inverse_p) {
#ifdef __CUDA_ARCH__
  float log, root;
  asm("lg2.approx.f32 %0, %1;" : "=f"(log) : "f"(s));
  asm("ex2.approx.f32 %0, %1;" : "=f"(root) : "f"(log * inverse_p));
  return root;
#else
  return exp2f(log2f(s) * inverse_p);
#endif
}
// a / b for b below 2^126, within two ulp.
POOLBENCH_DEVICE float quotient(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fdividef(a, b);
#else
  return a / b;
#endif
}

// Raises every x to the power p, 1 to 16 and the same for all threads: squares once for each bit of
// p below the highest, and multiplies by x where that bit is set. Several x share the branches.
template <int N>
POOLBENCH_DEVICE void raise_all(float (&x)[N], int32_t p) {
  float once[N];
  POOLBENCH_UNROLL
  for (int i = 0; i < N; ++i) once[i] = x[i];
  for (int32_t bit = p < 2 ? 0 : p < 4 ? 1 : p < 8 ? 2 : p < 16 ? 4 : 8; bit != 0; bit >>= 1) {
    POOLBENCH_UNROLL
    for (int i = 0; i < N; ++i) x[i] *= x[i];
    if ((p & bit) == 0) continue;
    POOLBENCH_UNROLL
    for (int i = 0; i < N; ++i) x[i] *= once[i];
  }
}

// A rule says what a sum is made of and what becomes of it:
//
//   term(v)                    of each tap
//   raise(terms)               completes several terms at once
//   value(sum, divisor)        finishes the sum
//   given(shapes)              the divisor, or 0: the count of taps
//
//             row of reduce.h    faster because
//   Mean      average            no error is carried; bytes are summed in i32, divided in f32
//   Norm2     Lp, p = 2          a square and its sum are one instruction
//   Powers    Lp, p = 1 ... 16   a few multiplications a term, one root an output
template <class T>
struct Mean {
  using Type = T;
  static constexpr bool kIndices = false;
  POOLBENCH_DEVICE explicit Mean(const Shapes&) {}
  POOLBENCH_DEVICE static Compute<T> term(T v) { return load(v); }
  template <int N>
  POOLBENCH_DEVICE static void raise(Compute<T> (&)[N]) {}
  POOLBENCH_DEVICE static float given(const Shapes& shapes) { return float(shapes.divisor); }
  POOLBENCH_DEVICE static T value(Compute<T> sum, Divisor divisor) {
    return divided<T>(sum, divisor);
  }
};
template <class T>
struct Norm2 {
  using Type = T;
  static constexpr bool kIndices = false;
  POOLBENCH_DEVICE explicit Norm2(const Shapes&) {}
  POOLBENCH_DEVICE static float term(T v) {
    const float x = load(v);
    return x * x;
  }
  template <int N>
  POOLBENCH_DEVICE static void raise(float (&)[N]) {}
  POOLBENCH_DEVICE static float given(const Shapes& shapes) { return shapes.norm_mean ? 0 : 1; }
  POOLBENCH_DEVICE static T value(float sum, Divisor divisor) {
    return store<T>(square_root(sum * divisor.inverse));
  }
};
template <class T>
struct Powers {
  using Type = T;
  static constexpr bool kIndices = false;
  int32_t p;
  float inverse_p;

  POOLBENCH_DEVICE explicit Powers(const Shapes& shapes)
      : p(int32_t(shapes.norm)), inverse_p(1 / float(p)) {}
  POOLBENCH_DEVICE static float term(T v) { return fabsf(load(v)); }
  template <int N>
  POOLBENCH_DEVICE void raise(float (&x)[N]) const {
    raise_all(x, p);
  }
  POOLBENCH_DEVICE static float given(const Shapes& shapes) { return shapes.norm_mean ? 0 : 1; }
  // One step of Newton's method squares the estimate's error. Zero, infinity and NaN are kept.
  POOLBENCH_DEVICE T value(float sum, Divisor divisor) const {
    const float s = sum * divisor.inverse;
    if (p == 1 || !(s > 0 && s < HUGE_VALF)) return store<T>(s);
    const float root = estimated_root(s, inverse_p);
    float power[1] = {root};
    raise_all(power, p - 1);
    return store<T>(root + (quotient(s, power[0]) - root) * inverse_p);
  }
};

// Calls f(TypeTag<Form>{}) with the form that the problem's reduction has here: a rule for averages
// and for Lp where p has one, else the plain form. Nothing is compiled for Lp over integers.
template <Set<DType> kAmong, class F>
void dispatch_form(const Shapes& shapes, F&& f) {
  dispatch_reduction<kAmong>(shapes, [&](auto plain) {
    using Op = typename decltype(plain)::type;
    using T = typename Op::Type;
    if constexpr (std::is_same_v<Op, Average<T>>) {
      f(TypeTag<Mean<T>>{});
    } else if constexpr (!std::is_same_v<Op, Lp<T>>) {
      f(plain);
    } else if constexpr (!kIntegerLp<Op>) {
      if (is_norm2(shapes)) return f(TypeTag<Norm2<T>>{});
      if (is_whole_power(shapes)) return f(TypeTag<Powers<T>>{});
      f(plain);
    }
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SUMS_H_
