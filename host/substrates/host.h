// The host's processor and memory.
#ifndef POOLBENCH_HOST_SUBSTRATES_HOST_H_
#define POOLBENCH_HOST_SUBSTRATES_HOST_H_

#include "host/substrate.h"

namespace poolbench {

// The one substrate of all backends that run on the host. A recording keeps the function and calls
// it at each replay: enqueueing and running are the same there.
Substrate& host_substrate();

// Bytes that the system can still give without swapping; infinite where it does not say. More than
// that is granted all the same, and the process killed when it is touched.
double available_host_memory();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_HOST_H_
