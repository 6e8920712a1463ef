#!/bin/sh
# What `make test` and `make check` run: parts in two lanes side by side, a few by whichever lane is through with its
# own, then one line that sums them. A part ends in a line "N passed, N failed, N skipped"; one that prints no such line,
# or fails without a failed test, counts as failed.
#     sh tests/all.sh test          everything once
#     sh tests/all.sh check         what `make check` adds; counts what `test` left behind as well
#     sh tests/all.sh house cli     these parts
# Full logs: build/results/PART.log
set -u
cd "$(dirname "$0")/.." || exit 1
MAKE=${MAKE:-make} PYTHON=${PYTHON:-python3}
export CC="${CC:-cc}" CXX="${CXX:-c++}" CPPFLAGS="${CPPFLAGS:-}"
wanted=" ${*:-test} "
results=build/results
mkdir -p $results
[ "$wanted" = " check " ] || rm -f $results/*.count
rm -rf $results/*.taken
started=$(date +%s)

# Sets `spent`: processor seconds of this lane's children so far. In a subshell `times` would speak of the subshell's.
look() {
    times >$results/$lane.times
    spent=$(sed -n '2s/[ms]/ /gp' $results/$lane.times | awk '{print int(60 * ($1 + $3) + $2 + $4)}')
}

# part NAME COMMAND: runs it, shows what failed or was skipped, keeps the counts.
part() {
    case $wanted in *" $1 "* | *" $level "*) ;; *) return ;; esac
    look
    log=$results/$1.log begin=$(date +%s) before=$spent
    sh -c "$2" >"$log" 2>&1
    code=$?
    look
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
        echo "$counts $((spent - before))" >"$results/$1.count"
        echo "$counts $(($(date +%s) - begin)) $((spent - before))" | awk -v n="$1" '
            {printf "   %s: %d passed, %d failed, %d skipped (%d s, %d of a processor)\n", n, $1, $2, $3, $4, $5}'
    } >"$results/$1.report"
    cat "$results/$1.report"
}

# What the library computes.
lane_library() {
    lane=library level=test
    # Everything on the CPU, and op by op against Vulkan where there is a driver.
    part unit "$MAKE -s build/test && build/test -vulkan_limits"
    # Gradients of every op against finite differences, in double precision.
    part double "$MAKE -s build/test-double && build/test-double"

    level=check
    # The Vulkan calls again, watched: each once, on small shapes where that is enough.
    part validation "$MAKE -s build/test && sh tests/validation.sh"
    # 4,096 tokens against transformers on Vulkan, which a software driver takes long for.
    part parity "$MAKE -s build/test && R0_TEST_LARGE=qwen3-4096 build/test parity"
    # Every op under the limits of nine devices.
    part limits "$MAKE -s build/test && build/test vulkan_limits"
    # Memory errors and undefined behavior. Catches: out-of-bounds, use after free, leaks, signed overflow.
    part sanitize "$MAKE -s build/test-sanitize && sh tests/sanitize.sh"
    # Races: 1 to 4 threads, eight contexts at once.
    part threads "$MAKE -s build/threads && rm -rf build/threads-runs && build/threads"
    # The CPU tests on a 32-bit and on an ARM machine.
    part portable "$MAKE -s build/groups.h && sh tests/portable.sh quick"
    # Several processes share a run over MPI: the bits of one, all end together, and whatever is killed is resumed.
    part mpi "MAKE='$MAKE' sh tests/mpi.sh"
    either_lane
}

# What comes with it.
lane_surroundings() {
    lane=surroundings level=test
    # The house rules of r0.h.
    part house "$PYTHON tests/check_house.py"
    # The shaders at the end of r0.h are those of shaders/.
    part shaders "$PYTHON tests/check_shaders.py"
    # An op is one row of a table: a new one touches four places.
    part op "$PYTHON tests/check_op.py"
    # r0.h alone in an empty folder: C11 and C++17.
    part dropin "sh tests/dropin.sh"
    # The command-line program: exit codes, errors, suggestions.
    part cli "$MAKE -s build/r0 && sh tests/cli.sh"
    # Measuring a model: the table, going on after a kill, judging again, comparing. Generating.
    part eval "$MAKE -s build/r0 && sh tests/eval.sh"
    # Several runs on one page, as TensorBoard's event files, as CSV.
    part pages "$MAKE -s build/r0 && $PYTHON tests/check_pages.py"
    # FIFOs, devices, folders, links and endless files in place of every file.
    part hostile "$MAKE -s build/r0 && $PYTHON tests/hostile.py"
    # Model folders: stories260K against its goldens, random folders, logits, fine-tuning.
    part models "$MAKE -s build/r0 && $PYTHON tests/models.py"
    # r0.h cut into chapters, and as a page: nothing lost, every link leads somewhere.
    part book "$PYTHON tests/check_book.py"
    # Code in README.md and at the top of r0.h compiles and runs.
    part readme "$MAKE -s build/r0 build/r0.o && $PYTHON tests/check_readme.py"
    # Every example runs and prints what its head says.
    part examples "$MAKE -s build/r0.o && sh tests/examples.sh"
    # R-Zero on public functions ends where r0_evolve does.
    part r_zero "$MAKE -s build/r0 build/r0.o && sh tests/r_zero.sh"
    # What steps of real size ask of a GPU, counted without one.
    part dry "$MAKE -s build/dry && build/dry"

    level=check
    # Every pipeline through AMD's compiler: none spills.
    part compilers "$MAKE -s build/shader_report && $PYTHON tests/check_report.py"
    # What a GPU is, whether it computes right, how fast: to its end on any driver, and telling what is wrong.
    part gpu_report "$MAKE -s build/r0 && $PYTHON tests/gpu_report.py"
    # The recipe of examples/smol, where the published model is at hand.
    part smol "$MAKE -s build/r0 && sh tests/smol.sh"
    # The exercises of README.md give what it says, each way round.
    part exercises "$MAKE -s build/r0 && $PYTHON tests/exercises.py"
    # r0.h alone on every compiler at hand: C11 to C23, C++17 to C++26, every switch, two files.
    part matrix "sh tests/dropin.sh matrix"
    # The Windows branch compiles.
    part windows "sh tests/windows.sh"
    # What a run stands on is changed while it is stopped; two processes want one run; signals.
    part trust "$MAKE -s build/r0 && $PYTHON tests/trust.py"
    # Every fuzzer compiles.
    part fuzz "sh tests/fuzz.sh"
    # examples/python against the shared library.
    part python "$MAKE -s build/r0 build/libr0.so && $PYTHON tests/check_python.py"
    # Two libraries that both hold R0 and stb_ds link into one program.
    part libraries "sh tests/libraries.sh"
    # What is installed serves other people's programs.
    part package "sh tests/package.sh"
    # The same for further seeds to the end.
    part r_zero_seeds "$MAKE -s build/r0 build/r0.o && sh tests/r_zero.sh 3 2 3"
    either_lane
}

# take NAME COMMAND: a part that needs build/r0 and a folder of its own, by the lane that comes first. Two lanes must not
# build the program at once: lane_library takes a part when it is there, or leaves it to the other.
take() {
    case $wanted in *" $1 "* | *" $level "*) ;; *) return ;; esac
    if [ $lane = library ]; then
        [ -x build/r0 ] && [ -z "$(find r0.h examples -name '*.[ch]' -newer build/r0)" ] || return
    fi
    mkdir "$results/$1.taken" 2>/dev/null || return
    part "$1" "$2"
}

either_lane() {
    level=check
    # The same bytes on every machine: two sums for a dozen targets.
    take targets "$MAKE -s build/r0 && $PYTHON tests/targets.py"
    # A run killed at random moments is resumed to the same bits.
    take kill "$MAKE -s build/r0 && sh tests/kill.sh"
    # The k-th file operation fails or is the last; no memory; a lost device: `python3 tests/faults.py every` for all k.
    take faults "$MAKE -s build/r0 && $PYTHON tests/faults.py"
    # R-Zero in the browser: the program's numbers in Chromium, wide and narrow.
    take web "$MAKE -s build/r0 && $PYTHON tests/web.py"
    # No file of a run is written through a link.
    take links "$MAKE -s build/r0 && $PYTHON tests/hostile.py every links"
}

tools=check
[ "$wanted" != " test " ] || tools=test
sh .ci/deps.sh $tools
[ $tools = test ] || sh .ci/deps.sh targets
export R0_NO_INSTALL=1 # one attempt is enough
lane_library &
lane_surroundings
wait

cat $results/*.count | awk -v s=$(($(date +%s) - started)) '
    {passed += $1; failed += $2; skipped += $3; cpu += $4}
    END {printf "-- %d s, %d of a processor\n%d passed, %d failed, %d skipped\n", s, cpu, passed, failed, skipped
         exit failed != 0 || passed == 0}'
