#include "bench/record/fields.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace poolbench {

Json exact_json(double value) {
  if (std::isfinite(value)) return value;
  return fmt::format("{:x}", std::bit_cast<uint64_t>(value));
}

double exact_double(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  return std::bit_cast<double>(
      uint64_t{std::strtoull(json.get<std::string>().c_str(), nullptr, 16)});
}

int64_t exact_integer(const Json& json) {
  const bool too_large = json.is_number_unsigned() && !std::in_range<int64_t>(json.get<uint64_t>());
  if (!json.is_number_integer() || too_large)
    throw BadInput(fmt::format("{} is not a whole number of 64 bits", json.dump()));
  return json.get<int64_t>();
}

Status status_of(std::string_view name) {
  for (const StatusInfo& one : kStatuses)
    if (one.name == name) return one.status;
  throw BadInput(fmt::format("status '{}' is unknown", name));
}

Temperature temperature_of(std::string_view name) {
  for (const Temperature temperature : {Temperature::kCold, Temperature::kHot})
    if (temperature_name(temperature) == name) return temperature;
  throw BadInput(fmt::format("temperature '{}' is unknown", name));
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace poolbench
