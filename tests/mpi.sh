#!/bin/sh
# The program on real MPI: as many ranks as you like end with the bits of one; a rank that is killed, stopped or asked for
# something else ends all of them within seconds; what was killed at a random moment goes on to the same bits, on another
# number of ranks. Catches: ranks that wait for one that has ended, two that write, state that belongs to one rank only.
#     sh tests/mpi.sh [KILLS]
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 kills=${1:-20}
dir=build/mpi
rm -rf $dir
mkdir -p $dir
if ! command -v "${MPICC:-mpicc}" >/dev/null || ! command -v mpirun >/dev/null; then
    echo "SKIP mpi: no mpicc and mpirun here (Debian: libopenmpi-dev openmpi-bin, or libmpich-dev mpich)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
${MAKE:-make} -s mpi >$dir/make.log 2>&1 || { cat $dir/make.log; exit 1; }
head -n 30 examples/tiny/heldout.jsonl >$dir/questions.jsonl
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
many=
mpirun --version 2>/dev/null | grep -q 'Open MPI' && many="--oversubscribe --bind-to none"

check() { # check NAME COMMAND...
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL mpi: $name"; fi
}
options="--seed 5 --threads 1 --device cpu --checkpoint -1 --only-bench --bench $dir/questions.jsonl --set"
numbers="iterations=2,challenger.steps=3,questions=64,votes=6,solver.steps=3,evaluation_samples=2,shards=3"
evolve() { # evolve RANKS --run|--resume FOLDER
    # shellcheck disable=SC2086
    [ "$2" = --run ] || exec mpirun $many -n "$1" build/r0-mpi --quiet --threads 1 --device cpu evolve "$2" "$3" --checkpoint -1
    # shellcheck disable=SC2086
    exec mpirun $many -n "$1" build/r0-mpi --quiet evolve "$2" "$3" $options $numbers
}
same() { # same FOLDER: has the bits of one rank; what differs otherwise
    for file in metrics.jsonl questions-1.jsonl questions-2.jsonl evaluation-2.jsonl solver/model.safetensors \
        challenger/model.safetensors; do
        why=$(cmp $dir/1/$file "$1/$file" 2>&1) && continue
        name="$name: $why"
        return 1
    done
}

for n in 1 2 3 4; do
    (evolve $n --run $dir/$n) >$dir/$n.out 2>$dir/$n.err
    check "$n ranks: $(tail -n 1 $dir/$n.err)" [ $? = 0 ]
    check "$n ranks: the bits of one" same $dir/$n
done

# ends SECONDS FOLDER: the job in the background ends so soon.
ends() {
    begin=$(date +%s)
    wait "$2" 2>/dev/null
    code=$?
    [ $(($(date +%s) - begin)) -le "$1" ] && [ $code != 0 ]
}
one_of() { # one_of JOB N: the N-th process below mpirun, which some start by way of another
    for child in $(pgrep -P "$1"); do
        case $(ps -o args= -p "$child") in *build/r0-mpi*) echo "$child" ;; *) pgrep -P "$child" ;; esac
    done | sed -n "$2p"
}

# two THE-FIRST'S THE-SECOND'S: a job of two ranks with different options. Which one it is a rank asks itself: mpirun's
# own notation for this, "A : B", crashes in the Open MPI 5.0.7 of Debian 13.
# shellcheck disable=SC2016,SC2086
two() {
    exec mpirun $many -n 2 sh -c 'rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-$PMIX_RANK}}
        [ "$rank" = 0 ] && exec build/r0-mpi --quiet evolve $0
        exec build/r0-mpi --quiet evolve $1' "$1" "$2"
}

# Ranks that are asked for different things.
(two "--run $dir/differ $options $numbers" "--run $dir/differ $options $numbers,solver.steps=4") \
    >$dir/differ.out 2>$dir/differ.err &
check "ranks with two configs end" ends 20 $!
check "and say why" grep -q 'another config' $dir/differ.err

# A rank that cannot even open its device ends the others too.
(two "--run $dir/device $options $numbers" "--device nothing --run $dir/device --threads 1 --set $numbers") \
    >$dir/device.out 2>$dir/device.err &
check "a rank without its device ends all" ends 20 $!
check "and says why" grep -q 'nothing' $dir/device.err

# One of three is asked to stop: all do, after a checkpoint.
(evolve 3 --run $dir/stop) >$dir/stop.out 2>$dir/stop.err &
job=$!
while [ ! -f $dir/stop/checkpoint-0000000003.safetensors ] && kill -0 $job 2>/dev/null; do sleep .1; done
kill -INT "$(one_of $job 2)"
check "one rank is interrupted: all end" ends 5 $job
check "and say so" grep -q 'can be resumed\|stopped\|another rank' $dir/stop.err
(evolve 2 --resume $dir/stop) >$dir/stop2.out 2>$dir/stop2.err
check "stopped on 3 ranks, resumed on 2" same $dir/stop

# kill -9 of one rank or of all, at random moments, until a job has ended well: that summary.json and the solver are there
# says nothing of the challenger, which is written last.
count=0 cycles=0 turn=0
while [ $count -lt "$kills" ] && [ $cycles -lt 30 ]; do
    cycles=$((cycles + 1))
    rm -rf $dir/parts
    ended=1
    while [ $ended != 0 ] && [ $turn -lt $((20 * kills)) ]; do
        turn=$((turn + 1))
        ranks=$((2 + turn % 3))
        how=--resume
        [ -f $dir/parts/run.json ] || how=--run
        (evolve $ranks $how $dir/parts) >$dir/parts.out 2>$dir/parts.err &
        job=$!
        if [ $count -lt "$kills" ] && [ $((turn % 7)) != 0 ]; then
            sleep "$((turn * 7 % 3)).$((turn * 37 % 10))"
            victim=$(one_of $job $((1 + turn % ranks)))
            [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && count=$((count + 1))
        fi
        wait $job 2>/dev/null
        ended=$?
    done
    check "killed and resumed ($count kills so far)" same $dir/parts
done
check "$count of $kills kills" [ $count -ge "$kills" ]
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
