// `r0 grpo`: GRPO with a reward of your own. The reward command is a program that reads a line of JSON for every
// completion, the prompt's line of the data with "completion" and "finished" (it ended by itself) added, and answers
// each with a line: a number, or {"reward": number}. It keeps running from step to step. One that ends, or does not
// answer within --timeout, is started again, --restarts times in all, and asked what it has not answered. An answer
// that is no finite number and a line that nobody asked for end the run: a reward is never made up, nor given to
// another completion. Whatever ends a run, the steps that it made are saved.
#ifndef CMD_GRPO_H
#define CMD_GRPO_H

#include "cli.h"

#if defined(_WIN32) || defined(__wasi__)
static int cmd_grpo(r0_context *r0, int argc, char **argv)
{
    (void)r0;
    int code = cli_parse("r0 grpo: GRPO with a reward of your own; not on this system", NULL, 0, &argc, argv);
    if (code != CLI_GO) return code;
    fprintf(stderr, "%s: needs processes and pipes as POSIX has them; r0_grpo_update works here too\n", cli.name);
    return CLI_FAILED;
}
#else
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sys/wait.h>
#if defined(__linux__) && defined(__STRICT_ANSI__)
int kill(int process, int number); // -std=c11 hides it
#endif

typedef struct grpo_prompt {
    r0i_text line; // what the command reads, up to "completion"
    int number;    // its line in the data
    r0_tokens tokens;
} grpo_prompt;

typedef struct grpo_run {
    r0_context *r0;
    const char *model, *data, *command, *out, *recipe, *dtype;
    double learning_rate, temperature, timeout, kl;
    int steps, groups, n, max_new, seed, mini_batches, lora_rank, restarts;
    r0_model *base, *policy, *reference;
    r0_tokenizer *tokenizer;
    r0_trainer *trainer;
    grpo_prompt *prompts;
    int count, room;
    double began, first, last; // clock; mean rewards of the first and the latest step
    int child, to, from;       // the command's process, 0: none; the ends of its input and output
    char line[4096], why[600]; // what it wrote of its next answer; what is wrong with it
    size_t size;
    bool wrong, late;          // it answered what it should not; not in time
} grpo_run;

// -- the command --

// Ends the command by closing its input; after `patience` hundredths of a second it is told to, two seconds later it is
// killed, with all that it started. Returns how many bytes it wrote that nobody asked for; *status is waitpid's.
static size_t grpo_command_end(grpo_run *run, int patience, int *status)
{
    char rest[512];
    size_t unasked = run->size;
    struct pollfd wait = {run->from, POLLIN, 0};
    *status = 0;
    if (run->child <= 0) return 0;
    close(run->to);
    for (int round = 0; waitpid(run->child, status, WNOHANG) == 0 || wait.fd >= 0; round++) {
        if (round == patience) kill(-run->child, SIGTERM);
        if (round >= patience + 200) kill(-run->child, SIGKILL), wait.fd = -1;
        if (poll(&wait, 1, 10) <= 0 || !wait.revents) continue;
        ssize_t got = read(run->from, rest, sizeof rest);
        if (got > 0) unasked += (size_t)got;
        else wait.fd = -1;
    }
    close(run->from);
    run->child = 0, run->size = 0;
    return unasked;
}

static bool grpo_command_start(grpo_run *run)
{
    int in[2], out[2];
    if (pipe(in)) return false;
    if (pipe(out)) return close(in[0]), close(in[1]), false;
    run->child = (int)fork();
    if (run->child == 0) {
        setpgid(0, 0); // Ctrl-C is for R0, which ends it
        signal(SIGPIPE, SIG_DFL);
        dup2(in[0], 0), dup2(out[1], 1);
        for (int i = 3; i < 1024; i++) close(i); // pipes, the folder's lock
        execl("/bin/sh", "sh", "-c", run->command, (char *)NULL);
        _Exit(127);
    }
    close(in[0]), close(out[1]);
    if (run->child < 0) return close(in[1]), close(out[0]), run->child = 0, false;
    setpgid(run->child, run->child);
    run->to = in[1], run->from = out[0], run->size = 0;
    fcntl(run->to, F_SETFL, O_NONBLOCK);
    return true;
}

