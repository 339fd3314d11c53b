// The ordered list of families: the only file with #if on what was built.
#include "host/backends/backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>

#include "host/modules.h"

namespace poolbench {
namespace {

using Open = std::vector<std::unique_ptr<Backend>> (*)(const BackendOptions&);

struct Family {
  const char* name;
  Open open;              // null: not built
  const char* not_built;  // how to get it
};

constexpr Family kFamilies[] = {
    {"naive", open_naive, ""},
    {"openmp", open_openmp, ""},
#if POOLBENCH_HAS_CUDA
    {"cuda", open_cuda, ""},
#else
    {"cuda", nullptr, "not built: needs the CUDA Toolkit (nvcc 12 or newer) when CMake runs"},
#endif
#if POOLBENCH_HAS_CUDA_EMULATED
    {"cuda-emulated", open_cuda_emulated, ""},
#else
    {"cuda-emulated", nullptr, "not built: needs Boost.Context (libboost-context-dev) when CMake runs"},
#endif
#if POOLBENCH_HAS_VULKAN
    {"vulkan", open_vulkan, ""},
#else
    {"vulkan", nullptr, "not built: needs glslc and the Vulkan headers when CMake runs"},
#endif
};

// Rival libraries: <peers folder>/peer_<name>.so, built by host/peers where the library is there.
struct Peer {
  const char* name;
  const char* missing;
};

constexpr Peer kPeers[] = {
    {"onednn", "not built: needs oneDNN when CMake runs; bench/run --peers gets it"},
    {"aten", "not built: needs libtorch when CMake runs; bench/run --peers gets it"},
    {"xnnpack", "not built: needs XNNPACK when CMake runs; bench/run --peers gets it"},
};

bool names(const std::string& wanted, const std::string& family) {
  return wanted == family || wanted.rfind(family + ":", 0) == 0 ||
         wanted.rfind(family + "@", 0) == 0;
}

bool asked(std::span<const std::string> wanted, const std::string& family) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                       [&](const auto& name) { return names(name, family); });
}

Substrate& module_substrate(std::string_view substrate, std::string_view) {
  throw std::runtime_error(substrate == "cuda"
                               ? "needs the cuda family, which has no module support yet"
                               : "is unknown; host and cuda are known");
}

// The modules' names and files, each name once and none that a family has.
std::vector<ModuleName> module_names(const BackendOptions& options) {
  std::vector<ModuleName> modules;
  for (const std::string& text : options.modules) {
    ModuleName module = parse_module(text);
    for (const Family& family : kFamilies)
      if (module.name == family.name)
        throw BadInput(fmt::format("module '{}': {} is a built-in backend; choose another name",
                                   text, module.name));
    for (const Peer& peer : kPeers)
      if (module.name == peer.name)
        throw BadInput(
            fmt::format("module '{}': {} is a peer; choose another name", text, module.name));
    for (const ModuleName& other : modules)
      if (module.name == other.name)
        throw BadInput(fmt::format("module '{}': {} is {} already; choose another name", text,
                                   module.name, other.file));
    modules.push_back(std::move(module));
  }
  return modules;
}

// What `open` brings, or why it brings nothing.
template <class OpenFamily>
FamilyState state_of(const std::string& family, bool is_module, OpenFamily&& open) {
  FamilyState state{family, {}, {}, is_module};
  try {
    state.backends = open();
  } catch (const std::exception& error) {
    state.why_unavailable = error.what();
  }
  return state;
}

FamilyState open_peer(const Peer& peer, const std::string& folder) {
  const std::string file = fmt::format("{}/peer_{}.so", folder, peer.name);
  if (!std::filesystem::exists(file)) return {peer.name, {}, peer.missing, true};
  return state_of(peer.name, true, [&] {
    return open_module({peer.name, file}, module_substrate);
  });
}

}  // namespace

std::string peers_folder() {
  std::error_code error;  // no /proc: no peers
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : (program.parent_path() / "modules").string();
}

std::vector<FamilyState> open_backends(std::span<const std::string> wanted,
                                       const BackendOptions& options) {
  // Peers and modules stand last in the list but are opened first: no family has threads or a
  // device yet, so that a child process can try them (host/modules.h).
  std::vector<FamilyState> modules;
  const std::vector<ModuleName> given = module_names(options);
  if (!options.peers.empty())
    for (const Peer& peer : kPeers)
      if (asked(wanted, peer.name)) modules.push_back(open_peer(peer, options.peers));
  for (const ModuleName& module : given)
    if (asked(wanted, module.name))
      modules.push_back(
          state_of(module.name, true, [&] { return open_module(module, module_substrate); }));

  std::vector<FamilyState> states;
  for (const Family& family : kFamilies) {
    if (!asked(wanted, family.name)) continue;
    if (family.open == nullptr)
      states.push_back({family.name, {}, family.not_built, false});
    else
      states.push_back(state_of(family.name, false, [&] { return family.open(options); }));
  }
  std::move(modules.begin(), modules.end(), std::back_inserter(states));
  return states;
}

}  // namespace poolbench
