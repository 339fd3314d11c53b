// A CUDA device's memory, its graphs and its clock.
#ifndef POOLBENCH_HOST_SUBSTRATES_CUDA_H_
#define POOLBENCH_HOST_SUBSTRATES_CUDA_H_

#include <memory>
#include <vector>

#include "host/substrate.h"

namespace poolbench {

// One substrate for each device that the driver shows, in its order: made at the first call, shared
// by all backends and modules, and never destroyed. Throws std::runtime_error with the reason where
// there is no driver or no device.
const std::vector<std::unique_ptr<Substrate>>& cuda_substrates();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_CUDA_H_
