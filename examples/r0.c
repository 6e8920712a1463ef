// The command-line program: evolve a model, evaluate it, talk to it, look into files.
//     cc -O2 -ffp-contract=off examples/r0.c -o build/r0 -lm -lpthread -ldl      (or: make)
//     build/r0 --help
// One line of COMMANDS or TOOLS and an #include add a command; its code is cmd_NAME in examples/cmd_NAME.h.
#define R0_IMPLEMENTATION
#include "../r0.h"

#include "cli.h"

// X(name, what it does)
#define COMMANDS(X)                                                                                                    \
    X(evolve, "let a model teach itself: challenger and solver improve each other (start here)")                       \
    X(eval, "measure a model on a benchmark: pass@1, majority@k, pass@k with confidence intervals")                    \
    X(generate, "complete a prompt")                                                                                   \
    X(report, "turn runs into one page with tables and charts, CSV or TensorBoard's files")                            \
    X(plan, "say what memory and time a run would take, before it is started")                                         \
    X(sft, "fine-tune a model on prompts and responses (supervised)")                                                  \
    X(grpo, "train a model by a reward of your own: a command that scores completions")                                \
    X(merge, "add an adapter to its base's weights")                                                                   \
    X(pretrain, "train an embedded base model from its corpus")

// For looking at the parts.
#define TOOLS(X)                                                                                                       \
    X(chat, "talk with a model, show what it reads, check templates")                                                  \
    X(tokenize, "turn text into tokens and back")                                                                      \
    X(logits, "print what a model says after each token, as JSON")                                                     \
    X(vote, "answer a question many times and show the majority")                                                      \
    X(grade, "compare answers with references: when are two answers the same?")                                        \
    X(repetition, "cluster questions that repeat each other")                                                          \
    X(tiny, "look at the worlds of the embedded models: questions, answers, corpus")                                  \
    X(inspect, "show what a model folder or a safetensors file holds")                                                 \
    X(init, "make a model folder of exact shape with random weights")                                                  \
    X(convert, "turn a GGUF file or a model of llama2.c into a Hugging Face folder")                                   \
    X(devices, "list the devices that can compute")                                                                    \
    X(selftest, "compare every operation with the plain CPU reference; --gpu-report: all about a GPU")

#include "cmd_chat.h"
#include "cmd_devices.h"
#include "cmd_evolve.h"
#include "cmd_generate.h"
#include "cmd_grade.h"
#include "cmd_grpo.h"
#include "cmd_init.h"
#include "cmd_inspect.h"
#include "cmd_logits.h"
#include "cmd_merge.h"
#include "cmd_plan.h"
#include "cmd_repetition.h"
#include "cmd_report.h"
#include "cmd_selftest.h"
#include "cmd_tokenize.h"
#include "cmd_vote.h"

// These commands grow arrays, which r0.h does not need: without stb_ds.h the rest is built all the same.
#include "arrays.h"
#ifdef HAVE_STB_DS
#include "cmd_convert.h"
#include "cmd_eval.h"
#include "cmd_pretrain.h"
#include "cmd_sft.h"
#include "cmd_tiny.h"
#else
static int without_stb_ds(r0_context *r0, int argc, char **argv)
{
    (void)r0, (void)argc, (void)argv;
    fprintf(stderr, "%s: needs stb_ds.h, which was not found when this program was built: install libstb-dev (Debian), "
                    "or put it beside r0.h, and run make again\n", cli.name);
    return CLI_FAILED;
}
#define cmd_convert without_stb_ds
#define cmd_eval without_stb_ds
#define cmd_pretrain without_stb_ds
#define cmd_sft without_stb_ds
#define cmd_tiny without_stb_ds
#endif

typedef struct cli_command {
    const char *name, *help;
    int (*run)(r0_context *r0, int argc, char **argv);
    bool tool;
} cli_command;

static const cli_command commands[] = {
#define X(name, help) {#name, help, cmd_##name, false},
    COMMANDS(X)
#undef X
#define X(name, help) {#name, help, cmd_##name, true},
    TOOLS(X)
#undef X
};

typedef struct common_options {
    const char *device, *kernels, *cache_folder, *kv;
    int threads, cache;
    bool moments_on_host;
    bool quiet, help, version;
} common_options;

static void print_help(void)
{
    printf("R0 %s: a language model that teaches itself (R-Zero, arXiv 2508.05004).\n\n"
           "Usage: r0 [--device D] [--threads N] [--quiet] COMMAND [OPTIONS]\n\n"
           "Commands (r0 COMMAND --help says more):\n", R0_VERSION);
    for (int i = 0; i < CLI_COUNT(commands); i++) {
        if (commands[i].tool && !commands[i - 1].tool) printf("\nLooking at the parts:\n");
        printf("  %-11s %s\n", commands[i].name, commands[i].help);
    }
    printf("\nOptions of every command:\n"
           "  --device D   auto (a GPU when there is one), cpu, cpu:fma or cpu:portable (one result everywhere),\n"
           "               vulkan, or vulkan:1 for the second GPU\n"
           "  --threads N  CPU threads (default: one per core)\n"
           "  --cache N    MiB for keys and values while generating (default: half of what is free)\n"
           "  --kv D       keys and values as f32, bf16, f16, or auto (f16 from 16 KiB a token on), in training too\n"
           "  --moments-on-host  AdamW's moments in the computer's memory, not the GPU's: slower, but fits more\n"
           "  --cache-folder DIR  measure a GPU's kernels once and keep there which are fastest, and what died\n"
           "  --kernels T  use these variants of a GPU's kernels, as a run's run.json and r0 devices tell them\n"
           "  --quiet      no progress\n"
           "  --version    print the version\n"
           "  --help       this text\n\n"
           "Results go to stdout, progress and errors to stderr. Ctrl-C stops at the next safe point, a second one\n"
           "at once. The exit code is 0 when all went well.\n");
}

