// A race as JSON and as JUnit XML.
#ifndef POOLBENCH_BENCH_RECORD_RACE_RECORD_H_
#define POOLBENCH_BENCH_RECORD_RACE_RECORD_H_

#include "bench/race/outcome.h"
#include "bench/record/record.h"

namespace poolbench {

// {"context": as in the records of bench, "race": rules, rows with all their ratios, copies}.
// results/race.schema.json has the fields.
nlohmann::json race_json(const RaceOutcome& outcome, const RunNotes& notes);
// The same with {"trials": what became of the planted contenders} in place of "race".
nlohmann::json trials_json(const std::vector<Tally>& tallies, const Rules& rules,
                           const CopyCount& copies, const RunNotes& notes);

// Suites: correctness (wrong rows), performance (SLOWER ones; UNRESOLVED are skipped), missing
// (what did not run).
std::string race_junit(const RaceOutcome& outcome);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_RACE_RECORD_H_
