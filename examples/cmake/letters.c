// Another library of the same program, which brings its own stb_ds.
#define STB_DS_IMPLEMENTATION
#include <stb_ds.h>

#include "answers.h"

int letters_count(const char *text) // different ones
{
    struct { char key, value; } *seen = NULL;
    for (; *text; text++) hmput(seen, *text, 1);
    int count = (int)hmlen(seen);
    hmfree(seen);
    return count;
}
