#include "kernels/cuda/separable.cuh"

template void poolbench::launch_separable<poolbench::Launcher>(const PoolArgs&, void*);
