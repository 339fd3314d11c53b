// Reads what bench wrote (record.h): the one reader of whole records.
#ifndef POOLBENCH_BENCH_RECORD_STORED_RECORD_H_
#define POOLBENCH_BENCH_RECORD_STORED_RECORD_H_

#include <stdexcept>

#include "bench/record/fields.h"

namespace poolbench {

// results/README.md has the fields' meaning. What a record of an older schema lacks is empty, 0 or
// kNone.
struct StoredRecord {
  std::string file;  // from which it was read
  Json json;         // all of it, as it stands there

  std::string date, host;         // UTC: "2026-11-30T16:00:00Z"
  std::string version, revision;  // of poolbench; "-dirty" at the end: with uncommitted changes
  std::string processor, compiler, flags, build_type;
  std::string isa;  // POOLBENCH_ISA; empty: the widest that the processor has
  int64_t schema_minor = 0, method = 0, threads = 0;
  std::vector<Device> devices;                 // each with its driver
  std::map<std::string, double> case_seconds;  // that each problem took, all in all
  std::vector<Network> networks;
  // Of a row are set: contender, kernel, problem, temperature, status, reason, device, plan,
  // scratch_bytes, seconds, traffic, ceiling, ceiling_seconds, share, baseline, ratio,
  // across_devices, floor_seconds, warm, submit, claimed_seconds, note; of its series the samples,
  // voided blocks, launches and level; of its comparison known_differences.
  std::vector<CaseResult> cases;

  const Json& context() const { return json.at("context").at("poolbench"); }
};

// A file's text. Throws BadInput, which does not name the file, for a folder and for what is
// compressed.
std::string record_text(const std::string& path);

// Throws BadInput, which names the file, for what is no record of `bench --json`, was changed after
// it was written, or is of a later schema.
StoredRecord read_record(const std::string& path);

// Returns what `work` makes of records that were read. Throws BadInput, which names the files, for
// fields that are missing or of another type.
template <class Work>
auto as_bench_writes(const std::string& files, const Work& work) {
  const auto refuse = [&](const std::exception& error) -> BadInput {
    return BadInput(files + ": is not as bench writes it: " + error.what());
  };
  try {
    return work();
  } catch (const Json::exception& error) {
    throw refuse(error);
  } catch (const std::out_of_range& error) {
    throw refuse(error);
  }
}

// What differs, as "threads: 2 and 4, flags: …", with the path of each field; nothing where both
// are equal.
std::string differences(const Json& one, const Json& other);
// Throws BadInput, which names what differs, where two records must not be compared.
void check_comparable(const StoredRecord& base, const StoredRecord& head);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_STORED_RECORD_H_
