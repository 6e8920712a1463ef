// r0 report: writes a run folder's report.html again, e.g. while the run goes on or from an older run; puts several
// runs, or a study's arms, on one page; hands their numbers to TensorBoard and spreadsheets.
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "cli.h"
#include "report.h"
#include "report_export.h"
#include "report_overlay.h"

typedef struct report_list {
    const char *folder;  // that is listed
    char **paths;        // runs, each to be freed
    int count;
} report_list;

static bool report_is_run(const char *folder)
{
    static const char *const files[] = {"run.json", "metrics.jsonl", "summary.json"};
    char path[1200];
    bool found = false;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%.1100s/%s", folder, files[i]);
        found |= r0i_file_exists(path);
    }
    return found;
}

static void report_list_add(report_list *list, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    list->paths = (char **)cli_realloc(list->paths, (size_t)(list->count + 1) * sizeof *list->paths);
    char *path = list->paths[list->count++] = (char *)cli_alloc(size, 1);
    snprintf(path, size, *name ? "%s/%s" : "%s%s", folder, name);
}

static r0_status report_list_name(void *user, const char *name)
{
    report_list *list = (report_list *)user;
    report_list_add(list, list->folder, name);
    if (!report_is_run(list->paths[list->count - 1])) free(list->paths[--list->count]);
    return R0_OK;
}

// By name, numbers at the end by their value: full-2 before full-10.
static int report_list_order(const void *a, const void *b)
{
    const char *text[2] = {*(char *const *)a, *(char *const *)b};
    size_t stem[2];
    for (int i = 0; i < 2; i++)
        for (stem[i] = strlen(text[i]); stem[i] && r0i_is_digit(text[i][stem[i] - 1]);) stem[i]--;
    double number[2] = {strtod(text[0] + stem[0], NULL), strtod(text[1] + stem[1], NULL)};
    if (stem[0] == stem[1] && !strncmp(text[0], text[1], stem[0]) && number[0] != number[1])
        return number[0] < number[1] ? -1 : 1;
    return strcmp(text[0], text[1]);
}

// The runs that the arguments name: run folders, and folders of such.
static int report_runs(r0_context *r0, int argc, char **argv, report_list *list)
{
    for (int i = 1; i < argc; i++) {
        int before = list->count;
        for (size_t size = strlen(argv[i]); size > 1 && argv[i][size - 1] == '/';) argv[i][--size] = 0;
        list->folder = argv[i];
        if (report_is_run(argv[i])) report_list_add(list, argv[i], "");
        else if (r0i_folder_exists(argv[i]) && r0i_folder_list(r0, argv[i], report_list_name, list))
            return cli_error(r0);
        if (list->count == before && argc > 2)
            return fprintf(stderr, "r0 report: %s: is no run and holds none (a run has run.json, metrics.jsonl or "
                                   "summary.json)\n", argv[i]), CLI_FAILED;
        if (list->count > before)
            qsort(list->paths + before, (size_t)(list->count - before), sizeof *list->paths, report_list_order);
        for (int k = before; k < list->count; k++)
            for (int m = 0; m < before; m++)
                if (!strcmp(list->paths[k], list->paths[m]))
                    return fprintf(stderr, "r0 report: %s is named twice\n", list->paths[k]), CLI_USAGE;
    }
    return CLI_GO;
}

static const char *report_last(const char *path)
{
    const char *last = path;
    for (const char *c = path; *c; c++)
        if ((*c == '/' || *c == '\\') && c[1]) last = c + 1;
    return last;
}

// A run's own name would be no name for a folder where it is "." or "..", and two of one name would be one file.
static int report_tensorboard(r0_context *r0, const report_list *list, const char *folder)
{
    char path[1100];
    for (int i = 0; i < list->count; i++) {
        const char *name = report_last(list->paths[i]);
        if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "/"))
            return fprintf(stderr, "r0 report: --tensorboard: \"%s\" names no run: give its folder's name\n",
                           list->paths[i]), CLI_USAGE;
        for (int k = 0; k < i; k++)
            if (!strcmp(name, report_last(list->paths[k])))
                return fprintf(stderr, "r0 report: --tensorboard: %s and %s would both be %s/%s\n", list->paths[k],
                               list->paths[i], folder, name), CLI_USAGE;
    }
    for (int i = 0; i < list->count; i++) {
        if (export_tensorboard(r0, list->paths[i], report_last(list->paths[i]), folder, path, sizeof path))
            return cli_error(r0);
        printf("%s\n", path);
    }
    return CLI_OK;
}

static int report_command(r0_context *r0, const report_list *list, const char *alone, const char *out,
                          const char *tensorboard, bool csv)
{
    const char *const *runs = (const char *const *)list->paths;
    char page[1200];
    if (tensorboard || csv) {
        if (!list->count) return fprintf(stderr, "r0 report: %s: is no run and holds none\n", alone), CLI_FAILED;
        if (tensorboard) return report_tensorboard(r0, list, tensorboard);
        return export_csv(r0, runs, list->count, stdout) ? cli_error(r0) : CLI_OK;
    }
    bool one = alone && (!list->count || !strcmp(alone, runs[0]));
    if (one && out)
        return fprintf(stderr, "r0 report: --out is for several runs: the page of one is %s/report.html\n", alone),
               CLI_USAGE;
    snprintf(page, sizeof page, "%.1100s%sreport.html", alone ? alone : "", alone ? "/" : "");
    if (one ? report_write(r0, alone) : overlay_write(r0, runs, list->count, out ? out : page)) return cli_error(r0);
    printf("%s\n", out ? out : page);
    return CLI_OK;
}

static int cmd_report(r0_context *r0, int argc, char **argv)
{
    const char *out = NULL, *tensorboard = NULL;
    bool csv = false;
    report_list list = {NULL, NULL, 0};
    const cli_option options[] = {
        {"out", CLI_TEXT, &out, "file for the page of several runs (default: report.html here or in STUDY)"},
        {"tensorboard", CLI_TEXT, &tensorboard, "folder: no page, but event files, one run a folder in it"},
        {"csv", CLI_FLAG, &csv, "no page, but a table on stdout: a row per run, iteration, phase (its means)"},
    };
    int code = cli_parse("r0 report RUN: turns the files of a run folder into RUN/report.html\n"
                         "r0 report RUN RUN ..., r0 report STUDY: several runs on one page; folders NAME-SEED with "
                         "this seed are one arm", options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc < 2) return fprintf(stderr, "r0 report: name a run folder, e.g. runs/tiny\n"), CLI_USAGE;
    if (!!out + !!tensorboard + csv > 1)
        return fprintf(stderr, "r0 report: only one of --out, --tensorboard and --csv\n"), CLI_USAGE;
    code = report_runs(r0, argc, argv, &list);
    if (code == CLI_GO) code = report_command(r0, &list, argc == 2 ? argv[1] : NULL, out, tensorboard, csv);
    for (int i = 0; i < list.count; i++) free(list.paths[i]);
    free(list.paths);
    return code;
}

#endif // CMD_REPORT_H
