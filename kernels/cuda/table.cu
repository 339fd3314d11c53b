#include "kernels/cuda/table.cuh"

template void poolbench::launch_table<poolbench::Launcher>(const PoolArgs&, void*);
