#include "kernels/cuda/vector.cuh"

namespace poolbench {

template <class Launch>
void launch_vector(const PoolArgs& args, void* stream) {
  dispatch<kPlainTypes>(DType(args.dtype), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (sizeof(T) <= 4 && !std::is_same_v<T, int32_t>)
      launch_vector_as<T, Launch>(args, stream);
  });
}

template void launch_vector<Launcher>(const PoolArgs&, void*);

}  // namespace poolbench
