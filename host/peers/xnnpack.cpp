// XNNPACK's pooling operators: created in plan(); set up for the addresses and run in launch().
// Setup is cheap while the shape stays the same.
//
// XNNPACK has a thread pool, and so has OpenMP. Each spins for milliseconds after its work and
// would slow the other down, so each is put to sleep while the other is timed (rest() and
// take_turn()).
#include <fmt/format.h>
#include <omp.h>
#include <pthreadpool.h>
#include <xnnpack.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/module_export.h"
#include "host/peers/peer.h"

namespace poolbench {
namespace {

// Created with the first plan: threads do not survive the fork in which a module is tried.
pthreadpool_t pool() {
  static pthreadpool_t pool = pthreadpool_create(size_t(peer_threads()));
  return pool;
}

struct DeleteOperator {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

// The parameters of an operator: always two axes.
struct Shape {
  uint32_t top, right, bottom, left, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  size_t n, c, h, w;
};

Shape shape_of(const Problem& problem) {
  const PoolSpec& spec = problem.spec();
  const Padding pad = problem.padding();
  const Extents beyond = overrun(problem);  // XNNPACK expresses ceil_mode as a larger end padding
  const auto u32 = [](int64_t value) { return uint32_t(value); };
  return {u32(pad.begin[1]),        u32(pad.end[2] + beyond[2]), u32(pad.end[1] + beyond[1]),
          u32(pad.begin[2]),        u32(spec.kernel[1]),         u32(spec.kernel[2]),
          u32(spec.stride[1]),      u32(spec.stride[2]),         u32(spec.dilation[1]),
          u32(spec.dilation[2]),    size_t(problem.n()),         size_t(problem.c()),
          size_t(problem.src()[1]), size_t(problem.src()[2])};
}

bool any_above(const Extents& extents, int64_t bound) {
  return std::any_of(extents.begin(), extents.end(), [&](int64_t x) { return x > bound; });
}

// Throws Refused where the library cannot express the problem, which has sliding windows.
void require_expressible(const Problem& problem, bool global) {
  const PoolSpec& spec = problem.spec();
  const bool max = plain_reduction(spec.reduction, true, false, false);
  const Padding pad = problem.padding();
  const bool padded = any_above(pad.begin, 0) || any_above(pad.end, 0);
  const bool ceil = any_above(overrun(problem), 0);
  if (problem.layout() != Layout::kChannelsLast)
    throw Refused("layout: XNNPACK pools channels last");
  if (problem.dtype() != DType::kF32 &&
      !(max && (problem.dtype() == DType::kI8 || problem.dtype() == DType::kU8)))
    throw Refused("type: XNNPACK pools f32, and max of i8 and u8");
  if (global) return;
  if (problem.rank() == 3) throw Refused("src: XNNPACK's windows have two axes");
  if (spec.kernel[1] * spec.kernel[2] == 1) throw Refused("k: XNNPACK takes no window of one tap");
  require_taps(problem);
  const bool dilated = any_above(spec.dilation, 1);
  if (!max && dilated) throw Refused("d: XNNPACK's averages have no dilation");
  if (dilated && (padded || ceil))
    throw Refused("d: with padding, XNNPACK reads the nearest element, which may be no tap");
  if (spec.reduction == Reduction::kAvgIncludePad && (padded || ceil))
    throw Refused("reduction: XNNPACK never counts padding");
}

class XnnPackPlan : public Plan {
 public:
  explicit XnnPackPlan(const Problem& given) {
    const Problem problem = plain_problem(given, "XNNPACK", "are offsets in the window");
    const bool max = plain_reduction(problem.spec().reduction, true, false, false);
    const bool global =
        !max && problem.spec().kernel == problem.src() && problem.dst() == Extents{1, 1, 1};
    require_expressible(problem, global);
    shape_ = shape_of(problem);
    if (global)
      make_global_average(size_t(problem.src()[0] * problem.src()[1] * problem.src()[2]));
    else if (!max)
      make_average();
    else if (problem.dtype() == DType::kF32)
      make_max<float>(xnn_create_max_pooling2d_nhwc_f32, xnn_setup_max_pooling2d_nhwc_f32,
                      -INFINITY, INFINITY);
    else if (problem.dtype() == DType::kI8)
      make_max<int8_t>(xnn_create_max_pooling2d_nhwc_s8, xnn_setup_max_pooling2d_nhwc_s8, INT8_MIN,
                       INT8_MAX);
    else
      make_max<uint8_t>(xnn_create_max_pooling2d_nhwc_u8, xnn_setup_max_pooling2d_nhwc_u8, 0,
                        UINT8_MAX);
  }

  std::string_view kernel() const override { return "operator"; }
  int64_t reads_behind() const override { return XNN_EXTRA_BYTES; }
  void launch(const Tensors& tensors, Stream) override {
    if (shape_.n == 0) return;
    take_turn();
    xnn_status status = setup_(tensors);
    if (status == xnn_status_success) status = xnn_run_operator(op_.get(), pool());
    if (status != xnn_status_success)
      throw std::runtime_error(fmt::format("XNNPACK returned status {}", int(status)));
  }
  // Workers told to yield sleep as soon as a task is done.
  void rest() override {
    pthreadpool_parallelize_1d(
        pool(), [](void*, size_t) {}, nullptr, size_t(peer_threads()),
        PTHREADPOOL_FLAG_YIELD_WORKERS);
    awake_ = false;
  }

