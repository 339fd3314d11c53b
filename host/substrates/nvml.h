// Reads clocks, power, temperature and throttle reasons of an NVIDIA GPU through NVML, which comes
// with the driver and is opened at run time. Never changes a setting.
#ifndef POOLBENCH_HOST_SUBSTRATES_NVML_H_
#define POOLBENCH_HOST_SUBSTRATES_NVML_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poolbench {

// 0: the driver does not say.
struct GpuState {
  uint32_t sm_mhz = 0, memory_mhz = 0;
  uint32_t celsius = 0;
  double watts = 0;
  uint64_t throttle = 0;  // bits that throttle_reasons() names
};

struct GpuLimits {
  uint32_t sm_mhz = 0, memory_mhz = 0;  // the highest there are
  double watts = 0;                     // the enforced power limit
};

class Nvml {
 public:
  // Never throws; why_not() says what is missing.
  explicit Nvml(const char* library = "libnvidia-ml.so.1");
  ~Nvml();
  Nvml(Nvml&&) noexcept;

  const std::string& why_not() const { return why_not_; }  // empty: it works
  const std::string& driver() const { return driver_; }    // "580.159.04"
  // For the GPU with this UUID (32 hex digits, as in Device); nothing if NVML does not list it.
  std::optional<GpuState> state(const std::string& uuid) const;
  std::optional<GpuLimits> limits(const std::string& uuid) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  std::string why_not_, driver_;
};

// Returns the names of the set bits, as in NVML's documentation: "sw_power_cap", ...
std::vector<std::string> throttle_reasons(uint64_t bits);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_NVML_H_
