#!/bin/sh
# r0.h alone, copied into an empty folder, must compile without a single warning and run: as C11 and as C++17, in one
# file and in two, with every compiler at hand and with the switches of >>config. Catches: a header that needs its
# repository, C that is no C++, a switch that rots, unused or non-static functions.
set -u
cd "$(dirname "$0")/.." || exit 1
CC=${CC:-cc} CXX=${CXX:-c++}
passed=0 failed=0 skipped=0
STRICT_UNUSED=1 # 1: an unused internal function fails; 0: they are listed

folder=build/dropin
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

# try NAME COMPILER STANDARD FLAGS SUFFIX FILES: compiles all files strictly, links, runs.
try() {
    name=$1 compiler=$2 flags="$3 $4" suffix=$5
    shift 5
    # shellcheck disable=SC2086
    set -- $(for file in $*; do echo "$file.$suffix"; done)
    log="log_$passed.$failed"
    # shellcheck disable=SC2086
    if ! $compiler ${CPPFLAGS:-} $flags -Wall -Wextra -pedantic -Werror $unused -o program "$@" $libs >"$log" 2>&1; then
        failed=$((failed + 1))
        echo "FAIL dropin: $name does not compile"
        grep -E 'error|warning' "$log" | grep -v unused-function | head -n 8
    elif ! ./program >output 2>&1; then
        failed=$((failed + 1))
        echo "FAIL dropin: $name: the program fails"
        head -n 5 output
    else
        passed=$((passed + 1))
    fi
    [ ! -f "$log" ] || sed -n "s/.*[‘']\(r0i_[a-z0-9_]*\)[’'].*unused-function.*/\1/p; s/.*unused function '\(r0i_[a-z0-9_]*\)'.*/\1/p" \
        "$log" >>unused.txt
    rm -f program
}

libs="-lm"
[ "$(uname -s)" != Linux ] || libs="-lm -lpthread -ldl"
unused=-Wno-error=unused-function
[ "$STRICT_UNUSED" = 0 ] || unused=
: >unused.txt
vulkan=-DR0_NO_VULKAN
if echo '#include <vulkan/vulkan.h>' | $CC ${CPPFLAGS:-} -E - >/dev/null 2>&1; then vulkan=
else skipped=$((skipped + 1)); echo "SKIP dropin: no Vulkan headers: tried without Vulkan only"
fi

# Each compiler at hand: both languages, one file and two, and every switch once.
compilers="$CC:$CXX"
for pair in gcc:g++ clang:clang++; do
    [ "$($CC --version | head -n 1)" != "$(${pair%:*} --version 2>/dev/null | head -n 1)" ] || continue
    if command -v "${pair%:*}" >/dev/null 2>&1; then compilers="$compilers $pair"
    elif [ "$pair" = clang:clang++ ]; then skipped=$((skipped + 1)); echo "SKIP dropin: no clang"
    fi
done
optimize=-O2
for pair in $compilers; do
    c=${pair%:*} cxx=${pair#*:}
    try "$c C11" "$c" "-std=c11 $optimize" "$vulkan" c one
    optimize=-O0 # some warnings need the optimizer: once is enough
    try "$c C11 in two files" "$c" "-std=c11 -O0" "$vulkan" c two_implementation two_main
    try "$c C11 R0_NO_VULKAN" "$c" "-std=c11 -O0" -DR0_NO_VULKAN c one
    try "$c C11 R0_STATIC" "$c" "-std=c11 -O0" "$vulkan -DR0_STATIC" c one
    try "$c C11 R0_NO_THREADS" "$c" "-std=c11 -O0" "$vulkan -DR0_NO_THREADS" c one
    try "$c C11 R0_DOUBLE" "$c" "-std=c11 -O0" "-DR0_NO_VULKAN -DR0_DOUBLE" c one
    if command -v "$cxx" >/dev/null 2>&1; then
        try "$cxx C++17" "$cxx" "-std=c++17 -O0" "$vulkan" cpp one
        try "$cxx C++17 in two files" "$cxx" "-std=c++17 -O0" "$vulkan -DR0_NO_THREADS" cpp two_implementation two_main
        try "$cxx C++17 R0_STATIC R0_NO_VULKAN" "$cxx" "-std=c++17 -O0" "-DR0_STATIC -DR0_NO_VULKAN" cpp one
    else
        skipped=$((skipped + 1))
        echo "SKIP dropin: no $cxx"
    fi
done
sort -u unused.txt | tr '\n' ' ' | sed 's/^./unused so far: &/; s/ $/\n/'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
