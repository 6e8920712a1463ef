#!/bin/sh
# Prints the folder of another Mesa than this system's: the drivers, drm-shims and validation layer of Debian sid, or of
# the suite that is named (trixie), with all libraries they need. Nothing is installed, and root is not needed: apt-get
# fetches the packages with its own state in a cache folder, dpkg-deb unpacks them there (75 MB fetched, 370 MB
# unpacked). Programs run on it through that suite's own dynamic loader: see run_on in tests/drivers.sh.
#     sh tests/newer_mesa.sh [SUITE]
#     R0_DRIVERS=FOLDER    the cache (default ~/.cache/r0-drivers); delete it to fetch anew
#     R0_NO_INSTALL=1      only what is there already
# Without apt, dpkg-deb, Debian's keys or a network: says so, exit code 1.
set -u
cache=${R0_DRIVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/r0-drivers}
suite=${1:-sid} packages="mesa-vulkan-drivers mesa-drm-shim libvulkan1 vulkan-validationlayers"
mirror=http://deb.debian.org/debian
keys=/usr/share/keyrings/debian-archive-keyring.gpg
here=$cache/$suite

if [ -f "$here/complete" ]; then
    echo "$here/root"
    exit 0
fi

missing() { echo "newer Mesa: $*" >&2; exit 1; }
[ -z "${R0_NO_INSTALL:-}" ] || missing "R0_NO_INSTALL is set and $here has not been fetched"
command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || missing "needs apt-get and dpkg-deb"
[ -f $keys ] || missing "needs Debian's keys (package debian-archive-keyring)"

rm -rf "$here"
mkdir -p "$here/lists/partial" "$here/archives/partial" "$here/root" || missing "cannot write $cache"
: >"$here/status"
echo "deb [signed-by=$keys] $mirror $suite main" >"$here/sources.list"
# An apt of its own: it neither reads nor changes what this system has installed.
apt() {
    apt-get -qq -o Dir::State="$here" -o Dir::State::lists="$here/lists" -o Dir::State::status="$here/status" \
        -o Dir::Cache="$here" -o Dir::Cache::archives="$here/archives" -o Dir::Etc::SourceList="$here/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Main=/dev/null -o Dir::Etc::Parts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o APT::Install-Recommends=0 -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none \
        -o Acquire::Retries=2 "$@" >"$here/log" 2>&1
}
apt update || missing "apt-get update of $mirror $suite failed: $(grep -m 1 '^[EW]:' "$here/log")"
# shellcheck disable=SC2086
apt -y --download-only install $packages || missing "apt-get cannot fetch $packages: $(grep -m 1 '^E:' "$here/log")"
for package in "$here"/archives/*.deb; do
    dpkg-deb -x "$package" "$here/root" || missing "cannot unpack $package"
done
for name in mesa-vulkan-drivers vulkan-validationlayers libvulkan1; do
    for package in "$here/archives/${name}"_*.deb; do dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"; done
done >"$here/versions"
rm -rf "$here/archives" "$here/lists"
: >"$here/complete"
echo "$here/root"
