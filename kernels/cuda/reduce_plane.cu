#include "kernels/cuda/reduce_plane.cuh"

template void poolbench::launch_reduce<poolbench::Launcher>(const PoolArgs&, void*);
