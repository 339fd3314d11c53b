// What bench shows a person: a block of rows for each problem, and what they come to below.
#ifndef POOLBENCH_BENCH_REPORT_TABLE_H_
#define POOLBENCH_BENCH_REPORT_TABLE_H_

#include "bench/time/result.h"

namespace poolbench {

std::string table_header(const std::vector<Temperature>& temperatures);
std::string table_block(const CaseResult& result, const std::vector<Temperature>& temperatures);
// Geometric means over the rows beyond twice the floor, and how many rows came to what.
std::string table_summary(const std::vector<CaseResult>& cases,
                          const std::vector<Temperature>& temperatures);
// For problems that differ in their extents alone: from which size on which contender is fastest.
std::string crossovers(const std::vector<CaseResult>& cases, Temperature temperature);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_TABLE_H_
