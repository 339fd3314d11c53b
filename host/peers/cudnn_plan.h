// Shared by cuDNN's two APIs: the device, errors, and a plan that was tried once.
#ifndef POOLBENCH_HOST_PEERS_CUDNN_PLAN_H_
#define POOLBENCH_HOST_PEERS_CUDNN_PLAN_H_

#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "host/peers/cudnn_problem.h"
#include "host/peers/peer.h"

#if CUDNN_MAJOR < 9
#error "cuDNN 9 or newer is needed"
#endif

namespace poolbench {

// Throws unless the call succeeds: Refused with "parameter: reason" where cuDNN does not take the
// parameters, else std::runtime_error with file, line, call and the library's message.
#define POOLBENCH_CHECK(call) ::poolbench::check_cudnn((call), #call, __FILE__, __LINE__)
void check_cudnn(cudaError_t error, const char* call, const char* file, int line);
void check_cudnn(cudnnStatus_t status, const char* call, const char* file, int line);

// A device with its cuDNN handle. Lives as long as the process.
struct CudnnDevice {
  CudnnDevice(int ordinal, Substrate& substrate);
  void use() const;  // makes it the current device of this thread

  int ordinal;
  Substrate& substrate;
  cudaStream_t stream = nullptr;  // for trials
  cudnnHandle_t handle = nullptr;
};

cudnnDataType_t cudnn_type(DType dtype);  // of those that cudnn_problem() lets through

class CudnnPlan : public Plan {
 public:
  CudnnPlan(const CudnnDevice& device, const Problem& problem)
      : device_(device), empty_(problem.dst_count() == 0) {}

  void launch(const Tensors& tensors, Stream stream) final;
  // Runs once on temporary memory. Throws Refused unless that works.
  void try_once(const Problem& problem);

 protected:
  virtual void enqueue(const Tensors& tensors) = 0;  // on the handle's stream
  bool empty() const { return empty_; }

  const CudnnDevice& device_;

 private:
  bool empty_;
};

// A plan of each kernel (cudnn_problem.h), not tried yet. Throws Refused.
std::unique_ptr<CudnnPlan> make_cudnn_pooling(const CudnnDevice& device, const Problem& problem);
std::unique_ptr<CudnnPlan> make_cudnn_resample(const CudnnDevice& device, const Problem& problem);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_CUDNN_PLAN_H_
