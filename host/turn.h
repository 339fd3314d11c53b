// Whose turn it is: the contender whose code runs, and what it does. It stands in memory that a
// supervising process shares, so that it can be read after a crash or during a hang.
#ifndef POOLBENCH_HOST_TURN_H_
#define POOLBENCH_HOST_TURN_H_

#include <string>
#include <string_view>

namespace poolbench {

struct Turn {
  std::string contender;  // empty: the program's own code
  std::string doing;      // "load", "open", "plan", "verify", "time"
};

// Call it before code runs that the program cannot vouch for. Costs a copy of two short texts.
void say_turn(std::string_view contender, std::string_view doing);
// Returns what was said last.
Turn last_turn();

// Makes the shared memory and returns its descriptor, which a child inherits. Throws
// std::runtime_error.
int share_turns();
// Uses the memory that another process shares. Returns false if the descriptor is none of it.
bool join_turns(int descriptor);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_TURN_H_