// A line of the command as a reward; false after run->why tells what is wrong with it.
static bool grpo_parse(grpo_run *run, size_t size, float *reward)
{
    char *end;
    r0_span line = {run->line, size};
    double value = strtod(run->line, &end);
    if (end > run->line) end += strspn(end, " \t\r");
    if (end == run->line || end != run->line + size) {
        r0_json *json = NULL;
        value = r0_json_parse(run->r0, "answer", line, &json) ? NAN : r0_json_get_number(json, "reward", NAN);
        r0_json_destroy(run->r0, json);
    }
    *reward = (float)value;
    if (isfinite(*reward)) return true;
    snprintf(run->why, sizeof run->why, "answered \"%.400s\", which is no finite number and no {\"reward\": number}",
             cli_text(run->line));
    return false;
}

// Takes the whole lines of what was read as answers; returns how many rewards there are then.
static int grpo_take(grpo_run *run, int done, int count, float *rewards)
{
    for (char *end; !run->wrong && done < count && (end = (char *)memchr(run->line, '\n', run->size)) != NULL;) {
        size_t size = (size_t)(end - run->line);
        *end = 0;
        run->wrong = !grpo_parse(run, size, &rewards[done]);
        if (run->wrong) break;
        done++, run->size -= size + 1;
        memmove(run->line, end + 1, run->size);
    }
    if (run->wrong || (done < count && run->size < sizeof run->line - 1) || !run->size) return done;
    snprintf(run->why, sizeof run->why, done < count ? "answered with a line of more than 4094 bytes"
                                                     : "wrote more lines than it was asked for");
    return run->wrong = true, done;
}

// Writes the questions and reads the answers at the same time: either side may buffer. Returns how many rewards came;
// where not all did, run->why tells why.
static int grpo_exchange(grpo_run *run, const char *asked, size_t size, int count, float *rewards)
{
    int done = 0;
    size_t sent = 0;
    double heard = cli_seconds();
    for (bool first = true; done < count && !run->wrong; first = false) { // the first look is for what nobody asked for
        struct pollfd wait[2] = {{run->from, POLLIN, 0}, {!first && sent < size ? run->to : -1, POLLOUT, 0}};
        if (poll(wait, 2, first ? 0 : 100) < 0) wait[0].revents = wait[1].revents = 0;
        if (wait[0].revents) {
            ssize_t got = read(run->from, run->line + run->size, sizeof run->line - 1 - run->size);
            if (got == 0) return snprintf(run->why, sizeof run->why, "closed its output"), done;
            if (got > 0 && first) {
                snprintf(run->why, sizeof run->why, "wrote more lines than it was asked for");
                return run->wrong = true, done;
            }
            int before = done;
            if (got > 0) run->size += (size_t)got, done = grpo_take(run, done, count, rewards);
            if (done > before) heard = cli_seconds();
        }
        if (wait[1].revents) {
            ssize_t wrote = write(run->to, asked + sent, size - sent);
            if (wrote > 0) sent += (size_t)wrote, heard = cli_seconds();
            else if (errno != EAGAIN && errno != EINTR) sent = size; // it reads no more, but may yet answer
        }
        run->late = done < count && cli_seconds() - heard > run->timeout;
        if (run->late) return snprintf(run->why, sizeof run->why, "gave no answer for %g s", run->timeout), done;
        if (cli_stop) return done;
    }
    return done;
}

// The rewards of `count` completions; the question about the i-th begins at begin[i] of `asked`.
static int grpo_rewards(grpo_run *run, const char *asked, const size_t *begin, int count, float *rewards)
{
    for (int done = 0, status;;) {
        char how[64] = "";
        run->wrong = run->late = false;
        if (run->child > 0 || grpo_command_start(run))
            done += grpo_exchange(run, asked + begin[done], begin[count] - begin[done], count - done, rewards + done);
        else snprintf(run->why, sizeof run->why, "cannot be started: %s", strerror(errno));
        if (cli_stop) return fprintf(stderr, "%s: stopped on request\n", cli.name), cli_stopped();
        if (done == count && !run->wrong) return CLI_OK;
        grpo_command_end(run, run->late || run->wrong ? 0 : 200, &status);
        if (!run->late && !run->wrong && WIFEXITED(status))
            snprintf(how, sizeof how, " and ended with exit code %d", WEXITSTATUS(status));
        if (!run->late && !run->wrong && WIFSIGNALED(status))
            snprintf(how, sizeof how, " and ended by signal %d", WTERMSIG(status));
        bool again = !run->wrong && run->restarts-- > 0;
        fprintf(stderr, "%s: the reward command %s%s after %d of %d answers%s\n", cli.name, run->why, how, done, count,
                again ? ": it is started again" : run->wrong ? "" : ", and is not started again (--restarts)");
        if (!again) return CLI_FAILED;
    }
}

