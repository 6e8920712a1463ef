// r0 report: writes a run folder's report.html again, e.g. while the run goes on or from an older run.
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "cli.h"
#include "report.h"

static int cmd_report(r0_context *r0, int argc, char **argv)
{
    int code = cli_parse("r0 report RUN: turns the files of a run folder into RUN/report.html", NULL, 0, &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2) return fprintf(stderr, "r0 report: name one run folder, e.g. runs/tiny\n"), CLI_USAGE;
    if (report_write(r0, argv[1])) return cli_error(r0);
    printf("%s/report.html\n", argv[1]);
    return CLI_OK;
}

#endif // CMD_REPORT_H
