#include "host/modules.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include "host/fp_env.h"
#include "host/module_backend.h"
#include "host/substrates/host.h"
#include "host/unique_symbols.h"

namespace poolbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kEntry = "poolbench_open_module";
// Large libraries on a cold disk take their time.
constexpr std::chrono::seconds kLoadingLimit{120};
constexpr int kCameThrough = 42;  // a status that no crash and no exit() gives

// The reason for a refusal: orderly, unlike what a module itself may throw while it is loaded.
struct Unusable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class... Args>
[[noreturn]] void unusable(const ModuleName& module, fmt::format_string<Args...> format,
                           Args&&... args) {
  throw Unusable(fmt::format("module {} ({}): {}", module.name, module.file,
                             fmt::format(format, std::forward<Args>(args)...)));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) || letter == '-' || letter == '_';
  });
}

// Opens the file and returns what its entry does.
//
// RTLD_LOCAL: two modules never see each other's symbols. No RTLD_DEEPBIND: what the program has
// already (libc, libstdc++, above all the OpenMP runtime) then serves the module too, so that one
// team of threads serves all; two of them ruin each other's times. Deep binding would also break
// the sanitizers. A module's own code does not need it: its symbols are hidden.
const poolbench_module* load(const ModuleName& module) {
  // With a slash in it, so that it is a path and not looked for among the system's libraries.
  const std::string path = std::filesystem::absolute(module.file).string();
  if (access(path.c_str(), R_OK) != 0)
    unusable(module, "{}; NAME=FILE wants a shared object's path", std::strerror(errno));
  if (const auto unique = unique_symbols(path); !unique.empty())
    unusable(
        module,
        "has {} GNU-unique symbols, such as {}: a process has one copy of each for all modules, "
        "so that one would run with another one's; build it with -fno-gnu-unique, or with "
        "poolbench_module()",
        unique.size(), unique.front());
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    unusable(module, "cannot be opened: {}; a shared object is wanted, built as host/module.h says",
             dlerror());
  const auto open = reinterpret_cast<decltype(&poolbench_open_module)>(dlsym(handle, kEntry));
  if (open == nullptr)
    unusable(module, "has no function {}; it must export it as extern \"C\" (host/module.h)",
             kEntry);
  const poolbench_module* table = open();
  if (table == nullptr) unusable(module, "{} returned null; a poolbench_module is wanted", kEntry);
  return table;
}

// The file as the kernel knows it. One in memory has a name there, but no place.
std::string file_of(const ModuleName& module) {
  std::error_code error;
  const auto place = std::filesystem::weakly_canonical(module.file, error);
  return (error ? std::filesystem::read_symlink(module.file) : place).string();
}

// The same, and says where the module comes from.
const poolbench_module* load(const ModuleName& module, Origin& origin) {
  origin.file = file_of(module);
  const poolbench_module* table = nullptr;
  {
    const OriginWatch watch(origin);
    table = load(module);
  }
  origin.object = loaded_files()[origin.file];
  return table;
}

constexpr int32_t kOldestVersion = 2;
// Of a poolbench_backend in each version.
constexpr int64_t backend_bytes(int32_t version) {
  return version == 2 ? offsetof(poolbench_backend, use_vulkan) : sizeof(poolbench_backend);
}

void check_backend(const ModuleName& module, int32_t version, const poolbench_backend* backend) {
  if (backend == nullptr) unusable(module, "a backend is null");
  if (backend->struct_bytes < backend_bytes(version))
    unusable(module, "a backend's struct_bytes is {}; at least {} is right", backend->struct_bytes,
             backend_bytes(version));
  for (const auto& [given, what] : {std::pair(backend->supports != nullptr, "supports"),
                                    std::pair(backend->plan != nullptr, "plan"),
                                    std::pair(backend->launch != nullptr, "launch"),
                                    std::pair(backend->substrate != nullptr, "substrate"),
                                    std::pair(backend->kernels != nullptr, "kernels")})
    if (!given) unusable(module, "a backend's {} is null", what);
  if (backend->kernel_count < 1) unusable(module, "a backend has no kernels; 1 or more is right");
  for (int32_t i = 0; i < backend->kernel_count; ++i) {
    const char* name = backend->kernels[i].name;
    if (name == nullptr || !is_name(name))
      unusable(module, "kernel {} is named '{}'; letters, digits, - and _ make a name", i,
               name == nullptr ? "" : name);
  }
}

