// Odd: nothing. The honest twin that every probe's time is compared with.
#include "tests/cheats/probe.h"

POOLBENCH_PROBE(probe::Honest)
