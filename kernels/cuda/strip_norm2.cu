#include "kernels/cuda/strip.cuh"

namespace poolbench {

template <class Launch>
void launch_strip_norm2(const PoolArgs& args, void* stream) {
  launch_strip_columns<Norm2Columns, Launch>(args, stream);
}
template void launch_strip_norm2<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
