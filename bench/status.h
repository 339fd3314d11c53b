// The closed lists of row statuses and exit statuses. Records, tables, JUnit files and CI scripts
// rely on them: values may be added, but none may change its meaning.
#ifndef POOLBENCH_BENCH_STATUS_H_
#define POOLBENCH_BENCH_STATUS_H_

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace poolbench {

// The program's exit status.
enum ExitStatus {
  kAsExpected = 0,
  kSlower = 1,
  kWrongResult = 2,
  kNotRun = 3,
  kBadUsage = 4,
  kUnavailable = 5,
};
struct ExitStatusInfo {
  ExitStatus status;
  std::string_view meaning;
};
// Where several hold, the first one counts.
constexpr ExitStatusInfo kExitStatuses[] = {
    {kBadUsage, "bad usage or input"},
    {kUnavailable, "no such backend here"},
    {kWrongResult, "a wrong result"},
    {kNotRun, "an error, an invalid time, every row refused, a row left out or nothing selected"},
    {kSlower, "slower than allowed"},
    {kAsExpected, "as expected"},
};

// The status of a row.
enum class Status {
  kOk,
  kAboveCeiling,
  kNoisy,
  kRefused,
  kWrong,
  kCheat,
  kInvalid,
  kError,
  kCrashed,
  kExited,
  kHung,
  kMissing,
};
struct StatusInfo {
  Status status;
  std::string_view name;  // in tables and records
  std::string_view meaning;
  ExitStatus exit;  // of a run that has such a row
};
constexpr StatusInfo kStatuses[] = {
    {Status::kOk, "ok", "ran and is right", kAsExpected},
    {Status::kAboveCeiling, "ABOVE-CEILING", "right, and faster than its ceiling, which is too low",
     kAsExpected},
    {Status::kNoisy, "NOISY", "right, but the machine disturbed its time", kAsExpected},
    {Status::kRefused, "refused", "not taken, or not to be timed; its reason says why",
     kAsExpected},
    {Status::kWrong, "WRONG", "wrong output, or a write where none is allowed", kWrongResult},
    {Status::kCheat, "CHEAT", "right when checked, but not what it did when timed", kWrongResult},
    {Status::kInvalid, "INVALID", "timed, but the time cannot be true", kNotRun},
    {Status::kError, "ERROR", "failed: memory, the device", kNotRun},
    {Status::kCrashed, "CRASHED", "ended its process by a signal", kNotRun},
    {Status::kExited, "EXITED", "ended its process by itself", kNotRun},
    {Status::kHung, "HUNG", "did not end within --case-limit", kNotRun},
    {Status::kMissing, "MISSING", "a case of a declared set that did not run", kNotRun},
};
// What `check --json` writes for an ok row whose output differs by a documented rule of its
// library.
constexpr std::string_view kDiffers = "differs";

constexpr const StatusInfo& info(Status status) { return kStatuses[static_cast<size_t>(status)]; }
static_assert([] {
  for (size_t i = 0; i < std::size(kStatuses); ++i)
    if (static_cast<size_t>(kStatuses[i].status) != i) return false;
  return true;
}());

// Whether a row has a time that means and ratios may use.
constexpr bool has_time(Status status) {
  return status == Status::kOk || status == Status::kAboveCeiling;
}
// Whether a contender did not come to an end: an error, a crash, a hang.
constexpr bool is_failure(Status status) {
  return status == Status::kError || status == Status::kCrashed || status == Status::kExited ||
         status == Status::kHung;
}
// Returns the one that counts.
ExitStatus worse(ExitStatus a, ExitStatus b);
// Returns the exit status of a run with these rows. Only refusals, or no rows: kNotRun.
ExitStatus exit_status(std::span<const Status> rows);
// Returns the list for --help: "Exit status: 0 as expected; 1 slower than allowed; ..."
std::string exit_status_help();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_STATUS_H_
