// libFuzzer: any bytes as what the loop reads line by line. The first byte chooses the reader: b a benchmark, q a file
// of fixed questions, k the kept questions of a run folder, r a run.json, s the state of a checkpoint. What is taken
// must be usable, what is refused must say why; nothing may leak.
//     make fuzz-lines
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

static uint64_t fuzz_sum;

static void fuzz_touch(r0_span text)
{
    for (size_t i = 0; i < text.size; i++) fuzz_sum += (uint8_t)text.data[i];
}

static r0_status fuzz_bench(r0_context *r0, r0_span text)
{
    r0i_bench_reader reader;
    memset(&reader, 0, sizeof reader);
    reader.context = reader.arena.context = r0;
    r0_status status = r0i_json_each_line(r0, "fuzz", text, r0i_bench_line, &reader);
    for (size_t i = 0; i < reader.count; i++) {
        char prompt[256];
        const r0_bench_item *item = &reader.items[i];
        if (!item->question.size || !item->answer.size || !item->id.size) abort();
        fuzz_touch(item->question), fuzz_touch(item->answer), fuzz_touch(item->id);
        if (r0_bench_prompt(item, prompt, sizeof prompt) < item->question.size) abort();
    }
    r0_bench bench = {reader.items, reader.count, reader.arena.blocks};
    r0_bench_free(r0, &bench);
    return status;
}

static r0_status fuzz_questions(r0i_evolution *run, r0_span text, bool kept)
{
    r0_status status = r0i_json_each_line(run->context, "fuzz", text, kept ? r0i_kept_load_line : r0i_given_line, run);
    for (int i = 0; i < run->kept_count; i++)
        fuzz_touch(run->kept[i].text), fuzz_touch(run->kept[i].label), fuzz_touch(run->kept[i].truth);
    for (int i = 0; i < run->given_count; i++) {
        if (!run->given[i].size) abort();
        fuzz_touch(run->given[i]);
    }
    r0i_kept_clear(run);
    r0i_free(run->context, run->given);
    r0i_arena_free(&run->given_arena);
    return status;
}

static r0_status fuzz_state(r0i_evolution *run, const r0_json *state)
{
    run->result = R0I_NEW(run->context, r0_evolve_result, 1);
    if (!run->result || r0_evolve_preset(run->context, "tiny", &run->config)) return R0_ERROR_MEMORY;
    r0_status status = r0i_state_read(run, "fuzz", state);
    if (!status && (run->result->count < 1 || run->result->count > R0_MAX_ITERATIONS + 1)) abort();
    if (!status && run->now != &run->result->iterations[run->result->count - 1]) abort();
    for (int i = 0; i < run->result->count; i++)
        if (run->result->iterations[i].set_count > R0_MAX_SETS) abort();
    r0i_free(run->context, run->result);
    return status;
}

// A config that is read within its limits is one that r0_evolve_set would take.
static r0_status fuzz_document(r0i_evolution *run, char kind, r0_span text)
{
    r0_json *document;
    r0_status status = r0_json_parse(run->context, "fuzz", text, &document);
    if (status) return status;
    if (kind == 's') status = fuzz_state(run, document);
    else status = r0i_run_read_fields(run, "fuzz", r0_json_get(document, "config"));
    if (!status && kind == 'r') status = r0i_config_within_limits(run->context, &run->config);
    if (!status && kind == 'r' && run->config.solver.n < 2) abort();
    r0_json_destroy(run->context, document);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    r0_context_desc desc = R0_ZERO;
    r0_evolve_desc asked = R0_ZERO;
    static r0i_evolution run;
    if (!size) return 0;
    memset(&run, 0, sizeof run);
    desc.device = "cpu";
    desc.threads = 1;
    desc.memory_limit = 64u << 20;
    if (r0_context_create(&desc, &run.context)) abort();
    size_t bytes = run.context->bytes;
    char *copy = (char *)malloc(size); // a block of its own size, so that one byte behind the NUL is seen
    r0_span text = {copy, size - 1};
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = 0; // as r0i_file_read leaves it
    asked.run_folder = "fuzz";
    run.desc = &asked;
    run.kept_arena.context = run.given_arena.context = run.context;
    char kind = (char)data[0];
    r0_status status = kind == 'b' ? fuzz_bench(run.context, text)
                     : kind == 'q' || kind == 'k' ? fuzz_questions(&run, text, kind == 'k')
                     : kind == 'r' || kind == 's' ? fuzz_document(&run, kind, text) : R0_OK;
    if (status && !*r0_error(run.context)) abort();
    if (run.context->bytes != bytes) abort(); // leaked
    free(copy);
    r0_context_destroy(run.context);
    return 0;
}
