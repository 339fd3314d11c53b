#!/bin/sh
# The OpenMP kernels are compiled once for each instruction set, each time in another namespace
# (kernels/openmp/simd.h). A symbol defined outside of that namespace, such as an inline function of
# a shared header, may be in the objects of several sets. The linker keeps one of them, and that may
# be AVX-512 code, which crashes on a machine without it.
#
#   isa_symbols_test.sh NM SET OBJECT[;OBJECT...]
set -efu
nm=$1 isa=$2
IFS=';'
symbols=$("$nm" --defined-only --extern-only --print-file-name $3)
own=9poolbench6openmp${#isa}$isa # the mangled namespace

printf '%s\n' "$symbols" | grep -q "$own" ||
  { echo "no symbol of poolbench::openmp::$isa in these objects"; exit 1; }
# DW.ref.…: addresses of C++ runtime functions, which GCC's exception tables refer to.
outside=$(printf '%s\n' "$symbols" | grep -v -e "$own" -e ' DW\.ref\.') || exit 0
echo "defined outside poolbench::openmp::$isa:"
printf '%s\n' "$outside"
exit 1
