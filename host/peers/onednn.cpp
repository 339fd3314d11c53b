// oneDNN's pooling primitive: created in plan(), executed in launch().
//
// "direct" gives the library the problem's own layout. "reorder" converts to channels last and
// back, which pays where the library has no fast kernel for channels first, above all for integers.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <dnnl.hpp>
#include <limits>

#include "host/module_export.h"
#include "host/peers/peer.h"
#include "host/windows.h"

namespace poolbench {
namespace {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;
#if DNNL_VERSION_MAJOR < 3
using Pooling = dnnl::pooling_v2_forward;
#else
using Pooling = dnnl::pooling_forward;
#endif

constexpr int64_t kAlign = 4096;  // of each part of the scratch
int64_t align(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

dnnl::engine& engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

Type type_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return Type::f32;
    case DType::kF16:
      return Type::f16;
    case DType::kBF16:
      return Type::bf16;
    case DType::kI8:
      return Type::s8;
    case DType::kU8:
      return Type::u8;
    case DType::kF64:
    case DType::kI32:  // compared as f32 in places, which loses digits above 2^24
    case DType::kI16:
    case DType::kI64:
      break;
  }
  throw Refused("type: this peer pools f32, bf16, f16, i8 and u8 exactly");
}

Tag tag_of(int rank, Layout layout) {
  const bool last = layout == Layout::kChannelsLast;
  return rank == 1   ? (last ? Tag::nwc : Tag::ncw)
         : rank == 2 ? (last ? Tag::nhwc : Tag::nchw)
                     : (last ? Tag::ndhwc : Tag::ncdhw);
}

// The axes that a problem has.
dnnl::memory::dims dims(const Problem& problem, const Extents& extents) {
  return {extents.begin() + problem.first_axis(), extents.end()};
}

dnnl::memory::desc tensor(const Problem& problem, const Extents& extents, Tag tag) {
  dnnl::memory::dims all = dims(problem, extents);
  all.insert(all.begin(), {problem.n(), problem.c()});
  return {all, type_of(problem.dtype()), tag};
}

// Converts the problem to oneDNN's terms. Throws Refused.
Problem expressible(const Problem& given) {
  Problem problem = plain_problem(given, "oneDNN", "indices are in an opaque workspace");
  require_taps(problem);
  const Extents beyond = overrun(problem);
  if (problem.spec().reduction == Reduction::kAvgIncludePad &&
      std::any_of(beyond.begin(), beyond.end(), [](int64_t b) { return b > 0; }))
    throw Refused(
        "ceil: oneDNN divides by the whole kernel where a window ends beyond the padding");
  return problem;
}

Pooling::primitive_desc describe(const Problem& problem, Tag tag) {
  const PoolSpec& spec = problem.spec();
  const Padding pad = problem.padding();
  Extents end = pad.end, dilation = spec.dilation;
  const Extents beyond = overrun(problem);
  for (int axis = 0; axis < 3; ++axis) {
    end[axis] += beyond[axis];  // oneDNN expresses ceil_mode as a larger end padding
    dilation[axis] -= 1;        // oneDNN counts the gaps: 0 is dense
  }
  const auto algorithm = plain_reduction(spec.reduction, dnnl::algorithm::pooling_max,
                                         dnnl::algorithm::pooling_avg_include_padding,
                                         dnnl::algorithm::pooling_avg_exclude_padding);
  const auto src = tensor(problem, problem.src(), tag);
  const auto dst = tensor(problem, problem.dst(), tag);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto of = [&](const Extents& extents) { return dims(problem, extents); };
  try {
#if DNNL_VERSION_MAJOR >= 3
    return {engine(),
            dnnl::prop_kind::forward_inference,
            algorithm,
            src,
            dst,
            of(spec.stride),
            of(spec.kernel),
            of(dilation),
            of(pad.begin),
            of(end),
            attributes};
#else
    const dnnl::pooling_v2_forward::desc description(dnnl::prop_kind::forward_inference, algorithm,
                                                     src, dst, of(spec.stride), of(spec.kernel),
                                                     of(dilation), of(pad.begin), of(end));
    return {description, attributes, engine()};
#endif
  } catch (const dnnl::error& error) {
    throw Refused(fmt::format("{}: not in this oneDNN on this processor: {}",
                              problem.dtype() == DType::kF32 ? "k" : "type", error.what()));
  }
}

class OneDnnPlan : public Plan {
 public:
  OneDnnPlan(const Problem& given, bool reorder)
      : reorder_(reorder), stream_(engine()), empty_(given.dst_count() == 0) {
    omp_set_num_threads(peer_threads());  // a primitive is split for the team size at its creation
    const Problem problem = expressible(given);
    if (empty_) return;
    const Tag own = tag_of(problem.rank(), problem.layout());
    const Tag tag = reorder ? tag_of(problem.rank(), Layout::kChannelsLast) : own;
    const auto description = describe(problem, tag);
    src_ = memory(tensor(problem, problem.src(), own));
    dst_ = memory(tensor(problem, problem.dst(), own));
    auto pool_src = src_, pool_dst = dst_;
    if (reorder) {
      pool_src = in_scratch(description.src_desc());
      pool_dst = in_scratch(description.dst_desc());
      add_reorder(src_, pool_src);
    }
    add(Pooling(description), {{DNNL_ARG_SRC, pool_src}, {DNNL_ARG_DST, pool_dst}},
        description.scratchpad_desc());
    if (reorder) add_reorder(pool_dst, dst_);
  }

