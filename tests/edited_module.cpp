// The naive backend, which then writes a constant over its first output: of an inline function
// whose symbol is visible to all, as in a header of which two commits have two versions.
#include "host/module_export.h"
#include "tests/odd_backend.h"

namespace {
using namespace poolbench;
}

__attribute__((visibility("default"))) inline int& edited_constant() {
  static int value = POOLBENCH_EDITED;
  return value;
}

namespace {

void deed(const Problem&, const Tensors& tensors) {
  *static_cast<float*>(tensors[Role::kDst]) = float(edited_constant());
}

std::vector<std::unique_ptr<Backend>> open_edited() {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<OddBackend>(deed));
  return backends;
}

}  // namespace

POOLBENCH_EXPORT_MODULE(open_edited())
