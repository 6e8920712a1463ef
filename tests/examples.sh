#!/bin/sh
# Every numbered example is built and run; what it prints must hold the lines that its head promises. The head of an
# example is its first comment:
#     //   cc ... -o build/NN_name ...           the build line, the same for all but for the name
#     //   build/NN_name                         the run line
#     // Expected output:                        then "//   | TEXT" lines; "..." in one stands for anything
# The first is built exactly as its head says; the others lend the implementation from build/r0.o, which is faster.
# Catches: examples that rot, promises that are no longer true.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 first=1

fail() {
    failed=$((failed + 1))
    echo "FAIL examples: $*"
}

for source in examples/[0-9][0-9]_*.c; do
    [ -f "$source" ] || continue
    ! grep -q '<mpi.h>' "$source" || continue # tests/mpi.sh
    name=$(basename "$source" .c)
    build="cc -O2 -ffp-contract=off $source -o build/$name -lm -lpthread -ldl"
    run=$(sed -n "s|^// *\(\(rm -rf [a-z0-9/_]* && \)*build/$name.*\)\$|\1|p" "$source" | head -n 1)
    grep -q "^// *$build\$" "$source" || { fail "$name: the build line in its head is not: $build"; continue; }
    [ -n "$run" ] || { fail "$name: no run line in its head"; continue; }
    if [ $first = 0 ]; then # the copy lies in build/, where "../r0.h" is found as well
        sed 's/^#define R0_IMPLEMENTATION$//' "$source" >build/$name.c
        build="cc -O1 -ffp-contract=off build/$name.c build/r0.o -o build/$name -lm -lpthread -ldl"
    fi
    first=0
    # shellcheck disable=SC2086
    if ! ${CC:-cc} ${CPPFLAGS:-} -Wall -Wextra -Werror ${build#cc } >build/$name.log 2>&1; then
        fail "$name does not compile: $(grep -m 3 -E 'error|warning' build/$name.log)"
        continue
    fi
    if ! sh -c "$run" >build/$name.out 2>build/$name.err </dev/null; then
        fail "$name: exit code not 0: $(tail -n 3 build/$name.out build/$name.err)"
        continue
    fi
    promised=$(grep -c '^// *| ' "$source")
    [ "$promised" -gt 0 ] || { fail "$name: promises no output"; continue; }
    good=1
    sed -n 's|^// *[|] \(.*\)$|\1|p' "$source" >build/$name.expected
    while IFS= read -r line; do
        pattern=$(printf '%s' "$line" | sed 's/[][\.*^$/]/\\&/g; s/\\\.\\\.\\\./.*/g')
        grep -q -- "^$pattern\$" build/$name.out || { good=0; fail "$name did not print: $line"; }
    done <build/$name.expected
    [ "$good" = 0 ] || passed=$((passed + 1))
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
