// The host's processor and memory.
#ifndef POOLBENCH_HOST_SUBSTRATES_HOST_H_
#define POOLBENCH_HOST_SUBSTRATES_HOST_H_

#include "host/substrate.h"

namespace poolbench {

// The one substrate of all backends that run on the host. A recording keeps the function and calls
// it at each replay: enqueueing and running are the same there.
Substrate& host_substrate();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_HOST_H_
