// Processes that this one has started, or that a backend left to it.
#ifndef POOLBENCH_BENCH_PROCESSES_H_
#define POOLBENCH_BENCH_PROCESSES_H_

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace poolbench {

// Children of the calling thread, and processes whose parents have gone (PR_SET_CHILD_SUBREAPER).
std::set<pid_t> children();
// The words that this process was started with, behind the program's name.
std::vector<std::string> arguments();
// Kills a child and waits until it is gone. Returns false if it could not be killed.
bool end_child(pid_t child);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_PROCESSES_H_
