// libFuzzer: a run folder, resumed. The input is run.json, the state of the newest checkpoint, and the files beside
// it, parted by NUL; an empty run.json is that of a run that was stopped in its first phase. Checksums protect nothing
// against a hand that can compute them, so they are made right here: in the state the first @ becomes the run's
// identity, the second the list of the files as they are. What is taken goes on until it is asked to stop; what is
// refused must say why; nothing may leak, and nothing outside the folder's own names may appear.
//     make fuzz-resume
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#ifndef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#include "../r0.h"

#include <dirent.h>
#include <unistd.h>

enum { FUZZ_FILES = 6 };
static const char *const fuzz_names[FUZZ_FILES] = {"metrics.jsonl", "questions-1.jsonl", "evaluation-1.jsonl",
                                                   "timings.jsonl", "rehearsal.jsonl", "rollouts.bin"};
static char fuzz_folder[64], fuzz_model[80], fuzz_run[80];
static char *fuzz_record; // run.json as the stopped run wrote it
static size_t fuzz_record_size;
static int fuzz_asked;
int fuzz_taken; // runs that went on: tests/replay.c

static void fuzz_check(bool good)
{
    if (!good) abort();
}

// A few passes, then stop.
static bool fuzz_cancel(void *user)
{
    (void)user;
    return ++fuzz_asked > 12;
}

static void fuzz_file(r0_context *r0, const char *name, const char *data, size_t size)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", fuzz_run, name);
    fuzz_check(r0i_file_write_atomic(r0, path, data, size) == R0_OK);
}

static r0_evolve_desc fuzz_desc(r0_context *r0, bool resume)
{
    r0_evolve_desc d = R0_ZERO;
    d.model_folder = fuzz_model, d.run_folder = fuzz_run, d.preset = "tiny", d.resume = resume;
    d.checkpoint_seconds = 1e6;
    fuzz_check(r0_evolve_preset(r0, "tiny", &d.config) == R0_OK);
    d.config.guard.answers_kept = d.config.guard.rehearsal_steps = d.config.guard.rehearsal_batch = 2;
    d.config.guard.rehearsal_rate = 1e-4f;
    d.config.challenger.groups = d.config.votes = d.config.curation_votes = 1;
    d.config.challenger.n = d.config.challenger.steps = d.config.iterations = 2;
    d.config.questions = 4;
    return d;
}

// Every weight is 0, so that all tokens are equally likely: soon done.
static void fuzz_start(r0_context *r0)
{
    r0_model_config config;
    r0_model *model;
    char path[160];
    snprintf(fuzz_folder, sizeof fuzz_folder, "/dev/shm/r0-fuzz-resume-%d", (int)getpid());
    snprintf(fuzz_model, sizeof fuzz_model, "%s/model", fuzz_folder);
    snprintf(fuzz_run, sizeof fuzz_run, "%s/run", fuzz_folder);
    fuzz_check(r0_model_config_read(r0, "examples/tiny", &config) == R0_OK);
    config.hidden_size = config.intermediate_size = config.head_dim = 8;
    config.heads = config.kv_heads = config.layers = 1;
    fuzz_check(r0_model_create(r0, &config, 1, &model) == R0_OK);
    fuzz_check(r0_model_save(model, fuzz_model) == R0_OK && !r0_tokenizer_copy(r0, "examples/tiny", fuzz_model));
    r0_model_destroy(model);
    r0_evolve_desc desc = fuzz_desc(r0, false);
    fuzz_check(r0_evolve(r0, &desc, NULL) == R0_ERROR_CANCELLED);
    snprintf(path, sizeof path, "%s/run.json", fuzz_run);
    char *record;
    fuzz_check(r0i_file_read(r0, path, &record, &fuzz_record_size) == R0_OK);
    fuzz_record = (char *)malloc(fuzz_record_size + 1); // outlives r0
    fuzz_check(fuzz_record != NULL);
    memcpy(fuzz_record, record, fuzz_record_size + 1);
    r0i_free(r0, record);
}

static void fuzz_clear(void)
{
    struct dirent *entry;
    char path[400];
    DIR *folder = opendir(fuzz_run);
    fuzz_check(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", fuzz_run, entry->d_name);
        if (entry->d_name[0] != '.' && remove(path)) { // a model's folder
            DIR *inner = opendir(path);
            struct dirent *file;
            fuzz_check(inner && (!strcmp(entry->d_name, "solver") || !strcmp(entry->d_name, "challenger")));
            while ((file = readdir(inner)) != NULL) {
                char name[800];
                snprintf(name, sizeof name, "%s/%s", path, file->d_name);
                if (file->d_name[0] != '.') remove(name);
            }
            closedir(inner);
            fuzz_check(!rmdir(path));
        }
    }
    closedir(folder);
}

