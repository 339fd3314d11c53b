// Arithmetic on 32-bit words that hold one, two or four elements: the device's instruction where it
// has one, and a twin in plain C++ for the emulator.
#ifndef POOLBENCH_KERNELS_CUDA_WORDS_H_
#define POOLBENCH_KERNELS_CUDA_WORDS_H_

#include "kernels/cuda/launch.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// N elements that are loaded and stored as one.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T v[N];
};
// 16 bytes as words.
struct alignas(16) Words {
  uint32_t w[4];
};

// Elements of a word.
template <class T>
inline constexpr int kLanes = 4 / int(sizeof(T));

template <class T>
POOLBENCH_DEVICE uint32_t broadcast(T v) {
  if constexpr (sizeof(T) == 4)
    return bit_cast<uint32_t>(v);
  else if constexpr (sizeof(T) == 2)
    return bit_cast<uint16_t>(v) * 0x10001u;
  else
    return bit_cast<uint8_t>(v) * 0x1010101u;
}

// A word of elements that lose to all in this order.
template <class Order, class T>
POOLBENCH_DEVICE uint32_t identity_word() {
  if constexpr (sizeof(T) == 4) {
    return broadcast(Order::template identity<T>());
  } else if constexpr (std::is_integral_v<T>) {
    return broadcast(T(Order::template identity<T>()));
  } else {
    // An infinity's upper bits; bf16 shares f32's exponent.
    const uint32_t exponent = std::is_same_v<T, bf16> ? 0x7f80 : 0x7c00;
    const bool negative = Order::template identity<T>() < 0;
    return (negative ? exponent | 0x8000 : exponent) * 0x10001u;
  }
}

// Bytes of a (0 to 3) and b (4 to 7), picked by the selector's four nibbles.
POOLBENCH_DEVICE uint32_t byte_permute(uint32_t a, uint32_t b, uint32_t selector) {
#ifdef __CUDA_ARCH__
  return __byte_perm(a, b, selector);
#else
  const uint64_t bytes = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i)
    result |= uint32_t((bytes >> (selector >> (4 * i) & 7) * 8) & 0xff) << (8 * i);
  return result;
#endif
}

// The element in lane `i`.
template <class T>
POOLBENCH_DEVICE T lane(uint32_t word, int i) {
  if constexpr (sizeof(T) == 4)
    return bit_cast<T>(word);
  else if constexpr (sizeof(T) == 2)
    return bit_cast<T>(uint16_t(word >> (16 * i)));
  else
    return bit_cast<T>(uint8_t(word >> (8 * i)));
}

// The winner of each lane; NaN beats everything.
template <class Order, class T>
POOLBENCH_DEVICE uint32_t best_words(uint32_t a, uint32_t b) {
  constexpr bool kMax = std::is_same_v<Order, Largest>;
  static_assert(kMax || std::is_same_v<Order, Smallest>);
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, f16>) {
    const auto x = bit_cast<__half2>(a), y = bit_cast<__half2>(b);
    return bit_cast<uint32_t>(kMax ? __hmax2_nan(x, y) : __hmin2_nan(x, y));
  } else if constexpr (std::is_same_v<T, bf16>) {
    const auto x = bit_cast<__nv_bfloat162>(a), y = bit_cast<__nv_bfloat162>(b);
    return bit_cast<uint32_t>(kMax ? __hmax2_nan(x, y) : __hmin2_nan(x, y));
  } else if constexpr (std::is_same_v<T, int8_t>) {
    return kMax ? __vmaxs4(a, b) : __vmins4(a, b);
  } else if constexpr (std::is_same_v<T, uint8_t>) {
    return kMax ? __vmaxu4(a, b) : __vminu4(a, b);
  } else {
    static_assert(std::is_same_v<T, float>);
#if __CUDA_ARCH__ >= 800
    uint32_t best;
    if constexpr (kMax)
      asm("max.NaN.f32 %0, %1, %2;" : "=r"(best) : "r"(a), "r"(b));
    else
      asm("min.NaN.f32 %0, %1, %2;" : "=r"(best) : "r"(a), "r"(b));
    return best;
#else
    const float x = bit_cast<float>(a), y = bit_cast<float>(b);
    return Order::beats(y, x) || y != y ? b : a;
#endif
  }
#else
  constexpr uint32_t kLane = uint32_t(~uint64_t{0} >> (64 - 8 * sizeof(T)));
  uint32_t best = 0;
  for (int i = 0; i < kLanes<T>; ++i) {
    const Compute<T> x = load(lane<T>(a, i)), y = load(lane<T>(b, i));
    best |= (Order::beats(y, x) || is_nan(y) ? b : a) & kLane << (8 * int(sizeof(T)) * i);
  }
  return best;
#endif
}

// The winner of two floats or integers; NaN beats everything.
template <class Order, class T>
POOLBENCH_DEVICE T best_of(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return Order::beats(b, a) ? b : a;
  else
    return bit_cast<T>(best_words<Order, T>(bit_cast<uint32_t>(a), bit_cast<uint32_t>(b)));
}

// The winner of each of two 16-bit integers, signed or not as T is.
template <class Order, class T>
POOLBENCH_DEVICE uint32_t best_pairs(uint32_t a, uint32_t b) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<Order, Largest>)
    return std::is_signed_v<T> ? __vmaxs2(a, b) : __vmaxu2(a, b);
  else
    return std::is_signed_v<T> ? __vmins2(a, b) : __vminu2(a, b);
#else
  using Short = std::conditional_t<std::is_signed_v<T>, int16_t, uint16_t>;
  const auto best = [](uint32_t x, uint32_t y) {
    return uint32_t(uint16_t(Order::beats(Short(y), Short(x)) ? y : x));
  };
  return best(a >> 16, b >> 16) << 16 | best(a, b);
#endif
}

// Max and min of reduce.h's table, every lane of a word in one instruction.
template <class Order, class T>
struct BestLanes {
  uint32_t best = identity_word<Order, T>();

  POOLBENCH_DEVICE void add(uint32_t word) { best = best_words<Order, T>(best, word); }
  POOLBENCH_DEVICE uint32_t word() const { return best; }
};
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
// Bytes as the upper halves of 16-bit integers, which sm_90 and later compare in one instruction: 3
// instructions for 4 bytes, where best_words takes 6. The lower halves only break ties.
template <class Order, class T>
struct BestByteLanes {
  uint32_t even = identity_word<Order, T>(), odd = even;

  POOLBENCH_DEVICE void add(uint32_t word) {
    even = best_pairs<Order, T>(even, word << 8);
    odd = best_pairs<Order, T>(odd, word);
  }
  POOLBENCH_DEVICE uint32_t word() const { return byte_permute(even, odd, 0x7351); }
};
template <class Order>
struct BestLanes<Order, int8_t> : BestByteLanes<Order, int8_t> {};
template <class Order>
struct BestLanes<Order, uint8_t> : BestByteLanes<Order, uint8_t> {};
#endif

POOLBENCH_DEVICE Words all_words(uint32_t word) { return {{word, word, word, word}}; }

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_WORDS_H_
