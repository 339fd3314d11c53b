// The kernels of one instruction set: what rows.cpp and the other files hand to isa.cpp.
#ifndef POOLBENCH_KERNELS_OPENMP_KERNELS_H_
#define POOLBENCH_KERNELS_OPENMP_KERNELS_H_

#include "kernels/pool_args.h"

namespace poolbench::POOLBENCH_ISA {

const char* copy_why_not(const PoolArgs& args);
void copy_launch(const PoolArgs& args, void*);
const char* whole_why_not(const PoolArgs& args);
void whole_launch(const PoolArgs& args, void*);
const char* strips_why_not(const PoolArgs& args);
void strips_launch(const PoolArgs& args, void*);
const char* rows_why_not(const PoolArgs& args);
void rows_launch(const PoolArgs& args, void*);
int64_t rows_scratch(const PoolArgs& args);
const char* channels_why_not(const PoolArgs& args);
void channels_launch(const PoolArgs& args, void*);
const char* bands_why_not(const PoolArgs& args);
void bands_launch(const PoolArgs& args, void*);
const char* folds_why_not(const PoolArgs& args);
void folds_launch(const PoolArgs& args, void*);
const char* tile_why_not(const PoolArgs& args);
void tile_launch(const PoolArgs& args, void*);
int64_t tile_scratch(const PoolArgs& args);
const char* indices_why_not(const PoolArgs& args);
void indices_launch(const PoolArgs& args, void*);

// Whether so many bytes do not stay in the last-level cache, and stores are better not kept there.
bool beyond_caches(int64_t bytes);
void copy_bytes(void* dst, const void* src, int64_t bytes);
void read_bytes(void* dst, const void* src, int64_t bytes);
void reduce_bytes(void* dst, const void* src, int64_t bytes_read, int64_t bytes_written);

}  // namespace poolbench::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_KERNELS_H_
