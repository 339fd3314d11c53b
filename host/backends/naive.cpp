#include "kernels/naive/naive.h"

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "host/substrates/host.h"

namespace poolbench {

std::vector<std::unique_ptr<Backend>> open_naive(const BackendOptions&) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(
      std::make_unique<KernelListBackend>("naive", host_substrate(), naive::kernels()));
  return backends;
}

}  // namespace poolbench
