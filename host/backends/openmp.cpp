#include "kernels/openmp/openmp.h"

#include <fmt/format.h>
#include <omp.h>

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "host/substrates/host.h"

namespace poolbench {
namespace {

// "openmp" uses all cores the process may run on; "openmp@N" a team of N.
class OpenMpBackend : public KernelListBackend {
 public:
  explicit OpenMpBackend(int threads)
      : KernelListBackend(threads == 0 ? "openmp" : fmt::format("openmp@{}", threads),
                          host_substrate(), openmp_kernels()),
        threads_(threads != 0 ? threads : omp_get_num_procs()) {}

 protected:
  void before_launch() const override { omp_set_num_threads(threads_); }

 private:
  int threads_;
};

}  // namespace

std::vector<std::unique_ptr<Backend>> open_openmp(const BackendOptions& options) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const int threads : options.threads)
    backends.push_back(std::make_unique<OpenMpBackend>(threads));
  if (backends.empty()) backends.push_back(std::make_unique<OpenMpBackend>(0));
  return backends;
}

}  // namespace poolbench