  std::string_view kernel() const override { return reorder_ ? "reorder" : "direct"; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  void launch(const Tensors& tensors, Stream) override {
    if (empty_) return;
    omp_set_num_threads(peer_threads());
    src_.set_data_handle(tensors[Role::kSrc]);
    dst_.set_data_handle(tensors[Role::kDst]);
    for (auto& [part, offset] : scratch_)
      part.set_data_handle(static_cast<char*>(tensors[Role::kScratch]) + offset);
    for (const auto& [primitive, arguments] : steps_) primitive.execute(stream_, arguments);
    stream_.wait();
  }

 private:
  using Arguments = std::unordered_map<int, dnnl::memory>;

  static dnnl::memory memory(const dnnl::memory::desc& tensor) {
    return {tensor, engine(), DNNL_MEMORY_NONE};
  }
  dnnl::memory in_scratch(const dnnl::memory::desc& tensor) {
    scratch_.emplace_back(memory(tensor), scratch_bytes_);
    scratch_bytes_ += align(int64_t(tensor.get_size()));
    return scratch_.back().first;
  }
  void add(dnnl::primitive primitive, Arguments arguments, const dnnl::memory::desc& scratchpad) {
    if (scratchpad.get_size() != 0) arguments[DNNL_ARG_SCRATCHPAD] = in_scratch(scratchpad);
    steps_.emplace_back(std::move(primitive), std::move(arguments));
  }
  void add_reorder(const dnnl::memory& from, const dnnl::memory& to) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::reorder::primitive_desc description(engine(), from.get_desc(), engine(),
                                                    to.get_desc(), attributes);
    add(dnnl::reorder(description), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}},
        description.scratchpad_desc());
  }

  bool reorder_;
  dnnl::stream stream_;
  bool empty_;
  dnnl::memory src_, dst_;
  std::vector<std::pair<dnnl::memory, int64_t>> scratch_;  // parts, each with its offset
  int64_t scratch_bytes_ = 0;
  std::vector<std::pair<dnnl::primitive, Arguments>> steps_;
};

// Whether `value` is what oneDNN's max starts from: the lowest finite number of the type, or of f32
// rounded to the type.
std::vector<double> starts(DType dtype) {
  if (dtype == DType::kF32) return {lowest_finite(dtype)};
  return {-INFINITY, lowest_finite(dtype)};
}

class OneDnn : public Peer {
 public:
  OneDnn()
      : Peer("onednn", {{"direct", fmt::format("oneDNN {}.{}.{}, the problem's own layout",
                                               dnnl::version()->major, dnnl::version()->minor,
                                               dnnl::version()->patch)},
                        {"reorder", "channels first through channels last and back"}}) {}

  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    std::vector<Prediction> all;
    if (problem.dtype() == DType::kBF16 && std::fabs(point.expected) < 0x1p-126)
      all.push_back(
          exactly("bf16_flushes: the processor's conversion to bf16 makes subnormal results 0", 0));
    const bool integer = problem.dtype() == DType::kI8 || problem.dtype() == DType::kU8;
    if (integer) {  // the sum is exact, and a quotient off by an ulp only moves ties
      const double off = 0.5 + 0x1p-22 * std::fabs(point.expected);
      return {
          {"tie_in_f32: an integer average is rounded after a division or a multiplication by 1 "
           "/ divisor in f32, so that a tie can go the other way",
           point.expected - off, point.expected + off}};
    }
    if (problem.spec().reduction != Reduction::kMax) {
      const auto sums = running_sum(problem, taps(problem, src, point), point,
                                    "running_sum: taps are added one after the other in f32, so "
                                    "that the error grows with their number");
      all.insert(all.end(), sums.begin(), sums.end());
      return all;
    }
    const char* drops_nan =
        "max_drops_nan: max uses > or the processor's max instruction, both of which drop NaN; NaN "
        "alone gives the lowest number";
    if (std::isnan(point.expected)) all.push_back(any_tap(drops_nan));
    if (std::isnan(point.expected) && problem.dtype() == DType::kBF16)
      for (const double tap : taps(problem, src, point))
        if (tap != 0 && std::fabs(tap) < 0x1p-126) {
          all.push_back(
              exactly("max_drops_nan_and_flushes: what is left without NaN is subnormal, which "
                      "the processor's conversion to bf16 makes 0",
                      0));
          break;
        }
    for (const double start : starts(problem.dtype()))
      if (std::isnan(point.expected))
        all.push_back(exactly(drops_nan, start));
      else if (point.expected == -INFINITY)
        all.push_back(
            exactly("max_from_lowest: max starts from the lowest finite number, which is "
                    "above -inf",
                    start));
    return all;
  }

 protected:
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel) const override {
    const bool first = problem.layout() == Layout::kChannelsFirst;
    const bool integer = problem.dtype() == DType::kI8 || problem.dtype() == DType::kU8;
    const bool reorder = kernel.empty() ? first && integer : kernel == "reorder";
    if (reorder && !first) throw Refused("layout: channels last needs no reordering");
    return std::make_unique<OneDnnPlan>(problem, reorder);
  }
};

std::vector<std::unique_ptr<Backend>> open_onednn() {
  engine();  // throws now instead of in a plan
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<OneDnn>());
  return backends;
}

}  // namespace
}  // namespace poolbench

POOLBENCH_EXPORT_MODULE(poolbench::open_onednn())
