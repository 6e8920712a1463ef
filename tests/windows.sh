#!/bin/sh
# The Windows branch, cross-compiled by mingw-w64 with every warning an error: the program, with and without Vulkan, and
# r0.h as C++. Runs the result when wine is at hand. Catches: POSIX calls outside >>platform, LP64 habits.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0
target=x86_64-w64-mingw32
if ! command -v $target-gcc >/dev/null 2>&1; then
    echo "SKIP windows: no mingw-w64"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

# Headers that do not depend on the system, lent from this one: the cross-compiler does not look into /usr/include.
headers=build/windows
rm -rf $headers
mkdir -p $headers
for place in /usr/include /usr/local/include; do
    for name in stb vulkan vk_video; do
        [ ! -d $place/$name ] || cp -r $place/$name $headers/
    done
done

try() {
    name=$1
    shift
    if "$@" -Wall -Wextra -pedantic -Werror -isystem $headers >$headers/log 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL windows: $name does not compile"
        grep -E 'error|undefined' $headers/log | head -n 12
    fi
}

try "build/r0" $target-gcc -std=c11 -O1 examples/r0.c -o $headers/r0.exe # some warnings need the optimizer
if [ -d $headers/vulkan ]; then try "build/r0 without Vulkan" $target-gcc -std=c11 -fsyntax-only -DR0_NO_VULKAN examples/r0.c
else
    skipped=$((skipped + 1))
    echo "SKIP windows: no Vulkan headers"
fi
if command -v $target-g++ >/dev/null 2>&1; then
    try "r0.h as C++17" $target-g++ -std=c++17 -fsyntax-only -DR0_IMPLEMENTATION -x c++ r0.h
    try "r0.h as C++20" $target-g++ -std=c++20 -fsyntax-only -DR0_IMPLEMENTATION -x c++ r0.h
else
    skipped=$((skipped + 1))
    echo "SKIP windows: no mingw-w64 C++ compiler"
fi
if command -v wine >/dev/null 2>&1 && [ -f $headers/r0.exe ]; then
    case $(WINEDEBUG=-all wine $headers/r0.exe --version 2>/dev/null) in
        r0\ *) passed=$((passed + 1)) ;;
        *) failed=$((failed + 1)); echo "FAIL windows: r0.exe --version under wine" ;;
    esac
else
    skipped=$((skipped + 1))
    echo "SKIP windows: no wine, compiled but not run"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
