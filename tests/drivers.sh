#!/bin/sh
# The Vulkan test groups on every driver that needs no GPU: `make test-drivers`. Catches: what one driver forgives and
# another does not; a subgroup size, a limit or a memory type that was taken for granted; a fast path that is wrong on
# one compiler only. What is missing is fetched as a package where that is possible, or skipped, loudly. Ends in one
# table, which is also written, with the versions, to bench/drivers.md.
#     sh tests/drivers.sh [-o FILE] [NAME...]       NAME: runs these rows (see below) and keeps the others as they were
#     R0_DRIVERS=FOLDER   where the newer Mesa is kept (tests/newer_mesa.sh)
#     R0_NO_INSTALL=1     nothing is fetched
#     R0_GROUPS="..."     these test groups instead of all of Vulkan's; a row says which
# Full logs: build/drivers/NAME.log
set -u
cd "$(dirname "$0")/.." || exit 1
output=bench/drivers.md
[ "${1:-}" != -o ] || { output=$2; shift 2; }
wanted=" $* "
logs=build/drivers
all=$(ls tests/test_vulkan*.c | sed 's/.*test_//; s/\.c$//' | tr '\n' ' ' | sed 's/ $//')
groups=${R0_GROUPS:-$all}
tested=all
[ "$groups" = "$all" ] || tested=$groups
[ "$wanted" != "  " ] || rm -rf $logs
mkdir -p $logs
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
cp -f build/test build/r0 build/driver_info $logs/ || exit 1 # who builds meanwhile does not change what is measured

have_file() { for file; do [ ! -e "$file" ] || { echo "$file"; return 0; }; done; return 1; }

# Installs a package when this is Debian and we may; says what it would have done otherwise.
fetch() {
    if [ -z "${R0_NO_INSTALL:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "drivers: installing $1" >&2
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$1"; } \
            >$logs/apt.log 2>&1 || echo "drivers: apt-get could not install $1 ($(grep -m 1 '^E:' $logs/apt.log))" >&2
    else
        echo "drivers: missing: $1; as root: apt-get install $1" >&2
    fi
}

layer_of() { have_file "$1"/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json; }
lavapipe=$(have_file /usr/share/vulkan/icd.d/lvp_icd*.json /etc/vulkan/icd.d/lvp_icd*.json) ||
    { fetch mesa-vulkan-drivers; lavapipe=$(have_file /usr/share/vulkan/icd.d/lvp_icd*.json); }
swiftshader=$(have_file /usr/lib/chromium/vk_swiftshader_icd.json) ||
    { fetch chromium-common; swiftshader=$(have_file /usr/lib/chromium/vk_swiftshader_icd.json); }
layer_of "" >/dev/null || fetch vulkan-validationlayers
newer=$(sh tests/newer_mesa.sh) || newer=

# run_on ROOT ICD COMMAND...: with this driver; ROOT is empty for this system's, or the folder of a newer Mesa, whose
# dynamic loader and libraries then run the command. A shader cache of its own: drivers share entries that do not fit.
run_on() {
    root=$1 icd=$2
    shift 2
    export VK_DRIVER_FILES="$icd" VK_ICD_FILENAMES="$icd" MESA_SHADER_CACHE_DIR="$PWD/$logs/cache-$name"
    [ -n "$root" ] || { "$@"; return; }
    libraries=$(dirname "$(have_file "$root"/usr/lib/*/libc.so.6)")
    "$(have_file "$libraries"/ld-linux*.so.*)" --library-path "$libraries" "$@"
}

# row NAME ROOT ICD TITLE [VARIABLE=VALUE...]
rows=
row() {
    name=$1 root=$2 icd=$3 title=$4
    shift 4
    rows="$rows $name"
    [ "$wanted" = "  " ] || case $wanted in *" $name "*) ;; *) return ;; esac
    log=$logs/$name.log
    if [ -z "$icd" ]; then
        echo "SKIP $title: not on this machine"
        echo "| $title | not on this machine | - | - | - | - | - | - | - |" >$logs/$name.row
        return
    fi
    begin=$(date +%s)
    # shellcheck disable=SC2086
    (for variable; do export "${variable?}"; done; R0_TEST_LOG=1 run_on "$root" "$icd" $logs/test $groups) >$log 2>&1
    code=$?
    seconds=$(($(date +%s) - begin))
    device=$(cd . && run_on "$root" "$icd" $logs/r0 devices 2>/dev/null | sed -n 's/^vulkan:0 *//p' | sed 's/, [0-9.]* GiB,/,/')
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 | \2 | \3/p' $log | tail -n 1)
    [ -n "$counts" ] || { counts="0 | 1 | 0"; echo "FAIL $name: ended without a result (exit code $code)" >>$log; }
    said=0
    case $* in *validation*)
        said=$(grep -cE 'VUID-|UNASSIGNED-|SYNC-HAZARD' $log)
        loaded=$(for variable; do export "${variable?}"; done; VK_LOADER_DEBUG=layer run_on "$root" "$icd" \
            $logs/r0 devices 2>&1 | grep -ci 'insert.*VK_LAYER_KHRONOS_validation')
        [ "$loaded" -gt 0 ] || { said=1; echo "FAIL $name: the loader did not take the layer" >>$log; }
        counts="$counts, **$said messages**" ;;
    esac
    paths=$(for variable; do export "${variable?}"; done; run_on "$root" "$icd" $logs/driver_info 2>/dev/null | tail -n 1)
    grep -E '^(FAIL|SKIP)|VUID-|SYNC-HAZARD' $log | cut -c1-300 | sort | uniq -c | sort -rn | head -n 20
    echo "$title: $counts ($seconds s)" | sed 's/ | / passed, /; s/ | / failed, /; s/\( ([0-9]* s)\)$/ skipped\1/'
    echo "| $title | ${device:-?} | $tested | $counts | $seconds | ${paths:--} | $commit |" >$logs/$name.row
    case $counts in *"| 0 |"*) [ "$said" = 0 ] || failed=$((failed + 1)) ;; *) failed=$((failed + 1)) ;; esac
}

