#!/bin/sh
# Prints the path of Mesa's libintel_noop_drm_shim.so for a Debian suite: preloaded, Intel's Vulkan driver of the same
# suite finds a GPU that INTEL_STUB_GPU_PLATFORM names (dg2, tgl, bmg, ...) and compiles for it. Debian's packages lack
# it, so it is built from their sources: 30 or 50 MB fetched by an apt of its own, 2 to 5 minutes of a processor. As
# root, what building takes is installed; else what lacks is named. Exit code 1 without it.
#     sh tests/intel_shim.sh bookworm|trixie
#     R0_DRIVERS=FOLDER, R0_NO_INSTALL=1     as in tests/newer_mesa.sh
set -u
suite=$1
cache=${R0_DRIVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/r0-drivers}
here=$cache/intel-$suite shim=src/intel/tools/libintel_noop_drm_shim.so
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ ! -f "$here/${shim##*/}" ] || { echo "$here/${shim##*/}"; exit 0; }

missing() { echo "Intel's shim of $suite: $*" >&2; exit 1; }
[ -z "${R0_NO_INSTALL:-}" ] || missing "R0_NO_INSTALL is set and $here has not been built"
command -v apt-get >/dev/null 2>&1 && [ -f $keys ] || missing "needs apt-get and Debian's keys (debian-archive-keyring)"
tools="ninja-build flex bison pkg-config python3-venv dpkg-dev libdrm-dev libelf-dev zlib1g-dev libexpat1-dev"
rm -rf "$here"
mkdir -p "$here/lists/partial" "$here/archives/partial" || missing "cannot write $cache"
# shellcheck disable=SC2086
if ! dpkg-query -W $tools >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || missing "as root: apt-get install $tools"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $tools; } \
        >"$here/log" 2>&1 || missing "apt-get cannot install $tools"
fi
: >"$here/status"
echo "deb-src [signed-by=$keys] http://deb.debian.org/debian $suite main" >"$here/sources.list"
apt() { # reads and changes nothing of this system's
    apt-get -qq -o Dir::State="$here" -o Dir::State::lists="$here/lists" -o Dir::State::status="$here/status" \
        -o Dir::Cache="$here" -o Dir::Etc::SourceList="$here/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=2 "$@" >>"$here/log" 2>&1
}
build() {
    cd "$here" && apt update && apt source mesa && mv mesa-*/ source &&
    python3 -m venv venv && venv/bin/pip -q install 'meson>=1.1' mako pyyaml packaging setuptools &&
    PATH=$here/venv/bin:$PATH venv/bin/meson setup build source -Dvulkan-drivers= -Dgallium-drivers= -Dplatforms= \
        -Dglx=disabled -Degl=disabled -Dgbm=disabled -Dopengl=false -Dgles1=disabled -Dgles2=disabled -Dllvm=disabled \
        -Dtools=drm-shim,intel -Dbuildtype=release -Dzstd=disabled &&
    PATH=$here/venv/bin:$PATH ninja -C build $shim && cp build/$shim "$here"
}
(build) >>"$here/log" 2>&1 || missing "it cannot be built; $here/log ends: $(tail -n 1 "$here/log")"
rm -rf "$here/source" "$here/build" "$here/venv" "$here/lists" "$here"/mesa_*
echo "$here/${shim##*/}"
