#!/bin/sh
# Runs every test group in a process of its own under the sanitizers, so that one report does not hide the others.
# The build has no Vulkan: what a driver does with its memory is not ours to test.
set -u
cd "$(dirname "$0")/.." || exit 1
# gcc 13 aligns the stack frames that this option moves to 32 bytes, whatever vectors of 64 lie in them (GCC bug 110027).
export ASAN_OPTIONS="detect_stack_use_after_return=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
passed=0 failed=0 skipped=0
groups=$(sed -n 's/#define TEST_GROUPS(X)//p' build/groups.h | sed 's/X(\([a-z0-9_]*\))/\1/g')
for group in $groups; do
    log=build/results/sanitize_$group.log
    R0_TEST_SMALL=1 build/test-sanitize "$group" >"$log" 2>&1
    code=$?
    # shellcheck disable=SC2046
    set -- $(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed, \([0-9][0-9]*\) skipped$/\1 \2 \3/p' "$log" | tail -n 1)
    if [ $# = 3 ] && { [ "$code" = 0 ] || [ "$2" != 0 ]; }; then
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
        grep '^FAIL' "$log"
    else
        failed=$((failed + 1))
        echo "FAIL sanitize: $group: $(grep -m 1 -E 'ERROR|runtime error' "$log")"
        grep -m 5 -E '^ *#[0-4] ' "$log"
    fi
    grep -E "^$group " "$log"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
