#include "kernels/cuda/strip.cuh"

namespace poolbench {

template <class Launch>
void launch_strip_max(const PoolArgs& args, void* stream) {
  launch_strip_columns<MaxColumns, Launch>(args, stream);
}
template void launch_strip_max<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
