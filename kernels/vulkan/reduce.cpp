// Nothing here is tuned: what is marked predicted follows from counts, not from measurements.
#include <algorithm>

#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/ops.h"
#include "kernels/vulkan/reduce_constants.h"

namespace poolbench::vulkan {
namespace {

// Invocations in a workgroup: a power of two.
constexpr int64_t kTeamGroup = 256;
// The least that a member of a team takes: bytes of a plane; channels last, places of a plane.
constexpr int64_t kMemberBytes = 32, kMemberPlaces = 4;
// Channels last: teams side by side, at most, so that reads are side by side too; given up for
// larger teams where a member would take more places than this.
constexpr int64_t kMostSide = 32, kMostMemberPlaces = 1 << 14;
// Shared memory of a workgroup: a dozen of them fit on a multiprocessor (predicted).
constexpr int64_t kTeamBytes = 16 << 10;

template <class Key, class Real>
int64_t op_bytes_of(const Shapes& shapes) {
  using Ops = vulkan::Ops<Key, Real>;
  static_assert(sizeof(typename Ops::LpOp) <= kScratchOpBytes);
  static_assert(sizeof(typename Ops::MaxIndexOp) <= kScratchOpBytes);
  switch (Reduction(shapes.reduction)) {
    case Reduction::kMax:
    case Reduction::kMin:
      return shapes.with_indices != 0 ? sizeof(typename Ops::MaxIndexOp)
                                      : sizeof(typename Ops::MaxOp);
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
      return is_integer(shapes) ? sizeof(typename Ops::IntegerAverageOp)
                                : sizeof(typename Ops::AverageOp);
    case Reduction::kLp:
      return sizeof(typename Ops::LpOp);
  }
  return kScratchOpBytes;
}
// Bytes of the Op that a problem's shader makes of types.glsl's Key and Real.
int64_t op_bytes(const Shapes& shapes) {
  if (element_bytes(shapes) == 8) return op_bytes_of<int64_t, double>(shapes);
  return is_integer(shapes) ? op_bytes_of<int32_t, double>(shapes)
                            : op_bytes_of<int32_t, float>(shapes);
}

// In how many parts each plane is reduced. Predicted: a plane is cut where there would be fewer
// than four workgroups on each of 132 multiprocessors and each had more to read than a second pass
// costs.
int64_t parts_of(const Shapes& shapes, int64_t groups) {
  constexpr int64_t kEnoughGroups = 4 * 132, kPartBytes = 64 << 10, kMostParts = 256;
  if (groups == 0) return 1;
  const int64_t bytes = shapes.n * shapes.c * src_plane_size(shapes) * element_bytes(shapes);
  return std::clamp(std::min(kEnoughGroups / groups, bytes / groups / kPartBytes), int64_t{1},
                    kMostParts);
}

// Channels first: a team reduces one plane.
Dispatch planes_pass(const Shapes& shapes, int64_t& parts) {
  const int64_t size = src_plane_size(shapes), planes = shapes.n * shapes.c;
  const int64_t team =
      power_of_two(ceil_div(size * element_bytes(shapes), kMemberBytes), kTeamGroup);
  const int64_t groups = ceil_div(planes, kTeamGroup / team);
  parts = parts_of(shapes, groups);
  return {.shader = shader_name("reduce", shapes),
          .constants = ReduceConstants{.kGroup = kTeamGroup,
                                       .kNorm = norm_constant(shapes),
                                       .kTeam = team,
                                       .kParts = parts,
                                       .kSide = 1},
          .groups = groups * parts,
          .shared_bytes = kTeamGroup * op_bytes(shapes),
          .iterations = size / parts / team + 2 * lanes(shapes)};
}

// Channels last: a team reduces the planes of one channel, or of 16 bytes of them.
Dispatch channels_pass(const Shapes& shapes, int64_t& parts) {
  const int64_t size = src_plane_size(shapes);
  const int64_t channels = shapes.c % lanes(shapes) == 0 ? lanes(shapes) : 1;
  const int64_t columns = shapes.c / channels;
  int64_t side = power_of_two(columns, kMostSide);
  int64_t group = kTeamGroup;
  while (group * channels * op_bytes(shapes) > kTeamBytes) group /= 2;
  side = std::min(side, group);
  int64_t team = power_of_two(ceil_div(size, kMemberPlaces), group / side);
  for (; size / team > kMostMemberPlaces && side > 1; side /= 2) team *= 2;
  const int64_t groups = shapes.n * ceil_div(columns, side);
  parts = parts_of(shapes, groups);
  return {.shader = shader_name(channels > 1 ? "reduce_wide" : "reduce_last", shapes),
          .constants = ReduceConstants{.kGroup = side * team,
                                       .kNorm = norm_constant(shapes),
                                       .kTeam = team,
                                       .kParts = parts,
                                       .kSide = side},
          .groups = groups * parts,
          .shared_bytes = side * team * channels * op_bytes(shapes),
          .iterations = size / parts / team + 2 * kInFlight};
}

Work work(const Shapes& shapes, int64_t /*enough*/) {
  int64_t parts;
  const Dispatch pass =
      channels_last(shapes) ? channels_pass(shapes, parts) : planes_pass(shapes, parts);
  if (parts == 1) return {{pass}};
  const int64_t planes = shapes.n * shapes.c;
  const int64_t join_team = power_of_two(parts, 64), joined = kTeamGroup / join_team;
  const Dispatch join = {.shader = shader_name("join", shapes),
                         .constants = ReduceConstants{.kGroup = kTeamGroup,
                                                      .kNorm = norm_constant(shapes),
                                                      .kTeam = join_team,
                                                      .kParts = parts,
                                                      .kSide = 1},
                         .groups = ceil_div(planes, joined),
                         .shared_bytes = kTeamGroup * op_bytes(shapes),
                         .iterations = parts};
  return {{pass, join}, parts * planes * kScratchOpBytes};
}

// Sliding windows too: adaptive ones of one output arrive as such.
Refusal refuses(const Shapes& shapes) {
  if (Windowing(shapes.windowing) == Windowing::kGlobal) return {};
  for (const Axis& axis : shapes.axis)
    if (axis.dst != 1 || axis.kernel != axis.src || axis.pad_begin != 0)
      return {Parameter::kKernel, "takes windows that are the whole plane"};
  return {};
}

}  // namespace

Kernel reduce() {
  return {.name = "reduce",
          .summary = "a whole plane by a team of invocations",
          .takes = {.reductions = kReductions,
                    .windowings = kSlidingWindows,
                    .types = kTypes,
                    .operands = kValuesAndIndices},
          .refuses = refuses,
          .work = work};
}

}  // namespace poolbench::vulkan
