#include "bench/commands/command.h"

#include <fmt/format.h>

#include <algorithm>

namespace poolbench {

ExitStatus nothing_ran(std::string_view why) {
  fmt::print(stderr, "poolbench: {}\n", why);
  return kNotRun;
}

ExitStatus finish(std::span<const Status> rows) {
  const auto refused = [](Status row) { return row == Status::kRefused; };
  if (!rows.empty() && std::ranges::all_of(rows, refused)) nothing_ran("every row was refused");
  return exit_status(rows);
}

}  // namespace poolbench
