// Chooses the instruction set and puts the family's ordered list together.
#include "kernels/openmp/openmp.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "kernels/openmp/processor.h"

namespace poolbench::openmp {
namespace {

struct Isa {
  const char* name;
  bool (*runs)();  // whether the processor has it
  const IsaBuild* build;
};

// Those of this build, best first.
constexpr Isa kIsas[] = {
#ifdef POOLBENCH_HAS_ISA_avx512
    {"avx512", has_avx512, &avx512::kBuild},
#endif
#ifdef POOLBENCH_HAS_ISA_avx2
    {"avx2", has_avx2, &avx2::kBuild},
#endif
#ifdef POOLBENCH_HAS_ISA_baseline
    {"baseline", [] { return true; }, &baseline::kBuild},
#endif
};

Family open_family() {
  const char* forced = std::getenv("POOLBENCH_ISA");
  if (forced != nullptr && *forced == '\0') forced = nullptr;
  const char* why_not =
      forced == nullptr
          ? "the processor has none of this build's instruction sets"
          : "this build has no such instruction set: it may have baseline, avx2 and avx512";
  for (const Isa& isa : kIsas) {
    if (forced != nullptr && std::strcmp(forced, isa.name) != 0) continue;
    if (!isa.runs()) {
      if (forced != nullptr) why_not = "this processor does not have the instruction set";
      continue;
    }
    Family family{isa.name, nullptr, {}, isa.build->passes};
    for (int i = 0; i < isa.build->count; ++i) family.kernels.push_back(*isa.build->kernels[i]);
    family.kernels.push_back(kTable);
    return family;
  }
  return {nullptr, why_not, {}, {}};
}

}  // namespace

int64_t last_level_bytes = std::numeric_limits<int64_t>::max();

void* thread_memory(int64_t bytes) {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  thread_local std::unique_ptr<void, Free> memory;
  thread_local int64_t size = 0;
  if (bytes > size) {
    constexpr int64_t kLine = 64;
    const int64_t whole = (bytes + kLine - 1) / kLine * kLine;
    memory.reset(std::aligned_alloc(size_t(kLine), size_t(whole)));
    if (memory == nullptr) throw std::bad_alloc();
    size = whole;
  }
  return memory.get();
}

const Family& family() {
  static const Family opened = open_family();
  return opened;
}

}  // namespace poolbench::openmp
