#include "host/substrates/nvml.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cctype>
#include <map>

namespace poolbench {
namespace {

// The used part of nvml.h, which the driver does not install. Values are NVML's.
using Handle = struct NvmlDevice*;
enum Return : int { kSuccess = 0 };
enum Clock : int { kClockSm = 1, kClockMemory = 2 };
constexpr int kTemperatureGpu = 0;
constexpr unsigned kTextBytes = 96;  // NVML_DEVICE_UUID_V2_BUFFER_SIZE, its longest text here

constexpr struct {
  uint64_t bit;
  const char* name;
} kReasons[] = {
    {0x1, "gpu_idle"},
    {0x2, "applications_clocks_setting"},
    {0x4, "sw_power_cap"},
    {0x8, "hw_slowdown"},
    {0x10, "sync_boost"},
    {0x20, "sw_thermal_slowdown"},
    {0x40, "hw_thermal_slowdown"},
    {0x80, "hw_power_brake_slowdown"},
    {0x100, "display_clock_setting"},
};

// Converts "GPU-1b2a..-.." to 32 hex digits.
std::string plain_uuid(std::string_view text) {
  if (text.rfind("GPU-", 0) == 0) text.remove_prefix(4);
  std::string digits;
  for (const char c : text)
    if (c != '-') digits += char(std::tolower(static_cast<unsigned char>(c)));
  return digits;
}

}  // namespace

struct Nvml::Library {
  void* file = nullptr;
  bool started = false;
  std::map<std::string, Handle> devices;  // by UUID

  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_text)(Return) = nullptr;
  Return (*driver_version)(char*, unsigned) = nullptr;
  Return (*count)(unsigned*) = nullptr;
  Return (*by_index)(unsigned, Handle*) = nullptr;
  Return (*uuid)(Handle, char*, unsigned) = nullptr;
  Return (*clock)(Handle, int, unsigned*) = nullptr;
  Return (*max_clock)(Handle, int, unsigned*) = nullptr;
  Return (*power)(Handle, unsigned*) = nullptr;        // milliwatts
  Return (*power_limit)(Handle, unsigned*) = nullptr;  // milliwatts
  Return (*temperature)(Handle, int, unsigned*) = nullptr;
  Return (*reasons)(Handle, unsigned long long*) = nullptr;

  Library() = default;
  Library(const Library&) = delete;
  ~Library() {
    if (started && shutdown != nullptr) shutdown();
    if (file != nullptr) dlclose(file);
  }

  // Newer drivers have some functions under a new name.
  template <class F>
  void find(F& function, std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (function == nullptr) function = reinterpret_cast<F>(dlsym(file, name));
  }

  // Calls a query that returns a number; returns 0 if it fails.
  static unsigned number(Return (*function)(Handle, unsigned*), Handle device) {
    unsigned value = 0;
    return function != nullptr && function(device, &value) == kSuccess ? value : 0;
  }
  static unsigned number(Return (*function)(Handle, int, unsigned*), Handle device, int which) {
    unsigned value = 0;
    return function != nullptr && function(device, which, &value) == kSuccess ? value : 0;
  }
  std::optional<Handle> device(const std::string& uuid) const {
    const auto found = devices.find(uuid);
    if (found == devices.end()) return std::nullopt;
    return found->second;
  }
};

Nvml::Nvml(const char* library) : library_(std::make_unique<Library>()) {
  Library& nvml = *library_;
  nvml.file = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (nvml.file == nullptr) {
    why_not_ = fmt::format("no NVML: {}", dlerror());
    return;
  }
  nvml.find(nvml.init, {"nvmlInit_v2"});
  nvml.find(nvml.shutdown, {"nvmlShutdown"});
  nvml.find(nvml.error_text, {"nvmlErrorString"});
  nvml.find(nvml.driver_version, {"nvmlSystemGetDriverVersion"});
  nvml.find(nvml.count, {"nvmlDeviceGetCount_v2"});
  nvml.find(nvml.by_index, {"nvmlDeviceGetHandleByIndex_v2"});
  nvml.find(nvml.uuid, {"nvmlDeviceGetUUID"});
  nvml.find(nvml.clock, {"nvmlDeviceGetClockInfo"});
  nvml.find(nvml.max_clock, {"nvmlDeviceGetMaxClockInfo"});
  nvml.find(nvml.power, {"nvmlDeviceGetPowerUsage"});
  nvml.find(nvml.power_limit, {"nvmlDeviceGetEnforcedPowerLimit"});
  nvml.find(nvml.temperature, {"nvmlDeviceGetTemperature"});
  nvml.find(nvml.reasons, {"nvmlDeviceGetCurrentClocksEventReasons",
                           "nvmlDeviceGetCurrentClocksThrottleReasons"});
  if (nvml.init == nullptr || nvml.count == nullptr || nvml.by_index == nullptr ||
      nvml.uuid == nullptr) {
    why_not_ = fmt::format("no NVML: {} lacks its functions", library);
    return;
  }
  if (const Return status = nvml.init(); status != kSuccess) {
    why_not_ =
        fmt::format("NVML does not start: {}",
                    nvml.error_text != nullptr ? nvml.error_text(status) : "no reason given");
    return;
  }
  nvml.started = true;
  char text[kTextBytes] = "";
  if (nvml.driver_version != nullptr && nvml.driver_version(text, kTextBytes) == kSuccess)
    driver_ = text;
  unsigned devices = 0;
  nvml.count(&devices);
  for (unsigned i = 0; i < devices; ++i)
    if (Handle device = nullptr;
        nvml.by_index(i, &device) == kSuccess && nvml.uuid(device, text, kTextBytes) == kSuccess)
      nvml.devices[plain_uuid(text)] = device;
}

Nvml::Nvml(Nvml&&) noexcept = default;
Nvml::~Nvml() = default;

std::optional<GpuState> Nvml::state(const std::string& uuid) const {
  const auto device = library_->device(uuid);
  if (!device) return std::nullopt;
  GpuState state;
  state.sm_mhz = Library::number(library_->clock, *device, kClockSm);
  state.memory_mhz = Library::number(library_->clock, *device, kClockMemory);
  state.celsius = Library::number(library_->temperature, *device, kTemperatureGpu);
  state.watts = Library::number(library_->power, *device) * 1e-3;
  unsigned long long reasons = 0;
  if (library_->reasons != nullptr && library_->reasons(*device, &reasons) == kSuccess)
    state.throttle = reasons;
  return state;
}

std::optional<GpuLimits> Nvml::limits(const std::string& uuid) const {
  const auto device = library_->device(uuid);
  if (!device) return std::nullopt;
  return GpuLimits{Library::number(library_->max_clock, *device, kClockSm),
                   Library::number(library_->max_clock, *device, kClockMemory),
                   Library::number(library_->power_limit, *device) * 1e-3};
}

std::vector<std::string> throttle_reasons(uint64_t bits) {
  std::vector<std::string> names;
  for (const auto& [bit, name] : kReasons)
    if ((bits & bit) != 0) names.emplace_back(name);
  return names;
}

}  // namespace poolbench
