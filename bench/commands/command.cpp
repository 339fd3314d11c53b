#include "bench/commands/command.h"

#include "bench/judge/verify.h"

namespace poolbench {

ExitStatus worse(ExitStatus a, ExitStatus b) {
  for (const ExitStatus status : {kBadUsage, kUnavailable, kWrongResult, kNotRun, kSlower})
    if (a == status || b == status) return status;
  return kAsExpected;
}

ExitStatus exit_status(Status status) {
  switch (status) {
    case Status::kWrong:
      return kWrongResult;
    case Status::kInvalid:
    case Status::kError:
      return kNotRun;
    case Status::kOk:
    case Status::kRefused:
      break;
  }
  return kAsExpected;
}

}  // namespace poolbench
