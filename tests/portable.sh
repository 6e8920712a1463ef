#!/bin/sh
# The CPU tests on other machines than this one: `make test-portable`. 64-bit ARM (its vectors are those of NEON) under
# qemu, and 32-bit x86. Catches: sizes and pointers that were taken to be 64 bits wide, kernels that fit one instruction
# set, tests that rely on the last bits of one machine. What is missing is fetched as a package where that is possible,
# or skipped, loudly. Half an hour on two cores, nearly all of it ARM.
#     sh tests/portable.sh arm64 transformer lora     one machine; these groups
#     sh tests/portable.sh quick                      small shapes, and the groups that take seconds: `make check`
# R0_NO_INSTALL=1: nothing is fetched. Full logs: build/portable/NAME.log
set -u
cd "$(dirname "$0")/.." || exit 1
wanted=${1:-} quick=
[ $# = 0 ] || shift
[ "$wanted" != quick ] || { wanted= quick=1; export R0_TEST_SMALL=1; }
groups=${*:-$(ls tests/test_*.c | sed 's/.*test_//; s/\.c$//' | grep -vE '^(vulkan.*|gradients|model_gradient|bench)$')}
logs=build/portable
passed=0 failed=0 skipped=0
mkdir -p $logs

fetch() {
    [ -z "${R0_NO_INSTALL:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "portable: installing $*" >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >$logs/apt.log 2>&1
}

# machine NAME TITLE PACKAGES RUNNER COMPILER...: builds the tests with COMPILER, runs the groups one by one by RUNNER.
machine() {
    name=$1 title=$2 packages=$3 run=$4
    shift 4
    [ -z "$wanted" ] || [ "$wanted" = "$name" ] || return
    echo 'int main(void) { return 0; }' >$logs/probe.c
    probe() { "$@" -o $logs/probe $logs/probe.c 2>/dev/null && $run $logs/probe 2>/dev/null; }
    # shellcheck disable=SC2086
    probe "$@" || { fetch $packages; probe "$@"; } || {
        echo "SKIP $title: no compiler or no way to run what it makes; as root: apt-get install $packages"
        skipped=$((skipped + 1))
        return
    }
    # Headers that do not depend on the machine (stb_ds.h, Linux's) come from this one, after those of the other.
    if ! "$@" -O1 -g -ffp-contract=off -Wall -Wextra -std=gnu11 -DR0_TEST -DR0_NO_VULKAN -Ibuild -Itests \
        -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" -o $logs/test-$name tests/test.c \
        -lm -lpthread >$logs/$name.log 2>&1; then
        echo "FAIL $title: does not compile"
        grep -m 8 error $logs/$name.log
        failed=$((failed + 1))
        return
    fi
    [ -z "$quick" ] || [ "$name" != arm64 ] || groups="platform json vote grpo transformer lora ops"
    # Loops of many iterations do nothing with sizes and pointers that evolve does not do in its one.
    [ -z "$quick" ] || [ "$name" != x86-32 ] || groups=$(echo "$groups" | grep -vxE 'baselines|guard|ranks|starts')
    for group in $groups; do
        # shellcheck disable=SC2086
        $run $logs/test-$name "$group" >$logs/$name-$group.log 2>&1
        code=$?
        counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' $logs/$name-$group.log)
        [ -n "$counts" ] || { counts="0 1 0"; echo "FAIL $title: $group ended without a result (exit code $code)"; }
        grep -E '^(FAIL|SKIP)' $logs/$name-$group.log
        # shellcheck disable=SC2086
        set -- $counts
        echo "$title: $group: $1 passed, $2 failed, $3 skipped"
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    done
}

# Not -static: glibc 2.38 and 2.39 have no fmod in their libm.a for i386.
machine x86-32 "32-bit x86" "libc6-dev-i386 lib32gcc-$(gcc -dumpversion | cut -d. -f1)-dev" "" gcc -m32 -msse2 -mfpmath=sse
emulator=qemu-aarch64-static # qemu-aarch64 from Debian 13 on
! command -v qemu-aarch64 >/dev/null 2>&1 || emulator=qemu-aarch64
machine arm64 "64-bit ARM" "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static" $emulator \
    aarch64-linux-gnu-gcc -static
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
