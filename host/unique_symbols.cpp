#include "host/unique_symbols.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace poolbench {
namespace {

// A struct at an offset of a file's bytes, if they reach so far.
template <class T>
std::optional<T> read_at(const std::string& bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::vector<std::string> unique_symbols(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  const std::string bytes = text.str();
  const auto head = read_at<ElfW(Ehdr)>(bytes, 0);
  constexpr unsigned char kOwnClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
      head->e_ident[EI_CLASS] != kOwnClass)
    return {};
  const auto section = [&](uint64_t index) {
    return read_at<ElfW(Shdr)>(bytes, head->e_shoff + index * head->e_shentsize);
  };
  std::vector<std::string> names;
  for (int i = 0; i < head->e_shnum; ++i) {
    const auto symbols = section(uint64_t(i));
    if (!symbols || symbols->sh_type != SHT_DYNSYM) continue;
    const auto strings = section(symbols->sh_link);
    if (!strings) continue;
    for (uint64_t at = 0; at + sizeof(ElfW(Sym)) <= symbols->sh_size; at += sizeof(ElfW(Sym))) {
      const auto symbol = read_at<ElfW(Sym)>(bytes, symbols->sh_offset + at);
      if (!symbol || ELF64_ST_BIND(symbol->st_info) != STB_GNU_UNIQUE ||
          symbol->st_shndx == SHN_UNDEF)
        continue;
      const uint64_t name = strings->sh_offset + symbol->st_name;
      if (name < bytes.size()) names.emplace_back(bytes.c_str() + name);
    }
  }
  return names;
}

}  // namespace poolbench
