// ATen, PyTorch's tensor library. Calls out-variants on preallocated outputs, in inference mode: on
// the host, or on a CUDA device (aten_device.h) on the caller's stream, which is being captured.
//
// A 1D problem is sent as a 2D one of height 1, as PyTorch itself does for most. Where PyTorch
// offers several exact ways, takes the fastest: mean and amax for global windows, a vector norm for
// global Lp. Max pooling always computes indices; where none are asked for they go to scratch.
#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/adaptive_avg_pool3d.h>
#include <ATen/ops/adaptive_max_pool2d.h>
#include <ATen/ops/adaptive_max_pool3d.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/fractional_max_pool2d.h>
#include <ATen/ops/fractional_max_pool3d.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool3d_with_indices.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/pow.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "host/module_export.h"
#include "host/peers/aten_device.h"
#include "host/peers/aten_problem.h"
#include "host/peers/peer.h"
#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

at::ScalarType type_of(DType dtype) {
  constexpr at::ScalarType kTypes[] = {at::kDouble,   at::kFloat, at::kHalf,
                                       at::kBFloat16, at::kChar,  at::kByte,
                                       at::kInt,      at::kShort, at::kLong};  // in DType's order
  return kTypes[int(dtype)];
}

// Makes a tensor without memory, of these extents in the problem's layout.
at::Tensor tensor(const Problem& problem, const Extents& extents, at::ScalarType type,
                  at::Device device) {
  const auto [sizes, strides] = tensor_shape(problem, extents);
  return at::for_blob(nullptr, sizes)
      .strides(strides)
      .options(at::TensorOptions(type).device(device))
      .target_device(device)
      .make_tensor();
}

void point_at(const at::Tensor& tensor, const void* memory) {
  tensor.storage().set_data_ptr_noswap(at::DataPtr(const_cast<void*>(memory), tensor.device()));
}

// An operation on tensors of one shape. Their addresses are set before each launch.
class Operation {
 public:
  Operation(const Problem& problem, at::Device device) : problem_(problem), device_(device) {
    const at::ScalarType type = type_of(problem.dtype());
    src_ = tensor(problem, problem.src(), type, device);
    dst_ = tensor(problem, problem.dst(), type, device);
    const bool max = problem.spec().reduction == Reduction::kMax;
    const bool global = problem.spec().windowing == Windowing::kGlobal;
    const Extents dst = problem.dst();
    if (max && !(global && !problem.spec().indices)) {
      indices_ = tensor(problem, dst, at::kLong, device);
      if (!problem.spec().indices) scratch_bytes_ = problem.dst_count() * int64_t{sizeof(int64_t)};
    }
    if (problem.spec().windowing == Windowing::kFractional) make_samples();
    if (problem.spec().reduction == Reduction::kLp && !(global && !problem.spec().norm_mean)) {
      powers_ = tensor(problem, problem.src(), type, device);
      scratch_bytes_ = problem.src_bytes();
    }
    kernel_ = window_axes(problem, global ? problem.src() : problem.spec().kernel);
    stride_ = global ? kernel_ : window_axes(problem, problem.spec().stride);
    pad_ = window_axes(problem, global ? Extents{0, 0, 0} : problem.padding().begin);
    dilation_ = window_axes(problem, problem.spec().dilation);
    out_ = window_axes(problem, dst);
    for (size_t axis = 0; axis < out_.size(); ++axis) spatial_.push_back(int64_t(axis) + 2);
    run_ = choose();
  }

  Operation(const Operation&) = delete;  // run_ knows its address
  Operation& operator=(const Operation&) = delete;

  int64_t scratch_bytes() const { return scratch_bytes_; }
  void run(const Tensors& tensors) {
    const c10::InferenceMode guard;
    point_at(src_, tensors[Role::kSrc]);
    point_at(dst_, tensors[Role::kDst]);
    if (indices_.defined())
      point_at(indices_,
               problem_.spec().indices ? tensors[Role::kIndices] : tensors[Role::kScratch]);
    if (powers_.defined()) point_at(powers_, tensors[Role::kScratch]);
    run_();
  }
  // Whether the outputs kept their memory and strides: an out-variant may replace them.
  bool kept(const Tensors& tensors) const {
    const auto same = [&](const at::Tensor& t, const void* memory, at::ScalarType type) {
      return t.data_ptr() == memory &&
             t.strides() == tensor(problem_, problem_.dst(), type, device_).strides();
    };
    return same(dst_, tensors[Role::kDst], type_of(problem_.dtype())) &&
           (!problem_.spec().indices || same(indices_, tensors[Role::kIndices], at::kLong));
  }

