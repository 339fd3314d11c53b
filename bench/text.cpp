#include "bench/text.h"

#include <fmt/format.h>

#include <cmath>

namespace poolbench {

std::string digits(double value) {
  if (!std::isfinite(value)) return "-";
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  return value >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string time_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 1e-6) return digits(seconds * 1e9) + " ns";
  if (seconds < 1e-3) return digits(seconds * 1e6) + " us";
  return seconds < 1 ? digits(seconds * 1e3) + " ms" : digits(seconds) + " s";
}

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 999.5 && unit < 4) bytes /= 1000, ++unit;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : digits(bytes) + " " + kUnits[unit];
}

std::string markdown_cell(std::string text) {
  for (char& c : text)
    if (c == '|' || c == '\n' || c == '\r' || c == '`') c = ' ';
  return text;
}

}  // namespace poolbench
