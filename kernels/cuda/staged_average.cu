#include "kernels/cuda/staged.cuh"

namespace poolbench {

template <class Launch>
void launch_staged_average(const PoolArgs& args, void* stream) {
  launch_staged_of<Mean, Launch>(args, stream);
}
template void launch_staged_average<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
