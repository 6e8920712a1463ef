#!/bin/sh
# The fuzzers compile: they call into the library's inside, which moves. `make fuzz` runs them.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
for file in tests/fuzz_*.c; do
    # shellcheck disable=SC2086
    if ${CC:-cc} ${CPPFLAGS:-} -fsyntax-only -DR0_NO_VULKAN -w "$file" >build/fuzz.log 2>&1; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL fuzz: $file: $(grep -m 1 error build/fuzz.log)"
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 5 ]
