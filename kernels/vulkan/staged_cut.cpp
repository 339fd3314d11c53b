#include "kernels/vulkan/staged_cut.h"

#include <limits>
#include <vector>

#include "kernels/axes.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Of lanes in a workgroup's shared memory. Predicted: a dozen workgroups on a multiprocessor.
constexpr int64_t kStagedBytes = 16 << 10;

// Instructions of an invocation before it does anything.
constexpr double kBegin = 110;

// What holds of every invocation along an axis; those that could differ are the first one and the
// last one of a band.
StagedCut::Always always(const Axis& axis, int64_t outputs, int64_t together) {
  StagedCut::Always all{axis.pad_begin, (together - 1) * axis.stride + axis.kernel, together};
  const int64_t last_band = (axis.dst - 1) / outputs * outputs;
  for (const int64_t band : {int64_t{0}, last_band}) {
    const int64_t count = std::min(outputs, axis.dst - band);
    const int64_t last = (ceil_div(count, together) - 1) * together;
    all.outputs = std::min(all.outputs, count - last);
    all.end = std::min({all.end, (count - 1 - last) * axis.stride + axis.kernel,
                        axis.src - (band + last) * axis.stride + axis.pad_begin});
  }
  return all;
}

// From the whole axis down to one output, in even shares.
std::vector<int64_t> shares(const Axis& axis) {
  std::vector<int64_t> sizes;
  for (int64_t pieces = 1; sizes.empty() || sizes.back() > 1; pieces += 1 + pieces / 8) {
    const int64_t size = ceil_div(axis.dst, pieces);
    if (sizes.empty() || size < sizes.back()) sizes.push_back(size);
  }
  return sizes;
}

// The pass over one axis of a workgroup: how many windows an invocation makes, and instructions of
// all invocations, those included that wait for the others behind it. Counted in the code that a
// compiler made of staged.comp.
struct Pass {
  int64_t together = 1;
  double cost = 0;
};
Pass best_pass(const Shapes& args, const Axis& axis, int64_t items, int64_t outputs,
               double an_element, double an_output, int64_t group) {
  constexpr int64_t kHeld = 40;  // lanes, in registers
  const auto cost = [&](int64_t together) {
    const int64_t held = (together - 1) * axis.stride + axis.kernel;
    const StagedCut::Always all = always(axis, outputs, together);
    const int64_t unsure =
        together >= axis.dst ? 0 : held - std::max(all.end - all.begin, int64_t{0});
    const double item = in_tables(args) ? double(5 * most_taps(args, axis))
                                        : an_element * double(held) + 3 * double(unsure) +
                                              an_output * double(together);
    const int64_t turns = ceil_div(items * ceil_div(outputs, together), group);
    return double(turns * group) * (30 + item);
  };
  Pass best{1, cost(1)};
  if (in_tables(args)) return best;
  for (const int64_t wish : {4, 8, 12, 16, 32}) {
    const int64_t most = std::clamp<int64_t>((kHeld - axis.kernel) / axis.stride + 1, 1, wish);
    const int64_t together = ceil_div(outputs, ceil_div(outputs, most));
    if (cost(together) < best.cost) best = {together, cost(together)};
  }
  return best;
}

}  // namespace

StagedCut staged_cut(const Shapes& args, int64_t group, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t images = channels_last(args) ? args.n : 1;
  const int64_t planes_there = args.n * args.c / std::max<int64_t>(images, 1);
  const int64_t most_planes = std::max<int64_t>(planes_there, 1);
  const int64_t lane_bytes = args.with_indices ? 8 : 4, per_word = 4 / element_bytes(args);
  const int64_t channels = channels_last(args) && args.c % per_word == 0 ? per_word : 1;
  StagedCut best;
  double least = std::numeric_limits<double>::infinity();
  for (const int64_t rows : shares(h))
    for (const int64_t columns : shares(w))
      for (int64_t planes = channels; planes <= most_planes;
           planes += channels_last(args) ? planes : 1) {
        StagedCut cut{.planes = planes, .rows = rows, .columns = columns, .channels = channels};
        cut.src_rows = most_covered(args, h, rows);
        cut.src_columns = most_covered(args, w, columns);
        // Odd pitches, for rows to begin in different banks.
        cut.joined = !channels_last(args) && columns == w.dst && w.src % 2 != 0;
        const int64_t space = channels_last(args) ? 0 : 2 * (per_word - 1);
        cut.pitch = channels_last(args) ? 0 : cut.joined ? w.src : (cut.src_columns + space) | 1;
        const Pass across = best_pass(args, w, planes / channels * cut.src_rows, columns,
                                      channels_last(args) ? 6 + 5 * double(channels) : 3,
                                      5 * double(channels), group);
        const Pass down = best_pass(args, h, planes / channels * columns, rows,
                                    3 * double(channels), 4 + 8 * double(channels), group);
        cut.across = across.together;
        cut.down = down.together;
        cut.reduced_pitch = (ceil_div(columns, cut.across) * cut.across) | 1;
        cut.shared_bytes = lane_bytes * (planes * cut.src_rows * (cut.pitch + cut.reduced_pitch) +
                                         2 * (per_word - 1) + 2) +
                           4 * rows;
        if (cut.shared_bytes > kStagedBytes) break;
        const int64_t groups = images * ceil_div(planes_there, planes) * ceil_div(h.dst, rows) *
                               ceil_div(w.dst, columns);
        // An element: its tap, and its share of a word's. Channels last a sector of 32 bytes is
        // read whole, and the second cache takes as long for a byte as five instructions do.
        const double element = channels_last(args)
                                   ? 5 * double(std::max(element_bytes(args), 32 / planes))
                                   : 5 + (cut.joined ? 4 : 20) / double(per_word);
        const double total = (element * double(planes * cut.src_rows * cut.src_columns) +
                              across.cost + down.cost + kBegin * double(group)) *
                             double(std::max(groups, enough / group));
        if (total < least) {
          least = total;
          cut.always_h = always(h, rows, cut.down);
          cut.always_w = always(w, columns, cut.across);
          best = cut;
        }
        // Channels first, only whole planes stand one after the other.
        if (!channels_last(args) && (rows != h.dst || columns != w.dst)) break;
      }
  return best;
}

}  // namespace poolbench::vulkan
