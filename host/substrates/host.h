// The host substrate: the processor and its memory.
#ifndef POOLBENCH_HOST_SUBSTRATES_HOST_H_
#define POOLBENCH_HOST_SUBSTRATES_HOST_H_

#include "host/substrate.h"

namespace poolbench {

// Returns the substrate of all backends on the host. A recording stores the function and calls it
// at each replay, since enqueueing runs the work here.
Substrate& host_substrate();

// Returns the bytes that are available without swapping; infinite where the system does not say.
// Linux grants more, and kills the process when it is touched.
double available_host_memory();

// Bytes of the data cache of a level that one processor can fill; 0 where nobody knows.
int64_t host_cache_bytes(int level);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_HOST_H_
