#!/bin/sh
# The Vulkan groups, and the rows that sequences share, under the validation layer, synchronization validation included.
# Catches: calls that this driver forgives and another does not, and memory that one dispatch reads before another has
# written it.
set -u
cd "$(dirname "$0")/.." || exit 1
log=build/validation.log
if ! ls /usr/share/vulkan/explicit_layer.d/*validation* >/dev/null 2>&1; then
    echo "SKIP validation: no Vulkan validation layer on this machine"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
R0_TEST_SMALL=1 VK_LOADER_DEBUG=layer VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation \
    VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT \
    build/test prefix vulkan vulkan_device vulkan_model >$log 2>&1
code=$?
said=$(grep -cE 'VUID-|UNASSIGNED-|SYNC-HAZARD' $log)
ran=$(sed -n 's/^vulkan  *\([0-9]*\) passed.*/\1/p' $log)
failed=0
[ $code = 0 ] || { failed=$((failed + 1)); echo "FAIL validation: the groups fail under the layer (exit code $code)"; }
[ "$said" = 0 ] || { failed=$((failed + 1)); echo "FAIL validation: $said messages: $(grep -m 1 -E 'VUID-|UNASSIGNED-|SYNC-HAZARD' $log | cut -c1-300)"; }
[ "${ran:-0}" -gt 0 ] || { failed=$((failed + 1)); echo "FAIL validation: no Vulkan check ran"; }
# A layer that was not loaded is silent too.
grep -qi 'insert.*VK_LAYER_KHRONOS_validation' $log ||
    { failed=$((failed + 1)); echo "FAIL validation: the loader did not take the layer"; }
echo "$((4 - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
