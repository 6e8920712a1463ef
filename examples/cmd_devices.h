// r0 devices: what can compute, in the words that --device takes.

static int cmd_devices(r0_context *r0, int argc, char **argv)
{
    r0_device_info devices[16];
    int code = cli_parse("r0 devices: lists the devices that can compute", NULL, 0, &argc, argv), count;
    if (code != CLI_GO) return code;
    if (r0_devices(r0, devices, CLI_COUNT(devices), &count)) return cli_error(r0);
    printf("cpu        always there\n");
    for (int i = 0; i < count && i < CLI_COUNT(devices); i++) {
        printf("vulkan:%-3d %s, %s, %.1f GiB, %s\n", i, devices[i].name, devices[i].type,
               (double)devices[i].memory / (1 << 30), devices[i].driver);
    }
    if (!count) printf("no Vulkan device: neither a GPU driver nor a CPU one such as Mesa's lavapipe\n");
    printf("auto takes %s\n", r0_device_name(r0));
    if (*r0_device_kernels(r0)) printf("with the kernels \"%s\"\n", r0_device_kernels(r0));
    return CLI_OK;
}
