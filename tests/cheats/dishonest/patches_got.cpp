// Trick: turns every loaded object's pointer to clock_gettime() to a clock of its own.
// Seen: pygpubench's list of exploits; what LD_PRELOAD does, from inside.
// Catch: a second process holds the clock of record.
// Expect: INVALID, CHEAT, no gain
#include <link.h>

#include "tests/cheats/stolen_time.h"

static int patch_object(dl_phdr_info* object, size_t, void*) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    if (object->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry =
        reinterpret_cast<const ElfW(Dyn)*>(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    const ElfW(Sym)* symbols = nullptr;
    const char* names = nullptr;
    const ElfW(Rela)* jumps = nullptr;
    size_t count = 0;
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_SYMTAB) symbols = (const ElfW(Sym)*)entry->d_un.d_ptr;
      if (entry->d_tag == DT_STRTAB) names = (const char*)entry->d_un.d_ptr;
      if (entry->d_tag == DT_JMPREL) jumps = (const ElfW(Rela)*)entry->d_un.d_ptr;
      if (entry->d_tag == DT_PLTRELSZ) count = entry->d_un.d_val / sizeof(ElfW(Rela));
    }
    if (uintptr_t(symbols) < object->dlpi_addr) continue;  // the vDSO's are not relocated
    for (size_t k = 0; jumps != nullptr && k < count; ++k) {
      const char* name = names + symbols[ELF64_R_SYM(jumps[k].r_info)].st_name;
      void** slot = reinterpret_cast<void**>(object->dlpi_addr + jumps[k].r_offset);
      if (std::strcmp(name, "clock_gettime") == 0 &&
          probe::make_writable(slot, PROT_READ | PROT_WRITE))
        *slot = reinterpret_cast<void*>(&probe::stolen_clock_gettime);
    }
  }
  return 0;
}

struct PatchesGot : probe::TimeThief {
  explicit PatchesGot(const poolbench_problem& problem)
      : TimeThief(problem, [] { dl_iterate_phdr(patch_object, nullptr); }) {}
};
POOLBENCH_PROBE(PatchesGot)
