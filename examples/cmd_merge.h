// r0 merge ADAPTER --out DIR: adds an adapter (a folder in PEFT's format, as `r0 evolve` and `r0 sft` with --lora-rank
// leave behind) to its base's weights and writes an ordinary model folder with the base's tokenizer, or a GGUF file.
#ifndef CMD_MERGE_H
#define CMD_MERGE_H

#include "cli.h"

static bool merge_has_tokenizer(const char *folder)
{
    char path[2048];
    int length = snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    return r0i_is_gguf(folder) || (length > 0 && (size_t)length < sizeof path && r0i_file_exists(path));
}

// Where the tokenizer is: beside the adapter, where `r0 evolve` puts a copy, or with the base that the adapter names
// (its folder as seen from here, or from the adapter's), as PEFT leaves it. "" when it is nowhere.
static void merge_find_tokenizer(r0_context *r0, const char *adapter, char *folder, size_t size)
{
    char config[2048];
    r0_json *root = NULL;
    snprintf(folder, size, "%s", adapter);
    if (merge_has_tokenizer(folder)) return;
    snprintf(config, sizeof config, "%s/adapter_config.json", adapter);
    const char *base = r0_json_parse_file(r0, config, &root) ? NULL
                                                            : r0_json_get_text(root, "base_model_name_or_path").data;
    snprintf(folder, size, "%s", base ? base : "");
    if (base && !merge_has_tokenizer(folder)) snprintf(folder, size, "%s/%s", adapter, base);
    if (!merge_has_tokenizer(folder)) folder[0] = 0;
    r0_json_destroy(r0, root);
}

static int merge_write_folder(r0_context *r0, r0_model *adapter, const char *base, const char *out)
{
    if (r0_model_save(r0_lora_base(adapter), out)) return cli_error(r0);
    if (base[0] && r0_tokenizer_copy(r0, base, out)) return cli_error(r0);
    if (base[0] && !cli_copy(base, out, "generation_config.json")) return CLI_FAILED;
    if (!merge_has_tokenizer(out))
        fprintf(stderr, "%s: warning: no tokenizer.json beside the adapter or its base: %s has none\n", cli.name, out);
    return CLI_OK;
}

// `base`: where the files beside the weights come from.
static int merge_write(r0_context *r0, r0_model *adapter, const char *base, const char *out, const char *gguf,
                       const char *gguf_dtype)
{
    r0_model *merged = r0_lora_base(adapter);
    int code = r0_lora_merge(adapter) ? cli_error(r0) : CLI_OK;
    if (!code && out) code = merge_write_folder(r0, adapter, base, out);
    if (!code && gguf && r0_gguf_write(merged, base, gguf_dtype, gguf)) code = cli_error(r0);
    if (!code)
        printf("wrote %s%s%s: %lld weights, of which the adapter had %lld\n", out ? out : "",
               out && gguf ? " and " : "", gguf ? gguf : "", (long long)r0_model_parameter_count(merged),
               (long long)r0_model_parameter_count(adapter));
    return code;
}

static int cmd_merge(r0_context *r0, int argc, char **argv)
{
    const char *base_folder = NULL, *out = NULL, *dtype = "F32", *gguf = NULL, *gguf_dtype = "F16";
    const cli_option options[] = {
        {"base", CLI_TEXT, &base_folder, "the base's folder; without it: the one that the adapter names"},
        {"out", CLI_TEXT, &out, "model folder to write"},
        {"dtype", CLI_TEXT, &dtype, "f32, bf16 or f16; in 16 bits the sum is rounded"},
        {"gguf", CLI_TEXT, &gguf, "GGUF file to write, for llama.cpp"},
        {"gguf-dtype", CLI_TEXT, &gguf_dtype, "of its matrices: f32, f16, bf16, q8_0 or q4_0"},
    };
    int code = cli_parse("r0 merge ADAPTER --out DIR: write the model that an adapter and its base are together",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2 || (!out && !gguf))
        return fprintf(stderr, "%s: needs an adapter's folder and --out or --gguf; see %s --help\n", cli.name,
                       cli.name), CLI_USAGE;
    r0_model *base = NULL, *adapter = NULL;
    r0_status status = base_folder ? r0_model_load_as(r0, base_folder, dtype, &base) : R0_OK;
    if (!status) status = base ? r0_lora_load(base, argv[1], &adapter) : r0_model_load_as(r0, argv[1], dtype, &adapter);
    if (!status && !r0_lora_base(adapter)) {
        fprintf(stderr, "%s: %s is a model, not an adapter\n", cli.name, argv[1]);
        code = CLI_USAGE;
    } else if (status) {
        code = cli_error(r0);
    } else {
        char files[2048];
        if (!base_folder) merge_find_tokenizer(r0, argv[1], files, sizeof files);
        code = merge_write(r0, adapter, base_folder ? base_folder : files, out, gguf, gguf_dtype);
    }
    r0_model_destroy(adapter);
    r0_model_destroy(base);
    return code;
}

#endif
