#include "bench/command.h"

namespace poolbench {

ExitStatus worse(ExitStatus a, ExitStatus b) {
  for (const ExitStatus status : {kBadUsage, kUnavailable, kWrongResult, kNotRun, kSlower})
    if (a == status || b == status) return status;
  return kAsExpected;
}

}  // namespace poolbench