// -- the data --

static void grpo_write_json(r0i_text *text, const r0_json *value)
{
    bool object = value->type == R0_JSON_OBJECT;
    if (value->type == R0_JSON_NUMBER) r0i_text_append(text, value->text.data, value->text.size);
    else if (value->type == R0_JSON_STRING) r0i_json_write_string(text, value->text);
    else if (value->type == R0_JSON_NULL) r0i_text_print(text, "null");
    else if (value->type != R0_JSON_ARRAY && !object)
        r0i_text_print(text, value->type == R0_JSON_TRUE ? "true" : "false");
    else {
        r0i_text_print(text, object ? "{" : "[");
        for (size_t i = 0; i < value->count; i++) {
            if (i) r0i_text_print(text, ",");
            if (object) r0i_json_write_string(text, value->keys[i]), r0i_text_print(text, ":");
            grpo_write_json(text, &value->items[i]);
        }
        r0i_text_print(text, object ? "}" : "]");
    }
}

static r0_status grpo_encode(grpo_run *run, const r0_json *prompt, r0_tokens *tokens)
{
    char *text;
    size_t size;
    if (prompt->type == R0_JSON_STRING)
        return r0_tokenizer_encode(run->tokenizer, prompt->text, R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, tokens);
    r0_status status = r0_chat_render_json(run->tokenizer, prompt, NULL, true, &text, &size);
    if (status) return status;
    r0_span chat = {text, size};
    status = r0_tokenizer_encode(run->tokenizer, chat, R0_TOKENIZE_SPECIAL, tokens);
    r0_text_free(run->r0, text);
    return status;
}

static r0_status grpo_read_line(void *user, int number, const r0_json *line)
{
    grpo_run *run = (grpo_run *)user;
    const r0_json *prompt = r0_json_get(line, "prompt");
    if (run->count == run->room) {
        run->room = 2 * run->room + 64;
        run->prompts = (grpo_prompt *)cli_realloc(run->prompts, (size_t)run->room * sizeof *run->prompts);
    }
    grpo_prompt *p = &run->prompts[run->count++];
    memset(p, 0, sizeof *p);
    p->number = number, p->line.context = run->r0;
    if (!prompt || (prompt->type != R0_JSON_STRING && prompt->type != R0_JSON_ARRAY)) {
        fprintf(stderr, "%s: %s:%d: no \"prompt\" that is a text or a list of messages\n", cli.name, run->data, number);
        return R0_ERROR_FORMAT;
    }
    r0_status status = grpo_encode(run, prompt, &p->tokens);
    if (status || !p->tokens.count) {
        fprintf(stderr, "%s: %s:%d: \"prompt\": %s\n", cli.name, run->data, number,
                status ? r0_error(run->r0) : "has no tokens");
        return R0_ERROR_FORMAT;
    }
    r0i_text_print(&p->line, "{");
    for (size_t i = 0; i < line->count; i++) {
        if (r0i_span_is(line->keys[i], "completion") || r0i_span_is(line->keys[i], "finished")) continue;
        r0i_json_write_string(&p->line, line->keys[i]);
        r0i_text_print(&p->line, ":");
        grpo_write_json(&p->line, &line->items[i]);
        r0i_text_print(&p->line, ",");
    }
    return p->line.failed ? R0_ERROR_MEMORY : R0_OK;
}

static int grpo_read(grpo_run *run)
{
    const grpo_prompt *longest = NULL;
    r0_status status = r0_json_lines(run->r0, run->data, grpo_read_line, run);
    if (status) return status == R0_ERROR_FORMAT && run->count ? CLI_FAILED : cli_error(run->r0);
    for (int i = 0; i < run->count; i++)
        if (!longest || run->prompts[i].tokens.count > longest->tokens.count) longest = &run->prompts[i];
    if (!longest) return fprintf(stderr, "%s: %s holds no prompt\n", cli.name, run->data), CLI_FAILED;
    int positions = r0_model_shape(run->policy)->max_positions, room = positions - (int)longest->tokens.count;
    if (!run->max_new) run->max_new = room < 1 ? 1 : room < 256 ? room : 256;
    if (run->max_new <= room) return CLI_OK;
    fprintf(stderr, "%s: %s:%d: %d tokens and %d new ones (--max-new) are more than the model's %d positions\n",
            cli.name, run->data, longest->number, (int)longest->tokens.count, run->max_new, positions);
    return CLI_FAILED;
}

// -- the run --

