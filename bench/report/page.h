// Records as one HTML file that opens from disk: bench/report/page/ draws what is here as JSON.
#ifndef POOLBENCH_BENCH_REPORT_PAGE_H_
#define POOLBENCH_BENCH_REPORT_PAGE_H_

#include <optional>
#include <span>

#include "bench/history/changes.h"
#include "bench/history/commits.h"
#include "bench/record/stored_record.h"

namespace poolbench {

// What a page shows. Only records must be there.
struct PageParts {
  std::vector<StoredRecord> records;
  Json disagreements;  // of `check --disagreements`, or null
  Json races;          // an array of races_json()'s; or null
  Json history;        // of history_json(), or null
};

// All of a page's data. Columns: an array has a value for each row, {"all": x} is x for all. Times
// are in nanoseconds, and numbers have six digits; null is no number.
//
//   records   a run each: machine, build, what it left out, its networks and their totals
//   cases     record, problem and what one filters by
//   rows      a contender on a case, cold or hot; `timed` counts those that have times
//   timed     of these, in their order: times, share, ratio, samples
//   ranks     by number of samples: which of them, in order, are the ends of a median's interval
//
// A sample is written as the parts of 100,000 by which it is longer than its row's median. A voided
// block is four numbers: its place among all blocks, its cause, its sample, whether that itself was
// disturbed.
Json page_data(const PageParts& parts);

// Of a database of records: every series of at least three points, how many have fewer, and how
// many rows are of commits that the repository does not have.
Json history_json(const Store& store, const Commits& commits);
// Of what `race --json` wrote. Throws BadInput, which names the file.
Json race_part(const std::string& path);

// Returns the HTML. Throws BadInput where the chart library was not there when this program was
// built.
std::string page_html(const PageParts& parts);

// The page before its data and behind it. bench/page.cmake writes the definition; empty without the
// chart library.
struct PageText {
  std::string_view before, behind;
};
PageText embedded_page();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_PAGE_H_
