// A fake NVML with one GPU. At the third query its clocks fall and a power cap sets in.
#include <cstdio>

extern "C" {

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
const char* nvmlErrorString(int) { return "no error"; }
int nvmlSystemGetDriverVersion(char* text, unsigned bytes) {
  std::snprintf(text, bytes, "580.159.04");
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) { return *count = 1, 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) {
  static int gpu;
  return *device = &gpu, 0;
}
int nvmlDeviceGetUUID(void*, char* text, unsigned bytes) {
  std::snprintf(text, bytes, "GPU-8A6F0000-1111-2222-3333-444455556666");
  return 0;
}
static int looks = 0;
int nvmlDeviceGetClockInfo(void*, int type, unsigned* mhz) {
  if (type == 1) return *mhz = ++looks < 3 ? 1980 : 1400, 0;
  return *mhz = 3201, 0;
}
int nvmlDeviceGetMaxClockInfo(void*, int type, unsigned* mhz) {
  return *mhz = type == 1 ? 1980 : 3201, 0;
}
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) { return *milliwatts = 412'500, 0; }
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
  return *milliwatts = 700'000, 0;
}
int nvmlDeviceGetTemperature(void*, int, unsigned* celsius) { return *celsius = 41, 0; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* reasons) {
  return *reasons = looks < 3 ? 0 : 0x4 | 0x20, 0;
}

}  // extern "C"
