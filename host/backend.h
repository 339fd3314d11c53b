// The common interface: a backend only enqueues; a substrate owns memory, replay and the clock.
//
// Threads: one thread at a time calls a backend, its plans and its substrate. A plan may use
// threads of its own inside launch().
#ifndef POOLBENCH_HOST_BACKEND_H_
#define POOLBENCH_HOST_BACKEND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/operands.h"
#include "host/substrate.h"

namespace poolbench {

struct Point;       // host/compare.h
struct Prediction;  // host/compare.h

// Whether a backend takes a problem, and if not, the parameter that it refuses.
struct Support {
  std::string why_not;
  explicit operator bool() const { return why_not.empty(); }
};

// Thrown for a plan of a problem that the backend does not take. The message is the reason.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A problem made ready on a backend. All that is costly happens while the plan is made.
class Plan {
 public:
  virtual ~Plan() = default;
  virtual std::string_view kernel() const = 0;  // the kernel that was chosen
  virtual int64_t scratch_bytes() const { return 0; }
  // Bytes behind each operand that launch() may read and ignore, where a library is documented to:
  // whoever provides the operands provides them. At most kMostReadBehind.
  static constexpr int64_t kMostReadBehind = 64;
  virtual int64_t reads_behind() const { return 0; }
  // Enqueues the work on `stream`; on the host the work is done on return. Does not compile, wait
  // or read a clock, nor allocate, but for memory that a thread keeps from its first launch on.
  // Writes every element of the outputs, does not change the inputs, touches nothing beyond the
  // operands, not even to read (but for reads_behind()), and keeps no state that a second launch
  // could see. Plans may share a recording, in any order. Throws what the device reports.
  virtual void launch(const Tensors& tensors, Stream stream) = 0;
  // Called when another contender's turn begins: puts threads to sleep that wait for the next
  // launch.
  virtual void rest() {}
};

struct KernelInfo {
  std::string name;
  std::string summary;
};

// One family on one device.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "openmp", "cuda:0", "onednn"
  virtual Substrate& substrate() const = 0;
  virtual std::vector<KernelInfo> kernels() const = 0;  // fastest first; the last takes everything
  // `kernel` empty: whether any kernel takes the problem. An unknown kernel is a reason too.
  virtual Support supports(const Problem& problem, std::string_view kernel = {}) const = 0;
  // Throws Refused exactly where supports() says no, OutOfMemory, or a device's error.
  virtual std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel = {}) = 0;
  // False for a backend that only shows that results are right, such as an emulator.
  virtual bool timeable() const { return true; }
  // A library may differ from host/spec.md on purpose. For an output that was judged wrong, returns
  // what the library's rules say that it computes there; `point` is without what it did compute,
  // which the judge compares. Called from one thread at a time.
  virtual std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                              const Point& point) const;
  // Whether the rules count: those of the program's own peers do, and those of a module only where
  // the user says so. Else an output that differs is wrong, whatever a rule says.
  virtual bool rules_trusted() const { return false; }
  // Of a library in a process of its own: its version, and what is inside its clock that a reader
  // must know.
  virtual std::string version() const { return {}; }
  virtual std::string note() const { return {}; }
  // As modules of version 2 have it: the rule that explains this output, by their own word.
  virtual std::string own_word(const Problem& /*problem*/, const void* /*src*/,
                               const Point& /*point*/) const {
    return {};
  }
  // Contenders for the ceiling of `problem` on this device: the plainest launches that move as many
  // bytes, each way that may be the fastest, and one that computes as much. Launched with the
  // problem's own operands. Those that move bytes read the first `bytes_read` of src and write the
  // first `bytes_written` from dst on, indices included, which lie behind it; none changes an
  // input.
  //
  //   read, copy, reduce ...   by all threads; "read/1" by one. On a device in whole units of 16
  //                            bytes: operands begin on pages
  //   compute                  the problem's arithmetic alone: a bound of its own, not another way
  //                            to move the bytes
  //
  // Empty if another backend on the device has them.
  virtual std::vector<std::unique_ptr<Plan>> ceilings(const Problem& /*problem*/,
                                                      int64_t /*bytes_read*/,
                                                      int64_t /*bytes_written*/) {
    return {};
  }
  // The floor of plan(problem, kernel): its launch with nothing to do. The same team or grid, and
  // as many launches, but each body returns at once and writes nothing. Null where a backend
  // cannot. Throws as plan() does.
  virtual std::unique_ptr<Plan> floor(const Problem& /*problem*/,
                                      std::string_view /*kernel*/ = {}) {
    return nullptr;
  }
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKEND_H_
