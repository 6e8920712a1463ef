#!/bin/sh
# What `make test` runs: all parts, in two lanes side by side, then one line that sums them all. A part ends in a line
# "N passed, N failed, N skipped"; one that prints no such line, or fails without a failed test, counts as failed.
#     sh tests/all.sh              everything
#     sh tests/all.sh house cli    these parts
# Full logs: build/results/PART.log
set -u
cd "$(dirname "$0")/.." || exit 1
MAKE=${MAKE:-make} PYTHON=${PYTHON:-python3}
export CC="${CC:-cc}" CXX="${CXX:-c++}" CPPFLAGS="${CPPFLAGS:-}"
mkdir -p build/results
rm -f build/results/*.count
wanted=" $* "
started=$(date +%s)

# part NAME COMMAND: runs it, shows what failed or was skipped, keeps the counts.
part() {
    [ "$wanted" = "  " ] || case $wanted in *" $1 "*) ;; *) return ;; esac
    log=build/results/$1.log
    begin=$(date +%s)
    sh -c "$2" >"$log" 2>&1
    code=$?
    numbers='s/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed, \([0-9][0-9]*\) skipped$/\1 \2 \3/p'
    counts=$(sed -n "$numbers" "$log" | tail -n 1)
    {
        echo "== $1"
        grep -E '^(FAIL|SKIP)' "$log" | cut -c1-300 | head -n 40
        if [ -z "$counts" ]; then
            grep -m 3 -A 6 -E 'ERROR|runtime error|error:' "$log" || tail -n 15 "$log"
            echo "FAIL $1: ended without a result (exit code $code)"
            counts="0 1 0"
        elif [ "$code" != 0 ] && [ "${counts#* 0 }" != "$counts" ]; then
            tail -n 15 "$log"
            echo "FAIL $1: exit code $code"
            counts="${counts%% *} 1 ${counts##* }"
        fi
        echo "$counts" >"build/results/$1.count"
        echo "$counts $(($(date +%s) - begin))" | awk -v n="$1" '
            {printf "   %s: %d passed, %d failed, %d skipped (%d s)\n", n, $1, $2, $3, $4}'
    } >"build/results/$1.report"
    cat "build/results/$1.report"
}

# What the library computes.
lane_library() {
    # Everything on the CPU, and op by op against Vulkan where there is a driver.
    part unit "$MAKE -s build/test && build/test"
    # The same Vulkan calls, watched.
    part validation "$MAKE -s build/test && sh tests/validation.sh"
    # Gradients of every op against finite differences, in double precision.
    part double "$MAKE -s build/test-double && build/test-double"
    # Memory errors and undefined behavior. Catches: out-of-bounds, use after free, leaks, signed overflow.
    part sanitize "$MAKE -s build/test-sanitize && sh tests/sanitize.sh"
}

# What comes with it.
lane_surroundings() {
    # The house rules of r0.h.
    part house "$PYTHON tests/check_house.py"
    # The shaders at the end of r0.h are those of shaders/.
    [ ! -f tests/check_shaders.py ] || part shaders "$PYTHON tests/check_shaders.py"
    # Every pipeline through AMD's compiler: none spills.
    part compilers "$MAKE -s build/shader_report && $PYTHON tests/check_report.py"
    # r0.h alone in an empty folder: C and C++, compilers, switches, two files.
    part dropin "sh tests/dropin.sh"
    # The Windows branch compiles.
    part windows "sh tests/windows.sh"
    # The command-line program: exit codes, errors, suggestions.
    part cli "$MAKE -s build/r0 && sh tests/cli.sh"
    # A run killed at random moments is resumed to the same bits.
    part kill "$MAKE -s build/r0 && sh tests/kill.sh"
    # Measuring a model: the table, going on after a kill, judging again, comparing. Generating.
    part eval "$MAKE -s build/r0 && sh tests/eval.sh"
    # Model folders: stories260K against its goldens, random folders, logits, fine-tuning.
    part models "$MAKE -s build/r0 && $PYTHON tests/models.py"
    # r0.h cut into chapters, and as a page: nothing lost, every link leads somewhere.
    part book "$PYTHON tests/check_book.py"
    # Code in README.md and at the top of r0.h compiles and runs.
    part readme "$PYTHON tests/check_readme.py"
    # Every example runs and prints what its head says.
    part examples "sh tests/examples.sh"
}

sh .ci/deps.sh test || exit 1
lane_library &
lane_surroundings
wait

cat build/results/*.count | awk -v s=$(($(date +%s) - started)) '
    {passed += $1; failed += $2; skipped += $3}
    END {printf "-- %d s\n%d passed, %d failed, %d skipped\n", s, passed, failed, skipped; exit failed != 0 || passed == 0}'
