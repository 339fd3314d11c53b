// cuDNN's graph API: a graph of one resample operation, the only API with bf16. Takes the first
// engine, in the order of cuDNN's heuristics, that accepts the problem.
#include <algorithm>
#include <optional>
#include <utility>

#include "host/peers/cudnn_plan.h"

namespace poolbench {
namespace {

// A descriptor of the graph API: created, filled in, finalized.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    POOLBENCH_CHECK(cudnnBackendCreateDescriptor(type, &descriptor_));
  }
  Descriptor(Descriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  ~Descriptor() {
    if (descriptor_ != nullptr) cudnnBackendDestroyDescriptor(descriptor_);
  }

  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  const std::vector<T>& values) {
    POOLBENCH_CHECK(
        cudnnBackendSetAttribute(descriptor_, name, type, int64_t(values.size()), values.data()));
    return *this;
  }
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, T value) {
    return set(name, type, std::vector<T>{value});
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, other.descriptor_);
  }
  Descriptor& finish() {
    POOLBENCH_CHECK(cudnnBackendFinalize(descriptor_));
    return *this;
  }
  cudnnBackendDescriptor_t get() const { return descriptor_; }

 private:
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

constexpr int64_t kSrcId = 1, kDstId = 2;

Descriptor describe(int64_t id, const Problem& problem, const Extents& extents) {
  const TensorShape shape = tensor_shape(problem, extents);
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(problem.dtype()))
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, int64_t{256})
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, shape.sizes)
      .set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, shape.strides)
      .finish();
  return tensor;
}

Descriptor describe_windows(const Problem& problem) {
  const auto fractions = [&](const Extents& extents) {
    std::vector<cudnnFraction_t> fractions;
    for (const int64_t value : window_axes(problem, extents)) fractions.push_back({value, 1});
    return fractions;
  };
  const cudnnResampleMode_t mode = plain_reduction(problem.spec().reduction, CUDNN_RESAMPLE_MAXPOOL,
                                                   CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING,
                                                   CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING);
  const auto window = fractions(problem.spec().kernel);
  const auto pad = fractions(problem.padding().begin);
  Descriptor windows(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
  windows.set(CUDNN_ATTR_RESAMPLE_MODE, CUDNN_TYPE_RESAMPLE_MODE, mode)
      .set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, CUDNN_PROPAGATE_NAN)
      .set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, CUDNN_TYPE_PADDING_MODE,
           plain_reduction(problem.spec().reduction, CUDNN_NEG_INF_PAD, CUDNN_ZERO_PAD,
                           CUDNN_ZERO_PAD))
      .set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, CUDNN_TYPE_INT64, int64_t(window.size()))
      .set(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, CUDNN_TYPE_FRACTION, window)
      .set(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, CUDNN_TYPE_FRACTION, pad)
      .set(CUDNN_ATTR_RESAMPLE_POST_PADDINGS, CUDNN_TYPE_FRACTION, pad)
      .set(CUDNN_ATTR_RESAMPLE_STRIDES, CUDNN_TYPE_FRACTION, fractions(problem.spec().stride))
      .finish();
  return windows;
}

// Returns the engine configurations of one heuristic, best first.
std::vector<Descriptor> configurations(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode)
      .finish();
  const auto results = [&](std::vector<cudnnBackendDescriptor_t>& wanted) {
    int64_t count = 0;
    POOLBENCH_CHECK(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                             CUDNN_TYPE_BACKEND_DESCRIPTOR, int64_t(wanted.size()),
                                             &count, wanted.empty() ? nullptr : wanted.data()));
    return count;
  };
  std::vector<cudnnBackendDescriptor_t> wanted;
  const int64_t known = results(wanted);
  std::vector<Descriptor> configurations;
  for (int64_t i = 0; i < known; ++i) {
    configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    wanted.push_back(configurations.back().get());
  }
  // Some versions count more results than they return.
  const auto given = known > 0 ? size_t(std::clamp<int64_t>(results(wanted), 0, known)) : 0;
  while (configurations.size() > given) configurations.pop_back();
  return configurations;
}

class ResamplePlan : public CudnnPlan {
 public:
  ResamplePlan(const CudnnDevice& device, const Problem& problem) : CudnnPlan(device, problem) {
    if (empty()) return;
    device.use();
    keep(describe(kSrcId, problem, problem.src()));
    keep(describe(kDstId, problem, problem.dst()));
    keep(describe_windows(problem));
    Descriptor resample(CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
    resample.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, kept_[0])
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, kept_[1])
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_ALPHA, CUDNN_TYPE_DOUBLE, 1.0)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_BETA, CUDNN_TYPE_DOUBLE, 0.0)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, kept_[2])
        .finish();
    keep(std::move(resample));
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, device.handle)
        .set(CUDNN_ATTR_OPERATIONGRAPH_OPS, kept_[3])
        .finish();
    keep(std::move(graph));
    choose();
  }
  std::string_view kernel() const override { return kCudnnResample; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }

 private:
  // Kept alive: cuDNN does not document whether a descriptor copies those that it refers to.
  void keep(Descriptor descriptor) { kept_.push_back(std::move(descriptor)); }

  // Takes the first configuration that makes a plan.
  void choose() {
    std::string why_not = "k: no engine of this cuDNN takes it on this device";
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) try {
        for (Descriptor& configuration : configurations(kept_.back(), mode)) try {
            make_plan(configuration);
            keep(std::move(configuration));
            return;
          } catch (const Refused& refused) {
            why_not = refused.what();
          }
      } catch (const Refused& refused) {
        why_not = refused.what();
      }
    throw Refused(why_not);
  }

  void make_plan(const Descriptor& configuration) {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, device_.handle)
        .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
        .finish();
    int64_t count = 0;
    POOLBENCH_CHECK(cudnnBackendGetAttribute(plan.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                             CUDNN_TYPE_INT64, 1, &count, &scratch_bytes_));
    plan_.emplace(std::move(plan));
  }

  // A finalized variant pack cannot be changed, so each launch makes its own. That allocates host
  // memory, but takes no device time: launches are replayed from a recording.
  void enqueue(const Tensors& tensors) override {
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64,
             std::vector<int64_t>{kSrcId, kDstId})
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
             std::vector<void*>{tensors[Role::kSrc], tensors[Role::kDst]})
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, tensors[Role::kScratch])
        .finish();
    POOLBENCH_CHECK(cudnnBackendExecute(device_.handle, plan_->get(), pack.get()));
  }

  std::vector<Descriptor> kept_;
  std::optional<Descriptor> plan_;  // none for an empty problem
  int64_t scratch_bytes_ = 0;
};

}  // namespace

std::unique_ptr<CudnnPlan> make_cudnn_resample(const CudnnDevice& device, const Problem& problem) {
  return std::make_unique<ResamplePlan>(device, problem);
}

}  // namespace poolbench
