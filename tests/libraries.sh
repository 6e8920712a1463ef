#!/bin/sh
# Two libraries that each hold R0, and stb_ds too, in one program: as shared libraries, which hide what is not theirs to
# show, and as static ones, by R0_STATIC. Catches: a name that R0 leaves global in spite of it, an stb_ds name in r0.h.
set -u
cd "$(dirname "$0")/.." || exit 1
CC=${CC:-cc}
passed=0 failed=0 skipped=0
folder=build/libraries
rm -rf $folder
mkdir -p $folder
cat >$folder/library.c <<'C'
#ifdef HOLDS_R0
#define R0_IMPLEMENTATION
#endif
#include "../../r0.h"

#ifdef STB
#include STB
#endif
__attribute__((visibility("default"))) int ANSWERS(void);

// Does a context of its own know that 1/2 is 0.5? With stb_ds, by way of a growing array.
int ANSWERS(void)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_verdict verdict;
    r0_span half = {"1/2", 3}, same = {"0.5", 3};
    int good = 0, *kept = NULL;
    desc.device = "cpu", desc.threads = 1;
    if (r0_context_create(&desc, &r0)) return 0;
    good = !r0_answer_equal(r0, half, same, 0, &verdict) && verdict.equal == R0_EQUAL;
#ifdef STB
    arrput(kept, good);
    good = kept[0];
    arrfree(kept);
#endif
    (void)kept;
    r0_context_destroy(r0);
    return good;
}
C
cat >$folder/main.c <<'C'
int first(void);
int second(void);
int main(void) { return !(first() && second()); }
C

try() { # try WHAT COMMAND...: a command that must succeed
    title=$1
    shift
    if "$@" >$folder/log 2>&1; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL libraries: $title"
        tail -n 8 $folder/log
    fi
}

stb=
for file in stb/stb_ds.h stb_ds.h; do
    echo "#include <$file>" | $CC ${CPPFLAGS:-} -E - >/dev/null 2>&1 && stb="-DSTB=<$file>" && break
done
[ -n "$stb" ] || { skipped=$((skipped + 1)); echo "SKIP libraries: no stb_ds.h"; }

# compile NAME OPTIONS: the object of one library, which holds R0 and is called by its name.
compile() {
    name=$1
    shift
    # shellcheck disable=SC2086
    $CC ${CPPFLAGS:-} -O0 -g0 -std=gnu11 -ffp-contract=off -fPIC -DR0_NO_VULKAN -DHOLDS_R0 -DANSWERS="$name" $stb "$@" \
        -c $folder/library.c
}
libs="-lm -lpthread"
[ "$(uname -s)" != Linux ] || libs="$libs -ldl"

# shellcheck disable=SC2086
for name in first second; do
    try "$name compiles" compile $name -fvisibility=hidden ${stb:+-DSTB_DS_IMPLEMENTATION} -o $folder/$name.o
    try "$name becomes a shared library" $CC -shared $folder/$name.o -o $folder/lib$name.so $libs
    try "which shows its function alone" \
        sh -c "test \"\$(nm -D --defined-only $folder/lib$name.so | awk '{print \$3}')\" = $name"
    try "$name compiles with R0_STATIC" compile $name -DR0_STATIC -o $folder/$name-static.o
    try "where R0 leaves no global name" \
        sh -c "test \"\$(nm -g --defined-only $folder/$name-static.o | awk '{print \$3}')\" = $name"
done
# shellcheck disable=SC2086
{
    try "a program links both shared libraries" \
        $CC $folder/main.c $folder/libfirst.so $folder/libsecond.so -Wl,-rpath,"$(pwd)/$folder" -o $folder/shared
    try "and runs" $folder/shared
    # What the documentation warns of: without R0_STATIC the names are there twice.
    try "two static libraries without R0_STATIC are refused by the linker" \
        sh -c "! $CC $folder/main.c $folder/first.o $folder/second.o -o $folder/twice $libs 2>$folder/why &&
               grep -q 'r0_context_create' $folder/why"
    # stb_ds has no such macro: a program holds it once, whoever brings it.
    [ -z "$stb" ] || printf '#define STB_DS_IMPLEMENTATION\n#include STB\n' >$folder/stb.c
    [ -n "$stb" ] || echo 'typedef int nothing;' >$folder/stb.c
    try "stb_ds compiles once" $CC ${CPPFLAGS:-} $stb -c $folder/stb.c -o $folder/stb.o
    try "a program links both static libraries" \
        $CC $folder/main.c $folder/first-static.o $folder/second-static.o $folder/stb.o -o $folder/static $libs
    try "and runs" $folder/static
}
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
