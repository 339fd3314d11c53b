// The 16-bit conversions of kernels/types.h equal the toolkit's, which device code uses. This
// compares host code with the toolkit's host versions; that the device's instructions agree with
// those is NVIDIA's promise, and tested by the conformance tests where there is a GPU.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include "kernels/types.h"

namespace poolbench {
namespace {

uint16_t bits_of(__half v) { return bit_cast<uint16_t>(v); }
uint16_t bits_of(__nv_bfloat16 v) { return bit_cast<uint16_t>(v); }

TEST(CudaConversions, widen_every_16_bit_float_alike) {
  for (int bits = 0; bits < 65536; ++bits) {
    const float half = __half2float(bit_cast<__half>(uint16_t(bits)));
    const float brain = __bfloat162float(bit_cast<__nv_bfloat16>(uint16_t(bits)));
    const float our_half = to_float(f16{uint16_t(bits)}),
                our_brain = to_float(bf16{uint16_t(bits)});
    ASSERT_EQ(is_nan(half), is_nan(our_half)) << bits;
    ASSERT_EQ(is_nan(brain), is_nan(our_brain)) << bits;
    if (!is_nan(half)) {
      ASSERT_EQ(bit_cast<uint32_t>(half), bit_cast<uint32_t>(our_half)) << bits;
    }
    if (!is_nan(brain)) {
      ASSERT_EQ(bit_cast<uint32_t>(brain), bit_cast<uint32_t>(our_brain)) << bits;
    }
  }
}

// Calls f for all signs, exponents and first 7 bits, with the remaining bits at every point where
// rounding decides: each tie of both types, its neighbours, and the ends.
TEST(CudaConversions, narrow_floats_alike) {
  constexpr uint32_t kLow[] = {0,      1,      0x0fff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x2fff,
                               0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0xefff, 0xf000, 0xffff};
  for (uint32_t high = 0; high < 65536; ++high)
    for (const uint32_t low : kLow) {
      const float v = bit_cast<float>(high << 16 | low);
      const uint16_t half = bits_of(__float2half_rn(v)), brain = bits_of(__float2bfloat16_rn(v));
      if (is_nan(v)) {
        ASSERT_TRUE(is_nan(to_float(to_f16(v))) && is_nan(to_float(to_bf16(v)))) << v;
        ASSERT_TRUE(is_nan(to_float(f16{half})) && is_nan(to_float(bf16{brain}))) << v;
      } else {
        ASSERT_EQ(to_f16(v).bits, half) << v;
        ASSERT_EQ(to_bf16(v).bits, brain) << v;
      }
    }
}

}  // namespace
}  // namespace poolbench
