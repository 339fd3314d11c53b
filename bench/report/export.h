// A record in forms that other tools read.
#ifndef POOLBENCH_BENCH_REPORT_EXPORT_H_
#define POOLBENCH_BENCH_REPORT_EXPORT_H_

#include "bench/record/stored_record.h"

namespace poolbench {

// Whether a row's time counts, for readers that know nothing but times. A warm one was taken under
// other conditions than its name says.
bool is_exported(const Record& row);

std::string google_benchmark_json(const StoredRecord& record);
std::string github_action_json(const StoredRecord& record);
std::string bencher_json(const StoredRecord& record);
std::string csv(const StoredRecord& record);  // RFC 4180
std::string record_markdown(const StoredRecord& record);

struct ExportFormat {
  std::string_view name, what;
  bool has_all_rows;  // else those of is_exported()
  std::string (*text)(const StoredRecord& record);
};
constexpr ExportFormat kExportFormats[] = {
    {"google-benchmark", "for compare.py of Google Benchmark: samples and medians", false,
     google_benchmark_json},
    {"github-action-benchmark", "its customSmallerIsBetter: ns, with half the interval", false,
     github_action_json},
    {"bencher", "Bencher Metric Format: latency in ns, with the ends of the interval", false,
     bencher_json},
    {"csv", "a line a row, refused and failed ones too", true, csv},
    {"markdown", "a table", true, record_markdown},
};
// Throws BadInput for an unknown name.
const ExportFormat& export_format(std::string_view name);
// The text. Throws BadInput, which names the file, for what bench does not write.
std::string exported(const StoredRecord& record, const ExportFormat& format);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_EXPORT_H_
