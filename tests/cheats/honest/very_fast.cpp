// Odd: windows of 2x2 alone, with the widest vectors that the machine has: near the ceiling.
// Run: bench --problem max/sliding/f32/nchw/src:1x64x56x56/k:2x2/s:2x2
#include "tests/cheats/probe.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void
pool_2x2(const float* src, float* dst, int64_t rows, int64_t width) {
  const auto larger = [](float a, float b) { return bool(int(b > a) | int(b != b)) ? b : a; };
  for (int64_t row = 0; row < rows; ++row, src += 4 * width, dst += width)
    for (int64_t o = 0; o < width; ++o)
      dst[o] = larger(larger(src[2 * o], src[2 * o + 1]),
                      larger(src[2 * width + 2 * o], src[2 * width + 2 * o + 1]));
}

struct VeryFast : probe::Honest {
  using Honest::Honest;
  static const char* why_not(const poolbench_problem& p) {
    if (p.reduction != POOLBENCH_MAX || p.with_indices) return "reduction: max without indices";
    const bool fits = p.kernel[1] == 2 && p.kernel[2] == 2 && p.stride[1] == 2 &&
                      p.stride[2] == 2 && p.dilation[1] == 1 && p.dilation[2] == 1 &&
                      p.src[1] == 2 * p.dst[1] && p.src[2] == 2 * p.dst[2] && p.pad_begin[1] == 0 &&
                      p.pad_begin[2] == 0;
    if (!fits) return "kernel: 2x2 with a stride of 2, which divides the input, only";
    return Honest::why_not(p);
  }
  void launch(const poolbench_tensors& t) override { pool_2x2(src(t), dst(t), rows(), p_.dst[2]); }
};
POOLBENCH_PROBE(VeryFast)
