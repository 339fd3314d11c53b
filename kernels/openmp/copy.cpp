// Windows of one element, side by side: the output is the input.
//
// A thread copies an even, contiguous share. Bound by memory.
//
// GCC 12 at -O2 keeps an array of vectors in memory unless the loops over it are unrolled. Time
// with `unroll` over time without, hot (EPYC Zen 5, AVX-512, 2 threads, 2026-11-30):
//
//   64x28x28    64x112x112    64x224x224    8x64x224x224, past the caches
//   0.85        0.77          0.74          0.78
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr int64_t kBlock = 4 * kVectorBytes;
using Bytes = Vec<int8_t, kVectorBytes>;

constexpr Takes kTakes = {
    .reductions = kExtremesAndAverages, .windowings = kSlidingWindows, .types = kVectorTypes};

Refusal refuses(const Shapes& shapes) {
  for (const Axis& axis : shapes.axis) {
    if (axis.kernel != 1) return {window_parameter(shapes), "takes windows of one element"};
    if (axis.stride != 1) return {Parameter::kStride, "takes 1"};
    if (axis.src != axis.dst) return {Parameter::kPad, "takes no padding"};
  }
  if (shapes.divisor != 0 && shapes.divisor != 1) return {Parameter::kDivisor, "takes 1"};
  return {};
}

void launch(const PoolArgs& args, void*) {
  const Storage storage = storage_of(args);
  const int64_t bytes = storage.planes * storage.src_size * dtype_bytes(DType(args.dtype));
  const auto* from = static_cast<const int8_t*>(args.src);
  auto* to = static_cast<int8_t*>(args.dst);
  // Beyond the caches stores had better bypass them.
  const bool past =
      2 * bytes > last_level_bytes && reinterpret_cast<uintptr_t>(to) % kVectorBytes == 0;
  share(args, ceil_div(bytes, kBlock), 2 * bytes, [&](int64_t begin, int64_t end) {
    const int64_t whole = smaller(end, bytes / kBlock) * kBlock;
    for (int64_t at = begin * kBlock; at < whole; at += kBlock) {
      Bytes v[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) v[i] = load_lanes<Bytes>(from + at + i * kVectorBytes);
      if (past)
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) stream(to + at + i * kVectorBytes, v[i]);
      else
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          prefetch_store(to + at + i * kVectorBytes);
          store_lanes(to + at + i * kVectorBytes, v[i]);
        }
    }
    if (end * kBlock > bytes) __builtin_memcpy(to + whole, from + whole, bytes - whole);
  });
}

}  // namespace

constinit const Kernel kCopy = {.name = "copy",
                                .summary = "windows of one element",
                                .takes = kTakes,
                                .refuses = refuses,
                                .launch = launch,
                                .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