static int grpo_ask(grpo_run *run, const int *chosen, const r0_rollouts *rollouts, float *rewards)
{
    r0i_text asked = R0_ZERO;
    size_t *begin = (size_t *)cli_alloc((size_t)rollouts->count + 1, sizeof *begin);
    int code = CLI_OK;
    asked.context = run->r0;
    for (int i = 0; !code && i < rollouts->count; i++) {
        const r0_rollout *r = &rollouts->items[i];
        const r0i_text *line = &run->prompts[chosen[r->prompt]].line;
        r0_span answer = R0_ZERO;
        char *text;
        if (r0_tokenizer_decode(run->tokenizer, r->tokens, (size_t)(r->length - r->finished), R0_DECODE_SKIP_UNKNOWN,
                                &text, &answer.size)) { code = cli_error(run->r0); break; }
        answer.data = text;
        r0i_text_append(&asked, line->data, line->size);
        r0i_text_print(&asked, "\"completion\":");
        r0i_json_write_string(&asked, answer);
        r0i_text_print(&asked, ",\"finished\":%s}\n", r->finished ? "true" : "false");
        begin[i + 1] = asked.size;
        r0_text_free(run->r0, text);
    }
    if (!code && asked.failed) code = cli_error(run->r0);
    if (!code) code = grpo_rewards(run, asked.data, begin, rollouts->count, rewards);
    r0i_text_free(&asked);
    free(begin);
    return code;
}

static int grpo_report(grpo_run *run, int step, const r0_update_stats *s, FILE *metrics)
{
    double tokens = s->loss.tokens > 0 ? s->loss.tokens : 1;
    run->last = s->reward.mean;
    if (!step) run->first = run->last;
    fprintf(metrics, "{\"step\":%d,\"reward\":%.9g,\"reward_std\":%.9g,\"frac_reward_zero_std\":%.9g,\"kl\":%.9g,"
            "\"entropy\":%.9g,\"grad_norm\":%.9g,\"clip_low\":%.9g,\"clip_high\":%.9g,\"mean_length\":%.9g,"
            "\"clipped_ratio\":%.9g,\"skipped\":%d}\n", step + 1, s->reward.mean, s->reward.group_std,
            s->reward.zero_variance_share, s->loss.kl / tokens, s->entropy, s->grad_norm, s->loss.clip_low / tokens,
            s->loss.clip_high / tokens, s->length_mean, s->truncated, s->skipped);
    if (s->skipped) fprintf(stderr, "%s: step %d: %d of %d mini-batches had no finite gradient and changed nothing\n",
                            cli.name, step + 1, s->skipped, run->mini_batches);
    if (!cli.quiet) {
        fprintf(stderr, "step %d/%d  reward %.4f  equal in group %.2f  tokens %.1f  gradient %.3g  left ", step + 1,
                run->steps, s->reward.mean, s->reward.zero_variance_share, s->length_mean, s->grad_norm);
        cli_print_time((cli_seconds() - run->began) / (step + 1) * (run->steps - step - 1));
        fputc('\n', stderr);
    }
    return fflush(metrics) ? CLI_FAILED : CLI_OK; // cli_close says it
}

static int grpo_step(grpo_run *run, int step, FILE *metrics)
{
    r0_sequence *prompts = (r0_sequence *)cli_alloc((size_t)run->groups, sizeof *prompts);
    int *chosen = (int *)cli_alloc((size_t)run->groups, sizeof *chosen);
    int32_t *order = (int32_t *)cli_alloc((size_t)run->count, sizeof *order);
    float *rewards = (float *)cli_alloc((size_t)run->groups * (size_t)run->n, sizeof *rewards);
    const uint64_t orders = r0_seed_derive((uint64_t)run->seed, 0);
    const uint64_t seed = r0_seed_derive((uint64_t)run->seed, (uint64_t)step + 1);
    r0_sampling sampling = {(float)run->temperature, 0, 1, run->max_new, seed};
    r0_grpo_recipe recipe = *r0_grpo_recipe_find(run->recipe);
    r0_rollouts rollouts = R0_ZERO;
    r0_update_stats stats;
    int64_t epoch = -1;
    for (int i = 0; i < run->groups; i++) { // an epoch is an order of all prompts
        int64_t at = (int64_t)step * run->groups + i;
        if (at / run->count != epoch)
            r0_random_order(r0_seed_derive(orders, (uint64_t)(epoch = at / run->count)), order, (size_t)run->count);
        chosen[i] = order[at % run->count];
        const r0_tokens *tokens = &run->prompts[chosen[i]].tokens;
        prompts[i].tokens = tokens->ids, prompts[i].length = prompts[i].prompt_length = (int)tokens->count;
    }
    recipe.config.kl_coef = run->kl;
    recipe.config.max_length = run->max_new;
    int code = CLI_OK;
    if (r0_generate(run->policy, prompts, run->groups, run->n, &sampling, &rollouts)) code = cli_error(run->r0);
    if (!code) code = grpo_ask(run, chosen, &rollouts, rewards);
    if (!code && r0_grpo_update(run->trainer, run->reference, prompts, &rollouts, run->n, rewards, &recipe,
                                (float)run->learning_rate, run->mini_batches, seed, &stats)) code = cli_error(run->r0);
    if (!code) code = grpo_report(run, step, &stats, metrics);
    r0_rollouts_free(run->r0, &rollouts);
    free(prompts), free(chosen), free(order), free(rewards);
    return code;
}

