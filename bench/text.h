// Formats numbers and words for people. Every room of bench/ may include it.
#ifndef POOLBENCH_BENCH_TEXT_H_
#define POOLBENCH_BENCH_TEXT_H_

#include <string>

namespace poolbench {

// Three significant digits, never an exponent; "-" for infinities and NaN.
std::string digits(double value);
// The same with a unit: "1.23 ms", "45.6 MB".
std::string time_text(double seconds);
std::string bytes_text(double bytes);
// A cell of a Markdown table, which nothing of the text may end.
std::string markdown_cell(std::string text);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TEXT_H_
