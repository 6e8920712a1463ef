// r0 convert: models in one file become Hugging Face folders. x.gguf is loaded and saved like any other model, which
// its tokenizer's files follow. A model of llama2.c (github.com/karpathy/llama2.c, "version 0") comes with a tokenizer
// of its own kind, of which a byte-level tokenizer.json is made that gives the same ids.
//
// With llama2.c three things differ. RoPE: llama2.c turns the pairs (2i, 2i + 1) of a head, Hugging Face (i, i + D/2),
// so the rows of wq and wk are put in another order; q'k stays what it was. End of text: llama2.c's models begin the
// next text with <s>, so both <s> and </s> end one here. And llama2.c puts a space before a text by itself: here it is
// the caller's to write.
#ifndef CMD_CONVERT_H
#define CMD_CONVERT_H

#include "arrays.h"
#include "cli.h"

typedef struct convert_file {
    const char *path;
    uint8_t *data; // growing
} convert_file;

static int convert_fail(const char *path, const char *problem)
{
    fprintf(stderr, "%s: %s: %s\n", cli.name, path, problem);
    return CLI_FAILED;
}

static int convert_read(convert_file *file)
{
    FILE *in = cli_open(file->path, "rb");
    size_t got, block = 1 << 20;
    if (!in) return CLI_FAILED;
    do {
        got = fread(arraddnptr(file->data, block), 1, block, in);
        arrsetlen(file->data, arrlenu(file->data) - block + got);
    } while (got);
    bool good = !ferror(in);
    fclose(in);
    return good ? CLI_OK : convert_fail(file->path, "cannot be read");
}

static uint32_t convert_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

// -- weights --

// A tensor of the folder: `rows` rows of `cols` floats from `offset` of the file on.
typedef struct convert_tensor {
    char name[64];
    int rank, rows, cols;
    uint64_t offset;
    bool rope; // its rows are heads whose pairs are put in another order
} convert_tensor;

typedef struct convert_model {
    convert_file file;
    r0_model_config config;
    convert_tensor *tensors;
    int count;
} convert_model;

// Seven integers: dim, hidden_dim, layers, heads, kv_heads, vocabulary (negative: a head of its own), positions.
static int convert_header(convert_model *m)
{
    r0_model_config *c = &m->config;
    int32_t n[7];
    if (arrlenu(m->file.data) < 28) return convert_fail(m->file.path, "too short for a llama2.c model");
    for (int i = 0; i < 7; i++) n[i] = (int32_t)convert_u32(m->file.data + 4 * i);
    memset(c, 0, sizeof *c);
    c->architecture = R0_LLAMA;
    c->hidden_size = n[0], c->intermediate_size = n[1], c->layers = n[2], c->heads = n[3], c->kv_heads = n[4];
    c->tied_embeddings = n[5] > 0;
    c->vocab_size = n[5] > 0 ? n[5] : n[5] > -(1 << 22) ? -n[5] : 0;
    c->max_positions = n[6];
    bool good = n[0] > 0 && n[0] < 1 << 16 && n[1] > 0 && n[1] < 1 << 20 && n[2] > 0 && n[2] <= 1024 && n[3] > 0 &&
                n[3] <= n[0] && n[4] > 0 && n[3] % n[4] == 0 && n[0] % n[3] == 0 && n[0] / n[3] % 2 == 0 &&
                c->vocab_size > 2 && c->vocab_size < 1 << 22 && n[6] > 0 && n[6] < 1 << 24;
    if (!good) return convert_fail(m->file.path, "its header is not one of a llama2.c model (version 0)");
    c->head_dim = n[0] / n[3];
    c->rms_norm_eps = 1e-5f;
    c->rope_theta = 1e4;
    c->eos_tokens[0] = 2, c->eos_tokens[1] = 1, c->eos_count = 2;
    c->bos_token = 1, c->pad_token = -1;
    return CLI_OK;
}

// Takes the next rows x cols floats of each of `layers` layers (0: of the model).
static void convert_take(convert_model *m, uint64_t *at, const char *name, int layers, int rows, int cols, bool rope)
{
    for (int l = 0; l < (layers ? layers : 1); l++) {
        convert_tensor *t = &m->tensors[m->count++];
        if (layers) snprintf(t->name, sizeof t->name, "model.layers.%d.%s.weight", l, name);
        else snprintf(t->name, sizeof t->name, "%s.weight", name);
        t->rank = rows ? 2 : 1;
        t->rows = rows ? rows : 1, t->cols = cols;
        t->rope = rope;
        t->offset = *at;
        *at += (uint64_t)t->rows * (uint64_t)cols * 4;
    }
}

