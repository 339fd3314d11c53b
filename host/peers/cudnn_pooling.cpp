// cudnnPoolingForward(), the call that programs have used since 2014.
#include "host/peers/cudnn_plan.h"

namespace poolbench {
namespace {

class PoolingPlan : public CudnnPlan {
 public:
  PoolingPlan(const CudnnDevice& device, const Problem& problem)
      : CudnnPlan(device, problem), f64_(problem.dtype() == DType::kF64) {
    if (empty()) return;
    src_ = describe(problem, problem.src());
    dst_ = describe(problem, problem.dst());
    // The mode in common use. The deterministic one matters for the backward pass only.
    const cudnnPoolingMode_t mode = plain_reduction(problem.spec().reduction, CUDNN_POOLING_MAX,
                                                    CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING,
                                                    CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING);
    const auto kernel = ints(window_axes(problem, problem.spec().kernel));
    const auto pad = ints(window_axes(problem, problem.padding().begin));
    const auto stride = ints(window_axes(problem, problem.spec().stride));
    cudnnPoolingDescriptor_t pooling = nullptr;
    POOLBENCH_CHECK(cudnnCreatePoolingDescriptor(&pooling));
    pooling_.reset(pooling);
    POOLBENCH_CHECK(cudnnSetPoolingNdDescriptor(pooling, mode, CUDNN_PROPAGATE_NAN,
                                                int(kernel.size()), kernel.data(), pad.data(),
                                                stride.data()));
  }
  std::string_view kernel() const override { return kCudnnPooling; }

 private:
  template <auto kDestroy>
  struct Destroy {
    void operator()(auto* descriptor) const { kDestroy(descriptor); }
  };
  using Tensor = std::unique_ptr<cudnnTensorStruct, Destroy<cudnnDestroyTensorDescriptor>>;
  using Pooling = std::unique_ptr<cudnnPoolingStruct, Destroy<cudnnDestroyPoolingDescriptor>>;

  static std::vector<int> ints(const std::vector<int64_t>& values) {
    return {values.begin(), values.end()};  // all below 2^31: cudnn_problem()
  }
  static Tensor describe(const Problem& problem, const Extents& extents) {
    cudnnTensorDescriptor_t descriptor = nullptr;
    POOLBENCH_CHECK(cudnnCreateTensorDescriptor(&descriptor));
    Tensor tensor(descriptor);
    const TensorShape shape = tensor_shape(problem, extents);
    const auto sizes = ints(shape.sizes), strides = ints(shape.strides);
    POOLBENCH_CHECK(cudnnSetTensorNdDescriptor(descriptor, cudnn_type(problem.dtype()),
                                               int(sizes.size()), sizes.data(), strides.data()));
    return tensor;
  }

  void enqueue(const Tensors& tensors) override {
    // dst = alpha * pooled + beta * dst, in f64 for f64 and else in f32
    const double one = 1, zero = 0;
    const float one_f32 = 1, zero_f32 = 0;
    const void* const alpha = f64_ ? static_cast<const void*>(&one) : &one_f32;
    const void* const beta = f64_ ? static_cast<const void*>(&zero) : &zero_f32;
    POOLBENCH_CHECK(cudnnPoolingForward(device_.handle, pooling_.get(), alpha, src_.get(),
                                        tensors[Role::kSrc], beta, dst_.get(),
                                        tensors[Role::kDst]));
  }

  bool f64_;
  Tensor src_, dst_;
  Pooling pooling_;
};

}  // namespace

std::unique_ptr<CudnnPlan> make_cudnn_pooling(const CudnnDevice& device, const Problem& problem) {
  return std::make_unique<PoolingPlan>(device, problem);
}

}  // namespace poolbench
