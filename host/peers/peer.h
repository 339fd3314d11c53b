// What the rival libraries' files share. A peer is one file here, built as a module of its own
// (host/peers/CMakeLists.txt), so that a library that is missing, crashes or brings a second copy
// of another one costs nobody else anything.
//
// A peer refuses, by the parameter's name, what its library cannot express. Where the library
// expresses it and means something else on purpose, the peer takes it and names the rule
// (Backend::known_difference).
#ifndef POOLBENCH_HOST_PEERS_PEER_H_
#define POOLBENCH_HOST_PEERS_PEER_H_

#include <string_view>
#include <vector>

#include "host/backend.h"
#include "host/compare.h"

namespace poolbench {

class Peer : public Backend {
 public:
  // On the host, unless another substrate is given, which must outlive the peer.
  Peer(std::string name, std::vector<KernelInfo> kernels);
  Peer(std::string name, std::vector<KernelInfo> kernels, Substrate& substrate);

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override { return kernels_; }
  Support supports(const PoolProblem& problem, std::string_view kernel) const override;
  std::unique_ptr<Plan> plan(const PoolProblem& problem, std::string_view kernel) override;

 protected:
  // The plan for a canonical problem, or throws Refused with "parameter: reason". `kernel`: one of
  // kernels(), or empty for the best.
  virtual std::unique_ptr<Plan> make(const PoolProblem& problem, std::string_view kernel) const = 0;

 private:
  std::string name_;
  std::vector<KernelInfo> kernels_;
  Substrate& substrate_;
};

// A tensor as libraries describe one: n, c, h and w, with d before h in 3D (1D is h = 1), and the
// steps in memory, in elements, of the problem's layout.
struct TensorShape {
  std::vector<int64_t> sizes, strides;
};
TensorShape tensor_shape(const PoolProblem& problem, const Extents& extents);

// The axes of such a tensor that windows have: h and w, and d in 3D.
std::vector<int64_t> window_axes(const PoolProblem& problem, const Extents& extents);

// The problem as most libraries know pooling: a maximum or an average of sliding windows, as global
// ones are, and adaptive ones where the output divides the input. Throws Refused in the library's
// name for what is none; `indices`: what the library has in their place.
PoolProblem plain_problem(const PoolProblem& problem, std::string_view library,
                          std::string_view indices);

// How far the last window of each axis reaches beyond the padded input: ceil_mode's part.
Extents overrun(const PoolProblem& problem);

// Whether some window holds no tap of the input.
bool has_empty_window(const PoolProblem& problem);

// The team of threads that every host contender has: one a core that the process may use.
int peer_threads();

// The taps of one output, in row-major order, and whether the output is one of them.
std::vector<double> taps(const PoolProblem& problem, const void* src, const Point& point);
bool is_tap(const std::vector<double>& taps, const Point& point);

// What a sum of f32 one after the other may be off by: half an ulp of every partial sum, where the
// spec asks for an error that grows with the logarithm. Whether that explains an average.
bool is_running_sum(const PoolProblem& problem, const std::vector<double>& taps,
                    const Point& point);

// What an integer average may be that is computed in f32 and then rounded half to even and
// saturated. Whether that explains a number.
bool is_f32_average(const PoolProblem& problem, const std::vector<double>& taps,
                    const Point& point);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_PEER_H_
