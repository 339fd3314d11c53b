#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/table_constants.h"

namespace poolbench::vulkan {
namespace {

// Invocations in a workgroup that makes one output: a power of two.
constexpr int64_t kTeamGroup = 256;
// From this many taps on a workgroup makes one output. Predicted.
constexpr int64_t kTeamTaps = 2048;

Work work(const Shapes& shapes, int64_t /*enough*/) {
  const int64_t outputs = shapes.n * shapes.c * dst_plane_size(shapes);
  const int64_t planes = most_taps(shapes, shapes.axis[0]);
  const int64_t rows = planes * most_taps(shapes, shapes.axis[1]);
  const int64_t taps = rows * most_taps(shapes, shapes.axis[2]);
  const bool teams = taps >= kTeamTaps;
  const int64_t group = teams ? kTeamGroup : kGroup;
  return {{{.shader = shader_name("table", shapes),
            .constants =
                TableConstants{.kGroup = group, .kNorm = norm_constant(shapes), .kTeams = teams},
            .groups = teams ? outputs : ceil_div(outputs, group),
            .iterations = teams ? ceil_div(taps, kInFlight * group) : taps + rows + planes}}};
}

}  // namespace

Kernel table() {
  return {.name = "table",
          .summary = "windows from the tables",
          .takes = {.reductions = kReductions,
                    .windowings = kEveryWindowing,
                    .types = kTypes,
                    .operands = kValuesAndIndices,
                    .dilation = true,
                    .padding_alone = true},
          .refuses = nullptr,
          .work = work};
}

}  // namespace poolbench::vulkan
