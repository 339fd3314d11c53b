// Bodies on a device: the context made of CUDA's own things, and the launch.
#ifndef POOLBENCH_KERNELS_CUDA_DEVICE_CUH_
#define POOLBENCH_KERNELS_CUDA_DEVICE_CUH_

#include <cuda_runtime.h>

#include "kernels/types.h"

namespace poolbench {

// N elements of a block's shared memory, which starts on 16 bytes. A V of several elements is one
// access; its place i, counted in elements, is a multiple of their number.
template <class T>
struct DeviceShared {
  T* data;
  template <class V = T>
  __device__ __forceinline__ V get(int i) const {
    return *reinterpret_cast<const V*>(data + i);
  }
  // What stands at a place counted in bytes: an addition less than get() where places are kept.
  template <class V = T>
  __device__ __forceinline__ V at_byte(int i) const {
    return *reinterpret_cast<const V*>(reinterpret_cast<const unsigned char*>(data) + i);
  }
  template <class V = T>
  __device__ __forceinline__ void set_byte(int i, std::type_identity_t<V> v) const {
    *reinterpret_cast<V*>(reinterpret_cast<unsigned char*>(data) + i) = v;
  }
  template <class V = T>
  __device__ __forceinline__ void set(int i, std::type_identity_t<V> v) const {
    *reinterpret_cast<V*>(data + i) = v;
  }
};

struct DeviceContext {
  __device__ __forceinline__ int thread() const { return int(threadIdx.x); }
  __device__ __forceinline__ int64_t block() const { return blockIdx.x; }
  __device__ __forceinline__ int64_t blocks() const { return gridDim.x; }

  // Memory that nobody writes while the kernel runs, as one access where T is 1 to 16 bytes.
  template <class T>
  __device__ __forceinline__ T load(const T* p) const {
    if constexpr (!std::is_trivially_default_constructible_v<T>)
      return *p;
    else if constexpr (sizeof(T) == 16)
      return bit_cast<T>(__ldg(reinterpret_cast<const uint4*>(p)));
    else if constexpr (sizeof(T) == 8)
      return bit_cast<T>(__ldg(reinterpret_cast<const unsigned long long*>(p)));
    else if constexpr (sizeof(T) == 4)
      return bit_cast<T>(__ldg(reinterpret_cast<const unsigned*>(p)));
    else if constexpr (sizeof(T) == 2)
      return bit_cast<T>(__ldg(reinterpret_cast<const unsigned short*>(p)));
    else if constexpr (sizeof(T) == 1)
      return bit_cast<T>(__ldg(reinterpret_cast<const unsigned char*>(p)));
    else
      return *p;
  }
  // 16 bytes by the instruction's name: nvcc 13 takes a uint4 apart into four stores in some
  // kernels (staged and separable of 16 bits).
  template <class T>
  __device__ __forceinline__ void store(T* p, T v) const {
    if constexpr (sizeof(T) == 16) {
      const auto w = bit_cast<uint4>(v);
      asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(p)),
                   "r"(w.x), "r"(w.y), "r"(w.z), "r"(w.w));
    } else if constexpr (sizeof(T) == 8) {
      *reinterpret_cast<uint2*>(p) = bit_cast<uint2>(v);
    } else {
      *p = v;
    }
  }

  // Calls with the same T, N and Tag give the same array. Contents are undefined at first.
  template <class T, int N, int Tag = 0>
  __device__ __forceinline__ DeviceShared<T> shared() const {
    __shared__ alignas(16) unsigned char bytes[sizeof(T) * N];
    return {reinterpret_cast<T*>(bytes)};
  }
  __device__ __forceinline__ void sync() const { __syncthreads(); }
  // The value of the lane whose number differs by `mask`; all 32 lanes take part. T: 4 or 8 bytes.
  template <class T>
  __device__ __forceinline__ T shuffle_xor(T v, int mask) const {
    return __shfl_xor_sync(0xffffffffu, v, mask);
  }
};

// Blocks that a multiprocessor's registers are to hold. A body that says nothing asks for one:
// asked for none, nvcc 13 spills a few registers to make room for more (strip, sm_90: 6 kernels of
// 40 spilled, none so; 2026-11).
template <class Body>
constexpr int blocks_asked() {
  if constexpr (requires { Body::kBlocks; })
    return Body::kBlocks;
  else
    return 1;
}
template <class Body>
__global__ void __launch_bounds__(Body::kThreads, blocks_asked<Body>())
    run_body(const __grid_constant__ typename Body::Params params) {
  DeviceContext context;
  Body::run(context, params);
}

struct DeviceLauncher {
  template <class Body>
  static void launch(const PoolArgs&, const typename Body::Params& params, int64_t blocks,
                     void* stream, int64_t /*scratch_bytes*/ = 0) {
    if (blocks == 0) return;
    run_body<Body>
        <<<unsigned(blocks), Body::kThreads, 0, static_cast<cudaStream_t>(stream)>>>(params);
  }
};

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_DEVICE_CUH_
