// Compares registers, local memory and code size of every CUDA kernel, for every architecture in
// the library, with the limits of tests/cuda_resources.txt. Needs no device and no tool of the
// toolkit: it reads them from the ELF image ("cubin") that the library holds for each architecture.
// After an intended change:
//
//   POOLBENCH_UPDATE_CUDA_RESOURCES=1 ./cuda_resources_test
//
// rewrites the figures beside the limits. The limits are changed by hand.
#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace poolbench {
namespace {

struct KernelCode {
  int architecture = 0;  // 90: sm_90
  std::string name;      // "StripBody<float, MaxColumns<float, 2>, 0>"
  uint32_t registers = 0, stack = 0;
  uint64_t code = 0;  // bytes
};

template <class T>
T read_at(std::string_view bytes, size_t at) {
  T value;
  if (at > bytes.size() || sizeof(T) > bytes.size() - at)
    throw std::runtime_error(fmt::format("cut short at {}", at));
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::string_view string_at(std::string_view bytes, size_t at) {
  return bytes.substr(at, bytes.find('\0', at) - at);
}

// "run_body<poolbench::cuda::X>(poolbench::cuda::X::Params)" -> "X"; other kernels keep their
// names.
std::string readable(std::string_view mangled) {
  int status = 0;
  char* text = abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : std::string(mangled);
  std::free(text);
  name = std::regex_replace(
      name, std::regex("poolbench::|cuda::|device::|\\(anonymous namespace\\)::|^void "), "");
  std::smatch body;
  return std::regex_match(name, body, std::regex("run_body<(.*) ?>\\(.*")) ? body[1].str() : name;
}

// Reads the kernels of one image. Its .nv.info sections hold records of {format, attribute, size};
// in format 4 a payload follows that begins with a symbol's number and a value.
std::vector<KernelCode> kernels_of(std::string_view image, int architecture) {
  constexpr uint8_t kSized = 4, kFrameSize = 0x11, kRegisters = 0x2f;
  const auto header = read_at<Elf64_Ehdr>(image, 0);
  std::vector<Elf64_Shdr> sections;
  for (int i = 0; i < header.e_shnum; ++i)
    sections.push_back(read_at<Elf64_Shdr>(image, header.e_shoff + i * sizeof(Elf64_Shdr)));
  const auto content = [&](const Elf64_Shdr& section) {
    return image.substr(section.sh_offset, section.sh_size);
  };
  std::map<std::string, Elf64_Shdr> by_name;
  for (const Elf64_Shdr& section : sections)
    by_name.emplace(string_at(content(sections[header.e_shstrndx]), section.sh_name), section);
  const std::string_view symbols = content(by_name.at(".symtab"));
  const std::string_view names = content(by_name.at(".strtab"));

  std::map<uint32_t, KernelCode> by_symbol;
  const std::string_view info = content(by_name.at(".nv.info"));
  for (size_t at = 0; at < info.size();) {
    const auto format = read_at<uint8_t>(info, at), attribute = read_at<uint8_t>(info, at + 1);
    const size_t size = format == kSized ? read_at<uint16_t>(info, at + 2) : 0;
    if (format == kSized && (attribute == kFrameSize || attribute == kRegisters)) {
      KernelCode& kernel = by_symbol[read_at<uint32_t>(info, at + 4)];
      const auto value = read_at<uint32_t>(info, at + 8);
      (attribute == kRegisters ? kernel.registers : kernel.stack) = value;
    }
    at += 4 + size;
  }
  std::vector<KernelCode> kernels;
  for (auto& [symbol, kernel] : by_symbol) {
    const auto entry = read_at<Elf64_Sym>(symbols, symbol * sizeof(Elf64_Sym));
    const std::string_view name = string_at(names, entry.st_name);
    const auto text = by_name.find(".text." + std::string(name));
    if (text == by_name.end()) continue;  // a function that a kernel calls, counted with it
    kernel.architecture = architecture;
    kernel.name = readable(name);
    kernel.code = text->second.sh_size;
    kernels.push_back(kernel);
  }
  return kernels;
}

// Finds all images in a file. nvcc puts them in containers ("fatbin"): {magic, version, header
// size, size}, then entries of {kind, header size, size, ..., architecture}.
std::vector<KernelCode> kernels_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const std::string magic("\x50\xed\x55\xba\x01\x00", 6);
  constexpr uint16_t kElf = 2;
  std::vector<KernelCode> all;
  for (size_t at = bytes.find(magic); at != std::string::npos; at = bytes.find(magic, at)) {
    const auto end = at + read_at<uint16_t>(bytes, at + 6) + read_at<uint64_t>(bytes, at + 8);
    for (at += read_at<uint16_t>(bytes, at + 6); at < end;) {
      const auto skip = read_at<uint32_t>(bytes, at + 4);
      const auto size = read_at<uint64_t>(bytes, at + 8);
      const std::string_view entry = std::string_view(bytes).substr(at + skip, size);
      if (read_at<uint16_t>(bytes, at) == kElf) {
        if (entry.substr(0, 4) != ELFMAG) throw std::runtime_error("an image is compressed");
        const auto kernels = kernels_of(entry, int(read_at<uint32_t>(bytes, at + 28)));
        all.insert(all.end(), kernels.begin(), kernels.end());
      }
      at += skip + size;
    }
  }
  return all;
}

// A line of the file: limits for the kernels whose names match `pattern`.
struct Ceiling {
  std::string pattern;
  uint32_t registers, stack;
  uint64_t code;
  std::string found;
};

std::string path() { return POOLBENCH_SOURCE_DIR "/tests/cuda_resources.txt"; }

struct Ceilings {
  std::string comment;
  std::vector<Ceiling> lines;
};
Ceilings read_ceilings() {
  Ceilings ceilings;
  std::ifstream file(path());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') {
      ceilings.comment += line + '\n';
      continue;
    }
    std::istringstream words(line);
    Ceiling c;
    if (!(words >> c.pattern >> c.registers >> c.stack >> c.code))
      throw std::runtime_error("not a pattern and three numbers: " + line);
    ceilings.lines.push_back(c);
  }
  return ceilings;
}

