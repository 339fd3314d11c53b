#include "host/substrates/cuda.h"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <cstdlib>

namespace poolbench {
namespace {

#define POOLBENCH_CUDA_CHECK(call) check((call), #call, __FILE__, __LINE__)

void check(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // or the next call would report this error again
  const std::string text = fmt::format("{}:{}: {}: {} ({})", file, line, call,
                                       cudaGetErrorString(error), cudaGetErrorName(error));
  if (error == cudaErrorMemoryAllocation) throw OutOfMemory(text);
  throw std::runtime_error(text);
}

std::string version(int number) { return fmt::format("{}.{}", number / 1000, number % 1000 / 10); }

Device describe(int ordinal) {
  cudaDeviceProp properties;
  POOLBENCH_CUDA_CHECK(cudaGetDeviceProperties(&properties, ordinal));
  Device device;
  device.substrate = "cuda";
  device.name = properties.name;
  for (const char byte : properties.uuid.bytes)
    device.uuid += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  int driver = 0, runtime = 0;
  POOLBENCH_CUDA_CHECK(cudaDriverGetVersion(&driver));
  POOLBENCH_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
  device.driver = fmt::format("CUDA {} (runtime {}, sm_{}{})", version(driver), version(runtime),
                              properties.major, properties.minor);
  device.memory_bytes = static_cast<int64_t>(properties.totalGlobalMem);
  device.cache_bytes = properties.l2CacheSize;
  return device;
}

// A captured graph, launched between two events.
class CudaRecording : public Recording {
 public:
  CudaRecording(int ordinal, cudaStream_t stream, cudaGraph_t graph)
      : ordinal_(ordinal), stream_(stream) {
    size_t nodes = 0;
    POOLBENCH_CUDA_CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
    empty_ = nodes == 0;
    POOLBENCH_CUDA_CHECK(cudaGraphInstantiate(&graph_, graph, 0));
    POOLBENCH_CUDA_CHECK(cudaEventCreate(&start_));
    POOLBENCH_CUDA_CHECK(cudaEventCreate(&end_));
    POOLBENCH_CUDA_CHECK(cudaGraphUpload(graph_, stream_));
    POOLBENCH_CUDA_CHECK(cudaStreamSynchronize(stream_));
  }
  CudaRecording(const CudaRecording&) = delete;
  ~CudaRecording() override {
    cudaSetDevice(ordinal_);
    if (start_ != nullptr) cudaEventDestroy(start_);
    if (end_ != nullptr) cudaEventDestroy(end_);
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
  }

  double replay() override {
    if (empty_) return 0;
    POOLBENCH_CUDA_CHECK(cudaSetDevice(ordinal_));
    POOLBENCH_CUDA_CHECK(cudaEventRecord(start_, stream_));
    POOLBENCH_CUDA_CHECK(cudaGraphLaunch(graph_, stream_));
    POOLBENCH_CUDA_CHECK(cudaEventRecord(end_, stream_));
    POOLBENCH_CUDA_CHECK(cudaEventSynchronize(end_));
    float milliseconds = 0;
    POOLBENCH_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_, end_));
    return milliseconds * 1e-3;
  }

 private:
  int ordinal_;
  cudaStream_t stream_;
  bool empty_ = false;
  cudaGraphExec_t graph_ = nullptr;
  cudaEvent_t start_ = nullptr, end_ = nullptr;
};

class CudaSubstrate : public Substrate {
 public:
  explicit CudaSubstrate(int ordinal) : ordinal_(ordinal), device_(describe(ordinal)) {
    use();
    POOLBENCH_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  }
  CudaSubstrate(const CudaSubstrate&) = delete;
  ~CudaSubstrate() override { cudaStreamDestroy(stream_); }

  const Device& device() const override { return device_; }

  void* allocate(int64_t bytes) override {
    use();
    void* memory = nullptr;  // cudaMalloc aligns to 256 bytes and gives null for none
    const cudaError_t error = cudaMalloc(&memory, static_cast<size_t>(bytes > 0 ? bytes : 1));
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      throw OutOfMemory(fmt::format("cuda:{}: no memory for {} bytes (the device has {})", ordinal_,
                                    bytes, device_.memory_bytes));
    }
    POOLBENCH_CUDA_CHECK(error);
    return memory;
  }
  void release(void* memory) noexcept override {
    cudaSetDevice(ordinal_);
    cudaFree(memory);
  }
  void write(void* to, const void* from, int64_t bytes) override {
    transfer(to, from, bytes, cudaMemcpyHostToDevice);
  }
  void read(void* to, const void* from, int64_t bytes) override {
    transfer(to, from, bytes, cudaMemcpyDeviceToHost);
  }
  void copy(void* to, const void* from, int64_t bytes) override {
    transfer(to, from, bytes, cudaMemcpyDeviceToDevice);
  }
  void fill(void* to, uint8_t byte, int64_t bytes) override {
    if (bytes == 0) return;
    use();
    POOLBENCH_CUDA_CHECK(cudaMemsetAsync(to, byte, static_cast<size_t>(bytes), stream_));
    POOLBENCH_CUDA_CHECK(cudaStreamSynchronize(stream_));
  }

  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override {
    use();
    cudaGraph_t graph = nullptr;
    POOLBENCH_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    try {
      work(stream_);
      POOLBENCH_CUDA_CHECK(cudaGetLastError());  // kernels launch without looking
    } catch (...) {
      cudaStreamEndCapture(stream_, &graph);
      if (graph != nullptr) cudaGraphDestroy(graph);
      cudaGetLastError();
      throw;
    }
    POOLBENCH_CUDA_CHECK(cudaStreamEndCapture(stream_, &graph));
    const std::unique_ptr<CUgraph_st, decltype(&cudaGraphDestroy)> owner(graph, cudaGraphDestroy);
    return std::make_unique<CudaRecording>(ordinal_, stream_, graph);
  }

 private:
  void use() const { POOLBENCH_CUDA_CHECK(cudaSetDevice(ordinal_)); }
  void transfer(void* to, const void* from, int64_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0) return;
    use();
    POOLBENCH_CUDA_CHECK(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), kind, stream_));
    POOLBENCH_CUDA_CHECK(cudaStreamSynchronize(stream_));
  }

  int ordinal_;
  Device device_;
  cudaStream_t stream_ = nullptr;
};

std::vector<std::unique_ptr<Substrate>> make_substrates() {
  // Kernels are loaded at once, not at their first launch: that would fall into a capture.
  setenv("CUDA_MODULE_LOADING", "EAGER", 0);
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    cudaGetLastError();
    int driver = 0;  // 0 without a driver, which the error's words do not always say
    if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
      throw std::runtime_error(
          fmt::format("no NVIDIA driver on this machine ({})", cudaGetErrorString(error)));
    throw std::runtime_error(
        fmt::format("the NVIDIA driver (CUDA {}) shows no usable device ({})", version(driver),
                    error == cudaSuccess ? "none found" : cudaGetErrorString(error)));
  }
  std::vector<std::unique_ptr<Substrate>> substrates;
  for (int i = 0; i < devices; ++i) substrates.push_back(std::make_unique<CudaSubstrate>(i));
  return substrates;
}

}  // namespace

const std::vector<std::unique_ptr<Substrate>>& cuda_substrates() {
  // Plans of modules may outlive every static, and the driver may go before this.
  static const auto& substrates = *new auto(make_substrates());
  return substrates;
}

}  // namespace poolbench
