// The ordered list of families. The only file with #if on what was built.
#include "host/backends/backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>

#include "host/engines/engine.h"
#include "host/modules.h"
#include "host/turn.h"
#if POOLBENCH_HAS_CUDA
#include "host/substrates/cuda.h"
#endif
#if POOLBENCH_HAS_VULKAN
#include "host/substrates/vulkan.h"
#endif

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
    {"cuda", nullptr,
     "not built: needs the CUDA Toolkit (nvcc 12 or newer) when CMake runs, and a GPU or "
     "POOLBENCH_NATIVE=OFF"},
#endif
#if POOLBENCH_HAS_CUDA_EMULATED
    {"cuda-emulated", open_cuda_emulated, ""},
#else
    {"cuda-emulated", nullptr,
     "not built: needs Boost.Context (libboost-context-dev) and POOLBENCH_NATIVE=OFF when CMake "
     "runs"},
#endif
#if POOLBENCH_HAS_VULKAN
    {"vulkan", open_vulkan, ""},
#else
    {"vulkan", nullptr, "not built: needs glslc and the Vulkan headers when CMake runs"},
#endif
};

// The peers: <peers folder>/peer_<name>.so, built by host/peers for each library that is found.
struct Peer {
  const char* name;
  const char* missing;
};

constexpr Peer kPeers[] = {
    {"onednn", "not built: needs oneDNN when CMake runs; bench/run --peers gets it"},
    {"aten", "not built: needs libtorch when CMake runs; bench/run --peers gets it"},
    {"xnnpack", "not built: needs XNNPACK when CMake runs; bench/run --peers gets it"},
    // Before cudnn: libtorch needs the libcudnn.so.9 that it was built with, or a newer one.
    {"aten-cuda",
     "not built: needs the CUDA Toolkit and python3's PyTorch with CUDA when CMake runs"},
    {"cudnn", "not built: needs the CUDA Toolkit and cuDNN 9 when CMake runs"},
};

bool names(const std::string& wanted, const std::string& family) {
  return wanted == family || wanted.rfind(family + ":", 0) == 0 ||
         wanted.rfind(family + "@", 0) == 0;
}

bool asked(std::span<const std::string> wanted, const std::string& family) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                       [&](const auto& name) { return names(name, family); });
}

Substrate& module_substrate(std::string_view substrate, [[maybe_unused]] std::string_view uuid) {
#if POOLBENCH_HAS_CUDA
  if (substrate == "cuda") return with_uuid(cuda_substrates(), uuid);
#endif
#if POOLBENCH_HAS_VULKAN
  if (substrate == "vulkan") return with_uuid(vulkan_substrates(), uuid);
#endif
  if (substrate == "cuda" || substrate == "vulkan")
    throw std::runtime_error(fmt::format("needs the {} family, which was not built", substrate));
  throw std::runtime_error("is unknown; host, cuda and vulkan are known");
}

// Throws BadInput where an engine has the name of something else.
std::vector<EngineName> engine_names(const BackendOptions& options) {
  std::vector<EngineName> engines = parse_engines(options.engines);
  const auto check = [&](std::string_view other) {
    for (const EngineName& engine : engines)
      if (engine.name == other)
        throw BadInput(fmt::format("--engine: {} is another backend; choose another name", other));
  };
  for (const Family& family : kFamilies) check(family.name);
  for (const Peer& peer : kPeers) check(peer.name);
  for (const std::string& text : options.modules) check(parse_module(text).name);
  return engines;
}

// Returns the modules' names and files. A name must be unique, and differ from every family's.
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

// Calls `open`; returns its backends, or the reason why there are none.
template <class OpenFamily>
FamilyState state_of(const std::string& family, bool is_module, OpenFamily&& open) {
  FamilyState state{family, {}, {}, is_module};
  say_turn(family, is_module ? "load" : "open");
  try {
    state.backends = open();
  } catch (const std::exception& error) {
    state.why_unavailable = error.what();
  }
  return state;
}

// A peer's or a user's module; for a peer, why it may be missing.
struct Wanted {
  ModuleName module;
  const char* missing = nullptr;
  bool is_peer() const { return missing != nullptr; }
};

// Tries all modules, each in a child process, before it opens any: threads and devices that an open
// module has started would be missing in a child.
std::vector<FamilyState> open_modules(const std::vector<Wanted>& wanted, bool trust_rules) {
  std::vector<FamilyState> states;
  std::vector<std::vector<std::string>> brings(wanted.size());
  for (const Wanted& each : wanted)
    states.push_back(state_of(each.module.name, true, [&] {
      if (each.is_peer() && !std::filesystem::exists(each.module.file))
        throw std::runtime_error(each.missing);
      brings[states.size()] = try_module(each.module);
      return std::vector<std::unique_ptr<Backend>>();
    }));
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!states[i].why_unavailable.empty()) continue;
    std::shared_ptr<const Origin> origin;
    states[i] = state_of(wanted[i].module.name, true, [&] {
      require_only_one(wanted[i].module, brings[i]);
      OpenModule opened =
          open_module(wanted[i].module, module_substrate, wanted[i].is_peer() || trust_rules);
      origin = opened.origin;
      return std::move(opened.backends);
    });
    states[i].origin = origin;
  }
  return states;
}

}  // namespace

std::string peers_folder() {
  std::error_code error;  // no /proc: no peers
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : (program.parent_path() / "modules").string();
}

std::vector<FamilyState> open_backends(std::span<const std::string> wanted,
                                       const BackendOptions& options) {
  // Engines before all others: from then on memory is shared. Peers and modules next, though they
  // stand last in the list: while no family has threads or a device, child processes can try them
  // (host/modules.h).
  std::vector<FamilyState> engines;
  const int threads = options.threads.size() == 1 ? options.threads.front() : 0;
  std::vector<ModuleName> given = module_names(options);
  std::vector<EngineName> all_engines = engine_names(options);
  for (const ModuleName& module : given)
    if (options.isolate) all_engines.push_back(isolated_module(module.name, module.file));
  if (options.isolate) given.clear();
  for (const EngineName& engine : all_engines)
    if (asked(wanted, engine.name)) {
      engines.push_back(state_of(engine.name, true, [&] {
        return open_engine(engine, {threads, options.engine_limit, options.trust_rules});
      }));
      if (engines.back().why_unavailable.empty() && !engine.shipped)
        engines.back().origin = std::make_shared<Origin>(Origin{engine.file, {}, {}});
    }
  std::vector<Wanted> wanted_modules;
  if (!options.peers.empty())
    for (const Peer& peer : kPeers)
      if (asked(wanted, peer.name))
        wanted_modules.push_back(
            {{peer.name, fmt::format("{}/peer_{}.so", options.peers, peer.name)}, peer.missing});
  for (const ModuleName& module : given)
    if (asked(wanted, module.name)) wanted_modules.push_back({module});
  std::vector<FamilyState> modules = open_modules(wanted_modules, options.trust_rules);

  std::vector<FamilyState> states;
  for (const Family& family : kFamilies) {
    if (!asked(wanted, family.name)) continue;
    if (family.open == nullptr)
      states.push_back({family.name, {}, family.not_built, false});
    else
      states.push_back(state_of(family.name, false, [&] { return family.open(options); }));
  }
  std::ranges::move(modules, std::back_inserter(states));
  std::ranges::move(engines, std::back_inserter(states));
  return states;
}

}  // namespace poolbench