static int convert_layout(convert_model *m)
{
    const r0_model_config *c = &m->config;
    int L = c->layers, C = c->hidden_size, F = c->intermediate_size, G = c->kv_heads * c->head_dim;
    uint64_t at = 28;
    m->tensors = (convert_tensor *)calloc((size_t)(9 * L + 3), sizeof *m->tensors);
    if (!m->tensors) return convert_fail(m->file.path, "out of memory");
    convert_take(m, &at, "model.embed_tokens", 0, c->vocab_size, C, false);
    convert_take(m, &at, "input_layernorm", L, 0, C, false);
    convert_take(m, &at, "self_attn.q_proj", L, C, C, true);
    convert_take(m, &at, "self_attn.k_proj", L, G, C, true);
    convert_take(m, &at, "self_attn.v_proj", L, G, C, false);
    convert_take(m, &at, "self_attn.o_proj", L, C, C, false);
    convert_take(m, &at, "post_attention_layernorm", L, 0, C, false);
    convert_take(m, &at, "mlp.gate_proj", L, F, C, false);
    convert_take(m, &at, "mlp.down_proj", L, C, F, false);
    convert_take(m, &at, "mlp.up_proj", L, F, C, false);
    convert_take(m, &at, "model.norm", 0, 0, C, false);
    at += (uint64_t)c->max_positions * (uint64_t)c->head_dim * 4; // RoPE's cosines and sines
    if (!c->tied_embeddings) convert_take(m, &at, "lm_head", 0, c->vocab_size, C, false);
    if (at == arrlenu(m->file.data)) return CLI_OK;
    fprintf(stderr, "%s: %s: %llu bytes, but its header announces %llu\n", cli.name, m->file.path,
            (unsigned long long)arrlenu(m->file.data), (unsigned long long)at);
    return CLI_FAILED;
}

// safetensors: the size of the header in 8 bytes, the header, the tensors. Rows 2i and 2i + 1 of a head become rows i
// and i + D/2.
static bool convert_write_tensors(const convert_model *m, const char *header, FILE *out)
{
    int dim = m->config.head_dim;
    uint8_t size[8];
    for (int i = 0; i < 8; i++) size[i] = (uint8_t)((uint64_t)strlen(header) >> 8 * i);
    bool good = fwrite(size, 1, 8, out) == 8 && fputs(header, out) >= 0;
    for (int i = 0; good && i < m->count; i++) {
        const convert_tensor *t = &m->tensors[i];
        size_t bytes = (size_t)t->cols * 4;
        for (int row = 0; good && row < t->rows; row++) {
            int within = row % dim, pair = within < dim / 2 ? 2 * within : 2 * (within - dim / 2) + 1;
            int from = t->rope ? row - within + pair : row;
            good = fwrite(m->file.data + t->offset + (size_t)from * bytes, 1, bytes, out) == bytes;
        }
    }
    return good;
}

