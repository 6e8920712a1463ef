// What R0 found on a Vulkan driver and made use of, in one line: a column of tests/drivers.sh.
#define R0_IMPLEMENTATION
#include "../r0.h"

int main(void)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "vulkan";
    if (r0_context_create(&desc, &r0)) {
        fprintf(stderr, "%s\n", r0_error(r0));
        return 1;
    }
    const r0i_vk *vk = r0i_vk_of(r0->device);
    const r0i_vk_units *u = &vk->units;
    if (u->m) printf("matrix units %ux%ux%u, ", (unsigned)u->m, (unsigned)u->n, (unsigned)u->k);
    printf("%s, %.0f MiB a range", vk->mapped ? "memory mapped" : "memory staged", (double)vk->max_range / (1 << 20));
    if (vk->stamps) printf(", timestamps");
    const char *refused = strstr(r0_device_name(r0), ", without"); // what the self-test found wrong
    printf("%s\n", refused ? refused : "");
    r0_context_destroy(r0);
    return 0;
}
