// An engine (README.md) as a backend: a process of its own that pools.
#ifndef POOLBENCH_HOST_ENGINES_ENGINE_H_
#define POOLBENCH_HOST_ENGINES_ENGINE_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/backend.h"

namespace poolbench {

struct EngineName {
  std::string name;
  std::string command;   // for /bin/sh
  bool shipped = false;  // its rules count as those of peers do
  std::string file;      // of its code; empty: it ships
};

// The engines that ship, as they are called.
std::span<const char* const> shipped_engines();

// Reads what --engine takes: NAME of one that ships, NAME=COMMAND, or "all" that ship. Throws
// BadInput. Engines that ship, and a COMMAND that begins with a file FILE.py, run with the Python
// of engines/venv beside the program if that is there, and else with python3.
std::vector<EngineName> parse_engines(const std::vector<std::string>& texts);

// A module in a process of its own (--isolate).
EngineName isolated_module(const std::string& name, const std::string& file);

struct EngineOptions {
  int threads = 0;   // 0: one a core that this process may use
  double limit = 0;  // seconds for its start, each plan and each recording
  bool trust_rules = false;
};

// Starts the engine. If it works on the host, the host's memory is shared from then on
// (host/substrates/shared_memory.h).
// Throws std::runtime_error with the reason why it cannot start.
std::vector<std::unique_ptr<Backend>> open_engine(const EngineName& engine,
                                                  const EngineOptions& options);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_ENGINE_H_
