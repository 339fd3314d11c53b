// What a record says of devices, once it is written and read.
#include "bench/record/stored_record.h"

#include <gtest/gtest.h>

#include "host/file.h"
#include "tests/made_records.h"

namespace poolbench {
namespace {

TEST(StoredRecord, an_engine_and_a_backend_on_one_gpu_keep_their_facts_apart) {
  const Device cuda = {"cuda", "H200", "8a6f", "CUDA 13.0"},
               there = {"cuda-worker", "NVIDIA H200", "8a6f", "CUDA 12.8 (sm_90)"};
  MadeRecord made;
  made.rows = {{.contender = "cuda:0", .device = cuda},
               {.contender = "torch-cuda", .device = there},
               {.contender = "cudnn", .device = cuda}};
  Json json = json_of(made);
  EXPECT_EQ(json["context"]["poolbench"]["comparable"]["drivers"],
            (Json{{"cuda", cuda.driver}, {"cuda-worker", there.driver}}));
  for (Json& row : json["benchmarks"])
    if (row.contains("poolbench") && row["poolbench"]["contender"] == "torch-cuda")
      row["poolbench"]["claimed_seconds"] = 1e-3;
  const std::string path = testing::TempDir() + "stored_record.json";
  write_file(path, seal(line_of(json)));
  const StoredRecord record = read_record(path);
  EXPECT_EQ(record.devices.size(), 2u);
  const auto& rows = record.cases.at(0).records;
  ASSERT_EQ(rows.size(), made.rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].device.driver, made.rows[i].device.driver) << rows[i].contender;
    EXPECT_EQ(rows[i].device.name, made.rows[i].device.name) << rows[i].contender;
  }
}

}  // namespace
}  // namespace poolbench
