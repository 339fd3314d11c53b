#include "kernels/cuda/staged.cuh"

namespace poolbench {

template <class Launch>
void launch_staged_norm2(const PoolArgs& args, void* stream) {
  launch_staged_of<Norm2, Launch>(args, stream);
}
template void launch_staged_norm2<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
