// The CUDA substrate: a device's memory, graphs and clock.
#ifndef POOLBENCH_HOST_SUBSTRATES_CUDA_H_
#define POOLBENCH_HOST_SUBSTRATES_CUDA_H_

#include <memory>
#include <vector>

#include "host/substrate.h"

namespace poolbench {

// Returns a substrate for each device, in the driver's order. They are created at the first call,
// shared by all backends and modules, and never destroyed. Throws std::runtime_error with the
// reason where there is no driver or no device.
const std::vector<std::unique_ptr<Substrate>>& cuda_substrates();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_CUDA_H_
