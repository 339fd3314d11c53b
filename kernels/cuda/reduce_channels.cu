#include "kernels/cuda/reduce_channels.cuh"

template void poolbench::launch_reduce_channels<poolbench::Launcher>(const PoolArgs&, void*);