static int grpo_open(grpo_run *run)
{
    r0_context *r0 = run->r0;
    r0_trainer_desc desc = R0_ZERO;
    r0_lora_desc lora = R0_ZERO;
    desc.temperature = (float)run->temperature;
    lora.rank = run->lora_rank, lora.base_name = run->model;
    if (r0_model_load_as(r0, run->model, run->dtype, &run->base) ||
        r0_tokenizer_load(r0, run->model, &run->tokenizer)) return cli_error(r0);
    run->policy = run->base;
    if (run->lora_rank && r0_lora_create(run->base, &lora, (uint64_t)run->seed, &run->policy)) return cli_error(r0);
    int code = grpo_read(run);
    if (code) return code;
    if (run->kl > 0 && run->lora_rank) run->reference = run->base; // which is frozen
    else if (run->kl > 0 && r0_model_load(r0, run->model, &run->reference)) return cli_error(r0);
    return r0_trainer_create(run->policy, &desc, &run->trainer) ? cli_error(r0) : CLI_OK;
}

static int grpo_train(grpo_run *run)
{
    static const char *const results[] = {"metrics.jsonl", "config.json", "adapter_config.json"};
    char path[1024];
    r0_span out = {run->out, strlen(run->out)};
    int code = grpo_open(run), step = 0, status;
    if (code) return code;
    if (r0i_folder_create(run->r0, run->out)) return cli_error(run->r0);
    code = cli_lock(run->r0, run->out);
    for (int i = CLI_COUNT(results) - 1; !code && i >= 0; i--) { // ends with the path of the metrics
        snprintf(path, sizeof path, "%s/%s", run->out, results[i]);
        if (!r0i_file_exists(path)) continue;
        fprintf(stderr, "%s: %s is there already: name another folder\n", cli.name, path);
        code = CLI_FAILED;
    }
    FILE *metrics = code ? NULL : cli_open(path, "wb");
    if (!metrics) return CLI_FAILED;
    cli_results_in_files(); // and no broken pipe of the command's ends the run
    run->began = cli_seconds();
    while (!code && step < run->steps)
        if (!(code = grpo_step(run, step, metrics))) step++;
    if (!cli_close(metrics, path) && !code) code = CLI_FAILED;
    if (!step) remove(path); // the next try may have the folder
    if (step && (r0_model_save(run->policy, run->out) || r0_tokenizer_save(run->tokenizer, run->out)))
        return cli_error(run->r0);
    if (step && step < run->steps)
        fprintf(stderr, "%s: %s holds the model after %d of %d steps\n", cli.name, run->out, step, run->steps);
    if (grpo_command_end(run, code ? 0 : 200, &status) && !code) {
        fprintf(stderr, "%s: the reward command wrote more lines than it was asked for: its answers in the last step "
                "may belong to other completions\n", cli.name);
        code = CLI_FAILED;
    }
    if (code) return code;
    printf("{\"out\":");
    cli_put_quoted(stdout, out);
    printf(",\"prompts\":%d,\"steps\":%d,\"reward_first\":%.6g,\"reward_last\":%.6g}\n", run->count, step, run->first,
           run->last);
    return CLI_OK;
}

