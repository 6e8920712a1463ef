// Rows of numbers, each handled by a team of TEAM invocations: the whole workgroup, where neighbors read neighbors
// and a tree in shared memory joins them; a single invocation where shared memory is refused (r0i_vk_self_test).
// TEAM is specialization constant 1 and either 1 or the workgroup's size, a power of two, so that a whole workgroup
// leaves main() together. The tree has one fixed order: the same bits in every run.

layout(constant_id = 1) const uint TEAM = 1;

shared float team_values[256]; // a number: Metal wants no constant that is chosen later

uint team_index()
{
    return TEAM == 1 ? invocation() : group_index();
}

uint team_lane()
{
    return TEAM == 1 ? 0 : gl_LocalInvocationID.x;
}

float team_sum(float value)
{
    if (TEAM == 1) return value;
    uint lane = gl_LocalInvocationID.x;
    barrier(); // whoever still reads the previous result
    team_values[lane] = value;
    barrier();
    for (uint width = TEAM / 2; width > 0; width /= 2) {
        if (lane < width) team_values[lane] += team_values[lane + width];
        barrier();
    }
    return team_values[0];
}

float team_max(float value)
{
    if (TEAM == 1) return value;
    uint lane = gl_LocalInvocationID.x;
    barrier();
    team_values[lane] = value;
    barrier();
    for (uint width = TEAM / 2; width > 0; width /= 2) {
        if (lane < width) team_values[lane] = max(team_values[lane], team_values[lane + width]);
        barrier();
    }
    return team_values[0];
}
