// The substrate of an engine (host/engines): a process of its own that does the work, on the host's
// memory, which is shared with it, or on that of a device of its own.
//
// A recording travels as one message, before it is timed. Its clock is this program's: from the
// word to go until the answer, less the median of such intervals around nothing, of which one more
// is taken just before. On a device that nothing is launched there and waited for, so that what is
// left is the work. What the engine's own clock says is the claim.
#ifndef POOLBENCH_HOST_SUBSTRATES_WORKER_H_
#define POOLBENCH_HOST_SUBSTRATES_WORKER_H_

#include <vector>

#include "host/engines/process.h"
#include "host/engines/spread.h"
#include "host/operands.h"
#include "host/substrate.h"
#include "host/substrates/worker_memory.h"

namespace poolbench {

// What a launch of a plan of an engine puts on its stream.
struct WorkerLaunch {
  int64_t plan;
  std::vector<void*> addresses;  // of the operands, in their order
};
using WorkerStream = std::vector<WorkerLaunch>;

// The latest recordings of nothing.
class Empties {
 public:
  explicit Empties(int64_t recording) : recording_(recording) {}
  // Takes one more, and returns the seconds of the median.
  double next(EngineProcess& process);
  // How far apart the middle half of them are.
  double spread() const;

 private:
  int64_t recording_;
  std::vector<double> seconds_;
  size_t next_ = 0;
};

class WorkerSubstrate : public Substrate {
 public:
  WorkerSubstrate(EngineProcess& process, const EngineFacts& facts);

  const Device& device() const override { return device_; }
  bool is_worker() const override { return true; }
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
  // Where an operand lies, as the process knows it.
  std::string place(const void* address);
  Empties& messages() { return messages_; }  // of nothing at all
  Empties& launches() { return launches_; }  // of nothing, where the work is done

 private:
  EngineProcess& process_;
  Spread spread_;
  std::unique_ptr<WorkerMemory> there_;  // null: on the host
  Device device_;
  Empties messages_, launches_;
  int64_t recordings_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_WORKER_H_