// The hash by which a checkpoint says which run it is of, if run.json can be read at all.
static uint64_t fuzz_identity(r0_context *r0, const r0_evolve_desc *desc)
{
    r0i_evolution run;
    memset(&run, 0, sizeof run);
    run.context = r0, run.desc = desc, run.config = desc->config;
    run.given_arena.context = r0;
    if (!r0i_run_read_config(&run)) (void)r0i_run_identify(&run);
    r0i_arena_free(&run.given_arena);
    return run.identity;
}

// The checkpoint with all that one can hold, so that the state alone decides what is read.
static void fuzz_checkpoint(r0_context *r0, r0_span state)
{
    static const char *const names[] = {"challenger", "solver", "reference", "adamw.m", "adamw.v"};
    r0i_text metadata = {r0, NULL, 0, 0, false};
    r0i_array arrays[R0I_COUNT(names)];
    r0_model *model;
    char path[160];
    fuzz_check(r0_model_load(r0, fuzz_model, &model) == R0_OK);
    for (size_t i = 0; i < R0I_COUNT(names); i++) arrays[i].name = names[i], arrays[i].flat = &model->parameters;
    r0i_text_print(&metadata, "{\"r0_state\":");
    r0i_json_write_string(&metadata, state);
    r0i_text_print(&metadata, ",\"r0_state_hash\":\"" R0I_HEX "\"}",
                   (unsigned long long)r0i_hash_of(state.data, state.size));
    snprintf(path, sizeof path, "%s/checkpoint-0000000007.safetensors", fuzz_run);
    // What is no UTF-8 cannot stand in metadata: such a checkpoint cannot be written.
    (void)r0i_arrays_write(model, path, arrays, (int)R0I_COUNT(names), metadata.data);
    r0i_text_free(&metadata);
    r0_model_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const r0_evolve_result none;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_span part[FUZZ_FILES + 2];
    const char *at = (const char *)data, *end = at + size;
    desc.device = "cpu", desc.threads = 1, desc.memory_limit = 64u << 20;
    desc.cancel = fuzz_cancel;
    fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
    fuzz_asked = 0;
    if (!fuzz_record) fuzz_start(r0);
    fuzz_clear();
    size_t bytes = r0->bytes;
    for (size_t i = 0; i < R0I_COUNT(part); i++) {
        const char *stop = i + 1 < R0I_COUNT(part) && at < end ? (const char *)memchr(at, 0, (size_t)(end - at)) : NULL;
        part[i].data = at, part[i].size = (size_t)((stop ? stop : end) - at);
        at = stop ? stop + 1 : end;
    }
    // run.json, with the right checksum behind its last field
    r0i_text record = {r0, NULL, 0, 0, false}, state = {r0, NULL, 0, 0, false};
    size_t digits = strlen("0123456789abcdef\"}\n");
    r0_span given = {fuzz_record, fuzz_record_size};
    if (part[0].size > digits) given = part[0];
    r0i_text_append(&record, given.data, given.size - digits);
    r0i_text_print(&record, R0I_HEX "\"}\n", (unsigned long long)r0i_hash_of(record.data, record.size));
    fuzz_file(r0, "run.json", record.data, record.size);
    r0i_text_free(&record);
    for (int i = 0; i < FUZZ_FILES; i++)
        if (part[2 + i].size) fuzz_file(r0, fuzz_names[i], part[2 + i].data, part[2 + i].size);
    r0_evolve_desc asked = fuzz_desc(r0, true);
    int signs = 0;
    for (size_t i = 0; i < part[1].size; i++) {
        if (part[1].data[i] != '@' || ++signs > 2) r0i_text_append(&state, part[1].data + i, 1);
        else if (signs == 1) r0i_text_print(&state, R0I_HEX, (unsigned long long)fuzz_identity(r0, &asked));
        else
            for (int f = 0, listed = 0; f < FUZZ_FILES - 1; f++)
                if (part[2 + f].size)
                    r0i_text_print(&state, "%s{\"name\":\"%s\",\"bytes\":%zu,\"hash\":\"" R0I_HEX "\"}",
                                   listed++ ? "," : "", fuzz_names[f], part[2 + f].size,
                                   (unsigned long long)r0i_hash_of(part[2 + f].data, part[2 + f].size));
    }
    r0_span text = {state.data ? state.data : "", state.size};
    if (text.size) fuzz_checkpoint(r0, text);
    r0i_text_free(&state);
    r0_evolve_result result = none;
    r0_status status = r0_evolve(r0, &asked, &result);
    fuzz_taken += status == R0_OK || status == R0_ERROR_CANCELLED;
    if (status) fuzz_check(*r0_error(r0) != 0 && !result.count);
    else fuzz_check(result.count >= 2 && result.count <= R0_MAX_ITERATIONS + 1);
    fuzz_check(r0->bytes == bytes);
    r0_context_destroy(r0);
    return 0;
}