Ceiling* ceiling_of(Ceilings& ceilings, const std::string& kernel) {
  for (Ceiling& line : ceilings.lines)
    if (std::regex_search(kernel, std::regex("^" + line.pattern))) return &line;
  return nullptr;
}

// The figures of the newest listed architecture beside the limits.
void update(Ceilings& ceilings, const std::vector<KernelCode>& kernels, int architecture) {
  struct Most {
    int kernels = 0;
    uint32_t registers = 0, stack = 0;
    uint64_t code = 0;
  };
  std::map<const Ceiling*, Most> most;
  for (const KernelCode& kernel : kernels) {
    if (kernel.architecture != architecture) continue;
    Most& m = most[ceiling_of(ceilings, kernel.name)];
    ++m.kernels;
    m.registers = std::max(m.registers, kernel.registers);
    m.stack = std::max(m.stack, kernel.stack);
    m.code = std::max(m.code, kernel.code);
  }
  std::ofstream file(path());
  file << ceilings.comment;
  for (const Ceiling& line : ceilings.lines) {
    const Most& m = most[&line];
    file << fmt::format(
        "{:42} {:9} {:5} {:7}   sm_{}: {} kernels, {} registers, {} stack, {} code\n", line.pattern,
        line.registers, line.stack, line.code, architecture, m.kernels, m.registers, m.stack,
        m.code);
  }
  ASSERT_TRUE(file.flush()) << "cannot write " << path();
}

TEST(CudaResources, stay_below_their_ceilings) {
  const std::vector<KernelCode> kernels = kernels_in(POOLBENCH_CUDA_LIBRARY);
  ASSERT_FALSE(kernels.empty()) << "no kernels found in " << POOLBENCH_CUDA_LIBRARY;
  Ceilings ceilings = read_ceilings();
  std::map<int, int> counts;
  std::map<const Ceiling*, int> uses;
  for (const KernelCode& kernel : kernels) {
    ++counts[kernel.architecture];
    const std::string what = fmt::format("sm_{} {}", kernel.architecture, kernel.name);
    const Ceiling* ceiling = ceiling_of(ceilings, kernel.name);
    ASSERT_NE(ceiling, nullptr) << what << " has no line in " << path();
    ++uses[ceiling];
    EXPECT_LE(kernel.registers, ceiling->registers) << what;
    EXPECT_LE(kernel.stack, ceiling->stack) << what << " keeps things in local memory: spills";
    EXPECT_LE(kernel.code, ceiling->code) << what;
  }
  for (const Ceiling& line : ceilings.lines)
    EXPECT_GT(uses[&line], 0) << "no kernel matches " << line.pattern;
  for (const auto& [architecture, count] : counts) {
    std::cout << "sm_" << architecture << ": " << count << " kernels\n";
    EXPECT_EQ(count, counts.begin()->second) << "sm_" << architecture;
  }
  if (std::getenv("POOLBENCH_UPDATE_CUDA_RESOURCES") == nullptr) return;
  const int reference = counts.count(90) > 0 ? 90 : counts.rbegin()->first;
  update(ceilings, kernels, reference);
}

}  // namespace
}  // namespace poolbench
