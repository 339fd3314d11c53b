// Trick: prints a row of the table with a time of its own.
// Seen: GPU MODE's submissions that print the grader's words.
// Catch: the parent owns standard output; what modules print does not get there.
// Expect: no gain, CHEAT
#include <unistd.h>

#include "tests/cheats/probe.h"

struct PrintsForgedRow : probe::Honest {
  using Honest::Honest;
  void rest() override {
    static constexpr char kRow[] = "  forged           probe          |    1.0 ns   1 %  9999.99\n";
    std::fputs(kRow, stdout);
    if (write(STDOUT_FILENO, kRow, sizeof kRow - 1) < 0) std::perror("write");
  }
};
POOLBENCH_PROBE(PrintsForgedRow)