static int convert_write_model(const convert_model *m, const char *path)
{
    size_t room = 64 + (size_t)m->count * 192, used = 0;
    char *header = (char *)malloc(room);
    uint64_t at = 0;
    if (!header) return convert_fail(path, "out of memory");
    used += (size_t)snprintf(header, room, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (int i = 0; i < m->count; i++) {
        const convert_tensor *t = &m->tensors[i];
        uint64_t bytes = (uint64_t)t->rows * (uint64_t)t->cols * 4;
        used += (size_t)snprintf(header + used, room - used, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[", t->name);
        if (t->rank == 2) used += (size_t)snprintf(header + used, room - used, "%d,", t->rows);
        used += (size_t)snprintf(header + used, room - used, "%d],\"data_offsets\":[%llu,%llu]}", t->cols,
                                 (unsigned long long)at, (unsigned long long)(at + bytes));
        at += bytes;
    }
    snprintf(header + used, room - used, "}");
    FILE *out = cli_open(path, "wb");
    bool good = out && convert_write_tensors(m, header, out);
    free(header);
    return out && cli_close(out, path) && good ? CLI_OK : CLI_FAILED;
}

// -- the tokenizer --
//
// tok.bin: the longest token's size, then per id a score (float), a size and the bytes. Ids 0 to 2 are <unk>, <s>,
// </s>, 3 to 258 the bytes 0 to 255, the rest are texts. llama2.c splits a text into code points, each a token of its
// own or its bytes, and joins the pair whose joint token has the highest score until there is none: that is what merges
// in the order of their scores do. A byte that is also a token of its own is that token. A code point of several bytes
// is joined before all others: one of two bytes by a merge that comes first, one of more, whose parts are no tokens, as
// an added token, which is found first as well, and stands in the vocabulary as its text. (One of two bytes cannot be
// added: its text may be what the byte-level alphabet writes for a byte, as "é" for 0xE9, and readers would take the
// one for the other.)

enum { CONVERT_BYTES = 3, CONVERT_WORDS = 259 };

typedef struct convert_word {
    int id, size;
    const uint8_t *bytes;
    float score;
} convert_word;

typedef struct convert_vocabulary {
    convert_file file;
    convert_word *words; // by id
    int count;
    int of_byte[256];    // the token of a byte
    convert_word *ranked; // the texts, by score
    int ranked_count;
} convert_vocabulary;

static int convert_by_score(const void *a, const void *b)
{
    const convert_word *x = (const convert_word *)a, *y = (const convert_word *)b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->id - y->id;
}

static bool convert_is_code_point(const convert_word *w)
{
    int size = w->bytes[0] < 0xC0 ? 1 : w->bytes[0] < 0xE0 ? 2 : w->bytes[0] < 0xF0 ? 3 : 4;
    return w->size > 1 && w->size == size;
}

static bool convert_is_added(const convert_word *w)
{
    return convert_is_code_point(w) && w->size > 2;
}

static int convert_words(convert_vocabulary *v, int vocab_size)
{
    size_t at = 4;
    v->words = (convert_word *)calloc((size_t)vocab_size, sizeof *v->words);
    v->ranked = (convert_word *)calloc((size_t)vocab_size, sizeof *v->ranked);
    if (!v->words || !v->ranked) return convert_fail(v->file.path, "out of memory");
    for (int b = 0; b < 256; b++) v->of_byte[b] = CONVERT_BYTES + b;
    for (; v->count < vocab_size && arrlenu(v->file.data) >= at + 8; v->count++) {
        convert_word *w = &v->words[v->count];
        uint32_t bits = convert_u32(v->file.data + at), size = convert_u32(v->file.data + at + 4);
        if (!size || size > arrlenu(v->file.data) - at - 8) break;
        memcpy(&w->score, &bits, 4);
        w->id = v->count, w->size = (int)size, w->bytes = v->file.data + at + 8;
        at += 8 + size;
        if (v->count < CONVERT_WORDS) continue;
        if (w->size == 1) v->of_byte[w->bytes[0]] = w->id;
        v->ranked[v->ranked_count++] = *w;
        for (int i = 0; i < w->size; i++)
            if (w->bytes[i] >= 0x80 && !convert_is_code_point(w))
                return convert_fail(v->file.path, "a token of several characters, not all ASCII: its merges cannot be "
                                                  "written as a byte-level tokenizer");
    }
    if (v->count != vocab_size || at != arrlenu(v->file.data) || vocab_size < CONVERT_WORDS)
        return convert_fail(v->file.path, "is not a tokenizer of llama2.c for this model's vocabulary");
    qsort(v->ranked, (size_t)v->ranked_count, sizeof *v->ranked, convert_by_score);
    return CLI_OK;
}

static void convert_print_quoted(FILE *out, const char *text, size_t size)
{
    char quoted[4096];
    r0_span span = {text, size};
    if (r0_json_quote(span, quoted, sizeof quoted) < sizeof quoted) fputs(quoted, out);
}

// Bytes in the alphabet of byte-level tokenizers: printable ones stand for themselves, the others for U+0100 and on.
static void convert_print_bytes(FILE *out, const uint8_t *bytes, int size)
{
    char text[2048];
    size_t used = 0;
    for (int i = 0; i < size && used + 2 < sizeof text; i++) {
        unsigned b = bytes[i], hidden = 0;
        for (unsigned k = 0; k < b; k++) hidden += k <= 32 || (k >= 127 && k <= 160) || k == 173;
        bool shown = !(b <= 32 || (b >= 127 && b <= 160) || b == 173);
        unsigned code = shown ? b : 256 + hidden;
        if (code >= 128) text[used++] = (char)(0xC0 | code >> 6);
        text[used++] = (char)(code >= 128 ? 0x80 | (code & 63) : code);
    }
    convert_print_quoted(out, text, used);
}

static void convert_print_word(FILE *out, const convert_word *w)
{
    if (convert_is_added(w)) convert_print_quoted(out, (const char *)w->bytes, (size_t)w->size);
    else convert_print_bytes(out, w->bytes, w->size);
}

static void convert_print_vocabulary(FILE *out, const convert_vocabulary *v)
{
    for (int id = 0; id < v->count; id++) {
        const convert_word *w = &v->words[id];
        uint8_t byte = (uint8_t)(id - CONVERT_BYTES);
        static const char *const special[] = {"<unk>", "<s>", "</s>"};
        fputs(id ? ",\n" : "\n", out);
        if (id < CONVERT_BYTES) convert_print_quoted(out, special[id], strlen(special[id]));
        else if (id >= CONVERT_WORDS) convert_print_word(out, w);
        else if (v->of_byte[byte] == id) convert_print_bytes(out, &byte, 1);
        else fprintf(out, "\"<0x%02X>\"", byte);
        fprintf(out, ":%d", id);
    }
}

static bool convert_is_word(const convert_vocabulary *v, const uint8_t *bytes, int size)
{
    if (size == 1) return true; // every byte is a token
    for (int i = 0; i < v->ranked_count; i++)
        if (v->ranked[i].size == size && !memcmp(v->ranked[i].bytes, bytes, (size_t)size)) return true;
    return false;
}

static void convert_print_merge(FILE *out, const convert_word *w, int left, bool *first)
{
    fputs(*first ? "\n[" : ",\n[", out);
    *first = false;
    convert_print_bytes(out, w->bytes, left);
    fputs(",", out);
    convert_print_bytes(out, w->bytes + left, w->size - left);
    fputs("]", out);
}

static void convert_print_merges(FILE *out, const convert_vocabulary *v)
{
    bool first = true;
    for (int i = 0; i < v->ranked_count; i++)
        if (convert_is_code_point(&v->ranked[i]) && v->ranked[i].size == 2)
            convert_print_merge(out, &v->ranked[i], 1, &first);
    for (int i = 0; i < v->ranked_count; i++) {
        const convert_word *w = &v->ranked[i];
        for (int k = 1; k < w->size && !convert_is_code_point(w); k++)
            if (convert_is_word(v, w->bytes, k) && convert_is_word(v, w->bytes + k, w->size - k))
                convert_print_merge(out, w, k, &first);
    }
}

static void convert_print_added(FILE *out, int id, const char *text, size_t size, bool special)
{
    fprintf(out, "%s\n{\"id\":%d,\"content\":", id ? "," : "", id);
    convert_print_quoted(out, text, size);
    fprintf(out, ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":%s}",
            special ? "true" : "false");
}

static int convert_write_tokenizer(const convert_vocabulary *v, const char *path)
{
    FILE *out = cli_open(path, "wb");
    if (!out) return CLI_FAILED;
    fputs("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[", out);
    convert_print_added(out, 0, "<unk>", 5, true);
    convert_print_added(out, 1, "<s>", 3, true);
    convert_print_added(out, 2, "</s>", 4, true);
    for (int id = CONVERT_WORDS; id < v->count; id++)
        if (convert_is_added(&v->words[id]))
            convert_print_added(out, id, (const char *)v->words[id].bytes, (size_t)v->words[id].size, false);
    fputs("],\n\"normalizer\":null,\n\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
          "\"trim_offsets\":true,\"use_regex\":false},\n\"post_processor\":{\"type\":\"TemplateProcessing\","
          "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],"
          "\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],"
          "\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[1],\"tokens\":[\"<s>\"]}}},\n"
          "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true},\n"
          "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
          "\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,"
          "\"vocab\":{", out);
    convert_print_vocabulary(out, v);
    fputs("},\n\"merges\":[", out);
    convert_print_merges(out, v);
    fputs("]}}\n", out);
    bool good = !ferror(out);
    if (fclose(out)) good = false;
    return good ? CLI_OK : convert_fail(path, "cannot be written");
}

// -- the command --

static int convert_llama2c(r0_context *r0, const char *model, const char *tokenizer, const char *folder)
{
    convert_model m = R0_ZERO;
    convert_vocabulary v = R0_ZERO;
    char path[1024];
    m.file.path = model;
    v.file.path = tokenizer;
    int code = convert_read(&m.file);
    if (!code) code = convert_header(&m);
    if (!code) code = convert_layout(&m);
    if (!code && tokenizer) code = convert_read(&v.file);
    if (!code && tokenizer) code = convert_words(&v, m.config.vocab_size);
    if (!code && r0_model_config_write(r0, folder, &m.config)) code = cli_error(r0);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    if (!code) code = convert_write_model(&m, path);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    if (!code && tokenizer) code = convert_write_tokenizer(&v, path);
    arrfree(m.file.data), arrfree(v.file.data);
    free(m.tensors), free(v.words), free(v.ranked);
    return code;
}

// x.gguf to a folder.
static int convert_gguf(r0_context *r0, const char *file, const char *dtype, const char *folder)
{
    r0_model *model;
    if (r0_model_load_as(r0, file, dtype, &model)) return cli_error(r0);
    int code = r0_model_save(model, folder) || r0_tokenizer_copy(r0, file, folder) ? cli_error(r0) : CLI_OK;
    if (!code) printf("wrote %s: %lld weights\n", folder, (long long)r0_model_parameter_count(model));
    r0_model_destroy(model);
    return code;
}

// A model or an adapter, whose weights stay exact until they are written, to GGUF.
static int convert_to_gguf(r0_context *r0, const char *from, const char *dtype, const char *file)
{
    r0_model *model;
    if (r0_model_load(r0, from, &model)) return cli_error(r0);
    bool adapter = r0_lora_base(model) != NULL;
    int code = r0_gguf_write(model, adapter ? NULL : from, dtype, file) ? cli_error(r0) : CLI_OK;
    if (!code) printf("wrote %s: %lld weights%s\n", file, (long long)r0_model_parameter_count(model),
                      adapter ? " of an adapter" : "");
    r0_model_destroy(model);
    return code;
}

static int cmd_convert(r0_context *r0, int argc, char **argv)
{
    const char *model = NULL, *tokenizer = NULL, *dtype = "f32", *out = NULL, *gguf = NULL;
    const cli_option options[] = {
        {"model", CLI_TEXT, &model, "weights of llama2.c, e.g. stories260K.bin"},
        {"tokenizer", CLI_TEXT, &tokenizer, "its tokenizer, e.g. tok512.bin; without it none is written"},
        {"dtype", CLI_TEXT, &dtype, "of a GGUF file's other form: f32, bf16, f16; also q8_0 or q4_0 with --gguf"},
        {"out", CLI_TEXT, &out, "folder to write"},
        {"gguf", CLI_TEXT, &gguf, "GGUF file to write"},
    };
    int code = cli_parse("r0 convert x.gguf --out DIR: a GGUF file becomes a Hugging Face folder, its blocks floats.\n"
                         "r0 convert DIR --gguf x.gguf: a model or an adapter becomes a GGUF file, for llama.cpp.\n"
                         "r0 convert --model FILE --tokenizer FILE --out DIR: and so does a model of llama2.c, which\n"
                         "begins every text with a space; here the caller writes it:\n"
                         "    r0 generate --model DIR --prompt \" Once upon a time\"", options, CLI_COUNT(options),
                         &argc, argv);
    if (code != CLI_GO) return code;
    if (argc == 2 && !model) model = argv[--argc];
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    if (!model || !out == !gguf)
        return fprintf(stderr, "%s: needs a model and --out or --gguf; see %s --help\n", cli.name, cli.name), CLI_USAGE;
    if (gguf) return convert_to_gguf(r0, model, dtype, gguf);
    if (r0i_ends_with(model, ".gguf")) return convert_gguf(r0, model, dtype, out);
    return convert_llama2c(r0, model, tokenizer, out);
}

#endif
