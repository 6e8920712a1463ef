// A fuzzer without libFuzzer, linked with one of tests/fuzz_*.c: runs the inputs that are named, once each.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file || fseek(file, 0, SEEK_END)) return 1;
        long size = ftell(file);
        uint8_t *data = (uint8_t *)malloc((size_t)size + !size); // of its own size, so that one byte behind it is seen
        rewind(file);
        if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) return 1;
        fclose(file);
        LLVMFuzzerTestOneInput(data, (size_t)size);
        free(data);
    }
    printf("%d inputs\n", argc - 1);
    return argc < 2;
}
