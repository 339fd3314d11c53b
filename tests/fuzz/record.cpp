// A record of `bench --json`.
#include "bench/record/merge.h"
#include "bench/report/export.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  const MemoryFile file(text_of(data, size));
  const StoredRecord record = read_record(file.path());
  size_t rows = 0;
  for (const CaseResult& result : record.cases)
    for (const Record& row : result.records) {
      require(row.problem == result.problem, "a row is of its case");
      rows += 1 + row.series.seconds.size();
    }
  require(rows <= record.json.at("benchmarks").size(), "no row is made up");
  require(differences(record.json, record.json).empty(), "a record does not differ from itself");
  for (const ExportFormat& format : kExportFormats) exported(record, format);
  merge({record});
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
}
