#!/bin/sh
# r0.h alone, copied into an empty folder, must compile without a single warning and run, as C and as C++.
#     sh tests/dropin.sh           C11 and C++17 with $CC and $CXX, and C11 without any header but the C library's
#     sh tests/dropin.sh matrix    every compiler at hand: C11 to C23, C++17 to C++26, two files, the switches of >>config
# Catches: a header that needs its repository or another header, C that is no C++, a switch that rots, unused or
# non-static functions.
set -u
cd "$(dirname "$0")/.." || exit 1
what=${1:-alone} CC=${CC:-cc} CXX=${CXX:-c++}
passed=0 failed=0 skipped=0
folder=build/$what
rm -rf $folder
mkdir -p $folder
cp r0.h $folder/
cd $folder || exit 1

cat >one.c <<'C'
#define R0_IMPLEMENTATION
#include "r0.h"
#include <stdio.h>

static void show(void *user, r0_log_level level, const char *text)
{
    if (level == R0_LOG_ERROR) printf("%s: %s\n", (const char *)user, text);
}

int main(void)
{
    char name[] = "expected";
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    desc.log = show;
    desc.user = name;
    r0_context *r0;
    if (r0_context_create(&desc, &r0)) return puts(r0_error(r0)), 1;
    r0_span text = {"[1, 2", 5};
    r0_json *document;
    if (r0_json_parse(r0, "text", text, &document) != R0_ERROR_FORMAT || document) return 2;
    printf("%s on %s\n", R0_VERSION, r0_device_name(r0));
    r0_context_destroy(r0);
    return 0;
}
C
# The same program in two files: one holds the implementation, the other the program.
printf '#define R0_IMPLEMENTATION\n#include "r0.h"\n' >two_implementation.c
sed 1d one.c >two_main.c
for file in one two_implementation two_main; do cp $file.c $file.cpp; done
strict="-Wall -Wextra -Wpedantic -Werror"
libs="-lm"
[ "$(uname -s)" != Linux ] || libs="-lm -lpthread -ldl"

# try WHAT COMMAND...: a command that must succeed without a word.
try() {
    title=$1
    shift
    if "$@" >log 2>&1; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $what: $title"
        grep -E 'error|warning' log | head -n 8 | grep . || head -n 8 log
    fi
}
# shellcheck disable=SC2086
run() { # run WHAT COMPILER FLAGS FILES: compiles, links, runs.
    try "$1 compiles" $2 ${CPPFLAGS:-} $3 -ffp-contract=off $strict $4 -o program $libs
    try "$1 runs" ./program
    rm -f program
}
# shellcheck disable=SC2086
look() { try "$1" $2 ${CPPFLAGS:-} $3 $strict -fsyntax-only $4; } # look WHAT COMPILER FLAGS FILE: warnings only
known() { # known COMPILER LANGUAGE STANDARD...: the first of several names of a standard that the compiler knows
    language=$2 compiler=$1
    shift 2
    for standard; do
        ! echo 'int x;' | $compiler -x $language -std=$standard -fsyntax-only - 2>/dev/null || { echo $standard; return; }
    done
}

# The folders where the compiler finds headers, without Vulkan's, stb's or anybody's but the system's own.
bare() {
    own=$($CC -print-file-name=include)
    machine=/usr/include/$($CC -print-multiarch 2>/dev/null || gcc -print-multiarch)
    [ "$(uname -s)" = Linux ] && [ -d "$own" ] && [ -d "$machine" ] || return 1
    mkdir -p bare
    for name in /usr/include/*.h /usr/include/linux /usr/include/asm-generic /usr/include/sys; do
        [ ! -e "$name" ] || ln -sf "$name" bare/
    done
    rm -f bare/stb*
    echo "-nostdinc -isystem $own -isystem bare -isystem $machine"
}

if [ "$what" = alone ]; then
    run "$CC C11" "$CC" "-std=c11 -O0" one.c
    if command -v "$CXX" >/dev/null 2>&1; then run "$CXX C++17" "$CXX" "-std=c++17 -O0" one.cpp
    else skipped=$((skipped + 1)); echo "SKIP $what: no $CXX"
    fi
    { cat one.c; printf '#ifndef R0_NO_VULKAN\n#error Vulkan headers were found\n#endif\n'; } >no_headers.c
    if flags=$(bare); then look "$CC C11 without other headers" "$CC" "-std=c11 $flags" no_headers.c
    else skipped=$((skipped + 1)); echo "SKIP $what: headers of this system are not laid out as expected"
    fi
fi

# Each compiler: both languages and all their standards, one file and two, and every switch once.
if [ "$what" = matrix ]; then
    seen=
    for pair in "$CC:$CXX" gcc:g++ clang:clang++ $(ls /usr/bin/gcc-[0-9]* /usr/bin/clang-[0-9]* 2>/dev/null |
        sed 's|.*/||; s/^gcc\(.*\)/&:g++\1/; s/^clang\(-.*\)/&:clang++\1/'); do
        c=${pair%:*} cxx=${pair#*:}
        version=$($c --version 2>/dev/null | head -n 1 | sed 's/^[^ ]* //')
        case "$seen" in *"<$version>"*) continue ;; esac
        seen="$seen<$version>"
        if [ -z "$version" ]; then skipped=$((skipped + 1)); echo "SKIP $what: no $c"; continue; fi
        echo "$c $version"
        run "$c C11 -O2" "$c" "-std=c11 -O2" one.c # some warnings need the optimizer
        run "$c C11 in two files" "$c" "-std=c11 -O0 -DR0_NO_THREADS" "two_implementation.c two_main.c"
        for standard in $(known "$c" c c17) $(known "$c" c c23 c2x); do
            look "$c $standard" "$c" -std=$standard one.c
        done
        for switch in R0_NO_VULKAN R0_STATIC R0_NO_THREADS R0_DOUBLE; do
            look "$c C11 $switch" "$c" "-std=c11 -D$switch" one.c
        done
        if ! command -v "$cxx" >/dev/null 2>&1; then skipped=$((skipped + 1)); echo "SKIP $what: no $cxx"; continue; fi
        run "$cxx C++17 in two files" "$cxx" "-std=c++17 -O0" "two_implementation.cpp two_main.cpp"
        for standard in c++17 c++20 $(known "$cxx" c++ c++23 c++2b) $(known "$cxx" c++ c++26 c++2c); do
            look "$cxx $standard" "$cxx" -std=$standard one.cpp
        done
        look "$cxx C++17 R0_STATIC R0_NO_VULKAN" "$cxx" "-std=c++17 -DR0_STATIC -DR0_NO_VULKAN" one.cpp
        look "$cxx C++17 R0_NO_THREADS" "$cxx" "-std=c++17 -DR0_NO_THREADS" one.cpp
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
