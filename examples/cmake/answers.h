#include <stdbool.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
bool answers_ask(const char *folder, const char *question, char *answer, size_t size);
int letters_count(const char *text);
#ifdef __cplusplus
}
#endif
