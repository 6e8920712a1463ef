#!/bin/sh
# What is installed serves programs that know nothing of this folder: by hand, by pkg-config, by CMake, as a static and
# as a shared library, from C and C++; the ports of vcpkg and Conan; the manual page and the completions; a release.
# Catches: a file that is not installed, a flag or library that is missing, a port that rots.
set -u
cd "$(dirname "$0")/.." || exit 1
MAKE=${MAKE:-make} CC=${CC:-cc} CXX=${CXX:-c++} PYTHON=${PYTHON:-python3}
passed=0 failed=0 skipped=0
top=$(pwd)
folder=$top/build/package
rm -rf "$folder"
mkdir -p "$folder"
usr=$folder/usr

try() { # try WHAT COMMAND...: a command that must succeed
    title=$1
    shift
    if "$@" >"$folder/log" 2>&1; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL package: $title"
        tail -n 8 "$folder/log"
    fi
}
skip() {
    skipped=$((skipped + 1))
    echo "SKIP package: $*"
}
says() { grep -q "$1" "$2"; } # says PATTERN FILE
version=$(sed -n 's/^#define R0_VERSION "\(.*\)"/\1/p' r0.h)

try "make install" $MAKE -s install PREFIX="$usr" PYTHON="$PYTHON"
try "the program runs from where it is installed" sh -c "'$usr/bin/r0' --version | grep -qx 'r0 $version'"
for file in include/r0.h lib/libr0.a lib/libr0.so lib/pkgconfig/r0.pc share/man/man1/r0.1; do
    try "$file is installed" test -s "$usr/$file"
done

cat >"$folder/main.c" <<'C'
#include <r0.h>
#include <stdio.h>

int main(void)
{
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    r0_context *r0;
    if (r0_context_create(&desc, &r0)) return 1;
    printf("%s on %s\n", R0_VERSION, r0_device_name(r0));
    r0_context_destroy(r0);
    return 0;
}
C
{ echo '#define R0_IMPLEMENTATION'; cat "$folder/main.c"; } >"$folder/whole.c"
cp "$folder/main.c" "$folder/main.cpp"
cd "$folder" || exit 1

if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$usr/lib/pkgconfig"
    try "pkg-config knows the version" test "$(pkg-config --modversion r0)" = "$version"
    # shellcheck disable=SC2046
    try "a program links the static library" \
        $CC $(pkg-config --cflags r0) main.c -o static "$usr/lib/libr0.a" -lm -lpthread -ldl
    try "and runs" ./static
    # shellcheck disable=SC2046
    try "a C++ program links the shared library" \
        $CXX -DR0_SHARED $(pkg-config --cflags r0) main.cpp -o shared $(pkg-config --libs r0) "-Wl,-rpath,$usr/lib"
    try "and runs" ./shared
else
    skip "no pkg-config"
fi
try "the shared library shows public functions alone" \
    sh -c "nm -D --defined-only '$usr/lib/libr0.so' | awk '{print \$3}' | sort >names && grep -q r0_context_create names &&
           ! grep -v '^r0_' names"

if command -v cmake >/dev/null; then
    cat >CMakeLists.txt <<'M'
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(r0 0.2 REQUIRED)
add_executable(header whole.c)
target_link_libraries(header r0::r0)
if(TARGET r0::library)
    add_executable(linked main.c)
    target_link_libraries(linked r0::library)
endif()
M
    try "cmake configures" cmake -S . -B made -DCMAKE_PREFIX_PATH="$usr"
    try "cmake builds both targets" cmake --build made
    try "r0::r0 runs" made/header
    try "r0::library runs" made/linked
    sed 's/r0 0.2/r0 9.0/' CMakeLists.txt >later && mkdir -p refused && cp later refused/CMakeLists.txt
    try "a newer version than this is refused" sh -c "! cmake -S refused -B refused/made -DCMAKE_PREFIX_PATH='$usr'"
    # A program with one library that holds R0 and one that holds stb_ds.
    for shared in OFF ON; do
        try "examples/cmake is configured, shared $shared" cmake -S "$top/examples/cmake" -B "ask-$shared" \
            -DCMAKE_PREFIX_PATH="$usr" -DBUILD_SHARED_LIBS=$shared
        try "examples/cmake is built, shared $shared" cmake --build "ask-$shared"
        try "examples/cmake answers, shared $shared" \
            sh -c "'ask-$shared/ask' '$top/examples/tiny' 8+5-4 | grep -F '8+5=13;13-4=9;\\boxed{9}'"
        try "its library shows nothing of R0, shared $shared" \
            sh -c "nm -g --defined-only ask-$shared/libanswers.* | grep -q answers_ask &&
                   ! nm -g --defined-only ask-$shared/libanswers.* | grep -q ' r0'"
    done
    # The port is plain CMake but for the folder that vcpkg names.
    try "vcpkg's port installs" cmake -DCURRENT_PACKAGES_DIR="$folder/vcpkg" -P "$top/.ci/package/vcpkg/portfile.cmake"
    try "vcpkg's port says this version" says "\"version\": \"$version\"" "$top/.ci/package/vcpkg/vcpkg.json"
    try "a program finds the port" cmake -S . -B ported -DCMAKE_PREFIX_PATH="$folder/vcpkg"
    try "a program of the port builds" cmake --build ported
    try "a program of the port runs" ported/header
else
    skip "no cmake"
fi

if command -v conan >/dev/null; then
    export CONAN_HOME="$folder/conan"
    try "conan detects this machine" conan profile detect
    try "conan makes the package" conan create "$top/.ci/package/conan"
    try "conan lists it" sh -c "conan list r0 | grep -q 'r0/$version'"
else
    skip "no conan: pip install conan"
fi

try "the manual page names every command" \
    sh -c "for c in \$('$usr/bin/r0' --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
               grep -q \"^.SS r0 \$c\$\" '$usr/share/man/man1/r0.1' || { echo \$c; exit 1; }; done"
if command -v man >/dev/null; then
    try "the manual page has no fault" sh -c "test -z \"\$(man --warnings -l '$usr/share/man/man1/r0.1' 2>&1 >/dev/null)\""
else
    skip "no man"
fi
if command -v bash >/dev/null; then
    try "bash completes commands and options" bash -c ". '$usr/share/bash-completion/completions/r0'
        COMP_WORDS=(r0 ev) COMP_CWORD=1 && _r0 && [ \"\${COMPREPLY[*]}\" = 'evolve eval' ] &&
        COMP_WORDS=(r0 --quiet eval --sam) COMP_CWORD=3 && _r0 && [ \"\${COMPREPLY[*]}\" = --samples ]"
fi

cd "$top" || exit 1
try "make dist" $MAKE -s dist
try "its checksums fit" sh -c "cd build/dist && sha256sum -c SHA256SUMS"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
