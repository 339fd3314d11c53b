#include "kernels/cuda/reduce_plane.cuh"

template void poolbench::launch_reduce_planes<poolbench::Launcher>(const PoolArgs&, void*);
