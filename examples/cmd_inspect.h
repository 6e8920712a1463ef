// r0 inspect PATH: what a model folder, a .safetensors file or a .safetensors.index.json holds, and what is wrong with
// it. The exit code is 0 when nothing is.

typedef struct inspect_state {
    bool brief;
    int64_t tensors, values, bytes;
    char dtypes[16][16]; // names in order of appearance
    int64_t dtype_values[16];
    int dtype_count;
    bool problems; // the heading was printed
} inspect_state;

static void inspect_config(void *user, const r0_model_config *c)
{
    static const char *const names[] = {"Qwen2", "Qwen3", "Llama", "Mistral", "SmolLM3", "Granite", "OLMo 2"};
    static const char *const ropes[] = {"llama3", "linear", "yarn"};
    (void)user;
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

static void inspect_metadata(void *user, const char *key, const char *value)
{
    (void)user;
    printf("metadata      %s = %.200s\n", key, value);
}

static void inspect_count(inspect_state *state, const char *dtype, int64_t values)
{
    int i = 0;
    while (i < state->dtype_count && strcmp(state->dtypes[i], dtype) != 0) i++;
    if (i == CLI_COUNT(state->dtypes)) return;
    if (i == state->dtype_count) snprintf(state->dtypes[state->dtype_count++], sizeof state->dtypes[0], "%s", dtype);
    state->dtype_values[i] += values;
}

static void inspect_tensor(void *user, const r0_tensor_info *tensor)
{
    inspect_state *state = (inspect_state *)user;
    int64_t values = 1;
    char shape[200] = "";
    size_t used = 0;
    for (int i = 0; i < tensor->rank && used < sizeof shape; i++) {
        values *= tensor->shape[i];
        used +=
            (size_t)snprintf(shape + used, sizeof shape - used, "%s%lld", i ? " x " : "", (long long)tensor->shape[i]);
    }
    if (!state->brief) {
        if (!state->tensors) printf("\n");
        printf("%-52s %-8s %s\n", tensor->name, tensor->dtype, tensor->rank ? shape : "one value");
    }
    state->tensors++;
    state->values += values;
    state->bytes += tensor->bytes;
    inspect_count(state, tensor->dtype, values);
}

static void inspect_problem(void *user, const char *text)
{
    inspect_state *state = (inspect_state *)user;
    if (!state->problems) printf("\n");
    state->problems = true;
    printf("problem: %s\n", text);
}

static void inspect_print_sum(const inspect_state *state, int problems)
{
    printf("\n%lld tensors, %lld values, %lld bytes", (long long)state->tensors, (long long)state->values,
           (long long)state->bytes);
    for (int i = 0; i < state->dtype_count; i++)
        printf("%s %s %lld", i ? "," : ":", state->dtypes[i], (long long)state->dtype_values[i]);
    if (problems)
        printf("\n%d problem%s\n", problems, problems == 1 ? "" : "s");
    else
        printf("\nno problems\n");
}

static int cmd_inspect(r0_context *r0, int argc, char **argv)
{
    inspect_state state = R0_ZERO;
    int problems;
    const cli_option options[] = {{"brief", CLI_FLAG, &state.brief, "do not list every tensor"}};
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
    r0_inspector inspector = {inspect_config, inspect_metadata, inspect_tensor, inspect_problem, &state};
    if (r0_inspect(r0, argv[1], &inspector, &problems)) return cli_error(r0);
    inspect_print_sum(&state, problems);
    return problems ? CLI_FAILED : CLI_OK;
}