static const cli_command *find_command(const char *name)
{
    const char *guess = NULL;
    for (int i = 0; i < CLI_COUNT(commands); i++) {
        if (!strcmp(name, commands[i].name)) return &commands[i];
        guess = cli_closer(name, guess, commands[i].name);
    }
    fprintf(stderr, "r0: no command \"%s\"", name);
    if (guess) fprintf(stderr, "; did you mean \"%s\"?\n", guess);
    else fprintf(stderr, "; see r0 --help\n");
    return NULL;
}

// Takes the common options out of argv, wherever they stand; the command sees the rest. --help and --version are
// common only before the command's name. Returns CLI_GO or an exit code.
static int take_common(common_options *common, int *argc, char **argv)
{
    const cli_option options[] = {
        {"device", CLI_TEXT, &common->device, ""}, {"threads", CLI_INT, &common->threads, ""},
        {"quiet", CLI_FLAG, &common->quiet, ""},   {"cache", CLI_INT, &common->cache, ""},
        {"kv", CLI_TEXT, &common->kv, ""},
        {"moments-on-host", CLI_FLAG, &common->moments_on_host, ""},
        {"kernels", CLI_TEXT, &common->kernels, ""}, {"cache-folder", CLI_TEXT, &common->cache_folder, ""},
        {"help", CLI_FLAG, &common->help, ""},     {"version", CLI_FLAG, &common->version, ""},
    };
    int kept = 1, anywhere = 8; // the first eight may also follow the command
    for (int i = 1; i < *argc; i++) {
        bool before = kept == 1, take = before && !strncmp(argv[i], "--", 2);
        for (int k = 0; k < anywhere && !take; k++) {
            size_t size = strlen(options[k].name);
            take = !strncmp(argv[i], "--", 2) && !strncmp(argv[i] + 2, options[k].name, size) &&
                   (!argv[i][2 + size] || argv[i][2 + size] == '=');
        }
        if (before && !strcmp(argv[i], "-h")) common->help = true;
        else if (!take) argv[kept++] = argv[i];
        else {
            int code = cli_parse_one(options, CLI_COUNT(options), *argc, argv, &i);
            if (code != CLI_GO) return code;
        }
    }
    *argc = kept;
    return CLI_GO;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return true;
    return false;
}

static int run_command(const cli_command *command, const common_options *common, int argc, char **argv)
{
    bool help = asks_help(argc, argv); // needs no GPU
    r0_context_desc desc = R0_ZERO;
    desc.device = help ? "cpu" : common->device;
    desc.threads = help ? 1 : common->threads;
    desc.cache_bytes = (int64_t)common->cache << 20;
    desc.cache_dtype = common->kv ? common->kv : "auto";
    desc.moments_on_host = common->moments_on_host;
    desc.kernels = help ? NULL : common->kernels;
    desc.cache_folder = help ? NULL : common->cache_folder;
    desc.log = cli_log;
    desc.progress = cli_progress;
    desc.cancel = cli_cancel;
    if (cli.open) cli.open(&desc);
    r0_context *r0;
    int code;
    if (r0_context_create(&desc, &r0)) code = cli_error(r0);
    else code = command->run(r0, argc, argv);
    r0_context_destroy(r0);
    cli_clear_bar();
    return code && cli_stop ? cli_stopped() : code;
}

static int run_program(int argc, char **argv)
{
    common_options common = R0_ZERO;
    snprintf(cli.name, sizeof cli.name, "r0");
    int code = take_common(&common, &argc, argv);
    if (code != CLI_GO) return code;
    if (common.version) return printf("r0 %s\n", R0_VERSION), CLI_OK;
    if (common.help || argc < 2) return print_help(), common.help ? CLI_OK : CLI_USAGE;
    const cli_command *command = find_command(argv[1]);
    if (!command) return CLI_USAGE;
    snprintf(cli.name, sizeof cli.name, "r0 %s", command->name);
    cli.terminal = cli_isatty(stderr);
    cli.quiet = common.quiet;
    cli_signals();
    return run_command(command, &common, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int code = run_program(argc, argv);
    if (!fflush(stdout) && !ferror(stdout)) return code;
    fprintf(stderr, "%sstandard output cannot be written\n", cli.in_files ? "warning: " : "r0: ");
    return cli.in_files ? code : CLI_FAILED;
}
