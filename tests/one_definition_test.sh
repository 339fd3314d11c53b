#!/bin/sh
# Finds functions that one object defines and another one has inline. The linker silently keeps one
# of the two, and callers of the other one call the wrong function.
#
#   one_definition_test.sh NM LIBRARY ...
set -eu
nm=$1
shift
"$nm" --defined-only --extern-only --print-file-name "$@" | awk '
  $NF !~ /poolbench/ { next }
  $(NF - 1) == "T" { defined[$NF] = $1 }
  $(NF - 1) == "W" { inline[$NF] = $1 }
  END {
    for (name in defined) {
      ++functions
      if (name in inline) {
        printf "%s\n  defined in %s\n  inline in  %s\n", name, defined[name], inline[name]
        twice = 1
      }
    }
    if (!functions) print "no function of poolbench in these libraries"
    exit twice || !functions
  }'
