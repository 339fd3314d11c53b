// The text of a refusal: `type: takes f32 and f16, not f64`.
#ifndef POOLBENCH_HOST_REFUSAL_H_
#define POOLBENCH_HOST_REFUSAL_H_

#include <string>
#include <string_view>

#include "kernels/family.h"

namespace poolbench {

// The parameter's name: its token in a problem's text (host/problem.h), or `device`; `?` of none.
std::string_view parameter_name(Parameter parameter);

// "PARAMETER: what is taken". `refusal` is one, and came from a kernel with these `takes`.
std::string refusal_text(const Takes& takes, const Refusal& refusal, const Shapes& shapes);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_REFUSAL_H_
