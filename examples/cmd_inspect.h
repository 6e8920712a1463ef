// r0 inspect PATH: what a model folder, a .safetensors file or a .safetensors.index.json holds, and what is wrong with
// it. The exit code is 0 when nothing is.

typedef struct inspect_state {
    int64_t values, bytes;
    char dtypes[16][16]; // names in order of appearance
    int64_t dtype_values[16];
    int dtype_count;
} inspect_state;

static void inspect_config(const r0_model_config *c)
{
    static const char *const names[] = {"Qwen2", "Qwen3", "Llama", "Mistral", "SmolLM3", "Granite", "OLMo 2",
                                        "Gemma 3"};
    static const char *const ropes[] = {"llama3", "linear", "yarn"};
    printf("architecture  %s\n", names[c->architecture]);
    printf("parameters    %lld\n", (long long)r0_model_config_parameters(c));
    printf("layers        %d of hidden size %d, SwiGLU of %d\n", c->layers, c->hidden_size, c->intermediate_size);
    printf("heads         %d for queries, %d for keys and values, of %d\n", c->heads, c->kv_heads, c->head_dim);
    printf("vocabulary    %d%s\n", c->vocab_size, c->tied_embeddings ? ", head tied to the embedding" : "");
    printf("positions     %d, RoPE theta %g", c->max_positions, c->rope_theta);
    if (c->rope_scaling.factor > 0)
        printf(", %s scaling by %g beyond %d", ropes[c->rope_scaling.kind], c->rope_scaling.factor,
               c->rope_scaling.original_max_positions);
    if (c->window) printf(", sliding window of %d", c->window);
    printf("\nend tokens   ");
    for (int i = 0; i < c->eos_count; i++) printf(" %d", c->eos_tokens[i]);
    printf("%s\n", c->eos_count ? "" : " none");
}

static void inspect_count(inspect_state *state, const char *dtype, int64_t values)
{
    int i = 0;
    while (i < state->dtype_count && strcmp(state->dtypes[i], dtype) != 0) i++;
    if (i == CLI_COUNT(state->dtypes)) return;
    if (i == state->dtype_count) snprintf(state->dtypes[state->dtype_count++], sizeof state->dtypes[0], "%s", dtype);
    state->dtype_values[i] += values;
}

// Numbers with `between` in between; returns their product.
static int64_t inspect_shape(const r0_json *shape, const char *between, char *out, size_t size)
{
    int64_t values = 1;
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < shape->count && used < size; i++) {
        values *= (int64_t)shape->items[i].number;
        used += (size_t)snprintf(out + used, size - used, "%s%.0f", i ? between : "", shape->items[i].number);
    }
    return values;
}

static void inspect_tensor(inspect_state *state, const r0_json *tensor, bool brief)
{
    char shape[200];
    const char *dtype = r0_json_get_text(tensor, "dtype").data;
    int64_t values = inspect_shape(r0_json_get(tensor, "shape"), " x ", shape, sizeof shape);
    if (!brief) printf("%-52s %-8s %s\n", cli_text(r0_json_get_text(tensor, "name").data), dtype,
                       *shape ? shape : "one value");
    state->values += values;
    state->bytes += (int64_t)r0_json_get_number(tensor, "bytes", 0);
    inspect_count(state, dtype, values);
}

// All that is missing is one problem where there is no file.
static size_t inspect_problems(const r0_json *found, bool any)
{
    const r0_json *problems = r0_json_get(found, "problems"), *missing = r0_json_get(found, "missing");
    if (problems->count || (any && missing->count)) printf("\n");
    for (size_t i = 0; any && i < missing->count; i++) {
        char shape[200];
        inspect_shape(r0_json_get(&missing->items[i], "shape"), ", ", shape, sizeof shape);
        printf("problem: %s: missing, expected (%s)\n", cli_text(r0_json_get_text(&missing->items[i], "name").data),
               shape);
    }
    for (size_t i = 0; i < problems->count; i++) printf("problem: %s\n", cli_text(problems->items[i].text.data));
    return problems->count + (any ? missing->count : 0);
}

static int inspect_print(const r0_json *found, bool brief)
{
    inspect_state state = R0_ZERO;
    const r0_json *metadata = r0_json_get(found, "metadata"), *tensors = r0_json_get(found, "tensors");
    for (size_t i = 0; i < metadata->count; i++)
        printf("metadata      %s = %.200s\n", cli_text(metadata->keys[i].data),
               cli_text(metadata->items[i].text.data));
    if (tensors->count && !brief) printf("\n");
    for (size_t i = 0; i < tensors->count; i++) inspect_tensor(&state, &tensors->items[i], brief);
    size_t problems = inspect_problems(found, tensors->count > 0);
    printf("\n%zu tensors, %lld values, %lld bytes", tensors->count, (long long)state.values, (long long)state.bytes);
    for (int i = 0; i < state.dtype_count; i++)
        printf("%s %s %lld", i ? "," : ":", state.dtypes[i], (long long)state.dtype_values[i]);
    if (problems) printf("\n%zu problem%s\n", problems, problems == 1 ? "" : "s");
    else printf("\nno problems\n");
    return problems ? CLI_FAILED : CLI_OK;
}

static int cmd_inspect(r0_context *r0, int argc, char **argv)
{
    bool brief = false;
    const cli_option options[] = {{"brief", CLI_FLAG, &brief, "do not list every tensor"}};
    int code =
        cli_parse("r0 inspect PATH: shows what a model folder, a .safetensors file or a .safetensors.index.json\n"
                  "holds, and what is wrong with it: all that loading would refuse, values that are not finite,\n"
                  "damaged checksums. The exit code is 0 when nothing is.",
                  options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2) {
        fprintf(stderr, "%s: needs one path; see %s --help\n", cli.name, cli.name);
        return CLI_USAGE;
    }
    char *text;
    r0_json *found;
    char path[2048];
    r0_model_config config;
    if (r0_model_inspect(r0, argv[1], &text)) return cli_error(r0);
    r0_span span = {text, strlen(text)};
    r0_status status = r0_json_parse(r0, "what r0_model_inspect found", span, &found);
    r0_text_free(r0, text);
    if (status) return cli_error(r0);
    status = r0_model_config_read(r0, argv[1], &config);
    if (!status) inspect_config(&config);
    snprintf(path, sizeof path, "%s/config.json", argv[1]);
    bool read = !status || !r0i_file_exists(path) || r0_json_get(found, "problems")->count;
    code = read ? inspect_print(found, brief) : cli_error(r0); // what is wrong with a config is one of the problems
    r0_json_destroy(r0, found);
    return code;
}
