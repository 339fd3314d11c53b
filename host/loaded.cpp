#include "host/loaded.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>

namespace poolbench {
namespace {

using std::string_view_literals::operator""sv;

struct Mapping {
  uintptr_t begin, end;
  std::string file;
};

std::vector<Mapping> file_mappings() {
  std::vector<Mapping> mappings;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    int path = 0;  // address, permissions, offset, device, inode, and then the path
    std::sscanf(line.c_str(), "%zx-%zx %*s %*s %*s %*s %n", &mapping.begin, &mapping.end, &path);
    if (path == 0 || line[path] != '/') continue;
    mapping.file = line.substr(path);
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::span<const ElfW(Phdr)> segments(const dl_phdr_info& object) {
  return {object.dlpi_phdr, object.dlpi_phnum};
}

// Returns the bytes of a segment, or none where they are not in memory.
std::string_view bytes_of(const dl_phdr_info& object, const ElfW(Phdr) & segment) {
  for (const ElfW(Phdr) & loaded : segments(object))
    if (loaded.p_type == PT_LOAD && segment.p_vaddr >= loaded.p_vaddr &&
        segment.p_vaddr + segment.p_memsz <= loaded.p_vaddr + loaded.p_memsz)
      return {reinterpret_cast<const char*>(object.dlpi_addr + segment.p_vaddr), segment.p_memsz};
  return {};
}

// Returns the build id among the notes of a segment, or nothing.
std::string build_id(std::string_view notes, size_t alignment) {
  const auto aligned = [&](size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  };
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    const size_t content = aligned(sizeof note + note.n_namesz);
    const size_t end = aligned(content + note.n_descsz);
    if (content + note.n_descsz > notes.size()) break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.substr(sizeof note, note.n_namesz) == "GNU\0"sv) {
      std::string text;
      for (const unsigned char byte : notes.substr(content, note.n_descsz))
        text += fmt::format("{:02x}", byte);
      return text;
    }
    notes.remove_prefix(std::min(end, notes.size()));
  }
  return {};
}

std::vector<std::string> needs(const dl_phdr_info& object, std::string_view dynamic) {
  const auto* entries = reinterpret_cast<const ElfW(Dyn)*>(dynamic.data());
  const std::span all(entries, dynamic.size() / sizeof *entries);
  uintptr_t strings = 0;
  for (const ElfW(Dyn) & entry : all)
    if (entry.d_tag == DT_STRTAB) strings = entry.d_un.d_ptr;
  // The loader has made an address of it, except where this section is read-only.
  if (strings < object.dlpi_addr) strings += object.dlpi_addr;
  std::vector<std::string> names;
  for (const ElfW(Dyn) & entry : all) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED)
      names.emplace_back(reinterpret_cast<const char*>(strings + entry.d_un.d_val));
  }
  return names;
}

LoadedFile facts_of(const dl_phdr_info& object) {
  LoadedFile facts;
  for (const ElfW(Phdr) & segment : segments(object)) {
    const std::string_view bytes = bytes_of(object, segment);
    if (segment.p_type == PT_NOTE && facts.build_id.empty())
      facts.build_id = build_id(bytes, segment.p_align == 8 ? 8 : 4);
    if (segment.p_type == PT_DYNAMIC) facts.needs = needs(object, bytes);
  }
  return facts;
}

// The loader's own name of an object may be a link or a relative path.
const Mapping* find_mapping(const std::vector<Mapping>& mappings, const dl_phdr_info& object) {
  for (const ElfW(Phdr) & segment : segments(object)) {
    if (segment.p_type != PT_LOAD) continue;
    const uintptr_t address = object.dlpi_addr + segment.p_vaddr;
    for (const Mapping& mapping : mappings)
      if (mapping.begin <= address && address < mapping.end) return &mapping;
    break;
  }
  return nullptr;
}

}  // namespace

std::map<std::string, LoadedFile> loaded_files() {
  struct {
    std::vector<Mapping> mappings = file_mappings();
    std::map<std::string, LoadedFile> files;
  } found;
  for (const Mapping& mapping : found.mappings) found.files[mapping.file];
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void* data) {
        auto& into = *static_cast<decltype(found)*>(data);
        if (const Mapping* mapping = find_mapping(into.mappings, *object))
          into.files[mapping->file] = facts_of(*object);
        return 0;
      },
      &found);
  return std::move(found.files);
}

LoadedFile own_file() {
  std::error_code error;  // no /proc: nothing to be known
  return loaded_files()[std::filesystem::read_symlink("/proc/self/exe", error).string()];
}

OriginWatch::~OriginWatch() {
  for (auto& [path, file] : loaded_files())
    if (!before_.contains(path) && path != origin_.file) origin_.brought.insert({path, file});
}

}  // namespace poolbench
