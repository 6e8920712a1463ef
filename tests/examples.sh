#!/bin/sh
# Every numbered example is built exactly as its head says and run; what it prints must hold the lines that its head
# promises. The head of an example is its first comment:
#     //   cc ... -o build/NN_name ...           the build line
#     //   build/NN_name                         the run line
#     // Expected output:                        then "//   | TEXT" lines; "..." in one stands for anything
# Catches: examples that rot, promises that are no longer true.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
mkdir -p build
vulkan=
echo '#include <vulkan/vulkan.h>' | ${CC:-cc} ${CPPFLAGS:-} -E - >/dev/null 2>&1 || vulkan=-DR0_NO_VULKAN

fail() {
    failed=$((failed + 1))
    echo "FAIL examples: $*"
}

for source in examples/[0-9][0-9]_*.c; do
    [ -f "$source" ] || continue
    name=$(basename "$source" .c)
    build=$(sed -n 's|^// *\(cc .*\)$|\1|p' "$source" | head -n 1)
    run=$(sed -n "s|^// *\(\(rm -rf [a-z0-9/_]* && \)*build/$name.*\)\$|\1|p" "$source" | head -n 1)
    case $build in *"$source"*"-o build/$name"*) ;; *) fail "$name: no build line in its head"; continue ;; esac
    [ -n "$run" ] || { fail "$name: no run line in its head"; continue; }
    # shellcheck disable=SC2086
    if ! ${CC:-cc} ${CPPFLAGS:-} $vulkan -Wall -Wextra -Wno-unused-function -Werror ${build#cc } >build/$name.log 2>&1; then
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
