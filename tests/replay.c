// tests/fuzz_resume.c without libFuzzer: runs the inputs that are named, once each, and says how many were taken. One
// that is refused because a state has other fields now tests nothing.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int fuzz_taken;
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
    printf("%d inputs, %d taken\n", argc - 1, fuzz_taken);
    return argc < 2;
}
