#include "bench/status.h"

#include <fmt/format.h>

#include <algorithm>

namespace poolbench {

ExitStatus worse(ExitStatus a, ExitStatus b) {
  return std::ranges::find_if(
             kExitStatuses,
             [&](const ExitStatusInfo& one) { return one.status == a || one.status == b; })
      ->status;
}

ExitStatus exit_status(std::span<const Status> rows) {
  const auto refused = [](Status row) { return row == Status::kRefused; };
  ExitStatus status = std::ranges::all_of(rows, refused) ? kNotRun : kAsExpected;
  for (const Status row : rows) status = worse(status, info(row).exit);
  return status;
}

std::string exit_status_help() {
  std::string first, by_number;
  for (int number = 0; number < int(std::size(kExitStatuses)); ++number)
    for (const ExitStatusInfo& one : kExitStatuses)
      if (one.status == number)
        by_number += fmt::format("{}{} {}", number == 0 ? "" : "; ", number, one.meaning);
  for (const ExitStatusInfo& one : kExitStatuses)
    if (one.status != kAsExpected)
      first += fmt::format("{}{}", first.empty() ? "" : ", ", int(one.status));
  return fmt::format("Exit status: {}.\nWhere several hold, the first of {}.", by_number, first);
}

}  // namespace poolbench