// Throws unless `table` can be used.
void check(const ModuleName& module, const poolbench_module* table) {
  if (table->version < kOldestVersion || table->version > POOLBENCH_MODULE_VERSION)
    unusable(
        module,
        "has version {} of the module interface, this program has {} to {}; build it with this "
        "program's host/module.h",
        table->version, kOldestVersion, int{POOLBENCH_MODULE_VERSION});
  if (table->struct_bytes < int64_t{sizeof *table})
    unusable(module, "struct_bytes is {}; at least {} is right", table->struct_bytes,
             sizeof *table);
  if (table->backend_count < 1 || table->backends == nullptr) {
    const bool reason = table->why_unavailable != nullptr && *table->why_unavailable != '\0';
    unusable(module, "{}",
             reason ? table->why_unavailable : "brings no backends and gives no reason");
  }
  for (int32_t i = 0; i < table->backend_count; ++i)
    check_backend(module, table->version, table->backends[i]);
}

// The last line that is not empty, for a message.
std::string last_line(std::string_view text) {
  const size_t last = text.find_last_not_of(" \n");
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  text = text.substr(text.find_last_of('\n') + 1);
  return std::string(text.substr(text.find_first_not_of(' ')));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Libraries of which a process must not hold two: they share GNU-unique symbols, whatever
// RTLD_LOCAL says, and the second one to start crashes.
constexpr std::string_view kOnlyOne[] = {"libtorch_cpu", "libc10"};

// Where the libraries of kOnlyOne in this process come from, by name.
std::map<std::string, std::string> only_ones() {
  std::map<std::string, std::string> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        const std::filesystem::path path = info->dlpi_name;
        const std::string file = path.filename().string();
        for (const std::string_view name : kOnlyOne)
          if (file.starts_with(name) && file.substr(name.size()).starts_with(".so"))
            (*static_cast<std::map<std::string, std::string>*>(data))[std::string(name)] =
                std::filesystem::weakly_canonical(path).string();
        return 0;
      },
      &found);
  return found;
}

// The child's side of try_module: never returns. Writes which only ones the module brings to
// `brings`, a line each.
[[noreturn]] void load_and_exit(const ModuleName& module, int output, int brings) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT})
    std::signal(signal, SIG_DFL);
  try {
    check(module, load(module));
    for (const auto& [name, path] : only_ones()) dprintf(brings, "%s\n", path.c_str());
  } catch (const Unusable&) {
    // Not a crash: the parent meets it too and says so.
  } catch (const std::exception& error) {
    // Thrown through the system's loader, which does not survive that.
    std::fprintf(stderr, "%s\n", error.what());
    std::abort();
  } catch (...) {
    std::abort();
  }
  _exit(kCameThrough);
}

// Reads what the child writes until it ends; its last words are kept. False: it took too long.
bool read_until_end(int output, Clock::time_point deadline, std::string& words) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting = {output, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    char buffer[4096];
    const ssize_t got = read(output, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    words.append(buffer, got);
    if (words.size() > 2 * sizeof buffer) words.erase(0, words.size() - sizeof buffer);
  }
}

// Tells a module on Vulkan which device it works on.
void hand_over_device(const ModuleName& module, int32_t version, const poolbench_backend& backend,
                      const Substrate& substrate) {
  if (substrate.device().substrate != "vulkan") return;
  if (version < 3 || backend.use_vulkan == nullptr)
    unusable(module, "works on vulkan; its backend needs version 3 and use_vulkan() for that");
  const NativeDevice native = substrate.native();
  const poolbench_vulkan vulkan = {.struct_bytes = sizeof vulkan,
                                   .instance = native.instance,
                                   .physical_device = native.physical_device,
                                   .device = native.device,
                                   .get_instance_proc_addr = native.get_instance_proc_addr};
  char message[kModuleMessageBytes] = {};
  if (backend.use_vulkan(&backend, &vulkan, message, kModuleMessageBytes) != POOLBENCH_OK)
    unusable(module, "cannot use the Vulkan device: {}", message);
}

Substrate& substrate_of(const ModuleName& module, const poolbench_backend& backend,
                        const FindSubstrate& find_substrate) {
  const std::string_view substrate = backend.substrate;
  if (substrate == "host") return host_substrate();
  const char* device = backend.device != nullptr ? backend.device : "";
  try {
    return find_substrate(substrate, device);
  } catch (const std::exception& error) {
    unusable(module, "works on substrate '{}', device '{}': {}", substrate, device, error.what());
  }
}

}  // namespace

