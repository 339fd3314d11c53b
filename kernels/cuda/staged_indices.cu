#include "kernels/cuda/staged.cuh"

namespace poolbench {

template <class Launch>
void launch_staged_indices(const PoolArgs& args, void* stream) {
  launch_staged_of<MaxIndex, Launch>(args, stream);
}
template void launch_staged_indices<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
