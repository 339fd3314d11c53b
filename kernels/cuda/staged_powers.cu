#include "kernels/cuda/staged.cuh"

namespace poolbench {

template <class Launch>
void launch_staged_powers(const PoolArgs& args, void* stream) {
  launch_staged_of<Powers, Launch>(args, stream);
}
template void launch_staged_powers<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
