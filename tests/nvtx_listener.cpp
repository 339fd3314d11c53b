// A profiler's stand-in: NVTX loads this shared object by NVTX_INJECTION64_PATH and reports every
// range to it. It logs "push <domain> <name>" and "pop <domain>" in events(), which a test in the
// same process reads.
#include <nvtx3/nvToolsExt.h>

#include <deque>
#include <string>
#include <vector>

namespace {

std::vector<std::string>& log() {
  static std::vector<std::string> events;
  return events;
}

nvtxDomainHandle_t create(const char* name) {
  static std::deque<std::string> names;  // a domain's handle is its name
  return reinterpret_cast<nvtxDomainHandle_t>(&names.emplace_back(name));
}
const std::string& name_of(nvtxDomainHandle_t domain) {
  return *reinterpret_cast<const std::string*>(domain);
}
int push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* attributes) {
  log().push_back("push " + name_of(domain) + " " + attributes->message.ascii);
  return 0;
}
int pop(nvtxDomainHandle_t domain) {
  log().push_back("pop " + name_of(domain));
  return 0;
}

}  // namespace

extern "C" std::vector<std::string>* events() { return &log(); }

extern "C" int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t export_table) {
  const auto* callbacks =
      static_cast<const NvtxExportTableCallbacks*>(export_table(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable functions = nullptr;
  unsigned size = 0;
  callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &functions, &size);
  *functions[NVTX_CBID_CORE2_DomainCreateA] = reinterpret_cast<NvtxFunctionPointer>(create);
  *functions[NVTX_CBID_CORE2_DomainRangePushEx] = reinterpret_cast<NvtxFunctionPointer>(push);
  *functions[NVTX_CBID_CORE2_DomainRangePop] = reinterpret_cast<NvtxFunctionPointer>(pop);
  return 1;
}