ModuleName parse_module(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos || equals + 1 == text.size() || !is_name(name))
    throw BadInput(fmt::format(
        "module '{}': NAME=FILE is right, as in mine=./libmine.so, where letters, digits, - and _ "
        "make a name",
        text));
  return {std::string(name), std::string(text.substr(equals + 1))};
}

Substrate& with_uuid(std::span<const std::unique_ptr<Substrate>> substrates,
                     std::string_view uuid) {
  std::string here;
  for (const auto& substrate : substrates) {
    if (uuid.empty() || substrate->device().uuid == uuid) return *substrate;
    here += fmt::format("{}{} ({})", here.empty() ? "" : ", ", substrate->device().uuid,
                        substrate->device().name);
  }
  throw std::runtime_error("is not here; here are " + (here.empty() ? "none" : here));
}

std::vector<std::string> try_module(const ModuleName& module) {
  int ends[2], brings[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(brings, O_CLOEXEC) != 0)
    unusable(module, "cannot be tried: {}", std::strerror(errno));
  const pid_t child = fork();
  if (child == 0) load_and_exit(module, ends[1], brings[1]);
  const int error = errno;
  close(ends[1]), close(brings[1]);
  if (child < 0) {
    close(ends[0]), close(brings[0]);
    unusable(module, "cannot be tried in a process of its own: {}", std::strerror(error));
  }
  std::string words, only;
  const auto deadline = Clock::now() + kLoadingLimit;
  const bool ended = read_until_end(ends[0], deadline, words);
  if (ended) read_until_end(brings[0], deadline, only);
  close(ends[0]), close(brings[0]);
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  words = last_line(words);
  if (!words.empty()) words = "; it said: " + words;
  if (!ended)
    unusable(module, "did not finish loading within {} s{}", kLoadingLimit.count(), words);
  if (WIFSIGNALED(status))
    unusable(module, "crashed while loading: signal {} ({}){}", WTERMSIG(status),
             strsignal(WTERMSIG(status)), words);
  if (WEXITSTATUS(status) != kCameThrough)
    unusable(module, "ended the process while loading: exit status {}{}", WEXITSTATUS(status),
             words);
  return lines_of(only);
}

void require_only_one(const ModuleName& module, const std::vector<std::string>& brings) {
  const auto here = only_ones();
  for (const std::string& path : brings)
    for (const auto& [name, other] : here)
      if (std::filesystem::path(path).filename().string().starts_with(name) && path != other)
        unusable(module,
                 "brings a second {} ({} beside {}): two in one process crash; build it with that "
                 "one, or leave the other backend out (--backend)",
                 name, path, other);
}

std::vector<std::string> openmp_runtimes() {
  std::vector<std::string> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        for (const char* name : {"libgomp", "libiomp5", "libomp"})
          if (std::strstr(info->dlpi_name, name) != nullptr)
            static_cast<std::vector<std::string>*>(data)->push_back(info->dlpi_name);
        return 0;
      },
      &found);
  return found;
}

OpenModule open_module(const ModuleName& module, const FindSubstrate& find_substrate,
                       bool rules_trusted) {
  const size_t runtimes = openmp_runtimes().size();
  const auto origin = std::make_shared<Origin>();
  FpGuard guard;
  const poolbench_module* table = load(module, *origin);
  if (const std::string change = guard.restore(); !change.empty()) {
    guard.restore_team();  // not in the child that tries modules: a forked team would hang
    fmt::print(
        stderr,
        "module {} ({}): loading it {}, as g++ -Ofast does; this was undone, and its launches "
        "run as everybody's do\n",
        module.name, module.file, change);
  }
  const bool own_openmp = openmp_runtimes().size() > std::max<size_t>(runtimes, 1);
  check(module, table);
  OpenModule opened{{}, origin};
  for (int32_t i = 0; i < table->backend_count; ++i) {
    const poolbench_backend& backend = *table->backends[i];
    Substrate& substrate = substrate_of(module, backend, find_substrate);
    hand_over_device(module, table->version, backend, substrate);
    opened.backends.push_back(make_module_backend(
        table->version, &backend,
        table->backend_count == 1 ? module.name : fmt::format("{}:{}", module.name, i), substrate,
        ModuleTraits{own_openmp, rules_trusted, origin}));
  }
  return opened;
}

}  // namespace poolbench
