#include "kernels/cuda/reduce_pieces.cuh"

template void poolbench::launch_reduce_pieces<poolbench::Launcher>(const PoolArgs&, void*);
