// The database of records: rows over commits and machines.
#ifndef POOLBENCH_BENCH_HISTORY_STORE_H_
#define POOLBENCH_BENCH_HISTORY_STORE_H_

#include <functional>
#include <map>
#include <set>

#include "bench/history/sqlite.h"
#include "bench/record/stored_record.h"

namespace poolbench {

// A contender on a case, where nothing changes that forbids comparison.
struct SeriesName {
  std::string host, device;  // the device's UUID; "host"
  std::string conditions;    // JSON, one line: what forbids comparison, of this row alone
  std::string contender, problem;
  Temperature temperature = Temperature::kCold;
};

// Begins the revision of code whose commit nobody knows: the SHA-256 of its file follows.
inline constexpr std::string_view kFile = "file:";

// A row of a record.
struct SeriesPoint {
  int64_t record = 0, date = 0;      // seconds since 1970, of the record
  std::string revision;              // of the contender's code; may end in "-dirty"
  std::optional<int64_t> committed;  // the revision's date, where the record tells it
  Status status = Status::kOk;
  bool warm = false;                                  // cold, yet from the cache
  double seconds = kNone, low = kNone, high = kNone;  // of a launch, and its interval
  // The same over the ceiling's time, block by block.
  double over_ceiling = kNone, over_low = kNone, over_high = kNone;

  bool dirty() const { return revision.ends_with("-dirty"); }
  bool of_file() const { return revision.starts_with(kFile); }
};

// A step that `check` has told.
struct Told {
  int64_t series = 0;
  std::string revision;  // the first behind the step
  bool slower = false;
  int64_t date = 0;  // of the first record behind it: a commit may have several steps
  auto operator<=>(const Told&) const = default;
};

// "2026-11-30T16:00:00Z", or with "+02:00" in place of the Z, in seconds since 1970. Throws
// BadInput.
int64_t seconds_of(const std::string& date);

class Store {
 public:
  // Throws as Database does, and BadInput for another program's database and a later poolbench's.
  Store(const std::string& path, Database::Mode mode);

  // Adds a record, or nothing of it. Of one whose run went on with another's rows, those that are
  // not there. Returns the number of rows; nothing if it is there already, or its parts, or what it
  // was merged into. Throws BadInput, which names its file, for what is no record, and where some
  // parts are there or parts are of several machines.
  std::optional<size_t> add(const StoredRecord& record);

  std::map<int64_t, SeriesName> series() const;  // by id
  // In no order. The second calls `take` for each point of every series, which is faster by far
  // than each alone.
  std::vector<SeriesPoint> points(int64_t series) const;
  void points(const std::function<void(int64_t series, SeriesPoint point)>& take) const;
  std::multimap<std::string, int64_t> records() const;  // dates, by host

  std::set<Told> told() const;
  void tell(const std::vector<Told>& steps);

 private:
  std::optional<size_t> add_whole(const StoredRecord& record);

  Database database_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_STORE_H_
