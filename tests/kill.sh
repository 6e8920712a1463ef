#!/bin/sh
# kill -9 at random moments: the run goes on from its last checkpoint and ends with the bits of an undisturbed one.
# Catches: files written in place, lines counted twice, state that is not in the checkpoint, a folder that cannot be resumed.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
dir=build/kill
rm -rf $dir
mkdir -p $dir
head -n 30 examples/tiny/heldout.jsonl >$dir/questions.jsonl

check() { # check NAME COMMAND...
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL kill: $name"; fi
}
evolve() {
    [ "$1" = --resume ] && exec build/r0 --quiet evolve "$@" --checkpoint -1
    exec build/r0 --quiet evolve "$@" --seed 5 --checkpoint -1 --only-bench --bench $dir/questions.jsonl \
        --set iterations=2,challenger.steps=3,questions=64,votes=6,solver.steps=3,evaluation_samples=2
}

(evolve --run $dir/whole) >$dir/whole.out 2>$dir/whole.err
check "the undisturbed run ends well" [ $? = 0 ]

(evolve --run $dir/parts) >/dev/null 2>&1 &
kills=0
for tenths in 3 6 2 9 5 12 4 8 15 7; do
    sleep "$((tenths / 10)).$((tenths % 10))"
    kill -9 $! 2>/dev/null && kills=$((kills + 1))
    wait $! 2>/dev/null
    [ -f $dir/parts/solver/model.safetensors ] && break
    if [ -f $dir/parts/run.json ]; then (evolve --resume $dir/parts) >/dev/null 2>&1 &
    else rm -rf $dir/parts; (evolve --run $dir/parts) >/dev/null 2>&1 &
    fi
done
wait $! 2>/dev/null
(evolve --resume $dir/parts) >$dir/parts.out 2>$dir/parts.err
check "the last resume ends well: $(tail -n 1 $dir/parts.err)" [ -f $dir/parts/summary.json ]
check "it was killed at least twice ($kills)" [ $kills -ge 2 ]
for file in metrics.jsonl questions-1.jsonl questions-2.jsonl evaluation-2.jsonl solver/model.safetensors \
    challenger/model.safetensors; do
    check "$file is the same" cmp $dir/whole/$file $dir/parts/$file
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
