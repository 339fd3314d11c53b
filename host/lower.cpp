#include "host/lower.h"

#include "host/windows.h"

namespace poolbench {

Shapes lower_for_kernels(const Problem& problem) {
  Shapes args = problem.shapes();
  if (Windowing(args.windowing) != Windowing::kAdaptive) return args;
  for (const Axis& axis : args.axis)
    if (axis.src == 0 || axis.dst == 0 || axis.src % axis.dst != 0) return args;
  args.windowing = int32_t(Windowing::kSliding);
  for (Axis& axis : args.axis) axis.kernel = axis.stride = axis.src / axis.dst;
  return args;
}

Tables window_tables(const Problem& problem) {
  const bool by_plane = problem.spec().windowing == Windowing::kFractional &&
                        (problem.spec().samples.empty() ||
                         problem.spec().samples.size() > static_cast<size_t>(problem.rank()));
  const Extents dst = problem.dst();
  std::array<int64_t, 3> planes;  // with a table of their own
  double count = 0;
  for (int axis = 0; axis < 3; ++axis) {
    planes[axis] = by_plane && axis >= problem.first_axis() ? problem.planes() : 1;
    count += double(planes[axis]) * double(dst[axis]);
  }
  require_table_memory(count);
  Tables tables;
  tables.windows.reserve(static_cast<size_t>(count));
  for (int axis = 0; axis < 3; ++axis) {
    tables.offset[axis] = static_cast<int64_t>(tables.windows.size());
    tables.plane_stride[axis] = by_plane && axis >= problem.first_axis() ? dst[axis] : 0;
    for (int64_t plane = 0; plane < planes[axis]; ++plane) {
      const auto table = windows(problem, axis, plane);
      tables.windows.insert(tables.windows.end(), table.begin(), table.end());
    }
    // What a kernel may look at before it knows that there is nothing to do.
    if (planes[axis] * dst[axis] == 0) tables.windows.emplace_back();
  }
  return tables;
}

void set_operands(PoolArgs& args, const Tensors& tensors) {
  args.src = tensors[Role::kSrc];
  args.dst = tensors[Role::kDst];
  args.indices = static_cast<int64_t*>(tensors[Role::kIndices]);
  args.scratch = tensors[Role::kScratch];
}

void set_tables(PoolArgs& args, const Tables& tables, const Window* base) {
  for (int axis = 0; axis < 3; ++axis) {
    args.table[axis] = {base + tables.offset[axis], tables.plane_stride[axis]};
  }
}

}  // namespace poolbench
