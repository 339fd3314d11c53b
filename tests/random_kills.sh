#!/usr/bin/env bash
# Kills a run of `poolbench bench` or its child at random moments, continues it with --resume until
# it comes to its end, and counts the rows of the record: each must be there once, and none may
# blame a contender.
#
#   random_kills.sh PROGRAM FOLDER ROUNDS SEED
#
# The moment is a number of bytes of the table, so that it lies anywhere in the run however fast
# the machine is. Prints a line for each round, and exits with 1 if anything was wrong.
set -u
program=$1 folder=$2 rounds=$3 RANDOM=$4
record=$folder/record.json table=$folder/table
problems='max/sliding/f32/nchw/src:1x1x4x{2..41}/k:2x2'
arguments=(bench --problem "$problems" --backend naive,openmp --hot --blocks 1 --sample-ms 0.01 --submits 0
  --disturbed 1e9 --json "$record")
mkfifo "$table"
lost=0 twice=0 blamed=0 kills=0
for ((round = 0; round < rounds; ++round)); do
  rm -f "$record" "$record".journal*
  resume=() attempts=0
  until [ -e "$record" ]; do
    if ((++attempts > 100)); then echo "round $round: does not end"; exit 1; fi
    "$program" "${arguments[@]}" "${resume[@]}" >"$table" 2>>"$folder/errors" &
    run=$!
    exec 3<"$table"
    head -c $((RANDOM % 12000)) <&3 >/dev/null
    victim=$run
    ((RANDOM % 2)) && read -r victim _ <"/proc/$run/task/$run/children"
    signals=(KILL SEGV ABRT TERM INT HUP)
    signal=${signals[RANDOM % 6]}
    [ -n "$victim" ] && kill -$signal "$victim" 2>/dev/null && ((++kills))
    cat <&3 >/dev/null
    wait $run 2>/dev/null
    # A signal that ends a run in order leaves a record of what was finished.
    [ -e "$record.journal" ] && { rm -f "$record"; resume=(--resume); }
  done
  rows=$(grep -o '"name":"[^"]*/hot_median"' "$record" | sort)
  ok=$(uniq <<<"$rows" | wc -l)
  ((lost += 80 - ok, twice += $(wc -l <<<"$rows") - ok))
  ((blamed += $(grep -cE '"status":"(CRASHED|EXITED|HUNG|ERROR)"' "$record")))
  echo "round $round: $attempts runs, $ok rows"
done
echo "$kills kills in $rounds rounds: $lost rows lost, $twice rows twice, $blamed runs with blame"
((lost == 0 && twice == 0 && blamed == 0))