 private:
  std::function<void()> choose() {
    switch (problem_.spec().reduction) {
      case Reduction::kMax:
        return choose_max();
      case Reduction::kAvgIncludePad:
      case Reduction::kAvgExcludePad:
        return choose_average();
      case Reduction::kLp:
        return choose_lp();
      case Reduction::kMin:
        break;
    }
    throw Refused(
        fmt::format("reduction: ATen has no {} pooling", token(problem_.spec().reduction)));
  }

  std::function<void()> choose_max() {
    const PoolSpec& spec = problem_.spec();
    const bool three = problem_.rank() == 3, global = spec.windowing == Windowing::kGlobal;
    if (global && !spec.indices) return [this] { at::amax_out(dst_, src_, spatial_, true); };
    if (global || spec.windowing == Windowing::kAdaptive) {
      if (three) return [this] { at::adaptive_max_pool3d_out(dst_, indices_, src_, out_); };
      return [this] { at::adaptive_max_pool2d_out(dst_, indices_, src_, out_); };
    }
    if (spec.windowing == Windowing::kFractional) {
      if (three)
        return [this] {
          at::fractional_max_pool3d_out(dst_, indices_, src_, kernel_, out_, samples_);
        };
      return
          [this] { at::fractional_max_pool2d_out(dst_, indices_, src_, kernel_, out_, samples_); };
    }
    if (three)
      return [this, ceil = spec.ceil_mode] {
        at::max_pool3d_with_indices_out(dst_, indices_, src_, kernel_, stride_, pad_, dilation_,
                                        ceil);
      };
    return [this, ceil = spec.ceil_mode] {
      at::max_pool2d_with_indices_out(dst_, indices_, src_, kernel_, stride_, pad_, dilation_,
                                      ceil);
    };
  }

  std::function<void()> choose_lp() {
    const PoolSpec& spec = problem_.spec();
    const double p = spec.norm;
    if (spec.windowing == Windowing::kGlobal && !spec.norm_mean)
      return [this, p] { at::linalg_vector_norm_out(dst_, src_, p, spatial_, true); };
    // The mean over the taps, or with divisor 1 their sum.
    const auto mean = average(powers_, false, spec.norm_mean ? 0 : 1);
    return [this, p, mean] {
      at::pow_out(powers_, src_, p);
      mean();
      at::pow_out(dst_, dst_, 1 / p);
    };
  }

  std::function<void()> choose_average() {
    const PoolSpec& spec = problem_.spec();
    const bool three = problem_.rank() == 3;
    if (spec.windowing == Windowing::kGlobal && spec.divisor == 0)
      return [this] { at::mean_out(dst_, src_, spatial_, true); };
    if (spec.windowing == Windowing::kAdaptive) {
      if (three) return [this] { at::adaptive_avg_pool3d_out(dst_, src_, out_); };
      return [this] { at::adaptive_avg_pool2d_out(dst_, src_, out_); };
    }
    return average(src_, spec.reduction == Reduction::kAvgIncludePad, spec.divisor);
  }

  // `divisor` 0: the number of taps.
  std::function<void()> average(const at::Tensor& of, bool include_pad, int64_t divisor) {
    const auto run = [=, this](auto&& function, auto... given) {
      function(dst_, of, kernel_, stride_, pad_, problem_.spec().ceil_mode, include_pad, given...);
    };
    const bool three = problem_.rank() == 3;
    const auto any = [three](auto&... arguments) {
      three ? at::avg_pool3d_out(arguments...) : at::avg_pool2d_out(arguments...);
    };
    if (divisor == 0) return [=] { run(any); };
    return [=] { run(any, divisor); };
  }

  // PyTorch's order of axes is (w, h) in 2D and (d, h, w) in 3D.
  void make_samples() {
    require_windows_of_aten(problem_);
    const int count = problem_.rank() == 3 ? 3 : 2;
    samples_ = at::empty({problem_.n(), problem_.c(), count}, at::TensorOptions(at::kDouble));
    auto* values = samples_.data_ptr<double>();
    for (int64_t plane = 0; plane < problem_.planes(); ++plane)
      for (int i = 0; i < count; ++i) {
        const int axis = problem_.rank() == 3 ? i : 2 - i;
        *values++ = axis < problem_.first_axis() ? 0 : sample(problem_, plane, axis);
      }
    samples_ = samples_.to(type_of(problem_.dtype())).to(device_);
  }

