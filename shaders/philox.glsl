// Philox4x32-10 (Salmon et al., SC 2011), the twin of r0i_random_uniform in r0.h: a number depends on its key and
// counter alone, so a rollout draws the same tokens on every device, in every slot and with any neighbors.

float philox_uniform(uvec2 key, uint counter)
{
    uvec4 c = uvec4(counter, 0, 0, 0);
    for (uint round = 0; round < 10; round++) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, c.x, high0, low0);
        umulExtended(0xCD9E8D57u, c.z, high1, low1);
        c = uvec4(high1 ^ c.y ^ key.x, low1, high0 ^ c.w ^ key.y, low0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return float(c.x >> 8) * (1.0 / 16777216.0);
}