# refused NAME ROOT ICD TITLE TEXT: a driver that r0 does not take, and says why
refused() {
    name=$1 title=$4
    rows="$rows $name"
    [ "$wanted" = "  " ] || case $wanted in *" $name "*) ;; *) return ;; esac
    [ -n "$3" ] || { echo "SKIP $title: not on this machine"; return; }
    said=$(run_on "$2" "$3" $logs/r0 --device vulkan:0 inspect examples/tiny 2>&1)
    case $said in
    *"$5"*) good="refused: $5 ..." counts="1 | 0" ;;
    *) good="not refused" counts="0 | 1" failed=$((failed + 1)) ;;
    esac
    echo "$title: $good"
    echo "| $title | $good | - | $counts | 0 | 0 | - | $commit |" >$logs/$name.row
}

failed=0
watch="VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation"
sync="VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT"
newest=${newer:+$newer/usr/share/vulkan/icd.d/lvp_icd.json}
watched= newest_watched=
[ -z "$lavapipe" ] || ! layer_of "" >/dev/null || watched=$lavapipe
[ -z "$newer" ] || ! layer_of "$newer" >/dev/null || newest_watched=$newest

row lavapipe "" "$lavapipe" "lavapipe of this system"
row lavapipe-128 "" "$lavapipe" "the same, subgroups of 4" LP_NATIVE_VECTOR_WIDTH=128
refused swiftshader "" "$swiftshader" "SwiftShader (chromium-common)" "takes minutes to compile attention"
row newer "$newer" "$newest" "lavapipe of Debian sid"
row newer-128 "$newer" "$newest" "the same, subgroups of 4" LP_NATIVE_VECTOR_WIDTH=128
row validation "" "$watched" "lavapipe of this system, validation and synchronization layers" $watch $sync
row newer-validation "$newer" "$newest_watched" "lavapipe of Debian sid, its validation and synchronization layers" \
    $watch VK_LAYER_VALIDATE_SYNC=1 VK_LAYER_PATH="$newer/usr/share/vulkan/explicit_layer.d"

version() { dpkg-query -W -f '${Package} ${Version}\n' "$@" 2>/dev/null | tr '\n' ',' | sed 's/,$//; s/,/, /g'; }
{
    echo "# The Vulkan tests on every driver at hand"
    echo
    echo "\`make test-drivers\` (tests/drivers.sh), $(date +%Y-%m-%d), commit $commit."
    echo "Groups: all are $all. Processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)."
    echo "Packages: $(version mesa-vulkan-drivers chromium-common vulkan-validationlayers libvulkan1)."
    [ -z "$newer" ] || echo "From Debian sid, by tests/newer_mesa.sh: $(cat "$newer/../versions" 2>/dev/null | tr '\n' ',' | sed 's/,$//; s/,/, /g')."
    echo
    echo "| driver | device, type, driver version | groups | passed | failed | skipped | seconds | fast paths | commit |"
    echo "|---|---|---|---|---|---|---|---|---|"
    for name in $rows; do [ ! -f "$logs/$name.row" ] || cat "$logs/$name.row"; done
} >$logs/page
echo
sed -n '/^|/p' $logs/page
cp $logs/page "$output"
echo "-> $output"
[ $failed = 0 ]
