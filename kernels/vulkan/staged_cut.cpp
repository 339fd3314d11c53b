#include "kernels/vulkan/staged_cut.h"

#include <limits>
#include <vector>

#include "kernels/axes.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Shared memory of a workgroup. Predicted: a dozen workgroups fit on a multiprocessor.
constexpr int64_t kStagedBytes = 16 << 10;
// Lanes that an invocation holds in registers, at most.
constexpr int64_t kHeld = 40;

// What costs how many instructions of an invocation, as counted in the code that Mesa's compiler
// for RDNA 2 makes of staged.comp.
constexpr double kStart = 110;   // before the first element
constexpr double kTurn = 30;     // a turn of a pass's loop, idle invocations included
constexpr double kTableTap = 5;  // a tap of a window that stands in tables
constexpr double kElement = 3;   // a held element: its load from shared memory, its joins
constexpr double kUnsure = 3;    // its comparison with the input's ends, where it may lie outside
constexpr double kOutput = 5;    // a result of a row, stored to shared memory
constexpr double kResult = 8;    // a result of a column: the divisor, rounding
constexpr double kStore = 4;     // its store to memory, of a word
constexpr double kGlobalLoad = 6,
                 kUnpack = 5;  // channels last: a word from memory, a channel of it
constexpr double kStage = 5;   // an element copied to shared memory, and for a word of them:
constexpr double kJoinedWord = 4, kWordOfRow = 20;  // where rows are whole and odd, or otherwise
// Channels last, memory is read in sectors. The second-level cache takes as long for a byte of them
// as an invocation for five instructions.
constexpr int64_t kSectorBytes = 32;
constexpr double kSectorByte = 5;

// What holds for every invocation along an axis: of a band the first and the last can differ.
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

// The sizes tried for a band: from the whole axis down to one output, in even shares.
std::vector<int64_t> shares(const Axis& axis) {
  std::vector<int64_t> sizes;
  for (int64_t pieces = 1; sizes.empty() || sizes.back() > 1; pieces += 1 + pieces / 8) {
    const int64_t size = ceil_div(axis.dst, pieces);
    if (sizes.empty() || size < sizes.back()) sizes.push_back(size);
  }
  return sizes;
}

// A workgroup's pass over one axis.
struct Pass {
  int64_t together = 1;  // windows of an invocation
  double cost = 0;       // instructions of all invocations, waiting ones included
};
Pass best_pass(const Shapes& shapes, const Axis& axis, int64_t items, int64_t outputs,
               double an_element, double an_output, int64_t group) {
  const auto cost = [&](int64_t together) {
    const int64_t held = (together - 1) * axis.stride + axis.kernel;
    const StagedCut::Always all = always(axis, outputs, together);
    const int64_t unsure =
        together >= axis.dst ? 0 : held - std::max(all.end - all.begin, int64_t{0});
    const double item = in_tables(shapes) ? kTableTap * double(most_taps(shapes, axis))
                                          : an_element * double(held) + kUnsure * double(unsure) +
                                                an_output * double(together);
    const int64_t turns = ceil_div(items * ceil_div(outputs, together), group);
    return double(turns * group) * (kTurn + item);
  };
  Pass best{1, cost(1)};
  if (in_tables(shapes)) return best;
  for (const int64_t wish : {4, 8, 12, 16, 32}) {
    const int64_t most = std::clamp<int64_t>((kHeld - axis.kernel) / axis.stride + 1, 1, wish);
    const int64_t together = ceil_div(outputs, ceil_div(outputs, most));
    if (cost(together) < best.cost) best = {together, cost(together)};
  }
  return best;
}

}  // namespace

StagedCut staged_cut(const Shapes& shapes, int64_t group, int64_t enough) {
  const auto& [d, h, w] = shapes.axis;
  const int64_t images = channels_last(shapes) ? shapes.n : 1;
  const int64_t planes_there = shapes.n * shapes.c / std::max<int64_t>(images, 1);
  const int64_t most_planes = std::max<int64_t>(planes_there, 1);
  const int64_t lane_bytes = shapes.with_indices ? 8 : 4, per_word = 4 / element_bytes(shapes);
  const int64_t channels = channels_last(shapes) && shapes.c % per_word == 0 ? per_word : 1;
  StagedCut best;
  double least = std::numeric_limits<double>::infinity();
  for (const int64_t rows : shares(h))
    for (const int64_t columns : shares(w))
      for (int64_t planes = channels; planes <= most_planes;
           planes += channels_last(shapes) ? planes : 1) {
        StagedCut cut{.planes = planes, .rows = rows, .columns = columns, .channels = channels};
        cut.src_rows = most_covered(shapes, h, rows);
        cut.src_columns = most_covered(shapes, w, columns);
        // Odd pitches: rows begin in different banks.
        cut.joined = !channels_last(shapes) && columns == w.dst && w.src % 2 != 0;
        const int64_t space = channels_last(shapes) ? 0 : 2 * (per_word - 1);
        cut.pitch = channels_last(shapes) ? 0 : cut.joined ? w.src : (cut.src_columns + space) | 1;
        const Pass across =
            best_pass(shapes, w, planes / channels * cut.src_rows, columns,
                      channels_last(shapes) ? kGlobalLoad + kUnpack * double(channels) : kElement,
                      kOutput * double(channels), group);
        const Pass down =
            best_pass(shapes, h, planes / channels * columns, rows, kElement * double(channels),
                      kStore + kResult * double(channels), group);
        cut.across = across.together;
        cut.down = down.together;
        cut.reduced_pitch = (ceil_div(columns, cut.across) * cut.across) | 1;
        cut.shared_bytes = lane_bytes * (planes * cut.src_rows * (cut.pitch + cut.reduced_pitch) +
                                         2 * (per_word - 1) + 2) +
                           4 * rows;
        if (cut.shared_bytes > kStagedBytes) break;
        const int64_t groups = images * ceil_div(planes_there, planes) * ceil_div(h.dst, rows) *
                               ceil_div(w.dst, columns);
        const double element =
            channels_last(shapes)
                ? kSectorByte * double(std::max(element_bytes(shapes), kSectorBytes / planes))
                : kStage + (cut.joined ? kJoinedWord : kWordOfRow) / double(per_word);
        const double total = (element * double(planes * cut.src_rows * cut.src_columns) +
                              across.cost + down.cost + kStart * double(group)) *
                             double(std::max(groups, enough / group));
        if (total < least) {
          least = total;
          cut.always_h = always(h, rows, cut.down);
          cut.always_w = always(w, columns, cut.across);
          best = cut;
        }
        // Channels first, only whole planes stand one after the other.
        if (!channels_last(shapes) && (rows != h.dst || columns != w.dst)) break;
      }
  return best;
}

}  // namespace poolbench::vulkan