  Problem problem_;
  at::Device device_;
  at::Tensor src_, dst_, indices_, powers_, samples_;
  std::vector<int64_t> kernel_, stride_, pad_, dilation_, out_, spatial_;
  int64_t scratch_bytes_ = 0;
  std::function<void()> run_;
};

// Whether a plane of zeros and a plane of positive numbers came out in the right layout: ATen's 3D
// pooling, given a channels-last output, writes channels first.
bool in_layout(const Problem& problem, const std::vector<std::byte>& dst) {
  const int64_t bytes = dtype_bytes(problem.dtype()), outputs = problem.dst_count() / problem.c();
  const bool last = problem.layout() == Layout::kChannelsLast;
  for (int64_t c = 0; c < problem.c(); ++c)
    for (int64_t o = 0; o < outputs; ++o) {
      const auto* element = dst.data() + (last ? o * problem.c() + c : c * outputs + o) * bytes;
      const bool zero =
          std::all_of(element, element + bytes, [](std::byte b) { return b == std::byte{0}; });
      if (zero != (c == 0)) return false;
    }
  return true;
}

// Runs the operation on one or two planes, because the types, parameters and layouts that ATen
// accepts change from version to version. Throws Refused with ATen's message if it fails or writes
// wrongly.
void probe(const Problem& whole, const AtenDevice& where) {
  const Problem problem = whole.with([](Description& d) {
    d.n = 1;
    d.c = std::min<int64_t>(d.c, 2);  // with one channel both layouts are the same
    if (d.spec.samples.size() > size_t(d.rank)) d.spec.samples.resize(size_t(d.c) * d.rank);
  });
  try {
    Operation operation(problem, where.device);
    std::vector<std::byte> src(problem.src_bytes()), dst(problem.dst_bytes());
    const bool last = problem.layout() == Layout::kChannelsLast;
    const int64_t bytes = dtype_bytes(problem.dtype()), plane = problem.src_count() / problem.c();
    for (int64_t i = 0; i < problem.src_count(); ++i)
      if ((last ? i % problem.c() : i / plane) == 1)  // a positive number in every type
        std::fill_n(src.begin() + i * bytes, bytes, std::byte{0x3f});
    const Placement placement(operands(problem, operation.scratch_bytes()));
    const Buffer memory(where.substrate, placement.bytes());
    const Tensors tensors = placement.at(memory.at());
    where.substrate.write(tensors[Role::kSrc], src.data(), problem.src_bytes());
    AtenRunner(where.device).run_now([&] { operation.run(tensors); });
    where.substrate.read(dst.data(), tensors[Role::kDst], problem.dst_bytes());
    if (!operation.kept(tensors) || !in_layout(problem, dst))
      throw Refused("layout: ATen writes this output in another one");
  } catch (const c10::Error& error) {
    const std::string_view what = error.what_without_backtrace();
    const bool type =
        what.find("not implemented for") != what.npos ||  // of kernels, of TensorIterator
        what.find("dtype") != what.npos || what.find("floating point") != what.npos;
    if (type) throw Refused("type: ATen has this operation for other types");
    throw Refused(fmt::format("k: ATen says {}", what.substr(0, what.find_first_of("(\n"))));
  }
}

class AtenPlan : public Plan {
 public:
  AtenPlan(const Problem& problem, const AtenDevice& where)
      : empty_(problem.dst_count() == 0), runner_(where.device) {
    require_expressible_in_aten(problem, kAtenCuda);
    const c10::InferenceMode guard;
    probe(problem, where);
    operation_.emplace(problem, where.device);
  }
  std::string_view kernel() const override { return "out"; }
  int64_t scratch_bytes() const override { return operation_->scratch_bytes(); }
  void launch(const Tensors& tensors, Stream stream) override {
    if (!empty_) runner_.run(stream, [&] { operation_->run(tensors); });
  }

 private:
  bool empty_;
  AtenRunner runner_;
  std::optional<Operation> operation_;
};

class Aten : public Peer {
 public:
  explicit Aten(const AtenDevice& where)
      : Peer(kAtenName, {{"out", fmt::format("ATen {}, out-variants", TORCH_VERSION)}},
             where.substrate),
        where_(where) {}

  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    return aten_differences(problem, src, point, kAtenCuda);
  }

 protected:
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view) const override {
    return std::make_unique<AtenPlan>(problem, where_);
  }

 private:
  AtenDevice where_;
};

std::vector<std::unique_ptr<Backend>> open_aten() {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const AtenDevice& where : aten_devices()) backends.push_back(std::make_unique<Aten>(where));
  return backends;
}

}  // namespace
}  // namespace poolbench

POOLBENCH_EXPORT_MODULE(poolbench::open_aten())
