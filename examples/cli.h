// What every command of build/r0 shares: options, errors with a suggestion, the progress bar, Ctrl-C.
// A command is `static int cmd_NAME(r0_context *r0, int argc, char **argv)` in examples/cmd_NAME.h; it parses its
// options like this and returns its exit code:
//     int count = 3;
//     const char *out = NULL;
//     const cli_option options[] = {{"count", CLI_INT, &count, "how many"}, {"out", CLI_TEXT, &out, "file to write"}};
//     int code = cli_parse("r0 NAME [FILE]: says what it does", options, CLI_COUNT(options), &argc, argv);
//     if (code != CLI_GO) return code;      // --help, or an error that has been printed
//     if (r0_something(r0, out)) return cli_error(r0);
//     ...                                   // argv[1] to argv[argc - 1]: what was no option
#ifndef CLI_H
#define CLI_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(_WIN32)
#include <io.h>
#define cli_isatty(file) _isatty(_fileno(file))
#else
#include <unistd.h>
#define cli_isatty(file) isatty((file) == stdout ? 1 : 2)
#endif

#define CLI_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum { CLI_GO = -1, CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef enum cli_kind { CLI_FLAG, CLI_INT, CLI_REAL, CLI_TEXT, CLI_TEXTS } cli_kind;

enum { CLI_TEXTS_ROOM = 33 }; // of an option that may stand several times, with a NULL behind the last

// `value` points to bool, int, double, const char * or (CLI_TEXTS) an array of CLI_TEXTS_ROOM of these, as `kind` says,
// and holds the default. The name has no "--".
typedef struct cli_option {
    const char *name;
    cli_kind kind;
    void *value;
    const char *help;
} cli_option;

typedef struct cli_state {
    char name[48];        // "r0 evolve": what errors begin with
    bool terminal, quiet; // stderr is a terminal; no progress wanted
    bool bar;             // a progress bar stands on the current line
    char phase[64];       // of the last progress line
    int iteration;
    double shown;         // seconds into the phase when it was drawn
    const char *given[64]; // the options that stood on the command line
    int given_count;
    bool in_files;        // results go to files: who reads stdout may leave
    void (*open)(r0_context_desc *desc); // what another program adds to the context, or NULL
    bool follows;         // another process of the run prints and writes the report
} cli_state;

static cli_state cli;                  // a program may have globals, a library may not
static volatile sig_atomic_t cli_stop; // the signal that asked to stop: a signal handler reaches nothing else

// Seconds since some moment, by a clock that nobody sets.
#if defined(__linux__) && defined(__LP64__) && defined(__STRICT_ANSI__) && !defined(CLOCK_MONOTONIC)
int clock_gettime(int clock, struct timespec *now); // -std=c11 hides it
#define CLI_CLOCK 1
#elif defined(CLOCK_MONOTONIC)
#define CLI_CLOCK CLOCK_MONOTONIC
#endif
static double cli_seconds(void)
{
#if defined(_WIN32)
    return (double)clock() / CLOCKS_PER_SEC; // wall time there
#else
    struct timespec now;
#ifdef CLI_CLOCK
    clock_gettime(CLI_CLOCK, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
#endif
}

// The first Ctrl-C asks the library to stop at the next safe point, the second leaves at once. A terminal that closes
// and a scheduler that ends the job ask for the same.
static void cli_on_signal(int number)
{
    if (cli_stop) _Exit(128 + number);
    cli_stop = number;
    signal(number, cli_on_signal);
}

// The exit code of a program that a signal stopped, as shells count.
static int cli_stopped(void)
{
    return 128 + (int)cli_stop;
}

static void cli_signals(void)
{
    signal(SIGINT, cli_on_signal);
    signal(SIGTERM, cli_on_signal);
#ifdef SIGHUP
    if (signal(SIGHUP, cli_on_signal) == SIG_IGN) signal(SIGHUP, SIG_IGN); // nohup
#endif
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); // a file that reaches the limit is then an error with a text
#endif
}

