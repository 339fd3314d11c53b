// The substrate of an engine (host/engines): the host's memory, shared with a process of its own
// that does the work.
//
// A recording travels as one message, before it is timed. Its clock is this program's: from the
// word to go until the answer, less the median of such intervals around nothing, of which one more
// is taken just before. What the engine's own clock says is the claim.
#ifndef POOLBENCH_HOST_SUBSTRATES_WORKER_H_
#define POOLBENCH_HOST_SUBSTRATES_WORKER_H_

#include <vector>

#include "host/engines/process.h"
#include "host/engines/spread.h"
#include "host/operands.h"
#include "host/substrate.h"

namespace poolbench {

// What a launch of a plan of an engine puts on its stream.
struct WorkerLaunch {
  int64_t plan;
  std::vector<void*> addresses;  // of the operands, in their order
};
using WorkerStream = std::vector<WorkerLaunch>;

class WorkerSubstrate : public Substrate {
 public:
  explicit WorkerSubstrate(EngineProcess& process);

  const Device& device() const override { return device_; }
  Substrate& memory() override;
  void* allocate(int64_t bytes) override;
  void release(void* memory) noexcept override;
  void write(void* to, const void* from_host, int64_t bytes) override;
  void read(void* to_host, const void* from, int64_t bytes) override;
  void fill(void* to, uint8_t byte, int64_t bytes) override;
  void copy(void* to, const void* from, int64_t bytes) override;
  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override;

  EngineProcess& process() { return process_; }
  Spread& spread() { return spread_; }
  // Seconds of a recording of nothing: takes one more, and returns the median of the latest ones.
  double empty();
  // How far apart the middle half of them are.
  double empty_spread() const;

 private:
  EngineProcess& process_;
  Spread spread_;
  Device device_;
  std::vector<double> empties_;
  size_t next_ = 0;
  int64_t recordings_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_WORKER_H_
