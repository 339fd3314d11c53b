#include "bench/select/contender.h"

#include <algorithm>

namespace poolbench {

std::string Contender::name() const {
  if (!label.empty()) return label;
  std::string name(backend->name());
  return kernel.empty() ? name : name + "." + kernel;
}

ContenderName::ContenderName(std::string_view text)
    : backend(text.substr(0, text.find('.'))),
      kernel(text.substr(std::min(text.size(), backend.size() + 1))) {}

}  // namespace poolbench
