#!/bin/sh
# Installs what R0 can use and this machine lacks:  .ci/deps.sh build|shaders|test|check|targets
# On Debian and Ubuntu through apt-get, as root or with sudo; elsewhere the exact command is printed. Nothing of it is
# required: without the Vulkan headers R0 is built for the CPU alone, without stb_ds.h a few commands are left out,
# without the test tools their parts are skipped. Only compiling the shaders needs its compiler.
# R0_NO_INSTALL=1 never installs. Does nothing, at once, when nothing is missing.
set -u
cd "$(dirname "$0")/.." || exit 1
what=${1:-build}
CC=${CC:-cc}

say() { echo "deps: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
have_header() { echo "#include <$1>" | $CC ${CPPFLAGS:-} -E - >/dev/null 2>&1; }
have_file() { for file; do [ ! -e "$file" ] || return 0; done; return 1; }
have_driver() { have_file /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; }

# need NAME REASON DEBIAN FEDORA ARCH BREW: remembers a missing thing and its packages.
need() {
    [ -n "$again" ] || say "missing: $1 ($2)"
    missing="$missing${missing:+, }$1"
    debian="$debian $3" fedora="$fedora $4" arch="$arch $5" brew="$brew $6"
}

look_build() {
    have_header stb/stb_ds.h || have_header stb_ds.h || have_file stb_ds.h ||
        need stb_ds.h "growing arrays; without it: no eval, sft, pretrain, convert, tiny" libstb-dev stb-devel stb stb
    have_header vulkan/vulkan.h ||
        need vulkan/vulkan.h "the GPU device; without it: CPU only" libvulkan-dev vulkan-headers vulkan-headers vulkan-headers
    [ "$(uname -s)" != Linux ] || have_driver ||
        need "a Vulkan driver" "the GPU device; without one: CPU only" mesa-vulkan-drivers mesa-vulkan-drivers \
            vulkan-swrast molten-vk
}

look_shaders() {
    have glslangValidator || need glslangValidator "compiles shaders/*.comp" glslang-tools glslang glslang glslang
}

look_test() {
    look_build
    have python3 || need python3 "house checks" python3 python3 python python
    have g++ || have clang++ || need g++ "r0.h must be valid C++" g++ gcc-c++ gcc gcc
    look_shaders
    have spirv-cross || need spirv-cross "what Metal makes of the shaders" spirv-cross spirv-cross spirv-cross spirv-cross
}

look_check() {
    look_test
    have clang || need clang "a second compiler" clang clang clang llvm
    have x86_64-w64-mingw32-g++ ||
        need mingw-w64 "compiles the Windows branch" g++-mingw-w64-x86-64 mingw64-gcc-c++ mingw-w64-gcc mingw-w64
    have mpicc && have mpirun || need MPI "one run on several processes" "libopenmpi-dev openmpi-bin" \
        "openmpi-devel" openmpi open-mpi
    [ "$(uname -s)" != Linux ] || have_file /usr/share/vulkan/explicit_layer.d/*validation* ||
        need "validation layers" "watch the Vulkan calls" vulkan-validationlayers vulkan-validation-layers \
            vulkan-validation-layers vulkan-validationlayers
    have pkg-config || need pkg-config "programs that ask it for R0" pkg-config pkgconf-pkg-config pkgconf pkgconf
    have cmake || need cmake "CMake projects that use R0" cmake cmake cmake cmake
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        need "python3's venv" "compilers for other machines, from PyPI" python3-venv python3 python python
    have chromium || have chromium-browser || have google-chrome ||
        need Chromium "the page of make web" chromium chromium chromium chromium
    have wine || need wine "runs the Windows program" "wine wine64" wine wine wine-stable
    have apt-get && [ "$(uname -m)" = x86_64 ] || return 0 # tests/portable.sh knows Debian's
    gcc -m32 -print-libgcc-file-name 2>/dev/null | grep -q /32/ ||
        need "32-bit libraries" "the tests on 32-bit x86" \
            "libc6-dev-i386 lib32gcc-$(gcc -dumpversion | cut -d. -f1)-dev" "" "" ""
    have aarch64-linux-gnu-gcc && { have qemu-aarch64-static || have qemu-aarch64; } ||
        need "qemu and a compiler for ARM" "the tests on ARM" \
            "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static" "" "" ""
}

look() { again=${1:-} missing= debian= fedora= arch= brew=; "look_$what"; }

may_install() {
    [ -z "${R0_NO_INSTALL:-}" ] && have apt-get || return 1
    [ "$(id -u)" = 0 ] || { have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Quiet, without questions; shows the end of the log when it fails. Where no server answers it gives up within seconds
# (RES_OPTIONS is the resolver's own), and says so with code 2.
apt_get() {
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive RES_OPTIONS='timeout:1 attempts:1' apt-get -qq -o Acquire::Retries=0 \
        -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 "$@" >"$log" 2>&1
    code=$?
    ! grep -qE 'resol(ve|ving)' "$log" || offline=1
    if [ $code != 0 ]; then
        if grep -qE 'resol(ve|ving)|onnect|nreachable|timed out' "$log"; then code=2; else tail -n 5 "$log" >&2; fi
    fi
    rm -f "$log"
    return $code
}

# All packages at once; if that fails, one by one, so that an unknown one does not cost the others. The package lists
# are fetched first: a fresh machine has none.
offline=
apt_install() {
    apt_get update
    [ -z "$offline" ] || { say "the package servers cannot be reached"; return; }
    apt_get -y --no-install-recommends install "$@" && return
    [ $code != 2 ] || { say "the package servers cannot be reached"; return; }
    for package; do
        apt_get -y --no-install-recommends install "$package" || say "could not install $package"
    done
}

# A compiler for every target and what runs WebAssembly, from PyPI into build/tools; not of the system, so without root.
if [ "$what" = targets ]; then
    have_module() { build/tools/bin/python -c "import $1" 2>/dev/null || python3 -c "import $1" 2>/dev/null; }
    have_module ziglang && have_module wasmtime && exit 0
    [ -z "${R0_NO_INSTALL:-}" ] && have python3 && [ ! -e build/tools/failed ] || exit 0
    say "installing into build/tools: ziglang wasmtime"
    mkdir -p build
    python3 -m venv build/tools && build/tools/bin/python -m pip install -q --retries 0 --timeout 10 \
        ziglang wasmtime >/dev/null 2>&1 && exit 0
    mkdir -p build/tools && touch build/tools/failed # one attempt is enough
    say "PyPI cannot be reached, or has neither; to have them: python3 -m pip install ziglang wasmtime"
    exit 0
fi

case $what in
    build | shaders | test | check) look ;;
    *) say "usage: deps.sh build|shaders|test|check|targets"; exit 2 ;;
esac
[ -n "$missing" ] || exit 0

if have apt-get; then command="apt-get install$debian"
elif have dnf; then command="dnf install$fedora"
elif have pacman; then command="pacman -S$arch"
elif have brew; then command="brew install$brew"
else command="the package manager of this system (Debian's names:$debian)"
fi

if may_install; then
    say "installing with apt-get:$debian"
    # shellcheck disable=SC2086
    apt_install $debian
    look again
    [ -n "$missing" ] || exit 0
fi
say "going on without $missing; to have it, as root: $command"
case $missing in *stb_ds.h*) say "without root: put https://github.com/nothings/stb/blob/master/stb_ds.h beside r0.h" ;; esac
[ "$what" != shaders ]
