#include <algorithm>

#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Nothing here is tuned: what is marked predicted follows from counts, not from measurements.

// Invocations in a workgroup that join in teams: a power of two.
constexpr uint32_t kTeamGroup = 256;
// What a member of a team in `reduce` takes at least: bytes of a plane, channels last places of it;
// channels last, the most before a team grows at the cost of accesses side by side, and these.
constexpr int64_t kMemberBytes = 32, kMemberPlaces = 4, kMostMemberPlaces = 1 << 14;
constexpr int64_t kMostSide = 32;
// Of shared memory for a team's Ops: a dozen workgroups on a multiprocessor (predicted).
constexpr int64_t kTeamBytes = 16 << 10;
constexpr int64_t kInFlight = 4;  // of reduce_last.comp

// Bytes of an Op of reductions.glsl, and of one in scratch memory.
int64_t op_bytes(const Shapes& args) {
  const bool wide = DType(args.dtype) == DType::kF64;
  if (Reduction(args.reduction) == Reduction::kMax) return args.with_indices ? 16 : wide ? 8 : 4;
  if (Reduction(args.reduction) == Reduction::kLp) return wide || is_integer(args) ? 24 : 12;
  return wide ? 16 : 8;
}
constexpr int64_t kScratchOpBytes = 32;

// In how many parts each plane is reduced. Predicted: a plane is cut where the workgroups would be
// fewer than four on each of 132 multiprocessors and each had more to read than a second pass
// costs.
int64_t parts_of(const Shapes& args, int64_t groups) {
  constexpr int64_t kEnoughGroups = 528, kPartBytes = 64 << 10, kMostParts = 256;
  if (groups == 0) return 1;
  const int64_t bytes = args.n * args.c * src_plane_size(args) * dtype_bytes(DType(args.dtype));
  return std::clamp(std::min(kEnoughGroups / groups, bytes / groups / kPartBytes), int64_t{1},
                    kMostParts);
}

}  // namespace

// Sliding windows too: adaptive ones of one output arrive as such.
const char* reduce_why_not(const Shapes& args) {
  bool whole = Windowing(args.windowing) == Windowing::kSliding;
  for (const Axis& axis : args.axis)
    whole &= axis.dst == 1 && axis.kernel == axis.src && axis.pad_begin == 0 && axis.dilation == 1;
  return whole || Windowing(args.windowing) == Windowing::kGlobal ? nullptr
                                                                  : "only windows of whole planes";
}

Work reduce_work(const Shapes& args, int64_t /*enough*/) {
  const int64_t size = src_plane_size(args), wide = lanes(args), planes = args.n * args.c;
  Dispatch pass;
  int64_t team, parts;
  if (channels_last(args)) {
    const int64_t channels = args.c % wide == 0 ? wide : 1, columns = args.c / channels;
    int64_t side = power_of_two(columns, kMostSide);
    int64_t group = kTeamGroup;
    while (group * channels * op_bytes(args) > kTeamBytes) group /= 2;
    side = std::min(side, group);
    team = power_of_two(ceil_div(size, kMemberPlaces), group / side);
    for (; size / team > kMostMemberPlaces && side > 1; side /= 2) team *= 2;
    const int64_t groups = args.n * ceil_div(columns, side);
    parts = parts_of(args, groups);
    pass = {.shader = shader_name(channels > 1 ? "reduce_wide" : "reduce_last", args),
            .constants = {uint32_t(side * team), norm_constant(args), uint32_t(team),
                          uint32_t(parts), uint32_t(side)},
            .groups = groups * parts,
            .shared_bytes = side * team * channels * op_bytes(args),
            .iterations = size / parts / team + 2 * kInFlight};
  } else {
    const int64_t bytes = size * dtype_bytes(DType(args.dtype));
    team = power_of_two(ceil_div(bytes, kMemberBytes), kTeamGroup);
    const int64_t groups = ceil_div(planes, kTeamGroup / team);
    parts = parts_of(args, groups);
    pass = {
        .shader = shader_name("reduce", args),
        .constants = {uint32_t(kTeamGroup), norm_constant(args), uint32_t(team), uint32_t(parts)},
        .groups = groups * parts,
        .shared_bytes = kTeamGroup * op_bytes(args),
        .iterations = size / parts / team + 2 * wide};
  }
  if (parts == 1) return {{pass}};
  const int64_t join_team = power_of_two(parts, 64), joined = kTeamGroup / join_team;
  return {{pass,
           {.shader = shader_name("join", args),
            .constants = {uint32_t(kTeamGroup), norm_constant(args), uint32_t(join_team),
                          uint32_t(parts)},
            .groups = ceil_div(planes, joined),
            .shared_bytes = kTeamGroup * op_bytes(args),
            .iterations = parts}},
          parts * planes * kScratchOpBytes};
}

}  // namespace poolbench::vulkan
