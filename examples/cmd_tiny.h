// r0 tiny: look at the worlds of the embedded models, and write their question sets.
#ifndef CMD_TINY_H
#define CMD_TINY_H

#include <stdlib.h>

#include "ladder_corpus.h"
#include "tiny_corpus.h"

static void cmd_tiny_help(FILE *out)
{
    fprintf(out, "usage: r0 tiny ask QUESTION             the oracle's family, level and answer\n"
                 "       r0 tiny show STAGE [N [SEED]]    N documents of the pretraining corpus, stage 1, 2 or 3\n"
                 "       r0 tiny sets FOLDER              writes heldout.jsonl, transfer.jsonl, questions.jsonl\n"
                 "       r0 tiny ladder ask QUESTION | show [N [SEED]] | sets FOLDER    the same of the ladder\n");
}

static int cmd_tiny_ask(const char *question)
{
    tiny_problem problem;
    char answer[TINY_ANSWER];
    if (!tiny_classify(question, &problem)) return printf("no question of any family\n") < 0;
    printf("%s, level %d: ", tiny_families[problem.family].name, problem.level);
    return printf("%s\n", tiny_answer(question, answer) ? answer : "ill-posed") < 0;
}

static bool cmd_tiny_wrote(bool good, const char *path)
{
    if (!good) fprintf(stderr, "%s: cannot be written\n", path);
    return good;
}

static int cmd_tiny_sets(const char *folder)
{
    char path[1024];
    tiny_set held_out = R0_ZERO, transfer = R0_ZERO;
    tiny_set_add_held_out(&held_out);
    snprintf(path, sizeof path, "%s/heldout.jsonl", folder);
    bool good = cmd_tiny_wrote(tiny_set_write(&held_out, path), path);
    tiny_set_add_transfer(&transfer);
    snprintf(path, sizeof path, "%s/transfer.jsonl", folder);
    good &= cmd_tiny_wrote(tiny_set_write(&transfer, path), path);
    tiny_set_add_held_out(&transfer); // the third file has questions of neither
    int first = tiny_set_count(&transfer);
    tiny_set_add_unlabelled(&transfer);
    snprintf(path, sizeof path, "%s/questions.jsonl", folder);
    good &= cmd_tiny_wrote(tiny_set_write_unlabelled(&transfer, first, path), path);
    tiny_set_free(&held_out);
    tiny_set_free(&transfer);
    return !good;
}

static int cmd_tiny_show(int stage, int count, uint64_t seed)
{
    tiny_set apart = R0_ZERO;
    tiny_corpus corpus;
    char text[TINY_DOCUMENT];
    int prompt;
    tiny_set_add_held_out(&apart);
    tiny_set_add_transfer(&apart);
    tiny_corpus_init(&corpus, seed, stage, &apart);
    for (int i = 0; i < count && tiny_corpus_next(&corpus, text, sizeof text, &prompt); i++) puts(text);
    tiny_set_free(&apart);
    return 0;
}

static int cmd_tiny_ladder(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    tiny_set apart = R0_ZERO;
    int code = 2;
    ladder_set_add(&apart);
    if (!strcmp(what, "ask") && argc == 3) {
        ladder_problem problem;
        r0_span question = {argv[2], strlen(argv[2])};
        if (!ladder_parse(question, &problem)) code = printf("no question of the ladder\n") < 0;
        else code = printf("level %d: %d\n", problem.level, ladder_answer(&problem)) < 0;
    } else if (!strcmp(what, "sets") && argc == 3) {
        char path[1024];
        snprintf(path, sizeof path, "%s/heldout.jsonl", argv[2]);
        code = !cmd_tiny_wrote(ladder_set_write(&apart, path), path);
    } else if (!strcmp(what, "show") && argc <= 4) {
        ladder_corpus corpus;
        char text[TINY_DOCUMENT];
        int count = argc > 2 ? atoi(argv[2]) : 10, prompt;
        ladder_corpus_init(&corpus, argc > 3 ? strtoull(argv[3], NULL, 10) : 8, count, &apart);
        for (int i = 0; i < count && ladder_corpus_next(&corpus, text, sizeof text, &prompt); i++) puts(text);
        code = 0;
    }
    tiny_set_free(&apart);
    if (code == 2) cmd_tiny_help(stderr);
    return code;
}

static int cmd_tiny(r0_context *r0, int argc, char **argv)
{
    (void)r0;
    const char *what = argc > 1 ? argv[1] : "--help";
    if (!strcmp(what, "--help") || !strcmp(what, "-h")) return cmd_tiny_help(stdout), 0;
    if (!strcmp(what, "ask") && argc == 3) return cmd_tiny_ask(argv[2]);
    if (!strcmp(what, "sets") && argc == 3) return cmd_tiny_sets(argv[2]);
    if (!strcmp(what, "ladder")) return cmd_tiny_ladder(argc - 1, argv + 1);
    int stage = argc > 2 ? atoi(argv[2]) : 0;
    if (!strcmp(what, "show") && argc >= 3 && argc <= 5 && stage >= 1 && stage <= TINY_STAGES)
        return cmd_tiny_show(stage, argc > 3 ? atoi(argv[3]) : 10, argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
    return cmd_tiny_help(stderr), 2;
}

#endif // CMD_TINY_H
