// Memory of the host that processes beside this one can map: where an engine takes part, all
// contenders work on the same sets, and all of the host's memory is of this one kind.
//
// Its pages have 4 KiB, also in every process that maps it: whether shared memory may have larger
// ones is the system's setting (/sys/kernel/mm/transparent_hugepage/shmem_enabled, mostly
// "never"), and page sizes change times.
#ifndef POOLBENCH_HOST_SUBSTRATES_SHARED_MEMORY_H_
#define POOLBENCH_HOST_SUBSTRATES_SHARED_MEMORY_H_

#include <cstdint>
#include <optional>

namespace poolbench {

// From now on the host's substrate gives out memory of this kind. Call it before anything is
// timed: what differs in its pages is not compared.
void share_host_memory();
bool host_memory_is_shared();

// Returns pages of new contents 0 or old ones, or null where there are none.
void* allocate_shared(int64_t bytes);
// Returns false if the address is no beginning of such memory.
bool release_shared(void* memory) noexcept;

// Where an address lies.
struct SharedPlace {
  int64_t segment;  // a number that no other piece of memory ever had
  int descriptor;   // of its file
  int64_t bytes;    // of the whole segment
  int64_t offset;
};
std::optional<SharedPlace> shared_place(const void* address);
// Whether the segment still exists.
bool shared_segment_exists(int64_t segment);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_SHARED_MEMORY_H_
