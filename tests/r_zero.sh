#!/bin/sh
# examples/05_r_zero.c, which is R-Zero on public functions, beside r0_evolve: the same seed must give the same greedy
# accuracy after every iteration. Catches: a public function that does something else than the loop does; a key, a step
# or an order that has changed in one of the two.
#     sh tests/r_zero.sh [ITERATIONS [SEED...]]      default: 1 iteration of seed 1
set -u
cd "$(dirname "$0")/.." || exit 1
iterations=${1:-1} passed=0 failed=0 page=build/05_r_zero
[ $# = 0 ] || shift
sed 's/^#define R0_IMPLEMENTATION$//' examples/05_r_zero.c >$page.c # in build/ "../r0.h" is found as well
# shellcheck disable=SC2086
${CC:-cc} ${CPPFLAGS:-} -O1 -ffp-contract=off $page.c build/r0.o -o $page -lm -lpthread -ldl || exit 1
for seed in ${*:-1}; do
    rm -rf build/r_zero
    build/r0 evolve --seed "$seed" --iterations "$iterations" --set evaluation_samples=1 --run build/r_zero >build/r_zero.log 2>&1
    evolve=$(sed -n 's/.*"set":"heldout".*"greedy":\([0-9.]*\).*/\1/p' build/r_zero/metrics.jsonl | xargs printf '%.3f ')
    here=$($page "$seed" "$iterations" | sed -n 's/.*greedy accuracy \([0-9.]*\).*/\1/p' | tr '\n' ' ')
    if [ "$evolve" = "$here" ] && [ "$(echo $here | wc -w)" = $((iterations + 1)) ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL r_zero: seed $seed: 05_r_zero $here, r0 evolve $evolve"
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
