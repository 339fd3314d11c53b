#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Invocations in a workgroup that makes an output together: a power of two.
constexpr uint32_t kTeamGroup = 256;
// Taps from which on a workgroup makes an output.
constexpr int64_t kTeamTaps = 2048;
constexpr int64_t kInFlight = 4;  // of table.comp

}  // namespace

Work table_work(const Shapes& args, int64_t /*enough*/) {
  const int64_t outputs = args.n * args.c * dst_plane_size(args);
  const int64_t planes = most_taps(args, args.axis[0]);
  const int64_t rows = planes * most_taps(args, args.axis[1]);
  const int64_t taps = rows * most_taps(args, args.axis[2]);
  const bool teams = taps >= kTeamTaps;
  const uint32_t group = teams ? kTeamGroup : kGroup;
  return {{{.shader = shader_name("table", args),
            .constants = {group, norm_constant(args), uint32_t(teams)},
            .groups = teams ? outputs : ceil_div(outputs, group),
            .iterations = teams ? ceil_div(taps, kInFlight * group) : taps + rows + planes}}};
}

}  // namespace poolbench::vulkan
