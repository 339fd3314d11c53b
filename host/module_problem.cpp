#include "host/module_problem.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/lower.h"
#include "host/windows.h"

namespace poolbench {
namespace {

static_assert(POOLBENCH_LP == int(Reduction::kLp) && POOLBENCH_MAX == int(Reduction::kMax));
static_assert(POOLBENCH_AVG_INCLUDE_PAD == int(Reduction::kAvgIncludePad));
static_assert(POOLBENCH_MIN == int(Reduction::kMin));
static_assert(POOLBENCH_SLIDING == int(Windowing::kSliding));
static_assert(POOLBENCH_ADAPTIVE == int(Windowing::kAdaptive));
static_assert(POOLBENCH_GLOBAL == int(Windowing::kGlobal));
static_assert(POOLBENCH_FRACTIONAL == int(Windowing::kFractional));
static_assert(POOLBENCH_F64 == int(DType::kF64) && POOLBENCH_F32 == int(DType::kF32));
static_assert(POOLBENCH_F16 == int(DType::kF16) && POOLBENCH_BF16 == int(DType::kBF16));
static_assert(POOLBENCH_I8 == int(DType::kI8) && POOLBENCH_U8 == int(DType::kU8));
static_assert(POOLBENCH_I32 == int(DType::kI32) && POOLBENCH_I16 == int(DType::kI16));
static_assert(POOLBENCH_I64 == int(DType::kI64));
static_assert(POOLBENCH_CHANNELS_LAST == int(Layout::kChannelsLast));

static_assert(POOLBENCH_SCRATCH == int(Role::kScratch) && POOLBENCH_ANY == int(Access::kScratch));

// A field with the last value that versions 2, 3 and 4 have for it.
struct Field {
  const char* parameter;
  int32_t value;
  std::array<int32_t, 3> last;
};

// Of a Shapes or a poolbench_problem: they name these fields alike.
std::array<Field, 4> fields(const auto& of) {
  const auto same = [](int32_t last) { return std::array<int32_t, 3>{last, last, last}; };
  return {{{"reduction", of.reduction, {POOLBENCH_LP, POOLBENCH_MIN, POOLBENCH_MIN}},
           {"windowing", of.windowing, same(POOLBENCH_FRACTIONAL)},
           {"type", of.dtype, {POOLBENCH_I32, POOLBENCH_I32, POOLBENCH_I64}},
           {"layout", of.layout, same(POOLBENCH_CHANNELS_LAST)}}};
}

std::string unknown(int32_t version, std::string_view who, const auto& of) {
  for (const Field& field : fields(of)) {
    const int32_t last = field.last[std::clamp(version, 2, 4) - 2];
    if (field.value < 0 || field.value > last)
      return fmt::format("{}: value {} is unknown to {}, which knows 0 to {}", field.parameter,
                         field.value, who, last);
  }
  return {};
}

Extents extents(const int64_t (&values)[3]) { return {values[0], values[1], values[2]}; }

}  // namespace

std::string unknown_to_module(int32_t version, const Shapes& shapes) {
  return unknown(version, fmt::format("version {} of the module interface", version), shapes);
}

ModuleProblem::ModuleProblem(const Problem& problem) : text_(to_text(problem)) {
  const Shapes& args = problem.shapes();
  if (problem.spec().windowing == Windowing::kFractional)
    for (int64_t plane = 0; plane < problem.planes(); ++plane)
      for (int axis = problem.first_axis(); axis < 3; ++axis)
        samples_.push_back(sample(problem, plane, axis));
  c_.struct_bytes = sizeof c_;
  c_.text = text_.c_str();
  c_.reduction = args.reduction;
  c_.windowing = args.windowing;
  c_.dtype = args.dtype;
  c_.layout = args.layout;
  c_.rank = problem.rank();
  c_.with_indices = args.with_indices;
  c_.ceil_mode = problem.spec().ceil_mode;
  c_.norm_mean = args.norm_mean;
  c_.n = args.n;
  c_.c = args.c;
  for (int i = 0; i < 3; ++i) {
    c_.src[i] = args.axis[i].src;
    c_.dst[i] = args.axis[i].dst;
    c_.kernel[i] = args.axis[i].kernel;
    c_.stride[i] = args.axis[i].stride;
    c_.pad_begin[i] = args.axis[i].pad_begin;
    c_.pad_end[i] = args.axis[i].pad_end;
    c_.dilation[i] = args.axis[i].dilation;
  }
  c_.divisor = args.divisor;
  c_.norm = args.norm;
  c_.samples = samples_.empty() ? nullptr : samples_.data();
}

Problem from_module_problem(const poolbench_problem& c) {
  if (const std::string what = unknown(POOLBENCH_MODULE_VERSION, "this module", c); !what.empty())
    throw BadInput(what);
  Description problem;
  problem.dtype = DType(c.dtype);
  problem.layout = Layout(c.layout);
  problem.rank = c.rank;
  problem.n = c.n;
  problem.c = c.c;
  problem.src = extents(c.src);
  PoolSpec& spec = problem.spec;
  spec.reduction = Reduction(c.reduction);
  spec.windowing = Windowing(c.windowing);
  spec.kernel = extents(c.kernel);
  spec.stride = extents(c.stride);
  spec.pad_begin = extents(c.pad_begin);
  spec.pad_end = extents(c.pad_end);
  spec.dilation = extents(c.dilation);
  spec.ceil_mode = c.ceil_mode != 0;
  spec.out = extents(c.dst);
  spec.divisor = c.divisor;
  spec.norm = c.norm;
  spec.norm_mean = c.norm_mean != 0;
  if (c.samples != nullptr) spec.samples.assign(c.samples, c.samples + c.n * c.c * c.rank);
  spec.indices = c.with_indices != 0;
  Problem result(problem);
  if (result.dst() != extents(c.dst))
    throw BadInput(fmt::format("dst: is {}, but this module computes {} for {}",
                               fmt::join(c.dst, "x"), fmt::join(result.dst(), "x"), c.text));
  return result;
}

}  // namespace poolbench
