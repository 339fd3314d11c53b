// A grid of small problems: every reduction, windowing, type, layout and rank.
#ifndef POOLBENCH_TESTS_PROBLEM_GRID_H_
#define POOLBENCH_TESTS_PROBLEM_GRID_H_

#include <fmt/format.h>

#include "host/problem.h"
#include "kernels/types.h"

namespace poolbench {

struct GridRow {
  const char* name;
  const char* head;  // reduction or windowing
  const char* tail;  // further tokens
};
inline constexpr GridRow kGridReductions[] = {
    {"max", "max", ""},
    {"max+idx", "max", "/idx"},
    {"min", "min", ""},
    {"min+idx", "min", "/idx"},
    {"avg_include_pad", "avg_include_pad", ""},
    {"avg_exclude_pad", "avg_exclude_pad", ""},
    {"avg+div", "avg_include_pad", "/div:3"},
    {"lp:1", "lp", "/norm:1"},
    {"lp:2", "lp", "/norm:2"},
    {"lp:2/mean", "lp", "/norm:2/mean"},
    {"lp:3", "lp", "/norm:3"},
    {"lp:1.5", "lp", "/norm:1.5"},
    {"lp:inf", "lp", "/norm:inf"},
};
inline constexpr GridRow kGridWindowings[] = {
    {"k2", "sliding", "/k:2"},
    {"k3s1p1", "sliding", "/k:3/s:1/p:1"},
    {"k3s2p1", "sliding", "/k:3/s:2/p:1"},
    {"k13s1p6", "sliding", "/k:13/s:1/p:6"},
    {"k1", "sliding", "/k:1"},
    {"k1s2", "sliding", "/k:1/s:2"},
    {"ceil", "sliding", "/k:3/s:2/ceil"},
    {"pad_only_end", "sliding", "/k:3/s:2/p:0-1"},
    {"dilated", "sliding", "/k:3/s:1/p:2/d:2"},
    {"global", "global", ""},
    {"adaptive", "adaptive", "/out:3"},
    {"fractional", "fractional", "/k:2/out:5"},
};
inline constexpr Layout kGridLayouts[] = {Layout::kChannelsFirst, Layout::kChannelsLast};
inline constexpr int kGridRanks = 3;  // 1 to 3

// Whether the spec defines the reduction for the type.
inline bool in_grid(const GridRow& reduction, DType dtype) {
  const std::string_view head = reduction.head;
  return facts(dtype).has_sums() || head == "max" || head == "min";
}

inline Problem grid_problem(const GridRow& reduction, const GridRow& windowing, DType dtype,
                            Layout layout, int rank) {
  constexpr const char* kShapes[] = {"2x32x17", "2x32x17x18", "2x32x17x18x19"};
  return parse_problem(fmt::format("{}/{}/src:{}{}{}", reduction.head, windowing.head,
                                   kShapes[rank - 1], windowing.tail, reduction.tail),
                       {dtype, layout});
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_PROBLEM_GRID_H_
