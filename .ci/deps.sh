#!/bin/sh
# Installs what R0 needs and this machine lacks:  .ci/deps.sh build|shaders|test
# On Debian and Ubuntu through apt-get, as root or with sudo; elsewhere the exact command is printed. Only stb_ds.h is
# required: without the Vulkan headers R0 is built for the CPU alone, without the test tools their parts are skipped.
# R0_NO_INSTALL=1 never installs. Does nothing, at once, when nothing is missing.
set -u
what=${1:-build}
CC=${CC:-cc}

say() { echo "deps: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
have_header() { echo "#include <$1>" | $CC ${CPPFLAGS:-} -E - >/dev/null 2>&1; }
have_file() { for file; do [ ! -e "$file" ] || return 0; done; return 1; }
have_driver() { have_file /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; }

# need NAME REASON DEBIAN FEDORA ARCH BREW: remembers a missing thing and its packages.
missing= debian= fedora= arch= brew=
need() {
    missing="$missing $1"
    say "missing: $1 ($2)"
    debian="$debian $3" fedora="$fedora $4" arch="$arch $5" brew="$brew $6"
}

look_build() {
    have_header stb/stb_ds.h || have_header stb_ds.h ||
        need stb_ds.h "hash maps of the tokenizer; required" libstb-dev stb-devel stb stb
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
    have clang || need clang "a second compiler" clang clang clang llvm
    have x86_64-w64-mingw32-g++ ||
        need mingw-w64 "compiles the Windows branch" g++-mingw-w64-x86-64 mingw64-gcc-c++ mingw-w64-gcc mingw-w64
    [ "$(uname -s)" != Linux ] || have_file /usr/share/vulkan/explicit_layer.d/*validation* ||
        need "validation layers" "watch the Vulkan calls" vulkan-validationlayers vulkan-validation-layers \
            vulkan-validation-layers vulkan-validationlayers
}

may_install() {
    [ -z "${R0_NO_INSTALL:-}" ] && have apt-get || return 1
    [ "$(id -u)" = 0 ] || { have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Quiet, without questions, and twice when the first try fails; shows the end of the log when the second one does too.
apt_get() {
    log=$(mktemp)
    for attempt in 1 2; do
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=2 "$@" >"$log" 2>&1; then
            rm -f "$log"
            return 0
        fi
        [ "$attempt" = 2 ] || sleep 3
    done
    tail -n 5 "$log" >&2
    rm -f "$log"
    return 1
}

# All packages at once; if that fails, one by one, so that an unknown one does not cost the others. The package lists
# are fetched first: a fresh machine has none.
apt_install() {
    apt_get update
    apt_get -y --no-install-recommends install "$@" && return 0
    for package; do
        apt_get -y --no-install-recommends install "$package" || say "could not install $package"
    done
}

case $what in
    build) look_build ;;
    shaders) look_shaders ;;
    test) look_test ;;
    *) say "usage: deps.sh build|shaders|test"; exit 2 ;;
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
else
    say "not installed by itself here; as root: $command"
fi

if ! have_header stb/stb_ds.h && ! have_header stb_ds.h; then
    say "stb_ds.h is required: run \`$command\` as root, or put https://github.com/nothings/stb/blob/master/stb_ds.h beside r0.h"
    exit 1
fi
[ "$what" != shaders ] || have glslangValidator || exit 1
exit 0
