// What every shader shares: the arguments, where each operand begins, and which invocation this is.
//
// ARGS (defined by the shader) are the fields of the op's argument struct in r0.h. Before them comes where operands
// begin: a descriptor must begin at the device's alignment, so operand k begins first(k) elements after its descriptor.
// Nothing here is specific to a device: specialization constant 0 is the workgroup's size, chosen when the pipeline
// is made. The grid is flat; it folds into rows of GRID_WIDTH workgroups where it would pass Vulkan's limit of 65535.

#extension GL_EXT_control_flow_attributes : require
#define UNROLL [[unroll]] // loops whose arrays must become registers

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Args {
    uint offsets[9];
    ARGS
};

const uint GRID_WIDTH = 32768;

uint first(uint operand)
{
    return offsets[operand];
}

uint group_index()
{
    return gl_WorkGroupID.y * GRID_WIDTH + gl_WorkGroupID.x;
}

uint invocation()
{
    return group_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}
