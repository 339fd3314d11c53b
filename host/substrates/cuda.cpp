#include "host/substrates/cuda.h"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <chrono>

namespace poolbench {
namespace {

#define POOLBENCH_CUDA_CHECK(call) check((call), #call, __FILE__, __LINE__)

void check(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // clears the error, which the next call would report again
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

using Event = std::unique_ptr<CUevent_st, decltype(&cudaEventDestroy)>;
Event make_event() {
  cudaEvent_t event = nullptr;
  POOLBENCH_CUDA_CHECK(cudaEventCreate(&event));
  return {event, cudaEventDestroy};
}

using Graph = std::unique_ptr<CUgraph_st, decltype(&cudaGraphDestroy)>;
using Executable = std::unique_ptr<CUgraphExec_st, decltype(&cudaGraphExecDestroy)>;

// Captures what `work` enqueues as a graph between two events. The events are nodes of the graph,
// so the time between them excludes the host's time for launching it.
//
// CUDA loads a kernel at its first launch, which may be inside this capture. Drivers of CUDA 12.3
// and newer allow that; 12.2 needs CUDA_MODULE_LOADING=EAGER, which is not set here because it
// would load every kernel of PyTorch and cuDNN into each process.
Graph capture(cudaStream_t stream, cudaEvent_t start, cudaEvent_t end,
              const std::function<void(Stream)>& work) {
  cudaGraph_t graph = nullptr;
  POOLBENCH_CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  try {
    POOLBENCH_CUDA_CHECK(cudaEventRecordWithFlags(start, stream, cudaEventRecordExternal));
    work(stream);
    POOLBENCH_CUDA_CHECK(cudaGetLastError());  // launches do not check for errors
    POOLBENCH_CUDA_CHECK(cudaEventRecordWithFlags(end, stream, cudaEventRecordExternal));
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  POOLBENCH_CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  return {graph, cudaGraphDestroy};
}

const char* name_of(cudaGraphNodeType type) {
  switch (type) {
    case cudaGraphNodeTypeMemcpy:
      return "a copy";
    case cudaGraphNodeTypeHost:
      return "a call of host code";
    case cudaGraphNodeTypeGraph:
      return "a graph within the graph";
    default:
      return "a node that is neither kernel nor memset";
  }
}

// Returns the number of kernels and memsets. Throws if there is anything else: a call of host code
// can have the work done elsewhere.
int64_t count_work(cudaGraph_t graph) {
  size_t count = 0;
  POOLBENCH_CUDA_CHECK(cudaGraphGetNodes(graph, nullptr, &count));
  std::vector<cudaGraphNode_t> nodes(count);
  POOLBENCH_CUDA_CHECK(cudaGraphGetNodes(graph, nodes.data(), &count));
  int64_t work = 0, events = 0;
  for (const cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type;
    POOLBENCH_CUDA_CHECK(cudaGraphNodeGetType(node, &type));
    if (type == cudaGraphNodeTypeKernel || type == cudaGraphNodeTypeMemset)
      ++work;
    else if (type == cudaGraphNodeTypeEventRecord)
      ++events;                               // two are the clock's
    else if (type != cudaGraphNodeTypeEmpty)  // joins streams
      throw BrokenContract(
          fmt::format("enqueues {}; kernels and memsets make a launch", name_of(type)));
  }
  if (events != 2) throw BrokenContract("records events in the stream that it is given");
  return work;
}

class CudaRecording : public Recording {
 public:
  CudaRecording(int ordinal, cudaStream_t stream, const std::function<void(Stream)>& work)
      : ordinal_(ordinal), stream_(stream), start_(make_event()), end_(make_event()) {
    const Graph graph = capture(stream, start_.get(), end_.get(), work);
    empty_ = count_work(graph.get()) == 0;
    cudaGraphExec_t made = nullptr;
    POOLBENCH_CUDA_CHECK(cudaGraphInstantiate(&made, graph.get(), 0));
    graph_.reset(made);
    POOLBENCH_CUDA_CHECK(cudaGraphUpload(made, stream_));
    POOLBENCH_CUDA_CHECK(cudaStreamSynchronize(stream_));
  }
  ~CudaRecording() override { cudaSetDevice(ordinal_); }

  double replay() override {
    submit();
    float milliseconds = 0;
    POOLBENCH_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_.get(), end_.get()));
    return milliseconds * 1e-3;
  }
  double submit() override {
    POOLBENCH_CUDA_CHECK(cudaSetDevice(ordinal_));
    forget_persisting_lines();
    const auto start = std::chrono::steady_clock::now();
    POOLBENCH_CUDA_CHECK(cudaGraphLaunch(graph_.get(), stream_));
    POOLBENCH_CUDA_CHECK(cudaStreamSynchronize(stream_));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  bool empty() const override { return empty_; }

 private:
  // Gives the part of L2 that may have been set aside for some addresses back to all. A device
  // without such a part has nothing to give back.
  static void forget_persisting_lines() {
    if (cudaCtxResetPersistingL2Cache() != cudaSuccess ||
        cudaDeviceSetLimit(cudaLimitPersistingL2CacheSize, 0) != cudaSuccess)
      cudaGetLastError();
  }

  int ordinal_;
  cudaStream_t stream_;
  Event start_, end_;
  bool empty_ = false;
  Executable graph_{nullptr, cudaGraphExecDestroy};
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
    void* memory = nullptr;  // cudaMalloc aligns to 256 bytes and returns null for 0 bytes
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
    return std::make_unique<CudaRecording>(ordinal_, stream_, work);
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
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    cudaGetLastError();
    int driver = 0;  // 0 without a driver; the error message does not always say so
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
  // Never destroyed: plans of modules may outlive statics, and the driver may end earlier.
  static const auto& substrates = *new auto(make_substrates());
  return substrates;
}

}  // namespace poolbench
