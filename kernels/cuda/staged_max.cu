#include "kernels/cuda/staged.cuh"

namespace poolbench {

template <class Launch>
void launch_staged_max(const PoolArgs& args, void* stream) {
  launch_staged_of<Max, Launch>(args, stream);
}
template void launch_staged_max<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