static int cmd_grpo(r0_context *r0, int argc, char **argv)
{
    grpo_run run = R0_ZERO;
    const char *wrong = NULL;
    run.r0 = r0, run.recipe = "grpo", run.dtype = "F32";
    run.steps = 100, run.groups = run.n = 8, run.mini_batches = run.seed = 1, run.restarts = 3;
    run.learning_rate = 1e-6, run.temperature = 1, run.timeout = 60;
    const cli_option options[] = {
        {"model", CLI_TEXT, &run.model, "model folder to start from"},
        {"data", CLI_TEXT, &run.data, "JSON Lines with \"prompt\": a text (special tokens parsed) or messages"},
        {"reward-command", CLI_TEXT, &run.command, "run by sh; reads a prompt's line with its \"completion\""},
        {"out", CLI_TEXT, &run.out, "folder for the trained model or adapter, and metrics.jsonl"},
        {"steps", CLI_INT, &run.steps, "updates"},
        {"groups", CLI_INT, &run.groups, "prompts in a step"},
        {"n", CLI_INT, &run.n, "completions of each prompt"},
        {"max-new", CLI_INT, &run.max_new, "longest completion, tokens; 0: 256 or what fits"},
        {"temperature", CLI_REAL, &run.temperature, "of sampling and loss"},
        {"recipe", CLI_TEXT, &run.recipe, "grpo, grpo_sequence, dr_grpo, dapo, bnpo, gspo, cispo or sapo"},
        {"lr", CLI_REAL, &run.learning_rate, "learning rate, constant"},
        {"kl", CLI_REAL, &run.kl, "weight of the KL to the model as it was; 0: none, no second model"},
        {"mini-batches", CLI_INT, &run.mini_batches, "optimizer steps in a step, --groups at most"},
        {"lora-rank", CLI_INT, &run.lora_rank, "train an adapter of this rank; 0: the model itself"},
        {"dtype", CLI_TEXT, &run.dtype, "F32; of a frozen base also BF16, F16, Q8_0, Q4_0 or STORED"},
        {"timeout", CLI_REAL, &run.timeout, "seconds that the command may take for its next answer"},
        {"restarts", CLI_INT, &run.restarts, "how often it is started again in all"},
        {"seed", CLI_INT, &run.seed, "everything random follows from it"},
    };
    int code = cli_parse("r0 grpo --model DIR --data FILE.jsonl --reward-command CMD --out DIR: GRPO with a reward of\n"
                         "your own. CMD answers each line that it reads with one: a number, or {\"reward\": number}.",
                         options, CLI_COUNT(options), &argc, argv), status;
    if (code != CLI_GO) return code;
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    if (!run.model || !run.data || !run.command || !run.out) wrong = "needs --model, --data, --reward-command, --out";
    else if (run.steps < 1 || run.max_new < 0 || run.restarts < 0) wrong = "--steps is below 1, or a number below 0";
    else if (run.groups < 1 || run.n < 2 || (int64_t)run.groups * run.n > 1 << 20)
        wrong = "--groups is below 1, --n below 2, or both together above 1048576";
    else if (run.mini_batches < 1 || run.mini_batches > run.groups) wrong = "--mini-batches is not within 1..--groups";
    else if (!(run.learning_rate > 0 && run.learning_rate <= 1)) wrong = "--lr is not above 0 and up to 1";
    else if (!(run.temperature > 0 && run.temperature <= 100)) wrong = "--temperature is not above 0 and up to 100";
    else if (!(run.kl >= 0 && run.kl <= 1e6)) wrong = "--kl is not within 0..1000000";
    else if (!(run.timeout > 0)) wrong = "--timeout is not above 0";
    else if (run.lora_rank < 0) wrong = "--lora-rank is below 0";
    else if (!run.lora_rank && strcmp(run.dtype, "F32") != 0 && strcmp(run.dtype, "f32") != 0)
        wrong = "--dtype other than F32 needs --lora-rank";
    else if (!r0_grpo_recipe_find(run.recipe)) wrong = "--recipe: there is none of this name";
    else if (strlen(run.out) > 900) wrong = "a folder's name is too long";
    if (wrong) return fprintf(stderr, "%s: %s; see %s --help\n", cli.name, wrong, cli.name), CLI_USAGE;
    code = grpo_train(&run);
    grpo_command_end(&run, 0, &status);
    for (int i = 0; i < run.count; i++) r0i_text_free(&run.prompts[i].line), r0_tokens_free(r0, &run.prompts[i].tokens);
    free(run.prompts);
    r0_trainer_destroy(run.trainer);
    if (run.reference != run.base) r0_model_destroy(run.reference);
    if (run.policy != run.base) r0_model_destroy(run.policy);
    r0_tokenizer_destroy(run.tokenizer);
    r0_model_destroy(run.base);
    return code;
}
#endif
#endif