// What goes to stdout is only shown: a reader that leaves (| head) does not end hours of work.
static void cli_results_in_files(void)
{
    cli.in_files = true;
#ifdef SIGPIPE
    signal(SIGPIPE, SIG_IGN);
#endif
}

static bool cli_given(const char *name)
{
    for (int i = 0; i < cli.given_count; i++)
        if (!strcmp(cli.given[i], name)) return true;
    return false;
}

static bool cli_cancel(void *user)
{
    (void)user;
    return cli_stop != 0;
}

static void cli_clear_bar(void)
{
    if (cli.bar) fputs("\r\033[K", stderr);
    cli.bar = false;
}

// Errors are printed by the command that meets them, so only the rest is shown here.
static void cli_log(void *user, r0_log_level level, const char *text)
{
    (void)user;
    if (level == R0_LOG_ERROR) return;
    cli_clear_bar();
    fprintf(stderr, "%s%s\n", level == R0_LOG_WARNING ? "warning: " : "", text);
}

static void cli_print_time(double seconds)
{
    if (seconds < 60) fprintf(stderr, "%.0f s", seconds);
    else if (seconds < 3600) fprintf(stderr, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    else fprintf(stderr, "%d h %02d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}

static void cli_print_progress(const r0_progress *p)
{
    if (p->iteration) fprintf(stderr, "[%d] ", p->iteration);
    fprintf(stderr, "%-12s ", p->phase);
    if (cli.terminal && p->total > 0) {
        int filled = (int)(24 * p->done / p->total);
        for (int i = 0; i < 24; i++) fputc(i < filled ? '#' : '.', stderr);
        fputc(' ', stderr);
    }
    if (p->total > 0) fprintf(stderr, "%lld/%lld %s", (long long)p->done, (long long)p->total, p->unit);
    else fprintf(stderr, "%lld %s", (long long)p->done, p->unit);
    if (p->rate > 0) fprintf(stderr, p->rate < 10 ? ", %.2f/s" : ", %.0f/s", p->rate);
    bool done = p->total > 0 && p->done >= p->total;
    if (done || p->eta_seconds < 0) fputs(done ? ", took " : ", so far ", stderr), cli_print_time(p->seconds);
    else fputs(", left ", stderr), cli_print_time(p->eta_seconds);
}

// On a terminal one line is redrawn up to ten times a second; elsewhere a plain line comes every five seconds, and
// always when a phase ends.
static void cli_progress(void *user, const r0_progress *p)
{
    (void)user;
    const char *phase = p->phase ? p->phase : "";
    bool fresh = strncmp(cli.phase, phase, sizeof cli.phase - 1) != 0 || cli.iteration != p->iteration;
    bool done = p->total > 0 && p->done >= p->total;
    if (fresh) cli.shown = 0;
    if (cli.quiet || (!done && p->seconds - cli.shown < (cli.terminal ? 0.1 : 5.0))) return;
    snprintf(cli.phase, sizeof cli.phase, "%s", phase);
    cli.iteration = p->iteration;
    cli.shown = p->seconds;
    cli_clear_bar();
    cli_print_progress(p);
    cli.bar = cli.terminal && !done;
    if (!cli.bar) fputc('\n', stderr);
    fflush(stderr);
}

// Prints the library's last error; returns the exit code for it.
static int cli_error(r0_context *r0)
{
    cli_clear_bar();
    fprintf(stderr, "%s: %s\n", cli.name, r0_error(r0));
    return cli_stop ? cli_stopped() : CLI_FAILED;
}

// A text of a file or a model for a message or a table: no terminal obeys it. Good until the fourth call after this.
static const char *cli_text(const char *text)
{
    static char rooms[4][4096];
    static int next;
    char *room = rooms[next = (next + 1) % 4];
    r0i_visible(text ? text : "", text ? strlen(text) : 0, room, sizeof rooms[0]);
    return room;
}

// Such a text as a result: byte for byte, but to a terminal as cli_text has it.
static void cli_put(FILE *file, const char *text, size_t size)
{
    char piece[4096];
    if ((file != stdout && file != stderr) || !cli_isatty(file)) {
        fwrite(text, 1, size, file);
        return;
    }
    while (size) {
        size_t part = size;
        if (part > sizeof piece / 8) // cut between characters
            for (part = sizeof piece / 8; part > 1 && ((unsigned char)text[part] & 0xC0) == 0x80;) part--;
        fwrite(piece, 1, r0i_visible(text, part, piece, sizeof piece), file);
        text += part, size -= part;
    }
}

// Memory for a command, zeroed. A program may end where memory does; a library may not.
static void *cli_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (memory) return memory;
    fprintf(stderr, "%s: out of memory: %.0f bytes\n", cli.name, (double)count * (double)size);
    exit(CLI_FAILED);
}

static void *cli_realloc(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (more) return more;
    fprintf(stderr, "%s: out of memory: %.0f bytes\n", cli.name, (double)size);
    exit(CLI_FAILED);
}

// Prints a text in quotes, as JSON has it.
static void cli_put_quoted(FILE *file, r0_span text)
{
    size_t size = r0_json_quote(text, NULL, 0);
    char *quoted = (char *)cli_alloc(size + 1, 1);
    r0_json_quote(text, quoted, size + 1);
    cli_put(file, quoted, size);
    free(quoted);
}

// Opens a file as the library does: a regular one, and for writing ("wb", "ab") not through a link. After NULL an error
// stands on stderr.
static FILE *cli_open(const char *path, const char *mode)
{
    const char *why;
    FILE *file = r0i_file_open(path, mode, &why);
    if (!file) fprintf(stderr, "%s: %s: cannot be %s: %s\n", cli.name, path, *mode == 'r' ? "opened" : "written", why);
    return file;
}

// One process works on a folder that results are added to. The system frees the lock when the process ends.
static int cli_lock(r0_context *r0, const char *folder)
{
    static r0i_lock lock;
    char path[1100];
    snprintf(path, sizeof path, "%.1080s/lock", folder);
    return r0i_lock_take(r0, path, &lock) ? cli_error(r0) : CLI_OK;
}

// Flushes and closes what was written; false after an error has been printed.
static bool cli_close(FILE *file, const char *path)
{
    bool good = !fflush(file) && !ferror(file);
    int why = errno;
    if (fclose(file) && good) good = false, why = errno;
    if (!good) fprintf(stderr, "%s: %s: cannot be written: %s\n", cli.name, path, strerror(why));
    return good;
}

// Copies FROM/NAME to TO/NAME byte for byte; a file that is not there is passed over. False after a printed error.
static bool cli_copy(const char *from, const char *to, const char *name)
{
    char path[2][2048], piece[65536];
    snprintf(path[0], sizeof path[0], "%s/%s", from, name);
    snprintf(path[1], sizeof path[1], "%s/%s", to, name);
    if (!r0i_file_exists(path[0])) return true;
    FILE *source = cli_open(path[0], "rb"), *target = source ? cli_open(path[1], "wb") : NULL;
    bool good = target != NULL;
    for (size_t size; good && (size = fread(piece, 1, sizeof piece, source)) > 0;)
        good = fwrite(piece, 1, size, target) == size;
    if (source && ferror(source)) fprintf(stderr, "%s: %s: cannot be read\n", cli.name, path[0]), good = false;
    if (source) fclose(source);
    return target && cli_close(target, path[1]) && good;
}

// Sets fields of a run's config from "FIELD=VALUE,FIELD=VALUE"; NULL sets nothing. A value in double quotes is a JSON
// string and may hold commas. What is longer than any field takes is refused by r0_evolve_set.
static r0_status cli_set_fields(r0_context *r0, const char *list, r0_evolve_config *config)
{
    r0_status status = R0_OK;
    for (const char *at = list ? list : ""; !status && *at;) {
        char name[64], value[8300];
        size_t size = strcspn(at, "=,");
        snprintf(name, sizeof name, "%.*s", (int)size, at);
        at += size;
        if (*at == '=') at++;
        const char *end = at;
        if (*at == '"')
            for (end++; *end && *end != '"'; end++)
                if (*end == '\\' && end[1]) end++;
        end += strcspn(end, ",");
        if (*at == '"') {
            r0_span quoted = {at, (size_t)(end - at)}, nothing = {"", 0};
            r0_json *text = NULL;
            status = r0_json_parse(r0, "--set", quoted, &text);
            if (!status && strlen(text->text.data) != text->text.size)
                status = r0_json_parse(r0, "--set: a NUL in a value", nothing, &text);
            if (!status) snprintf(value, sizeof value, "%s", text->text.data);
            r0_json_destroy(r0, text);
        } else {
            snprintf(value, sizeof value, "%.*s", (int)(end - at), at);
        }
        if (!status) status = r0_evolve_set(r0, config, name, value);
        at = *end ? end + 1 : end;
    }
    return status;
}

// Hands every NAME=VALUE of --template-set to the chat template.
#define CLI_TEMPLATE_SET(texts)                                                                                        \
    {"template-set", CLI_TEXTS, texts, "NAME=VALUE that the chat template finds, JSON or a text; may stand often"}

static int cli_template_set(r0_context *r0, r0_tokenizer *tokenizer, const char *const *texts)
{
    char name[64];
    for (; *texts; texts++) {
        const char *equals = strchr(*texts, '=');
        if (!equals || equals == *texts || equals - *texts >= (int)sizeof name) {
            fprintf(stderr, "%s: --template-set: \"%s\" is not NAME=VALUE\n", cli.name, *texts);
            return CLI_USAGE;
        }
        r0_span value = {equals + 1, strlen(equals + 1)};
        snprintf(name, sizeof name, "%.*s", (int)(equals - *texts), *texts);
        if (r0_chat_set(tokenizer, name, value)) return cli_error(r0);
    }
    return CLI_OK;
}

// The same for a run, which keeps them.
static r0_status cli_template_keep(r0_context *r0, const char *const *texts, r0_evolve_config *config)
{
    char lines[4096] = "";
    size_t used = 0;
    if (!*texts) return R0_OK;
    for (; *texts && used < sizeof lines; texts++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s%s", used ? "\n" : "", *texts);
    return r0_evolve_set(r0, config, "template_set", lines);
}

// Letters to add, drop or change to turn `a` into `b` (Levenshtein), for "did you mean".
static int cli_distance(const char *a, const char *b)
{
    int row[64], n = (int)strlen(b);
    if (n > 62 || strlen(a) > 62) return 99;
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

// The better of `best` (may be NULL) and `name` as a guess at what `typed` meant; far-off names are no guess.
static const char *cli_closer(const char *typed, const char *best, const char *name)
{
    int distance = cli_distance(typed, name), limit = 1 + (int)strlen(typed) / 3;
    if (distance > limit && strncmp(typed, name, strlen(typed)) != 0) return best;
    return !best || distance < cli_distance(typed, best) ? name : best;
}

static void cli_print_options(const cli_option *options, int count)
{
    static const char *const kinds[] = {"", " N", " X", " TEXT"};
    for (int i = 0; i < count; i++) {
        const cli_option *o = &options[i];
        char left[64];
        snprintf(left, sizeof left, "--%s%s", o->name, kinds[o->kind]);
        printf("  %-24s %s", left, o->help);
        if (o->kind == CLI_INT) printf(" (default %d)", *(int *)o->value);
        if (o->kind == CLI_REAL) printf(" (default %g)", *(double *)o->value);
        if (o->kind == CLI_TEXT && *(const char **)o->value) printf(" (default %s)", *(const char **)o->value);
        printf("\n");
    }
}

// Stores `text` in the option; false when it is not of the option's kind.
static bool cli_store(const cli_option *o, const char *text)
{
    char *end = NULL;
    errno = 0;
    if (o->kind == CLI_TEXT) {
        *(const char **)o->value = text;
        return true;
    }
    if (o->kind == CLI_TEXTS) {
        const char **texts = (const char **)o->value;
        for (int i = 0; i + 1 < CLI_TEXTS_ROOM; i++)
            if (!texts[i]) return texts[i] = text, true;
        return false;
    }
    if (o->kind == CLI_REAL) {
        double value = strtod(text, &end);
        if (end != text && !*end) *(double *)o->value = value;
    } else {
        long value = strtol(text, &end, 10);
        if (value < -2147483647L || value > 2147483647L) return false;
        if (end != text && !*end) *(int *)o->value = (int)value;
    }
    return end != text && !*end && !errno;
}

static int cli_unknown_option(const char *name, const cli_option *options, int count)
{
    const char *guess = NULL;
    for (int i = 0; i < count; i++) guess = cli_closer(name, guess, options[i].name);
    fprintf(stderr, "%s: no option --%s", cli.name, name);
    if (guess) fprintf(stderr, "; did you mean --%s?\n", guess);
    else fprintf(stderr, "; see %s --help\n", cli.name);
    return CLI_USAGE;
}

// One option at argv[*at] ("--name value", "--name=value" or a flag). Returns CLI_GO or an exit code.
static int cli_parse_one(const cli_option *options, int count, int argc, char **argv, int *at)
{
    static const char *const kinds[] = {"", "a whole number", "a number", "a text", "a text (at most 32 of them)"};
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    for (int i = 0; i < count; i++) {
        const cli_option *o = &options[i];
        if (strlen(o->name) != size || strncmp(o->name, name, size) != 0) continue;
        if (cli.given_count < CLI_COUNT(cli.given)) cli.given[cli.given_count++] = o->name;
        if (o->kind == CLI_FLAG && !equals) {
            *(bool *)o->value = true;
            return CLI_GO;
        }
        const char *text = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        if (o->kind != CLI_FLAG && text && cli_store(o, text)) return CLI_GO;
        if (o->kind == CLI_FLAG) fprintf(stderr, "%s: --%s takes no value\n", cli.name, o->name);
        else if (!text) fprintf(stderr, "%s: --%s needs %s\n", cli.name, o->name, kinds[o->kind]);
        else fprintf(stderr, "%s: --%s: \"%s\" is not %s\n", cli.name, o->name, text, kinds[o->kind]);
        return CLI_USAGE;
    }
    return cli_unknown_option(name, options, count);
}

// Parses a command's options and leaves the other arguments in argv[1 .. *argc - 1]; what follows "--" is no option.
// Returns CLI_GO, or the exit code when there is nothing more to do (help was asked for, or an error was printed).
static int cli_parse(const char *about, const cli_option *options, int count, int *argc, char **argv)
{
    int kept = 1;
    bool plain = false;
    for (int i = 1; i < *argc; i++) {
        if (plain || argv[i][0] != '-' || !argv[i][1] || (argv[i][1] >= '0' && argv[i][1] <= '9')) {
            argv[kept++] = argv[i];
        } else if (!strcmp(argv[i], "--")) {
            plain = true;
        } else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            printf("%s\n", about);
            if (count) printf("\n");
            cli_print_options(options, count);
            return CLI_OK;
        } else if (argv[i][1] != '-') {
            fprintf(stderr, "%s: no option %s; see %s --help\n", cli.name, argv[i], cli.name);
            return CLI_USAGE;
        } else {
            int code = cli_parse_one(options, count, *argc, argv, &i);
            if (code != CLI_GO) return code;
        }
    }
    *argc = kept;
    return CLI_GO;
}

#endif
