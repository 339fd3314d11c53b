// What the probes that forge the child's words share.
#ifndef POOLBENCH_TESTS_CHEATS_SOCKETS_H_
#define POOLBENCH_TESTS_CHEATS_SOCKETS_H_

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "tests/cheats/probe.h"

namespace probe {

// Writes a text to every open pipe and socket but the standard ones.
inline void tell_everybody(const char* text) {
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    struct stat what;
    if (fstat(descriptor, &what) != 0) continue;
    if (!S_ISSOCK(what.st_mode) && !S_ISFIFO(what.st_mode)) continue;
    if (write(descriptor, text, std::strlen(text)) < 0) continue;
  }
}

}  // namespace probe

#endif  // POOLBENCH_TESTS_CHEATS_SOCKETS_H_
