#!/bin/sh
# The OpenMP kernels are compiled once for each instruction set, each in a namespace of its own
# (kernels/openmp/simd.h). A symbol that an object defines outside it, an inline function of a shared
# header say, may stand in the other sets' objects too; the linker keeps one of them, and that may be
# AVX-512 code which a machine without it then runs.
#
#   isa_symbols_test.sh NM SET OBJECT[;OBJECT...]
set -efu
nm=$1 isa=$2
IFS=';'
symbols=$("$nm" --defined-only --extern-only --print-file-name $3)
own=9poolbench${#isa}$isa # as names are mangled

printf '%s\n' "$symbols" | grep -q "$own" ||
  { echo "no symbol of poolbench::$isa in these objects"; exit 1; }
# DW.ref.…: the address of a function of the C++ runtime's, which GCC's exception tables refer to.
outside=$(printf '%s\n' "$symbols" | grep -v -e "$own" -e ' DW\.ref\.') || exit 0
echo "defined outside poolbench::$isa:"
printf '%s\n' "$outside"
exit 1
