// The choice of the instruction set, the family's ordered list, and `table`: naive's loops with the
// outputs dealt to all cores.
#include "kernels/openmp/openmp.h"

#include <cstdlib>
#include <cstring>

#include "kernels/openmp/processor.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

// One output row (od, oh) a step, so that a chunk's windows share their input rows in cache. Bound
// by its scalar taps.
template <class Op>
void pool_rows(const PoolArgs& args) {
  using T = typename Op::Type;
  const auto* src = static_cast<const T*>(args.src);
  auto* dst = static_cast<T*>(args.dst);
  const int64_t rows_d = args.axis[0].dst, rows_h = args.axis[1].dst, width = args.axis[2].dst;
  const int64_t rows = args.n * args.c * rows_d * rows_h;
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t plane = row / (rows_d * rows_h);
    const int64_t od = row / rows_h % rows_d, oh = row % rows_h;
    const PlaneLayout in = plane_layout(args, plane, src_plane_size(args));
    const PlaneLayout out = plane_layout(args, plane, dst_plane_size(args));
    Window w[3] = {
        table_window(args.table[0], plane, od), table_window(args.table[1], plane, oh), {}};
    for (int64_t ow = 0; ow < width; ++ow) {
      w[2] = table_window(args.table[2], plane, ow);
      const Op op = reduce_window<Op>(
          args, w, [&](int64_t position) { return src[in.base + position * in.step]; });
      const int64_t at = out.base + ((od * rows_h + oh) * width + ow) * out.step;
      dst[at] = op.value(w[0].count * w[1].count * w[2].count);
      if constexpr (Op::kIndices) args.indices[at] = op.index();
    }
  }
}

void table(const PoolArgs& args, void*) {
  dispatch_reduction<kPlainTypes>(args,
                                  [&](auto tag) { pool_rows<typename decltype(tag)::type>(args); });
}

constexpr Kernel kTable = {.name = "table",
                           .summary = "windows from the tables, one output row a step",
                           .takes = kTakesEverything,
                           .refuses = nullptr,
                           .launch = table,
                           .scratch_bytes = nullptr};

struct Isa {
  const char* name;
  bool (*runs)();  // whether the processor has it
  IsaKernels (*kernels)();
};

// Those of this build, best first.
constexpr Isa kIsas[] = {
#ifdef POOLBENCH_HAS_ISA_avx512
    {"avx512", has_avx512, avx512::isa_kernels},
#endif
#ifdef POOLBENCH_HAS_ISA_avx2
    {"avx2", has_avx2, avx2::isa_kernels},
#endif
#ifdef POOLBENCH_HAS_ISA_baseline
    {"baseline", [] { return true; }, baseline::isa_kernels},
#endif
};

OpenMpFamily open_family() {
  static Kernel list[16];
  const char* forced = std::getenv("POOLBENCH_ISA");
  if (forced != nullptr && *forced == '\0') forced = nullptr;
  const char* why_not =
      forced == nullptr
          ? "the processor has none of this build's instruction sets"
          : "this build has no such instruction set: it may have baseline, avx2 and avx512";
  for (const Isa& isa : kIsas) {
    if (forced != nullptr && std::strcmp(forced, isa.name) != 0) continue;
    if (!isa.runs()) {
      if (forced != nullptr) why_not = "this processor does not have the instruction set";
      continue;
    }
    const IsaKernels found = isa.kernels();
    int count = 0;
    for (; count < found.count; ++count) list[count] = found.kernels[count];
    list[count++] = kTable;
    return {isa.name, nullptr, {list, size_t(count)}, found};
  }
  return {nullptr, why_not, {}, {}};
}

}  // namespace

const OpenMpFamily& openmp_family() {
  static const OpenMpFamily family = open_family();
  return family;
}

}  // namespace poolbench