 private:
  // Each creates the operator, or throws Refused, and returns how to set it up for addresses.
  void make_global_average(size_t elements) {
    const size_t n = shape_.n, c = shape_.c;
    xnn_operator_t op = nullptr;
    require(xnn_create_global_average_pooling_nwc_f32(c, c, c, -INFINITY, INFINITY, 0, &op), op);
    setup_ = [=, this](const Tensors& t) {
      return xnn_setup_global_average_pooling_nwc_f32(op_.get(), n, elements, src<float>(t),
                                                      dst<float>(t), pool());
    };
  }
  void make_average() {
    const auto& [top, right, bottom, left, kh, kw, sh, sw, dh, dw, n, c, h, w] = shape_;
    xnn_operator_t op = nullptr;
    require(xnn_create_average_pooling2d_nhwc_f32(top, right, bottom, left, kh, kw, sh, sw, c, c, c,
                                                  -INFINITY, INFINITY, 0, &op),
            op);
    setup_ = [=, this](const Tensors& t) {
      return xnn_setup_average_pooling2d_nhwc_f32(op_.get(), n, h, w, src<float>(t), dst<float>(t),
                                                  pool());
    };
  }
  template <class T>
  void make_max(auto* create, auto* setup, T lowest, T highest) {
    const auto& [top, right, bottom, left, kh, kw, sh, sw, dh, dw, n, c, h, w] = shape_;
    xnn_operator_t op = nullptr;
    require(
        create(top, right, bottom, left, kh, kw, sh, sw, dh, dw, c, c, c, lowest, highest, 0, &op),
        op);
    setup_ = [=, this](const Tensors& t) {
      return setup(op_.get(), n, h, w, src<T>(t), dst<T>(t), pool());
    };
  }
  // Ends the OpenMP team, which may still spin after the previous contender. That contender's next
  // launch starts it again, untimed.
  static void take_turn() {
    if (awake_) return;
    omp_pause_resource_all(omp_pause_soft);
    awake_ = true;
  }
  void require(xnn_status status, const xnn_operator_t& op) {
    op_.reset(op);
    if (status == xnn_status_success) return;
    throw Refused(fmt::format("k: XNNPACK refuses the window with status {}", int(status)));
  }
  template <class T>
  static const T* src(const Tensors& tensors) {
    return static_cast<const T*>(tensors[Role::kSrc]);
  }
  template <class T>
  static T* dst(const Tensors& tensors) {
    return static_cast<T*>(tensors[Role::kDst]);
  }

  inline static bool awake_ = false;  // since the last rest of any of these plans
  Shape shape_;
  Operator op_;
  std::function<xnn_status(const Tensors&)> setup_;
};

// Where NaN is expected, or may come out of a sum in f32, of which either infinity is right: the
// bounds of the clamp.
std::vector<Prediction> lost_in_clamp(bool is_sum, const std::vector<double>& taps,
                                      const Point& point) {
  const bool may = is_sum && std::isinf(point.expected) &&
                   may_sum_to_nan(taps, point.expected, std::numeric_limits<float>::max());
  if (!std::isnan(point.expected) && !may) return {};
  const char* rule =
      "clamp_loses_nan: results are clamped with the processor's min and max instructions, which "
      "turn NaN into the bound, here an infinity";
  return {exactly(rule, INFINITY), exactly(rule, -INFINITY)};
}

class XnnPack : public Peer {
 public:
  XnnPack() : Peer("xnnpack", {{"operator", "XNNPACK's operators, channels last"}}) {}

  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    const bool is_sum = problem.spec().reduction != Reduction::kMax;
    const std::vector<double> all_taps = taps(problem, src, point);
    std::vector<Prediction> all = lost_in_clamp(is_sum, all_taps, point);
    const bool drops_to_subnormal =
        std::isnan(point.expected) &&
        std::ranges::any_of(all_taps, [](double tap) { return std::fabs(tap) < 0x1p-126; });
    if (std::fabs(point.expected) < 0x1p-126 || drops_to_subnormal)
      all.push_back(
          exactly("subnormals_are_zero: XNNPACK's threads treat subnormal numbers as 0", 0));
    if (is_sum) {
      const auto sums =
          running_sum(problem, all_taps, point,
                      "running_sum: taps are added almost one after the other in f32, "
                      "so that the error grows with their number");
      all.insert(all.end(), sums.begin(), sums.end());
    } else if (std::isnan(point.expected)) {
      all.insert(all.begin(),
                 any_tap("max_forgets_nan: max uses the processor's max instruction, which drops a "
                         "NaN at the next tap"));
    }
    return all;
  }

 protected:
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view) const override {
    return std::make_unique<XnnPackPlan>(problem);
  }
};

std::vector<std::unique_ptr<Backend>> open_xnnpack() {
  if (const xnn_status status = xnn_initialize(nullptr); status != xnn_status_success)
    throw std::runtime_error(
        fmt::format("XNNPACK does not run on this processor: status {}", int(status)));
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<XnnPack>());
  return backends;
}

}  // namespace
}  // namespace poolbench

POOLBENCH_EXPORT_MODULE(poolbench::open_xnnpack())
