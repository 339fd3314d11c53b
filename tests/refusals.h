// What a refusal's text says.
#ifndef POOLBENCH_TESTS_REFUSALS_H_
#define POOLBENCH_TESTS_REFUSALS_H_

#include "host/refusal.h"

namespace poolbench {

// The parameter that "PARAMETER: text" names, kNone if it names none or says nothing about it.
inline Parameter named_parameter(std::string_view reason) {
  constexpr Parameter kAll[] = {
#define POOLBENCH_VALUE(value, name) Parameter::value,
      POOLBENCH_PARAMETERS(POOLBENCH_VALUE)
#undef POOLBENCH_VALUE
  };
  const size_t colon = reason.find(": ");
  if (colon == reason.npos || colon + 2 == reason.size()) return Parameter::kNone;
  for (const Parameter parameter : kAll)
    if (reason.substr(0, colon) == parameter_name(parameter)) return parameter;
  return Parameter::kNone;
}

// The same for "WHO: PARAMETER: text".
inline Parameter named_parameter(std::string_view reason, std::string_view who) {
  if (!reason.starts_with(who) || !reason.substr(who.size()).starts_with(": "))
    return Parameter::kNone;
  return named_parameter(reason.substr(who.size() + 2));
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_REFUSALS_H_
