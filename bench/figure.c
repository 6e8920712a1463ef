// Draws pass@1 by iteration of some arms of a study, with the report's own chart: FOLDER/results.jsonl -> SVG.
//
//     cc -std=c11 -O1 -I. bench/figure.c -o build/figure -lm -lpthread -ldl
//     build/figure FOLDER BASE out.svg TITLE NOTE lasting plain-grammar
//
// A row of results.jsonl: {"base", "arm", "seed", "iterations": [{"pass1"}, ...]}, the base's accuracy first. Bars: 95%
// intervals over loop seeds (r0_seeds_mean). An arm with fewer runs than the first says so in its name.
#define R0_IMPLEMENTATION
#include "../r0.h"
#include "../examples/report.h"

enum { FIGURE_RUNS = 64 };

typedef struct figure {
    const char *base, *arm;
    double pass1[REPORT_ITERATIONS][FIGURE_RUNS];
    int runs, iterations;
} figure;

static r0_status figure_line(void *user, int number, const r0_json *line)
{
    figure *f = (figure *)user;
    const r0_json *its = r0_json_get(line, "iterations");
    r0_span base = r0_json_get_text(line, "base"), arm = r0_json_get_text(line, "arm");
    (void)number;
    if (!report_is(base, f->base) || !report_is(arm, f->arm) || f->runs == FIGURE_RUNS || !its) return R0_OK;
    if (!f->runs || (int)its->count < f->iterations) f->iterations = (int)its->count;
    for (int i = 0; i < (int)its->count && i < REPORT_ITERATIONS; i++)
        f->pass1[i][f->runs] = r0_json_get_number(&its->items[i], "pass1", NAN);
    f->runs++;
    return R0_OK;
}

int main(int argc, char **argv)
{
    static report page;
    static figure arms[REPORT_SERIES];
    static char names[REPORT_SERIES][64], note[200]; // the chart keeps pointers
    char path[1024];
    r0_context *r0;
    if (argc < 7 || argc > 6 + REPORT_SERIES) return fprintf(stderr, "FOLDER BASE SVG TITLE NOTE ARM...\n"), 2;
    if (r0_context_create(NULL, &r0)) return 1;
    page.r0 = r0;
    report_chart *chart = report_chart_begin(&page, argv[4], note, "right answers");
    chart->percent = chart->full = true;
    snprintf(path, sizeof path, "%s/results.jsonl", argv[1]);
    r0_status status = R0_OK;
    for (int a = 0; !status && a < argc - 6; a++) {
        figure *f = &arms[a];
        f->base = argv[2], f->arm = argv[6 + a];
        status = r0_json_lines(r0, path, figure_line, f);
        snprintf(names[a], sizeof names[a], f->runs == arms[0].runs ? "%s" : "%s (%d seeds)", f->arm, f->runs);
        report_series *series = report_series_add(chart, names[a]);
        for (int i = 0; !status && f->runs && i < f->iterations && i < REPORT_ITERATIONS; i++) {
            r0_interval mean = {f->pass1[i][0], NAN, NAN};
            if (f->runs > 1) status = r0_seeds_mean(r0, f->pass1[i], (size_t)f->runs, 1, &mean);
            series->y[i] = mean.value;
            if (f->runs > 1) series->low[i] = fmax(0, mean.low), series->high[i] = fmin(1, mean.high);
            chart->points = i + 1 > chart->points ? i + 1 : chart->points;
        }
    }
    snprintf(note, sizeof note, "%.120s; bars: 95 %% over %d loop seeds", argv[5], arms[0].runs);
    if (!status) status = report_svg(&page, argv[3]);
    if (status) fprintf(stderr, "%s\n", r0_error(r0));
    r0_context_destroy(r0);
    return status != R0_OK;
}
