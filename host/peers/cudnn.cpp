// cuDNN's pooling: prepared in plan(), enqueued on the caller's stream in launch(). It has two
// APIs: cudnn_pooling.cpp and cudnn_resample.cpp. A 1D problem is sent as a 2D one of height 1. NaN
// propagates. What cuDNN accepts depends on its version and the device, so plan() runs it once.
#include <fmt/format.h>

#include "host/module_export.h"
#include "host/peers/cudnn_plan.h"
#include "host/substrates/cuda.h"

namespace poolbench {

void check_cudnn(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw std::runtime_error(fmt::format("{}:{}: {}: {} ({})", file, line, call,
                                       cudaGetErrorString(error), cudaGetErrorName(error)));
}

// Statuses 2000 to 2999 (bad parameter) and 3000 to 3999 (not supported) are refusals.
void check_cudnn(cudnnStatus_t status, const char* call, const char* file, int line) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char words[512] = "";
  cudnnGetLastErrorString(words, sizeof words);
  const std::string why = fmt::format("{}{}{}", cudnnGetErrorString(status), *words ? ": " : "",
                                      std::string_view(words).substr(0, 200));
  const char* parameter = status == CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE ? "type"
                          : status == CUDNN_STATUS_NOT_SUPPORTED_LAYOUT  ? "layout"
                          : status == CUDNN_STATUS_NOT_SUPPORTED_SHAPE   ? "src"
                                                                         : "k";
  if (status / 1000 == 2 || status / 1000 == 3)
    throw Refused(fmt::format("{}: not in this cuDNN on this device: {}", parameter, why));
  throw std::runtime_error(fmt::format("{}:{}: {}: {}", file, line, call, why));
}

CudnnDevice::CudnnDevice(int ordinal, Substrate& substrate)
    : ordinal(ordinal), substrate(substrate) {
  use();
  POOLBENCH_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  POOLBENCH_CHECK(cudnnCreate(&handle));
}

void CudnnDevice::use() const { POOLBENCH_CHECK(cudaSetDevice(ordinal)); }

cudnnDataType_t cudnn_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return CUDNN_DATA_DOUBLE;
    case DType::kF32:
      return CUDNN_DATA_FLOAT;
    case DType::kF16:
      return CUDNN_DATA_HALF;
    case DType::kBF16:
      return CUDNN_DATA_BFLOAT16;
    case DType::kI8:
      return CUDNN_DATA_INT8;
    case DType::kU8:
    case DType::kI32:
    case DType::kI16:
    case DType::kI64:
      break;
  }
  throw Refused(fmt::format("type: cuDNN has no {} pooling", token(dtype)));
}

void CudnnPlan::launch(const Tensors& tensors, Stream stream) {
  if (empty_) return;
  device_.use();
  POOLBENCH_CHECK(cudnnSetStream(device_.handle, static_cast<cudaStream_t>(stream)));
  enqueue(tensors);
}

void CudnnPlan::try_once(const Problem& problem) {
  if (empty_) return;
  const Placement placement(operands(problem, scratch_bytes()));
  const Buffer memory(device_.substrate, placement.bytes());
  launch(placement.at(memory.at()), device_.stream);
  POOLBENCH_CHECK(cudaStreamSynchronize(device_.stream));
}

namespace {

std::string cudnn_version() {
  const size_t number = cudnnGetVersion();  // of the library, which may be newer than its headers
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

class Cudnn : public Peer {
 public:
  explicit Cudnn(std::unique_ptr<const CudnnDevice> device)
      : Peer("cudnn",
             {{kCudnnPooling, fmt::format("cuDNN {}, cudnnPoolingForward", cudnn_version())},
              {kCudnnResample, fmt::format("cuDNN {}, the graph API's resample", cudnn_version())}},
             device->substrate),
        device_(std::move(device)) {}

  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    return cudnn_differences(problem, src, point);
  }

 protected:
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel) const override {
    if (!kernel.empty()) return make_with(problem, kernel);
    if (problem.dtype() == DType::kBF16) return make_with(problem, kCudnnResample);
    try {
      return make_with(problem, kCudnnPooling);
    } catch (const Refused& pooling) {
      try {
        return make_with(problem, kCudnnResample);
      } catch (const Refused&) {
        throw pooling;
      }
    }
  }

 private:
  std::unique_ptr<Plan> make_with(const Problem& given, std::string_view kernel) const {
    const Problem problem = cudnn_problem(given, kernel);
    auto plan = kernel == kCudnnPooling ? make_cudnn_pooling(*device_, problem)
                                        : make_cudnn_resample(*device_, problem);
    plan->try_once(problem);
    return plan;
  }

  std::unique_ptr<const CudnnDevice> device_;
};

std::vector<std::unique_ptr<Backend>> open_cudnn() {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const auto& substrate : cuda_substrates())
    backends.push_back(std::make_unique<Cudnn>(
        std::make_unique<const CudnnDevice>(int(backends.size()), *substrate)));
  return backends;
}

}  // namespace
}  // namespace poolbench

POOLBENCH_EXPORT_MODULE(poolbench::open_cudnn())
