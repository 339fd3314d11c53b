#include "host/substrates/nvtx.h"

#if POOLBENCH_HAS_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace poolbench {

#if POOLBENCH_HAS_NVTX

namespace {

nvtxDomainHandle_t domain() {
  static const nvtxDomainHandle_t handle = nvtxDomainCreateA("poolbench");
  return handle;
}

}  // namespace

bool profiler_ranges_built() { return true; }

ProfilerRange::ProfilerRange(const std::string& name) {
  nvtxEventAttributes_t attributes = {};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
  attributes.message.ascii = name.c_str();
  nvtxDomainRangePushEx(domain(), &attributes);
}

ProfilerRange::~ProfilerRange() { nvtxDomainRangePop(domain()); }

#else

bool profiler_ranges_built() { return false; }
ProfilerRange::ProfilerRange(const std::string&) {}
ProfilerRange::~ProfilerRange() {}

#endif

}  // namespace poolbench
