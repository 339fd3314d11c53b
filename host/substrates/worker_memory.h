// Memory of an engine's device, which its process alone reaches. An address here stands for a place
// there, and contents travel through a piece of shared memory. If the process has ended, another
// one is started, and what stood there is gone.
#ifndef POOLBENCH_HOST_SUBSTRATES_WORKER_MEMORY_H_
#define POOLBENCH_HOST_SUBSTRATES_WORKER_MEMORY_H_

#include <cstdint>
#include <map>
#include <string>

#include "host/engines/process.h"

namespace poolbench {

// As Substrate's functions of these names (host/substrate.h).
class WorkerMemory {
 public:
  explicit WorkerMemory(EngineProcess& process) : process_(process) {}
  ~WorkerMemory();
  WorkerMemory(const WorkerMemory&) = delete;

  void* allocate(int64_t bytes);
  void release(void* memory) noexcept;
  void write(void* to, const void* from_host, int64_t bytes);
  void read(void* to_host, const void* from, int64_t bytes);
  void fill(void* to, uint8_t byte, int64_t bytes);
  void copy(void* to, const void* from, int64_t bytes);

  // Returns the address as "BLOCK+OFFSET", which the process knows from then on.
  std::string place(const void* address);

 private:
  struct Block {
    int64_t number, bytes;
    int64_t generation = 0;  // of the process that has it
  };
  template <class Piece>
  void in_pieces(int64_t bytes, Piece&& piece);

  EngineProcess& process_;
  std::map<const char*, Block> blocks_;  // by address, which nothing stands at
  int64_t last_number_ = 0;
  void* through_ = nullptr;  // shared memory
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_WORKER_MEMORY_H_
