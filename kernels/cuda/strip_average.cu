#include "kernels/cuda/strip.cuh"

namespace poolbench {

template <class Launch>
void launch_strip_average(const PoolArgs& args, void* stream) {
  launch_strip_columns<AverageColumns, Launch>(args, stream);
}
template void launch_strip_average<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
