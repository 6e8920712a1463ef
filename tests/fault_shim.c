// Preloaded into a program (LD_PRELOAD): lets its k-th file operation or allocation go wrong. Knows nothing of R0.
//     R0_FAULT="file K ERRNO"    the k-th file operation fails with this errno; "files K ERRNO": all from the k-th on
//     R0_FAULT="kill K"          SIGKILL in place of the k-th file operation
//     R0_FAULT="torn K"          SIGKILL after half of the k-th fwrite
//     R0_FAULT="malloc K"        the k-th allocation fails
//     R0_FAULT="little K"        the machine says that K kB of memory are free
//     R0_FAULT="clock K"         the wall clock is an hour behind from the k-th question on; "clocks K": every clock
//     R0_FAULT_COUNT=PATH        how many of each there were: "file operations, fwrites, allocations"
// Standard output and error are left alone. For glibc.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);

static long files, writes, allocations; // so far
static char kind[16];
static long chosen;
static int error = EIO;

__attribute__((constructor)) static void fault_begin(void)
{
    const char *wanted = getenv("R0_FAULT");
    char name[16];
    if (wanted && sscanf(wanted, "%15s %ld %d", name, &chosen, &error) >= 2) memcpy(kind, name, sizeof kind);
    files = writes = allocations = 0;
}

__attribute__((destructor)) static void fault_end(void)
{
    char text[96];
    const char *path = getenv("R0_FAULT_COUNT");
    if (!path) return;
    int size = snprintf(text, sizeof text, "%ld %ld %ld\n", files, writes, allocations);
    kind[0] = 0;
    int (*real_open)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    int file = real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (write(file, text, (size_t)size) != size) _exit(99);
}

// Whether this file operation is to fail.
static int fault_file(void)
{
    long now = ++files;
    if (!strcmp(kind, "kill") && now == chosen) kill(getpid(), SIGKILL);
    if ((!strcmp(kind, "file") && now == chosen) || (!strcmp(kind, "files") && now >= chosen)) return errno = error, 1;
    return 0;
}

static int fault_malloc(void)
{
    if (strcmp(kind, "malloc") != 0 || ++allocations != chosen) return allocations += strcmp(kind, "malloc") != 0, 0;
    return errno = ENOMEM, 1;
}

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real) {                                                                                                       \
        void *found = dlsym(RTLD_NEXT, #name);                                                                         \
        memcpy(&real, &found, sizeof real);                                                                            \
    }

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    int mode = va_arg(list, int);
    va_end(list);
    REAL(int, open, const char *, int, ...)
    return fault_file() ? -1 : real(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    static char free_memory[48];
    REAL(FILE *, fopen, const char *, const char *)
    if (!strcmp(kind, "little") && !strcmp(path, "/proc/meminfo")) {
        int size = snprintf(free_memory, sizeof free_memory, "MemAvailable: %ld kB\n", chosen);
        return fmemopen(free_memory, (size_t)size, "r");
    }
    return fault_file() ? NULL : real(path, mode);
}

FILE *fdopen(int file, const char *mode)
{
    REAL(FILE *, fdopen, int, const char *)
    return fault_file() ? NULL : real(file, mode);
}

size_t fread(void *data, size_t size, size_t count, FILE *file)
{
    REAL(size_t, fread, void *, size_t, size_t, FILE *)
    if (!fault_file()) return real(data, size, count, file);
    file->_flags |= 0x20; // what ferror sees: _IO_ERR_SEEN
    return 0;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *file)
{
    REAL(size_t, fwrite, const void *, size_t, size_t, FILE *)
    if (file == stdout || file == stderr) return real(data, size, count, file);
    if (++writes == chosen && !strcmp(kind, "torn")) {
        real(data, 1, size * count / 2, file);
        fflush_unlocked(file);
        kill(getpid(), SIGKILL);
    }
    if (!fault_file()) return real(data, size, count, file);
    file->_flags |= 0x20;
    return 0;
}

int fflush(FILE *file)
{
    REAL(int, fflush, FILE *)
    if (!file || file == stdout || file == stderr) return real(file);
    return fault_file() ? EOF : real(file);
}

int fclose(FILE *file)
{
    REAL(int, fclose, FILE *)
    int fails = fault_file(), result = real(file);
    return fails ? (errno = error, EOF) : result;
}

int fsync(int file)
{
    REAL(int, fsync, int)
    return fault_file() ? -1 : real(file);
}

int rename(const char *from, const char *to)
{
    REAL(int, rename, const char *, const char *)
    return fault_file() ? -1 : real(from, to);
}

int remove(const char *path)
{
    REAL(int, remove, const char *)
    return fault_file() ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, mkdir, const char *, mode_t)
    return fault_file() ? -1 : real(path, mode);
}

DIR *opendir(const char *path)
{
    REAL(DIR *, opendir, const char *)
    return fault_file() ? NULL : real(path);
}

// Seconds that a clock is to be behind.
static long fault_clock(clockid_t clock)
{
    static long asked;
    if (strncmp(kind, "clock", 5) != 0 || (clock != CLOCK_REALTIME && !strcmp(kind, "clock"))) return 0;
    return ++asked >= chosen ? 3600 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(int, clock_gettime, clockid_t, struct timespec *)
    int result = real(clock, now);
    return now->tv_sec -= fault_clock(clock), result;
}

int timespec_get(struct timespec *now, int base)
{
    REAL(int, timespec_get, struct timespec *, int)
    int result = real(now, base);
    return now->tv_sec -= fault_clock(CLOCK_REALTIME), result;
}

time_t time(time_t *now)
{
    REAL(time_t, time, time_t *)
    time_t result = real(NULL) - fault_clock(CLOCK_REALTIME);
    return now ? *now = result : result;
}

void *malloc(size_t size) { return fault_malloc() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fault_malloc() ? NULL : __libc_calloc(count, size); }
void *realloc(void *pointer, size_t size) { return fault_malloc() ? NULL : __libc_realloc(pointer, size); }
