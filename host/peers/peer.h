// Shared by the peers, the libraries to compare with. Each is built from one file here as a module
// (host/peers/CMakeLists.txt), so that a library that is missing, crashes or brings a second copy
// of another one does not affect the rest.
//
// A peer refuses, by the parameter's name, what its library cannot express. Where the library
// expresses it and means something else on purpose, the peer takes it and names the rule
// (Backend::predictions).
#ifndef POOLBENCH_HOST_PEERS_PEER_H_
#define POOLBENCH_HOST_PEERS_PEER_H_

#include <string_view>
#include <vector>

#include "host/backend.h"
#include "host/predict.h"
#include "kernels/set.h"

namespace poolbench {

class Peer : public Backend {
 public:
  // On the host, unless another substrate is given, which must outlive the peer.
  Peer(std::string name, std::vector<KernelInfo> kernels);
  Peer(std::string name, std::vector<KernelInfo> kernels, Substrate& substrate);

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override { return kernels_; }
  Support supports(const Problem& problem, std::string_view kernel) const override;
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override;

 protected:
  // Makes the plan for a canonical problem. Throws Refused with "parameter: reason". `kernel`: one
  // of kernels(), or empty for the best.
  virtual std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel) const = 0;

 private:
  std::string name_;
  std::vector<KernelInfo> kernels_;
  Substrate& substrate_;
};

// A tensor in the usual form: extents n, c, h, w, with d before h in 3D and h = 1 in 1D, and the
// strides of the problem's layout, in elements.
struct TensorShape {
  std::vector<int64_t> sizes, strides;
};
TensorShape tensor_shape(const Problem& problem, const Extents& extents);

// The spatial axes of such a tensor: h and w, in 3D d first.
std::vector<int64_t> window_axes(const Problem& problem, const Extents& extents);

// Converts a problem to what most libraries have: max or average over sliding windows. Global
// windows and adaptive ones that divide the input evenly are sliding too. Throws Refused, with the
// library's name, for everything else. `indices`: what the library has in place of indices.
Problem plain_problem(const Problem& problem, std::string_view library, std::string_view indices);

// Throws Refused, with the library's name, for a reduction that is not among `known`.
void require_reduction(const Problem& problem, std::string_view library, Set<Reduction> known);

// What a library calls the reduction of a plain_problem().
template <class T>
T plain_reduction(Reduction reduction, T max, T avg_include_pad, T avg_exclude_pad) {
  switch (reduction) {
    case Reduction::kMax:
      return max;
    case Reduction::kAvgIncludePad:
      return avg_include_pad;
    case Reduction::kAvgExcludePad:
      return avg_exclude_pad;
    case Reduction::kLp:
    case Reduction::kMin:
      break;
  }
  throw Refused(std::string("reduction: no plain problem has ") + std::string(token(reduction)));
}

// Returns how far the last window of each axis reaches beyond the padded input (ceil_mode).
Extents overrun(const Problem& problem);

// Throws Refused if some window has no tap.
void require_taps(const Problem& problem);

// Threads of every host contender: one a core that the process may use.
int peer_threads();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_PEER_H_
