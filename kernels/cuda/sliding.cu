#include "kernels/cuda/sliding.cuh"

template void poolbench::launch_sliding<poolbench::Launcher>(const PoolArgs&, void*);
