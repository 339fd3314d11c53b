// The process of an engine: started when it is needed, asked line by line, ended when it does not
// answer. README.md beside this file describes what is said.
#ifndef POOLBENCH_HOST_ENGINES_PROCESS_H_
#define POOLBENCH_HOST_ENGINES_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/substrate.h"

namespace poolbench {

// The process of a contender ended, or was ended, while it was asked for something. The next
// request for a plan starts another one.
struct ContenderEnded : std::runtime_error {
  enum Kind { kSignal, kExit, kTimeout, kGarbled };
  ContenderEnded(Kind kind, std::string who, const std::string& what)
      : std::runtime_error(what), kind(kind), who(std::move(who)) {}
  Kind kind;
  std::string who;  // the engine's name
};

// What an engine says of itself when it has started.
struct EngineFacts {
  bool in_place = true;          // writes its results where dst is
  bool samples = false;          // takes the samples of fractional problems
  std::optional<Device> device;  // whose memory it works on; without: the host's, which is shared
  std::vector<std::string> kernels, rules;
  std::string note;     // what is inside the clock, and why
  std::string version;  // of its library
};

class EngineProcess {
 public:
  // `command`: for /bin/sh. `limit`: seconds for each answer. `trusted`: what it does after the
  // clock need not be inside it.
  EngineProcess(std::string name, std::string command, int threads, double limit, bool trusted);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;

  const std::string& name() const { return name_; }
  // Starts it if it is not there. Throws ContenderEnded, also after some falls for good, or
  // std::runtime_error with its reason.
  const EngineFacts& start();
  // Rises each time: what was said to an earlier process is gone.
  int64_t generation() const { return generation_; }
  bool is_running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  // Sends a line, and returns what follows "ok" in the answer. `doing`: for messages. Throws
  // Refused, OutOfMemory, std::runtime_error with the engine's reason, or ContenderEnded.
  std::string ask(std::string_view line, std::string_view doing, int descriptor = -1);
  // Returns the address as "SEGMENT+OFFSET", and makes the segment known to the process.
  std::string place(const void* address);
  // Takes segments from it that do not exist any more.
  void unmap_unused();
  // Whether all of its threads wait for something.
  bool is_asleep() const;

 private:
  void launch();
  void send(std::string_view line, std::string_view doing, int descriptor);
  std::string receive(std::string_view doing);
  [[noreturn]] void ended(std::string_view doing);
  [[noreturn]] void fail(ContenderEnded::Kind kind, const std::string& what);
  void stop();

  std::string name_, command_;
  int threads_;
  double limit_;
  bool trusted_;
  EngineFacts facts_;
  pid_t pid_ = -1;
  int socket_ = -1;
  int64_t generation_ = 0;
  std::set<int64_t> mapped_;
  std::string text_;  // received, not yet returned
};

// Where the engines that ship are, and the Python module for others: engines/ beside the program.
std::string engines_folder();

// The processes of engines that run now, and whose they are.
struct RunningEngine {
  std::string name;
  pid_t pid;
};
std::vector<RunningEngine> running_engines();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_PROCESS_H_
