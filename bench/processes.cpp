#include "bench/processes.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fstream>

namespace poolbench {

std::set<pid_t> children() {
  std::set<pid_t> found;
  std::ifstream file("/proc/thread-self/children");
  for (pid_t child; file >> child;) found.insert(child);
  return found;
}

std::vector<std::string> arguments() {
  std::vector<std::string> words;
  std::ifstream own("/proc/self/cmdline");
  for (std::string word; std::getline(own, word, '\0');) words.push_back(word);
  if (!words.empty()) words.erase(words.begin());
  return words;
}

bool end_child(pid_t child) {
  const bool killed = kill(child, SIGKILL) == 0;
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return killed;
}

}  // namespace poolbench
