// The table of `bench`: a block of rows for each problem, and a summary below.
#ifndef POOLBENCH_BENCH_REPORT_TABLE_H_
#define POOLBENCH_BENCH_REPORT_TABLE_H_

#include "bench/select/network.h"
#include "bench/time/result.h"

namespace poolbench {

std::string table_header(const std::vector<Temperature>& temperatures);
std::string table_block(const CaseResult& result, const std::vector<Temperature>& temperatures);
// Geometric means over the rows that are not launch-bound, and the number of rows by status.
std::string table_summary(const std::vector<CaseResult>& cases,
                          const std::vector<Temperature>& temperatures);
// The time of each network's pooling layers, or nothing without networks.
std::string network_table(const std::vector<Network>& networks,
                          const std::vector<CaseResult>& cases,
                          const std::vector<Temperature>& temperatures);
// For problems that differ only in extents: which contender is fastest from which size on.
std::string crossovers(const std::vector<CaseResult>& cases, Temperature temperature);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_TABLE_H_
