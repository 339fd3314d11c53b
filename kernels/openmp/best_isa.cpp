// The best instruction set of this processor, as an index into CMake's list of x86-64's.
#include "kernels/openmp/processor.h"

int main() { return poolbench::openmp::has_avx512() ? 2 : poolbench::openmp::has_avx2() ? 1 : 0; }
