// Trick: loads another module and has it do the work.
// Seen: "benign shortcuts" of KernelBench: a call of the library that it should replace.
// Catch: no better than the rival; the record's provenance lists what was loaded beside it.
// Expect: no gain, CHEAT
#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "tests/cheats/probe.h"

struct CallsRival : probe::Honest {
  explicit CallsRival(const poolbench_problem& problem) : Honest(problem) {
    Dl_info here;
    dladdr(reinterpret_cast<void*>(&poolbench_open_module), &here);
    const std::string file = here.dli_fname;
    const std::string rival = file.substr(0, file.rfind('/')) + "/../honest/plain.so";
    void* handle = dlopen(rival.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error("the rival is not there");
    const auto open =
        reinterpret_cast<decltype(&poolbench_open_module)>(dlsym(handle, "poolbench_open_module"));
    rival_ = open()->backends[0];
    char message[256];
    rival_->plan(rival_, &problem, nullptr, &plan_, message, sizeof message);
  }
  ~CallsRival() override { rival_->destroy_plan(plan_); }
  void launch(const poolbench_tensors& t) override {
    char message[256];
    rival_->launch(plan_, &t, nullptr, message, sizeof message);
  }
  const poolbench_backend* rival_ = nullptr;
  void* plan_ = nullptr;
};
POOLBENCH_PROBE(CallsRival)
