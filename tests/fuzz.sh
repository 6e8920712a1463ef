#!/bin/sh
# The fuzzers compile: they call into the library's inside, which moves. `make fuzz` runs them. Run folders that once
# crashed a resume, or lead far into one, are resumed here under the sanitizers.
set -u
cd "$(dirname "$0")/.." || exit 1
# As in sanitize.sh: gcc 13 does not align what this option moves (GCC bug 110027).
export ASAN_OPTIONS="detect_stack_use_after_return=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
passed=0 failed=0
for file in tests/fuzz_*.c; do
    # shellcheck disable=SC2086
    if ${CC:-cc} ${CPPFLAGS:-} -fsyntax-only -DR0_NO_VULKAN -w "$file" >build/fuzz.log 2>&1; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL fuzz: $file: $(grep -m 1 error build/fuzz.log)"
    fi
done
# shellcheck disable=SC2086
if ${CC:-cc} ${CPPFLAGS:-} -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all -DR0_NO_VULKAN -w \
    -o build/replay tests/replay.c tests/fuzz_resume.c -lm -lpthread -ldl >build/fuzz.log 2>&1 &&
    build/replay tests/corpus/resume/* >>build/fuzz.log 2>&1 &&
    grep -q '^9 inputs, 8 taken' build/fuzz.log; then passed=$((passed + 1)) # all but `overflow`
else
    failed=$((failed + 1))
    echo "FAIL fuzz: resume: $(grep -m 3 -E 'ERROR|error|inputs' build/fuzz.log)"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 5 ]
