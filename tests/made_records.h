// Records as `bench --json` writes them, with any host, commit and time.
#ifndef POOLBENCH_TESTS_MADE_RECORDS_H_
#define POOLBENCH_TESTS_MADE_RECORDS_H_

#include <fmt/format.h>

#include "bench/record/context.h"
#include "bench/record/fields.h"
#include "bench/record/record.h"
#include "bench/record/seal.h"

namespace poolbench {

struct MadeRow {
  std::string contender = "openmp", problem = "max/sliding/f32/nchw/src:1x3x8x8/k:2x2";
  double seconds = 1e-3, ceiling = 0.5e-3;
  Temperature temperature = Temperature::kCold;
  Status status = Status::kOk;
  Device device = {"host", "a processor", "host", "none"};
  bool warm = false;
};

struct MadeRecord {
  std::string host = "vm1", commit = "1111111", date = "2026-01-01T00:00:00Z", commit_date;
  std::vector<MadeRow> rows = {{}};
  Json comparable = Json::object(), noted = Json::object(), modules = Json::object();  // more
  Json ours = Json::object();  // more of what stands beside these
};

// The N-th day from 2026-01-01 on, below 28 times 12.
inline std::string day(int n) {
  return fmt::format("2026-{:02}-{:02}T00:00:00Z", 1 + n / 28, 1 + n % 28);
}

inline Json json_of(const MadeRecord& made) {
  std::vector<CaseResult> cases;
  for (const MadeRow& row : made.rows) {
    Record record;
    record.contender = row.contender;
    record.problem = parse_problem(row.problem);
    record.temperature = row.temperature;
    record.status = row.status;
    record.device = row.device;
    record.warm = row.warm;
    if (has_time(row.status) || row.status == Status::kNoisy) {
      record.series.seconds = std::vector<double>(17, row.seconds);
      record.seconds = {row.seconds, 0.99 * row.seconds, 1.01 * row.seconds};
      if (row.ceiling > 0) {
        const double share = row.ceiling / row.seconds;
        record.ceiling = "copy";
        record.ceiling_seconds = row.ceiling;
        record.share = {share, 0.99 * share, 1.01 * share};
      }
    }
    cases.push_back({record.problem, {record}});
  }
  RunNotes notes;
  notes.context = run_context();
  notes.context["host_name"] = made.host;
  notes.context["date"] = made.date;
  Json& ours = notes.context["poolbench"];
  ours["noted"].update({{"commit", made.commit}, {"commit_date", made.commit_date}});
  ours["noted"].update(made.noted);
  ours["comparable"].update(made.comparable);
  ours["modules"] = made.modules;
  notes.seeds = {7};
  Json json = records_json(cases, notes);
  json["context"]["poolbench"]["comparable"].update(made.comparable);
  json["context"]["poolbench"].update(made.ours);
  return json;
}

inline std::string text_of(const MadeRecord& made) { return seal(line_of(json_of(made))); }

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_MADE_RECORDS_H_
