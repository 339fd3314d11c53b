// Bodies on a device: the context, made of CUDA's own parts, and the launch.
#ifndef POOLBENCH_KERNELS_CUDA_DEVICE_CUH_
#define POOLBENCH_KERNELS_CUDA_DEVICE_CUH_

#include <cuda_runtime.h>

#include "kernels/types.h"

namespace poolbench::cuda {

// Elements of a block's shared memory, which starts on 16 bytes. A V of several elements is one
// access; its place i, counted in elements, is a multiple of their number.
template <class T>
struct DeviceShared {
  T* data;
  template <class V = T>
  __device__ __forceinline__ V get(int i) const {
    return *reinterpret_cast<const V*>(data + i);
  }
  // The element at a byte offset: one addition less than get() where offsets are kept.
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

  // Loads through the read-only cache, as one access where T has 1 to 16 bytes. Nobody writes the
  // memory while the kernel runs.
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
  // Names the 16-byte instruction: nvcc 13 splits a uint4 into four stores in some kernels (staged
  // and separable of 16 bits).
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

  // N elements of shared memory. Calls with the same T, N and Tag give the same array. Contents are
  // undefined at first.
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

// Blocks that a multiprocessor's registers are to hold: Body::kBlocks, or 1. Without the hint nvcc
// 13 spills registers to raise occupancy (sm_90, 2026-11: 6 of 40 kernels of `strip` spill without
// it, none with it).
template <class Body>
constexpr int min_blocks() {
  if constexpr (requires { Body::kBlocks; })
    return Body::kBlocks;
  else
    return 1;
}
template <class Body>
__global__ void __launch_bounds__(Body::kThreads, min_blocks<Body>())
    run_body(const __grid_constant__ typename Body::Params params) {
  DeviceContext context;
  Body::run(context, params);
}

template <class Body>
void launch_on_device(const typename Body::Params& params, int64_t blocks, void* stream) {
  if (blocks == 0) return;
  run_body<Body>
      <<<unsigned(blocks), Body::kThreads, 0, static_cast<cudaStream_t>(stream)>>>(params);
}

// The same grid, block, parameters and shared memory with an empty body. One kernel serves all
// bodies of a size of parameters, so its shared memory is dynamic.
template <class Params>
__global__ void idle_body(const __grid_constant__ Params) {}

template <class Body>
void launch_idle(const typename Body::Params& params, int64_t blocks, void* stream) {
  if (blocks == 0) return;
  static const size_t shared_bytes = [] {
    cudaFuncAttributes attributes{};
    (void)cudaFuncGetAttributes(&attributes, run_body<Body>);
    return attributes.sharedSizeBytes;
  }();
  idle_body<<<unsigned(blocks), Body::kThreads, shared_bytes, static_cast<cudaStream_t>(stream)>>>(
      params);
}

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_DEVICE_CUH_
