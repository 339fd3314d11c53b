// Takes every problem: windows from the tables. One invocation an output, in the order of memory;
// for long windows one workgroup an output. Bound by its scalar loads: neighbours read what they
// share from the caches.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/table_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#define TEAM_OPS 1
#include "kernels/vulkan/team.glsl"

layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

int64_t taps(Window window, Axis axis) {
  return (window.end - window.begin + axis.dilation - 1) / axis.dilation;
}

Stored element(int64_t at) {
  return Stored(Source(push.src + uint64_t(at) * ELEMENT_BYTES).element[0]);
}

void main() {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const int64_t src_plane = d.src * h.src * w.src, dst_plane = d.dst * h.dst * w.dst;
  const uint me = gl_LocalInvocationID.x;
  const int64_t id = kTeams ? int64_t(group_index())
                            : int64_t(group_index()) * gl_WorkGroupSize.x + me;
  if (id >= args.n * args.c * dst_plane) return;

  int64_t output_ = id, plane, base, step;
  if (args.data_layout == kChannelsFirst) {
    plane = divide(output_, dst_plane);
    base = plane * src_plane;
    step = 1;
  } else {
    int64_t channel = id;
    output_ = divide(channel, args.c);
    const int64_t image = divide(output_, dst_plane);
    plane = image * args.c + channel;
    base = image * args.c * src_plane + channel;
    step = args.c;
  }
  int64_t ow = output_;
  int64_t oh = divide(ow, w.dst);
  const int64_t od = divide(oh, h.dst);

  const Window wd = table_window(tables.table_d, plane, od);
  const Window wh = table_window(tables.table_h, plane, oh);
  const Window ww = table_window(tables.table_w, plane, ow);
  Op op = op_start();
  if (kTeams) {
    const int64_t rows = taps(wh, h), columns = taps(ww, w);
    const int64_t count = taps(wd, d) * rows * columns;
    for (int64_t t = me; t < count; t += kInFlight * gl_WorkGroupSize.x)
      [[unroll]] for (int j = 0; j < kInFlight; ++j) {
        int64_t column = t + j * int(gl_WorkGroupSize.x);
        if (column >= count) continue;
        int64_t row = divide(column, columns);
        const int64_t i = wd.begin + divide(row, rows) * d.dilation;
        const int64_t position = (i * h.src + wh.begin + row * h.dilation) * w.src + ww.begin +
                                 column * w.dilation;
        op_add(op, element(base + position * step), position);
      }
    Op team[TEAM_OPS] = {op};
    join_team(team, 0, me, gl_WorkGroupSize.x);
    if (me != 0) return;
    op = team[0];
  } else {
    for (int64_t i = wd.begin; i < wd.end; i += d.dilation)
      for (int64_t j = wh.begin; j < wh.end; j += h.dilation) {
        const int64_t row = (i * h.src + j) * w.src;
        for (int64_t k = ww.begin; k < ww.end; k += w.dilation)
          op_add(op, element(base + (row + k) * step), row + k);
      }
  }
  Target(push.dst + uint64_t(id) * ELEMENT_BYTES).element[0] =
      Element(op_value(op, wd.count * wh.count * ww.count));
#if REDUCTION == MAX_INDEX
  Indices(push.indices + uint64_t(id) * 8).index = position_of(op.at);
#endif
}
