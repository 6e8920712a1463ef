/* r0.h - R-Zero in one portable C header: a language model that teaches itself. MIT licence, no warranty.

   Do this:
       #define R0_IMPLEMENTATION
   before you include this file in *one* C or C++ file to create the implementation.

   R-Zero (arXiv 2508.05004) splits one model into a Challenger, which proposes questions, and a Solver, which
   answers them. The Solver's majority vote makes the label, Group Relative Policy Optimization (GRPO) trains both,
   and the pair evolves without human data. r0.h holds all of it: transformer, tokenizer, rollout, voting, judging,
   GRPO, AdamW, checkpoints, on any GPU that speaks Vulkan, and in plain C where there is none.
*/
// >>title

// >>contents   (the chapters in order; search for the tag; tests/check_house.py keeps this list true)
//
//   >>title         one sentence, and how to use the file
//   >>contents      this list
//   >>idea          R-Zero in equations; symbols; departures from the paper
//   >>config        every macro that changes the build
//   >>api           public types and functions, documented in place
//   >>cast          internal types, the error table, the op table
//   >>evolve        the loop on one page: challenger, curation, solver, evaluation
//   >>challenger    proposing questions; rewards; the repetition penalty
//   >>vote          extracting answers, majority vote, the curation filter
//   >>grpo          advantages, losses and their gradients
//   >>rollout       sampling completions: KV pool, batching
//   >>transformer   forward and backward as sequences of ops
//   >>optimizer     AdamW, gradient clipping, schedule
//   >>tasks         prompts, parsing of proposals, judges
//   >>evaluate      pass@k, majority@k, bootstrap intervals, paired tests
//   >>equivalence   when two answers are the same
//   >>ops           the CPU reference of every op, plain
//   >>kernels       the fast CPU versions
//   >>tokenizer     text to tokens and back; chat templates
//   >>json          bounded JSON, read and written
//   >>checkpoint    safetensors, model folders, resume
//   >>vulkan        loader, device, memory, pipelines, recording, ops
//   >>platform      memory, errors, random numbers, threads, files
//   >>spirv         generated: the compiled shaders

// >>idea
//
// How can a model get better at reasoning when nobody gives it a single question or answer? Take two copies
// of it. One, the challenger, is paid for questions that the other one answers sometimes this way, sometimes
// that way: neither trivial nor hopeless. The other, the solver, is paid for agreeing with its own majority
// on such questions. As the solver learns, yesterday's questions bore it, so the challenger must find harder
// ones, and so on.
// Source: "R-Zero: Self-Evolving Reasoning LLM from Zero Data", arXiv 2508.05004.
//
// Why it can work. Ask the solver a question m times. If a fraction p of its answers is right, a majority of
// m is right more often than p as long as right answers agree with each other and wrong ones scatter: the
// majority is a teacher slightly better than the pupil. And it teaches most where p is near 1/2: the pupil's
// reward, 0 or 1, has the variance p (1 - p), and where all rollouts of a question get the same reward there
// is no gradient at all.
//
// Why it can fail: the label is an opinion. On questions that are too hard, or that make no sense, the
// majority is wrong or there is no right answer, and the pupil learns its own mistakes. Label accuracy falls
// with every iteration.
//
// -- symbols --
//
//   Q, S          challenger (the questioner) and solver: two sets of weights of one architecture
//   x, y          a question; an answer, i.e. what stands in the \boxed{...} of a response
//   rollout       one sampled completion of a prompt; group: the n rollouts of one prompt
//   P, n          prompts per training step, rollouts per prompt; R = P n rollouts in all
//   m             votes: how often the solver answers one question
//   pseudo_label  y~, the majority answer; agreement: p^ = (votes in the majority cluster) / m
//   C_k           cluster k of questions of one step that resemble each other
//   r, A          reward: the raw number; advantage: the reward normalised within its group
//   reference     the policy as it was when the phase began
//   pi(t | ...)   the policy: probability of token t given all tokens before it; logp: its natural logarithm
//   T             sampling temperature; every logp here is that of the whole softmax at T, not cut by top-k, top-p
//
// -- one iteration --
//
//   S_0 = Q_0 = the base model. Iteration t = 1, 2, 3, ...:
//
//   1. Challenger phase (>>challenger): S_{t-1} is frozen. A few GRPO steps on Q_{t-1} make Q_t:
//        sample P x n questions from one and the same prompt: "set a competition problem"
//        parse each: the last <question>...</question> and the last \boxed{...}; else it is malformed
//        for each valid x: S answers m times; cluster the answers; p^ = largest cluster / m
//        r = uncertainty(p^) - repetition(x); one GRPO step
//   2. Curation (>>vote): Q_t writes N questions, S_{t-1} answers each m times.
//        keep x, with the majority as pseudo_label, where p^ lies in a band around 1/2
//   3. Solver phase (>>evolve): a few GRPO steps on S_{t-1} over the kept questions make S_t:
//        sample n answers to each of P questions; r = 1 where the answer is equivalent to the pseudo_label
//   4. Evaluation (>>evaluate) of S_t on questions that never train anything.
//
// -- rewards --
//
//   The challenger is paid for the solver's uncertainty
//
//       uncertainty(p^) = 1 - 2 |p^ - 1/2|           1 where half of the votes agree, 0 where all do or none
//
//   and fined for writing the same question again, by its share of the step's questions:
//
//       repetition(x) = |C_k| / R, x in C_k          C: clusters under the distance d(x, x') = 1 - BLEU,
//                                                    average linkage, merged while d < 1/2
//
//       r(x) = max(0, uncertainty - repetition)      malformed: 0                                  (paper)
//
//   p^ is the share of the majority, right or wrong: 1 when all votes agree, 1/m when no two do.
//
//   The solver is paid for reproducing its own majority:
//
//       r(y) = 1 if y = y~ else 0                    "=" means mathematically equal, see >>equivalence
//
//   Curation keeps x where |p^ - 1/2| <= 1/4. Above the band, most groups would hold equal rewards and teach
//   nothing; below it, the label is probably wrong. So the filter is a curriculum and a quality check in one.
//
// -- Group Relative Policy Optimization (>>grpo) --
//
//   GRPO (arXiv 2402.03300) needs no value network: the other rollouts of the same prompt are the baseline.
//
//       A_i = (r_i - mean(r_1..r_n)) / (std(r_1..r_n) + 1e-6)        std with n - 1; all equal: A = 0
//
//   Token t of rollout i, with probability ratio rho against the policy that sampled it (old):
//
//       rho = exp(logp - logp_old)
//       L   = max(-A rho, -A clip(rho, 1 - 0.2, 1 + 0.3))           PPO's pessimistic bound, clip-higher
//       L   = min(L, -3 A)  where A < 0                             dual clip: one bad token cannot dominate
//       D   = exp(ref - logp) - (ref - logp) - 1                    k3: estimates KL(pi || reference)
//       loss = mean over response tokens of (L + 0.01 D)
//
//   Its gradient is what >>grpo hands to the transformer. Where no clip is active, per token before the mean:
//
//       d L / d logp = -A rho                    d D / d logp = 1 - exp(ref - logp)
//
//   and d L / d logp = 0 where the clipped branch is the larger one. The softmax turns it into the logits'
//   gradient:
//
//       d loss / d z_j = (d loss / d logp) (1[j = t] - pi(j)) / T
//
//   The prompt's tokens get no gradient; the end token counts as a token like any other.
//
// -- the model (>>transformer) --
//
//   A decoder of L blocks, on N tokens (all sequences of a batch, one after another); C hidden, H query heads
//   and G key/value heads of size D, F in the MLP, V vocabulary; ' transposes. Qwen2, Qwen3 and Llama differ
//   by a bias and by q/k norms.
//
//       x = E[tokens]                                                                    // (N, C)
//       h = rms(x);  q, k, v = h Wq', h Wk', h Wv'   (+ bias: Qwen2)                    // (N, H D), (N, G D)
//       q, k = rope(rms(q)), rope(rms(k))            (rms: Qwen3 only)
//       x = x + softmax(q k' / sqrt(D), causal) v Wo'                                    // (N, C)
//       h = rms(x);  x = x + (silu(h Wg') * (h Wu')) Wd'                                 // (N, C)
//       logits = rms(x) E'   (or an LM head of its own)                                  // (N, V)
//
//       rms(x) = x / sqrt(mean(x^2) + eps) * w            silu(a) = a / (1 + exp(-a))
//       rope turns the pair (x_i, x_{i+D/2}) of every head by the angle position * theta^(-2i/D)
//
// -- the optimizer (>>optimizer) --
//
//   AdamW (arXiv 1711.05101), gradients g first scaled so that their global norm is at most 1:
//
//       m = b1 m + (1 - b1) g;   v = b2 v + (1 - b2) g^2
//       w = w - lr (m / (1 - b1^s) / (sqrt(v / (1 - b2^s)) + eps) + wd w)      s: steps since the phase began
//
// -- three presets --
//
//   The paper and the code that its authors released differ. R0 has both, and a third for the embedded model.
//   Nothing below is a flag deep in a formula: each line names the function or the field that the preset sets
//   (table of presets in >>evolve), so a preset is read there in one place.
//
//                             paper                    released                      tiny
//   challenger reward         max(0, 1 - 2|p^-1/2|     min(p^, 1 - p^) - |C|/R       1 - 2|p^-1/2| - |C|/R
//                              - |C|/R)
//      malformed              0                        -1 - |C|/R                    -1
//      clustered              valid questions          all; malformed ones as the    valid questions
//                                                      empty question
//      where                  r0_challenger_reward_paper, _released, _tiny
//   votes: empty answers      count in p^              count in the reward, leave    count in p^
//                                                      curation's denominator
//      two answers with "no " compared                 taken as equal                compared
//      where                  r0_vote_rules
//   filter                    |p^ - 1/2| <= 1/4        0.3 <= p^ <= 0.8              3..7 of 10, no repeats
//      dropped as well        -                        question with "box" or        -
//                                                      "prove" in Chinese, answer
//                                                      with "text"
//      where                  r0_filter_paper, _released, _tiny; r0_question_is_dropped, r0_text_repeats
//   solver reward             1 or 0                   0.9 correct + 0.1 format      0.9 correct + 0.1 ended
//      where                  r0_solver_reward_paper, _released, _tiny
//   loss averaged over        tokens of a mini-batch   tokens of a micro-batch,      tokens of a mini-batch
//                                                      then micro-batches
//      where                  r0_grpo_loss             r0_grpo_released_loss         r0_grpo_loss
//   challenger P x n, steps   128 x 4, 5               512 x 4, 6 (step 5 is used)   4 x 16, 8
//      optimizer steps each   1                        32                            4
//   curation N, m             8000, 10                 8 x 1000, 9                   256, 10
//   solver P x n, steps       128 x 5, 15              512 x 5, 20 (15 is used)      24 x 8, <= 12: kept / 3
//      optimizer steps each   1                        4                             2
//   learning rate Q, S        1e-6, 1e-6               1e-6, 1e-6                    1e-3, 3e-4
//   weights between phases    float32                  through bfloat16 files        float32
//   iterations                3                        5                             3
//   all: T 1; AdamW b1 0.9, b2 0.999, wd 0.01, fresh in every phase; gradient norm 1; KL 0.01; clip
//   0.2 / 0.3; dual clip 3; the KL term is clamped to [-10, 10].
//
//   Where R0 departs from both, and why:
//   - Answers are compared by R0's own judge (>>equivalence). It does bounded work per pair by construction,
//     so it cannot hang; where it does not understand an answer it compares the text.
//   - The words of the prompts are R0's own (>>tasks); files replace them.
//   - Random numbers are counters, keyed by seed, phase, step, prompt, sample and position: a rollout does
//     not depend on batch size, thread count or what its neighbours do, and a run that was cut off continues
//     bit for bit.
//   - Weights, gradients and optimizer are float32 throughout; the authors' actors compute in bfloat16.
//   - Training log-probabilities come from the same code that sampled, so rho is 1 to rounding at the first
//     step.
//
// -- what to expect --
//
//   Accuracy rises for a few iterations and then falls: the paper's labels were right in 79, 69 and 63 % of
//   the cases in iterations 1 to 3, and small models collapse first. R0 reports, per iteration, what
//   announces this without any label, and measures every gain with confidence intervals against runs whose
//   challenger is not trained (>>evaluate).

// >>config
//
// Define any of these before including the file.
//   R0_IMPLEMENTATION      create the implementation in this translation unit
//   R0_API                 prefix of every public function (default: extern, or extern "C" in C++)
//   R0_STATIC              make every public function static
//   R0_NO_VULKAN           build without the Vulkan device; no Vulkan header is needed then
//   R0_NO_THREADS          build without threads; every op runs on the caller's thread
//   R0_NO_STB_DS           stb_ds.h is already implemented in another file: do not define STB_DS_IMPLEMENTATION
//   R0_STB_DS_H            path of stb_ds.h (default: found as <stb/stb_ds.h>, else "stb_ds.h")
//   R0_CBLAS               use the cblas_sgemm that you link for the matmuls of the CPU device
//   R0_DOUBLE              the CPU ops compute and store in double (for gradient checks; no fast kernels, no Vulkan)
//   R0_HEADER_FILE         the name of this file, which includes itself for the CPU kernels (default: "r0.h")
//   R0_TEST                shrink thresholds, so that small inputs reach rare paths

#ifndef R0_H
#define R0_H

#if defined(__MINGW32__) && !defined(__USE_MINGW_ANSI_STDIO)
#define __USE_MINGW_ANSI_STDIO 1 // C99's %zu, whatever the C library; must come before the first header
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define R0_VERSION "0.1.0"

#if defined(R0_STATIC) && (defined(__GNUC__) || defined(__clang__))
#define R0_API __attribute__((unused)) static
#elif defined(R0_STATIC)
#define R0_API static
#endif
#ifndef R0_API
#ifdef __cplusplus
#define R0_API extern "C"
#else
#define R0_API extern
#endif
#endif

// The zero of any struct: `r0_context_desc desc = R0_ZERO;` in C and in C++.
#ifdef __cplusplus
#define R0_ZERO {}
#else
#define R0_ZERO {0}
#endif

// >>api
//
// Conventions. Every function that can fail returns an r0_status: R0_OK is 0, anything else failed and left a text
// that names what, where and which value in r0_error(context). Output parameters come last and are set to zero on failure.
// Objects belong to whoever created them and are released by the function named _destroy; destroying NULL is allowed.
// Text is UTF-8. `const char *` texts are NUL-terminated; r0_span carries a length where NUL may occur.
// Thread safety: a context and all that was made from it belong to one thread at a time; different contexts are
// independent. The library never prints, exits, aborts or keeps global mutable state.

// -- status and errors ------------------------------------------------------------------------------------------

// Every way to fail: X(name, what it means).
#define R0_STATUS_LIST(X)                                                                                              \
    X(OK, "no error")                                                                                                  \
    X(ERROR_MEMORY, "out of memory, or over the limit that the descriptor sets")                                      \
    X(ERROR_ARGUMENT, "an argument is out of its documented range")                                                    \
    X(ERROR_FILE, "a file or folder cannot be read or written")                                                        \
    X(ERROR_FORMAT, "a file was read but its content is malformed")                                                    \
    X(ERROR_UNSUPPORTED, "well-formed, but this build cannot do it")                                                   \
    X(ERROR_DEVICE, "the compute device is missing, failed or was lost")                                               \
    X(ERROR_LIMIT, "a size or budget was exceeded")                                                                    \
    X(ERROR_CANCELLED, "the cancel callback asked to stop")                                                            \
    X(ERROR_INTERNAL, "a bug in r0: please report it")

typedef enum r0_status {
#define R0_X(name, meaning) R0_##name,
    R0_STATUS_LIST(R0_X)
#undef R0_X
    R0_STATUS_COUNT
} r0_status;

// A status as text: "ERROR_FILE". Never NULL. Thread-safe.
R0_API const char *r0_status_name(r0_status status);

// -- callbacks --------------------------------------------------------------------------------------------------

// Memory: one function serves allocation (pointer NULL, old_size 0), resizing and release (new_size 0), as Lua has it.
// Returns NULL on failure (the old block stays valid) and after a release. Called from the context's thread only.
typedef void *(*r0_resize_fn)(void *user, void *pointer, size_t old_size, size_t new_size);

typedef enum r0_log_level { R0_LOG_ERROR, R0_LOG_WARNING, R0_LOG_INFO } r0_log_level;

// One line of log text, without a line end. `text` is valid during the call.
typedef void (*r0_log_fn)(void *user, r0_log_level level, const char *text);

// Where long work stands. `done` of `total` units (steps, questions, tokens: `unit` names them) of `phase`.
typedef struct r0_progress {
    const char *phase;   // e.g. "challenger"
    const char *unit;    // e.g. "steps"
    int iteration;       // 1-based iteration of the loop, 0 outside of it
    int64_t done, total; // total 0: unknown
    double seconds;      // since the phase began
    double rate;         // units per second so far
    double eta_seconds;  // estimated seconds to the end of the phase; negative: unknown
} r0_progress;

typedef void (*r0_progress_fn)(void *user, const r0_progress *progress);

// Polled between steps: return true to stop at the next safe point (R0_ERROR_CANCELLED; a run can be resumed).
typedef bool (*r0_cancel_fn)(void *user);

// Collectives for data-parallel training; NULL functions mean one rank. Every rank calls in the same order.
// Both return 0 on success; anything else fails the step with R0_ERROR_DEVICE.
typedef struct r0_collectives {
    int rank, size;                                                    // size 0 is taken as 1
    int (*all_reduce_sum)(void *user, float *values, size_t count);    // values summed over ranks, in place
    int (*gather)(void *user, const void *mine, size_t size, void *all); // `all` receives size bytes per rank, in order
    void *user;
} r0_collectives;

// -- context ----------------------------------------------------------------------------------------------------

typedef struct r0_context r0_context;

// Everything optional: zero-initialise and set what you need.
typedef struct r0_context_desc {
    uint32_t begin_canary; // leave 0: tells a struct that was not zero-initialised
    const char *device;    // "auto" (NULL), "cpu", "vulkan" or "vulkan:1" (index as r0_devices lists them)
    int threads;           // CPU threads, the caller's included; 0: one per core
    size_t memory_limit;   // bytes of host memory at most; 0: no limit
    r0_resize_fn resize;   // NULL: malloc, realloc, free
    r0_log_fn log;         // NULL: silent
    r0_progress_fn progress;
    r0_cancel_fn cancel;
    r0_collectives collectives;
    void *user;            // handed to resize, log, progress and cancel
    uint32_t end_canary;   // leave 0
} r0_context_desc;

// Opens a device and its threads. On failure *context is NULL when memory ran out at once; otherwise it is a context
// that serves only r0_error and r0_context_destroy.
//     r0_context_desc desc = R0_ZERO;
//     r0_context *r0;
//     if (r0_context_create(&desc, &r0)) puts(r0_error(r0));
R0_API r0_status r0_context_create(const r0_context_desc *desc, r0_context **context);

// Releases the context. Everything made from it must have been destroyed before. NULL is allowed.
R0_API void r0_context_destroy(r0_context *context);

// The text of the last error in this context, "" when there was none; never NULL (NULL context: "out of memory").
// Valid until the next call with this context.
R0_API const char *r0_error(const r0_context *context);

// The device in words, e.g. "cpu (2 threads, avx2)". Valid as long as the context.
R0_API const char *r0_device_name(const r0_context *context);

// A Vulkan device of this system, a GPU or a CPU that plays one.
typedef struct r0_device_info {
    char name[128], driver[128];
    const char *type; // "discrete GPU", "integrated GPU", "virtual GPU", "CPU" or "other"
    bool is_gpu;      // what "auto" looks for: it takes the first discrete, integrated or virtual GPU, else the CPU device
    uint64_t memory;  // bytes of its largest memory heap
} r0_device_info;

// Lists the Vulkan devices: the one at index N is called "vulkan:N". *count is how many there are (0 without a Vulkan
// driver, which is no error); at most `capacity` are described. The "cpu" device is always there and not listed.
R0_API r0_status r0_devices(r0_context *context, r0_device_info *devices, int capacity, int *count);

// A piece of text that need not end in NUL; borrowed, never owned.
typedef struct r0_span {
    const char *data;
    size_t size; // bytes
} r0_span;

// -- json -------------------------------------------------------------------------------------------------------

typedef enum r0_json_type {
    R0_JSON_NULL,
    R0_JSON_FALSE,
    R0_JSON_TRUE,
    R0_JSON_NUMBER,
    R0_JSON_STRING,
    R0_JSON_ARRAY,
    R0_JSON_OBJECT
} r0_json_type;

// One value of a parsed document. Everything it points to belongs to the document.
typedef struct r0_json {
    r0_json_type type;
    double number;         // NUMBER
    r0_span text;          // STRING: decoded UTF-8, NUL-terminated; NUMBER: as written
    size_t count;          // ARRAY, OBJECT: children
    struct r0_json *items; // ARRAY, OBJECT: the values, in file order
    r0_span *keys;         // OBJECT: the names, NUL-terminated
    size_t offset;         // bytes from the start of the text: for error messages
} r0_json;

// Parses one JSON text (RFC 8259; depth <= 128; duplicate keys: the last wins). `name` is what errors call the text
// (a path, or "path:line"). The document is released by r0_json_destroy.
R0_API r0_status r0_json_parse(r0_context *context, const char *name, r0_span text, r0_json **document);
R0_API void r0_json_destroy(r0_context *context, r0_json *document);

// The value of `key`; NULL when `object` is NULL, not an object, or has no such key.
R0_API const r0_json *r0_json_get(const r0_json *object, const char *key);

// The same for one type: the empty span, or `otherwise`, when the value is missing or of another type.
R0_API r0_span r0_json_get_text(const r0_json *object, const char *key);
R0_API double r0_json_get_number(const r0_json *object, const char *key, double otherwise);
R0_API bool r0_json_get_bool(const r0_json *object, const char *key, bool otherwise);

// Reads and parses a whole file.
R0_API r0_status r0_json_parse_file(r0_context *context, const char *path, r0_json **document);

// Calls each(user, line, value) for every line of a JSON Lines file that is not blank; `line` counts from 1, `value` is
// valid during the call. A status other than R0_OK stops the reading and is returned; errors begin with "path:line".
typedef r0_status (*r0_json_line_fn)(void *user, int line, const r0_json *value);
R0_API r0_status r0_json_lines(r0_context *context, const char *path, r0_json_line_fn each, void *user);

// Writing: `text` in quotes, with escapes (bytes that are not UTF-8 become U+FFFD); `value` in the fewest digits that
// read back the same (null when it is not finite; 32 bytes always suffice). Both fill `buffer` of `size` bytes as far
// as it goes, NUL included, and return the length that the whole takes without the NUL, as snprintf does. Thread-safe.
R0_API size_t r0_json_quote(r0_span text, char *buffer, size_t size);
R0_API size_t r0_json_format(double value, char *buffer, size_t size);

// -- models -----------------------------------------------------------------------------------------------------

typedef enum r0_architecture { R0_QWEN2, R0_QWEN3, R0_LLAMA } r0_architecture;

// The shape of a dense decoder-only transformer, as Hugging Face's config.json gives it.
typedef struct r0_model_config {
    r0_architecture architecture;
    int vocab_size;        // V
    int hidden_size;       // C
    int intermediate_size; // F, of the SwiGLU
    int layers;            // L
    int heads, kv_heads;   // H, G: H is a multiple of G
    int head_dim;          // D, even; H * D need not be C
    int max_positions;     // longest sequence
    float rms_norm_eps;
    double rope_theta;
    struct {               // Llama 3's frequency scaling; factor 0: none
        double factor, low_freq_factor, high_freq_factor;
        int original_max_positions;
    } rope_scaling;
    bool qkv_bias;         // Qwen2: bias on the q, k, v projections
    bool qk_norm;          // Qwen3: RMSNorm on every q and k head before RoPE
    bool tied_embeddings;  // the LM head is the embedding table
    int eos_tokens[8];     // all end tokens, from generation_config.json when there
    int eos_count;
    int bos_token, pad_token; // -1: none
} r0_model_config;

// Reads config.json (and the end tokens of generation_config.json) of a Hugging Face model folder: Qwen2ForCausalLM,
// Qwen3ForCausalLM, LlamaForCausalLM. Every field is checked; what would change the model and cannot be done (sliding
// windows, RoPE types other than default and llama3, experts, quantised weights) is R0_ERROR_UNSUPPORTED.
R0_API r0_status r0_model_config_read(r0_context *context, const char *folder, r0_model_config *config);

// Writes config.json and generation_config.json into `folder` (created when missing), as transformers 4 and 5 read
// them.
R0_API r0_status r0_model_config_write(r0_context *context, const char *folder, const r0_model_config *config);

// How many weights such a model has; the embedding table counts once when it is tied. The config must be valid.
R0_API int64_t r0_model_config_parameters(const r0_model_config *config);

// One tensor as it is stored. Texts are valid during the call that shows it.
typedef struct r0_tensor_info {
    const char *name, *dtype, *file; // dtype as safetensors has it: "F32", "BF16", ...
    int rank;
    int64_t shape[8];
    int64_t bytes;
} r0_tensor_info;

// What r0_inspect shows, each as it is found; NULL functions are not called.
typedef struct r0_inspector {
    void (*config)(void *user, const r0_model_config *config);
    void (*metadata)(void *user, const char *key, const char *value); // of the (first) safetensors file
    void (*tensor)(void *user, const r0_tensor_info *tensor);         // by name
    void (*problem)(void *user, const char *text);                    // why r0 could not use it, or should not
    void *user;
} r0_inspector;

// Looks into a model folder, a .safetensors file or a .safetensors.index.json without loading it: damaged checksums,
// values that are not finite, and in a folder everything that r0_model_load would refuse, all at once and not only the
// first. *problems counts them. The status is R0_OK as long as there was something to look into.
R0_API r0_status r0_inspect(r0_context *context, const char *path, const r0_inspector *inspector, int *problems);

// A transformer with its weights on the context's device.
typedef struct r0_model r0_model;

// Loads a Hugging Face folder: config.json, generation_config.json (if there), model.safetensors (or shards with an
// index). Weights of any stored type become float32. Errors: R0_ERROR_FILE, _FORMAT (naming file, tensor, expected and
// found), _UNSUPPORTED, _MEMORY. *model is NULL on failure.
R0_API r0_status r0_model_load(r0_context *context, const char *folder, r0_model **model);

// A new model with random weights: embeddings N(0, .028), projections N(0, 1/sqrt(fan-in)), those that write to the
// residual stream half of that, norms 1, biases 0. Same seed, same bits on every device.
R0_API r0_status r0_model_create(r0_context *context, const r0_model_config *config, uint64_t seed, r0_model **model);

// Writes config.json, generation_config.json and model.safetensors (float32) into a folder, which is created if
// needed; every file appears whole or not at all.
R0_API r0_status r0_model_save(r0_model *model, const char *folder);

// Copies all weights. The shapes must be equal.
R0_API r0_status r0_model_copy(r0_model *to, const r0_model *from);

R0_API void r0_model_destroy(r0_model *model);
R0_API const r0_model_config *r0_model_shape(const r0_model *model); // valid as long as the model
R0_API int64_t r0_model_parameter_count(const r0_model *model);

// -- tokenizer --------------------------------------------------------------------------------------------------

// Byte-level byte-pair encoding as a Hugging Face folder describes it: tokenizer.json, and for chats
// tokenizer_config.json and chat_template.jinja where they exist.
typedef struct r0_tokenizer r0_tokenizer;

// Loads `folder`. What the file asks for and r0 cannot do exactly is R0_ERROR_UNSUPPORTED, never ignored.
R0_API r0_status r0_tokenizer_load(r0_context *context, const char *folder, r0_tokenizer **tokenizer);
R0_API void r0_tokenizer_destroy(r0_tokenizer *tokenizer);

// Token ids. Owned by the caller; released by r0_tokens_free.
typedef struct r0_tokens {
    int32_t *ids; // (count)
    size_t count;
} r0_tokens;

// Releases what r0_tokenizer_encode made; empty tokens are allowed.
R0_API void r0_tokens_free(r0_context *context, r0_tokens *tokens);

enum {
    R0_TOKENIZE_SPECIAL = 1,    // special tokens that stand in the text are parsed; else they are text like any other
    R0_TOKENIZE_ADD_SPECIAL = 2 // add what the folder puts around a text (e.g. Llama's <|begin_of_text|>)
};

// Encodes a text. Other added tokens are matched in every case, as Hugging Face does; bytes that are not UTF-8 are
// encoded one by one. A byte that the vocabulary lacks is R0_ERROR_ARGUMENT, naming the byte and its offset (counted in
// the normalised text). Takes O(n log n).
R0_API r0_status r0_tokenizer_encode(r0_tokenizer *tokenizer, r0_span text, unsigned flags, r0_tokens *tokens);

enum {
    R0_DECODE_SKIP_SPECIAL = 1, // leave special tokens out
    R0_DECODE_BYTES = 2         // the bytes as they are; else what is not UTF-8 (a cut character) becomes U+FFFD
};

// Decodes ids into a NUL-terminated text, released by r0_text_free. For a text that was encoded it is that text in the
// tokenizer's normal form (NFC for Qwen). An id outside of the vocabulary is R0_ERROR_ARGUMENT.
R0_API r0_status r0_tokenizer_decode(r0_tokenizer *tokenizer, const int32_t *ids, size_t count, unsigned flags,
                                     char **text, size_t *size);
R0_API void r0_text_free(r0_context *context, char *text);

// The id of one token, named by the text that it stands for ("<|im_end|>", " the"); -1: there is none.
R0_API int32_t r0_tokenizer_id(const r0_tokenizer *tokenizer, const char *token);

// One more than the largest id, added tokens included. (A model's vocab_size may be larger: padding.)
R0_API int r0_tokenizer_vocab_size(const r0_tokenizer *tokenizer);

// One turn of a chat. `role` is system, user or assistant.
typedef struct r0_message {
    r0_span role, content;
} r0_message;

// Writes a chat as the folder's template does; released by r0_text_free. Known are ChatML as Qwen2, Qwen2.5 and Qwen3
// have it, and those of Llama 3 and 3.1; a folder without a template gets "system: ...\nuser: ..."; any other template
// is R0_ERROR_UNSUPPORTED. `add_generation_prompt` opens the assistant's turn. Encode it with R0_TOKENIZE_SPECIAL
// alone: the template has already written the tokens that R0_TOKENIZE_ADD_SPECIAL would add.
R0_API r0_status r0_chat_render(r0_tokenizer *tokenizer, const r0_message *messages, size_t count,
                                bool add_generation_prompt, char **text, size_t *size);

// -- generation -------------------------------------------------------------------------------------------------

// Token ids, borrowed. Of `length` tokens the first `prompt_length` are given and the rest is the response.
typedef struct r0_sequence {
    const int32_t *tokens;
    int length, prompt_length;
} r0_sequence;

typedef struct r0_sampling {
    float temperature;  // 0: greedy
    int top_k;          // 0: all
    float top_p;        // 0 or 1: all
    int max_new_tokens; // the end token counts
    uint64_t seed;      // a rollout's random numbers depend on (seed, prompt, sample, position) alone
} r0_sampling;

// One sampled completion. tokens holds the response only, with the end token when `finished` (else it was cut off).
typedef struct r0_rollout {
    int prompt, sample; // which prompt; which of its samples
    int length;
    const int32_t *tokens; // (length)
    const float *logp;     // (length) log-probability under the untruncated softmax at the sampling temperature
    bool finished;
} r0_rollout;

typedef struct r0_rollouts {
    int count;
    r0_rollout *items; // prompt-major: items[prompt * samples + sample]
    int32_t *tokens;   // what items point into
    float *logp;
} r0_rollouts;

// Samples `samples` completions for each of `count` prompts (whole sequences count as prompts; prompt_length is not
// looked at). Rows that end are replaced at once by the next; the samples of a prompt share its prefill. The result
// does not depend on batch size or threads. Release it with r0_rollouts_free. Errors: R0_ERROR_LIMIT when a prompt with
// max_new_tokens exceeds the model's positions (naming the prompt), R0_ERROR_CANCELLED, _MEMORY, _DEVICE.
R0_API r0_status r0_generate(r0_model *model, const r0_sequence *prompts, int count, int samples,
                             const r0_sampling *sampling, r0_rollouts *rollouts);
R0_API void r0_rollouts_free(r0_context *context, r0_rollouts *rollouts);

// -- training ---------------------------------------------------------------------------------------------------

// Response tokens of a list of sequences are numbered through: those of sequence 0 first, then of sequence 1, ... ;
// below, R is how many there are in all.

// Log-probabilities of all response tokens at a temperature (> 0), by the same forward path as training. `logp` (R);
// `entropy` and `certainty` (R) may be NULL: entropy of the next-token distribution, and self-certainty KL(U || p), nats.
R0_API r0_status r0_logp(r0_model *model, const r0_sequence *sequences, int count, float temperature, float *logp,
                         float *entropy, float *certainty);

// A model in training: gradients and AdamW's moments beside its weights. The model is borrowed and must outlive it.
typedef struct r0_trainer r0_trainer;

typedef struct r0_trainer_desc {
    float beta1, beta2;   // 0: 0.9, 0.999
    float epsilon;        // 0: 1e-8
    float weight_decay;   // decoupled; on every tensor, as torch.optim.AdamW does by default
    float max_grad_norm;  // 0: 1.0; negative: no clipping
    float temperature;    // of the log-probabilities; 0: 1
    int micro_batch;      // tokens in one forward/backward at most (one sequence may exceed it); 0: 2048
} r0_trainer_desc;

R0_API r0_status r0_trainer_create(r0_model *model, const r0_trainer_desc *desc, r0_trainer **trainer);
R0_API void r0_trainer_destroy(r0_trainer *trainer);

// The loss of one micro-batch: the sequences [first, first + count) of the list, whose response tokens are
// [token, token + tokens). Given their log-probabilities and entropies, writes d loss / d logp.
typedef struct r0_micro_batch {
    int first, count;     // sequences
    int token, tokens;    // response tokens
    const float *logp;    // (tokens)
    const float *entropy; // (tokens)
} r0_micro_batch;
typedef r0_status (*r0_loss_fn)(void *user, const r0_micro_batch *micro, float *dlogp);

// Forward and backward over the sequences in micro-batches; gradients are added to those of earlier calls.
R0_API r0_status r0_trainer_backward(r0_trainer *trainer, const r0_sequence *sequences, int count, r0_loss_fn loss,
                                     void *user);

// Sums gradients over ranks, clips them by global norm, takes one AdamW step (Loshchilov & Hutter, 2019) and zeroes
// them. *grad_norm (may be NULL) is the norm before clipping.
R0_API r0_status r0_trainer_step(r0_trainer *trainer, float learning_rate, float *grad_norm);

// Supervised learning: mean cross-entropy over the response tokens, one step. *loss may be NULL.
R0_API r0_status r0_trainer_supervised(r0_trainer *trainer, const r0_sequence *sequences, int count,
                                       float learning_rate, float *loss);

// -- answers and votes ------------------------------------------------------------------------------------------

// Where a final answer may stand in a response; combine with |. Training looks at R0_ANSWER_BOXED alone, so that a
// response without a box earns nothing; the others serve evaluation and are tried in the order of this list.
enum {
    R0_ANSWER_BOXED = 1,   // the content of the last balanced \boxed{...} or \fbox{...}; what is unfinished is passed over
    R0_ANSWER_BOXES = 2,   // the same, but boxes that stand close together are one list, from the first to the last
    R0_ANSWER_HASHES = 4,  // what follows the last "####" on its line (GSM8K)
    R0_ANSWER_PHRASE = 8,  // after "final answer ... is", "answer:" or "answer": the kinds below that are asked for too
    R0_ANSWER_MATH = 16,   // the last formula in $...$, $$...$$, \(...\) or \[...\], or a bare \frac{1}{2}
    R0_ANSWER_NUMBER = 32, // the last number or plain arithmetic, e.g. 1,000.99 or 3*(4+5)
    R0_ANSWER_CHOICE = 64  // the last letter of a multiple choice, A to J, e.g. (C)
};

// Finds the final answer in `text` among the forms asked for. Returns false, and an empty span, when there is none.
// *answer points into `text`. Work is linear in the text. Thread-safe, allocates nothing.
R0_API bool r0_answer_extract(r0_span text, unsigned forms, r0_span *answer);

// Two notions of "the same answer"; the rules of each are listed at the head of >>equivalence.
typedef enum r0_judge_mode {
    R0_JUDGE_STRICT,   // mathematically the same; symmetric and reflexive; for evaluation and voting
    R0_JUDGE_MATHRULER // what MathRuler's grade_answer(pred, gold) says, R-Zero's training reward; not symmetric
} r0_judge_mode;

typedef enum r0_equality { R0_UNEQUAL, R0_EQUAL, R0_UNDECIDED } r0_equality;

typedef struct r0_verdict {
    r0_equality equal;  // R0_UNDECIDED: the step budget or an input limit was reached; count it as unequal, report it apart
    const char *reason; // the rule that decided, a static text
    uint32_t steps;     // work done; at most R0_JUDGE_STEPS (plus the last, unfinished piece)
} r0_verdict;

// The budget of one comparison. There is no timer: every loop counts, and what would exceed the budget is undecided.
#define R0_JUDGE_STEPS 40000

// Are two answers the same? `gold` is the reference, `pred` the answer to judge; both are bare answers ("\frac{1}{2}"),
// not whole responses (r0_answer_extract first). Decimals agree when they do to 6 places.
// Fails only with R0_ERROR_MEMORY; identical texts and plain integers are decided without memory.
R0_API r0_status r0_answer_equal(r0_context *context, r0_span gold, r0_span pred, r0_judge_mode mode,
                                 r0_verdict *verdict);

// The same with another number of decimal places (1 to 15), for R0_JUDGE_STRICT.
R0_API r0_status r0_answer_equal_places(r0_context *context, r0_span gold, r0_span pred, r0_judge_mode mode, int places,
                                        r0_verdict *verdict);

// Whether two answers mean the same. Called with two texts that are not empty and not identical; must return.
typedef bool (*r0_equal_fn)(void *user, r0_span a, r0_span b);

// Ready-made ones over r0_answer_equal: user is the r0_context, a the answer, b the reference. What is undecided, or
// runs out of memory, is unequal.
R0_API bool r0_equal_strict(void *user, r0_span a, r0_span b);
R0_API bool r0_equal_mathruler(void *user, r0_span a, r0_span b);

// What the presets do differently when they count votes; all false is `paper` and `tiny`.
typedef struct r0_vote_rules {
    bool drop_empty; // empty answers leave the denominator (`released`, curation); else they count but cannot win
    bool same_no;    // two answers that both hold "no " in any case are the same (`released`)
} r0_vote_rules;

// The outcome of a vote.
typedef struct r0_vote {
    int pseudo_label; // index of the majority answer: the first one of its cluster; -1: every answer was empty
    int votes;        // answers in the majority cluster
    int total;        // the denominator
    int clusters;     // distinct answers
    double agreement; // votes / total; 0 when total is 0
} r0_vote;

// Majority vote over `count` answers (empty: nothing was boxed). First match: an answer joins the first cluster, in
// order of appearance, whose representative it equals: identical text, else equal(answer, representative), else
// equal(representative, answer). Ties go to the cluster seen first. `equal` NULL: identical text only.
// cluster (count) or NULL: index of the representative of each answer, -1 for an empty one. rules NULL: all false.
// Source: R-Zero section 3.3; released code, vllm_service_init/start_vllm_server.py
// and question_evaluate/evaluate.py.
R0_API r0_status r0_vote_count(r0_context *context, const r0_span *answers, int count, const r0_vote_rules *rules,
                               r0_equal_fn equal, void *user, int *cluster, r0_vote *vote);

// Curation: is the agreement votes / total informative, neither too easy nor hopeless? Exact: decided on the
// counts.
typedef bool (*r0_filter_fn)(int votes, int total);
R0_API bool r0_filter_paper(int votes, int total);    // |p - 1/2| <= 1/4
R0_API bool r0_filter_released(int votes, int total); // 3/10 <= p <= 8/10 (scripts/solver_train.sh)
R0_API bool r0_filter_tiny(int votes, int total);     // 3/10 <= p <= 7/10: 3..7 of 10

// Whether `released` drops a question whose answers cannot be judged: the question holds "box" (any case) or the
// Chinese word for "prove", or the majority answer holds "text" (any case). Source: question_evaluate/evaluate.py.
R0_API bool r0_question_is_dropped(r0_span question, r0_span answer);

// Marks exact repeats: repeated[i] is the index of the first text with the same bytes (i itself when it is the
// first).
R0_API r0_status r0_text_repeats(r0_context *context, const r0_span *texts, int count, int *repeated);

// Reward of a proposed question, from its agreement and its share |C_k| / R of the repetition penalty.
// `valid`: it parsed. Source: R-Zero section 3.2 (paper); examples/reward_function/caller_penalty.py (released).
typedef double (*r0_challenger_reward_fn)(bool valid, double agreement, double share);
R0_API double r0_challenger_reward_paper(bool valid, double agreement, double share);    // in [0, 1]
R0_API double r0_challenger_reward_released(bool valid, double agreement, double share); // in [-2, 1/2]
R0_API double r0_challenger_reward_tiny(bool valid, double agreement, double share);     // in [-1, 1]

// Reward of an answer to a kept question. correct: equivalent to the pseudo_label. response: its whole text.
// boxed: it holds an answer; finished: it ended by the end token, not by the length limit.
R0_API double r0_solver_reward_paper(bool correct);                           // 1 or 0
R0_API double r0_solver_reward_released(bool correct, r0_span response);      // .9 correct + .1 format
R0_API double r0_solver_reward_tiny(bool correct, bool boxed, bool finished); // .9 correct + .1 boxed and finished

// The format that `released` pays for: "<think>...</think>...\boxed{...}..." from the first byte on; white space
// around <, > and / does not count. Source: examples/reward_function/math.py.
R0_API bool r0_response_has_format(r0_span response);

// Rewards of other methods that learn without labels: baselines to compare R-Zero with. Pure.
//
// TTRL (arXiv 2504.16084): the n rollouts of a prompt vote, and whoever is in the majority gets 1, the others 0.
// cluster (n) and vote as r0_vote_count fills them; rewards (n).
R0_API void r0_ttrl_rewards(const int *cluster, int n, const r0_vote *vote, float *rewards);
// RENT (arXiv 2505.22660): minus the mean entropy of the next-token distribution over the response. entropy (tokens).
R0_API double r0_rent_reward(const float *entropy, int tokens);
// Intuitor (arXiv 2505.19590): the mean self-certainty KL(U || p) over the response. certainty (tokens).
R0_API double r0_intuitor_reward(const float *certainty, int tokens);
// Absolute Zero (arXiv 2505.03335), the proposer: 1 - success rate, but 0 where all or none of `total` answers are
// right (nothing to learn); -1 for a task that cannot be parsed or executed.
R0_API double r0_absolute_zero_proposer_reward(bool valid, int right, int total);
// Absolute Zero, the solver: 1 right, -1/2 wrong but well formed, -1 without an answer.
R0_API double r0_absolute_zero_solver_reward(bool correct, bool boxed);

// Executes an integer expression: + - * / % ( ) on decimal numbers, white space between them; * / % bind tighter than
// + -, all to the left. 64 bits, every overflow is refused; / must leave no remainder; % is in [0, |divisor|). Time is
// linear in the length; at most 64 parentheses deep. Returns NULL and *value, or why not (a static text) and 0.
R0_API const char *r0_expression_execute(r0_span text, int64_t *value);

// -- repetition -------------------------------------------------------------------------------------------------

// Sentence BLEU-4 of one hypothesis against one reference (Papineni et al., ACL 2002), as NLTK computes it: words
// split on white space (Unicode's too), uniform weights, brevity penalty, a zero count of matches taken as 1/10
// (method1 of Chen and Cherry, 2014). In [0, 1]; 0 when no word is shared. Not symmetric.
R0_API r0_status r0_repetition_bleu(r0_context *context, r0_span hypothesis, r0_span reference, double *bleu);

// How much each of `count` questions repeats the others: average-linkage clusters of the distance d_ij = 1 -
// BLEU(hypothesis i, reference j), i < j, merged while closer than 1/2; share_i = |cluster of i| / denominator.
// denominator: R, the rollouts of the step; 0: count. share (count); labels (count) or NULL: clusters numbered from
// 0 in order of appearance. Takes 4 count^2 bytes for a while; R0_ERROR_LIMIT above 32,768 questions. Source:
// R-Zero equation 4; caller_penalty.py of the released code (NLTK, scikit-learn's AgglomerativeClustering).
R0_API r0_status r0_repetition_share(r0_context *context, const r0_span *questions, int count, int denominator,
                                     float *share, int *labels);

// -- grpo -------------------------------------------------------------------------------------------------------

// Group advantages: rewards (groups, n), the n rollouts of one prompt one after another -> advantages (groups, n).
// A group whose rewards are all equal gets exactly 0. Pure; in place is allowed.
// grpo: (r - mean) / (std + 1e-6), std with n - 1; dr_grpo: r - mean.
R0_API void r0_grpo_advantages(const float *rewards, int groups, int n, float *advantages);
R0_API void r0_dr_grpo_advantages(const float *rewards, int groups, int n, float *advantages);

// What a trainer reports about the rewards of a step.
typedef struct r0_reward_summary {
    double mean, std, min, max; // over all rewards; std with n - 1
    double group_std;           // mean over the groups of the std within a group
    double zero_variance_share; // share of groups whose rewards are all equal: they teach nothing
} r0_reward_summary;
R0_API void r0_reward_summarize(const float *rewards, int groups, int n, r0_reward_summary *summary);

// One micro-batch of B responses with N tokens in all, packed; prompt tokens are not part of it, the end token is.
typedef struct r0_grpo_batch {
    int sequences;            // B
    const int *begin;         // (B + 1): response b is tokens begin[b] .. begin[b+1], counted from begin[0]
    const float *logp;        // (N) log-probabilities under the policy in training, at the sampling temperature
    const float *logp_old;    // (N) under the policy that sampled; NULL: equal to logp (first step after a roll-out)
    const float *logp_ref;    // (N) under the reference; NULL: no KL
    const float *advantage;   // (B)
    const uint8_t *mask;      // (N) 1: the token counts; NULL: all count
    const uint8_t *truncated; // (B) 1: leave the response out, it hit the length limit (DAPO's overlong filter); NULL
    // The mini-batch (one optimiser step) of which this is a part; 0: this is all of it.
    double mini_tokens;       // tokens that count (r0_grpo_tokens) over all its micro-batches
    int mini_sequences;       // responses over all its micro-batches
    int micro_batches;        // how many micro-batches it has
} r0_grpo_batch;

typedef struct r0_grpo_config {
    double clip_low, clip_high; // the ratio is clipped to [1 - clip_low, 1 + clip_high]
    double dual_clip;           // where the advantage is negative the loss is at most -dual_clip * advantage
    double kl_coef;             // weight of the KL to the reference
    double max_length;          // dr_grpo: the constant that replaces the response's length
} r0_grpo_config;

// What the losses measure. Every call adds, so that the micro-batches of a mini-batch sum up; start from zero.
typedef struct r0_grpo_stats {
    double loss;                // of the mini-batch
    double tokens, sequences;   // that counted; divide what follows by `tokens` for means and shares
    double policy, kl;          // sums of the policy term and of the KL (k3) per token
    double old_kl;              // sum of logp_old - logp: estimates the KL to the policy that sampled
    double clip_low, clip_high; // tokens whose ratio was clipped from below, from above
    double dual_clip;           // tokens where the dual clip held
} r0_grpo_stats;

// Loss of a micro-batch and its gradient: dlogp (N) = d loss / d logp, 0 where a token does not count. `stats` adds
// up. Pure and thread-safe; nothing is checked: batch->begin must not decrease. NaN in, NaN out.
typedef void (*r0_grpo_loss_fn)(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                                r0_grpo_stats *stats);

// R-Zero as the paper has it (preset `paper`, `tiny`): clipped, dual-clipped, mean over the mini-batch's tokens.
R0_API void r0_grpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats);
// As released: mean over the micro-batch's tokens, then over micro-batches, so the split matters (EasyR1
// dp_actor.py).
R0_API void r0_grpo_released_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                                  r0_grpo_stats *stats);
// GRPO as first published (arXiv 2402.03300; TRL's "grpo"): mean over each response's tokens, then over responses.
R0_API void r0_grpo_sequence_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                                  r0_grpo_stats *stats);
// Dr. GRPO (arXiv 2503.20783): sum over tokens / (responses * max_length): no length bias.
R0_API void r0_dr_grpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                            r0_grpo_stats *stats);
// DAPO (arXiv 2503.14476): clip-higher, mean over the mini-batch's tokens; overlong responses leave by
// batch->truncated.
R0_API void r0_dapo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats);
// TRL's "bnpo": mean over the micro-batch's tokens, then over micro-batches.
R0_API void r0_bnpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats);
// GSPO (arXiv 2507.18071): one ratio per response, the geometric mean over its tokens; mean over responses.
R0_API void r0_gspo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats);

// Tokens of the batch that count: neither masked nor in a truncated response.
R0_API double r0_grpo_tokens(const r0_grpo_batch *batch);

// The part of a mini-batch that one call of an r0_loss_fn is about. The body of such a function is
//     r0_grpo_batch part = r0_grpo_batch_part(mini, micro);
//     r0_grpo_loss(&part, &config, dlogp, &stats);
// mini->logp is not used. mini_tokens and mini_sequences are filled in when they are 0; micro_batches stays as it is.
R0_API r0_grpo_batch r0_grpo_batch_part(const r0_grpo_batch *mini, const r0_micro_batch *micro);

// DAPO's soft punishment of length, added to a reward: 0 up to max_length - buffer, then linear to -1 at
// max_length.
R0_API double r0_dapo_length_penalty(int length, int max_length, int buffer);

// A way to train, found by name: how rewards become advantages, the loss, and the numbers its authors use.
typedef struct r0_grpo_recipe {
    const char *name;
    void (*advantages)(const float *rewards, int groups, int n, float *advantages);
    r0_grpo_loss_fn loss;
    r0_grpo_config config; // max_length is 0: set it for dr_grpo
} r0_grpo_recipe;

// "grpo", "grpo_released", "grpo_sequence", "dr_grpo", "dapo", "bnpo", "gspo"; NULL when there is no such recipe.
R0_API const r0_grpo_recipe *r0_grpo_recipe_find(const char *name);
// The recipe at `index`, from 0; NULL past the last one.
R0_API const r0_grpo_recipe *r0_grpo_recipe_at(int index);

// -- evaluation -------------------------------------------------------------------------------------------------
//
// Numbers that a result can be judged by. A score without an interval is not a result: gains of self-trained models
// are often within noise, so every mean comes with one, and two models are compared question by question.
// Intervals are 95 %. Random draws come from fixed streams: same input, same interval. Functions without a context are
// thread-safe.

typedef struct r0_interval {
    double value;     // the estimate
    double low, high; // the interval
} r0_interval;

// The chance that at least one of k samples is right, from n >= k samples of which `correct` were:
//     pass@k = 1 - C(n - correct, k) / C(n, k)
// (Chen et al. 2021, arXiv 2107.03374, equation 1: unbiased, unlike 1 - (1 - correct/n)^k). NaN out of range.
R0_API double r0_pass_at_k(int64_t n, int64_t correct, int64_t k);

// mean@k: the mean over questions of correct[i] / k, the share of right answers among k samples each. NaN without any.
R0_API double r0_mean_at_k(const int *correct, size_t questions, int k);

// majority@k: the chance that the most frequent answer among k of the n samples is the right one, a tie being decided
// by lot. counts[i] samples gave answer i; n - sum(counts) gave none, and none never wins; `right` is the index of the
// right answer, -1 when nobody gave it. Exact over all C(n, k) choices. n <= 1024, k <= 256.
R0_API r0_status r0_majority_at_k(r0_context *context, const int *counts, int answers, int right, int n, int k,
                                  double *chance);

// A share of `successes` among `trials` >= 1 independent ones: Wilson's score interval (1927), which stays within
// [0, 1] and holds for few trials and for shares near 0 or 1. value = successes / trials.
R0_API r0_interval r0_wilson_interval(int64_t successes, int64_t trials);

// The mean of one score per question, with the percentile bootstrap over questions (Efron 1979; 10,000 resamples).
R0_API r0_status r0_bootstrap_mean(r0_context *context, const double *scores, size_t questions, r0_interval *mean);

// The mean of scores[s * questions + q] over training seeds and questions, both drawn anew with replacement in every
// resample (the crossed "pigeonhole" bootstrap: Owen 2007, Annals of Applied Statistics 1(2)). Says how far the result
// would move with other seeds and other questions; give it differences to compare two methods. seeds <= 1000; with one
// seed only questions are drawn.
R0_API r0_status r0_bootstrap_seeds(r0_context *context, const double *scores, size_t seeds, size_t questions,
                                    r0_interval *mean);

// McNemar's exact test (1947) for two systems on the same questions: `only_a` were answered by a alone, `only_b` by b
// alone. The two-sided p-value of Binomial(only_a + only_b, 1/2); 1 when they never differ.
R0_API double r0_mcnemar(int64_t only_a, int64_t only_b);

// a against b on the same questions.
typedef struct r0_comparison {
    r0_interval difference;   // mean(a - b), bootstrap over questions
    int64_t a_better, b_better; // questions
    double p_value;           // exact sign test on these: McNemar's where scores are 0 or 1
} r0_comparison;

// Scores of any kind, one per question; a and b in the same order.
R0_API r0_status r0_compare(r0_context *context, const double *a, const double *b, size_t questions,
                            r0_comparison *comparison);

// One question of a benchmark. Texts are NUL-terminated and belong to the r0_bench.
typedef struct r0_bench_item {
    r0_span id;       // the line number where the file has none
    r0_span question;
    r0_span answer;   // the reference; with choices: the letter of one
    r0_span *choices; // A, B, ...
    int choice_count; // 0: an open question; at most 26
} r0_bench_item;

typedef struct r0_bench {
    r0_bench_item *items;
    size_t count;
    void *memory;
} r0_bench;

// Reads a JSON Lines file of {"id", "question", "answer"[, "choices"]}; other fields are ignored. An answer may be a
// number, taken as written. Errors name file and line. *bench is zero on failure; released by r0_bench_free.
R0_API r0_status r0_bench_load(r0_context *context, const char *path, r0_bench *bench);
R0_API void r0_bench_free(r0_context *context, r0_bench *bench); // a zero r0_bench is allowed

// Keeps `count` questions drawn at random without replacement (all, if there are not more). Same seed, same questions
// in the same order.
R0_API void r0_bench_sample(r0_bench *bench, size_t count, uint64_t seed);

// What to ask: the question, and below it, where there are choices, "\n\nOptions:\nA. ...\nB. ...\n". Fills `buffer` as
// far as `size` goes, NUL included; returns the length that the whole takes without the NUL, as snprintf does.
R0_API size_t r0_bench_prompt(const r0_bench_item *item, char *buffer, size_t size);

// -- evolve -----------------------------------------------------------------------------------------------------

// Which of the published variants the rewards, votes and filter follow (>>idea lists the differences).
typedef enum r0_rules { R0_RULES_PAPER, R0_RULES_RELEASED, R0_RULES_TINY } r0_rules;

// How one role is trained in a phase.
typedef struct r0_phase_config {
    int steps;            // roll-outs at most
    int groups, n;        // P prompts x n rollouts in each
    int mini_batches;     // optimiser steps per roll-out; the groups are split evenly
    int max_passes;       // solver: at most ceil(max_passes * kept / groups) steps; 0: no such bound
    float learning_rate;  // constant
    r0_sampling sampling; // of the rollouts (seed unused)
} r0_phase_config;

// The numbers of a run. Start from r0_evolve_preset. R0_EVOLVE_FIELDS lists all by name.
typedef struct r0_evolve_config {
    r0_rules rules;
    int iterations;
    r0_phase_config challenger, solver;
    float weight_decay, max_grad_norm;
    r0_grpo_config grpo;     // clipping and KL; the loss itself is `recipe`
    int votes;               // m answers per question while the challenger trains
    r0_sampling vote_sampling;
    int questions;           // N proposed for curation
    int curation_votes;      // m there
    r0_sampling question_sampling;
    int evaluation_samples;  // k for pass@1 (mean@k), pass@k, majority@k
    int evaluation_tokens;   // longest response
    // Switches: controls and ablations.
    bool frozen_challenger;    // the challenger is never trained
    bool no_repetition_penalty;
    bool no_filter;            // every question with a majority is kept
    bool random_labels;        // labels are shuffled among the kept questions: must not teach
    bool oracle_labels;        // labels from the oracle: what perfect votes would give
    // Texts. A prompt is used as it stands, special tokens parsed; {question} marks the question, which is always plain text.
    // With `chat` set, the model's chat template wraps system and user text.
    bool chat;
    char recipe[32];           // loss and advantages: a name of r0_grpo_recipe_find
    char challenger_system[2048], challenger_prompt[2048];
    char solver_system[2048], solver_prompt[2048];
} r0_evolve_config;

// "paper", "released" or "tiny". R0_ERROR_ARGUMENT for another name.
R0_API r0_status r0_evolve_preset(r0_context *context, const char *name, r0_evolve_config *config);

// Sets one field from text: r0_evolve_set(r0, &config, "challenger.steps", "4"). R0_ERROR_ARGUMENT names field and value.
R0_API r0_status r0_evolve_set(r0_context *context, r0_evolve_config *config, const char *field, const char *value);

// What only the caller can know about a task. All may be NULL. Called from the context's thread.
typedef enum r0_oracle_result {
    R0_ORACLE_UNKNOWN,   // not a question of this oracle: it is left out of the label accuracy
    R0_ORACLE_ILL_POSED, // no answer is right
    R0_ORACLE_ANSWER     // *answer holds it
} r0_oracle_result;

typedef struct r0_task {
    // Whether two answers mean the same. NULL: r0_answer_equal in mathruler mode, as R-Zero's reward has it.
    r0_equal_fn equal;
    // Whether a parsed question may be asked at all, on top of the rules. NULL: all may.
    bool (*valid)(void *user, r0_span question);
    // The truth, only for reporting label accuracy: nothing that it says reaches training (unless oracle_labels is on).
    r0_oracle_result (*oracle)(void *user, r0_span question, char *answer, size_t capacity);
    void *user;
} r0_task;

// Accuracies on one evaluation set, fractions of 1.
typedef struct r0_scores {
    char name[64];
    int questions, samples;
    double pass1, pass1_low, pass1_high; // mean@k at T = 1; 95 % bootstrap interval over questions
    double greedy, majority, pass_k;     // T = 0; majority@k; pass@k
    double length;                       // mean response length at T = 1, tokens
} r0_scores;

enum { R0_MAX_SETS = 8 };

// A set of questions to measure the solver on.
typedef struct r0_evaluation_set {
    const char *name;
    r0_bench bench;
} r0_evaluation_set;

typedef struct r0_iteration_result {
    int iteration;              // 0: the base
    int set_count;
    r0_scores scores[R0_MAX_SETS];
    int proposed, valid, distinct, kept; // questions of the curation
    double label_accuracy;      // of the kept questions, by the oracle; negative: no oracle knew any
    double agreement;           // mean p of the valid questions
    double length;              // mean response length of the solver's rollouts, tokens
    double seconds;             // of this iteration, evaluation included
    int64_t generated_tokens, trained_tokens;
} r0_iteration_result;

typedef struct r0_evolve_desc {
    uint32_t begin_canary;    // leave 0
    const char *model_folder; // the base: Challenger and Solver both start from it
    const char *run_folder;   // created; must be empty or absent unless `resume`
    bool resume;              // go on from run_folder's last good checkpoint; its own config and seed are used
    uint64_t seed;
    const char *preset;       // recorded; the numbers are in `config`
    r0_evolve_config config;
    r0_task task;
    const r0_evaluation_set *sets; // never trained on; the first is the headline. Proposals that repeat one are dropped.
    int set_count;
    double checkpoint_seconds; // at most one checkpoint in this time inside a phase; 0: 5 s; negative: every step
    // After every iteration (0: the base) with what was measured; may be NULL.
    void (*on_iteration)(void *user, const r0_iteration_result *result);
    void *user;               // for on_iteration
    uint32_t end_canary;      // leave 0
} r0_evolve_desc;

enum { R0_MAX_ITERATIONS = 64 };

typedef struct r0_evolve_result {
    int count; // iterations done + 1
    r0_iteration_result iterations[R0_MAX_ITERATIONS + 1];
    double seconds;
} r0_evolve_result;

// The whole loop of R-Zero: for each iteration challenger phase, curation, solver phase, evaluation (algorithm 1 of the
// paper). Writes the run folder: run.json (what was asked), metrics.jsonl (a line per step, only what the seed decides),
// timings.jsonl, questions-K.jsonl (every question with votes, label and verdict), checkpoint-*.safetensors, the evolved
// models solver/ and challenger/, summary.json. Errors: R0_ERROR_CANCELLED after a checkpoint: resume goes on from there;
// on the CPU a resumed run ends with the bits of an uninterrupted one. `result` may be NULL.
R0_API r0_status r0_evolve(r0_context *context, const r0_evolve_desc *desc, r0_evolve_result *result);

#endif // R0_H

// ===============================================================================================================
#if defined(R0_IMPLEMENTATION) && !defined(R0_IMPLEMENTED)
#define R0_IMPLEMENTED

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef R0_NO_STB_DS
#define STB_DS_IMPLEMENTATION
#endif
#ifdef R0_STB_DS_H
#include R0_STB_DS_H
#elif defined(__has_include)
#if __has_include(<stb/stb_ds.h>)
#include <stb/stb_ds.h>
#else
#include "stb_ds.h"
#endif
#else
#include "stb_ds.h"
#endif

#ifdef R0_DOUBLE
#undef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#ifndef R0_NO_VULKAN
#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan.h> // the headers alone; define R0_NO_VULKAN to do without
#endif

#ifdef __cplusplus
#define R0I_RESTRICT __restrict
#elif defined(_MSC_VER)
#define R0I_RESTRICT __restrict
#else
#define R0I_RESTRICT restrict
#endif

#if defined(__MINGW_PRINTF_FORMAT)
#define R0I_PRINTF(text, first) __attribute__((format(__MINGW_PRINTF_FORMAT, text, first)))
#define R0I_UNUSED __attribute__((unused))
#elif defined(__GNUC__) || defined(__clang__)
#define R0I_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define R0I_UNUSED __attribute__((unused))
#else
#define R0I_PRINTF(text, first)
#define R0I_UNUSED
#endif

#ifndef R0_HEADER_FILE
#define R0_HEADER_FILE "r0.h"
#endif

// >>cast
//
// Who plays: the context with its memory, errors, random numbers and threads; views into device buffers; the op table.

// What the CPU ops store and compute in. Models live in float; R0_DOUBLE exists for gradient checks.
#ifdef R0_DOUBLE
typedef double r0i_real;
#else
typedef float r0i_real;
#endif

#define R0I_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define R0I_MIN(a, b) ((a) < (b) ? (a) : (b))
#define R0I_MAX(a, b) ((a) > (b) ? (a) : (b))

// -- memory (>>platform) --

// Zeroed, 64-byte aligned. count * size is checked; NULL means that the error is already set.
static void *r0i_alloc(r0_context *context, size_t count, size_t size);
// Keeps the old contents, zeroes what is new. On failure returns NULL and the old block stays.
static void *r0i_resize(r0_context *context, void *pointer, size_t count, size_t size);
static void r0i_free(r0_context *context, void *pointer);
#define R0I_NEW(context, type, count) ((type *)r0i_alloc((context), (size_t)(count), sizeof(type)))
#define R0I_RENEW(context, pointer, type, count) \
    ((type *)r0i_resize((context), (pointer), (size_t)(count), sizeof(type)))

// An arena: many small allocations, released together.
typedef struct r0i_arena_block r0i_arena_block;
typedef struct r0i_arena {
    r0_context *context;
    r0i_arena_block *blocks; // newest first
} r0i_arena;
static void *r0i_arena_alloc(r0i_arena *arena, size_t count, size_t size); // zeroed, 16-byte aligned
static void r0i_arena_free(r0i_arena *arena);                              // releases all; the arena can be used again
#define R0I_ARENA_NEW(arena, type, count) ((type *)r0i_arena_alloc((arena), (size_t)(count), sizeof(type)))

// A text that grows. `data` is NUL-terminated once anything was appended; `failed` is sticky, so that callers may
// append many times and look once (r0i_text_status).
typedef struct r0i_text {
    r0_context *context;
    char *data;
    size_t size, capacity; // bytes, without the NUL
    bool failed;
} r0i_text;
static void r0i_text_append(r0i_text *text, const char *data, size_t size);
static void r0i_text_print(r0i_text *text, const char *format, ...) R0I_PRINTF(2, 3);
static void r0i_text_free(r0i_text *text);
static r0_status r0i_text_status(const r0i_text *text); // R0_OK or R0_ERROR_MEMORY

// -- errors and log (>>platform) --

// Every error passes here: one breakpoint shows them all. Stores the text in the context, logs it, returns `status`.
static r0_status r0i_fail(r0_context *context, r0_status status, const char *format, ...) R0I_PRINTF(3, 4);
static void r0i_log(r0_context *context, r0_log_level level, const char *format, ...) R0I_PRINTF(3, 4);
// Fails with R0_ERROR_CANCELLED when the cancel callback says so.
static r0_status r0i_check_cancel(r0_context *context);
// Returns from the calling function when `expression` is not R0_OK.
#define R0I_TRY(expression)                                                                                            \
    do {                                                                                                               \
        r0_status r0i_try_status = (expression);                                                                       \
        if (r0i_try_status != R0_OK) return r0i_try_status;                                                            \
    } while (0)

// Progress of the phase under way. With `rollouts`, r0_generate counts every completion that ends.
static void r0i_progress_begin(r0_context *context, const char *phase, const char *unit, int iteration, int64_t done,
                               int64_t total, bool rollouts);
static void r0i_progress_step(r0_context *context, int64_t done);

static r0_span r0i_span_of(const char *text); // of a NUL-terminated text; of NULL: {NULL, 0}

// -- random numbers (>>platform) --
//
// Philox4x32-10 (Salmon et al., SC 2011): counter-based, so a number depends on what it is for, never on which
// thread or slot drew it. A key names a stream; derive it from the purpose: seed, phase, step, prompt, sample.
typedef struct r0i_key {
    uint32_t a, b;
} r0i_key;
static r0i_key r0i_key_make(uint64_t seed);
static r0i_key r0i_key_derive(r0i_key key, uint64_t what);             // an independent stream below `key`
static void r0i_philox_at(r0i_key key, uint64_t counter, uint32_t use, uint32_t out[4]); // one block; use 0 to draw
static uint32_t r0i_random_u32(r0i_key key, uint64_t counter);
static float r0i_random_uniform(r0i_key key, uint64_t counter);         // [0, 1), 24 bits
static uint64_t r0i_random_below(r0i_key key, uint64_t counter, uint64_t bound); // [0, bound); bound >= 1
static double r0i_random_normal(r0i_key key, uint64_t counter);         // N(0, 1)
static void r0i_random_shuffle(r0i_key key, int32_t *values, size_t count); // Fisher-Yates

// -- threads (>>platform) --

// Calls work(user, begin, end) over a split of [0, count) on the context's threads and returns when all is done.
// Items must be independent; then the result has the same bits for any number of threads.
typedef void (*r0i_work_fn)(void *user, int64_t begin, int64_t end);
static void r0i_parallel(r0_context *context, int64_t count, int64_t grain, r0i_work_fn work, void *user);

// -- files and time (>>platform) --

static double r0i_seconds(void);                                                    // monotonic clock
static r0_status r0i_file_read(r0_context *context, const char *path, char **data, size_t *size); // NUL appended; r0i_free
static r0_status r0i_file_write_atomic(r0_context *context, const char *path, const void *data, size_t size);
static r0_status r0i_folder_create(r0_context *context, const char *path);          // parents too; existing is fine
static r0_status r0i_file_append(r0_context *context, const char *path, const void *data, size_t size);
static bool r0i_file_exists(const char *path);
static bool r0i_file_sync(FILE *file);                                              // asks the system to make it last
static bool r0i_file_rename(const char *from, const char *to);                      // replaces `to`
// Calls each(user, name) for every entry but "." and "..", in no particular order; a status other than R0_OK stops it.
typedef r0_status (*r0i_name_fn)(void *user, const char *name);
static r0_status r0i_folder_list(r0_context *context, const char *path, r0i_name_fn each, void *user);
static r0_status r0i_file_truncate(r0_context *context, const char *path, int64_t size); // an error when it is shorter

// A read-only view of a whole file (mapped where the system can).
typedef struct r0i_map {
    const uint8_t *data;
    size_t size;
    void *handle;
} r0i_map;
static r0_status r0i_map_open(r0_context *context, const char *path, r0i_map *map);
static void r0i_map_close(r0i_map *map);

// -- models and checkpoints on disk (>>checkpoint) --

// X(name as safetensors has it, bytes of one element)
#define R0I_DTYPES(X)                                                                                                  \
    X(F32, 4) X(F16, 2) X(BF16, 2) X(I32, 4) X(U8, 1) X(I64, 8)                                                        \
    X(F64, 8) X(U64, 8) X(U32, 4) X(I16, 2) X(U16, 2) X(I8, 1) X(BOOL, 1) X(F8_E4M3, 1) X(F8_E5M2, 1)

typedef enum r0i_dtype {
#define R0I_X(name, size) R0I_##name,
    R0I_DTYPES(R0I_X)
#undef R0I_X
    R0I_DTYPE_COUNT
} r0i_dtype;

enum { R0I_MAX_RANK = 8 };

// One tensor of a mapped file. All pointers belong to the r0i_safetensors; `data` is little-endian, maybe unaligned.
typedef struct r0i_tensor_entry {
    r0_span name;                 // NUL-terminated
    int dtype;                    // r0i_dtype
    int rank;
    int64_t shape[R0I_MAX_RANK];
    const uint8_t *data;
    size_t size;                  // bytes
    const char *file;             // the path it is in, for error messages
} r0i_tensor_entry;

// One file, or the shards that an index names; mapped, checked whole before anything is handed out.
typedef struct r0i_safetensors r0i_safetensors;
// `path`: a model folder, a .safetensors file, or a .safetensors.index.json.
static r0_status r0i_safetensors_open(r0_context *context, const char *path, r0i_safetensors **file);
static void r0i_safetensors_close(r0i_safetensors *file);
static const r0i_tensor_entry *r0i_safetensors_find(const r0i_safetensors *file, const char *name); // NULL: absent
// The "__metadata__" object of the first file, or NULL.
static const r0_json *r0i_safetensors_metadata(const r0i_safetensors *file);
// Recomputes the checksums of all files that carry one; R0_ERROR_FORMAT names the damaged file.
static r0_status r0i_safetensors_verify(const r0i_safetensors *file);
// Converts F32, F16 or BF16 to float. Missing tensor, other shape or other type: an error that names all of it.
static r0_status r0i_safetensors_read_f32(r0_context *context, const r0i_safetensors *file, const char *name,
                                          const int64_t *shape, int rank, float *out);

typedef struct r0i_tensor_out {
    const char *name;
    int dtype;        // stored as F32, F16 or BF16, or an integer type
    int rank;
    int64_t shape[R0I_MAX_RANK];
    const void *data; // float for F32, F16, BF16; else elements of the stored type
} r0i_tensor_out;

// Same input, same bytes. Atomic: readers see the old file or the new one. `metadata`: a JSON object of strings or NULL.
static r0_status r0i_safetensors_write(r0_context *context, const char *path, const r0i_tensor_out *tensors,
                                       size_t count, const char *metadata);

// config.json (and generation_config.json) of a Hugging Face model folder.
static r0_status r0i_config_read(r0_context *context, const char *folder, r0_model_config *config);
static r0_status r0i_config_write(r0_context *context, const char *folder, const r0_model_config *config);

// -- run folders (>>checkpoint) --

// FOLDER/checkpoint-0000000012.safetensors; r0i_free.
static r0_status r0i_checkpoint_path(r0_context *context, const char *folder, int64_t step, char **path);
// The steps that have a checkpoint in the folder, newest first; r0i_free.
static r0_status r0i_checkpoint_list(r0_context *context, const char *folder, int64_t **steps, size_t *count);
// Opens the newest checkpoint whose checksum holds; damaged ones are named in a warning and passed over. *file is NULL,
// *step -1 and the status R0_OK when the folder has none; when it has damaged ones only, that is an error.
static r0_status r0i_checkpoint_newest(r0_context *context, const char *folder, r0i_safetensors **file, int64_t *step);
// Deletes all but the `keep` newest and those for which spare(user, step) is true (NULL: none).
typedef bool (*r0i_spare_fn)(void *user, int64_t step);
static r0_status r0i_checkpoint_prune(r0_context *context, const char *folder, size_t keep, r0i_spare_fn spare,
                                      void *user);

// A file of lines that is only ever appended to. A checkpoint notes `size`; on resume the file is cut back to it.
typedef struct r0i_journal {
    r0_context *context;
    char *path;
    FILE *file;
    int64_t size; // bytes so far
} r0i_journal;
// Opens or creates. size >= 0: cut to this many bytes (an error when there are fewer); -1: keep all whole lines.
static r0_status r0i_journal_open(r0_context *context, const char *path, int64_t size, r0i_journal *journal);
static r0_status r0i_journal_add(r0i_journal *journal, const char *line, size_t size); // and a line end; flushed
static r0_status r0i_journal_sync(r0i_journal *journal);                               // survives a crash of the system
static void r0i_journal_close(r0i_journal *journal);

// -- text and JSON (>>json) --

// The code point at `data` and how many bytes it takes; 0 when they are not valid UTF-8.
static int r0i_utf8_decode(const char *data, size_t size, uint32_t *code);
static int r0i_utf8_encode(uint32_t code, char out[4]); // returns 1..4
// r0_json_quote and r0_json_format, appended to a text.
static void r0i_json_write_string(r0i_text *text, r0_span value);
static void r0i_json_write_number(r0i_text *text, double value);

#ifndef R0_NO_VULKAN
// Shared libraries, opened at run time.
typedef void (*r0i_function)(void);
static void *r0i_library_open(const char *file); // NULL: not found
static r0i_function r0i_library_symbol(void *library, const char *name);
static void r0i_library_close(void *library);
#endif

// -- devices, buffers, ops --
//
// The transformer is written once, as a sequence of ops on views of device buffers. An op is one line of R0I_OPS;
// each device implements it: r0i_cpu_<name> below >>ops (plain reference) and maybe r0i_fast_<name> below >>kernels,
// shaders/<name>.comp for Vulkan. On the CPU an op runs at once; on Vulkan it is recorded, and r0i_device_read waits.

typedef struct r0i_device r0i_device;

// Memory of a device. `host` is where the CPU sees it, NULL if it cannot.
typedef struct r0i_buffer {
    r0i_device *device;
    size_t size; // bytes
    void *host;
    void *handle; // the Vulkan side (r0i_vk_memory), NULL on the CPU
} r0i_buffer;

// A part of a buffer, as an op's operand. Offset in bytes; a multiple of 4 (Vulkan binds at its own alignment and
// hands the rest to the shader). Elements are r0i_real unless the op says i32 / u32.
typedef struct r0i_view {
    r0i_buffer *buffer;
    size_t offset; // bytes
    size_t size;   // bytes
} r0i_view;

// The arguments of the ops: push constants on Vulkan, so <= 128 bytes, 4-byte fields only, no padding.
// N rows (tokens of all sequences, packed one after another), C columns (hidden), H query heads, G key/value heads,
// D head size, V vocabulary, A active rows while decoding.
typedef struct r0i_rows_args { uint32_t rows, cols; } r0i_rows_args;
typedef struct r0i_count_args { uint32_t count; float value; } r0i_count_args;
typedef struct r0i_norm_args { uint32_t rows, cols; float eps; uint32_t accumulate; } r0i_norm_args;
typedef struct r0i_rope_args { uint32_t rows, heads, dim; float sign; } r0i_rope_args; // sign -1: the inverse rotation
typedef struct r0i_matmul_args { uint32_t m, n, k, accumulate; } r0i_matmul_args;      // accumulate 1: y +=
typedef struct r0i_attention_args { uint32_t rows, heads, kv_heads, dim; float scale; } r0i_attention_args;
typedef struct r0i_decode_args { uint32_t rows, heads, kv_heads, dim, capacity; float scale; } r0i_decode_args;
typedef struct r0i_kv_args { uint32_t count, cols, capacity; } r0i_kv_args;
typedef struct r0i_logp_args { uint32_t rows, vocab; float inv_temperature; } r0i_logp_args;
typedef struct r0i_sample_args { uint32_t rows, vocab; float temperature; uint32_t top_k; float top_p; } r0i_sample_args;
typedef struct r0i_adamw_args {
    uint32_t count;
    float lr, beta1, beta2, eps, weight_decay;
    float correction1, correction2; // 1 - beta1^t, 1 - beta2^t
    float gradient_scale;           // from clipping by global norm
} r0i_adamw_args;

// X(name, arguments, buffers, written, items, work): `written` of the `buffers` operands are outputs and come first;
// an op splits into `items` independent items of about `work` flops each (`a` is the argument struct).
//
//   operands, in order (outputs | inputs)                                                       maths
//   embedding_forward    y (N,C) | ids (N) i32, table (V,C)                                     y_t = table[ids_t]
//   embedding_backward   dtable (V,C) += | dy (N,C), order (N) i32, starts (U+1) i32, ids (U) i32: the rows
//                        order[starts_u .. starts_u+1) hold token ids_u; args rows = U          dtable[id] += sum dy
//   rms_norm_forward     y (N,C), rstd (N) | x (N,C), w (C)                                     y = x * rstd * w
//   rms_norm_backward    dx (N,C) | dy (N,C), x (N,C), w (C), rstd (N)                          accumulate: dx +=
//   rms_norm_weight_backward  dw (C) += | dy (N,C), x (N,C), rstd (N)
//   rope                 x (N,heads*D) in place | position (N) i32, table (P,D/2,2) cos,sin     halves, as Hugging Face
//   matmul_nt            y (M,N) | x (M,K), w (N,K)                                             y = x w^T  (forward)
//   matmul_nn            y (M,N) | x (M,K), w (K,N)                                             y = x w    (dx = dy w)
//   matmul_tn            y (M,N) | x (K,M), w (K,N)                                             y = x^T w  (dw += dy^T x)
//   bias_forward         y (N,C) += | b (C)
//   bias_backward        db (C) += | dy (N,C)
//   attention_forward    y (N,H*D), lse (N,H) | q (N,H*D), k (N,G*D), v (N,G*D), begin (N) i32: the first row of row t's
//                        sequence; row t attends to rows begin_t..t; lse = log sum exp of the scaled scores
//   attention_backward_q   dq (N,H*D), delta (N,H) | dy, y (N,H*D), lse (N,H), q, k, v, begin   delta = rowsum(dy*y)
//   attention_backward_kv  dk, dv (N,G*D) | dy (N,H*D), lse, delta (N,H), q, k, v, end (N) i32: one past the last row
//   attention_decode     y (A,H*D) | q (A,H*D), cache_k, cache_v (slots,capacity,G*D), slot (A) i32, length (A) i32 (keys seen)
//   kv_write             cache (slots,capacity,cols) | x (rows,cols), row, slot, position (count) i32 each
//   swiglu_forward       y (count) | gate, up                                                   y = silu(gate) * up
//   swiglu_backward      dgate, dup | dy, gate, up
//   add                  y (count) += | x
//   rows_gather          y (N,C) | x (rows,C), index (N) i32                                    y_r = x[index_r]
//   rows_scatter         dx | dy (N,C), index (N) i32, all different                            dx[index_r] = dy_r
//   token_logp_forward   logp, entropy, certainty, lse (N) | logits (N,V), target (N) i32
//                        z = logits * inv_temperature; lse = log sum exp z; logp = z[target] - lse;
//                        entropy = -sum p log p; certainty = -mean_j(z_j - lse) - log V (self-certainty: KL(U || p))
//   token_logp_backward  dlogits (N,V) | logits (N,V), lse (N), target (N) i32, dlogp (N)       (onehot - p) dlogp / T; may be in place
//   sample               token (A) i32, logp (A) | logits (A,V), key (A,2) u32, position (A) i32
//                        temperature 0: the largest logit, the lowest id among equals. logp: the untruncated softmax at T
//   adamw                w, m, v (count) | g
//   sum_squares          partial (ceil(count/4096)) | x (count)                                 one sum per 4096 elements
//   fill                 y (count) |                                                            y = value
#define R0I_OPS(X)                                                                                                     \
    X(embedding_forward, rows, 3, 1, a->rows, a->cols)                                                                 \
    X(embedding_backward, rows, 5, 1, a->rows, a->cols * 4)                                                            \
    X(rms_norm_forward, norm, 4, 2, a->rows, a->cols * 4)                                                              \
    X(rms_norm_backward, norm, 5, 1, a->rows, a->cols * 8)                                                             \
    X(rms_norm_weight_backward, norm, 4, 1, a->cols, a->rows * 3)                                                      \
    X(rope, rope, 3, 1, a->rows, a->heads * a->dim * 3)                                                                \
    X(matmul_nt, matmul, 3, 1, a->m, 2 * a->n * a->k)                                                                  \
    X(matmul_nn, matmul, 3, 1, a->m, 2 * a->n * a->k)                                                                  \
    X(matmul_tn, matmul, 3, 1, a->m, 2 * a->n * a->k)                                                                  \
    X(bias_forward, rows, 2, 1, a->rows, a->cols)                                                                      \
    X(bias_backward, rows, 2, 1, a->cols, a->rows)                                                                     \
    X(attention_forward, attention, 6, 2, a->rows, a->heads * a->dim * 64)                                             \
    X(attention_backward_q, attention, 9, 2, a->rows, a->heads * a->dim * 96)                                          \
    X(attention_backward_kv, attention, 9, 2, a->rows, a->heads * a->dim * 128)                                        \
    X(attention_decode, decode, 6, 1, a->rows, a->heads * a->dim * 64)                                                 \
    X(kv_write, kv, 5, 1, a->count, a->cols)                                                                           \
    X(swiglu_forward, count, 3, 1, a->count, 12)                                                                       \
    X(swiglu_backward, count, 5, 2, a->count, 16)                                                                      \
    X(add, count, 2, 1, a->count, 1)                                                                                   \
    X(rows_gather, rows, 3, 1, a->rows, a->cols)                                                                       \
    X(rows_scatter, rows, 3, 1, a->rows, a->cols)                                                                      \
    X(token_logp_forward, logp, 6, 4, a->rows, a->vocab * 12)                                                          \
    X(token_logp_backward, logp, 5, 1, a->rows, a->vocab * 12)                                                         \
    X(sample, sample, 5, 2, a->rows, a->vocab * 16)                                                                    \
    X(adamw, adamw, 4, 3, a->count, 12)                                                                                \
    X(sum_squares, count, 2, 1, (a->count + 4095) / 4096, 8192)                                                        \
    X(fill, count, 1, 1, a->count, 1)

typedef enum r0i_op {
#define R0I_X(name, args, buffers, written, items, work) R0I_OP_##name,
    R0I_OPS(R0I_X)
#undef R0I_X
    R0I_OP_COUNT
} r0i_op;

enum { R0I_MAX_OPERANDS = 9, R0I_SUM_BLOCK = 4096 };

// How the CPU runs an op: items [begin, end) of it. `b` are the operands in the order of R0I_OPS.
typedef void (*r0i_cpu_op_fn)(const void *args, void *const *b, int64_t begin, int64_t end);

// What a device can do. Errors are sticky: an op that fails marks the device, and the next read reports it, so that
// the transformer reads as a plain sequence.
typedef struct r0i_device_functions {
    r0_status (*buffer_create)(r0i_device *device, r0i_buffer *buffer);              // of buffer->size bytes, zeroed
    void (*buffer_destroy)(r0i_device *device, r0i_buffer *buffer);
    void (*run)(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views);
    void (*write)(r0i_device *device, r0i_view to, const void *from);                // in order with the ops
    r0_status (*read)(r0i_device *device, r0i_view from, void *to);                  // waits for all that was run
    void (*copy)(r0i_device *device, r0i_view to, r0i_view from);                    // same size, no overlap
    r0_status (*finish)(r0i_device *device);                                         // waits; reports a sticky error
    void (*destroy)(r0i_device *device);
} r0i_device_functions;

struct r0i_device {
    r0_context *context;
    const r0i_device_functions *functions;
    r0_status status;      // the first error; later ops do nothing
    char name[256];
    bool is_cpu;
    size_t bytes, peak_bytes; // in live buffers
    void *state;           // r0i_vk of >>vulkan; NULL on the CPU
};

typedef struct r0i_pool r0i_pool; // the threads

struct r0_context {
    r0_context_desc desc;
    char error[1024];
    size_t bytes, peak_bytes; // host memory in use
    r0_progress progress;     // of the phase under way
    double progress_start;    // clock when it began
    int64_t progress_from;    // units done before it began
    bool progress_rollouts;
    int threads;
    r0i_pool *pool;
    r0i_device *device;
};

static r0_status r0i_buffer_create(r0i_device *device, size_t count, size_t size, r0i_buffer *buffer);
static void r0i_buffer_destroy(r0i_buffer *buffer);
static r0i_view r0i_view_all(r0i_buffer *buffer);
static r0i_view r0i_view_part(r0i_view view, size_t first, size_t count, size_t size); // elements of `size` bytes
static void r0i_write(r0i_view to, const void *from);
static r0_status r0i_read(r0i_view from, void *to);
static void r0i_copy(r0i_view to, r0i_view from);
static r0_status r0i_cpu_device_create(r0_context *context, r0i_device **device);
#ifndef R0_NO_VULKAN
static r0_status r0i_vk_device_create(r0_context *context, int index, r0i_device **device); // -1: the best one
static bool r0i_vk_has_gpu(void);
#endif

// -- the ops as functions (>>ops): operands and arguments in the order of R0I_OPS --

static void r0i_embedding_forward(r0i_device *device, r0i_view y, r0i_view ids, r0i_view table, uint32_t rows,
                                  uint32_t cols);
static void r0i_embedding_backward(r0i_device *device, r0i_view dtable, r0i_view dy, r0i_view order,
                                   r0i_view starts, r0i_view ids, uint32_t rows, uint32_t cols);
static void r0i_rms_norm_forward(r0i_device *device, r0i_view y, r0i_view rstd, r0i_view x, r0i_view w,
                                 uint32_t rows, uint32_t cols, float eps, uint32_t accumulate);
static void r0i_rms_norm_backward(r0i_device *device, r0i_view dx, r0i_view dy, r0i_view x, r0i_view w,
                                  r0i_view rstd, uint32_t rows, uint32_t cols, float eps, uint32_t accumulate);
static void r0i_rms_norm_weight_backward(r0i_device *device, r0i_view dw, r0i_view dy, r0i_view x,
                                         r0i_view rstd, uint32_t rows, uint32_t cols, float eps,
                                         uint32_t accumulate);
static void r0i_rope(r0i_device *device, r0i_view x, r0i_view position, r0i_view table, uint32_t rows,
                     uint32_t heads, uint32_t dim, float sign);
static void r0i_matmul_nt(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate);
static void r0i_matmul_nn(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate);
static void r0i_matmul_tn(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate);
static void r0i_bias_forward(r0i_device *device, r0i_view y, r0i_view b, uint32_t rows, uint32_t cols);
static void r0i_bias_backward(r0i_device *device, r0i_view db, r0i_view dy, uint32_t rows, uint32_t cols);
static void r0i_attention_forward(r0i_device *device, r0i_view y, r0i_view lse, r0i_view q, r0i_view k,
                                  r0i_view v, r0i_view begin, uint32_t rows, uint32_t heads, uint32_t kv_heads,
                                  uint32_t dim, float scale);
static void r0i_attention_backward_q(r0i_device *device, r0i_view dq, r0i_view delta, r0i_view dy, r0i_view y,
                                     r0i_view lse, r0i_view q, r0i_view k, r0i_view v, r0i_view begin,
                                     uint32_t rows, uint32_t heads, uint32_t kv_heads, uint32_t dim,
                                     float scale);
static void r0i_attention_backward_kv(r0i_device *device, r0i_view dk, r0i_view dv, r0i_view dy, r0i_view lse,
                                      r0i_view delta, r0i_view q, r0i_view k, r0i_view v, r0i_view end,
                                      uint32_t rows, uint32_t heads, uint32_t kv_heads, uint32_t dim,
                                      float scale);
static void r0i_attention_decode(r0i_device *device, r0i_view y, r0i_view q, r0i_view cache_k, r0i_view cache_v,
                                 r0i_view slot, r0i_view length, uint32_t rows, uint32_t heads,
                                 uint32_t kv_heads, uint32_t dim, uint32_t capacity, float scale);
static void r0i_kv_write(r0i_device *device, r0i_view cache, r0i_view x, r0i_view row, r0i_view slot,
                         r0i_view position, uint32_t count, uint32_t cols, uint32_t capacity);
static void r0i_swiglu_forward(r0i_device *device, r0i_view y, r0i_view gate, r0i_view up, uint32_t count,
                               float value);
static void r0i_swiglu_backward(r0i_device *device, r0i_view dgate, r0i_view dup, r0i_view dy, r0i_view gate,
                                r0i_view up, uint32_t count, float value);
static void r0i_add(r0i_device *device, r0i_view y, r0i_view x, uint32_t count, float value);
static void r0i_rows_gather(r0i_device *device, r0i_view y, r0i_view x, r0i_view index, uint32_t rows,
                            uint32_t cols);
static void r0i_rows_scatter(r0i_device *device, r0i_view dx, r0i_view dy, r0i_view index, uint32_t rows,
                             uint32_t cols);
static void r0i_token_logp_forward(r0i_device *device, r0i_view logp, r0i_view entropy, r0i_view certainty,
                                   r0i_view lse, r0i_view logits, r0i_view target, uint32_t rows,
                                   uint32_t vocab, float inv_temperature);
static void r0i_token_logp_backward(r0i_device *device, r0i_view dlogits, r0i_view logits, r0i_view lse,
                                    r0i_view target, r0i_view dlogp, uint32_t rows, uint32_t vocab,
                                    float inv_temperature);
static void r0i_sample(r0i_device *device, r0i_view token, r0i_view logp, r0i_view logits, r0i_view key,
                       r0i_view position, uint32_t rows, uint32_t vocab, float temperature, uint32_t top_k,
                       float top_p);
static void r0i_adamw(r0i_device *device, r0i_view w, r0i_view m, r0i_view v, r0i_view g, uint32_t count,
                      float lr, float beta1, float beta2, float eps, float weight_decay, float correction1,
                      float correction2, float gradient_scale);
static void r0i_sum_squares(r0i_device *device, r0i_view partial, r0i_view x, uint32_t count, float value);
static void r0i_fill(r0i_device *device, r0i_view y, uint32_t count, float value);

// -- the model --

// How a weight starts.
typedef enum r0i_init { R0I_INIT_ONE, R0I_INIT_ZERO, R0I_INIT_EMBEDDING, R0I_INIT_LINEAR, R0I_INIT_RESIDUAL } r0i_init;

// The weights of one layer: X(field, name in the file, rows, columns, start, exists). `c` is the r0_model_config.
// A linear layer is stored (out, in), as Hugging Face has it; rows 1 marks a vector.
#define R0I_LAYER_TENSORS(X)                                                                                           \
    X(attention_norm, "input_layernorm.weight", 1, c->hidden_size, ONE, true)                                          \
    X(q, "self_attn.q_proj.weight", c->heads * c->head_dim, c->hidden_size, LINEAR, true)                              \
    X(k, "self_attn.k_proj.weight", c->kv_heads * c->head_dim, c->hidden_size, LINEAR, true)                           \
    X(v, "self_attn.v_proj.weight", c->kv_heads * c->head_dim, c->hidden_size, LINEAR, true)                           \
    X(q_bias, "self_attn.q_proj.bias", 1, c->heads * c->head_dim, ZERO, c->qkv_bias)                                   \
    X(k_bias, "self_attn.k_proj.bias", 1, c->kv_heads * c->head_dim, ZERO, c->qkv_bias)                                \
    X(v_bias, "self_attn.v_proj.bias", 1, c->kv_heads * c->head_dim, ZERO, c->qkv_bias)                                \
    X(q_norm, "self_attn.q_norm.weight", 1, c->head_dim, ONE, c->qk_norm)                                              \
    X(k_norm, "self_attn.k_norm.weight", 1, c->head_dim, ONE, c->qk_norm)                                              \
    X(o, "self_attn.o_proj.weight", c->hidden_size, c->heads * c->head_dim, RESIDUAL, true)                            \
    X(ffn_norm, "post_attention_layernorm.weight", 1, c->hidden_size, ONE, true)                                       \
    X(gate, "mlp.gate_proj.weight", c->intermediate_size, c->hidden_size, LINEAR, true)                                \
    X(up, "mlp.up_proj.weight", c->intermediate_size, c->hidden_size, LINEAR, true)                                    \
    X(down, "mlp.down_proj.weight", c->hidden_size, c->intermediate_size, RESIDUAL, true)

// A named weight, and where it lies in the flat buffers: parameters, gradients and both moments share one layout, so
// that gradient norm and AdamW are single ops over everything.
typedef struct r0i_tensor {
    char name[80];
    size_t offset; // elements
    uint32_t rows, cols;
    r0i_init init;
} r0i_tensor;

typedef struct r0i_layer {
#define R0I_X(field, name, rows, cols, init, exists) const r0i_tensor *field; // NULL if the architecture lacks it
    R0I_LAYER_TENSORS(R0I_X)
#undef R0I_X
} r0i_layer;

struct r0_model {
    r0_context *context;
    r0_model_config config;
    r0i_tensor *tensors;
    size_t tensor_count;
    const r0i_tensor *embedding, *final_norm, *head; // head: the embedding when tied
    r0i_layer *layers;
    size_t size;           // elements of a flat buffer, paddings between tensors included (those stay 0)
    r0i_buffer parameters; // (size)
    r0i_buffer rope;       // (positions, D/2, 2): cos, sin
    uint32_t rope_positions;
};

// What one layer computes, kept for its backward. N rows.
typedef struct r0i_activations {
    r0i_view x, normed, rstd;           // (N, C) input, (N, C), (N)
    r0i_view q_raw, k_raw;              // (N, H*D), (N, G*D) projections; the same memory as q, k without QK-norm
    r0i_view q, k, v, q_rstd, k_rstd;   // (N, H*D), 2x (N, G*D), (N*H), (N*G); q and k after norm and RoPE
    r0i_view attention, lse;            // (N, H*D), (N, H)
    r0i_view mid, mid_normed, mid_rstd; // (N, C), (N, C), (N): after attention's residual
    r0i_view gate, up, product;         // (N, F) each
} r0i_activations;

// Room for one forward, or one forward and backward, over at most `rows` tokens.
typedef struct r0i_workspace {
    r0_model *model;
    uint32_t rows, head_rows;   // head_rows: rows of logits at a time, so that (N, V) never exists
    bool training;
    r0i_buffer buffer;
    r0i_activations *layers;    // L when training, else 1
    r0i_view final, final_rstd; // (N, C) what the last layer adds up to, (N)
    r0i_view hidden;            // (N, C) after the final norm
    r0i_view picked, logits;    // (head_rows, C), (head_rows, V)
    r0i_view logp, entropy, certainty, logits_lse, dlogp;              // (N)
    r0i_view dx, dnormed, dq, dk, dv, dq_raw, dk_raw, delta, dgate, dup, dproduct, dhidden, dpicked; // like their twins
    r0i_view ids, position, begin, end;                                // (N) i32: see R0I_OPS
    r0i_view index, target;                                            // (N) i32: rows that predict, what they predict
    r0i_view order, starts, unique;                                    // (N), (N+1), (N) i32: rows by token
    int32_t *host;              // (9 N + 1) the same nine, before they are written
} r0i_workspace;

// Keys and values of the rows that are being decoded.
typedef struct r0i_kv {
    r0i_buffer buffer;
    r0i_view *k, *v;          // (L) of (slots, capacity, G*D)
    uint32_t slots, capacity; // capacity: positions
} r0i_kv;

// What a forward runs on. Without kv: packed sequences. With kv: `writes` rows of k and v go to the cache first; then
// packed attention (prefill), or attention over the cache (decode).
typedef struct r0i_pass {
    r0i_workspace *workspace;
    uint32_t rows;
    const r0i_kv *kv;
    bool decode;
    uint32_t writes;
    r0i_view row, slot, write_position; // (writes) i32
    r0i_view length;                    // (rows) i32: decode: keys to attend to
} r0i_pass;

static r0_status r0i_workspace_create(r0_model *model, uint32_t rows, bool training, r0i_workspace *workspace);
static void r0i_workspace_destroy(r0i_workspace *workspace);
static void r0i_forward(const r0i_pass *pass); // hidden (N, C) of workspace->ids at workspace->position
static void r0i_head_logits(const r0i_workspace *w, uint32_t first, uint32_t count); // logits (count, V) of rows index[first..]
static r0_status r0i_rope_reserve(r0_model *model, uint32_t positions);
static r0_status r0i_model_allocate(r0_context *context, const r0_model_config *config, r0_model **model);
static int r0i_micro_batches(const r0_trainer *trainer, const r0_sequence *sequences, int count);
static r0_status r0i_sequences_check(r0_model *model, const r0_sequence *sequences, int count);

// Host float32 <-> the device's r0i_real (they differ only under R0_DOUBLE).
static r0_status r0i_write_floats(r0_context *context, r0i_view to, const float *from);
static r0_status r0i_read_floats(r0_context *context, r0i_view from, float *to);

// Hands out parts of a buffer, 256 bytes aligned. A first round without a buffer only counts.
typedef struct r0i_bump {
    r0i_buffer *buffer;
    size_t used; // bytes
} r0i_bump;
static r0i_view r0i_bump_take(r0i_bump *bump, size_t rows, size_t cols, size_t size);

enum { R0I_PASS_ROWS = 2048 }; // tokens in one pass, unless asked otherwise: a small model's activations stay in cache

// -- a run of the loop --

// What a step means for metrics.jsonl.
typedef struct r0i_step_metrics {
    r0_reward_summary reward;
    r0_grpo_stats stats;
    double entropy, grad_norm, drift;                      // means over the mini-batches; drift: max |logp - rollout's logp|
    double length_mean, truncated;                         // truncated: share of rollouts
    int length_min, length_max, tokens;
} r0i_step_metrics;

// A proposed question on its way from the challenger to the solver.
typedef struct r0i_question {
    r0_span text, own_answer; // as proposed; text NULL: malformed
    int32_t *prompt;          // the solver's prompt (prompt_length), NULL when the text cannot be asked
    int prompt_length;
    bool valid;
    const r0_span *answers;   // (votes) as extracted; empty: nothing boxed
    const int *cluster;       // (votes)
    int answer_count;
    r0_vote vote;
    r0_span label;            // what the solver will be trained on
    const char *verdict;      // "kept", or why not
    r0_oracle_result oracle;
    r0_span truth;            // the oracle's answer
    bool label_correct;
} r0i_question;

typedef enum r0i_phase { R0I_PHASE_BASE, R0I_PHASE_CHALLENGER, R0I_PHASE_CURATION, R0I_PHASE_SOLVER, R0I_PHASE_EVALUATION } r0i_phase;

typedef struct r0i_evolution {
    r0_context *context;
    const r0_evolve_desc *desc;
    r0_evolve_config config;
    uint64_t seed;
    r0_tokenizer *tokenizer;
    r0_model *challenger, *solver;
    r0_model *reference;        // the policy in training as it was when its phase began
    r0_trainer *trainer;        // of the phase in progress, else NULL
    r0_grpo_recipe recipe;
    int iteration, step;        // where the run stands: `step` roll-outs of `phase` are done
    r0i_phase phase;
    r0i_arena kept_arena;
    r0i_question *kept;         // what the solver phase trains on
    int kept_count;
    r0_evolve_result *result;
    r0_iteration_result *now;   // of the iteration in progress
    double iteration_start, iteration_seconds; // clock at its (re)start; seconds before a resume
    int64_t metrics_bytes, timings_bytes;
    int agreement_histogram[11]; // of the curation, in tenths
    double last_checkpoint;
    int checkpoint_number;
    double length_sum;          // of solver rollouts in this iteration
    int64_t length_count;
    // Timings of the phase in progress.
    double phase_start;
    int64_t phase_generated, phase_trained;
} r0i_evolution;

static r0_status r0i_challenger_phase(r0i_evolution *run);
static r0_status r0i_curation(r0i_evolution *run);
static r0_status r0i_solver_phase(r0i_evolution *run);
static r0_status r0i_evaluation(r0i_evolution *run);

// What the chapters of the loop ask of each other.
static r0_status r0i_run_open(r0i_evolution *run, r0_context *context, const r0_evolve_desc *desc);
static r0_status r0i_run_finish(r0i_evolution *run);
static void r0i_run_close(r0i_evolution *run);
static r0_status r0i_questions_vote(r0i_evolution *run, r0i_arena *arena, r0i_question *questions, int count,
                                    int votes, bool curation, r0i_key key);
static r0_status r0i_phase_begin(r0i_evolution *run, r0_model *policy, const char *name, int steps);
static r0_status r0i_phase_trainer(r0i_evolution *run, r0_model *policy);
static r0_status r0i_grpo_update(r0i_evolution *run, r0i_arena *arena, const r0_phase_config *phase,
                                 const r0_sequence *prompts, const r0_rollouts *rollouts, const float *rewards, r0i_key key, r0i_step_metrics *metrics);
static r0_status r0i_prompt_template(r0i_evolution *run, const char *system, const char *user, r0i_text *out);
static r0_status r0i_prompt_encode(r0i_evolution *run, r0i_arena *arena, r0_span template_text, r0_span question,
                                   int32_t **ids, int *count);
static bool r0i_proposal_parse(r0_span text, r0_span *question, r0_span *answer);
static bool r0i_task_equal(void *user, r0_span a, r0_span b);
static r0_status r0i_rollout_text(r0i_evolution *run, r0i_arena *arena, const r0_rollout *rollout, r0_span *text);
static r0_status r0i_rollout_answer(r0i_evolution *run, r0i_arena *arena, const r0_rollout *rollout,
                                    r0_span *text, r0_span *answer);
static r0_status r0i_bench_prompts(r0i_evolution *run, r0i_arena *arena, const r0_evaluation_set *set, int first,
                                   int count, r0_sequence *prompts);
static r0i_key r0i_phase_key(const r0i_evolution *run);
static r0i_key r0i_run_key(const r0i_evolution *run);
static r0_status r0i_run_generate(r0i_evolution *run, r0_model *model, const r0_sequence *prompts, int count,
                                  int samples, const r0_sampling *sampling, r0i_key key, r0_rollouts *rollouts);
static r0_status r0i_run_path(const r0i_evolution *run, r0i_text *path, const char *name);
static r0_status r0i_run_write_file(r0i_evolution *run, const char *name, const r0i_text *lines);
static r0_status r0i_run_write_questions(r0i_evolution *run, const r0i_text *lines);
static int r0i_agreement_bin(const r0_vote *vote);
static r0_span r0i_keep_text(r0i_arena *arena, r0_span text); // a copy in the arena
static r0_status r0i_challenger_metrics(r0i_evolution *run, const r0i_step_metrics *m,
                                        const r0i_question *questions, int count, const float *share);
static r0_status r0i_solver_metrics(r0i_evolution *run, const r0i_step_metrics *m);
static r0_status r0i_curation_metrics(r0i_evolution *run);
static r0_status r0i_evaluation_metrics(r0i_evolution *run);
static bool r0i_bench_holds(const r0i_evolution *run, r0_span question);
static void r0i_oracle_look(r0i_evolution *run, r0i_arena *arena, r0i_question *q);
static void r0i_print_text(r0i_text *out, const char *name, r0_span value);
static void r0i_question_print(r0i_text *out, const r0i_question *q);
static void r0i_kept_clear(r0i_evolution *run);
static r0_status r0i_kept_prepare(r0i_evolution *run);
static r0_status r0i_run_resume(r0i_evolution *run);
static r0_status r0i_run_first(r0i_evolution *run);
static r0_status r0i_run_step_done(r0i_evolution *run);
static r0_status r0i_run_advance(r0i_evolution *run, r0i_phase next);
static r0_status r0i_run_iteration_done(r0i_evolution *run);

// >>evolve
//
// The loop, on one page. Read this first; every name leads to its chapter.

// Source: algorithm 1 of the paper; scripts/main.sh of the released code.
static r0_status r0i_evolve_iteration(r0i_evolution *run)
{
    if (run->phase == R0I_PHASE_CHALLENGER) R0I_TRY(r0i_challenger_phase(run)); // Q learns to ask what S is unsure of
    if (run->phase == R0I_PHASE_CURATION) R0I_TRY(r0i_curation(run));           // Q asks, S votes, the unsure band stays
    if (run->phase == R0I_PHASE_SOLVER) R0I_TRY(r0i_solver_phase(run));         // S learns from its own majority
    return r0i_evaluation(run); // S is measured on what nobody trained on; moves to the next iteration
}

static r0_status r0i_evolve_loop(r0i_evolution *run)
{
    if (run->phase == R0I_PHASE_BASE) R0I_TRY(r0i_evaluation(run));
    while (run->iteration <= run->config.iterations) R0I_TRY(r0i_evolve_iteration(run));
    return r0i_run_finish(run);
}

R0_API r0_status r0_evolve(r0_context *context, const r0_evolve_desc *desc, r0_evolve_result *result)
{
    r0i_evolution run;
    r0_status status = r0i_run_open(&run, context, desc);
    if (!status) status = r0i_evolve_loop(&run);
    if (!status && result) *result = *run.result;
    r0i_run_close(&run);
    return status;
}

// -- presets: the numbers of the paper, of its code, and of the tiny model --

static const char r0i_challenger_system_text[] =
    "You set problems for mathematics competitions. First think in private about one new, self-contained problem that is "
    "hard but has a single short answer that can be checked. Then print exactly two things and nothing else: the problem "
    "inside a <question> block, and its final answer inside \\boxed{}.\n"
    "<question>\nthe problem\n</question>\n\\boxed{the final answer}";
static const char r0i_challenger_user_text[] = "Set one new, demanding problem now. Keep to the format.";
static const char r0i_solver_system_text[] = "Reason step by step, and put the final answer in \\boxed{}.";

static void r0i_preset_paper(r0_evolve_config *c)
{
    r0_sampling rollout = {1, 0, .99f, 4096, 0}, vote = {1, 40, 1, 4096, 0}, question = {1, 0, .95f, 4096, 0};
    r0_phase_config challenger = {5, 128, 4, 1, 0, 1e-6f, rollout}, solver = {15, 128, 5, 1, 0, 1e-6f, rollout};
    memset(c, 0, sizeof *c);
    c->rules = R0_RULES_PAPER;
    c->iterations = 3;
    c->challenger = challenger;
    c->solver = solver;
    c->weight_decay = .01f;
    c->max_grad_norm = 1;
    c->votes = c->curation_votes = 10;
    c->vote_sampling = vote;
    c->questions = 8000;
    c->question_sampling = question;
    c->evaluation_samples = 10;
    c->evaluation_tokens = 4096;
    c->chat = true;
    snprintf(c->recipe, sizeof c->recipe, "grpo");
    snprintf(c->challenger_system, sizeof c->challenger_system, "%s", r0i_challenger_system_text);
    snprintf(c->challenger_prompt, sizeof c->challenger_prompt, "%s", r0i_challenger_user_text);
    snprintf(c->solver_system, sizeof c->solver_system, "%s", r0i_solver_system_text);
    snprintf(c->solver_prompt, sizeof c->solver_prompt, "{question}");
}

// The released code trains 6 and 20 steps and goes on with the weights of step 5 and 15: at a constant learning rate the
// later steps change nothing that is used, so they are not run.
static void r0i_preset_released(r0_evolve_config *c)
{
    r0i_preset_paper(c);
    c->rules = R0_RULES_RELEASED;
    c->iterations = 5;
    c->challenger.groups = 512, c->challenger.mini_batches = 32;
    c->solver.groups = 512, c->solver.mini_batches = 4;
    c->curation_votes = 9;
    snprintf(c->recipe, sizeof c->recipe, "grpo_released");
}

// Found by experiment for the embedded model; the README says what was engineered.
static void r0i_preset_tiny(r0_evolve_config *c)
{
    r0_sampling question = {1, 0, .99f, 48, 0}, answer = {1, 0, .99f, 72, 0}, vote = {1, 40, 1, 72, 0};
    r0_phase_config challenger = {8, 4, 16, 4, 0, 1e-3f, question}, solver = {12, 24, 8, 2, 8, 3e-4f, answer};
    r0i_preset_paper(c);
    c->rules = R0_RULES_TINY;
    c->challenger = challenger;
    c->solver = solver;
    c->vote_sampling = vote;
    c->questions = 256;
    c->question_sampling = question;
    c->evaluation_tokens = 72;
    c->chat = false;
    c->challenger_system[0] = c->solver_system[0] = 0;
    snprintf(c->challenger_prompt, sizeof c->challenger_prompt, "[Q]");
    snprintf(c->solver_prompt, sizeof c->solver_prompt, "[S]{question}<sep>");
}

R0_API r0_status r0_evolve_preset(r0_context *context, const char *name, r0_evolve_config *config)
{
    if (!strcmp(name, "paper")) r0i_preset_paper(config);
    else if (!strcmp(name, "released")) r0i_preset_released(config);
    else if (!strcmp(name, "tiny")) r0i_preset_tiny(config);
    else return r0i_fail(context, R0_ERROR_ARGUMENT, "preset: \"%s\" is none of paper, released, tiny", name);
    config->grpo = r0_grpo_recipe_find(config->recipe)->config;
    return R0_OK;
}

// -- the config by name: one list serves run.json, resume and the command line --

typedef enum r0i_field_kind { R0I_FIELD_INT, R0I_FIELD_FLOAT, R0I_FIELD_DOUBLE, R0I_FIELD_BOOL, R0I_FIELD_RULES, R0I_FIELD_TEXT } r0i_field_kind;

// X(member, kind, low, high)
#define R0I_EVOLVE_FIELDS(X)                                                                                           \
    X(rules, RULES, 0, 2)                                                                                              \
    X(iterations, INT, 1, R0_MAX_ITERATIONS)                                                                           \
    X(challenger.steps, INT, 0, 1e6)                                                                                   \
    X(challenger.groups, INT, 1, 1e5)                                                                                  \
    X(challenger.n, INT, 2, 4096)                                                                                      \
    X(challenger.mini_batches, INT, 1, 1e5)                                                                            \
    X(challenger.learning_rate, FLOAT, 0, 1)                                                                           \
    X(challenger.sampling.temperature, FLOAT, 1e-3, 100)                                                               \
    X(challenger.sampling.top_k, INT, 0, 1e7)                                                                          \
    X(challenger.sampling.top_p, FLOAT, 0, 1)                                                                          \
    X(challenger.sampling.max_new_tokens, INT, 1, 1e6)                                                                 \
    X(solver.steps, INT, 0, 1e6)                                                                                       \
    X(solver.groups, INT, 1, 1e5)                                                                                      \
    X(solver.n, INT, 2, 4096)                                                                                          \
    X(solver.mini_batches, INT, 1, 1e5)                                                                                \
    X(solver.max_passes, INT, 0, 1e6)                                                                                  \
    X(solver.learning_rate, FLOAT, 0, 1)                                                                               \
    X(solver.sampling.temperature, FLOAT, 1e-3, 100)                                                                   \
    X(solver.sampling.top_k, INT, 0, 1e7)                                                                              \
    X(solver.sampling.top_p, FLOAT, 0, 1)                                                                              \
    X(solver.sampling.max_new_tokens, INT, 1, 1e6)                                                                     \
    X(weight_decay, FLOAT, 0, 10)                                                                                      \
    X(max_grad_norm, FLOAT, -1, 1e9)                                                                                   \
    X(recipe, TEXT, 0, 0)                                                                                              \
    X(grpo.clip_low, DOUBLE, 0, 1)                                                                                     \
    X(grpo.clip_high, DOUBLE, 0, 100)                                                                                  \
    X(grpo.dual_clip, DOUBLE, 1, 1e9)                                                                                  \
    X(grpo.kl_coef, DOUBLE, 0, 100)                                                                                    \
    X(grpo.max_length, DOUBLE, 0, 1e7)                                                                                 \
    X(votes, INT, 1, 4096)                                                                                             \
    X(vote_sampling.temperature, FLOAT, 1e-3, 100)                                                                     \
    X(vote_sampling.top_k, INT, 0, 1e7)                                                                                \
    X(vote_sampling.top_p, FLOAT, 0, 1)                                                                                \
    X(vote_sampling.max_new_tokens, INT, 1, 1e6)                                                                       \
    X(questions, INT, 1, 1e6)                                                                                          \
    X(curation_votes, INT, 1, 4096)                                                                                    \
    X(question_sampling.temperature, FLOAT, 1e-3, 100)                                                                 \
    X(question_sampling.top_k, INT, 0, 1e7)                                                                            \
    X(question_sampling.top_p, FLOAT, 0, 1)                                                                            \
    X(question_sampling.max_new_tokens, INT, 1, 1e6)                                                                   \
    X(evaluation_samples, INT, 1, 4096)                                                                                \
    X(evaluation_tokens, INT, 1, 1e6)                                                                                  \
    X(frozen_challenger, BOOL, 0, 1)                                                                                   \
    X(no_repetition_penalty, BOOL, 0, 1)                                                                               \
    X(no_filter, BOOL, 0, 1)                                                                                           \
    X(random_labels, BOOL, 0, 1)                                                                                       \
    X(oracle_labels, BOOL, 0, 1)                                                                                       \
    X(chat, BOOL, 0, 1)                                                                                                \
    X(challenger_system, TEXT, 0, 0)                                                                                   \
    X(challenger_prompt, TEXT, 0, 0)                                                                                   \
    X(solver_system, TEXT, 0, 0)                                                                                       \
    X(solver_prompt, TEXT, 0, 0)

typedef struct r0i_field {
    const char *name;
    r0i_field_kind kind;
    size_t offset, size; // bytes in r0_evolve_config
    double low, high;
} r0i_field;

static const r0i_field r0i_evolve_fields[] = {
#define R0I_X(member, kind, low, high) \
    {#member, R0I_FIELD_##kind, offsetof(r0_evolve_config, member), sizeof(((r0_evolve_config *)0)->member), low, high},
    R0I_EVOLVE_FIELDS(R0I_X)
#undef R0I_X
};

static const char *const r0i_rules_names[] = {"paper", "released", "tiny"};

static double r0i_field_get(const r0_evolve_config *config, const r0i_field *f)
{
    const char *at = (const char *)config + f->offset;
    switch (f->kind) {
    case R0I_FIELD_INT: return *(const int *)(const void *)at;
    case R0I_FIELD_FLOAT: return (double)*(const float *)(const void *)at;
    case R0I_FIELD_DOUBLE: return *(const double *)(const void *)at;
    case R0I_FIELD_BOOL: return *(const bool *)(const void *)at;
    case R0I_FIELD_RULES: return (double)*(const r0_rules *)(const void *)at;
    default: return 0;
    }
}

static void r0i_field_put(r0_evolve_config *config, const r0i_field *f, double value)
{
    char *at = (char *)config + f->offset;
    switch (f->kind) {
    case R0I_FIELD_INT: *(int *)(void *)at = (int)value; break;
    case R0I_FIELD_FLOAT: *(float *)(void *)at = (float)value; break;
    case R0I_FIELD_DOUBLE: *(double *)(void *)at = value; break;
    case R0I_FIELD_BOOL: *(bool *)(void *)at = value != 0; break;
    case R0I_FIELD_RULES: *(r0_rules *)(void *)at = (r0_rules)(int)value; break;
    default: break;
    }
}

// A field's value from text; NaN when it is not of the field's kind.
static double r0i_field_parse(const r0i_field *f, const char *value)
{
    char *end;
    if (f->kind == R0I_FIELD_RULES)
        for (int i = 0; i < 3; i++)
            if (!strcmp(value, r0i_rules_names[i])) return i;
    if (f->kind == R0I_FIELD_BOOL && (!strcmp(value, "true") || !strcmp(value, "false"))) return value[0] == 't';
    double number = strtod(value, &end);
    bool whole = f->kind == R0I_FIELD_FLOAT || f->kind == R0I_FIELD_DOUBLE || number == floor(number);
    return end == value || *end || !whole || f->kind == R0I_FIELD_RULES ? NAN : number;
}

R0_API r0_status r0_evolve_set(r0_context *context, r0_evolve_config *config, const char *field, const char *value)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_evolve_fields); i++) {
        const r0i_field *f = &r0i_evolve_fields[i];
        if (strcmp(f->name, field)) continue;
        if (f->kind == R0I_FIELD_TEXT) {
            if (strlen(value) >= f->size)
                return r0i_fail(context, R0_ERROR_LIMIT, "config: %s: %zu bytes are more than %zu", field, strlen(value),
                                f->size - 1);
            memcpy((char *)config + f->offset, value, strlen(value) + 1);
            return R0_OK;
        }
        double number = r0i_field_parse(f, value);
        if (!(number >= f->low && number <= f->high))
            return r0i_fail(context, R0_ERROR_ARGUMENT, "config: %s \"%s\" is not within %g..%g", field, value, f->low, f->high);
        r0i_field_put(config, f, number);
        return R0_OK;
    }
    return r0i_fail(context, R0_ERROR_ARGUMENT, "config: there is no field \"%s\"", field);
}

static r0_status r0i_config_within_limits(r0_context *context, const r0_evolve_config *config)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_evolve_fields); i++) {
        const r0i_field *f = &r0i_evolve_fields[i];
        double value = r0i_field_get(config, f);
        if (f->kind != R0I_FIELD_TEXT && !(value >= f->low && value <= f->high))
            return r0i_fail(context, R0_ERROR_ARGUMENT, "config: %s %g is not within %g..%g", f->name, value, f->low, f->high);
    }
    if (!r0_grpo_recipe_find(config->recipe))
        return r0i_fail(context, R0_ERROR_ARGUMENT, "config: recipe \"%s\" is unknown", config->recipe);
    if (!strstr(config->solver_prompt, "{question}"))
        return r0i_fail(context, R0_ERROR_ARGUMENT, "config: solver_prompt \"%.60s\" does not hold {question}", config->solver_prompt);
    return R0_OK;
}

// -- opening and closing a run --

static r0_status r0i_run_write_config(r0i_evolution *run)
{
    r0i_text out = {run->context, NULL, 0, 0, false}, path = {run->context, NULL, 0, 0, false};
    r0i_text_print(&out, "{\"format\":1");
    r0i_print_text(&out, "device", r0i_span_of(r0_device_name(run->context)));
    r0i_print_text(&out, "model", r0i_span_of(run->desc->model_folder));
    r0i_print_text(&out, "preset", r0i_span_of(run->desc->preset ? run->desc->preset : "custom"));
    r0i_text_print(&out, ",\"seed\":\"%llu\",\"config\":{", (unsigned long long)run->seed);
    for (size_t i = 0; i < R0I_COUNT(r0i_evolve_fields); i++) {
        const r0i_field *f = &r0i_evolve_fields[i];
        if (f->kind == R0I_FIELD_TEXT) {
            r0i_print_text(&out, f->name, r0i_span_of((const char *)&run->config + f->offset));
        } else {
            r0i_text_print(&out, "%s\"%s\":", i ? "," : "", f->name);
            r0i_json_write_number(&out, r0i_field_get(&run->config, f));
        }
    }
    r0i_text_print(&out, "}}\n");
    r0_status status = r0i_text_status(&out);
    if (!status) status = r0i_run_path(run, &path, "run.json");
    if (!status) status = r0i_file_write_atomic(run->context, path.data, out.data, out.size);
    r0i_text_free(&path);
    r0i_text_free(&out);
    return status;
}

static r0_status r0i_run_read_fields(r0i_evolution *run, const char *path, const r0_json *config)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_evolve_fields); i++) {
        const r0i_field *f = &r0i_evolve_fields[i];
        const r0_json *value = r0_json_get(config, f->name);
        r0_json_type wanted = f->kind == R0I_FIELD_TEXT ? R0_JSON_STRING : R0_JSON_NUMBER;
        if (!value || value->type != wanted || (wanted == R0_JSON_STRING && value->text.size >= f->size))
            return r0i_fail(run->context, R0_ERROR_FORMAT, "%s: config field \"%s\" is missing or malformed", path, f->name);
        if (wanted == R0_JSON_STRING) memcpy((char *)&run->config + f->offset, value->text.data, value->text.size + 1);
        else r0i_field_put(&run->config, f, value->number);
    }
    return R0_OK;
}

// A resumed run keeps its own seed, config and device.
static r0_status r0i_run_read_config(r0i_evolution *run)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0_json *root = NULL;
    r0_status status = r0i_run_path(run, &path, "run.json");
    if (!status) status = r0_json_parse_file(run->context, path.data, &root);
    if (!status) {
        r0_span seed = r0_json_get_text(root, "seed"), device = r0_json_get_text(root, "device");
        run->seed = seed.data ? strtoull(seed.data, NULL, 10) : 0;
        status = r0i_run_read_fields(run, path.data, r0_json_get(root, "config"));
        if (!status && device.data && strcmp(device.data, r0_device_name(run->context)))
            r0i_log(run->context, R0_LOG_WARNING, "%s: the run began on \"%s\" and goes on on \"%s\": bits may differ",
                    path.data, device.data, r0_device_name(run->context));
    }
    r0_json_destroy(run->context, root);
    r0i_text_free(&path);
    return status;
}

// Where every run begins: before the evaluation of the base.
static r0_status r0i_run_first(r0i_evolution *run)
{
    run->now = &run->result->iterations[run->result->count++];
    run->now->label_accuracy = -1;
    return R0_OK;
}

// A fresh run wants a folder that is not there yet, or that holds no run.
static r0_status r0i_run_folder_start(r0i_evolution *run)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_run_path(run, &path, "run.json");
    if (!status && r0i_file_exists(path.data))
        status = r0i_fail(run->context, R0_ERROR_FILE, "%s: there is a run already; resume it or name another folder",
                          run->desc->run_folder);
    r0i_text_free(&path);
    if (!status) status = r0i_folder_create(run->context, run->desc->run_folder);
    if (!status) status = r0i_run_write_config(run);
    return status ? status : r0i_run_first(run);
}

static r0_status r0i_run_check(const r0i_evolution *run)
{
    const r0_evolve_desc *d = run->desc;
    if (d->begin_canary || d->end_canary)
        return r0i_fail(run->context, R0_ERROR_ARGUMENT, "r0_evolve_desc: not zero-initialised (use R0_ZERO)");
    if (!d->model_folder || !d->run_folder)
        return r0i_fail(run->context, R0_ERROR_ARGUMENT, "r0_evolve_desc: model_folder and run_folder must be set");
    if (d->set_count < 0 || d->set_count > R0_MAX_SETS || (d->set_count && !d->sets))
        return r0i_fail(run->context, R0_ERROR_ARGUMENT, "r0_evolve_desc: set_count %d is not within 0..%d", d->set_count,
                        R0_MAX_SETS);
    return R0_OK;
}

static r0_status r0i_run_load_models(r0i_evolution *run)
{
    const char *folder = run->desc->model_folder;
    R0I_TRY(r0_tokenizer_load(run->context, folder, &run->tokenizer));
    R0I_TRY(r0_model_load(run->context, folder, &run->solver));
    R0I_TRY(r0i_model_allocate(run->context, &run->solver->config, &run->challenger));
    R0I_TRY(r0i_model_allocate(run->context, &run->solver->config, &run->reference));
    return r0_model_copy(run->challenger, run->solver);
}

// Every evaluation question must be askable: better to say so before hours of work than after.
static r0_status r0i_run_check_benches(r0i_evolution *run)
{
    r0_status status = R0_OK;
    for (int b = 0; !status && b < run->desc->set_count; b++) {
        const r0_evaluation_set *set = &run->desc->sets[b];
        r0i_arena arena = {run->context, NULL};
        r0_sequence *prompts = R0I_ARENA_NEW(&arena, r0_sequence, set->bench.count);
        status = prompts ? r0i_bench_prompts(run, &arena, set, 0, (int)set->bench.count, prompts) : R0_ERROR_MEMORY;
        r0i_arena_free(&arena);
    }
    return status;
}

static r0_status r0i_run_open(r0i_evolution *run, r0_context *context, const r0_evolve_desc *desc)
{
    memset(run, 0, sizeof *run);
    run->context = context;
    run->desc = desc;
    run->config = desc->config;
    run->seed = desc->seed;
    run->kept_arena.context = context;
    run->phase_start = run->iteration_start = run->last_checkpoint = r0i_seconds();
    R0I_TRY(r0i_run_check(run));
    run->result = R0I_NEW(context, r0_evolve_result, 1);
    if (!run->result) return R0_ERROR_MEMORY;
    if (desc->resume) R0I_TRY(r0i_run_read_config(run));
    R0I_TRY(r0i_config_within_limits(context, &run->config));
    run->recipe = *r0_grpo_recipe_find(run->config.recipe);
    R0I_TRY(r0i_run_load_models(run));
    R0I_TRY(r0i_run_check_benches(run));
    return desc->resume ? r0i_run_resume(run) : r0i_run_folder_start(run);
}

// The tokenizer's files, from one model folder to another.
static r0_status r0i_tokenizer_copy(r0_context *context, const char *from, const char *to)
{
    static const char *const names[] = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"};
    r0_status status = R0_OK;
    for (size_t i = 0; !status && i < R0I_COUNT(names); i++) {
        r0i_text source = {context, NULL, 0, 0, false}, target = {context, NULL, 0, 0, false};
        char *data = NULL;
        size_t size;
        r0i_text_print(&source, "%s/%s", from, names[i]);
        r0i_text_print(&target, "%s/%s", to, names[i]);
        if (source.failed || target.failed) status = R0_ERROR_MEMORY;
        else if (r0i_file_exists(source.data)) status = r0i_file_read(context, source.data, &data, &size);
        if (!status && data) status = r0i_file_write_atomic(context, target.data, data, size);
        r0i_free(context, data);
        r0i_text_free(&source);
        r0i_text_free(&target);
    }
    return status;
}

static r0_status r0i_run_save_model(r0i_evolution *run, r0_model *model, const char *name)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_run_path(run, &path, name);
    if (!status) status = r0_model_save(model, path.data);
    if (!status) status = r0i_tokenizer_copy(run->context, run->desc->model_folder, path.data);
    r0i_text_free(&path);
    return status;
}

// The evolved models as ordinary folders.
static r0_status r0i_run_finish(r0i_evolution *run)
{
    R0I_TRY(r0i_run_save_model(run, run->solver, "solver"));
    return r0i_run_save_model(run, run->challenger, "challenger");
}

static void r0i_run_close(r0i_evolution *run)
{
    r0_trainer_destroy(run->trainer);
    r0_model_destroy(run->challenger);
    r0_model_destroy(run->solver);
    r0_model_destroy(run->reference);
    r0_tokenizer_destroy(run->tokenizer);
    r0i_kept_clear(run);
    r0i_free(run->context, run->result);
}

// >>challenger
//
// The Challenger is paid for questions at the edge of what the Solver can do: the vote that splits evenly pays most.
// Left alone it would find one such question and repeat it, so every question also pays for its lookalikes in the same
// step. This chapter holds the lookalikes (BLEU and clusters) and the reward functions. With p the Solver's agreement
// on question x_i and C_k the cluster of lookalikes that x_i is in, among the R rollouts of the step:
//
//     uncertainty   u_i = 1 - 2 |p - 1/2|         1 where half the votes agree, 0 where all or none do
//     repetition    c_i = |C_k| / R               1/R for a question like no other
//     reward        r_i = max(0, u_i - c_i)       and 0 if the rollout holds no question (preset `paper`)
//
// Why this u: the Solver learns from a question through the variance of its own success, p (1 - p), which is largest
// at 1/2 and gone at 0 and 1; u is the same hill with straight slopes.

// -- texts and words by number --

// Numbers distinct byte strings from 0 in order of appearance: two strings have one number exactly when their bytes
// are the same, however they hash. Open addressing with linear probing.
typedef struct r0i_interner {
    r0_context *context;
    r0_span *keys;   // (count) borrowed
    uint32_t *slots; // (capacity) number + 1; 0: free
    size_t count, capacity;
} r0i_interner;

// Releases the table, not the texts.
static void r0i_interner_free(r0i_interner *in)
{
    r0i_free(in->context, in->keys);
    r0i_free(in->context, in->slots);
    memset(in, 0, sizeof *in);
}

// FNV-1a, 64 bits, with the high half folded in for the power-of-two table.
static size_t r0i_hash_bytes(r0_span text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.size; i++) hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 29);
}

static bool r0i_span_equal(r0_span a, r0_span b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

// The slot that holds `text`, or the free one where it belongs.
static size_t r0i_interner_slot(const r0i_interner *in, r0_span text)
{
    size_t mask = in->capacity - 1, i = r0i_hash_bytes(text) & mask;
    while (in->slots[i] && !r0i_span_equal(in->keys[in->slots[i] - 1], text)) i = (i + 1) & mask;
    return i;
}

// Doubles the table: it stays at most half full.
static r0_status r0i_interner_grow(r0i_interner *in)
{
    size_t capacity = R0I_MAX((size_t)64, in->capacity * 2);
    r0_span *keys = R0I_RENEW(in->context, in->keys, r0_span, capacity / 2);
    if (!keys) return R0_ERROR_MEMORY;
    in->keys = keys;
    uint32_t *slots = R0I_NEW(in->context, uint32_t, capacity);
    if (!slots) return R0_ERROR_MEMORY;
    r0i_free(in->context, in->slots);
    in->slots = slots;
    in->capacity = capacity;
    for (size_t n = 0; n < in->count; n++) in->slots[r0i_interner_slot(in, in->keys[n])] = (uint32_t)n + 1;
    return R0_OK;
}

// The number of `text`, whose bytes must outlive the interner.
static r0_status r0i_intern(r0i_interner *in, r0_span text, uint32_t *number)
{
    if (in->count * 2 >= in->capacity) R0I_TRY(r0i_interner_grow(in));
    if (in->count >= UINT32_MAX - 1) return r0i_fail(in->context, R0_ERROR_LIMIT, "more than 2^32 distinct texts");
    size_t slot = r0i_interner_slot(in, text);
    if (!in->slots[slot]) {
        in->keys[in->count] = text;
        in->slots[slot] = (uint32_t)++in->count;
    }
    *number = in->slots[slot] - 1;
    return R0_OK;
}

// Bytes of the white-space character at `i`, 0 if there is none. What Python's str.split and \s take for white
// space: U+0009-000D, 001C-001F, 0020, 0085, 00A0, 1680, 2000-200A, 2028, 2029, 202F, 205F, 3000.
static size_t r0i_space_at(r0_span text, size_t i)
{
    if (i >= text.size) return 0;
    const unsigned char *s = (const unsigned char *)text.data + i;
    size_t left = text.size - i;
    if (s[0] == ' ' || (s[0] >= 9 && s[0] <= 13) || (s[0] >= 0x1C && s[0] <= 0x1F)) return 1;
    if (left >= 2 && s[0] == 0xC2 && (s[1] == 0x85 || s[1] == 0xA0)) return 2;
    if (left < 3) return 0;
    if (s[0] == 0xE1) return s[1] == 0x9A && s[2] == 0x80 ? 3 : 0;
    if (s[0] == 0xE3) return s[1] == 0x80 && s[2] == 0x80 ? 3 : 0;
    if (s[0] != 0xE2) return 0;
    if (s[1] == 0x81) return s[2] == 0x9F ? 3 : 0;
    return s[1] == 0x80 && (s[2] <= 0x8A || s[2] == 0xA8 || s[2] == 0xA9 || s[2] == 0xAF) ? 3 : 0;
}

// The next word at or after *i, and *i behind it; an empty span at the end.
static r0_span r0i_next_word(r0_span text, size_t *i)
{
    size_t space;
    while ((space = r0i_space_at(text, *i)) > 0) *i += space;
    r0_span word = {text.data, 0};
    if (*i < text.size) word.data += *i;
    while (*i < text.size && !r0i_space_at(text, *i)) word.size++, ++*i;
    return word;
}

// -- sentence BLEU-4 --

//
// How much of the hypothesis is found in the reference, as the geometric mean over k = 1..4 of the share of its
// k-grams (k words in a row) that the reference holds too. Example: hypothesis "a b c", reference "a b d". Words: 2
// of 3. Pairs: 1 of 2. Triples: 0 of 1, taken as 0.1 of 1. Of four there are none, taken as 0.1 of 1 as well. So
// BLEU = (2/3 * 1/2 * 1/10 * 1/10)^(1/4) = 0.24. Short texts score low even against themselves: "a" against "a"
// gives 0.18, below the 0.5 that makes a repeat, so one-word questions never cluster. Two empty texts score 0: in
// `released`, which clusters malformed rollouts as empty texts, each of them is a cluster of its own and pays 1/R.

enum { R0I_BLEU_ORDER = 4 };

// A sum of four, rounded once: the error of each addition is carried along (Knuth's two-sum), as NLTK's fsum does,
// so that equal distances stay equal and the clusters fall as they do there.
static double r0i_sum_exact(const double *values, int count)
{
    double sum = 0, error = 0;
    for (int i = 0; i < count; i++) {
        double next = sum + values[i], part = next - sum;
        error += (sum - (next - part)) + (values[i] - part);
        sum = next;
    }
    return sum + error;
}

// BLEU = brevity * exp(1/4 sum_k log p_k), p_k = matches_k / (k-grams of the hypothesis), each k-gram matched at
// most as often as the reference holds it; method1: a count of 0 becomes 1/10. No word in common: 0.
static double r0i_bleu(const int32_t matches[R0I_BLEU_ORDER], int64_t hypothesis_words, int64_t reference_words)
{
    double logs[R0I_BLEU_ORDER];
    if (!matches[0]) return 0;
    for (int k = 0; k < R0I_BLEU_ORDER; k++) {
        double grams = (double)R0I_MAX(1, hypothesis_words - k);
        logs[k] = .25 * log((matches[k] ? (double)matches[k] : .1) / grams);
    }
    double longer = (double)reference_words / (double)hypothesis_words, brevity = longer < 1 ? 1 : exp(1 - longer);
    return brevity * exp(r0i_sum_exact(logs, R0I_BLEU_ORDER));
}

// -- BLEU of all pairs --
//
// A pair of texts costs only for the k-grams it shares: every k-gram lists the texts that hold it. Words
// become numbers, and so do k-grams (a k-gram is the bytes of k word numbers in a row, so all four
// orders share one numbering).

typedef struct r0i_gram_count {
    uint32_t gram;
    int32_t count; // how often a text holds it
} r0i_gram_count;

typedef struct r0i_posting {
    int32_t text, count; // the text holds the k-gram `count` times
} r0i_posting;

typedef struct r0i_bleu_index {
    r0_context *context;
    int count;             // texts
    uint32_t *words;       // the word numbers of all texts, one after another
    size_t *begin;         // (count + 1) of each text in `words`
    r0i_interner grams;
    r0i_gram_count *held;  // the k-grams of all texts, each once a text, one text after another
    size_t *held_begin;    // (count + 1) of each text in `held`
    uint32_t *first;       // (k-grams + 1) where the postings of a k-gram begin
    uint32_t *filled;      // (k-grams) and how many of them there are so far
    r0i_posting *postings;
    int32_t *matches;      // (count, 4) of every earlier text with the current one
} r0i_bleu_index;

static void r0i_bleu_index_free(r0i_bleu_index *x)
{
    r0i_interner_free(&x->grams);
    void *const blocks[] = {x->words, x->begin, x->held, x->held_begin, x->first, x->filled, x->postings, x->matches};
    for (size_t i = 0; i < R0I_COUNT(blocks); i++) r0i_free(x->context, blocks[i]);
}

// Splits the texts into word numbers.
static r0_status r0i_bleu_index_words(r0i_bleu_index *x, const r0_span *texts)
{
    size_t total = 0;
    for (int t = 0; t < x->count; t++)
        for (size_t i = 0; r0i_next_word(texts[t], &i).size;) total++;
    if (total > UINT32_MAX / R0I_BLEU_ORDER - 1)
        return r0i_fail(x->context, R0_ERROR_LIMIT, "BLEU: %zu words are too many", total);
    x->words = R0I_NEW(x->context, uint32_t, total + 1);
    x->begin = R0I_NEW(x->context, size_t, (size_t)x->count + 1);
    if (!x->words || !x->begin) return R0_ERROR_MEMORY;
    r0i_interner numbers = {x->context, NULL, NULL, 0, 0};
    r0_status status = R0_OK;
    size_t used = 0;
    for (int t = 0; t < x->count && !status; t++) {
        r0_span word;
        for (size_t i = 0; !status && (word = r0i_next_word(texts[t], &i)).size;)
            status = r0i_intern(&numbers, word, &x->words[used++]);
        x->begin[t + 1] = used;
    }
    r0i_interner_free(&numbers);
    return status;
}

// Appends the k-grams of text t to `held`. at (4 words): per k-gram, its place in `held` + 1 if a text held it before.
static r0_status r0i_bleu_index_hold(r0i_bleu_index *x, int t, uint32_t *at)
{
    size_t end = x->begin[t + 1], first = x->held_begin[t], used = first;
    for (size_t w = x->begin[t]; w < end; w++)
        for (size_t k = 1; k <= R0I_BLEU_ORDER && w + k <= end; k++) {
            r0_span bytes = {(const char *)(x->words + w), k * sizeof *x->words};
            uint32_t gram;
            R0I_TRY(r0i_intern(&x->grams, bytes, &gram));
            if (at[gram] <= first) {
                x->held[used].gram = gram;
                at[gram] = (uint32_t)++used;
            }
            x->held[at[gram] - 1].count++;
        }
    x->held_begin[t + 1] = used;
    return R0_OK;
}

// Numbers all k-grams and makes room for the postings of each.
static r0_status r0i_bleu_index_grams(r0i_bleu_index *x)
{
    size_t most = x->begin[x->count] * R0I_BLEU_ORDER + 1;
    uint32_t *at = R0I_NEW(x->context, uint32_t, most);
    x->held = R0I_NEW(x->context, r0i_gram_count, most);
    x->held_begin = R0I_NEW(x->context, size_t, (size_t)x->count + 1);
    r0_status status = at && x->held && x->held_begin ? R0_OK : R0_ERROR_MEMORY;
    for (int t = 0; t < x->count && !status; t++) status = r0i_bleu_index_hold(x, t, at);
    r0i_free(x->context, at);
    R0I_TRY(status);
    x->first = R0I_NEW(x->context, uint32_t, x->grams.count + 1);
    x->filled = R0I_NEW(x->context, uint32_t, x->grams.count + 1);
    if (!x->first || !x->filled) return R0_ERROR_MEMORY;
    for (size_t h = 0; h < x->held_begin[x->count]; h++) x->first[x->held[h].gram + 1]++;
    for (size_t g = 0; g < x->grams.count; g++) x->first[g + 1] += x->first[g];
    return R0_OK;
}

static r0_status r0i_bleu_index_create(r0_context *context, const r0_span *texts, int count, r0i_bleu_index *x)
{
    memset(x, 0, sizeof *x);
    x->context = x->grams.context = context;
    x->count = count;
    R0I_TRY(r0i_bleu_index_words(x, texts));
    R0I_TRY(r0i_bleu_index_grams(x));
    x->postings = R0I_NEW(context, r0i_posting, x->held_begin[count]);
    x->matches = R0I_NEW(context, int32_t, (size_t)count * R0I_BLEU_ORDER);
    return x->postings && x->matches ? R0_OK : R0_ERROR_MEMORY;
}

// Adds text t (in order from 0): x->matches then holds its matches with every earlier text.
static void r0i_bleu_index_add(r0i_bleu_index *x, int t)
{
    memset(x->matches, 0, (size_t)t * R0I_BLEU_ORDER * sizeof *x->matches);
    for (size_t h = x->held_begin[t]; h < x->held_begin[t + 1]; h++) {
        uint32_t gram = x->held[h].gram, known = x->filled[gram]++;
        int32_t count = x->held[h].count;
        r0i_posting *postings = x->postings + x->first[gram], mine = {t, count};
        int32_t *matches = x->matches + x->grams.keys[gram].size / sizeof *x->words - 1; // of the k-gram's order
        for (uint32_t p = 0; p < known; p++)
            matches[(size_t)postings[p].text * R0I_BLEU_ORDER] += R0I_MIN(count, postings[p].count);
        postings[known] = mine;
    }
}

// BLEU of hypothesis i against reference j, when text j > i was the last one added.
static double r0i_bleu_index_pair(const r0i_bleu_index *x, int i, int j)
{
    return r0i_bleu(x->matches + (size_t)i * R0I_BLEU_ORDER, (int64_t)(x->begin[i + 1] - x->begin[i]),
                    (int64_t)(x->begin[j + 1] - x->begin[j]));
}

R0_API r0_status r0_repetition_bleu(r0_context *context, r0_span hypothesis, r0_span reference, double *bleu)
{
    r0_span texts[2] = {hypothesis, reference};
    r0i_bleu_index x;
    *bleu = 0;
    r0_status status = r0i_bleu_index_create(context, texts, 2, &x);
    for (int t = 0; t < 2 && !status; t++) r0i_bleu_index_add(&x, t);
    if (!status) *bleu = r0i_bleu_index_pair(&x, 0, 1);
    r0i_bleu_index_free(&x);
    return status;
}

// -- average-linkage clusters --
//
// Start with every text alone and merge the two closest clusters, again and again, while they are closer than the
// threshold; the distance of two clusters is the mean over all pairs between them. Taken literally that is O(n^3). The
// nearest-neighbour chain (Benzecri 1982, Murtagh 1983) finds the same merges in O(n^2): walk from any cluster to its
// nearest neighbour, from there to its nearest, ... until two are each other's nearest, merge them and walk on from
// where the chain stood. Merges come in another order, so the threshold is applied to each merge's own distance.

// Where the distance of i and j stands: the upper triangle, by row.
static double *r0i_pair(double *distance, int n, int i, int j)
{
    size_t a = (size_t)R0I_MIN(i, j), b = (size_t)R0I_MAX(i, j);
    return distance + a * (2 * (size_t)n - a - 1) / 2 + b - a - 1;
}

// distance (n (n - 1) / 2): 1 - BLEU of every pair.
static r0_status r0i_bleu_distances(r0_context *context, const r0_span *texts, int n, double *distance)
{
    r0i_bleu_index x;
    r0_status status = r0i_bleu_index_create(context, texts, n, &x);
    for (int j = 0; j < n && !status; j++) {
        r0i_bleu_index_add(&x, j);
        for (int i = 0; i < j; i++) *r0i_pair(distance, n, i, j) = 1 - r0i_bleu_index_pair(&x, i, j);
        if (j % 64 == 63) status = r0i_check_cancel(context);
    }
    r0i_bleu_index_free(&x);
    return status;
}

// The state of the nearest-neighbour chain: slot i < n holds a cluster of size[i] texts, or none.
typedef struct r0i_linkage {
    int n;
    double *distance; // of slots; overwritten as clusters merge
    int *size;        // (n)
    int *chain;       // (n) every entry the nearest neighbour of the one before
    int length;
    int *parent;      // (n) union-find over the texts
} r0i_linkage;

static int r0i_find_root(int *parent, int i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

// The nearest neighbour of the chain's last slot. Among equals the previous entry wins, else the chain could go in
// circles; then the lowest slot. SciPy's linkage, on which scikit-learn's clusters stand, breaks ties this way.
static int r0i_linkage_nearest(const r0i_linkage *s, double *nearest)
{
    int x = s->chain[s->length - 1], y = s->length > 1 ? s->chain[s->length - 2] : -1;
    *nearest = y >= 0 ? *r0i_pair(s->distance, s->n, x, y) : INFINITY;
    for (int i = 0; i < s->n; i++) {
        if (!s->size[i] || i == x) continue;
        double d = *r0i_pair(s->distance, s->n, x, i);
        if (d < *nearest) *nearest = d, y = i;
    }
    return y;
}

// Slot x joins slot y > x; average linkage: d(i, x + y) = (|x| d(i, x) + |y| d(i, y)) / (|x| + |y|).
static void r0i_linkage_merge(r0i_linkage *s, int x, int y)
{
    double a = s->size[x], b = s->size[y];
    s->size[x] = 0;
    s->size[y] = (int)(a + b);
    for (int i = 0; i < s->n; i++) {
        if (!s->size[i] || i == y) continue;
        double *d = r0i_pair(s->distance, s->n, i, y);
        *d = (a * *r0i_pair(s->distance, s->n, i, x) + b * *d) / (a + b);
    }
}

// Grows the chain until its last two slots are each other's nearest neighbours, then merges them. Average linkage
// is reducible (a merge never brings a third cluster closer than its nearer part was), so what is left of the chain
// stays a chain of nearest neighbours and can be walked on.
static void r0i_linkage_step(r0i_linkage *s, double threshold)
{
    if (!s->length)
        for (int i = 0; !s->length; i++)
            if (s->size[i]) s->chain[s->length++] = i;
    for (;;) {
        double d;
        int x = s->chain[s->length - 1], y = r0i_linkage_nearest(s, &d);
        if (s->length < 2 || y != s->chain[s->length - 2]) {
            s->chain[s->length++] = y;
            continue;
        }
        s->length -= 2;
        if (d < threshold) s->parent[r0i_find_root(s->parent, x)] = r0i_find_root(s->parent, y);
        r0i_linkage_merge(s, R0I_MIN(x, y), R0I_MAX(x, y));
        return;
    }
}

// parent (n): the union-find forest of the clusters closer than `threshold`; destroys `distance`.
static r0_status r0i_cluster_average(r0_context *context, double *distance, int n, double threshold, int *parent)
{
    r0i_linkage s = {n, distance, NULL, NULL, 0, parent};
    s.size = R0I_NEW(context, int, n);
    s.chain = R0I_NEW(context, int, n);
    r0_status status = s.size && s.chain ? R0_OK : R0_ERROR_MEMORY;
    for (int i = 0; i < n && !status; i++) s.size[i] = 1, parent[i] = i;
    for (int merge = 1; merge < n && !status; merge++) {
        r0i_linkage_step(&s, threshold);
        if (merge % 256 == 0) status = r0i_check_cancel(context);
    }
    r0i_free(context, s.size);
    r0i_free(context, s.chain);
    return status;
}

// share_i = |C_k| / denominator, and the clusters numbered in order of appearance. tally (n): zero.
static void r0i_cluster_shares(int *parent, int n, int denominator, int *tally, float *share, int *labels)
{
    int next = 0;
    for (int i = 0; i < n; i++) tally[r0i_find_root(parent, i)]++;
    for (int i = 0; i < n; i++) share[i] = (float)((double)tally[r0i_find_root(parent, i)] / denominator);
    for (int i = 0; i < n && labels; i++) { // a root's tally is no longer needed: it now holds the cluster's number
        int root = r0i_find_root(parent, i);
        if (tally[root] > 0) tally[root] = -1 - next++;
        labels[i] = -1 - tally[root];
    }
}

R0_API r0_status r0_repetition_share(r0_context *context, const r0_span *questions, int count, int denominator,
                                     float *share, int *labels)
{
    if (count < 0 || count > 32768)
        return r0i_fail(context, R0_ERROR_LIMIT, "repetition: %d questions are not within 0..32768", count);
    if (denominator < 0)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "repetition: denominator %d is negative", denominator);
    size_t n = (size_t)count, pairs = n ? n * (n - 1) / 2 : 0;
    double *distance = R0I_NEW(context, double, pairs);
    int *parent = R0I_NEW(context, int, n), *tally = R0I_NEW(context, int, n);
    r0_status status = distance && parent && tally ? R0_OK : R0_ERROR_MEMORY;
    if (!status) status = r0i_bleu_distances(context, questions, count, distance);
    if (!status) status = r0i_cluster_average(context, distance, count, .5, parent);
    if (!status) r0i_cluster_shares(parent, count, denominator ? denominator : count, tally, share, labels);
    r0i_free(context, distance);
    r0i_free(context, parent);
    r0i_free(context, tally);
    return status;
}

R0_API r0_status r0_text_repeats(r0_context *context, const r0_span *texts, int count, int *repeated)
{
    r0i_interner in = {context, NULL, NULL, 0, 0};
    int *first = R0I_NEW(context, int, R0I_MAX(0, count));
    r0_status status = first ? R0_OK : R0_ERROR_MEMORY;
    for (int i = 0; i < count && !status; i++) {
        size_t known = in.count;
        uint32_t number;
        status = r0i_intern(&in, texts[i], &number);
        if (status) break;
        if (in.count > known) first[number] = i;
        repeated[i] = first[number];
    }
    r0i_interner_free(&in);
    r0i_free(context, first);
    return status;
}

// -- rewards --
//
//     preset       a question                          no question
//     paper        max(0, 1 - 2 |p - 1/2| - share)     0
//     released     min(p, 1 - p) - share               -1 - share
//     tiny         1 - 2 |p - 1/2| - share             -1
//
// GRPO subtracts the group's mean and divides by its std, so a factor of 2 over all rewards would change nothing;
// but it does change how much uncertainty weighs against repetition, and that is how `paper` and `released` differ.

// Paper, equations 3 to 5: uncertainty 1 - 2|p - 1/2| minus repetition, never below 0; malformed: 0.
R0_API double r0_challenger_reward_paper(bool valid, double agreement, double share)
{
    return valid ? R0I_MAX(0.0, 1 - 2 * fabs(agreement - .5) - share) : 0;
}

// caller_penalty.py: min(p, 1 - p), half as steep and not clamped; malformed: -1, and it pays for repetition too.
R0_API double r0_challenger_reward_released(bool valid, double agreement, double share)
{
    return (valid ? R0I_MIN(agreement, 1 - agreement) : -1) - share;
}

// The paper's uncertainty without the clamp, so that repetition still tells worthless questions apart.
R0_API double r0_challenger_reward_tiny(bool valid, double agreement, double share)
{
    return valid ? 1 - 2 * fabs(agreement - .5) - share : -1;
}

// The Solver's rewards. `paper` and `released` differ by the format: a Solver paid for it keeps thinking in tags.
R0_API double r0_solver_reward_paper(bool correct)
{
    return correct ? 1 : 0;
}

R0_API double r0_solver_reward_released(bool correct, r0_span response)
{
    return .9 * correct + .1 * r0_response_has_format(response);
}

R0_API double r0_solver_reward_tiny(bool correct, bool boxed, bool finished)
{
    return .9 * correct + .1 * (boxed && finished);
}

// The first place at or after `i` that is not white space.
static size_t r0i_skip_space(r0_span text, size_t i)
{
    for (size_t space; (space = r0i_space_at(text, i)) > 0;) i += space;
    return i;
}

// Whether `tag` stands at `i`, with white space allowed around its <, > and /; *end: behind it.
static bool r0i_tag_at(r0_span text, size_t i, const char *tag, size_t *end)
{
    for (; *tag; tag++) {
        bool loose = *tag == '<' || *tag == '>' || *tag == '/';
        if (loose) i = r0i_skip_space(text, i);
        if (i >= text.size || text.data[i] != *tag) return false;
        i++;
        if (loose) i = r0i_skip_space(text, i);
    }
    *end = i;
    return true;
}

// The first `tag` from *at on; *at moves behind it. The expression has `.*` between its parts, so first is enough.
static bool r0i_tag_find(r0_span text, const char *tag, size_t *at)
{
    for (size_t i = *at; i < text.size; i++)
        if (r0i_tag_at(text, i, tag, at)) return true;
    return false;
}

R0_API bool r0_response_has_format(r0_span response)
{
    size_t at = 0;
    return r0i_tag_at(response, 0, "<think>", &at) && r0i_tag_find(response, "</think>", &at) &&
           r0i_tag_find(response, "\\boxed{", &at) && r0i_tag_find(response, "}", &at);
}

// -- the challenger phase --

// The challenger's prompt, the same for every rollout.
static r0_status r0i_challenger_prompt(r0i_evolution *run, r0i_arena *arena, r0_sequence *prompt)
{
    r0i_text text = {run->context, NULL, 0, 0, false};
    int32_t *ids = NULL;
    int count = 0;
    r0_status status = r0i_prompt_template(run, run->config.challenger_system, run->config.challenger_prompt, &text);
    if (!status) {
        r0_span whole = {text.data, text.size};
        status = r0i_prompt_encode(run, arena, whole, r0i_span_of(""), &ids, &count);
    }
    r0i_text_free(&text);
    prompt->tokens = ids;
    prompt->length = prompt->prompt_length = count;
    return status;
}

// Whether a question may be asked: well formed, wanted by the task, and encodable as plain text.
static r0_status r0i_question_admit(r0i_evolution *run, r0i_arena *arena, r0_span solver_template, r0i_question *q)
{
    const r0_task *task = &run->desc->task;
    if (task->valid && !task->valid(task->user, q->text)) return R0_OK;
    r0_status status = r0i_prompt_encode(run, arena, solver_template, q->text, &q->prompt, &q->prompt_length);
    if (status == R0_ERROR_ARGUMENT) return R0_OK; // a byte that the vocabulary lacks
    int room = run->solver->config.max_positions - run->config.vote_sampling.max_new_tokens;
    q->valid = !status && q->prompt_length <= room;
    return status;
}

// Parses every rollout into a question; those that are malformed or cannot be asked stay invalid.
static r0_status r0i_questions_parse(r0i_evolution *run, r0i_arena *arena, const r0_rollouts *rollouts, r0i_question *questions)
{
    r0i_text solver = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_prompt_template(run, run->config.solver_system, run->config.solver_prompt, &solver);
    for (int i = 0; !status && i < rollouts->count; i++) {
        r0_span text, template_text = {solver.data, solver.size};
        r0i_question *q = &questions[i];
        status = r0i_rollout_text(run, arena, &rollouts->items[i], &text);
        if (!status && rollouts->items[i].finished && r0i_proposal_parse(text, &q->text, &q->own_answer))
            status = r0i_question_admit(run, arena, template_text, q);
    }
    r0i_text_free(&solver);
    return status;
}

// shares (count): how much each question repeats the others of the step. `paper` and `tiny` look at valid questions
// only; `released` clusters malformed ones too, as empty texts.
static r0_status r0i_question_shares(r0i_evolution *run, r0i_arena *arena, const r0i_question *questions, int count, float *share)
{
    if (run->config.no_repetition_penalty) return R0_OK;
    bool all = run->config.rules == R0_RULES_RELEASED;
    r0_span *texts = R0I_ARENA_NEW(arena, r0_span, count);
    float *shares = R0I_ARENA_NEW(arena, float, count);
    if (!texts || !shares) return R0_ERROR_MEMORY;
    int taken = 0;
    for (int i = 0; i < count; i++)
        if (all || questions[i].valid) texts[taken++] = questions[i].valid ? questions[i].text : r0i_span_of("");
    if (taken) R0I_TRY(r0_repetition_share(run->context, texts, taken, count, shares, NULL));
    for (int i = 0, at = 0; i < count; i++)
        if (all || questions[i].valid) share[i] = shares[at++];
    return R0_OK;
}

static double r0i_challenger_reward(r0_rules rules, const r0i_question *q, double share)
{
    static const r0_challenger_reward_fn rewards[] = {r0_challenger_reward_paper, r0_challenger_reward_released,
                                                      r0_challenger_reward_tiny};
    return rewards[rules](q->valid, q->vote.agreement, share);
}

// One roll-out of the challenger: propose, let the frozen solver vote, reward what splits its votes, update.
static r0_status r0i_challenger_step(r0i_evolution *run, r0i_arena *arena)
{
    const r0_phase_config *c = &run->config.challenger;
    r0i_key key = r0i_run_key(run);
    r0_sequence *prompts = R0I_ARENA_NEW(arena, r0_sequence, c->groups);
    int count = c->groups * c->n;
    r0i_question *questions = R0I_ARENA_NEW(arena, r0i_question, count);
    float *share = R0I_ARENA_NEW(arena, float, count), *rewards = R0I_ARENA_NEW(arena, float, count);
    if (!prompts || !questions || !share || !rewards) return R0_ERROR_MEMORY;
    R0I_TRY(r0i_challenger_prompt(run, arena, &prompts[0]));
    for (int g = 1; g < c->groups; g++) prompts[g] = prompts[0];
    r0_rollouts rollouts;
    R0I_TRY(r0i_run_generate(run, run->challenger, prompts, c->groups, c->n, &c->sampling, r0i_key_derive(key, 0), &rollouts));
    r0i_step_metrics metrics;
    r0_status status = r0i_questions_parse(run, arena, &rollouts, questions);
    if (!status) status = r0i_questions_vote(run, arena, questions, count, run->config.votes, false, r0i_key_derive(key, 1));
    if (!status) status = r0i_question_shares(run, arena, questions, count, share);
    for (int i = 0; !status && i < count; i++)
        rewards[i] = (float)r0i_challenger_reward(run->config.rules, &questions[i], (double)share[i]);
    if (!status)
        status = r0i_grpo_update(run, arena, c, prompts, &rollouts, rewards, r0i_key_derive(key, 2), &metrics);
    if (!status) status = r0i_challenger_metrics(run, &metrics, questions, count, share);
    r0_rollouts_free(run->context, &rollouts);
    return status;
}

static r0_status r0i_challenger_phase(r0i_evolution *run)
{
    int steps = run->config.frozen_challenger ? 0 : run->config.challenger.steps;
    R0I_TRY(r0i_phase_begin(run, run->challenger, "challenger", steps));
    while (run->step < steps) {
        r0i_arena arena = {run->context, NULL};
        r0_status status = r0i_challenger_step(run, &arena);
        r0i_arena_free(&arena);
        R0I_TRY(status);
        R0I_TRY(r0i_run_step_done(run));
    }
    return r0i_run_advance(run, R0I_PHASE_CURATION);
}

// >>vote
//
// No human label exists, so the Solver's own majority is the label: m answers to one question, grouped by meaning.
// How many agree tells two things: what the label is, and whether the question is worth learning from. All agree:
// nothing to learn. All differ: nothing to trust. Curation keeps what lies between.
//
// Meaning is not transitive in practice (1/3 may equal 0.333 and 0.333 equal 0.3333 where 1/3 does not), so grouping
// depends on order; "first match" is the order of the released code: an answer is compared with the first answer of
// each group, the oldest group first, and joins the first that accepts it. m answers cost at most m (m - 1) calls of
// the judge, and far fewer when they agree.
//
//     preset                        empty answers                 the rest
//     paper, tiny                   count, cannot win             equal as the judge says
//     released, Challenger's reward count, cannot win             and two answers that hold "no " are equal
//     released, curation            leave the denominator         the same
//
// (In the released code an answer without a box is the text "None", MathRuler's default, and takes part in the vote:
// it can win, and then the question is dropped. Hand in "None" for an empty answer to have that.)

// -- extraction --
//
// A response argues first and answers last, so everything here prefers what stands last. All scans are linear in the
// text: they run on whatever a model wrote, megabytes of "\boxed{" included.

static bool r0i_is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool r0i_is_digit(char c) { return c >= '0' && c <= '9'; }
static bool r0i_is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static char r0i_fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

// Is `c` among the characters of `set`? A zero byte never is.
static bool r0i_one_of(char c, const char *set) { return c && strchr(set, c); }

static r0_span r0i_span(const char *begin, const char *end)
{
    r0_span span = {begin, begin < end ? (size_t)(end - begin) : 0};
    return span;
}

static r0_span r0i_trim(r0_span span)
{
    while (span.size && r0i_is_space(span.data[0])) span.data++, span.size--;
    while (span.size && r0i_is_space(span.data[span.size - 1])) span.size--;
    return span;
}

// Does `word` stand at `at`? `word` in lower case; the text in any.
static bool r0i_word_at(const char *at, const char *end, const char *word)
{
    while (*word)
        if (at >= end || r0i_fold(*at++) != *word++) return false;
    return true;
}

// Is the character at `at` escaped, that is, preceded by an odd number of backslashes?
static bool r0i_escaped(const char *begin, const char *at)
{
    const char *c = at;
    while (c > begin && c[-1] == '\\') c--;
    return (at - c) & 1;
}

// The brace that closes the one at `open`; NULL when nothing does. \{ and \} are set brackets, not groups.
static const char *r0i_brace_close(const char *open, const char *end)
{
    size_t depth = 0;
    for (const char *c = open; c < end; c++) {
        if (*c == '\\') c++;
        else if (*c == '{') depth++;
        else if (*c == '}' && --depth == 0) return c;
    }
    return NULL;
}

// The opening brace of a box that begins at `at`, or NULL.
static const char *r0i_box_open(const char *at, const char *end)
{
    size_t left = (size_t)(end - at), word = 0;
    if (left > 6 && !memcmp(at, "\\boxed", 6)) word = 6;
    else if (left > 5 && !memcmp(at, "\\fbox", 5)) word = 5;
    if (!word) return NULL;
    for (at += word; at < end && r0i_is_space(*at);) at++;
    return at < end && *at == '{' ? at : NULL;
}

// Begin of the last balanced box in [begin, end). One backward pass: `lowest` is the least nesting depth that the text
// after `c` reaches relative to `c`; a brace that opens there is closed iff that is below zero.
static const char *r0i_box_last(const char *begin, const char *end, const char **open)
{
    ptrdiff_t lowest = 0;
    const char *closed = NULL; // the leftmost balanced brace so far, right of c
    for (const char *c = end; c-- > begin;) {
        bool brace = (*c == '{' || *c == '}') && !r0i_escaped(begin, c);
        if (brace && *c == '{') {
            if (lowest < 0) closed = c;
            lowest = R0I_MIN((ptrdiff_t)0, lowest + 1);
        } else if (brace) {
            lowest = R0I_MIN((ptrdiff_t)0, lowest - 1);
        } else if (*c == '\\' && closed && (*open = r0i_box_open(c, end)) == closed) {
            return c;
        }
    }
    return NULL;
}

// May a box `gap` before the next one belong to the same list of answers? Near ones do; a bit further, with a separator,
// unless it says the same again.
static bool r0i_boxes_join(r0_span gap, bool again)
{
    if (gap.size < 10) return true;
    if (gap.size >= 70 || again) return false;
    for (const char *c = gap.data, *end = c + gap.size; c < end; c++) {
        if (*c == ',' || *c == ';') return true;
        bool starts = c == gap.data || !r0i_is_letter(c[-1]);
        size_t word = r0i_word_at(c, end, "and") ? 3 : r0i_word_at(c, end, "or") ? 2 : 0;
        if (starts && word && (c + word == end || !r0i_is_letter(c[word]))) return true;
    }
    return false;
}

// The last box's content; with `several`, the list of boxes that ends there.
static bool r0i_extract_boxed(r0_span text, bool several, r0_span *answer, const char **box_end)
{
    const char *begin = text.data, *end = begin + text.size, *open;
    const char *box = r0i_box_last(begin, end, &open);
    if (!box) return false;
    const char *close = r0i_brace_close(open, end), *first = box;
    r0_span content = r0i_trim(r0i_span(open + 1, close));
    *answer = content;
    *box_end = close + 1;
    while (several) {
        const char *before = r0i_box_last(begin, first, &open);
        const char *before_close = before ? r0i_brace_close(open, first) : NULL;
        if (!before_close) break;
        r0_span earlier = r0i_trim(r0i_span(open + 1, before_close));
        if (!r0i_boxes_join(r0i_span(before_close + 1, first), r0i_span_equal(earlier, content))) break;
        content = earlier;
        first = before;
        *answer = r0i_span(first, close + 1);
    }
    return true;
}

// How far an opening delimiter looks for its end, and how long a number may be: keeps the scans linear.
enum { R0I_FORMULA_REACH = 8192, R0I_NUMBER_REACH = 256 };

// A formula between delimiters, or a number; `begin`..`end` with them, `content` without.
typedef struct r0i_piece {
    const char *begin, *end;
    r0_span content;
} r0i_piece;

static bool r0i_piece_between(const char *at, const char *end, const char *open, const char *close, bool lines,
                              r0i_piece *piece)
{
    size_t opens = strlen(open), closes = strlen(close);
    if ((size_t)(end - at) < opens + closes || memcmp(at, open, opens)) return false;
    const char *from = at + opens;
    if (end - from > R0I_FORMULA_REACH) end = from + R0I_FORMULA_REACH;
    for (const char *c = from; c + closes <= end && (lines || *c != '\n'); c++) {
        if (*c == '\\' && *close != '\\') {
            c++;
        } else if (!memcmp(c, close, closes)) {
            if (c == from) return false;
            piece->begin = at, piece->end = c + closes, piece->content = r0i_trim(r0i_span(from, c));
            return true;
        }
    }
    return false;
}

// A number within braces: "{12.5}". Returns its end, NULL when there is none.
static const char *r0i_braced_number(const char *c, const char *end)
{
    if (c >= end || *c++ != '{') return NULL;
    if (c < end && *c == '-') c++;
    const char *digits = c;
    while (c < end && (r0i_is_digit(*c) || ((*c == '.' || *c == ',') && c > digits))) c++;
    return c > digits && c < end && *c == '}' ? c + 1 : NULL;
}

static bool r0i_piece_fraction(const char *at, const char *end, r0i_piece *piece)
{
    const char *c = at + (at < end && *at == '-');
    if (end - c < 5 || memcmp(c, "\\frac", 5)) return false;
    c = r0i_braced_number(c + 5, end);
    c = c ? r0i_braced_number(c, end) : NULL;
    if (!c) return false;
    piece->begin = at, piece->end = c, piece->content = r0i_span(at, c);
    return true;
}

static bool r0i_piece_math(const char *begin, const char *at, const char *end, r0i_piece *piece)
{
    if (*at == '$' && (at == begin || (at[-1] != '\\' && !r0i_is_digit(at[-1]))))
        return r0i_piece_between(at, end, "$$", "$$", true, piece) || r0i_piece_between(at, end, "$", "$", false, piece);
    if (*at == '-' || *at == '\\')
        if (r0i_piece_fraction(at, end, piece)) return true;
    if (*at != '\\' || at + 1 >= end || (at[1] != '[' && at[1] != '(') || r0i_escaped(begin, at)) return false;
    return r0i_piece_between(at, end, "\\[", "\\]", true, piece) || r0i_piece_between(at, end, "\\(", "\\)", false, piece);
}

// A currency sign at `at`: its size in bytes, 0 when there is none.
static size_t r0i_currency_at(const char *at, const char *end)
{
    static const char *const signs[] = {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "\xE2\x82\xB9"}; // dollar, euro, pound, yen, rupee
    for (size_t i = 0; i < R0I_COUNT(signs); i++) {
        size_t size = strlen(signs[i]);
        if ((size_t)(end - at) >= size && !memcmp(at, signs[i], size)) return size;
    }
    return 0;
}

// A number or arithmetic that stands free: after white space, '=' or the text's begin, with a digit near its front.
// Arithmetic characters extend it as long as the last one that closes it is a digit or a bracket.
static bool r0i_piece_number(const char *begin, const char *at, const char *end, r0i_piece *piece)
{
    if (at > begin && !r0i_is_space(at[-1]) && at[-1] != '=' && at[-1] != '*') return false;
    const char *c = at + r0i_currency_at(at, end), *from = c, *last = NULL;
    if (end - c > R0I_NUMBER_REACH) end = c + R0I_NUMBER_REACH;
    while (c < end && (*c == '-' || *c == '(')) c++;
    if (c + 1 < end && *c == '.' && r0i_is_digit(c[1])) c++;
    if (c >= end || !r0i_is_digit(*c)) return false;
    for (; c < end; c++) {
        bool joins = (*c == '.' || *c == ',') && c + 1 < end && r0i_is_digit(c[1]) && c > from && r0i_is_digit(c[-1]);
        if (last && r0i_is_digit(*c) && c[-1] == ' ' && last[-1] != ')' && r0i_is_space(*last)) {
            const char *gap = last;
            while (gap < c && *gap == ' ') gap++;
            if (gap == c) break; // white space may only stand beside an operator: "3 4" is two numbers
        }
        if (r0i_is_digit(*c) || *c == ')') last = c + 1;
        else if (!joins && !r0i_one_of(*c, " +-*/^(")) break;
    }
    piece->begin = at, piece->end = last, piece->content = r0i_span(from, last);
    return true;
}

static bool r0i_piece_at(r0_span text, const char *at, unsigned forms, r0i_piece *piece)
{
    const char *end = text.data + text.size;
    if ((forms & R0_ANSWER_MATH) && r0i_piece_math(text.data, at, end, piece)) return true;
    return (forms & R0_ANSWER_NUMBER) && r0i_piece_number(text.data, at, end, piece);
}

// "percent", "percentage", "pct", "%" and "\%" belong to the answer before them.
static const char *r0i_percent_end(const char *at, const char *end)
{
    static const char *const words[] = {"\\%", "%", "percentage", "percent", "pct"};
    while (at < end && r0i_is_space(*at)) at++;
    for (size_t i = 0; i < R0I_COUNT(words); i++)
        if (r0i_word_at(at, end, words[i])) return at + strlen(words[i]);
    return NULL;
}

// Joins what follows by "and", "or" or a comma: "$1$ and $2$" is one answer. Returns the content from first to last.
static r0_span r0i_piece_join(r0_span text, unsigned forms, r0i_piece *piece)
{
    const char *end = text.data + text.size, *first = piece->content.data;
    const char *last = first + piece->content.size, *percent = r0i_percent_end(piece->end, end);
    for (int joined = 0; joined < 15 && (forms & R0_ANSWER_MATH) && *piece->begin != '-' && !r0i_is_digit(*piece->begin); joined++) {
        const char *c = piece->end;
        r0i_piece next;
        while (c < end && r0i_is_space(*c)) c++;
        bool comma = c < end && *c == ',';
        c += comma;
        bool words = r0i_word_at(c, end, "and") || r0i_word_at(c, end, "or");
        while (c < end && r0i_is_space(*c)) c++;
        if (r0i_word_at(c, end, "and")) c += 3, words = true;
        else if (r0i_word_at(c, end, "or")) c += 2, words = true;
        while (c < end && r0i_is_space(*c)) c++;
        if (!(comma || words) || c >= end || !r0i_piece_math(text.data, c, end, &next)) break;
        piece->end = next.end;
        last = next.content.data + next.content.size;
        percent = r0i_percent_end(next.end, end);
    }
    return r0i_span(first, percent ? percent : last);
}

// The first piece that begins in [from, from + reach].
static bool r0i_piece_near(r0_span text, const char *from, size_t reach, unsigned forms, r0i_piece *piece)
{
    const char *end = text.data + text.size;
    for (const char *c = from; c < end && (size_t)(c - from) <= reach; c++)
        if (r0i_piece_at(text, c, forms, piece)) return true;
    return false;
}

// After " is" within 100 characters of "final answer", at once.
static bool r0i_piece_after_is(r0_span text, const char *from, unsigned forms, r0i_piece *piece)
{
    const char *end = text.data + text.size;
    for (const char *c = from; c + 3 < end && c - from <= 100; c++) {
        if (!r0i_is_space(c[0]) || !r0i_word_at(c + 1, end, "is")) continue;
        const char *at = c + 3 + (c[3] == ':');
        while (at < end && r0i_is_space(*at)) at++;
        if (at < end && r0i_piece_at(text, at, forms, piece)) return true;
    }
    return false;
}

// The last answer that a phrase announces. Strength 2: "final answer ... is X"; 1: "answer: X"; 0: "answer X". Every
// phrase looks at a bounded window, so the work stays linear.
static bool r0i_extract_phrase(r0_span text, unsigned forms, int strength, r0_span *answer, const char **answer_end)
{
    const char *begin = text.data, *end = begin + text.size;
    int tries = 0;
    for (const char *c = end; c-- > begin && tries < 64;) {
        r0i_piece piece;
        bool found = false;
        if (strength == 2 && r0i_word_at(c, end, "final answer")) {
            found = r0i_piece_after_is(text, c + 12, forms, &piece), tries++;
        } else if (strength < 2 && r0i_word_at(c, end, "answer") && (strength == 0 || (c + 6 < end && c[6] == ':'))) {
            found = r0i_piece_near(text, c + 6 + strength, 50, forms, &piece), tries++;
        }
        if (!found) continue;
        *answer = r0i_piece_join(text, forms, &piece);
        *answer_end = answer->data + answer->size;
        return true;
    }
    return false;
}

// The last piece of the text. Formulas are found front to back, since only their begin tells what is inside one.
static bool r0i_extract_last(r0_span text, unsigned forms, r0_span *answer)
{
    const char *end = text.data + text.size;
    bool found = false;
    int failed = 0; // delimiters that nothing closes cost a scan each
    for (const char *c = text.data; c < end;) {
        r0i_piece piece;
        bool delimiter = *c == '$' || (*c == '\\' && c + 1 < end && (c[1] == '[' || c[1] == '('));
        if ((!delimiter || failed < 64) && r0i_piece_at(text, c, forms, &piece)) {
            *answer = r0i_piece_join(text, forms, &piece);
            found = true;
            c = R0I_MAX(piece.end, c + 1);
        } else {
            failed += delimiter;
            c++;
        }
    }
    return found;
}

static bool r0i_extract_hashes(r0_span text, r0_span *answer)
{
    const char *begin = text.data, *end = begin + text.size;
    for (const char *c = end; c-- > begin;) {
        if (end - c < 4 || memcmp(c, "####", 4)) continue;
        const char *line = c + 4;
        while (line < end && *line != '\n') line++;
        *answer = r0i_trim(r0i_span(c + 4, line));
        return answer->size > 0;
    }
    return false;
}

// A letter A to J as an answer's name: in brackets or boldface, or alone and not the word "A" or "I" of a sentence.
static bool r0i_choice_at(r0_span text, const char *c)
{
    const char *end = text.data + text.size;
    if (*c < 'A' || *c > 'J') return false;
    char before = c > text.data ? c[-1] : '\n', after = c + 1 < end ? c[1] : '\n';
    if (r0i_is_letter(before) || r0i_is_letter(after) || r0i_is_digit(before) || r0i_is_digit(after)) return false;
    if (before == '(' || before == '*' || before == '{') return true;
    if (!r0i_is_space(before) && before != ':') return false;
    if (r0i_one_of(after, ".,:)*")) return true;
    const char *next = c + 1;
    while (next < end && r0i_is_space(*next) && *next != '\n') next++;
    return next == end || *next == '\n' || (*c != 'A' && *c != 'I' && !r0i_is_letter(*next));
}

static bool r0i_extract_choice(r0_span text, r0_span *answer)
{
    for (const char *c = text.data + text.size; c-- > text.data;) {
        if (!r0i_choice_at(text, c)) continue;
        *answer = r0i_span(c, c + 1);
        return true;
    }
    return false;
}

R0_API bool r0_answer_extract(r0_span text, unsigned forms, r0_span *answer)
{
    const char *box_end = text.data, *phrase_end = text.data;
    r0_span phrase = {NULL, 0}, none = {NULL, 0};
    unsigned kinds = forms & (R0_ANSWER_MATH | R0_ANSWER_NUMBER);
    *answer = none;
    if (!text.size) return false;
    bool boxes = forms & R0_ANSWER_BOXES;
    bool boxed = (boxes || (forms & R0_ANSWER_BOXED)) && r0i_extract_boxed(text, boxes, answer, &box_end);
    if (!(forms & R0_ANSWER_PHRASE) && boxed) return true;
    if ((forms & R0_ANSWER_HASHES) && !boxed && r0i_extract_hashes(text, answer)) return true;
    if ((forms & R0_ANSWER_PHRASE) && r0i_extract_phrase(text, kinds, 2, &phrase, &phrase_end)
        && (!boxed || phrase_end > box_end)) {
        *answer = phrase;
        return true;
    }
    if (boxed) return true;
    for (int strength = 1; strength >= 0 && (forms & R0_ANSWER_PHRASE); strength--)
        if (r0i_extract_phrase(text, kinds, strength, answer, &phrase_end)) return true;
    if (kinds && r0i_extract_last(text, kinds, answer)) return true;
    return (forms & R0_ANSWER_CHOICE) && r0i_extract_choice(text, answer);
}

// -- majority --

// Whether `text` holds `what` (in lower case), ASCII letters compared without case.
static bool r0i_span_holds(r0_span text, const char *what)
{
    for (size_t i = 0; i < text.size; i++)
        if (r0i_word_at(text.data + i, text.data + text.size, what)) return true;
    return false;
}

static bool r0i_equal_as(r0_context *context, r0_span a, r0_span b, r0_judge_mode mode)
{
    r0_verdict verdict;
    return r0_answer_equal(context, b, a, mode, &verdict) == R0_OK && verdict.equal == R0_EQUAL;
}

R0_API bool r0_equal_strict(void *user, r0_span a, r0_span b)
{
    return r0i_equal_as((r0_context *)user, a, b, R0_JUDGE_STRICT);
}

R0_API bool r0_equal_mathruler(void *user, r0_span a, r0_span b)
{
    return r0i_equal_as((r0_context *)user, a, b, R0_JUDGE_MATHRULER);
}

// Equality in both directions: judges are not symmetric (an integer gold may want an integer answer).
static bool r0i_answers_match(r0_span a, r0_span b, const r0_vote_rules *rules, r0_equal_fn equal, void *user)
{
    if (r0i_span_equal(a, b)) return true;
    if (rules->same_no && r0i_span_holds(a, "no ") && r0i_span_holds(b, "no ")) return true;
    return equal && (equal(user, a, b) || equal(user, b, a));
}

// The representative (index) that answer i joins: the first that it matches, else itself.
static int r0i_vote_join(const r0_span *answers, int i, const int *cluster, const r0_vote_rules *rules,
                         r0_equal_fn equal, void *user)
{
    for (int j = 0; j < i; j++)
        if (cluster[j] == j && r0i_answers_match(answers[i], answers[j], rules, equal, user)) return j;
    return i;
}

// Counts the clusters and picks the largest. votes (count): zero.
static void r0i_vote_tally(const int *cluster, int count, int *votes, r0_vote *vote)
{
    for (int i = 0; i < count; i++)
        if (cluster[i] >= 0) votes[cluster[i]]++;
    for (int i = 0; i < count; i++) {
        vote->clusters += votes[i] > 0;
        if (votes[i] > vote->votes) vote->votes = votes[i], vote->pseudo_label = i; // `>`: the first seen wins ties
    }
    vote->agreement = vote->total ? (double)vote->votes / vote->total : 0;
}

R0_API r0_status r0_vote_count(r0_context *context, const r0_span *answers, int count, const r0_vote_rules *rules,
                               r0_equal_fn equal, void *user, int *cluster, r0_vote *vote)
{
    r0_vote_rules plain = R0_ZERO;
    if (!rules) rules = &plain;
    memset(vote, 0, sizeof *vote);
    vote->pseudo_label = -1;
    if (count < 0) return r0i_fail(context, R0_ERROR_ARGUMENT, "vote: %d answers", count);
    int *votes = R0I_NEW(context, int, 2 * (size_t)count);
    if (!votes) return R0_ERROR_MEMORY;
    int *joined = cluster ? cluster : votes + count;
    for (int i = 0; i < count; i++) {
        joined[i] = answers[i].size ? r0i_vote_join(answers, i, joined, rules, equal, user) : -1;
        vote->total += answers[i].size || !rules->drop_empty;
    }
    r0i_vote_tally(joined, count, votes, vote);
    r0i_free(context, votes);
    return R0_OK;
}

// -- curation --
//
// Too easy and too hard questions go, for three reasons: GRPO learns nothing from a group in which all rewards
// are equal; a majority below three tenths is as likely wrong as right; and what all agree on needs no more
// training. The bounds are checked on the counts, not on the quotient: 0.3 has no exact binary form, and 3 of
// 10 must not fall to rounding.

R0_API bool r0_filter_paper(int votes, int total)
{
    int64_t twice = 2 * (int64_t)votes - total; // |p - 1/2| <= 1/4  <=>  2 |2 votes - total| <= total
    return total > 0 && 2 * (twice < 0 ? -twice : twice) <= total;
}

R0_API bool r0_filter_released(int votes, int total)
{
    return total > 0 && 10 * (int64_t)votes >= 3 * (int64_t)total && 10 * (int64_t)votes <= 8 * (int64_t)total;
}

R0_API bool r0_filter_tiny(int votes, int total)
{
    return total > 0 && 10 * (int64_t)votes >= 3 * (int64_t)total && 10 * (int64_t)votes <= 7 * (int64_t)total;
}

// What a grader of final answers cannot judge: questions about drawings of boxes or with stray \boxed, proofs,
// and answers in words (\text).
R0_API bool r0_question_is_dropped(r0_span question, r0_span answer)
{
    return r0i_span_holds(question, "box") || r0i_span_holds(question, "\xE8\xAF\x81\xE6\x98\x8E") ||
           r0i_span_holds(answer, "text");
}

// -- baselines --
//
// Reviewers of R-Zero asked how it compares with other ways to learn without labels; these are their rewards,
// to be used with the same trainer. Where a method has no Challenger, its reward is computed from the rollouts
// of a prompt (TTRL), from the model's own confidence in each token (RENT, Intuitor), or from executing what
// was proposed (Absolute Zero).

R0_API void r0_ttrl_rewards(const int *cluster, int n, const r0_vote *vote, float *rewards)
{
    for (int i = 0; i < n; i++) rewards[i] = cluster[i] >= 0 && cluster[i] == vote->pseudo_label ? 1 : 0;
}

static double r0i_mean(const float *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    return count > 0 ? sum / count : 0;
}

R0_API double r0_rent_reward(const float *entropy, int tokens)
{
    return -r0i_mean(entropy, tokens);
}

R0_API double r0_intuitor_reward(const float *certainty, int tokens)
{
    return r0i_mean(certainty, tokens);
}

R0_API double r0_absolute_zero_proposer_reward(bool valid, int right, int total)
{
    if (!valid) return -1;
    return right <= 0 || right >= total ? 0 : 1 - (double)right / total;
}

R0_API double r0_absolute_zero_solver_reward(bool correct, bool boxed)
{
    return correct ? 1 : boxed ? -.5 : -1;
}

// -- the executor of integer expressions --
//
// Questions come from a model, so the text may be anything: nothing is evaluated but this grammar, in linear time.
//     sum     = product { (+|-) product }
//     product = factor { (*|/|%) factor }
//     factor  = { +|- } (number | "(" sum ")")

enum { R0I_EXPRESSION_DEPTH = 64 };

typedef struct r0i_expression {
    r0_span text;
    size_t at;
    int depth;
    const char *error; // the first one
} r0i_expression;

// Keeps the first error; after it every peek sees the end, so that all loops stop.
static int64_t r0i_expression_fail(r0i_expression *e, const char *error)
{
    if (!e->error) e->error = error;
    return 0;
}

// The next character that is not white space, 0 at the end or after an error.
static char r0i_expression_peek(r0i_expression *e)
{
    e->at = r0i_skip_space(e->text, e->at);
    return e->at < e->text.size && !e->error ? e->text.data[e->at] : 0;
}

// Overflow is tested before it happens: signed overflow is undefined in C.
static int64_t r0i_expression_add(r0i_expression *e, int64_t a, int64_t b)
{
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return r0i_expression_fail(e, "the result passes 64 bits");
    return a + b;
}

static int64_t r0i_expression_negate(r0i_expression *e, int64_t a)
{
    return a == INT64_MIN ? r0i_expression_fail(e, "the result passes 64 bits") : -a;
}

// On magnitudes, so that one comparison serves all signs.
static int64_t r0i_expression_multiply(r0i_expression *e, int64_t a, int64_t b)
{
    uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    bool negative = (a < 0) != (b < 0);
    if (y && x > (uint64_t)INT64_MAX / y) return r0i_expression_fail(e, "the result passes 64 bits");
    return negative ? -(int64_t)(x * y) : (int64_t)(x * y);
}

// Exact or refused. INT64_MIN / -1 traps on some machines, hence the case of its own.
static int64_t r0i_expression_divide(r0i_expression *e, int64_t a, int64_t b)
{
    if (!b) return r0i_expression_fail(e, "division by zero");
    if (b == -1) return r0i_expression_negate(e, a);
    return a % b ? r0i_expression_fail(e, "the division leaves a remainder") : a / b;
}

// C's remainder has the sign of the dividend; mathematics wants 0 <= r < |b|.
static int64_t r0i_expression_remainder(r0i_expression *e, int64_t a, int64_t b)
{
    if (!b) return r0i_expression_fail(e, "division by zero");
    int64_t r = b == -1 ? 0 : a % b;
    return r >= 0 ? r : b > 0 ? r + b : r - b;
}

static int64_t r0i_expression_number(r0i_expression *e)
{
    int64_t value = 0;
    if (e->at >= e->text.size) return r0i_expression_fail(e, "a number is missing at the end");
    if (e->text.data[e->at] < '0' || e->text.data[e->at] > '9') return r0i_expression_fail(e, "a number is missing");
    for (; e->at < e->text.size && e->text.data[e->at] >= '0' && e->text.data[e->at] <= '9'; e->at++)
        value = r0i_expression_add(e, r0i_expression_multiply(e, value, 10), e->text.data[e->at] - '0');
    return value;
}

static int64_t r0i_expression_sum(r0i_expression *e);

static int64_t r0i_expression_factor(r0i_expression *e)
{
    bool negative = false;
    char c;
    while ((c = r0i_expression_peek(e)) == '+' || c == '-') negative ^= c == '-', e->at++;
    int64_t value;
    if (c == '(') {
        if (++e->depth > R0I_EXPRESSION_DEPTH) return r0i_expression_fail(e, "more than 64 parentheses deep");
        e->at++;
        value = r0i_expression_sum(e);
        if (r0i_expression_peek(e) != ')') return r0i_expression_fail(e, "a ) is missing");
        e->at++;
        e->depth--;
    } else {
        value = r0i_expression_number(e);
    }
    return negative ? r0i_expression_negate(e, value) : value;
}

static int64_t r0i_expression_product(r0i_expression *e)
{
    int64_t value = r0i_expression_factor(e);
    for (char c; (c = r0i_expression_peek(e)) == '*' || c == '/' || c == '%';) {
        e->at++;
        int64_t next = r0i_expression_factor(e);
        if (e->error) return 0;
        value = c == '*' ? r0i_expression_multiply(e, value, next)
              : c == '/' ? r0i_expression_divide(e, value, next)
                         : r0i_expression_remainder(e, value, next);
    }
    return value;
}

static int64_t r0i_expression_sum(r0i_expression *e)
{
    int64_t value = r0i_expression_product(e);
    for (char c; (c = r0i_expression_peek(e)) == '+' || c == '-';) {
        e->at++;
        int64_t next = r0i_expression_product(e);
        value = r0i_expression_add(e, value, c == '+' ? next : r0i_expression_negate(e, next));
    }
    return value;
}

R0_API const char *r0_expression_execute(r0_span text, int64_t *value)
{
    r0i_expression e = {text, 0, 0, NULL};
    *value = r0i_expression_sum(&e);
    if (!e.error && r0i_skip_space(text, e.at) < text.size) r0i_expression_fail(&e, "an operator is missing");
    if (e.error) *value = 0;
    return e.error;
}

// -- votes on proposed questions --

static r0_status r0i_question_count_votes(r0i_evolution *run, r0i_arena *arena, r0i_question *q, const r0_rollout *rollouts,
                                          int votes, bool curation)
{
    r0_span *answers = R0I_ARENA_NEW(arena, r0_span, votes), text;
    int *cluster = R0I_ARENA_NEW(arena, int, votes);
    if (!answers || !cluster) return R0_ERROR_MEMORY;
    for (int i = 0; i < votes; i++) R0I_TRY(r0i_rollout_answer(run, arena, &rollouts[i], &text, &answers[i]));
    bool released = run->config.rules == R0_RULES_RELEASED;
    r0_vote_rules rules = {released && curation, released};
    R0I_TRY(r0_vote_count(run->context, answers, votes, &rules, r0i_task_equal, run, cluster, &q->vote));
    q->answers = answers;
    q->cluster = cluster;
    q->answer_count = votes;
    if (q->vote.pseudo_label >= 0) q->label = answers[q->vote.pseudo_label];
    return R0_OK;
}

// The solver answers every valid question `votes` times.
static r0_status r0i_questions_vote(r0i_evolution *run, r0i_arena *arena, r0i_question *questions, int count, int votes,
                                    bool curation, r0i_key key)
{
    r0_sequence *prompts = R0I_ARENA_NEW(arena, r0_sequence, count);
    int *which = R0I_ARENA_NEW(arena, int, count), asked = 0;
    if (!prompts || !which) return R0_ERROR_MEMORY;
    for (int i = 0; i < count; i++) {
        if (!questions[i].valid) continue;
        r0_sequence prompt = {questions[i].prompt, questions[i].prompt_length, questions[i].prompt_length};
        prompts[asked] = prompt;
        which[asked++] = i;
    }
    r0_rollouts rollouts;
    R0I_TRY(r0i_run_generate(run, run->solver, prompts, asked, votes, &run->config.vote_sampling, key, &rollouts));
    r0_status status = R0_OK;
    for (int i = 0; !status && i < asked; i++)
        status = r0i_question_count_votes(run, arena, &questions[which[i]], &rollouts.items[i * votes], votes, curation);
    r0_rollouts_free(run->context, &rollouts);
    return status;
}

// -- curation --

static bool r0i_filter(r0_rules rules, const r0_vote *vote)
{
    static const r0_filter_fn filters[] = {r0_filter_paper, r0_filter_released, r0_filter_tiny};
    return filters[rules](vote->votes, vote->total);
}

// Why a question is kept or not, the first reason that holds.
static const char *r0i_question_verdict(const r0i_evolution *run, const r0i_question *q, bool repeat)
{
    if (!q->valid) return "malformed";
    if (r0i_bench_holds(run, q->text)) return "held_out";
    if (repeat) return "repeat";
    if (q->vote.pseudo_label < 0) return "no_majority";
    if (run->config.rules == R0_RULES_RELEASED && r0_question_is_dropped(q->text, q->label)) return "dropped";
    if (run->config.no_filter || r0i_filter(run->config.rules, &q->vote)) return "kept";
    return q->vote.votes * 2 > q->vote.total ? "too_easy" : "too_hard";
}

static r0_status r0i_questions_judge(r0i_evolution *run, r0i_arena *arena, r0i_question *questions, int count)
{
    r0_span *texts = R0I_ARENA_NEW(arena, r0_span, count);
    int *first = R0I_ARENA_NEW(arena, int, count), *which = R0I_ARENA_NEW(arena, int, count), valid = 0;
    if (!texts || !first || !which) return R0_ERROR_MEMORY;
    for (int i = 0; i < count; i++)
        if (questions[i].valid) which[valid] = i, texts[valid++] = questions[i].text;
    R0I_TRY(r0_text_repeats(run->context, texts, valid, first));
    for (int i = 0; i < count; i++) questions[i].verdict = "malformed";
    for (int i = 0; i < valid; i++) {
        r0i_question *q = &questions[which[i]];
        q->verdict = r0i_question_verdict(run, q, first[i] != i);
        run->now->distinct += first[i] == i;
        run->now->agreement += q->vote.agreement;
        r0i_oracle_look(run, arena, q);
    }
    run->now->proposed += count;
    run->now->valid += valid;
    return R0_OK;
}

static r0_span r0i_keep_text(r0i_arena *arena, r0_span text)
{
    char *copy = R0I_ARENA_NEW(arena, char, text.size + 1);
    r0_span kept = {copy, copy ? text.size : 0};
    if (copy && text.size) memcpy(copy, text.data, text.size);
    return kept;
}

// Copies a question to where the solver phase finds it.
static r0_status r0i_question_keep(r0i_evolution *run, const r0i_question *q)
{
    r0i_question *more = R0I_RENEW(run->context, run->kept, r0i_question, run->kept_count + 1);
    if (!more) return R0_ERROR_MEMORY;
    run->kept = more;
    r0i_question *kept = &run->kept[run->kept_count++];
    memset(kept, 0, sizeof *kept);
    kept->text = r0i_keep_text(&run->kept_arena, q->text);
    kept->label = r0i_keep_text(&run->kept_arena, q->label);
    kept->truth = r0i_keep_text(&run->kept_arena, q->truth);
    kept->oracle = q->oracle;
    kept->label_correct = q->label_correct;
    return kept->text.data && kept->label.data && kept->truth.data ? R0_OK : R0_ERROR_MEMORY;
}

// The controls that change labels: shuffled among the kept questions, or the oracle's.
static r0_status r0i_labels_control(r0i_evolution *run)
{
    if (run->config.oracle_labels)
        for (int i = 0; i < run->kept_count; i++)
            if (run->kept[i].oracle == R0_ORACLE_ANSWER) run->kept[i].label = run->kept[i].truth;
    if (!run->config.random_labels || !run->kept_count) return R0_OK;
    int32_t *order = R0I_NEW(run->context, int32_t, run->kept_count);
    r0_span *labels = R0I_NEW(run->context, r0_span, run->kept_count);
    for (int i = 0; order && labels && i < run->kept_count; i++) order[i] = i, labels[i] = run->kept[i].label;
    if (order && labels) r0i_random_shuffle(r0i_key_derive(r0i_run_key(run), 99), order, (size_t)run->kept_count);
    for (int i = 0; order && labels && i < run->kept_count; i++) run->kept[i].label = labels[order[i]];
    bool good = order && labels;
    r0i_free(run->context, order);
    r0i_free(run->context, labels);
    return good ? R0_OK : R0_ERROR_MEMORY;
}

enum { R0I_CURATION_PART = 512 }; // questions that are proposed and voted on at a time

static r0_status r0i_curation_part(r0i_evolution *run, r0i_arena *arena, int first, int count, r0i_text *lines)
{
    r0i_key key = r0i_key_derive(r0i_run_key(run), (uint64_t)first);
    r0i_question *questions = R0I_ARENA_NEW(arena, r0i_question, count);
    r0_sequence prompt;
    r0_rollouts rollouts;
    if (!questions) return R0_ERROR_MEMORY;
    R0I_TRY(r0i_challenger_prompt(run, arena, &prompt));
    R0I_TRY(r0i_run_generate(run, run->challenger, &prompt, 1, count, &run->config.question_sampling,
                             r0i_key_derive(key, 1), &rollouts));
    r0_status status = r0i_questions_parse(run, arena, &rollouts, questions);
    r0_rollouts_free(run->context, &rollouts);
    if (!status)
        status = r0i_questions_vote(run, arena, questions, count, run->config.curation_votes, true, r0i_key_derive(key, 2));
    if (!status) status = r0i_questions_judge(run, arena, questions, count);
    for (int i = 0; !status && i < count; i++) {
        r0i_question_print(lines, &questions[i]);
        if (!strcmp(questions[i].verdict, "kept")) status = r0i_question_keep(run, &questions[i]);
        if (questions[i].valid) run->agreement_histogram[r0i_agreement_bin(&questions[i].vote)]++;
    }
    return status;
}

// Q proposes N questions, S votes on each, and those stay on which its votes are split: neither mastered nor hopeless.
static r0_status r0i_curation(r0i_evolution *run)
{
    int total = run->config.questions;
    r0i_text lines = {run->context, NULL, 0, 0, false};
    r0i_progress_begin(run->context, "curation", "rollouts", run->iteration, 0,
                       total + (int64_t)total * run->config.curation_votes, true);
    r0i_kept_clear(run);
    memset(run->agreement_histogram, 0, sizeof run->agreement_histogram);
    run->now->proposed = run->now->valid = run->now->distinct = 0;
    run->now->agreement = 0;
    r0_status status = R0_OK;
    for (int first = 0; !status && first < total; first += R0I_CURATION_PART) {
        r0i_arena arena = {run->context, NULL};
        status = r0i_curation_part(run, &arena, first, R0I_MIN(R0I_CURATION_PART, total - first), &lines);
        r0i_arena_free(&arena);
    }
    if (run->now->valid) run->now->agreement /= run->now->valid;
    run->now->kept = run->kept_count;
    if (!status) status = r0i_run_write_questions(run, &lines);
    r0i_text_free(&lines);
    if (!status) status = r0i_kept_prepare(run);
    if (!status) status = r0i_curation_metrics(run);
    if (!status) status = r0i_run_advance(run, R0I_PHASE_SOLVER);
    return status;
}

// >>grpo
//
// Group Relative Policy Optimization needs no critic: the n rollouts of one prompt judge each other. A
// rollout better than its group's mean gets a positive advantage A and each of its tokens is made more
// likely; a worse one less likely.
//
// The plain policy gradient of a token is A d logp. It holds for tokens of the current policy only; but one roll-out
// is expensive and serves several optimiser steps, so tokens come from pi_old and are weighed by the ratio rho =
// pi(token) / pi_old(token) = exp(logp - logp_old). Where rho has left [1 - low, 1 + high] in the direction that A
// wants, the sample says no more about the current policy, and clipping takes its gradient away. A KL term to the
// reference (the policy at the phase's start) holds the rest in place.
//
//     L = sum over tokens t of  w_t ( max(-A rho_t, -A clip(rho_t, 1 - low, 1 + high)) + kl_coef k3_t )
//
// All losses here are this sum. They differ in the weight w_t of a token, with B responses, |y| the
// tokens of its response and T all tokens that count, mini = of the mini-batch (one optimiser step),
// micro = of one forward/backward:
//
//     loss            w_t                             besides
//     grpo            1 / T_mini                      dual clip
//     grpo_released   1 / (T_micro * micro-batches)   dual clip
//     grpo_sequence   1 / (B_mini * |y|)
//     dr_grpo         1 / (B_mini * max_length)       advantages without the std
//     dapo            1 / T_mini                      clip-higher, truncated responses left out
//     bnpo            1 / (T_micro * micro-batches)
//     gspo            1 / (B_mini * |y|)              one rho per response
//
// 1/|y| makes a token of a long answer weigh less: long wrong answers are punished less than short ones, and answers
// grow (Dr. GRPO's observation). 1 / T_micro makes the result depend on how the mini-batch was cut; 1 / T_mini does
// not. Everything is per token on the log-probability, so the model's backward pass starts from dlogp alone, and the
// loss runs on the host, in double.

// -- advantages --

// Mean, std (n - 1) and range of one group. Whether all rewards are equal is asked of the range, not of the std: five
// times 0.1f need not average to 0.1f, and 1e-9 / (1e-9 + 1e-6) would be taken for an advantage.
typedef struct r0i_moments {
    double mean, std;
    float min, max;
} r0i_moments;

static r0i_moments r0i_moments_of(const float *values, int count)
{
    r0i_moments m = R0_ZERO;
    double squares = 0;
    if (count < 1) return m;
    m.min = m.max = values[0];
    for (int i = 0; i < count; i++) {
        m.mean += values[i];
        m.min = R0I_MIN(m.min, values[i]);
        m.max = R0I_MAX(m.max, values[i]);
    }
    m.mean /= count;
    for (int i = 0; i < count; i++) squares += (values[i] - m.mean) * (values[i] - m.mean);
    m.std = count > 1 ? sqrt(squares / (count - 1)) : 0;
    return m;
}

// A_i = (r_i - mean) / (std + 1e-6): paper, equation 1; compute_grpo_outcome_advantage in EasyR1's core_algos.py. For
// rewards 1 0 0 0: mean 1/4, std 1/2, so A = 3/2 -1/2 -1/2 -1/2: the rare success weighs three times a failure.
R0_API void r0_grpo_advantages(const float *rewards, int groups, int n, float *advantages)
{
    for (int g = 0; g < groups; g++) {
        const float *r = rewards + (size_t)g * (size_t)n;
        float *a = advantages + (size_t)g * (size_t)n;
        r0i_moments m = r0i_moments_of(r, n);
        for (int i = 0; i < n; i++) a[i] = m.min == m.max ? 0 : (float)((r[i] - m.mean) / (m.std + 1e-6));
    }
}

// A_i = r_i - mean: dividing by the std would favour questions that are nearly always or nearly never solved.
R0_API void r0_dr_grpo_advantages(const float *rewards, int groups, int n, float *advantages)
{
    for (int g = 0; g < groups; g++) {
        const float *r = rewards + (size_t)g * (size_t)n;
        float *a = advantages + (size_t)g * (size_t)n;
        r0i_moments m = r0i_moments_of(r, n);
        for (int i = 0; i < n; i++) a[i] = m.min == m.max ? 0 : (float)(r[i] - m.mean);
    }
}

// zero_variance_share is the number to watch: near 1 the questions are too easy or too hard, and steps do nothing.
R0_API void r0_reward_summarize(const float *rewards, int groups, int n, r0_reward_summary *summary)
{
    r0i_moments all = r0i_moments_of(rewards, groups * n);
    double stds = 0;
    int equal = 0;
    for (int g = 0; g < groups; g++) {
        r0i_moments m = r0i_moments_of(rewards + (size_t)g * (size_t)n, n);
        stds += m.std;
        equal += m.min == m.max;
    }
    summary->mean = all.mean;
    summary->std = all.std;
    summary->min = all.min;
    summary->max = all.max;
    summary->group_std = groups ? stds / groups : 0;
    summary->zero_variance_share = groups ? (double)equal / groups : 0;
}

// -- the terms of a token --

// A term of the loss and its derivative with respect to the token's logp.
typedef struct r0i_term {
    double value, slope;
} r0i_term;

// PPO's clipped surrogate, L = max(-A rho, -A clip(rho, 1 - low, 1 + high)). As d rho / d logp = rho, the slope is
// -A rho, or 0 where the clipped side is the larger: rho above for A > 0, below for A < 0. The other two corners
// stay unclipped, so that a token that moved the wrong way can always come back:
//
//              rho < 1 - low       between       rho > 1 + high
//     A > 0    slope -A rho        -A rho        0, clip_high
//     A < 0    0, clip_low         -A rho        slope -A rho
//
// These are the slopes that autograd gives for max and clamp: inside the interval both sides of the max are equal and
// share the gradient, and on its very ends clamp still lets the gradient pass.
static r0i_term r0i_clipped(double log_ratio, double a, const r0_grpo_config *config, r0_grpo_stats *stats)
{
    double ratio = exp(log_ratio), low = 1 - config->clip_low, high = 1 + config->clip_high;
    r0i_term term = {-a * ratio, -a * ratio}, above = {-a * high, 0}, below = {-a * low, 0}, none = {0, 0};
    if (a == 0) return none; // even where the ratio overflows
    if (a > 0 && ratio > high) {
        stats->clip_high++;
        return above;
    }
    if (a < 0 && ratio < low) {
        stats->clip_low++;
        return below;
    }
    return term;
}

// Dual clip (arXiv 1912.09729): for A < 0 and a large rho nothing else bounds -A rho, and one token that the old
// policy found unlikely could rule the step. So L = min(L, -dual A), flat beyond.
static r0i_term r0i_dual_clipped(double log_ratio, double a, const r0_grpo_config *config, r0_grpo_stats *stats)
{
    r0i_term term = r0i_clipped(log_ratio, a, config, stats), limit = {-config->dual_clip * a, 0};
    if (a < 0 && term.value > limit.value) {
        stats->dual_clip++;
        return limit;
    }
    return term;
}

// Schulman's k3 estimate of KL(pi || ref), never negative: exp(d) - d - 1 with d = ref - logp, slope 1 - exp(d).
// Unbiased, and of lower variance than -d itself. Above 10 it is clamped and flat (EasyR1's low_var_kl); its lower
// clamp at -10 can never hold. Note the slope: near d = 0 it is -d, a spring that pulls logp towards the reference.
static r0i_term r0i_kl_k3(double logp, double logp_ref)
{
    double d = logp_ref - logp, grown = expm1(d);
    r0i_term term = {grown - d, -grown}, clamped = {10, 0};
    return term.value > 10 ? clamped : term;
}

// A policy term of one token: clipped, or dual-clipped as well.
typedef r0i_term (*r0i_surrogate_fn)(double log_ratio, double a, const r0_grpo_config *config, r0_grpo_stats *stats);

static bool r0i_token_counts(const r0_grpo_batch *batch, int b, int t)
{
    return !(batch->truncated && batch->truncated[b]) && !(batch->mask && !batch->mask[t]);
}

// The first token of response b in the batch's arrays; of response B: N.
static int r0i_sequence_begin(const r0_grpo_batch *batch, int b)
{
    return batch->begin[b] - batch->begin[0];
}

static int r0i_sequence_tokens(const r0_grpo_batch *batch, int b)
{
    int count = 0, end = r0i_sequence_begin(batch, b + 1);
    for (int t = r0i_sequence_begin(batch, b); t < end; t++) count += r0i_token_counts(batch, b, t);
    return count;
}

R0_API double r0_grpo_tokens(const r0_grpo_batch *batch)
{
    double count = 0;
    for (int b = 0; b < batch->sequences; b++) count += r0i_sequence_tokens(batch, b);
    return count;
}

R0_API r0_grpo_batch r0_grpo_batch_part(const r0_grpo_batch *mini, const r0_micro_batch *micro)
{
    r0_grpo_batch part = *mini;
    part.sequences = micro->count;
    part.begin = mini->begin + micro->first;
    part.logp = micro->logp;
    part.logp_old = mini->logp_old ? mini->logp_old + micro->token : NULL;
    part.logp_ref = mini->logp_ref ? mini->logp_ref + micro->token : NULL;
    part.advantage = mini->advantage + micro->first;
    part.mask = mini->mask ? mini->mask + micro->token : NULL;
    part.truncated = mini->truncated ? mini->truncated + micro->first : NULL;
    if (mini->mini_tokens <= 0) part.mini_tokens = r0_grpo_tokens(mini);
    if (!mini->mini_sequences) part.mini_sequences = mini->sequences;
    return part;
}

// kl_coef * k3 of token t; 0 without a reference.
static r0i_term r0i_token_kl(const r0_grpo_batch *batch, int t, const r0_grpo_config *config, r0_grpo_stats *stats)
{
    r0i_term kl = {0, 0};
    if (!batch->logp_ref) return kl;
    kl = r0i_kl_k3(batch->logp[t], batch->logp_ref[t]);
    stats->kl += kl.value;
    kl.value *= config->kl_coef;
    kl.slope *= config->kl_coef;
    return kl;
}

// log rho; exactly 0 on the first step after a roll-out, when the sampling policy is the current one.
static double r0i_log_ratio(const r0_grpo_batch *batch, int t)
{
    return batch->logp_old ? (double)batch->logp[t] - batch->logp_old[t] : 0;
}

// Adds weight * (surrogate + kl_coef * KL) of every token of response b.
static void r0i_loss_of_sequence(const r0_grpo_batch *batch, int b, double weight, r0i_surrogate_fn surrogate,
                                 const r0_grpo_config *config, float *dlogp, r0_grpo_stats *stats)
{
    int end = r0i_sequence_begin(batch, b + 1);
    for (int t = r0i_sequence_begin(batch, b); t < end; t++) {
        dlogp[t] = 0;
        if (!r0i_token_counts(batch, b, t)) continue;
        double log_ratio = r0i_log_ratio(batch, t);
        r0i_term policy = surrogate(log_ratio, batch->advantage[b], config, stats);
        r0i_term kl = r0i_token_kl(batch, t, config, stats);
        dlogp[t] = (float)(weight * (policy.slope + kl.slope));
        stats->loss += weight * (policy.value + kl.value);
        stats->policy += policy.value;
        stats->old_kl -= log_ratio;
        stats->tokens++;
    }
    stats->sequences++;
}

// -- what the losses divide by: never less than one, so that a batch without tokens is 0 and not NaN --

static double r0i_mini_tokens(const r0_grpo_batch *batch)
{
    return R0I_MAX(1.0, batch->mini_tokens > 0 ? batch->mini_tokens : r0_grpo_tokens(batch));
}

static double r0i_mini_sequences(const r0_grpo_batch *batch)
{
    return R0I_MAX(1, batch->mini_sequences ? batch->mini_sequences : batch->sequences);
}

static double r0i_micro_tokens(const r0_grpo_batch *batch)
{
    return R0I_MAX(1.0, r0_grpo_tokens(batch)) * R0I_MAX(1, batch->micro_batches);
}

// -- the losses --

R0_API void r0_grpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats)
{
    double weight = 1 / r0i_mini_tokens(batch);
    for (int b = 0; b < batch->sequences; b++)
        r0i_loss_of_sequence(batch, b, weight, r0i_dual_clipped, config, dlogp, stats);
}

R0_API void r0_grpo_released_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                                  r0_grpo_stats *stats)
{
    double weight = 1 / r0i_micro_tokens(batch);
    for (int b = 0; b < batch->sequences; b++)
        r0i_loss_of_sequence(batch, b, weight, r0i_dual_clipped, config, dlogp, stats);
}

R0_API void r0_grpo_sequence_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                                  r0_grpo_stats *stats)
{
    for (int b = 0; b < batch->sequences; b++) {
        double weight = 1 / (r0i_mini_sequences(batch) * R0I_MAX(1, r0i_sequence_tokens(batch, b)));
        r0i_loss_of_sequence(batch, b, weight, r0i_clipped, config, dlogp, stats);
    }
}

R0_API void r0_dr_grpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                            r0_grpo_stats *stats)
{
    double weight = 1 / (r0i_mini_sequences(batch) * R0I_MAX(1.0, config->max_length));
    for (int b = 0; b < batch->sequences; b++)
        r0i_loss_of_sequence(batch, b, weight, r0i_clipped, config, dlogp, stats);
}

R0_API void r0_dapo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats)
{
    double weight = 1 / r0i_mini_tokens(batch);
    for (int b = 0; b < batch->sequences; b++)
        r0i_loss_of_sequence(batch, b, weight, r0i_clipped, config, dlogp, stats);
}

R0_API void r0_bnpo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats)
{
    double weight = 1 / r0i_micro_tokens(batch);
    for (int b = 0; b < batch->sequences; b++)
        r0i_loss_of_sequence(batch, b, weight, r0i_clipped, config, dlogp, stats);
}

// s = exp(mean_t (logp_t - logp_old_t)) = (pi(y) / pi_old(y))^(1/|y|); d log s / d logp_t = 1/|y|. The clipped
// surrogate of s stands for the whole response, so each of its |y| tokens carries 1/|y| of its value and of its
// slope. A mean moves far less than a single token does, which is why the interval is so narrow (3e-4 and 4e-4).
R0_API void r0_gspo_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                         r0_grpo_stats *stats)
{
    for (int b = 0; b < batch->sequences; b++) {
        int begin = r0i_sequence_begin(batch, b), end = r0i_sequence_begin(batch, b + 1);
        int count = r0i_sequence_tokens(batch, b);
        double weight = 1 / (r0i_mini_sequences(batch) * R0I_MAX(1, count)), sum = 0;
        for (int t = begin; t < end; t++)
            if (r0i_token_counts(batch, b, t)) sum += r0i_log_ratio(batch, t);
        r0_grpo_stats seen = R0_ZERO; // clips of the response: each counts for all of its tokens
        r0i_term policy = r0i_clipped(sum / R0I_MAX(1, count), batch->advantage[b], config, &seen);
        for (int t = begin; t < end; t++) {
            dlogp[t] = 0;
            if (!r0i_token_counts(batch, b, t)) continue;
            r0i_term kl = r0i_token_kl(batch, t, config, stats);
            dlogp[t] = (float)(weight * (policy.slope + kl.slope));
            stats->loss += weight * (policy.value + kl.value);
        }
        stats->policy += policy.value * count;
        stats->old_kl -= sum;
        stats->clip_low += seen.clip_low * count;
        stats->clip_high += seen.clip_high * count;
        stats->tokens += count;
        stats->sequences++;
    }
}

// R_length of DAPO, equation 13.
R0_API double r0_dapo_length_penalty(int length, int max_length, int buffer)
{
    int free_length = max_length - buffer;
    if (length <= free_length) return 0;
    return length >= max_length ? -1 : (double)(free_length - length) / buffer;
}

static const r0_grpo_recipe r0i_grpo_recipes[] = {
    // name           advantages             loss                   {low, high, dual, kl, max_length}
    {"grpo",          r0_grpo_advantages,    r0_grpo_loss,          {.2, .3, 3, .01, 0}},
    {"grpo_released", r0_grpo_advantages,    r0_grpo_released_loss, {.2, .3, 3, .01, 0}},
    {"grpo_sequence", r0_grpo_advantages,    r0_grpo_sequence_loss, {.2, .2, 0, .04, 0}},
    {"dr_grpo",       r0_dr_grpo_advantages, r0_dr_grpo_loss,       {.2, .2, 0, 0, 0}},
    {"dapo",          r0_grpo_advantages,    r0_dapo_loss,          {.2, .28, 0, 0, 0}},
    {"bnpo",          r0_grpo_advantages,    r0_bnpo_loss,          {.2, .2, 0, 0, 0}},
    {"gspo",          r0_grpo_advantages,    r0_gspo_loss,          {3e-4, 4e-4, 0, 0, 0}},
};

R0_API const r0_grpo_recipe *r0_grpo_recipe_at(int index)
{
    return index >= 0 && (size_t)index < R0I_COUNT(r0i_grpo_recipes) ? &r0i_grpo_recipes[index] : NULL;
}

R0_API const r0_grpo_recipe *r0_grpo_recipe_find(const char *name)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++)
        if (name && !strcmp(name, r0i_grpo_recipes[i].name)) return &r0i_grpo_recipes[i];
    return NULL;
}

// -- one roll-out and its GRPO update, the same for both roles --

// A phase starts from a fresh optimiser and a frozen copy of the policy, the reference of the KL.
static r0_status r0i_phase_begin(r0i_evolution *run, r0_model *policy, const char *name, int steps)
{
    r0i_progress_begin(run->context, name, "steps", run->iteration, run->step, steps, false);
    if (run->trainer || run->step >= steps) return R0_OK; // resumed, or nothing to do
    R0I_TRY(r0_model_copy(run->reference, policy));
    return r0i_phase_trainer(run, policy);
}

static r0_status r0i_phase_trainer(r0i_evolution *run, r0_model *policy)
{
    r0_trainer_desc desc = R0_ZERO;
    desc.weight_decay = run->config.weight_decay;
    desc.max_grad_norm = run->config.max_grad_norm;
    desc.temperature = (run->phase == R0I_PHASE_CHALLENGER ? &run->config.challenger : &run->config.solver)->sampling.temperature;
    return r0_trainer_create(policy, &desc, &run->trainer);
}

// Prompt and completion joined, one sequence for each rollout.
static r0_status r0i_sequences_of(r0i_arena *arena, const r0_sequence *prompts, const r0_rollouts *rollouts,
                                  r0_sequence **sequences)
{
    *sequences = R0I_ARENA_NEW(arena, r0_sequence, rollouts->count);
    if (!*sequences) return R0_ERROR_MEMORY;
    for (int i = 0; i < rollouts->count; i++) {
        const r0_rollout *r = &rollouts->items[i];
        const r0_sequence *p = &prompts[r->prompt];
        int32_t *tokens = R0I_ARENA_NEW(arena, int32_t, p->length + r->length);
        if (!tokens) return R0_ERROR_MEMORY;
        memcpy(tokens, p->tokens, sizeof(int32_t) * (size_t)p->length);
        memcpy(tokens + p->length, r->tokens, sizeof(int32_t) * (size_t)r->length);
        r0_sequence joined = {tokens, p->length + r->length, p->length};
        (*sequences)[i] = joined;
    }
    return R0_OK;
}

// One mini-batch on its way through r0_trainer_backward. Arrays follow the mini-batch's own order.
typedef struct r0i_mini_batch {
    const r0i_evolution *run;
    int count, tokens, micro_batches;
    r0_sequence *sequences;              // (count)
    int *begin;                          // (count + 1) first response token of each
    float *advantage;                    // (count)
    float *logp_old, *logp_ref;          // (tokens)
    bool first;                          // nothing was updated since the roll-out: logp must equal logp_old
    r0i_step_metrics *metrics;
    int *part_begin;                     // (count + 1) scratch
} r0i_mini_batch;

static r0_status r0i_mini_batch_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    r0i_mini_batch *mini = (r0i_mini_batch *)user;
    for (int i = 0; i <= micro->count; i++) mini->part_begin[i] = mini->begin[micro->first + i] - micro->token;
    r0_grpo_batch batch;
    memset(&batch, 0, sizeof batch);
    batch.sequences = micro->count;
    batch.begin = mini->part_begin;
    batch.logp = micro->logp;
    batch.logp_old = mini->logp_old + micro->token;
    batch.logp_ref = mini->logp_ref + micro->token;
    batch.advantage = mini->advantage + micro->first;
    batch.mini_tokens = mini->tokens;
    batch.mini_sequences = mini->count;
    batch.micro_batches = mini->micro_batches;
    mini->run->recipe.loss(&batch, &mini->run->config.grpo, dlogp, &mini->metrics->stats);
    for (int i = 0; i < micro->tokens; i++) {
        mini->metrics->entropy += micro->entropy[i];
        double drift = fabs((double)micro->logp[i] - batch.logp_old[i]);
        if (mini->first && drift > mini->metrics->drift) mini->metrics->drift = drift;
    }
    return R0_OK;
}

// Everything that the mini-batches of one roll-out share.
typedef struct r0i_update {
    r0i_evolution *run;
    r0i_arena *arena;
    const r0_rollouts *rollouts;
    const r0_sequence *sequences; // (rollouts)
    float *advantage;             // (rollouts)
    float *logp_ref;              // all response tokens, in the order of the rollouts
    int *token;                   // (rollouts + 1) first response token of each
    int n;                        // rollouts of a group
    float learning_rate;
} r0i_update;

// A mini-batch of the groups listed: gathered, backward, one optimiser step.
static r0_status r0i_update_mini_batch(const r0i_update *u, const int32_t *groups, int group_count, bool first,
                                       r0i_step_metrics *metrics)
{
    r0i_mini_batch mini;
    memset(&mini, 0, sizeof mini);
    mini.run = u->run;
    mini.count = group_count * u->n;
    mini.first = first;
    mini.metrics = metrics;
    mini.sequences = R0I_ARENA_NEW(u->arena, r0_sequence, mini.count);
    mini.begin = R0I_ARENA_NEW(u->arena, int, mini.count + 1);
    mini.part_begin = R0I_ARENA_NEW(u->arena, int, mini.count + 1);
    mini.advantage = R0I_ARENA_NEW(u->arena, float, mini.count);
    mini.logp_old = R0I_ARENA_NEW(u->arena, float, u->token[u->rollouts->count]);
    mini.logp_ref = R0I_ARENA_NEW(u->arena, float, u->token[u->rollouts->count]);
    if (!mini.sequences || !mini.begin || !mini.part_begin || !mini.advantage || !mini.logp_old || !mini.logp_ref)
        return R0_ERROR_MEMORY;
    for (int i = 0; i < mini.count; i++) {
        int from = groups[i / u->n] * u->n + i % u->n, length = u->token[from + 1] - u->token[from];
        mini.sequences[i] = u->sequences[from];
        mini.advantage[i] = u->advantage[from];
        mini.begin[i] = mini.tokens;
        memcpy(mini.logp_old + mini.tokens, u->rollouts->items[from].logp, sizeof(float) * (size_t)length);
        memcpy(mini.logp_ref + mini.tokens, u->logp_ref + u->token[from], sizeof(float) * (size_t)length);
        mini.tokens += length;
    }
    mini.begin[mini.count] = mini.tokens;
    mini.micro_batches = r0i_micro_batches(u->run->trainer, mini.sequences, mini.count);
    float norm = 0;
    R0I_TRY(r0_trainer_backward(u->run->trainer, mini.sequences, mini.count, r0i_mini_batch_loss, &mini));
    R0I_TRY(r0_trainer_step(u->run->trainer, u->learning_rate, &norm));
    metrics->grad_norm += norm;
    u->run->phase_trained += mini.tokens;
    return R0_OK;
}

static void r0i_length_metrics(const r0_rollouts *rollouts, r0i_step_metrics *m)
{
    m->length_min = rollouts->items[0].length;
    for (int i = 0; i < rollouts->count; i++) {
        const r0_rollout *r = &rollouts->items[i];
        m->tokens += r->length;
        m->length_min = R0I_MIN(m->length_min, r->length);
        m->length_max = R0I_MAX(m->length_max, r->length);
        m->truncated += !r->finished;
    }
    m->length_mean = (double)m->tokens / rollouts->count;
    m->truncated /= rollouts->count;
}

// From rewards to weights: advantages within groups, reference log-probabilities, and one optimiser step for each of
// `mini_batches` parts of the roll-out, whose groups are dealt by `key`. The policy's own log-probabilities at roll-out
// time are those that sampling reported: the same forward path, so no second pass is needed.
static r0_status r0i_grpo_update(r0i_evolution *run, r0i_arena *arena, const r0_phase_config *phase, const r0_sequence *prompts,
                                 const r0_rollouts *rollouts, const float *rewards, r0i_key key, r0i_step_metrics *metrics)
{
    int groups = rollouts->count / phase->n, parts = R0I_MIN(phase->mini_batches, groups);
    r0_sequence *sequences;
    memset(metrics, 0, sizeof *metrics);
    R0I_TRY(r0i_sequences_of(arena, prompts, rollouts, &sequences));
    r0i_length_metrics(rollouts, metrics);
    r0i_update u = {run, arena, rollouts, sequences, NULL, NULL, NULL, phase->n, phase->learning_rate};
    u.advantage = R0I_ARENA_NEW(arena, float, rollouts->count);
    u.logp_ref = R0I_ARENA_NEW(arena, float, metrics->tokens);
    u.token = R0I_ARENA_NEW(arena, int, rollouts->count + 1);
    int32_t *order = R0I_ARENA_NEW(arena, int32_t, groups);
    if (!u.advantage || !u.logp_ref || !u.token || !order) return R0_ERROR_MEMORY;
    for (int i = 0; i < rollouts->count; i++) u.token[i + 1] = u.token[i] + rollouts->items[i].length;
    for (int g = 0; g < groups; g++) order[g] = g;
    r0i_random_shuffle(key, order, (size_t)groups);
    run->recipe.advantages(rewards, groups, phase->n, u.advantage);
    r0_reward_summarize(rewards, groups, phase->n, &metrics->reward);
    R0I_TRY(r0_logp(run->reference, sequences, rollouts->count, phase->sampling.temperature, u.logp_ref, NULL, NULL));
    for (int b = 0; b < parts; b++) {
        int begin = groups * b / parts, end = groups * (b + 1) / parts;
        R0I_TRY(r0i_update_mini_batch(&u, order + begin, end - begin, b == 0, metrics));
    }
    metrics->grad_norm /= parts;
    metrics->entropy /= metrics->tokens;
    return R0_OK;
}


// -- the solver phase --

// Question number `at` of the endless stream that passes over the kept ones, each pass in its own order.
static r0_status r0i_solver_pick(r0i_evolution *run, r0i_arena *arena, int64_t at, int count, int *picked)
{
    int32_t *order = R0I_ARENA_NEW(arena, int32_t, run->kept_count);
    if (!order) return R0_ERROR_MEMORY;
    int64_t pass = -1;
    for (int i = 0; i < count; i++, at++) {
        if (at / run->kept_count != pass) {
            pass = at / run->kept_count;
            for (int k = 0; k < run->kept_count; k++) order[k] = k;
            r0i_random_shuffle(r0i_key_derive(r0i_phase_key(run), 1000000 + (uint64_t)pass), order, (size_t)run->kept_count);
        }
        picked[i] = order[at % run->kept_count];
    }
    return R0_OK;
}

static r0_status r0i_solver_reward(r0i_evolution *run, r0i_arena *arena, const r0_rollout *rollout, r0_span label, float *reward)
{
    r0_span text, answer;
    R0I_TRY(r0i_rollout_answer(run, arena, rollout, &text, &answer));
    bool correct = answer.size && r0i_task_equal(run, answer, label);
    switch (run->config.rules) {
    case R0_RULES_RELEASED: *reward = (float)r0_solver_reward_released(correct, text); break;
    case R0_RULES_TINY: *reward = (float)r0_solver_reward_tiny(correct, answer.size != 0, rollout->finished); break;
    default: *reward = (float)r0_solver_reward_paper(correct);
    }
    return R0_OK;
}

// One roll-out of the solver: answer kept questions, reward agreement with the pseudo-label, update.
static r0_status r0i_solver_step(r0i_evolution *run, r0i_arena *arena)
{
    const r0_phase_config *c = &run->config.solver;
    r0i_key key = r0i_run_key(run);
    r0_sequence *prompts = R0I_ARENA_NEW(arena, r0_sequence, c->groups);
    float *rewards = R0I_ARENA_NEW(arena, float, c->groups * c->n);
    int *picked = R0I_ARENA_NEW(arena, int, c->groups);
    if (!prompts || !rewards || !picked) return R0_ERROR_MEMORY;
    R0I_TRY(r0i_solver_pick(run, arena, (int64_t)run->step * c->groups, c->groups, picked));
    for (int g = 0; g < c->groups; g++) {
        const r0i_question *q = &run->kept[picked[g]];
        r0_sequence prompt = {q->prompt, q->prompt_length, q->prompt_length};
        prompts[g] = prompt;
    }
    r0_rollouts rollouts;
    R0I_TRY(r0i_run_generate(run, run->solver, prompts, c->groups, c->n, &c->sampling, r0i_key_derive(key, 0), &rollouts));
    r0i_step_metrics metrics;
    r0_status status = R0_OK;
    for (int i = 0; !status && i < rollouts.count; i++)
        status = r0i_solver_reward(run, arena, &rollouts.items[i], run->kept[picked[i / c->n]].label, &rewards[i]);
    if (!status)
        status = r0i_grpo_update(run, arena, c, prompts, &rollouts, rewards, r0i_key_derive(key, 2), &metrics);
    if (!status) status = r0i_solver_metrics(run, &metrics);
    r0_rollouts_free(run->context, &rollouts);
    return status;
}

// At most `max_passes` over what was kept: few questions repeated often teach their own words instead of a skill.
static int r0i_solver_steps(const r0i_evolution *run)
{
    const r0_phase_config *c = &run->config.solver;
    if (!run->kept_count) return 0;
    if (c->max_passes <= 0) return c->steps;
    int64_t bound = ((int64_t)c->max_passes * run->kept_count + c->groups - 1) / c->groups;
    return (int)R0I_MIN((int64_t)c->steps, bound);
}

static r0_status r0i_solver_phase(r0i_evolution *run)
{
    int steps = r0i_solver_steps(run);
    R0I_TRY(r0i_phase_begin(run, run->solver, "solver", steps));
    while (run->step < steps) {
        r0i_arena arena = {run->context, NULL};
        r0_status status = r0i_solver_step(run, &arena);
        r0i_arena_free(&arena);
        R0I_TRY(status);
        R0I_TRY(r0i_run_step_done(run));
    }
    return r0i_run_advance(run, R0I_PHASE_EVALUATION);
}

// >>rollout
//
// Sampling completions with a KV cache. A request is one (prompt, sample). Requests wait in order; a row of the cache
// (a slot) serves one at a time, and a slot that falls free is given to the next request, so that short completions do
// not wait for long ones. The samples of a prompt that enter together share its prefill: k and v are computed once and
// written to every slot. Every random number is keyed by seed, prompt, sample and position, and every op treats rows
// independently, so the completions do not depend on how many slots there are or in which order they are served.

typedef struct r0i_row {
    int request;
    int32_t slot, length; // length: keys in the cache
    int32_t token;        // the newest token, not yet in the cache
} r0i_row;

typedef struct r0i_sampler {
    r0_model *model;
    const r0_sequence *prompts;
    int samples, requests, next;  // requests in all; the next that waits
    const r0_sampling *sampling;
    r0_rollouts *rollouts;
    r0i_workspace workspace;
    r0i_kv kv;
    r0i_row *rows;                // (slots) the active ones first
    int active;
    int32_t *free_slots;          // (slots) those not in use
    int free_count;
    r0i_buffer device;            // the views below
    r0i_view row, slot, position; // (slots * longest prompt) i32: kv writes
    r0i_view length, key, step;   // (slots) i32; (slots, 2) u32; (slots) i32: which token of the response is drawn
    r0i_view drawn, logp;         // (slots) i32; (slots)
    int32_t *host;                // (3 slots * longest prompt)
    float *host_logp;             // (slots)
    int longest;                  // prompt, tokens
} r0i_sampler;

// Slots: enough rows for efficient matmuls, few enough that keys and values stay near the cores.
#ifdef R0_TEST
enum { R0I_SLOTS = 5 };
#else
enum { R0I_SLOTS = 256 };
#endif
#define R0I_KV_BYTES ((int64_t)1 << 30)

static r0_status r0i_kv_create(r0_model *model, uint32_t slots, uint32_t capacity, r0i_kv *kv)
{
    const r0_model_config *c = &model->config;
    size_t cols = (size_t)c->kv_heads * (size_t)c->head_dim, layers = (size_t)c->layers;
    size_t layer = (size_t)slots * capacity * cols;
    kv->slots = slots;
    kv->capacity = capacity;
    kv->k = R0I_NEW(model->context, r0i_view, 2 * layers);
    if (!kv->k) return R0_ERROR_MEMORY;
    kv->v = kv->k + layers;
    layer = (layer + 63) & ~(size_t)63;
    R0I_TRY(r0i_buffer_create(model->context->device, 2 * layers * layer, sizeof(r0i_real), &kv->buffer));
    for (size_t i = 0; i < 2 * layers; i++)
        kv->k[i] = r0i_view_part(r0i_view_all(&kv->buffer), i * layer, layer, sizeof(r0i_real));
    return R0_OK;
}

static void r0i_kv_destroy(r0_context *context, r0i_kv *kv)
{
    r0i_buffer_destroy(&kv->buffer);
    r0i_free(context, kv->k);
    memset(kv, 0, sizeof *kv);
}

static r0_status r0i_sampler_views(r0i_sampler *s)
{
    size_t slots = s->kv.slots, writes = slots * (size_t)s->longest;
    for (int round = 0; round < 2; round++) {
        r0i_bump bump = {round ? &s->device : NULL, 0};
        s->row = r0i_bump_take(&bump, writes, 1, 4);
        s->slot = r0i_bump_take(&bump, writes, 1, 4);
        s->position = r0i_bump_take(&bump, writes, 1, 4);
        s->length = r0i_bump_take(&bump, slots, 1, 4);
        s->key = r0i_bump_take(&bump, slots, 2, 4);
        s->step = r0i_bump_take(&bump, slots, 1, 4);
        s->drawn = r0i_bump_take(&bump, slots, 1, 4);
        s->logp = r0i_bump_take(&bump, slots, 1, sizeof(r0i_real));
        if (!round) R0I_TRY(r0i_buffer_create(s->model->context->device, bump.used, 1, &s->device));
    }
    return R0_OK;
}

static r0_status r0i_sampler_create(r0i_sampler *s)
{
    r0_context *context = s->model->context;
    const r0_model_config *c = &s->model->config;
    int64_t capacity = s->longest + s->sampling->max_new_tokens;
    int64_t slot_bytes = capacity * c->kv_heads * c->head_dim * c->layers * 2 * (int64_t)sizeof(r0i_real);
    int64_t slots = R0I_MAX(1, R0I_MIN(R0I_MIN((int64_t)R0I_SLOTS, s->requests), R0I_KV_BYTES / slot_bytes));
    uint32_t rows = (uint32_t)R0I_MAX(slots, R0I_MAX(s->longest, R0I_MIN(slots * s->longest, (int64_t)R0I_PASS_ROWS)));
    R0I_TRY(r0i_rope_reserve(s->model, (uint32_t)capacity));
    R0I_TRY(r0i_kv_create(s->model, (uint32_t)slots, (uint32_t)capacity, &s->kv));
    R0I_TRY(r0i_workspace_create(s->model, rows, false, &s->workspace));
    R0I_TRY(r0i_sampler_views(s));
    s->rows = R0I_NEW(context, r0i_row, slots);
    s->free_slots = R0I_NEW(context, int32_t, slots);
    s->host = R0I_NEW(context, int32_t, 3 * (size_t)slots * (size_t)s->longest);
    s->host_logp = R0I_NEW(context, float, slots);
    if (!s->rows || !s->free_slots || !s->host || !s->host_logp) return R0_ERROR_MEMORY;
    while (s->free_count < slots) s->free_slots[s->free_count] = s->free_count, s->free_count++;
    return R0_OK;
}

static void r0i_sampler_destroy(r0i_sampler *s)
{
    r0_context *context = s->model->context;
    r0i_kv_destroy(context, &s->kv);
    r0i_workspace_destroy(&s->workspace);
    r0i_buffer_destroy(&s->device);
    r0i_free(context, s->rows);
    r0i_free(context, s->free_slots);
    r0i_free(context, s->host);
    r0i_free(context, s->host_logp);
}

static bool r0i_is_end(const r0_model_config *c, int32_t token)
{
    for (int i = 0; i < c->eos_count; i++)
        if (c->eos_tokens[i] == token) return true;
    return false;
}

// Draws the next token of rows [first, first + count) from logits of the rows that workspace->index names, and files it.
static r0_status r0i_sampler_draw(r0i_sampler *s, int first, int count)
{
    r0i_workspace *w = &s->workspace;
    r0i_device *d = s->model->context->device;
    uint32_t vocab = (uint32_t)s->model->config.vocab_size;
    for (int i = 0; i < count; i++) {
        const r0_rollout *rollout = &s->rollouts->items[s->rows[first + i].request];
        r0i_key key = r0i_key_derive(r0i_key_make(s->sampling->seed), (uint64_t)rollout->prompt);
        key = r0i_key_derive(key, (uint64_t)rollout->sample);
        memcpy(&s->host[2 * i], &key, sizeof key);
        s->host[2 * (int)s->kv.slots + i] = rollout->length; // 3 * slots integers fit: longest >= 1
    }
    r0i_write(r0i_view_part(s->key, 0, 2 * (size_t)count, 4), s->host);
    r0i_write(r0i_view_part(s->step, 0, (size_t)count, 4), s->host + 2 * s->kv.slots);
    for (uint32_t at = 0; at < (uint32_t)count; at += w->head_rows) {
        uint32_t part = R0I_MIN((uint32_t)count - at, w->head_rows);
        r0i_head_logits(w, at, part);
        r0i_sample(d, r0i_view_part(s->drawn, at, part, 4), r0i_view_part(s->logp, at, part, sizeof(r0i_real)), w->logits,
                   r0i_view_part(s->key, 2 * (size_t)at, 2 * (size_t)part, 4), r0i_view_part(s->step, at, part, 4), part,
                   vocab, s->sampling->temperature, (uint32_t)R0I_MAX(0, s->sampling->top_k),
                   s->sampling->top_p > 0 ? s->sampling->top_p : 1);
    }
    R0I_TRY(r0i_read_floats(s->model->context, r0i_view_part(s->logp, 0, (size_t)count, sizeof(r0i_real)), s->host_logp));
    R0I_TRY(r0i_read(r0i_view_part(s->drawn, 0, (size_t)count, 4), s->host));
    for (int i = 0; i < count; i++) {
        r0i_row *row = &s->rows[first + i];
        r0_rollout *rollout = &s->rollouts->items[row->request];
        size_t at = (size_t)row->request * (size_t)s->sampling->max_new_tokens + (size_t)rollout->length++;
        row->token = s->rollouts->tokens[at] = s->host[i];
        s->rollouts->logp[at] = s->host_logp[i];
        rollout->finished = r0i_is_end(&s->model->config, row->token);
    }
    return R0_OK;
}

// Rows that ended leave their slot; the others close the gap, in order.
static void r0i_sampler_retire(r0i_sampler *s)
{
    int kept = 0;
    for (int i = 0; i < s->active; i++) {
        const r0_rollout *rollout = &s->rollouts->items[s->rows[i].request];
        if (rollout->finished || rollout->length >= s->sampling->max_new_tokens)
            s->free_slots[s->free_count++] = s->rows[i].slot;
        else
            s->rows[kept++] = s->rows[i];
    }
    if (s->model->context->progress_rollouts) r0i_progress_step(s->model->context, s->active - kept);
    s->active = kept;
}

// Takes waiting requests into free slots, as many as the workspace has rows for, and packs their prompts: each prompt
// once, k and v written to the slots of all its samples. Returns how many entered.
static int r0i_sampler_admit(r0i_sampler *s, r0i_pass *pass)
{
    r0i_workspace *w = &s->workspace;
    size_t n = w->rows, writes = (size_t)s->kv.slots * (size_t)s->longest;
    int32_t *ids = w->host, *position = ids + n, *begin = position + n, *index = begin + n;
    int32_t *row = s->host, *slot = row + writes, *at = slot + writes;
    int admitted = 0, packed = -1;
    while (s->free_count && s->next < s->requests) {
        int prompt = s->next / s->samples;
        const r0_sequence *q = &s->prompts[prompt];
        if (prompt != packed && pass->rows + (uint32_t)q->length > w->rows) break;
        if (prompt != packed) {
            for (int i = 0; i < q->length; i++) {
                ids[pass->rows + (uint32_t)i] = q->tokens[i];
                position[pass->rows + (uint32_t)i] = i;
                begin[pass->rows + (uint32_t)i] = (int32_t)pass->rows;
            }
            pass->rows += (uint32_t)q->length;
            packed = prompt;
        }
        r0i_row *fresh = &s->rows[s->active + admitted];
        fresh->request = s->next++;
        fresh->slot = s->free_slots[--s->free_count];
        fresh->length = q->length;
        for (int i = 0; i < q->length; i++, pass->writes++) {
            row[pass->writes] = (int32_t)pass->rows - q->length + i;
            slot[pass->writes] = fresh->slot;
            at[pass->writes] = i;
        }
        index[admitted++] = (int32_t)pass->rows - 1;
    }
    return admitted;
}

static void r0i_sampler_write(r0i_sampler *s, const r0i_pass *pass, const int32_t *ids, const int32_t *position,
                              const int32_t *index, int count)
{
    r0i_workspace *w = &s->workspace;
    size_t writes = (size_t)s->kv.slots * (size_t)s->longest;
    r0i_write(r0i_view_part(w->ids, 0, pass->rows, 4), ids);
    r0i_write(r0i_view_part(w->position, 0, pass->rows, 4), position);
    r0i_write(r0i_view_part(w->index, 0, (size_t)count, 4), index);
    r0i_write(r0i_view_part(s->row, 0, pass->writes, 4), s->host);
    r0i_write(r0i_view_part(s->slot, 0, pass->writes, 4), s->host + writes);
    r0i_write(r0i_view_part(s->position, 0, pass->writes, 4), s->host + 2 * writes);
}

static void r0i_sampler_pass(r0i_sampler *s, r0i_pass *pass)
{
    memset(pass, 0, sizeof *pass);
    pass->workspace = &s->workspace;
    pass->kv = &s->kv;
    pass->row = s->row;
    pass->slot = s->slot;
    pass->write_position = s->position;
    pass->length = s->length;
}

static r0_status r0i_sampler_prefill(r0i_sampler *s)
{
    r0i_pass pass;
    r0i_sampler_pass(s, &pass);
    int admitted = r0i_sampler_admit(s, &pass);
    size_t n = s->workspace.rows;
    const int32_t *ids = s->workspace.host;
    r0i_write(r0i_view_part(s->workspace.begin, 0, pass.rows, 4), ids + 2 * n);
    r0i_sampler_write(s, &pass, ids, ids + n, ids + 3 * n, admitted);
    r0i_forward(&pass);
    s->active += admitted;
    return r0i_sampler_draw(s, s->active - admitted, admitted);
}

// One token for every active row: row i of the pass is row i of the sampler.
static r0_status r0i_sampler_decode(r0i_sampler *s)
{
    r0i_pass pass;
    r0i_sampler_pass(s, &pass);
    size_t n = s->workspace.rows, writes = (size_t)s->kv.slots * (size_t)s->longest;
    int32_t *ids = s->workspace.host, *position = ids + n, *length = position + n;
    pass.decode = true;
    pass.rows = pass.writes = (uint32_t)s->active;
    for (int i = 0; i < s->active; i++) {
        ids[i] = s->rows[i].token;
        s->host[i] = i;
        s->host[writes + (size_t)i] = s->rows[i].slot;
        s->host[2 * writes + (size_t)i] = position[i] = s->rows[i].length++;
        length[i] = s->rows[i].length;
    }
    r0i_write(r0i_view_part(s->length, 0, pass.rows, 4), length);
    r0i_sampler_write(s, &pass, ids, position, s->host, s->active);
    r0i_forward(&pass);
    return r0i_sampler_draw(s, 0, s->active);
}

static r0_status r0i_sampler_run(r0i_sampler *s)
{
    while (s->active || s->next < s->requests) {
        R0I_TRY(r0i_check_cancel(s->model->context));
        // A prefill of a few rows costs as much as a step of many: wait until an eighth of the slots is free.
        bool refill = s->next < s->requests && (!s->active || s->free_count * 8 >= (int)s->kv.slots);
        R0I_TRY(refill ? r0i_sampler_prefill(s) : r0i_sampler_decode(s));
        r0i_sampler_retire(s);
    }
    return R0_OK;
}

static r0_status r0i_generate_check(r0_model *model, const r0_sequence *prompts, int count, int samples,
                                    const r0_sampling *sampling)
{
    r0_context *context = model->context;
    if (count < 0 || samples < 1 || sampling->max_new_tokens < 1 || !(sampling->temperature >= 0) || sampling->top_k < 0 ||
        !(sampling->top_p >= 0 && sampling->top_p <= 1))
        return r0i_fail(context, R0_ERROR_ARGUMENT,
                        "r0_generate: %d prompts, %d samples, max_new_tokens %d, temperature %g, top_k %d, top_p %g: "
                        "one is out of range", count, samples, sampling->max_new_tokens, (double)sampling->temperature,
                        sampling->top_k, (double)sampling->top_p);
    for (int i = 0; i < count; i++) {
        const r0_sequence whole = {prompts[i].tokens, prompts[i].length, prompts[i].length};
        R0I_TRY(r0i_sequences_check(model, &whole, 1));
        if (whole.length > model->config.max_positions - sampling->max_new_tokens)
            return r0i_fail(context, R0_ERROR_LIMIT, "prompt %d: %d tokens and %d new ones are more than the model's %d positions",
                            i, whole.length, sampling->max_new_tokens, model->config.max_positions);
    }
    return R0_OK;
}

static r0_status r0i_rollouts_create(r0_context *context, int count, int samples, int max_new, r0_rollouts *r)
{
    int64_t requests = (int64_t)count * samples;
    if (requests > INT32_MAX / 2)
        return r0i_fail(context, R0_ERROR_LIMIT, "r0_generate: %d prompts x %d samples are too many", count, samples);
    r->items = R0I_NEW(context, r0_rollout, requests);
    r->tokens = (int32_t *)r0i_alloc(context, (size_t)requests, (size_t)max_new * sizeof(int32_t));
    r->logp = (float *)r0i_alloc(context, (size_t)requests, (size_t)max_new * sizeof(float));
    if (!r->items || !r->tokens || !r->logp) return R0_ERROR_MEMORY;
    for (int i = 0; i < (int)requests; i++) {
        r->items[i].prompt = i / samples;
        r->items[i].sample = i % samples;
        r->items[i].tokens = r->tokens + (size_t)i * (size_t)max_new;
        r->items[i].logp = r->logp + (size_t)i * (size_t)max_new;
    }
    r->count = (int)requests;
    return R0_OK;
}

R0_API r0_status r0_generate(r0_model *model, const r0_sequence *prompts, int count, int samples,
                             const r0_sampling *sampling, r0_rollouts *rollouts)
{
    memset(rollouts, 0, sizeof *rollouts);
    R0I_TRY(r0i_generate_check(model, prompts, count, samples, sampling));
    if (!count) return R0_OK;
    r0i_sampler s;
    memset(&s, 0, sizeof s);
    s.model = model;
    s.prompts = prompts;
    s.samples = samples;
    s.requests = count * samples;
    s.sampling = sampling;
    s.rollouts = rollouts;
    for (int i = 0; i < count; i++) s.longest = R0I_MAX(s.longest, prompts[i].length);
    r0_status status = r0i_rollouts_create(model->context, count, samples, sampling->max_new_tokens, rollouts);
    if (!status) status = r0i_sampler_create(&s);
    if (!status) status = r0i_sampler_run(&s);
    r0i_sampler_destroy(&s);
    if (status) r0_rollouts_free(model->context, rollouts);
    return status;
}

R0_API void r0_rollouts_free(r0_context *context, r0_rollouts *rollouts)
{
    r0i_free(context, rollouts->items);
    r0i_free(context, rollouts->tokens);
    r0i_free(context, rollouts->logp);
    memset(rollouts, 0, sizeof *rollouts);
}

// >>transformer
//
// A decoder-only transformer: for every layer
//     x += Wo attention(rope(norm(Wq n)), rope(norm(Wk n)), Wv n)    with n = rms_norm(x)
//     x += Wdown (silu(Wgate n) * (Wup n))                            with n = rms_norm(x)
// then logits = E rms_norm(x). Qwen3 norms every head of q and k, Qwen2 adds a bias to q, k, v, Llama does neither.
// Sequences of unequal length lie packed one after another, without padding: N rows in all. Forward and backward are
// plain sequences of the ops of R0I_OPS; whether they run on the CPU or are recorded for Vulkan is the device's matter.

// -- weights --

static r0i_view r0i_weight(const r0i_buffer *flat, const r0i_tensor *tensor)
{
    r0i_view view = {(r0i_buffer *)(uintptr_t)flat, tensor->offset * sizeof(r0i_real),
                     (size_t)tensor->rows * tensor->cols * sizeof(r0i_real)};
    return view;
}

// Models keep 64 elements of alignment between tensors: 256 bytes, the largest offset alignment Vulkan may ask for.
static const r0i_tensor *r0i_tensor_place(r0_model *model, const char *name, uint32_t rows, uint32_t cols, r0i_init init)
{
    r0i_tensor *tensor = &model->tensors[model->tensor_count++];
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->offset = model->size;
    tensor->rows = rows;
    tensor->cols = cols;
    tensor->init = init;
    model->size += ((size_t)rows * cols + 63) & ~(size_t)63;
    return tensor;
}

static const r0i_tensor *r0i_tensor_place_layer(r0_model *model, int layer, const char *name, int rows, int cols,
                                                r0i_init init)
{
    char full[80];
    snprintf(full, sizeof full, "model.layers.%d.%s", layer, name);
    return r0i_tensor_place(model, full, (uint32_t)rows, (uint32_t)cols, init);
}

static r0_status r0i_model_layout(r0_model *model)
{
    const r0_model_config *c = &model->config;
    enum { per_layer = 0
#define R0I_X(field, name, rows, cols, init, exists) +1
        R0I_LAYER_TENSORS(R0I_X)
#undef R0I_X
    };
    uint32_t vocab = (uint32_t)c->vocab_size, hidden = (uint32_t)c->hidden_size;
    model->tensors = R0I_NEW(model->context, r0i_tensor, (size_t)c->layers * per_layer + 3);
    model->layers = R0I_NEW(model->context, r0i_layer, c->layers);
    if (!model->tensors || !model->layers) return R0_ERROR_MEMORY;
    model->embedding = r0i_tensor_place(model, "model.embed_tokens.weight", vocab, hidden, R0I_INIT_EMBEDDING);
    for (int l = 0; l < c->layers; l++) {
        r0i_layer *layer = &model->layers[l];
#define R0I_X(field, name, rows, cols, init, exists) \
    if (exists) layer->field = r0i_tensor_place_layer(model, l, name, rows, cols, R0I_INIT_##init);
        R0I_LAYER_TENSORS(R0I_X)
#undef R0I_X
    }
    model->final_norm = r0i_tensor_place(model, "model.norm.weight", 1, hidden, R0I_INIT_ONE);
    model->head = c->tied_embeddings ? model->embedding
                                     : r0i_tensor_place(model, "lm_head.weight", vocab, hidden, R0I_INIT_LINEAR);
    return R0_OK;
}

static r0_status r0i_write_floats(r0_context *context, r0i_view to, const float *from)
{
    size_t count = to.size / sizeof(r0i_real);
    if (sizeof(r0i_real) == sizeof(float)) {
        r0i_write(to, from);
        return R0_OK;
    }
    r0i_real *wide = R0I_NEW(context, r0i_real, count);
    if (!wide) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) wide[i] = (r0i_real)from[i];
    r0i_write(to, wide);
    r0i_free(context, wide);
    return R0_OK;
}

static r0_status r0i_read_floats(r0_context *context, r0i_view from, float *to)
{
    size_t count = from.size / sizeof(r0i_real);
    if (sizeof(r0i_real) == sizeof(float)) return r0i_read(from, to);
    r0i_real *wide = R0I_NEW(context, r0i_real, count);
    if (!wide) return R0_ERROR_MEMORY;
    r0_status status = r0i_read(from, wide);
    for (size_t i = 0; i < count; i++) to[i] = (float)wide[i];
    r0i_free(context, wide);
    return status;
}

// RoPE's inverse frequency of pair i: theta^(-2i/D). Llama 3 stretches the long wavelengths by `factor`, keeps the
// short ones, and blends in between (its own release; transformers: modeling_rope_utils.py).
static double r0i_rope_frequency(const r0_model_config *c, int i)
{
    double frequency = pow(c->rope_theta, -2.0 * i / c->head_dim);
    if (c->rope_scaling.factor <= 0) return frequency;
    double turns = c->rope_scaling.original_max_positions * frequency / 6.283185307179586;
    double low = c->rope_scaling.low_freq_factor, high = c->rope_scaling.high_freq_factor;
    double keep = R0I_MIN(1.0, R0I_MAX(0.0, (turns - low) / (high - low)));
    return frequency * (keep + (1 - keep) / c->rope_scaling.factor);
}

// The cos/sin table covers the positions seen so far, in powers of two.
static r0_status r0i_rope_reserve(r0_model *model, uint32_t positions)
{
    if (positions <= model->rope_positions) return R0_OK;
    uint32_t half = (uint32_t)model->config.head_dim / 2, grown = 64;
    while (grown < positions) grown *= 2;
    r0i_real *table = R0I_NEW(model->context, r0i_real, (size_t)grown * half * 2);
    if (!table) return R0_ERROR_MEMORY;
    for (uint32_t i = 0; i < half; i++) {
        double frequency = r0i_rope_frequency(&model->config, (int)i);
        for (uint32_t p = 0; p < grown; p++) {
            table[((size_t)p * half + i) * 2] = (r0i_real)cos(p * frequency);
            table[((size_t)p * half + i) * 2 + 1] = (r0i_real)sin(p * frequency);
        }
    }
    r0i_device *device = model->context->device;
    r0_status status = device->functions->finish(device); // recorded ops may still read the old table
    if (!status) {
        r0i_buffer_destroy(&model->rope);
        model->rope_positions = 0;
        status = r0i_buffer_create(device, (size_t)grown * half * 2, sizeof(r0i_real), &model->rope);
    }
    if (!status) {
        r0i_write(r0i_view_all(&model->rope), table);
        model->rope_positions = grown;
    }
    r0i_free(model->context, table);
    return status;
}

static r0_status r0i_model_shape_check(r0_context *context, const r0_model_config *c)
{
    const struct { const char *name; int value, low, high; } fields[] = {
        {"vocab_size", c->vocab_size, 2, 1 << 22},    {"hidden_size", c->hidden_size, 1, 1 << 20},
        {"layers", c->layers, 1, 4096},               {"intermediate_size", c->intermediate_size, 1, 1 << 22},
        {"heads", c->heads, 1, 4096},                 {"kv_heads", c->kv_heads, 1, c->heads},
        {"head_dim", c->head_dim, 2, 1024},           {"max_positions", c->max_positions, 1, 1 << 24},
    };
    for (size_t i = 0; i < R0I_COUNT(fields); i++)
        if (fields[i].value < fields[i].low || fields[i].value > fields[i].high)
            return r0i_fail(context, R0_ERROR_ARGUMENT, "model: %s %d is not within %d..%d", fields[i].name,
                            fields[i].value, fields[i].low, fields[i].high);
    if (c->heads % c->kv_heads || c->head_dim % 2)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "model: heads %d must be a multiple of kv_heads %d, head_dim %d even",
                        c->heads, c->kv_heads, c->head_dim);
    return R0_OK;
}

// A model with its memory, and no weights yet.
static r0_status r0i_model_allocate(r0_context *context, const r0_model_config *config, r0_model **model)
{
    R0I_TRY(r0i_model_shape_check(context, config));
    *model = R0I_NEW(context, r0_model, 1);
    if (!*model) return R0_ERROR_MEMORY;
    (*model)->context = context;
    (*model)->config = *config;
    r0_status status = r0i_model_layout(*model);
    if (!status) status = r0i_buffer_create(context->device, (*model)->size, sizeof(r0i_real), &(*model)->parameters);
    if (!status) return R0_OK;
    r0_model_destroy(*model);
    *model = NULL;
    return status;
}

static void r0i_tensor_start(const r0i_tensor *tensor, r0i_key key, float *values)
{
    size_t count = (size_t)tensor->rows * tensor->cols;
    double deviation = tensor->init == R0I_INIT_EMBEDDING ? .028 : 1 / sqrt((double)tensor->cols);
    if (tensor->init == R0I_INIT_RESIDUAL) deviation *= .5;
    for (size_t i = 0; i < count; i++) {
        if (tensor->init == R0I_INIT_ONE) values[i] = 1;
        else if (tensor->init == R0I_INIT_ZERO) values[i] = 0;
        else values[i] = (float)(deviation * r0i_random_normal(key, i));
    }
}

// Gives `each` the tensors one by one, with room for their values.
typedef r0_status (*r0i_tensor_fn)(void *user, r0_model *model, size_t index, float *values);
static r0_status r0i_model_each_tensor(r0_model *model, r0i_tensor_fn each, void *user)
{
    size_t largest = 0;
    for (size_t i = 0; i < model->tensor_count; i++)
        largest = R0I_MAX(largest, (size_t)model->tensors[i].rows * model->tensors[i].cols);
    float *values = R0I_NEW(model->context, float, largest);
    r0_status status = values ? R0_OK : R0_ERROR_MEMORY;
    for (size_t i = 0; !status && i < model->tensor_count; i++) status = each(user, model, i, values);
    r0i_free(model->context, values);
    return status;
}

static r0_status r0i_tensor_create(void *user, r0_model *model, size_t index, float *values)
{
    r0i_tensor_start(&model->tensors[index], r0i_key_derive(r0i_key_make(*(const uint64_t *)user), index), values);
    return r0i_write_floats(model->context, r0i_weight(&model->parameters, &model->tensors[index]), values);
}

R0_API r0_status r0_model_create(r0_context *context, const r0_model_config *config, uint64_t seed, r0_model **model)
{
    *model = NULL;
    R0I_TRY(r0i_model_allocate(context, config, model));
    r0_status status = r0i_model_each_tensor(*model, r0i_tensor_create, &seed);
    if (!status) return R0_OK;
    r0_model_destroy(*model);
    *model = NULL;
    return status;
}

R0_API r0_status r0_model_copy(r0_model *to, const r0_model *from)
{
    if (to->size != from->size || to->tensor_count != from->tensor_count)
        return r0i_fail(to->context, R0_ERROR_ARGUMENT, "r0_model_copy: the models differ in shape");
    r0i_view all = {(r0i_buffer *)(uintptr_t)&from->parameters, 0, from->parameters.size};
    r0i_copy(r0i_view_all(&to->parameters), all);
    return R0_OK;
}

R0_API void r0_model_destroy(r0_model *model)
{
    if (!model) return;
    r0i_buffer_destroy(&model->parameters);
    r0i_buffer_destroy(&model->rope);
    r0i_free(model->context, model->tensors);
    r0i_free(model->context, model->layers);
    r0i_free(model->context, model);
}

R0_API const r0_model_config *r0_model_shape(const r0_model *model)
{
    return &model->config;
}

R0_API int64_t r0_model_parameter_count(const r0_model *model)
{
    int64_t count = 0;
    for (size_t i = 0; i < model->tensor_count; i++) count += (int64_t)model->tensors[i].rows * model->tensors[i].cols;
    return count;
}

// -- model folders --

static r0_status r0i_tensor_load(void *user, r0_model *model, size_t index, float *values)
{
    const r0i_tensor *tensor = &model->tensors[index];
    int64_t shape[2] = {tensor->rows, tensor->cols};
    int vector = tensor->rows == 1; // a vector is stored with one dimension
    R0I_TRY(r0i_safetensors_read_f32(model->context, (const r0i_safetensors *)user, tensor->name, shape + vector,
                                     2 - vector, values));
    return r0i_write_floats(model->context, r0i_weight(&model->parameters, tensor), values);
}

R0_API r0_status r0_model_load(r0_context *context, const char *folder, r0_model **model)
{
    r0_model_config config;
    r0i_safetensors *file;
    *model = NULL;
    R0I_TRY(r0i_config_read(context, folder, &config));
    R0I_TRY(r0i_safetensors_open(context, folder, &file));
    r0_status status = r0i_model_allocate(context, &config, model);
    if (!status) status = r0i_model_each_tensor(*model, r0i_tensor_load, file);
    r0i_safetensors_close(file);
    if (status && *model) {
        r0_model_destroy(*model);
        *model = NULL;
    }
    return status;
}

static r0_status r0i_model_save_weights(r0_model *model, const char *folder, r0i_arena *arena)
{
    r0i_text path = {model->context, NULL, 0, 0, false};
    r0i_tensor_out *out = R0I_ARENA_NEW(arena, r0i_tensor_out, model->tensor_count);
    if (!out) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        int vector = tensor->rows == 1;
        float *values = R0I_ARENA_NEW(arena, float, (size_t)tensor->rows * tensor->cols);
        if (!values) return R0_ERROR_MEMORY;
        R0I_TRY(r0i_read_floats(model->context, r0i_weight(&model->parameters, tensor), values));
        out[i].name = tensor->name;
        out[i].dtype = R0I_F32;
        out[i].rank = 2 - vector;
        out[i].shape[0] = vector ? tensor->cols : tensor->rows;
        out[i].shape[1] = vector ? 0 : tensor->cols;
        out[i].data = values;
    }
    r0i_text_print(&path, "%s/model.safetensors", folder);
    r0_status status = r0i_text_status(&path);
    if (!status) status = r0i_safetensors_write(model->context, path.data, out, model->tensor_count, NULL);
    r0i_text_free(&path);
    return status;
}

R0_API r0_status r0_model_save(r0_model *model, const char *folder)
{
    r0i_arena arena = {model->context, NULL};
    R0I_TRY(r0i_folder_create(model->context, folder));
    R0I_TRY(r0i_config_write(model->context, folder, &model->config));
    r0_status status = r0i_model_save_weights(model, folder, &arena);
    r0i_arena_free(&arena);
    return status;
}

// -- workspace: all that a pass needs, in one buffer --

static r0i_view r0i_bump_take(r0i_bump *bump, size_t rows, size_t cols, size_t size)
{
    r0i_view view = {bump->buffer, bump->used, rows * cols * size};
    bump->used += (view.size + 255) & ~(size_t)255;
    return view;
}

static void r0i_bump_activations(r0i_bump *bump, const r0_model_config *c, size_t n, bool training, r0i_activations *a)
{
    size_t hidden = (size_t)c->hidden_size, inner = (size_t)c->intermediate_size, real = sizeof(r0i_real);
    size_t q = (size_t)(c->heads * c->head_dim), kv = (size_t)(c->kv_heads * c->head_dim);
    a->x = r0i_bump_take(bump, n, hidden, real);
    a->normed = r0i_bump_take(bump, n, hidden, real);
    a->rstd = r0i_bump_take(bump, n, 1, real);
    a->q = r0i_bump_take(bump, n, q, real);
    a->k = r0i_bump_take(bump, n, kv, real);
    a->v = r0i_bump_take(bump, n, kv, real);
    a->q_raw = c->qk_norm ? r0i_bump_take(bump, n, q, real) : a->q;
    a->k_raw = c->qk_norm ? r0i_bump_take(bump, n, kv, real) : a->k;
    a->q_rstd = r0i_bump_take(bump, n, (size_t)c->heads, real);
    a->k_rstd = r0i_bump_take(bump, n, (size_t)c->kv_heads, real);
    a->attention = r0i_bump_take(bump, n, q, real);
    a->lse = r0i_bump_take(bump, n, (size_t)c->heads, real);
    a->mid = training ? r0i_bump_take(bump, n, hidden, real) : a->x; // without a backward the residual runs in place
    a->mid_normed = training ? r0i_bump_take(bump, n, hidden, real) : a->normed;
    a->mid_rstd = r0i_bump_take(bump, n, 1, real);
    a->gate = r0i_bump_take(bump, n, inner, real);
    a->up = r0i_bump_take(bump, n, inner, real);
    a->product = r0i_bump_take(bump, n, inner, real);
}

static void r0i_bump_gradients(r0i_bump *bump, const r0_model_config *c, size_t n, r0i_workspace *w)
{
    size_t hidden = (size_t)c->hidden_size, inner = (size_t)c->intermediate_size, real = sizeof(r0i_real);
    size_t q = (size_t)(c->heads * c->head_dim), kv = (size_t)(c->kv_heads * c->head_dim);
    w->dx = r0i_bump_take(bump, n, hidden, real);
    w->dnormed = r0i_bump_take(bump, n, hidden, real);
    w->dhidden = r0i_bump_take(bump, n, hidden, real);
    w->dq = r0i_bump_take(bump, n, q, real);
    w->dk = r0i_bump_take(bump, n, kv, real);
    w->dv = r0i_bump_take(bump, n, kv, real);
    w->dq_raw = r0i_bump_take(bump, n, q, real); // also the gradient of attention's output
    w->dk_raw = r0i_bump_take(bump, n, kv, real);
    w->delta = r0i_bump_take(bump, n, (size_t)c->heads, real);
    w->dgate = r0i_bump_take(bump, n, inner, real);
    w->dup = r0i_bump_take(bump, n, inner, real);
    w->dproduct = r0i_bump_take(bump, n, inner, real);
    w->dpicked = r0i_bump_take(bump, w->head_rows, hidden, real);
    w->dlogp = r0i_bump_take(bump, n, 1, real);
}

static void r0i_bump_workspace(r0i_bump *bump, r0i_workspace *w)
{
    const r0_model_config *c = &w->model->config;
    size_t n = w->rows, hidden = (size_t)c->hidden_size, real = sizeof(r0i_real);
    for (int l = 0; l < (w->training ? c->layers : 1); l++)
        r0i_bump_activations(bump, c, n, w->training, &w->layers[l]);
    w->final = w->training ? r0i_bump_take(bump, n, hidden, real) : w->layers[0].x;
    w->final_rstd = r0i_bump_take(bump, n, 1, real);
    w->hidden = r0i_bump_take(bump, n, hidden, real);
    w->picked = r0i_bump_take(bump, w->head_rows, hidden, real);
    w->logits = r0i_bump_take(bump, w->head_rows, (size_t)c->vocab_size, real);
    w->logp = r0i_bump_take(bump, n, 1, real);
    w->entropy = r0i_bump_take(bump, n, 1, real);
    w->certainty = r0i_bump_take(bump, n, 1, real);
    w->logits_lse = r0i_bump_take(bump, n, 1, real);
    r0i_view *const integers[] = {&w->ids, &w->position, &w->begin, &w->end, &w->index, &w->target, &w->order, &w->unique};
    for (size_t i = 0; i < R0I_COUNT(integers); i++) *integers[i] = r0i_bump_take(bump, n, 1, sizeof(int32_t));
    w->starts = r0i_bump_take(bump, n + 1, 1, sizeof(int32_t));
    if (w->training) r0i_bump_gradients(bump, c, n, w);
}

// Logits at a time: large enough for a good matmul, small beside the weights of a model with a large vocabulary.
#ifdef R0_TEST
enum { R0I_LOGITS = 1 << 10 };
#else
enum { R0I_LOGITS = 1 << 22 };
#endif

static r0_status r0i_workspace_create(r0_model *model, uint32_t rows, bool training, r0i_workspace *w)
{
    memset(w, 0, sizeof *w);
    w->model = model;
    w->rows = rows;
    w->training = training;
    w->head_rows = (uint32_t)R0I_MIN((int64_t)rows, R0I_MAX(1, (int64_t)R0I_LOGITS / model->config.vocab_size));
    w->layers = R0I_NEW(model->context, r0i_activations, training ? model->config.layers : 1);
    w->host = R0I_NEW(model->context, int32_t, 9 * (size_t)rows + 1);
    r0i_bump count = {NULL, 0}, take = {&w->buffer, 0};
    r0_status status = w->layers && w->host ? R0_OK : R0_ERROR_MEMORY;
    if (!status) r0i_bump_workspace(&count, w);
    if (!status) status = r0i_buffer_create(model->context->device, count.used, 1, &w->buffer);
    if (!status) r0i_bump_workspace(&take, w);
    else r0i_workspace_destroy(w);
    return status;
}

static void r0i_workspace_destroy(r0i_workspace *w)
{
    if (!w->model) return;
    r0i_free(w->model->context, w->layers);
    r0i_free(w->model->context, w->host);
    r0i_buffer_destroy(&w->buffer);
    memset(w, 0, sizeof *w);
}

// -- forward --

// `to` = `from` unless they are the same memory.
static void r0i_copy_rows(r0i_view to, r0i_view from, size_t count)
{
    if (to.offset == from.offset) return;
    r0i_copy(r0i_view_part(to, 0, count, sizeof(r0i_real)), r0i_view_part(from, 0, count, sizeof(r0i_real)));
}

// q, k, v of the rows: projected, biased (Qwen2), normed per head (Qwen3), rotated to their positions.
static void r0i_qkv_forward(const r0i_pass *p, const r0i_layer *w, const r0i_activations *a)
{
    const r0_model *model = p->workspace->model;
    const r0_model_config *c = &model->config;
    const r0i_buffer *weights = &model->parameters;
    r0i_device *d = model->context->device;
    r0i_view rope = {(r0i_buffer *)(uintptr_t)&model->rope, 0, model->rope.size};
    uint32_t n = p->rows, hidden = (uint32_t)c->hidden_size, dim = (uint32_t)c->head_dim;
    uint32_t heads = (uint32_t)c->heads, kv_heads = (uint32_t)c->kv_heads;
    r0i_matmul_nt(d, a->q_raw, a->normed, r0i_weight(weights, w->q), n, heads * dim, hidden, 0);
    r0i_matmul_nt(d, a->k_raw, a->normed, r0i_weight(weights, w->k), n, kv_heads * dim, hidden, 0);
    r0i_matmul_nt(d, a->v, a->normed, r0i_weight(weights, w->v), n, kv_heads * dim, hidden, 0);
    if (w->q_bias) {
        r0i_bias_forward(d, a->q_raw, r0i_weight(weights, w->q_bias), n, heads * dim);
        r0i_bias_forward(d, a->k_raw, r0i_weight(weights, w->k_bias), n, kv_heads * dim);
        r0i_bias_forward(d, a->v, r0i_weight(weights, w->v_bias), n, kv_heads * dim);
    }
    if (w->q_norm) { // a head is a row of D columns
        r0i_rms_norm_forward(d, a->q, a->q_rstd, a->q_raw, r0i_weight(weights, w->q_norm), n * heads, dim,
                             c->rms_norm_eps, 0);
        r0i_rms_norm_forward(d, a->k, a->k_rstd, a->k_raw, r0i_weight(weights, w->k_norm), n * kv_heads, dim,
                             c->rms_norm_eps, 0);
    }
    r0i_rope(d, a->q, p->workspace->position, rope, n, heads, dim, 1);
    r0i_rope(d, a->k, p->workspace->position, rope, n, kv_heads, dim, 1);
}

// Rows attend within their own sequence (packed), or to their slot of the cache (decode).
static void r0i_attention_step(const r0i_pass *p, int layer, const r0i_activations *a)
{
    const r0_model_config *c = &p->workspace->model->config;
    r0i_device *d = p->workspace->model->context->device;
    uint32_t dim = (uint32_t)c->head_dim, heads = (uint32_t)c->heads, kv_heads = (uint32_t)c->kv_heads;
    float scale = (float)(1 / sqrt((double)c->head_dim));
    if (p->kv) {
        r0i_kv_write(d, p->kv->k[layer], a->k, p->row, p->slot, p->write_position, p->writes, kv_heads * dim,
                     p->kv->capacity);
        r0i_kv_write(d, p->kv->v[layer], a->v, p->row, p->slot, p->write_position, p->writes, kv_heads * dim,
                     p->kv->capacity);
    }
    if (p->decode)
        r0i_attention_decode(d, a->attention, a->q, p->kv->k[layer], p->kv->v[layer], p->slot, p->length, p->rows, heads,
                             kv_heads, dim, p->kv->capacity, scale);
    else
        r0i_attention_forward(d, a->attention, a->lse, a->q, a->k, a->v, p->workspace->begin, p->rows, heads, kv_heads,
                              dim, scale);
}

// next (N, C) = the layer of a->x.
static void r0i_layer_forward(const r0i_pass *p, int layer, const r0i_activations *a, r0i_view next)
{
    const r0_model *model = p->workspace->model;
    const r0_model_config *c = &model->config;
    const r0i_layer *w = &model->layers[layer];
    const r0i_buffer *weights = &model->parameters;
    r0i_device *d = model->context->device;
    uint32_t n = p->rows, hidden = (uint32_t)c->hidden_size, inner = (uint32_t)c->intermediate_size;
    r0i_rms_norm_forward(d, a->normed, a->rstd, a->x, r0i_weight(weights, w->attention_norm), n, hidden, c->rms_norm_eps, 0);
    r0i_qkv_forward(p, w, a);
    r0i_attention_step(p, layer, a);
    r0i_copy_rows(a->mid, a->x, (size_t)n * hidden);
    r0i_matmul_nt(d, a->mid, a->attention, r0i_weight(weights, w->o), n, hidden, (uint32_t)(c->heads * c->head_dim), 1);
    r0i_rms_norm_forward(d, a->mid_normed, a->mid_rstd, a->mid, r0i_weight(weights, w->ffn_norm), n, hidden,
                         c->rms_norm_eps, 0);
    r0i_matmul_nt(d, a->gate, a->mid_normed, r0i_weight(weights, w->gate), n, inner, hidden, 0);
    r0i_matmul_nt(d, a->up, a->mid_normed, r0i_weight(weights, w->up), n, inner, hidden, 0);
    r0i_swiglu_forward(d, a->product, a->gate, a->up, n * inner, 0);
    r0i_copy_rows(next, a->mid, (size_t)n * hidden);
    r0i_matmul_nt(d, next, a->product, r0i_weight(weights, w->down), n, hidden, inner, 1);
}

static void r0i_forward(const r0i_pass *p)
{
    r0i_workspace *w = p->workspace;
    const r0_model *model = w->model;
    const r0_model_config *c = &model->config;
    r0i_device *d = model->context->device;
    uint32_t n = p->rows, hidden = (uint32_t)c->hidden_size;
    r0i_embedding_forward(d, w->layers[0].x, w->ids, r0i_weight(&model->parameters, model->embedding), n, hidden);
    for (int l = 0; l < c->layers; l++) {
        const r0i_activations *a = &w->layers[w->training ? l : 0];
        bool last = l + 1 == c->layers;
        r0i_layer_forward(p, l, a, last ? w->final : w->layers[w->training ? l + 1 : 0].x);
    }
    r0i_rms_norm_forward(d, w->hidden, w->final_rstd, w->final, r0i_weight(&model->parameters, model->final_norm), n,
                         hidden, c->rms_norm_eps, 0);
}

// -- backward: the forward read from its end; w->dx (N, C) is the gradient of the residual stream --

// A linear layer y = x W^T: dx (+)= dy W, dW += dy^T x.
static void r0i_linear_backward(const r0i_workspace *w, const r0i_buffer *gradients, const r0i_tensor *tensor, r0i_view dx,
                                r0i_view dy, r0i_view x, uint32_t n, uint32_t accumulate)
{
    r0i_device *d = w->model->context->device;
    r0i_matmul_nn(d, dx, dy, r0i_weight(&w->model->parameters, tensor), n, tensor->cols, tensor->rows, accumulate);
    r0i_matmul_tn(d, r0i_weight(gradients, tensor), dy, x, tensor->rows, tensor->cols, n, 1);
}

// y = rms_norm(x) w, of rows of the norm's own width.
static void r0i_norm_backward(const r0i_workspace *w, const r0i_buffer *gradients, const r0i_tensor *tensor, r0i_view dx,
                              r0i_view dy, r0i_view x, r0i_view rstd, uint32_t rows, uint32_t accumulate)
{
    r0i_device *d = w->model->context->device;
    float eps = w->model->config.rms_norm_eps;
    r0i_rms_norm_backward(d, dx, dy, x, r0i_weight(&w->model->parameters, tensor), rstd, rows, tensor->cols, eps, accumulate);
    r0i_rms_norm_weight_backward(d, r0i_weight(gradients, tensor), dy, x, rstd, rows, tensor->cols, eps, 1);
}

// From the gradient of attention's output (in dq_raw) to those of q, k, v as projected: dq_raw, dk_raw, dv.
static void r0i_attention_backward(const r0i_workspace *w, const r0i_buffer *gradients, const r0i_layer *layer,
                                   const r0i_activations *a, uint32_t n)
{
    const r0_model_config *c = &w->model->config;
    r0i_device *d = w->model->context->device;
    r0i_view rope = {(r0i_buffer *)(uintptr_t)&w->model->rope, 0, w->model->rope.size};
    uint32_t dim = (uint32_t)c->head_dim, heads = (uint32_t)c->heads, kv_heads = (uint32_t)c->kv_heads;
    float scale = (float)(1 / sqrt((double)c->head_dim));
    r0i_attention_backward_q(d, w->dq, w->delta, w->dq_raw, a->attention, a->lse, a->q, a->k, a->v, w->begin, n, heads,
                             kv_heads, dim, scale);
    r0i_attention_backward_kv(d, w->dk, w->dv, w->dq_raw, a->lse, w->delta, a->q, a->k, a->v, w->end, n, heads, kv_heads,
                              dim, scale);
    r0i_rope(d, w->dq, w->position, rope, n, heads, dim, -1);
    r0i_rope(d, w->dk, w->position, rope, n, kv_heads, dim, -1);
    if (layer->q_norm) {
        r0i_norm_backward(w, gradients, layer->q_norm, w->dq_raw, w->dq, a->q_raw, a->q_rstd, n * heads, 0);
        r0i_norm_backward(w, gradients, layer->k_norm, w->dk_raw, w->dk, a->k_raw, a->k_rstd, n * kv_heads, 0);
    }
}

static void r0i_layer_backward(const r0i_workspace *w, const r0i_buffer *gradients, int index, uint32_t n)
{
    const r0_model_config *c = &w->model->config;
    const r0i_layer *layer = &w->model->layers[index];
    const r0i_activations *a = &w->layers[index];
    r0i_device *d = w->model->context->device;
    r0i_linear_backward(w, gradients, layer->down, w->dproduct, w->dx, a->product, n, 0);
    r0i_swiglu_backward(d, w->dgate, w->dup, w->dproduct, a->gate, a->up, n * (uint32_t)c->intermediate_size, 0);
    r0i_linear_backward(w, gradients, layer->gate, w->dnormed, w->dgate, a->mid_normed, n, 0);
    r0i_linear_backward(w, gradients, layer->up, w->dnormed, w->dup, a->mid_normed, n, 1);
    r0i_norm_backward(w, gradients, layer->ffn_norm, w->dx, w->dnormed, a->mid, a->mid_rstd, n, 1);

    r0i_linear_backward(w, gradients, layer->o, w->dq_raw, w->dx, a->attention, n, 0);
    r0i_attention_backward(w, gradients, layer, a, n);
    r0i_view dq = layer->q_norm ? w->dq_raw : w->dq, dk = layer->k_norm ? w->dk_raw : w->dk;
    if (layer->q_bias) {
        r0i_bias_backward(d, r0i_weight(gradients, layer->q_bias), dq, n, layer->q_bias->cols);
        r0i_bias_backward(d, r0i_weight(gradients, layer->k_bias), dk, n, layer->k_bias->cols);
        r0i_bias_backward(d, r0i_weight(gradients, layer->v_bias), w->dv, n, layer->v_bias->cols);
    }
    r0i_linear_backward(w, gradients, layer->q, w->dnormed, dq, a->normed, n, 0);
    r0i_linear_backward(w, gradients, layer->k, w->dnormed, dk, a->normed, n, 1);
    r0i_linear_backward(w, gradients, layer->v, w->dnormed, w->dv, a->normed, n, 1);
    r0i_norm_backward(w, gradients, layer->attention_norm, w->dx, w->dnormed, a->x, a->rstd, n, 1);
}

// From w->dhidden (N, C) to the gradients of all weights. `unique` different tokens stand among the rows.
static void r0i_backward(const r0i_workspace *w, const r0i_buffer *gradients, uint32_t n, uint32_t unique)
{
    const r0_model *model = w->model;
    r0i_device *d = model->context->device;
    r0i_norm_backward(w, gradients, model->final_norm, w->dx, w->dhidden, w->final, w->final_rstd, n, 0);
    for (int l = model->config.layers - 1; l >= 0; l--) r0i_layer_backward(w, gradients, l, n);
    r0i_embedding_backward(d, r0i_weight(gradients, model->embedding), w->dx, w->order, w->starts, w->unique, unique,
                           (uint32_t)model->config.hidden_size);
}

// -- the LM head: log-probabilities of the targets of picked rows, head_rows at a time --

// logits (count, V) of the rows index[first ...) of hidden.
static void r0i_head_logits(const r0i_workspace *w, uint32_t first, uint32_t count)
{
    const r0_model *model = w->model;
    r0i_device *d = model->context->device;
    uint32_t hidden = (uint32_t)model->config.hidden_size, vocab = (uint32_t)model->config.vocab_size;
    r0i_rows_gather(d, w->picked, w->hidden, r0i_view_part(w->index, first, count, sizeof(int32_t)), count, hidden);
    r0i_matmul_nt(d, w->logits, w->picked, r0i_weight(&model->parameters, model->head), count, vocab, hidden, 0);
}

static void r0i_head_forward(const r0i_workspace *w, uint32_t count, float temperature)
{
    r0i_device *d = w->model->context->device;
    for (uint32_t first = 0; first < count; first += w->head_rows) {
        uint32_t part = R0I_MIN(count - first, w->head_rows);
        r0i_head_logits(w, first, part);
        r0i_token_logp_forward(d, r0i_view_part(w->logp, first, part, sizeof(r0i_real)),
                               r0i_view_part(w->entropy, first, part, sizeof(r0i_real)),
                               r0i_view_part(w->certainty, first, part, sizeof(r0i_real)),
                               r0i_view_part(w->logits_lse, first, part, sizeof(r0i_real)), w->logits,
                               r0i_view_part(w->target, first, part, sizeof(int32_t)), part,
                               (uint32_t)w->model->config.vocab_size, 1 / temperature);
    }
}

// dhidden (N, C) and the head's gradient from w->dlogp (count). The logits are computed again: cheaper than keeping
// (N, V) of them.
static void r0i_head_backward(const r0i_workspace *w, const r0i_buffer *gradients, uint32_t rows, uint32_t count,
                              float temperature)
{
    const r0_model *model = w->model;
    r0i_device *d = model->context->device;
    uint32_t hidden = (uint32_t)model->config.hidden_size, vocab = (uint32_t)model->config.vocab_size;
    r0i_fill(d, w->dhidden, rows * hidden, 0);
    for (uint32_t first = 0; first < count; first += w->head_rows) {
        uint32_t part = R0I_MIN(count - first, w->head_rows);
        r0i_head_logits(w, first, part);
        r0i_token_logp_backward(d, w->logits, w->logits, r0i_view_part(w->logits_lse, first, part, sizeof(r0i_real)),
                                r0i_view_part(w->target, first, part, sizeof(int32_t)),
                                r0i_view_part(w->dlogp, first, part, sizeof(r0i_real)), part, vocab, 1 / temperature);
        r0i_linear_backward(w, gradients, model->head, w->dpicked, w->logits, w->picked, part, 0);
        r0i_rows_scatter(d, w->dhidden, w->dpicked, r0i_view_part(w->index, first, part, sizeof(int32_t)), part, hidden);
    }
}

// -- packing sequences into rows --

// Checks sequences before any of them runs.
static r0_status r0i_sequences_check(r0_model *model, const r0_sequence *sequences, int count)
{
    const r0_model_config *c = &model->config;
    for (int s = 0; s < count; s++) {
        const r0_sequence *q = &sequences[s];
        if (q->prompt_length < 1 || q->length < q->prompt_length)
            return r0i_fail(model->context, R0_ERROR_ARGUMENT, "sequence %d: prompt_length %d is not within 1..length %d", s,
                            q->prompt_length, q->length);
        if (q->length > c->max_positions)
            return r0i_fail(model->context, R0_ERROR_LIMIT, "sequence %d: %d tokens are more than the model's %d positions",
                            s, q->length, c->max_positions);
        for (int i = 0; i < q->length; i++)
            if (q->tokens[i] < 0 || q->tokens[i] >= c->vocab_size)
                return r0i_fail(model->context, R0_ERROR_ARGUMENT, "sequence %d: token %d at %d is not within 0..%d", s,
                                (int)q->tokens[i], i, c->vocab_size - 1);
    }
    return R0_OK;
}

// Rows that a sequence takes: its last token predicts nothing.
static uint32_t r0i_sequence_rows(const r0_sequence *sequence)
{
    return (uint32_t)R0I_MAX(1, sequence->length - 1);
}

typedef struct r0i_pack {
    uint32_t rows, targets, unique; // rows; response tokens; different input tokens
    int count;                      // sequences
} r0i_pack;

// Rows sorted by their token (counting sort), so that the embedding's gradient is a sum without collisions.
static void r0i_pack_tokens(const int32_t *ids, uint32_t rows, int32_t *order, int32_t *starts, int32_t *unique,
                            int32_t *seen /* (V) scratch of zeros, left as zeros */, uint32_t *unique_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++)
        if (seen[ids[i]]++ == 0) unique[count++] = ids[i];
    starts[0] = 0;
    for (uint32_t u = 0; u < count; u++) {
        starts[u + 1] = starts[u] + seen[unique[u]];
        seen[unique[u]] = starts[u];
    }
    for (uint32_t i = 0; i < rows; i++) order[seen[ids[i]]++] = (int32_t)i;
    for (uint32_t u = 0; u < count; u++) seen[unique[u]] = 0;
    *unique_count = count;
}

// Packs sequences from `first` on while they fit (at least one must) and writes the integers that the ops need.
static r0_status r0i_pack_sequences(r0i_workspace *w, const r0_sequence *sequences, int first, int count, r0i_pack *pack)
{
    size_t n = w->rows;
    int32_t *ids = w->host, *position = ids + n, *begin = position + n, *end = begin + n, *index = end + n;
    int32_t *target = index + n, *order = target + n, *unique = order + n, *starts = unique + n;
    memset(pack, 0, sizeof *pack);
    int32_t longest = 0;
    for (int s = first; s < count && pack->rows + r0i_sequence_rows(&sequences[s]) <= w->rows; s++, pack->count++) {
        const r0_sequence *q = &sequences[s];
        int32_t at = (int32_t)pack->rows, length = (int32_t)r0i_sequence_rows(q);
        for (int32_t i = 0; i < length; i++) {
            ids[at + i] = q->tokens[i];
            position[at + i] = i;
            begin[at + i] = at;
            end[at + i] = at + length;
            if (i + 1 < q->prompt_length || i + 1 >= q->length) continue;
            index[pack->targets] = at + i;
            target[pack->targets++] = q->tokens[i + 1];
        }
        pack->rows += (uint32_t)length;
        longest = R0I_MAX(longest, length);
    }
    int32_t *seen = R0I_NEW(w->model->context, int32_t, w->model->config.vocab_size);
    if (!seen) return R0_ERROR_MEMORY;
    r0i_pack_tokens(ids, pack->rows, order, starts, unique, seen, &pack->unique);
    r0i_free(w->model->context, seen);
    const struct { r0i_view view; const int32_t *from; uint32_t count; } writes[] = {
        {w->ids, ids, pack->rows},         {w->position, position, pack->rows}, {w->begin, begin, pack->rows},
        {w->end, end, pack->rows},         {w->index, index, pack->targets},    {w->target, target, pack->targets},
        {w->order, order, pack->rows},     {w->unique, unique, pack->unique},   {w->starts, starts, pack->unique + 1},
    };
    R0I_TRY(r0i_rope_reserve(w->model, (uint32_t)longest));
    for (size_t i = 0; i < R0I_COUNT(writes); i++)
        if (writes[i].count) r0i_write(r0i_view_part(writes[i].view, 0, writes[i].count, sizeof(int32_t)), writes[i].from);
    return R0_OK;
}

// The rows that a workspace must have: `wanted`, or the longest sequence if that is longer.
static uint32_t r0i_rows_needed(const r0_sequence *sequences, int count, uint32_t wanted)
{
    uint32_t total = 0, longest = 1;
    for (int s = 0; s < count; s++) {
        uint32_t rows = r0i_sequence_rows(&sequences[s]);
        longest = R0I_MAX(longest, rows);
        total = total > wanted ? total : total + rows;
    }
    return R0I_MAX(longest, R0I_MIN(total, wanted));
}

static r0_status r0i_logp_pass(r0i_workspace *w, const r0i_pack *pack, float temperature, float *logp, float *entropy,
                               float *certainty)
{
    r0_context *context = w->model->context;
    r0i_pass pass;
    memset(&pass, 0, sizeof pass);
    pass.workspace = w;
    pass.rows = pack->rows;
    r0i_forward(&pass);
    r0i_head_forward(w, pack->targets, temperature);
    if (!pack->targets) return R0_OK;
    R0I_TRY(r0i_read_floats(context, r0i_view_part(w->logp, 0, pack->targets, sizeof(r0i_real)), logp));
    if (entropy) R0I_TRY(r0i_read_floats(context, r0i_view_part(w->entropy, 0, pack->targets, sizeof(r0i_real)), entropy));
    if (certainty)
        R0I_TRY(r0i_read_floats(context, r0i_view_part(w->certainty, 0, pack->targets, sizeof(r0i_real)), certainty));
    return R0_OK;
}

R0_API r0_status r0_logp(r0_model *model, const r0_sequence *sequences, int count, float temperature, float *logp,
                         float *entropy, float *certainty)
{
    if (!(temperature > 0))
        return r0i_fail(model->context, R0_ERROR_ARGUMENT, "r0_logp: temperature %g is not above 0", (double)temperature);
    if (count <= 0) return R0_OK;
    R0I_TRY(r0i_sequences_check(model, sequences, count));
    r0i_workspace w;
    R0I_TRY(r0i_workspace_create(model, r0i_rows_needed(sequences, count, R0I_PASS_ROWS), false, &w));
    r0_status status = R0_OK;
    size_t done = 0;
    r0i_pack pack;
    for (int s = 0; !status && s < count; s += pack.count) {
        status = r0i_check_cancel(model->context);
        if (!status) status = r0i_pack_sequences(&w, sequences, s, count, &pack);
        if (!status)
            status = r0i_logp_pass(&w, &pack, temperature, logp + done, entropy ? entropy + done : NULL,
                                   certainty ? certainty + done : NULL);
        done += pack.targets;
    }
    r0i_workspace_destroy(&w);
    return status;
}

// >>optimizer
//
// A trainer holds gradients and AdamW's two moments in the layout of the model's weights, so that clipping and the
// step are each one op over everything. Gradients add up over micro-batches; r0_trainer_step spends them.

struct r0_trainer {
    r0_model *model;
    r0_trainer_desc desc;
    r0i_buffer gradients, m, v; // (model->size)
    r0i_buffer partial;         // (ceil(size / 4096)): sums of squares
    r0i_workspace workspace;    // grown when a call needs more
    r0i_real *host;             // (ceil(size / 4096))
    int64_t steps;              // AdamW steps so far
};

static r0_status r0i_trainer_allocate(r0_trainer *t)
{
    r0i_device *device = t->model->context->device;
    size_t size = t->model->size, blocks = (size + R0I_SUM_BLOCK - 1) / R0I_SUM_BLOCK;
    if (size > UINT32_MAX)
        return r0i_fail(t->model->context, R0_ERROR_UNSUPPORTED, "trainer: %zu parameters are more than one op can hold", size);
    R0I_TRY(r0i_buffer_create(device, size, sizeof(r0i_real), &t->gradients));
    R0I_TRY(r0i_buffer_create(device, size, sizeof(r0i_real), &t->m));
    R0I_TRY(r0i_buffer_create(device, size, sizeof(r0i_real), &t->v));
    R0I_TRY(r0i_buffer_create(device, blocks, sizeof(r0i_real), &t->partial));
    t->host = R0I_NEW(t->model->context, r0i_real, blocks);
    return t->host ? R0_OK : R0_ERROR_MEMORY;
}

R0_API r0_status r0_trainer_create(r0_model *model, const r0_trainer_desc *desc, r0_trainer **trainer)
{
    r0_trainer_desc zero = R0_ZERO;
    *trainer = R0I_NEW(model->context, r0_trainer, 1);
    if (!*trainer) return R0_ERROR_MEMORY;
    r0_trainer *t = *trainer;
    t->model = model;
    t->desc = desc ? *desc : zero;
    if (t->desc.beta1 == 0) t->desc.beta1 = 0.9f;
    if (t->desc.beta2 == 0) t->desc.beta2 = 0.999f;
    if (t->desc.epsilon == 0) t->desc.epsilon = 1e-8f;
    if (t->desc.max_grad_norm == 0) t->desc.max_grad_norm = 1;
    if (t->desc.temperature == 0) t->desc.temperature = 1;
    if (t->desc.micro_batch <= 0) t->desc.micro_batch = R0I_PASS_ROWS;
    r0_status status = r0i_trainer_allocate(t);
    if (!status) return R0_OK;
    r0_trainer_destroy(t);
    *trainer = NULL;
    return status;
}

R0_API void r0_trainer_destroy(r0_trainer *t)
{
    if (!t) return;
    r0i_workspace_destroy(&t->workspace);
    r0i_buffer_destroy(&t->gradients);
    r0i_buffer_destroy(&t->m);
    r0i_buffer_destroy(&t->v);
    r0i_buffer_destroy(&t->partial);
    r0i_free(t->model->context, t->host);
    r0i_free(t->model->context, t);
}

// One micro-batch: forward, the caller's loss, backward.
static r0_status r0i_trainer_micro(r0_trainer *t, const r0i_pack *pack, int first, int token, r0_loss_fn loss, void *user,
                                   float *logp /* 3 x targets of room */)
{
    r0i_workspace *w = &t->workspace;
    r0_context *context = t->model->context;
    float *entropy = logp + pack->targets, *dlogp = entropy + pack->targets;
    R0I_TRY(r0i_logp_pass(w, pack, t->desc.temperature, logp, entropy, NULL));
    if (!pack->targets) return R0_OK;
    r0_micro_batch micro = {first, pack->count, token, (int)pack->targets, logp, entropy};
    R0I_TRY(loss(user, &micro, dlogp));
    R0I_TRY(r0i_write_floats(context, r0i_view_part(w->dlogp, 0, pack->targets, sizeof(r0i_real)), dlogp));
    r0i_head_backward(w, &t->gradients, pack->rows, pack->targets, t->desc.temperature);
    r0i_backward(w, &t->gradients, pack->rows, pack->unique);
    return R0_OK;
}

R0_API r0_status r0_trainer_backward(r0_trainer *t, const r0_sequence *sequences, int count, r0_loss_fn loss, void *user)
{
    if (count <= 0) return R0_OK;
    R0I_TRY(r0i_sequences_check(t->model, sequences, count));
    uint32_t rows = r0i_rows_needed(sequences, count, (uint32_t)t->desc.micro_batch);
    if (rows > t->workspace.rows) {
        r0i_workspace_destroy(&t->workspace);
        R0I_TRY(r0i_workspace_create(t->model, rows, true, &t->workspace));
    }
    float *room = R0I_NEW(t->model->context, float, 3 * (size_t)t->workspace.rows);
    r0_status status = room ? R0_OK : R0_ERROR_MEMORY;
    r0i_pack pack = R0_ZERO;
    int token = 0;
    for (int s = 0; !status && s < count; s += pack.count) {
        status = r0i_pack_sequences(&t->workspace, sequences, s, count, &pack);
        if (!status) status = r0i_trainer_micro(t, &pack, s, token, loss, user, room);
        token += (int)pack.targets;
    }
    r0i_free(t->model->context, room);
    return status;
}

// How many micro-batches r0_trainer_backward makes of the sequences: it fills each while they fit.
static int r0i_micro_batches(const r0_trainer *t, const r0_sequence *sequences, int count)
{
    uint32_t room = R0I_MAX(t->workspace.rows, r0i_rows_needed(sequences, count, (uint32_t)t->desc.micro_batch));
    uint32_t rows = 0;
    int parts = 0;
    for (int s = 0; s < count; s++) {
        uint32_t more = r0i_sequence_rows(&sequences[s]);
        if (!parts || rows + more > room) parts++, rows = 0;
        rows += more;
    }
    return parts;
}

// Gradients summed over ranks, when there are several.
static r0_status r0i_trainer_all_reduce(r0_trainer *t)
{
    r0_context *context = t->model->context;
    const r0_collectives *c = &context->desc.collectives;
    if (c->size <= 1 || !c->all_reduce_sum) return R0_OK;
    float *all = R0I_NEW(context, float, t->model->size);
    if (!all) return R0_ERROR_MEMORY;
    r0_status status = r0i_read_floats(context, r0i_view_all(&t->gradients), all);
    if (!status && c->all_reduce_sum(c->user, all, t->model->size))
        status = r0i_fail(context, R0_ERROR_DEVICE, "all_reduce_sum failed on rank %d of %d", c->rank, c->size);
    if (!status) status = r0i_write_floats(context, r0i_view_all(&t->gradients), all);
    r0i_free(context, all);
    return status;
}

// The global norm: partial sums on the device in blocks of fixed size, added in double in a fixed order.
static r0_status r0i_trainer_norm(r0_trainer *t, double *norm)
{
    r0i_device *device = t->model->context->device;
    size_t blocks = t->partial.size / sizeof(r0i_real);
    double sum = 0;
    r0i_sum_squares(device, r0i_view_all(&t->partial), r0i_view_all(&t->gradients), (uint32_t)t->model->size, 0);
    R0I_TRY(r0i_read(r0i_view_all(&t->partial), t->host));
    for (size_t i = 0; i < blocks; i++) sum += (double)t->host[i];
    *norm = sqrt(sum);
    return R0_OK;
}

R0_API r0_status r0_trainer_step(r0_trainer *t, float learning_rate, float *grad_norm)
{
    r0i_device *device = t->model->context->device;
    const r0_trainer_desc *desc = &t->desc;
    uint32_t size = (uint32_t)t->model->size;
    double norm;
    R0I_TRY(r0i_trainer_all_reduce(t));
    R0I_TRY(r0i_trainer_norm(t, &norm));
    if (!(norm < 1e30)) // NaN too: better no step than a ruined model
        return r0i_fail(t->model->context, R0_ERROR_LIMIT, "trainer: gradient norm %g at step %lld is not finite", norm,
                        (long long)t->steps + 1);
    double max = desc->max_grad_norm, scale = max > 0 && norm > max ? max / (norm + 1e-6) : 1;
    t->steps++;
    r0i_adamw(device, r0i_view_all(&t->model->parameters), r0i_view_all(&t->m), r0i_view_all(&t->v),
              r0i_view_all(&t->gradients), size, learning_rate, desc->beta1, desc->beta2, desc->epsilon,
              desc->weight_decay, (float)(1 - pow(desc->beta1, (double)t->steps)),
              (float)(1 - pow(desc->beta2, (double)t->steps)), (float)scale);
    r0i_fill(device, r0i_view_all(&t->gradients), size, 0);
    if (grad_norm) *grad_norm = (float)norm;
    return R0_OK;
}

typedef struct r0i_cross_entropy {
    int targets; // of the whole batch
    double sum;
} r0i_cross_entropy;

// loss = -(1/R) sum logp, so d loss / d logp = -1/R.
static r0_status r0i_cross_entropy_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    r0i_cross_entropy *loss = (r0i_cross_entropy *)user;
    for (int i = 0; i < micro->tokens; i++) {
        loss->sum -= micro->logp[i];
        dlogp[i] = -1.0f / (float)loss->targets;
    }
    return R0_OK;
}

R0_API r0_status r0_trainer_supervised(r0_trainer *t, const r0_sequence *sequences, int count, float learning_rate,
                                       float *loss)
{
    r0i_cross_entropy sum = {0, 0};
    for (int s = 0; s < count; s++) sum.targets += sequences[s].length - sequences[s].prompt_length;
    if (sum.targets <= 0) return r0i_fail(t->model->context, R0_ERROR_ARGUMENT, "trainer: no response token in %d sequences", count);
    R0I_TRY(r0_trainer_backward(t, sequences, count, r0i_cross_entropy_loss, &sum));
    R0I_TRY(r0_trainer_step(t, learning_rate, NULL));
    if (loss) *loss = (float)(sum.sum / sum.targets);
    return R0_OK;
}

// >>tasks
//
// What stands between tokens and the algorithm: prompts for both roles, the form of a proposal, and judges.

// -- prompts --

// The prompt of a role as text, with {question} still in it. With `chat` the model's own template wraps it.
static r0_status r0i_prompt_template(r0i_evolution *run, const char *system, const char *user, r0i_text *out)
{
    if (!run->config.chat) {
        r0i_text_append(out, user, strlen(user));
        return r0i_text_status(out);
    }
    r0_message messages[2];
    memset(messages, 0, sizeof messages);
    messages[0].role = r0i_span_of("system");
    messages[0].content = r0i_span_of(system);
    messages[1].role = r0i_span_of("user");
    messages[1].content = r0i_span_of(user);
    int first = system[0] ? 0 : 1;
    char *text;
    size_t size;
    R0I_TRY(r0_chat_render(run->tokenizer, messages + first, 2 - first, true, &text, &size));
    r0i_text_append(out, text, size);
    r0_text_free(run->context, text);
    return r0i_text_status(out);
}

// Appends the tokens of a text to an arena array.
static r0_status r0i_encode_part(r0i_evolution *run, r0i_arena *arena, r0_span text, unsigned flags, int32_t **ids, int *count)
{
    r0_tokens tokens;
    R0I_TRY(r0_tokenizer_encode(run->tokenizer, text, flags, &tokens));
    int32_t *joined = R0I_ARENA_NEW(arena, int32_t, (size_t)*count + tokens.count + 1);
    if (joined) {
        if (*count) memcpy(joined, *ids, sizeof(int32_t) * (size_t)*count);
        if (tokens.count) memcpy(joined + *count, tokens.ids, sizeof(int32_t) * tokens.count);
        *ids = joined;
        *count += (int)tokens.count;
    }
    r0_tokens_free(run->context, &tokens);
    return joined ? R0_OK : R0_ERROR_MEMORY;
}

// The tokens of a template with the question put in. The question is encoded as plain text: special tokens in it are
// not parsed, so a proposal cannot speak with the voice of the template.
static r0_status r0i_prompt_encode(r0i_evolution *run, r0i_arena *arena, r0_span template_text, r0_span question, int32_t **ids,
                                   int *count)
{
    static const char mark[] = "{question}";
    const char *at = strstr(template_text.data, mark);
    r0_span head = template_text;
    *ids = NULL;
    *count = 0;
    if (at) head.size = (size_t)(at - template_text.data);
    // A chat template writes the begin token itself.
    unsigned begin = run->config.chat ? 0 : R0_TOKENIZE_ADD_SPECIAL;
    R0I_TRY(r0i_encode_part(run, arena, head, R0_TOKENIZE_SPECIAL | begin, ids, count));
    if (!at) return R0_OK;
    r0_span tail = {at + sizeof mark - 1, template_text.size - head.size - (sizeof mark - 1)};
    R0I_TRY(r0i_encode_part(run, arena, question, 0, ids, count));
    return r0i_encode_part(run, arena, tail, R0_TOKENIZE_SPECIAL, ids, count);
}

// -- proposals --

// The last place of `what` in `text`; NULL if none.
static const char *r0i_find_last(r0_span text, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = text.size; i + 1 > size; i--)
        if (i >= size && !memcmp(text.data + i - size, what, size)) return text.data + i - size;
    return NULL;
}

// A proposal is well formed when it holds a closed <question> block, the last one counts, and a boxed answer.
// Source: caller_penalty.py of the released code.
static bool r0i_proposal_parse(r0_span text, r0_span *question, r0_span *answer)
{
    static const char open[] = "<question>", close[] = "</question>";
    const char *end = r0i_find_last(text, close);
    if (!end) return false;
    r0_span before = {text.data, (size_t)(end - text.data)};
    const char *begin = r0i_find_last(before, open);
    if (!begin) return false;
    begin += sizeof open - 1;
    question->data = begin;
    question->size = (size_t)(end - begin);
    *question = r0i_trim(*question);
    return question->size && r0_answer_extract(text, R0_ANSWER_BOXED, answer) && answer->size;
}

// -- judges --

// Whether two answers are the same to the task.
static bool r0i_task_equal(void *user, r0_span a, r0_span b)
{
    const r0i_evolution *run = (const r0i_evolution *)user;
    const r0_task *task = &run->desc->task;
    if (a.size == b.size && !memcmp(a.data, b.data, a.size)) return true;
    if (task->equal) return task->equal(task->user, a, b);
    r0_verdict verdict;
    return r0_answer_equal(run->context, a, b, R0_JUDGE_MATHRULER, &verdict) == R0_OK && verdict.equal == R0_EQUAL;
}

// Text of a completion, in the arena.
static r0_status r0i_rollout_text(r0i_evolution *run, r0i_arena *arena, const r0_rollout *rollout, r0_span *text)
{
    char *decoded, *kept;
    size_t size;
    R0I_TRY(r0_tokenizer_decode(run->tokenizer, rollout->tokens, (size_t)rollout->length, 0, &decoded, &size));
    kept = R0I_ARENA_NEW(arena, char, size + 1);
    if (kept) memcpy(kept, decoded, size);
    r0_text_free(run->context, decoded);
    text->data = kept;
    text->size = size;
    return kept ? R0_OK : R0_ERROR_MEMORY;
}

// The boxed answer of a completion; empty when there is none.
static r0_status r0i_rollout_answer(r0i_evolution *run, r0i_arena *arena, const r0_rollout *rollout, r0_span *text, r0_span *answer)
{
    memset(answer, 0, sizeof *answer);
    R0I_TRY(r0i_rollout_text(run, arena, rollout, text));
    if (r0_answer_extract(*text, R0_ANSWER_BOXED, answer)) *answer = r0i_trim(*answer);
    else answer->size = 0;
    return R0_OK;
}

// >>evaluate
//
// What was measured, and how sure we are of it. Shares of right answers (pass@k, mean@k, majority@k), their intervals
// (Wilson, bootstrap), and paired tests. References beside each public function.
//
// Which one when. One answer per question: Wilson's interval on the share. Several samples per question: their mean is
// the question's score, and the bootstrap over questions gives the interval, since samples of one question are not
// independent of each other and must not be counted as if they were. Two models on the same questions: the difference
// per question; much of the spread is questions being easy or hard for both, and it cancels. Several training runs:
// seeds are drawn as well, because a method is only better when it is better for the next seed.

// -- shares --

// C(n - c, k) / C(n, k) is the chance that k samples drawn without replacement are all wrong. Written out,
//     C(n - c, k) / C(n, k) = (n - c)! (n - k)! / ((n - c - k)! n!) = product over i = n - c + 1 .. n of (1 - k / i)
// so that no factorial is needed. With fewer than k wrong samples there is always a right one among k.
R0_API double r0_pass_at_k(int64_t n, int64_t correct, int64_t k)
{
    double missed = 1;
    if (k < 1 || k > n || correct < 0 || correct > n) return NAN;
    if (n - correct < k) return 1;
    for (int64_t i = n - correct + 1; i <= n; i++) missed *= 1 - (double)k / (double)i;
    return 1 - missed;
}

R0_API double r0_mean_at_k(const int *correct, size_t questions, int k)
{
    double sum = 0;
    if (k < 1 || !questions) return NAN;
    for (size_t i = 0; i < questions; i++) sum += (double)correct[i] / k;
    return sum / (double)questions;
}

// Majority@k counts subsets. Fix that the right answer has j votes: C(c, j) ways. The others may have at most j each;
// with t of them at exactly j the lot falls on the right one in 1 of t + 1 cases. The ways to hand the k - j votes left
// to the others are coefficients of a product of polynomials, one per answer of n_i samples,
//     sum_{v < j} C(n_i, v) x^v + C(n_i, j) x^j y,        x: votes used, y: ties
// and sum_v C(rest, v) x^v for the samples without an answer. All sums count subsets: they stay below
// C(1024, 256) < 1e250.
typedef struct r0i_majority {
    int k, j;
    int ties;     // at most: each tie uses up j of the votes
    double *ways; // (k + 1, ties + 1): coefficients of the product so far
} r0i_majority;

static double *r0i_majority_at(const r0i_majority *m, int votes, int ties)
{
    return &m->ways[votes * (m->ties + 1) + ties];
}

// Multiplies by the polynomial of one answer (or, when it cannot tie, of the samples without an answer). Downwards in
// votes, so that the coefficients still needed are the old ones.
static void r0i_majority_multiply(r0i_majority *m, int samples, bool answer)
{
    int most = R0I_MIN(samples, answer ? m->j : m->k);
    for (int votes = m->k; votes >= 0; votes--)
        for (int ties = m->ties; ties >= 0; ties--) {
            double sum = 0, choose = 1; // C(samples, v)
            for (int v = 0; v <= most && v <= votes; v++) {
                bool tie = answer && v == m->j;
                if (!tie || ties > 0) sum += choose * *r0i_majority_at(m, votes - v, ties - tie);
                choose = choose * (samples - v) / (v + 1);
            }
            *r0i_majority_at(m, votes, ties) = sum;
        }
}

static double r0i_choose(int n, int k)
{
    double value = 1;
    for (int i = 0; i < k; i++) value = value * (n - i) / (i + 1);
    return k < 0 || k > n ? 0 : value;
}

// The subsets, weighted by the lot, in which the right answer wins with j votes.
static double r0i_majority_ways(r0i_majority *m, const int *counts, int answers, int right, int rest)
{
    double sum = 0;
    m->ties = (m->k - m->j) / m->j;
    memset(m->ways, 0, (size_t)(m->k + 1) * (size_t)(m->ties + 1) * sizeof *m->ways);
    *r0i_majority_at(m, 0, 0) = 1;
    for (int i = 0; i < answers; i++)
        if (i != right && counts[i]) r0i_majority_multiply(m, counts[i], true);
    r0i_majority_multiply(m, rest, false);
    for (int ties = 0; ties <= m->ties; ties++) sum += *r0i_majority_at(m, m->k - m->j, ties) / (ties + 1);
    return sum * r0i_choose(counts[right], m->j);
}

R0_API r0_status r0_majority_at_k(r0_context *context, const int *counts, int answers, int right, int n, int k,
                                  double *chance)
{
    int64_t given = 0;
    *chance = 0;
    if (n < 1 || n > 1024 || k < 1 || k > n || k > 256 || answers < 0 || right >= answers)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "majority@k: n = %d, k = %d, %d answers, right = %d", n, k, answers,
                        right);
    for (int i = 0; i < answers; i++) {
        given += counts[i];
        if (counts[i] < 0 || given > n)
            return r0i_fail(context, R0_ERROR_ARGUMENT, "majority@k: counts[%d] = %d of %d samples", i, counts[i], n);
    }
    if (right < 0) return R0_OK;
    r0i_majority m = {k, 1, 0, R0I_NEW(context, double, (size_t)(k + 1) * (size_t)k)};
    if (!m.ways) return R0_ERROR_MEMORY;
    double ways = 0;
    for (m.j = 1; m.j <= R0I_MIN(k, counts[right]); m.j++)
        ways += r0i_majority_ways(&m, counts, answers, right, (int)(n - given));
    r0i_free(context, m.ways);
    *chance = R0I_MIN(1.0, ways / r0i_choose(n, k));
    return R0_OK;
}

// -- intervals --

// The shares p that a test at 5 % would not reject: |p - s/n| <= z sqrt(p (1 - p) / n). Squared, that is a quadratic in
// p with the roots
//     (s/n + z^2/2n -+ z sqrt((s/n)(1 - s/n)/n + z^2/4n^2)) / (1 + z^2/n)
// The textbook interval puts s/n for p under the root and becomes empty at 0 and 1; this one does not.
R0_API r0_interval r0_wilson_interval(int64_t successes, int64_t trials)
{
    const double z = 1.959963984540054; // the normal distribution's 97.5 % point
    r0_interval interval = {NAN, NAN, NAN};
    if (trials < 1 || successes < 0 || successes > trials) return interval;
    double n = (double)trials, p = (double)successes / n, scale = 1 / (1 + z * z / n);
    double centre = (p + z * z / (2 * n)) * scale, half = z * scale * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    interval.value = p;
    interval.low = successes == 0 ? 0 : centre - half; // exact where rounding would miss it by a hair
    interval.high = successes == trials ? 1 : centre + half;
    return interval;
}

// The bootstrap asks: had other questions of the same kind been asked, how would the mean have come out? The questions
// at hand stand for all others: draw as many with replacement, take the mean, 10,000 times; the middle 95 % of the
// means are the interval. With seeds, these are drawn in the same way, once per resample and for all questions
// together, since a seed that is drawn brings its whole training run along. Resample r owns a random stream of its own:
// the result does not depend on the number of threads.
enum { R0I_RESAMPLES = 10000, R0I_BOOTSTRAP_SEED = 2508 };

typedef struct r0i_bootstrap {
    const double *scores; // (seeds, questions)
    size_t seeds, questions;
    double *weights; // (resamples, seeds): how often each seed was drawn; NULL with one seed
    double *means;   // (resamples)
} r0i_bootstrap;

// Draw i of a resample below `bound`: four draws per Philox block. The multiplication's bias is below bound / 2^32.
static size_t r0i_bootstrap_draw(r0i_key key, size_t i, size_t bound, uint32_t block[4])
{
    if (i % 4 == 0) r0i_philox_at(key, i / 4, 0, block);
    return (size_t)((uint64_t)block[i % 4] * bound >> 32);
}

// The score of one question in this resample: over the seeds drawn, each as often as it was drawn.
static double r0i_bootstrap_score(const r0i_bootstrap *b, const double *weights, size_t question)
{
    double sum = 0;
    if (!weights) return b->scores[question];
    for (size_t s = 0; s < b->seeds; s++)
        if (weights[s] != 0) sum += weights[s] * b->scores[s * b->questions + question];
    return sum / (double)b->seeds;
}

// Resamples [begin, end).
static void r0i_bootstrap_work(void *user, int64_t begin, int64_t end)
{
    const r0i_bootstrap *b = (const r0i_bootstrap *)user;
    for (int64_t r = begin; r < end; r++) {
        r0i_key key = r0i_key_derive(r0i_key_make(R0I_BOOTSTRAP_SEED), (uint64_t)r), seed_key = r0i_key_derive(key, 1);
        double *weights = b->weights ? b->weights + (size_t)r * b->seeds : NULL, sum = 0;
        uint32_t block[4] = {0, 0, 0, 0};
        for (size_t i = 0; weights && i < b->seeds; i++) weights[r0i_bootstrap_draw(seed_key, i, b->seeds, block)] += 1;
        for (size_t i = 0; i < b->questions; i++)
            sum += r0i_bootstrap_score(b, weights, r0i_bootstrap_draw(key, i, b->questions, block));
        b->means[r] = sum / (double)b->questions;
    }
}

static int r0i_double_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Between the two neighbours, linearly, as numpy.percentile does.
static double r0i_quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at, above = R0I_MIN(below + 1, count - 1);
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

R0_API r0_status r0_bootstrap_seeds(r0_context *context, const double *scores, size_t seeds, size_t questions,
                                    r0_interval *mean)
{
    r0i_bootstrap b = {scores, seeds, questions, NULL, NULL};
    memset(mean, 0, sizeof *mean);
    if (!seeds || !questions || questions > UINT32_MAX || seeds > 1000)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "bootstrap: %zu seeds, %zu questions", seeds, questions);
    double sum = 0;
    for (size_t i = 0; i < seeds * questions; i++) {
        if (!isfinite(scores[i])) return r0i_fail(context, R0_ERROR_ARGUMENT, "bootstrap: score %zu is not finite", i);
        sum += scores[i];
    }
    b.means = R0I_NEW(context, double, R0I_RESAMPLES);
    if (seeds > 1) b.weights = R0I_NEW(context, double, R0I_RESAMPLES *seeds);
    bool good = b.means && (seeds == 1 || b.weights);
    if (good) {
        r0i_parallel(context, R0I_RESAMPLES, 64, r0i_bootstrap_work, &b);
        qsort(b.means, R0I_RESAMPLES, sizeof *b.means, r0i_double_order);
        mean->value = sum / (double)(seeds * questions);
        mean->low = r0i_quantile(b.means, R0I_RESAMPLES, 0.025);
        mean->high = r0i_quantile(b.means, R0I_RESAMPLES, 0.975);
    }
    r0i_free(context, b.means);
    r0i_free(context, b.weights);
    return good ? R0_OK : R0_ERROR_MEMORY;
}

R0_API r0_status r0_bootstrap_mean(r0_context *context, const double *scores, size_t questions, r0_interval *mean)
{
    return r0_bootstrap_seeds(context, scores, 1, questions, mean);
}

// -- comparisons --

// Questions that both answer alike say nothing about who is better. Of the n others, were there no difference, each
// would fall to a or b like a coin: X ~ Binomial(n, 1/2). As far out as what was seen, to either side:
//     p = 2 P(X <= min(a, b)), at most 1;     log P(X = i) = log C(n, i) - n log 2
// in logarithms, since 2^-n underflows at n = 1075.
R0_API double r0_mcnemar(int64_t only_a, int64_t only_b)
{
    if (only_a < 0 || only_b < 0) return NAN;
    double n = (double)only_a + (double)only_b, sum = 0, log_choose = 0;
    int64_t fewer = R0I_MIN(only_a, only_b);
    for (int64_t i = 0; i <= fewer; i++) {
        sum += exp(log_choose - n * 0.6931471805599453);
        log_choose += log((n - (double)i) / (double)(i + 1));
    }
    return R0I_MIN(1.0, 2 * sum);
}

// The interval says how large the difference may be, the test how often chance alone does as much. They can disagree:
// the test only counts who was better where, the interval weighs by how much.
R0_API r0_status r0_compare(r0_context *context, const double *a, const double *b, size_t questions,
                            r0_comparison *comparison)
{
    memset(comparison, 0, sizeof *comparison);
    double *difference = R0I_NEW(context, double, questions);
    if (!difference) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < questions; i++) {
        difference[i] = a[i] - b[i];
        comparison->a_better += a[i] > b[i];
        comparison->b_better += b[i] > a[i];
    }
    comparison->p_value = r0_mcnemar(comparison->a_better, comparison->b_better);
    r0_status status = r0_bootstrap_mean(context, difference, questions, &comparison->difference);
    if (status) memset(comparison, 0, sizeof *comparison);
    r0i_free(context, difference);
    return status;
}

// -- benchmarks --
//
// A benchmark is a JSON Lines file; one line is one question:
//     {"id": "aime24/60", "question": "Every morning Aya ...", "answer": "204"}
//     {"id": "mmlu_pro/70", "question": "Typical ...", "answer": "I", "choices": ["Safe practices, ...", ...]}
// A line that no answer could ever get right (an empty reference, a letter that is no choice) is an error when the file
// is read, and not a silent zero in the result.

typedef struct r0i_bench_reader {
    r0_context *context;
    r0i_arena arena;
    r0_bench_item *items; // grown by doubling; moved into the arena's care at the end
    size_t count, capacity;
} r0i_bench_reader;

// Copies a text of the line, which is gone after the call, into the benchmark's memory.
static r0_status r0i_bench_text(r0i_bench_reader *reader, r0_span text, r0_span *copy)
{
    char *data = R0I_ARENA_NEW(&reader->arena, char, text.size + 1);
    if (!data) return R0_ERROR_MEMORY;
    if (text.size) memcpy(data, text.data, text.size);
    copy->data = data;
    copy->size = text.size;
    return R0_OK;
}

// A field that must be a text that is not empty, or, for answers and ids, a number.
static r0_status r0i_bench_field(r0i_bench_reader *reader, const r0_json *line, const char *key, bool number,
                                 r0_span *copy)
{
    const r0_json *value = r0_json_get(line, key);
    bool good = value && (value->type == R0_JSON_STRING || (number && value->type == R0_JSON_NUMBER));
    if (!good || !value->text.size)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "\"%s\" is missing, empty or not a text", key);
    return r0i_bench_text(reader, value->text, copy);
}

// Choices need a letter each, and the answer must be one of these letters: else no model could ever be right.
static r0_status r0i_bench_choices(r0i_bench_reader *reader, const r0_json *choices, r0_bench_item *item)
{
    if (choices->type != R0_JSON_ARRAY || choices->count < 1 || choices->count > 26)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "\"choices\" is not a list of 1 to 26 texts");
    item->choices = R0I_ARENA_NEW(&reader->arena, r0_span, choices->count);
    if (!item->choices) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < choices->count; i++) {
        if (choices->items[i].type != R0_JSON_STRING)
            return r0i_fail(reader->context, R0_ERROR_FORMAT, "choice %c is not a text", (int)('A' + i));
        R0I_TRY(r0i_bench_text(reader, choices->items[i].text, &item->choices[i]));
    }
    item->choice_count = (int)choices->count;
    if (item->answer.size == 1 && item->answer.data[0] >= 'A' && item->answer.data[0] < 'A' + item->choice_count)
        return R0_OK;
    return r0i_fail(reader->context, R0_ERROR_FORMAT, "answer \"%.40s\" is not the letter of a choice (A to %c)",
                    item->answer.data, 'A' + item->choice_count - 1);
}

static r0_status r0i_bench_line(void *user, int line, const r0_json *value)
{
    r0i_bench_reader *reader = (r0i_bench_reader *)user;
    r0_bench_item item = R0_ZERO;
    char number[16];
    r0_span id = {number, (size_t)snprintf(number, sizeof number, "%d", line)};
    R0I_TRY(r0i_bench_field(reader, value, "question", false, &item.question));
    R0I_TRY(r0i_bench_field(reader, value, "answer", true, &item.answer));
    if (r0_json_get(value, "id"))
        R0I_TRY(r0i_bench_field(reader, value, "id", true, &item.id));
    else
        R0I_TRY(r0i_bench_text(reader, id, &item.id));
    if (r0_json_get(value, "choices")) R0I_TRY(r0i_bench_choices(reader, r0_json_get(value, "choices"), &item));
    if (reader->count == reader->capacity) {
        size_t capacity = R0I_MAX((size_t)64, 2 * reader->capacity);
        r0_bench_item *bigger = R0I_RENEW(reader->context, reader->items, r0_bench_item, capacity);
        if (!bigger) return R0_ERROR_MEMORY;
        reader->items = bigger;
        reader->capacity = capacity;
    }
    reader->items[reader->count++] = item;
    return R0_OK;
}

R0_API r0_status r0_bench_load(r0_context *context, const char *path, r0_bench *bench)
{
    r0i_bench_reader reader;
    memset(&reader, 0, sizeof reader);
    memset(bench, 0, sizeof *bench);
    reader.context = reader.arena.context = context;
    r0_status status = r0_json_lines(context, path, r0i_bench_line, &reader);
    if (!status && !reader.count) status = r0i_fail(context, R0_ERROR_FORMAT, "%s: holds no questions", path);
    bench->items = reader.items;
    bench->count = reader.count;
    bench->memory = reader.arena.blocks;
    if (status) r0_bench_free(context, bench);
    return status;
}

R0_API void r0_bench_free(r0_context *context, r0_bench *bench)
{
    r0i_arena arena = {context, (r0i_arena_block *)bench->memory};
    r0i_arena_free(&arena);
    r0i_free(context, bench->items);
    memset(bench, 0, sizeof *bench);
}

// The first `count` places of a Fisher-Yates shuffle.
R0_API void r0_bench_sample(r0_bench *bench, size_t count, uint64_t seed)
{
    if (count >= bench->count) return;
    for (size_t i = 0; i < count; i++) {
        size_t j = i + (size_t)r0i_random_below(r0i_key_make(seed), i, bench->count - i);
        r0_bench_item drawn = bench->items[j];
        bench->items[j] = bench->items[i];
        bench->items[i] = drawn;
    }
    bench->count = count;
}

R0_API size_t r0_bench_prompt(const r0_bench_item *item, char *buffer, size_t size)
{
    size_t used =
        (size_t)snprintf(buffer, size, "%s%s", item->question.data, item->choice_count ? "\n\nOptions:\n" : "");
    for (int i = 0; i < item->choice_count; i++) {
        size_t left = used < size ? size - used : 0;
        used += (size_t)snprintf(left ? buffer + used : NULL, left, "%c. %s\n", 'A' + i, item->choices[i].data);
    }
    return used;
}

// -- evaluation of the solver inside a run --

// What is known of one question after its samples.
typedef struct r0i_item_score {
    int correct;     // of the samples
    bool greedy, majority;
    double length;   // mean of its samples, tokens
} r0i_item_score;

// Evaluation judges mathematically; training's judge is the task's.
static r0_status r0i_evaluation_equal(r0_context *context, r0_span gold, r0_span pred, bool *equal)
{
    r0_verdict verdict;
    R0I_TRY(r0_answer_equal(context, gold, pred, R0_JUDGE_STRICT, &verdict));
    *equal = verdict.equal == R0_EQUAL;
    return R0_OK;
}

static bool r0i_strict_equal(void *user, r0_span a, r0_span b)
{
    bool equal = false;
    return r0i_evaluation_equal((r0_context *)user, a, b, &equal) == R0_OK && equal;
}

static r0_status r0i_item_judge(r0i_evolution *run, r0i_arena *arena, const r0_bench_item *item, const r0_rollout *samples,
                                int k, const r0_rollout *greedy, r0i_item_score *score)
{
    r0_span *answers = R0I_ARENA_NEW(arena, r0_span, k), text, answer;
    bool right = false;
    if (!answers) return R0_ERROR_MEMORY;
    for (int i = 0; i < k; i++) {
        R0I_TRY(r0i_rollout_answer(run, arena, &samples[i], &text, &answers[i]));
        right = false;
        if (answers[i].size) R0I_TRY(r0i_evaluation_equal(run->context, item->answer, answers[i], &right));
        score->correct += right;
        score->length += (double)samples[i].length / k;
    }
    r0_vote vote;
    R0I_TRY(r0_vote_count(run->context, answers, k, NULL, r0i_strict_equal, run->context, NULL, &vote));
    if (vote.pseudo_label >= 0)
        R0I_TRY(r0i_evaluation_equal(run->context, item->answer, answers[vote.pseudo_label], &score->majority));
    R0I_TRY(r0i_rollout_answer(run, arena, greedy, &text, &answer));
    return answer.size ? r0i_evaluation_equal(run->context, item->answer, answer, &score->greedy) : R0_OK;
}

// The prompt of one question; its choices, if it has any, stand below it.
static r0_status r0i_bench_prompt(r0i_evolution *run, r0i_arena *arena, r0_span template_text, const r0_evaluation_set *set,
                                  const r0_bench_item *item, r0_sequence *prompt)
{
    size_t size = r0_bench_prompt(item, NULL, 0);
    char *text = R0I_ARENA_NEW(arena, char, size + 1), why[1024];
    int32_t *ids;
    if (!text) return R0_ERROR_MEMORY;
    r0_bench_prompt(item, text, size + 1);
    r0_span question = {text, size};
    r0_status status = r0i_prompt_encode(run, arena, template_text, question, &ids, &prompt->length);
    prompt->tokens = ids;
    prompt->prompt_length = prompt->length;
    if (status != R0_ERROR_ARGUMENT) return status;
    snprintf(why, sizeof why, "%s", r0_error(run->context));
    return r0i_fail(run->context, status, "%s: question \"%.*s\": %s", set->name, (int)item->id.size, item->id.data, why);
}

static r0_status r0i_bench_prompts(r0i_evolution *run, r0i_arena *arena, const r0_evaluation_set *set, int first, int count,
                                   r0_sequence *prompts)
{
    r0i_text solver = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_prompt_template(run, run->config.solver_system, run->config.solver_prompt, &solver);
    r0_span template_text = {solver.data, solver.size};
    for (int i = 0; !status && i < count; i++)
        status = r0i_bench_prompt(run, arena, template_text, set, &set->bench.items[first + i], &prompts[i]);
    r0i_text_free(&solver);
    return status;
}

enum { R0I_EVALUATION_PART = 512 }; // questions at a time

// Samples and one greedy completion for questions [first, first + count).
static r0_status r0i_bench_part(r0i_evolution *run, r0i_arena *arena, const r0_evaluation_set *set, int first, int count, r0i_key key,
                                r0i_item_score *scores)
{
    int k = run->config.evaluation_samples;
    r0_sampling sampled = {1, 0, 1, run->config.evaluation_tokens, 0}, greedy = {0, 0, 1, run->config.evaluation_tokens, 0};
    r0_sequence *prompts = R0I_ARENA_NEW(arena, r0_sequence, count);
    r0_rollouts samples, single;
    if (!prompts) return R0_ERROR_MEMORY;
    R0I_TRY(r0i_bench_prompts(run, arena, set, first, count, prompts));
    R0I_TRY(r0i_run_generate(run, run->solver, prompts, count, k, &sampled, r0i_key_derive(key, (uint64_t)first), &samples));
    r0_status status = r0i_run_generate(run, run->solver, prompts, count, 1, &greedy, key, &single);
    for (int i = 0; !status && i < count; i++)
        status = r0i_item_judge(run, arena, &set->bench.items[first + i], &samples.items[i * k], k, &single.items[i], &scores[i]);
    r0_rollouts_free(run->context, &single);
    r0_rollouts_free(run->context, &samples);
    return status;
}

static r0_status r0i_scores_sum(r0i_evolution *run, const r0_evaluation_set *set, const r0i_item_score *items, r0_scores *out)
{
    int k = run->config.evaluation_samples, n = (int)set->bench.count;
    double *means = R0I_NEW(run->context, double, n);
    if (!means) return R0_ERROR_MEMORY;
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", set->name);
    out->questions = n;
    out->samples = k;
    for (int i = 0; i < n; i++) {
        means[i] = (double)items[i].correct / k;
        out->greedy += (double)items[i].greedy / n;
        out->majority += (double)items[i].majority / n;
        out->pass_k += (double)(items[i].correct > 0) / n;
        out->length += items[i].length / n;
    }
    r0_interval mean;
    r0_status status = r0_bootstrap_mean(run->context, means, (size_t)n, &mean);
    out->pass1 = mean.value, out->pass1_low = mean.low, out->pass1_high = mean.high;
    r0i_free(run->context, means);
    return status;
}

static r0_status r0i_bench_run(r0i_evolution *run, const r0_evaluation_set *set, int index, r0i_text *lines)
{
    r0i_item_score *items = R0I_NEW(run->context, r0i_item_score, (int)set->bench.count);
    r0i_key key = r0i_key_derive(r0i_phase_key(run), (uint64_t)index);
    r0_status status = items ? R0_OK : R0_ERROR_MEMORY;
    for (int first = 0; !status && first < (int)set->bench.count; first += R0I_EVALUATION_PART) {
        r0i_arena arena = {run->context, NULL};
        int count = R0I_MIN(R0I_EVALUATION_PART, (int)set->bench.count - first);
        status = r0i_bench_part(run, &arena, set, first, count, key, items + first);
        r0i_arena_free(&arena);
    }
    if (!status) status = r0i_scores_sum(run, set, items, &run->now->scores[index]);
    for (int i = 0; !status && i < (int)set->bench.count; i++) {
        r0i_text_print(lines, "{\"set\":");
        r0i_json_write_string(lines, r0i_span_of(set->name));
        r0i_text_print(lines, ",\"id\":");
        r0i_json_write_string(lines, set->bench.items[i].id);
        r0i_text_print(lines, ",\"samples\":%d,\"correct\":%d,\"greedy\":%s,\"majority\":%s}\n",
                       run->config.evaluation_samples, items[i].correct, items[i].greedy ? "true" : "false",
                       items[i].majority ? "true" : "false");
    }
    r0i_free(run->context, items);
    return status;
}

// Measures the solver on every bench, closes the iteration and moves to the next.
static r0_status r0i_evaluation(r0i_evolution *run)
{
    r0i_text lines = {run->context, NULL, 0, 0, false};
    int64_t total = 0;
    for (int b = 0; b < run->desc->set_count; b++)
        total += (int64_t)(int)run->desc->sets[b].bench.count * (run->config.evaluation_samples + 1);
    r0i_progress_begin(run->context, "evaluation", "rollouts", run->iteration, 0, total, true);
    run->now->set_count = run->desc->set_count;
    r0_status status = R0_OK;
    for (int b = 0; !status && b < run->desc->set_count; b++)
        status = r0i_bench_run(run, &run->desc->sets[b], b, &lines);
    if (!status) status = r0i_text_status(&lines);
    if (!status) status = r0i_run_write_file(run, "evaluation", &lines);
    r0i_text_free(&lines);
    if (!status) status = r0i_evaluation_metrics(run);
    if (!status) status = r0i_run_iteration_done(run);
    return status;
}

// >>equivalence
//
// When are two answers the same? A string comparison says that 1/2 and 0.5 differ; a computer algebra system says the
// truth, sometimes, after a minute. Here every comparison is bounded: the answer is parsed into a small tree (at most
// R0I_NODES nodes, R0I_DEPTH deep) and trees are compared by *evaluating* them, never by rewriting them.
//
// Identity testing. A difference of two expressions that is not identically zero vanishes at few points (Schwartz,
// Zippel). So both sides are evaluated at fixed pseudo-random points, in two ways at once:
//   - exactly, in residues modulo R0I_LANES primes near 2^31: sums, products, quotients and integer powers of rational
//     numbers and symbols. Rationals whose cross products stay below the product of the primes (2^124) are equal iff
//     their residues are (Chinese remainders); larger ones, and symbols, up to a chance of about 2^-124 per point;
//   - in complex doubles with a running error bound, for roots, exponentials, logarithms, trigonometry.
// Where both sides are exact the residues decide, else the doubles do, to a relative 1e-9 beyond the error bound.
// Symbols are real: a point where a step leaves the reals (sqrt of a negative) is passed over while others remain.
//
// R0_JUDGE_STRICT, the rules (a verdict's reason names the one that decided):
//   identical        equal bytes after trimming
//   integers         both plain integers
//   words            answers of words alone: equal letters, whatever case, spacing and \text
//   choice           one side is a letter, the other "(B) ..." that begins with a letter
//   value            numbers and expressions by identity testing; 20\% is 20 or 0.2; 90^\circ is 90 or pi/2; units, currency
//                    and words after a quantity are dropped; \log is log_10 or ln; 2\frac{1}{2} is a mixed number
//   decimal          one side has a decimal point: agree to `places` (6) decimal places, below 0.1 to as many digits
//   list, set        "1, 2", "1 and 2", {1,2}, a \pm b: each member equals one of the other side; order does not matter
//   tuple, interval  in order; brackets must agree where there are two members; a bare list of n is a tuple of n
//   matrix           equal shapes and members; sums and products of matrices are carried out; a column is a tuple
//   union            each part equals one of the other side
//   relation         equations and inequalities whose differences are proportional (positively for inequalities)
//   assignment       x = 5, f(x) = 5, x \in S against a bare side: the value counts. A condition (x < 2) is not a set
//   ratio            a:b as cross products
//   comma            1,22 beside a number with a decimal point: a decimal comma
//   text             what cannot be parsed: equal up to spacing and typographic commands
// R0_JUDGE_MATHRULER follows the pipeline of MathRuler's grader step by step (see `-- mathruler --` below).

enum { R0I_LANES = 4, R0I_POINTS = 5, R0I_NODES = 3000, R0I_DEPTH = 60, R0I_HEIGHT = 150, R0I_ANSWER_LIMIT = 10240, R0I_MEMBERS = 128 };

// The largest primes below 2^31 but for 2^31 - 1, whose multiples people do write down.
static const uint32_t r0i_lane_primes[R0I_LANES] = {2147483629u, 2147483587u, 2147483579u, 2147483563u};

// -- values: a number seen exactly (residues, and a small fraction where it fits) and approximately --

typedef struct r0i_value {
    uint32_t lane[R0I_LANES]; // residues, if `exact`
    double re, im, error;     // error: bound of what rounding did to re + i im
    int64_t num, den;         // the same as a reduced fraction; den 0: not known
    bool exact, defined;
    bool real;                // no step left the real numbers
} r0i_value;

static uint32_t r0i_mod_mul(uint32_t a, uint32_t b, int lane)
{
    return (uint32_t)((uint64_t)a * b % r0i_lane_primes[lane]);
}

static uint32_t r0i_mod_power(uint32_t base, uint64_t exponent, int lane)
{
    uint32_t result = 1;
    for (; exponent; exponent >>= 1, base = r0i_mod_mul(base, base, lane))
        if (exponent & 1) result = r0i_mod_mul(result, base, lane);
    return result;
}

static uint32_t r0i_mod_inverse(uint32_t a, int lane) { return r0i_mod_power(a, r0i_lane_primes[lane] - 2, lane); }

static int64_t r0i_gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b, b = rest;
    }
    return a < 0 ? -a : a;
}

enum { R0I_SMALL_BITS = 30 }; // fractions stay below 2^30, so that no product overflows

static void r0i_value_fraction(r0i_value *v, int64_t num, int64_t den)
{
    int64_t common = den ? r0i_gcd(num, den) : 0;
    v->num = v->den = 0;
    if (!common) return;
    num /= common, den /= common;
    if (den < 0) num = -num, den = -den;
    if (num >> R0I_SMALL_BITS > 0 || -num >> R0I_SMALL_BITS > 0 || den >> R0I_SMALL_BITS > 0) return;
    v->num = num, v->den = den;
}

static r0i_value r0i_value_none(void)
{
    r0i_value v;
    memset(&v, 0, sizeof v);
    return v;
}

static r0i_value r0i_value_real(double re)
{
    r0i_value v = r0i_value_none();
    v.re = re;
    v.error = fabs(re) * DBL_EPSILON;
    v.defined = !isnan(re);
    v.real = true;
    return v;
}

static r0i_value r0i_value_integer(int64_t n)
{
    r0i_value v = r0i_value_real((double)n);
    for (int k = 0; k < R0I_LANES; k++) {
        int64_t p = r0i_lane_primes[k];
        v.lane[k] = (uint32_t)((n % p + p) % p);
    }
    v.exact = true;
    v.error = n >> 53 ? v.error : 0;
    r0i_value_fraction(&v, n, 1);
    return v;
}

// What all binary operations share: the result is as exact, defined and real as its operands.
static r0i_value r0i_value_join(const r0i_value *a, const r0i_value *b)
{
    r0i_value v = r0i_value_none();
    v.exact = a->exact && b->exact;
    v.defined = a->defined && b->defined;
    v.real = a->real && b->real;
    return v;
}

static r0i_value r0i_value_checked(r0i_value v)
{
    v.error += (fabs(v.re) + fabs(v.im)) * DBL_EPSILON;
    if (isnan(v.re) || isnan(v.im)) v.defined = v.exact && v.defined, v.re = v.im = 0, v.error = INFINITY;
    return v;
}

static r0i_value r0i_value_add(const r0i_value *a, const r0i_value *b)
{
    r0i_value v = r0i_value_join(a, b);
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = (uint32_t)(((uint64_t)a->lane[k] + b->lane[k]) % r0i_lane_primes[k]);
    v.re = a->re + b->re, v.im = a->im + b->im;
    v.error = a->error + b->error;
    if (a->den && b->den) r0i_value_fraction(&v, a->num * b->den + b->num * a->den, a->den * b->den);
    return r0i_value_checked(v);
}

static r0i_value r0i_value_negate(r0i_value v)
{
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = v.lane[k] ? r0i_lane_primes[k] - v.lane[k] : 0;
    v.re = -v.re, v.im = -v.im, v.num = -v.num;
    return v;
}

static double r0i_value_size(const r0i_value *v) { return hypot(v->re, v->im); }

static r0i_value r0i_value_multiply(const r0i_value *a, const r0i_value *b)
{
    r0i_value v = r0i_value_join(a, b);
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = r0i_mod_mul(a->lane[k], b->lane[k], k);
    if (a->im == 0 && b->im == 0) v.re = a->re * b->re;
    else v.re = a->re * b->re - a->im * b->im, v.im = a->re * b->im + a->im * b->re;
    v.error = r0i_value_size(a) * b->error + r0i_value_size(b) * a->error;
    if (a->den && b->den) r0i_value_fraction(&v, a->num * b->num, a->den * b->den);
    return r0i_value_checked(v);
}

static r0i_value r0i_value_invert(const r0i_value *a)
{
    r0i_value v = *a;
    double size = r0i_value_size(a), square = size * size;
    bool zero = a->exact ? a->den ? a->num == 0 : (a->lane[0] | a->lane[1]) == 0 : size <= 4 * a->error;
    if (zero) v.defined = false;
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = r0i_mod_inverse(a->lane[k], k);
    if (a->im == 0) v.re = 1 / a->re;
    else v.re = a->re / square, v.im = -a->im / square;
    v.error = size > 0 ? a->error / size / size : 0;
    r0i_value_fraction(&v, a->den, a->num);
    if (!a->den) v.num = v.den = 0;
    return r0i_value_checked(v);
}

static r0i_value r0i_value_divide(const r0i_value *a, const r0i_value *b)
{
    r0i_value inverse = r0i_value_invert(b), v = r0i_value_multiply(a, &inverse);
    if (a->im == 0 && b->im == 0 && b->re != 0) v.re = a->re / b->re; // rounded once
    return v;
}

// A function value of which only the approximation is known. `slope`: how much it magnifies the argument's error.
static r0i_value r0i_value_approximate(const r0i_value *from, double re, double im, double slope)
{
    r0i_value v = r0i_value_none();
    v.re = re, v.im = im;
    v.error = slope * from->error;
    v.defined = from->defined, v.real = from->real;
    return r0i_value_checked(v);
}

static r0i_value r0i_value_exp(const r0i_value *a)
{
    double size = exp(a->re);
    return a->im == 0 ? r0i_value_approximate(a, size, 0, size)
                      : r0i_value_approximate(a, size * cos(a->im), size * sin(a->im), size);
}

static r0i_value r0i_value_log(const r0i_value *a)
{
    double size = r0i_value_size(a);
    r0i_value v = r0i_value_approximate(a, log(size), a->im == 0 && a->re > 0 ? 0 : atan2(a->im, a->re), 1 / size);
    if (size == 0) v.defined = false;
    if (a->im == 0 && a->re < 0) v.real = false;
    return v;
}

// a^n for an integer n: exact where a is.
static r0i_value r0i_value_power_integer(const r0i_value *a, int64_t n)
{
    if (n < 0) {
        r0i_value inverse = r0i_value_invert(a);
        return r0i_value_power_integer(&inverse, -n);
    }
    r0i_value v = *a;
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = r0i_mod_power(a->lane[k], (uint64_t)n, k);
    double size = r0i_value_size(a), grown = pow(size, (double)n);
    if (a->im == 0) {
        v.re = pow(a->re, (double)n);
    } else {
        double turn = atan2(a->im, a->re) * (double)n;
        v.re = grown * cos(turn), v.im = grown * sin(turn);
    }
    v.error = size > 0 ? (double)n * grown / size * a->error + grown * DBL_EPSILON * (double)n : 0;
    v.num = v.den = 0;
    if (a->den && n <= 64) {
        r0i_value_fraction(&v, 1, 1);
        for (int64_t i = 0; i < n && v.den; i++) r0i_value_fraction(&v, v.num * a->num, v.den * a->den);
    }
    return r0i_value_checked(v);
}

// The whole k-th root of n >= 0, or -1.
static int64_t r0i_whole_root(int64_t n, int64_t k)
{
    int64_t root = (int64_t)floor(pow((double)n, 1.0 / (double)k) + 0.5), power = 1;
    for (int64_t i = 0; i < k && power <= n; i++) {
        if (root && power > n / root) return -1;
        power *= root;
    }
    return power == n ? root : -1;
}

// (num/den)^(p/q) where it is a fraction again: sqrt(9/4) = 3/2. False: it is not, or does not fit.
static bool r0i_value_exact_root(const r0i_value *a, const r0i_value *b, r0i_value *root)
{
    if (!a->den || a->num < 0 || b->den < 2 || b->den > 30) return false;
    int64_t top = r0i_whole_root(a->num, b->den), bottom = r0i_whole_root(a->den, b->den);
    if (top < 0 || bottom < 0) return false;
    r0i_value x = r0i_value_integer(top), y = r0i_value_integer(bottom);
    x = r0i_value_divide(&x, &y);
    *root = r0i_value_power_integer(&x, b->num);
    return true;
}

// a^b. Odd roots of negative numbers are real, as at school; what else leaves the reals takes the principal value.
static r0i_value r0i_value_power(const r0i_value *a, const r0i_value *b)
{
    if (b->den == 1) return r0i_value_power_integer(a, b->num);
    r0i_value joined = r0i_value_join(a, b), v;
    joined.error = a->error;
    if (r0i_value_exact_root(a, b, &v)) return v;
    double size = r0i_value_size(a);
    if (size == 0 || size <= a->error) {
        v = r0i_value_approximate(&joined, 0, 0, 0);
        if (b->re <= 0) v.defined = false;
        return v;
    }
    if (b->im == 0 && a->im == 0 && (a->re > 0 || (b->den & 1))) {
        double grown = pow(fabs(a->re), b->re), slope = fabs(b->re) * grown / size;
        v = r0i_value_approximate(&joined, a->re < 0 && (b->num & 1) ? -grown : grown, 0, slope);
        v.error += grown * fabs(log(size)) * b->error;
        return v;
    }
    r0i_value product = r0i_value_log(a);
    product = r0i_value_multiply(b, &product);
    return r0i_value_exp(&product);
}

// A number that stands for something unknown but fixed: symbols, undefined functions. A multiple of 1/1024 within
// +-[0.3, 2.3), so that residues and doubles agree on it.
static r0i_value r0i_value_hashed(uint32_t name, int point, bool negative)
{
    uint32_t x = name * 2654435761u + (uint32_t)point * 0x9E3779B9u;
    x ^= x >> 15, x *= 0x85EBCA6Bu, x ^= x >> 13, x *= 0xC2B2AE35u, x ^= x >> 16;
    int64_t k = 308 + (int64_t)(x % 2047);
    r0i_value numerator = r0i_value_integer(negative ? -k : k), denominator = r0i_value_integer(1024);
    return r0i_value_divide(&numerator, &denominator);
}

// -- the tree --

typedef enum r0i_kind {
    R0I_NUMBER,    // text: the digits; op 1: with a decimal comma; count: digits that repeat for ever
    R0I_SYMBOL,    // name
    R0I_PI, R0I_E, R0I_IMAGINARY, R0I_INFINITY,
    R0I_ADD, R0I_MULTIPLY, // any number of children
    R0I_DIVIDE, R0I_POWER, R0I_ROOT, R0I_LOG, R0I_BINOMIAL, // ROOT: radicand, index; LOG: argument, base
    R0I_NEGATE, R0I_FACTORIAL, R0I_PERCENT, R0I_DEGREE, R0I_ABSOLUTE, R0I_FLOOR, R0I_CEILING,
    R0I_PLUS_MINUS, // op 0: +-, 1: -+ ; one or two children
    R0I_FUNCTION,   // op: index in r0i_functions; one child
    R0I_OPAQUE,     // name and children: an unknown function
    R0I_MATRIX,     // op: columns
    R0I_TUPLE,      // op: its brackets, 1 for '[' on the left, 2 for ']' on the right
    R0I_LIST, R0I_SET, R0I_UNION,
    R0I_RATIO,
    R0I_RELATION,   // children are LINKs
    R0I_LINK,       // op: relation to the side before (0: the first side); one child
    R0I_WORDS       // text: words without a mathematical meaning
} r0i_kind;

typedef struct r0i_expr {
    uint8_t kind, op;
    uint16_t count;       // children
    uint16_t height;      // of the tree below
    int32_t child, next;  // first child, next sibling; 0: none (node 0 is not used)
    uint32_t name;        // hash
    r0_span text;
} r0i_expr;

// How a text may be read, where it is ambiguous.
enum {
    R0I_READ_LISTS = 1,     // "1,000" is a list outside of brackets too
    R0I_READ_THOUSANDS = 2, // "(1,000)" is a number inside of brackets too
    R0I_READ_NATURAL = 4,   // \log is ln
    R0I_READ_NO_DEGREES = 8 // 90^\circ is 90, not pi/2
};

// One comparison: its trees, its budget, its result.
typedef struct r0i_judge {
    r0_context *context;
    uint32_t steps;
    bool spent;           // the budget or a limit was reached
    unsigned reading;
    unsigned ambiguous;   // readings that would make a difference
    int places;
    int used;             // nodes
    const char *reason;
    r0i_expr nodes[R0I_NODES];
} r0i_judge;

static bool r0i_charge(r0i_judge *j, uint32_t steps)
{
    j->steps += steps;
    if (j->steps > R0_JUDGE_STEPS) j->spent = true;
    return !j->spent;
}

static uint32_t r0i_hash_byte(uint32_t hash, char c) { return (hash ^ (uint8_t)c) * 16777619u; }

static uint32_t r0i_hash_text(uint32_t hash, r0_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!r0i_one_of(text.data[i], " {}\\$")) hash = r0i_hash_byte(hash, text.data[i]);
    return hash;
}

// -- reading LaTeX and plain text: tokens --

typedef enum r0i_lexeme_kind {
    R0I_T_END,
    R0I_T_NUMBER,
    R0I_T_NAME,      // a letter, or a word that means something: text
    R0I_T_COMMAND,   // text: without the backslash
    R0I_T_SIGN,      // sign; see r0i_commands for the letters
    R0I_T_RELATION,  // sign: one of = < > l g n ~ E
    R0I_T_SEPARATOR, // , ; and or
    R0I_T_WORDS      // text
} r0i_lexeme_kind;

typedef struct r0i_lexeme {
    r0i_lexeme_kind kind;
    char sign;
    uint16_t repeating;   // NUMBER: digits under a bar
    bool spaced;          // white space before it
    bool decimal_comma;
    r0_span text;
} r0i_lexeme;

typedef struct r0i_reader {
    r0i_judge *judge;
    const char *begin, *at, *end;
    r0i_lexeme token;      // the current one; `at` is behind it
    int depth, brackets, bars, matrices;
    bool failed;
} r0i_reader;

// What a command or a foreign character means. Kind of sign: O C set brackets, P M plus-minus, U I unions, E in, D degree,
// R row end, T an arrow. An empty name: skip.
typedef struct r0i_command {
    const char *name;
    r0i_lexeme_kind kind;
    char sign;
} r0i_command;

#define R0I_SIGNS(X)                                                                                                   \
    X("cdot", SIGN, '*') X("times", SIGN, '*') X("ast", SIGN, '*') X("div", SIGN, '/') X("pm", SIGN, 'P')              \
    X("mp", SIGN, 'M') X("le", RELATION, 'l') X("leq", RELATION, 'l') X("leqslant", RELATION, 'l')                     \
    X("ge", RELATION, 'g') X("geq", RELATION, 'g') X("geqslant", RELATION, 'g') X("lt", RELATION, '<')                 \
    X("gt", RELATION, '>') X("ne", RELATION, 'n') X("neq", RELATION, 'n') X("approx", RELATION, '~')                   \
    X("simeq", RELATION, '~') X("sim", RELATION, '~') X("equiv", RELATION, '=') X("in", RELATION, 'E')                 \
    X("cup", SIGN, 'U') X("cap", SIGN, 'I') X("setminus", SIGN, '\\') X("circ", SIGN, 'D') X("degree", SIGN, 'D')      \
    X("to", SIGN, 'T') X("rightarrow", SIGN, 'T') X("mapsto", SIGN, 'T') X("lbrace", SIGN, 'O')                        \
    X("rbrace", SIGN, 'C') X("lbrack", SIGN, '[') X("rbrack", SIGN, ']') X("langle", SIGN, '(')                        \
    X("rangle", SIGN, ')') X("mid", SIGN, '|') X("vert", SIGN, '|') X("lvert", SIGN, '|') X("rvert", SIGN, '|')        \
    X("prime", SIGN, '\'') X("colon", SIGN, ':') X("lor", SEPARATOR, ',') X("land", SEPARATOR, ',')                    \
    X("left", END, 0) X("right", END, 0) X("big", END, 0) X("Big", END, 0) X("bigl", END, 0) X("bigr", END, 0)         \
    X("Bigl", END, 0) X("Bigr", END, 0) X("bigg", END, 0) X("Bigg", END, 0) X("middle", END, 0)                        \
    X("displaystyle", END, 0) X("textstyle", END, 0) X("limits", END, 0) X("nolimits", END, 0) X("quad", END, 0)       \
    X("qquad", END, 0) X("thinspace", END, 0) X("boxed", END, 0) X("fbox", END, 0) X("rm", END, 0) X("bf", END, 0)     \
    X("it", END, 0) X("euro", END, 0) X("pounds", END, 0) X("mathop", END, 0) X("relax", END, 0)

static const r0i_command r0i_commands[] = {
#define R0I_X(name, kind, sign) {name, R0I_T_##kind, sign},
    R0I_SIGNS(R0I_X)
#undef R0I_X
};

// Characters beyond ASCII, as the command that means the same; "" is white space.
static const struct { const char *utf8, *name; } r0i_characters[] = {
    {"\xCF\x80", "pi"},          {"\xE2\x88\x9A", "sqrt"},    {"\xC3\x97", "times"},      {"\xC2\xB7", "cdot"},
    {"\xE2\x8B\x85", "cdot"},    {"\xC3\xB7", "div"},         {"\xE2\x89\xA4", "le"},     {"\xE2\x89\xA5", "ge"},
    {"\xE2\x89\xA0", "ne"},      {"\xE2\x88\x9E", "infty"},   {"\xC2\xB1", "pm"},         {"\xC2\xB0", "degree"},
    {"\xE2\x88\xAA", "cup"},     {"\xE2\x88\xA9", "cap"},     {"\xE2\x88\x88", "in"},     {"\xE2\x89\x88", "approx"},
    {"\xE2\x88\x92", "-"},       {"\xE2\x80\x93", "-"},       {"\xC2\xA0", ""},           {"\xE2\x80\x89", ""},
    {"\xE2\x82\xAC", ""},        {"\xC2\xA3", ""},            {"\xC2\xA5", ""},           {"\xE2\x80\xB2", "prime"},
    {"\xCE\xB1", "alpha"},       {"\xCE\xB2", "beta"},        {"\xCE\xB3", "gamma"},      {"\xCE\xB4", "delta"},
    {"\xCE\xB5", "epsilon"},     {"\xCE\xB8", "theta"},       {"\xCE\xBB", "lambda"},     {"\xCE\xBC", "mu"},
    {"\xCF\x81", "rho"},         {"\xCF\x83", "sigma"},       {"\xCF\x84", "tau"},        {"\xCF\x86", "phi"},
    {"\xCF\x88", "psi"},         {"\xCF\x89", "omega"},       {"\xCE\x94", "Delta"},      {"\xCE\xA9", "Omega"},
    {"\xE2\x8C\x8A", "lfloor"},  {"\xE2\x8C\x8B", "rfloor"},  {"\xE2\x8C\x88", "lceil"},  {"\xE2\x8C\x89", "rceil"},
};

// The functions of one argument. The order is that of r0i_function_value.
static const char *const r0i_functions[] = {
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "exp", "ln",
    "asin", "acos", "atan", // other names of the three inverses
};

static const char *const r0i_unit_words[] = {
    "cm", "mm", "km", "kg", "mg", "ml", "mL", "ft", "feet", "foot", "inch", "inches", "mile", "miles", "meter", "meters",
    "metre", "metres", "centimeter", "centimeters", "kilometers", "yard", "yards", "gallon", "gallons", "liter", "liters",
    "litre", "litres", "gram", "grams", "pound", "pounds", "ounces", "second", "seconds", "sec", "minute", "minutes",
    "min", "hour", "hours", "hr", "day", "days", "week", "weeks", "month", "months", "year", "years", "mph", "kmh",
    "dollar", "dollars", "cent", "cents", "rupees", "euros", "unit", "units", "square", "cubic", "sq", "people", "person",
    "students", "children", "boys", "girls", "men", "women", "apples", "books", "coins", "points", "times", "ways",
    "marbles", "pieces", "cm2", "m2", "cm3", "m3",
};

static bool r0i_span_is(r0_span span, const char *text); // >>checkpoint
static r0_span r0i_span_of(const char *text);

static bool r0i_word_among(r0_span word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == word.size && !memcmp(words[i], word.data, word.size)) return true;
    return false;
}

static bool r0i_lexeme_set(r0i_reader *p, r0i_lexeme_kind kind, char sign, const char *begin, const char *end)
{
    p->token.kind = kind;
    p->token.sign = sign;
    p->token.text = r0i_span(begin, end);
    p->at = end;
    return true;
}

// How many bytes separate a group of exactly three digits from the digits before it; 0: no such group.
static size_t r0i_thousands(r0i_reader *p, const char *c)
{
    static const char *const separators[] = {"{,}", "\\,", ",\\!", ",", " ", "\\ ", "{\\,}", "\\;"};
    for (size_t i = 0; i < R0I_COUNT(separators); i++) {
        size_t size = strlen(separators[i]);
        if ((size_t)(p->end - c) < size + 3 || memcmp(c, separators[i], size)) continue;
        const char *d = c + size;
        if (size == 3 && *c == ',')
            while (d < p->end && *d == ' ') d++;
        size_t digits = 0;
        while (d + digits < p->end && digits < 4 && r0i_is_digit(d[digits])) digits++;
        if (digits != 3) continue;
        if (*separators[i] == ',' && size == 1) {
            p->judge->ambiguous |= p->brackets ? R0I_READ_THOUSANDS : R0I_READ_LISTS;
            if (p->brackets ? !(p->judge->reading & R0I_READ_THOUSANDS) : p->judge->reading & R0I_READ_LISTS) return 0;
        }
        if (*separators[i] == ' ' && p->brackets) return 0;
        return (size_t)(d - c);
    }
    return 0;
}

// 1,000.99 | 1{,}000 | .5 | 3{,}14 | 1.5e-3 | 0.1\overline{6}
static bool r0i_scan_number(r0i_reader *p)
{
    const char *begin = p->at, *c = begin, *end = p->end;
    while (c < end && r0i_is_digit(*c)) c++;
    size_t gap;
    if (c - begin >= 1 && c - begin <= 3 && *begin != '0')
        while ((gap = r0i_thousands(p, c)) != 0) c += gap + 3;
    if (c + 1 < end && *c == '.' && r0i_is_digit(c[1])) {
        for (c++; c < end && r0i_is_digit(*c);) c++;
    } else if (end - c > 3 && !memcmp(c, "{,}", 3) && r0i_is_digit(c[3])) {
        p->token.decimal_comma = true;
        for (c += 3; c < end && r0i_is_digit(*c);) c++;
    }
    if (end - c > 11 && !memcmp(c + (*c == '.'), "\\overline{", 10)) {
        const char *d = c + (*c == '.') + 10, *digits = d;
        while (d < end && r0i_is_digit(*d)) d++;
        if (d > digits && d < end && *d == '}' && d - digits < 100) {
            p->token.repeating = (uint16_t)(d - digits);
            return r0i_lexeme_set(p, R0I_T_NUMBER, 0, begin, d + 1);
        }
    }
    if (c + 1 < end && (*c == 'e' || *c == 'E')) {
        const char *d = c + 1 + (c[1] == '-' || c[1] == '+'), *digits = d;
        while (d < end && r0i_is_digit(*d)) d++;
        if (d > digits && (d == end || (!r0i_is_letter(*d) && *d != '.')) && d - digits < 7) c = d;
    }
    return r0i_lexeme_set(p, R0I_T_NUMBER, 0, begin, c);
}

// The words that mean something within plain text.
static bool r0i_scan_word(r0i_reader *p, r0_span run)
{
    static const char *const names[] = {"log", "lg", "sqrt", "pi", "inf", "infty", "infinity", "oo", "theta", "alpha", "beta"};
    static const char *const percents[] = {"percent", "pct", "percentage"};
    static const char *const degrees[] = {"degrees", "degree"};
    const char *end = run.data + run.size;
    if (r0i_span_is(run, "and") || r0i_span_is(run, "or")) return r0i_lexeme_set(p, R0I_T_SEPARATOR, ',', run.data, end);
    if (r0i_word_among(run, percents, R0I_COUNT(percents))) return r0i_lexeme_set(p, R0I_T_SIGN, '%', run.data, end);
    if (r0i_word_among(run, degrees, R0I_COUNT(degrees))) return r0i_lexeme_set(p, R0I_T_SIGN, 'D', run.data, end);
    if (r0i_word_among(run, names, R0I_COUNT(names)) || r0i_word_among(run, r0i_functions, R0I_COUNT(r0i_functions)))
        return r0i_lexeme_set(p, R0I_T_NAME, 0, run.data, end);
    if (r0i_word_among(run, r0i_unit_words, R0I_COUNT(r0i_unit_words)))
        return r0i_lexeme_set(p, R0I_T_WORDS, 0, run.data, end);
    return false;
}

static bool r0i_scan_letters(r0i_reader *p)
{
    const char *c = p->at;
    while (c < p->end && r0i_is_letter(*c)) c++;
    r0_span run = r0i_span(p->at, c);
    if (run.size > 1 && r0i_scan_word(p, run)) return true;
    for (size_t i = 0; i < R0I_COUNT(r0i_functions) && run.size > 3; i++) { // sinx
        size_t size = strlen(r0i_functions[i]);
        if (size >= 3 && size < run.size && !memcmp(run.data, r0i_functions[i], size))
            return r0i_lexeme_set(p, R0I_T_NAME, 0, run.data, run.data + size);
    }
    if (run.size > 4 && !memcmp(run.data, "sqrt", 4)) return r0i_lexeme_set(p, R0I_T_NAME, 0, run.data, run.data + 4);
    size_t glued = r0i_word_at(run.data, c, "and") ? 3 : r0i_word_at(run.data, c, "or") ? 2 : 0;
    if (glued && p->token.kind == R0I_T_NUMBER && !p->token.spaced) // "5orx=6"
        return r0i_lexeme_set(p, R0I_T_SEPARATOR, ',', run.data, run.data + glued);
    if (*run.data == 'x' && run.size == 1 && p->token.kind == R0I_T_NUMBER && r0i_word_at(c, p->end, "10^"))
        return r0i_lexeme_set(p, R0I_T_SIGN, '*', run.data, c); // 1.5x10^-3
    return r0i_lexeme_set(p, R0I_T_NAME, 0, run.data, run.data + 1);
}

// \text{...} and the like. Words are words; what could be mathematics is read as mathematics (the braces follow).
static bool r0i_scan_styled(r0i_reader *p, const char *open, bool after_number)
{
    const char *close = r0i_brace_close(open, p->end);
    if (!close) return false;
    r0_span content = r0i_span(open + 1, close), word = r0i_trim(content);
    int letters = 0, longest = 0;
    bool code = false;
    for (size_t i = 0; i < word.size; i++) {
        letters = r0i_is_letter(word.data[i]) ? letters + 1 : 0;
        longest = R0I_MAX(longest, letters);
        code |= r0i_one_of(word.data[i], "\\^_=");
    }
    if (r0i_span_is(word, "and") || r0i_span_is(word, "or") || r0i_span_is(word, ","))
        return r0i_lexeme_set(p, R0I_T_SEPARATOR, ',', open, close + 1);
    bool unit = after_number && word.size == 1 && r0i_is_letter(*word.data) && !r0i_one_of(*word.data, "eid");
    if (code || (longest < 2 && !unit)) return false;
    p->token.kind = R0I_T_WORDS;
    if (!r0i_scan_word(p, word) || p->token.kind == R0I_T_SEPARATOR) p->token.kind = R0I_T_WORDS;
    p->token.text = word;
    p->at = close + 1;
    return true;
}

static bool r0i_lexeme_command(r0i_reader *p, r0_span name, const char *begin)
{
    const char *end = name.data + name.size;
    for (size_t i = 0; i < R0I_COUNT(r0i_commands); i++) {
        if (!r0i_span_is(name, r0i_commands[i].name)) continue;
        r0i_lexeme_set(p, r0i_commands[i].kind, r0i_commands[i].sign, begin, end);
        return r0i_commands[i].kind != R0I_T_END;
    }
    r0i_lexeme_set(p, R0I_T_COMMAND, 0, begin, end);
    p->token.text = name;
    return true;
}

static bool r0i_scan_command(r0i_reader *p)
{
    static const char *const styles[] = {
        "text", "textbf", "textit", "textrm", "textnormal", "mbox", "hbox", "mathrm", "mathbf", "mathit", "mathsf",
        "mathbb", "mathcal", "operatorname", "boldsymbol", "bm", "textup", "texttt", "mathfrak",
    };
    bool after_number = p->token.kind == R0I_T_NUMBER || (p->token.kind == R0I_T_SIGN && r0i_one_of(p->token.sign, "})"));
    const char *begin = p->at, *c = begin + 1, *end = p->end;
    if (c >= end) return p->at = end, false;
    if (!r0i_is_letter(*c)) {
        char sign = *c == '{' ? 'O' : *c == '}' ? 'C' : *c == '|' || *c == '%' ? *c : *c == '\\' ? 'R' : 0;
        if (sign == 'R' && !p->matrices) return p->at = c + (c + 1 >= end || !r0i_is_letter(c[1])), false; // "\\frac"
        if (sign) return r0i_lexeme_set(p, R0I_T_SIGN, sign, begin, c + 1);
        return p->at = c + 1, false; // \, \; \! \$ \( and so on
    }
    while (c < end && r0i_is_letter(*c)) c++;
    r0_span name = r0i_span(begin + 1, c);
    if (name.size > 4 && !memcmp(name.data, "quad", 4)) return p->at = begin + 5, false; // \quadx
    bool boxed = r0i_span_is(name, "boxed") || r0i_span_is(name, "fbox");
    if (boxed && p->token.kind == R0I_T_SIGN && p->token.sign == '}') // a box after a box: a list
        return r0i_lexeme_set(p, R0I_T_SEPARATOR, ',', begin, c);
    if (r0i_word_among(name, styles, R0I_COUNT(styles))) {
        while (c < end && *c == ' ') c++;
        if (c < end && *c == '{' && r0i_scan_styled(p, c, after_number)) return true;
        return p->at = c, false;
    }
    return r0i_lexeme_command(p, name, begin);
}

static bool r0i_scan_foreign(r0i_reader *p)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_characters); i++) {
        size_t size = strlen(r0i_characters[i].utf8);
        if ((size_t)(p->end - p->at) < size || memcmp(p->at, r0i_characters[i].utf8, size)) continue;
        r0_span name = {r0i_characters[i].name, strlen(r0i_characters[i].name)};
        const char *after = p->at + size;
        if (!name.size) return p->at = after, false;
        if (*name.data == '-') return r0i_lexeme_set(p, R0I_T_SIGN, '-', p->at, after);
        bool found = r0i_lexeme_command(p, name, name.data);
        p->at = after;
        return found;
    }
    const char *c = p->at + 1; // some other character: a symbol
    while (c < p->end && ((uint8_t)*c & 0xC0) == 0x80) c++;
    return r0i_lexeme_set(p, R0I_T_NAME, 0, p->at, c);
}

static bool r0i_scan_relation(r0i_reader *p)
{
    const char *c = p->at;
    char next = c + 1 < p->end ? c[1] : 0;
    if (*c == '!' && next != '=') return r0i_lexeme_set(p, R0I_T_SIGN, '!', c, c + 1);
    if (*c == '<' || *c == '>' || *c == '!') {
        char closed = *c == '<' ? 'l' : *c == '>' ? 'g' : 'n';
        return r0i_lexeme_set(p, R0I_T_RELATION, next == '=' ? closed : *c, c, c + 1 + (next == '='));
    }
    return r0i_lexeme_set(p, R0I_T_RELATION, '=', c, c + 1 + (next == '='));
}

// One token, if something starts at p->at; false when it was only skipped.
static bool r0i_scan(r0i_reader *p)
{
    const char *c = p->at;
    if (r0i_is_digit(*c) || (*c == '.' && c + 1 < p->end && r0i_is_digit(c[1]))) return r0i_scan_number(p);
    if (r0i_is_letter(*c)) return r0i_scan_letters(p);
    if (*c == '\\') return r0i_scan_command(p);
    if ((uint8_t)*c >= 0x80) return r0i_scan_foreign(p);
    if (*c == '<' || *c == '>' || *c == '=' || *c == '!') return r0i_scan_relation(p);
    if (*c == ',' || *c == ';') return r0i_lexeme_set(p, R0I_T_SEPARATOR, ',', c, c + 1);
    if (*c == '*' && c + 1 < p->end && c[1] == '*') return r0i_lexeme_set(p, R0I_T_SIGN, '^', c, c + 2);
    if (r0i_one_of(*c, "+-*/^_()[]{}|%'&:")) return r0i_lexeme_set(p, R0I_T_SIGN, *c, c, c + 1);
    if (*c == '.') { // ends a sentence, or belongs to "\left."
        p->at++;
        return false;
    }
    if (!r0i_is_space(*c) && !r0i_one_of(*c, "$~\"`")) p->failed = true;
    p->at++;
    return false;
}

static void r0i_advance(r0i_reader *p)
{
    const char *from = p->at;
    p->token.repeating = 0;
    p->token.decimal_comma = false;
    while (p->at < p->end && r0i_charge(p->judge, 1)) {
        const char *before = p->at;
        if (r0i_scan(p)) {
            p->token.spaced = before > from;
            return;
        }
    }
    r0i_lexeme_set(p, R0I_T_END, 0, p->end, p->end);
}

// -- reading: the grammar --
//
//   answer   = item { separator item }              item   = side { relation side }
//   side     = ratio-of sums, with unions of sets   sum    = [sign] product { sign product }
//   product  = run { (* | /) run }                  run    = factor { factor }       juxtaposition binds tighter than /
//   factor   = - factor | primary { ^ exponent | ! | % | degree | ' }

static int32_t r0i_parse_list(r0i_reader *p, char close);
static int32_t r0i_parse_sum(r0i_reader *p);
static int32_t r0i_parse_factor(r0i_reader *p);

// A new node, 0 when the tree is full (then the comparison is undecided).
static int32_t r0i_expr_new(r0i_judge *j, r0i_kind kind)
{
    if (j->used + 1 >= R0I_NODES || !r0i_charge(j, 2)) {
        j->spent = true;
        return 0;
    }
    r0i_expr *node = &j->nodes[++j->used];
    memset(node, 0, sizeof *node);
    node->kind = (uint8_t)kind;
    return j->used;
}

static void r0i_expr_append(r0i_judge *j, int32_t parent, int32_t child)
{
    int32_t *link = &j->nodes[parent].child;
    if (!parent || !child) return;
    while (*link) link = &j->nodes[*link].next, r0i_charge(j, j->nodes[parent].count > 64);
    *link = child;
    j->nodes[parent].count++;
    j->nodes[parent].height = (uint16_t)R0I_MAX(j->nodes[parent].height, j->nodes[child].height + 1);
    if (j->nodes[parent].height > R0I_HEIGHT) j->spent = true; // evaluation recurses
}

static int32_t r0i_expr_of(r0i_reader *p, r0i_kind kind, int32_t first, int32_t second)
{
    int32_t node = r0i_expr_new(p->judge, kind);
    if (!first) p->failed = true;
    r0i_expr_append(p->judge, node, first);
    r0i_expr_append(p->judge, node, second);
    return node;
}

static int32_t r0i_expr_child(const r0i_judge *j, int32_t node, int index)
{
    int32_t child = j->nodes[node].child;
    while (index-- && child) child = j->nodes[child].next;
    return child;
}

static bool r0i_at_sign(const r0i_reader *p, char sign) { return p->token.kind == R0I_T_SIGN && p->token.sign == sign; }

static bool r0i_take_sign(r0i_reader *p, char sign)
{
    if (!r0i_at_sign(p, sign)) return false;
    r0i_advance(p);
    return true;
}

static int32_t r0i_degree_of(r0i_reader *p, int32_t child)
{
    if (p->judge->nodes[child].kind >= R0I_MATRIX) return child; // "(30, 60) degrees"
    p->judge->ambiguous |= R0I_READ_NO_DEGREES;
    return r0i_expr_of(p, R0I_DEGREE, child, 0);
}

static int32_t r0i_parse_fail(r0i_reader *p)
{
    p->failed = true;
    return 0;
}

static int32_t r0i_parse_number(r0i_reader *p)
{
    int32_t node = r0i_expr_new(p->judge, R0I_NUMBER);
    p->judge->nodes[node].text = p->token.text;
    p->judge->nodes[node].op = p->token.decimal_comma;
    p->judge->nodes[node].name = p->token.repeating;
    r0i_advance(p);
    if (!r0i_at_sign(p, '_')) return node;
    r0i_advance(p); // 204_5: the digits in that base
    bool braces = r0i_take_sign(p, '{');
    r0_span base = p->token.text;
    if (p->token.kind != R0I_T_NUMBER || base.size > 2) return r0i_parse_fail(p);
    p->judge->nodes[node].count = (uint16_t)(base.size == 1 ? *base.data - '0' : (*base.data - '0') * 10 + base.data[1] - '0');
    r0i_advance(p);
    if (braces && !r0i_take_sign(p, '}')) p->failed = true;
    return node;
}

// The end of what a subscript binds: a group, or one token.
static r0_span r0i_take_subscript(r0i_reader *p)
{
    const char *begin = p->at;
    r0_span script = {NULL, 0};
    r0i_advance(p);
    if (r0i_at_sign(p, '{')) {
        const char *close = r0i_brace_close(p->token.text.data, p->end);
        if (!close) return p->failed = true, script;
        script = r0i_span(p->token.text.data, close + 1);
        p->at = close + 1;
    } else {
        script = r0i_span(begin, p->at);
        if (p->token.kind == R0I_T_END) p->failed = true;
    }
    r0i_advance(p);
    return script;
}

static bool r0i_is_call_name(r0_span name) { return name.size == 1 && r0i_one_of(*name.data, "fghFGHP"); }

// A symbol with its subscripts and primes. E_{1} is E_1; f(...) is an unknown function of what is in the brackets.
static int32_t r0i_parse_symbol(r0i_reader *p)
{
    r0i_judge *j = p->judge;
    r0_span name = p->token.text;
    uint32_t hash = r0i_hash_text(2166136261u, name);
    int32_t node = r0i_expr_new(j, R0I_SYMBOL);
    r0i_advance(p);
    while (!p->failed && (r0i_at_sign(p, '_') || r0i_at_sign(p, '\''))) {
        hash = r0i_hash_byte(hash, p->token.sign);
        if (r0i_at_sign(p, '_')) hash = r0i_hash_text(hash, r0i_take_subscript(p));
        else r0i_advance(p);
    }
    j->nodes[node].name = hash;
    j->nodes[node].text = name;
    if (r0i_is_call_name(name) && r0i_at_sign(p, '(')) {
        j->nodes[node].kind = R0I_OPAQUE;
        r0i_advance(p);
        r0i_expr_append(j, node, r0i_parse_list(p, ')'));
    }
    return node;
}

// What a command without braces takes: one digit, one letter or one command; with braces the group.
static int32_t r0i_parse_argument(r0i_reader *p, bool whole_number)
{
    if (p->token.kind == R0I_T_NUMBER && !whole_number && p->token.text.size > 1) {
        p->at = p->token.text.data + 1;
        p->token.text.size = 1;
        p->token.repeating = 0;
    }
    if (p->token.kind == R0I_T_NUMBER) {
        int32_t node = r0i_expr_new(p->judge, R0I_NUMBER);
        p->judge->nodes[node].text = p->token.text;
        r0i_advance(p);
        return node;
    }
    if (r0i_at_sign(p, '{')) {
        r0i_advance(p);
        return r0i_parse_list(p, '}');
    }
    return r0i_parse_factor(p);
}

static bool r0i_is_fraction_name(r0_span name)
{
    static const char *const names[] = {"frac", "dfrac", "tfrac", "cfrac"};
    return r0i_word_among(name, names, R0I_COUNT(names));
}

static int32_t r0i_parse_fraction(r0i_reader *p, r0i_kind kind)
{
    r0i_advance(p);
    int32_t top = r0i_parse_argument(p, false), bottom = r0i_parse_argument(p, true);
    return r0i_expr_of(p, kind, top, bottom);
}

static int32_t r0i_parse_root(r0i_reader *p)
{
    int32_t index = 0;
    r0i_advance(p);
    if (r0i_at_sign(p, '[')) {
        r0i_advance(p);
        index = r0i_parse_list(p, ']');
    }
    if (r0i_at_sign(p, '(')) { // sqrt(2)x, not sqrt((2)x)
        r0i_advance(p);
        return r0i_expr_of(p, R0I_ROOT, r0i_parse_list(p, ')'), index);
    }
    return r0i_expr_of(p, R0I_ROOT, r0i_parse_argument(p, true), index);
}

static bool r0i_starts_factor(r0i_reader *p);

// The argument of a function: a bracket, or factors up to the next sign or function: \sin 2\pi t.
static int32_t r0i_parse_function_argument(r0i_reader *p)
{
    if (r0i_at_sign(p, '(') || r0i_at_sign(p, '[') || r0i_at_sign(p, '{')) {
        char close = r0i_at_sign(p, '(') ? ')' : r0i_at_sign(p, '[') ? ']' : '}';
        r0i_advance(p);
        return r0i_parse_list(p, close);
    }
    int32_t product = r0i_expr_of(p, R0I_MULTIPLY, r0i_parse_factor(p), 0);
    while (!p->failed && r0i_starts_factor(p) && !r0i_at_sign(p, '(')) {
        bool word = p->token.kind == R0I_T_COMMAND || (p->token.kind == R0I_T_NAME && p->token.text.size > 1);
        if (word && (r0i_word_among(p->token.text, r0i_functions, R0I_COUNT(r0i_functions)) || r0i_span_is(p->token.text, "log"))) break;
        r0i_expr_append(p->judge, product, r0i_parse_factor(p));
    }
    return product;
}

// \sin x, \sin^2 x, \sin^{-1} x, \log_2 x. `function`: an index, -1 for a logarithm with a base.
static int32_t r0i_parse_function(r0i_reader *p, int function)
{
    r0i_judge *j = p->judge;
    bool natural = r0i_span_is(p->token.text, "ln"), lg = r0i_span_is(p->token.text, "lg");
    int32_t base = 0, exponent = 0;
    r0i_advance(p);
    while (!p->failed && (r0i_at_sign(p, '^') || (r0i_at_sign(p, '_') && function < 0))) {
        bool power = r0i_at_sign(p, '^');
        r0i_advance(p);
        if (r0i_at_sign(p, '-')) return r0i_parse_fail(p);
        *(power ? &exponent : &base) = r0i_parse_argument(p, power);
    }
    int32_t argument = r0i_parse_function_argument(p), node;
    if (function < 0 && !base && !lg && !natural) {
        j->ambiguous |= R0I_READ_NATURAL;
        natural = j->reading & R0I_READ_NATURAL;
    }
    bool inverse = exponent && j->nodes[exponent].kind == R0I_NEGATE && function >= 0 && function < 3;
    node = r0i_expr_of(p, function < 0 && !natural ? R0I_LOG : R0I_FUNCTION, argument, base);
    if (function < 0) function = 13; // ln
    j->nodes[node].op = (uint8_t)(inverse ? function + 9 : function >= 14 ? function - 5 : function);
    return exponent && !inverse ? r0i_expr_of(p, R0I_POWER, node, exponent) : node;
}

// \sum, \int, \lim and decorations: unknown functions of their scripts and what follows.
static int32_t r0i_parse_opaque(r0i_reader *p)
{
    r0i_judge *j = p->judge;
    int32_t node = r0i_expr_new(j, R0I_OPAQUE);
    uint32_t hash = r0i_hash_text(2166136261u, p->token.text);
    r0i_advance(p);
    while (!p->failed && (r0i_at_sign(p, '_') || r0i_at_sign(p, '^'))) {
        hash = r0i_hash_byte(hash, p->token.sign);
        hash = r0i_hash_text(hash, r0i_take_subscript(p));
    }
    j->nodes[node].name = hash;
    r0i_expr_append(j, node, r0i_parse_function_argument(p));
    return node;
}

static int32_t r0i_parse_bars(r0i_reader *p)
{
    r0i_advance(p);
    p->bars++;
    int32_t node = r0i_expr_of(p, R0I_ABSOLUTE, r0i_parse_sum(p), 0);
    p->bars--;
    if (!r0i_take_sign(p, '|')) p->failed = true;
    return node;
}

static int32_t r0i_parse_floor(r0i_reader *p, r0i_kind kind, const char *close)
{
    r0i_advance(p);
    int32_t node = r0i_expr_of(p, kind, r0i_parse_sum(p), 0);
    if (p->token.kind != R0I_T_COMMAND || !r0i_span_is(p->token.text, close)) p->failed = true;
    r0i_advance(p);
    return node;
}

// \begin{pmatrix} a & b \\ c & d \end{pmatrix}
static int32_t r0i_parse_matrix(r0i_reader *p)
{
    static const char *const kinds[] = {"pmatrix", "bmatrix", "matrix", "vmatrix", "Bmatrix", "array", "smallmatrix"};
    r0i_judge *j = p->judge;
    const char *open = p->at, *close = open < p->end && *open == '{' ? r0i_brace_close(open, p->end) : NULL;
    if (!close || !r0i_word_among(r0i_span(open + 1, close), kinds, R0I_COUNT(kinds))) return r0i_parse_fail(p);
    bool determinant = open[1] == 'v';
    p->at = close + 1;
    if (open[1] == 'a' && p->at < p->end && *p->at == '{') {
        close = r0i_brace_close(p->at, p->end);
        if (!close) return r0i_parse_fail(p);
        p->at = close + 1;
    }
    int32_t node = r0i_expr_new(j, R0I_MATRIX);
    int columns = 0, column = 0;
    p->matrices++;
    r0i_advance(p);
    while (!p->failed && !j->spent) {
        if (p->token.kind == R0I_T_COMMAND && r0i_span_is(p->token.text, "end")) break;
        r0i_expr_append(j, node, r0i_parse_sum(p));
        column++;
        if (r0i_take_sign(p, '&')) continue;
        if (columns && column != columns) p->failed = true;
        columns = column, column = 0;
        if (!r0i_take_sign(p, 'R') && !(p->token.kind == R0I_T_COMMAND && r0i_span_is(p->token.text, "end"))) p->failed = true;
    }
    p->matrices--;
    close = p->at < p->end && *p->at == '{' ? r0i_brace_close(p->at, p->end) : NULL;
    if (p->failed || !close || !columns || columns > 100) return r0i_parse_fail(p);
    j->nodes[node].op = (uint8_t)columns;
    p->at = close + 1;
    r0i_advance(p);
    return determinant ? r0i_parse_fail(p) : node;
}

// ( ... ) and [ ... ], mixed too: one member is that member, several are a tuple or interval.
static int32_t r0i_parse_brackets(r0i_reader *p)
{
    bool square = r0i_at_sign(p, '[');
    r0i_advance(p);
    int32_t list = r0i_parse_list(p, 'b');
    if (p->failed || p->judge->nodes[list].kind != R0I_LIST) return list;
    p->judge->nodes[list].kind = R0I_TUPLE;
    p->judge->nodes[list].op = (uint8_t)((p->judge->nodes[list].op ? 2 : 0) + square);
    return list;
}

static int32_t r0i_parse_set(r0i_reader *p, char close)
{
    r0i_advance(p);
    int32_t list = r0i_parse_list(p, close);
    if (p->failed) return 0;
    if (p->judge->nodes[list].kind == R0I_LIST) p->judge->nodes[list].kind = R0I_SET;
    else if (close == 'C') list = r0i_expr_of(p, R0I_SET, list, 0);
    return list;
}

static int32_t r0i_parse_constant(r0i_reader *p, r0i_kind kind)
{
    r0i_advance(p);
    return r0i_expr_new(p->judge, kind);
}

static int r0i_function_index(r0_span name)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_functions); i++)
        if (r0i_span_is(name, r0i_functions[i])) return (int)i;
    return r0i_span_is(name, "log") || r0i_span_is(name, "lg") ? -1 : -2;
}

static int32_t r0i_parse_name(r0i_reader *p)
{
    r0_span name = p->token.text;
    bool command = p->token.kind == R0I_T_COMMAND;
    int function = r0i_function_index(name);
    if (function != -2) return r0i_parse_function(p, function);
    if (r0i_span_is(name, "sqrt")) return r0i_parse_root(p);
    if (r0i_span_is(name, "pi")) return r0i_parse_constant(p, R0I_PI);
    if (r0i_span_is(name, "e")) return r0i_parse_constant(p, R0I_E);
    if (r0i_span_is(name, "i") || (command && r0i_span_is(name, "imath"))) return r0i_parse_constant(p, R0I_IMAGINARY);
    if (name.size > 1 && (r0i_span_is(name, "infty") || r0i_span_is(name, "inf") || r0i_span_is(name, "infinity")
                          || r0i_span_is(name, "oo")))
        return r0i_parse_constant(p, R0I_INFINITY);
    return r0i_parse_symbol(p);
}

static int32_t r0i_parse_command(r0i_reader *p)
{
    static const char *const opaque[] = {
        "sum", "prod", "int", "lim", "max", "min", "gcd", "lcm", "det", "arg", "vec", "hat", "bar", "overline", "dot",
        "ddot", "tilde", "widehat", "overrightarrow", "underline", "partial", "nabla", "angle", "triangle", "log_", "coth",
        "operatorname", "mathrm", "oint", "iint", "sup", "inf", "neg", "not", "deg", "Re", "Im", "phantom",
    };
    r0_span name = p->token.text;
    if (r0i_is_fraction_name(name)) return r0i_parse_fraction(p, R0I_DIVIDE);
    if (r0i_span_is(name, "binom") || r0i_span_is(name, "dbinom") || r0i_span_is(name, "tbinom"))
        return r0i_parse_fraction(p, R0I_BINOMIAL);
    if (r0i_span_is(name, "begin")) return r0i_parse_matrix(p);
    if (r0i_span_is(name, "lfloor")) return r0i_parse_floor(p, R0I_FLOOR, "rfloor");
    if (r0i_span_is(name, "lceil")) return r0i_parse_floor(p, R0I_CEILING, "rceil");
    if (r0i_word_among(name, opaque, R0I_COUNT(opaque))) return r0i_parse_opaque(p);
    if (r0i_span_is(name, "end") || r0i_span_is(name, "rfloor") || r0i_span_is(name, "rceil")) return r0i_parse_fail(p);
    return r0i_parse_name(p);
}

static int32_t r0i_parse_primary(r0i_reader *p)
{
    int32_t node;
    switch (p->token.kind) {
    case R0I_T_NUMBER: return r0i_parse_number(p);
    case R0I_T_NAME: return r0i_parse_name(p);
    case R0I_T_COMMAND: return r0i_parse_command(p);
    case R0I_T_WORDS:
        node = r0i_expr_new(p->judge, R0I_WORDS);
        p->judge->nodes[node].text = p->token.text;
        r0i_advance(p);
        return node;
    case R0I_T_SIGN: break;
    default: return r0i_parse_fail(p);
    }
    if (r0i_at_sign(p, '(') || r0i_at_sign(p, '[')) return r0i_parse_brackets(p);
    if (r0i_at_sign(p, '{')) return r0i_parse_set(p, '}');
    if (r0i_at_sign(p, 'O')) return r0i_parse_set(p, 'C');
    if (r0i_at_sign(p, '|')) return r0i_parse_bars(p);
    return r0i_parse_fail(p);
}

static int32_t r0i_parse_exponent(r0i_reader *p, int32_t base)
{
    r0i_advance(p);
    bool braces = r0i_at_sign(p, '{');
    if (braces) {
        r0i_reader ahead = *p;
        r0i_advance(&ahead);
        bool degree = r0i_at_sign(&ahead, 'D'), prime = r0i_at_sign(&ahead, '\'');
        if (degree || prime) {
            while (r0i_at_sign(&ahead, 'D') || r0i_at_sign(&ahead, '\'')) r0i_advance(&ahead);
            if (!r0i_take_sign(&ahead, '}')) ahead.failed = true;
            *p = ahead;
            return degree ? r0i_degree_of(p, base) : r0i_expr_of(p, R0I_OPAQUE, base, 0);
        }
        return r0i_expr_of(p, R0I_POWER, base, r0i_parse_argument(p, true));
    }
    if (r0i_take_sign(p, 'D')) return r0i_degree_of(p, base);
    if (r0i_take_sign(p, '\'')) return r0i_expr_of(p, R0I_OPAQUE, base, 0);
    bool negative = false;
    while (r0i_at_sign(p, '-') || r0i_at_sign(p, '+')) negative ^= r0i_at_sign(p, '-'), r0i_advance(p);
    int32_t exponent = r0i_parse_argument(p, true);
    return r0i_expr_of(p, R0I_POWER, base, negative ? r0i_expr_of(p, R0I_NEGATE, exponent, 0) : exponent);
}

// A primary with what may follow it.
static int32_t r0i_parse_factor(r0i_reader *p)
{
    if (++p->depth > R0I_DEPTH) p->judge->spent = true;
    if (p->judge->spent || p->failed) return p->depth--, r0i_parse_fail(p);
    int32_t node;
    if (r0i_at_sign(p, '-') || r0i_at_sign(p, '+')) {
        bool negative = r0i_at_sign(p, '-');
        r0i_advance(p);
        node = r0i_parse_factor(p);
        if (negative) node = r0i_expr_of(p, R0I_NEGATE, node, 0);
        return p->depth--, node;
    }
    node = r0i_parse_primary(p);
    while (!p->failed && !p->judge->spent && p->token.kind == R0I_T_SIGN) {
        if (r0i_at_sign(p, '^')) node = r0i_parse_exponent(p, node);
        else if (r0i_take_sign(p, '!')) node = r0i_expr_of(p, R0I_FACTORIAL, node, 0);
        else if (r0i_take_sign(p, '%')) node = r0i_expr_of(p, R0I_PERCENT, node, 0);
        else if (r0i_take_sign(p, 'D')) node = r0i_degree_of(p, node);
        else break;
    }
    p->depth--;
    return node;
}

static bool r0i_starts_factor(r0i_reader *p)
{
    static const char *const closers[] = {"end", "rfloor", "rceil"};
    switch (p->token.kind) {
    case R0I_T_NAME: case R0I_T_WORDS: case R0I_T_NUMBER: return true;
    case R0I_T_COMMAND: return !r0i_word_among(p->token.text, closers, R0I_COUNT(closers));
    case R0I_T_SIGN: return r0i_one_of(p->token.sign, "([{O") || (p->token.sign == '|' && !p->bars);
    default: return false;
    }
}

static bool r0i_is_whole(const r0i_judge *j, int32_t node)
{
    const r0i_expr *n = &j->nodes[node];
    if (!node || n->kind != R0I_NUMBER || !n->text.size) return false;
    for (size_t i = 0; i < n->text.size; i++)
        if (!r0i_is_digit(n->text.data[i])) return false;
    return true;
}

// 2\frac{1}{2} and 2 1/2 are sums. Returns 0 when what stands here is no fraction of whole numbers.
static int32_t r0i_parse_mixed(r0i_reader *p, int32_t whole)
{
    r0i_reader saved = *p;
    int used = p->judge->used;
    int32_t fraction = 0;
    if (p->token.kind == R0I_T_COMMAND && r0i_is_fraction_name(p->token.text)) {
        fraction = r0i_parse_fraction(p, R0I_DIVIDE);
    } else if (p->token.kind == R0I_T_NUMBER && p->token.spaced) {
        int32_t top = r0i_parse_number(p);
        if (r0i_take_sign(p, '/') && p->token.kind == R0I_T_NUMBER) fraction = r0i_expr_of(p, R0I_DIVIDE, top, r0i_parse_number(p));
    }
    if (fraction && r0i_is_whole(p->judge, r0i_expr_child(p->judge, fraction, 0)) && r0i_is_whole(p->judge, r0i_expr_child(p->judge, fraction, 1)))
        return r0i_expr_of(p, R0I_ADD, whole, fraction);
    *p = saved;
    p->judge->used = used;
    return 0;
}

// Juxtaposed factors. Words and units after a quantity are dropped, with their exponents.
static int32_t r0i_parse_run(r0i_reader *p)
{
    r0i_judge *j = p->judge;
    int32_t first = r0i_parse_factor(p), product = 0, mixed;
    if (!p->failed && r0i_is_whole(j, first) && (mixed = r0i_parse_mixed(p, first)) != 0) first = mixed;
    while (!p->failed && !j->spent && r0i_starts_factor(p)) {
        if (p->token.kind == R0I_T_NUMBER && j->nodes[first].kind == R0I_NUMBER) return r0i_parse_fail(p);
        int32_t next = r0i_parse_factor(p), base = next;
        if (j->nodes[base].kind == R0I_POWER) base = r0i_expr_child(j, base, 0);
        if (p->failed || j->nodes[base].kind == R0I_WORDS) continue;
        if (j->nodes[first].kind == R0I_WORDS && !product) {
            first = next; // "USD 5", "area 5"
            continue;
        }
        if (!product) first = product = r0i_expr_of(p, R0I_MULTIPLY, first, 0);
        r0i_expr_append(j, product, next);
    }
    return first;
}

static int32_t r0i_parse_product(r0i_reader *p)
{
    int32_t node = r0i_parse_run(p);
    while (!p->failed && (r0i_at_sign(p, '*') || r0i_at_sign(p, '/'))) {
        bool divide = r0i_at_sign(p, '/');
        r0i_advance(p);
        int32_t next = r0i_parse_run(p);
        if (divide && p->judge->nodes[next].kind == R0I_WORDS) continue; // km/h
        node = r0i_expr_of(p, divide ? R0I_DIVIDE : R0I_MULTIPLY, node, next);
    }
    return node;
}

static int32_t r0i_parse_sum(r0i_reader *p)
{
    r0i_judge *j = p->judge;
    int32_t node = 0;
    if (++p->depth > R0I_DEPTH) j->spent = true;
    if (j->spent) p->failed = true;
    while (!p->failed) {
        char sign = p->token.kind == R0I_T_SIGN ? p->token.sign : 0;
        bool signs = sign == '+' || sign == '-' || sign == 'P' || sign == 'M';
        if (node && !signs) break;
        if (signs) r0i_advance(p);
        int32_t term = r0i_parse_product(p);
        if (sign == 'P' || sign == 'M') {
            node = node ? r0i_expr_of(p, R0I_PLUS_MINUS, node, term) : r0i_expr_of(p, R0I_PLUS_MINUS, term, 0);
            j->nodes[node].op = sign == 'M';
            continue;
        }
        if (sign == '-') term = r0i_expr_of(p, R0I_NEGATE, term, 0);
        if (!node) node = term;
        else if (j->nodes[node].kind == R0I_ADD && !j->nodes[node].name) r0i_expr_append(j, node, term);
        else node = r0i_expr_of(p, R0I_ADD, node, term);
    }
    p->depth--;
    return node;
}

static int32_t r0i_parse_side(r0i_reader *p)
{
    int32_t node = r0i_parse_sum(p);
    while (!p->failed && p->token.kind == R0I_T_SIGN && r0i_one_of(p->token.sign, "UI\\:")) {
        char sign = p->token.sign;
        r0i_advance(p);
        r0i_kind kind = sign == ':' ? R0I_RATIO : R0I_UNION;
        int32_t next = r0i_parse_sum(p);
        if (p->judge->nodes[node].kind == kind && p->judge->nodes[node].op == sign) {
            r0i_expr_append(p->judge, node, next);
        } else {
            node = r0i_expr_of(p, kind, node, next);
            p->judge->nodes[node].op = (uint8_t)sign;
        }
    }
    return node;
}

static int32_t r0i_parse_item(r0i_reader *p)
{
    r0i_judge *j = p->judge;
    bool leading = p->token.kind == R0I_T_RELATION && p->token.sign == '='; // "= 5"
    if (leading) r0i_advance(p);
    int32_t side = r0i_parse_side(p), node = 0;
    while (!p->failed && !j->spent && p->token.kind == R0I_T_RELATION) {
        char sign = p->token.sign;
        r0i_advance(p);
        if (!node) node = r0i_expr_of(p, R0I_RELATION, r0i_expr_of(p, R0I_LINK, side, 0), 0);
        int32_t link = r0i_expr_of(p, R0I_LINK, r0i_parse_side(p), 0);
        j->nodes[link].op = (uint8_t)sign;
        r0i_expr_append(j, node, link);
    }
    return node ? node : side;
}

static bool r0i_at_close(const r0i_reader *p, char close)
{
    if (close == 'b') return r0i_at_sign(p, ')') || r0i_at_sign(p, ']');
    return close ? r0i_at_sign(p, close) : p->token.kind == R0I_T_END;
}

// Items up to `close` (0: the end of the text; 'b': either bracket). One item is itself, several are a LIST; its op
// remembers whether a square bracket closed it.
static int32_t r0i_parse_list(r0i_reader *p, char close)
{
    r0i_judge *j = p->judge;
    int32_t node = 0, list = 0;
    int bars = p->bars;
    if (++p->depth > R0I_DEPTH) j->spent = true;
    p->brackets += close != 0 && close != '}';
    p->bars = 0;
    while (!p->failed && !j->spent && !r0i_at_close(p, close)) {
        if (p->token.kind == R0I_T_SEPARATOR) {
            r0i_advance(p);
            continue;
        }
        int32_t item = r0i_parse_item(p);
        if (!node) node = item;
        else if (!list) node = list = r0i_expr_of(p, R0I_LIST, node, item);
        else r0i_expr_append(j, list, item);
        if (p->token.kind != R0I_T_SEPARATOR && !r0i_at_close(p, close)) p->failed = true;
    }
    if (list) j->nodes[list].op = r0i_at_sign(p, ']');
    p->brackets -= close != 0 && close != '}';
    if (close && !p->failed) r0i_advance(p);
    p->bars = bars;
    p->depth--;
    if (!node) p->failed = true;
    return node;
}

// The tree of a text; 0 when it cannot be read.
static int32_t r0i_parse_answer(r0i_judge *j, r0_span text)
{
    r0i_reader p;
    memset(&p, 0, sizeof p);
    p.judge = j;
    p.begin = p.at = text.data;
    p.end = text.data + text.size;
    r0i_advance(&p);
    int32_t node = r0i_parse_list(&p, 0);
    return p.failed || j->spent ? 0 : node;
}

// -- evaluation --

// Where an expression is evaluated: a point gives the symbols their values, `sign` decides what +- is (0: not decided
// yet), row and column pick an entry where the value is a matrix.
typedef struct r0i_place {
    int point, sign;
    int row, column;
} r0i_place;

static r0i_value r0i_evaluate(r0i_judge *j, int32_t node, const r0i_place *place);

// The value of a literal: digits with separators, a decimal part, an exponent, repeating digits, another base.
static r0i_value r0i_evaluate_number(r0i_judge *j, const r0i_expr *node)
{
    uint32_t lane[R0I_LANES] = {0}, head[R0I_LANES] = {0};
    double value = 0;
    int64_t small = 0, scale = 0, exponent = 0;
    int digits = 0, base = node->count ? node->count : 10, repeating = (int)node->name, total = 0;
    bool fraction = false, fits = true, bad = base < 2;
    const char *c = node->text.data, *end = c + node->text.size;
    for (const char *d = c; d < end; d++) total += r0i_is_digit(*d);
    for (; c < end && *c != 'e' && *c != 'E'; c++) {
        if (*c == '.' || (node->op && *c == '{')) fraction = true;
        if (*c == '\\' && end - c > 9 && c[1] == 'o') c += 8; // \overline
        if (!r0i_is_digit(*c)) continue;
        int digit = *c - '0';
        if (digits++ == total - repeating) memcpy(head, lane, sizeof head);
        bad |= digit >= base;
        for (int k = 0; k < R0I_LANES; k++) lane[k] = (uint32_t)(((uint64_t)lane[k] * (uint32_t)base + (uint32_t)digit) % r0i_lane_primes[k]);
        value = value * base + digit;
        fits = fits && small < 200000000000000000;
        if (fits) small = small * base + digit;
        scale += fraction;
    }
    r0i_charge(j, (uint32_t)digits / 8);
    bool down = c + 1 < end && c[1] == '-';
    while (c < end)
        if (r0i_is_digit(*c++)) exponent = exponent * 10 + (c[-1] - '0');
    if (down) exponent = -exponent;
    r0i_value v = r0i_value_real(value), ten = r0i_value_integer(base);
    v.error = fits && small >> 53 == 0 ? 0 : fabs(value) * DBL_EPSILON * (1 + digits);
    v.exact = true, v.defined = !bad;
    for (int k = 0; k < R0I_LANES; k++) v.lane[k] = repeating ? (lane[k] + r0i_lane_primes[k] - head[k]) % r0i_lane_primes[k] : lane[k];
    if (fits && !repeating) r0i_value_fraction(&v, small, 1);
    if (repeating) { // 0.1666... = (16 - 1) / (10^2 - 10^1)
        r0i_value all = r0i_value_power_integer(&ten, scale), rest = r0i_value_power_integer(&ten, scale - repeating), divisor;
        rest = r0i_value_negate(rest);
        divisor = r0i_value_add(&all, &rest);
        v.re = value - floor(value / pow(10, repeating));
        return r0i_value_divide(&v, &divisor);
    }
    if (exponent == scale) return v;
    bool divide = exponent < scale; // a power of ten is exact, its inverse is not
    ten = r0i_value_power_integer(&ten, divide ? scale - exponent : exponent - scale);
    return divide ? r0i_value_divide(&v, &ten) : r0i_value_multiply(&v, &ten);
}

// Functions are computed on the reals where they are real, so that small imaginary dust does not appear.
static r0i_value r0i_function_real(int function, const r0i_value *a)
{
    double x = a->re, s = sin(x), c = cos(x), one = 1 + fabs(x);
    switch (function) {
    case 0: return r0i_value_approximate(a, s, 0, 1);
    case 1: return r0i_value_approximate(a, c, 0, 1);
    case 2: return r0i_value_approximate(a, s / c, 0, 1 / (c * c));
    case 3: return r0i_value_approximate(a, c / s, 0, 1 / (s * s));
    case 4: return r0i_value_approximate(a, 1 / c, 0, 1 / (c * c));
    case 5: return r0i_value_approximate(a, 1 / s, 0, 1 / (s * s));
    case 6: return r0i_value_approximate(a, sinh(x), 0, cosh(x));
    case 7: return r0i_value_approximate(a, cosh(x), 0, cosh(x));
    case 8: return r0i_value_approximate(a, tanh(x), 0, 1);
    case 9: return r0i_value_approximate(a, asin(x), 0, 1 / sqrt(fmax(1 - x * x, 1e-16)));
    case 10: return r0i_value_approximate(a, acos(x), 0, 1 / sqrt(fmax(1 - x * x, 1e-16)));
    case 11: return r0i_value_approximate(a, atan(x), 0, 1);
    case 12: return r0i_value_exp(a);
    default: return r0i_value_approximate(a, log(x), 0, one / fmax(fabs(x), 1e-300));
    }
}

// sin and cos of a complex number by Euler's formula; the others from them.
static r0i_value r0i_function_complex(int function, const r0i_value *a)
{
    double s = sin(a->re), c = cos(a->re), ch = cosh(a->im), sh = sinh(a->im), slope = ch + fabs(sh);
    r0i_value sine = r0i_value_approximate(a, s * ch, c * sh, slope), cosine = r0i_value_approximate(a, c * ch, -s * sh, slope), one = r0i_value_integer(1);
    switch (function) {
    case 0: return sine;
    case 1: return cosine;
    case 2: return r0i_value_divide(&sine, &cosine);
    case 3: return r0i_value_divide(&cosine, &sine);
    case 4: return r0i_value_divide(&one, &cosine);
    case 5: return r0i_value_divide(&one, &sine);
    case 12: return r0i_value_exp(a);
    case 13: return r0i_value_log(a);
    default: sine.defined = false; return sine;
    }
}

static r0i_value r0i_function_value(int function, const r0i_value *a)
{
    r0i_value v;
    bool inverse = function == 9 || function == 10;
    if (a->im != 0 || (function == 13 && a->re <= 0)) v = r0i_function_complex(function, a);
    else v = r0i_function_real(function, a);
    if (inverse && fabs(a->re) > 1) v.defined = false;
    return v;
}

static r0i_value r0i_evaluate_factorial(r0i_judge *j, const r0i_value *a)
{
    r0i_value v = r0i_value_integer(1);
    if (a->den == 1 && a->num >= 0 && a->num <= 2000) {
        for (int64_t i = 2; i <= a->num && r0i_charge(j, 2); i++) {
            r0i_value factor = r0i_value_integer(i);
            v = r0i_value_multiply(&v, &factor);
        }
        return v;
    }
    v = r0i_value_approximate(a, tgamma(a->re + 1), 0, fabs(tgamma(a->re + 1)) * (1 + log(2 + fabs(a->re))));
    if (a->im != 0 || a->re < 0 || isinf(v.re)) v.defined = false;
    return v;
}

static r0i_value r0i_evaluate_binomial(r0i_judge *j, const r0i_value *n, const r0i_value *k)
{
    r0i_value v = r0i_value_integer(1);
    if (k->den == 1 && k->num >= 0 && k->num <= 2000) { // n (n-1) ... (n-k+1) / k!
        for (int64_t i = 0; i < k->num && r0i_charge(j, 40); i++) {
            r0i_value down = r0i_value_integer(-i), up = r0i_value_integer(i + 1), factor = r0i_value_add(n, &down);
            factor = r0i_value_divide(&factor, &up);
            v = r0i_value_multiply(&v, &factor);
        }
        return v;
    }
    r0i_value join = r0i_value_join(n, k);
    double rest = n->re - k->re, size = exp(lgamma(n->re + 1) - lgamma(k->re + 1) - lgamma(rest + 1));
    v = r0i_value_approximate(&join, size, 0, 0);
    v.error = size * 1e-13;
    if (n->im != 0 || k->im != 0 || n->re < 0 || k->re < 0 || rest <= -1) v.defined = false;
    return v;
}

// An unknown function: the same for the same arguments, pseudo-random otherwise.
static r0i_value r0i_evaluate_opaque(r0i_judge *j, const r0i_expr *node, const r0i_place *place)
{
    uint32_t hash = node->name;
    r0i_value v;
    bool defined = true;
    for (int32_t child = node->child; child; child = j->nodes[child].next) {
        if (j->nodes[child].kind == R0I_LIST) child = j->nodes[child].child;
        v = r0i_evaluate(j, child, place);
        defined &= v.defined;
        double size = floor(v.re * 1e5 + 0.37) + 3 * floor(v.im * 1e5 + 0.37);
        uint64_t bits;
        memcpy(&bits, &size, sizeof bits);
        hash = (hash ^ (uint32_t)(bits >> 32) ^ (uint32_t)bits) * 16777619u + 1;
    }
    v = r0i_value_hashed(hash, place->point, false);
    v.defined = defined;
    return v;
}

// The shape of a value: 1 x 1 for a number, 0 rows where shapes do not fit.
static void r0i_shape(r0i_judge *j, int32_t node, int *rows, int *columns)
{
    const r0i_expr *n = &j->nodes[node];
    *rows = *columns = 1;
    if (!r0i_charge(j, 1)) return;
    if (n->kind == R0I_MATRIX) {
        *columns = n->op, *rows = n->count / n->op;
    } else if (n->kind == R0I_NEGATE) {
        r0i_shape(j, n->child, rows, columns);
    } else if (n->kind == R0I_ADD || n->kind == R0I_MULTIPLY) {
        r0i_shape(j, n->child, rows, columns);
        for (int32_t child = j->nodes[n->child].next; child; child = j->nodes[child].next) {
            int r, c;
            r0i_shape(j, child, &r, &c);
            bool scalar = r * c == 1, scalars = *rows * *columns == 1;
            if (n->kind == R0I_ADD ? r != *rows || c != *columns : !scalar && !scalars && *columns != r) *rows = 0;
            if (n->kind == R0I_MULTIPLY && !scalar) *rows = scalars ? r : *rows, *columns = c;
        }
    }
}

static r0i_value r0i_evaluate_add(r0i_judge *j, const r0i_expr *n, const r0i_place *place)
{
    r0i_value sum = r0i_evaluate(j, n->child, place);
    for (int32_t child = j->nodes[n->child].next; child; child = j->nodes[child].next) {
        r0i_value v = r0i_evaluate(j, child, place);
        sum = r0i_value_add(&sum, &v);
    }
    return sum;
}

// The product of the children before `last`, and it. Matrices: entry (i, j) of A B is sum_k A_ik B_kj; scalars are
// evaluated at whatever place.
static r0i_value r0i_evaluate_product(r0i_judge *j, const r0i_expr *n, const r0i_place *place)
{
    r0i_value product = r0i_value_integer(1);
    int matrices = 0, middle = 1;
    int32_t first = 0, second = 0;
    for (int32_t child = n->child; child; child = j->nodes[child].next) {
        int rows, columns;
        r0i_shape(j, child, &rows, &columns);
        if (rows * columns != 1) {
            *(matrices++ ? &second : &first) = child;
            if (matrices == 1) middle = columns;
            continue;
        }
        r0i_value v = r0i_evaluate(j, child, place);
        product = r0i_value_multiply(&product, &v);
    }
    if (matrices > 2) product.defined = false;
    r0i_value sum = r0i_value_integer(matrices ? 0 : 1);
    for (int k = 0; k < middle && matrices == 2; k++) {
        r0i_place left = *place, right = *place;
        left.column = k, right.row = k;
        r0i_value a = r0i_evaluate(j, first, &left), b = r0i_evaluate(j, second, &right);
        a = r0i_value_multiply(&a, &b);
        sum = r0i_value_add(&sum, &a);
    }
    if (matrices == 1) sum = r0i_evaluate(j, first, place);
    return r0i_value_multiply(&product, &sum);
}

static r0i_value r0i_evaluate_step(r0i_judge *j, const r0i_expr *n, const r0i_value *a, double toward)
{
    r0i_value v;
    double nearest = floor(a->re + 0.5), step = toward * floor(toward * a->re);
    if (fabs(a->re - nearest) <= 1e-9 * (1 + fabs(nearest))) step = nearest; // rounding must not decide
    v = r0i_value_integer(fabs(step) < 1e15 ? (int64_t)step : 0);
    v.defined = a->defined && a->im == 0 && fabs(step) < 1e15;
    (void)j, (void)n;
    return v;
}

static r0i_value r0i_evaluate_unary(r0i_judge *j, const r0i_expr *n, const r0i_place *place)
{
    r0i_value a = r0i_evaluate(j, n->child, place), scale;
    switch (n->kind) {
    case R0I_NEGATE: return r0i_value_negate(a);
    case R0I_FACTORIAL: return r0i_evaluate_factorial(j, &a);
    case R0I_FLOOR: return r0i_evaluate_step(j, n, &a, 1);
    case R0I_CEILING: return r0i_evaluate_step(j, n, &a, -1);
    case R0I_FUNCTION: return r0i_function_value(n->op, &a);
    case R0I_ABSOLUTE:
        if (a.im == 0) return a.re < 0 ? r0i_value_negate(a) : a;
        return r0i_value_approximate(&a, r0i_value_size(&a), 0, 1);
    case R0I_PERCENT:
        scale = r0i_value_integer(100);
        return r0i_value_divide(&a, &scale);
    default: // R0I_DEGREE
        if (j->reading & R0I_READ_NO_DEGREES) return a;
        scale = r0i_value_real(3.14159265358979323846 / 180);
        return r0i_value_multiply(&a, &scale);
    }
}

static r0i_value r0i_evaluate_binary(r0i_judge *j, const r0i_expr *n, const r0i_place *place)
{
    r0i_value a = r0i_evaluate(j, n->child, place), b, two = r0i_value_integer(2);
    int32_t second = j->nodes[n->child].next;
    if (n->kind == R0I_PLUS_MINUS) {
        if (!place->sign) a.defined = false;
        if ((place->sign < 0) != (n->op == 1)) { // the lower sign
            if (!second) return r0i_value_negate(a);
            b = r0i_value_negate(r0i_evaluate(j, second, place));
            return r0i_value_add(&a, &b);
        }
        if (!second) return a;
        b = r0i_evaluate(j, second, place);
        return r0i_value_add(&a, &b);
    }
    b = second ? r0i_evaluate(j, second, place) : n->kind == R0I_ROOT ? two : r0i_value_integer(10);
    switch (n->kind) {
    case R0I_DIVIDE: return r0i_value_divide(&a, &b);
    case R0I_POWER: return r0i_value_power(&a, &b);
    case R0I_BINOMIAL: return r0i_evaluate_binomial(j, &a, &b);
    case R0I_ROOT: {
        r0i_value v, inverse = r0i_value_invert(&b);
        v = r0i_value_power(&a, &inverse);
        if (a.im == 0 && a.re < 0 && b.den == 1 && !(b.num & 1)) v.real = false;
        return v;
    }
    default: // R0I_LOG
        a = r0i_function_value(13, &a);
        b = r0i_function_value(13, &b);
        return r0i_value_divide(&a, &b);
    }
}

// e^x is the exponential whatever x; other powers by r0i_value_power.
static r0i_value r0i_evaluate_power(r0i_judge *j, const r0i_expr *n, const r0i_place *place)
{
    if (n->kind == R0I_POWER && j->nodes[n->child].kind == R0I_E) {
        r0i_value exponent = r0i_evaluate(j, j->nodes[n->child].next, place);
        return r0i_value_exp(&exponent);
    }
    return r0i_evaluate_binary(j, n, place);
}

static r0i_value r0i_evaluate(r0i_judge *j, int32_t node, const r0i_place *place)
{
    const r0i_expr *n = &j->nodes[node];
    r0i_value v = r0i_value_none();
    if (!r0i_charge(j, 8)) return v;
    switch (n->kind) {
    case R0I_NUMBER: return r0i_evaluate_number(j, n);
    case R0I_SYMBOL: return r0i_value_hashed(n->name, place->point, place->point >= 2 && ((n->name >> place->point) & 1));
    case R0I_PI: return r0i_value_real(3.14159265358979323846);
    case R0I_E: return r0i_value_real(2.71828182845904523536);
    case R0I_INFINITY:
        v = r0i_value_real(INFINITY);
        v.error = 0;
        return v;
    case R0I_IMAGINARY:
        v.im = 1, v.defined = true, v.real = true;
        return v;
    case R0I_ADD: return r0i_evaluate_add(j, n, place);
    case R0I_MULTIPLY: return r0i_evaluate_product(j, n, place);
    case R0I_DIVIDE: case R0I_POWER: case R0I_ROOT: case R0I_LOG: case R0I_BINOMIAL: case R0I_PLUS_MINUS:
        r0i_charge(j, 24);
        return r0i_evaluate_power(j, n, place);
    case R0I_NEGATE: case R0I_FACTORIAL: case R0I_PERCENT: case R0I_DEGREE: case R0I_ABSOLUTE: case R0I_FLOOR:
    case R0I_CEILING: case R0I_FUNCTION:
        return r0i_evaluate_unary(j, n, place);
    case R0I_OPAQUE: return r0i_evaluate_opaque(j, n, place);
    case R0I_MATRIX: return r0i_evaluate(j, r0i_expr_child(j, node, place->row * n->op + place->column), place);
    case R0I_TUPLE: return r0i_evaluate(j, r0i_expr_child(j, node, place->row), place);
    default: return v; // not a number
    }
}

// -- comparison of numbers --

enum { R0I_HAS_SYMBOL = 1, R0I_HAS_DECIMAL = 2, R0I_HAS_SIGN = 4, R0I_HAS_IMAGINARY = 8, R0I_HAS_OTHER = 16, R0I_HAS_LONG = 32 };

// What occurs in a tree.
static unsigned r0i_features(r0i_judge *j, int32_t node)
{
    const r0i_expr *n = &j->nodes[node];
    unsigned found = 0;
    if (!r0i_charge(j, 1)) return 0;
    if (n->kind == R0I_SYMBOL || n->kind == R0I_OPAQUE) found = R0I_HAS_SYMBOL;
    if (n->kind == R0I_IMAGINARY) found = R0I_HAS_IMAGINARY;
    if (n->kind == R0I_PLUS_MINUS) found = R0I_HAS_SIGN;
    if (n->kind == R0I_NUMBER && (n->op || memchr(n->text.data, '.', n->text.size)) && !n->name) found = R0I_HAS_DECIMAL;
    if (found == R0I_HAS_DECIMAL && n->text.size > 16) found |= R0I_HAS_LONG;
    if (n->kind >= R0I_TUPLE) found = R0I_HAS_OTHER;
    for (int32_t child = n->child; child; child = j->nodes[child].next) found |= r0i_features(j, child);
    return found;
}

static r0_equality r0i_decide(r0i_judge *j, r0_equality equal, const char *reason)
{
    j->reason = reason;
    return equal;
}

// Are two values the same, as far as rounding can tell? R0_UNDECIDED where the error bound hides the difference.
static r0_equality r0i_value_equal(const r0i_value *a, const r0i_value *b)
{
    double difference = hypot(a->re - b->re, a->im - b->im), size = fmax(r0i_value_size(a), r0i_value_size(b));
    if (isinf(size) && !(a->exact && b->exact)) {
        bool literal = a->error == 0 && b->error == 0; // infinity itself, not an overflow
        return literal || isinf(a->re) != isinf(b->re) ? a->re == b->re ? R0_EQUAL : R0_UNEQUAL : R0_UNDECIDED;
    }
    if (a->exact && b->exact) {
        if (memcmp(a->lane, b->lane, sizeof a->lane)) return R0_UNEQUAL;
        return isinf(size) || difference <= 1e-6 * size + a->error + b->error ? R0_EQUAL : R0_UNEQUAL;
    }
    double error = 4 * (a->error + b->error);
    if (difference <= 1e-9 * size + 1e-300 && error <= 1e-6 * size) return R0_EQUAL;
    if (difference > error + 1e-9 * size) return R0_UNEQUAL;
    return size <= 1e-9 || error <= 1e-6 ? R0_EQUAL : R0_UNDECIDED;
}

static bool r0i_value_near(const r0i_judge *j, const r0i_value *a, const r0i_value *b)
{
    double size = fmax(r0i_value_size(a), r0i_value_size(b)), tolerance = 0.5 * pow(10, -j->places);
    if (size < 0.1) tolerance *= 10 * size;
    return hypot(a->re - b->re, a->im - b->im) <= tolerance * (1 + 1e-9);
}

// Two expressions at one entry of their shape.
static r0_equality r0i_compare_entry(r0i_judge *j, int32_t a, int32_t b, int sign_a, int sign_b, int row, int column,
                                     unsigned features)
{
    bool symbols = features & R0I_HAS_SYMBOL, seen = false;
    for (int pass = 0; pass < 2 && !seen; pass++) { // second: points outside of the reals too
        for (int point = 0; point < (symbols ? R0I_POINTS : 1); point++) {
            r0i_place at_a = {point, sign_a, row, column}, at_b = {point, sign_b, row, column};
            r0i_value va = r0i_evaluate(j, a, &at_a), vb = r0i_evaluate(j, b, &at_b);
            if (j->spent) return R0_UNDECIDED;
            if (!va.defined || !vb.defined || (!pass && symbols && !(va.real && vb.real))) continue;
            if (!symbols && (features & R0I_HAS_DECIMAL) && r0i_value_near(j, &va, &vb)) return R0_EQUAL;
            r0_equality equal = r0i_value_equal(&va, &vb);
            if (equal != R0_EQUAL) return equal;
            seen = true;
        }
    }
    return seen ? R0_EQUAL : R0_UNDECIDED;
}

// -- comparison of structures --

// A tree with a decision on its +-.
typedef struct r0i_item {
    int32_t node;
    int sign;
} r0i_item;

static r0_equality r0i_compare(r0i_judge *j, r0i_item a, r0i_item b);

static r0i_item r0i_item_of(int32_t node, int sign)
{
    r0i_item item = {node, sign};
    return item;
}

static bool r0i_is_kind(const r0i_judge *j, r0i_item item, r0i_kind kind) { return j->nodes[item.node].kind == kind; }

// Collects the members of a list or set; a +- b counts as two. Returns their number, or -1 when there are too many.
static int r0i_members(r0i_judge *j, r0i_item item, r0i_item *members)
{
    const r0i_expr *n = &j->nodes[item.node];
    int count = 0;
    bool collection = n->kind == R0I_LIST || n->kind == R0I_SET || n->kind == R0I_TUPLE || n->kind == R0I_UNION;
    for (int32_t child = collection ? n->child : item.node; child; child = collection ? j->nodes[child].next : 0) {
        bool both = !item.sign && (r0i_features(j, child) & R0I_HAS_SIGN);
        if (count + 2 > R0I_MEMBERS) {
            j->spent = true;
            return -1;
        }
        members[count++] = r0i_item_of(child, both ? 1 : item.sign);
        if (both) members[count++] = r0i_item_of(child, -1);
    }
    return count;
}

// Verdicts joined by "and": one unequal decides; by "or": one equal does. Else one undecided leaves it open.
static r0_equality r0i_both(r0_equality a, r0_equality b)
{
    if (a == R0_UNEQUAL || b == R0_UNEQUAL) return R0_UNEQUAL;
    return a == R0_EQUAL ? b : a;
}

static r0_equality r0i_either(r0_equality a, r0_equality b)
{
    if (a == R0_EQUAL || b == R0_EQUAL) return R0_EQUAL;
    return a == R0_UNEQUAL ? b : a;
}

// Does each member of `a` equal one of `b`?
static r0_equality r0i_compare_within(r0i_judge *j, const r0i_item *a, int count_a, const r0i_item *b, int count_b)
{
    r0_equality all = R0_EQUAL;
    for (int i = 0; i < count_a && all != R0_UNEQUAL; i++) {
        r0_equality best = R0_UNEQUAL;
        for (int k = 0; k < count_b && best != R0_EQUAL; k++) best = r0i_either(best, r0i_compare(j, a[i], b[(i + k) % count_b]));
        all = r0i_both(all, best);
    }
    return all;
}

static r0_equality r0i_compare_members(r0i_judge *j, r0i_item a, r0i_item b, bool ordered, const char *reason)
{
    r0i_item *all = R0I_NEW(j->context, r0i_item, 2 * R0I_MEMBERS), *other = all + R0I_MEMBERS;
    if (!all) return j->spent = true, R0_UNDECIDED;
    int count_a = r0i_members(j, a, all), count_b = r0i_members(j, b, other);
    r0_equality equal = count_a < 0 || count_b < 0 ? R0_UNDECIDED : R0_EQUAL;
    if (equal == R0_EQUAL && ordered) {
        if (count_a != count_b) equal = R0_UNEQUAL;
        for (int i = 0; i < count_a && equal != R0_UNEQUAL; i++) equal = r0i_both(equal, r0i_compare(j, all[i], other[i]));
    } else if (equal == R0_EQUAL) {
        equal = r0i_compare_within(j, all, count_a, other, count_b);
        if (equal != R0_UNEQUAL) equal = r0i_both(equal, r0i_compare_within(j, other, count_b, all, count_a));
    }
    r0i_free(j->context, all);
    return r0i_decide(j, equal, reason);
}

// -- relations --

// Is this what one assigns to: a symbol, f(x), (x, y), a:b of symbols, a product of symbols as in AB?
static bool r0i_is_assignable(r0i_judge *j, int32_t node)
{
    const r0i_expr *n = &j->nodes[node];
    if (!r0i_charge(j, 1)) return false;
    if (n->kind == R0I_SYMBOL || n->kind == R0I_OPAQUE || n->kind == R0I_WORDS || n->kind == R0I_E || n->kind == R0I_IMAGINARY)
        return true;
    if (n->kind != R0I_TUPLE && n->kind != R0I_MULTIPLY && n->kind != R0I_RATIO && n->kind != R0I_LIST) return false;
    for (int32_t child = n->child; child; child = j->nodes[child].next)
        if (!r0i_is_assignable(j, child)) return false;
    return true;
}

// The value that a relation assigns, 0 when it states a condition. A chain a = b = c derives its last side.
static int32_t r0i_assigned(r0i_judge *j, int32_t relation)
{
    const r0i_expr *n = &j->nodes[relation];
    int32_t first = n->child, last = first;
    for (int32_t link = j->nodes[first].next; link; link = j->nodes[link].next) {
        char sign = (char)j->nodes[link].op;
        if (sign != '=' && sign != '~' && sign != 'E') return 0;
        last = link;
    }
    if (n->count < 3 && !r0i_is_assignable(j, j->nodes[first].child)) return 0;
    return j->nodes[last].child;
}

// The residual of one link, left - right, as a tree.
static int32_t r0i_residual(r0i_judge *j, int32_t left, int32_t right)
{
    int32_t sum = r0i_expr_new(j, R0I_ADD), minus = r0i_expr_new(j, R0I_NEGATE);
    if (!minus) return 0;
    // the sides stay where they are: links to copies of their top nodes
    int32_t a = r0i_expr_new(j, R0I_ADD), b = r0i_expr_new(j, R0I_ADD);
    if (!b) return 0;
    j->nodes[a] = j->nodes[left], j->nodes[b] = j->nodes[right];
    j->nodes[a].next = j->nodes[b].next = 0;
    r0i_expr_append(j, minus, b);
    r0i_expr_append(j, sum, a);
    r0i_expr_append(j, sum, minus);
    return sum;
}

// Are two residuals proportional, f = c g with a constant c, positive if asked? All cross products f(p) g(0) and
// f(0) g(p) must agree.
static r0_equality r0i_proportional(r0i_judge *j, r0i_item f, r0i_item g, bool positive)
{
    bool seen = false, have = false;
    r0i_value f0 = r0i_value_none(), g0 = f0;
    for (int point = 0; point < R0I_POINTS; point++) {
        r0i_place at_f = {point, f.sign, 0, 0}, at_g = {point, g.sign, 0, 0};
        r0i_value fp = r0i_evaluate(j, f.node, &at_f), gp = r0i_evaluate(j, g.node, &at_g);
        if (j->spent) return R0_UNDECIDED;
        if (!fp.defined || !gp.defined || !fp.real || !gp.real) continue;
        bool zero_f = r0i_value_size(&fp) <= 1e-9 + fp.error, zero_g = r0i_value_size(&gp) <= 1e-9 + gp.error;
        if (zero_f != zero_g) return R0_UNEQUAL;
        if (zero_f) continue;
        if (have) {
            r0i_value left = r0i_value_multiply(&fp, &g0), right = r0i_value_multiply(&f0, &gp);
            r0_equality equal = r0i_value_equal(&left, &right);
            if (equal != R0_EQUAL) return equal;
            seen = true;
        }
        if (positive && !(fp.re * gp.re > 0)) return R0_UNEQUAL;
        f0 = fp, g0 = gp, have = true;
    }
    return seen ? R0_EQUAL : R0_UNDECIDED;
}

// Link `link` of a chain against a link of another, whichever way either is written: a < b is b > a.
static r0_equality r0i_compare_link(r0i_judge *j, r0i_item a, int32_t left_a, r0i_item b, int32_t left_b)
{
    char sign_a = (char)j->nodes[a.node].op, sign_b = (char)j->nodes[b.node].op;
    int32_t a1 = j->nodes[left_a].child, a2 = j->nodes[a.node].child, b1 = j->nodes[left_b].child, b2 = j->nodes[b.node].child;
    bool same = sign_a == sign_b;
    bool flipped = (sign_a == '<' && sign_b == '>') || (sign_a == '>' && sign_b == '<') || (sign_a == 'l' && sign_b == 'g') || (sign_a == 'g' && sign_b == 'l');
    if (!same && !flipped) return R0_UNEQUAL;
    if (flipped) {
        int32_t swap = b1;
        b1 = b2, b2 = swap;
    }
    r0_equality first = r0i_compare(j, r0i_item_of(a1, a.sign), r0i_item_of(b1, b.sign));
    if (first == R0_EQUAL && r0i_compare(j, r0i_item_of(a2, a.sign), r0i_item_of(b2, b.sign)) == R0_EQUAL) return R0_EQUAL;
    unsigned features = r0i_features(j, a1) | r0i_features(j, a2) | r0i_features(j, b1) | r0i_features(j, b2);
    if (sign_a == 'E' || (features & R0I_HAS_OTHER)) return R0_UNEQUAL;
    int32_t f = r0i_residual(j, a1, a2), g = r0i_residual(j, b1, b2);
    if (!f || !g) return R0_UNDECIDED;
    return r0i_proportional(j, r0i_item_of(f, a.sign), r0i_item_of(g, b.sign), sign_a != '=' && sign_a != 'n' && sign_a != '~');
}

// Each link of one chain needs its like in the other.
static r0_equality r0i_compare_chains(r0i_judge *j, r0i_item a, r0i_item b)
{
    r0_equality all = R0_EQUAL;
    if (j->nodes[a.node].count != j->nodes[b.node].count) return R0_UNEQUAL;
    for (int32_t left = j->nodes[a.node].child, link; (link = j->nodes[left].next) != 0; left = link) {
        r0_equality best = R0_UNEQUAL;
        for (int32_t to = j->nodes[b.node].child, next; (next = j->nodes[to].next) != 0 && best != R0_EQUAL; to = next) {
            best = r0i_either(best, r0i_compare_link(j, r0i_item_of(link, a.sign), left, r0i_item_of(next, b.sign), to));
        }
        all = r0i_both(all, best);
    }
    return all;
}

static r0_equality r0i_compare_relations(r0i_judge *j, r0i_item a, r0i_item b)
{
    bool relation_a = r0i_is_kind(j, a, R0I_RELATION), relation_b = r0i_is_kind(j, b, R0I_RELATION);
    if (relation_a && relation_b) {
        int32_t value_a = r0i_assigned(j, a.node), value_b = r0i_assigned(j, b.node);
        if (value_a && value_b && (j->nodes[a.node].count > 2 || j->nodes[b.node].count > 2)) {
            // derivations count by their first and last side
            int32_t first_a = j->nodes[j->nodes[a.node].child].child, first_b = j->nodes[j->nodes[b.node].child].child;
            r0_equality equal = r0i_compare(j, r0i_item_of(first_a, a.sign), r0i_item_of(first_b, b.sign));
            if (equal != R0_UNEQUAL) equal = r0i_both(equal, r0i_compare(j, r0i_item_of(value_a, a.sign), r0i_item_of(value_b, b.sign)));
            return r0i_decide(j, equal, "assignment");
        }
        return r0i_decide(j, r0i_compare_chains(j, a, b), "relation");
    }
    int32_t value = r0i_assigned(j, relation_a ? a.node : b.node);
    if (!value) return r0i_decide(j, R0_UNEQUAL, "relation");
    r0i_item side = r0i_item_of(value, relation_a ? a.sign : b.sign);
    r0_equality equal = relation_a ? r0i_compare(j, side, b) : r0i_compare(j, a, side);
    return r0i_decide(j, equal, "assignment");
}

// -- collections --

static bool r0i_is_collection(const r0i_judge *j, r0i_item item)
{
    uint8_t kind = j->nodes[item.node].kind;
    return kind == R0I_LIST || kind == R0I_SET || kind == R0I_TUPLE;
}

// Does a list assign to symbols that differ (x = 1, y = 2)? Then its order says which is which.
static bool r0i_names_differ(r0i_judge *j, int32_t list)
{
    uint32_t name = 0;
    for (int32_t child = j->nodes[list].child; child; child = j->nodes[child].next) {
        if (j->nodes[child].kind != R0I_RELATION || !r0i_assigned(j, child)) return false;
        const r0i_expr *left = &j->nodes[j->nodes[j->nodes[child].child].child];
        if (left->kind != R0I_SYMBOL) return false;
        if (name && name != left->name) return true;
        name = left->name;
    }
    return false;
}

static bool r0i_has_relations(const r0i_judge *j, int32_t list)
{
    for (int32_t child = j->nodes[list].child; child; child = j->nodes[child].next)
        if (j->nodes[child].kind == R0I_RELATION) return true;
    return false;
}

static r0_equality r0i_compare_collections(r0i_judge *j, r0i_item a, r0i_item b)
{
    bool tuple_a = r0i_is_kind(j, a, R0I_TUPLE), tuple_b = r0i_is_kind(j, b, R0I_TUPLE);
    const r0i_expr *na = &j->nodes[a.node], *nb = &j->nodes[b.node];
    if (tuple_a && tuple_b) {
        if (na->count == 2 && na->op != nb->op) return r0i_decide(j, R0_UNEQUAL, "interval");
        return r0i_compare_members(j, a, b, true, na->count == 2 ? "tuple or interval" : "tuple");
    }
    bool ordered = tuple_a || tuple_b || (r0i_names_differ(j, a.node) && !r0i_has_relations(j, b.node))
                   || (r0i_names_differ(j, b.node) && !r0i_has_relations(j, a.node));
    if ((tuple_a && na->count == 2 && na->op) || (tuple_b && nb->count == 2 && nb->op)) return r0i_decide(j, R0_UNEQUAL, "interval");
    if ((tuple_a || tuple_b) && na->count != nb->count) ordered = false; // (1,2) among (1,2), (3,4)
    if (!ordered && (tuple_a || tuple_b)) {
        r0i_item tuple = tuple_a ? a : b, list = tuple_a ? b : a;
        r0i_item members[R0I_MEMBERS];
        int count = r0i_members(j, list, members);
        r0_equality equal = count < 1 ? R0_UNEQUAL : r0i_compare_within(j, members, count, &tuple, 1);
        return r0i_decide(j, equal, "list");
    }
    return r0i_compare_members(j, a, b, ordered, ordered ? "tuple" : "list");
}

static r0_equality r0i_compare_ratio(r0i_judge *j, r0i_item a, r0i_item b)
{
    const r0i_expr *na = &j->nodes[a.node], *nb = &j->nodes[b.node];
    if (na->kind != nb->kind) { // 1:2 and 1/2
        r0i_item ratio = na->kind == R0I_RATIO ? a : b;
        if (j->nodes[ratio.node].count != 2) return R0_UNEQUAL;
        int32_t quotient = r0i_expr_new(j, R0I_DIVIDE);
        if (!quotient) return R0_UNDECIDED;
        r0_span text = j->nodes[ratio.node].text;
        j->nodes[quotient] = j->nodes[ratio.node];
        j->nodes[quotient].kind = R0I_DIVIDE;
        j->nodes[quotient].text = text;
        ratio.node = quotient;
        return na->kind == R0I_RATIO ? r0i_compare(j, ratio, b) : r0i_compare(j, a, ratio);
    }
    if (na->count != nb->count) return R0_UNEQUAL;
    r0i_value first_a = r0i_value_none(), first_b = first_a;
    r0i_place at_a = {0, a.sign, 0, 0}, at_b = {0, b.sign, 0, 0};
    for (int32_t x = na->child, y = nb->child; x && y; x = j->nodes[x].next, y = j->nodes[y].next) {
        r0i_value va = r0i_evaluate(j, x, &at_a), vb = r0i_evaluate(j, y, &at_b);
        if (!va.defined || !vb.defined || j->spent) return R0_UNDECIDED;
        if (x != na->child) {
            r0i_value left = r0i_value_multiply(&va, &first_b), right = r0i_value_multiply(&vb, &first_a);
            r0_equality equal = r0i_value_equal(&left, &right);
            if (equal != R0_EQUAL) return equal;
            if (r0i_value_size(&first_a) == 0 || r0i_value_size(&first_b) == 0) return R0_UNDECIDED;
        } else {
            first_a = va, first_b = vb;
        }
    }
    return R0_EQUAL;
}

// -- numbers, words --

// Skips commands that only dress: \text, \mathrm, \left, spaces ... Returns where something else begins.
static const char *r0i_skip_dress(const char *c, const char *end)
{
    static const char *const dress[] = {"text", "textbf", "textit", "textrm", "textnormal", "mbox", "mathrm", "mathbf", "boxed",
                                        "left", "right", "quad", "displaystyle", "mathit"};
    const char *name = c + 1, *d = name;
    while (d < end && r0i_is_letter(*d)) d++;
    if (d == name) return d < end && r0i_one_of(*d, ",;:! $()[]") ? d + 1 : c;
    return r0i_word_among(r0i_span(name, d), dress, R0I_COUNT(dress)) ? d : c;
}

// The next letter or digit at or after *at, in lower case; 0 at the end. Spacing, punctuation and \text do not count.
static char r0i_next_letter(const char **at, const char *end)
{
    while (*at < end) {
        const char *c = *at;
        if (r0i_is_letter(*c) || r0i_is_digit(*c) || (uint8_t)*c >= 0x80) return *at = c + 1, r0i_fold(*c);
        *at = *c == '\\' ? R0I_MAX(r0i_skip_dress(c, end), c + 1) : c + 1;
    }
    return 0;
}

static r0_equality r0i_compare_words(r0_span a, r0_span b)
{
    const char *c = a.data, *d = b.data;
    for (;;) {
        char x = r0i_next_letter(&c, a.data + a.size), y = r0i_next_letter(&d, b.data + b.size);
        if (x != y) return R0_UNEQUAL;
        if (!x) return R0_EQUAL;
    }
}

static r0i_item r0i_without_unit(const r0i_judge *j, r0i_item item)
{
    return r0i_item_of(j->nodes[item.node].child, item.sign);
}

static r0_equality r0i_compare_numbers(r0i_judge *j, r0i_item a, r0i_item b)
{
    int rows_a, columns_a, rows_b, columns_b;
    unsigned features = r0i_features(j, a.node) | r0i_features(j, b.node);
    r0i_shape(j, a.node, &rows_a, &columns_a);
    r0i_shape(j, b.node, &rows_b, &columns_b);
    if (rows_a != rows_b || columns_a != columns_b || !rows_a) return r0i_decide(j, R0_UNEQUAL, "matrix");
    for (int row = 0; row < rows_a; row++) {
        for (int column = 0; column < columns_a; column++) {
            r0_equality equal = r0i_compare_entry(j, a.node, b.node, a.sign, b.sign, row, column, features);
            if (equal != R0_EQUAL) return r0i_decide(j, equal, rows_a * columns_a > 1 ? "matrix" : "value");
        }
    }
    const char *reason = features & R0I_HAS_DECIMAL && !(features & R0I_HAS_SYMBOL) ? "decimal" : "value";
    return r0i_decide(j, R0_EQUAL, rows_a * columns_a > 1 ? "matrix" : reason);
}

// A column or row against a tuple.
static r0_equality r0i_compare_vector(r0i_judge *j, r0i_item matrix, r0i_item tuple)
{
    const r0i_expr *n = &j->nodes[matrix.node];
    if (n->op != 1 && n->op != n->count) return r0i_decide(j, R0_UNEQUAL, "matrix");
    int32_t copy = r0i_expr_new(j, R0I_TUPLE);
    if (!copy) return R0_UNDECIDED;
    j->nodes[copy].child = n->child, j->nodes[copy].count = n->count;
    j->nodes[copy].op = j->nodes[tuple.node].op;
    return r0i_compare_members(j, r0i_item_of(copy, matrix.sign), tuple, true, "matrix");
}

static r0_equality r0i_compare_scalars(r0i_judge *j, r0i_item a, r0i_item b)
{
    uint8_t ka = j->nodes[a.node].kind, kb = j->nodes[b.node].kind;
    if (ka == R0I_WORDS || kb == R0I_WORDS)
        return r0i_decide(j, ka == kb ? r0i_compare_words(j->nodes[a.node].text, j->nodes[b.node].text) : R0_UNEQUAL, "words");
    r0_equality equal = r0i_compare_numbers(j, a, b);
    if (equal != R0_EQUAL && (ka == R0I_PERCENT) != (kb == R0I_PERCENT)) { // 20% is 20 too
        r0_equality bare = ka == R0I_PERCENT ? r0i_compare(j, r0i_without_unit(j, a), b) : r0i_compare(j, a, r0i_without_unit(j, b));
        if (bare == R0_EQUAL) equal = bare;
    }
    return equal;
}

static r0_equality r0i_compare(r0i_judge *j, r0i_item a, r0i_item b)
{
    if (!r0i_charge(j, 4)) return R0_UNDECIDED;
    uint8_t ka = j->nodes[a.node].kind, kb = j->nodes[b.node].kind;
    bool collections = r0i_is_collection(j, a) || r0i_is_collection(j, b);
    if (ka == R0I_RELATION || kb == R0I_RELATION) return r0i_compare_relations(j, a, b);
    if ((ka == R0I_MATRIX && kb == R0I_TUPLE) || (kb == R0I_MATRIX && ka == R0I_TUPLE))
        return ka == R0I_MATRIX ? r0i_compare_vector(j, a, b) : r0i_compare_vector(j, b, a);
    if (ka == R0I_UNION || kb == R0I_UNION) {
        if (ka != kb || j->nodes[a.node].op != j->nodes[b.node].op) return r0i_decide(j, R0_UNEQUAL, "union");
        return r0i_compare_members(j, a, b, j->nodes[a.node].op == '\\', "union");
    }
    bool signs_a = !a.sign && (r0i_features(j, a.node) & R0I_HAS_SIGN), signs_b = !b.sign && (r0i_features(j, b.node) & R0I_HAS_SIGN);
    if (r0i_is_collection(j, a) && r0i_is_collection(j, b)) return r0i_compare_collections(j, a, b);
    if (collections || signs_a || signs_b) {
        if (ka == R0I_TUPLE || kb == R0I_TUPLE) return r0i_decide(j, R0_UNEQUAL, "tuple");
        return r0i_compare_members(j, a, b, false, "list");
    }
    if (ka == R0I_RATIO || kb == R0I_RATIO) return r0i_decide(j, r0i_compare_ratio(j, a, b), "ratio");
    return r0i_compare_scalars(j, a, b);
}

// -- strict --

// Words and nothing else? Then letters decide: no product of letters makes a word. Short runs of letters may still be
// products ("ab"): *loose.
static bool r0i_is_wordy(r0_span text, bool *loose)
{
    static const char *const mathematics[] = {"and", "or", "pi", "inf", "infty", "infinity", "sqrt", "sin", "cos", "tan", "log", "ln", "exp"};
    size_t longest = 0;
    *loose = true;
    for (const char *c = text.data, *end = c + text.size; c < end;) {
        const char *run = c;
        while (c < end && (r0i_is_letter(*c) || (uint8_t)*c >= 0x80)) c++;
        if (r0i_word_among(r0i_span(run, c), mathematics, R0I_COUNT(mathematics)) && (size_t)(c - run) == text.size) return false;
        if (!r0i_word_among(r0i_span(run, c), mathematics, 2)) longest = R0I_MAX(longest, (size_t)(c - run));
        if (c > run) continue;
        if (*c == '\\') {
            if ((c = r0i_skip_dress(run, end)) == run) return false;
            *loose = false;
        } else if (!r0i_one_of(*c++, " {}()$.,'\"-!?:;~`")) {
            return false;
        }
    }
    *loose &= longest <= 3;
    return longest >= 2;
}

// The letter of a multiple choice that a text begins with: "B", "(B)", "B. because", "\text{(B)} 5". 0: none.
// *alone: nothing follows.
static char r0i_choice_letter(r0_span text, bool *alone)
{
    const char *c = text.data, *end = c + text.size, *dressed;
    while (c < end && (r0i_one_of(*c, " {($") || *c == '\\')) {
        dressed = *c == '\\' ? r0i_skip_dress(c, end) : c + 1;
        if (dressed == c) return 0;
        c = dressed;
    }
    if (c >= end || *c < 'A' || *c > 'J') return 0;
    char letter = *c++;
    const char *after = c;
    while (c < end && (r0i_one_of(*c, " })$.:"))) c++;
    *alone = c == end;
    return *alone || (after < end && r0i_one_of(*after, ").:")) ? letter : 0;
}

static bool r0i_same_choice(r0_span gold, r0_span pred)
{
    bool alone_gold = false, alone_pred = false;
    char a = r0i_choice_letter(gold, &alone_gold), b = r0i_choice_letter(pred, &alone_pred);
    return a && a == b && (alone_gold || alone_pred);
}

// Equal up to spacing and commands that only dress. What cannot be parsed is compared so.
static bool r0i_same_text(r0_span a, r0_span b)
{
    const char *c = a.data, *d = b.data, *c_end = c + a.size, *d_end = d + b.size;
    for (;;) {
        for (const char *from = NULL; c < c_end && c != from;) {
            from = c;
            if (*c == '\\') c = r0i_skip_dress(c, c_end);
            else if (r0i_is_space(*c) || *c == '$') c++;
        }
        for (const char *from = NULL; d < d_end && d != from;) {
            from = d;
            if (*d == '\\') d = r0i_skip_dress(d, d_end);
            else if (r0i_is_space(*d) || *d == '$') d++;
        }
        if (c == c_end || d == d_end) return c == c_end && d == d_end;
        if (*c++ != *d++) return false;
    }
}

// One reading of both texts.
static r0_equality r0i_judge_reading(r0i_judge *j, unsigned reading, r0_span gold, r0_span pred)
{
    j->reading = reading;
    j->used = 0;
    int32_t a = r0i_parse_answer(j, gold), b = r0i_parse_answer(j, pred);
    if (j->spent) return r0i_decide(j, R0_UNDECIDED, "step budget");
    if (!a || !b) return r0i_decide(j, R0_UNEQUAL, "text");
    r0_equality equal = r0i_compare(j, r0i_item_of(a, 0), r0i_item_of(b, 0));
    if (j->spent) return r0i_decide(j, R0_UNDECIDED, "step budget");
    return equal;
}

// "1,22" beside 1.22: a decimal comma.
static r0_equality r0i_judge_comma(r0i_judge *j, r0_span comma, r0_span number)
{
    char text[64];
    size_t commas = 0;
    if (comma.size >= sizeof text || !number.size || !memchr(number.data, '.', number.size)) return R0_UNEQUAL;
    for (size_t i = 0; i < comma.size; i++) {
        bool inside = comma.data[i] == ',' && i && i + 1 < comma.size;
        if (!inside && !r0i_is_digit(comma.data[i]) && !(comma.data[i] == '-' && !i)) return R0_UNEQUAL;
        commas += inside;
        text[i] = comma.data[i];
        if (inside) text[i] = '.';
    }
    r0_span point = {text, comma.size};
    if (commas != 1 || r0i_judge_reading(j, 0, point, number) != R0_EQUAL) return R0_UNEQUAL;
    return r0i_decide(j, R0_EQUAL, "comma");
}

static r0_equality r0i_judge_strict(r0i_judge *j, r0_span gold, r0_span pred)
{
    bool loose_gold, loose_pred;
    if (r0i_is_wordy(gold, &loose_gold) && r0i_is_wordy(pred, &loose_pred)) {
        if (r0i_compare_words(gold, pred) == R0_EQUAL) return r0i_decide(j, R0_EQUAL, "words");
        if (!loose_gold || !loose_pred) return r0i_decide(j, R0_UNEQUAL, "words");
    }
    if (r0i_same_choice(gold, pred)) return r0i_decide(j, R0_EQUAL, "choice");
    if (r0i_same_text(gold, pred)) return r0i_decide(j, R0_EQUAL, "text");
    r0_equality equal = r0i_judge_reading(j, 0, gold, pred);
    const char *reason = j->reason;
    unsigned ambiguous = j->ambiguous;
    for (unsigned reading = 1; reading <= R0I_READ_NO_DEGREES && equal != R0_EQUAL && !j->spent; reading <<= 1) {
        if (!(ambiguous & reading)) continue;
        r0_equality other = r0i_judge_reading(j, reading, gold, pred);
        if (other != R0_UNEQUAL) equal = other, reason = j->reason;
    }
    if (equal == R0_UNEQUAL && r0i_judge_comma(j, gold, pred) == R0_EQUAL) return R0_EQUAL;
    if (equal == R0_UNEQUAL && r0i_judge_comma(j, pred, gold) == R0_EQUAL) return R0_EQUAL;
    return r0i_decide(j, equal, reason);
}

// -- mathruler --
//
// The training reward's grader, followed step by step because its quirks are part of what was trained against:
//   1. both texts through the MATH normaliser (prm800k's math_normalize): equal texts are equal
//   2. both through its own normaliser: \text, $, %, "or"/"and", million, units, degrees, floats near an integer; LaTeX to
//      plain text by pylatexenc (braces vanish: x^{k+1} becomes x^k+1), mixed numbers, no spaces, lower case
//   3. equal texts are equal; an empty prediction is not
//   4. tuples and intervals split at commas: same brackets, same length, members in order
//   5. two fractions of integers must be the same text; an integer needs an integer; else sympy's simplify(a - b) == 0, if
//      the pair holds at most two different letters and no ^{, ^(, a^b^c or two-digit exponent
// Step 5 is identity testing here. Differences from sympy that remain: simplify sometimes fails to see an identity.

typedef struct r0i_ruler {
    r0i_judge *judge;
    r0i_text text;
    bool broken; // the original raised an exception: the text stays what it was
} r0i_ruler;

static void r0i_ruler_set(r0i_ruler *r, r0i_text fresh)
{
    r->text.failed |= fresh.failed;
    fresh.failed = r->text.failed;
    r0i_text_free(&r->text);
    r->text = fresh;
    r0i_charge(r->judge, (uint32_t)(fresh.size / 16) + 1);
}

static r0i_text r0i_ruler_empty(const r0i_ruler *r)
{
    r0i_text text = {r->judge->context, NULL, 0, 0, false};
    r0i_text_append(&text, "", 0);
    return text;
}

static r0_span r0i_ruler_span(const r0i_ruler *r)
{
    r0_span span = {r->text.data ? r->text.data : "", r->text.size};
    return span;
}

static const char *r0i_find(r0_span text, const char *what)
{
    size_t size = strlen(what);
    for (const char *c = text.data, *end = c + text.size; (size_t)(end - c) >= size; c++) {
        c = (const char *)memchr(c, *what, (size_t)(end - c) - size + 1);
        if (!c) break;
        if (!memcmp(c, what, size)) return c;
    }
    return NULL;
}

static void r0i_ruler_replace(r0i_ruler *r, const char *what, const char *with)
{
    r0_span rest = r0i_ruler_span(r);
    const char *end = rest.data + rest.size, *found = r0i_find(rest, what);
    if (!found) return;
    r0i_text fresh = r0i_ruler_empty(r);
    for (; found; found = r0i_find(rest, what)) {
        r0i_text_append(&fresh, rest.data, (size_t)(found - rest.data));
        r0i_text_append(&fresh, with, strlen(with));
        rest = r0i_span(found + strlen(what), end);
    }
    r0i_text_append(&fresh, rest.data, rest.size);
    r0i_ruler_set(r, fresh);
}

static size_t r0i_utf8_size(const char *c, const char *end)
{
    const char *d = c + 1;
    while (d < end && ((uint8_t)*d & 0xC0) == 0x80) d++;
    return (size_t)(d - c);
}

static size_t r0i_utf8_count(r0_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) count += ((uint8_t)text.data[i] & 0xC0) != 0x80;
    return count;
}

// ^\\text\{(.+?)\}$ : the content, or the text itself.
static r0_span r0i_ruler_unwrap(r0_span text)
{
    bool whole = text.size > 7 && !memcmp(text.data, "\\text{", 6) && text.data[text.size - 1] == '}';
    return whole && !memchr(text.data, '\n', text.size) ? r0i_span(text.data + 6, text.data + text.size - 1) : text;
}

// -- step 1: the MATH normaliser --

// "\sqrt3" becomes "\sqrt{3}".
static void r0i_ruler_fix_roots(r0i_ruler *r)
{
    r0_span rest = r0i_ruler_span(r);
    const char *end = rest.data + rest.size, *found = r0i_find(rest, "\\sqrt");
    if (!found) return;
    r0i_text fresh = r0i_ruler_empty(r);
    for (; found; found = r0i_find(rest, "\\sqrt")) {
        const char *after = found + 5;
        r0i_text_append(&fresh, rest.data, (size_t)(after - rest.data));
        bool empty = after == end || r0i_find(r0i_span(after, R0I_MIN(after + 5, end)), "\\sqrt") == after;
        r->broken |= empty;
        if (!empty && *after != '{') {
            size_t size = r0i_utf8_size(after, end);
            r0i_text_append(&fresh, "{", 1);
            r0i_text_append(&fresh, after, size);
            r0i_text_append(&fresh, "}", 1);
            after += size;
        }
        rest = r0i_span(after, end);
    }
    r0i_text_append(&fresh, rest.data, rest.size);
    r0i_ruler_set(r, fresh);
}

// "\frac12" becomes "\frac{1}{2}", "\frac1{72}" becomes "\frac{1}{72}".
static void r0i_ruler_fix_fractions(r0i_ruler *r)
{
    r0_span rest = r0i_ruler_span(r);
    const char *end = rest.data + rest.size, *found = r0i_find(rest, "\\frac");
    if (!found) return;
    r0i_text fresh = r0i_ruler_empty(r);
    bool kept = false;
    for (; found && !kept; found = r0i_find(rest, "\\frac")) {
        const char *after = found + 5, *next = r0i_find(r0i_span(after, end), "\\frac"), *stop = next ? next : end;
        r0i_text_append(&fresh, rest.data, (size_t)(after - rest.data));
        if (after == stop) r->broken = true;
        if (after < stop && *after != '{') {
            const char *second = after + r0i_utf8_size(after, stop);
            if (second >= stop) kept = true; // one character is left: the original gives up
            size_t size = kept ? 0 : r0i_utf8_size(second, stop);
            r0i_text_append(&fresh, "{", 1);
            r0i_text_append(&fresh, after, (size_t)(second - after));
            r0i_text_append(&fresh, !kept && *second == '{' ? "}" : "}{", !kept && *second == '{' ? 1 : 2);
            r0i_text_append(&fresh, second, size);
            if (!kept && *second != '{') r0i_text_append(&fresh, "}", 1);
            after = second + size;
        }
        rest = r0i_span(after, end);
    }
    r0i_text_append(&fresh, rest.data, rest.size);
    if (kept) r0i_text_free(&fresh);
    else r0i_ruler_set(r, fresh);
}

// An integer as Python prints it: no sign but '-', no leading zeros.
static bool r0i_canonical_integer(r0_span text)
{
    const char *c = text.data, *end = c + text.size;
    if (c < end && *c == '-') c++;
    if (c == end || (*c == '0' && text.size > 1)) return false;
    for (; c < end; c++)
        if (!r0i_is_digit(*c)) return false;
    return true;
}

// "a/b" of integers becomes "\frac{a}{b}".
static void r0i_ruler_fix_slash(r0i_ruler *r)
{
    r0_span text = r0i_ruler_span(r);
    const char *slash = text.size ? (const char *)memchr(text.data, '/', text.size) : NULL, *end = text.data + text.size;
    if (!slash || memchr(slash + 1, '/', (size_t)(end - slash - 1))) return;
    r0_span a = r0i_span(text.data, slash), b = r0i_span(slash + 1, end);
    if (!r0i_canonical_integer(a) || !r0i_canonical_integer(b)) return;
    r0i_text fresh = r0i_ruler_empty(r);
    r0i_text_print(&fresh, "\\frac{%.*s}{%.*s}", (int)a.size, a.data, (int)b.size, b.data);
    r0i_ruler_set(r, fresh);
}

static void r0i_ruler_copy(r0i_ruler *r, r0_span text)
{
    r0i_text fresh = r0i_ruler_empty(r);
    r0i_text_append(&fresh, text.data, text.size);
    r0i_ruler_set(r, fresh);
}

// "5\text{ cm}": what follows "\text{ " is a unit, where it occurs once.
static void r0i_ruler_drop_unit(r0i_ruler *r)
{
    const char *found = r0i_find(r0i_ruler_span(r), "\\text{ ");
    if (!found) return;
    r0_span before = r0i_span(r->text.data, found), after = r0i_span(found + 7, r->text.data + r->text.size);
    if (r0i_find(after, "\\text{ ")) r->broken = true;
    else r0i_ruler_copy(r, before);
}

// "x = 5" becomes "5" where at most two characters stand before the only '='.
static void r0i_ruler_drop_name(r0i_ruler *r)
{
    const char *equals = r0i_find(r0i_ruler_span(r), "=");
    if (!equals) return;
    r0_span name = r0i_span(r->text.data, equals), value = r0i_span(equals + 1, r->text.data + r->text.size);
    if (!r0i_find(value, "=") && r0i_utf8_count(name) <= 2) r0i_ruler_copy(r, value);
}

static void r0i_ruler_math(r0i_ruler *r, r0_span answer)
{
    static const char *const drop[] = {"\n", "\\!"}, *const drop_later[] = {"\\left", "\\right", "^{\\circ}", "^\\circ", "\\$"};
    r0_span unwrapped = r0i_ruler_unwrap(r0i_trim(answer));
    if (unwrapped.data != r0i_trim(answer).data) unwrapped = r0i_trim(unwrapped);
    r0i_ruler_copy(r, unwrapped);
    for (size_t i = 0; i < R0I_COUNT(drop); i++) r0i_ruler_replace(r, drop[i], "");
    r0i_ruler_replace(r, "\\\\", "\\");
    r0i_ruler_replace(r, "tfrac", "frac");
    r0i_ruler_replace(r, "dfrac", "frac");
    for (size_t i = 0; i < R0I_COUNT(drop_later); i++) r0i_ruler_replace(r, drop_later[i], "");
    r0i_ruler_drop_unit(r);
    r0i_ruler_replace(r, "\\%", "");
    r0i_ruler_replace(r, "%", "");
    r0i_ruler_replace(r, " .", " 0.");
    r0i_ruler_replace(r, "{.", "{0.");
    if (r->text.size && *r->text.data == '.') {
        r0i_text fresh = r0i_ruler_empty(r);
        r0i_text_print(&fresh, "0%.*s", (int)r->text.size, r->text.data);
        r0i_ruler_set(r, fresh);
    }
    if (r->text.size) {
        r0i_ruler_drop_name(r);
        r0i_ruler_fix_roots(r);
        r0i_ruler_replace(r, " ", "");
        r0i_ruler_fix_fractions(r);
        if (r0i_span_is(r0i_ruler_span(r), "0.5")) r0i_ruler_copy(r, r0i_span_of("\\frac{1}{2}"));
        r0i_ruler_fix_slash(r);
    }
    if (r->broken) r0i_ruler_copy(r, unwrapped);
}

// -- step 2: LaTeX to plain text, as pylatexenc does it --

static const struct { const char *name, *text; } r0i_plain_commands[] = {
    {"alpha", "\xCE\xB1"}, {"beta", "\xCE\xB2"}, {"gamma", "\xCE\xB3"}, {"delta", "\xCE\xB4"},
    {"epsilon", "\xCF\xB5"}, {"varepsilon", "\xCE\xB5"}, {"zeta", "\xCE\xB6"}, {"eta", "\xCE\xB7"},
    {"theta", "\xCE\xB8"}, {"vartheta", "\xCF\x91"}, {"iota", "\xCE\xB9"}, {"kappa", "\xCE\xBA"},
    {"lambda", "\xCE\xBB"}, {"mu", "\xCE\xBC"}, {"nu", "\xCE\xBD"}, {"xi", "\xCE\xBE"}, {"pi", "\xCF\x80"},
    {"rho", "\xCF\x81"}, {"sigma", "\xCF\x83"}, {"tau", "\xCF\x84"}, {"upsilon", "\xCF\x85"},
    {"phi", "\xCF\x95"}, {"varphi", "\xCF\x86"}, {"chi", "\xCF\x87"}, {"psi", "\xCF\x88"},
    {"omega", "\xCF\x89"}, {"Gamma", "\xCE\x93"}, {"Delta", "\xCE\x94"}, {"Theta", "\xCE\x98"},
    {"Lambda", "\xCE\x9B"}, {"Xi", "\xCE\x9E"}, {"Pi", "\xCE\xA0"}, {"Sigma", "\xCE\xA3"},
    {"Upsilon", "\xCE\xA5"}, {"Phi", "\xCE\xA6"}, {"Psi", "\xCE\xA8"}, {"Omega", "\xCE\xA9"},
    {"cdot", "\xC2\xB7"}, {"times", "\xC3\x97"}, {"div", "\xC3\xB7"}, {"pm", "\xC2\xB1"},
    {"mp", "\xE2\x88\x93"}, {"infty", "\xE2\x88\x9E"}, {"le", "\xE2\x89\xA4"}, {"leq", "\xE2\x89\xA4"},
    {"ge", "\xE2\x89\xA5"}, {"geq", "\xE2\x89\xA5"}, {"neq", "\xE2\x89\xA0"}, {"equiv", "\xE2\x89\xA1"},
    {"approx", "\xE2\x89\x88"}, {"sim", "\xE2\x88\xBC"}, {"simeq", "\xE2\x89\x83"}, {"cong", "\xE2\x89\x85"},
    {"propto", "\xE2\x88\x9D"}, {"ll", "\xE2\x89\xAA"}, {"gg", "\xE2\x89\xAB"}, {"leqslant", "\xE2\xA9\xBD"},
    {"geqslant", "\xE2\xA9\xBE"}, {"in", "\xE2\x88\x88"}, {"notin", "\xE2\x88\x89"}, {"ni", "\xE2\x88\x8B"},
    {"subset", "\xE2\x8A\x82"}, {"subseteq", "\xE2\x8A\x86"}, {"supset", "\xE2\x8A\x83"},
    {"supseteq", "\xE2\x8A\x87"}, {"cup", "\xE2\x88\xAA"}, {"cap", "\xE2\x88\xA9"}, {"bigcup", "\xE2\x8B\x83"},
    {"bigcap", "\xE2\x8B\x82"}, {"setminus", "\xE2\x88\x96"}, {"emptyset", "\xE2\x88\x85"},
    {"varnothing", "\xE2\x88\x85"}, {"forall", "\xE2\x88\x80"}, {"exists", "\xE2\x88\x83"},
    {"partial", "\xE2\x88\x82"}, {"nabla", "\xE2\x88\x87"}, {"ell", "\xE2\x84\x93"}, {"hbar", "\xC4\xA7"},
    {"sum", "\xE2\x88\x91"}, {"prod", "\xE2\x88\x8F"}, {"int", "\xE2\x88\xAB"}, {"oint", "\xE2\x88\xAE"},
    {"circ", "\xE2\x88\x98"}, {"bullet", "\xE2\x88\x99"}, {"star", "\xE2\x8B\x86"}, {"ast", "\xE2\x88\x97"},
    {"dagger", "\xE2\x80\xA0"}, {"oplus", "\xE2\x8A\x95"}, {"otimes", "\xE2\x8A\x97"}, {"perp", "\xE2\x8A\xA5"},
    {"parallel", "\xE2\x88\xA5"}, {"angle", "\xE2\x88\xA0"}, {"to", "\xE2\x86\x92"},
    {"rightarrow", "\xE2\x86\x92"}, {"leftarrow", "\xE2\x86\x90"}, {"Rightarrow", "\xE2\x87\x92"},
    {"Leftarrow", "\xE2\x87\x90"}, {"leftrightarrow", "\xE2\x86\x94"}, {"Leftrightarrow", "\xE2\x87\x94"},
    {"mapsto", "\xE2\x86\xA6"}, {"uparrow", "\xE2\x86\x91"}, {"downarrow", "\xE2\x86\x93"},
    {"ldots", "\xE2\x80\xA6"}, {"dots", "\xE2\x80\xA6"}, {"cdots", "\xE2\x8B\xAF"}, {"vdots", "\xE2\x8B\xAE"},
    {"ddots", "\xE2\x8B\xB1"}, {"prime", "'"}, {"mid", "|"}, {"vert", "|"}, {"lvert", "|"}, {"rvert", "|"},
    {"Vert", "\xE2\x80\x96"}, {"lVert", "\xE2\x80\x96"}, {"rVert", "\xE2\x80\x96"}, {"langle", "\xE2\x9F\xA8"},
    {"rangle", "\xE2\x9F\xA9"}, {"lfloor", "\xE2\x8C\x8A"}, {"rfloor", "\xE2\x8C\x8B"},
    {"lceil", "\xE2\x8C\x88"}, {"rceil", "\xE2\x8C\x89"}, {"lbrace", "{"}, {"rbrace", "}"}, {"backslash", "\\"},
    {"aleph", "\xE2\x84\xB5"}, {"square", "\xE2\x96\xA1"}, {"sin", "sin"}, {"cos", "cos"}, {"tan", "tan"},
    {"sinh", "sinh"}, {"cosh", "cosh"}, {"tanh", "tanh"}, {"arcsin", "arcsin"}, {"arccos", "arccos"},
    {"arctan", "arctan"}, {"ln", "ln"}, {"log", "log"}, {"exp", "exp"}, {"max", "max"}, {"min", "min"},
    {"sup", "sup"}, {"inf", "inf"}, {"lim", "lim"}, {"limsup", "lim sup"}, {"liminf", "lim inf"},
    {"textdegree", "\xC2\xB0"}, {"quad", "  "}, {"qquad", "    "},
};

typedef struct r0i_plain {
    const char *at, *end;
    r0i_text *out;
    int depth;
    bool failed;
} r0i_plain;

static void r0i_plain_run(r0i_plain *p, char stop);

// The argument of a command: a group, a command, or one character.
static void r0i_plain_argument(r0i_plain *p)
{
    while (p->at < p->end && r0i_is_space(*p->at)) p->at++;
    if (p->at >= p->end) {
        p->failed = true;
    } else if (*p->at == '{') {
        p->at++;
        r0i_plain_run(p, '}');
    } else if (*p->at == '\\') {
        const char *c = p->at + 1;
        while (c < p->end && r0i_is_letter(*c)) c++;
        r0i_plain one = {p->at, R0I_MAX(c, R0I_MIN(p->at + 2, p->end)), p->out, p->depth, false};
        r0i_plain_run(&one, 0);
        p->at = one.end;
    } else {
        size_t size = r0i_utf8_size(p->at, p->end);
        r0i_text_append(p->out, p->at, size);
        p->at += size;
    }
}

static void r0i_plain_skip_argument(r0i_plain *p)
{
    size_t size = p->out->size;
    r0i_plain_argument(p);
    p->out->size = size;
}

// Styled letters are letters of their own: bold at U+1D400 and U+1D41A, double-struck at U+1D538.
static void r0i_plain_style(r0i_plain *p, uint32_t upper, uint32_t lower)
{
    size_t from = p->out->size;
    r0i_plain_argument(p);
    char copy[256];
    size_t size = p->out->size - from;
    if (p->failed || size > sizeof copy) return;
    memcpy(copy, p->out->data + from, size);
    p->out->size = from;
    for (size_t i = 0; i < size; i++) {
        char c = copy[i];
        uint32_t code = c >= 'A' && c <= 'Z' ? upper + (uint32_t)(c - 'A') : c >= 'a' && c <= 'z' ? lower + (uint32_t)(c - 'a') : 0;
        char utf8[4] = {(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 63)), (char)(0x80 | (code >> 6 & 63)), (char)(0x80 | (code & 63))};
        if (code) r0i_text_append(p->out, utf8, 4);
        else r0i_text_append(p->out, &c, 1);
    }
}

static void r0i_plain_fraction(r0i_plain *p)
{
    r0i_plain_argument(p);
    r0i_text_append(p->out, "/", 1);
    if (!p->failed) r0i_plain_argument(p);
}

static void r0i_plain_root(r0i_plain *p)
{
    while (p->at < p->end && r0i_is_space(*p->at)) p->at++;
    if (p->at < p->end && *p->at == '[') {
        const char *close = (const char *)memchr(p->at, ']', (size_t)(p->end - p->at));
        if (close) p->at = close + 1;
    }
    r0i_text_append(p->out, "\xE2\x88\x9A(", 4);
    r0i_plain_argument(p);
    r0i_text_append(p->out, ")", 1);
}

// \begin{pmatrix} prints "[ ", \end{pmatrix} " ]"; other environments print what is in them.
static void r0i_plain_environment(r0i_plain *p, bool begin)
{
    if (p->at >= p->end || *p->at != '{') return;
    const char *close = r0i_brace_close(p->at, p->end);
    if (!close) return;
    r0_span name = r0i_span(p->at + 1, close);
    bool matrix = r0i_span_is(name, "array") || r0i_span_is(name, "pmatrix") || r0i_span_is(name, "bmatrix") || r0i_span_is(name, "smallmatrix");
    p->at = close + 1;
    if (begin && r0i_span_is(name, "array")) r0i_plain_skip_argument(p);
    if (matrix) r0i_text_append(p->out, begin ? "[ " : " ]", 2);
}

static void r0i_plain_name(r0i_plain *p, r0_span name)
{
    static const char *const dropped[] = {"mbox", "label", "hspace", "vspace", "color", "textcolor", "ref"};
    if (r0i_span_is(name, "frac") || r0i_span_is(name, "nicefrac")) r0i_plain_fraction(p);
    else if (r0i_span_is(name, "sqrt")) r0i_plain_root(p);
    else if (r0i_span_is(name, "mathbf")) r0i_plain_style(p, 0x1D400, 0x1D41A);
    else if (r0i_span_is(name, "mathbb")) r0i_plain_style(p, 0x1D538, 0x1D552);
    else if (r0i_span_is(name, "begin") || r0i_span_is(name, "end")) r0i_plain_environment(p, *name.data == 'b');
    else if (r0i_word_among(name, dropped, R0I_COUNT(dropped))) r0i_plain_skip_argument(p);
    for (size_t i = 0; i < R0I_COUNT(r0i_plain_commands); i++)
        if (r0i_span_is(name, r0i_plain_commands[i].name))
            r0i_text_append(p->out, r0i_plain_commands[i].text, strlen(r0i_plain_commands[i].text));
}

static void r0i_plain_command(r0i_plain *p)
{
    const char *c = ++p->at;
    if (c >= p->end) return;
    if (!r0i_is_letter(*c)) {
        p->at++;
        if (*c == '\\') r0i_text_append(p->out, "\n", 1);
        else if (r0i_one_of(*c, "{}%$#_&")) r0i_text_append(p->out, c, 1);
        else if (r0i_one_of(*c, ",;: ")) r0i_text_append(p->out, " ", 1);
        return;
    }
    while (c < p->end && r0i_is_letter(*c)) c++;
    r0_span name = r0i_span(p->at, c);
    if (c < p->end && *c == '*') c++;
    p->at = c;
    while (p->at < p->end && r0i_is_space(*p->at)) p->at++; // the space after a command vanishes
    r0i_plain_name(p, name);
}

// A run of text up to `stop` (0: the end). White space alone between two constructs vanishes.
static void r0i_plain_run(r0i_plain *p, char stop)
{
    if (++p->depth > R0I_DEPTH) p->failed = true;
    while (p->at < p->end && !p->failed && !p->out->failed) {
        const char *from = p->at;
        bool blank = true;
        while (p->at < p->end && !r0i_one_of(*p->at, "\\{}&~")) blank &= r0i_is_space(*p->at++);
        if (!blank) r0i_text_append(p->out, from, (size_t)(p->at - from));
        if (p->at >= p->end) break;
        char c = *p->at;
        if (c == '\\') {
            r0i_plain_command(p);
            continue;
        }
        p->at++;
        if (c == '}' && stop == '}') break;
        if (c == '{') r0i_plain_run(p, '}');
        if (c == '&') r0i_text_append(p->out, "   ", 3);
        if (c == '~') r0i_text_append(p->out, "\xC2\xA0", 2);
    }
    p->depth--;
}

static void r0i_ruler_plain(r0i_ruler *r)
{
    static const char *const words[][2] = {
        {"\xE2\x88\x9A", "sqrt"}, {"\xCF\x80", "pi"}, {"\xE2\x88\x9E", "inf"}, {"\xE2\x88\xAA", "U"}, {"\xC2\xB7", "*"}, {"\xC3\x97", "*"},
    };
    if (!r0i_find(r0i_ruler_span(r), "\\")) return;
    r0i_ruler_replace(r, "\\tfrac", "\\frac");
    r0i_ruler_replace(r, "\\dfrac", "\\frac");
    r0i_ruler_replace(r, "\\frac", " \\frac");
    r0i_ruler_replace(r, "---", "\xE2\x80\x94"); // dashes, as TeX has them
    r0i_ruler_replace(r, "--", "\xE2\x80\x93");
    r0i_text fresh = r0i_ruler_empty(r);
    r0i_plain p = {r->text.data, r->text.data + r->text.size, &fresh, 0, false};
    r0i_plain_run(&p, 0);
    if (p.failed) { // the original raised, and kept what it had
        r0i_text_free(&fresh);
        return;
    }
    r0i_ruler_set(r, fresh);
    for (size_t i = 0; i < R0I_COUNT(words); i++) r0i_ruler_replace(r, words[i][0], words[i][1]);
    r0_span text = r0i_trim(r0i_ruler_span(r));
    if (text.size != r->text.size) r0i_ruler_copy(r, text);
}

// -- step 2: its own normaliser --

// Python's float(): optional white space, sign, digits with '.', exponent; inf and nan.
static bool r0i_python_float(r0_span text, double *value)
{
    char copy[512];
    text = r0i_trim(text);
    const char *c = text.data, *end = c + text.size;
    if (c < end && (*c == '-' || *c == '+')) c++;
    const char *digits = c;
    size_t count = 0;
    while (c < end && r0i_is_digit(*c)) c++, count++;
    if (c < end && *c == '.')
        for (c++; c < end && r0i_is_digit(*c);) c++, count++;
    if (!count) {
        bool word = r0i_word_at(digits, end, "inf") || r0i_word_at(digits, end, "nan");
        *value = INFINITY;
        return word && (end - digits == 3 || (r0i_word_at(digits, end, "infinity") && end - digits == 8));
    }
    if (c < end && (*c == 'e' || *c == 'E')) {
        c++;
        if (c < end && (*c == '-' || *c == '+')) c++;
        const char *power = c;
        while (c < end && r0i_is_digit(*c)) c++;
        if (c == power) return false;
    }
    if (c != end || text.size >= sizeof copy) return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *value = strtod(copy, NULL);
    return true;
}

static bool r0i_near_integer(double x) { return !isinf(x) && fabs(x - nearbyint(x)) <= 1e-7; }

static void r0i_ruler_print_integer(r0i_ruler *r, double x)
{
    r0i_text fresh = r0i_ruler_empty(r);
    r0i_text_print(&fresh, "%.0f", x == 0 ? 0.0 : x);
    r0i_ruler_set(r, fresh);
}

// Removes "unit(es)(s) *(^digits)" wherever it stands.
static void r0i_ruler_remove_unit(r0i_ruler *r, const char *unit)
{
    r0_span rest = r0i_ruler_span(r);
    const char *end = rest.data + rest.size, *found = r0i_find(rest, unit);
    if (!found) return;
    r0i_text fresh = r0i_ruler_empty(r);
    for (; found; found = r0i_find(rest, unit)) {
        r0i_text_append(&fresh, rest.data, (size_t)(found - rest.data));
        const char *c = found + strlen(unit);
        if (end - c >= 2 && c[0] == 'e' && c[1] == 's') c += 2;
        if (c < end && *c == 's') c++;
        while (c < end && *c == ' ') c++;
        if (c + 1 < end && *c == '^' && r0i_is_digit(c[1]))
            for (c++; c < end && r0i_is_digit(*c);) c++;
        rest = r0i_span(c, end);
    }
    r0i_text_append(&fresh, rest.data, rest.size);
    r0i_ruler_set(r, fresh);
}

// Removes `first`, blanks, `last`: "^ \circ" and "- " alike. keep: bytes of the match that stay.
static void r0i_ruler_remove_spaced(r0i_ruler *r, const char *first, const char *last, size_t keep, bool after)
{
    r0_span rest = r0i_ruler_span(r);
    const char *end = rest.data + rest.size, *found = r0i_find(rest, first);
    if (!found) return;
    r0i_text fresh = r0i_ruler_empty(r);
    for (; found; found = r0i_find(rest, first)) {
        const char *c = found + strlen(first);
        while (c < end && *c == ' ') c++;
        bool match = after || r0i_find(r0i_span(c, R0I_MIN(c + strlen(last), end)), last) == c;
        const char *stop = match ? found + keep : found + strlen(first);
        r0i_text_append(&fresh, rest.data, (size_t)(stop - rest.data));
        rest = r0i_span(match ? c + strlen(last) : stop, end);
    }
    r0i_text_append(&fresh, rest.data, rest.size);
    r0i_ruler_set(r, fresh);
}

// "7 3/4" becomes "7+3/4".
static void r0i_ruler_mix(r0i_ruler *r)
{
    r0i_text fresh = r0i_ruler_empty(r);
    const char *begin = r->text.data, *end = begin + r->text.size, *from = begin; // matches do not overlap: from the last one
    for (const char *c = begin + 1; c < end; c++) {
        const char *gap = c;
        while (c < end && *c == ' ') c++;
        if (c == gap || c == end || gap <= from || !r0i_is_digit(gap[-1]) || !r0i_is_digit(*c)) continue;
        r0i_text_append(&fresh, from, (size_t)(gap - from));
        r0i_text_append(&fresh, "+", 1);
        r0i_text_append(&fresh, c, 1);
        from = c + 1;
    }
    r0i_text_append(&fresh, from, (size_t)(end - from));
    r0i_ruler_set(r, fresh);
}

// Commas in front of exactly three digits, between digits.
static void r0i_ruler_strip_commas(r0i_ruler *r)
{
    for (bool changed = memchr(r->text.data, ',', r->text.size) != NULL; changed && r0i_charge(r->judge, 4);) {
        r0i_text fresh = r0i_ruler_empty(r);
        const char *begin = r->text.data, *end = begin + r->text.size, *used = begin, *from = begin;
        changed = false;
        for (const char *c = begin; c < end; c++) {
            bool group = *c == ',' && c > used && r0i_is_digit(c[-1]) && end - c > 3 && r0i_is_digit(c[1]) && r0i_is_digit(c[2])
                         && r0i_is_digit(c[3]) && (c + 4 == end || !r0i_is_digit(c[4]));
            if (!group) continue;
            r0i_text_append(&fresh, from, (size_t)(c - from));
            from = c + 1;
            used = R0I_MIN(c + 5, end);
            changed = true;
        }
        r0i_text_append(&fresh, from, (size_t)(end - from));
        r0i_ruler_set(r, fresh);
    }
}

// Lower case for ASCII and Greek.
static void r0i_ruler_fold(r0i_ruler *r)
{
    for (size_t i = 0; i < r->text.size; i++) {
        char *c = &r->text.data[i];
        *c = r0i_fold(*c);
        if ((uint8_t)c[0] != 0xCE || i + 1 >= r->text.size) continue;
        uint8_t low = (uint8_t)c[1];
        if (low >= 0x91 && low <= 0x9F) c[1] = (char)(low + 0x20);
        else if (low >= 0xA0 && low <= 0xA9) c[0] = (char)0xCF, c[1] = (char)(low - 0x20);
    }
}

// _str_is_int on a span: commas of thousands do not count.
static bool r0i_ruler_is_integer(r0i_judge *j, r0_span text)
{
    r0i_ruler r = {j, {j->context, NULL, 0, 0, false}, false};
    double value;
    r0i_ruler_copy(&r, text);
    r0i_ruler_strip_commas(&r);
    bool integer = r0i_python_float(r0i_ruler_span(&r), &value) && r0i_near_integer(value);
    r0i_text_free(&r.text);
    return integer;
}

static void r0i_ruler_normalize(r0i_ruler *r, r0_span answer)
{
    static const char *const words[][2] = {
        {"\\%", "%"}, {"\\$", "$"}, {"$", ""}, {"%", ""}, {" or ", " , "}, {" and ", " , "},
        {"million", "*10^6"}, {"billion", "*10^9"}, {"trillion", "*10^12"},
    };
    static const char *const units[] = {"degree", "cm", "centimeter", "meter", "mile", "second", "minute", "hour", "day",
                                        "week", "month", "year", "foot", "feet", "inch", "yard"};
    double value;
    r0i_ruler_copy(r, r0i_ruler_unwrap(answer));
    for (size_t i = 0; i < R0I_COUNT(words); i++) r0i_ruler_replace(r, words[i][0], words[i][1]);
    for (size_t i = 0; i < R0I_COUNT(units); i++) r0i_ruler_remove_unit(r, units[i]);
    r0i_ruler_remove_spaced(r, "^", "\\circ", 0, false);
    r0_span text = r0i_ruler_span(r);
    if (text.size && text.data[0] == '{' && text.data[text.size - 1] == '}')
        r0i_ruler_copy(r, r0i_span(text.data + 1, text.data + text.size - 1));
    r0i_ruler_remove_spaced(r, ",\\!", "", 0, true);
    if (r0i_python_float(r0i_ruler_span(r), &value) && r0i_near_integer(value)) r0i_ruler_print_integer(r, nearbyint(value));
    r0i_ruler_plain(r);
    r0i_ruler_remove_spaced(r, "-", "", 1, true);
    r0i_ruler_mix(r);
    r0i_ruler_replace(r, " ", "");
    r0i_ruler_replace(r, "{", "");
    r0i_ruler_replace(r, "}", "");
    r0i_ruler_fold(r);
    if (r0i_ruler_is_integer(r->judge, r0i_ruler_span(r))) {
        r0i_ruler_replace(r, ",", "");
        if (r0i_python_float(r0i_ruler_span(r), &value)) r0i_ruler_print_integer(r, trunc(value));
    }
}

// -- step 5: plain text as sympy reads it --
//
//   sum = product { (+|-) product }    product = unary { [* | /] unary }    unary = - unary | power
//   power = postfix [ ^ unary ]        postfix = atom { ! }                 juxtaposition binds like *

static int32_t r0i_python_sum(r0i_reader *p);
static int32_t r0i_python_unary(r0i_reader *p);

static const char *r0i_python_skip(r0i_reader *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t')) p->at++;
    return p->at;
}

static bool r0i_python_at(r0i_reader *p, char sign)
{
    return r0i_python_skip(p) < p->end && *p->at == sign;
}

// Is the character at `c` a letter to Python? Good for Latin, Greek, Cyrillic, CJK and mathematical alphabets.
static bool r0i_python_letter(const char *c, const char *end)
{
    uint8_t a = (uint8_t)c[0], b = c + 1 < end ? (uint8_t)c[1] : 0;
    if (a < 0x80) return r0i_is_letter(*c);
    if (a == 0xC3) return b != 0x97 && b != 0xB7;
    if (a == 0xE2) return b == 0x84; // letterlike
    return (a >= 0xC4 && a <= 0xCA) || (a >= 0xCD && a <= 0xD4) || (a >= 0xE3 && a <= 0xED) || a == 0xF0;
}

static int32_t r0i_python_number(r0i_reader *p)
{
    const char *begin = p->at, *c = begin;
    while (c < p->end && r0i_is_digit(*c)) c++;
    bool decimal = c < p->end && *c == '.';
    if (decimal)
        for (c++; c < p->end && r0i_is_digit(*c);) c++;
    if (c < p->end && *c == 'e') {
        const char *d = c + 1 + (c + 1 < p->end && (c[1] == '-' || c[1] == '+')), *digits = d;
        while (d < p->end && r0i_is_digit(*d)) d++;
        if (d > digits && d - digits < 7) c = d, decimal = true;
    }
    if (!decimal && *begin == '0' && c - begin > 1) p->failed = true; // Python has no 012
    int32_t node = r0i_expr_new(p->judge, R0I_NUMBER);
    p->judge->nodes[node].text = r0i_span(begin, c);
    p->at = c;
    if (c < p->end && *c == 'j') { // 2j is imaginary
        p->at++;
        node = r0i_expr_of(p, R0I_MULTIPLY, node, r0i_expr_new(p->judge, R0I_IMAGINARY));
    }
    return node;
}

static int32_t r0i_python_call(r0i_reader *p, int function)
{
    if (!r0i_python_at(p, '(')) return r0i_parse_fail(p);
    p->at++;
    int32_t argument = r0i_python_sum(p);
    if (!r0i_python_at(p, ')')) return r0i_parse_fail(p);
    p->at++;
    if (function < 0) return r0i_expr_of(p, R0I_ROOT, argument, 0);
    int32_t node = r0i_expr_of(p, R0I_FUNCTION, argument, 0);
    p->judge->nodes[node].op = (uint8_t)function;
    return node;
}

// A name: a known one, one with an underscore as a whole, else its first letter (the others follow as factors).
static int32_t r0i_python_name(r0i_reader *p)
{
    static const char *const keywords[] = {"as", "is", "in", "if", "or", "and", "not", "for", "def", "del", "try"};
    static const char *const greek[] = {"mu", "nu", "xi", "eta", "rho", "chi", "psi", "phi", "tau"};
    const char *begin = p->at, *c = begin;
    bool whole = false;
    while (c < p->end && (r0i_python_letter(c, p->end) || r0i_is_digit(*c) || *c == '_' || ((uint8_t)*c & 0xC0) == 0x80)) whole |= *c++ == '_';
    r0_span name = r0i_span(begin, c);
    if (begin < p->begin) name.size = r0i_utf8_size(begin, p->end); // within a name that was split
    if (r0i_word_among(name, keywords, R0I_COUNT(keywords))) return r0i_parse_fail(p);
    bool constant = r0i_span_is(name, "pi") || r0i_span_is(name, "oo"), letter = !whole && !r0i_word_among(name, greek, R0I_COUNT(greek));
    if (constant) return p->at = c, r0i_expr_new(p->judge, *begin == 'p' ? R0I_PI : R0I_INFINITY);
    if (r0i_span_is(name, "sqrt")) return p->at = c, r0i_python_call(p, -1);
    int function = r0i_function_index(name);
    if (function >= 0) return p->at = c, r0i_python_call(p, function);
    if (r0i_span_is(name, "log")) return p->at = c, r0i_python_call(p, 13);
    if (letter) name.size = r0i_utf8_size(begin, p->end);
    p->begin = R0I_MAX(p->begin, c);
    p->at = begin + name.size;
    int32_t node = r0i_expr_new(p->judge, R0I_SYMBOL);
    p->judge->nodes[node].name = r0i_hash_text(2166136261u, name);
    p->judge->nodes[node].text = name;
    return node;
}

static int32_t r0i_python_atom(r0i_reader *p)
{
    if (r0i_python_skip(p) >= p->end || p->judge->spent) return r0i_parse_fail(p);
    if (r0i_is_digit(*p->at) || (*p->at == '.' && p->at + 1 < p->end && r0i_is_digit(p->at[1]))) return r0i_python_number(p);
    if (*p->at == '_' || r0i_python_letter(p->at, p->end)) return r0i_python_name(p);
    if (*p->at != '(') return r0i_parse_fail(p);
    p->at++;
    int32_t node = r0i_python_sum(p);
    if (!r0i_python_at(p, ')')) return r0i_parse_fail(p);
    p->at++;
    return node;
}

static int32_t r0i_python_unary(r0i_reader *p)
{
    if (++p->depth > R0I_DEPTH) p->judge->spent = true;
    if (p->judge->spent || p->failed) return p->depth--, r0i_parse_fail(p);
    int32_t node;
    if (r0i_python_at(p, '-') || r0i_python_at(p, '+')) {
        bool negative = *p->at++ == '-';
        node = r0i_python_unary(p);
        if (negative) node = r0i_expr_of(p, R0I_NEGATE, node, 0);
        return p->depth--, node;
    }
    node = r0i_python_atom(p);
    while (!p->failed && r0i_python_at(p, '!')) p->at++, node = r0i_expr_of(p, R0I_FACTORIAL, node, 0);
    bool stars = !p->failed && r0i_python_at(p, '*') && p->at + 1 < p->end && p->at[1] == '*';
    if (stars || (!p->failed && r0i_python_at(p, '^'))) {
        p->at += 1 + stars;
        node = r0i_expr_of(p, R0I_POWER, node, r0i_python_unary(p));
    }
    p->depth--;
    return node;
}

static int32_t r0i_python_product(r0i_reader *p)
{
    int32_t node = r0i_python_unary(p);
    while (!p->failed && !p->judge->spent && r0i_python_skip(p) < p->end) {
        bool divide = *p->at == '/';
        if (divide || *p->at == '*') p->at++;
        else if (*p->at != '(' && *p->at != '_' && !r0i_is_digit(*p->at) && !r0i_python_letter(p->at, p->end)) break;
        node = r0i_expr_of(p, divide ? R0I_DIVIDE : R0I_MULTIPLY, node, r0i_python_unary(p));
    }
    return node;
}

static int32_t r0i_python_sum(r0i_reader *p)
{
    if (++p->depth > R0I_DEPTH) p->judge->spent = true;
    int32_t node = r0i_python_product(p);
    while (!p->failed && !p->judge->spent && (r0i_python_at(p, '+') || r0i_python_at(p, '-'))) {
        bool minus = *p->at++ == '-';
        int32_t term = r0i_python_product(p);
        if (minus) term = r0i_expr_of(p, R0I_NEGATE, term, 0);
        if (p->judge->nodes[node].kind == R0I_ADD) r0i_expr_append(p->judge, node, term);
        else node = r0i_expr_of(p, R0I_ADD, node, term);
    }
    p->depth--;
    return node;
}

static int32_t r0i_python_parse(r0i_judge *j, r0_span text)
{
    r0i_reader p;
    memset(&p, 0, sizeof p);
    p.judge = j;
    p.begin = p.at = text.data;
    p.end = text.data + text.size;
    int32_t node = r0i_python_sum(&p);
    return p.failed || j->spent || r0i_python_skip(&p) < p.end ? 0 : node;
}

// At most two different letters in both texts, without those of sqrt and frac; and no dangerous exponents.
static bool r0i_ruler_may_evaluate(r0_span a, r0_span b)
{
    uint32_t letters[3] = {0, 0, 0};
    int count = 0;
    r0_span both[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        const char *c = both[k].data, *end = c + both[k].size;
        while (c < end) {
            if (r0i_word_at(c, end, "sqrt") || r0i_word_at(c, end, "frac")) {
                c += 4;
                continue;
            }
            if (*c == '^' && c + 1 < end) {
                const char *d = c + 1;
                while (d < end && r0i_is_digit(*d)) d++;
                if (c[1] == '{' || c[1] == '(' || d - c > 2 || (d > c + 1 && d < end && *d == '^')) return false;
            }
            size_t size = r0i_utf8_size(c, end);
            uint32_t code = 0;
            for (size_t i = 0; i < size && i < 4; i++) code = code << 8 | (uint8_t)c[i];
            bool known = !r0i_python_letter(c, end);
            for (int i = 0; i < count; i++) known |= letters[i] == code;
            if (!known && count == 2) return false;
            if (!known) letters[count++] = code;
            c += size;
        }
    }
    return true;
}

// simplify(a - b) == 0. Decimals are doubles to sympy, so constants with one must agree to the last bit.
static r0_equality r0i_ruler_evaluate(r0i_judge *j, r0_span gold, r0_span pred)
{
    if (!r0i_ruler_may_evaluate(gold, pred)) return R0_UNEQUAL;
    j->used = 0;
    int32_t a = r0i_python_parse(j, gold), b = a ? r0i_python_parse(j, pred) : 0;
    if (j->spent) return R0_UNDECIDED;
    if (!a || !b) return R0_UNEQUAL;
    unsigned features = r0i_features(j, a) | r0i_features(j, b);
    r0_equality equal = r0i_compare_entry(j, a, b, 0, 0, 0, 0, features & ~(unsigned)R0I_HAS_DECIMAL);
    if (equal == R0_EQUAL && (features & (R0I_HAS_DECIMAL | R0I_HAS_SYMBOL)) == R0I_HAS_DECIMAL) {
        r0i_place place = {0, 0, 0, 0}; // no decimal is a root, however near
        r0i_value va = r0i_evaluate(j, a, &place), vb = r0i_evaluate(j, b, &place);
        if (va.exact != vb.exact) equal = R0_UNEQUAL;
    }
    if (equal == R0_UNEQUAL && (features & R0I_HAS_DECIMAL) && !(features & (R0I_HAS_SYMBOL | R0I_HAS_LONG))) {
        r0i_place place = {0, 0, 0, 0};
        r0i_value va = r0i_evaluate(j, a, &place), vb = r0i_evaluate(j, b, &place);
        if (va.defined && vb.defined && va.re == vb.re && va.im == vb.im) equal = R0_EQUAL;
    }
    return equal;
}

// ^-?[0-9]+.?/0*[1-9][0-9]*.?$ : a fraction of integers, maybe with a stray character after either.
static bool r0i_ruler_is_fraction(r0_span text)
{
    const char *c = text.data, *end = c + text.size;
    if (c < end && *c == '-') c++;
    const char *digits = c;
    while (c < end && r0i_is_digit(*c)) c++;
    if (c == digits) return false;
    if (c < end && *c != '/') c += r0i_utf8_size(c, end);
    if (c >= end || *c++ != '/') return false;
    while (c < end && *c == '0') c++;
    digits = c;
    while (c < end && r0i_is_digit(*c)) c++;
    if (c == digits) return false;
    return c == end || c + r0i_utf8_size(c, end) == end;
}

static r0_equality r0i_ruler_compare_member(r0i_judge *j, r0_span gold, r0_span pred)
{
    if (r0i_ruler_is_fraction(gold) && r0i_ruler_is_fraction(pred))
        return r0i_decide(j, r0i_span_equal(gold, pred) ? R0_EQUAL : R0_UNEQUAL, "fractions");
    if (r0i_ruler_is_integer(j, gold) != r0i_ruler_is_integer(j, pred)) return r0i_decide(j, R0_UNEQUAL, "integer");
    return r0i_decide(j, r0i_ruler_evaluate(j, gold, pred), "value");
}

// Does the text open and close with a bracket, and hold none between? Then its members are split at commas.
static bool r0i_ruler_is_tuple(r0_span text)
{
    if (text.size < 3 || !r0i_one_of(text.data[0], "()[]") || !r0i_one_of(text.data[text.size - 1], "()[]")) return false;
    for (size_t i = 1; i + 1 < text.size; i++)
        if (text.data[i] && r0i_one_of(text.data[i], "()[]")) return false;
    return true;
}

static r0_span r0i_ruler_member(r0_span *rest, bool tuple)
{
    const char *comma = tuple && rest->size ? (const char *)memchr(rest->data, ',', rest->size) : NULL, *end = rest->data + rest->size;
    r0_span member = r0i_span(rest->data, comma ? comma : end);
    *rest = comma ? r0i_span(comma + 1, end) : r0i_span(NULL, NULL);
    return r0i_trim(member);
}

static size_t r0i_ruler_count(r0_span text, bool tuple)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size && tuple; i++) count += text.data[i] == ',';
    return text.size ? count : 0;
}

static r0_equality r0i_ruler_compare(r0i_judge *j, r0i_ruler *gold, r0i_ruler *pred)
{
    r0_span a = r0i_ruler_span(gold), b = r0i_ruler_span(pred);
    if (r0i_span_equal(a, b)) return r0i_decide(j, R0_EQUAL, "text");
    if (!b.size) return r0i_decide(j, R0_UNEQUAL, "empty");
    char first = a.size ? a.data[0] : 0, last = a.size ? a.data[a.size - 1] : 0;
    bool brackets = first == b.data[0] && last == b.data[b.size - 1];
    r0i_ruler_strip_commas(gold);
    r0i_ruler_strip_commas(pred);
    a = r0i_ruler_span(gold), b = r0i_ruler_span(pred);
    bool tuple_a = r0i_ruler_is_tuple(a), tuple_b = r0i_ruler_is_tuple(b);
    size_t count = r0i_ruler_count(a, tuple_a);
    if ((count > 1 && !brackets) || count != r0i_ruler_count(b, tuple_b)) return r0i_decide(j, R0_UNEQUAL, "tuple");
    if (tuple_a) a = r0i_span(a.data + 1, a.data + a.size - 1);
    if (tuple_b) b = r0i_span(b.data + 1, b.data + b.size - 1);
    r0_equality equal = R0_UNEQUAL;
    for (size_t i = 0; i < count; i++) {
        r0_span x = r0i_ruler_member(&a, tuple_a), y = r0i_ruler_member(&b, tuple_b);
        equal = r0i_ruler_compare_member(j, x, y);
        if (equal != R0_EQUAL || j->spent) break;
    }
    return equal;
}

static r0_equality r0i_judge_mathruler(r0i_judge *j, r0_span gold, r0_span pred)
{
    r0i_ruler a = {j, {j->context, NULL, 0, 0, false}, false}, b = a;
    r0_equality equal;
    r0i_ruler_math(&a, gold);
    r0i_ruler_math(&b, pred);
    if (r0i_span_equal(r0i_ruler_span(&a), r0i_ruler_span(&b))) {
        equal = r0i_decide(j, R0_EQUAL, "normalised text");
    } else {
        r0i_ruler_normalize(&a, gold);
        r0i_ruler_normalize(&b, pred);
        equal = r0i_ruler_compare(j, &a, &b);
    }
    if (a.text.failed || b.text.failed || j->spent) equal = r0i_decide(j, R0_UNDECIDED, "step budget");
    r0i_text_free(&a.text);
    r0i_text_free(&b.text);
    return equal;
}

// -- the entry --

// A plain integer without its leading zeros: digits, and whether it is negative.
static bool r0i_plain_integer(r0_span text, r0_span *digits, bool *negative)
{
    const char *c = text.data, *end = c + text.size;
    *negative = c < end && *c == '-';
    c += *negative;
    if (c >= end) return false;
    for (const char *d = c; d < end; d++)
        if (!r0i_is_digit(*d)) return false;
    while (c + 1 < end && *c == '0') c++;
    if (*c == '0') *negative = false;
    *digits = r0i_span(c, end);
    return true;
}

// What most comparisons of a training run are: the same bytes, or two integers. No memory, no trees.
static bool r0i_judge_fast(r0_span gold, r0_span pred, r0_judge_mode mode, r0_verdict *verdict)
{
    r0_span a, b;
    bool negative_a, negative_b;
    verdict->steps = 1;
    verdict->reason = "identical";
    verdict->equal = R0_EQUAL;
    if (r0i_span_equal(gold, pred)) return true;
    if (!r0i_plain_integer(gold, &a, &negative_a) || !r0i_plain_integer(pred, &b, &negative_b)) return false;
    if (mode == R0_JUDGE_MATHRULER && (a.size > 15 || b.size > 15)) return false; // it rounds to a double
    verdict->reason = "integers";
    verdict->equal = negative_a == negative_b && r0i_span_equal(a, b) ? R0_EQUAL : R0_UNEQUAL;
    return true;
}

R0_API r0_status r0_answer_equal_places(r0_context *context, r0_span gold, r0_span pred, r0_judge_mode mode, int places,
                                        r0_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->reason = "";
    if (mode == R0_JUDGE_STRICT) gold = r0i_trim(gold), pred = r0i_trim(pred);
    if (r0i_judge_fast(gold, pred, mode, verdict)) return R0_OK;
    if (gold.size > R0I_ANSWER_LIMIT || pred.size > R0I_ANSWER_LIMIT) {
        verdict->equal = R0_UNDECIDED;
        verdict->reason = "too long";
        return R0_OK;
    }
    r0i_judge *j = R0I_NEW(context, r0i_judge, 1);
    if (!j) return R0_ERROR_MEMORY;
    j->context = context;
    j->places = R0I_MAX(1, R0I_MIN(places, 15));
    j->reason = "";
    verdict->equal = mode == R0_JUDGE_STRICT ? r0i_judge_strict(j, gold, pred) : r0i_judge_mathruler(j, gold, pred);
    verdict->reason = j->reason;
    verdict->steps = j->steps;
    r0i_free(context, j);
    return R0_OK;
}

R0_API r0_status r0_answer_equal(r0_context *context, r0_span gold, r0_span pred, r0_judge_mode mode, r0_verdict *verdict)
{
    return r0_answer_equal_places(context, gold, pred, mode, 6, verdict);
}

// >>ops
//
// What a device is asked to do, and how a plain CPU does it. The ops are few and dumb: arrays in, arrays out. Here every
// one has its formula and a reference that reads like the formula, forward beside backward; tests check the references by
// finite differences, and everything faster (>>kernels, >>vulkan) against the references.

// -- buffers and dispatch: what both devices share --

static r0_status r0i_buffer_create(r0i_device *device, size_t count, size_t size, r0i_buffer *buffer)
{
    memset(buffer, 0, sizeof *buffer);
    if (size && count > SIZE_MAX / size)
        return r0i_fail(device->context, R0_ERROR_MEMORY, "device buffer: %zu elements of %zu bytes overflow", count, size);
    buffer->device = device;
    buffer->size = count * size;
    r0_status status = device->functions->buffer_create(device, buffer);
    if (status) {
        memset(buffer, 0, sizeof *buffer);
        return status;
    }
    device->bytes += buffer->size;
    device->peak_bytes = R0I_MAX(device->peak_bytes, device->bytes);
    return R0_OK;
}

static void r0i_buffer_destroy(r0i_buffer *buffer)
{
    if (!buffer->device) return;
    buffer->device->bytes -= buffer->size;
    buffer->device->functions->buffer_destroy(buffer->device, buffer);
    memset(buffer, 0, sizeof *buffer);
}

static r0i_view r0i_view_all(r0i_buffer *buffer)
{
    r0i_view view = {buffer, 0, buffer->size};
    return view;
}

static r0i_view r0i_view_part(r0i_view view, size_t first, size_t count, size_t size)
{
    r0i_view part = {view.buffer, view.offset + first * size, count * size};
    return part;
}

static void r0i_write(r0i_view to, const void *from)
{
    to.buffer->device->functions->write(to.buffer->device, to, from);
}

static r0_status r0i_read(r0i_view from, void *to)
{
    return from.buffer->device->functions->read(from.buffer->device, from, to);
}

static void r0i_copy(r0i_view to, r0i_view from)
{
    to.buffer->device->functions->copy(to.buffer->device, to, from);
}

// -- calling an op --

// What the op table says of one call.
typedef struct r0i_op_facts {
    const char *name;
    int buffers;
    int64_t items;
    double work; // flops of one item
} r0i_op_facts;

static r0i_op_facts r0i_op_look(r0i_op op, const void *args)
{
    r0i_op_facts facts = R0_ZERO;
    switch (op) {
#define R0I_X(title, type, operands, outputs, count, flops)                                                            \
    case R0I_OP_##title: {                                                                                             \
        const r0i_##type##_args *a = (const r0i_##type##_args *)args;                                                  \
        facts.name = #title;                                                                                           \
        facts.buffers = operands;                                                                                      \
        facts.items = (int64_t)(count);                                                                                \
        facts.work = (double)(flops);                                                                                  \
        break;                                                                                                         \
    }
        R0I_OPS(R0I_X)
#undef R0I_X
    case R0I_OP_COUNT: break;
    }
    return facts;
}

// The elements that an operand must hold at least, by the letter in r0i_op_shapes. `u` are the arguments as words: rows
// (count, m) come first in every struct, then cols (heads, vocab, n).
static uint64_t r0i_op_elements(char shape, const uint32_t u[4])
{
    uint64_t N = u[0], C = u[1];
    switch (shape) {
    case 'N': return N;
    case 'M': return N + 1;
    case '2': return 2 * N;
    case 'B': return (N + R0I_SUM_BLOCK - 1) / R0I_SUM_BLOCK;
    case 'C': return C;
    case 'X': return N * C;              // also (N, H) of attention's lse and delta
    case 'A': return N * u[2];           // matmul: the left operand,
    case 'W': return C * u[2];           // and the right
    case 'R': return N * C * u[2];       // rope: N rows of heads * D
    case 'Q': return N * C * u[3];       // attention: N rows of H * D,
    case 'K': return N * u[2] * u[3];    // and of G * D
    default: return 0;                   // '.': indices decide (tables, caches, gathered rows)
    }
}

// One letter per operand, in the order of R0I_OPS; tests check that none is missing.
static const char *r0i_op_shapes(r0i_op op)
{
    static const char *const shapes[R0I_OP_COUNT] = {
        "XN.",    "...MN",                    // embedding
        "XNXC",   "XXXCN",     "CXXN",        // rms_norm
        "RN.",                                // rope
        "XAW",    "XAW",       "XAW",         // matmul
        "XC",     "CX",                       // bias
        "QXQKKN", "QXQQXQKKN", "KKQXXQKKN", "QQ..NN", // attention
        "..NNN",                              // kv_write
        "NNN",    "NNNNN",     "NN",          // swiglu, add
        "X.N",    ".XN",                      // rows
        "NNNNXN", "XXNNN",     "NNX2N",       // token_logp, sample
        "NNNN",   "BN",        "N",           // adamw, sum_squares, fill
    };
    return shapes[op];
}

// All ops pass here. An operand too small for the arguments is a bug of ours: it marks the device, and nothing runs.
static void r0i_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    uint32_t words[4] = {0, 0, 0, 0};
    memcpy(words, args, R0I_MIN(args_size, sizeof words));
    if (device->status || !words[0]) return;
    const char *shapes = r0i_op_shapes(op);
    for (int i = 0; shapes[i]; i++) {
        uint64_t needed = r0i_op_elements(shapes[i], words) * 4;
        if (views[i].buffer && views[i].size >= needed) continue;
        device->status = r0i_fail(device->context, R0_ERROR_INTERNAL, "%s: operand %d has %zu bytes, needs %llu",
                                  r0i_op_look(op, args).name, i, views[i].size, (unsigned long long)needed);
        return;
    }
    device->functions->run(device, op, args, args_size, views);
}

static void r0i_embedding_forward(r0i_device *device, r0i_view y, r0i_view ids, r0i_view table, uint32_t rows,
                                  uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {y, ids, table};
    r0i_run(device, R0I_OP_embedding_forward, &args, sizeof args, views);
}

static void r0i_embedding_backward(r0i_device *device, r0i_view dtable, r0i_view dy, r0i_view order,
                                   r0i_view starts, r0i_view ids, uint32_t rows, uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {dtable, dy, order, starts, ids};
    r0i_run(device, R0I_OP_embedding_backward, &args, sizeof args, views);
}

static void r0i_rms_norm_forward(r0i_device *device, r0i_view y, r0i_view rstd, r0i_view x, r0i_view w,
                                 uint32_t rows, uint32_t cols, float eps, uint32_t accumulate)
{
    r0i_norm_args args = {rows, cols, eps, accumulate};
    r0i_view views[] = {y, rstd, x, w};
    r0i_run(device, R0I_OP_rms_norm_forward, &args, sizeof args, views);
}

static void r0i_rms_norm_backward(r0i_device *device, r0i_view dx, r0i_view dy, r0i_view x, r0i_view w,
                                  r0i_view rstd, uint32_t rows, uint32_t cols, float eps, uint32_t accumulate)
{
    r0i_norm_args args = {rows, cols, eps, accumulate};
    r0i_view views[] = {dx, dy, x, w, rstd};
    r0i_run(device, R0I_OP_rms_norm_backward, &args, sizeof args, views);
}

static void r0i_rms_norm_weight_backward(r0i_device *device, r0i_view dw, r0i_view dy, r0i_view x,
                                         r0i_view rstd, uint32_t rows, uint32_t cols, float eps,
                                         uint32_t accumulate)
{
    r0i_norm_args args = {rows, cols, eps, accumulate};
    r0i_view views[] = {dw, dy, x, rstd};
    r0i_run(device, R0I_OP_rms_norm_weight_backward, &args, sizeof args, views);
}

static void r0i_rope(r0i_device *device, r0i_view x, r0i_view position, r0i_view table, uint32_t rows,
                     uint32_t heads, uint32_t dim, float sign)
{
    r0i_rope_args args = {rows, heads, dim, sign};
    r0i_view views[] = {x, position, table};
    r0i_run(device, R0I_OP_rope, &args, sizeof args, views);
}

static void r0i_matmul_nt(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate)
{
    r0i_matmul_args args = {m, n, k, accumulate};
    r0i_view views[] = {y, x, w};
    r0i_run(device, R0I_OP_matmul_nt, &args, sizeof args, views);
}

static void r0i_matmul_nn(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate)
{
    r0i_matmul_args args = {m, n, k, accumulate};
    r0i_view views[] = {y, x, w};
    r0i_run(device, R0I_OP_matmul_nn, &args, sizeof args, views);
}

static void r0i_matmul_tn(r0i_device *device, r0i_view y, r0i_view x, r0i_view w, uint32_t m, uint32_t n,
                          uint32_t k, uint32_t accumulate)
{
    r0i_matmul_args args = {m, n, k, accumulate};
    r0i_view views[] = {y, x, w};
    r0i_run(device, R0I_OP_matmul_tn, &args, sizeof args, views);
}

static void r0i_bias_forward(r0i_device *device, r0i_view y, r0i_view b, uint32_t rows, uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {y, b};
    r0i_run(device, R0I_OP_bias_forward, &args, sizeof args, views);
}

static void r0i_bias_backward(r0i_device *device, r0i_view db, r0i_view dy, uint32_t rows, uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {db, dy};
    r0i_run(device, R0I_OP_bias_backward, &args, sizeof args, views);
}

static void r0i_attention_forward(r0i_device *device, r0i_view y, r0i_view lse, r0i_view q, r0i_view k,
                                  r0i_view v, r0i_view begin, uint32_t rows, uint32_t heads, uint32_t kv_heads,
                                  uint32_t dim, float scale)
{
    r0i_attention_args args = {rows, heads, kv_heads, dim, scale};
    r0i_view views[] = {y, lse, q, k, v, begin};
    r0i_run(device, R0I_OP_attention_forward, &args, sizeof args, views);
}

static void r0i_attention_backward_q(r0i_device *device, r0i_view dq, r0i_view delta, r0i_view dy, r0i_view y,
                                     r0i_view lse, r0i_view q, r0i_view k, r0i_view v, r0i_view begin,
                                     uint32_t rows, uint32_t heads, uint32_t kv_heads, uint32_t dim,
                                     float scale)
{
    r0i_attention_args args = {rows, heads, kv_heads, dim, scale};
    r0i_view views[] = {dq, delta, dy, y, lse, q, k, v, begin};
    r0i_run(device, R0I_OP_attention_backward_q, &args, sizeof args, views);
}

static void r0i_attention_backward_kv(r0i_device *device, r0i_view dk, r0i_view dv, r0i_view dy, r0i_view lse,
                                      r0i_view delta, r0i_view q, r0i_view k, r0i_view v, r0i_view end,
                                      uint32_t rows, uint32_t heads, uint32_t kv_heads, uint32_t dim,
                                      float scale)
{
    r0i_attention_args args = {rows, heads, kv_heads, dim, scale};
    r0i_view views[] = {dk, dv, dy, lse, delta, q, k, v, end};
    r0i_run(device, R0I_OP_attention_backward_kv, &args, sizeof args, views);
}

static void r0i_attention_decode(r0i_device *device, r0i_view y, r0i_view q, r0i_view cache_k, r0i_view cache_v,
                                 r0i_view slot, r0i_view length, uint32_t rows, uint32_t heads,
                                 uint32_t kv_heads, uint32_t dim, uint32_t capacity, float scale)
{
    r0i_decode_args args = {rows, heads, kv_heads, dim, capacity, scale};
    r0i_view views[] = {y, q, cache_k, cache_v, slot, length};
    r0i_run(device, R0I_OP_attention_decode, &args, sizeof args, views);
}

static void r0i_kv_write(r0i_device *device, r0i_view cache, r0i_view x, r0i_view row, r0i_view slot,
                         r0i_view position, uint32_t count, uint32_t cols, uint32_t capacity)
{
    r0i_kv_args args = {count, cols, capacity};
    r0i_view views[] = {cache, x, row, slot, position};
    r0i_run(device, R0I_OP_kv_write, &args, sizeof args, views);
}

static void r0i_swiglu_forward(r0i_device *device, r0i_view y, r0i_view gate, r0i_view up, uint32_t count,
                               float value)
{
    r0i_count_args args = {count, value};
    r0i_view views[] = {y, gate, up};
    r0i_run(device, R0I_OP_swiglu_forward, &args, sizeof args, views);
}

static void r0i_swiglu_backward(r0i_device *device, r0i_view dgate, r0i_view dup, r0i_view dy, r0i_view gate,
                                r0i_view up, uint32_t count, float value)
{
    r0i_count_args args = {count, value};
    r0i_view views[] = {dgate, dup, dy, gate, up};
    r0i_run(device, R0I_OP_swiglu_backward, &args, sizeof args, views);
}

static void r0i_add(r0i_device *device, r0i_view y, r0i_view x, uint32_t count, float value)
{
    r0i_count_args args = {count, value};
    r0i_view views[] = {y, x};
    r0i_run(device, R0I_OP_add, &args, sizeof args, views);
}

static void r0i_rows_gather(r0i_device *device, r0i_view y, r0i_view x, r0i_view index, uint32_t rows,
                            uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {y, x, index};
    r0i_run(device, R0I_OP_rows_gather, &args, sizeof args, views);
}

static void r0i_rows_scatter(r0i_device *device, r0i_view dx, r0i_view dy, r0i_view index, uint32_t rows,
                             uint32_t cols)
{
    r0i_rows_args args = {rows, cols};
    r0i_view views[] = {dx, dy, index};
    r0i_run(device, R0I_OP_rows_scatter, &args, sizeof args, views);
}

static void r0i_token_logp_forward(r0i_device *device, r0i_view logp, r0i_view entropy, r0i_view certainty,
                                   r0i_view lse, r0i_view logits, r0i_view target, uint32_t rows,
                                   uint32_t vocab, float inv_temperature)
{
    r0i_logp_args args = {rows, vocab, inv_temperature};
    r0i_view views[] = {logp, entropy, certainty, lse, logits, target};
    r0i_run(device, R0I_OP_token_logp_forward, &args, sizeof args, views);
}

static void r0i_token_logp_backward(r0i_device *device, r0i_view dlogits, r0i_view logits, r0i_view lse,
                                    r0i_view target, r0i_view dlogp, uint32_t rows, uint32_t vocab,
                                    float inv_temperature)
{
    r0i_logp_args args = {rows, vocab, inv_temperature};
    r0i_view views[] = {dlogits, logits, lse, target, dlogp};
    r0i_run(device, R0I_OP_token_logp_backward, &args, sizeof args, views);
}

static void r0i_sample(r0i_device *device, r0i_view token, r0i_view logp, r0i_view logits, r0i_view key,
                       r0i_view position, uint32_t rows, uint32_t vocab, float temperature, uint32_t top_k,
                       float top_p)
{
    r0i_sample_args args = {rows, vocab, temperature, top_k, top_p};
    r0i_view views[] = {token, logp, logits, key, position};
    r0i_run(device, R0I_OP_sample, &args, sizeof args, views);
}

static void r0i_adamw(r0i_device *device, r0i_view w, r0i_view m, r0i_view v, r0i_view g, uint32_t count,
                      float lr, float beta1, float beta2, float eps, float weight_decay, float correction1,
                      float correction2, float gradient_scale)
{
    r0i_adamw_args args = {count, lr, beta1, beta2, eps, weight_decay, correction1, correction2, gradient_scale};
    r0i_view views[] = {w, m, v, g};
    r0i_run(device, R0I_OP_adamw, &args, sizeof args, views);
}

static void r0i_sum_squares(r0i_device *device, r0i_view partial, r0i_view x, uint32_t count, float value)
{
    r0i_count_args args = {count, value};
    r0i_view views[] = {partial, x};
    r0i_run(device, R0I_OP_sum_squares, &args, sizeof args, views);
}

static void r0i_fill(r0i_device *device, r0i_view y, uint32_t count, float value)
{
    r0i_count_args args = {count, value};
    r0i_view views[] = {y};
    r0i_run(device, R0I_OP_fill, &args, sizeof args, views);
}

// -- the references: one function per op, forward beside backward; [begin, end) are items of the op --
//
// Each item is computed alone, in one fixed order of additions. So its bits depend on its own row, never on the batch,
// on where the batch was cut, or on how many threads share it; the fast versions keep the same promise.

#define R0I_ARGS(type) const r0i_##type##_args *a = (const r0i_##type##_args *)args
#define R0I_OUT(name, index) r0i_real *name = (r0i_real *)b[index]
#define R0I_IN(name, index) const r0i_real *name = (const r0i_real *)b[index]
#define R0I_IN_I32(name, index) const int32_t *name = (const int32_t *)b[index]

#ifdef R0_DOUBLE
static r0i_real r0i_exp(r0i_real x) { return exp(x); }
static r0i_real r0i_ln(r0i_real x) { return log(x); }
static r0i_real r0i_sqrt(r0i_real x) { return sqrt(x); }
#define R0I_REAL_MAX DBL_MAX
#else
static r0i_real r0i_exp(r0i_real x) { return expf(x); }
static r0i_real r0i_ln(r0i_real x) { return logf(x); }
static r0i_real r0i_sqrt(r0i_real x) { return sqrtf(x); }
#define R0I_REAL_MAX FLT_MAX
#endif

static r0i_real r0i_dot(const r0i_real *x, const r0i_real *y, size_t count)
{
    r0i_real sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

// y += s x
static void r0i_axpy(r0i_real *y, r0i_real s, const r0i_real *x, size_t count)
{
    for (size_t i = 0; i < count; i++) y[i] += s * x[i];
}

// embedding: y_t = table[ids_t]. Backward: dtable[id] += sum of dy_t over the t with ids_t = id. The caller sorts the
// rows by token, so that every token's sum is one item and no two threads add to one row.
static void r0i_cpu_embedding_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(y, 0);
    R0I_IN_I32(ids, 1);
    R0I_IN(table, 2);
    size_t C = a->cols;
    for (int64_t t = begin; t < end; t++) memcpy(y + (size_t)t * C, table + (size_t)ids[t] * C, C * sizeof *y);
}

static void r0i_cpu_embedding_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(dtable, 0);
    R0I_IN(dy, 1);
    R0I_IN_I32(order, 2);
    R0I_IN_I32(starts, 3);
    R0I_IN_I32(ids, 4);
    size_t C = a->cols;
    for (int64_t u = begin; u < end; u++)
        for (int32_t i = starts[u]; i < starts[u + 1]; i++)
            r0i_axpy(dtable + (size_t)ids[u] * C, 1, dy + (size_t)order[i] * C, C);
}

// RMSNorm: rstd = 1 / sqrt(mean(x^2) + eps), xhat = x rstd, y = xhat w.
// Backward, with g = dy w: dx = rstd (g - xhat mean(g xhat)), dw = sum over rows of dy xhat.
static void r0i_cpu_rms_norm_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(norm);
    R0I_OUT(y, 0);
    R0I_OUT(rstd, 1);
    R0I_IN(x, 2);
    R0I_IN(w, 3);
    size_t C = a->cols;
    for (int64_t t = begin; t < end; t++) {
        const r0i_real *xt = x + (size_t)t * C;
        rstd[t] = 1 / r0i_sqrt(r0i_dot(xt, xt, C) / (r0i_real)C + a->eps);
        for (size_t c = 0; c < C; c++) y[(size_t)t * C + c] = xt[c] * rstd[t] * w[c];
    }
}

static void r0i_cpu_rms_norm_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(norm);
    R0I_OUT(dx, 0);
    R0I_IN(dy, 1);
    R0I_IN(x, 2);
    R0I_IN(w, 3);
    R0I_IN(rstd, 4);
    size_t C = a->cols;
    for (int64_t t = begin; t < end; t++) {
        const r0i_real *dyt = dy + (size_t)t * C, *xt = x + (size_t)t * C;
        r0i_real mean = 0;
        for (size_t c = 0; c < C; c++) mean += dyt[c] * w[c] * (xt[c] * rstd[t]);
        mean /= (r0i_real)C;
        for (size_t c = 0; c < C; c++) {
            r0i_real d = rstd[t] * (dyt[c] * w[c] - xt[c] * rstd[t] * mean), *to = dx + (size_t)t * C + c;
            *to = a->accumulate ? *to + d : d;
        }
    }
}

// Items are columns, walked row by row.
static void r0i_cpu_rms_norm_weight_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(norm);
    R0I_OUT(dw, 0);
    R0I_IN(dy, 1);
    R0I_IN(x, 2);
    R0I_IN(rstd, 3);
    size_t C = a->cols;
    for (size_t t = 0; t < a->rows; t++)
        for (size_t c = (size_t)begin; c < (size_t)end; c++) dw[c] += dy[t * C + c] * x[t * C + c] * rstd[t];
}

// RoPE as Hugging Face has it: dimension i < D/2 of every head turns with dimension i + D/2 by the angle of its position,
// (x_i, x_j) -> (x_i cos - x_j sin, x_j cos + x_i sin). The backward pass is the inverse rotation: sign -1.
static void r0i_cpu_rope(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rope);
    R0I_OUT(x, 0);
    R0I_IN_I32(position, 1);
    R0I_IN(table, 2);
    size_t half = a->dim / 2;
    for (int64_t t = begin; t < end; t++) {
        const r0i_real *turn = table + (size_t)position[t] * a->dim;
        for (size_t h = 0; h < a->heads; h++) {
            r0i_real *low = x + ((size_t)t * a->heads + h) * a->dim, *high = low + half;
            for (size_t i = 0; i < half; i++) {
                r0i_real cosine = turn[2 * i], sine = turn[2 * i + 1] * a->sign, xi = low[i], xj = high[i];
                low[i] = xi * cosine - xj * sine;
                high[i] = xj * cosine + xi * sine;
            }
        }
    }
}

// Linear layers. Forward y = x w^T (nt); backward dx = dy w (nn) and dw = dy^T x (tn). Every element is the sum over k in
// order, then added to y when accumulating. Items are rows of y.
static void r0i_cpu_matmul_nt(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(matmul);
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    R0I_IN(w, 2);
    for (size_t i = (size_t)begin; i < (size_t)end; i++)
        for (size_t j = 0; j < a->n; j++) {
            r0i_real sum = r0i_dot(x + i * a->k, w + j * a->k, a->k), *to = y + i * a->n + j;
            *to = a->accumulate ? *to + sum : sum;
        }
}

static void r0i_cpu_matmul_nn(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(matmul);
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    R0I_IN(w, 2);
    for (size_t i = (size_t)begin; i < (size_t)end; i++) {
        r0i_real *yi = y + i * a->n;
        if (!a->accumulate) memset(yi, 0, a->n * sizeof *yi);
        for (size_t p = 0; p < a->k; p++) r0i_axpy(yi, x[i * a->k + p], w + p * a->n, a->n);
    }
}

static void r0i_cpu_matmul_tn(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(matmul);
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    R0I_IN(w, 2);
    if (!a->accumulate) memset(y + (size_t)begin * a->n, 0, (size_t)(end - begin) * a->n * sizeof *y);
    for (size_t p = 0; p < a->k; p++)
        for (size_t i = (size_t)begin; i < (size_t)end; i++) r0i_axpy(y + i * a->n, x[p * a->m + i], w + p * a->n, a->n);
}

// bias: y_t += b. Backward: db += sum over rows of dy_t.
static void r0i_cpu_bias_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(y, 0);
    R0I_IN(bias, 1);
    for (int64_t t = begin; t < end; t++) r0i_axpy(y + (size_t)t * a->cols, 1, bias, a->cols);
}

static void r0i_cpu_bias_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(db, 0);
    R0I_IN(dy, 1);
    for (size_t t = 0; t < a->rows; t++)
        r0i_axpy(db + begin, 1, dy + t * a->cols + begin, (size_t)(end - begin));
}

// Attention of one query over `count` keys: p = softmax(scale q.k_j), y = sum_j p_j v_j. The softmax is taken online: the
// maximum so far is m, s = sum exp(z_j - m), y = sum exp(z_j - m) v_j, rescaled whenever m grows. Packed sequences and
// the decoding cache call this one function, hence agree to the last bit. Returns lse = m + log s.
static r0i_real r0i_attend(r0i_real *y, const r0i_real *q, const r0i_real *k, const r0i_real *v, size_t count,
                           size_t stride, size_t D, r0i_real scale)
{
    r0i_real m = -R0I_REAL_MAX, s = 0;
    memset(y, 0, D * sizeof *y);
    for (size_t j = 0; j < count; j++) {
        r0i_real z = scale * r0i_dot(q, k + j * stride, D), shrink = 1;
        if (z > m) {
            shrink = r0i_exp(m - z);
            m = z;
        }
        r0i_real p = r0i_exp(z - m);
        s = s * shrink + p;
        for (size_t i = 0; i < D; i++) y[i] = y[i] * shrink + p * v[j * stride + i];
    }
    for (size_t i = 0; i < D; i++) y[i] /= s;
    return m + r0i_ln(s);
}

// Row t attends to rows begin_t..t of its own sequence; head h reads the keys of head h / (H / G).
static void r0i_cpu_attention_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(attention);
    R0I_OUT(y, 0);
    R0I_OUT(lse, 1);
    R0I_IN(q, 2);
    R0I_IN(k, 3);
    R0I_IN(v, 4);
    R0I_IN_I32(first, 5);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    for (size_t t = (size_t)begin; t < (size_t)end; t++)
        for (size_t h = 0; h < H; h++) {
            size_t from = ((size_t)first[t] * G + h / (H / G)) * D, row = t * H + h;
            lse[row] = r0i_attend(y + row * D, q + row * D, k + from, v + from, t + 1 - (size_t)first[t], G * D, D, a->scale);
        }
}

// Row r attends to the first length_r positions of its slot of the cache.
static void r0i_cpu_attention_decode(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(decode);
    R0I_OUT(y, 0);
    R0I_IN(q, 1);
    R0I_IN(k, 2);
    R0I_IN(v, 3);
    R0I_IN_I32(slot, 4);
    R0I_IN_I32(length, 5);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    for (size_t r = (size_t)begin; r < (size_t)end; r++)
        for (size_t h = 0; h < H; h++) {
            size_t from = ((size_t)slot[r] * a->capacity * G + h / (H / G)) * D, row = r * H + h;
            r0i_attend(y + row * D, q + row * D, k + from, v + from, (size_t)length[r], G * D, D, a->scale);
        }
}

// Backward of attention, without ever storing the probabilities: p_tj = exp(scale q_t.k_j - lse_t) is computed again.
//   delta_t = dy_t.y_t     dz_tj = p_tj (dy_t.v_j - delta_t)
//   dq_t = scale sum_j dz_tj k_j     dk_j = scale sum_t dz_tj q_t     dv_j = sum_t p_tj dy_t
// dq goes by query rows and dk, dv by key rows, so that each thread writes only rows of its own.
static void r0i_cpu_attention_backward_q(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(attention);
    R0I_OUT(dq, 0);
    R0I_OUT(delta, 1);
    R0I_IN(dy, 2);
    R0I_IN(y, 3);
    R0I_IN(lse, 4);
    R0I_IN(q, 5);
    R0I_IN(k, 6);
    R0I_IN(v, 7);
    R0I_IN_I32(first, 8);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    for (size_t t = (size_t)begin; t < (size_t)end; t++)
        for (size_t h = 0; h < H; h++) {
            size_t row = t * H + h;
            memset(dq + row * D, 0, D * sizeof *dq);
            delta[row] = r0i_dot(dy + row * D, y + row * D, D);
            for (size_t j = (size_t)first[t]; j <= t; j++) {
                size_t key = (j * G + h / (H / G)) * D;
                r0i_real p = r0i_exp(a->scale * r0i_dot(q + row * D, k + key, D) - lse[row]);
                r0i_real dz = p * (r0i_dot(dy + row * D, v + key, D) - delta[row]);
                r0i_axpy(dq + row * D, a->scale * dz, k + key, D);
            }
        }
}

static void r0i_cpu_attention_backward_kv(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(attention);
    R0I_OUT(dk, 0);
    R0I_OUT(dv, 1);
    R0I_IN(dy, 2);
    R0I_IN(lse, 3);
    R0I_IN(delta, 4);
    R0I_IN(q, 5);
    R0I_IN(k, 6);
    R0I_IN(v, 7);
    R0I_IN_I32(last, 8);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    memset(dk + (size_t)begin * G * D, 0, (size_t)(end - begin) * G * D * sizeof *dk);
    memset(dv + (size_t)begin * G * D, 0, (size_t)(end - begin) * G * D * sizeof *dv);
    for (size_t j = (size_t)begin; j < (size_t)end; j++)
        for (size_t h = 0; h < H; h++) {
            size_t key = (j * G + h / (H / G)) * D;
            for (size_t t = j; t < (size_t)last[j]; t++) {
                size_t row = t * H + h;
                r0i_real p = r0i_exp(a->scale * r0i_dot(q + row * D, k + key, D) - lse[row]);
                r0i_real dz = p * (r0i_dot(dy + row * D, v + key, D) - delta[row]);
                r0i_axpy(dk + key, a->scale * dz, q + row * D, D);
                r0i_axpy(dv + key, p, dy + row * D, D);
            }
        }
}

static void r0i_cpu_kv_write(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(kv);
    R0I_OUT(cache, 0);
    R0I_IN(x, 1);
    R0I_IN_I32(row, 2);
    R0I_IN_I32(slot, 3);
    R0I_IN_I32(position, 4);
    for (int64_t i = begin; i < end; i++) {
        size_t to = (size_t)slot[i] * a->capacity + (size_t)position[i];
        memcpy(cache + to * a->cols, x + (size_t)row[i] * a->cols, a->cols * sizeof *x);
    }
}

// SwiGLU: y = silu(g) u with silu(g) = g s, s = 1 / (1 + exp(-g)).
// Backward: du = dy g s, dg = dy u s (1 + g (1 - s)).
static void r0i_cpu_swiglu_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_OUT(y, 0);
    R0I_IN(gate, 1);
    R0I_IN(up, 2);
    (void)args;
    for (int64_t i = begin; i < end; i++) y[i] = gate[i] / (1 + r0i_exp(-gate[i])) * up[i];
}

static void r0i_cpu_swiglu_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_OUT(dgate, 0);
    R0I_OUT(dup, 1);
    R0I_IN(dy, 2);
    R0I_IN(gate, 3);
    R0I_IN(up, 4);
    (void)args;
    for (int64_t i = begin; i < end; i++) {
        r0i_real g = gate[i], u = up[i], d = dy[i], s = 1 / (1 + r0i_exp(-g)); // outputs may replace inputs
        dup[i] = d * g * s;
        dgate[i] = d * u * s * (1 + g * (1 - s));
    }
}

static void r0i_cpu_add(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    (void)args;
    for (int64_t i = begin; i < end; i++) y[i] += x[i];
}

static void r0i_cpu_rows_gather(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    R0I_IN_I32(index, 2);
    size_t C = a->cols;
    for (int64_t r = begin; r < end; r++) memcpy(y + (size_t)r * C, x + (size_t)index[r] * C, C * sizeof *y);
}

// Backward of rows_gather; rows of dx that no index names keep what they hold.
static void r0i_cpu_rows_scatter(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(rows);
    R0I_OUT(dx, 0);
    R0I_IN(dy, 1);
    R0I_IN_I32(index, 2);
    size_t C = a->cols;
    for (int64_t r = begin; r < end; r++) memcpy(dx + (size_t)index[r] * C, dy + (size_t)r * C, C * sizeof *dx);
}

// log sum exp of z = logits * inv_temperature, and, for token_logp_forward, the sums that its statistics need. sample and
// token_logp_forward both call this, so that the rollout's log-probability and the trainer's are the same bits.
typedef struct r0i_softmax_sums {
    r0i_real lse;
    r0i_real mean_z;  // mean over the vocabulary of z
    r0i_real mean_pz; // sum over the vocabulary of p z
} r0i_softmax_sums;

typedef r0i_softmax_sums (*r0i_softmax_sums_fn)(const r0i_real *logits, size_t V, r0i_real inv_temperature);

static r0i_softmax_sums r0i_cpu_softmax_sums(const r0i_real *logits, size_t V, r0i_real inv_temperature)
{
    r0i_real max = -R0I_REAL_MAX, sum = 0, sum_z = 0, sum_pz = 0;
    for (size_t i = 0; i < V; i++) max = R0I_MAX(max, logits[i] * inv_temperature);
    for (size_t i = 0; i < V; i++) {
        r0i_real z = logits[i] * inv_temperature - max, e = r0i_exp(z);
        sum += e;
        sum_z += z;
        sum_pz += e * z;
    }
    r0i_softmax_sums sums = {max + r0i_ln(sum), max + sum_z / (r0i_real)V, max + sum_pz / sum};
    return sums;
}

// With p = softmax(z): logp = z_target - lse, entropy = -sum p log p = lse - sum p z,
// certainty = KL(uniform || p) = -mean log p - log V = lse - mean z - log V.
// Backward of logp alone: dlogits_j = (1[j = target] - p_j) dlogp / T.
static void r0i_token_logp_rows(const void *args, void *const *b, int64_t begin, int64_t end, r0i_softmax_sums_fn sums_of)
{
    R0I_ARGS(logp);
    R0I_OUT(logp, 0);
    R0I_OUT(entropy, 1);
    R0I_OUT(certainty, 2);
    R0I_OUT(lse, 3);
    R0I_IN(logits, 4);
    R0I_IN_I32(target, 5);
    for (int64_t t = begin; t < end; t++) {
        const r0i_real *row = logits + (size_t)t * a->vocab;
        r0i_softmax_sums sums = sums_of(row, a->vocab, a->inv_temperature);
        lse[t] = sums.lse;
        logp[t] = row[target[t]] * a->inv_temperature - sums.lse;
        entropy[t] = sums.lse - sums.mean_pz;
        certainty[t] = sums.lse - sums.mean_z - r0i_ln((r0i_real)a->vocab);
    }
}

static void r0i_cpu_token_logp_forward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    r0i_token_logp_rows(args, b, begin, end, r0i_cpu_softmax_sums);
}

static void r0i_cpu_token_logp_backward(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(logp);
    R0I_OUT(dlogits, 0);
    R0I_IN(logits, 1);
    R0I_IN(lse, 2);
    R0I_IN_I32(target, 3);
    R0I_IN(dlogp, 4);
    for (int64_t t = begin; t < end; t++) {
        const r0i_real *row = logits + (size_t)t * a->vocab;
        r0i_real *to = dlogits + (size_t)t * a->vocab, s = dlogp[t] * a->inv_temperature;
        for (size_t i = 0; i < a->vocab; i++) to[i] = -s * r0i_exp(row[i] * a->inv_temperature - lse[t]);
        to[target[t]] += s;
    }
}

// -- sampling --
//
// Top-k keeps the k largest logits; top-p then keeps the fewest of those whose probability reaches top_p of their sum.
// Neither needs a sorted vocabulary: both ask for a threshold, which a radix select finds in four passes of 256 bins over
// the logits' bits. Ties at the threshold go to the lower ids.

// Bits that order as the floats do; -0 counts as 0.
static uint32_t r0i_order_bits(r0i_real value)
{
    float single = (float)value + 0.0f;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

typedef struct r0i_keep {
    uint32_t bits;  // tokens above are kept,
    uint32_t equal; // and of those equal to it so many, lowest ids first
} r0i_keep;

static bool r0i_keep_next(r0i_keep *keep, r0i_real logit)
{
    uint32_t bits = r0i_order_bits(logit);
    if (bits != keep->bits) return bits > keep->bits;
    if (!keep->equal) return false;
    keep->equal--;
    return true;
}

// The logits of one row; a token's weight is exp((logit - max) s).
typedef struct r0i_weighed {
    const r0i_real *logits;
    size_t V;
    r0i_real max, s;
} r0i_weighed;

static double r0i_weight_of(const r0i_weighed *row, size_t i)
{
    return (double)r0i_exp((row->logits[i] - row->max) * row->s);
}

// The threshold at which the weights of the largest logits, among those that `within` keeps, reach `goal`; counting them
// (a weight of 1 each) for top-k.
static r0i_keep r0i_select(const r0i_weighed *row, r0i_keep within, bool count, double goal)
{
    uint32_t prefix = 0, ties = 0;
    double above = 0, one = 1;
    for (int shift = 24; shift >= 0; shift -= 8) {
        double mass[256] = {0};
        uint32_t seen[256] = {0};
        r0i_keep keep = within;
        for (size_t i = 0; i < row->V; i++) {
            uint32_t bits = r0i_order_bits(row->logits[i]);
            if (!r0i_keep_next(&keep, row->logits[i]) || (shift < 24 && (bits ^ prefix) >> (shift + 8))) continue;
            mass[bits >> shift & 255] += count ? 1 : r0i_weight_of(row, i);
            seen[bits >> shift & 255]++;
        }
        int bin = 255, lowest = 0;
        while (lowest < 255 && !seen[lowest]) lowest++;
        for (; bin > lowest && above + mass[bin] < goal; bin--) above += mass[bin];
        prefix |= (uint32_t)bin << shift;
        ties = seen[bin];
        one = mass[bin] / R0I_MAX(1u, ties);
    }
    double wanted = one > 0 ? ceil((goal - above) / one) : ties;
    r0i_keep keep = {prefix, wanted < 1 ? 1 : wanted < ties ? (uint32_t)wanted : ties};
    return keep;
}

static double r0i_kept_mass(const r0i_weighed *row, r0i_keep keep)
{
    double total = 0;
    for (size_t i = 0; i < row->V; i++)
        if (r0i_keep_next(&keep, row->logits[i])) total += r0i_weight_of(row, i);
    return total;
}

static int32_t r0i_argmax(const r0i_real *logits, size_t V)
{
    size_t best = 0;
    for (size_t i = 1; i < V; i++)
        if (logits[i] > logits[best]) best = i;
    return (int32_t)best;
}

// Inverse transform: the first token, by id, at which the running mass of what is kept passes u times all of it.
typedef int32_t (*r0i_draw_fn)(const r0i_real *logits, const r0i_sample_args *a, double u);

static int32_t r0i_cpu_draw(const r0i_real *logits, const r0i_sample_args *a, double u)
{
    r0i_weighed row;
    row.logits = logits, row.V = a->vocab;
    row.max = logits[r0i_argmax(logits, a->vocab)], row.s = 1 / (r0i_real)a->temperature;
    r0i_keep keep = {0, 0};
    if (a->top_k && a->top_k < a->vocab) keep = r0i_select(&row, keep, true, a->top_k);
    double total = r0i_kept_mass(&row, keep), run = 0;
    if (a->top_p < 1) {
        keep = r0i_select(&row, keep, false, a->top_p * total);
        total = r0i_kept_mass(&row, keep);
    }
    int32_t token = 0;
    for (size_t i = 0; i < row.V; i++) {
        if (!r0i_keep_next(&keep, logits[i])) continue;
        token = (int32_t)i;
        run += r0i_weight_of(&row, i);
        if (run > u * total) break;
    }
    return token;
}

static void r0i_sample_rows(const void *args, void *const *b, int64_t begin, int64_t end, r0i_draw_fn draw,
                            r0i_softmax_sums_fn sums_of)
{
    R0I_ARGS(sample);
    int32_t *token = (int32_t *)b[0];
    R0I_OUT(logp, 1);
    R0I_IN(logits, 2);
    const uint32_t *key = (const uint32_t *)b[3];
    R0I_IN_I32(position, 4);
    r0i_real inv_temperature = a->temperature > 0 ? 1 / a->temperature : 1;
    for (int64_t r = begin; r < end; r++) {
        const r0i_real *row = logits + (size_t)r * a->vocab;
        r0i_key stream = {key[2 * r], key[2 * r + 1]};
        if (a->temperature > 0) token[r] = draw(row, a, r0i_random_uniform(stream, (uint64_t)position[r]));
        else token[r] = r0i_argmax(row, a->vocab);
        logp[r] = row[token[r]] * inv_temperature - sums_of(row, a->vocab, inv_temperature).lse;
    }
}

static void r0i_cpu_sample(const void *args, void *const *b, int64_t begin, int64_t end)
{
    r0i_sample_rows(args, b, begin, end, r0i_cpu_draw, r0i_cpu_softmax_sums);
}

// -- the optimiser's ops --

// AdamW (Loshchilov and Hutter, 2019): m and v are running means of g and g^2, corrected for their zero start; weight decay
// acts on w directly. w -= lr (m / c1 / (sqrt(v / c2) + eps) + weight_decay w).
static void r0i_cpu_adamw(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(adamw);
    R0I_OUT(w, 0);
    R0I_OUT(m, 1);
    R0I_OUT(v, 2);
    R0I_IN(g, 3);
    for (int64_t i = begin; i < end; i++) {
        r0i_real d = g[i] * a->gradient_scale;
        m[i] = a->beta1 * m[i] + (1 - a->beta1) * d;
        v[i] = a->beta2 * v[i] + (1 - a->beta2) * d * d;
        r0i_real step = m[i] / a->correction1 / (r0i_sqrt(v[i] / a->correction2) + a->eps);
        w[i] -= a->lr * (step + a->weight_decay * w[i]);
    }
}

// One partial sum per block, so that the total does not depend on how the blocks were shared out.
static void r0i_cpu_sum_squares(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(count);
    R0I_OUT(partial, 0);
    R0I_IN(x, 1);
    for (int64_t block = begin; block < end; block++) {
        size_t first = (size_t)block * R0I_SUM_BLOCK, size = R0I_MIN((size_t)R0I_SUM_BLOCK, a->count - first);
        partial[block] = r0i_dot(x + first, x + first, size);
    }
}

static void r0i_cpu_fill(const void *args, void *const *b, int64_t begin, int64_t end)
{
    R0I_ARGS(count);
    R0I_OUT(y, 0);
    for (int64_t i = begin; i < end; i++) y[i] = a->value;
}

// -- the CPU device: ops run at once, split over the context's threads --

static r0_status r0i_cpu_buffer_create(r0i_device *device, r0i_buffer *buffer)
{
    buffer->host = r0i_alloc(device->context, buffer->size, 1);
    return buffer->host ? R0_OK : R0_ERROR_MEMORY;
}

static void r0i_cpu_buffer_destroy(r0i_device *device, r0i_buffer *buffer)
{
    r0i_free(device->context, buffer->host);
}

static void r0i_cpu_write(r0i_device *device, r0i_view to, const void *from)
{
    (void)device;
    memcpy((char *)to.buffer->host + to.offset, from, to.size);
}

static r0_status r0i_cpu_read(r0i_device *device, r0i_view from, void *to)
{
    memcpy(to, (const char *)from.buffer->host + from.offset, from.size);
    return device->status;
}

static void r0i_cpu_copy(r0i_device *device, r0i_view to, r0i_view from)
{
    (void)device;
    memcpy((char *)to.buffer->host + to.offset, (const char *)from.buffer->host + from.offset, to.size);
}

static r0_status r0i_cpu_finish(r0i_device *device)
{
    return device->status;
}

// What the processor offers (>>kernels).
typedef enum r0i_cpu_level { R0I_CPU_REFERENCE, R0I_CPU_BASE, R0I_CPU_AVX2, R0I_CPU_AVX512 } r0i_cpu_level;
static r0i_cpu_level r0i_cpu_best_level(void);
static const char *r0i_cpu_level_name(r0i_cpu_level level);
static r0i_cpu_op_fn r0i_fast_op(r0i_cpu_level level, r0i_op op); // NULL: the reference is all there is
static bool r0i_fast_matmul(r0_context *context, r0i_cpu_level level, r0i_op op, const void *args, void *const *b);
enum { R0I_GRAIN_WORK = 100000 }; // flops below which an op is not worth a second thread

// One op on the CPU: the fast version where there is one, the reference else.
typedef struct r0i_cpu_call {
    r0i_cpu_op_fn run;
    const void *args;
    void *operands[R0I_MAX_OPERANDS];
} r0i_cpu_call;

static r0i_cpu_op_fn r0i_cpu_reference(r0i_op op)
{
    static const r0i_cpu_op_fn functions[R0I_OP_COUNT] = {
#define R0I_X(name, args, buffers, written, items, work) r0i_cpu_##name,
        R0I_OPS(R0I_X)
#undef R0I_X
    };
    return functions[op];
}

static void r0i_cpu_call_part(void *user, int64_t begin, int64_t end)
{
    r0i_cpu_call *call = (r0i_cpu_call *)user;
    call->run(call->args, call->operands, begin, end);
}

static void r0i_cpu_run_at(r0i_cpu_level level, r0i_device *device, r0i_op op, const void *args, const r0i_view *views)
{
    r0i_op_facts facts = r0i_op_look(op, args);
    r0i_cpu_call call;
    call.args = args;
    for (int i = 0; i < facts.buffers; i++) call.operands[i] = (char *)views[i].buffer->host + views[i].offset;
    bool matmul = op == R0I_OP_matmul_nt || op == R0I_OP_matmul_nn || op == R0I_OP_matmul_tn;
    if (matmul && r0i_fast_matmul(device->context, level, op, args, call.operands)) return; // cuts y its own way
    call.run = r0i_fast_op(level, op);
    if (!call.run) call.run = r0i_cpu_reference(op);
    int64_t grain = (int64_t)(R0I_GRAIN_WORK / (facts.work + 1)) + 1; // items worth a fork
    r0i_parallel(device->context, facts.items, grain, r0i_cpu_call_part, &call);
}

static void r0i_cpu_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    (void)args_size;
    r0i_cpu_run_at(r0i_cpu_best_level(), device, op, args, views);
}

static void r0i_cpu_destroy(r0i_device *device)
{
    r0i_free(device->context, device);
}

static r0_status r0i_cpu_device_create(r0_context *context, r0i_device **device)
{
    static const r0i_device_functions functions = {
        r0i_cpu_buffer_create, r0i_cpu_buffer_destroy, r0i_cpu_run,    r0i_cpu_write,
        r0i_cpu_read,          r0i_cpu_copy,           r0i_cpu_finish, r0i_cpu_destroy,
    };
    *device = R0I_NEW(context, r0i_device, 1);
    if (!*device) return R0_ERROR_MEMORY;
    (*device)->context = context;
    (*device)->functions = &functions;
    (*device)->is_cpu = true;
    snprintf((*device)->name, sizeof (*device)->name, "cpu (%d threads, %s)", context->threads,
             r0i_cpu_level_name(r0i_cpu_best_level()));
    return R0_OK;
}

// >>kernels
//
// The fast CPU versions. They are written once, in GCC's and Clang's vector types, and compiled once per instruction set:
// this file includes itself with R0I_PASS set, and every pass makes its own functions (r0i_fast_rope_avx2 and so on);
// the processor decides at run time. So neither -march nor a library is needed. MSVC has no such types and keeps the
// references. Each kernel keeps the promise of >>ops: a row's bits depend on that row alone.

// y (m, n) = x w in blocks of `rows` x `cols`, one per task: element (i, p) of x lies at x[i * x_row + p * x_k], element
// (p, j) of w at w[p * w_k + j * w_col]; one stride of each is 1.
typedef struct r0i_matmul_job {
    float *y;
    const float *x, *w;
    size_t m, n, k, x_row, x_k, w_k, w_col;
    bool add;
    size_t rows, cols, tasks_across; // tasks_across: column blocks
} r0i_matmul_job;

// Tokens that sampling may choose from: those of the largest logits, by id. The first `kept` of them are still in; key and
// weight are filled up to `count`, a multiple of the vector length.
enum { R0I_CANDIDATES = 1024, R0I_PIECES = 1024 };
typedef struct r0i_candidates {
    int32_t id[R0I_CANDIDATES + 16], key[R0I_CANDIDATES + 16];
    float weight[R0I_CANDIDATES + 16];
    size_t count, kept;
} r0i_candidates;

#endif // R0_IMPLEMENTATION, first half: what follows is read once more for every instruction set

#ifdef R0I_PASS

typedef float R0I_K(vf) __attribute__((vector_size(4 * R0I_LANES)));
typedef int32_t R0I_K(vi) __attribute__((vector_size(4 * R0I_LANES)));
typedef float R0I_K(vu) __attribute__((vector_size(4 * R0I_LANES), aligned(4), may_alias)); // anywhere in memory
#define R0I_VF R0I_K(vf)
#define R0I_VI R0I_K(vi)
#define R0I_VU R0I_K(vu)
#define R0I_INLINE R0I_TARGET static inline __attribute__((always_inline))
#define R0I_KERNEL R0I_TARGET static __attribute__((noinline))
#define R0I_FAST_OP(name) R0I_KERNEL void R0I_K(name)(const void *args, void *const *b, int64_t begin, int64_t end)

R0I_INLINE R0I_VF R0I_K(splat)(float x)
{
#if R0I_LANES == 4
    R0I_VF v = {x, x, x, x};
#elif R0I_LANES == 8
    R0I_VF v = {x, x, x, x, x, x, x, x};
#else
    R0I_VF v = {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#endif
    return v;
}

R0I_INLINE R0I_VF R0I_K(load)(const float *p)
{
    return (R0I_VF) * (const R0I_VU *)(const void *)p;
}

R0I_INLINE void R0I_K(store)(float *p, R0I_VF v)
{
    *(R0I_VU *)(void *)p = (R0I_VU)v;
}

// The first n < LANES elements, the rest 0; and their way back.
R0I_INLINE R0I_VF R0I_K(load_part)(const float *p, size_t n)
{
    float part[R0I_LANES] = {0};
    for (size_t i = 0; i < n; i++) part[i] = p[i];
    return R0I_K(load)(part);
}

R0I_INLINE void R0I_K(store_part)(float *p, R0I_VF v, size_t n)
{
    float part[R0I_LANES];
    R0I_K(store)(part, v);
    for (size_t i = 0; i < n; i++) p[i] = part[i];
}

// Lanes below n are all ones, as comparisons make them.
R0I_INLINE R0I_VI R0I_K(lanes_below)(size_t n)
{
    static const int32_t ramp[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    return (R0I_VI)R0I_K(load)((const float *)(const void *)(ramp + 16 - n));
}

R0I_INLINE R0I_VF R0I_K(select)(R0I_VI mask, R0I_VF yes, R0I_VF no)
{
    return (R0I_VF)((mask & (R0I_VI)yes) | (~mask & (R0I_VI)no));
}

R0I_INLINE R0I_VF R0I_K(larger)(R0I_VF a, R0I_VF b)
{
    return R0I_K(select)((R0I_VI)(a > b), a, b);
}

// Lanes are folded in halves, always in this order.
R0I_INLINE float R0I_K(sum)(R0I_VF v)
{
#ifdef R0I_HADD
    __m128 half = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
#else
    float lane[R0I_LANES];
    R0I_K(store)(lane, v);
#pragma GCC unroll 4
    for (int half = R0I_LANES / 2; half; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
#endif
}

R0I_INLINE float R0I_K(largest)(R0I_VF v)
{
#ifdef R0I_HADD
    __m128 top = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
#else
    float lane[R0I_LANES];
    R0I_K(store)(lane, v);
#pragma GCC unroll 4
    for (int half = R0I_LANES / 2; half; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; i++) lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
    return lane[0];
#endif
}

// Lane j of the result is the sum of the lanes of s[j].
R0I_INLINE R0I_VF R0I_K(sums)(const R0I_VF s[R0I_LANES])
{
#ifdef R0I_HADD
    __m256 a = _mm256_hadd_ps((__m256)s[0], (__m256)s[1]), b = _mm256_hadd_ps((__m256)s[2], (__m256)s[3]);
    __m256 c = _mm256_hadd_ps((__m256)s[4], (__m256)s[5]), d = _mm256_hadd_ps((__m256)s[6], (__m256)s[7]);
    a = _mm256_hadd_ps(a, b);
    c = _mm256_hadd_ps(c, d);
    return (R0I_VF)_mm256_add_ps(_mm256_permute2f128_ps(a, c, 0x20), _mm256_permute2f128_ps(a, c, 0x31));
#else
    float sums[R0I_LANES];
    for (int j = 0; j < R0I_LANES; j++) sums[j] = R0I_K(sum)(s[j]);
    return R0I_K(load)(sums);
#endif
}

// e^x = 2^n e^r with n = round(x / log 2), so |r| <= log(2) / 2: r by Cody and Waite in two parts, e^r by a polynomial of
// degree 7 (Cephes' coefficients). 2^n goes in as two factors, so that the ends reach infinity and 0 through subnormals.
R0I_INLINE R0I_VF R0I_K(exp)(R0I_VF x)
{
    const R0I_VF magic = R0I_K(splat)(12582912.0f); // 1.5 * 2^23: adding it leaves round(x) in the low bits
    R0I_VF low = R0I_K(splat)(-104), high = R0I_K(splat)(89);
    x = R0I_K(select)((R0I_VI)(x < low), low, x); // a NaN passes both
    x = R0I_K(select)((R0I_VI)(x > high), high, x);
    R0I_VF shifted = R0I_FMA(x, R0I_K(splat)(1.44269504f), magic), n = shifted - magic;
    R0I_VF r = R0I_FMA(n, R0I_K(splat)(-0.693359375f), x);
    r = R0I_FMA(n, R0I_K(splat)(2.12194440e-4f), r);
    R0I_VF p = R0I_FMA(R0I_K(splat)(1.9875691500e-4f), r, R0I_K(splat)(1.3981999507e-3f));
    p = R0I_FMA(p, r, R0I_K(splat)(8.3334519073e-3f));
    p = R0I_FMA(p, r, R0I_K(splat)(4.1665795894e-2f));
    p = R0I_FMA(p, r, R0I_K(splat)(1.6666665459e-1f));
    p = R0I_FMA(p, r, R0I_K(splat)(5.0000001201e-1f));
    p = R0I_FMA(p, r * r, r) + R0I_K(splat)(1);
    R0I_VI whole = (R0I_VI)shifted - 0x4B400000, half = whole >> 1;
    return p * (R0I_VF)((half + 127) << 23) * (R0I_VF)((whole - half + 127) << 23);
}

// -- matmul --
//
// One tile is `rows` x (vectors * LANES) of y. Its accumulators stay in registers while k runs: every element is one chain
// of fused multiply-adds in the order of k, whatever tile it falls into, so that m, the tile and the thread leave no trace.
// w is copied beforehand into panels (k, columns), which stay in the first-level cache while the rows go by. k is cut into
// equal blocks, as many as k alone requires; their sums are added in order.

R0I_INLINE void R0I_K(tile_of)(const int rows, const int vectors, float *y, size_t y_row, const float *x, size_t x_row,
                               size_t x_k, const float *panel, size_t k, bool add)
{
    R0I_VF s[R0I_TILE][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) s[i][0] = s[i][1] = R0I_K(splat)(0);
    for (size_t p = 0; p < k; p++, panel += vectors * R0I_LANES, x += x_k) {
        R0I_VF w0 = R0I_K(load)(panel), w1 = vectors > 1 ? R0I_K(load)(panel + R0I_LANES) : w0;
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            R0I_VF xi = R0I_K(splat)(x[(size_t)i * x_row]);
            s[i][0] = R0I_FMA(xi, w0, s[i][0]);
            if (vectors > 1) s[i][1] = R0I_FMA(xi, w1, s[i][1]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++) {
            float *to = y + (size_t)i * y_row + j * R0I_LANES;
            R0I_K(store)(to, add ? R0I_K(load)(to) + s[i][j] : s[i][j]);
        }
}

// rows is R0I_TILE, 4, 2 or 1.
R0I_KERNEL void R0I_K(tile)(int rows, int vectors, float *y, size_t y_row, const float *x, size_t x_row, size_t x_k,
                            const float *panel, size_t k, bool add)
{
    if (vectors == 2) {
        if (rows == R0I_TILE) R0I_K(tile_of)(R0I_TILE, 2, y, y_row, x, x_row, x_k, panel, k, add);
        else if (rows == 4) R0I_K(tile_of)(4, 2, y, y_row, x, x_row, x_k, panel, k, add);
        else if (rows == 2) R0I_K(tile_of)(2, 2, y, y_row, x, x_row, x_k, panel, k, add);
        else R0I_K(tile_of)(1, 2, y, y_row, x, x_row, x_k, panel, k, add);
    } else {
        if (rows == R0I_TILE) R0I_K(tile_of)(R0I_TILE, 1, y, y_row, x, x_row, x_k, panel, k, add);
        else if (rows == 4) R0I_K(tile_of)(4, 1, y, y_row, x, x_row, x_k, panel, k, add);
        else if (rows == 2) R0I_K(tile_of)(2, 1, y, y_row, x, x_row, x_k, panel, k, add);
        else R0I_K(tile_of)(1, 1, y, y_row, x, x_row, x_k, panel, k, add);
    }
}

// panel (k, width) from rows of w (cols, k) with stride w_col: four rows by four columns turn at a time.
R0I_INLINE void R0I_K(pack_turned)(float *panel, size_t width, const float *w, size_t w_col, size_t cols, size_t k)
{
    size_t done = 0;
#ifdef R0I_SHUFFLE
    for (; done + 4 <= cols; done += 4) {
        const float *from = w + done * w_col;
        size_t p = 0;
        for (; p + 4 <= k; p += 4) {
            r0i_v4 a = *(const r0i_v4u *)(const void *)(from + p), b = *(const r0i_v4u *)(const void *)(from + w_col + p);
            r0i_v4 c = *(const r0i_v4u *)(const void *)(from + 2 * w_col + p);
            r0i_v4 d = *(const r0i_v4u *)(const void *)(from + 3 * w_col + p);
            r0i_v4 ab = R0I_SHUFFLE(a, b, 0, 4, 1, 5), cd = R0I_SHUFFLE(c, d, 0, 4, 1, 5);
            r0i_v4 AB = R0I_SHUFFLE(a, b, 2, 6, 3, 7), CD = R0I_SHUFFLE(c, d, 2, 6, 3, 7);
            float *to = panel + p * width + done;
            *(r0i_v4u *)(void *)to = R0I_SHUFFLE(ab, cd, 0, 1, 4, 5);
            *(r0i_v4u *)(void *)(to + width) = R0I_SHUFFLE(ab, cd, 2, 3, 6, 7);
            *(r0i_v4u *)(void *)(to + 2 * width) = R0I_SHUFFLE(AB, CD, 0, 1, 4, 5);
            *(r0i_v4u *)(void *)(to + 3 * width) = R0I_SHUFFLE(AB, CD, 2, 3, 6, 7);
        }
        for (; p < k; p++)
            for (size_t j = 0; j < 4; j++) panel[p * width + done + j] = from[j * w_col + p];
    }
#endif
    for (; done < cols; done++)
        for (size_t p = 0; p < k; p++) panel[p * width + done] = w[done * w_col + p];
    for (; done < width; done++)
        for (size_t p = 0; p < k; p++) panel[p * width + done] = 0;
}

// panel (k, width) from w (k, cols) with row stride w_k: a plain copy.
R0I_INLINE void R0I_K(pack_straight)(float *panel, size_t width, const float *w, size_t w_k, size_t cols, size_t k)
{
    if (cols == 2 * R0I_LANES) {
        for (size_t p = 0; p < k; p++, panel += width, w += w_k) {
            R0I_K(store)(panel, R0I_K(load)(w));
            R0I_K(store)(panel + R0I_LANES, R0I_K(load)(w + R0I_LANES));
        }
        return;
    }
    for (size_t p = 0; p < k; p++, panel += width, w += w_k) {
        for (size_t j = 0; j < cols; j++) panel[j] = w[j];
        for (size_t j = cols; j < width; j++) panel[j] = 0;
    }
}

// Rows of y under one panel. A panel narrower than its vectors goes through a spare tile.
R0I_INLINE void R0I_K(panel_rows)(float *y, size_t y_row, size_t rows, const float *x, size_t x_row, size_t x_k,
                                  const float *panel, size_t cols, size_t k, bool add)
{
    int vectors = cols > R0I_LANES ? 2 : 1;
    bool whole = cols == (size_t)vectors * R0I_LANES;
    float spare[R0I_TILE * 2 * R0I_LANES];
    for (size_t i = 0; i < rows;) {
        size_t left = rows - i, size = left >= R0I_TILE ? R0I_TILE : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        // x was packed in tiles of R0I_TILE columns when its rows are not contiguous in k
        const float *from = x_k == 1 ? x + i * x_row : x + i / R0I_TILE * R0I_TILE * k + i % R0I_TILE;
        if (whole) {
            R0I_K(tile)((int)size, vectors, y + i * y_row, y_row, from, x_row, x_k, panel, k, add);
        } else {
            R0I_K(tile)((int)size, vectors, spare, 2 * R0I_LANES, from, x_row, x_k, panel, k, false);
            for (size_t r = 0; r < size; r++)
                for (size_t j = 0; j < cols; j++) {
                    float s = spare[r * 2 * R0I_LANES + j], *to = y + (i + r) * y_row + j;
                    *to = add ? *to + s : s;
                }
        }
        i += size;
    }
}

// x (k, rows) with row stride x_k into tiles (k, R0I_TILE).
R0I_INLINE void R0I_K(pack_tiles)(float *packed, const float *x, size_t x_k, size_t rows, size_t k)
{
    for (size_t i = 0; i < rows; i += R0I_TILE, packed += R0I_TILE * k) {
        if (rows - i >= R0I_TILE) {
            for (size_t p = 0; p < k; p++)
                memcpy(packed + p * R0I_TILE, x + p * x_k + i, R0I_TILE * sizeof *x);
        } else {
            for (size_t p = 0; p < k; p++)
                for (size_t r = 0; r < rows - i; r++) packed[p * R0I_TILE + r] = x[p * x_k + i + r];
        }
    }
}

R0I_KERNEL void R0I_K(matmul_task)(const r0i_matmul_job *job, size_t row, size_t col)
{
    float panel[R0I_DEPTH * 2 * R0I_LANES] __attribute__((aligned(64)));
    float packed[R0I_TURNED_DEPTH * R0I_TURNED_ROWS];
    bool turned = job->x_k != 1;
    size_t depth = turned ? R0I_TURNED_DEPTH : R0I_DEPTH, blocks = (job->k + depth - 1) / depth;
    size_t rows = R0I_MIN(job->rows, job->m - row), col_end = R0I_MIN(col + job->cols, job->n);
    for (size_t block = 0; block < blocks; block++) {
        size_t p = job->k * block / blocks, k = job->k * (block + 1) / blocks - p;
        const float *x = job->x + row * job->x_row + p * job->x_k;
        if (turned) R0I_K(pack_tiles)(packed, x, job->x_k, rows, k);
        for (size_t j = col; j < col_end; j += 2 * R0I_LANES) {
            size_t cols = R0I_MIN(col_end - j, (size_t)(2 * R0I_LANES)), width = cols > R0I_LANES ? 2 * R0I_LANES : R0I_LANES;
            const float *w = job->w + p * job->w_k + j * job->w_col;
            if (job->w_col == 1) R0I_K(pack_straight)(panel, width, w, job->w_k, cols, k);
            else R0I_K(pack_turned)(panel, width, w, job->w_col, cols, k);
            float *y = job->y + row * job->n + j;
            if (turned) R0I_K(panel_rows)(y, job->n, rows, packed, 1, R0I_TILE, panel, cols, k, block || job->add);
            else R0I_K(panel_rows)(y, job->n, rows, x, job->x_row, 1, panel, cols, k, block || job->add);
        }
    }
}

R0I_KERNEL void R0I_K(matmul)(void *user, int64_t begin, int64_t end)
{
    const r0i_matmul_job *job = (const r0i_matmul_job *)user;
    for (size_t task = (size_t)begin; task < (size_t)end; task++)
        R0I_K(matmul_task)(job, task / job->tasks_across * job->rows, task % job->tasks_across * job->cols);
}

// -- attention --
//
// Keys go by in chunks: first the scores of a chunk, then their weights, then the weighted sum, each a loop without
// branches. Chunks are counted from the sequence's start, so a query meets the same ones whether its keys are packed rows
// or a cache.

enum { R0I_K(blocks) = 8, R0I_K(chunk) = 8 * R0I_LANES };

// Lane j: x . rows[j], for j < n; the lanes above repeat the last row.
R0I_INLINE R0I_VF R0I_K(dots)(const float *x, const float *rows, size_t stride, size_t n, size_t D)
{
    R0I_VF s[R0I_LANES];
    size_t at[R0I_LANES];
#pragma GCC unroll 16
    for (size_t j = 0; j < R0I_LANES; j++) {
        s[j] = R0I_K(splat)(0);
        at[j] = n == R0I_LANES ? j * stride : R0I_MIN(j, n - 1) * stride;
    }
    for (size_t d = 0; d < D; d += R0I_LANES) {
        R0I_VF xd = R0I_K(load)(x + d);
#pragma GCC unroll 16
        for (size_t j = 0; j < R0I_LANES; j++) s[j] = R0I_FMA(xd, R0I_K(load)(rows + at[j] + d), s[j]);
    }
    return R0I_K(sums)(s);
}

// z[j] = scale x . rows[j] for n rows, LANES to a vector; `rest` in the lanes above. Returns the number of vectors.
R0I_INLINE size_t R0I_K(scores)(R0I_VF *z, const float *x, const float *rows, size_t stride, size_t n, size_t D, float scale,
                                float rest)
{
    size_t full = n / R0I_LANES, left = n % R0I_LANES;
    for (size_t i = 0; i < full; i++)
        z[i] = R0I_K(dots)(x, rows + i * R0I_LANES * stride, stride, R0I_LANES, D) * R0I_K(splat)(scale);
    if (!left) return full;
    z[full] = R0I_K(dots)(x, rows + full * R0I_LANES * stride, stride, left, D) * R0I_K(splat)(scale);
    z[full] = R0I_K(select)(R0I_K(lanes_below)(left), z[full], R0I_K(splat)(rest));
    return full + 1;
}

// y += sum over j < n of weight[j] rows[j], for `vectors` vectors of y. Even and odd rows are summed apart: two chains of
// additions overlap.
R0I_INLINE void R0I_K(weighted_of)(const int vectors, float *y, const float *weight, const float *rows, size_t stride, size_t n)
{
    R0I_VF even[4], odd[4];
#pragma GCC unroll 4
    for (int i = 0; i < vectors; i++) {
        even[i] = R0I_K(load)(y + i * R0I_LANES);
        odd[i] = R0I_K(splat)(0);
    }
    size_t j = 0;
    for (; j + 2 <= n; j += 2, rows += 2 * stride) {
        R0I_VF a = R0I_K(splat)(weight[j]), b = R0I_K(splat)(weight[j + 1]);
#pragma GCC unroll 4
        for (int i = 0; i < vectors; i++) {
            even[i] = R0I_FMA(a, R0I_K(load)(rows + i * R0I_LANES), even[i]);
            odd[i] = R0I_FMA(b, R0I_K(load)(rows + stride + i * R0I_LANES), odd[i]);
        }
    }
    R0I_VF a = R0I_K(splat)(j < n ? weight[j] : 0);
#pragma GCC unroll 4
    for (int i = 0; i < vectors; i++) {
        if (j < n) even[i] = R0I_FMA(a, R0I_K(load)(rows + i * R0I_LANES), even[i]);
        R0I_K(store)(y + i * R0I_LANES, even[i] + odd[i]);
    }
}

R0I_INLINE void R0I_K(weighted)(float *y, const float *weight, const float *rows, size_t stride, size_t n, size_t D)
{
    size_t d = 0;
    for (; d + 4 * R0I_LANES <= D; d += 4 * R0I_LANES) R0I_K(weighted_of)(4, y + d, weight, rows + d, stride, n);
    for (; d < D; d += R0I_LANES) R0I_K(weighted_of)(1, y + d, weight, rows + d, stride, n);
}

// r0i_attend, in chunks; lse may be NULL.
R0I_KERNEL void R0I_K(attend)(float *y, float *lse, const float *q, const float *k, const float *v, size_t count,
                              size_t stride, size_t D, float scale)
{
    R0I_VF z[R0I_K(blocks)], s = R0I_K(splat)(0);
    float weight[R0I_K(chunk)], m = -FLT_MAX;
    for (size_t d = 0; d < D; d += R0I_LANES) R0I_K(store)(y + d, s);
    for (size_t j = 0; j < count; j += R0I_K(chunk)) {
        size_t n = R0I_MIN(count - j, (size_t)R0I_K(chunk));
        size_t blocks = R0I_K(scores)(z, q, k + j * stride, stride, n, D, scale, -INFINITY);
        R0I_VF top = z[0];
        for (size_t i = 1; i < blocks; i++) top = R0I_K(larger)(top, z[i]);
        float highest = R0I_K(largest)(top);
        if (j && highest > m) {
            R0I_VF shrink = R0I_K(exp)(R0I_K(splat)(m - highest));
            s *= shrink;
            for (size_t d = 0; d < D; d += R0I_LANES) R0I_K(store)(y + d, R0I_K(load)(y + d) * shrink);
        }
        m = R0I_MAX(m, highest);
        for (size_t i = 0; i < blocks; i++) {
            R0I_VF p = R0I_K(exp)(z[i] - R0I_K(splat)(m));
            s += p;
            R0I_K(store)(weight + i * R0I_LANES, p);
        }
        R0I_K(weighted)(y, weight, v + j * stride, stride, n, D);
    }
    float sum = R0I_K(sum)(s);
    R0I_VF inverse = R0I_K(splat)(1 / sum);
    for (size_t d = 0; d < D; d += R0I_LANES) R0I_K(store)(y + d, R0I_K(load)(y + d) * inverse);
    if (lse) *lse = m + logf(sum);
}

R0I_FAST_OP(attention_forward)
{
    R0I_ARGS(attention);
    R0I_OUT(y, 0);
    R0I_OUT(lse, 1);
    R0I_IN(q, 2);
    R0I_IN(k, 3);
    R0I_IN(v, 4);
    R0I_IN_I32(first, 5);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    if (D % R0I_LANES) {
        r0i_cpu_attention_forward(args, b, begin, end);
        return;
    }
    for (size_t t = (size_t)begin; t < (size_t)end; t++)
        for (size_t h = 0; h < H; h++) {
            size_t from = ((size_t)first[t] * G + h / (H / G)) * D, row = t * H + h, count = t + 1 - (size_t)first[t];
            R0I_K(attend)(y + row * D, lse + row, q + row * D, k + from, v + from, count, G * D, D, a->scale);
        }
}

R0I_FAST_OP(attention_decode)
{
    R0I_ARGS(decode);
    R0I_OUT(y, 0);
    R0I_IN(q, 1);
    R0I_IN(k, 2);
    R0I_IN(v, 3);
    R0I_IN_I32(slot, 4);
    R0I_IN_I32(length, 5);
    size_t H = a->heads, G = a->kv_heads, D = a->dim;
    if (D % R0I_LANES) {
        r0i_cpu_attention_decode(args, b, begin, end);
        return;
    }
    for (size_t r = (size_t)begin; r < (size_t)end; r++)
        for (size_t h = 0; h < H; h++) {
            size_t from = ((size_t)slot[r] * a->capacity * G + h / (H / G)) * D, row = r * H + h;
            R0I_K(attend)(y + row * D, NULL, q + row * D, k + from, v + from, (size_t)length[r], G * D, D, a->scale);
        }
}

R0I_INLINE float R0I_K(dot)(const float *x, const float *y, size_t count)
{
    R0I_VF s = R0I_K(splat)(0);
    size_t i = 0;
    for (; i + R0I_LANES <= count; i += R0I_LANES) s = R0I_FMA(R0I_K(load)(x + i), R0I_K(load)(y + i), s);
    if (i < count) s = R0I_FMA(R0I_K(load_part)(x + i, count - i), R0I_K(load_part)(y + i, count - i), s);
    return R0I_K(sum)(s);
}

R0I_FAST_OP(attention_backward_q)
{
    R0I_ARGS(attention);
    R0I_OUT(dq, 0);
    R0I_OUT(delta, 1);
    R0I_IN(dy, 2);
    R0I_IN(y, 3);
    R0I_IN(lse, 4);
    R0I_IN(q, 5);
    R0I_IN(k, 6);
    R0I_IN(v, 7);
    R0I_IN_I32(first, 8);
    size_t H = a->heads, G = a->kv_heads, D = a->dim, stride = G * D;
    if (D % R0I_LANES) {
        r0i_cpu_attention_backward_q(args, b, begin, end);
        return;
    }
    for (size_t t = (size_t)begin; t < (size_t)end; t++)
        for (size_t h = 0; h < H; h++) {
            size_t row = t * H + h, key = ((size_t)first[t] * G + h / (H / G)) * D, count = t + 1 - (size_t)first[t];
            const float *qt = q + row * D, *dyt = dy + row * D;
            memset(dq + row * D, 0, D * sizeof *dq);
            delta[row] = R0I_K(dot)(dyt, y + row * D, D);
            for (size_t j = 0; j < count; j += R0I_K(chunk), key += R0I_K(chunk) * stride) {
                R0I_VF z[R0I_K(blocks)], dp[R0I_K(blocks)];
                float dz[R0I_K(chunk)];
                size_t n = R0I_MIN(count - j, (size_t)R0I_K(chunk));
                size_t blocks = R0I_K(scores)(z, qt, k + key, stride, n, D, a->scale, 0);
                R0I_K(scores)(dp, dyt, v + key, stride, n, D, 1, 0);
                for (size_t i = 0; i < blocks; i++) {
                    R0I_VF p = R0I_K(exp)(z[i] - R0I_K(splat)(lse[row]));
                    R0I_K(store)(dz + i * R0I_LANES, p * (dp[i] - R0I_K(splat)(delta[row])) * R0I_K(splat)(a->scale));
                }
                R0I_K(weighted)(dq + row * D, dz, k + key, stride, n, D);
            }
        }
}

// Queries go by in chunks, counted from the key's own row.
R0I_FAST_OP(attention_backward_kv)
{
    R0I_ARGS(attention);
    R0I_OUT(dk, 0);
    R0I_OUT(dv, 1);
    R0I_IN(dy, 2);
    R0I_IN(lse, 3);
    R0I_IN(delta, 4);
    R0I_IN(q, 5);
    R0I_IN(k, 6);
    R0I_IN(v, 7);
    R0I_IN_I32(last, 8);
    size_t H = a->heads, G = a->kv_heads, D = a->dim, stride = H * D;
    if (D % R0I_LANES) {
        r0i_cpu_attention_backward_kv(args, b, begin, end);
        return;
    }
    memset(dk + (size_t)begin * G * D, 0, (size_t)(end - begin) * G * D * sizeof *dk);
    memset(dv + (size_t)begin * G * D, 0, (size_t)(end - begin) * G * D * sizeof *dv);
    for (size_t j = (size_t)begin; j < (size_t)end; j++)
        for (size_t h = 0; h < H; h++) {
            size_t key = (j * G + h / (H / G)) * D;
            for (size_t t = j; t < (size_t)last[j]; t += R0I_K(chunk)) {
                R0I_VF z[R0I_K(blocks)], dp[R0I_K(blocks)];
                float p[R0I_K(chunk)] = {0}, dz[R0I_K(chunk)] = {0}; // first lse and delta of the chunk's rows
                size_t n = R0I_MIN((size_t)last[j] - t, (size_t)R0I_K(chunk)), row = t * H + h;
                for (size_t i = 0; i < n; i++) p[i] = lse[row + i * H], dz[i] = delta[row + i * H];
                size_t blocks = R0I_K(scores)(z, k + key, q + row * D, stride, n, D, a->scale, 0);
                R0I_K(scores)(dp, v + key, dy + row * D, stride, n, D, 1, 0);
                for (size_t i = 0; i < blocks; i++) {
                    R0I_VF pi = R0I_K(exp)(z[i] - R0I_K(load)(p + i * R0I_LANES));
                    R0I_VF dzi = pi * (dp[i] - R0I_K(load)(dz + i * R0I_LANES)) * R0I_K(splat)(a->scale);
                    R0I_K(store)(p + i * R0I_LANES, pi);
                    R0I_K(store)(dz + i * R0I_LANES, dzi);
                }
                R0I_K(weighted)(dk + key, dz, q + row * D, stride, n, D);
                R0I_K(weighted)(dv + key, p, dy + row * D, stride, n, D);
            }
        }
}

// -- rows and elements --

// Walks [begin, end) by vectors; R0I_AT and R0I_PUT read and write the n elements from i on. The part at the end takes the
// same arithmetic as a whole vector, so that no element knows how its range was cut.
#define R0I_EACH(begin, end)                                                                                           \
    for (int64_t i = begin, last_i = end, n; n = R0I_MIN(last_i - i, (int64_t)R0I_LANES), n > 0; i += R0I_LANES)
#define R0I_AT(p) (n == R0I_LANES ? R0I_K(load)((p) + i) : R0I_K(load_part)((p) + i, (size_t)n))
#define R0I_PUT(p, v) (n == R0I_LANES ? R0I_K(store)((p) + i, v) : R0I_K(store_part)((p) + i, v, (size_t)n))

R0I_INLINE void R0I_K(axpy)(float *y, float s, const float *x, int64_t count)
{
    R0I_EACH(0, count) R0I_PUT(y, R0I_FMA(R0I_K(splat)(s), R0I_AT(x), R0I_AT(y)));
}

R0I_FAST_OP(embedding_backward)
{
    R0I_ARGS(rows);
    R0I_OUT(dtable, 0);
    R0I_IN(dy, 1);
    R0I_IN_I32(order, 2);
    R0I_IN_I32(starts, 3);
    R0I_IN_I32(ids, 4);
    size_t C = a->cols;
    for (int64_t u = begin; u < end; u++)
        for (int32_t i = starts[u]; i < starts[u + 1]; i++)
            R0I_K(axpy)(dtable + (size_t)ids[u] * C, 1, dy + (size_t)order[i] * C, (int64_t)C);
}

R0I_FAST_OP(rms_norm_forward)
{
    R0I_ARGS(norm);
    R0I_OUT(y, 0);
    R0I_OUT(rstd, 1);
    R0I_IN(x, 2);
    R0I_IN(w, 3);
    int64_t C = a->cols;
    for (int64_t t = begin; t < end; t++) {
        const float *xt = x + t * C;
        float *yt = y + t * C;
        rstd[t] = 1 / sqrtf(R0I_K(dot)(xt, xt, (size_t)C) / (float)C + a->eps);
        R0I_VF r = R0I_K(splat)(rstd[t]);
        R0I_EACH(0, C) R0I_PUT(yt, R0I_AT(xt) * r * R0I_AT(w));
    }
}

R0I_FAST_OP(rms_norm_backward)
{
    R0I_ARGS(norm);
    R0I_OUT(dx, 0);
    R0I_IN(dy, 1);
    R0I_IN(x, 2);
    R0I_IN(w, 3);
    R0I_IN(rstd, 4);
    int64_t C = a->cols;
    for (int64_t t = begin; t < end; t++) {
        const float *dyt = dy + t * C, *xt = x + t * C;
        float *dxt = dx + t * C;
        R0I_VF r = R0I_K(splat)(rstd[t]), sum = R0I_K(splat)(0);
        R0I_EACH(0, C) sum = R0I_FMA(R0I_AT(dyt) * R0I_AT(w), R0I_AT(xt) * r, sum);
        R0I_VF mean = R0I_K(splat)(R0I_K(sum)(sum) / (float)C);
        if (a->accumulate)
            R0I_EACH(0, C) R0I_PUT(dxt, R0I_AT(dxt) + r * (R0I_AT(dyt) * R0I_AT(w) - R0I_AT(xt) * r * mean));
        else
            R0I_EACH(0, C) R0I_PUT(dxt, r * (R0I_AT(dyt) * R0I_AT(w) - R0I_AT(xt) * r * mean));
    }
}

R0I_FAST_OP(rms_norm_weight_backward)
{
    R0I_ARGS(norm);
    R0I_OUT(dw, 0);
    R0I_IN(dy, 1);
    R0I_IN(x, 2);
    R0I_IN(rstd, 3);
    size_t C = a->cols;
    R0I_EACH(begin, end) {
        R0I_VF sum = R0I_AT(dw);
        for (size_t t = 0; t < a->rows; t++)
            sum = R0I_FMA(R0I_AT(dy + t * C) * R0I_K(splat)(rstd[t]), R0I_AT(x + t * C), sum);
        R0I_PUT(dw, sum);
    }
}

// Halves of LANES or more; the table's (cos, sin) pairs are parted on the way.
R0I_FAST_OP(rope)
{
    R0I_ARGS(rope);
    R0I_OUT(x, 0);
    R0I_IN_I32(position, 1);
    R0I_IN(table, 2);
    int64_t half = a->dim / 2;
    if (half > 256) {
        r0i_cpu_rope(args, b, begin, end);
        return;
    }
    float cosine[256], sine[256];
    for (int64_t t = begin; t < end; t++) {
        const float *turn = table + (size_t)position[t] * a->dim;
        for (int64_t i = 0; i < half; i++) {
            cosine[i] = turn[2 * i];
            sine[i] = turn[2 * i + 1] * a->sign;
        }
        for (size_t h = 0; h < a->heads; h++) {
            float *low = x + ((size_t)t * a->heads + h) * a->dim, *high = low + half;
            R0I_EACH(0, half) {
                R0I_VF c = R0I_AT(cosine), s = R0I_AT(sine), xi = R0I_AT(low), xj = R0I_AT(high);
                R0I_PUT(low, xi * c - xj * s);
                R0I_PUT(high, xj * c + xi * s);
            }
        }
    }
}

R0I_FAST_OP(bias_forward)
{
    R0I_ARGS(rows);
    R0I_OUT(y, 0);
    R0I_IN(bias, 1);
    for (int64_t t = begin; t < end; t++) R0I_K(axpy)(y + (size_t)t * a->cols, 1, bias, a->cols);
}

R0I_FAST_OP(bias_backward)
{
    R0I_ARGS(rows);
    R0I_OUT(db, 0);
    R0I_IN(dy, 1);
    size_t C = a->cols;
    R0I_EACH(begin, end) {
        R0I_VF sum = R0I_AT(db);
        for (size_t t = 0; t < a->rows; t++) sum += R0I_AT(dy + t * C);
        R0I_PUT(db, sum);
    }
}

R0I_FAST_OP(swiglu_forward)
{
    R0I_OUT(y, 0);
    R0I_IN(gate, 1);
    R0I_IN(up, 2);
    const R0I_VF one = R0I_K(splat)(1);
    (void)args;
    R0I_EACH(begin, end) {
        R0I_VF g = R0I_AT(gate);
        R0I_PUT(y, g / (one + R0I_K(exp)(-g)) * R0I_AT(up));
    }
}

R0I_FAST_OP(swiglu_backward)
{
    R0I_OUT(dgate, 0);
    R0I_OUT(dup, 1);
    R0I_IN(dy, 2);
    R0I_IN(gate, 3);
    R0I_IN(up, 4);
    const R0I_VF one = R0I_K(splat)(1);
    (void)args;
    R0I_EACH(begin, end) {
        R0I_VF g = R0I_AT(gate), u = R0I_AT(up), d = R0I_AT(dy), s = one / (one + R0I_K(exp)(-g));
        R0I_PUT(dup, d * g * s);
        R0I_PUT(dgate, d * u * s * (one + g * (one - s)));
    }
}

R0I_FAST_OP(add)
{
    R0I_OUT(y, 0);
    R0I_IN(x, 1);
    (void)args;
    R0I_EACH(begin, end) R0I_PUT(y, R0I_AT(y) + R0I_AT(x));
}

R0I_FAST_OP(fill)
{
    R0I_ARGS(count);
    R0I_OUT(y, 0);
    R0I_EACH(begin, end) R0I_PUT(y, R0I_K(splat)(a->value));
}

R0I_FAST_OP(adamw)
{
    R0I_ARGS(adamw);
    R0I_OUT(w, 0);
    R0I_OUT(m, 1);
    R0I_OUT(v, 2);
    R0I_IN(g, 3);
    R0I_VF beta1 = R0I_K(splat)(a->beta1), beta2 = R0I_K(splat)(a->beta2), one = R0I_K(splat)(1);
    R0I_VF c1 = R0I_K(splat)(a->correction1), c2 = R0I_K(splat)(a->correction2), eps = R0I_K(splat)(a->eps);
    R0I_VF scale = R0I_K(splat)(a->gradient_scale), lr = R0I_K(splat)(a->lr), decay = R0I_K(splat)(a->weight_decay);
    R0I_EACH(begin, end) {
        R0I_VF d = R0I_AT(g) * scale, mi = R0I_AT(m) * beta1 + (one - beta1) * d, root;
        R0I_VF vi = R0I_AT(v) * beta2 + (one - beta2) * d * d, under = vi / c2, wi = R0I_AT(w);
        R0I_PUT(m, mi);
        R0I_PUT(v, vi);
        R0I_ROOT(root, under);
        R0I_PUT(w, wi - lr * (mi / c1 / (root + eps) + decay * wi));
    }
}

R0I_FAST_OP(sum_squares)
{
    R0I_ARGS(count);
    R0I_OUT(partial, 0);
    R0I_IN(x, 1);
    for (int64_t block = begin; block < end; block++) {
        size_t first = (size_t)block * R0I_SUM_BLOCK, size = R0I_MIN((size_t)R0I_SUM_BLOCK, a->count - first);
        partial[block] = R0I_K(dot)(x + first, x + first, size);
    }
}

// -- the vocabulary --

// r0i_cpu_softmax_sums.
R0I_KERNEL r0i_softmax_sums R0I_K(softmax_sums)(const float *logits, size_t V, float inv_temperature)
{
    R0I_VF t = R0I_K(splat)(inv_temperature), top = R0I_K(splat)(-FLT_MAX), none = R0I_K(splat)(0), sum = none;
    R0I_VF sum_z = none, sum_pz = none;
    R0I_EACH(0, (int64_t)V) {
        R0I_VF z = R0I_AT(logits) * t;
        if (n < R0I_LANES) z = R0I_K(select)(R0I_K(lanes_below)((size_t)n), z, top);
        top = R0I_K(larger)(z, top);
    }
    float max = R0I_K(largest)(top);
    R0I_EACH(0, (int64_t)V) {
        R0I_VF z = R0I_AT(logits) * t - R0I_K(splat)(max), e = R0I_K(exp)(z);
        if (n < R0I_LANES) {
            z = R0I_K(select)(R0I_K(lanes_below)((size_t)n), z, none);
            e = R0I_K(select)(R0I_K(lanes_below)((size_t)n), e, none);
        }
        sum += e;
        sum_z += z;
        sum_pz = R0I_FMA(e, z, sum_pz);
    }
    float total = R0I_K(sum)(sum);
    r0i_softmax_sums sums = {max + logf(total), max + R0I_K(sum)(sum_z) / (float)V, max + R0I_K(sum)(sum_pz) / total};
    return sums;
}

R0I_FAST_OP(token_logp_forward)
{
    r0i_token_logp_rows(args, b, begin, end, R0I_K(softmax_sums));
}

R0I_FAST_OP(token_logp_backward)
{
    R0I_ARGS(logp);
    R0I_OUT(dlogits, 0);
    R0I_IN(logits, 1);
    R0I_IN(lse, 2);
    R0I_IN_I32(target, 3);
    R0I_IN(dlogp, 4);
    int64_t V = a->vocab;
    R0I_VF temperature = R0I_K(splat)(a->inv_temperature);
    for (int64_t t = begin; t < end; t++) {
        const float *row = logits + t * V;
        float *to = dlogits + t * V, s = dlogp[t] * a->inv_temperature;
        R0I_VF minus = R0I_K(splat)(-s), shift = R0I_K(splat)(lse[t]);
        R0I_EACH(0, V) R0I_PUT(to, minus * R0I_K(exp)(R0I_AT(row) * temperature - shift));
        to[target[t]] += s;
    }
}

// Weights exp((logit - max) s) of `count` tokens; returns their sum.
R0I_KERNEL float R0I_K(weigh)(float *weight, const float *logits, size_t count, float max, float s)
{
    R0I_VF sum = R0I_K(splat)(0), scale = R0I_K(splat)(s), top = R0I_K(splat)(max);
    R0I_EACH(0, (int64_t)count) {
        R0I_VF e = R0I_K(exp)((R0I_AT(logits) - top) * scale);
        if (n < R0I_LANES) e = R0I_K(select)(R0I_K(lanes_below)((size_t)n), e, R0I_K(splat)(0));
        R0I_PUT(weight, e);
        sum += e;
    }
    return R0I_K(sum)(sum);
}

R0I_KERNEL float R0I_K(row_max)(const float *logits, size_t V)
{
    R0I_VF top = R0I_K(splat)(-FLT_MAX);
    R0I_EACH(0, (int64_t)V) {
        R0I_VF z = R0I_AT(logits);
        if (n < R0I_LANES) z = R0I_K(select)(R0I_K(lanes_below)((size_t)n), z, top);
        top = R0I_K(larger)(z, top);
    }
    return R0I_K(largest)(top);
}

// Integers that order as the floats do; -0 counts as 0.
R0I_INLINE R0I_VI R0I_K(order)(R0I_VF v)
{
    R0I_VI bits = (R0I_VI)(v + R0I_K(splat)(0));
    return bits ^ (bits >> 31 & 0x7fffffff);
}

// How many of `keys` (a multiple of LANES) reach `floor`, and what they weigh.
R0I_INLINE size_t R0I_K(reach)(const r0i_candidates *c, int32_t floor, double *mass)
{
    R0I_VI hits = (R0I_VI)R0I_K(splat)(0), bound = hits + floor;
    R0I_VF sum = R0I_K(splat)(0);
    for (size_t i = 0; i < c->count; i += R0I_LANES) {
        R0I_VI in = (R0I_VI)((R0I_VI)R0I_K(load)((const float *)(const void *)(c->key + i)) >= bound);
        hits -= in;
        sum += (R0I_VF)((R0I_VI)R0I_K(load)(c->weight + i) & in);
    }
    *mass = (double)R0I_K(sum)(sum);
    return (size_t)R0I_K(sum)(__builtin_convertvector(hits, R0I_VF)); // a small whole number
}

// Drops the candidates below the threshold at which the largest reach `goal` in number (k) or in mass; of equals the lower
// ids stay. Bisects the keys until no two different ones are left between the bounds.
R0I_KERNEL void R0I_K(truncate)(r0i_candidates *c, size_t k, double goal)
{
    int64_t low = INT32_MIN + 1, high = INT32_MAX; // low reaches the goal, high + 1 does not
    double mass, mass_low;
    size_t at_low = R0I_K(reach)(c, (int32_t)low, &mass_low), above = 0;
    if (k ? at_low <= k : mass_low <= goal) return;
    while (low < high && at_low - above > 1 && at_low != k) {
        int64_t middle = low + (high - low + 1) / 2;
        size_t count = R0I_K(reach)(c, (int32_t)middle, &mass);
        if (k ? count >= k : mass >= goal) low = middle, at_low = count;
        else high = middle - 1, above = count;
    }
    int32_t threshold = INT32_MAX;
    for (size_t i = 0; i < c->count; i++)
        if (c->key[i] >= low) threshold = R0I_MIN(threshold, c->key[i]);
    double above_mass = 0, one = 1;
    size_t kept = 0, ties = 0;
    above = threshold == INT32_MAX ? 0 : R0I_K(reach)(c, threshold + 1, &above_mass);
    for (size_t i = 0; i < c->count; i++)
        if (c->key[i] == threshold) one = (double)c->weight[i];
    double wanted = k ? (double)(k - above) : one > 0 ? ceil((goal - above_mass) / one) : 1;
    for (size_t i = 0; i < c->count; i++) {
        if (c->key[i] < threshold || (c->key[i] == threshold && ties > 0 && (double)ties >= wanted)) continue;
        ties += c->key[i] == threshold;
        c->id[kept] = c->id[i], c->key[kept] = c->key[i], c->weight[kept++] = c->weight[i];
    }
    c->kept = kept;
}

// A floor that at most R0I_CANDIDATES logits reach, and at least `least` if that can be; false when equals forbid it.
// Logits whose weight is 0 in float need not be looked at.
R0I_KERNEL bool R0I_K(candidate_floor)(const float *logits, size_t V, float max, float s, size_t least, int32_t *floor)
{
    float lowest = max - 104 / s;
    int32_t bounds[2 * R0I_LANES];
    R0I_K(store)((float *)(void *)bounds, (R0I_VF)R0I_K(order)(R0I_K(splat)(lowest)));
    R0I_K(store)((float *)(void *)(bounds + R0I_LANES), (R0I_VF)R0I_K(order)(R0I_K(splat)(max)));
    int64_t low = bounds[0], high = bounds[R0I_LANES];
    for (int64_t middle = low; low <= high; middle = low + (high - low) / 2) {
        R0I_VI hits = (R0I_VI)R0I_K(splat)(0), bound = hits + (int32_t)middle;
        R0I_EACH(0, (int64_t)V) {
            R0I_VI in = (R0I_VI)(R0I_K(order)(R0I_AT(logits)) >= bound);
            if (n < R0I_LANES) in &= R0I_K(lanes_below)((size_t)n);
            hits -= in;
        }
        double count = (double)R0I_K(sum)(__builtin_convertvector(hits, R0I_VF));
        *floor = (int32_t)middle;
        if (count <= R0I_CANDIDATES && (middle == low || count >= (double)least)) return true;
        if (count > R0I_CANDIDATES) low = middle + 1;
        else high = middle - 1;
    }
    return false;
}

// The logits that reach `floor`, by id, with keys and weights; filled up to a multiple of LANES by what reaches nothing.
R0I_KERNEL void R0I_K(gather)(r0i_candidates *c, const float *logits, size_t V, int32_t floor, float max, float s)
{
    c->count = 0;
    for (size_t first = 0; first < V; first += 8 * R0I_LANES) {
        size_t count = R0I_MIN(V - first, (size_t)(8 * R0I_LANES));
        R0I_VI any = (R0I_VI)R0I_K(splat)(0), bound = any + floor;
        int32_t keys[8 * R0I_LANES];
        R0I_EACH(0, (int64_t)count) {
            R0I_VI key = R0I_K(order)(R0I_AT(logits + first));
            R0I_K(store)((float *)(void *)(keys + i), (R0I_VF)key);
            any -= (R0I_VI)(key >= bound);
        }
        if (V > R0I_CANDIDATES && R0I_K(sum)(__builtin_convertvector(any, R0I_VF)) == 0) continue;
        for (size_t i = 0; i < count; i++) {
            if (keys[i] < floor) continue;
            c->id[c->count] = (int32_t)(first + i), c->key[c->count] = keys[i];
            c->weight[c->count++] = logits[first + i];
        }
    }
    c->kept = c->count;
    R0I_K(weigh)(c->weight, c->weight, c->count, max, s);
    for (; c->count % R0I_LANES; c->count++) c->key[c->count] = INT32_MIN, c->weight[c->count] = 0;
}

// The first of `count` weights at which `run` passes `target`; the last weight above 0 when none does.
static size_t R0I_K(cross)(const float *weight, size_t count, double run, double target)
{
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        run += (double)weight[i];
        if (weight[i] > 0) last = i;
        if (run > target) return i;
    }
    return last;
}

// Draws from the whole row: weights in pieces, first their sums, then the one piece in which the target lies.
R0I_KERNEL int32_t R0I_K(draw_all)(const float *logits, size_t V, float max, float s, double u)
{
    float weight[R0I_CANDIDATES];
    double sums[R0I_PIECES], total = 0, run = 0;
    size_t pieces = (V + R0I_CANDIDATES - 1) / R0I_CANDIDATES, piece = 0, live = 0;
    for (size_t i = 0; i < pieces; i++) {
        size_t first = i * R0I_CANDIDATES;
        sums[i] = (double)R0I_K(weigh)(weight, logits + first, R0I_MIN(V - first, (size_t)R0I_CANDIDATES), max, s);
        total += sums[i];
    }
    for (; piece < pieces && run + sums[piece] <= u * total; piece++) {
        if (sums[piece] > 0) live = piece;
        run += sums[piece];
    }
    if (piece == pieces) piece = live;
    size_t first = piece * R0I_CANDIDATES, count = R0I_MIN(V - first, (size_t)R0I_CANDIDATES);
    if (pieces > 1) R0I_K(weigh)(weight, logits + first, count, max, s);
    return (int32_t)(first + R0I_K(cross)(weight, count, run, u * total));
}

// r0i_cpu_draw: what is cut off is decided among the largest logits only, a thousand of them at most; the reference serves
// the rare rows where that does not suffice.
R0I_KERNEL int32_t R0I_K(draw)(const float *logits, const r0i_sample_args *a, double u)
{
    r0i_candidates c;
    size_t V = a->vocab, k = a->top_k < V ? a->top_k : 0;
    float max = R0I_K(row_max)(logits, V), s = 1 / a->temperature;
    int32_t floor = INT32_MIN + 1;
    if (V > (size_t)R0I_CANDIDATES * R0I_PIECES || k > R0I_CANDIDATES || !(max < INFINITY && max > -FLT_MAX))
        return r0i_cpu_draw(logits, a, u);
    if (!k && a->top_p >= 1) return R0I_K(draw_all)(logits, V, max, s, u);
    if (V > R0I_CANDIDATES && !R0I_K(candidate_floor)(logits, V, max, s, k ? k : R0I_CANDIDATES / 2, &floor))
        return r0i_cpu_draw(logits, a, u);
    R0I_K(gather)(&c, logits, V, floor, max, s);
    if (k) R0I_K(truncate)(&c, k, 0);
    double total = 0, all = 0;
    for (size_t i = 0; i < c.kept; i++) total += (double)c.weight[i];
    if (a->top_p < 1) {
        float weight[R0I_CANDIDATES];
        for (size_t i = 0; !k && V > R0I_CANDIDATES && i < V; i += R0I_CANDIDATES)
            all += (double)R0I_K(weigh)(weight, logits + i, R0I_MIN(V - i, (size_t)R0I_CANDIDATES), max, s);
        double goal = a->top_p * R0I_MAX(all, total);
        if (goal > total) return r0i_cpu_draw(logits, a, u);
        for (c.count = c.kept; c.count % R0I_LANES; c.count++) c.key[c.count] = INT32_MIN, c.weight[c.count] = 0;
        R0I_K(truncate)(&c, 0, goal);
        total = 0;
        for (size_t i = 0; i < c.kept; i++) total += (double)c.weight[i];
    }
    return c.id[R0I_K(cross)(c.weight, c.kept, 0, u * total)];
}

R0I_FAST_OP(sample)
{
    r0i_sample_rows(args, b, begin, end, R0I_K(draw), R0I_K(softmax_sums));
}

// What this pass has to offer.
static r0i_cpu_op_fn R0I_K(op)(r0i_op op)
{
    switch (op) {
#define R0I_X(name) case R0I_OP_##name: return R0I_K(name);
        R0I_X(embedding_backward) R0I_X(rms_norm_forward) R0I_X(rms_norm_backward) R0I_X(rms_norm_weight_backward)
        R0I_X(rope) R0I_X(bias_forward) R0I_X(bias_backward) R0I_X(attention_forward) R0I_X(attention_backward_q)
        R0I_X(attention_backward_kv) R0I_X(attention_decode) R0I_X(swiglu_forward) R0I_X(swiglu_backward) R0I_X(add)
        R0I_X(token_logp_forward) R0I_X(token_logp_backward) R0I_X(sample) R0I_X(adamw) R0I_X(sum_squares) R0I_X(fill)
#undef R0I_X
    default: return NULL;
    }
}

#undef R0I_VF
#undef R0I_VI
#undef R0I_VU
#undef R0I_INLINE
#undef R0I_KERNEL
#undef R0I_FAST_OP
#undef R0I_EACH
#undef R0I_AT
#undef R0I_PUT

#endif // R0I_PASS

#if defined(R0_IMPLEMENTATION) && !defined(R0I_SECOND_HALF)
#define R0I_SECOND_HALF

// -- the passes --

#if (defined(__GNUC__) || defined(__clang__)) && !defined(R0_DOUBLE)
#define R0I_HAVE_FAST
#endif
// GCC aligns no stack for 32-byte vectors on 64-bit Windows (its bug 54412): there the 16-byte pass must do.
#if defined(R0I_HAVE_FAST) && defined(__x86_64__) && !(defined(_WIN32) && !defined(__clang__))
#define R0I_HAVE_AVX
#include <immintrin.h>
#endif

#ifdef R0I_HAVE_FAST
typedef float r0i_v4 __attribute__((vector_size(16)));
typedef float r0i_v4u __attribute__((vector_size(16), aligned(4), may_alias));
#if defined(__clang__) || __GNUC__ >= 12
#define R0I_SHUFFLE __builtin_shufflevector
#endif
enum { R0I_TURNED_DEPTH = 128, R0I_TURNED_ROWS = 96 }; // of x in matmul_tn: 48 KiB

#define R0I_PASS
#define R0I_K(name) r0i_fast_##name##_base
#define R0I_LANES 4
#define R0I_TILE 6
#define R0I_DEPTH 320
#define R0I_TARGET
#ifdef __ARM_FEATURE_FMA
#include <arm_neon.h>
#define R0I_FMA(x, y, z) vfmaq_f32(z, x, y)
#else
#define R0I_FMA(x, y, z) ((x) * (y) + (z))
#endif
#define R0I_ROOT(to, from) \
    for (int lane = 0; lane < R0I_LANES; lane++) to[lane] = sqrtf(from[lane])
#include R0_HEADER_FILE
#undef R0I_K
#undef R0I_LANES
#undef R0I_TILE
#undef R0I_DEPTH
#undef R0I_TARGET
#undef R0I_FMA
#undef R0I_ROOT
#undef R0I_PASS
#endif

#ifdef R0I_HAVE_AVX
#define R0I_PASS
#define R0I_K(name) r0i_fast_##name##_avx2
#define R0I_LANES 8
#define R0I_TILE 6
#define R0I_DEPTH 320
#define R0I_TARGET __attribute__((target("avx2,fma")))
#define R0I_HADD
#define R0I_FMA(x, y, z) ((R0I_VF)_mm256_fmadd_ps((__m256)(x), (__m256)(y), (__m256)(z)))
#define R0I_ROOT(to, from) to = (R0I_VF)_mm256_sqrt_ps((__m256)(from))
#include R0_HEADER_FILE
#undef R0I_K
#undef R0I_LANES
#undef R0I_TILE
#undef R0I_DEPTH
#undef R0I_TARGET
#undef R0I_HADD
#undef R0I_FMA
#undef R0I_ROOT

#define R0I_K(name) r0i_fast_##name##_avx512
#define R0I_LANES 16
#define R0I_TILE 12
#define R0I_DEPTH 256
#define R0I_TARGET __attribute__((target("avx512f")))
#define R0I_FMA(x, y, z) ((R0I_VF)_mm512_fmadd_ps((__m512)(x), (__m512)(y), (__m512)(z)))
#define R0I_ROOT(to, from) to = (R0I_VF)_mm512_sqrt_ps((__m512)(from))
#include R0_HEADER_FILE
#undef R0I_K
#undef R0I_LANES
#undef R0I_TILE
#undef R0I_DEPTH
#undef R0I_TARGET
#undef R0I_FMA
#undef R0I_ROOT
#undef R0I_PASS
#endif

static r0i_cpu_level r0i_cpu_best_level(void)
{
#ifdef R0I_HAVE_AVX
    if (__builtin_cpu_supports("avx512f")) return R0I_CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return R0I_CPU_AVX2;
#endif
#ifdef R0I_HAVE_FAST
    return R0I_CPU_BASE;
#else
    return R0I_CPU_REFERENCE;
#endif
}

static const char *r0i_cpu_level_name(r0i_cpu_level level)
{
    return level == R0I_CPU_AVX512 ? "avx512" : level == R0I_CPU_AVX2 ? "avx2" : level == R0I_CPU_BASE ? "vectors" : "plain";
}

// NULL: the reference is all there is.
static r0i_cpu_op_fn r0i_fast_op(r0i_cpu_level level, r0i_op op)
{
#ifdef R0I_HAVE_AVX
    if (level == R0I_CPU_AVX512) return r0i_fast_op_avx512(op);
    if (level == R0I_CPU_AVX2) return r0i_fast_op_avx2(op);
#endif
#ifdef R0I_HAVE_FAST
    if (level == R0I_CPU_BASE) return r0i_fast_op_base(op);
#endif
    (void)level, (void)op;
    return NULL;
}

static r0i_work_fn r0i_fast_matmul_of(r0i_cpu_level level)
{
#ifdef R0I_HAVE_AVX
    if (level == R0I_CPU_AVX512) return r0i_fast_matmul_avx512;
    if (level == R0I_CPU_AVX2) return r0i_fast_matmul_avx2;
#endif
#ifdef R0I_HAVE_FAST
    if (level == R0I_CPU_BASE) return r0i_fast_matmul_base;
#endif
    (void)level;
    return NULL;
}

// Blocks for the threads: as large as the caches like, then cut by columns (a packed panel serves one block only) and by
// rows until there is work for all. How it is cut changes no bit.
static void r0i_matmul_split(r0i_matmul_job *job, size_t threads)
{
    size_t most = job->x_k == 1 ? 240 : 96, wide = 64, pieces = (job->m + most - 1) / most;
    job->rows = ((job->m + pieces - 1) / pieces + 11) / 12 * 12;
    job->cols = (job->n + wide - 1) / wide * wide;
    size_t down = (job->m + job->rows - 1) / job->rows, across = 1;
    while (down * across < 2 * threads && job->cols > wide) {
        job->cols = (job->cols / 2 + wide - 1) / wide * wide;
        across = (job->n + job->cols - 1) / job->cols;
    }
    job->tasks_across = across;
}

static bool r0i_fast_matmul(r0_context *context, r0i_cpu_level level, r0i_op op, const void *args, void *const *b)
{
    const r0i_matmul_args *a = (const r0i_matmul_args *)args;
    r0i_work_fn run = r0i_fast_matmul_of(level);
    if (!run) return false;
    r0i_matmul_job job;
    memset(&job, 0, sizeof job);
    job.y = (float *)b[0], job.x = (const float *)b[1], job.w = (const float *)b[2];
    job.m = a->m, job.n = a->n, job.k = a->k, job.add = a->accumulate != 0;
    bool tn = op == R0I_OP_matmul_tn, nt = op == R0I_OP_matmul_nt;
    job.x_row = tn ? 1 : a->k, job.x_k = tn ? a->m : 1;
    job.w_k = nt ? 1 : a->n, job.w_col = nt ? a->k : 1;
    r0i_matmul_split(&job, (size_t)context->threads);
    size_t tasks = (job.m + job.rows - 1) / job.rows * job.tasks_across;
    double work = 2.0 * (double)job.rows * (double)job.cols * (double)job.k;
    r0i_parallel(context, (int64_t)tasks, (int64_t)(R0I_GRAIN_WORK / work) + 1, run, &job);
    return true;
}

// >>tokenizer
//
// Text to tokens and back: byte-level byte-pair encoding as a Hugging Face tokenizer.json describes it. Encoding goes
// through the stages that the file names, each with its own section below:
//   1. added tokens are cut out of the text (special ones only when asked for)
//   2. what lies between is normalised (NFC or nothing)
//   3. regular expressions split it into pieces that merges never cross
//   4. in each piece, the pair of neighbours with the lowest rank merges, until none is left
// The expressions are compiled by a small engine for the subset that tokenizers use, rather than recognised: so
// GPT-2's, Llama 3's, Qwen's and those of their kin run through the same hundred lines, and one that goes beyond the
// subset is an error instead of a silent mismatch. With these expressions encoding takes O(n log n), whatever the text.
//
// Text changes its form on the way, and every form has a reason:
//   bytes (r0_span)       added tokens are matched, so that special tokens cost nothing where there are none
//   code points (u32)     normalisation and expressions speak of characters; a byte that is not UTF-8 is one, too
//   bytes again           the vocabulary spells every byte, so that no text is unknown to it
//   ids (int32_t)         merges look at pairs of ids, never at text

enum {
    R0I_VOCAB_GAP = 65536,      // ids may leave this many holes
    R0I_ADDED_LONGEST = 1024,   // bytes of an added token
    R0I_PATTERN_LONGEST = 4096, // bytes of a regular expression
    R0I_PATTERN_DEPTH = 16,     // nested groups
    R0I_PATTERN_WORK = 256,     // steps per code point before an expression is given up
    R0I_STAGES = 8,
    R0I_INVALID = 0x110000      // the code of a byte b that is not UTF-8 is R0I_INVALID + b
};

// -- Unicode: classes, combining classes, canonical decomposition (from the tables at the end of the chapter) --
//
// The standard library knows too little (iswalpha hangs on the locale) and a Unicode library is more than the rest of
// r0 together; what byte-level tokenizers ask for fits a hundred lines of text. It is read into sorted arrays when a
// tokenizer is loaded, so that there is no global state, and searched by halves; ASCII has its own table.
//
// Two versions of Unicode meet here, on purpose. Categories are those of the Oniguruma inside Hugging Face tokenizers
// (16.0), because a piece must end where theirs does. Normal forms are those of Python's unicodedata (14.0): decomposed
// characters never change once they are in the standard, so versions differ only in marks that are newer than the
// older one, and there Hugging Face's own table is older still.

// The classes partition the code points, so that a set of classes is a bit mask, and so is its complement.
typedef enum r0i_class {
    R0I_CLASS_OTHER,
    R0I_CLASS_LETTER,
    R0I_CLASS_NUMBER,
    R0I_CLASS_MARK,
    R0I_CLASS_SPACE,
    R0I_CLASS_COUNT
} r0i_class;

// `count` code points from `first` on share a value: a class, or a combining class.
typedef struct r0i_code_run {
    uint32_t first, count, value;
} r0i_code_run;

// `code` is canonically the same as `first` followed by `second`.
typedef struct r0i_code_pair {
    uint32_t code, first, second; // second 0: a single code point
} r0i_code_pair;

typedef struct r0i_unicode {
    r0i_code_run *classes, *marks; // by first; the classes cover everything
    size_t class_count, mark_count;
    r0i_code_pair *splits, *joins; // by code; by (first, second)
    size_t split_count, join_count;
    uint8_t ascii[128]; // classes of what most text is
} r0i_unicode;

static const char *r0i_unicode_row(size_t index); // NULL behind the last

// Reads the tables: rows of base85 (digits from '#', 'x' for '\\' and 'y' for '?'), four bytes in five characters.
typedef struct r0i_unicode_reader {
    size_t row, column;
    uint32_t word;
    int left; // bytes of `word` not yet read
} r0i_unicode_reader;

// The next byte of the tables. A word is read when the last byte of the one before is used up; rows may end inside of a
// word, as they are cut for the eye.
static uint32_t r0i_unicode_byte(r0i_unicode_reader *r)
{
    if (!r->left) r->word = 0;
    for (int i = 0; !r->left && i < 5; i++) {
        const char *row = r0i_unicode_row(r->row);
        char c = row[r->column++];
        r->word = r->word * 85 + (uint32_t)((c == 'x' ? '\\' : c == 'y' ? '?' : c) - '#');
        if (!row[r->column]) r->row++, r->column = 0;
        if (i == 4) r->left = 4;
    }
    return r->word >> (8 * --r->left) & 0xFF;
}

// Integers of 7 bits a byte, low bits first; the high bit says that more follow.
static uint32_t r0i_unicode_number(r0i_unicode_reader *r)
{
    uint32_t n = 0;
    for (int shift = 0;; shift += 7) {
        uint32_t byte = r0i_unicode_byte(r);
        n |= (byte & 0x7F) << shift;
        if (byte < 0x80) return n;
    }
}

static uint32_t r0i_unicode_delta(r0i_unicode_reader *r) // zigzag: 0, -1, 1, -2, ...
{
    uint32_t n = r0i_unicode_number(r);
    return n & 1 ? ~(n >> 1) : n >> 1;
}

// By first, then second: the order in which compositions are looked up.
static int r0i_join_compare(const void *a, const void *b)
{
    const r0i_code_pair *x = (const r0i_code_pair *)a, *y = (const r0i_code_pair *)b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x->second < y->second ? -1 : x->second > y->second;
}

// Canonical decompositions, each as differences to the one before: neighbours in Unicode decompose alike (one letter
// with its accents), so most numbers are small. Those of kind 1 are also the compositions; the others are excluded
// from composing, because the standard says so or because they have one part.
static r0_status r0i_unicode_read_pairs(r0i_arena *arena, r0i_unicode_reader *r, r0i_unicode *u)
{
    size_t count = r0i_unicode_number(r);
    r0i_code_pair now = {0, 0, 0};
    uint32_t second = 0;
    u->splits = R0I_ARENA_NEW(arena, r0i_code_pair, count);
    u->joins = R0I_ARENA_NEW(arena, r0i_code_pair, count);
    if (!u->splits || !u->joins) return R0_ERROR_MEMORY;
    for (u->split_count = 0; u->split_count < count;) {
        uint32_t head = r0i_unicode_number(r);
        uint32_t kind = head % 3; // 0: one code point; 1: two that join again; 2: two that do not
        now.code += head / 3;
        now.first += r0i_unicode_delta(r);
        if (kind) second += r0i_unicode_delta(r);
        now.second = kind ? second : 0;
        u->splits[u->split_count++] = now;
        if (kind == 1) u->joins[u->join_count++] = now;
    }
    qsort(u->joins, u->join_count, sizeof *u->joins, r0i_join_compare);
    return R0_OK;
}

// The value of the run that holds `code`; 0 when none does.
static uint32_t r0i_code_run_find(const r0i_code_run *runs, size_t count, uint32_t code)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (runs[middle].first + runs[middle].count <= code) low = middle + 1;
        else high = middle;
    }
    return low < count && runs[low].first <= code ? runs[low].value : 0;
}

// The tables in the order in which tests/make_unicode.py writes them: class runs, mark runs, decompositions.
static r0_status r0i_unicode_read(r0i_arena *arena, r0i_unicode *u)
{
    r0i_unicode_reader r = {0, 0, 0, 0};
    uint32_t at = 0;
    u->class_count = r0i_unicode_number(&r);
    u->classes = R0I_ARENA_NEW(arena, r0i_code_run, u->class_count);
    if (!u->classes) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < u->class_count; at += u->classes[i++].count) {
        uint32_t n = r0i_unicode_number(&r);
        u->classes[i].first = at;
        u->classes[i].count = n / R0I_CLASS_COUNT;
        u->classes[i].value = n % R0I_CLASS_COUNT;
    }
    at = 0;
    u->mark_count = r0i_unicode_number(&r);
    u->marks = R0I_ARENA_NEW(arena, r0i_code_run, u->mark_count);
    if (!u->marks) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < u->mark_count; at += u->marks[i++].count) {
        at += r0i_unicode_number(&r);
        u->marks[i].first = at;
        u->marks[i].count = r0i_unicode_number(&r);
        u->marks[i].value = r0i_unicode_number(&r);
    }
    for (uint32_t c = 0; c < 128; c++) u->ascii[c] = (uint8_t)r0i_code_run_find(u->classes, u->class_count, c);
    return r0i_unicode_read_pairs(arena, &r, u);
}

// The class of any code, R0I_INVALID and above included: those are OTHER.
static r0i_class r0i_unicode_class(const r0i_unicode *u, uint32_t code)
{
    return (r0i_class)(code < 128 ? u->ascii[code] : r0i_code_run_find(u->classes, u->class_count, code));
}

// The canonical combining class: 0 for what starts a character, else where on it a mark sits (230: above). The first
// mark is U+0300.
static uint32_t r0i_unicode_combining(const r0i_unicode *u, uint32_t code)
{
    return code < 0x300 ? 0 : r0i_code_run_find(u->marks, u->mark_count, code);
}

// -- NFC: decompose, order the marks, compose (Unicode Standard, chapter 3.11; Hangul by arithmetic, 3.12) --
//
// The same character can be written in several ways: e with acute is one code point or two, and two marks on a letter
// come in either order. NFC is the one way that a tokenizer was trained on:
//   1. decompose  U+1E69        ->  s U+0323 U+0307
//   2. order      s U+0307 U+0323 ->  s U+0323 U+0307     by combining class, stable: equal classes keep their order
//   3. compose    s U+0323 U+0307 ->  U+1E69              a mark joins its starter if nothing of its class is between
// Hangul syllables follow a formula, S = 0xAC00 + (L * 21 + V) * 28 + T, instead of a table of 11,172.

enum { R0I_HANGUL_S = 0xAC00, R0I_HANGUL_L = 0x1100, R0I_HANGUL_V = 0x1161, R0I_HANGUL_T = 0x11A7 };

// Writes the full decomposition of `code`, at most 4 code points; returns how many.
static size_t r0i_nfc_split(const r0i_unicode *u, uint32_t code, uint32_t *out)
{
    uint32_t s = code - R0I_HANGUL_S;
    if (s < 19 * 21 * 28) {
        out[0] = R0I_HANGUL_L + s / (21 * 28), out[1] = R0I_HANGUL_V + s / 28 % 21, out[2] = R0I_HANGUL_T + s % 28;
        return s % 28 ? 3 : 2;
    }
    size_t low = 0, high = u->split_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (u->splits[middle].code < code) low = middle + 1;
        else high = middle;
    }
    if (low == u->split_count || u->splits[low].code != code) return *out = code, 1;
    size_t count = r0i_nfc_split(u, u->splits[low].first, out); // only the first part can be split further
    if (u->splits[low].second) out[count++] = u->splits[low].second;
    return count;
}

// The composition of two code points; 0: there is none.
static uint32_t r0i_nfc_join(const r0i_unicode *u, uint32_t first, uint32_t second)
{
    uint32_t l = first - R0I_HANGUL_L, v = second - R0I_HANGUL_V, s = first - R0I_HANGUL_S, t = second - R0I_HANGUL_T;
    if (l < 19 && v < 21) return R0I_HANGUL_S + (l * 21 + v) * 28;
    if (s < 19 * 21 * 28 && s % 28 == 0 && t - 1 < 27) return first + t;
    r0i_code_pair key = {0, first, second};
    const void *found = bsearch(&key, u->joins, u->join_count, sizeof key, r0i_join_compare);
    return found ? ((const r0i_code_pair *)found)->code : 0;
}

// Orders codes[0..count), all with a combining class above 0, by class; stable and linear, as runs may be long.
static void r0i_nfc_order(uint32_t *codes, uint8_t *marks, size_t count, uint32_t *scratch)
{
    size_t starts[257] = {0};
    bool ordered = true;
    for (size_t i = 1; i < count; i++) ordered &= marks[i - 1] <= marks[i];
    if (ordered) return;
    for (size_t i = 0; i < count; i++) starts[marks[i] + 1]++;
    for (int i = 1; i < 257; i++) starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++) scratch[starts[marks[i]]++] = codes[i];
    memcpy(codes, scratch, count * sizeof *codes);
    for (size_t m = 0, i = 0; m < 256; m++) // starts[m] is now where class m ends
        while (i < starts[m]) marks[i++] = (uint8_t)m;
}

// Composes in place: a mark joins the last starter unless something between them has its class or class 0.
static size_t r0i_nfc_compose(const r0i_unicode *u, uint32_t *codes, const uint8_t *marks, size_t count)
{
    size_t out = 0, starter = SIZE_MAX;
    uint32_t last = 0; // class of what was kept last behind the starter
    for (size_t i = 0; i < count; i++) {
        bool near = starter != SIZE_MAX && (out == starter + 1 || last < marks[i]);
        uint32_t joined = near ? r0i_nfc_join(u, codes[starter], codes[i]) : 0;
        if (joined) {
            codes[starter] = joined;
            continue;
        }
        if (!marks[i]) starter = out;
        last = marks[i];
        codes[out++] = codes[i];
    }
    return out;
}

// Normalises codes[0..count) into `out`; returns the new count. `out` has room for 8 * count (a code point splits into
// 4 at most; the other half is to sort in), `marks` for 4 * count.
static size_t r0i_nfc(const r0i_unicode *u, uint32_t *codes, size_t count, uint32_t *out, uint8_t *marks)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += r0i_nfc_split(u, codes[i], out + size);
    for (size_t i = 0; i < size; i++) marks[i] = (uint8_t)r0i_unicode_combining(u, out[i]);
    for (size_t i = 0, end; i < size; i = end) {
        for (end = i + !marks[i]; end < size && marks[end]; end++) {}
        size_t first = marks[i] ? i : i + 1;
        r0i_nfc_order(out + first, marks + first, end - first, out + size);
    }
    return r0i_nfc_compose(u, out, marks, size);
}

// -- regular expressions: the subset that pre-tokenizers use --
//
//   alternatives   a|b, (?:a|b), (?i:a|b), an optional group (?:a|b)?     (first alternative that leads on wins)
//   lookahead      (?=a), (?!a)
//   one character  literal, . \s \S \p{L} \p{N} \p{M} \P{..} \r \n \t, [sets] with ranges, [^negated]
//   repeated       ? * + {m} {m,} {m,n}, greedy; ?+ *+ ++ possessive
//
// Read Llama 3's as an example; the first alternative that matches at a position wins, and the match is a piece:
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)     the endings of English contractions
//   [^\r\n\p{L}\p{N}]?\p{L}+        a word, with the space (or one other sign) in front of it
//   \p{N}{1,3}                       digits in threes from the left (Qwen: one by one, \p{N})
//    ?[^\s\p{L}\p{N}]+[\r\n]*       signs, with a space in front and the line's end behind
//   \s*[\r\n]+                      line ends, with the blanks in front of them
//   \s+(?!\S)                       blanks, but not the last one: it belongs to the word that follows
//   \s+                             the blank before a digit
//
// It compiles to nodes linked by `next`, and matching backtracks over them as the definition says: a repeated character
// gives back one at a time. Repetition of groups is left out, so the nodes form no cycle: recursion is bounded by the
// expression, and a count of steps bounds the work. For the expressions above a step or two per character are enough,
// as every alternative gives up at its first character or takes what it has read; only a hostile file meets the bound.
//
//     a(?:b|c)?d   compiles to   SET a -> SPLIT -> SET d -> ACCEPT          -> is `next`
//                                           \ body                           the optional group's body:
//                                             SPLIT -> SET c -> JOIN          its alternatives end in a JOIN,
//                                               \ body: SET b -> JOIN         which leads back to SET d

typedef enum r0i_node_kind {
    R0I_NODE_ACCEPT,
    R0I_NODE_SET,   // min..max characters of the set, then `next`
    R0I_NODE_SPLIT, // `body` (which leads on by itself), or else `next`
    R0I_NODE_LOOK,  // `next` if `body` matches here (negated: if it does not)
    R0I_NODE_JOIN   // `next`
} r0i_node_kind;

// One node of a compiled expression. `next` and `body` are indices; 0, the accept node, ends the expression or the
// body of a lookahead.
typedef struct r0i_node {
    r0i_node_kind kind;
    int next, body;
    uint32_t min, max;
    bool negated;          // LOOK: negative; SET: what the set does not hold
    bool possessive;       // SET: gives nothing back
    unsigned classes;      // SET: bit i holds class i
    int range, ranges;     // SET: first and number of its ranges
} r0i_node;

typedef struct r0i_pattern {
    r0i_node *nodes; // 0: accept
    int first, count;
    uint32_t (*ranges)[2];
    int range_count;
} r0i_pattern;

// A cursor over the expression's text. `fold` holds inside of (?i: ) and is put back at its end.
typedef struct r0i_pattern_parser {
    r0_context *context;
    const char *name; // for errors
    r0i_pattern *pattern;
    const char *start, *at, *end;
    bool fold; // inside (?i: )
    int depth;
} r0i_pattern_parser;

// Says where in the expression the supported subset ends.
static r0_status r0i_pattern_fail(r0i_pattern_parser *p, const char *what)
{
    return r0i_fail(p->context, R0_ERROR_UNSUPPORTED, "%s: pre_tokenizer pattern \"%.*s\": at byte %d: %s", p->name,
                    (int)R0I_MIN(p->end - p->start, 200), p->start, (int)(p->at - p->start), what);
}

// Passes over `text` if it stands here.
static bool r0i_pattern_skip(r0i_pattern_parser *p, const char *text)
{
    size_t size = strlen(text);
    bool there = (size_t)(p->end - p->at) >= size && !memcmp(p->at, text, size);
    p->at += there ? size : 0;
    return there;
}

// Every node takes at least one byte of the expression, save joins and the accept: the arrays have room.
static int r0i_pattern_node(r0i_pattern_parser *p, r0i_node_kind kind)
{
    r0i_node *node = &p->pattern->nodes[p->pattern->count];
    memset(node, 0, sizeof *node);
    node->kind = kind;
    return p->pattern->count++;
}

// A node's ranges lie one after another, as a set is read in one go.
static void r0i_pattern_range(r0i_pattern_parser *p, r0i_node *set, uint32_t low, uint32_t high)
{
    uint32_t *range = p->pattern->ranges[p->pattern->range_count++];
    range[0] = low, range[1] = high;
    set->ranges++;
}

// A literal; under (?i: ) an ASCII letter stands for what folds to it: both cases, long s, Kelvin sign.
static void r0i_pattern_literal(r0i_pattern_parser *p, r0i_node *set, uint32_t code)
{
    uint32_t lower = code | 32;
    bool letter = p->fold && lower >= 'a' && lower <= 'z';
    r0i_pattern_range(p, set, code, code);
    if (letter) r0i_pattern_range(p, set, code ^ 32, code ^ 32);
    if (letter && lower == 's') r0i_pattern_range(p, set, 0x17F, 0x17F);
    if (letter && lower == 'k') r0i_pattern_range(p, set, 0x212A, 0x212A);
}

// Behind a backslash: a class joins `classes` (*code is then 0), anything else is one character.
static r0_status r0i_pattern_escape(r0i_pattern_parser *p, unsigned *classes, uint32_t *code)
{
    static const struct { const char *name; r0i_class which; bool negated; } rows[] = {
        {"s", R0I_CLASS_SPACE, false},      {"S", R0I_CLASS_SPACE, true},      {"p{L}", R0I_CLASS_LETTER, false},
        {"P{L}", R0I_CLASS_LETTER, true},   {"p{N}", R0I_CLASS_NUMBER, false}, {"P{N}", R0I_CLASS_NUMBER, true},
        {"p{M}", R0I_CLASS_MARK, false},    {"P{M}", R0I_CLASS_MARK, true},
    };
    static const char names[] = "rntfv", values[] = "\r\n\t\f\v";
    *code = 0;
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        if (!r0i_pattern_skip(p, rows[i].name)) continue;
        unsigned bit = 1u << rows[i].which, all = (1u << R0I_CLASS_COUNT) - 1;
        *classes |= rows[i].negated ? all & ~bit : bit;
        return R0_OK;
    }
    char c = p->at < p->end ? *p->at : 0;
    const char *found = c ? strchr(names, c) : NULL;
    bool word = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
    if (!found && (word || c <= ' ')) return r0i_pattern_fail(p, "this escape is not supported");
    *code = (uint32_t)(unsigned char)(found ? values[found - names] : c);
    p->at++;
    return R0_OK;
}

// One character as it stands, or escaped.
static r0_status r0i_pattern_character(r0i_pattern_parser *p, r0i_node *set, uint32_t *code)
{
    if (r0i_pattern_skip(p, "\\")) return r0i_pattern_escape(p, &set->classes, code);
    int length = r0i_utf8_decode(p->at, (size_t)(p->end - p->at), code);
    if (!length || !*code) return r0i_pattern_fail(p, "a character is missing");
    if (p->fold && *code >= 0x80) return r0i_pattern_fail(p, "only ASCII is supported under (?i: )");
    p->at += length;
    return R0_OK;
}

// Behind '['.
static r0_status r0i_pattern_set(r0i_pattern_parser *p, r0i_node *set)
{
    set->negated = r0i_pattern_skip(p, "^");
    while (!r0i_pattern_skip(p, "]")) {
        uint32_t low, high;
        if (r0i_pattern_skip(p, "[") || r0i_pattern_skip(p, "&&"))
            return r0i_pattern_fail(p, "sets inside of sets are not supported");
        R0I_TRY(r0i_pattern_character(p, set, &low));
        if (!low) continue; // a class
        bool range = p->end - p->at > 1 && *p->at == '-' && p->at[1] != ']';
        if (!range) {
            r0i_pattern_literal(p, set, low);
            continue;
        }
        p->at++;
        R0I_TRY(r0i_pattern_character(p, set, &high));
        if (high < low) return r0i_pattern_fail(p, "this range is not supported");
        if (p->fold) return r0i_pattern_fail(p, "ranges under (?i: ) are not supported");
        r0i_pattern_range(p, set, low, high);
    }
    return R0_OK;
}

// The digits of {m,n}. Large counts are cut: no text is that long.
static uint32_t r0i_pattern_count(r0i_pattern_parser *p)
{
    uint32_t n = 0;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
        if (n < 1000000) n = n * 10 + (uint32_t)(*p->at - '0');
    return n;
}

// What follows one character. Lazy repetition ("+?") and a repeated repetition ("a**") are refused.
static r0_status r0i_pattern_repeat(r0i_pattern_parser *p, r0i_node *set)
{
    set->min = set->max = 1;
    if (r0i_pattern_skip(p, "{")) {
        set->min = set->max = r0i_pattern_count(p);
        if (r0i_pattern_skip(p, ",")) set->max = p->at < p->end && *p->at == '}' ? UINT32_MAX : r0i_pattern_count(p);
        if (!r0i_pattern_skip(p, "}") || set->max < set->min) return r0i_pattern_fail(p, "expected {m,n}");
    } else {
        if (r0i_pattern_skip(p, "?")) set->min = 0;
        else if (r0i_pattern_skip(p, "*")) set->min = 0, set->max = UINT32_MAX;
        else if (r0i_pattern_skip(p, "+")) set->max = UINT32_MAX;
        else return R0_OK;
        set->possessive = r0i_pattern_skip(p, "+");
    }
    if (p->at < p->end && strchr("?*+{", *p->at)) return r0i_pattern_fail(p, "this repetition is not supported");
    return R0_OK;
}

static r0_status r0i_pattern_alternatives(r0i_pattern_parser *p, int tail, int *first);

// Behind '(': a group or a lookahead. *first is its node; *last the one whose `next` is still to be set.
static r0_status r0i_pattern_group(r0i_pattern_parser *p, int *first, int *last)
{
    bool fold = p->fold, negative = r0i_pattern_skip(p, "?!"), look = negative || r0i_pattern_skip(p, "?=");
    if (r0i_pattern_skip(p, "?i:")) p->fold = true;
    else if (!look && !r0i_pattern_skip(p, "?:") && p->at < p->end && *p->at == '?')
        return r0i_pattern_fail(p, "this kind of group is not supported");
    if (++p->depth > R0I_PATTERN_DEPTH) return r0i_pattern_fail(p, "groups are nested too deeply");
    int node = r0i_pattern_node(p, look ? R0I_NODE_LOOK : R0I_NODE_JOIN), body;
    R0I_TRY(r0i_pattern_alternatives(p, look ? 0 : node, &body));
    if (!r0i_pattern_skip(p, ")")) return r0i_pattern_fail(p, "expected ')'");
    p->depth--;
    p->fold = fold;
    *last = node;
    *first = look ? node : body;
    p->pattern->nodes[node].negated = negative;
    p->pattern->nodes[node].body = body;
    if (!look && r0i_pattern_skip(p, "?")) {
        *first = r0i_pattern_node(p, R0I_NODE_SPLIT);
        p->pattern->nodes[*first].body = body;
        p->pattern->nodes[*first].next = node;
    }
    if (p->at < p->end && strchr("?*+{", *p->at)) return r0i_pattern_fail(p, "repeated groups are not supported");
    return R0_OK;
}

// One character, set or group, with its repetition.
static r0_status r0i_pattern_item(r0i_pattern_parser *p, int *first, int *last)
{
    uint32_t code = 0;
    if (r0i_pattern_skip(p, "(")) return r0i_pattern_group(p, first, last);
    if (strchr("^$?*+{", *p->at)) return r0i_pattern_fail(p, "this is not supported here");
    *first = *last = r0i_pattern_node(p, R0I_NODE_SET);
    r0i_node *set = &p->pattern->nodes[*first];
    set->range = p->pattern->range_count;
    if (r0i_pattern_skip(p, "[")) {
        R0I_TRY(r0i_pattern_set(p, set));
    } else if (r0i_pattern_skip(p, ".")) {
        set->negated = true;
        r0i_pattern_range(p, set, '\n', '\n');
    } else {
        R0I_TRY(r0i_pattern_character(p, set, &code));
        if (code) r0i_pattern_literal(p, set, code);
    }
    return r0i_pattern_repeat(p, set);
}

// Items one after another; the last leads on to `tail`. An empty sequence is `tail` itself.
static r0_status r0i_pattern_sequence(r0i_pattern_parser *p, int tail, int *first)
{
    int last = -1;
    *first = tail;
    while (p->at < p->end && *p->at != '|' && *p->at != ')') {
        int item = -1, item_last = -1;
        R0I_TRY(r0i_pattern_item(p, &item, &item_last));
        if (last < 0) *first = item;
        else p->pattern->nodes[last].next = item;
        last = item_last;
    }
    if (last >= 0) p->pattern->nodes[last].next = tail;
    return R0_OK;
}

// One alternative after the other, each leading to `tail`. All but the last hang on a split node:
//     split(a) -next-> split(b) -next-> c        for a|b|c, with bodies a and b
static r0_status r0i_pattern_alternatives(r0i_pattern_parser *p, int tail, int *first)
{
    int body = -1, split = -1;
    for (bool more = true; more; ) {
        R0I_TRY(r0i_pattern_sequence(p, tail, &body));
        more = r0i_pattern_skip(p, "|");
        int node = body;
        if (more) {
            node = r0i_pattern_node(p, R0I_NODE_SPLIT);
            p->pattern->nodes[node].body = body;
        }
        if (split < 0) *first = node;
        else p->pattern->nodes[split].next = node;
        split = node;
    }
    return R0_OK;
}

// Compiles `text` into `pattern`; its arrays belong to the arena. `name` is what errors call the file.
static r0_status r0i_pattern_compile(r0i_arena *arena, const char *name, r0_span text, r0i_pattern *pattern)
{
    r0i_pattern_parser p;
    memset(&p, 0, sizeof p);
    memset(pattern, 0, sizeof *pattern);
    p.context = arena->context, p.name = name, p.pattern = pattern;
    p.start = p.at = text.data, p.end = text.data + text.size;
    if (text.size > R0I_PATTERN_LONGEST) return r0i_pattern_fail(&p, "the expression is too long");
    pattern->nodes = R0I_ARENA_NEW(arena, r0i_node, 2 * text.size + 2);
    pattern->ranges = (uint32_t (*)[2])r0i_arena_alloc(arena, 3 * text.size + 1, sizeof *pattern->ranges);
    if (!pattern->nodes || !pattern->ranges) return R0_ERROR_MEMORY;
    r0i_pattern_node(&p, R0I_NODE_ACCEPT);
    R0I_TRY(r0i_pattern_alternatives(&p, 0, &pattern->first));
    return p.at < p.end ? r0i_pattern_fail(&p, "')' without '('") : R0_OK;
}

// One text being matched. The steps add up over all positions: a text has one budget, however it is cut.
typedef struct r0i_matcher {
    const r0i_unicode *unicode;
    const r0i_pattern *pattern;
    const uint32_t *codes;
    size_t count;
    uint64_t steps, most; // work done, work allowed
} r0i_matcher;

// Whether the set holds the code at `at`. One step of work.
static bool r0i_matcher_has(r0i_matcher *m, const r0i_node *set, size_t at)
{
    m->steps++;
    uint32_t code = m->codes[at];
    bool held = set->classes && (set->classes >> r0i_unicode_class(m->unicode, code) & 1);
    for (int i = 0; i < set->ranges && !held; i++) {
        const uint32_t *range = m->pattern->ranges[set->range + i];
        held = code >= range[0] && code <= range[1];
    }
    return held != set->negated;
}

static int64_t r0i_matcher_at(r0i_matcher *m, int index, size_t at);

// Takes as many as there are, then gives back one by one until what follows matches, as greedy repetition is defined.
// Past the budget nothing matches any more; the caller sees that from the count of steps.
static int64_t r0i_matcher_repeat(r0i_matcher *m, const r0i_node *set, size_t at)
{
    size_t n = 0;
    while (n < set->max && at + n < m->count && m->steps < m->most && r0i_matcher_has(m, set, at + n)) n++;
    for (;; n--) {
        if (n < set->min || m->steps++ >= m->most) return -1;
        int64_t end = r0i_matcher_at(m, set->next, at + n);
        if (end >= 0 || set->possessive || n == 0) return end;
    }
}

// Where a match of node `index` and all that follows ends, from `at`; -1: no match.
static int64_t r0i_matcher_at(r0i_matcher *m, int index, size_t at)
{
    for (;;) {
        const r0i_node *node = &m->pattern->nodes[index];
        int64_t end;
        switch (node->kind) {
        case R0I_NODE_ACCEPT: return (int64_t)at;
        case R0I_NODE_SET: return r0i_matcher_repeat(m, node, at);
        case R0I_NODE_SPLIT:
            end = r0i_matcher_at(m, node->body, at);
            if (end >= 0) return end;
            break;
        case R0I_NODE_LOOK:
            end = r0i_matcher_at(m, node->body, at);
            if ((end >= 0) == node->negated) return -1;
            break;
        case R0I_NODE_JOIN: break;
        }
        index = node->next;
    }
}

// -- what a tokenizer holds --

// What an id is. Only special tokens are left out by R0_DECODE_SKIP_SPECIAL.
enum { R0I_TOKEN_NONE, R0I_TOKEN_WORD, R0I_TOKEN_ADDED, R0I_TOKEN_SPECIAL };

// A token that is found in the text before anything else looks at it. The options are those of the file: `normalized`
// looks for it in the normalised text, `single_word` only between other than letters, `lstrip` and `rstrip` take the
// white space beside it along.
typedef struct r0i_added {
    r0_span text;
    int32_t id;
    bool special, normalized, single_word, lstrip, rstrip;
} r0i_added;

// Added tokens by text, and where each first byte begins.
typedef struct r0i_added_list {
    r0i_added *items;
    size_t count;
    size_t first[257];
} r0i_added_list;

// Open addressing: ids by the bytes of their tokens; -1 is an empty slot.
typedef struct r0i_word_map {
    int32_t *slots;
    size_t mask;
} r0i_word_map;

// Open addressing: what a pair of neighbours merges to, and how early.
typedef struct r0i_merge {
    int32_t left, right; // left -1: an empty slot
    int32_t rank, id;
} r0i_merge;

typedef struct r0i_merge_map {
    r0i_merge *slots;
    size_t mask;
} r0i_merge_map;

// One step of the pre-tokenizer.
typedef struct r0i_stage {
    bool prefix_space; // a space in front of every piece that has none; else split by the pattern
    r0i_pattern pattern;
} r0i_stage;

struct r0_tokenizer {
    r0_context *context;
    r0i_arena arena; // all that follows
    r0_span *tokens; // (vocab_size) what each id stands for, as bytes of text
    uint8_t *kinds;  // (vocab_size) R0I_TOKEN_*
    int vocab_size;
    r0i_word_map words;
    r0i_merge_map merges;
    int32_t bytes[256]; // the token of each single byte, or -1
    r0i_added_list raw, normalized; // matched before and after normalisation
    r0i_unicode unicode;
    bool nfc, ignore_merges;
    r0i_stage stages[R0I_STAGES];
    int stage_count;
    int32_t *prefix, *suffix; // what R0_TOKENIZE_ADD_SPECIAL adds
    size_t prefix_count, suffix_count;
    r0_span chat_template, bos; // from tokenizer_config.json and chat_template.jinja; empty: none
    char *folder;
};

// -- vocabulary and merges --
//
// A vocabulary is a map from names to ids, and a list of merges in the order in which training made them:
//     "vocab": {"t": 83, "h": 71, "th": 339, "\u0120": 220, ...}, "merges": ["t h", ...]
// Names are byte-level: JSON cannot hold raw bytes, so every byte is written as a visible character (a space as U+0120,
// a line end as U+010A). They are turned back into bytes when the file is read, and nothing below sees them again.
//
// Two tables answer what encoding asks: which id do these bytes have, and what does this pair of ids merge to. Both are
// open-addressed arrays with at most half of the slots in use, in the tokenizer's own memory; stb_ds would do, but its
// hash seed is global, and the second table is asked for every byte of text.

static uint64_t r0i_word_hash(const char *data, size_t size) // FNV-1a, its high bits mixed down
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++) h = (h ^ (unsigned char)data[i]) * 0x100000001B3u;
    return h ^ h >> 32;
}

// Fibonacci hashing: the golden ratio's multiplier spreads pairs that differ in low bits, the shift brings the high bits,
// which are the good ones, to where the mask looks.
static size_t r0i_hash_pair(int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ h >> 32);
}

// A power of two with at least half of the slots empty.
static size_t r0i_map_size(size_t count)
{
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    return size;
}

// The slot of a token's bytes: its own, or the empty one where it would go.
static size_t r0i_word_slot(const r0_tokenizer *t, const char *data, size_t size)
{
    size_t slot = (size_t)r0i_word_hash(data, size) & t->words.mask;
    for (;; slot = (slot + 1) & t->words.mask) {
        int32_t id = t->words.slots[slot];
        if (id < 0 || (t->tokens[id].size == size && !memcmp(t->tokens[id].data, data, size))) return slot;
    }
}

// The id of a token by its bytes; -1: not in the vocabulary.
static int32_t r0i_word_find(const r0_tokenizer *t, const char *data, size_t size)
{
    return t->words.slots[r0i_word_slot(t, data, size)];
}

// The slot of a pair: its merge, or an empty one (left -1).
static r0i_merge *r0i_merge_slot(const r0_tokenizer *t, int32_t left, int32_t right)
{
    for (size_t slot = r0i_hash_pair(left, right);; slot++) {
        r0i_merge *merge = &t->merges.slots[slot & t->merges.mask];
        if (merge->left < 0 || (merge->left == left && merge->right == right)) return merge;
    }
}

// GPT-2's byte-level alphabet writes each byte as one visible character: bytes that are visible in Latin-1 stand for
// themselves, the other 68 are numbered from U+0100 on, in order:
//     0..32 -> U+0100..U+0120     127..160 -> U+0121..U+0142     173 -> U+0143
// Returns the byte, -1 if `code` is not of the alphabet.
static int r0i_byte_of(uint32_t code)
{
    if ((code > 32 && code < 127) || (code > 160 && code < 256 && code != 173)) return (int)code;
    if (code < 256 || code >= 256 + 68) return -1;
    code -= 256;
    return (int)(code < 33 ? code : code < 67 ? code - 33 + 127 : 173);
}

// Writes the bytes that a token of the file stands for; SIZE_MAX when it is not in the byte-level alphabet.
static size_t r0i_byte_level(r0_span token, char *out)
{
    size_t size = 0;
    for (size_t i = 0; i < token.size;) {
        uint32_t code = 0;
        i += (size_t)r0i_utf8_decode(token.data + i, token.size - i, &code); // JSON strings are valid UTF-8
        int byte = r0i_byte_of(code);
        if (byte < 0) return SIZE_MAX;
        out[size++] = (char)byte;
    }
    return size;
}

// -- loading --
//
// tokenizer.json is read strictly: a part that would change the result and that r0 does not know is an error. Left out
// without one are what only concerns training or batches (truncation, padding, the trainer) and offsets (trim_offsets).

// What loading hands around.
typedef struct r0i_loader {
    r0_context *context;
    r0_tokenizer *t;
    const char *path;
    r0i_text scratch; // two tokens as bytes
} r0i_loader;

// All that is wrong with a file says which file, which part, and what.
static r0_status r0i_load_fail(r0i_loader *l, const char *what, const char *problem)
{
    return r0i_fail(l->context, R0_ERROR_FORMAT, "%s: %s: %s", l->path, what, problem);
}

// A file that is right, but asks for what r0 does not do.
static r0_status r0i_load_unsupported(r0i_loader *l, const char *what, r0_span value)
{
    return r0i_fail(l->context, R0_ERROR_UNSUPPORTED, "%s: %s \"%.*s\" is not supported", l->path, what,
                    (int)R0I_MIN(value.size, (size_t)60), value.data ? value.data : "");
}

static bool r0i_span_is(r0_span span, const char *text)
{
    return span.size == strlen(text) && !memcmp(span.data ? span.data : "", text, span.size);
}

static r0_span r0i_span_of(const char *text)
{
    r0_span span = {text, strlen(text)};
    return span;
}

static r0_span r0i_span_keep(r0i_arena *arena, r0_span span) // a copy with a NUL; data NULL: no memory
{
    char *copy = R0I_ARENA_NEW(arena, char, span.size + 1);
    r0_span kept = {copy, copy ? span.size : 0};
    if (copy && span.size) memcpy(copy, span.data, span.size);
    return kept;
}

// An id from the file: a whole number below `limit`; -1 if it is not.
static int32_t r0i_load_id(const r0_json *value, size_t limit)
{
    bool good = value && value->type == R0_JSON_NUMBER && value->number >= 0 && value->number < (double)limit &&
                value->number == floor(value->number);
    return good ? (int32_t)value->number : -1;
}

// How many ids there are: one more than the largest. Bounded by the number of tokens, so that a small file cannot ask
// for much memory.
static r0_status r0i_load_sizes(r0i_loader *l, const r0_json *vocab, const r0_json *added)
{
    size_t count = vocab->count + (added ? added->count : 0), limit = 2 * count + R0I_VOCAB_GAP;
    int32_t largest = -1;
    if (limit > INT32_MAX) return r0i_load_fail(l, "model.vocab", "too many tokens");
    for (size_t i = 0; i < count; i++) {
        bool word = i < vocab->count;
        const r0_json *value = word ? &vocab->items[i] : r0_json_get(&added->items[i - vocab->count], "id");
        int32_t id = r0i_load_id(value, limit);
        if (id < 0)
            return r0i_load_fail(l, word ? "model.vocab" : "added_tokens", "an id is not a whole number in range");
        largest = R0I_MAX(largest, id);
    }
    l->t->vocab_size = largest + 1;
    l->t->tokens = R0I_ARENA_NEW(&l->t->arena, r0_span, largest + 1);
    l->t->kinds = R0I_ARENA_NEW(&l->t->arena, uint8_t, largest + 1);
    l->t->words.mask = r0i_map_size(count) - 1;
    l->t->words.slots = R0I_ARENA_NEW(&l->t->arena, int32_t, l->t->words.mask + 1);
    if (!l->t->tokens || !l->t->kinds || !l->t->words.slots) return R0_ERROR_MEMORY;
    memset(l->t->words.slots, 0xFF, (l->t->words.mask + 1) * sizeof(int32_t));
    return R0_OK;
}

// Turns the names of the file ("\u0120the") into the bytes that they stand for (" the"), by id and by bytes.
static r0_status r0i_load_vocab(r0i_loader *l, const r0_json *vocab)
{
    r0_tokenizer *t = l->t;
    size_t room = 0;
    for (size_t i = 0; i < vocab->count; i++) room += vocab->keys[i].size;
    char *bytes = R0I_ARENA_NEW(&t->arena, char, room + 1);
    if (!bytes) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < vocab->count; i++) {
        r0_span name = vocab->keys[i];
        int32_t id = (int32_t)vocab->items[i].number;
        size_t size = r0i_byte_level(name, bytes);
        bool mapped = size != SIZE_MAX; // others are never made by merges; they decode to themselves
        if (!mapped) memcpy(bytes, name.data, size = name.size);
        if (t->kinds[id]) return r0i_load_fail(l, "model.vocab", "two tokens have the same id");
        t->kinds[id] = R0I_TOKEN_WORD;
        t->tokens[id].data = bytes;
        t->tokens[id].size = size;
        bytes += size;
        if (!mapped || !size) continue;
        t->words.slots[r0i_word_slot(t, t->tokens[id].data, size)] = id;
    }
    for (int b = 0; b < 256; b++) {
        char byte = (char)b;
        t->bytes[b] = r0i_word_find(t, &byte, 1);
    }
    return R0_OK;
}

// "a b" or ["a", "b"], into two spans.
static bool r0i_load_merge_parts(const r0_json *merge, r0_span *left, r0_span *right)
{
    if (merge->type == R0_JSON_ARRAY) {
        const r0_json *part = merge->items;
        if (merge->count != 2 || part[0].type != R0_JSON_STRING || part[1].type != R0_JSON_STRING) return false;
        *left = part[0].text, *right = part[1].text;
        return true;
    }
    if (merge->type != R0_JSON_STRING) return false;
    const char *space = (const char *)memchr(merge->text.data, ' ', merge->text.size);
    if (!space) return false;
    left->data = merge->text.data, left->size = (size_t)(space - merge->text.data);
    right->data = space + 1, right->size = merge->text.size - left->size - 1;
    return true;
}

// The rank of a merge is its line: what was merged first in training merges first in encoding. A pair that stands twice
// has the later rank, as in Hugging Face.
static r0_status r0i_load_merge(r0i_loader *l, const r0_json *merge, int32_t rank)
{
    r0_span left, right;
    char what[64];
    snprintf(what, sizeof what, "model.merges[%d]", (int)rank);
    if (!r0i_load_merge_parts(merge, &left, &right))
        return r0i_load_fail(l, what, "expected \"left right\" or two strings");
    l->scratch.size = 0; // room for both: bytes are never more than the characters that stand for them
    r0i_text_append(&l->scratch, left.data, left.size);
    r0i_text_append(&l->scratch, right.data, right.size);
    R0I_TRY(r0i_text_status(&l->scratch));
    char *bytes = l->scratch.data;
    size_t a = r0i_byte_level(left, bytes), b = a == SIZE_MAX ? a : r0i_byte_level(right, bytes + a);
    if (b == SIZE_MAX) return r0i_load_fail(l, what, "not in the byte-level alphabet");
    int32_t x = r0i_word_find(l->t, bytes, a), y = r0i_word_find(l->t, bytes + a, b);
    int32_t z = r0i_word_find(l->t, bytes, a + b);
    if (x < 0 || y < 0 || z < 0)
        return r0i_load_fail(l, what, "a part, or what they merge to, is not in the vocabulary");
    r0i_merge *slot = r0i_merge_slot(l->t, x, y);
    slot->left = x, slot->right = y, slot->rank = rank, slot->id = z;
    return R0_OK;
}

// All merges; the table is made for their number, so it never grows.
static r0_status r0i_load_merges(r0i_loader *l, const r0_json *merges)
{
    r0i_merge_map *map = &l->t->merges;
    if (merges->count > INT32_MAX) return r0i_load_fail(l, "model.merges", "too many");
    map->mask = r0i_map_size(merges->count) - 1;
    map->slots = R0I_ARENA_NEW(&l->t->arena, r0i_merge, map->mask + 1);
    if (!map->slots) return R0_ERROR_MEMORY;
    for (size_t i = 0; i <= map->mask; i++) map->slots[i].left = -1;
    for (size_t i = 0; i < merges->count; i++) R0I_TRY(r0i_load_merge(l, &merges->items[i], (int32_t)i));
    return R0_OK;
}

// The options of BPE that byte-level vocabularies do not use would change the result: refuse them.
static r0_status r0i_load_model(r0i_loader *l, const r0_json *model, const r0_json *added)
{
    static const char *const texts[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    const r0_json *vocab = r0_json_get(model, "vocab"), *merges = r0_json_get(model, "merges");
    r0_span type = r0_json_get_text(model, "type");
    if (type.data && !r0i_span_is(type, "BPE")) return r0i_load_unsupported(l, "model.type", type);
    if (!vocab || vocab->type != R0_JSON_OBJECT) return r0i_load_fail(l, "model.vocab", "expected an object");
    if (!merges || merges->type != R0_JSON_ARRAY) return r0i_load_fail(l, "model.merges", "expected an array");
    for (size_t i = 0; i < R0I_COUNT(texts); i++) {
        r0_span text = r0_json_get_text(model, texts[i]);
        if (text.size) return r0i_load_unsupported(l, texts[i], text);
    }
    if (r0_json_get_bool(model, "byte_fallback", false))
        return r0i_load_unsupported(l, "byte_fallback", r0i_span_of("true"));
    if (r0_json_get_number(model, "dropout", 0) > 0)
        return r0i_load_unsupported(l, "dropout", r0_json_get(model, "dropout")->text);
    l->t->ignore_merges = r0_json_get_bool(model, "ignore_merges", false);
    R0I_TRY(r0i_load_sizes(l, vocab, added));
    R0I_TRY(r0i_load_vocab(l, vocab));
    return r0i_load_merges(l, merges);
}

// null, NFC, or a Sequence of these.
static r0_status r0i_load_normalizer(r0i_loader *l, const r0_json *normalizer, int depth)
{
    r0_span type = r0_json_get_text(normalizer, "type");
    const r0_json *all = r0_json_get(normalizer, "normalizers");
    if (!normalizer || normalizer->type == R0_JSON_NULL) return R0_OK;
    if (r0i_span_is(type, "NFC")) {
        l->t->nfc = true;
        return R0_OK;
    }
    if (!r0i_span_is(type, "Sequence") || !all || all->type != R0_JSON_ARRAY || depth > 4)
        return r0i_load_unsupported(l, "normalizer", type);
    for (size_t i = 0; i < all->count; i++) R0I_TRY(r0i_load_normalizer(l, &all->items[i], depth + 1));
    return R0_OK;
}

// A tokenizer has one or two steps; a file with hundreds is not one.
static r0_status r0i_load_room(r0i_loader *l)
{
    if (l->t->stage_count < R0I_STAGES) return R0_OK;
    return r0i_load_fail(l, "pre_tokenizer", "more steps than r0 has room for");
}

// Adds a step that splits by an expression.
static r0_status r0i_load_pattern(r0i_loader *l, r0_span pattern)
{
    R0I_TRY(r0i_load_room(l));
    return r0i_pattern_compile(&l->t->arena, l->path, pattern, &l->t->stages[l->t->stage_count++].pattern);
}

// Split, as the file's own expression or a literal. Of the behaviours, byte-level tokenizers use Isolated: matches are
// pieces, and so is what lies between them. The others drop or join text.
static r0_status r0i_load_split(r0i_loader *l, const r0_json *split)
{
    const r0_json *pattern = r0_json_get(split, "pattern");
    r0_span behavior = r0_json_get_text(split, "behavior"), regex = r0_json_get_text(pattern, "Regex");
    if (!r0i_span_is(behavior, "Isolated")) return r0i_load_unsupported(l, "pre_tokenizer Split behavior", behavior);
    if (regex.data) return r0i_load_pattern(l, regex); // `invert` changes nothing where both sides become pieces
    r0_span literal = r0_json_get_text(pattern, "String");
    if (!literal.data) return r0i_load_fail(l, "pre_tokenizer Split", "expected a pattern with Regex or String");
    l->scratch.size = 0;
    for (size_t i = 0; i < literal.size; i++) {
        if (strchr("\\^$.|?*+()[]{}", literal.data[i])) r0i_text_append(&l->scratch, "\\", 1);
        r0i_text_append(&l->scratch, literal.data + i, 1);
    }
    R0I_TRY(r0i_text_status(&l->scratch));
    r0_span escaped = {l->scratch.data, l->scratch.size};
    return r0i_load_pattern(l, escaped);
}

// ByteLevel: maybe a space in front, and GPT-2's expression, unless another step has split already.
static r0_status r0i_load_byte_level(r0i_loader *l, const r0_json *byte_level)
{
    static const char gpt2[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    if (r0_json_get_bool(byte_level, "add_prefix_space", true)) {
        R0I_TRY(r0i_load_room(l));
        for (int i = 0; i < l->t->stage_count; i++)
            if (l->t->stages[i].prefix_space)
                return r0i_load_fail(l, "add_prefix_space", "more than one step asks for it");
        l->t->stages[l->t->stage_count++].prefix_space = true;
    }
    return r0_json_get_bool(byte_level, "use_regex", true) ? r0i_load_pattern(l, r0i_span_of(gpt2)) : R0_OK;
}

// The steps in the order of the file. Digits is an expression in disguise.
static r0_status r0i_load_pre_tokenizer(r0i_loader *l, const r0_json *pre, int depth)
{
    r0_span type = r0_json_get_text(pre, "type");
    if (r0i_span_is(type, "Split")) return r0i_load_split(l, pre);
    if (r0i_span_is(type, "ByteLevel")) return r0i_load_byte_level(l, pre);
    if (r0i_span_is(type, "Digits")) {
        bool individual = r0_json_get_bool(pre, "individual_digits", false);
        return r0i_load_pattern(l, r0i_span_of(individual ? "\\p{N}" : "\\p{N}+"));
    }
    const r0_json *all = r0_json_get(pre, "pretokenizers");
    if (!r0i_span_is(type, "Sequence") || !all || all->type != R0_JSON_ARRAY || depth > 4)
        return r0i_load_unsupported(l, "pre_tokenizer", type);
    for (size_t i = 0; i < all->count; i++) R0I_TRY(r0i_load_pre_tokenizer(l, &all->items[i], depth + 1));
    return R0_OK;
}

// The vocabulary is byte-level only if the file says so: a ByteLevel step somewhere in front of the model.
static bool r0i_load_has_byte_level(const r0_json *pre)
{
    const r0_json *all = r0_json_get(pre, "pretokenizers");
    bool found = r0i_span_is(r0_json_get_text(pre, "type"), "ByteLevel");
    size_t count = all && all->type == R0_JSON_ARRAY ? all->count : 0;
    for (size_t i = 0; i < count; i++) found |= r0i_load_has_byte_level(&all->items[i]);
    return found;
}

// The ids that one special token of a template stands for, appended to what comes before or after the text.
static r0_status r0i_load_template_ids(r0i_loader *l, const r0_json *ids, bool after)
{
    static const char what[] = "post_processor.special_tokens";
    r0_tokenizer *t = l->t;
    if (!ids || ids->type != R0_JSON_ARRAY) return r0i_load_fail(l, what, "a token of `single` has no ids");
    for (size_t k = 0; k < ids->count; k++) {
        int32_t id = r0i_load_id(&ids->items[k], (size_t)t->vocab_size);
        if (id < 0) return r0i_load_fail(l, what, "an id is outside of the vocabulary");
        if (after) t->suffix[t->suffix_count++] = id;
        else t->prefix[t->prefix_count++] = id;
    }
    return R0_OK;
}

// TemplateProcessing: the special tokens around the sequence "A". `pair` does not concern us.
static r0_status r0i_load_template(r0i_loader *l, const r0_json *post)
{
    const r0_json *single = r0_json_get(post, "single"), *specials = r0_json_get(post, "special_tokens");
    r0_tokenizer *t = l->t;
    bool after = false;
    size_t room = 0, count = specials && specials->type == R0_JSON_OBJECT ? specials->count : 0;
    if (!single || single->type != R0_JSON_ARRAY)
        return r0i_load_fail(l, "post_processor.single", "expected an array");
    for (size_t i = 0; i < count; i++) {
        const r0_json *ids = r0_json_get(&specials->items[i], "ids");
        room = R0I_MAX(room, ids ? ids->count : 0);
    }
    t->prefix = R0I_ARENA_NEW(&t->arena, int32_t, room * single->count + 1);
    t->suffix = R0I_ARENA_NEW(&t->arena, int32_t, room * single->count + 1);
    if (!t->prefix || !t->suffix) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < single->count; i++) {
        r0_span name = r0_json_get_text(r0_json_get(&single->items[i], "SpecialToken"), "id");
        after |= r0_json_get(&single->items[i], "Sequence") != NULL;
        if (name.data) R0I_TRY(r0i_load_template_ids(l, r0_json_get(r0_json_get(specials, name.data), "ids"), after));
    }
    return R0_OK;
}

// What R0_TOKENIZE_ADD_SPECIAL adds. ByteLevel here only trims offsets, which r0 does not report.
static r0_status r0i_load_post_processor(r0i_loader *l, const r0_json *post, int depth)
{
    r0_span type = r0_json_get_text(post, "type");
    const r0_json *all = r0_json_get(post, "processors");
    if (!post || post->type == R0_JSON_NULL || r0i_span_is(type, "ByteLevel")) return R0_OK; // offsets only
    if (r0i_span_is(type, "TemplateProcessing") && !l->t->prefix) return r0i_load_template(l, post);
    if (!r0i_span_is(type, "Sequence") || !all || all->type != R0_JSON_ARRAY || depth > 4)
        return r0i_load_unsupported(l, "post_processor", type);
    for (size_t i = 0; i < all->count; i++) R0I_TRY(r0i_load_post_processor(l, &all->items[i], depth + 1));
    return R0_OK;
}

// By bytes; of equal texts, the lower id comes first and wins.
static int r0i_added_compare(const void *a, const void *b)
{
    const r0_span x = ((const r0i_added *)a)->text, y = ((const r0i_added *)b)->text;
    int order = memcmp(x.data, y.data, R0I_MIN(x.size, y.size));
    if (!order) order = x.size < y.size ? -1 : x.size > y.size;
    return order ? order : ((const r0i_added *)a)->id - ((const r0i_added *)b)->id;
}

// Sorts the list and notes where each first byte begins, so that most positions of a text are passed at one look.
static void r0i_added_sort(r0i_added_list *list)
{
    if (list->count) qsort(list->items, list->count, sizeof *list->items, r0i_added_compare);
    for (size_t i = 0, b = 0; b <= 256; b++) {
        while (i < list->count && (unsigned char)list->items[i].text.data[0] < b) i++;
        list->first[b] = i;
    }
}

static r0_status r0i_nfc_keep(r0_tokenizer *t, r0_span text, r0_span *kept);

// An added token may stand in the vocabulary, too: then under the same name, spelled out or byte-level.
static bool r0i_load_added_fits(r0i_loader *l, const r0i_added *added)
{
    const r0_tokenizer *t = l->t;
    r0_span word = t->tokens[added->id];
    char bytes[R0I_ADDED_LONGEST];
    if (t->kinds[added->id] == R0I_TOKEN_NONE) return true;
    if (t->kinds[added->id] != R0I_TOKEN_WORD) return false;
    if (word.size == added->text.size && !memcmp(word.data, added->text.data, word.size)) return true;
    return r0i_byte_level(added->text, bytes) == word.size && !memcmp(bytes, word.data, word.size);
}

// One entry of added_tokens, into the list that is searched in raw or in normalised text.
static r0_status r0i_load_added_one(r0i_loader *l, const r0_json *value)
{
    r0_tokenizer *t = l->t;
    r0i_added added;
    memset(&added, 0, sizeof added);
    added.text = r0_json_get_text(value, "content");
    added.id = (int32_t)r0_json_get_number(value, "id", 0);
    added.special = r0_json_get_bool(value, "special", false);
    added.normalized = r0_json_get_bool(value, "normalized", !added.special);
    added.single_word = r0_json_get_bool(value, "single_word", false);
    added.lstrip = r0_json_get_bool(value, "lstrip", false);
    added.rstrip = r0_json_get_bool(value, "rstrip", false);
    if (!added.text.size || added.text.size > R0I_ADDED_LONGEST)
        return r0i_load_fail(l, "added_tokens", "a content is missing, empty or longer than 1024 bytes");
    added.text = r0i_span_keep(&t->arena, added.text);
    if (!added.text.data) return R0_ERROR_MEMORY;
    if (!r0i_load_added_fits(l, &added)) return r0i_load_fail(l, "added_tokens", "two tokens have the same id");
    t->kinds[added.id] = added.special ? R0I_TOKEN_SPECIAL : R0I_TOKEN_ADDED;
    if (added.normalized && t->nfc) R0I_TRY(r0i_nfc_keep(t, added.text, &added.text));
    t->tokens[added.id] = added.text;
    r0i_added_list *list = added.normalized ? &t->normalized : &t->raw;
    list->items[list->count++] = added;
    return R0_OK;
}

static r0_status r0i_load_added(r0i_loader *l, const r0_json *added)
{
    size_t count = added ? added->count : 0;
    r0_tokenizer *t = l->t;
    t->raw.items = R0I_ARENA_NEW(&t->arena, r0i_added, count);
    t->normalized.items = R0I_ARENA_NEW(&t->arena, r0i_added, count);
    if (!t->raw.items || !t->normalized.items) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) R0I_TRY(r0i_load_added_one(l, &added->items[i]));
    r0i_added_sort(&t->raw);
    r0i_added_sort(&t->normalized);
    return R0_OK;
}

// The parts in the order in which they need each other: tables, vocabulary, normaliser (added tokens are normalised),
// steps, added tokens, and what refers to their ids.
static r0_status r0i_load_json(r0i_loader *l, const r0_json *root)
{
    const r0_json *added = r0_json_get(root, "added_tokens"), *pre = r0_json_get(root, "pre_tokenizer");
    const r0_json *model = r0_json_get(root, "model");
    if (!model || model->type != R0_JSON_OBJECT) return r0i_load_fail(l, "model", "expected an object");
    if (added && added->type != R0_JSON_ARRAY) return r0i_load_fail(l, "added_tokens", "expected an array");
    if (!r0i_load_has_byte_level(pre))
        return r0i_load_unsupported(l, "a pre_tokenizer without ByteLevel,", r0_json_get_text(pre, "type"));
    R0I_TRY(r0i_unicode_read(&l->t->arena, &l->t->unicode));
    R0I_TRY(r0i_load_model(l, model, added));
    R0I_TRY(r0i_load_normalizer(l, r0_json_get(root, "normalizer"), 0));
    R0I_TRY(r0i_load_pre_tokenizer(l, pre, 0));
    R0I_TRY(r0i_load_added(l, added));
    return r0i_load_post_processor(l, r0_json_get(root, "post_processor"), 0);
}

// folder/name, in the tokenizer's memory.
static r0_status r0i_load_path(r0_tokenizer *t, const char *name, char **path)
{
    r0_span parts[3] = {r0i_span_of(t->folder), r0i_span_of("/"), r0i_span_of(name)};
    *path = R0I_ARENA_NEW(&t->arena, char, parts[0].size + parts[2].size + 2);
    if (!*path) return R0_ERROR_MEMORY;
    for (size_t i = 0, at = 0; i < 3; at += parts[i++].size) memcpy(*path + at, parts[i].data, parts[i].size);
    return R0_OK;
}

static r0_status r0i_load_tokenizer_json(r0_tokenizer *t)
{
    r0i_loader l;
    char *path;
    r0_json *root;
    memset(&l, 0, sizeof l);
    l.context = l.scratch.context = t->context;
    l.t = t;
    R0I_TRY(r0i_load_path(t, "tokenizer.json", &path));
    R0I_TRY(r0_json_parse_file(t->context, l.path = path, &root));
    r0_status status = r0i_load_json(&l, root);
    r0_json_destroy(t->context, root);
    r0i_text_free(&l.scratch);
    return status;
}

static r0_status r0i_load_chat_template(r0_tokenizer *t, const r0_json *config);

// tokenizer_config.json and chat_template.jinja: what a chat needs. A folder without them still encodes.
static r0_status r0i_load_config(r0_tokenizer *t)
{
    char *path;
    r0_json *config = NULL;
    R0I_TRY(r0i_load_path(t, "tokenizer_config.json", &path));
    if (r0i_file_exists(path)) R0I_TRY(r0_json_parse_file(t->context, path, &config));
    r0_status status = r0i_load_chat_template(t, config);
    r0_json_destroy(t->context, config);
    return status;
}

// Everything that the folder says.
static r0_status r0i_load_all(r0_tokenizer *t, const char *folder)
{
    r0_span kept = r0i_span_keep(&t->arena, r0i_span_of(folder));
    t->folder = (char *)kept.data;
    if (!t->folder) return R0_ERROR_MEMORY;
    R0I_TRY(r0i_load_tokenizer_json(t));
    return r0i_load_config(t);
}

// On failure everything goes with the arena; the error names the file and the part.
R0_API r0_status r0_tokenizer_load(r0_context *context, const char *folder, r0_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    r0_tokenizer *t = R0I_NEW(context, r0_tokenizer, 1);
    if (!t) return R0_ERROR_MEMORY;
    t->context = t->arena.context = context;
    r0_status status = r0i_load_all(t, folder);
    if (status) r0_tokenizer_destroy(t);
    else *tokenizer = t;
    return status;
}

R0_API void r0_tokenizer_destroy(r0_tokenizer *tokenizer)
{
    if (!tokenizer) return;
    r0i_arena_free(&tokenizer->arena);
    r0i_free(tokenizer->context, tokenizer);
}

R0_API int r0_tokenizer_vocab_size(const r0_tokenizer *tokenizer)
{
    return tokenizer->vocab_size;
}

// Added tokens first: their text may spell a word of the vocabulary, too. Linear in them: they are few, and this is for
// start-up, not for every text.
R0_API int32_t r0_tokenizer_id(const r0_tokenizer *tokenizer, const char *token)
{
    for (int list = 0; list < 2; list++) {
        const r0i_added_list *added = list ? &tokenizer->normalized : &tokenizer->raw;
        for (size_t i = 0; i < added->count; i++)
            if (r0i_span_is(added->items[i].text, token)) return added->items[i].id;
    }
    return r0i_word_find(tokenizer, token, strlen(token));
}

// -- encoding --

// One part of a piece while it merges.
typedef struct r0i_symbol {
    int32_t id, prev, next;   // a doubly linked list; -1: none
    int32_t rank, merged;     // of the pair with the next one: when, and to what, it merges; rank -1: never
} r0i_symbol;

// The state of one call. Its blocks grow to the largest segment and piece and are released at the end, so a call makes
// few allocations, however many pieces there are.
typedef struct r0i_encoder {
    r0_tokenizer *t;
    r0_context *context;
    unsigned flags;
    int32_t *ids; // the tokens so far
    size_t ids_room, count;
    uint32_t *codes; // the current segment as code points
    size_t codes_room;
    uint32_t *prefixed; // a piece with a space in front
    size_t prefixed_room;
    char *bytes; // the current piece
    size_t bytes_room;
    r0i_symbol *symbols;
    size_t symbols_room;
    uint64_t *heap; // pairs that may merge, as rank << 32 | position: low ranks first, of equal ones the leftmost
    size_t heap_room, heap_count;
} r0i_encoder;

// Room for `count` elements; the old contents stay. Doubles, so that appending is linear.
static r0_status r0i_grow(r0_context *context, void **block, size_t *room, size_t count, size_t size)
{
    if (count <= *room) return R0_OK;
    size_t bigger = R0I_MAX(count, *room + *room / 2 + 64);
    void *fresh = r0i_resize(context, *block, bigger, size);
    if (!fresh) return R0_ERROR_MEMORY;
    *block = fresh;
    *room = bigger;
    return R0_OK;
}

#define R0I_GROW(e, field, count)                                                                                      \
    r0i_grow((e)->context, (void **)&(e)->field, &(e)->field##_room, (count), sizeof *(e)->field)

// Appends one id to the result.
static r0_status r0i_encode_push(r0i_encoder *e, int32_t id)
{
    R0I_TRY(R0I_GROW(e, ids, e->count + 1));
    e->ids[e->count++] = id;
    return R0_OK;
}

// Byte-pair encoding of a piece of n bytes. With the merges "l o" (rank 0), "lo w" (1), "e r" (2):
//     l o w e r  ->  lo w e r  ->  low e r  ->  low er
// Scanning for the best pair after every merge takes O(n^2), which a megabyte
// of one letter turns into hours; instead the parts form a linked list, and pairs wait on a heap for their turn:
//     take the pair with the lowest rank (of equal ones the leftmost), merge it, offer its two new neighbours
// n - 1 merges at most, each with O(log n) on the heap. Turns are never removed from the heap when a neighbour's merge
// takes one half of their pair away; such a turn is stale, and is seen to be when it comes up.

// Looks up the pair that begins at `position`; if it merges, its turn goes on the heap. A binary heap with room for
// 2n turns: n - 1 pairs at first, then every merge takes one and adds at most two.
static void r0i_bpe_offer(r0i_encoder *e, int32_t position)
{
    r0i_symbol *left = &e->symbols[position];
    left->rank = -1;
    if (left->next < 0) return;
    const r0i_merge *merge = r0i_merge_slot(e->t, left->id, e->symbols[left->next].id);
    if (merge->left < 0) return;
    left->rank = merge->rank;
    left->merged = merge->id;
    uint64_t turn = (uint64_t)(uint32_t)merge->rank << 32 | (uint32_t)position, *heap = e->heap;
    size_t at = e->heap_count++;
    for (; at && heap[(at - 1) / 2] > turn; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = turn;
}

// Takes the lowest turn off the heap and closes the gap from the end.
static uint64_t r0i_bpe_take(r0i_encoder *e)
{
    uint64_t *heap = e->heap, top = heap[0], last = heap[--e->heap_count];
    size_t at = 0, child;
    for (; (child = 2 * at + 1) < e->heap_count; at = child) {
        child += child + 1 < e->heap_count && heap[child + 1] < heap[child];
        if (heap[child] >= last) break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

// Merges until nothing merges. A turn whose pair has changed since (another rank stands there) is stale: it passes.
static void r0i_bpe_merge(r0i_encoder *e)
{
    while (e->heap_count) {
        uint64_t turn = r0i_bpe_take(e);
        int32_t position = (int32_t)(turn & 0xFFFFFFFF);
        r0i_symbol *left = &e->symbols[position];
        if (left->rank != (int32_t)(turn >> 32)) continue;
        r0i_symbol *right = &e->symbols[left->next];
        left->id = left->merged;
        left->next = right->next;
        right->rank = -1;
        if (left->next >= 0) e->symbols[left->next].prev = position;
        if (left->prev >= 0) r0i_bpe_offer(e, left->prev);
        r0i_bpe_offer(e, position);
    }
}

// One piece, as bytes. `where` is its offset in the text.
static r0_status r0i_encode_bytes(r0i_encoder *e, const char *bytes, size_t size, size_t where)
{
    r0_tokenizer *t = e->t;
    int32_t whole = t->ignore_merges ? r0i_word_find(t, bytes, size) : -1;
    if (whole >= 0) return r0i_encode_push(e, whole);
    R0I_TRY(R0I_GROW(e, symbols, size));
    R0I_TRY(R0I_GROW(e, heap, 2 * size));
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        r0i_symbol symbol = {t->bytes[byte], (int32_t)i - 1, i + 1 < size ? (int32_t)i + 1 : -1, -1, -1};
        if (symbol.id < 0)
            return r0i_fail(e->context, R0_ERROR_ARGUMENT, "text: byte 0x%02x at offset %zu has no token in %s", byte,
                            where + i, t->folder);
        e->symbols[i] = symbol;
    }
    e->heap_count = 0;
    for (size_t i = 0; i + 1 < size; i++) r0i_bpe_offer(e, (int32_t)i);
    r0i_bpe_merge(e);
    for (int32_t i = 0; i >= 0; i = e->symbols[i].next) R0I_TRY(r0i_encode_push(e, e->symbols[i].id));
    return R0_OK;
}

// A code as bytes again: UTF-8, or the one byte that it stands for.
static size_t r0i_code_bytes(uint32_t code, char out[4])
{
    if (code < R0I_INVALID) return (size_t)r0i_utf8_encode(code, out);
    out[0] = (char)(code - R0I_INVALID);
    return 1;
}

static r0_status r0i_encode_stage(r0i_encoder *e, const uint32_t *codes, size_t count, int stage, size_t where);

// A piece through the stages from `stage` on, then merged.
static r0_status r0i_encode_piece(r0i_encoder *e, const uint32_t *codes, size_t count, int stage, size_t where)
{
    if (!count) return R0_OK;
    if (stage < e->t->stage_count) return r0i_encode_stage(e, codes, count, stage, where);
    R0I_TRY(R0I_GROW(e, bytes, 4 * count));
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += r0i_code_bytes(codes[i], e->bytes + size);
    return r0i_encode_bytes(e, e->bytes, size, where);
}

// How many bytes codes take: 1 to 4 each, and 1 for a byte that is not UTF-8.
static size_t r0i_codes_size(const uint32_t *codes, size_t count) // in bytes
{
    size_t size = count;
    for (size_t i = 0; i < count; i++)
        if (codes[i] < R0I_INVALID) size += (codes[i] >= 0x80) + (codes[i] >= 0x800) + (codes[i] >= 0x10000);
    return size;
}

// Matches are pieces, and so is what lies between them.
static r0_status r0i_encode_split(r0i_encoder *e, const uint32_t *codes, size_t count, int stage, size_t where)
{
    const r0i_pattern *pattern = &e->t->stages[stage].pattern;
    r0i_matcher m = {&e->t->unicode, pattern, codes, count, 0, 4096 + (uint64_t)R0I_PATTERN_WORK * count};
    size_t begin = 0;
    for (size_t at = 0; at <= count;) {
        int64_t end = at < count ? r0i_matcher_at(&m, pattern->first, at) : (int64_t)count;
        if (m.steps >= m.most)
            return r0i_fail(e->context, R0_ERROR_LIMIT, "%s: the pre_tokenizer's pattern takes too many steps",
                            e->t->folder);
        if (at < count && end <= (int64_t)at) { // no match here, or an empty one
            at++;
            continue;
        }
        size_t ends[2] = {at, (size_t)end};
        for (int i = 0; i < 2; i++) {
            if (ends[i] == begin) continue;
            R0I_TRY(r0i_encode_piece(e, codes + begin, ends[i] - begin, stage + 1, where));
            where += r0i_codes_size(codes + begin, ends[i] - begin);
            begin = ends[i];
        }
        if (at == count) break;
        at = (size_t)end;
    }
    return R0_OK;
}

// One step on one piece; its parts go on to the next step.
static r0_status r0i_encode_stage(r0i_encoder *e, const uint32_t *codes, size_t count, int stage, size_t where)
{
    if (!e->t->stages[stage].prefix_space) return r0i_encode_split(e, codes, count, stage, where);
    if (codes[0] == ' ') return r0i_encode_piece(e, codes, count, stage + 1, where);
    R0I_TRY(R0I_GROW(e, prefixed, count + 1)); // only one stage does this, so nothing below uses it
    e->prefixed[0] = ' ';
    memcpy(e->prefixed + 1, codes, count * sizeof *codes);
    return r0i_encode_piece(e, e->prefixed, count + 1, stage + 1, where);
}

// `text` as code points; a byte that is not UTF-8 gets a code of its own. Returns how many.
static size_t r0i_codes_of(r0_span text, uint32_t *codes)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size;) {
        int length = r0i_utf8_decode(text.data + i, text.size - i, &codes[count]);
        if (!length) codes[count] = R0I_INVALID + (unsigned char)text.data[i];
        i += length ? (size_t)length : 1;
        count++;
    }
    return count;
}

// Appends the NFC of `text` to `out`, unless it is the same: code points below U+0300 among themselves are in NFC, and
// most text has no others.
static r0_status r0i_nfc_text(r0_tokenizer *t, r0_span text, r0i_text *out, bool *same)
{
    bool plain = true;
    for (size_t i = 0; i < text.size; i++) plain &= (unsigned char)text.data[i] < 0xCC; // 0xCC 0x80 is U+0300
    *same = plain;
    if (plain) return R0_OK;
    uint32_t *codes = R0I_NEW(t->context, uint32_t, 9 * text.size);
    uint8_t *marks = codes ? R0I_NEW(t->context, uint8_t, 4 * text.size) : NULL;
    if (marks) {
        size_t count = r0i_codes_of(text, codes);
        uint32_t *normal = codes + count;
        count = r0i_nfc(&t->unicode, codes, count, normal, marks);
        for (size_t i = 0; i < count; i++) {
            char bytes[4];
            r0i_text_append(out, bytes, r0i_code_bytes(normal[i], bytes));
        }
    }
    r0i_free(t->context, codes);
    r0i_free(t->context, marks);
    return marks ? r0i_text_status(out) : R0_ERROR_MEMORY;
}

// The NFC of `text`, kept with the tokenizer; `text` itself when it is the same.
static r0_status r0i_nfc_keep(r0_tokenizer *t, r0_span text, r0_span *kept)
{
    r0i_text out = {t->context, NULL, 0, 0, false};
    bool same;
    r0_status status = r0i_nfc_text(t, text, &out, &same);
    if (!status && !same) {
        r0_span normal = {out.data, out.size};
        *kept = r0i_span_keep(&t->arena, normal);
        if (!kept->data) status = R0_ERROR_MEMORY;
    }
    r0i_text_free(&out);
    return status;
}

// The longest token of the list that stands at the beginning of `text`; NULL: none. One byte deeper at a time, the
// tokens that still fit are a range of the sorted list.
static const r0i_added *r0i_added_match(const r0i_added_list *list, const char *text, size_t size)
{
    const r0i_added *best = NULL;
    size_t low = list->first[(unsigned char)*text], high = list->first[(unsigned char)*text + 1];
    for (size_t depth = 1; low < high; depth++) {
        if (list->items[low].text.size == depth) best = &list->items[low];
        while (low < high && list->items[low].text.size == depth) low++;
        if (depth == size) break;
        size_t ends[2];
        for (int i = 0; i < 2; i++) { // the first with a byte >= the text's, and the first with one above
            size_t from = low, to = high, byte = (size_t)(unsigned char)text[depth] + (size_t)i;
            while (from < to) {
                size_t middle = (from + to) / 2;
                if ((unsigned char)list->items[middle].text.data[depth] < byte) from = middle + 1;
                else to = middle;
            }
            ends[i] = from;
        }
        low = ends[0], high = ends[1];
    }
    return best;
}

// The code point that ends at text + at, and its length; 0 at the beginning.
static size_t r0i_code_before(const char *text, size_t at, uint32_t *code)
{
    for (size_t length = 1; length <= 4 && length <= at; length++)
        if ((size_t)r0i_utf8_decode(text + at - length, length, code) == length) return length;
    *code = R0I_INVALID;
    return at ? 1 : 0;
}

// What single_word takes for a letter of a word. The regular expression behind Hugging Face's rule leaves out numbers
// that are no digits (fractions, superscripts); no known byte-level tokenizer uses the option.
static bool r0i_code_in_word(const r0_tokenizer *t, uint32_t code)
{
    r0i_class which = r0i_unicode_class(&t->unicode, code);
    return code == '_' || which == R0I_CLASS_LETTER || which == R0I_CLASS_NUMBER || which == R0I_CLASS_MARK;
}

// Applies an added token's options to its match [*begin, *end); false: it does not count here.
static bool r0i_added_accept(const r0i_encoder *e, const r0i_added *added, r0_span text, size_t from, size_t *begin,
                             size_t *end)
{
    const r0i_unicode *u = &e->t->unicode;
    uint32_t before = R0I_INVALID, after = R0I_INVALID;
    size_t length;
    if (added->special && !(e->flags & R0_TOKENIZE_SPECIAL)) return false;
    r0i_code_before(text.data, *begin, &before);
    r0i_utf8_decode(text.data + *end, text.size - *end, &after);
    if (added->single_word && (r0i_code_in_word(e->t, before) || r0i_code_in_word(e->t, after))) return false;
    while (added->lstrip && *begin > from) {
        length = r0i_code_before(text.data, *begin, &before);
        if (length > *begin - from || r0i_unicode_class(u, before) != R0I_CLASS_SPACE) break;
        *begin -= length;
    }
    while (added->rstrip && *end < text.size) {
        length = (size_t)r0i_utf8_decode(text.data + *end, text.size - *end, &after);
        if (!length || r0i_unicode_class(u, after) != R0I_CLASS_SPACE) break;
        *end += length;
    }
    return true;
}

typedef r0_status (*r0i_segment_fn)(r0i_encoder *e, r0_span text, size_t where);

// Cuts the tokens of `list` out of the text, and hands what lies between to `rest`.
static r0_status r0i_encode_added(r0i_encoder *e, const r0i_added_list *list, r0_span text, size_t where,
                                  r0i_segment_fn rest)
{
    size_t from = 0;
    for (size_t at = 0; at < text.size;) {
        const r0i_added *added = list->count ? r0i_added_match(list, text.data + at, text.size - at) : NULL;
        size_t begin = at, end = added ? at + added->text.size : list->count ? at + 1 : text.size;
        at = end; // as in Hugging Face, the search goes on where the match ended, even if rstrip takes more
        if (!added || !r0i_added_accept(e, added, text, from, &begin, &end)) continue;
        r0_span between = {text.data + from, begin > from ? begin - from : 0};
        if (between.size) R0I_TRY(rest(e, between, where + from));
        R0I_TRY(r0i_encode_push(e, added->id));
        from = end;
    }
    r0_span last = {text.data + from, text.size - from};
    return last.size ? rest(e, last, where + from) : R0_OK;
}

// A stretch of text without added tokens, normalised: to code points, and through the steps.
static r0_status r0i_encode_segment(r0i_encoder *e, r0_span text, size_t where)
{
    R0I_TRY(R0I_GROW(e, codes, text.size));
    size_t count = r0i_codes_of(text, e->codes);
    return r0i_encode_piece(e, e->codes, count, 0, where);
}

// A stretch between added tokens: normalised, then searched for the tokens that are matched there.
static r0_status r0i_encode_normalize(r0i_encoder *e, r0_span text, size_t where)
{
    r0i_text out = {e->context, NULL, 0, 0, false};
    bool same = true;
    r0_status status = e->t->nfc ? r0i_nfc_text(e->t, text, &out, &same) : R0_OK;
    r0_span normal = {same ? text.data : out.data, same ? text.size : out.size};
    if (!status) status = r0i_encode_added(e, &e->t->normalized, normal, where, r0i_encode_segment);
    r0i_text_free(&out);
    return status;
}

// The whole text, with what the folder puts around it.
static r0_status r0i_encode_all(r0i_encoder *e, r0_span text)
{
    bool around = e->flags & R0_TOKENIZE_ADD_SPECIAL;
    if (text.size > INT32_MAX / 8) // positions and counts of one text fit 32 bits
        return r0i_fail(e->context, R0_ERROR_LIMIT, "text: %zu bytes are too many to encode at once", text.size);
    for (size_t i = 0; around && i < e->t->prefix_count; i++) R0I_TRY(r0i_encode_push(e, e->t->prefix[i]));
    R0I_TRY(r0i_encode_added(e, &e->t->raw, text, 0, r0i_encode_normalize));
    for (size_t i = 0; around && i < e->t->suffix_count; i++) R0I_TRY(r0i_encode_push(e, e->t->suffix[i]));
    return R0_OK;
}

// The scratch blocks belong to the call, not to the tokenizer: one that met a huge text does not stay huge.
R0_API r0_status r0_tokenizer_encode(r0_tokenizer *tokenizer, r0_span text, unsigned flags, r0_tokens *tokens)
{
    r0i_encoder e;
    r0_context *context = tokenizer->context;
    memset(&e, 0, sizeof e);
    memset(tokens, 0, sizeof *tokens);
    e.t = tokenizer, e.context = context, e.flags = flags;
    r0_status status = r0i_encode_all(&e, text);
    if (status) {
        r0i_free(context, e.ids);
    } else {
        tokens->ids = e.ids;
        tokens->count = e.count;
    }
    r0i_free(context, e.codes);
    r0i_free(context, e.prefixed);
    r0i_free(context, e.bytes);
    r0i_free(context, e.symbols);
    r0i_free(context, e.heap);
    return status;
}

R0_API void r0_tokens_free(r0_context *context, r0_tokens *tokens)
{
    r0i_free(context, tokens->ids);
    memset(tokens, 0, sizeof *tokens);
}

// -- decoding --

// How many bytes at `data` belong to one ill-formed sequence: the longest beginning of a valid one, at least 1 (the
// Unicode Standard's "maximal subpart", as Rust and Python replace it).
static size_t r0i_utf8_bad(const char *data, size_t size)
{
    const unsigned char *u = (const unsigned char *)data;
    unsigned low = 0x80, high = 0xBF;
    int length = u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : 1;
    if (u[0] < 0xC2 || u[0] > 0xF4) return 1;
    if (u[0] == 0xE0) low = 0xA0;
    if (u[0] == 0xED) high = 0x9F;
    if (u[0] == 0xF0) low = 0x90;
    if (u[0] == 0xF4) high = 0x8F;
    size_t n = 1;
    for (; n < size && (int)n < length && u[n] >= low && u[n] <= high; n++) low = 0x80, high = 0xBF;
    return n;
}

// Appends `data` with a U+FFFD for every ill-formed sequence.
static void r0i_append_valid(r0i_text *out, const char *data, size_t size)
{
    size_t good = 0;
    for (size_t i = 0; i < size;) {
        uint32_t code;
        int length = r0i_utf8_decode(data + i, size - i, &code);
        i += (size_t)length;
        if (length) continue;
        r0i_text_append(out, data + good, i - good);
        r0i_text_append(out, "\xEF\xBF\xBD", 3);
        good = i += r0i_utf8_bad(data + i, size - i);
    }
    r0i_text_append(out, data + good, size - good);
}

// The bytes of the ids. Added tokens stand for their own text, never for byte-level names.
static r0_status r0i_decode(r0_tokenizer *t, const int32_t *ids, size_t count, unsigned flags, r0i_text *out)
{
    for (size_t i = 0; i < count; i++) {
        bool known = ids[i] >= 0 && ids[i] < t->vocab_size && t->kinds[ids[i]] != R0I_TOKEN_NONE;
        if (!known)
            return r0i_fail(t->context, R0_ERROR_ARGUMENT, "tokens: id %d at index %zu is not in %s", (int)ids[i], i,
                            t->folder);
        if ((flags & R0_DECODE_SKIP_SPECIAL) && t->kinds[ids[i]] == R0I_TOKEN_SPECIAL) continue;
        r0i_text_append(out, t->tokens[ids[i]].data, t->tokens[ids[i]].size);
    }
    r0i_text_append(out, "", 0); // a NUL even for no text
    return r0i_text_status(out);
}

R0_API r0_status r0_tokenizer_decode(r0_tokenizer *tokenizer, const int32_t *ids, size_t count, unsigned flags,
                                     char **text, size_t *size)
{
    r0i_text raw = {tokenizer->context, NULL, 0, 0, false}, valid = raw;
    *text = NULL;
    *size = 0;
    r0_status status = r0i_decode(tokenizer, ids, count, flags, &raw);
    if (!status && !(flags & R0_DECODE_BYTES)) {
        r0i_append_valid(&valid, raw.data, raw.size);
        status = r0i_text_status(&valid);
        r0i_text_free(&raw);
        raw = valid;
    }
    if (status) r0i_text_free(&raw);
    if (!status) *text = raw.data, *size = raw.size;
    return status;
}

R0_API void r0_text_free(r0_context *context, char *text)
{
    r0i_free(context, text);
}

// -- chat templates --
//
// A chat is text with special tokens in it. What the families write for system s, user u, assistant a, and how they
// open the next answer (an underscore marks where it begins):
//     ChatML    <|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n_
//     Llama 3   <|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\ns<|eot_id|>
//               <|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>
//               <|start_header_id|>assistant<|end_header_id|>\n\n_          (no line ends where the line is broken)
//     none      system: s\nuser: u_
// ChatML differs in what a chat without a system message begins with (Qwen2.5 says who it is, Qwen3 says nothing), and
// Qwen3 in what becomes of thoughts.
//
// Templates are Jinja programs. R0 does not run them: it recognises the two families that its models use, by what they
// print for a message, and takes the texts in which the members of a family differ (default system message, what opens
// the answer) from the template itself. Anything else is an error, never a guess.

// chat_template.jinja wins over the configuration, as in transformers; of several named templates the default is meant.
static r0_status r0i_load_chat_template(r0_tokenizer *t, const r0_json *config)
{
    const r0_json *templates = r0_json_get(config, "chat_template"), *bos = r0_json_get(config, "bos_token");
    r0_span text = r0_json_get_text(config, "chat_template");
    char *path, *file = NULL;
    R0I_TRY(r0i_load_path(t, "chat_template.jinja", &path));
    if (r0i_file_exists(path)) {
        R0I_TRY(r0i_file_read(t->context, path, &file, &text.size));
        text.data = file;
    }
    for (size_t i = 0; !text.data && templates && templates->type == R0_JSON_ARRAY && i < templates->count; i++)
        if (r0i_span_is(r0_json_get_text(&templates->items[i], "name"), "default"))
            text = r0_json_get_text(&templates->items[i], "template");
    t->chat_template = r0i_span_keep(&t->arena, text);
    r0i_free(t->context, file);
    bool plain = bos && bos->type == R0_JSON_STRING; // else {"content": ..}
    t->bos = r0i_span_keep(&t->arena, plain ? bos->text : r0_json_get_text(bos, "content"));
    return t->chat_template.data && t->bos.data ? R0_OK : R0_ERROR_MEMORY;
}

// Where `what` begins in `text`.
static size_t r0i_span_find(r0_span text, const char *what) // SIZE_MAX: not there
{
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= text.size; i++)
        if (!memcmp(text.data + i, what, size)) return i;
    return SIZE_MAX;
}

// Where it begins for the last time.
static size_t r0i_span_find_last(r0_span text, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = text.size + 1 - R0I_MIN(size, text.size + 1); i-- > 0;)
        if (!memcmp(text.data + i, what, size)) return i;
    return SIZE_MAX;
}

// The bytes [begin, end) of a text.
static r0_span r0i_span_from(r0_span text, size_t begin, size_t end)
{
    r0_span part = {text.data + begin, end - begin};
    return part;
}

// Python's strip: takes the characters of `what` off one end or both.
static r0_span r0i_span_trim(r0_span text, const char *what, bool left, bool right)
{
    while (left && text.size && strchr(what, *text.data) && *text.data) text.data++, text.size--;
    while (right && text.size && strchr(what, text.data[text.size - 1]) && text.data[text.size - 1]) text.size--;
    return text;
}

// The template without white space, with one kind of quotes and one way to name a field: what is compared. A message's
// content is often set to a variable of that name first, so both are written alike.
static void r0i_chat_canonical(r0_span text, r0i_text *out)
{
    static const char *const fields[][2] = {
        {"message['role']", "message.role"}, {"message[\"role\"]", "message.role"},
        {"message['content']", "content"},   {"message[\"content\"]", "content"},   {"message.content", "content"}};
    for (size_t i = 0; i < text.size;) {
        size_t at = i;
        for (size_t f = 0; f < R0I_COUNT(fields) && at == i; f++) {
            size_t size = strlen(fields[f][0]);
            if (text.size - i < size || memcmp(text.data + i, fields[f][0], size)) continue;
            r0i_text_append(out, fields[f][1], strlen(fields[f][1]));
            i += size;
        }
        if (at != i) continue;
        char c = text.data[i++];
        if (!strchr(" \t\r\n", c)) r0i_text_append(out, c == '"' ? "'" : &c, 1);
    }
}

// A Jinja string literal from behind its quote on, unescaped up to the quote or to `stop`. Returns whether `stop` came.
static bool r0i_chat_literal(r0_span text, char quote, const char *stop, r0i_text *out)
{
    size_t length = strlen(stop);
    for (size_t i = 0; i < text.size && text.data[i] != quote; i++) {
        if (length && text.size - i >= length && !memcmp(text.data + i, stop, length)) return true;
        char c = text.data[i];
        if (c == '\\' && i + 1 < text.size) {
            c = text.data[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        r0i_text_append(out, &c, 1);
    }
    return false;
}

// ChatML's default system message: the literal that names role and text at once.
static void r0i_chat_default_system(r0_span text, r0i_text *out)
{
    static const char *const heads[] = {"<|im_start|>system\\n", "<|im_start|>system\n"};
    for (size_t h = 0; h < R0I_COUNT(heads); h++) {
        r0_span rest = text;
        for (size_t at; (at = r0i_span_find(rest, heads[h])) != SIZE_MAX;) {
            char quote = at ? rest.data[at - 1] : '\'';
            rest = r0i_span_from(rest, at + strlen(heads[h]), rest.size);
            if (r0i_chat_literal(rest, quote, "<|im_end|>", out)) return;
            out->size = 0;
        }
    }
}

// What opens the answer: the first literal that is printed behind the last "add_generation_prompt".
static bool r0i_chat_generation_prompt(r0_span text, r0i_text *out)
{
    size_t at = r0i_span_find_last(text, "add_generation_prompt");
    if (at == SIZE_MAX) return false;
    text = r0i_span_from(text, at, text.size);
    at = r0i_span_find(text, "{{");
    if (at == SIZE_MAX) return false;
    text = r0i_span_trim(r0i_span_from(text, at + 2, text.size), "- \t\r\n", true, false);
    if (!text.size || (*text.data != '\'' && *text.data != '"')) return false;
    r0i_chat_literal(r0i_span_from(text, 1, text.size), *text.data, "", out);
    return true;
}

typedef enum r0i_chat_family {
    R0I_CHAT_UNKNOWN,
    R0I_CHAT_CHATML,
    R0I_CHAT_QWEN3,
    R0I_CHAT_LLAMA3,
    R0I_CHAT_LLAMA31
} r0i_chat_family;

// Whether the canonical template holds an expression.
static bool r0i_chat_says(const r0i_text *canonical, const char *what)
{
    return canonical->data && strstr(canonical->data, what) != NULL;
}

static bool r0i_chat_says_all(const r0i_text *canonical, const char *const *what)
{
    bool all = true;
    for (; *what; what++) all = all && r0i_chat_says(canonical, *what);
    return all;
}

// What a template must print to be taken for a family's, as canonical text. Qwen3 is ChatML whose answers lose their
// thoughts: all of the expressions that decide how must be there, else "</think>" makes a template unknown.
static r0i_chat_family r0i_chat_recognise(const r0i_text *canonical)
{
    static const char *const chatml[] = {
        "'<|im_start|>'+message.role+'\\n'+content+'<|im_end|>'+'\\n'", NULL};
    static const char *const qwen3[] = {
        "ns.last_query_index", "content.split('</think>')[-1].lstrip('\\n')",
        "content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n')",
        "'\\n<think>\\n'+reasoning_content.strip('\\n')+'\\n</think>\\n\\n'+content.lstrip('\\n')",
        "'<|im_start|>'+message.role+'\\n'+content}}", NULL};
    static const char *const headers[] = {
        "'<|start_header_id|>'+message.role+'<|end_header_id|>", "'+content|trim+'<|eot_id|>'", NULL};
    static const char *const dated[] = {
        "{{-bos_token}}", "'CuttingKnowledgeDate:December2023\\n'", "'TodayDate:'+date_string+'\\n\\n'",
        "{{-system_message}}", NULL};
    bool thinks = r0i_chat_says(canonical, "</think>");
    if (r0i_chat_says_all(canonical, chatml)) {
        if (!thinks) return R0I_CHAT_CHATML;
        return r0i_chat_says_all(canonical, qwen3) ? R0I_CHAT_QWEN3 : R0I_CHAT_UNKNOWN;
    }
    if (thinks || !r0i_chat_says_all(canonical, headers)) return R0I_CHAT_UNKNOWN;
    if (r0i_chat_says(canonical, "bos_token+content")) return R0I_CHAT_LLAMA3;
    bool today = r0i_chat_says(canonical, "strftime_now"); // what a model reads must not depend on the day
    return !today && r0i_chat_says_all(canonical, dated) ? R0I_CHAT_LLAMA31 : R0I_CHAT_UNKNOWN;
}

static void r0i_append_span(r0i_text *out, r0_span span)
{
    r0i_text_append(out, span.data ? span.data : "", span.size);
}

// ChatML: every turn is <|im_start|>role\ncontent<|im_end|>\n.
static void r0i_append_chatml(r0i_text *out, r0_span role, r0_span content)
{
    r0i_text_print(out, "<|im_start|>");
    r0i_append_span(out, role);
    r0i_text_append(out, "\n", 1);
    r0i_append_span(out, content);
    r0i_text_print(out, "<|im_end|>\n");
}

// Python's str.strip(), on UTF-8.
static r0_span r0i_chat_strip(const r0_tokenizer *t, r0_span text)
{
    uint32_t code;
    for (int length; text.size && (length = r0i_utf8_decode(text.data, text.size, &code)) != 0;) {
        if (r0i_unicode_class(&t->unicode, code) != R0I_CLASS_SPACE && (code < 0x1C || code > 0x1F)) break;
        text = r0i_span_from(text, (size_t)length, text.size);
    }
    for (size_t length; (length = r0i_code_before(text.data, text.size, &code)) != 0;) {
        if (r0i_unicode_class(&t->unicode, code) != R0I_CLASS_SPACE && (code < 0x1C || code > 0x1F)) break;
        text.size -= length;
    }
    return text;
}

// Qwen3 drops the thoughts of earlier answers, and keeps those behind the last question, in a form of its own.
static void r0i_append_qwen3_answer(r0i_text *out, const r0_message *message, bool current, bool last)
{
    r0_span content = message->content, thought = R0_ZERO;
    size_t first = r0i_span_find(content, "</think>");
    if (first != SIZE_MAX) {
        thought = r0i_span_trim(r0i_span_from(content, 0, first), "\n", false, true);
        size_t open = r0i_span_find_last(thought, "<think>");
        if (open != SIZE_MAX) thought = r0i_span_from(thought, open + strlen("<think>"), thought.size);
        thought = r0i_span_trim(thought, "\n", true, false);
        size_t closed = r0i_span_find_last(content, "</think>") + strlen("</think>");
        content = r0i_span_trim(r0i_span_from(content, closed, content.size), "\n", true, false);
    }
    if (!current || !(last || thought.size)) {
        r0i_append_chatml(out, message->role, content);
        return;
    }
    r0i_text_print(out, "<|im_start|>assistant\n<think>\n");
    r0i_append_span(out, r0i_span_trim(thought, "\n", true, true));
    r0i_text_print(out, "\n</think>\n\n");
    r0i_append_span(out, r0i_span_trim(content, "\n", true, false));
    r0i_text_print(out, "<|im_end|>\n");
}

// The last message of the user that is no tool's response; count - 1 when there is none.
static size_t r0i_chat_last_query(const r0_message *messages, size_t count)
{
    static const char head[] = "<tool_response>", tail[] = "</tool_response>";
    for (size_t i = count; i-- > 0;) {
        r0_span c = messages[i].content;
        bool tool = c.size >= strlen(tail) && !memcmp(c.data, head, strlen(head)) &&
                    !memcmp(c.data + c.size - strlen(tail), tail, strlen(tail));
        if (r0i_span_is(messages[i].role, "user") && !tool) return i;
    }
    return count - 1;
}

// The default system message, where a chat has none of its own.
static void r0i_append_default_system(r0_tokenizer *t, r0i_text *out)
{
    r0i_text system = {t->context, NULL, 0, 0, false};
    r0i_chat_default_system(t->chat_template, &system);
    r0_span text = {system.data, system.size};
    if (text.size) r0i_append_chatml(out, r0i_span_of("system"), text);
    out->failed |= system.failed;
    r0i_text_free(&system);
}

// Llama 3: every turn is <|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>, the content stripped.
static void r0i_append_llama3(r0_tokenizer *t, const r0_message *message, r0i_text *out)
{
    r0i_text_print(out, "<|start_header_id|>");
    r0i_append_span(out, message->role);
    r0i_text_print(out, "<|end_header_id|>\n\n");
    r0i_append_span(out, r0i_chat_strip(t, message->content));
    r0i_text_print(out, "<|eot_id|>");
}

// Llama 3.1 always has a system message: the date that the template names, then the chat's own. Returns how many of the
// messages it took.
static size_t r0i_append_llama31_system(r0_tokenizer *t, const r0_message *messages, r0i_text *out)
{
    static const char date[] = "date_string = \"";
    bool own = r0i_span_is(messages[0].role, "system");
    size_t at = r0i_span_find(t->chat_template, date);
    r0i_text_print(out, "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n");
    r0i_text_print(out, "Today Date: ");
    if (at != SIZE_MAX)
        r0i_chat_literal(r0i_span_from(t->chat_template, at + strlen(date), t->chat_template.size), '"', "", out);
    r0i_text_print(out, "\n\n");
    if (own) r0i_append_span(out, r0i_chat_strip(t, messages[0].content));
    r0i_text_print(out, "<|eot_id|>");
    return own;
}

// All turns, without what opens the answer.
static void r0i_chat_messages(r0_tokenizer *t, r0i_chat_family family, const r0_message *messages, size_t count,
                              r0i_text *out)
{
    size_t query = r0i_chat_last_query(messages, count);
    if (family == R0I_CHAT_CHATML && !r0i_span_is(messages[0].role, "system")) r0i_append_default_system(t, out);
    if (family >= R0I_CHAT_LLAMA3) r0i_append_span(out, t->bos);
    for (size_t i = family == R0I_CHAT_LLAMA31 ? r0i_append_llama31_system(t, messages, out) : 0; i < count; i++) {
        bool answer = r0i_span_is(messages[i].role, "assistant");
        if (family >= R0I_CHAT_LLAMA3) r0i_append_llama3(t, &messages[i], out);
        else if (family == R0I_CHAT_QWEN3 && answer)
            r0i_append_qwen3_answer(out, &messages[i], i > query, i + 1 == count);
        else r0i_append_chatml(out, messages[i].role, messages[i].content);
    }
}

// Base models have no template: one "role: content" per line, as R-Zero's code prompts them.
static void r0i_chat_plain(const r0_message *messages, size_t count, r0i_text *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i) r0i_text_append(out, "\n", 1);
        r0i_append_span(out, messages[i].role);
        r0i_text_append(out, ": ", 2);
        r0i_append_span(out, messages[i].content);
    }
}

// Templates pass over other roles in silence; a caller who uses one would lose a message.
static r0_status r0i_chat_check(r0_tokenizer *t, const r0_message *messages, size_t count)
{
    if (!count) return r0i_fail(t->context, R0_ERROR_ARGUMENT, "chat: there is no message");
    for (size_t i = 0; i < count; i++) {
        r0_span role = messages[i].role;
        if (r0i_span_is(role, "system") || r0i_span_is(role, "user") || r0i_span_is(role, "assistant")) continue;
        return r0i_fail(t->context, R0_ERROR_ARGUMENT,
                        "chat: message %zu: role \"%.*s\" is none of system, user, assistant", i,
                        (int)R0I_MIN(role.size, (size_t)40), role.data ? role.data : "");
    }
    return R0_OK;
}

// Renders by the folder's template. It is recognised at every call: that takes microseconds, and a folder with an
// unknown template still tokenizes.
static r0_status r0i_chat_template(r0_tokenizer *t, const r0_message *messages, size_t count, bool prompt,
                                   r0i_text *out)
{
    r0i_text canonical = {t->context, NULL, 0, 0, false};
    r0i_chat_canonical(t->chat_template, &canonical);
    r0i_chat_family family = canonical.failed ? R0I_CHAT_UNKNOWN : r0i_chat_recognise(&canonical);
    bool memory = canonical.failed;
    r0i_text_free(&canonical);
    if (memory) return R0_ERROR_MEMORY;
    if (family != R0I_CHAT_UNKNOWN) r0i_chat_messages(t, family, messages, count, out);
    if (family == R0I_CHAT_UNKNOWN || (prompt && !r0i_chat_generation_prompt(t->chat_template, out)))
        return r0i_fail(t->context, R0_ERROR_UNSUPPORTED,
                        "%s: this chat template is not one that r0 knows (ChatML as Qwen2, Qwen2.5 and Qwen3 have it, "
                        "Llama 3, Llama 3.1). Put a known one into %s/chat_template.jinja, or an empty file for the plain "
                        "form \"role: content\"",
                        t->folder, t->folder);
    return R0_OK;
}

R0_API r0_status r0_chat_render(r0_tokenizer *tokenizer, const r0_message *messages, size_t count,
                                bool add_generation_prompt, char **text, size_t *size)
{
    r0i_text out = {tokenizer->context, NULL, 0, 0, false};
    *text = NULL;
    *size = 0;
    r0_status status = r0i_chat_check(tokenizer, messages, count);
    if (!status && !tokenizer->chat_template.size) r0i_chat_plain(messages, count, &out);
    else if (!status) status = r0i_chat_template(tokenizer, messages, count, add_generation_prompt, &out);
    if (!status) status = r0i_text_status(&out);
    if (status) r0i_text_free(&out);
    else *text = out.data, *size = out.size;
    return status;
}

// (unicode tables: generated by tests/make_unicode.py)
static const char *const r0i_unicode_rows[] = {
    "_HSU9yr]j[.F/$>M+oa8LeS22$uZP]$sNsE$XEq]$g7Uuq-=]$9P,MW$W9w7$>'HQ&7G`M,Z4ex$W7/C$g[t&^/5&a`DQmX#yD%Re4hAU#>kb6",
    "'2]3G%WmM2)Ixb45x8SPEdwj8%m0r$$uu]%&Qo9W&V(F'%%IN2SP=uG&IJW)%$EIJ#CHns$rvXEF^kW5$sj-]@*0*w5%SwH-$1jn#KI#M#MT;r",
    "%&jG]3EZ]L$_7o;03/HkFxsDk$sOHW%T4Wa'35`R/lWNr$X=-O3`cZ7&5i[@&7,Nc)HR9f$ZH8x$WdLC&6&gV)HdD`'iZDr$W840'3kg*(f;nm",
    "(/xvW.T$Rx+BAbU0i8Qj(fgj;&QoI$1K#B'(f;_m&QWgW.T$Rx+BAbU/633j(iL%)&Q'*P&:apl-@Q5.$Yp8f$XjQW$W7.>'itox'o<WJ'j_&`",
    "&5jQY9TMJ_02W9fH;ROM%T4Wx(f;)t'2]<O$rvaK&:c0Y$W7UE02W9fH;QJ*+BAbU/5[$e*H)C3&Q&pK&:apq%YtpW$X<la#y_7]$XNvV$tTuZ",
    ".pNNoB2KaX(f=LOIo.h*$rwWf%U^Ge%T+a$3`Z]ZpItp)/7g)x$x6,v&Q&a>+AmDk$rJfi&UXdn+Ai>M/5x67)sdT5Gv)3($WI:=$WIgQ02],]",
    ")RBT[+GL(4#C-UL#p]Pf$wKCE*FTRg(fr%v*KEyl%Y,@+`D$MD+&WJ%#>p(c$XjBk$W7.H&K1[W)cihy$XjBk$W7.H&=<Xr#Z2=IekQQg1U7Ol",
    "<r2u0,vQpx&>BKe#A*[8'jW8:@:Ln#(kZ%*6B24a$X#UL#k%e.$t'9K&:bg^>@%JB3blB7.:s%n#y1nKjx@T)#>m^'7=I)`#yDb*j%U6D#AQ:5",
    "#J_<sOA7ZyRS=,u3bgL@$v8(Fqb8)##G`e_3hx6n(ukXg&V/xA:PcD_D0.UK(4`es&;1rW#yDD9(f>*f%Vl>](fD7k%M&Y5&69l``D$xb&9S.a",
    "$W7.9$g7V%OA5t.$W7LM$ZHVp&8MuM+'xtu'o.oU'P.Vy#y=T/$rwKl$wKChttM(#>>c/C&:Xjk'kSLp$W7.9$Xj4%&7HGu)H$an#ZhuO,5MAv",
    "$+wQ(SkY`0sAU.Y(fr:t&ISVH$tTWRT2$V=;,hXm.T%Hu.T%Hu.T%Hu.T%HuWD2x_%,;J*)HR0q2/NM=&7#Z][8.-B&6oD[#uMFYhFw2/#vS1(",
    "VbQYb=6osJS4tJy;sXOFax>MK'+KLt`_OE5%3#C8#yJ]P'qI0mCH)y7$x8KT#yfqh3a&vt1ff99&KCj_&Q&a>0==Yd(/u#XH=vw%'l5Y_#`&sj",
    "#H9J=,cMkw$rICA3nXOf&AUxwQqx*2nkD]K$wKC@%Y$<W$lT/A1L(3<'36r7H<USisx/u.(fq/g'2f*DITv5C,$#7f3,8kH&8NkH$ZH;*#>mv9",
    "`_x0m'36r7]Dr%wH=6GNRhc),'NUE(`(_MC+Ctad3Di+M+Ai>M&Q&pCUJRdkSm#>;#Zcvkc:pH>=e&G0#xF8>$`c+4M+o&I#D9`r'l+/%&8MVf",
    "[7rekM+n/b$WdM/&<j+umSH&0#DevW>yJ:>%b:gM#@$n+;,iBV)XRQE1U.1;%:v:Y,%[*F&HMoM02W]y#NGwv3bl',)Z]tWcV5hF#`(HI;Ge]H",
    "&Q(Mp;Ge]H&R0ro6Jr9-Fabdf,uN,q$[UK2,ut4Wj%Txg'iGCa&9`/+/*Hwc2EV#O$We3gF_hcJ#V#oI#[e'P=B=Wi$sj*M+(H$m(/^5v&7-&[",
    "28>;Y&lFfr([M0T$eYPn)J;n2#_$]&0WZ.F@D=,R$9A7U#g<@>L/&t>]1j)n3bgM7#yr0THO^>U#>rrS$WvvO<a:hn*SpgW$v6EP*7Fqr*Zb@#",
    "/$O,N(tJbe4lcWQ&Qo<n*xIJX.9&Uc.=`IU]1kk(3a`/)$v8^X%TWdh)*Iwq)djIh'7^9o$t*x0@8VKA,ZG.x]M9_Z$rIaH;Gf5unkD>i3bfI<",
    "03/HkFxsDk&Q'HR'2g/f'35`V$u-&h+B]&%'kfOc$W7=>$jv)C$w&4f&6&gQ$YT`R%#k_^#M&sc)eCjD%U><(pJ#:3$W8C5`)>r+/64IL)d01F",
    "pIwb($wgDS#UBGB$u[tICtJdJ#yFT;6sq;7%OhFWs%gI9B8@vI$rwfa&Q*h#$WvgV$rdFD6@dot035wq/64**$W78h#>vH)#BC#g/lX6,5r/PD",
    "'iJ7,#qlPa#F@8l1f:hg0i9H/;;VCqSP9I7$^L*a.T$Rx`D%Li%T*[B/5cb*3bfaD&Q,6+,#JeV,#TYGPZV=51Kaok85ZEl/6a*`3`N(a%$tcb",
    "#L=xu$2F_-gJe$clq^;J0:W;n<.9Ys#A)t8UXoS;#H9Ry8a7(>U.kfO,hN3+3bjvc&84$r#BDD76@]5h$apqap0yT]'nG.La%gdy$Ub&6%T8Tt",
    ".:Y^`#Zh1;%YG4`i&^sk[=$5'3RyMd)c7kf&Q,cD;,WNx(01X4)g&c-RxlHY+-$kf.=Vk@S*pB<UgWFk&Aj`O,$Q4B0ifXj#@lh%))DE26F*+f",
    "L$o3K#uTbg$Wd[C&6B3W$],$p$ZH:m#Z2=I02Wv%P>)3v$YBQM'lXyV'39QhKMe7D$d&YH#>oqWU.kgD$g7UuKMa1/swO>`S5'f##BU6E%_<We",
    "<88wt#AP@`%WV`Y&97qe$YUFj#k7q)[SYsf'lkR13a`17'&rw%>U]xn3r0KP#@fUs%c[S&$wS.i.T$pf&Q)5/i)9u>/JwUC#]^,e4$Oeh#Z21@",
    "*Cp8q#>n5A%:KFw#>kk9$rvR>3DgMu$rI4R$t'9H$rI49(/YHH$rvR>$rI49$rI49&Q&aC)c7kf)c7>W$rJff>x+IR+Al2m*09R.3pJ.UMHQTV",
    "WU9e3h,FaCk=nHCWD6+f*qiw3*&]lV`_@@5WD/KShbCFef/Plp#g<KklqIIamS*[fi_9DWmS*[chFvuWi_9DXcqOLHi_9DXcqOLOi_9D[#>>:Z",
    "#>>Fh#>>1k#>>1a#>>7Y#>>7c#>>4X#>G=d#>>:Z#>>1a#>>1c#>>4X#>>1a#>>1d#>>4f#>>1d#>>4f#>>1d#>>Um#N#SilqN=A#Uf^W$Sh`d",
    "#Uf^W$8MWc#V#jY#Uf^W%5Irf%4D6x#r2Nb#Uf^W#r2Nb#V#jY#VZ9_#VlEa#yCh/&PN4;##,P1#yh+3'heXC##,x5#@7C8),('K##,h9#@[^<",
    "*DHQT##,t>#VlEa#Uf^X#@9r1lqIIa,YS5a##-4t#A4$@+wr#]##-.B#AX<D-;4Ge##-:F#r2Nb#q,gX$o.ie#Uf^W#r2Nb#Uf^g#B+0^lqIOf",
    "lqIIai_9DWlqIOdlqILbi_9DXlqIIai_:Y%.V]#M#>>1W#>>4b#>>1W#>>4b#>>7Y#>>1a#>>4X#>>1a#>>1W#>>7c#>>1W#>>1a#>>1W#>>1a",
    "#>>1W#>>1a#>>1W#>>4b#ODIwlqIIai_9DWlqIdji_:7rlqILjlqILdlqILflqJv9i_;O>lqIIci_9DZlqJs:lqIIei_9DdlqILbi_9DXlqIIa",
    "i_9DXlqIIai_9DYlqIIci_9DW+xVo[##-+A$8MWc#Uf^W#r2Nb#q,gX$o.jL#y)1<%o36l#>>1W#>>4b#I=G>(/5*m#VlFI#y)1<&%VdM(/5+V",
    "#y)1<&'Fu`FA2vT#y:w5=wet)CJ>%K#y>VG%pT-FJkZQl#dXM8%p9%SE_^d]#y;4>J=$Es#A4)r#>G7X#>G7T#D3'3#>>0R#>G6U#>kWZ#>P<T",
    "#>G:c#>>/.#>XDc6quH@Fwi3G#ZXc,i_@a+$8MYm%8I4S#y@<v#y;+8lqPZ-#VZ;D#>O&Z##45a##3lWiCsA=#>>1W#Eo0u)H>j'#Yj)Y2GrU@",
    "##a5x##=;b##3lW#>X&Y##=;b##<rX##XMe##3lW##OGdCJ>%J#y<*TlqIIai_9D]lqKBC%u(*n&P`Y'#y-vo$8MWd#>G2*i_9DXlqIIdi_9DW",
    "lqILh#>bI[#>tUg#>YFe#SI/ClqIIai_9D]lqIIai_9DXlqIIan4`mege@cQi_9DWcqOLilqIIamS*[dl:h7_i_9DWi(X2UlqIIamnEddi_9DW",
    "lqIIai_@d,#r2Nb#Yb;*lqIIc#>>4b#>bIe#>YD*##45a##3lW##45a##52&$Rc$Z#VlH`*Dbg%P>)'fAo-U6YYYBX#>>1_#>>1c#>>1Y#>>4x",
    "#IOVBgG].;lqIUnlqJU-lqL;]lqN^L#y<'S&)v[p%qcP@#DE:=#B9cSAPEDA#yC4s#VlEb#r2Nb#Uf^Y#r2Ng#r2Nc#VlF@#yCJ%#yA#'#>H,k",
    "$rc:m##j;]##=;bdo-<+#VH-^i_>xB$o.kM'2@7d#>O>b/ktJ4##,,%#Uf^[#y@U)#VlEa#Uf`j$;fkhM,+4=#NYtki_9DYlqIIai_9DWlqIId",
    "i_;.3lqIIai_9DWlqIIai_@3m#y<3W%pAvD5>;Gf#y+&slqK0=%uLBr;G@I-#y,AA%nlw4x4lv4##,E(#ZD:=%qGr2#>YOh#T3YI%o347*DP[#",
    "Bhxn;#y1M(#y:b.%Ex]]HqaoN#y,xJ&(pwg%nlw4Le[w]$;Ccv#>GN,#y;C@%wN`2X%rb+Le[tZ#>PT+#yBFK#>kMe%Pe(v%o*y6T1o>jb]NwC",
    "#>>5(#u0D`##X#W%TM4f#Z9_g##<rX,Z*W-RS<oM#R;;WlqILrlqIOilqILclqILflqN1=%Pe)_#YjGc6VuoLk#VgH#It()#>>/,Pybq1LeWD3",
    "$;:M-##5;)#Z(M3$;:S2$AJ[i;bvHv$;:M-#$:w;'i4m8$;:M-#$;+@%o<=7$;:M-##5;)#Z(M3&6KHL##5;)#Z(M5$<.IF(/4p8#Z(M+$;:M-",
    "#$(k1$<%(l$;aH'##5;)#Z(M5$<.OB##5;)#Z(M5%9<dA#Z1_.#Z(M+$;:M-#$)(C'i4m8$;:M-#$:w;'2nmE$G-OL7SErQ$;`uk$B%;Y7SErM",
    ";c#__$Awsl7SErQ&5YVq$B#6t7SErO##IQg&;^p(7SErQ$;`uk$Awsl7SErQ85MQT$B$iL7SErM),NS%$B#0r7SErQ#Z*ci$B%/U7SErO:Ja;[",
    "&;^Hp7SErQ#Z*ci$B#$n7SErQ8l.cV$B%2_#ZUwr##IIY$B+sn6^IqE##IO]$B+sk7=bT1#$a6.$B+sk7@44H##IOF$B+st6X'x^##INj$B+sk",
    "790P[#$*a$$B+sk7@44H##IOF$B+sk6X^+d##INh$B+sk7yw(F##IOF$B+sk6x5H0##IOF$B+sq6X9h`##INh$B+sk78O,U##INn$B+sk78<uS",
    "##IOK$B+sk6'h_C##IBb$B+sk79B[t'2Uqt$B#<v7SErQ&5YVqD4qwW7SG=l##IQgyF(YY7SErA##IQg$@`%^7SErE##IQg$Q9%[$B+sk78X2V",
    "##IO'$B+sk7:QIh##fGL$B+skMGX@[#YYC@$VUxl#$/EB(/R7w$A/=b7SErI5#=LJ$UP#j$;LS-D-R5U#ttLO%SR>()c/e'&:FRc7SEsk#>PDj",
    "##IHd$B+sk+xW$-##Oxl,#CO.$B#$n7SErI#uElj$B#$n7SErI#uElj$B#$n7SErE#uElj$B#$n7SErK#uElj$B#$n7SErK#uElj$B#$n7SErU",
    "0Mk#<$Aeah7SF/o3D_tE*17+>7SErI7SlyR$SDIP$B+sk7na&S##NKJ$rB2m$VCV1$;LS-Yu:X/7SK^fPZ@lk$ucAg$etdW#AX-G*@:ej$Q][Z",
    "$3(B>_H-_D$;:S/##bq6%9NU:%SQwq#+K%7$=j-C*a&VT##GG+$;^_/.SNWd'MoWM$<I[C&kiF;#$_dE$;:re#LWWe$;:w>#v@^Y'O3%v$;Ux/",
    "**=D'#-C-o9Ml1(#$_C='3Re<(4v'&#u(PA&sZpB$;LU^#RLNI$B+t=;+q+]##INj$B+sq4&5vJ#$/`K$;^e-$IJrZ$B+sk6VIWO#$*lq$B+sk",
    "78sDY##I*Z$B+sqg.hWS#YYCv#YYAi##J6,$B+sk78sDY##INl$B+sk4])yN#$*Zd$B+vd%0Qq*'2S[6$B>*m7ns2[#TEm8#YYJS#(Rn$M-yuj",
    "elN`(#$(q3FGBj'#YYD,##P_2$W[77#YYD<##PY0b>,9HMG=:X3.=M]$Vgx2+ADc=N(wn.&Qf%P8PB:m##P_2&S_=a$j6_D$<@.`$;<46;1SmU",
    "#4_gV#Qb)+#IH3l#YYA*3C*`##tb7d#sJDm#@x0H$;:M0#'0oV/P6+C#T`wQ#YYA*3;3OU#r2Ni#$(k7%o<F_[oCd_[Sn;d#$hR>(KLNO&54O6",
    "$#F).#y1x0$dJcn%ScwJM+mu58@fp]#$hR>(KLNO&54O6$5<RF#sJCe8.7$41/e<Z%8[%5$;:x2#$D48Jt;sN$;:e5##GA)%8m3>(<p[kAl(`r",
    "$AgiN7SErQ5#=LJ$B#m17SEt2#HIur##N9D&l:hs$B$lM7SErQ,#CO.$B#R(7SErQ&l:hs$Rc(_$;LS-#>PD,##Ldpy;Nmj$B#*p7SEsC%A*c.",
    "##N9I#Z*ci$Aepm7SErO$rB2m$B$lM7SErQ4&A1G$B%)S7SErQ'Mq%u$Aeml7SEt4#H7ip##NyF##IQg$B%;Y7SErQ,#CO.$Af^.7SEsQI>J)3",
    "##Njtyr0*l$B#-q7SErO>u3di$B#<v7SErQ5#=LJ$Ag]J7SErQ5#=LJ$B#m17SErQ%8];n$Q9&N$B+sk79Th_##MI,'i4s8$;CS.#YYD##ttJj",
    "##INr$B+sk5thEM##IOI$B+skf#'XW#YYBeIxm7:##IIb$B+sk7>(f4##NTN4xu2`$<@.5#YYBVH:wHH##Ll=##IQg$B$lM7SErQ,#CO.$B#-q",
    "7SErO(JmA#$B#a-7SErQ$W')l$Shgh$;LS-#[.@9##M:*%o>Mp$B%/U7SErO92IlW$Awsl7SErQ'Mq%u$Awpk7SErQ5#=LJ$Ag]J7SErQ#Z*ci",
    "$Aedi7SErO%o>Mp$B%5W7SErQ,#CO.$y#oN*h<FA$;^k/%G1ej(InUk$B+sk7=PH/##N0@'i7.v$Awpk7SErQ(f3J$$B#9u7SEtdHqa`K##Mw[",
    "#>bJ*$;CP-#YYA*(f19;$;Cn7#YYC9Hr:)P##MeX5Ys^L$B$]H7SErQ&Pt_r$PibK$B+sk783oR##IO#$B+sk799Vx##Li;#>bJ*$S-L9$B+sk",
    "7=YN0##I*Z$B+sk7=PH/##NHH'i7.v$Awpk7SErQ(f3J$$B#9u7SEsmI8'iL##Nvu#>bJ*$;CP-#YYA*(f19;$;Cn7#YYA*7Sj.i$KD:n$B+sk",
    "7=PH/##Oqu'i4s8$;CP-#YYA*(f19;$;Cn7#YYA*7Sj.i$Majt$B+sk7yReB##IOD$B+sk799Vx#%I(6-;XxI$L2JZ$;LS-#>PD,##GyU#>bJ*",
    "$S-)'$;:M-oXQ>U#YYA*#Z(S+$;H+V$;LS-Xgq_D##5=5F)qIh##G>*$;LS3rOF1[##5<ZFE7Ri##G>*$;LS3agi['##5=QF)qIh##G>*$;LS-",
    "#L3yV#YYBgFK#CH#Z.8:/PlLP$;CS.#YYA*LeRwW##O3t@o*/1$T`-U$;LS-#>PD,##GyU#>bJ*$Mw_M$;:M-`4@=&#YYA*#Z(S+$;H+V$;LS-",
    "q70d;##5<VFE7Ri##G>*$;LS3agra(##5=QFE7Ri##G>*$;LS3NOgBA##5<jFE7Ri##G>*$;LS-#L3yV#YYLYFJfC2FE7[j#ZC`Y#>h&6@o*/1",
    "$MnXk$;LS-#>PD,##GyU#>bJ*$Ti78$;:M-tdc*f#YYA*#Z(S+$;H+V$;LS-ot#c[#uq+E##>b9)GC6K$=Wv@),MGZ#wa<Q##>e:%86k7&MS%^",
    "#>bJ*$;LS-#YYA+##GA)$;LS-#YYA+##GA)$;LS-#YYA+##GA)$;LS-#YYAK##GA)$;LS-#YYA+##GA)$;LS-#YYA+##GA)$;LS-#YYA+##GA)",
    "$;LS-#YYB6##GA)$;LS-#YYA+##GA)$;LS-#YYA+##GA)$;LS-#YYA+##GA)$;LS-#YYD%FNFYh#uLWBLeS%SFA)gI##bk9$J'0($PdX4$;:P.",
    "##bVB$=xls%%Ix%&lAf&JPlYMFA)gQ##c.A$L2S<$Sy>X#>Z4D,YS;_$>><$$QO-G#>bD*$;y%U$J07E$;:P.-rU5m&=wPZ$>oiMB>XjU#uCV1",
    "$#'Z3G>&-C#Z(NV#>js5I8BoL$<RO=4&@,O$;:M-%]BMB##Ity$;:P.##bVZ$y@P$pK&_J^fLX`&luNnOA,mCFA)gJ##bh8$RTh#$Me]%#>ZXP",
    "5YM9>$@mw<$8i3$U<*LBohr->'*etPqG#7ySBh4W$;^_e$;=dS##GS/$;UZu#He&A&53F=#*glG%8[&+1ex6i#$(k1%8m1vS(%IB%MX_'#&Yel",
    "$LNXR##GG+$Q+x(##GA)&7toK#YYS5##GA)*)ZcC#YYS=##GA)&5iL7#Yxup##G_3$;LS-$;y[g@n[#1##H^O$;LSy7SEqi##GA)$;LU3#P'`X",
    "#imWn)GJP)iaK_8#y(b/%8[%5$;:x2##bY.%8[%5$;:x2##bY.%8[%5$;:e7##bY.%8[%D'MJX5#ZCq3$;:M0$r$k.#ZCq3$;:M0$r$k.#a/n+",
    "-2IXG0k^Pq$;:x2##bY.%8[%5$;:x2##bY.%8[%5$;:x2##bY.&5iL:$;:x2#%A'G$;:M0$r$k.#ZCq3$;:M0$r$k.#ZCq3$;:MoDbUT*#>>8*",
    "##GA)$;LS6*))+p&)ut]$1jEd$2C,s$-rl_o>:xILeRw;*)H#/#YtG+S)j]WLFrU5RQU[WLg'vy-r8v+$3VV[qITk,$W$x,$2P]KTB6/[x6&l7",
    "'MjTu$49()i.(pn-r8x)#Z'Sw$0ki&ZtKR@<_q_c$0QqG$3Eh*b+f(F'Ml./#>^rB$/-8&YOMWvTPXf3+&AxO$1N.EQ-fY=kYq[5$;xm>$0i@5",
    "sC_WA),IVg$.]qvZ:tH%,Ys/E$:YS4S5obMRnX#N#uAEQ$6C$ir.kJP1JcDs$9y.2$5OIa^;0pf(/ME&$60php6u1Q/l02Z#>^Rt$8+5BPZn8Y",
    "$;xI#$/>YhY,havP>26S]M/Mf^eFoV$1+yi$4mxQlsp4X:f$>0$8%uV$8NT,rm(UNOyWbOidq:e(/O4n$6BFXx((LbcJnq2rU9hng5y(G9MbZ;",
    "$1f0Cg8Y8lX%`^.(f/0$$/@CDaCPK7JPYXs#>`x.#>^P6$5wCwO3%Lb9i(0K#>b&($4Hr@p8.s>=&4os$5+LfsCVQEsx/gh$W#bw$9f21x7Yq<",
    "/l1,K$.<iwsBYpc(/JgRlhgfigmeL0(f/`I#>a+q#>_jA$7l3`xlJpw0Mfo%$-WiaLg^E=(/OX6$9C4RolL=)1/H2-$8I3=$02.nxl8e$G#.b@",
    "$60:Va85mChG==:'Mmk;$1'uaQYuv'Qq[xd-;WE6$1x=,b#JQK<);pe$8*l8hG+239i$FZ$1It$VG@<cW(mI<Xw]#xAkw5#$2N1W$3<_(Y#PT+",
    "1/FWK$32AXfNeUM,u<`y$:$XXL3`sw6;NJ&#>`S]#>`J*#Z'N`$9S>pU0w09$W#Jp$1%h$W`TBL(f-[B$8%`P$-knDRiMN8TB-,[idV(.8Palo",
    "#>`&N#>anu$1]$@k'7)3OxGrlQVIZ1%8X'P$7I6,r(mM+$W$V6$4x%]^/G.y/5Nys$#g#$.8R$_$5&;'$:8T8^U=81Hr#i8$4oX3fT$)$*)DZ+",
    "$/=6>$8`T*^mkN@,#>4C$8;WhWH/1i%Sv)B$2a9t$96F;$:D^8$*aUM3)A7C$.<KmVpPNNx<6tH+&@pp#>a/u$-kM9M15XwYY>5w4AUKD&-*&F",
    "xqCCo=AP=A#>`-K$8;cl8l#q&>#11+$2xICtZ1s3+&^<w&'PboOAy<L,u5Fby;Hr)$265]x75X,U.thb$;xlM$:G&'4AX[8$02CufM)Ji#>_R4",
    "$60(Pr`TDA$5a=[Xwo.s$5<MH^f^dy#Z';^$8_unl<aZ:#Z$Og$02Cus@reg%8Yhr$75g[*)yT@(/GyE'Mi+B#Z'Md$-iQWtYG@g%SnQ[G#.+(",
    "$1x.'el)xA#YtG+_G^S2(f-)q$6fXZG#,JQ$+9sp&5Rsa$6gBo^/+p[$.n'=$9j;x$29'c&22@6$0hw+T1oG;%8Vji$,Qf.$VtAybZ4i1#>^.[",
    "$/Pxgp/M5(#>_'v$#B_;$;ZUd$6Tga'MkB,$.Ju]gex,C#>^7^$.o;b@8Ex($.&]YVG[O(#>]/AN_fio$;xZH#uh#R$5*nULeRv8$r=6<$#9YL",
    "#>b,#$1%h$pgaLj)c-*1$:4bvPYhPd#Z#2@awi+G$6fOW-r2U(Z:tF<$02:rcr1&A$;^A#$4I#Bx4v.o$Vudg$0Dx&^eOvw'Mjfv$.],_-;W&r",
    "$,-MJ$+L(E$#Ke8#>_'u$:k>+k#;IY$;xrR$3gT<P$A,<#>aJd$.]/`:/;^4Al#R@$/cG%ipI4x&Po-W$9R0[$:5>185Gp'(/KsD$.=W6$1%S(",
    "$/tw7#W:aNch@HL3)Uu:)GpK>$k1Zp#>kJ+$pE-L)c6Ty$VUh5#YYD,##PG*$Vgx/#YYD,##k_/$Vgx/#YYD,##PG*%Sv.7$;:V.##k_/$Vgx2",
    "$;:V.##PG*$Vgx/#YYDS$W..@$X`sA(ej&EnFd/bYuCs7#'pteOAD6Ki(X>Z#9aNZ%f-H;#(Fj,l;>Q.$;;+A#%mO8tYF5b$;LUw)ak.j'gU,T",
    "b:Eicjwu:e##PkH$VUV/##5>*#Z1S,NDyib+&N)C$Vh=A#YYD+#Z1Y,`wx'*Py7os#vm`Sd9-S-buk/B#>Z7DPYD9Q#>[NhU.k`H$8$4&^Ch#^",
    "i#`D6'MfiW/5OG;'2QUe'MmN.$((ire6)oye6)lq$2Y*9``E7Y$6Xk8$6T:`#wsGbH;D&s#w<wB#v%0LHV`_L#uC_c$$ZPk#u1SM$*XMH#vm^m",
    "#w*jA#ttG)$7=J>$:Erf$5[_g0MdNb'2S*V'2K$B0MeoX$5W_K-;Qm4H;CJD$%N-9#>ZIJ85B4k0M`rw(/GuWY#,;s$;[C&$.f8b9Ma>W$5sjh",
    "`DyZ6$%;v4#Z&`N#u(Ov#>ak^'2R[x'2Js@,Yogo(/KHb$.wo`$.&]Ysuv9#A5=%JUJ1ja#Z'pP#>Z=FT%jyPE_c[@RmmimO@0O`0M``q*`'s[",
    "'2Po7'2K*DTNMCZ&l6@1#>`)$#>Z=FW_ET1$2Tyh$4VT#$5.r($9NfP#uLeP$5NYJ#Z'RO#>^l[#>xB+0MbeVPN2aMaRB^GPOK)gmc4CS$r7(5",
    "/l.Sr(f.'r(f0;Z'Me^7jj4HB_q+op##DYu#>aAG'i2da#>agK(/GQKQ0&*Qo]y0[CekaN8l(OR$/(kR$&8XUUJ1jET3;ygSlu6O#Yt_3$;Ub0",
    "@SxCX:/;g7*)BmH/l)aY3_pMsMG43T#>[fpr_3MnUfmlpV-3uU#>`uV$%`9w#>^fb'Mk:q'Ml8D$%i@VX%`^nXwxwO$&Sh]$/qge$50CD$&/Qu",
    "YZ_/WY$(r2$;]J_$7i2^$9YFp$/Mag$'PKMyr$u4gn=io#>_)2$1mam$:p+[#ugw=$,v'c$7rGq$9vK`$8/Vg$8hiiTMG[*$666_$43nL$7Pv]",
    "n4s0W]1iDR]M/MK#>^@a$:k5(r;-t0Q2;%sMvBAhR0WgvP6)4wX8rf:OpD(ocNjPWyr&[d#Z%93'MjA.$7^7*hyFHqiscK(s9fEC,#yBd$7Z*_",
    "<_maAEDKD:,Yo=axI&gPg'xBrr(dFI$:2U7$2heI#u^ro```KOa]xg8$W#^v'Mi+BQ3w1.lqISC#uLfbcqOX0cqOVX#v.5K$9Z^J$4G0l$4+R`",
    "$/*40$0oTF$.6b+#wa:$$9ZUI$/<a=$$HFifNJCp#u@oZ'MfoY`#ewcq&]WCi#_u*##CjF#>ZgT0Ma*&OA,j:ge@n;hFw+Oi`ZIViEyycj&uR+",
    "i`ZIE[TN_,ZrmM/lrjLI$02.nQ44C2*`(HH#>b@c'Mea8<)5>VYVZhq#YtG+>Yh(P#>_0T#>^49#>^vs$/3[>$0gnl$-35&#>`c.#>^+.(/LSt",
    "'MjQ]'Mhb8niv[j^.e`-kY20Wl:h@u#v%0ct#kj]$;UY-pdu$%hCen8feO+Ecq=jS$r=f,#>_Zn(/N^f'MmdV#>^IL#>YY35Ymyw'i2g.'i2b8",
    "#>^=J#>]MKN(jEOnkB6Rs]bkp$7G^c$-`B`$42]+$.P#M$6>.@$5NYJ*)EU%'i0us$.4rN$/Ce[$9OJd$7a53$/`I2$3p*+$17gwp-/R`m6CxX",
    "Qfx<SlMhE$,#y-,#>Yt<]FkZZ$r=6l$8JVe$5iPB#v.4X$6R#e$:qp9#uC_A$(_8(Vcs9/Vcs8G$.o8aRS<nO#Z%g4$(qD^#>^+]$9A2n$;VdM",
    "]'U#6n5'5k#Z&qE(Jg#n#>YJ.9Mame'i3$e'i0qm'i1D%(Jb<BVY(O,aA;veZWvxZM+w.n#w<vC$-WEU7o,(K$)7V/#Z%-u$.8i[4AXek#Z$]E",
    "#Yv]kQ.,k@eC=V+$r;]m'i1J6'i,<Ff@Bw/OOjP>tSmVLm+W.Yp.b`>cs6`i$3#uj$0D7o^eOw$#u@H<'i4ZD'i-AdxkN;y#>ak4'i3C=#uC+Y",
    "&PjEQDGT(W&PnWX&PpJP$38do$%`9fgKOdp#>[Tj_'BOsX<x<^^eb.N#YtM-]hJW/$Vr`fd45`5j<Y=BnbWAnb5;<HLFWm@VqMbh_#FIAW%x6X",
    "kqN3Eb;9`8YYPBVUg=.<$6Z`]$6xhP$2^Q8$5BCS$/tGh#ttGe$0Lqq$1mb&$7WDg$95Lw$:k2'4AU3-job`kb6xee_9<Hri_TbW#Z':q#YvWi",
    "q[EU4eCbC=Z5XE^Tc=xNQqvnC#Z%Mc(/N'p#Z&J`#Yte5'MfEK'Mh>,OQR0Y",
};
// (end of the unicode tables)

static const char *r0i_unicode_row(size_t index)
{
    return index < R0I_COUNT(r0i_unicode_rows) ? r0i_unicode_rows[index] : NULL;
}

// >>json
//
// JSON is what configurations, vocabularies, questions and metrics are written in, and most of it comes from other
// people's files: the reader is strict (RFC 8259 without extensions), goes at most R0I_JSON_DEPTH deep, takes linear
// time and memory, and names line and column of what it does not understand. Numbers are read and written without the
// locale's decimal point: strtod and printf only ever see digits and an exponent.
//
//     value   = object | array | string | number | true | false | null
//     object  = { [ string : value { , string : value } ] }          array = [ [ value { , value } ] ]
//     number  = [-] (0 | 1-9 {digit}) [. digit {digit}] [(e|E) [+|-] digit {digit}]
//     string  = " { character | \ one of "\/bfnrt | \u and four hexadecimal digits } "
//
// Strict on purpose: a trailing comma, a NaN or half a surrogate pair in a vocabulary is a damaged file, and a reader
// that guesses gives a model that is subtly wrong. Two liberties: a byte order mark may begin the text, and a name may
// stand twice in an object (the last one counts).

enum { R0I_JSON_DEPTH = 128, R0I_DECIMAL_DIGITS = 800 };

// -- UTF-8 --

// The code point at `data`, and the bytes that it takes; 0 bytes: malformed (overlong, surrogate, cut off).
static int r0i_utf8_decode(const char *data, size_t size, uint32_t *code)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)data;
    if (!size) return 0;
    if (u[0] < 0x80) return *code = u[0], 1;
    int length = u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : 2;
    if (u[0] < 0xC2 || u[0] > 0xF4 || size < (size_t)length) return 0;
    uint32_t c = u[0] & (0xFFu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((u[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (u[i] & 0x3Fu);
    }
    if (c < smallest[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 0;
    return *code = c, length;
}

// The other way: 1 to 4 bytes, for code points up to U+10FFFF.
static int r0i_utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) return out[0] = (char)code, 1;
    int length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(code | (0xF00u >> length & 0xFF));
    return length;
}

// -- decimal numbers: value = digits * 10^exponent --
//
// Reading rounds to the nearest double, whatever the number of digits: half-way cases between two doubles have at most
// 768 significant digits (subnormals with 53 bits at 2^-1074), so 800 digits and one bit for "more follows" decide.
// Writing looks for the fewest digits that read back as the same bits: 17 always do, and 15 are always kept, so there
// are three candidates.

typedef struct r0i_decimal {
    bool negative;
    int count; // digits, without leading zeros
    int64_t exponent;
    char digits[R0I_DECIMAL_DIGITS + 1];
} r0i_decimal;

// 768 digits decide how a double is rounded; of the digits beyond R0I_DECIMAL_DIGITS only "not all zero" matters.
static void r0i_decimal_push(r0i_decimal *d, char digit)
{
    if (d->count == 0 && digit == '0') return;
    if (d->count < R0I_DECIMAL_DIGITS) {
        d->digits[d->count++] = digit;
        return;
    }
    char *last = &d->digits[R0I_DECIMAL_DIGITS - 1];
    if (digit != '0' && *last == '0') *last = '1';
    d->exponent++;
}

// The double nearest to the decimal number. strtod rounds correctly; it is given no decimal point, so its locale does
// not matter. Exponents beyond +-99999 give 0 or infinity anyway.
static double r0i_decimal_value(const r0i_decimal *d)
{
    char text[R0I_DECIMAL_DIGITS + 32];
    if (d->count == 0) return d->negative ? -0.0 : 0.0;
    if (d->count <= 15 && d->exponent == 0) { // an integer below 2^53: most numbers, and no need for strtod
        double sum = 0;
        for (int i = 0; i < d->count; i++) sum = sum * 10 + (d->digits[i] - '0');
        return d->negative ? -sum : sum;
    }
    int64_t exponent = R0I_MAX(-99999, R0I_MIN(d->exponent, 99999));
    snprintf(text, sizeof text, "%s%.*se%d", d->negative ? "-" : "", d->count, d->digits, (int)exponent);
    return strtod(text, NULL);
}

// Reads a number that the grammar below has already accepted.
static double r0i_decimal_parse(const char *at, const char *end)
{
    r0i_decimal d;
    d.negative = *at == '-', d.count = 0, d.exponent = 0;
    bool fraction = false;
    for (at += d.negative; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        d.exponent -= fraction;
        r0i_decimal_push(&d, *at);
    }
    if (at < end) {
        int64_t power = 0, sign = *++at == '-' ? -1 : 1;
        for (at += *at == '-' || *at == '+'; at < end; at++)
            if (power < 1000000000000) power = power * 10 + (*at - '0');
        d.exponent += sign * power;
    }
    return r0i_decimal_value(&d);
}

// The fewest digits that read back as `value`, which is finite. 15 digits are needed anyway unless zeros end them;
// subnormal numbers have fewer.
static void r0i_decimal_shortest(double value, r0i_decimal *d)
{
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        char text[64];
        const char *c = text;
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        memset(d, 0, sizeof *d);
        d->negative = *c == '-';
        for (; *c && *c != 'e'; c++)
            if (*c >= '0' && *c <= '9') r0i_decimal_push(d, *c); // whatever the decimal point looks like
        d->exponent = d->count && *c ? atoi(c + 1) - (d->count - 1) : 0;
        while (d->count && d->digits[d->count - 1] == '0') d->count--, d->exponent++;
        if (r0i_decimal_value(d) == value) return;
    }
}

// Writes a number as JSON has it: "12", "-0.5", "1.5e-7"; null for what JSON cannot say. At most 32 bytes.
static int r0i_json_format_number(double value, char out[32])
{
    r0i_decimal d;
    if (!isfinite(value)) return snprintf(out, 32, "null");
    r0i_decimal_shortest(value, &d);
    static const char zeros[] = "0000000000000000";
    const char *sign = d.negative ? "-" : "", *digits = d.digits;
    int n = d.count, point = n + (int)d.exponent; // `point` digits stand before the decimal point
    if (n == 0) return snprintf(out, 32, "%s0", sign);
    if (point >= n && point <= 16) return snprintf(out, 32, "%s%.*s%.*s", sign, n, digits, point - n, zeros);
    if (point > 0 && point < n) return snprintf(out, 32, "%s%.*s.%.*s", sign, point, digits, n - point, digits + point);
    if (point <= 0 && point > -5) return snprintf(out, 32, "%s0.%.*s%.*s", sign, -point, zeros, n, digits);
    return snprintf(out, 32, "%s%c%s%.*se%d", sign, digits[0], n > 1 ? "." : "", n - 1, digits + 1, point - 1);
}

// -- reading --
//
// One pass over the text, by recursive descent. What a document needs is known from its size: every decoded string is
// at most as long as its source, so one block holds them all; children wait on a stack until their container closes and
// then move, together, to their place in the document. So memory is linear in the text, and a hostile file of brackets
// or quotes costs no more than a good one of the same size.

// The parser: a cursor, the document's arena, and the stack of children that wait.
typedef struct r0i_json_parser {
    r0_context *context;
    const char *name;
    int line; // of `start`
    const char *start, *at, *end;
    r0i_arena arena; // the document
    char *texts;     // room for every decoded string: none is longer than its source
    r0_json *values; // children of the containers that are still open
    r0_span *keys;   // their names, beside them
    size_t count, capacity;
    int depth;
} r0i_json_parser;

// What r0_json_destroy gets back: the root lies at the document's address, and the arena beside it holds both.
typedef struct r0i_json_document {
    r0_json root; // first: r0_json_destroy gets its address
    r0i_arena arena;
} r0i_json_document;

// Fails at p->at. Columns count code points, from 1.
static r0_status r0i_json_fail(r0i_json_parser *p, const char *expected)
{
    int line = p->line, column = 1;
    for (const char *c = p->start; c < p->at; c++) {
        column += ((unsigned char)*c & 0xC0) != 0x80;
        if (*c == '\n') line++, column = 1;
    }
    char found[32] = "the end";
    if (p->at < p->end) {
        unsigned char c = (unsigned char)*p->at;
        snprintf(found, sizeof found, c >= 0x20 && c < 0x7F ? "'%c'" : "byte 0x%02x", c);
    }
    return r0i_fail(p->context, R0_ERROR_FORMAT, "%s:%d:%d: expected %s, found %s", p->name, line, column,
                    expected, found);
}

// The four characters that may stand between tokens.
static void r0i_json_space(r0i_json_parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) p->at++;
}

// Whether `c` comes next; r0i_json_skip also passes over it.
static bool r0i_json_is(const r0i_json_parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool r0i_json_skip(r0i_json_parser *p, char c)
{
    bool there = r0i_json_is(p, c);
    p->at += there;
    return there;
}

// Passes over digits; false when there is none.
static bool r0i_json_digits(r0i_json_parser *p)
{
    const char *first = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
    return p->at > first;
}

// A number by the grammar: no leading zeros, no bare point, no plus sign. What is written is kept beside the double,
// for integers beyond 2^53 and for messages.
static r0_status r0i_json_number(r0i_json_parser *p, r0_json *value)
{
    const char *first = p->at;
    r0i_json_skip(p, '-');
    bool zero = r0i_json_is(p, '0');
    if (!(zero ? r0i_json_skip(p, '0') : r0i_json_digits(p))) return r0i_json_fail(p, "a digit");
    if (r0i_json_skip(p, '.') && !r0i_json_digits(p)) return r0i_json_fail(p, "a digit after the point");
    if (r0i_json_skip(p, 'e') || r0i_json_skip(p, 'E')) {
        if (!r0i_json_skip(p, '-')) r0i_json_skip(p, '+');
        if (!r0i_json_digits(p)) return r0i_json_fail(p, "a digit in the exponent");
    }
    value->type = R0_JSON_NUMBER;
    value->number = r0i_decimal_parse(first, p->at);
    if (!isfinite(value->number)) {
        p->at = first;
        return r0i_json_fail(p, "a number that fits a double");
    }
    value->text.data = p->texts;
    value->text.size = (size_t)(p->at - first);
    memcpy(p->texts, first, value->text.size);
    p->texts += value->text.size;
    *p->texts++ = 0;
    return R0_OK;
}

// Four hexadecimal digits; p->at stops at the first that is none.
static bool r0i_json_hex4(r0i_json_parser *p, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        if (p->at >= p->end) return false;
        int c = *p->at, lower = c | 32;
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0) return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return true;
}

// After "\u": four hexadecimal digits, or two times four for a code point above U+FFFF.
static r0_status r0i_json_unicode(r0i_json_parser *p)
{
    uint32_t code, low;
    if (!r0i_json_hex4(p, &code)) return r0i_json_fail(p, "four hexadecimal digits after \\u");
    if (code >= 0xDC00 && code < 0xE000) return r0i_json_fail(p, "a high surrogate before the low one that ends here");
    if (code >= 0xD800 && code < 0xDC00) {
        bool pair = r0i_json_skip(p, '\\') && r0i_json_skip(p, 'u') && r0i_json_hex4(p, &low);
        if (!pair || low < 0xDC00 || low >= 0xE000)
            return r0i_json_fail(p, "a low surrogate (\\udc00 to \\udfff) after the high one");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    p->texts += r0i_utf8_encode(code, p->texts);
    return R0_OK;
}

// Behind a backslash.
static r0_status r0i_json_escape(r0i_json_parser *p)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r0i_json_skip(p, 'u')) return r0i_json_unicode(p);
    const char *found = p->at < p->end && *p->at ? strchr(names, *p->at) : NULL;
    if (!found) return r0i_json_fail(p, "one of \"\\/bfnrtu after \\");
    *p->texts++ = values[found - names];
    p->at++;
    return R0_OK;
}

// p->at is behind the opening quote.
static r0_status r0i_json_string(r0i_json_parser *p, r0_span *text)
{
    char *first = p->texts;
    while (!r0i_json_skip(p, '"')) {
        uint32_t code;
        if (p->at >= p->end) return r0i_json_fail(p, "'\"' at the end of the string");
        if (r0i_json_skip(p, '\\')) {
            R0I_TRY(r0i_json_escape(p));
            continue;
        }
        int length = r0i_utf8_decode(p->at, (size_t)(p->end - p->at), &code);
        if (!length) return r0i_json_fail(p, "valid UTF-8");
        if (code < 0x20) return r0i_json_fail(p, "an escape for the control character");
        memcpy(p->texts, p->at, (size_t)length);
        p->texts += length;
        p->at += length;
    }
    text->data = first;
    text->size = (size_t)(p->texts - first);
    *p->texts++ = 0;
    return R0_OK;
}

// Children wait on one stack until their container closes: only then is their number known, and they can lie together.
static r0_status r0i_json_push(r0i_json_parser *p, r0_span key, const r0_json *value)
{
    if (p->count == p->capacity) {
        size_t capacity = R0I_MAX((size_t)64, 2 * p->capacity);
        r0_json *values = R0I_RENEW(p->context, p->values, r0_json, capacity);
        if (!values) return R0_ERROR_MEMORY;
        p->values = values;
        r0_span *keys = R0I_RENEW(p->context, p->keys, r0_span, capacity);
        if (!keys) return R0_ERROR_MEMORY;
        p->keys = keys;
        p->capacity = capacity;
    }
    p->values[p->count] = *value;
    p->keys[p->count++] = key;
    return R0_OK;
}

// Moves the children since `first` from the stack into the document.
static r0_status r0i_json_close(r0i_json_parser *p, size_t first, r0_json *value)
{
    value->count = p->count - first;
    p->count = first;
    if (!value->count) return R0_OK;
    value->items = R0I_ARENA_NEW(&p->arena, r0_json, value->count);
    if (!value->items) return R0_ERROR_MEMORY;
    memcpy(value->items, p->values + first, value->count * sizeof(r0_json));
    if (value->type == R0_JSON_ARRAY) return R0_OK;
    value->keys = R0I_ARENA_NEW(&p->arena, r0_span, value->count);
    if (!value->keys) return R0_ERROR_MEMORY;
    memcpy(value->keys, p->keys + first, value->count * sizeof(r0_span));
    return R0_OK;
}

static r0_status r0i_json_value(r0i_json_parser *p, r0_json *value);

// A name and its colon.
static r0_status r0i_json_key(r0i_json_parser *p, r0_span *key)
{
    if (!r0i_json_skip(p, '"')) return r0i_json_fail(p, "a name in quotes");
    R0I_TRY(r0i_json_string(p, key));
    r0i_json_space(p);
    return r0i_json_skip(p, ':') ? R0_OK : r0i_json_fail(p, "':' after the name");
}

// p->at is behind the opening bracket.
static r0_status r0i_json_container(r0i_json_parser *p, r0_json *value)
{
    bool object = value->type == R0_JSON_OBJECT;
    char closing = object ? '}' : ']';
    size_t first = p->count;
    if (++p->depth > R0I_JSON_DEPTH) return r0i_json_fail(p, "at most 128 levels of nesting");
    r0i_json_space(p);
    bool more = !r0i_json_skip(p, closing);
    while (more) {
        r0_span key = R0_ZERO;
        r0_json child;
        r0i_json_space(p);
        if (object) R0I_TRY(r0i_json_key(p, &key));
        r0i_json_space(p);
        R0I_TRY(r0i_json_value(p, &child));
        R0I_TRY(r0i_json_push(p, key, &child));
        r0i_json_space(p);
        more = r0i_json_skip(p, ',');
        if (!more && !r0i_json_skip(p, closing)) return r0i_json_fail(p, object ? "',' or '}'" : "',' or ']'");
    }
    p->depth--;
    return r0i_json_close(p, first, value);
}

// true, false, null: byte by byte, so that the error points at the first wrong one.
static r0_status r0i_json_word(r0i_json_parser *p, const char *word, r0_json_type type, r0_json *value)
{
    for (const char *c = word; *c; c++)
        if (!r0i_json_skip(p, *c)) return r0i_json_fail(p, word);
    value->type = type;
    return R0_OK;
}

// Any value. Recursion goes through containers only, so its depth is theirs.
static r0_status r0i_json_value(r0i_json_parser *p, r0_json *value)
{
    memset(value, 0, sizeof *value);
    value->offset = (size_t)(p->at - p->start);
    switch (p->at < p->end ? *p->at : 0) {
    case '{': case '[':
        value->type = *p->at++ == '{' ? R0_JSON_OBJECT : R0_JSON_ARRAY;
        return r0i_json_container(p, value);
    case '"':
        value->type = R0_JSON_STRING;
        p->at++;
        return r0i_json_string(p, &value->text);
    case 't': return r0i_json_word(p, "true", R0_JSON_TRUE, value);
    case 'f': return r0i_json_word(p, "false", R0_JSON_FALSE, value);
    case 'n': return r0i_json_word(p, "null", R0_JSON_NULL, value);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return r0i_json_number(p, value);
    default: return r0i_json_fail(p, "a value");
    }
}

// The document's head, strings and values all lie in one arena: releasing it is one call, whatever was parsed.
static r0_status r0i_json_document_parse(r0i_json_parser *p, r0_json **document)
{
    r0i_json_document *made = R0I_ARENA_NEW(&p->arena, r0i_json_document, 1);
    size_t size = (size_t)(p->end - p->start);
    p->texts = made ? R0I_ARENA_NEW(&p->arena, char, size + 1) : NULL; // + 1: a number may end with the text
    if (!p->texts) return R0_ERROR_MEMORY;
    if (size >= 3 && !memcmp(p->at, "\xEF\xBB\xBF", 3)) p->at += 3; // a byte order mark means nothing in UTF-8
    r0i_json_space(p);
    R0I_TRY(r0i_json_value(p, &made->root));
    r0i_json_space(p);
    if (p->at < p->end) return r0i_json_fail(p, "nothing more after the value");
    made->arena = p->arena;
    *document = &made->root;
    return R0_OK;
}

// As r0_json_parse, but the text begins at line `line` of `name`.
static r0_status r0i_json_parse_at(r0_context *context, const char *name, int line, r0_span text, r0_json **document)
{
    r0i_json_parser p;
    memset(&p, 0, sizeof p);
    *document = NULL;
    p.context = p.arena.context = context;
    p.name = name;
    p.line = line;
    p.start = p.at = text.data ? text.data : "";
    p.end = p.start + text.size;
    r0_status status = r0i_json_document_parse(&p, document);
    r0i_free(context, p.values);
    r0i_free(context, p.keys);
    if (status) r0i_arena_free(&p.arena);
    return status;
}

R0_API r0_status r0_json_parse(r0_context *context, const char *name, r0_span text, r0_json **document)
{
    return r0i_json_parse_at(context, name, 1, text, document);
}

R0_API r0_status r0_json_parse_file(r0_context *context, const char *path, r0_json **document)
{
    r0_span text = R0_ZERO;
    char *data;
    *document = NULL;
    R0I_TRY(r0i_file_read(context, path, &data, &text.size));
    text.data = data;
    r0_status status = r0i_json_parse_at(context, path, 1, text, document);
    r0i_free(context, data);
    return status;
}

R0_API void r0_json_destroy(r0_context *context, r0_json *document)
{
    if (!document) return;
    r0i_arena arena = ((r0i_json_document *)(void *)document)->arena; // the document lies in it
    arena.context = context;
    r0i_arena_free(&arena);
}

// From the end, so that the last of equal names wins. Linear: objects with many names are walked, not asked.
R0_API const r0_json *r0_json_get(const r0_json *object, const char *key)
{
    size_t size = strlen(key);
    if (!object || object->type != R0_JSON_OBJECT) return NULL;
    for (size_t i = object->count; i-- > 0;)
        if (object->keys[i].size == size && !memcmp(object->keys[i].data, key, size)) return &object->items[i];
    return NULL;
}

R0_API r0_span r0_json_get_text(const r0_json *object, const char *key)
{
    const r0_json *value = r0_json_get(object, key);
    r0_span none = R0_ZERO;
    return value && value->type == R0_JSON_STRING ? value->text : none;
}

R0_API double r0_json_get_number(const r0_json *object, const char *key, double otherwise)
{
    const r0_json *value = r0_json_get(object, key);
    return value && value->type == R0_JSON_NUMBER ? value->number : otherwise;
}

R0_API bool r0_json_get_bool(const r0_json *object, const char *key, bool otherwise)
{
    const r0_json *value = r0_json_get(object, key);
    if (value && value->type == R0_JSON_TRUE) return true;
    return value && value->type == R0_JSON_FALSE ? false : otherwise;
}

// Says where the caller's function stopped, in front of what it said.
static r0_status r0i_json_line_fail(r0_context *context, r0_status status, const char *path, int line)
{
    char why[sizeof context->error];
    memcpy(why, context->error, sizeof why);
    return r0i_fail(context, status, "%s:%d: %s", path, line, why[0] ? why : "refused by the caller");
}

// Parses one line, calls the caller's function, and puts file and line in front of whatever went wrong.
static r0_status r0i_json_one_line(r0_context *context, const char *path, int line, r0_span text,
                                   r0_json_line_fn each, void *user)
{
    r0_json *value;
    R0I_TRY(r0i_json_parse_at(context, path, line, text, &value));
    context->error[0] = 0;
    r0_status status = each(user, line, value);
    r0_json_destroy(context, value);
    return status ? r0i_json_line_fail(context, status, path, line) : R0_OK;
}

// Lines end in \n or \r\n (the parser takes \r as white space); blank ones are passed over.
static r0_status r0i_json_each_line(r0_context *context, const char *path, r0_span text,
                                    r0_json_line_fn each, void *user)
{
    const char *at = text.data, *end = text.data + text.size;
    for (int line = 1; at < end; line++) {
        const char *stop = (const char *)memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        r0_span one = {at, (size_t)(stop - at)};
        bool blank = strspn(at, " \t\r") >= one.size;
        if (!blank) R0I_TRY(r0i_json_one_line(context, path, line, one, each, user));
        at = stop + 1;
    }
    return R0_OK;
}

R0_API r0_status r0_json_lines(r0_context *context, const char *path, r0_json_line_fn each, void *user)
{
    r0_span text = R0_ZERO;
    char *data;
    R0I_TRY(r0i_file_read(context, path, &data, &text.size));
    text.data = data;
    r0_status status = r0i_json_each_line(context, path, text, each, user);
    r0i_free(context, data);
    return status;
}

// -- writing --
//
// What is written here is read back by r0_json_parse: strings always become valid UTF-8, numbers keep their bits.
// Structure is the caller's: an object is a few lines of printing where its fields are known.

// The next code point of `text` as it stands inside quotes: at most 7 bytes to `out`, NUL included. Bytes that are not
// UTF-8 become U+FFFD, so that the result always reads back. Returns how many bytes of `text` it took.
static size_t r0i_json_quote_one(const char *text, size_t size, char out[8])
{
    static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
    uint32_t code;
    int length = r0i_utf8_decode(text, size, &code);
    if (!length) return snprintf(out, 8, "\\ufffd"), 1;
    const char *found = code && code < 0x80 ? strchr(values, (int)code) : NULL;
    if (found) return snprintf(out, 8, "\\%c", names[found - values]), 1;
    if (code < 0x20 || code == 0x7F) return snprintf(out, 8, "\\u%04x", (unsigned)code), 1;
    memcpy(out, text, (size_t)length);
    out[length] = 0;
    return (size_t)length;
}

// `value` in quotes, appended to a text that grows.
static void r0i_json_write_string(r0i_text *text, r0_span value)
{
    char one[8];
    r0i_text_append(text, "\"", 1);
    for (size_t i = 0; i < value.size;) {
        i += r0i_json_quote_one(value.data + i, value.size - i, one);
        r0i_text_append(text, one, strlen(one));
    }
    r0i_text_append(text, "\"", 1);
}

// `value` in the fewest digits, appended.
static void r0i_json_write_number(r0i_text *text, double value)
{
    char out[32];
    int size = r0i_json_format_number(value, out);
    r0i_text_append(text, out, (size_t)size);
}

// Appends `piece` to the `used` bytes in `buffer` if it fits with its NUL; returns the length that the whole needs.
static size_t r0i_json_put(char *buffer, size_t size, size_t used, const char *piece)
{
    size_t length = strlen(piece);
    if (used + length < size) memcpy(buffer + used, piece, length + 1);
    return used + length;
}

// Piece by piece; one that does not fit ends the writing, as all later ones are measured from where it would end.
R0_API size_t r0_json_quote(r0_span text, char *buffer, size_t size)
{
    char one[8];
    if (size) buffer[0] = 0;
    size_t used = r0i_json_put(buffer, size, 0, "\"");
    for (size_t i = 0; i < text.size;) {
        i += r0i_json_quote_one(text.data + i, text.size - i, one);
        used = r0i_json_put(buffer, size, used, one);
    }
    return r0i_json_put(buffer, size, used, "\"");
}

R0_API size_t r0_json_format(double value, char *buffer, size_t size)
{
    char out[32];
    r0i_json_format_number(value, out);
    return (size_t)snprintf(buffer, size, "%s", out);
}

// >>checkpoint
//
// Models and training state on disk. Weights live in safetensors files: eight bytes of header size, a JSON header
// that gives type, shape and place of every tensor, then the bytes. Files come from strangers, so a file is mapped and
// checked whole (sizes, overlaps, holes) before a tensor of it is handed out, and no count in it is believed before
// it was compared with the file's real size. What r0 writes, it writes beside the target and renames, with a checksum
// in the header: a checkpoint is there and whole, or it is named as damaged and the one before it is used.

// -- numbers as they are stored: little-endian whatever the host is; compilers turn these into plain loads --
//
//          sign  exponent  mantissa   largest   smallest normal   what is lost when a float is stored
//     F32     1         8        23   3.4e38            1.2e-38   nothing
//     F16     1         5        10    65504             6.1e-5   range: gradients and moments under- or overflow
//     BF16    1         8         7   3.4e38            1.2e-38   precision: 2 to 3 decimal digits stay
//
// Masters and optimizer states are therefore stored as F32; F16 and BF16 are for weights that others published.

// The name that safetensors headers use.
static const char *r0i_dtype_name(int dtype)
{
    static const char *const names[] = {
#define R0I_X(name, size) #name,
        R0I_DTYPES(R0I_X)
#undef R0I_X
    };
    return (unsigned)dtype < R0I_DTYPE_COUNT ? names[dtype] : "?";
}

// Bytes of one element; 0 for what is no dtype, which callers take as "refuse".
static size_t r0i_dtype_size(int dtype)
{
    static const uint8_t sizes[] = {
#define R0I_X(name, size) size,
        R0I_DTYPES(R0I_X)
#undef R0I_X
    };
    return (unsigned)dtype < R0I_DTYPE_COUNT ? sizes[dtype] : 0;
}

// Byte by byte, so that neither alignment nor the host's order matters.
static uint32_t r0i_load_le16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t r0i_load_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t r0i_load_le64(const uint8_t *p)
{
    return r0i_load_le32(p) | (uint64_t)r0i_load_le32(p + 4) << 32;
}

static void r0i_store_le16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value, p[1] = (uint8_t)(value >> 8);
}

static void r0i_store_le64(uint8_t *p, uint64_t value)
{
    for (int i = 0; i < 8; i++) p[i] = (uint8_t)(value >> 8 * i);
}

// Copies elements of 1, 2, 4 or 8 bytes between the host's order and the file's: the same on nearly every host.
static void r0i_copy_le(void *to, const void *from, size_t count, size_t size)
{
    const uint16_t one = 1;
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
    if (*(const uint8_t *)&one == 1) {
        memcpy(out, in, count * size);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < size; b++) out[i * size + b] = in[i * size + size - 1 - b];
}

// memcpy is the way to reinterpret bits that both C and C++ define.
static float r0i_float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static uint32_t r0i_bits_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

// IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits. Exact.
static float r0i_f16_to_f32(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    float magnitude;
    if (exponent == 0)
        magnitude = (float)mantissa * (1.0f / 16777216.0f); // subnormal: multiples of 2^-24
    else if (exponent == 31)
        magnitude = r0i_float_from_bits(0x7F800000u | mantissa << 13);
    else
        magnitude = r0i_float_from_bits((exponent + 112) << 23 | mantissa << 13);
    return r0i_float_from_bits(sign | r0i_bits_from_float(magnitude));
}

// Rounds to nearest, ties to even; too large becomes infinity. A float has 13 mantissa bits more than a half: adding
// half a unit of the last place kept, less one where the kept part is even, carries exactly when rounding up is due,
// and a carry out of the mantissa runs into the exponent as it should. The exponents' biases differ by 127 - 15 = 112.
static uint16_t r0i_f32_to_f16(float value)
{
    uint32_t bits = r0i_bits_from_float(value), sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFFu;
    if (bits > 0x7F800000u) return (uint16_t)(sign | 0x7E00);  // NaN
    if (bits >= 0x47800000u) return (uint16_t)(sign | 0x7C00); // 2^16 and more
    if (bits < 0x38800000u) // below 2^-14: in [0.5, 1) floats are multiples of 2^-24, so the addition rounds for us
        return (uint16_t)(sign | (r0i_bits_from_float(r0i_float_from_bits(bits) + 0.5f) - 0x3F000000u));
    bits += 0xFFFu + (bits >> 13 & 1);
    return (uint16_t)(sign | (bits - 0x38000000u) >> 13);
}

// bfloat16 is the upper half of a float: 1 sign, 8 exponent, 7 mantissa bits. Exact.
static float r0i_bf16_to_f32(uint16_t half)
{
    return r0i_float_from_bits((uint32_t)half << 16);
}

// Rounds to nearest, ties to even, by the same carry over the 16 bits that go. NaN stays NaN: rounding could turn its
// mantissa into zeros, which would read as infinity.
static uint16_t r0i_f32_to_bf16(float value)
{
    uint32_t bits = r0i_bits_from_float(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

// Stored floating-point elements as floats.
static void r0i_floats_load(int dtype, const uint8_t *bytes, size_t count, float *out)
{
    if (dtype == R0I_F32)
        r0i_copy_le(out, bytes, count, 4);
    else if (dtype == R0I_F16)
        for (size_t i = 0; i < count; i++) out[i] = r0i_f16_to_f32((uint16_t)r0i_load_le16(bytes + 2 * i));
    else
        for (size_t i = 0; i < count; i++) out[i] = r0i_bf16_to_f32((uint16_t)r0i_load_le16(bytes + 2 * i));
}

// Elements [first, first + count) of a tensor to be written, as they are stored.
static void r0i_elements_store(const r0i_tensor_out *tensor, size_t first, size_t count, uint8_t *out)
{
    const float *floats = (const float *)tensor->data + first;
    size_t size = r0i_dtype_size(tensor->dtype);
    if (tensor->dtype == R0I_F16)
        for (size_t i = 0; i < count; i++) r0i_store_le16(out + 2 * i, r0i_f32_to_f16(floats[i]));
    else if (tensor->dtype == R0I_BF16)
        for (size_t i = 0; i < count; i++) r0i_store_le16(out + 2 * i, r0i_f32_to_bf16(floats[i]));
    else
        r0i_copy_le(out, (const uint8_t *)tensor->data + first * size, count, size);
}

// -- checksum: XXH64, seed 0 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), so that `xxhsum -H1` can check us --
//
// Four lanes take 8 bytes each in turn (stripes of 32); then the lanes are mixed into one number, the last 0..31 bytes
// are folded in, and an avalanche spreads every bit over the result:
//     round(lane, x) = rotl(lane + x * P2, 31) * P1
//     h = rotl(l0, 1) + rotl(l1, 7) + rotl(l2, 12) + rotl(l3, 18), then h = (h ^ round(0, li)) * P1 + P4 for each lane
//     (fewer than 32 bytes in all: h = P5), then h += total
//     8 bytes more: h = rotl(h ^ round(0, x), 27) * P1 + P4
//     4 bytes more: h = rotl(h ^ x * P1, 23) * P2 + P3
//     1 byte more:  h = rotl(h ^ x * P5, 11) * P1
//     h ^= h >> 33, h *= P2, h ^= h >> 29, h *= P3, h ^= h >> 32
// The lanes do not wait for each other, which is why it runs at memory speed, and a checkpoint of 48 GB can be verified
// in the time that reading it takes. Not cryptographic: it finds damage, not forgery. A flipped bit or a lost block
// goes unseen once in 2^64.

#define R0I_XXH_1 0x9E3779B185EBCA87u
#define R0I_XXH_2 0xC2B2AE3D27D4EB4Fu
#define R0I_XXH_3 0x165667B19E3779F9u
#define R0I_XXH_4 0x85EBCA77C2B2AE63u
#define R0I_XXH_5 0x27D4EB2F165667C5u

typedef struct r0i_hash {
    uint64_t lane[4];
    uint64_t total;   // bytes seen
    uint8_t tail[32]; // bytes of an unfinished stripe
} r0i_hash;

static uint64_t r0i_rotate_left(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

// lane <- rotl(lane + input * P2, 31) * P1: multiplication moves bits up, the rotation brings them down again.
static uint64_t r0i_hash_round(uint64_t lane, uint64_t input)
{
    return r0i_rotate_left(lane + input * R0I_XXH_2, 31) * R0I_XXH_1;
}

// The four lanes start at seed + P1 + P2, seed + P2, seed, seed - P1.
static r0i_hash r0i_hash_begin(void)
{
    r0i_hash hash;
    memset(&hash, 0, sizeof hash);
    hash.lane[0] = R0I_XXH_1 + R0I_XXH_2;
    hash.lane[1] = R0I_XXH_2;
    hash.lane[3] = 0 - R0I_XXH_1;
    return hash;
}

static void r0i_hash_stripe(r0i_hash *hash, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) hash->lane[i] = r0i_hash_round(hash->lane[i], r0i_load_le64(bytes + 8 * i));
}

// May be called with pieces of any size: the result is that of one call with all of them joined.
static void r0i_hash_add(r0i_hash *hash, const void *data, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)data;
    size_t held = (size_t)(hash->total & 31);
    hash->total += size;
    if (held) {
        size_t more = R0I_MIN(size, 32 - held);
        memcpy(hash->tail + held, bytes, more);
        bytes += more, size -= more;
        if (held + more < 32) return;
        r0i_hash_stripe(hash, hash->tail);
    }
    for (; size >= 32; bytes += 32, size -= 32) r0i_hash_stripe(hash, bytes);
    if (size) memcpy(hash->tail, bytes, size);
}

// Does not change the state: more may be added afterwards.
static uint64_t r0i_hash_end(const r0i_hash *hash)
{
    static const int turns[4] = {1, 7, 12, 18};
    uint64_t h = R0I_XXH_5;
    if (hash->total >= 32) {
        h = 0;
        for (int i = 0; i < 4; i++) h += r0i_rotate_left(hash->lane[i], turns[i]);
        for (int i = 0; i < 4; i++) h = (h ^ r0i_hash_round(0, hash->lane[i])) * R0I_XXH_1 + R0I_XXH_4;
    }
    h += hash->total;
    const uint8_t *p = hash->tail, *end = p + (hash->total & 31);
    for (; end - p >= 8; p += 8)
        h = r0i_rotate_left(h ^ r0i_hash_round(0, r0i_load_le64(p)), 27) * R0I_XXH_1 + R0I_XXH_4;
    for (; end - p >= 4; p += 4)
        h = r0i_rotate_left(h ^ (uint64_t)r0i_load_le32(p) * R0I_XXH_1, 23) * R0I_XXH_2 + R0I_XXH_3;
    for (; p < end; p++) h = r0i_rotate_left(h ^ *p * R0I_XXH_5, 11) * R0I_XXH_1;
    h = (h ^ h >> 33) * R0I_XXH_2;
    h = (h ^ h >> 29) * R0I_XXH_3;
    return h ^ h >> 32;
}

// -- safetensors, read --
//
//     byte 0                 8                         8 + H                                     end of file
//          | H, 64 bits, LE  | JSON header of H bytes  | tensors, one after another              |
//     {"__metadata__": {"format": "pt"},
//      "model.norm.weight": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]}, ...}
//
// data_offsets count from the first byte after the header. What is checked, and named with file and tensor when it
// fails:
//     H fits the file and is at most 100 MB; the header is strict JSON (>>json bounds its depth and work)
//     every dtype is known, every shape has at most 8 whole numbers >= 0 whose product does not overflow
//     end - begin is exactly what type and shape need, and lies within the file (else it was cut off)
//     tensors neither overlap nor leave holes, as the format's definition demands (github.com/huggingface/safetensors)
//     names are different, also across shards, and hold no control characters
// After that every entry can be used without another look at the file's size.

enum { R0I_MAX_HEADER = 100 * 1000 * 1000, R0I_MAX_SHARDS = 4096, R0I_CHECKSUM_DIGITS = 16 };

typedef struct r0i_shard {
    char *path;
    r0i_map map;
    size_t header_size; // of the JSON text at byte 8
    r0_json *header;
} r0i_shard;

struct r0i_safetensors {
    r0_context *context;
    r0i_shard *shards;
    size_t shard_count;
    r0i_tensor_entry *entries; // by name, once all is open
    size_t count;
};

// "folder/name"; an empty folder gives the name alone. '/' serves Windows too. The path is released by r0i_free.
static r0_status r0i_path_join(r0_context *context, const char *folder, const char *name, char **path)
{
    r0i_text text = {context, NULL, 0, 0, false};
    size_t size = strlen(folder);
    bool closed = !size || folder[size - 1] == '/' || folder[size - 1] == '\\';
    r0i_text_print(&text, "%s%s%s", folder, closed ? "" : "/", name);
    *path = text.failed ? NULL : text.data;
    if (text.failed) r0i_text_free(&text);
    return *path ? R0_OK : R0_ERROR_MEMORY;
}

// Whole numbers only, and only those that a double holds exactly.
static bool r0i_json_whole(const r0_json *value, int64_t *out)
{
    *out = 0;
    if (!value || value->type != R0_JSON_NUMBER || !(fabs(value->number) <= 9007199254740992.0)) return false;
    *out = (int64_t)value->number;
    return (double)*out == value->number;
}

// Whether the value is this very string.
static bool r0i_json_says(const r0_json *value, const char *text)
{
    return value && value->type == R0_JSON_STRING && !strcmp(value->text.data, text);
}

// Names go into messages, headers and paths: nothing that would need an escape there, no NUL inside, not empty.
static bool r0i_span_clean(r0_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 32 || text.data[i] == '"' || text.data[i] == '\\') return false;
    return text.size > 0;
}

// "(32, 64)", for messages.
static const char *r0i_shape_text(const int64_t *shape, int rank, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "(");
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? ", " : "", (long long)shape[i]);
    if (used < size) snprintf(out + used, size - used, ")");
    return out;
}

// Elements times element size; false when that overflows.
static bool r0i_shape_bytes(const int64_t *shape, int rank, size_t element, size_t *bytes)
{
    size_t product = element;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) return false;
        if (shape[i] == 0)
            empty = true;
        else if ((uint64_t)shape[i] > SIZE_MAX / product)
            return false;
        else
            product *= (size_t)shape[i];
    }
    *bytes = empty ? 0 : product;
    return true;
}

static r0_status r0i_entry_fail(const r0i_safetensors *file, const r0i_tensor_entry *entry, const char *what)
{
    return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: tensor \"%s\": %s", entry->file, entry->name.data, what);
}

// Types that r0 does not compute with (I64, F8_E4M3, ...) are known as well, so that files which hold them can be
// inspected, and optimizer states of other programs beside the weights do no harm.
static r0_status r0i_entry_dtype(const r0i_safetensors *file, const r0_json *value, r0i_tensor_entry *entry)
{
    if (!value || value->type != R0_JSON_STRING) return r0i_entry_fail(file, entry, "dtype is missing or not a string");
    for (entry->dtype = 0; entry->dtype < R0I_DTYPE_COUNT; entry->dtype++)
        if (!strcmp(value->text.data, r0i_dtype_name(entry->dtype))) return R0_OK;
    return r0i_fail(file->context, R0_ERROR_UNSUPPORTED, "%s: tensor \"%s\": dtype \"%.32s\" is not known", entry->file,
                    entry->name.data, value->text.data);
}

static r0_status r0i_entry_shape(const r0i_safetensors *file, const r0_json *value, r0i_tensor_entry *entry)
{
    if (!value || value->type != R0_JSON_ARRAY) return r0i_entry_fail(file, entry, "shape is missing or not an array");
    if (value->count > R0I_MAX_RANK) return r0i_entry_fail(file, entry, "shape has more than 8 dimensions");
    entry->rank = (int)value->count;
    for (size_t i = 0; i < value->count; i++)
        if (!r0i_json_whole(&value->items[i], &entry->shape[i]) || entry->shape[i] < 0)
            return r0i_entry_fail(file, entry, "shape holds something else than whole numbers >= 0");
    return R0_OK;
}

// One line of the header. `data` of `size` bytes is what follows the header.
static r0_status r0i_entry_parse(const r0i_safetensors *file, const r0i_shard *shard, const r0_json *value,
                                 r0i_tensor_entry *entry)
{
    const uint8_t *data = shard->map.data + 8 + shard->header_size;
    int64_t limit = (int64_t)(shard->map.size - 8 - shard->header_size), begin, end;
    if (value->type != R0_JSON_OBJECT) return r0i_entry_fail(file, entry, "its header entry is not an object");
    R0I_TRY(r0i_entry_dtype(file, r0_json_get(value, "dtype"), entry));
    R0I_TRY(r0i_entry_shape(file, r0_json_get(value, "shape"), entry));
    const r0_json *place = r0_json_get(value, "data_offsets");
    if (!place || place->type != R0_JSON_ARRAY || place->count != 2 || !r0i_json_whole(&place->items[0], &begin) ||
        !r0i_json_whole(&place->items[1], &end) || begin < 0 || end < begin)
        return r0i_entry_fail(file, entry, "data_offsets is not [begin, end] with 0 <= begin <= end");
    if (end > limit)
        return r0i_fail(file->context, R0_ERROR_FORMAT,
                        "%s: tensor \"%s\": bytes %lld..%lld lie beyond the %lld in the file (cut off?)", entry->file,
                        entry->name.data, (long long)begin, (long long)end, (long long)limit);
    size_t bytes;
    if (!r0i_shape_bytes(entry->shape, entry->rank, r0i_dtype_size(entry->dtype), &bytes))
        return r0i_entry_fail(file, entry, "the product of its shape overflows");
    if (bytes != (size_t)(end - begin))
        return r0i_fail(file->context, R0_ERROR_FORMAT,
                        "%s: tensor \"%s\": type and shape need %zu bytes, data_offsets give %lld", entry->file,
                        entry->name.data, bytes, (long long)(end - begin));
    entry->data = data + begin;
    entry->size = bytes;
    return R0_OK;
}

// By first byte; an empty tensor before the one that begins at the same byte, so that it is no overlap.
static int r0i_entry_by_place(const void *a, const void *b)
{
    const r0i_tensor_entry *x = (const r0i_tensor_entry *)a, *y = (const r0i_tensor_entry *)b;
    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size; // empty tensors first
}

static int r0i_entry_by_name(const void *a, const void *b)
{
    return strcmp(((const r0i_tensor_entry *)a)->name.data, ((const r0i_tensor_entry *)b)->name.data);
}

// The format allows neither overlaps nor holes: every byte belongs to one tensor.
static r0_status r0i_shard_cover(const r0i_safetensors *file, const r0i_shard *shard, r0i_tensor_entry *entries,
                                 size_t count)
{
    const uint8_t *at = shard->map.data + 8 + shard->header_size, *end = shard->map.data + shard->map.size;
    qsort(entries, count, sizeof *entries, r0i_entry_by_place);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].data < at)
            return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: tensors \"%s\" and \"%s\" overlap", shard->path,
                            entries[i - 1].name.data, entries[i].name.data);
        if (entries[i].data > at) return r0i_entry_fail(file, &entries[i], "the bytes before it belong to no tensor");
        at = entries[i].data + entries[i].size;
    }
    if (at == end) return R0_OK;
    return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: the last %zu bytes belong to no tensor", shard->path,
                    (size_t)(end - at));
}

// Parses the header of a mapped file; the entries come later.
static r0_status r0i_shard_header(r0_context *context, r0i_shard *shard)
{
    if (shard->map.size < 10)
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: %zu bytes are too short for safetensors", shard->path,
                        shard->map.size);
    uint64_t size = r0i_load_le64(shard->map.data);
    if (size > R0I_MAX_HEADER || size > shard->map.size - 8)
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: a header of %llu bytes does not fit the file of %zu",
                        shard->path, (unsigned long long)size, shard->map.size);
    shard->header_size = (size_t)size;
    r0_span text = {(const char *)shard->map.data + 8, shard->header_size};
    if (text.size == 0 || text.data[0] != '{')
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: the header does not begin with '{'", shard->path);
    return r0_json_parse(context, shard->path, text, &shard->header);
}

// Appends the entries of one file. Room for all was made by r0i_safetensors_merge, from the number of header lines.
static r0_status r0i_shard_entries(r0i_safetensors *file, const r0i_shard *shard)
{
    size_t first = file->count;
    const r0_json *header = shard->header;
    if (header->type != R0_JSON_OBJECT)
        return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: the header is not an object", shard->path);
    for (size_t i = 0; i < header->count; i++) {
        r0i_tensor_entry *entry = &file->entries[file->count];
        if (!strcmp(header->keys[i].data, "__metadata__")) continue;
        entry->name = header->keys[i];
        entry->file = shard->path;
        if (!r0i_span_clean(entry->name))
            return r0i_fail(file->context, R0_ERROR_FORMAT,
                            "%s: tensor %zu of the header has a name with odd characters", shard->path, i);
        R0I_TRY(r0i_entry_parse(file, shard, &header->items[i], entry));
        file->count++;
    }
    return r0i_shard_cover(file, shard, file->entries + first, file->count - first);
}

// All headers are parsed: checks their entries and merges them, sorted by name for r0i_safetensors_find.
static r0_status r0i_safetensors_merge(r0i_safetensors *file)
{
    size_t total = 0;
    for (size_t i = 0; i < file->shard_count; i++) total += file->shards[i].header->count;
    file->entries = R0I_NEW(file->context, r0i_tensor_entry, total + 1);
    if (!file->entries) return R0_ERROR_MEMORY;
    for (size_t i = 0; i < file->shard_count; i++) R0I_TRY(r0i_shard_entries(file, &file->shards[i]));
    qsort(file->entries, file->count, sizeof *file->entries, r0i_entry_by_name);
    for (size_t i = 1; i < file->count; i++)
        if (r0i_entry_by_name(&file->entries[i - 1], &file->entries[i]) == 0)
            return r0i_fail(file->context, R0_ERROR_FORMAT, "tensor \"%s\" is in %s and in %s",
                            file->entries[i].name.data, file->entries[i - 1].file, file->entries[i].file);
    return R0_OK;
}

// A map costs nothing but address space: weights are read from disk when they are first touched.
static r0_status r0i_safetensors_load(r0i_safetensors *file)
{
    for (size_t i = 0; i < file->shard_count; i++) {
        r0i_shard *shard = &file->shards[i];
        R0I_TRY(r0i_map_open(file->context, shard->path, &shard->map));
        R0I_TRY(r0i_shard_header(file->context, shard));
    }
    return r0i_safetensors_merge(file);
}

static r0_status r0i_safetensors_one(r0i_safetensors *file, const char *folder, const char *name)
{
    file->shards = R0I_NEW(file->context, r0i_shard, 1);
    if (!file->shards) return R0_ERROR_MEMORY;
    file->shard_count = 1;
    R0I_TRY(r0i_path_join(file->context, folder, name, &file->shards[0].path));
    return r0i_safetensors_load(file);
}

static int r0i_text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The different file names of a weight_map, in order. They must be plain names: an index never points elsewhere.
static r0_status r0i_index_files(r0i_safetensors *file, const char *folder, const char *path, const r0_json *map)
{
    const char **names = R0I_NEW(file->context, const char *, map->count + 1);
    if (!names) return R0_ERROR_MEMORY;
    r0_status status = R0_OK;
    size_t used = 0;
    for (size_t i = 0; i < map->count && !status; i++) {
        const r0_json *name = &map->items[i];
        bool plain = name->type == R0_JSON_STRING && r0i_span_clean(name->text) && !strpbrk(name->text.data, "/:");
        names[i] = plain ? name->text.data : "";
        if (!plain)
            status = r0i_fail(file->context, R0_ERROR_FORMAT, "%s: weight_map of \"%s\" is not a file name", path,
                              map->keys[i].data);
    }
    if (!status) {
        qsort(names, map->count, sizeof *names, r0i_text_order);
        for (size_t i = 0; i < map->count; i++)
            if (!used || strcmp(names[used - 1], names[i])) names[used++] = names[i];
        if (!used || used > R0I_MAX_SHARDS)
            status = r0i_fail(file->context, R0_ERROR_FORMAT, "%s: %zu files are not within 1..4096", path, used);
    }
    if (!status && !(file->shards = R0I_NEW(file->context, r0i_shard, used))) status = R0_ERROR_MEMORY;
    for (size_t i = 0; i < used && !status; i++) {
        status = r0i_path_join(file->context, folder, names[i], &file->shards[i].path);
        file->shard_count += !status;
    }
    r0i_free(file->context, (void *)names);
    return status;
}

// Every tensor that the index names must be in the file that it names.
static r0_status r0i_index_check(const r0i_safetensors *file, const char *path, const r0_json *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const r0i_tensor_entry *entry = r0i_safetensors_find(file, map->keys[i].data);
        size_t size = map->items[i].text.size;
        if (!entry || strcmp(entry->file + strlen(entry->file) - size, map->items[i].text.data))
            return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: tensor \"%s\" is not in %s", path, map->keys[i].data,
                            map->items[i].text.data);
    }
    return R0_OK;
}

// Models above a few GB come in shards, model-00001-of-00003.safetensors and so on, and an index that says which tensor
// is in which:
//     {"weight_map": {"model.norm.weight": "model-00003-of-00003.safetensors", ...}}
static r0_status r0i_safetensors_index(r0i_safetensors *file, const char *folder, const char *name)
{
    char *path;
    r0_json *index = NULL;
    R0I_TRY(r0i_path_join(file->context, folder, name, &path));
    r0_status status = r0_json_parse_file(file->context, path, &index);
    const r0_json *map = r0_json_get(index, "weight_map");
    if (!status && (!map || map->type != R0_JSON_OBJECT))
        status = r0i_fail(file->context, R0_ERROR_FORMAT, "%s: weight_map is missing or not an object", path);
    if (!status) status = r0i_index_files(file, folder, path, map);
    if (!status) status = r0i_safetensors_load(file);
    if (!status) status = r0i_index_check(file, path, map);
    r0_json_destroy(file->context, index);
    r0i_free(file->context, path);
    return status;
}

static bool r0i_ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

static r0_status r0i_exists_in(r0_context *context, const char *folder, const char *name, bool *there)
{
    char *path;
    R0I_TRY(r0i_path_join(context, folder, name, &path));
    *there = r0i_file_exists(path);
    r0i_free(context, path);
    return R0_OK;
}

// The name decides what `path` is; a folder's single file goes before its index, as transformers has it.
static r0_status r0i_safetensors_open_path(r0i_safetensors *file, const char *path)
{
    static const char whole[] = "model.safetensors", index[] = "model.safetensors.index.json";
    if (r0i_ends_with(path, ".safetensors")) return r0i_safetensors_one(file, "", path);
    if (r0i_ends_with(path, ".json")) {
        const char *name = path;
        for (const char *c = path; *c; c++)
            if (*c == '/' || *c == '\\') name = c + 1;
        char *folder = R0I_NEW(file->context, char, (size_t)(name - path) + 1);
        if (!folder) return R0_ERROR_MEMORY;
        memcpy(folder, path, (size_t)(name - path));
        r0_status status = r0i_safetensors_index(file, folder, name);
        r0i_free(file->context, folder);
        return status;
    }
    bool there;
    R0I_TRY(r0i_exists_in(file->context, path, whole, &there));
    if (there) return r0i_safetensors_one(file, path, whole);
    R0I_TRY(r0i_exists_in(file->context, path, index, &there));
    if (there) return r0i_safetensors_index(file, path, index);
    return r0i_fail(file->context, R0_ERROR_FILE, "%s: holds neither %s nor %s", path, whole, index);
}

// On failure all that was opened so far is closed again: r0i_safetensors_close takes half-made objects.
static r0_status r0i_safetensors_open(r0_context *context, const char *path, r0i_safetensors **file)
{
    *file = R0I_NEW(context, r0i_safetensors, 1);
    if (!*file) return R0_ERROR_MEMORY;
    (*file)->context = context;
    r0_status status = r0i_safetensors_open_path(*file, path);
    if (status) {
        r0i_safetensors_close(*file);
        *file = NULL;
    }
    return status;
}

static void r0i_safetensors_close(r0i_safetensors *file)
{
    if (!file) return;
    for (size_t i = 0; i < file->shard_count; i++) {
        r0_json_destroy(file->context, file->shards[i].header);
        r0i_map_close(&file->shards[i].map);
        r0i_free(file->context, file->shards[i].path);
    }
    r0i_free(file->context, file->shards);
    r0i_free(file->context, file->entries);
    r0i_free(file->context, file);
}

// Binary search: the entries are sorted by name.
static const r0i_tensor_entry *r0i_safetensors_find(const r0i_safetensors *file, const char *name)
{
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(file->entries[middle].name.data, name);
        if (order == 0) return &file->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// Strings only, by the format: a step or a seed is stored as its digits.
static const r0_json *r0i_safetensors_metadata(const r0i_safetensors *file)
{
    return file->shard_count ? r0_json_get(file->shards[0].header, "__metadata__") : NULL;
}

typedef struct r0i_loading {
    const r0i_tensor_entry *entry;
    float *out;
} r0i_loading;

// Pages of a mapped file come from disk as they are touched, so that several threads read ahead of each other.
static void r0i_loading_work(void *user, int64_t begin, int64_t end)
{
    const r0i_loading *loading = (const r0i_loading *)user;
    const r0i_tensor_entry *entry = loading->entry;
    const uint8_t *data = entry->data + (size_t)begin * r0i_dtype_size(entry->dtype);
    r0i_floats_load(entry->dtype, data, (size_t)(end - begin), loading->out + begin);
}

static r0_status r0i_safetensors_read_f32(r0_context *context, const r0i_safetensors *file, const char *name,
                                          const int64_t *shape, int rank, float *out)
{
    char expected[200], found[200];
    const r0i_tensor_entry *entry = r0i_safetensors_find(file, name);
    r0i_shape_text(shape, rank, expected, sizeof expected);
    if (!entry)
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: tensor \"%s\" of shape %s is missing", file->shards[0].path,
                        name, expected);
    if (entry->rank != rank || memcmp(entry->shape, shape, (size_t)rank * sizeof *shape))
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: tensor \"%s\": expected shape %s, found %s", entry->file, name,
                        expected, r0i_shape_text(entry->shape, entry->rank, found, sizeof found));
    if (entry->dtype != R0I_F32 && entry->dtype != R0I_F16 && entry->dtype != R0I_BF16)
        return r0i_fail(context, R0_ERROR_UNSUPPORTED, "%s: tensor \"%s\": expected F32, F16 or BF16, found %s",
                        entry->file, name, r0i_dtype_name(entry->dtype));
    r0i_loading loading = {entry, out};
    r0i_parallel(context, (int64_t)(entry->size / r0i_dtype_size(entry->dtype)), 1 << 16, r0i_loading_work, &loading);
    return R0_OK;
}

// The checksum covers the whole file, its own 16 hex digits read as zeros.
static r0_status r0i_shard_verify(const r0i_safetensors *file, const r0i_shard *shard)
{
    const r0_json *stored = r0_json_get(r0_json_get(shard->header, "__metadata__"), "r0_checksum");
    if (!stored) return R0_OK;
    const uint8_t *text = shard->map.data + 8;
    size_t digits = 8 + stored->offset + (text[stored->offset] == '"');
    char found[R0I_CHECKSUM_DIGITS + 1];
    r0i_hash hash = r0i_hash_begin();
    if (stored->type == R0_JSON_STRING && stored->text.size == R0I_CHECKSUM_DIGITS) {
        r0i_hash_add(&hash, shard->map.data, digits);
        r0i_hash_add(&hash, "0000000000000000", R0I_CHECKSUM_DIGITS);
        digits += R0I_CHECKSUM_DIGITS;
        r0i_hash_add(&hash, shard->map.data + digits, shard->map.size - digits);
        snprintf(found, sizeof found, "%016llx", (unsigned long long)r0i_hash_end(&hash));
        if (!strcmp(found, stored->text.data)) return R0_OK;
    }
    return r0i_fail(file->context, R0_ERROR_FORMAT, "%s: damaged: its checksum does not match its content",
                    shard->path);
}

static r0_status r0i_safetensors_verify(const r0i_safetensors *file)
{
    for (size_t i = 0; i < file->shard_count; i++) R0I_TRY(r0i_shard_verify(file, &file->shards[i]));
    return R0_OK;
}

// -- safetensors, written --
//
// As above, with a header padded by spaces to a multiple of 8 and the checksum in its metadata. Nothing in the file
// depends on time, path or threads, so equal models make equal files, and a run that is repeated can be compared with
// cmp.

// A file being written beside its target.
typedef struct r0i_writer {
    FILE *file;
    r0i_hash hash;
    bool good;
    int why; // errno of the first failure
} r0i_writer;

// Everything that is written passes here, so that the checksum cannot miss a byte. After a failure it does nothing.
static void r0i_writer_put(r0i_writer *writer, const void *data, size_t size)
{
    if (!writer->good) return;
    r0i_hash_add(&writer->hash, data, size);
    writer->good = fwrite(data, 1, size, writer->file) == size;
    if (!writer->good) writer->why = errno;
}

// What the caller hands over must make a file that r0i_safetensors_open takes.
static r0_status r0i_tensors_check(r0_context *context, const char *path, const r0i_tensor_out *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        r0_span name = {tensors[i].name, strlen(tensors[i].name)};
        if (!r0i_span_clean(name) || !strcmp(name.data, "__metadata__"))
            return r0i_fail(context, R0_ERROR_ARGUMENT, "%s: \"%s\" cannot name a tensor", path, name.data);
        if (!r0i_dtype_size(tensors[i].dtype) || tensors[i].rank < 0 || tensors[i].rank > R0I_MAX_RANK ||
            !r0i_shape_bytes(tensors[i].shape, tensors[i].rank, r0i_dtype_size(tensors[i].dtype), &bytes))
            return r0i_fail(context, R0_ERROR_ARGUMENT, "%s: tensor \"%s\": type or shape cannot be stored", path,
                            name.data);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(tensors[j].name, name.data))
                return r0i_fail(context, R0_ERROR_ARGUMENT, "%s: two tensors are named \"%s\"", path, name.data);
    }
    return R0_OK;
}

// Begins the header: {"__metadata__":{"format":"pt","r0_checksum":"0...",the caller's pairs}. `digits`: where they are.
static r0_status r0i_header_metadata(r0_context *context, const char *path, const char *metadata, r0i_text *header,
                                     size_t *digits)
{
    // PyTorch's users look for "format" before they load a file
    r0i_text_print(header, "{\"__metadata__\":{\"format\":\"pt\",\"r0_checksum\":\"");
    *digits = header->size;
    r0i_text_print(header, "0000000000000000\"");
    if (metadata) {
        r0_json *document;
        r0_span text = {metadata, strlen(metadata)};
        R0I_TRY(r0_json_parse(context, path, text, &document));
        bool good = document->type == R0_JSON_OBJECT && !r0_json_get(document, "r0_checksum") &&
                    !r0_json_get(document, "format");
        for (size_t i = 0; good && i < document->count; i++) good = document->items[i].type == R0_JSON_STRING;
        size_t pairs = good ? document->count : 0;
        r0_json_destroy(context, document);
        if (!good) return r0i_fail(context, R0_ERROR_ARGUMENT, "%s: the metadata is not an object of strings", path);
        const char *begin = strchr(metadata, '{') + 1, *end = strrchr(metadata, '}');
        if (pairs) r0i_text_append(header, ",", 1), r0i_text_append(header, begin, (size_t)(end - begin));
    }
    r0i_text_append(header, "}", 1);
    return r0i_text_status(header);
}

// The larger element types first, so that every tensor is aligned to its elements; else in the caller's order.
static r0_status r0i_header_make(r0_context *context, const char *path, const r0i_tensor_out *tensors, size_t count,
                                 const char *metadata, r0i_text *header, size_t *digits)
{
    size_t at = 0, bytes = 0;
    R0I_TRY(r0i_tensors_check(context, path, tensors, count));
    R0I_TRY(r0i_header_metadata(context, path, metadata, header, digits));
    for (size_t element = 8; element; element /= 2)
        for (size_t i = 0; i < count; i++) {
            const r0i_tensor_out *tensor = &tensors[i];
            if (r0i_dtype_size(tensor->dtype) != element) continue;
            r0i_shape_bytes(tensor->shape, tensor->rank, element, &bytes);
            if (bytes > SIZE_MAX / 2 - at) return r0i_fail(context, R0_ERROR_LIMIT, "%s: too large a file", path);
            r0i_text_print(header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", tensor->name,
                           r0i_dtype_name(tensor->dtype));
            for (int d = 0; d < tensor->rank; d++)
                r0i_text_print(header, "%s%lld", d ? "," : "", (long long)tensor->shape[d]);
            r0i_text_print(header, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes);
            at += bytes;
        }
    r0i_text_append(header, "}", 1);
    while (header->size % 8 && !header->failed) r0i_text_append(header, " ", 1);
    if (header->size > R0I_MAX_HEADER)
        return r0i_fail(context, R0_ERROR_LIMIT, "%s: too many tensors for one header", path);
    return r0i_text_status(header);
}

// In pieces that fit the stack: a converted copy of a whole tensor would double the memory that a save needs.
static void r0i_writer_tensor(r0i_writer *writer, const r0i_tensor_out *tensor)
{
    uint8_t chunk[16384];
    size_t element = r0i_dtype_size(tensor->dtype), bytes = 0, per_chunk = sizeof chunk / element;
    r0i_shape_bytes(tensor->shape, tensor->rank, element, &bytes);
    size_t count = bytes / element;
    for (size_t first = 0; first < count; first += per_chunk) {
        size_t some = R0I_MIN(per_chunk, count - first);
        r0i_elements_store(tensor, first, some, chunk);
        r0i_writer_put(writer, chunk, some * element);
    }
}

// Header, tensors, then back to the header for the checksum's digits.
static void r0i_writer_file(r0i_writer *writer, const r0i_text *header, size_t digits, const r0i_tensor_out *tensors,
                            size_t count)
{
    uint8_t size[8];
    char checksum[R0I_CHECKSUM_DIGITS + 1];
    r0i_store_le64(size, header->size);
    r0i_writer_put(writer, size, 8);
    r0i_writer_put(writer, header->data, header->size);
    for (size_t element = 8; element; element /= 2)
        for (size_t i = 0; i < count; i++)
            if (r0i_dtype_size(tensors[i].dtype) == element) r0i_writer_tensor(writer, &tensors[i]);
    snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)r0i_hash_end(&writer->hash));
    if (!writer->good) return;
    writer->good = fseek(writer->file, (long)(8 + digits), SEEK_SET) == 0 &&
                   fwrite(checksum, 1, R0I_CHECKSUM_DIGITS, writer->file) == R0I_CHECKSUM_DIGITS &&
                   r0i_file_sync(writer->file);
    if (!writer->good) writer->why = errno;
}

// The bytes go to PATH.tmp, are asked to reach the disk, and only then take the name PATH: whoever opens PATH meets
// the old file or the new one. A full disk leaves the old one and an error.
static r0_status r0i_safetensors_write(r0_context *context, const char *path, const r0i_tensor_out *tensors,
                                       size_t count, const char *metadata)
{
    size_t digits;
    r0i_text header = {context, NULL, 0, 0, false}, temporary = {context, NULL, 0, 0, false};
    r0_status status = r0i_header_make(context, path, tensors, count, metadata, &header, &digits);
    r0i_text_print(&temporary, "%s.tmp", path);
    if (!status) status = r0i_text_status(&temporary);
    if (!status) {
        r0i_writer writer = {fopen(temporary.data, "wb"), r0i_hash_begin(), true, 0};
        if (!writer.file) writer.good = false, writer.why = errno;
        r0i_writer_file(&writer, &header, digits, tensors, count);
        if (writer.file && fclose(writer.file) && writer.good) writer.good = false, writer.why = errno;
        if (writer.good && !r0i_file_rename(temporary.data, path)) writer.good = false, writer.why = errno;
        if (!writer.good) {
            if (writer.file) remove(temporary.data);
            status = r0i_fail(context, R0_ERROR_FILE, "%s: cannot be written: %s", path, strerror(writer.why));
        }
    }
    r0i_text_free(&header);
    r0i_text_free(&temporary);
    return status;
}

// -- config.json --
//
// What Hugging Face's transformers writes for Qwen2ForCausalLM, Qwen3ForCausalLM and LlamaForCausalLM, in the old form
// (rope_theta, rope_scaling) and the new one (rope_parameters), with transformers' defaults where a field is left out:
//
//     config.json               r0_model_config    when absent                    range
//     vocab_size                vocab_size         an error                       2 .. 2^22
//     hidden_size               hidden_size        an error                       2 .. 65536
//     intermediate_size         intermediate_size  an error                       1 .. 2^20
//     num_hidden_layers         layers             an error                       1 .. 1024
//     num_attention_heads       heads              an error                       1 .. 1024
//     num_key_value_heads       kv_heads           Llama: heads; Qwen: 32         divides heads
//     head_dim                  head_dim           hidden_size / heads;           2 .. 1024, even
//                                                  Qwen3: 128
//     max_position_embeddings   max_positions      Llama: 2048; Qwen: 32768       1 .. 2^24
//     rms_norm_eps              rms_norm_eps       1e-6                           0 .. 0.1
//     rope_theta                rope_theta         10000                          1 .. 1e12
//     tie_word_embeddings       tied_embeddings    false
//     eos_token_id              eos_tokens         Llama: 2; Qwen: none           at most 8, each within the vocabulary
//     bos_token_id              bos_token          Llama: 1; Qwen: none           within the vocabulary
//     pad_token_id              pad_token          none                           within the vocabulary
//
// Written as null, a field means "derive it" or "none", which is not always what its absence means. What would change
// the result but cannot be done here (sliding windows, other RoPE types, experts, quantised weights, biases where the
// family has none) is refused, never ignored: a model that loads is the model that was meant.

typedef struct r0i_family {
    const char *architecture, *model_type;
    int kv_heads; // what a missing num_key_value_heads means; 0: num_attention_heads
    int head_dim; // the same for head_dim; 0: hidden_size / num_attention_heads
    int max_positions;
    int bos, eos; // -1: none
} r0i_family;

// Defaults: configuration_qwen2.py, configuration_qwen3.py, configuration_llama.py of transformers.
static const r0i_family *r0i_family_of(r0_architecture architecture)
{
    static const r0i_family families[] = {
        {"Qwen2ForCausalLM", "qwen2", 32, 0, 32768, -1, -1},
        {"Qwen3ForCausalLM", "qwen3", 32, 128, 32768, -1, -1},
        {"LlamaForCausalLM", "llama", 0, 0, 2048, 1, 2},
    };
    return (unsigned)architecture < R0I_COUNT(families) ? &families[architecture] : NULL;
}

typedef struct r0i_config_reader {
    r0_context *context;
    const char *path;
    const r0_json *root;
} r0i_config_reader;

// The value of a field; NULL when it is absent or null.
static const r0_json *r0i_config_get(const r0_json *object, const char *key)
{
    const r0_json *value = r0_json_get(object, key);
    return value && value->type != R0_JSON_NULL ? value : NULL;
}

// `missing` is taken for an absent field; negative: the field must be there.
static r0_status r0i_config_int(const r0i_config_reader *reader, const char *key, int missing, int *out)
{
    int64_t whole;
    const r0_json *value = r0i_config_get(reader->root, key);
    *out = missing;
    if (!value && missing < 0)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: %s is missing", reader->path, key);
    if (!value) return R0_OK;
    if (!r0i_json_whole(value, &whole) || whole < INT_MIN || whole > INT_MAX)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: %s is not a whole number of 32 bits", reader->path, key);
    *out = (int)whole;
    return R0_OK;
}

// `object` is the root or the RoPE object; `missing` is taken for an absent field or a null.
static r0_status r0i_config_real(const r0i_config_reader *reader, const r0_json *object, const char *key,
                                 double missing, double *out)
{
    const r0_json *value = r0i_config_get(object, key);
    *out = value ? value->number : missing;
    if (value && value->type != R0_JSON_NUMBER)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: %s is not a number", reader->path, key);
    return R0_OK;
}

// Absent means false, for all the flags that are read here.
static r0_status r0i_config_flag(const r0i_config_reader *reader, const char *key, bool *out)
{
    const r0_json *value = r0i_config_get(reader->root, key);
    *out = value && value->type == R0_JSON_TRUE;
    if (value && value->type != R0_JSON_TRUE && value->type != R0_JSON_FALSE)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: %s is neither true nor false", reader->path, key);
    return R0_OK;
}

static r0_status r0i_config_unsupported(const r0i_config_reader *reader, const char *key, const char *why)
{
    return r0i_fail(reader->context, R0_ERROR_UNSUPPORTED, "%s: %s: %s", reader->path, key, why);
}

// architectures[0] names the class that the weights belong to; files without it have at least model_type.
static r0_status r0i_config_architecture(const r0i_config_reader *reader, r0_model_config *config)
{
    const r0_json *list = r0i_config_get(reader->root, "architectures"),
                  *type = r0i_config_get(reader->root, "model_type");
    const r0_json *name = list && list->type == R0_JSON_ARRAY && list->count ? &list->items[0] : NULL;
    for (int i = 0; i <= R0_LLAMA; i++) {
        config->architecture = (r0_architecture)i;
        const r0i_family *family = r0i_family_of(config->architecture);
        if (name ? r0i_json_says(name, family->architecture) : r0i_json_says(type, family->model_type)) return R0_OK;
    }
    const r0_json *found = name ? name : type;
    if (!found || found->type != R0_JSON_STRING)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: architectures (or model_type) is missing", reader->path);
    return r0i_fail(reader->context, R0_ERROR_UNSUPPORTED,
                    "%s: architecture \"%.64s\" is none of Qwen2ForCausalLM, "
                    "Qwen3ForCausalLM, LlamaForCausalLM",
                    reader->path, found->text.data);
}

// Layers that see a part of the past only: in use when a layer beyond max_window_layers exists.
static r0_status r0i_config_window(const r0i_config_reader *reader, const r0_model_config *config)
{
    bool use;
    int window, first;
    const r0_json *types = r0i_config_get(reader->root, "layer_types");
    for (size_t i = 0; types && i < types->count && types->type == R0_JSON_ARRAY; i++)
        if (!r0i_json_says(&types->items[i], "full_attention"))
            return r0i_config_unsupported(reader, "layer_types", "only full_attention can be done");
    R0I_TRY(r0i_config_flag(reader, "use_sliding_window", &use));
    R0I_TRY(r0i_config_int(reader, "sliding_window", 0, &window));
    R0I_TRY(r0i_config_int(reader, "max_window_layers", 28, &first));
    if (config->architecture != R0_LLAMA && use && !types && window > 0 && first < config->layers)
        return r0i_config_unsupported(reader, "use_sliding_window", "sliding window attention cannot be done");
    return R0_OK;
}

// Whatever would make the model another one than we compute.
static r0_status r0i_config_supported(const r0i_config_reader *reader, const r0_model_config *config)
{
    static const char *const absent[] = {"quantization_config", "num_experts", "num_local_experts", "n_routed_experts"};
    static const char *const unset[] = {"attention_bias", "mlp_bias"};
    for (size_t i = 0; i < R0I_COUNT(absent); i++)
        if (r0i_config_get(reader->root, absent[i])) return r0i_config_unsupported(reader, absent[i], "cannot be done");
    for (size_t i = 0; i < R0I_COUNT(unset); i++) {
        bool on;
        R0I_TRY(r0i_config_flag(reader, unset[i], &on));
        if (on) return r0i_config_unsupported(reader, unset[i], "true cannot be done");
    }
    const r0_json *activation = r0i_config_get(reader->root, "hidden_act");
    if (activation && !r0i_json_says(activation, "silu"))
        return r0i_config_unsupported(reader, "hidden_act", "only silu can be done");
    return r0i_config_window(reader, config);
}

// The old form has rope_theta beside rope_scaling, the new one (transformers 5) all of it within rope_parameters:
//     "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, ...}
//     "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, ...}
// Where both are there, rope_scaling wins; a rope_theta within wins over the one beside; before "rope_type" the type
// was called "type". What the factors mean stands at r0i_rope_frequency.
static r0_status r0i_config_rope(const r0i_config_reader *reader, r0_model_config *config)
{
    double theta, rotary, original;
    const r0_json *rope = r0i_config_get(reader->root, "rope_scaling");
    if (!rope || !rope->count) rope = r0i_config_get(reader->root, "rope_parameters"); // transformers' order
    if (rope && rope->type != R0_JSON_OBJECT)
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: rope_scaling is not an object", reader->path);
    const r0_json *type = r0i_config_get(rope, "rope_type");
    if (!type) type = r0i_config_get(rope, "type");
    R0I_TRY(r0i_config_real(reader, reader->root, "rope_theta", 10000, &theta));
    R0I_TRY(r0i_config_real(reader, rope, "rope_theta", theta, &config->rope_theta));
    R0I_TRY(r0i_config_real(reader, reader->root, "partial_rotary_factor", 1, &rotary));
    R0I_TRY(r0i_config_real(reader, rope, "partial_rotary_factor", rotary, &rotary));
    if (rotary != 1) return r0i_config_unsupported(reader, "partial_rotary_factor", "only 1 can be done");
    if (!type || r0i_json_says(type, "default")) return R0_OK;
    if (!r0i_json_says(type, "llama3"))
        return r0i_config_unsupported(reader, "rope_type", "only default and llama3 can be done");
    R0I_TRY(r0i_config_real(reader, rope, "factor", NAN, &config->rope_scaling.factor));
    if (!(config->rope_scaling.factor >= 1)) // 0 would mean "no scaling" from here on
        return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: rope factor = %g is missing or below 1", reader->path,
                        config->rope_scaling.factor);
    R0I_TRY(r0i_config_real(reader, rope, "low_freq_factor", NAN, &config->rope_scaling.low_freq_factor));
    R0I_TRY(r0i_config_real(reader, rope, "high_freq_factor", NAN, &config->rope_scaling.high_freq_factor));
    R0I_TRY(r0i_config_real(reader, rope, "original_max_position_embeddings", config->max_positions, &original));
    config->rope_scaling.original_max_positions = original >= 0 && original <= INT_MAX ? (int)original : 0;
    return R0_OK;
}

// One token or a list of them; generation stops at any. An absent field leaves what is there already.
static r0_status r0i_config_eos(const r0i_config_reader *reader, const char *key, r0_model_config *config)
{
    const r0_json *value = r0i_config_get(reader->root, key);
    if (!value) return R0_OK;
    bool array = value->type == R0_JSON_ARRAY;
    size_t count = array ? value->count : 1;
    if (count > R0I_COUNT(config->eos_tokens))
        return r0i_fail(reader->context, R0_ERROR_UNSUPPORTED, "%s: %s lists %zu end tokens; 8 at most", reader->path,
                        key, count);
    for (size_t i = 0; i < count; i++) {
        int64_t token;
        if (!r0i_json_whole(array ? &value->items[i] : value, &token) || token < 0 || token >= config->vocab_size)
            return r0i_fail(reader->context, R0_ERROR_FORMAT, "%s: %s is not a token (0..%d)", reader->path, key,
                            config->vocab_size - 1);
        config->eos_tokens[i] = (int)token;
    }
    config->eos_count = (int)count;
    return R0_OK;
}

// null and -1 both say "none". A missing field means the family's default only where config.json leaves it out.
static r0_status r0i_config_tokens(const r0i_config_reader *reader, r0_model_config *config)
{
    const r0i_family *family = r0i_family_of(config->architecture);
    int missing = r0_json_get(reader->root, "bos_token_id") ? -1 : family->bos;
    config->bos_token = config->pad_token = -1;
    if (r0i_config_get(reader->root, "bos_token_id"))
        R0I_TRY(r0i_config_int(reader, "bos_token_id", 0, &config->bos_token));
    else
        config->bos_token = missing;
    if (r0i_config_get(reader->root, "pad_token_id"))
        R0I_TRY(r0i_config_int(reader, "pad_token_id", 0, &config->pad_token));
    if (!r0_json_get(reader->root, "eos_token_id") && family->eos >= 0 && family->eos < config->vocab_size)
        config->eos_tokens[0] = family->eos, config->eos_count = 1;
    return r0i_config_eos(reader, "eos_token_id", config);
}

// What has no sensible default must be there. Ranges are r0i_config_check's matter.
static r0_status r0i_config_sizes(const r0i_config_reader *reader, r0_model_config *config)
{
    const r0i_family *family = r0i_family_of(config->architecture);
    R0I_TRY(r0i_config_int(reader, "vocab_size", -1, &config->vocab_size));
    R0I_TRY(r0i_config_int(reader, "hidden_size", -1, &config->hidden_size));
    R0I_TRY(r0i_config_int(reader, "intermediate_size", -1, &config->intermediate_size));
    R0I_TRY(r0i_config_int(reader, "num_hidden_layers", -1, &config->layers));
    R0I_TRY(r0i_config_int(reader, "num_attention_heads", -1, &config->heads));
    // written as null, both mean "derive it", whatever the family's default is
    bool derive_kv = !family->kv_heads || r0_json_get(reader->root, "num_key_value_heads");
    bool derive_dim = !family->head_dim || r0_json_get(reader->root, "head_dim");
    int dim = config->heads > 0 ? config->hidden_size / config->heads : 0;
    R0I_TRY(r0i_config_int(reader, "num_key_value_heads", derive_kv ? R0I_MAX(config->heads, 0) : family->kv_heads,
                           &config->kv_heads));
    R0I_TRY(r0i_config_int(reader, "head_dim", derive_dim ? R0I_MAX(dim, 0) : family->head_dim, &config->head_dim));
    return r0i_config_int(reader, "max_position_embeddings", family->max_positions, &config->max_positions);
}

typedef struct r0i_config_checker {
    r0_context *context;
    const char *path;
    r0_status status; // the first field that is out of its range
} r0i_config_checker;

// NaN is within nothing.
static void r0i_config_within(r0i_config_checker *checker, const char *field, double value, double low, double high)
{
    if (checker->status || (value >= low && value <= high)) return;
    checker->status = r0i_fail(checker->context, R0_ERROR_FORMAT, "%s: %s = %g is not within %g..%g", checker->path,
                               field, value, low, high);
}

// Equal low and high factors would divide by zero where the two are blended.
static void r0i_config_check_rope(r0i_config_checker *checker, const r0_model_config *config)
{
    double factor = config->rope_scaling.factor, low = config->rope_scaling.low_freq_factor;
    r0i_config_within(checker, "rope_theta", config->rope_theta, 1, 1e12);
    if (factor == 0) return;
    r0i_config_within(checker, "rope factor", factor, 1, 1e6);
    r0i_config_within(checker, "low_freq_factor", low, 1e-6, 1e6);
    r0i_config_within(checker, "high_freq_factor", config->rope_scaling.high_freq_factor, low * 1.000001, 1e6);
    r0i_config_within(checker, "original_max_position_embeddings", config->rope_scaling.original_max_positions, 1,
                      1 << 24);
}

// Every field within what the rest of r0 relies on: positive, and no product of three of them passes 63 bits.
static r0_status r0i_config_check(r0_context *context, const char *path, const r0_model_config *config)
{
    r0i_config_checker checker = {context, path, R0_OK};
    int last = config->vocab_size - 1;
    r0i_config_within(&checker, "vocab_size", config->vocab_size, 2, 1 << 22);
    r0i_config_within(&checker, "hidden_size", config->hidden_size, 2, 1 << 16);
    r0i_config_within(&checker, "intermediate_size", config->intermediate_size, 1, 1 << 20);
    r0i_config_within(&checker, "num_hidden_layers", config->layers, 1, 1024);
    r0i_config_within(&checker, "num_attention_heads", config->heads, 1, 1024);
    r0i_config_within(&checker, "num_key_value_heads", config->kv_heads, 1, config->heads);
    r0i_config_within(&checker, "head_dim", config->head_dim, 2, 1024);
    r0i_config_within(&checker, "max_position_embeddings", config->max_positions, 1, 1 << 24);
    r0i_config_within(&checker, "rms_norm_eps", (double)config->rms_norm_eps, 0, 0.1);
    r0i_config_within(&checker, "bos_token_id", config->bos_token, -1, last);
    r0i_config_within(&checker, "pad_token_id", config->pad_token, -1, last);
    r0i_config_within(&checker, "number of eos_token_id", config->eos_count, 0, (double)R0I_COUNT(config->eos_tokens));
    r0i_config_check_rope(&checker, config);
    R0I_TRY(checker.status);
    for (int i = 0; i < config->eos_count; i++)
        r0i_config_within(&checker, "eos_token_id", config->eos_tokens[i], 0, last);
    R0I_TRY(checker.status);
    if (config->heads % config->kv_heads)
        return r0i_fail(context, R0_ERROR_FORMAT,
                        "%s: num_attention_heads = %d is not a multiple of num_key_value_heads"
                        " = %d",
                        path, config->heads, config->kv_heads);
    if (config->head_dim % 2)
        return r0i_fail(context, R0_ERROR_FORMAT, "%s: head_dim = %d is odd", path, config->head_dim);
    return R0_OK;
}

// generation_config.json: its list of end tokens counts, since that is what generation stops at.
static r0_status r0i_config_generation(r0_context *context, const char *folder, r0_model_config *config)
{
    r0i_config_reader reader = {context, NULL, NULL};
    r0_json *document;
    char *path;
    bool there;
    R0I_TRY(r0i_exists_in(context, folder, "generation_config.json", &there));
    if (!there) return R0_OK;
    R0I_TRY(r0i_path_join(context, folder, "generation_config.json", &path));
    r0_status status = r0_json_parse_file(context, path, &document);
    reader.path = path;
    reader.root = document;
    if (!status) status = r0i_config_eos(&reader, "eos_token_id", config);
    r0_json_destroy(context, document);
    r0i_free(context, path);
    return status;
}

// `config` must be zero. Order matters: the architecture decides the defaults, sizes decide which tokens are valid.
static r0_status r0i_config_parse(r0_context *context, const char *path, const r0_json *root, r0_model_config *config)
{
    r0i_config_reader reader = {context, path, root};
    double eps;
    if (root->type != R0_JSON_OBJECT) return r0i_fail(context, R0_ERROR_FORMAT, "%s: not an object", path);
    R0I_TRY(r0i_config_architecture(&reader, config));
    R0I_TRY(r0i_config_sizes(&reader, config));
    R0I_TRY(r0i_config_supported(&reader, config));
    R0I_TRY(r0i_config_rope(&reader, config));
    R0I_TRY(r0i_config_real(&reader, root, "rms_norm_eps", 1e-6, &eps));
    config->rms_norm_eps = (float)eps;
    R0I_TRY(r0i_config_flag(&reader, "tie_word_embeddings", &config->tied_embeddings));
    R0I_TRY(r0i_config_tokens(&reader, config));
    config->qkv_bias = config->architecture == R0_QWEN2;
    config->qk_norm = config->architecture == R0_QWEN3;
    return r0i_config_check(context, path, config);
}

// A failure leaves zeros, not half a config.
static r0_status r0i_config_read(r0_context *context, const char *folder, r0_model_config *config)
{
    char *path;
    r0_json *document;
    memset(config, 0, sizeof *config);
    R0I_TRY(r0i_path_join(context, folder, "config.json", &path));
    r0_status status = r0_json_parse_file(context, path, &document);
    if (!status) status = r0i_config_parse(context, path, document, config);
    if (!status) status = r0i_config_generation(context, folder, config);
    if (status) memset(config, 0, sizeof *config);
    r0_json_destroy(context, document);
    r0i_free(context, path);
    return status;
}

static void r0i_config_print_int(r0i_text *text, const char *key, int64_t value)
{
    r0i_text_print(text, ",\n  \"%s\": %lld", key, (long long)value);
}

// Through r0i_json_write_number: printf would write a comma in some locales.
static void r0i_config_print_real(r0i_text *text, const char *key, double value)
{
    r0i_text_print(text, ",\n  \"%s\": ", key);
    r0i_json_write_number(text, value);
}

// The number that a person would write for a float: the shortest that reads back as the same float.
static double r0i_float_tidy(float value)
{
    char digits[32];
    for (int precision = 1; precision < 9; precision++) {
        snprintf(digits, sizeof digits, "%.*e", precision - 1, (double)value);
        double tidy = strtod(digits, NULL);
        if ((float)tidy == value) return tidy;
    }
    return value;
}

// One token as a number, several as a list, none as null: the three forms that transformers itself writes.
static void r0i_config_print_eos(r0i_text *text, const r0_model_config *config)
{
    bool list = config->eos_count != 1;
    if (!config->eos_count) {
        r0i_text_print(text, ",\n  \"eos_token_id\": null");
        return;
    }
    r0i_text_print(text, ",\n  \"eos_token_id\": %s", list ? "[" : "");
    for (int i = 0; i < config->eos_count; i++) r0i_text_print(text, "%s%d", i ? ", " : "", config->eos_tokens[i]);
    r0i_text_print(text, "%s", list ? "]" : "");
}

static void r0i_config_print_token(r0i_text *text, const char *key, int token)
{
    if (token < 0)
        r0i_text_print(text, ",\n  \"%s\": null", key);
    else
        r0i_config_print_int(text, key, token);
}

// The old form of the RoPE fields: transformers 4 and 5 both read it.
static void r0i_config_print(r0i_text *text, const r0_model_config *config)
{
    const r0i_family *family = r0i_family_of(config->architecture);
    r0i_text_print(text, "{\n  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\"", family->architecture,
                   family->model_type);
    r0i_config_print_int(text, "vocab_size", config->vocab_size);
    r0i_config_print_int(text, "hidden_size", config->hidden_size);
    r0i_config_print_int(text, "intermediate_size", config->intermediate_size);
    r0i_config_print_int(text, "num_hidden_layers", config->layers);
    r0i_config_print_int(text, "num_attention_heads", config->heads);
    r0i_config_print_int(text, "num_key_value_heads", config->kv_heads);
    r0i_config_print_int(text, "head_dim", config->head_dim);
    r0i_config_print_int(text, "max_position_embeddings", config->max_positions);
    r0i_config_print_real(text, "rms_norm_eps", r0i_float_tidy(config->rms_norm_eps));
    r0i_config_print_real(text, "rope_theta", config->rope_theta);
    if (config->rope_scaling.factor != 0) {
        r0i_text_print(text, ",\n  \"rope_scaling\": {\n  \"rope_type\": \"llama3\"");
        r0i_config_print_real(text, "factor", config->rope_scaling.factor);
        r0i_config_print_real(text, "low_freq_factor", config->rope_scaling.low_freq_factor);
        r0i_config_print_real(text, "high_freq_factor", config->rope_scaling.high_freq_factor);
        r0i_config_print_int(text, "original_max_position_embeddings", config->rope_scaling.original_max_positions);
        r0i_text_print(text, "\n  }");
    }
    r0i_text_print(text, ",\n  \"tie_word_embeddings\": %s", config->tied_embeddings ? "true" : "false");
    r0i_text_print(text, ",\n  \"hidden_act\": \"silu\",\n  \"torch_dtype\": \"float32\"");
    r0i_config_print_eos(text, config);
    r0i_config_print_token(text, "bos_token_id", config->bos_token);
    r0i_config_print_token(text, "pad_token_id", config->pad_token);
    r0i_text_print(text, "\n}\n");
}

static r0_status r0i_text_save(const r0i_text *text, const char *folder, const char *name)
{
    char *path;
    R0I_TRY(r0i_text_status(text));
    R0I_TRY(r0i_path_join(text->context, folder, name, &path));
    r0_status status = r0i_file_write_atomic(text->context, path, text->data, text->size);
    r0i_free(text->context, path);
    return status;
}

// generation_config.json holds the end tokens once more: transformers' generate looks there.
static r0_status r0i_config_write(r0_context *context, const char *folder, const r0_model_config *config)
{
    r0i_text text = {context, NULL, 0, 0, false}, generation = {context, NULL, 0, 0, false};
    if (!r0i_family_of(config->architecture))
        return r0i_fail(context, R0_ERROR_ARGUMENT, "%s: unknown architecture %d", folder, (int)config->architecture);
    R0I_TRY(r0i_config_check(context, folder, config));
    R0I_TRY(r0i_folder_create(context, folder));
    r0i_config_print(&text, config);
    r0i_text_print(&generation, "{\n  \"do_sample\": true");
    r0i_config_print_eos(&generation, config);
    r0i_config_print_token(&generation, "bos_token_id", config->bos_token);
    r0i_config_print_token(&generation, "pad_token_id", config->pad_token);
    r0i_text_print(&generation, "\n}\n");
    r0_status status = r0i_text_save(&text, folder, "config.json");
    if (!status) status = r0i_text_save(&generation, folder, "generation_config.json");
    r0i_text_free(&text);
    r0i_text_free(&generation);
    return status;
}

R0_API r0_status r0_model_config_read(r0_context *context, const char *folder, r0_model_config *config)
{
    return r0i_config_read(context, folder, config);
}

R0_API r0_status r0_model_config_write(r0_context *context, const char *folder, const r0_model_config *config)
{
    return r0i_config_write(context, folder, config);
}

// Per layer: q, o of H * D rows or columns, k and v of G * D, the SwiGLU's three matrices, two norms.
R0_API int64_t r0_model_config_parameters(const r0_model_config *config)
{
    int64_t C = config->hidden_size, F = config->intermediate_size, V = config->vocab_size;
    int64_t q = (int64_t)config->heads * config->head_dim, kv = (int64_t)config->kv_heads * config->head_dim;
    int64_t layer = 2 * C * q + 2 * C * kv + 3 * C * F + 2 * C;
    if (config->qkv_bias) layer += q + 2 * kv;
    if (config->qk_norm) layer += 2 * config->head_dim;
    return layer * config->layers + V * C * (config->tied_embeddings ? 1 : 2) + C;
}

// -- run folders --
//
// A run keeps checkpoints (checkpoint-STEP.safetensors, each whole in itself) and journals (lines appended as things
// happen):
//
//     RUN/checkpoint-0000000040.safetensors    weights, moments, and in the metadata step, seed, sizes of the journals
//     RUN/checkpoint-0000000060.safetensors
//     RUN/metrics.jsonl                        ... 58 59 60 | 61 62 6
//                                                           ^ its size when checkpoint 60 was written
//
// A crash can cost the newest checkpoint or tear a journal's last line, never more: resume takes the newest checkpoint
// that is whole and cuts every journal back to the size which that checkpoint noted. Steps 61 and 62 are then done
// again, from the same state and the same counters of random numbers, and write the same lines. A disk that lies about
// having stored something can damage the newest checkpoint in spite of the rename; the checksum tells, and the one
// before serves.

// Ten digits: a listing by name is then in order of steps.
static r0_status r0i_checkpoint_path(r0_context *context, const char *folder, int64_t step, char **path)
{
    char name[64];
    snprintf(name, sizeof name, "checkpoint-%010lld.safetensors", (long long)step);
    return r0i_path_join(context, folder, name, path);
}

// The step in a checkpoint's name; -1: it is no such name. Only what r0i_checkpoint_path writes is taken.
static int64_t r0i_checkpoint_step(const char *name)
{
    static const char begin[] = "checkpoint-";
    char again[64];
    int64_t step = 0;
    if (strncmp(name, begin, strlen(begin))) return -1;
    for (const char *c = name + strlen(begin); *c >= '0' && *c <= '9' && step < INT64_MAX / 100; c++)
        step = step * 10 + (*c - '0');
    snprintf(again, sizeof again, "checkpoint-%010lld.safetensors", (long long)step);
    return strcmp(name, again) ? -1 : step;
}

typedef struct r0i_steps {
    r0_context *context;
    int64_t *values;
    size_t count, capacity;
} r0i_steps;

// Called for every entry of the folder; those that are no checkpoint (logs, .tmp left by a crash) are passed over.
static r0_status r0i_steps_add(void *user, const char *name)
{
    r0i_steps *steps = (r0i_steps *)user;
    int64_t step = r0i_checkpoint_step(name);
    if (step < 0) return R0_OK;
    if (steps->count == steps->capacity) {
        size_t capacity = R0I_MAX((size_t)16, 2 * steps->capacity);
        int64_t *bigger = R0I_RENEW(steps->context, steps->values, int64_t, capacity);
        if (!bigger) return R0_ERROR_MEMORY;
        steps->values = bigger;
        steps->capacity = capacity;
    }
    steps->values[steps->count++] = step;
    return R0_OK;
}

static int r0i_step_newer(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x > y ? -1 : x < y;
}

static r0_status r0i_checkpoint_list(r0_context *context, const char *folder, int64_t **steps, size_t *count)
{
    r0i_steps list = {context, NULL, 0, 0};
    *steps = NULL;
    *count = 0;
    r0_status status = r0i_folder_list(context, folder, r0i_steps_add, &list);
    if (status) {
        r0i_free(context, list.values);
        return status;
    }
    if (list.count) qsort(list.values, list.count, sizeof *list.values, r0i_step_newer);
    *steps = list.values;
    *count = list.count;
    return R0_OK;
}

// Opens one checkpoint and looks at its checksum, which it must have.
static r0_status r0i_checkpoint_open(r0_context *context, const char *path, r0i_safetensors **file)
{
    R0I_TRY(r0i_safetensors_open(context, path, file));
    r0_status status = r0i_safetensors_verify(*file);
    if (!status && !r0_json_get(r0i_safetensors_metadata(*file), "r0_checksum"))
        status = r0i_fail(context, R0_ERROR_FORMAT, "%s: has no checksum", path);
    if (status) {
        r0i_safetensors_close(*file);
        *file = NULL;
    }
    return status;
}

// Out of memory is no damage: then nothing older is tried, since a run must not go back for that.
static r0_status r0i_checkpoint_newest(r0_context *context, const char *folder, r0i_safetensors **file, int64_t *step)
{
    int64_t *steps;
    size_t count;
    *file = NULL;
    *step = -1;
    R0I_TRY(r0i_checkpoint_list(context, folder, &steps, &count));
    r0_status status = R0_OK;
    for (size_t i = 0; i < count && !*file; i++) {
        char *path;
        status = r0i_checkpoint_path(context, folder, steps[i], &path);
        if (!status) status = r0i_checkpoint_open(context, path, file);
        if (!status) *step = steps[i];
        r0i_free(context, path);
        if (status == R0_ERROR_MEMORY) break;
        if (status) r0i_log(context, R0_LOG_WARNING, "%s; looking for the checkpoint before it", context->error);
    }
    r0i_free(context, steps);
    return status;
}

// Called after a checkpoint was written, never before: the count of whole ones does not fall below `keep`.
static r0_status r0i_checkpoint_prune(r0_context *context, const char *folder, size_t keep, r0i_spare_fn spare,
                                      void *user)
{
    int64_t *steps;
    size_t count;
    R0I_TRY(r0i_checkpoint_list(context, folder, &steps, &count));
    r0_status status = R0_OK;
    for (size_t i = keep; i < count && !status; i++) {
        char *path;
        if (spare && spare(user, steps[i])) continue;
        status = r0i_checkpoint_path(context, folder, steps[i], &path);
        if (!status && remove(path))
            status = r0i_fail(context, R0_ERROR_FILE, "%s: cannot be deleted: %s", path, strerror(errno));
        r0i_free(context, path);
    }
    r0i_free(context, steps);
    return status;
}

// Bytes up to and with the last line end: what follows was torn by a crash.
static r0_status r0i_journal_whole(r0_context *context, const char *path, int64_t *size)
{
    r0i_map map;
    R0I_TRY(r0i_map_open(context, path, &map));
    size_t end = map.size;
    while (end && map.data[end - 1] != '\n') end--;
    *size = (int64_t)end;
    r0i_map_close(&map);
    return R0_OK;
}

// Opened for appending in binary: what is noted in `size` is what the file holds, on Windows too.
static r0_status r0i_journal_open(r0_context *context, const char *path, int64_t size, r0i_journal *journal)
{
    memset(journal, 0, sizeof *journal);
    if (r0i_file_exists(path)) {
        if (size < 0) R0I_TRY(r0i_journal_whole(context, path, &size));
        R0I_TRY(r0i_file_truncate(context, path, size));
    } else if (size > 0) {
        return r0i_fail(context, R0_ERROR_FILE, "%s: is missing, %lld bytes of it are needed", path, (long long)size);
    }
    journal->context = context;
    journal->size = R0I_MAX(size, 0);
    R0I_TRY(r0i_path_join(context, "", path, &journal->path));
    journal->file = fopen(path, "ab");
    if (journal->file) return R0_OK;
    r0_status status = r0i_fail(context, R0_ERROR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    r0i_journal_close(journal);
    return status;
}

// `line` must not hold a line end itself: the file is read by lines again.
static r0_status r0i_journal_add(r0i_journal *journal, const char *line, size_t size)
{
    bool good = fwrite(line, 1, size, journal->file) == size && fputc('\n', journal->file) != EOF;
    if (!good || fflush(journal->file))
        return r0i_fail(journal->context, R0_ERROR_FILE, "%s: cannot be written: %s", journal->path, strerror(errno));
    journal->size += (int64_t)size + 1;
    return R0_OK;
}

static r0_status r0i_journal_sync(r0i_journal *journal)
{
    if (r0i_file_sync(journal->file)) return R0_OK;
    return r0i_fail(journal->context, R0_ERROR_FILE, "%s: cannot be written: %s", journal->path, strerror(errno));
}

static void r0i_journal_close(r0i_journal *journal)
{
    if (journal->file) fclose(journal->file);
    if (journal->context) r0i_free(journal->context, journal->path);
    memset(journal, 0, sizeof *journal);
}

// -- inspection --
//
// r0_model_load stops at the first thing that is wrong; whoever mends a model (converted by a script, copied in part,
// trained until a weight became NaN) wants to see all of them. Nothing is loaded: the files stay mapped, weights pass
// through a buffer of 4 KB, so that models larger than memory can be looked at.

typedef struct r0i_inspection {
    r0_context *context;
    const r0_inspector *inspector;
    const r0i_safetensors *file;
    int problems;
} r0i_inspection;

static void r0i_inspect_problem(r0i_inspection *inspection, const char *format, ...) R0I_PRINTF(2, 3);
static void r0i_inspect_problem(r0i_inspection *inspection, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    inspection->problems++;
    if (inspection->inspector->problem) inspection->inspector->problem(inspection->inspector->user, text);
}

// How many values of a floating-point tensor are NaN or infinite, read in pieces that fit the stack.
static int64_t r0i_inspect_infinite(const r0i_tensor_entry *entry)
{
    float values[1024];
    int64_t bad = 0;
    if (entry->dtype > R0I_BF16) return 0;
    size_t element = r0i_dtype_size(entry->dtype), count = entry->size / element;
    for (size_t first = 0; first < count; first += R0I_COUNT(values)) {
        size_t some = R0I_MIN(R0I_COUNT(values), count - first);
        r0i_floats_load(entry->dtype, entry->data + first * element, some, values);
        for (size_t i = 0; i < some; i++) bad += !isfinite(values[i]);
    }
    return bad;
}

// What can be said about a file whatever model it belongs to.
static void r0i_inspect_file(r0i_inspection *inspection)
{
    const r0i_safetensors *file = inspection->file;
    const r0_inspector *show = inspection->inspector;
    const r0_json *metadata = r0i_safetensors_metadata(file);
    for (size_t i = 0; show->metadata && metadata && i < metadata->count && metadata->keys; i++)
        if (metadata->items[i].type == R0_JSON_STRING)
            show->metadata(show->user, metadata->keys[i].data, metadata->items[i].text.data);
    for (size_t i = 0; i < file->count; i++) {
        const r0i_tensor_entry *entry = &file->entries[i];
        r0_tensor_info info = R0_ZERO;
        info.name = entry->name.data, info.dtype = r0i_dtype_name(entry->dtype), info.file = entry->file;
        info.rank = entry->rank, info.bytes = (int64_t)entry->size;
        memcpy(info.shape, entry->shape, sizeof info.shape);
        if (show->tensor) show->tensor(show->user, &info);
        int64_t bad = r0i_inspect_infinite(entry);
        if (bad) r0i_inspect_problem(inspection, "%s: %lld values are not finite", info.name, (long long)bad);
    }
    for (size_t i = 0; i < file->shard_count; i++)
        if (r0i_shard_verify(file, &file->shards[i])) r0i_inspect_problem(inspection, "%s", inspection->context->error);
}

// One tensor that the config calls for.
static void r0i_inspect_expected(r0i_inspection *inspection, const r0i_tensor *tensor)
{
    char expected[64], found[200];
    int64_t shape[2] = {tensor->rows, tensor->cols};
    bool vector = tensor->rows == 1;
    const r0i_tensor_entry *entry = r0i_safetensors_find(inspection->file, tensor->name);
    r0i_shape_text(shape + vector, 2 - vector, expected, sizeof expected);
    if (!entry) {
        r0i_inspect_problem(inspection, "%s: missing, expected %s", tensor->name, expected);
        return;
    }
    r0i_shape_text(entry->shape, entry->rank, found, sizeof found);
    if (strcmp(expected, found))
        r0i_inspect_problem(inspection, "%s: expected %s, found %s", tensor->name, expected, found);
    if (entry->dtype > R0I_BF16)
        r0i_inspect_problem(inspection, "%s: stored as %s, which cannot be read", tensor->name,
                            r0i_dtype_name(entry->dtype));
}

static int r0i_tensor_name_order(const void *a, const void *b)
{
    return strcmp(((const r0i_tensor *)a)->name, ((const r0i_tensor *)b)->name);
}

// Both ways: what the config calls for and the files lack, and what the files hold beyond it.
static r0_status r0i_inspect_against(r0i_inspection *inspection, const r0_model_config *config)
{
    r0_model *model = R0I_NEW(inspection->context, r0_model, 1);
    if (!model) return R0_ERROR_MEMORY;
    model->context = inspection->context;
    model->config = *config;
    r0_status status = r0i_model_layout(model);
    for (size_t i = 0; !status && i < model->tensor_count; i++) r0i_inspect_expected(inspection, &model->tensors[i]);
    if (!status) qsort(model->tensors, model->tensor_count, sizeof(r0i_tensor), r0i_tensor_name_order);
    for (size_t i = 0; !status && i < inspection->file->count; i++) {
        r0i_tensor key;
        snprintf(key.name, sizeof key.name, "%s", inspection->file->entries[i].name.data);
        if (!bsearch(&key, model->tensors, model->tensor_count, sizeof key, r0i_tensor_name_order))
            r0i_inspect_problem(inspection, "%s: not part of this architecture, would be ignored", key.name);
    }
    r0_model_destroy(model);
    return status;
}

// A folder whose config cannot be used is still looked into: its weights may be fine.
R0_API r0_status r0_inspect(r0_context *context, const char *path, const r0_inspector *inspector, int *problems)
{
    r0i_inspection inspection = {context, inspector, NULL, 0};
    r0i_safetensors *file = NULL;
    r0_model_config config = R0_ZERO;
    bool folder = !r0i_ends_with(path, ".safetensors") && !r0i_ends_with(path, ".json");
    *problems = 0;
    r0_status described = folder ? r0i_config_read(context, path, &config) : R0_OK;
    if (folder && !described && inspector->config) inspector->config(inspector->user, &config);
    if (described) r0i_inspect_problem(&inspection, "%s", context->error);
    r0_status status = r0i_safetensors_open(context, path, &file);
    if (status == R0_ERROR_MEMORY || (status && (!folder || described))) return status; // nothing to look into
    if (status) r0i_inspect_problem(&inspection, "%s", context->error);
    inspection.file = file;
    status = R0_OK;
    if (file) r0i_inspect_file(&inspection);
    if (file && folder && !described) status = r0i_inspect_against(&inspection, &config);
    r0i_safetensors_close(file);
    *problems = inspection.problems;
    return status;
}

// -- the run folder --
//
//     run.json               what was asked: device, preset, seed, every number of the config
//     metrics.jsonl          a line per step, only what the seed decides; cut back to the checkpoint on resume
//     timings.jsonl          a line per phase: seconds, tokens
//     questions-K.jsonl      every question of iteration K: votes, label, verdict, and what the oracle says
//     evaluation-K.jsonl     every question of every evaluation set after iteration K (0: the base)
//     checkpoint-N.safetensors   weights, reference, optimiser and position; the newest two are kept
//     solver/ challenger/    the evolved models, ordinary model folders
//     summary.json           the result

// -- keys: what a random number is for --

static r0i_key r0i_key_at(const r0i_evolution *run, r0i_phase phase)
{
    r0i_key key = r0i_key_derive(r0i_key_make(run->seed), (uint64_t)run->iteration);
    return r0i_key_derive(key, (uint64_t)phase);
}

static r0i_key r0i_phase_key(const r0i_evolution *run)
{
    return r0i_key_at(run, run->phase);
}

static r0i_key r0i_run_key(const r0i_evolution *run)
{
    return r0i_key_derive(r0i_phase_key(run), (uint64_t)run->step);
}

static r0_status r0i_run_generate(r0i_evolution *run, r0_model *model, const r0_sequence *prompts, int count, int samples,
                                  const r0_sampling *sampling, r0i_key key, r0_rollouts *rollouts)
{
    r0_sampling keyed = *sampling;
    keyed.seed = (uint64_t)key.b << 32 | key.a;
    R0I_TRY(r0_generate(model, prompts, count, samples, &keyed, rollouts));
    for (int i = 0; i < rollouts->count; i++) run->phase_generated += rollouts->items[i].length;
    return R0_OK;
}

// -- files of the run --

static r0_status r0i_run_path(const r0i_evolution *run, r0i_text *path, const char *name)
{
    r0i_text_print(path, "%s/%s", run->desc->run_folder, name);
    return r0i_text_status(path);
}

// Writes NAME-<iteration>.jsonl.
static r0_status r0i_run_write_file(r0i_evolution *run, const char *name, const r0i_text *lines)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0i_text_print(&path, "%s/%s-%d.jsonl", run->desc->run_folder, name, run->iteration);
    r0_status status = r0i_text_status(&path);
    if (!status) status = r0i_file_write_atomic(run->context, path.data, lines->size ? lines->data : "", lines->size);
    r0i_text_free(&path);
    return status;
}

static r0_status r0i_run_write_questions(r0i_evolution *run, const r0i_text *lines)
{
    R0I_TRY(r0i_text_status(lines));
    return r0i_run_write_file(run, "questions", lines);
}

// Adds a line to a jsonl file, and to its size as the next checkpoint will state it.
static r0_status r0i_run_append(r0i_evolution *run, const char *name, r0i_text *line, int64_t *bytes)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0i_text_print(line, "\n");
    r0_status status = r0i_text_status(line);
    if (!status) status = r0i_run_path(run, &path, name);
    if (!status) status = r0i_file_append(run->context, path.data, line->data, line->size);
    if (!status) *bytes += (int64_t)line->size;
    r0i_text_free(&path);
    r0i_text_free(line);
    return status;
}

static r0i_text r0i_metrics_line(const r0i_evolution *run, const char *phase)
{
    r0i_text line = {run->context, NULL, 0, 0, false};
    r0i_text_print(&line, "{\"iteration\":%d,\"phase\":\"%s\"", run->iteration, phase);
    return line;
}

static void r0i_print_number(r0i_text *line, const char *name, double value)
{
    r0i_text_print(line, ",\"%s\":", name);
    r0i_json_write_number(line, value);
}

static void r0i_print_histogram(r0i_text *line, const int histogram[11])
{
    for (int i = 0; i < 11; i++) r0i_text_print(line, "%s%d", i ? "," : ",\"agreement_histogram\":[", histogram[i]);
    r0i_text_print(line, "]");
}

// Agreement in tenths, 0 to 10.
static int r0i_agreement_bin(const r0_vote *vote)
{
    return vote->total ? (10 * vote->votes + vote->total / 2) / vote->total : 0;
}

static void r0i_print_step(r0i_text *line, const r0i_evolution *run, const r0i_step_metrics *m)
{
    double tokens = m->stats.tokens > 0 ? m->stats.tokens : 1;
    r0i_text_print(line, ",\"step\":%d", run->step + 1);
    const struct { const char *name; double value; } numbers[] = {
        {"reward_mean", m->reward.mean},       {"reward_std", m->reward.std},
        {"zero_variance", m->reward.zero_variance_share}, {"loss", m->stats.loss},
        {"kl", m->stats.kl / tokens},          {"entropy", m->entropy},
        {"clip_low", m->stats.clip_low / tokens},         {"clip_high", m->stats.clip_high / tokens},
        {"dual_clip", m->stats.dual_clip / tokens},       {"grad_norm", m->grad_norm},
        {"drift", m->drift},                   {"length_mean", m->length_mean},
        {"length_min", m->length_min},         {"length_max", m->length_max},
        {"truncated", m->truncated},
    };
    for (size_t i = 0; i < R0I_COUNT(numbers); i++) r0i_print_number(line, numbers[i].name, numbers[i].value);
}

static r0_status r0i_challenger_metrics(r0i_evolution *run, const r0i_step_metrics *m, const r0i_question *questions, int count,
                                        const float *share)
{
    r0i_text line = r0i_metrics_line(run, "challenger");
    int histogram[11] = {0}, valid = 0;
    double mean_share = 0, largest = 0;
    for (int i = 0; i < count; i++) {
        mean_share += (double)share[i] / count;
        largest = R0I_MAX(largest, (double)share[i]);
        if (!questions[i].valid) continue;
        valid++;
        histogram[r0i_agreement_bin(&questions[i].vote)]++;
    }
    r0i_print_step(&line, run, m);
    r0i_print_number(&line, "valid", (double)valid / count);
    r0i_print_number(&line, "cluster_share", mean_share);
    r0i_print_number(&line, "cluster_share_max", largest);
    r0i_print_histogram(&line, histogram);
    r0i_text_print(&line, "}");
    return r0i_run_append(run, "metrics.jsonl", &line, &run->metrics_bytes);
}

static r0_status r0i_solver_metrics(r0i_evolution *run, const r0i_step_metrics *m)
{
    r0i_text line = r0i_metrics_line(run, "solver");
    run->length_sum += (double)m->tokens;
    run->length_count += (int64_t)(m->tokens / m->length_mean + .5);
    r0i_print_step(&line, run, m);
    r0i_text_print(&line, "}");
    return r0i_run_append(run, "metrics.jsonl", &line, &run->metrics_bytes);
}

// Share of kept questions whose label the oracle confirms; negative when it knows none.
static double r0i_label_accuracy(const r0i_evolution *run)
{
    int known = 0, right = 0;
    for (int i = 0; i < run->kept_count; i++) {
        known += run->kept[i].oracle != R0_ORACLE_UNKNOWN;
        right += run->kept[i].label_correct;
    }
    return known ? (double)right / known : -1;
}

static r0_status r0i_curation_metrics(r0i_evolution *run)
{
    r0i_text line = r0i_metrics_line(run, "curation");
    const r0_iteration_result *now = run->now;
    run->now->label_accuracy = r0i_label_accuracy(run);
    r0i_text_print(&line, ",\"proposed\":%d,\"valid\":%d,\"distinct\":%d,\"kept\":%d", now->proposed, now->valid,
                   now->distinct, now->kept);
    r0i_print_number(&line, "yield", now->proposed ? (double)now->kept / now->proposed : 0);
    r0i_print_number(&line, "label_accuracy", now->label_accuracy < 0 ? NAN : now->label_accuracy);
    r0i_print_number(&line, "agreement_mean", now->agreement);
    r0i_print_histogram(&line, run->agreement_histogram);
    r0i_text_print(&line, "}");
    return r0i_run_append(run, "metrics.jsonl", &line, &run->metrics_bytes);
}

// "pass1":…,"pass1_ci":[…],"greedy":…,"majK":…,"passK":…
static void r0i_print_scores(r0i_text *out, const r0_scores *s)
{
    r0i_text_print(out, "\"pass1\":");
    r0i_json_write_number(out, s->pass1);
    r0i_text_print(out, ",\"pass1_ci\":[");
    r0i_json_write_number(out, s->pass1_low);
    r0i_text_print(out, ",");
    r0i_json_write_number(out, s->pass1_high);
    r0i_text_print(out, "]");
    r0i_print_number(out, "greedy", s->greedy);
    r0i_text_print(out, ",\"maj%d\":", s->samples);
    r0i_json_write_number(out, s->majority);
    r0i_text_print(out, ",\"pass%d\":", s->samples);
    r0i_json_write_number(out, s->pass_k);
}

static r0_status r0i_evaluation_metrics(r0i_evolution *run)
{
    for (int b = 0; b < run->now->set_count; b++) {
        r0i_text line = r0i_metrics_line(run, "evaluation");
        const r0_scores *s = &run->now->scores[b];
        r0i_text_print(&line, ",\"set\":");
        r0i_json_write_string(&line, r0i_span_of(s->name));
        r0i_text_print(&line, ",\"questions\":%d,\"samples\":%d,", s->questions, s->samples);
        r0i_print_scores(&line, s);
        r0i_print_number(&line, "length_mean", s->length);
        r0i_text_print(&line, "}");
        R0I_TRY(r0i_run_append(run, "metrics.jsonl", &line, &run->metrics_bytes));
    }
    return R0_OK;
}

// -- questions as lines, and back --

static bool r0i_bench_holds(const r0i_evolution *run, r0_span question)
{
    for (int b = 0; b < run->desc->set_count; b++)
        for (int i = 0; i < (int)run->desc->sets[b].bench.count; i++) {
            r0_span held = run->desc->sets[b].bench.items[i].question;
            if (held.size == question.size && !memcmp(held.data, question.data, held.size)) return true;
        }
    return false;
}

// Asks the oracle, for the record only.
static void r0i_oracle_look(r0i_evolution *run, r0i_arena *arena, r0i_question *q)
{
    const r0_task *task = &run->desc->task;
    char answer[256] = "";
    if (!task->oracle) return;
    q->oracle = task->oracle(task->user, q->text, answer, sizeof answer);
    if (q->oracle != R0_ORACLE_ANSWER) return;
    q->truth = r0i_keep_text(arena, r0i_span_of(answer));
    q->label_correct = q->label.size && r0i_task_equal(run, q->label, q->truth);
}

static void r0i_print_text(r0i_text *out, const char *name, r0_span value)
{
    r0i_text_print(out, "%s\"%s\":", out->data && out->data[out->size - 1] != '{' ? "," : "", name);
    if (value.data) r0i_json_write_string(out, value);
    else r0i_text_print(out, "null");
}

static void r0i_question_print(r0i_text *out, const r0i_question *q)
{
    r0i_text_print(out, "{");
    r0i_print_text(out, "question", q->text);
    r0i_print_text(out, "answer", q->own_answer);
    r0i_text_print(out, ",\"votes\":[");
    for (int i = 0, listed = 0; i < q->answer_count; i++) {
        int count = 0;
        for (int k = 0; k < q->answer_count; k++) count += q->cluster[k] == i;
        if (!count) continue;
        r0i_text_print(out, "%s{\"answer\":", listed++ ? "," : "");
        r0i_json_write_string(out, q->answers[i]);
        r0i_text_print(out, ",\"count\":%d}", count);
    }
    r0i_text_print(out, "]");
    r0i_print_text(out, "label", q->label);
    r0i_print_number(out, "agreement", q->vote.agreement);
    r0i_text_print(out, ",\"verdict\":\"%s\"", q->verdict);
    r0i_print_text(out, "oracle", q->truth);
    const char *correct = q->oracle == R0_ORACLE_UNKNOWN ? "null" : q->label_correct ? "true" : "false";
    r0i_text_print(out, ",\"label_correct\":%s}\n", correct);
}

static void r0i_kept_clear(r0i_evolution *run)
{
    r0i_arena_free(&run->kept_arena);
    r0i_free(run->context, run->kept);
    run->kept = NULL;
    run->kept_count = 0;
}

// Prompts of the kept questions, and the label controls: the same after curation and after a resume.
static r0_status r0i_kept_prepare(r0i_evolution *run)
{
    r0i_text solver = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_prompt_template(run, run->config.solver_system, run->config.solver_prompt, &solver);
    for (int i = 0; !status && i < run->kept_count; i++) {
        r0_span template_text = {solver.data, solver.size};
        r0i_question *q = &run->kept[i];
        status = r0i_prompt_encode(run, &run->kept_arena, template_text, q->text, &q->prompt, &q->prompt_length);
    }
    r0i_text_free(&solver);
    return status ? status : r0i_labels_control(run);
}

static r0_status r0i_kept_load_line(void *user, int line, const r0_json *value)
{
    r0i_evolution *run = (r0i_evolution *)user;
    r0i_question q;
    (void)line;
    memset(&q, 0, sizeof q);
    const r0_json *truth = r0_json_get(value, "oracle"), *correct = r0_json_get(value, "label_correct");
    r0_span verdict = r0_json_get_text(value, "verdict");
    if (!verdict.data || strcmp(verdict.data, "kept")) return R0_OK;
    q.text = r0_json_get_text(value, "question");
    q.label = r0_json_get_text(value, "label");
    if (truth && truth->type == R0_JSON_STRING) q.truth = truth->text, q.oracle = R0_ORACLE_ANSWER;
    else if (correct && correct->type == R0_JSON_FALSE) q.oracle = R0_ORACLE_ILL_POSED;
    q.label_correct = correct && correct->type == R0_JSON_TRUE;
    return r0i_question_keep(run, &q);
}

static r0_status r0i_kept_load(r0i_evolution *run)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0i_text_print(&path, "%s/questions-%d.jsonl", run->desc->run_folder, run->iteration);
    r0_status status = r0i_text_status(&path);
    r0i_kept_clear(run);
    if (!status) status = r0_json_lines(run->context, path.data, r0i_kept_load_line, run);
    r0i_text_free(&path);
    return status ? status : r0i_kept_prepare(run);
}

// -- the result as JSON, and back --

static void r0i_print_result(r0i_text *out, const r0_iteration_result *r, bool questions)
{
    r0i_text_print(out, "{\"iteration\":%d", r->iteration);
    if (r->set_count) {
        r0i_text_print(out, ",");
        r0i_print_scores(out, &r->scores[0]);
    }
    r0i_text_print(out, ",\"sets\":{");
    for (int b = 0; b < r->set_count; b++) {
        if (b) r0i_text_print(out, ",");
        r0i_json_write_string(out, r0i_span_of(r->scores[b].name));
        r0i_text_print(out, ":{");
        r0i_print_scores(out, &r->scores[b]);
        r0i_print_number(out, "length", r->scores[b].length);
        r0i_text_print(out, ",\"questions\":%d,\"samples\":%d}", r->scores[b].questions, r->scores[b].samples);
    }
    r0i_text_print(out, "}");
    if (questions) {
        r0i_print_number(out, "label_accuracy", r->label_accuracy < 0 ? NAN : r->label_accuracy);
        r0i_text_print(out, ",\"proposed\":%d,\"valid\":%d,\"distinct\":%d,\"kept\":%d", r->proposed, r->valid, r->distinct,
                       r->kept);
        r0i_print_number(out, "agreement", r->agreement);
        r0i_print_number(out, "length", r->length);
    }
    r0i_print_number(out, "seconds", r->seconds);
    r0i_text_print(out, ",\"generated_tokens\":%lld,\"trained_tokens\":%lld}", (long long)r->generated_tokens,
                   (long long)r->trained_tokens);
}

static double r0i_number_at(const r0_json *object, const char *prefix, int k)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", prefix, k);
    return r0_json_get_number(object, name, 0);
}

static void r0i_scores_read(const r0_json *value, r0_span name, r0_scores *s)
{
    const r0_json *ci = r0_json_get(value, "pass1_ci");
    snprintf(s->name, sizeof s->name, "%s", name.data);
    s->questions = (int)r0_json_get_number(value, "questions", 0);
    s->samples = (int)r0_json_get_number(value, "samples", 0);
    s->pass1 = r0_json_get_number(value, "pass1", 0);
    if (ci && ci->count == 2) s->pass1_low = ci->items[0].number, s->pass1_high = ci->items[1].number;
    s->greedy = r0_json_get_number(value, "greedy", 0);
    s->majority = r0i_number_at(value, "maj", s->samples);
    s->pass_k = r0i_number_at(value, "pass", s->samples);
    s->length = r0_json_get_number(value, "length", 0);
}

static void r0i_result_read(const r0_json *value, r0_iteration_result *r)
{
    const r0_json *sets = r0_json_get(value, "sets");
    memset(r, 0, sizeof *r);
    r->iteration = (int)r0_json_get_number(value, "iteration", 0);
    for (size_t b = 0; sets && b < sets->count && b < R0_MAX_SETS; b++)
        r0i_scores_read(&sets->items[b], sets->keys[b], &r->scores[r->set_count++]);
    const r0_json *accuracy = r0_json_get(value, "label_accuracy");
    r->label_accuracy = accuracy && accuracy->type == R0_JSON_NUMBER ? accuracy->number : -1;
    r->proposed = (int)r0_json_get_number(value, "proposed", 0);
    r->valid = (int)r0_json_get_number(value, "valid", 0);
    r->distinct = (int)r0_json_get_number(value, "distinct", 0);
    r->kept = (int)r0_json_get_number(value, "kept", 0);
    r->agreement = r0_json_get_number(value, "agreement", 0);
    r->length = r0_json_get_number(value, "length", 0);
    r->seconds = r0_json_get_number(value, "seconds", 0);
    r->generated_tokens = (int64_t)r0_json_get_number(value, "generated_tokens", 0);
    r->trained_tokens = (int64_t)r0_json_get_number(value, "trained_tokens", 0);
}

// summary.json: base, final, and one entry for every iteration.
static r0_status r0i_run_write_summary(r0i_evolution *run)
{
    r0i_text out = {run->context, NULL, 0, 0, false}, path = {run->context, NULL, 0, 0, false};
    const r0_evolve_result *result = run->result;
    r0i_text_print(&out, "{\"device\":");
    r0i_json_write_string(&out, r0i_span_of(r0_device_name(run->context)));
    r0i_print_number(&out, "seconds", result->seconds);
    r0i_print_text(&out, "model", r0i_span_of(run->desc->model_folder));
    r0i_print_text(&out, "preset", r0i_span_of(run->desc->preset ? run->desc->preset : "custom"));
    r0i_text_print(&out, ",\"seed\":%llu,\"base\":", (unsigned long long)run->seed);
    r0i_print_result(&out, &result->iterations[0], false);
    r0i_text_print(&out, ",\"final\":");
    r0i_print_result(&out, &result->iterations[result->count - 1], false);
    r0i_text_print(&out, ",\"iterations\":[");
    for (int i = 1; i < result->count; i++) {
        if (i > 1) r0i_text_print(&out, ",");
        r0i_print_result(&out, &result->iterations[i], true);
    }
    r0i_text_print(&out, "]}\n");
    r0_status status = r0i_text_status(&out);
    if (!status) status = r0i_run_path(run, &path, "summary.json");
    if (!status) status = r0i_file_write_atomic(run->context, path.data, out.data, out.size);
    r0i_text_free(&path);
    r0i_text_free(&out);
    return status;
}

// -- checkpoints --

static void r0i_state_print(const r0i_evolution *run, r0i_text *out)
{
    r0i_text_print(out, "{\"iteration\":%d,\"phase\":%d,\"step\":%d,\"trainer_steps\":%lld", run->iteration, (int)run->phase,
                   run->step, run->trainer ? (long long)run->trainer->steps : -1);
    r0i_text_print(out, ",\"metrics_bytes\":%lld,\"timings_bytes\":%lld,\"length_count\":%lld", (long long)run->metrics_bytes,
                   (long long)run->timings_bytes, (long long)run->length_count);
    r0i_print_number(out, "length_sum", run->length_sum);
    r0i_print_number(out, "iteration_seconds", run->iteration_seconds + r0i_seconds() - run->iteration_start);
    r0i_text_print(out, ",\"phase_generated\":%lld,\"phase_trained\":%lld", (long long)run->phase_generated,
                   (long long)run->phase_trained);
    r0i_print_number(out, "phase_seconds", r0i_seconds() - run->phase_start);
    r0i_print_number(out, "seconds", run->result->seconds);
    r0i_text_print(out, ",\"results\":[");
    int count = (int)(run->now - run->result->iterations) + 1; // the one in progress too
    for (int i = 0; i < count; i++) {
        if (i) r0i_text_print(out, ",");
        r0i_print_result(out, &run->result->iterations[i], true);
    }
    r0i_text_print(out, "]}");
}

// The flat buffers of a checkpoint; the last three only inside a phase.
static size_t r0i_checkpoint_buffers(r0i_evolution *run, const char **names, r0i_buffer **buffers)
{
    size_t count = 0;
    names[count] = "challenger", buffers[count++] = &run->challenger->parameters;
    names[count] = "solver", buffers[count++] = &run->solver->parameters;
    if (!run->trainer) return count;
    names[count] = "reference", buffers[count++] = &run->reference->parameters;
    names[count] = "adamw.m", buffers[count++] = &run->trainer->m;
    names[count] = "adamw.v", buffers[count++] = &run->trainer->v;
    return count;
}

static r0_status r0i_checkpoint_tensors(r0i_evolution *run, const char *path, const char *metadata)
{
    const char *names[5];
    r0i_buffer *buffers[5];
    r0i_tensor_out out[5];
    size_t count = r0i_checkpoint_buffers(run, names, buffers), size = run->solver->size;
    float *all = (float *)r0i_alloc(run->context, count, size * sizeof(float));
    r0_status status = all ? R0_OK : R0_ERROR_MEMORY;
    memset(out, 0, sizeof out);
    for (size_t i = 0; !status && i < count; i++) {
        status = r0i_read_floats(run->context, r0i_view_all(buffers[i]), all + i * size);
        out[i].name = names[i];
        out[i].dtype = R0I_F32;
        out[i].rank = 1;
        out[i].shape[0] = (int64_t)size;
        out[i].data = all + i * size;
    }
    if (!status) status = r0i_safetensors_write(run->context, path, out, count, metadata);
    r0i_free(run->context, all);
    return status;
}

static r0_status r0i_run_checkpoint(r0i_evolution *run)
{
    r0i_text state = {run->context, NULL, 0, 0, false}, metadata = {run->context, NULL, 0, 0, false};
    char *path = NULL;
    r0i_state_print(run, &state);
    r0_status status = r0i_text_status(&state);
    if (!status) {
        r0_span text = {state.data, state.size};
        r0i_text_print(&metadata, "{\"r0_state\":");
        r0i_json_write_string(&metadata, text);
        r0i_text_print(&metadata, "}");
        status = r0i_text_status(&metadata);
    }
    if (!status) status = r0i_checkpoint_path(run->context, run->desc->run_folder, ++run->checkpoint_number, &path);
    if (!status) status = r0i_checkpoint_tensors(run, path, metadata.data);
    if (!status) status = r0i_checkpoint_prune(run->context, run->desc->run_folder, 2, NULL, NULL);
    run->last_checkpoint = r0i_seconds();
    r0i_free(run->context, path);
    r0i_text_free(&state);
    r0i_text_free(&metadata);
    return status;
}

static r0_status r0i_state_read(r0i_evolution *run, const r0_json *state)
{
    const r0_json *results = r0_json_get(state, "results");
    run->iteration = (int)r0_json_get_number(state, "iteration", -1);
    run->phase = (r0i_phase)(int)r0_json_get_number(state, "phase", -1);
    run->step = (int)r0_json_get_number(state, "step", 0);
    run->metrics_bytes = (int64_t)r0_json_get_number(state, "metrics_bytes", 0);
    run->timings_bytes = (int64_t)r0_json_get_number(state, "timings_bytes", 0);
    run->length_sum = r0_json_get_number(state, "length_sum", 0);
    run->length_count = (int64_t)r0_json_get_number(state, "length_count", 0);
    run->iteration_seconds = r0_json_get_number(state, "iteration_seconds", 0);
    run->phase_generated = (int64_t)r0_json_get_number(state, "phase_generated", 0);
    run->phase_trained = (int64_t)r0_json_get_number(state, "phase_trained", 0);
    run->phase_start = r0i_seconds() - r0_json_get_number(state, "phase_seconds", 0);
    run->result->seconds = r0_json_get_number(state, "seconds", 0);
    if (run->iteration < 0 || run->phase < 0 || run->phase > R0I_PHASE_EVALUATION || !results || !results->count ||
        results->count > R0_MAX_ITERATIONS + 1)
        return r0i_fail(run->context, R0_ERROR_FORMAT, "%s: the checkpoint's state is not one of this version",
                        run->desc->run_folder);
    for (size_t i = 0; i < results->count; i++) r0i_result_read(&results->items[i], &run->result->iterations[i]);
    run->result->count = (int)results->count;
    run->now = &run->result->iterations[results->count - 1];
    return R0_OK;
}

static r0_status r0i_state_restore(r0i_evolution *run, const r0i_safetensors *file, int64_t trainer_steps)
{
    const char *names[5];
    r0i_buffer *buffers[5];
    if (trainer_steps >= 0) {
        R0I_TRY(r0i_phase_trainer(run, run->phase == R0I_PHASE_CHALLENGER ? run->challenger : run->solver));
        run->trainer->steps = trainer_steps;
    }
    size_t count = r0i_checkpoint_buffers(run, names, buffers);
    int64_t size = (int64_t)run->solver->size;
    float *values = R0I_NEW(run->context, float, size);
    r0_status status = values ? R0_OK : R0_ERROR_MEMORY;
    for (size_t i = 0; !status && i < count; i++) {
        status = r0i_safetensors_read_f32(run->context, file, names[i], &size, 1, values);
        if (!status) status = r0i_write_floats(run->context, r0i_view_all(buffers[i]), values);
    }
    r0i_free(run->context, values);
    return status;
}

// Cuts a jsonl file back to what the checkpoint knew of it.
static r0_status r0i_run_cut(r0i_evolution *run, const char *name, int64_t bytes)
{
    r0i_text path = {run->context, NULL, 0, 0, false};
    r0_status status = r0i_run_path(run, &path, name);
    if (!status && (bytes || r0i_file_exists(path.data))) status = r0i_file_truncate(run->context, path.data, bytes);
    r0i_text_free(&path);
    return status;
}

static r0_status r0i_run_resume(r0i_evolution *run)
{
    r0i_safetensors *file = NULL;
    r0_json *state = NULL;
    int64_t number = 0;
    R0I_TRY(r0i_checkpoint_newest(run->context, run->desc->run_folder, &file, &number));
    if (!file) { // it was stopped before the first one: start again
        R0I_TRY(r0i_run_cut(run, "metrics.jsonl", 0));
        R0I_TRY(r0i_run_cut(run, "timings.jsonl", 0));
        return r0i_run_first(run);
    }
    run->checkpoint_number = (int)number;
    r0_span text = r0_json_get_text(r0i_safetensors_metadata(file), "r0_state");
    r0_status status = r0_json_parse(run->context, "checkpoint state", text, &state);
    if (!status) status = r0i_state_read(run, state);
    if (!status) status = r0i_state_restore(run, file, (int64_t)r0_json_get_number(state, "trainer_steps", -1));
    r0_json_destroy(run->context, state);
    r0i_safetensors_close(file);
    if (!status) status = r0i_run_cut(run, "metrics.jsonl", run->metrics_bytes);
    if (!status) status = r0i_run_cut(run, "timings.jsonl", run->timings_bytes);
    if (!status && (run->phase == R0I_PHASE_SOLVER || run->phase == R0I_PHASE_EVALUATION)) status = r0i_kept_load(run);
    return status;
}

// -- moving on --

// After every roll-out: progress, a checkpoint when one is due, and the chance to stop.
static r0_status r0i_run_step_done(r0i_evolution *run)
{
    double every = run->desc->checkpoint_seconds == 0 ? 5 : run->desc->checkpoint_seconds;
    run->step++;
    r0i_progress_step(run->context, 1);
    bool stop = run->context->desc.cancel && run->context->desc.cancel(run->context->desc.user);
    if (stop || r0i_seconds() - run->last_checkpoint >= every) R0I_TRY(r0i_run_checkpoint(run));
    return stop ? r0i_fail(run->context, R0_ERROR_CANCELLED, "stopped on request; %s can be resumed", run->desc->run_folder)
                : R0_OK;
}

static r0_status r0i_run_timing(r0i_evolution *run)
{
    static const char *const names[] = {"base", "challenger", "curation", "solver", "evaluation"};
    r0i_text line = r0i_metrics_line(run, names[run->phase]);
    double seconds = r0i_seconds() - run->phase_start;
    r0i_print_number(&line, "seconds", seconds);
    r0i_text_print(&line, ",\"generated_tokens\":%lld,\"trained_tokens\":%lld}", (long long)run->phase_generated,
                   (long long)run->phase_trained);
    run->now->generated_tokens += run->phase_generated;
    run->now->trained_tokens += run->phase_trained;
    return r0i_run_append(run, "timings.jsonl", &line, &run->timings_bytes);
}

// Ends the phase in progress: its timing is written, its optimiser goes.
static r0_status r0i_run_close_phase(r0i_evolution *run)
{
    R0I_TRY(r0i_run_timing(run));
    r0_trainer_destroy(run->trainer);
    run->trainer = NULL;
    run->phase_generated = run->phase_trained = 0;
    return R0_OK;
}

static r0_status r0i_run_enter_phase(r0i_evolution *run, r0i_phase phase)
{
    run->phase = phase;
    run->step = 0;
    run->phase_start = r0i_seconds();
    return r0i_run_checkpoint(run);
}

static r0_status r0i_run_advance(r0i_evolution *run, r0i_phase next)
{
    R0I_TRY(r0i_run_close_phase(run));
    return r0i_run_enter_phase(run, next);
}

// The next iteration begins: its record is empty.
static void r0i_run_next(r0i_evolution *run)
{
    run->iteration++;
    run->iteration_start = r0i_seconds();
    run->iteration_seconds = 0;
    run->length_sum = 0;
    run->length_count = 0;
    if (run->iteration > run->config.iterations) return;
    run->now = &run->result->iterations[run->result->count++];
    memset(run->now, 0, sizeof *run->now);
    run->now->iteration = run->iteration;
    run->now->label_accuracy = -1;
}

static r0_status r0i_run_iteration_done(r0i_evolution *run)
{
    R0I_TRY(r0i_run_close_phase(run));
    run->now->length = run->length_count ? run->length_sum / (double)run->length_count : 0;
    run->now->seconds = run->iteration_seconds + r0i_seconds() - run->iteration_start;
    run->result->seconds += run->now->seconds;
    if (run->desc->on_iteration) run->desc->on_iteration(run->desc->user, run->now);
    R0I_TRY(r0i_run_write_summary(run));
    r0i_run_next(run);
    return r0i_run_enter_phase(run, R0I_PHASE_CHALLENGER);
}

// >>vulkan
//
// The GPU. The same op sequence that the CPU runs at once is recorded here into a command buffer and submitted when it is
// long enough or when somebody reads; r0i_read waits. What makes it quick and safe:
//   - The loader is opened at run time: a binary that was built here runs where no Vulkan is.
//   - A barrier is recorded only where an op touches what an earlier one wrote, or writes what an earlier one touched.
//   - A submit holds a bounded amount of work: systems reset a GPU that does not answer within about two seconds.
//   - Every op is one shader of shaders/, compiled into >>spirv. Specialization constants adapt it: 0 is the workgroup's
//     size, 1 the kernel (team.glsl, matmul.glsl), 2 the head size. A pipeline is made when an op first runs.
// A failure is sticky: the device's status is set, later ops do nothing, and the next read or finish reports it.

#ifndef R0_NO_VULKAN

// -- loader --

#define R0I_VK_INSTANCE_FUNCTIONS(X)                                                                                   \
    X(DestroyInstance) X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceMemoryProperties) \
    X(GetPhysicalDeviceQueueFamilyProperties) X(EnumerateDeviceExtensionProperties) X(CreateDevice) X(GetDeviceProcAddr)

#define R0I_VK_DEVICE_FUNCTIONS(X)                                                                                     \
    X(DestroyDevice) X(GetDeviceQueue) X(DeviceWaitIdle) X(CreateBuffer) X(DestroyBuffer) X(GetBufferMemoryRequirements) \
    X(AllocateMemory) X(FreeMemory) X(BindBufferMemory) X(MapMemory) X(CreateShaderModule) X(DestroyShaderModule)      \
    X(CreateDescriptorSetLayout) X(DestroyDescriptorSetLayout) X(CreatePipelineLayout) X(DestroyPipelineLayout)        \
    X(CreateComputePipelines) X(DestroyPipeline) X(CreateDescriptorPool) X(DestroyDescriptorPool)                      \
    X(ResetDescriptorPool) X(AllocateDescriptorSets) X(UpdateDescriptorSets) X(CreateCommandPool)                      \
    X(DestroyCommandPool) X(AllocateCommandBuffers) X(BeginCommandBuffer) X(EndCommandBuffer) X(CreateFence)           \
    X(DestroyFence) X(WaitForFences) X(ResetFences) X(QueueSubmit) X(CmdBindPipeline)                \
    X(CmdBindDescriptorSets) X(CmdPushConstants) X(CmdDispatchBase) X(CmdPipelineBarrier) X(CmdCopyBuffer)             \
    X(CmdFillBuffer)

// The loader, an instance, and the functions of both and of the device.
typedef struct r0i_vk_api {
    void *library;
    VkInstance instance;
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
#define R0I_X(name) PFN_vk##name name;
    R0I_VK_INSTANCE_FUNCTIONS(R0I_X)
    R0I_VK_DEVICE_FUNCTIONS(R0I_X)
#undef R0I_X
} r0i_vk_api;

static void r0i_vk_api_close(r0i_vk_api *api)
{
    if (api->instance) api->DestroyInstance(api->instance, NULL);
    if (api->library) r0i_library_close(api->library);
    memset(api, 0, sizeof *api);
}

// Drivers that are layered on another interface (MoltenVK on Metal) are listed only when asked for.
static bool r0i_vk_has_portability(const r0i_vk_api *api)
{
    PFN_vkEnumerateInstanceExtensionProperties enumerate = (PFN_vkEnumerateInstanceExtensionProperties)
        api->GetInstanceProcAddr(NULL, "vkEnumerateInstanceExtensionProperties");
    VkExtensionProperties extensions[64];
    uint32_t count = R0I_COUNT(extensions);
    if (!enumerate || enumerate(NULL, &count, extensions) < 0) return false;
    for (uint32_t i = 0; i < count; i++)
        if (!strcmp(extensions[i].extensionName, "VK_KHR_portability_enumeration")) return true;
    return false;
}

static VkResult r0i_vk_instance_create(r0i_vk_api *api)
{
    static const char *const portability[] = {"VK_KHR_portability_enumeration"};
    PFN_vkCreateInstance create = (PFN_vkCreateInstance)api->GetInstanceProcAddr(NULL, "vkCreateInstance");
    VkApplicationInfo application = R0_ZERO;
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = application.pEngineName = "r0";
    application.apiVersion = VK_MAKE_VERSION(1, 1, 0);
    VkInstanceCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    if (r0i_vk_has_portability(api)) {
        info.flags = 1; // VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR, which older headers lack
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = portability;
    }
    return create ? create(&info, NULL, &api->instance) : VK_ERROR_INCOMPATIBLE_DRIVER;
}

// Returns why not, NULL when it worked.
static const char *r0i_vk_api_open(r0i_vk_api *api)
{
    static const char *const files[] = {"libvulkan.so.1", "libvulkan.so", "vulkan-1.dll", "libvulkan.1.dylib",
                                        "libvulkan.dylib", "libMoltenVK.dylib"};
    memset(api, 0, sizeof *api);
    for (size_t i = 0; !api->library && i < R0I_COUNT(files); i++) api->library = r0i_library_open(files[i]);
    if (!api->library) return "no Vulkan loader on this system (libvulkan.so.1, vulkan-1.dll or libvulkan.dylib)";
    api->GetInstanceProcAddr = (PFN_vkGetInstanceProcAddr)r0i_library_symbol(api->library, "vkGetInstanceProcAddr");
    if (!api->GetInstanceProcAddr) return "the Vulkan loader lacks vkGetInstanceProcAddr";
    if (r0i_vk_instance_create(api) != VK_SUCCESS) return "no Vulkan 1.1 driver is installed (vkCreateInstance failed)";
    bool good = true;
#define R0I_X(name) good &= !!(api->name = (PFN_vk##name)api->GetInstanceProcAddr(api->instance, "vk" #name));
    R0I_VK_INSTANCE_FUNCTIONS(R0I_X)
#undef R0I_X
    return good ? NULL : "the Vulkan loader lacks functions of Vulkan 1.1";
}

// -- choosing a device --

enum { R0I_VK_MAX_DEVICES = 16, R0I_VK_BEST = -1, R0I_VK_REAL_GPU = -2 };

static const char *r0i_vk_type_name(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete GPU";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated GPU";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual GPU";
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return "CPU";
    default: return "other";
    }
}

// What is preferred: a GPU of its own, one beside the CPU, a shared one, anything else, a CPU that plays GPU.
static int r0i_vk_rank(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return 0;
    default: return 1;
    }
}

static VkPhysicalDeviceProperties r0i_vk_properties(const r0i_vk_api *api, VkPhysicalDevice device)
{
    VkPhysicalDeviceProperties2 properties = R0_ZERO;
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    api->GetPhysicalDeviceProperties2(device, &properties);
    return properties.properties;
}

static uint32_t r0i_vk_list(const r0i_vk_api *api, VkPhysicalDevice devices[R0I_VK_MAX_DEVICES])
{
    uint32_t count = R0I_VK_MAX_DEVICES;
    return api->EnumeratePhysicalDevices(api->instance, &count, devices) < 0 ? 0 : count;
}

// The driver in words; its name is core in Vulkan 1.2.
static void r0i_vk_driver_text(const r0i_vk_api *api, VkPhysicalDevice device, char *text, size_t size)
{
    VkPhysicalDeviceProperties plain = r0i_vk_properties(api, device);
    VkPhysicalDeviceDriverProperties driver = R0_ZERO;
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    VkPhysicalDeviceProperties2 properties = R0_ZERO;
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &driver;
    if (plain.apiVersion >= VK_MAKE_VERSION(1, 2, 0)) api->GetPhysicalDeviceProperties2(device, &properties);
    if (driver.driverName[0]) snprintf(text, size, "%.100s %.100s", driver.driverName, driver.driverInfo);
    else snprintf(text, size, "driver %u", (unsigned)plain.driverVersion);
}

static r0_device_info r0i_vk_describe(const r0i_vk_api *api, VkPhysicalDevice device)
{
    VkPhysicalDeviceProperties properties = r0i_vk_properties(api, device);
    VkPhysicalDeviceMemoryProperties memory;
    api->GetPhysicalDeviceMemoryProperties(device, &memory);
    r0_device_info info = R0_ZERO;
    snprintf(info.name, sizeof info.name, "%.120s", properties.deviceName);
    r0i_vk_driver_text(api, device, info.driver, sizeof info.driver);
    info.type = r0i_vk_type_name(properties.deviceType);
    for (uint32_t i = 0; i < memory.memoryHeapCount; i++)
        if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
            info.memory = R0I_MAX(info.memory, (uint64_t)memory.memoryHeaps[i].size);
    info.is_gpu = r0i_vk_rank(properties.deviceType) >= 2;
    return info;
}

R0_API r0_status r0_devices(r0_context *context, r0_device_info *devices, int capacity, int *count)
{
    VkPhysicalDevice found[R0I_VK_MAX_DEVICES];
    r0i_vk_api api;
    *count = 0;
    const char *why = r0i_vk_api_open(&api);
    if (why) {
        r0i_log(context, R0_LOG_INFO, "vulkan: %s", why);
    } else {
        *count = (int)r0i_vk_list(&api, found);
        for (int i = 0; i < R0I_MIN(*count, capacity); i++) devices[i] = r0i_vk_describe(&api, found[i]);
    }
    r0i_vk_api_close(&api);
    return R0_OK;
}

// The index that was asked for, or that of the best; -1 when there is none such.
static int r0i_vk_choose(const r0i_vk_api *api, const VkPhysicalDevice *devices, uint32_t count, int wanted)
{
    if (wanted >= 0) return wanted < (int)count ? wanted : -1;
    int best = -1, best_rank = wanted == R0I_VK_REAL_GPU ? 1 : -1;
    for (uint32_t i = 0; i < count; i++) {
        int rank = r0i_vk_rank(r0i_vk_properties(api, devices[i]).deviceType);
        if (rank > best_rank) best = (int)i, best_rank = rank;
    }
    return best;
}

// -- state --

// How tests turn a device to paths that its kind would not take.
typedef struct r0i_vk_options {
    bool gpu_kernels; // the kernels for GPUs on a CPU device too
    bool staged;      // data goes through staging memory even where the CPU sees the device's
    double budget;    // flops per submit at first; 0: the default
} r0i_vk_options;

enum {
    R0I_VK_FRAMES = 3,           // command buffers in turn: one is recorded while others run
    R0I_VK_BATCH = 256,          // dispatches in one submit at most
    R0I_VK_USES = 64,            // ranges remembered between two barriers
    R0I_VK_CONSTANTS = 3,        // specialization constants
    R0I_VK_OFFSETS = 3,          // push-constant words before the arguments: see shaders/common.glsl
    R0I_VK_PUSH = 32,            // push-constant words that every device has
    R0I_VK_GRID_WIDTH = 32768,   // workgroups in a row of the grid, as in shaders/common.glsl
    R0I_VK_LONG_ROW = 8192,      // turns of loops that one invocation may do on a CPU device
    R0I_VK_STAGING = 8 << 20     // bytes that carry data to and from memory that the CPU cannot see
};

// A buffer and its memory. `mapped` is where the CPU sees it, NULL if it cannot; `serial` the last submit that uses it.
typedef struct r0i_vk_memory {
    VkBuffer buffer;
    VkDeviceMemory memory;
    char *mapped;
    uint64_t serial;
} r0i_vk_memory;

// A submit: what is recorded, what it needs, and what it did, for the report of a lost device.
typedef struct r0i_vk_frame {
    VkCommandBuffer commands;
    VkDescriptorPool pool;
    VkFence fence;
    uint64_t serial;   // of the submit
    bool in_flight;
    int dispatches;
    double work;       // flops, estimated
    double start;      // seconds: when it was submitted
    r0i_op first, last;
} r0i_vk_frame;

typedef struct r0i_vk_use {
    const r0i_buffer *buffer;
    size_t begin, end; // bytes
    bool written;
} r0i_vk_use;

typedef struct r0i_vk_pipeline {
    uint32_t constants[R0I_VK_CONSTANTS];
    VkPipeline pipeline;
    struct r0i_vk_pipeline *next;
} r0i_vk_pipeline;

typedef struct r0i_vk {
    r0_context *context;
    r0i_device *device;
    r0i_vk_api api;
    VkPhysicalDevice physical;
    VkDevice handle;
    VkQueue queue;
    uint32_t family;
    VkPhysicalDeviceLimits limits;
    VkPhysicalDeviceMemoryProperties memories;
    uint64_t max_allocation;
    bool mapped;             // buffers live where the CPU sees them
    bool cached;             // and the CPU reads them quickly
    bool share;              // GPU kernels: workgroups share memory; otherwise one invocation works alone (CPU devices)
    uint32_t buffer_type, staging_type; // memory types
    r0i_vk_memory staging;
    size_t staging_used;
    VkCommandPool command_pool;
    VkDescriptorSetLayout set_layouts[R0I_MAX_OPERANDS + 1]; // by number of operands
    VkPipelineLayout layouts[R0I_MAX_OPERANDS + 1];
    r0i_vk_pipeline *pipelines[R0I_OP_COUNT];
    r0i_vk_frame frames[R0I_VK_FRAMES];
    int frame;               // the one to record into
    bool recording;
    uint64_t serial, completed; // submits begun; submits known to be done
    double budget;           // flops per submit, adapted so that one takes about 50 ms
    r0i_vk_use uses[R0I_VK_USES];
    int use_count;
} r0i_vk;

static r0i_vk *r0i_vk_of(r0i_device *device)
{
    return (r0i_vk *)device->state;
}

static const char *r0i_vk_result_name(VkResult result)
{
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_DEVICE_LOST: return "VK_ERROR_DEVICE_LOST";
    case VK_ERROR_INITIALIZATION_FAILED: return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_EXTENSION_NOT_PRESENT: return "VK_ERROR_EXTENSION_NOT_PRESENT";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "VK_ERROR_INCOMPATIBLE_DRIVER";
    case VK_ERROR_TOO_MANY_OBJECTS: return "VK_ERROR_TOO_MANY_OBJECTS";
    case VK_TIMEOUT: return "VK_TIMEOUT";
    default: return "a Vulkan error";
    }
}

static r0_status r0i_vk_check(r0i_vk *vk, VkResult result, const char *call)
{
    if (result == VK_SUCCESS) return R0_OK;
    bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return r0i_fail(vk->context, memory ? R0_ERROR_MEMORY : R0_ERROR_DEVICE, "vulkan: %s failed: %s (%d)", call,
                    r0i_vk_result_name(result), (int)result);
}
#define R0I_VK_TRY(vk, call, arguments) R0I_TRY(r0i_vk_check((vk), (vk)->api.call arguments, "vk" #call))

// Marks the device: nothing runs on it any more.
static void r0i_vk_break(r0i_device *device, r0_status status)
{
    if (status && !device->status) device->status = status;
}

// -- the op table: what an op needs to know of itself --

typedef struct r0i_vk_op_info {
    const char *name;
    int buffers, written;
} r0i_vk_op_info;

static const r0i_vk_op_info r0i_vk_ops[] = {
#define R0I_X(name, args, buffers, written, items, work) {#name, buffers, written},
    R0I_OPS(R0I_X)
#undef R0I_X
};

// How a shader covers its op. EACH: an invocation per element. HEAD: an invocation per (row, head), with the head's size as
// constant 2. TEAM: a team per row (team.glsl). TILE: a tile of a matmul (matmul.glsl).
typedef enum r0i_vk_grid { R0I_VK_EACH, R0I_VK_HEAD, R0I_VK_TEAM, R0I_VK_TILE } r0i_vk_grid;

// X(name, arguments, grid, how many, last constant)
#define R0I_VK_GRIDS(X)                                                                                                \
    X(embedding_forward, rows, EACH, (uint64_t)a->rows * a->cols, 0)                                                   \
    X(embedding_backward, rows, EACH, (uint64_t)a->rows * a->cols, 0)                                                  \
    X(rms_norm_forward, norm, TEAM, a->rows, a->cols)                                                                        \
    X(rms_norm_backward, norm, TEAM, a->rows, a->cols)                                                                       \
    X(rms_norm_weight_backward, norm, EACH, a->cols, 0)                                                                \
    X(rope, rope, EACH, (uint64_t)a->rows * a->heads * (a->dim / 2), 0)                                                \
    X(matmul_nt, matmul, TILE, a->m, a->n)                                                                             \
    X(matmul_nn, matmul, TILE, a->m, a->n)                                                                             \
    X(matmul_tn, matmul, TILE, a->m, a->n)                                                                             \
    X(bias_forward, rows, EACH, (uint64_t)a->rows * a->cols, 0)                                                        \
    X(bias_backward, rows, EACH, a->cols, 0)                                                                           \
    X(attention_forward, attention, HEAD, (uint64_t)a->rows * a->heads, a->dim)                                        \
    X(attention_backward_q, attention, HEAD, (uint64_t)a->rows * a->heads, a->dim)                                     \
    X(attention_backward_kv, attention, HEAD, (uint64_t)a->rows * a->kv_heads, a->dim)                                 \
    X(attention_decode, decode, HEAD, (uint64_t)a->rows * a->heads, a->dim)                                            \
    X(kv_write, kv, EACH, (uint64_t)a->count * a->cols, 0)                                                             \
    X(swiglu_forward, count, EACH, a->count, 0)                                                                        \
    X(swiglu_backward, count, EACH, a->count, 0)                                                                       \
    X(add, count, EACH, a->count, 0)                                                                                   \
    X(rows_gather, rows, EACH, (uint64_t)a->rows * a->cols, 0)                                                         \
    X(rows_scatter, rows, EACH, (uint64_t)a->rows * a->cols, 0)                                                        \
    X(token_logp_forward, logp, TEAM, a->rows, a->vocab)                                                                      \
    X(token_logp_backward, logp, EACH, (uint64_t)a->rows * a->vocab, 0)                                                \
    X(sample, sample, TEAM, a->rows, (uint64_t)a->vocab * 128)                                                                                \
    X(adamw, adamw, EACH, a->count, 0)                                                                                 \
    X(sum_squares, count, TEAM, ((uint64_t)a->count + R0I_SUM_BLOCK - 1) / R0I_SUM_BLOCK, R0I_SUM_BLOCK)                           \
    X(fill, count, EACH, a->count, 0)

typedef struct r0i_vk_cover {
    r0i_vk_grid grid;
    uint64_t count; // what the grid says: elements, heads, rows, rows of y
    uint64_t extra; // head size, columns of y, turns of the loops over one row
    double work;    // flops, estimated
} r0i_vk_cover;

static r0i_vk_cover r0i_vk_cover_of(r0i_op op, const void *args)
{
    r0i_op_facts facts = r0i_op_look(op, args);
    r0i_vk_cover cover = {R0I_VK_EACH, 0, 0, (double)facts.items * facts.work};
    switch (op) {
#define R0I_X(name, type, kind, many, last)                                                                            \
    case R0I_OP_##name: {                                                                                              \
        const r0i_##type##_args *a = (const r0i_##type##_args *)args;                                                  \
        cover.grid = R0I_VK_##kind, cover.count = (many), cover.extra = (last);                                        \
        break;                                                                                                         \
    }
        R0I_VK_GRIDS(R0I_X)
#undef R0I_X
    case R0I_OP_COUNT: break;
    }
    return cover;
}

typedef struct r0i_vk_shape {
    uint32_t constants[R0I_VK_CONSTANTS]; // workgroup size, team or kernel, head size
    uint64_t groups;
} r0i_vk_shape;

// llvmpipe ends every loop of an invocation once it has gone round 65535 times in all, silently (Mesa's gallivm: the loop
// limiter), so that on CPU devices long rows too are shared by a team.
// The workgroup sizes are powers of two that every device has (Vulkan guarantees 128; 256 is checked at the start).
static r0i_vk_shape r0i_vk_shape_of(const r0i_vk *vk, const r0i_vk_cover *cover)
{
    r0i_vk_shape shape = {{vk->share ? 256u : 64u, 0, 0}, 0};
    uint64_t count = cover->count;
    bool team;
    switch (cover->grid) {
    case R0I_VK_EACH: break;
    case R0I_VK_HEAD:
        shape.constants[0] = vk->share ? 64 : 8;
        shape.constants[2] = (uint32_t)cover->extra;
        break;
    case R0I_VK_TEAM:
        team = vk->share || cover->extra > R0I_VK_LONG_ROW;
        shape.constants[0] = team ? 256 : 8;
        shape.constants[1] = team ? 256 : 1;
        if (team) count *= 256;
        break;
    case R0I_VK_TILE: {
        uint64_t tile = vk->share ? 64 : 8;
        shape.constants[0] = vk->share ? 256 : 8;
        shape.constants[1] = vk->share;
        count = (count + tile - 1) / tile * ((cover->extra + tile - 1) / tile);
        if (vk->share) count *= 256;
        break;
    }
    }
    shape.groups = (count + shape.constants[0] - 1) / shape.constants[0];
    return shape;
}

// -- submits --

// Waits for one frame and learns from how long it took.
static r0_status r0i_vk_frame_wait(r0i_vk *vk, r0i_vk_frame *frame)
{
    if (!frame->in_flight) return R0_OK;
    frame->in_flight = false;
    VkResult result = vk->api.WaitForFences(vk->handle, 1, &frame->fence, VK_TRUE, UINT64_MAX);
    if (result != VK_SUCCESS)
        return r0i_fail(vk->context, R0_ERROR_DEVICE,
                        "vulkan: %s: the submit of %d ops from %s to %s failed: %s. The device may have been reset "
                        "because the submit ran too long; it cannot be used any more",
                        vk->device->name, frame->dispatches, r0i_vk_ops[frame->first].name, r0i_vk_ops[frame->last].name,
                        r0i_vk_result_name(result));
    vk->completed = R0I_MAX(vk->completed, frame->serial);
    double seconds = r0i_seconds() - frame->start;
    if (seconds > 0.1) vk->budget = R0I_MAX(vk->budget / 2, 1e7);
    else if (frame->work > vk->budget / 2 && seconds < 0.025) vk->budget = R0I_MIN(vk->budget * 2, 1e13);
    return R0_OK;
}

static void r0i_vk_barrier(r0i_vk *vk, VkPipelineStageFlags to, VkAccessFlags access)
{
    VkMemoryBarrier barrier = R0_ZERO;
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask = access;
    vk->api.CmdPipelineBarrier(vk->frames[vk->frame].commands,
                               VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, to, 0, 1, &barrier, 0,
                               NULL, 0, NULL);
    vk->use_count = 0;
}

static void r0i_vk_barrier_here(r0i_vk *vk)
{
    r0i_vk_barrier(vk, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                       VK_ACCESS_TRANSFER_WRITE_BIT);
}

// Makes the current frame ready to record. Its first barrier orders it after everything submitted before.
static r0_status r0i_vk_begin(r0i_vk *vk)
{
    if (vk->recording) return R0_OK;
    r0i_vk_frame *frame = &vk->frames[vk->frame];
    R0I_TRY(r0i_vk_frame_wait(vk, frame));
    R0I_VK_TRY(vk, ResetFences, (vk->handle, 1, &frame->fence));
    R0I_VK_TRY(vk, ResetDescriptorPool, (vk->handle, frame->pool, 0));
    VkCommandBufferBeginInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    R0I_VK_TRY(vk, BeginCommandBuffer, (frame->commands, &info));
    frame->dispatches = 0;
    frame->work = 0;
    frame->serial = ++vk->serial;
    vk->recording = true;
    r0i_vk_barrier_here(vk);
    return R0_OK;
}

// Submits what is recorded and turns to the next frame.
static r0_status r0i_vk_flush(r0i_vk *vk)
{
    if (!vk->recording) return R0_OK;
    r0i_vk_frame *frame = &vk->frames[vk->frame];
    r0i_vk_barrier(vk, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT);
    vk->recording = false;
    R0I_VK_TRY(vk, EndCommandBuffer, (frame->commands));
    VkSubmitInfo submit = R0_ZERO;
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &frame->commands;
    frame->start = r0i_seconds();
    R0I_VK_TRY(vk, QueueSubmit, (vk->queue, 1, &submit, frame->fence));
    frame->in_flight = true;
    vk->frame = (vk->frame + 1) % R0I_VK_FRAMES;
    return R0_OK;
}

// Submits and waits for everything, oldest first. The staging memory is free again.
static r0_status r0i_vk_wait(r0i_vk *vk)
{
    R0I_TRY(r0i_vk_flush(vk));
    for (int i = 0; i < R0I_VK_FRAMES; i++) R0I_TRY(r0i_vk_frame_wait(vk, &vk->frames[(vk->frame + i) % R0I_VK_FRAMES]));
    vk->staging_used = 0;
    return R0_OK;
}

static r0_status r0i_vk_finish(r0i_device *device)
{
    if (!device->status) r0i_vk_break(device, r0i_vk_wait(r0i_vk_of(device)));
    return device->status;
}

// Whether two uses of memory must be ordered: they overlap and one of them writes.
static bool r0i_vk_conflict(const r0i_vk_use *a, const r0i_vk_use *b)
{
    return a->buffer == b->buffer && a->begin < b->end && b->begin < a->end && (a->written || b->written);
}

// Notes what is about to be used; a barrier first when something since the last one conflicts, or the list is full.
static void r0i_vk_order(r0i_vk *vk, const r0i_vk_use *uses, int count)
{
    bool conflict = vk->use_count + count > R0I_VK_USES;
    for (int i = 0; i < count && !conflict; i++)
        for (int j = 0; j < vk->use_count && !conflict; j++) conflict = r0i_vk_conflict(&uses[i], &vk->uses[j]);
    if (conflict) r0i_vk_barrier_here(vk);
    for (int i = 0; i < count; i++) {
        vk->uses[vk->use_count++] = uses[i];
        ((r0i_vk_memory *)uses[i].buffer->handle)->serial = vk->serial;
    }
}

// -- memory --

static bool r0i_vk_find_memory(const r0i_vk *vk, VkMemoryPropertyFlags flags, uint32_t *type)
{
    for (uint32_t i = 0; i < vk->memories.memoryTypeCount; i++)
        if ((vk->memories.memoryTypes[i].propertyFlags & flags) == flags) {
            *type = i;
            return true;
        }
    return false;
}

// Devices that share the CPU's memory are written in place; others, and whoever asks for it, through staging.
static r0_status r0i_vk_choose_memory(r0i_vk *vk, bool unified)
{
    const VkMemoryPropertyFlags device = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                                host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    if (!r0i_vk_find_memory(vk, host | cached, &vk->staging_type) && !r0i_vk_find_memory(vk, host, &vk->staging_type))
        return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan: %s has no memory that the CPU can see", vk->device->name);
    vk->cached = unified && r0i_vk_find_memory(vk, device | host | cached, &vk->buffer_type);
    vk->mapped = vk->cached || (unified && r0i_vk_find_memory(vk, device | host, &vk->buffer_type));
    if (!vk->mapped && !r0i_vk_find_memory(vk, device, &vk->buffer_type)) vk->buffer_type = vk->staging_type;
    return R0_OK;
}

static void r0i_vk_memory_free(r0i_vk *vk, r0i_vk_memory *memory)
{
    if (memory->buffer) vk->api.DestroyBuffer(vk->handle, memory->buffer, NULL);
    if (memory->memory) vk->api.FreeMemory(vk->handle, memory->memory, NULL);
    memset(memory, 0, sizeof *memory);
}

static r0_status r0i_vk_memory_make(r0i_vk *vk, size_t size, uint32_t type, bool map, r0i_vk_memory *memory)
{
    VkBufferCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = size;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    R0I_VK_TRY(vk, CreateBuffer, (vk->handle, &info, NULL, &memory->buffer));
    VkMemoryRequirements needs;
    vk->api.GetBufferMemoryRequirements(vk->handle, memory->buffer, &needs);
    if (!(needs.memoryTypeBits >> type & 1) || needs.size > vk->max_allocation)
        return r0i_fail(vk->context, R0_ERROR_MEMORY, "vulkan: a buffer of %zu bytes cannot be had: one allocation holds at "
                        "most %llu bytes on %s", size, (unsigned long long)vk->max_allocation, vk->device->name);
    VkMemoryAllocateInfo allocate = R0_ZERO;
    allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocate.allocationSize = needs.size;
    allocate.memoryTypeIndex = type;
    VkResult result = vk->api.AllocateMemory(vk->handle, &allocate, NULL, &memory->memory);
    if (result != VK_SUCCESS)
        return r0i_fail(vk->context, R0_ERROR_MEMORY, "vulkan: %zu bytes cannot be allocated on %s, %zu are in use: %s", size,
                        vk->device->name, vk->device->bytes, r0i_vk_result_name(result));
    R0I_VK_TRY(vk, BindBufferMemory, (vk->handle, memory->buffer, memory->memory, 0));
    void *pointer = NULL;
    if (map) R0I_VK_TRY(vk, MapMemory, (vk->handle, memory->memory, 0, VK_WHOLE_SIZE, 0, &pointer));
    memory->mapped = (char *)pointer;
    return R0_OK;
}

// Rounded up to whole vectors, so that the last one can be read whole.
static size_t r0i_vk_round(size_t size)
{
    return R0I_MAX((size_t)16, (size + 15) & ~(size_t)15);
}

static r0_status r0i_vk_buffer_zero(r0i_vk *vk, r0i_buffer *buffer, r0i_vk_memory *memory)
{
    size_t size = r0i_vk_round(buffer->size);
    if (memory->mapped) {
        memset(memory->mapped, 0, size);
        return R0_OK;
    }
    R0I_TRY(r0i_vk_begin(vk));
    r0i_vk_use use = {buffer, 0, size, true};
    r0i_vk_order(vk, &use, 1);
    vk->api.CmdFillBuffer(vk->frames[vk->frame].commands, memory->buffer, 0, size, 0);
    return R0_OK;
}

static r0_status r0i_vk_buffer_create(r0i_device *device, r0i_buffer *buffer)
{
    r0i_vk *vk = r0i_vk_of(device);
    if (device->status) return r0i_fail(vk->context, device->status, "vulkan: %s has failed before", device->name);
    r0i_vk_memory *memory = R0I_NEW(vk->context, r0i_vk_memory, 1);
    if (!memory) return R0_ERROR_MEMORY;
    buffer->handle = memory;
    r0_status status = r0i_vk_memory_make(vk, r0i_vk_round(buffer->size), vk->buffer_type, vk->mapped, memory);
    if (!status) status = r0i_vk_buffer_zero(vk, buffer, memory);
    if (status) {
        r0i_vk_memory_free(vk, memory);
        r0i_free(vk->context, memory);
    }
    return status;
}

static void r0i_vk_buffer_destroy(r0i_device *device, r0i_buffer *buffer)
{
    r0i_vk *vk = r0i_vk_of(device);
    r0i_vk_memory *memory = (r0i_vk_memory *)buffer->handle;
    if (memory->serial > vk->completed) r0i_vk_finish(device); // ops still use it
    r0i_vk_memory_free(vk, memory);
    r0i_free(vk->context, memory);
}

static r0_status r0i_vk_copy_now(r0i_vk *vk, VkBuffer to, size_t to_offset, VkBuffer from, size_t from_offset, size_t size)
{
    VkBufferCopy region = {from_offset, to_offset, size};
    vk->api.CmdCopyBuffer(vk->frames[vk->frame].commands, from, to, 1, &region);
    return R0_OK;
}

// Through staging memory, piece by piece, in order with the ops.
static r0_status r0i_vk_write_staged(r0i_vk *vk, r0i_view to, const char *from)
{
    r0i_vk_memory *memory = (r0i_vk_memory *)to.buffer->handle;
    for (size_t done = 0; done < to.size;) {
        if (vk->staging_used == R0I_VK_STAGING) R0I_TRY(r0i_vk_wait(vk));
        size_t size = R0I_MIN(to.size - done, (size_t)R0I_VK_STAGING - vk->staging_used);
        memcpy(vk->staging.mapped + vk->staging_used, from + done, size);
        R0I_TRY(r0i_vk_begin(vk));
        r0i_vk_use use = {to.buffer, to.offset + done, to.offset + done + size, true};
        r0i_vk_order(vk, &use, 1);
        R0I_TRY(r0i_vk_copy_now(vk, memory->buffer, to.offset + done, vk->staging.buffer, vk->staging_used, size));
        vk->staging_used += size;
        done += size;
    }
    return R0_OK;
}

static bool r0i_vk_view_good(const r0i_view *view)
{
    return view->buffer && view->buffer->handle && view->offset % 4 == 0 && view->offset <= view->buffer->size &&
           view->size <= view->buffer->size - view->offset;
}

static void r0i_vk_write(r0i_device *device, r0i_view to, const void *from)
{
    r0i_vk *vk = r0i_vk_of(device);
    if (device->status || !to.size) return;
    if (!r0i_vk_view_good(&to)) {
        r0i_vk_break(device, r0i_fail(vk->context, R0_ERROR_INTERNAL, "vulkan: a write leaves its buffer"));
        return;
    }
    r0i_vk_memory *memory = (r0i_vk_memory *)to.buffer->handle;
    if (memory->mapped && memory->serial <= vk->completed) memcpy(memory->mapped + to.offset, from, to.size);
    else r0i_vk_break(device, r0i_vk_write_staged(vk, to, (const char *)from));
}

static r0_status r0i_vk_read_staged(r0i_vk *vk, r0i_view from, char *to)
{
    r0i_vk_memory *memory = (r0i_vk_memory *)from.buffer->handle;
    for (size_t done = 0; done < from.size;) {
        size_t size = R0I_MIN(from.size - done, (size_t)R0I_VK_STAGING);
        R0I_TRY(r0i_vk_begin(vk));
        R0I_TRY(r0i_vk_copy_now(vk, vk->staging.buffer, 0, memory->buffer, from.offset + done, size));
        R0I_TRY(r0i_vk_wait(vk));
        memcpy(to + done, vk->staging.mapped, size);
        done += size;
    }
    return R0_OK;
}

static r0_status r0i_vk_read(r0i_device *device, r0i_view from, void *to)
{
    enum { SMALL = 4096 }; // reading uncached memory costs less than another submit
    r0i_vk *vk = r0i_vk_of(device);
    R0I_TRY(r0i_vk_finish(device));
    if (!from.size) return R0_OK;
    if (!r0i_vk_view_good(&from)) {
        r0i_vk_break(device, r0i_fail(vk->context, R0_ERROR_INTERNAL, "vulkan: a read leaves its buffer"));
        return device->status;
    }
    r0i_vk_memory *memory = (r0i_vk_memory *)from.buffer->handle;
    if (memory->mapped && (vk->cached || from.size <= SMALL)) memcpy(to, memory->mapped + from.offset, from.size);
    else r0i_vk_break(device, r0i_vk_read_staged(vk, from, (char *)to));
    return device->status;
}

static void r0i_vk_copy(r0i_device *device, r0i_view to, r0i_view from)
{
    r0i_vk *vk = r0i_vk_of(device);
    if (device->status || !from.size) return;
    r0_status status = R0_OK;
    if (!r0i_vk_view_good(&to) || !r0i_vk_view_good(&from) || to.size != from.size)
        status = r0i_fail(vk->context, R0_ERROR_INTERNAL, "vulkan: a copy leaves its buffer");
    if (!status) status = r0i_vk_begin(vk);
    if (!status) {
        r0i_vk_use uses[2] = {{to.buffer, to.offset, to.offset + to.size, true},
                              {from.buffer, from.offset, from.offset + from.size, false}};
        r0i_vk_order(vk, uses, 2);
        status = r0i_vk_copy_now(vk, ((r0i_vk_memory *)to.buffer->handle)->buffer, to.offset,
                                 ((r0i_vk_memory *)from.buffer->handle)->buffer, from.offset, from.size);
    }
    r0i_vk_break(device, status);
}

// -- pipelines --

// A compiled shader as it is kept in >>spirv: rows of base-85 text, NULL at the end.
typedef struct r0i_spirv {
    const char *const *rows;
    uint32_t words;
} r0i_spirv;

static r0i_spirv r0i_spirv_of(r0i_op op);

// Reads the text of >>spirv: five base-85 digits make four bytes, bytes make LEB128 numbers, numbers make SPIR-V words
// (tests/shaders.py has the writer and the format).
typedef struct r0i_spirv_reader {
    const char *const *row;
    const char *text;
    uint32_t bytes; // those of the last five digits that were not read yet, the next one on top
    int left;
} r0i_spirv_reader;

static uint32_t r0i_spirv_byte(r0i_spirv_reader *reader)
{
    if (!reader->left) {
        uint32_t value = 0;
        for (int i = 0; i < 5; i++) {
            if (!*reader->text && *reader->row) reader->text = *reader->row++;
            int digit = *reader->text ? *reader->text++ : '#';
            value = value * 85 + (uint32_t)((digit == 'x' ? '\\' : digit == 'y' ? 63 : digit) - '#');
        }
        reader->bytes = value;
        reader->left = 4;
    }
    return reader->bytes >> --reader->left * 8 & 255;
}

static uint32_t r0i_spirv_number(r0i_spirv_reader *reader)
{
    uint32_t value = 0, byte = 128;
    for (int shift = 0; byte & 128 && shift < 35; shift += 7) {
        byte = r0i_spirv_byte(reader);
        value |= (byte & 127) << shift;
    }
    return value;
}

static void r0i_spirv_decode(r0i_spirv packed, uint32_t *words)
{
    r0i_spirv_reader reader = {packed.rows, "", 0, 0};
    uint32_t at = 0, length = 5; // the header is five numbers
    for (; at < packed.words && at < length; at++) words[at] = r0i_spirv_number(&reader);
    while (at < packed.words) {
        uint32_t head = r0i_spirv_number(&reader);
        length = head & 31;
        if (length == 31) length = r0i_spirv_number(&reader);
        words[at++] = length << 16 | head >> 5;
        for (uint32_t i = 1; i < length && at < packed.words; i++) words[at++] = r0i_spirv_number(&reader);
    }
}

static r0_status r0i_vk_module_create(r0i_vk *vk, r0i_op op, VkShaderModule *module)
{
    r0i_spirv packed = r0i_spirv_of(op);
    uint32_t *words = R0I_NEW(vk->context, uint32_t, packed.words);
    if (!words) return R0_ERROR_MEMORY;
    r0i_spirv_decode(packed, words);
    VkShaderModuleCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    info.codeSize = packed.words * sizeof(uint32_t);
    info.pCode = words;
    VkResult result = vk->api.CreateShaderModule(vk->handle, &info, NULL, module);
    r0i_free(vk->context, words);
    return r0i_vk_check(vk, result, "vkCreateShaderModule");
}

static r0_status r0i_vk_pipeline_create(r0i_vk *vk, r0i_op op, const uint32_t *constants, VkPipeline *pipeline)
{
    VkSpecializationMapEntry entries[R0I_VK_CONSTANTS];
    for (uint32_t i = 0; i < R0I_VK_CONSTANTS; i++) {
        entries[i].constantID = i;
        entries[i].offset = i * (uint32_t)sizeof(uint32_t);
        entries[i].size = sizeof(uint32_t);
    }
    VkSpecializationInfo specialization = {R0I_VK_CONSTANTS, entries, R0I_VK_CONSTANTS * sizeof(uint32_t), constants};
    VkShaderModule module;
    R0I_TRY(r0i_vk_module_create(vk, op, &module));
    VkComputePipelineCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.flags = VK_PIPELINE_CREATE_DISPATCH_BASE;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = module;
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &specialization;
    info.layout = vk->layouts[r0i_vk_ops[op].buffers];
    VkResult result = vk->api.CreateComputePipelines(vk->handle, VK_NULL_HANDLE, 1, &info, NULL, pipeline);
    vk->api.DestroyShaderModule(vk->handle, module, NULL);
    if (result == VK_SUCCESS) return R0_OK;
    return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan: %s: the shader of %s does not compile: %s", vk->device->name,
                    r0i_vk_ops[op].name, r0i_vk_result_name(result));
}

// The op's pipeline for these constants, made when it is first asked for.
static r0_status r0i_vk_pipeline_get(r0i_vk *vk, r0i_op op, const uint32_t *constants, VkPipeline *pipeline)
{
    for (r0i_vk_pipeline *p = vk->pipelines[op]; p; p = p->next)
        if (!memcmp(p->constants, constants, sizeof p->constants)) {
            *pipeline = p->pipeline;
            return R0_OK;
        }
    R0I_TRY(r0i_vk_pipeline_create(vk, op, constants, pipeline));
    r0i_vk_pipeline *made = R0I_NEW(vk->context, r0i_vk_pipeline, 1);
    if (!made) {
        vk->api.DestroyPipeline(vk->handle, *pipeline, NULL);
        return R0_ERROR_MEMORY;
    }
    memcpy(made->constants, constants, sizeof made->constants);
    made->pipeline = *pipeline;
    made->next = vk->pipelines[op];
    vk->pipelines[op] = made;
    return R0_OK;
}

// -- recording an op --

// An op on its way into the command buffer.
typedef struct r0i_vk_call {
    r0i_op op;
    const r0i_view *views;
    VkPipeline pipeline;
    uint32_t push[R0I_VK_PUSH];
    uint32_t push_size; // bytes
    VkDescriptorBufferInfo buffers[R0I_MAX_OPERANDS];
    r0i_vk_use uses[R0I_MAX_OPERANDS];
} r0i_vk_call;

// Operand `i`: its descriptor begins at the device's alignment; what remains goes to the shader, 8 bits per operand.
static r0_status r0i_vk_bind(r0i_vk *vk, r0i_vk_call *call, int i)
{
    const r0i_view *view = &call->views[i];
    const r0i_vk_op_info *info = &r0i_vk_ops[call->op];
    if (!r0i_vk_view_good(view) || !view->size)
        return r0i_fail(vk->context, R0_ERROR_INTERNAL, "vulkan: %s: operand %d is empty or leaves its buffer", info->name, i);
    size_t align = (size_t)vk->limits.minStorageBufferOffsetAlignment;
    size_t begin = view->offset / align * align, rest = view->offset - begin;
    if (rest + view->size > vk->limits.maxStorageBufferRange)
        return r0i_fail(vk->context, R0_ERROR_LIMIT, "vulkan: %s: operand %d has %zu bytes, and %s can bind %u at once", info->name,
                        i, view->size, vk->device->name, (unsigned)vk->limits.maxStorageBufferRange);
    call->push[i / 4] |= (uint32_t)(rest / 4) << i % 4 * 8;
    call->buffers[i].buffer = ((r0i_vk_memory *)view->buffer->handle)->buffer;
    call->buffers[i].offset = begin;
    call->buffers[i].range = rest + view->size;
    r0i_vk_use use = {view->buffer, view->offset, view->offset + view->size, i < info->written};
    call->uses[i] = use;
    return R0_OK;
}

static r0_status r0i_vk_descriptors(r0i_vk *vk, const r0i_vk_call *call, VkDescriptorSet *set)
{
    int count = r0i_vk_ops[call->op].buffers;
    VkDescriptorSetAllocateInfo allocate = R0_ZERO;
    allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    allocate.descriptorPool = vk->frames[vk->frame].pool;
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts = &vk->set_layouts[count];
    R0I_VK_TRY(vk, AllocateDescriptorSets, (vk->handle, &allocate, set));
    VkWriteDescriptorSet write = R0_ZERO;
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = *set;
    write.descriptorCount = (uint32_t)count; // runs on over the following bindings
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = call->buffers;
    vk->api.UpdateDescriptorSets(vk->handle, 1, &write, 0, NULL);
    return R0_OK;
}

// Records the workgroups first .. first + count: within one row of the grid, or whole rows.
static r0_status r0i_vk_dispatch(r0i_vk *vk, const r0i_vk_call *call, uint64_t first, uint64_t count, double work)
{
    R0I_TRY(r0i_vk_begin(vk));
    VkDescriptorSet set;
    R0I_TRY(r0i_vk_descriptors(vk, call, &set));
    r0i_vk_frame *frame = &vk->frames[vk->frame];
    VkPipelineLayout layout = vk->layouts[r0i_vk_ops[call->op].buffers];
    r0i_vk_order(vk, call->uses, r0i_vk_ops[call->op].buffers);
    vk->api.CmdBindPipeline(frame->commands, VK_PIPELINE_BIND_POINT_COMPUTE, call->pipeline);
    vk->api.CmdBindDescriptorSets(frame->commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0, NULL);
    vk->api.CmdPushConstants(frame->commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, call->push_size, call->push);
    uint32_t width = R0I_VK_GRID_WIDTH, x = (uint32_t)(first % width), y = (uint32_t)(first / width);
    if (count > width) vk->api.CmdDispatchBase(frame->commands, 0, y, 0, width, (uint32_t)((count + width - 1) / width), 1);
    else vk->api.CmdDispatchBase(frame->commands, x, y, 0, (uint32_t)count, 1, 1);
    if (!frame->dispatches++) frame->first = call->op;
    frame->last = call->op;
    frame->work += work;
    if (frame->dispatches == R0I_VK_BATCH || frame->work >= vk->budget) return r0i_vk_flush(vk);
    return R0_OK;
}

// An op above the budget goes out in parts, each within a row of the grid or whole rows of it.
static r0_status r0i_vk_record(r0i_vk *vk, const r0i_vk_call *call, uint64_t groups, double work)
{
    const uint64_t width = R0I_VK_GRID_WIDTH;
    for (uint64_t first = 0; first < groups;) {
        double share = vk->budget / (work / (double)groups);
        uint64_t count = share < 1 ? 1 : share < (double)groups ? (uint64_t)share : groups;
        uint64_t in_row = width - first % width, left = groups - first;
        if (count >= width && first % width == 0) count = count / width * width;
        else count = R0I_MIN(count, in_row);
        count = R0I_MIN(count, left);
        R0I_TRY(r0i_vk_dispatch(vk, call, first, count, work * (double)count / (double)groups));
        first += count;
    }
    return R0_OK;
}

static r0_status r0i_vk_run_op(r0i_vk *vk, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    r0i_vk_cover cover = r0i_vk_cover_of(op, args);
    r0i_vk_shape shape = r0i_vk_shape_of(vk, &cover);
    if (!shape.groups) return R0_OK;
    r0i_vk_call call = R0_ZERO;
    call.op = op;
    call.views = views;
    call.push_size = (uint32_t)(R0I_VK_OFFSETS * sizeof(uint32_t) + args_size);
    if (call.push_size > sizeof call.push || cover.count > UINT32_MAX)
        return r0i_fail(vk->context, R0_ERROR_LIMIT, "vulkan: %s: %llu elements are too many for one op",
                        r0i_vk_ops[op].name, (unsigned long long)cover.count);
    memcpy(call.push + R0I_VK_OFFSETS, args, args_size);
    for (int i = 0; i < r0i_vk_ops[op].buffers; i++) R0I_TRY(r0i_vk_bind(vk, &call, i));
    R0I_TRY(r0i_vk_pipeline_get(vk, op, shape.constants, &call.pipeline));
    return r0i_vk_record(vk, &call, shape.groups, R0I_MAX(cover.work, 1));
}

static void r0i_vk_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    if (!device->status) r0i_vk_break(device, r0i_vk_run_op(r0i_vk_of(device), op, args, args_size, views));
}

// -- opening and closing a device --

static void r0i_vk_destroy(r0i_device *device)
{
    r0i_vk *vk = r0i_vk_of(device);
    r0i_vk_api *api = &vk->api;
    if (vk->handle) {
        api->DeviceWaitIdle(vk->handle);
        for (int op = 0; op < R0I_OP_COUNT; op++)
            for (r0i_vk_pipeline *p = vk->pipelines[op], *next; p; p = next) {
                next = p->next;
                api->DestroyPipeline(vk->handle, p->pipeline, NULL);
                r0i_free(vk->context, p);
            }
        for (int i = 0; i < R0I_VK_FRAMES; i++) {
            if (vk->frames[i].pool) api->DestroyDescriptorPool(vk->handle, vk->frames[i].pool, NULL);
            if (vk->frames[i].fence) api->DestroyFence(vk->handle, vk->frames[i].fence, NULL);
        }
        for (int i = 1; i <= R0I_MAX_OPERANDS; i++) {
            if (vk->layouts[i]) api->DestroyPipelineLayout(vk->handle, vk->layouts[i], NULL);
            if (vk->set_layouts[i]) api->DestroyDescriptorSetLayout(vk->handle, vk->set_layouts[i], NULL);
        }
        if (vk->command_pool) api->DestroyCommandPool(vk->handle, vk->command_pool, NULL);
        r0i_vk_memory_free(vk, &vk->staging);
        api->DestroyDevice(vk->handle, NULL);
    }
    r0i_vk_api_close(api);
    r0i_free(vk->context, vk);
    r0i_free(device->context, device);
}

static r0_status r0i_vk_find_queue(r0i_vk *vk)
{
    VkQueueFamilyProperties families[32];
    uint32_t count = R0I_COUNT(families);
    vk->api.GetPhysicalDeviceQueueFamilyProperties(vk->physical, &count, families);
    for (vk->family = 0; vk->family < count; vk->family++)
        if (families[vk->family].queueFlags & VK_QUEUE_COMPUTE_BIT) return R0_OK;
    return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan: %s has no compute queue", vk->device->name);
}

static bool r0i_vk_device_has(const r0i_vk *vk, const char *extension)
{
    bool has = false;
    uint32_t count = 0;
    if (vk->api.EnumerateDeviceExtensionProperties(vk->physical, NULL, &count, NULL) < 0) return false;
    VkExtensionProperties *extensions = R0I_NEW(vk->context, VkExtensionProperties, count);
    if (extensions && vk->api.EnumerateDeviceExtensionProperties(vk->physical, NULL, &count, extensions) >= 0)
        for (uint32_t i = 0; i < count; i++) has |= !strcmp(extensions[i].extensionName, extension);
    r0i_free(vk->context, extensions);
    return has;
}

static r0_status r0i_vk_handle_create(r0i_vk *vk)
{
    static const char *const portability[] = {"VK_KHR_portability_subset"}; // must be asked for where it is
    float priority = 1;
    VkDeviceQueueCreateInfo queue = R0_ZERO;
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = vk->family;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = r0i_vk_device_has(vk, portability[0]);
    info.ppEnabledExtensionNames = portability;
    R0I_VK_TRY(vk, CreateDevice, (vk->physical, &info, NULL, &vk->handle));
    bool good = true;
#define R0I_X(name) good &= !!(vk->api.name = (PFN_vk##name)vk->api.GetDeviceProcAddr(vk->handle, "vk" #name));
    R0I_VK_DEVICE_FUNCTIONS(R0I_X)
#undef R0I_X
    if (!good) return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan: %s lacks functions of Vulkan 1.1", vk->device->name);
    vk->api.GetDeviceQueue(vk->handle, vk->family, 0, &vk->queue);
    return R0_OK;
}

// One set layout and pipeline layout per number of operands: all ops with as many operands share them.
static r0_status r0i_vk_layouts_create(r0i_vk *vk)
{
    VkDescriptorSetLayoutBinding bindings[R0I_MAX_OPERANDS];
    memset(bindings, 0, sizeof bindings);
    for (uint32_t i = 0; i < R0I_MAX_OPERANDS; i++) {
        bindings[i].binding = i;
        bindings[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        bindings[i].descriptorCount = 1;
        bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    }
    VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, R0I_VK_PUSH * sizeof(uint32_t)};
    for (uint32_t i = 1; i <= R0I_MAX_OPERANDS; i++) {
        VkDescriptorSetLayoutCreateInfo set = R0_ZERO;
        set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
        set.bindingCount = i;
        set.pBindings = bindings;
        R0I_VK_TRY(vk, CreateDescriptorSetLayout, (vk->handle, &set, NULL, &vk->set_layouts[i]));
        VkPipelineLayoutCreateInfo layout = R0_ZERO;
        layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
        layout.setLayoutCount = 1;
        layout.pSetLayouts = &vk->set_layouts[i];
        layout.pushConstantRangeCount = 1;
        layout.pPushConstantRanges = &range;
        R0I_VK_TRY(vk, CreatePipelineLayout, (vk->handle, &layout, NULL, &vk->layouts[i]));
    }
    return R0_OK;
}

static r0_status r0i_vk_frame_create(r0i_vk *vk, r0i_vk_frame *frame)
{
    VkCommandBufferAllocateInfo commands = R0_ZERO;
    commands.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    commands.commandPool = vk->command_pool;
    commands.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    commands.commandBufferCount = 1;
    R0I_VK_TRY(vk, AllocateCommandBuffers, (vk->handle, &commands, &frame->commands));
    VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, R0I_VK_BATCH * R0I_MAX_OPERANDS};
    VkDescriptorPoolCreateInfo pool = R0_ZERO;
    pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets = R0I_VK_BATCH;
    pool.poolSizeCount = 1;
    pool.pPoolSizes = &size;
    R0I_VK_TRY(vk, CreateDescriptorPool, (vk->handle, &pool, NULL, &frame->pool));
    VkFenceCreateInfo fence = R0_ZERO;
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    R0I_VK_TRY(vk, CreateFence, (vk->handle, &fence, NULL, &frame->fence));
    return R0_OK;
}

// What no shader can do without. Every desktop and phone GPU of the last ten years passes.
static r0_status r0i_vk_check_limits(r0i_vk *vk)
{
    const VkPhysicalDeviceLimits *limits = &vk->limits;
    if (limits->maxPerStageDescriptorStorageBuffers < R0I_MAX_OPERANDS || limits->maxComputeWorkGroupInvocations < 256 ||
        limits->maxComputeWorkGroupSize[0] < 256 || limits->minStorageBufferOffsetAlignment > 256)
        return r0i_fail(vk->context, R0_ERROR_UNSUPPORTED,
                        "vulkan: %s is too small: %u storage buffers of %d, %u invocations of 256, alignment %u of 256",
                        vk->device->name, (unsigned)limits->maxPerStageDescriptorStorageBuffers, (int)R0I_MAX_OPERANDS,
                        (unsigned)limits->maxComputeWorkGroupInvocations, (unsigned)limits->minStorageBufferOffsetAlignment);
    return R0_OK;
}

static r0_status r0i_vk_read_properties(r0i_vk *vk, int index)
{
    VkPhysicalDeviceMaintenance3Properties allocation = R0_ZERO;
    allocation.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
    VkPhysicalDeviceProperties2 properties = R0_ZERO;
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &allocation;
    char driver[128];
    vk->api.GetPhysicalDeviceProperties2(vk->physical, &properties);
    r0i_vk_driver_text(&vk->api, vk->physical, driver, sizeof driver);
    snprintf(vk->device->name, sizeof vk->device->name, "vulkan:%d %.100s (%.100s)", index, properties.properties.deviceName, driver);
    if (properties.properties.apiVersion < VK_MAKE_VERSION(1, 1, 0))
        return r0i_fail(vk->context, R0_ERROR_UNSUPPORTED, "vulkan: %s has no Vulkan 1.1", vk->device->name);
    vk->limits = properties.properties.limits;
    vk->max_allocation = allocation.maxMemoryAllocationSize;
    vk->api.GetPhysicalDeviceMemoryProperties(vk->physical, &vk->memories);
    return r0i_vk_check_limits(vk);
}

static r0_status r0i_vk_start(r0i_vk *vk, int wanted, const r0i_vk_options *options)
{
    VkPhysicalDevice devices[R0I_VK_MAX_DEVICES];
    const char *why = r0i_vk_api_open(&vk->api);
    if (why) return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan: %s", why);
    uint32_t count = r0i_vk_list(&vk->api, devices);
    int index = r0i_vk_choose(&vk->api, devices, count, wanted);
    if (index < 0) return r0i_fail(vk->context, R0_ERROR_DEVICE, "vulkan:%d: no such device, %u found", wanted, (unsigned)count);
    vk->physical = devices[index];
    VkPhysicalDeviceType type = r0i_vk_properties(&vk->api, vk->physical).deviceType;
    vk->share = type != VK_PHYSICAL_DEVICE_TYPE_CPU || options->gpu_kernels;
    R0I_TRY(r0i_vk_read_properties(vk, index));
    R0I_TRY(r0i_vk_find_queue(vk));
    R0I_TRY(r0i_vk_handle_create(vk));
    R0I_TRY(r0i_vk_choose_memory(vk, type != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU && !options->staged));
    R0I_TRY(r0i_vk_layouts_create(vk));
    VkCommandPoolCreateInfo pool = R0_ZERO;
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    pool.queueFamilyIndex = vk->family;
    R0I_VK_TRY(vk, CreateCommandPool, (vk->handle, &pool, NULL, &vk->command_pool));
    for (int i = 0; i < R0I_VK_FRAMES; i++) R0I_TRY(r0i_vk_frame_create(vk, &vk->frames[i]));
    return r0i_vk_memory_make(vk, R0I_VK_STAGING, vk->staging_type, true, &vk->staging);
}

static r0_status r0i_vk_device_open(r0_context *context, int index, const r0i_vk_options *options, r0i_device **device)
{
    static const r0i_device_functions functions = {
        r0i_vk_buffer_create, r0i_vk_buffer_destroy, r0i_vk_run,    r0i_vk_write,
        r0i_vk_read,          r0i_vk_copy,           r0i_vk_finish, r0i_vk_destroy,
    };
    r0i_device *made = R0I_NEW(context, r0i_device, 1);
    r0i_vk *vk = R0I_NEW(context, r0i_vk, 1);
    *device = NULL;
    if (!made || !vk) {
        r0i_free(context, made);
        r0i_free(context, vk);
        return R0_ERROR_MEMORY;
    }
    made->context = vk->context = context;
    made->functions = &functions;
    made->state = vk;
    vk->device = made;
    vk->budget = options->budget > 0 ? options->budget : 1e9;
    r0_status status = r0i_vk_start(vk, index, options);
    if (status) r0i_vk_destroy(made);
    else *device = made;
    return status;
}

static r0_status r0i_vk_device_create(r0_context *context, int index, r0i_device **device)
{
    r0i_vk_options options = R0_ZERO;
    return r0i_vk_device_open(context, index, &options, device);
}

// Whether "auto" should choose Vulkan.
static bool r0i_vk_has_gpu(void)
{
    VkPhysicalDevice devices[R0I_VK_MAX_DEVICES];
    r0i_vk_api api;
    bool has = !r0i_vk_api_open(&api) && r0i_vk_choose(&api, devices, r0i_vk_list(&api, devices), R0I_VK_REAL_GPU) >= 0;
    r0i_vk_api_close(&api);
    return has;
}

#else // R0_NO_VULKAN

R0_API r0_status r0_devices(r0_context *context, r0_device_info *devices, int capacity, int *count)
{
    (void)context, (void)devices, (void)capacity;
    *count = 0;
    return R0_OK;
}

#endif // R0_NO_VULKAN

// >>platform
//
// Everything that differs between systems, and what the rest stands on: memory, errors, random numbers, threads, files.

#if defined(_WIN32)
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <direct.h>
#include <io.h>
#include <windows.h>
#else
#include <dirent.h>
#ifndef R0_NO_VULKAN
#include <dlfcn.h>
#endif
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifndef R0_NO_THREADS
#include <pthread.h>
#include <sched.h>
#endif
#endif

R0_API const char *r0_status_name(r0_status status)
{
    static const char *const names[] = {
#define R0_X(name, meaning) #name,
        R0_STATUS_LIST(R0_X)
#undef R0_X
    };
    return (unsigned)status < R0_STATUS_COUNT ? names[status] : "unknown status";
}

// -- memory: a 64-byte head before every block remembers its size, so that the user's resize gets both sizes --

enum { R0I_ALIGN = 64, R0I_ARENA_BLOCK = 64 * 1024 };

typedef struct r0i_block_head {
    void *base;  // what the user's function returned
    size_t size; // bytes that the caller asked for
} r0i_block_head;

static void *r0i_default_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size) return realloc(pointer, new_size);
    free(pointer);
    return NULL;
}

static r0i_block_head *r0i_head_of(void *pointer)
{
    return (r0i_block_head *)(void *)((char *)pointer - R0I_ALIGN);
}

// The block that the user's function must hold for `size` bytes: head, and room to align.
static size_t r0i_block_size(size_t size)
{
    return size + 2 * R0I_ALIGN;
}

static void *r0i_alloc(r0_context *context, size_t count, size_t size)
{
    size_t limit = context->desc.memory_limit;
    if (size && count > (SIZE_MAX - 4 * R0I_ALIGN) / size) {
        r0i_fail(context, R0_ERROR_MEMORY, "memory: %zu elements of %zu bytes overflow", count, size);
        return NULL;
    }
    size_t bytes = count * size;
    if (limit && (bytes > limit || context->bytes > limit - bytes)) {
        r0i_fail(context, R0_ERROR_MEMORY, "memory: %zu more bytes would pass the limit of %zu", bytes, limit);
        return NULL;
    }
    char *base = (char *)context->desc.resize(context->desc.user, NULL, 0, r0i_block_size(bytes));
    if (!base) {
        r0i_fail(context, R0_ERROR_MEMORY, "memory: cannot allocate %zu bytes", bytes);
        return NULL;
    }
    char *pointer = (char *)(((uintptr_t)base + 2 * R0I_ALIGN - 1) & ~(uintptr_t)(R0I_ALIGN - 1));
    r0i_block_head *head = r0i_head_of(pointer);
    head->base = base;
    head->size = bytes;
    context->bytes += bytes;
    context->peak_bytes = R0I_MAX(context->peak_bytes, context->bytes);
    memset(pointer, 0, bytes);
    return pointer;
}

static void *r0i_resize(r0_context *context, void *pointer, size_t count, size_t size)
{
    void *fresh = r0i_alloc(context, count, size);
    if (fresh && pointer) {
        memcpy(fresh, pointer, R0I_MIN(r0i_head_of(pointer)->size, count * size));
        r0i_free(context, pointer);
    }
    return fresh;
}

static void r0i_free(r0_context *context, void *pointer)
{
    if (!pointer) return;
    r0i_block_head head = *r0i_head_of(pointer);
    context->bytes -= head.size;
    context->desc.resize(context->desc.user, head.base, r0i_block_size(head.size), 0);
}

struct r0i_arena_block {
    r0i_arena_block *next;
    size_t used, size; // bytes after this head
};

static void *r0i_arena_alloc(r0i_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2) / size) {
        r0i_fail(arena->context, R0_ERROR_MEMORY, "memory: %zu elements of %zu bytes overflow", count, size);
        return NULL;
    }
    size_t head = (sizeof(r0i_arena_block) + 15) & ~(size_t)15, bytes = (count * size + 15) & ~(size_t)15;
    r0i_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t room = R0I_MAX(bytes, (size_t)R0I_ARENA_BLOCK);
        block = (r0i_arena_block *)r0i_alloc(arena->context, head + room, 1);
        if (!block) return NULL;
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *pointer = (char *)block + head + block->used;
    block->used += bytes;
    return pointer;
}

static void r0i_arena_free(r0i_arena *arena)
{
    while (arena->blocks) {
        r0i_arena_block *next = arena->blocks->next;
        r0i_free(arena->context, arena->blocks);
        arena->blocks = next;
    }
}

static void r0i_text_append(r0i_text *text, const char *data, size_t size)
{
    if (text->failed) return;
    if (text->capacity - text->size < size + 1 || !text->data) {
        size_t capacity = R0I_MAX((size_t)64, 2 * (text->size + size + 1));
        char *bigger = size > SIZE_MAX / 4 ? NULL : R0I_RENEW(text->context, text->data, char, capacity);
        if (!bigger) {
            text->failed = true;
            return;
        }
        text->data = bigger;
        text->capacity = capacity;
    }
    if (size) memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = 0;
}

static void r0i_text_print(r0i_text *text, const char *format, ...)
{
    char small[512];
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(small, sizeof small, format, list);
    va_end(list);
    if (size >= 0 && (size_t)size < sizeof small) {
        r0i_text_append(text, small, (size_t)size);
    } else if (size > 0) {
        char *large = R0I_NEW(text->context, char, (size_t)size + 1);
        if (large) {
            vsnprintf(large, (size_t)size + 1, format, again);
            r0i_text_append(text, large, (size_t)size);
        }
        text->failed |= !large;
        r0i_free(text->context, large);
    }
    va_end(again);
}

static void r0i_text_free(r0i_text *text)
{
    r0i_free(text->context, text->data);
    text->data = NULL;
    text->size = text->capacity = 0;
    text->failed = false;
}

static r0_status r0i_text_status(const r0i_text *text)
{
    return text->failed ? R0_ERROR_MEMORY : R0_OK;
}

// -- errors and log --

static r0_status r0i_fail(r0_context *context, r0_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(context->error, sizeof context->error, format, list);
    va_end(list);
    if (context->desc.log) context->desc.log(context->desc.user, R0_LOG_ERROR, context->error);
    return status;
}

static void r0i_log(r0_context *context, r0_log_level level, const char *format, ...)
{
    char line[1024];
    if (!context->desc.log) return;
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    context->desc.log(context->desc.user, level, line);
}

static r0_status r0i_check_cancel(r0_context *context)
{
    if (context->desc.cancel && context->desc.cancel(context->desc.user))
        return r0i_fail(context, R0_ERROR_CANCELLED, "stopped on request");
    return R0_OK;
}

static void r0i_progress_begin(r0_context *context, const char *phase, const char *unit, int iteration, int64_t done,
                               int64_t total, bool rollouts)
{
    memset(&context->progress, 0, sizeof context->progress);
    context->progress.phase = phase;
    context->progress.unit = unit;
    context->progress.iteration = iteration;
    context->progress.done = context->progress_from = done;
    context->progress.total = total;
    context->progress_start = r0i_seconds();
    context->progress_rollouts = rollouts;
    r0i_progress_step(context, 0);
}

static void r0i_progress_step(r0_context *context, int64_t done)
{
    r0_progress *p = &context->progress;
    p->done += done;
    if (!context->desc.progress || !p->phase) return;
    p->seconds = r0i_seconds() - context->progress_start;
    p->rate = p->seconds > 0 ? (double)(p->done - context->progress_from) / p->seconds : 0;
    p->eta_seconds = p->rate > 0 && p->total ? (double)(p->total - p->done) / p->rate : -1;
    context->desc.progress(context->desc.user, p);
}

R0_API const char *r0_error(const r0_context *context)
{
    return context ? context->error : "out of memory";
}

// -- random numbers --

// Philox4x32-10: ten rounds of two 32x32->64 multiplications; the key is bumped by Weyl constants.
static void r0i_philox(const uint32_t counter[4], r0i_key key, uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key.a;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key.b;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        key.a += 0x9E3779B9u;
        key.b += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

// The third counter word separates the uses: 0 draws numbers, 1 derives keys.
static void r0i_philox_at(r0i_key key, uint64_t counter, uint32_t use, uint32_t out[4])
{
    uint32_t block[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), use, 0};
    r0i_philox(block, key, out);
}

static r0i_key r0i_key_make(uint64_t seed)
{
    r0i_key key = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    return key;
}

static r0i_key r0i_key_derive(r0i_key key, uint64_t what)
{
    uint32_t out[4];
    r0i_philox_at(key, what, 1, out);
    key.a = out[0], key.b = out[1];
    return key;
}

static uint32_t r0i_random_u32(r0i_key key, uint64_t counter)
{
    uint32_t out[4];
    r0i_philox_at(key, counter, 0, out);
    return out[0];
}

static float r0i_random_uniform(r0i_key key, uint64_t counter)
{
    return (float)(r0i_random_u32(key, counter) >> 8) * (1.0f / 16777216.0f);
}

// 64 random bits modulo the bound: the bias is below bound / 2^64.
static uint64_t r0i_random_below(r0i_key key, uint64_t counter, uint64_t bound)
{
    uint32_t out[4];
    r0i_philox_at(key, counter, 0, out);
    return ((uint64_t)out[1] << 32 | out[0]) % bound;
}

// Box-Muller on two 32-bit uniforms in (0, 1).
static double r0i_random_normal(r0i_key key, uint64_t counter)
{
    uint32_t out[4];
    r0i_philox_at(key, counter, 0, out);
    double u = (out[0] + 0.5) / 4294967296.0, v = (out[1] + 0.5) / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void r0i_random_shuffle(r0i_key key, int32_t *values, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)r0i_random_below(key, i, i);
        int32_t swapped = values[i - 1];
        values[i - 1] = values[j];
        values[j] = swapped;
    }
}

// -- threads: a pool of workers that wait for a job; the caller works too --

typedef struct r0i_job {
    r0i_work_fn work;
    void *user;
    int64_t count;
    int parts;
} r0i_job;

// Part `index` of [0, count): contiguous, sizes differ by at most one.
static void r0i_job_part(const r0i_job *job, int index)
{
    int64_t begin = job->count * index / job->parts, end = job->count * (index + 1) / job->parts;
    if (begin < end) job->work(job->user, begin, end);
}

#ifndef R0_NO_THREADS

#if defined(_WIN32)
typedef CRITICAL_SECTION r0i_mutex;
typedef CONDITION_VARIABLE r0i_condition;
typedef HANDLE r0i_thread;
#define R0I_THREAD_RESULT DWORD WINAPI
static void r0i_mutex_init(r0i_mutex *m) { InitializeCriticalSection(m); }
static void r0i_mutex_free(r0i_mutex *m) { DeleteCriticalSection(m); }
static void r0i_mutex_lock(r0i_mutex *m) { EnterCriticalSection(m); }
static void r0i_mutex_unlock(r0i_mutex *m) { LeaveCriticalSection(m); }
static void r0i_condition_init(r0i_condition *c) { InitializeConditionVariable(c); }
static void r0i_condition_free(r0i_condition *c) { (void)c; }
static void r0i_condition_wait(r0i_condition *c, r0i_mutex *m) { SleepConditionVariableCS(c, m, INFINITE); }
static void r0i_condition_wake_all(r0i_condition *c) { WakeAllConditionVariable(c); }
static void r0i_thread_yield(void) { SwitchToThread(); }
static bool r0i_thread_start(r0i_thread *t, LPTHREAD_START_ROUTINE run, void *user)
{
    *t = CreateThread(NULL, 0, run, user, 0, NULL);
    return *t != NULL;
}
static void r0i_thread_join(r0i_thread t)
{
    WaitForSingleObject(t, INFINITE);
    CloseHandle(t);
}
static int r0i_core_count(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return (int)info.dwNumberOfProcessors;
}
#else
typedef pthread_mutex_t r0i_mutex;
typedef pthread_cond_t r0i_condition;
typedef pthread_t r0i_thread;
#define R0I_THREAD_RESULT void *
static void r0i_mutex_init(r0i_mutex *m) { pthread_mutex_init(m, NULL); }
static void r0i_mutex_free(r0i_mutex *m) { pthread_mutex_destroy(m); }
static void r0i_mutex_lock(r0i_mutex *m) { pthread_mutex_lock(m); }
static void r0i_mutex_unlock(r0i_mutex *m) { pthread_mutex_unlock(m); }
static void r0i_condition_init(r0i_condition *c) { pthread_cond_init(c, NULL); }
static void r0i_condition_free(r0i_condition *c) { pthread_cond_destroy(c); }
static void r0i_condition_wait(r0i_condition *c, r0i_mutex *m) { pthread_cond_wait(c, m); }
static void r0i_condition_wake_all(r0i_condition *c) { pthread_cond_broadcast(c); }
static void r0i_thread_yield(void) { sched_yield(); }
static bool r0i_thread_start(r0i_thread *t, void *(*run)(void *), void *user)
{
    return pthread_create(t, NULL, run, user) == 0;
}
static void r0i_thread_join(r0i_thread t) { pthread_join(t, NULL); }
static int r0i_core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 && cores < 4096 ? (int)cores : 1;
}
#endif

// Sequentially consistent atomics, which neither C11 without <stdatomic.h> nor C++ shares with the other.
#if defined(_MSC_VER) && !defined(__clang__)
typedef volatile LONG64 r0i_atomic;
static uint64_t r0i_atomic_get(r0i_atomic *a) { return (uint64_t)InterlockedOr64(a, 0); }
static void r0i_atomic_set(r0i_atomic *a, uint64_t value) { InterlockedExchange64(a, (LONG64)value); }
static uint64_t r0i_atomic_add(r0i_atomic *a, uint64_t value) { return (uint64_t)(InterlockedAdd64(a, (LONG64)value)); }
static bool r0i_atomic_swap(r0i_atomic *a, uint64_t from, uint64_t to)
{
    return (uint64_t)InterlockedCompareExchange64(a, (LONG64)to, (LONG64)from) == from;
}
#else
typedef uint64_t r0i_atomic;
static uint64_t r0i_atomic_get(r0i_atomic *a) { return __atomic_load_n(a, __ATOMIC_SEQ_CST); }
static void r0i_atomic_set(r0i_atomic *a, uint64_t value) { __atomic_store_n(a, value, __ATOMIC_SEQ_CST); }
static uint64_t r0i_atomic_add(r0i_atomic *a, uint64_t value) { return __atomic_add_fetch(a, value, __ATOMIC_SEQ_CST); }
static bool r0i_atomic_swap(r0i_atomic *a, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(a, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
#endif

// An op may be 20 microseconds of work, a wake-up by the system 50. So workers first look around for a while (yielding the
// core to whoever wants it), and sleep only when nothing comes. Nobody waits for a sleeper: a job is cut into more parts
// than threads, whoever is awake claims the next, and the caller takes all that others have not.
//
// `claim` holds ticket << 32 | parts << 16 | next part. A part is claimed by swapping in the next number, which fails if
// the job changed meanwhile; a claimed part keeps its job in place until it is counted in `finished`.
struct r0i_pool {
    r0i_atomic claim, finished;
    r0i_atomic sleepers, caller_sleeps, stop;
    r0i_job job;
    r0i_mutex mutex; // guards sleeping and waking only
    r0i_condition start, done;
    int workers, patience;
    r0i_thread threads[1]; // as many as workers
};

enum { R0I_PARTS_PER_THREAD = 4, R0I_PATIENCE = 300 }; // looks before sleeping, about 0.3 microseconds each

// Runs parts of the current job until none is left to claim.
static void r0i_pool_work(r0i_pool *pool)
{
    uint64_t claim = r0i_atomic_get(&pool->claim);
    while ((claim & 0xffff) < (claim >> 16 & 0xffff)) {
        if (r0i_atomic_swap(&pool->claim, claim, claim + 1)) {
            r0i_job job = pool->job;
            r0i_job_part(&job, (int)(claim & 0xffff));
            if (r0i_atomic_add(&pool->finished, 1) == (uint64_t)job.parts && r0i_atomic_get(&pool->caller_sleeps)) {
                r0i_mutex_lock(&pool->mutex);
                r0i_condition_wake_all(&pool->done);
                r0i_mutex_unlock(&pool->mutex);
            }
        }
        claim = r0i_atomic_get(&pool->claim);
    }
}

// Until there is another ticket than `seen`, or the end.
static void r0i_pool_await_job(r0i_pool *pool, uint64_t seen)
{
    for (int look = 0; look < pool->patience; look++) {
        if (r0i_atomic_get(&pool->claim) >> 32 != seen || r0i_atomic_get(&pool->stop)) return;
        r0i_thread_yield();
    }
    r0i_mutex_lock(&pool->mutex);
    r0i_atomic_add(&pool->sleepers, 1);
    while (r0i_atomic_get(&pool->claim) >> 32 == seen && !r0i_atomic_get(&pool->stop))
        r0i_condition_wait(&pool->start, &pool->mutex);
    r0i_atomic_add(&pool->sleepers, (uint64_t)-1);
    r0i_mutex_unlock(&pool->mutex);
}

static void r0i_pool_await_parts(r0i_pool *pool, uint64_t parts)
{
    for (int look = 0; look < pool->patience; look++) {
        if (r0i_atomic_get(&pool->finished) == parts) return;
        r0i_thread_yield();
    }
    r0i_mutex_lock(&pool->mutex);
    r0i_atomic_set(&pool->caller_sleeps, 1);
    while (r0i_atomic_get(&pool->finished) != parts) r0i_condition_wait(&pool->done, &pool->mutex);
    r0i_atomic_set(&pool->caller_sleeps, 0);
    r0i_mutex_unlock(&pool->mutex);
}

static R0I_THREAD_RESULT r0i_worker(void *user)
{
    r0i_pool *pool = (r0i_pool *)user;
    uint64_t seen = 0;
    while (!r0i_atomic_get(&pool->stop)) {
        r0i_pool_await_job(pool, seen);
        seen = r0i_atomic_get(&pool->claim) >> 32;
        r0i_pool_work(pool);
    }
    return 0;
}

static void r0i_pool_wake(r0i_pool *pool)
{
    if (!r0i_atomic_get(&pool->sleepers)) return;
    r0i_mutex_lock(&pool->mutex);
    r0i_condition_wake_all(&pool->start);
    r0i_mutex_unlock(&pool->mutex);
}

static void r0i_parallel(r0_context *context, int64_t count, int64_t grain, r0i_work_fn work, void *user)
{
    r0i_pool *pool = context->pool;
    int64_t parts = grain > 0 ? count / grain : count, most = (int64_t)context->threads * R0I_PARTS_PER_THREAD;
    if (!pool || parts < 2 || context->threads < 2) {
        if (count > 0) work(user, 0, count);
        return;
    }
    r0i_job job = {work, user, count, (int)R0I_MIN(parts, most)};
    uint64_t ticket = (r0i_atomic_get(&pool->claim) >> 32) + 1;
    pool->job = job;
    r0i_atomic_set(&pool->finished, 0);
    r0i_atomic_set(&pool->claim, ticket << 32 | (uint64_t)job.parts << 16);
    r0i_pool_wake(pool);
    r0i_pool_work(pool);
    r0i_pool_await_parts(pool, (uint64_t)job.parts);
}

static void r0i_pool_destroy(r0_context *context)
{
    r0i_pool *pool = context->pool;
    if (!pool) return;
    r0i_atomic_set(&pool->stop, 1);
    r0i_mutex_lock(&pool->mutex);
    r0i_condition_wake_all(&pool->start);
    r0i_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->workers; i++) r0i_thread_join(pool->threads[i]);
    r0i_mutex_free(&pool->mutex);
    r0i_condition_free(&pool->start);
    r0i_condition_free(&pool->done);
    r0i_free(context, pool);
    context->pool = NULL;
}

static r0_status r0i_pool_create(r0_context *context)
{
    int workers = context->threads - 1;
    if (workers < 1) return R0_OK;
    size_t size = sizeof(r0i_pool) + (size_t)workers * sizeof(r0i_thread);
    r0i_pool *pool = (r0i_pool *)r0i_alloc(context, size, 1);
    if (!pool) return R0_ERROR_MEMORY;
    r0i_mutex_init(&pool->mutex);
    r0i_condition_init(&pool->start);
    r0i_condition_init(&pool->done);
    pool->patience = context->threads <= r0i_core_count() ? R0I_PATIENCE : 0; // more threads than cores: never look around
    context->pool = pool;
    for (; pool->workers < workers; pool->workers++)
        if (!r0i_thread_start(&pool->threads[pool->workers], r0i_worker, pool)) break;
    context->threads = pool->workers + 1; // as many as the system gave
    return R0_OK;
}

#else // R0_NO_THREADS

static int r0i_core_count(void) { return 1; }
static r0_status r0i_pool_create(r0_context *context)
{
    context->threads = 1;
    return R0_OK;
}
static void r0i_pool_destroy(r0_context *context) { (void)context; }
static void r0i_parallel(r0_context *context, int64_t count, int64_t grain, r0i_work_fn work, void *user)
{
    (void)context, (void)grain;
    if (count > 0) work(user, 0, count);
}

#endif // R0_NO_THREADS

// -- files and time --

static double r0i_seconds(void)
{
#if defined(_WIN32)
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
#else
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC); // -std=c11 hides POSIX from <time.h>
#endif
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

static r0_status r0i_file_read(r0_context *context, const char *path, char **data, size_t *size)
{
    *data = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return r0i_fail(context, R0_ERROR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    r0i_text text = {context, NULL, 0, 0, false};
    char chunk[16384];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) r0i_text_append(&text, chunk, got);
    bool bad = ferror(file) != 0;
    fclose(file);
    r0i_text_append(&text, "", 0); // a NUL even for an empty file
    if (bad || text.failed) {
        r0i_text_free(&text);
        return bad ? r0i_fail(context, R0_ERROR_FILE, "%s: cannot be read: %s", path, strerror(errno)) : R0_ERROR_MEMORY;
    }
    *data = text.data;
    *size = text.size;
    return R0_OK;
}

#if defined(__STRICT_ANSI__) && !defined(__cplusplus) && !defined(_WIN32) && !defined(fileno)
int fileno(FILE *file); // -std=c11 hides POSIX from <stdio.h>
#endif

// Makes what was written survive a crash of the system, as far as it can be asked for.
static bool r0i_file_sync(FILE *file)
{
    if (fflush(file)) return false;
#if defined(_WIN32)
    return _commit(_fileno(file)) == 0;
#else
    return fsync(fileno(file)) == 0;
#endif
}

static bool r0i_file_rename(const char *from, const char *to)
{
#if defined(_WIN32)
    return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
#else
    return rename(from, to) == 0;
#endif
}

// Writes beside the target and renames over it, so that readers see the old file or the new one, never a part.
static r0_status r0i_file_write_atomic(r0_context *context, const char *path, const void *data, size_t size)
{
    r0i_text temporary = {context, NULL, 0, 0, false};
    r0i_text_print(&temporary, "%s.tmp", path);
    if (temporary.failed) return R0_ERROR_MEMORY;
    r0_status status = R0_OK;
    FILE *file = fopen(temporary.data, "wb");
    bool good = file && fwrite(data, 1, size, file) == size && r0i_file_sync(file);
    int why = errno;
    if (file && fclose(file) && good) good = false, why = errno;
    if (good && !r0i_file_rename(temporary.data, path)) good = false, why = errno;
    if (!good) {
        if (file) remove(temporary.data);
        status = r0i_fail(context, R0_ERROR_FILE, "%s: cannot be written: %s", path, strerror(why));
    }
    r0i_text_free(&temporary);
    return status;
}

static r0_status r0i_file_append(r0_context *context, const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "ab");
    bool good = file && fwrite(data, 1, size, file) == size;
    int why = errno;
    if (file && fclose(file) && good) good = false, why = errno;
    return good ? R0_OK : r0i_fail(context, R0_ERROR_FILE, "%s: cannot be written: %s", path, strerror(why));
}

static bool r0i_file_exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

static bool r0i_folder_make_one(const char *path)
{
#if defined(_WIN32)
    return _mkdir(path) == 0 || errno == EEXIST;
#else
    return mkdir(path, 0777) == 0 || errno == EEXIST;
#endif
}

static r0_status r0i_folder_create(r0_context *context, const char *path)
{
    r0i_text part = {context, NULL, 0, 0, false};
    bool good = true;
    for (const char *c = path; good; c++) {
        if ((*c == '/' || *c == '\\' || !*c) && part.size && part.data[part.size - 1] != ':')
            good = r0i_folder_make_one(part.data) || *c; // a parent may exist and refuse; the last one must work
        if (!*c) break;
        r0i_text_append(&part, c, 1);
        good = good && !part.failed;
    }
    int why = errno;
    bool memory = part.failed;
    r0i_text_free(&part);
    if (memory) return R0_ERROR_MEMORY;
    return good ? R0_OK : r0i_fail(context, R0_ERROR_FILE, "%s: folder cannot be created: %s", path, strerror(why));
}

static r0_status r0i_folder_list(r0_context *context, const char *path, r0i_name_fn each, void *user)
{
    r0_status status = R0_OK;
#if defined(_WIN32)
    WIN32_FIND_DATAA found;
    char *pattern;
    R0I_TRY(r0i_path_join(context, path, "*", &pattern));
    HANDLE search = FindFirstFileA(pattern, &found);
    r0i_free(context, pattern);
    if (search == INVALID_HANDLE_VALUE) return r0i_fail(context, R0_ERROR_FILE, "%s: folder cannot be read", path);
    do {
        if (strcmp(found.cFileName, ".") && strcmp(found.cFileName, "..")) status = each(user, found.cFileName);
    } while (!status && FindNextFileA(search, &found));
    FindClose(search);
#else
    DIR *folder = opendir(path);
    if (!folder) return r0i_fail(context, R0_ERROR_FILE, "%s: folder cannot be read: %s", path, strerror(errno));
    for (struct dirent *entry; !status && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) status = each(user, entry->d_name);
    closedir(folder);
#endif
    return status;
}

// By writing the part that stays anew: atomic, and the same on every system. Never makes a file longer.
static r0_status r0i_file_truncate(r0_context *context, const char *path, int64_t size)
{
    char *data;
    size_t found;
    R0I_TRY(r0i_file_read(context, path, &data, &found));
    r0_status status = R0_OK;
    if (size < 0 || (uint64_t)size > found)
        status = r0i_fail(context, R0_ERROR_FORMAT, "%s: has %zu bytes, %lld of it are needed", path, found,
                          (long long)size);
    else if ((uint64_t)size < found)
        status = r0i_file_write_atomic(context, path, data, (size_t)size);
    r0i_free(context, data);
    return status;
}

static r0_status r0i_map_open(r0_context *context, const char *path, r0i_map *map)
{
    memset(map, 0, sizeof *map);
#if defined(_WIN32)
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER size;
    if (file == INVALID_HANDLE_VALUE) return r0i_fail(context, R0_ERROR_FILE, "%s: cannot be opened", path);
    bool sized = GetFileSizeEx(file, &size) != 0;
    HANDLE mapping = sized && size.QuadPart ? CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL) : NULL;
    CloseHandle(file);
    if (sized && size.QuadPart == 0) return R0_OK;
    if (mapping) map->data = (const uint8_t *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    if (!map->data) {
        if (mapping) CloseHandle(mapping);
        return r0i_fail(context, R0_ERROR_FILE, "%s: cannot be mapped", path);
    }
    map->size = (size_t)size.QuadPart;
    map->handle = mapping;
#else
    int file = open(path, O_RDONLY);
    struct stat info;
    if (file < 0 || fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        int why = file < 0 ? errno : EISDIR;
        if (file >= 0) close(file);
        return r0i_fail(context, R0_ERROR_FILE, "%s: cannot be opened: %s", path, strerror(why));
    }
    void *data = info.st_size ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    close(file);
    if (data == MAP_FAILED) return r0i_fail(context, R0_ERROR_FILE, "%s: cannot be mapped: %s", path, strerror(errno));
    map->data = (const uint8_t *)data;
    map->size = (size_t)info.st_size;
#endif
    return R0_OK;
}

static void r0i_map_close(r0i_map *map)
{
    if (map->data) {
#if defined(_WIN32)
        UnmapViewOfFile(map->data);
        CloseHandle((HANDLE)map->handle);
#else
        munmap((void *)(uintptr_t)map->data, map->size);
#endif
    }
    memset(map, 0, sizeof *map);
}

// -- shared libraries --

#ifndef R0_NO_VULKAN

static void *r0i_library_open(const char *file)
{
#if defined(_WIN32)
    return (void *)LoadLibraryA(file);
#else
    return dlopen(file, RTLD_NOW | RTLD_LOCAL);
#endif
}

// A function's address travels as an object's on these systems; C wants the bits copied.
static r0i_function r0i_library_symbol(void *library, const char *name)
{
    r0i_function function = NULL;
#if defined(_WIN32)
    FARPROC found = GetProcAddress((HMODULE)library, name);
#else
    void *found = dlsym(library, name);
#endif
    memcpy(&function, &found, sizeof function);
    return function;
}

static void r0i_library_close(void *library)
{
#if defined(_WIN32)
    FreeLibrary((HMODULE)library);
#else
    dlclose(library);
#endif
}

#endif

// -- context --

static void r0i_device_destroy(r0i_device *device)
{
    if (device) device->functions->destroy(device);
}

#ifndef R0_NO_VULKAN
// "auto" means a real GPU where there is one that works, else the CPU: a CPU that plays GPU is slower than the CPU device.
static r0_status r0i_device_open_auto(r0_context *context)
{
    if (r0i_vk_has_gpu()) {
        if (!r0i_vk_device_create(context, -1, &context->device)) return R0_OK;
        r0i_log(context, R0_LOG_WARNING, "device: the GPU cannot be used, taking the CPU: %s", context->error);
        context->error[0] = 0;
    }
    return r0i_cpu_device_create(context, &context->device);
}
#endif

// "cpu", "vulkan", "vulkan:N" or "auto".
static r0_status r0i_device_open(r0_context *context)
{
    const char *name = context->desc.device ? context->desc.device : "auto";
    if (!strcmp(name, "cpu")) return r0i_cpu_device_create(context, &context->device);
#ifndef R0_NO_VULKAN
    if (!strcmp(name, "auto")) return r0i_device_open_auto(context);
    if (!strcmp(name, "vulkan")) return r0i_vk_device_create(context, -1, &context->device);
    if (!strncmp(name, "vulkan:", 7)) {
        char *end;
        long index = strtol(name + 7, &end, 10);
        if (end != name + 7 && !*end && index >= 0 && index < 1000)
            return r0i_vk_device_create(context, (int)index, &context->device);
    }
#else
    if (!strcmp(name, "auto")) return r0i_cpu_device_create(context, &context->device);
    if (!strncmp(name, "vulkan", 6)) return r0i_fail(context, R0_ERROR_UNSUPPORTED, "device: \"%s\": built without Vulkan", name);
#endif
    return r0i_fail(context, R0_ERROR_ARGUMENT, "device: \"%s\" is none of auto, cpu, vulkan, vulkan:N", name);
}

static r0_status r0i_context_start(r0_context *context)
{
    if (context->desc.begin_canary || context->desc.end_canary)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "r0_context_desc: not zero-initialised (use R0_ZERO)");
    if (context->desc.threads < 0 || context->desc.threads > 1024)
        return r0i_fail(context, R0_ERROR_ARGUMENT, "threads: %d is not within 0..1024", context->desc.threads);
    context->threads = context->desc.threads ? context->desc.threads : R0I_MIN(r0i_core_count(), 1024);
    R0I_TRY(r0i_pool_create(context));
    return r0i_device_open(context);
}

R0_API r0_status r0_context_create(const r0_context_desc *desc, r0_context **context)
{
    r0_context_desc zero = R0_ZERO, used = desc ? *desc : zero;
    if (!used.resize) used.resize = r0i_default_resize;
    *context = (r0_context *)used.resize(used.user, NULL, 0, sizeof(r0_context));
    if (!*context) return R0_ERROR_MEMORY;
    memset(*context, 0, sizeof **context);
    (*context)->desc = used;
    return r0i_context_start(*context);
}

R0_API void r0_context_destroy(r0_context *context)
{
    if (!context) return;
    r0i_device_destroy(context->device);
    r0i_pool_destroy(context);
    r0_context_desc desc = context->desc;
    desc.resize(desc.user, context, sizeof(r0_context), 0);
}

R0_API const char *r0_device_name(const r0_context *context)
{
    return context && context->device ? context->device->name : "";
}

// >>spirv
// Generated by `make shaders` from shaders/; glslangValidator 11:12.0.0. Nothing below is written by hand.

#ifndef R0_NO_VULKAN
// adamw.comp 44750171fe13681a
static const char *const r0i_spirv_adamw[] = {
    "M9q3FL=-4dL2<qr#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*mkU<$Z@$B(gmPr-IEHD%;vNL(gmVt0$t;L%rX$_(LR>/(Np1.l<QAR#;yaR&S:$=6<>-j(RkV8MI'+_*mkV##&aN*(RtRk",
    "(S2gSl<R;7$8<(*$rDXoC.ojUkv7h)l<RwL#;yb*-V`Z;Io6F,(rcQ(#;6x=#qutB-qr];Jo(TR(YSmt$IKLN#>y@Gkv9yS#qutW#AsQ+",
    "(Yo+=#;--aWDit)W_itH#;yKm(Jf]m(fCte$XY&(%:BfV).+%o).+%oMGt=#)__by**&eA*Gbd@&7ZPxl;e^C#g`j#%oVIv$uH;7&5jfW",
    "#VZF6$r;Oc023lZ'Qkm0l;e+C#LEa2#y'Vn$vvNY#qu]o2b_/%$wn[I&p--s0mDxl08KZn&7x.5Lf$_A%@x%P%@g5N%x4$.l<7&d'$poh",
    "&ms^1*Ms.w%]9VMl;e_4$1A,4)@m(eBv[.#&vUG1CU+C5&79>/L<TR$l;e_J$Lx5K)@m)&J'xJO'#rvGJ]J8u%GChwaxw7)PYHgyQ;%eP",
    "#VZbR#MfDml;e`%#y0xo*VTSDl;e`/#>sPm*XMjTl;e,l#x;w,%/'a;by4mQ##Bi<$njde#>F0F2wl>J72#_%(3nD70R'=,%3kp.#LO]&",
    "hG)U+2=V64hb>SYW`o]b#UKN/-;rT&hG)^.X'c/]#DE08-W8;qiD%X&X'@5,#Db,6'iNIaf1gsF%3GX$#Ta$H(2-0V9CNHw9p3JL:6j:4",
    ":+nc,#7s(o:mZd$:vpOj#L5N0XBZc,#@xO.W`o]i#V6#v2H&X@k=qpxl[8w'#Vc@/MeiU%lqPr5XBxi4=CbJ3'jk+LX'Al;*2]NG)6$m@",
    "-XU2dA+:,<B4>9J'jkF^bBsOe#Vy((l[8w2#Wr-:MeiU9pJ'+@XBxiGCh.;['jkdrlYI6XFKVHe)8C1$N_^>6#C^.%H1;HRI:@Bv'jl45",
    "bBsOp#Vy)x#r+/BswSxs.a]AHLJ@xNfhJ>Yy-WK%*mF`b'jlStLeZuW):JW-IdnRuO%kC6AFUg[OxL[:ACL]uOwbt9Ia8&V#SAauN)&>9",
    "3&*-qND>45.a]AHRnxZCfhJ>Yy/bnN#@s*(W`p/,#N>e*'t8<+'vZjB#OrA5XxBT3#Oi7@XwbfuMf'42#Jd9BX'Am6#@a`<W`p/B#Px>W",
    "-ss,]Owi&_N)(,o#>H<H#OrA5[nRYG#Oi7@x4s54X)&IZ#PwQ2#LO`4xkT/.xP8o8@KljP+RfnY_+hLFX'AmH#@bANW`p/T#RUUl#w(PR",
    "#CaElSPyIql>%(;#mULj#w(VT#C`^YaA%w*a]k'8awxUtbY<xVbY=dvLKX[]",
    NULL,
};
// add.comp c7c1c31d54b4358e
static const char *const r0i_spirv_add[] = {
    "M9q3FL=-4dL2;]N#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(GyA<",
    "#qusE&SC*>4wu&A(PN6<l<QM`+tsV+$rDXo;bSE>kv6wgl<R25#;yah-VWT:>#GL[(ngqMMdBCe.88c;>>F6py#B[,(S`-XkYMyZ%Sm0*",
    "$W8*Nl;e+)$.&on$sgbX)/R9#)I<VbMGt=#)__by**&eA*Gbd@&7ZPxMGtR*%58,s-WK/;$ul5Nl;8s;$.&s1#B]$y06RCx&5k#_MGu-2",
    "%58,s29^SUl;e+I#7q;O5#(0O/ql9=1,'2j6;yNO*K^BX$^@Dp;I@=M;j`5I<*2mZ'Uhg0WDcc5axu3BMGvVg>VHYl>v)bh@TX<d'2A[6",
    "$-k_AX'@3r0R'=,%(^<5-W4m(2=V64G'5V>'iK%oMeiUAFhOVh%'hlsMer[7Gd=/x1:00%W`oxFDUBS7E3j9Y(2-0V9CNHw9p13b:6fRf",
    "l%r&:b)/cd;9hA$XBZam*+Uf''iK;(bBsNFIXU=9%*<mGMeiTwK=8aV%+>7*-nvGaN_P:5.a]AH@FP=rXB]#>>w@1='jk:VXB]#@<Ff&-",
    "'jk@ZX)&H]Au`a_AZ_xo;9hA%Vi-+>",
    NULL,
};
// attention_backward_kv.comp 66ef2045cba5cae3
static const char *const r0i_spirv_attention_backward_kv[] = {
    "M9q3FL=-4dL2;fT#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*mkU<$Z@%K(LR>/(Np1.l<QAR#;yaR&S:$=6<>-j(TmsKMI'dr*mkV6#&aN*(Tvp)(U5/fl<RtJ%knU@#>X>qJ5QO,(rlVs",
    "MdCa6.88c;JPP9AK5L]R(Wdh.l<TQW$rDUnR7v[%MdDTO#&aN*(Z,6ul<TZZ-qr];RnY&7l<W+J$rDUniCs;mMdG.B#&aN*(af>hl<W4M",
    "-qr];j%Ux(l<Wax$rDUno1]4*MdGdT#&aN*(c_V%l<Wj_-qr];ohyT7l<XEo$rDUnL/%_hMdCp=#&aN*(X)qcl<SvH-qr];Le]*vl<TET",
    "$rDUnPth<wMdDHL#&aN*(Yxvrl<TNW-qr];QVJ]1l<VhC$rDUnfhMNgMdFk;#&aN*(`rfal<VqF-qr];gJ/nql<W@R$rDUnkY;+vMdGCJ",
    "#&aN*(bPkpl<WIU-qr];l:rL,kYMyZ%Sm0*$W8*Nl;e+)$.&on$sgbX)/RB&)I<VU$rRbq%UfZ]l<4pA&+BaB-;EQ3*Fo17&7ZV`MGtR*",
    "%58,s-WK/;$ul5Nl;8s;$.&s1#B]$y06RCx&5k#_MGu-2%58,s29^SUl;e+I#7q;O5#(0O/ql9=1,'2j6;yNO*K^Ce&7x7:Lf$kE%B]pV",
    "%Bj6t%^6ATl<7`5'$pp&&lQY[%)>-b%Die(MGwe.I.%<i)@m)'JBwSQ'$''HK#nGX%akAi)DDM<O%ff7%b:Yj):/ZQ#y)<7%Gh,&axwC-",
    "Qq`6CRS=4X#VZbV#N5xql;eSu#>Cn$i(Xn+%OV<7#LEc8#y]_bl<;tIj%Tsx%QFK+a]%S2nkFdHoM#cb#VZc[#Wi&vl;e-^#>V%&ttGgP",
    "%EnoW#LEb2#ZuU^l<8aDLexBW%GCl#axw7*PYQm@Q;.kQ#qukS#i,PoWDh5M)@m**#p'0)%j1pcfhUUAg.p1''(6)f#[bJXkYC)AMH&V@",
    "'.sAN'e]YQ#[$.u%*xoql;e,E$=(P_#Z(M,Ll)C#'Z50(l<8Ds#y0xsII.&Dl<8E1#y0ZLpeCiQ6w+Z3Ll1e/X'@42$$Iiu'iKZiLei_O",
    "%+#+4$%&L`1=62W2t.>cN),.5MeiUV$.&e4$1S^;sx:dZMerxw#h&oV#k8Ixt=q+;W`o^1#tY3U-;skKswxl#X'yX;*0I%2%$O0x(2-9Y",
    ":@Jd%:mH`]%$sJ[bBHXXttRlT6^n)t7%$fLLl+t*76Ue.7%;/B%&*]+:w5`;@7pZtX'yXQ*+kvx%&mMS-W4y]:w>0@Owuj6p._>s%+taF",
    "$4wswQVWTH3&*-qQqriM.a]AHDr(SwXB]MZCLh/Y'iJkeW/>KJ7(T:_%*o'7<V6C7Mg.qAM,8=96bI>Ab)1>`G0W:nXBZb8#w=a*W`oxu",
    "$0).12H$&NSkjrEl[8v3$0VJyMer[R#YP6EMeiUR#O)yG#LOZ%MbSh.M,:'aN(o(3K4K[yW`p.r#L`_R(=iNJ#@`NoW`p.v#M/wV-XVj;",
    "N_PI:X'CZhPtcMZ$P*d4#MB/#2H$GYSkjoDl[8v>$1e7JMeiUj#P8,R#LOZ%UJ74^M,:'aN(omJRnXao#Oi7@V+mOcX'CZhVG3.VM,;*(",
    "VG3[eX'CZhXA,HoM,;*(XA,NqX'CZhXxGKnM,;*(XxGWrMeiV##L<OFW/>KJ7(f7]Z;#q<Z;%6`%+#-xG812d#LP)wxP7``EtCM@#PwO*",
    "b)3N0ZV@T,Ll/<=Merx2#Gto,70EYH70EYm6W/YF]hPV5btblTMeiV9#Gs$/-W7cb`D'at175p_N)7>pb)*]6_+aqO71KA4#R1=b70N_L",
    "-W7uhMGRU9-;qribtWpvMerxG#SdBcW/Ar+Ll0P`Xbd_P$Ln02#XwkG#P1)qO&2ZW^J3orf1i00%+GE<^J4W1f1gsR;^)8%$GaTHfM0at",
    "#S93S#TWst#L5Oa#OrAh#UBGvN_lNc)C5Gy#P&FLZVMyW1%5]]Zqmf0bBsO'$2OaNl[8vI$2t$UMeiVx#QFoR#LOZ%l:p8BN_lTfN(rD<",
    "j%UCT#Oi7@lqQSGN_^yU#>Hv1#VlG@$Lnxk#W;_K#LinU'jp92n4fcp,6S*f*dshu%0ZkI$4wsw_b[gKLev2k%134S$#kTE%6st3$5`g$",
    "-;sPAqFucPXB^KarCu`b+$p#-'jp`yrCr)R)Faa33B$w;#M'%8-;sbGN_i1B72uy`732L1(21Tk*+Uf''iMtUaxTm5%28pd$-`W<2c@b'",
    "c;,_C-;oS'cVMYeXB^KaND>(1*mt,h'jlc%NDAS]):xfK$If.8#w&Qp#A8luXBZbo#w=a*W`o]W$5s$h2H%w0eP@qb2cA.2fhWmN-;p.7",
    "g/#gpXB^KaSPG;P*o[8#'jm>5SPJ9m)<Cqx$KM9g-XW<IOA;3KX'CNdThZB`#Oi7@U/%1_X)/OE#j)3^#jsnP#gPX0#kL2eOxdea#S@.7",
    "#gk3#X%nRZHOr@;#j_Usb)3$#VG<giLl.j1bBsOS$6'(ol[8vu$7Z.,MeiV%#qH-*#LOZ%ZVIQ+OxhoiN(pH[j%UBr#k/@A[8*l0X'CZh",
    "[n`W$Oxhif)y'^G#h/rnxP<0aUJ@vtx5'qU[na87bBsO^$4m<p$SaADn5&:S.a]AH^eX0#dS5FA%0v%M#hK4[(=E7##s/0._G6n@)@yQ_",
    "#k8Ji#Rge5#M0+X'jnd^`_M=q)@cgQ37x0K#n6tW((:9b#gjc&b>*t%9C=w>#gPX2#jsnl#L5OK#LOZ%bt`vw9C=wW#L5OJ#OXe_#L5Oy",
    "#LOZ%cVB-w9C=wK#L5O>#OXf&#gPXx#kL2eMbl/7#X&8:#gk3#f1q$+HOr@g#oE_Jb)4SOdSA%lLl0D]XBZc;#w=a0W`o^#$9JA42H'0Q",
    "p.mG.2cB<SqG/Bo-W8W&ttT<t-;rQ&qbPmMMeiVV#po`2$Lnxk#V#oQ#LNxR'joj'jA)ReN(r58gJ/VE#nIS.#qH)w2H'Qxp.lks2c>04",
    "ttZQ%-;s)5L/yQ.MeiVe#rMeA$Lnxk#WVtb#LNxR'jpB6o1l/tN(rbGl:r3c#nIS=#s&.F-;sA=Mblky72H$x72Z1)76Ue.76UeM7El<G",
    NULL,
};
// attention_backward_q.comp 4a752e26a7d4224a
static const char *const r0i_spirv_attention_backward_q[] = {
    "M9q3FL=-4dL2>gS#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*mkU<$Z@%K(LR>/(Np1.l<QAR#;yaR&S:$=6<>-j(V'QOl<SI=$IBF2#%WF(H;#Pekv8C9l<SRx#;yb:-W/ryOA,pcMI)3F",
    "#%WF(OxGh(#;6xN#>X>qP>*6)l<TBR-Vi`<U.khuMI)iX#%WF(UJ1`:#;6x`#>X>qV+i.;l<U#d-Vrf=[nR'5MI*Sm#%WF(x4lsO#;6xu",
    "#>X>qxkOAPl<Uc$-WK/Bhb=;]MI+w@#%WF(i(X2w#;6]H#>X>qi_:V#l<W1L-W9#@nP'3oMI,XR#%WF(nkB+4#;6]Z#>X>qoM$N5l<Wg^",
    "-WB)AtY,5-MI-<e#%WF(ttG,G#;6]m#>X>qLJB$sl<SsG-W&l>]1rQ:MI*_r#%`L)]M8HT#;6]$#YsGr^.okUl<Uo)-VWT:bYA@KMI+>.",
    "#%`L)btx7e#;6]5#YsGrcV>Zfl<VM:-V`T,#k&%)#k.w*-;<K2$s`tl%:06Sax`^tc;PEn$rR:;):/Y-%q+I3)e'-Q$Y(;`l;e^A#;yL)",
    "+ARSv,#nk3&5jZxl;e+<ttO2c/lDf.%Wqf(l<5Wi#VZTn0hm=11/.v;&5k18L/-fy$w/-t&lLxnlrYZw5'JPA'QlNBl;e^n#L3LLl;e_2",
    "$.&sk%:A1,)6j2`&lNS8MGnG1F3k38%D/BDGveHtHG>,BHWYDS'Yws)MH#(;)DDM<LeS'0%aP/c)=Igk#@GAWOxL^;MH#O='%[1K'xEHL",
    "#y^%t%,(_eWDf<k)@m)I#Nu3F%dF(,UJ9f_UeRIc'(6)6#y&HJx4s54MH$od')hqr'`S4E#yZXg^J,,EWDhJS)@m*1#UKN.%jqBii(`9G",
    "iD&*3'(6)p#@GAWnkJFSMH&tI'0$%W'fc=d#y[a0tY,^O%SHk*#LEb1#[%+2l<8^CLJA9V%KQWJa]#WQ]1w#g]hSwJ#qul%#m:<AWDgfA",
    ")@m)s#nd<r%ho(Wbtd>5c;)Jd'/0c$g.r;E&5q%a*txre$;:QW6rE#YG.e/F'YK6+%PSC8YtYKe6lZ83l&%5H#gPXb#k8Ixjw[C[W`o]i",
    "#qQ/8-W8r/k=v]1(3nkE0R]a2%57lI#gjc&lVyGEl:w0n%4)(>#14T%i(iB=hbKw_1FE6i2t.>ci_J65MeiVW#poa4#k8IL9O^Hi'iIPp",
    "X'yX=*+kvx%$aB@-W3R1:_>4S;^hdDl%r/=b)/lj<6dx*W/Ar,Ll+tM-W3r'#aM66%&Mcb:[nv>ARxvF'iJGMbA@Hq:TVN^%'EaFW/>6C",
    "7'ieX)CGX%<;$@0Xbd9:$%5SU#IK2>;7b=aF:^UQDGA':FL5c;7'rh+,;oUB*d=Do%5wAW#nxjvohOgX-nvGap.k'].a]DIJggcAMeiUK",
    "p.ftl-;o<DgeXe^Kv0SE*m19m)9i39#OrA]#LEKjLeX[Z):8KA#OrsSN(nk-MbU$_Bvv++geYh%ND5.3XBZcA#[wX/W`o^)#seY82H'BV",
    "r(baIl[8w<#t=uFMeiUb#Y+sHMeiUd#N#S:$1xYxS4wuI*oR.v'jm;3S5#hpC#f<S#U0Bl($#Dc#Oi7@ThUnYbBsNO$:4hJ$8F8CN),.5",
    ".a]AHW_J4RJ^GTJXA,KpgeXe^L%>y@#@s]9W`p/=#P.uU#w']:#C`.HXwdYVX'B0y#PS9R$4d[Q#I/u/%/U)[$'CsLD9b>_XBZb,#w=b8",
    "#Oi73P#$vAbBsNZ$.oy<l[8v'$/>W3MeiV2#MfKbXB`;y^eM1y*s;WD'iMYJ^eLPj_G,WL_G-qp%3kuj#IUX<`D+=+;@`g`$)#5'`(dvN",
    "#7s*y#RLPL#L5OM#LO]&c:unrB$h`/cqVScB[Iu2d7qbfF7)7A#L5O_#P1)qjA0A(#XneE#P1)qj%j8'#VuN3#P1)di_M<G#Y+qG#LP)v",
    "gJ-I/F:^Vd#TNkLb)4_RekOOrLl0P`X'B0i#JJnuW`p/m#U9BN(2/w>*+USv'iLB(S57+]%-I`_$6TI92cy/OThcrk-;rf,U//s:MeiV]",
    "#Vy*9$1xYxl:p&<*wmZo'jp',l:m(y)D_Cu3ywYj#UolU(9ct,N_S;7W`p0*#W2Z*2H$DXSPRdAl[8v=$1x1IMeiVm#P/'E#LOZ%qbyZd",
    "i_QFdL-br4#@vL3W`p07#XSRO#w*L4#CbrBrCu-SMeiVu#UfeIW/Ao*Ll0SaXBZbM#w=a*W`o]5$2=WF2H$ecZVN>@2cyqe[ne:,-;oS'",
    "x51pcXB^86#gEEkN)$0_):S`H#r*Q>O%wM:N_Y=7):ejn+k6ZZ-=;a;jA4N9X)/O6#hB(y#k8J^#MT;vLeX[Z);G;X#k9'TQVNQGQ;40A",
    "R8/@$R80ZH%4hU>f1i8MRSJQk;<7m@$+[v@Rnf2Q#S92k#iGdQ#gPX%#nxjv_G@:>g/$gg%1*.Q$#kTE%-mv3$5Wa#-;pOBV,#rSXB^8Q",
    "#q,gpVbX%%)=IY)#k8J>X%o]wjwhde)=dk/#h/rnXxJnUQVO;xXA6ZIX%oQtMeiV$#qQ1NW/ydDLl.I&W/A>oLl/rOMeiV&#pTPEW/A5l",
    "Ll/oNW/@`_Ll/yyXbd9<$%9Nlb>,6GMg.o*#p]Vnb)*y-[8$cE7/vDr#lFbZ7/I&d(21Qj*+Uf''iMqTaA9d4%2/jb$%:on%28pg$#kTF",
    "%0v%p#e>Y8%1*+x$4$^j-;qT`_bSiiX'B0S#knBU$1JIBaA0QVXB^8r#m:<M`D4<baxK]XMeiVy#p]VFW/@`_Ll/EAXBZbn#w=a0W`o]V",
    "$5isg2H%t/e5%8Q2cA+1fM<dM-;r)nfh^F/XB^9)#o*M^dn[epeP=k)W/Ar,Ll0PaVi-+>",
    NULL,
};
// attention_decode.comp bd22c5aee5d6e759
static const char *const r0i_spirv_attention_decode[] = {
    "M9q3FL=-4dL2<Jf#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*mkU<$Z@$B(gmPr-SH'L#qusE&SC*>4wu&A(PN6<l<QM`+tsVC$rDUnCJ5T&(pO'h#;6x(#qut--qr];D/BJ@(VL#ZMI(=,",
    "*mkVE#&aN*(VTu8(Vh4ul<SLY$SW1T#>G:a(Z#1#$IBFQ#>>ul(uGyt.88c;R7vcI(Z>CB#;ybY#AjN+(a&ie$IBG>#>>ul)'K#a.88c;",
    "gJ%c6(aB'/#;ycF#AjQ,(X<(i$IBFA#YZ)m(s`7e.88c;M+w.:(XW;3#;ybI#]0].([_y4$IBFa#YZ,n(w.N0.88c;WD3OZ(x%QS#;ybi",
    "#]0T)$;R@*#u7:'$u>r.&5j*GMGk-q(_6de-PZl((fCQG$rRbq%UfZ]l<4pA&+BaB-;EQ3*Fo17&7ZV`MGtR*%58,s-WK/;$ul5Nl;8s;",
    "$.&s1#B]$y06RCx&5k#_MGu-2%58,s29^SUl;e+I#7q;O5#(0O/ql9=1,'2j6;yNO*K^BX$^]pb*NB5y%Bp'X%C'I#%^HMXl<7f9'$pp)",
    "&lPK5G>c=eGeJc>Gv#,O'Yea%l;e_P$d]15#y)=#&7:#nL<P3L(,-)4MG4*m&lOZm7aMD(#@EEoMH#X@%GCj]%Gh,&axwC-Qq`6CRS=4X",
    "#VZbV#N5xqMH$-N&ms^1*UEf7MH$9R%pu)yg.`8%%Ntm+#LEc2#y]Mxl<;bCh+x=V%F,#laxvgsLe`V4MG=T9#qukG#gi]cWDfNr)@m)O",
    "#jqcN%e'O3WD;MfW_TBq'/0c$P><&[&5nNo(D.*]$;:QW6rE#YPtdyE%PSCW#Q+U2l%ufQ#;88v]M='G]M>;<1D'xA1%5]]bYH,^MerxB",
    "#nd;rX'@5##^.s%'iN.Yc;'(>%2K$h#o*OA)H+:S5>6cX%1<7`#mpb6(3mVw6@GYD%1NCX#gjc&aA0KTa%iIG,*E_6W`ox$9^r[;:1>.@",
    "'iIVtMerZo9pNxO;4,4*;(k)2#7s(r;jr<*;sljx#gPW4bA@HdaA,>,-rO4g#aM6$,-)KhW`ox=Aey1oB9cmI-W4E[BCZUWeP6m#1%5]]",
    "ekXOrbBsOI#oiwnl[8vk#p9:uMeiU;gJ1`K(:e=v*k7w[%(gEw2H&F;ekRtb2cAR=jx@)Y-;o.N#bx&0F2i<BJ+*tVJ]=O$,0:VOW`ox[",
    "K@(iMKuxZy7+)+k7+),;6W/tN2k$XKND5+];:tv7$.o;#6du.q#>N.(P>-g:N_P+mND69b,;B7=*dshu%5J#M#nxjvn4r+N-nvGanP8@S",
    ".a]DIT1v1-OwgXV%-@U[#iu*E-;p@<TM:JQXB_<#UeR+Y*p<Y('jmS;UeRx#VbNmi*:*_*'jm_yW(j+8)=Rx&#O_]n(<cgZ#M]@E$4d[I",
    "#OhcO-;paGPtsjH7+)+k7+;887.gT97.gT^6W/wO2q.m=#PJ2U17,1KQ;<HDb)*0'YY>0y7/I#g#PS8S7.pZ](<cgg#Q+Vf$4d[V#LEM/",
    "-;q3TQ;9sI7.gT97/$`[703MF703Mk6XQ6eLeXpSmS15rXbd_Z$.&_W#XxY,#P1)dQVT@y#NZ%$#LP)v_bH7vFqyhM#R(64b)3l:]hPw@",
    "Ll/ZGMeiV;#Kr68Merxy#RpgGMeiV@#S7$LMerxB#SI1##OXf%#L5OZ#P1)qU/-GH]hRKjd7pO*%-%GJ]hRQld7o=L;B,`-$.o;#6l5tO",
    "#>N.(ekO=ldS5=xd7pHPL/$*#Q;*]OW`p/h#Ta$I(232B*+Uf''iOR,p.iSa%7((h#hfDG2cBySqbAEo-;rW'r(b::MeiVX#Uf`D$1xZ%",
    "#V,s2#@u[qW`p/u#V,r8#w)[r#Cb-+jwV@OMeiV^#NGoYW/A`%Ll0DxNDC6T#>HW<$0VLV-=y+DT24ZTN)(-X#>H1-#VdH=pJ%/`mS/FA",
    ")En1++v>td#w*F2#C_nCo1ed[W/CCTLl1w4Xbd8W$%:$%S5/obMg.ou#O2ER#S90w#Xwhvb)64's@rJqLl2%5XBZcG#[wX/W`o^/#tG(>",
    "2H#'2swXk]l[8ul$-WL#MeiUX#gEJq#LOZ%OxUa<Uedk&UJ6xPMbY,N#k/@AP>7'AX'C0ZPtnPfUede#);G;X#k9'TQqi`Jo1b$H);bKw",
    "3BdK,#i5Y((#&fW#gjc&S5,Y]9C>#C#L5P6#OXei#L5OI#LOZ%T2(MS9C=wU#L5OH#OXeK#gPX,#kL2eQqoIM#QOqw#gk2wVbWCxOwil]",
    "UJ@=a#S92s#j;ya#gPX-#kAOMN)(402t.>cNDG:7bBsNU$.Av7l[8uw$.f9.Merx$#n@$v#LOZ%YYL-_Y>0dt%/9o-#i5[`(<cgc#lF_i",
    "$1JIB[8*l0Mf'4:#l=xk$1xZ%#Q=f)#x:#Aa]l&U[n_X'%0-Ir$'CsLTh^3,UJ@PN]1vsF]2#&fLKX[]",
    NULL,
};
// attention_forward.comp c6aa63e96e89b592
static const char *const r0i_spirv_attention_forward[] = {
    "M9q3FL=-4dL2<>b#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*mkU<$Z@%K(LR>/(Np1.l<QAR#;yaR&S:$=6<>-j(V9]Ql<SOy$IBF4#%WF(HqYbgkv8I;l<SX^#;yb<-Vi`<TM5VsMI)cV",
    "#%WF(ThPN8#;6x^#>X>qUJ2q9l<Trb-W/rya@ukFMI+2)#%WF(ax;b`#;6]1#>X>qb=s0al<VA5-Vrf=oh>WsMI,dV#%WF(p.YO8#;6]^",
    "#>X>qpe;r9l<Wsb-W&l>Q;.WjMI)EM#%`L)QVIO/#;6xT#YsGrR8+r0l<TTY-VWT:WD3Y(MI*)`#%`L)W_NPB#;6xg#YsGrXA0sCl<U8l",
    "-V`T,#k&%)#k.w*-;<K2$s`tl%:06Sax`^tc;PEn$rR:;):/Y-%q+I3)e'-Q$Y(;`l;e^A#;yL)+ARSv,#nk3&5jZxl;e+<ttO2c/lDf.",
    "%Wqf(l<5Wi#VZTn0hm=11/.v;&5k18L/-fy$w/-t&lLxnlrYZw5'JPA'QlNBl;e^n#L3LLl;e_2$.&sk%:A1,)6n_GLI_ty&79'Rb#eki",
    "7aMC`)7tQ2GZ/Vx%D`_v%Dm8E%`8_%l<8D['$pp=#yV[(&7^At$d]1:#y;H9%H[[vaxw[5TM:)KU.l'h#VZb^#O)8$MH$yT&lPK5a@vyh",
    "%M&Ux#LEbu#yxlJl<;,1b=rED%Qa].a]%x5ohC*KpIu)h#VZc^#X/9$WDem`)@m)=#i#L<%c.7vQVQUTQqiiM'(6)(#[bJXW_T<oMH$EW",
    "'(>ue'_)8*#[$.u%+GAwl;e,L#vbG^#Z(M,Ll)C#'YxWsl<85r#y0ZL[Syid6w)=FLl/HBX'@4p#^.`t'iMkQ`_M57%1WIZ#^`C_1CjPy",
    "2t.>cawfiZMeiVy#n@%Y#k8U:^J6dmMerx5#n[7Q#k8Ix_+m+NW`o]D#mUOh-;qN^^eVOIX'yX;*0I%2%$O0x(2-6X+RfnL:R$Q[%$jDY",
    "bBHUV_bNif6^e#s7$p]ILl+q)7/R,A7%2)A%%t:=:[oW:yjQn0X'yXT*3,fK%'3hY-W4BJB+Z:pBVf/87(%W6Dty+wOA@U0OxKTJ17)t@",
    "$+n-BEOGoi7(d9RLl,sJ(21iq*+Uf''iN4[cq_Q;%3#Bq#h9&B2c@w-eP7CI-W5C0#ePe:%*Hq%K@(fLL.v-X$1xY^#L3@u*m=Za'jlSt",
    "LeX^xMbSq1*7+`c'jl`#N(p-q):S]C#L`_R(9`QvH.E*='wEyE#LOZ%OxL^=9C=v]Ll,vG7+hUr7+hVB6W/hJ2n,/YPYHjd;;VE9$+n-B",
    "Ptd9C#S92e#MK4C#L5Ns#OrA=S5#5POx`l/S4vYR-;p48OxxFD7+hUr7,%bC(226'*+USv'iNUfgJ5_F%4202#]8[]%4;67#]PKD%.40S",
    "#bx&0WD00mUJ2U'#Oi73X%fBoW/@HVLl/'6Xbd_Y$+#[sl:n6^Xbd_U$*fOqgJ+YOXbd8E$1S&x#L`bW#SAVaZVyBa>7`sw#PA+$b)3<*",
    "XxG`uLl/*7Merx-#M9-iMeiV.#Q=b:Merx0#QOnIW/A)hLl/]HXbd_^$+$O6eP3SYXbd8O$%8^Uf1ie[Mg.o4#N>j-b)*]6^J+bN71')0",
    "#R1=b70N_l(9bMXH/xr*'jnd]`_E=F,:in8*dshu%4qZC#nxjvlVyDDN_ebp%5J#M#]PKD%2Aq0#lt(a-;r#kcV9^2XB^<xdS7xb*u=tW",
    "'jo3idS5O')B/]]3=Q$;#NPvE-;r5qS52TO70EYH70WeO#w)4e#BZ#4SknHo)C5FK$6]H.#w)Cj#A;^olYI7p#NPw@#LW]kjx5buj@tG9",
    ")DD1r38Xiq#V,rR75=nv75=oF6W0@Y2vKEy#r;V>17.y3TMKMJ6o4s2#>N.(nkJ:OmS/;#m7kQW%6O_H#^tfm%6Xec#]PKD%7:1i#lt(a",
    "-;sYDrCr_dXB^<xs@r/h+%650'jpiBs@oG*C.SHo#Nc-f'jprEt=kb>)9`1b#UTT3#w&6g#CbQ7sx45Ma]n^JLJEPL%+#(J$'CsLlqN(v",
    "mS0FCY>'V9Y>'^s%+>:y$'CsLXA+;6XwbXXO%t:oO%uU>%+t`@XwbWqOA:La;;208$+n-BOxUd=#S92a#hB(=#gPWp#kAOMr(x#J2t.>c",
    "rD*&kbBsOp#swcPl[8w=#tG&GMer[g#mg[TMeiUg#tP-f#gjc&TMCkZP>A#iC$5Wd#MB4Y'jmM:U/$Di)=%@u#i>ab(<lmV#i>](TMEC=",
    "VG<agMeiUq#h]<PW/yF:Ll.*qXBZaw#w=a0W`ox_$-`Sp2H#98Lef3Z2c>E:N)(_V-;pjKNDI5mN)(,m#Yc<+$1T-TZqcZfZVIB4LJ=sW",
    "XA0W9#nIRR#l4W#7/R,A7/R,`7El<G",
    NULL,
};
// bias_backward.comp 1ffd8e67d001557c
static const char *const r0i_spirv_bias_backward[] = {
    "M9q3FL=-4dL2<hn#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV9$rDUn@8%Nq(oI@^#;6[s#qut#-qr];@r292(V0fWMdC=*.88c;Fx^w5GA[FF(VLtqkYMyZ%Sm0*",
    "$W8*Nl;e+)$.&on$sghx)-vMTMGt9w)DDY=)c`x@*,G[y&7QGZl;e[A#g`iw%oVIv$uy56&5jcV#VZF5$r;Oc/km`X'Qbd.l;e+B#LEa1",
    "#y'Vn$vmHX#qu]o2GD&$$weUH&p$$p0QuMj/r'J_$^/D7;/G<(;47ML&7S[EWDcusaxuENMGvhm@PA;#@owCnD-0I0%D#4R%D-N7%_N4l",
    "l<8/M'+k[Y$;:QW6rDv2JP>*k2TUK;K(0D+OxI9XW`oxi#M/w6-W5q.OwdS/(3bdC079R0%,1gH#LOZ%Q;*yCPte)m%+#$<#14T%MbT:;",
    "MG9p^0w$)f2Xh5bND5.3MeiUW#LNS2#Or@J8mrV:'iIJlbBHFLN_Mu+6^7Zn7$C0:Ll+b$7)snH:[UEHLl,%16^O`U<0_6wXbd8`#CK+`",
    "=7HiE>w$e5'iJ/=Mg.^tXxDq>6_7.Yb)0y&=O'+2XBZ_5#@SF+W`oxs#N5_+2H#uJS4t.k2cy,LTM6Zg-W4IU#Ea^d%'Z4*Bve&2Cp8^w",
    "XB]DT@q0-M'piXOX)(GJXw`Wf-;n^^#GRr[<mEn1XBZ_@#@SF+W`o])#ODL62H$AUVbJm12cyMWX%ahr-;nve#LieT(:/5.*PnOc;8dxY",
    "-C9#+XwcfJIDqqJJ^-I0Vi-+>",
    NULL,
};
// bias_forward.comp 2e9e4ab9952fdf2d
static const char *const r0i_spirv_bias_forward[] = {
    "M9q3FL=-4dL2;oT#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV.$rDXo<_O`Akv7+jl<R;8#;yak-VWT:>uCg^(o..PMdBLh.88c;y;BQsyu>v/(T&y[kYMyZ%Sm0*",
    "$W8*Nl;e+)$.&on$sghx)-vMTMGt9w)DDY=)c`x@*,G[y&7QGZl;e[A#g`iw%oVIv$uy56&5jcV#VZF5$r;Oc/km`X'Qbd.l;e+B#LEa1",
    "#y'Vn$vmHX#qu]o2GD&$$weUH&p$$p0QuMj/r'Kl&7S%3Lf$ec$^r4:%@^-6%@g5N%x4$.l<7&d'(6(1<=]>yy-ik`&u=T%y_w7g%^$5=",
    "by4mQ##Bi<$h4d^H$(V9'iK.uMer[EHyuE&0u>AsW`oxTI*j'EI_g7.)H(C7#14T%F2Vnp(3aY]2Xh5bFh39Q%(pGvX'yU9)j$k0%$F'Z",
    "(2$-U+7KeK:6UBY%$a;VMg.jjG*V*S;bY,s;4()57$sid+itI=2Xh5bKZV2j%*en+2_d$pM+rS+.FB8G>gEGnbBsNW#Ke2S2c>ZyP>*;%",
    "-rOHq:=11lBA*BtXB]5Jyt3XE'q/[HXB]5L=CYD2'q/aLX)(PICp:fkCU9b&;pIS)Vi-+>",
    NULL,
};
// embedding_backward.comp 489b4eef03f451af
static const char *const r0i_spirv_embedding_backward[] = {
    "M9q3FL=-4dL2;oU#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV9$rDUn@8%Nq(oI@^#;6[s#qut#-qr];@r2y4(WySbMI(U4*mkVM#&aN*(WHP@(W[e(l<Sda#VZkD",
    "$rDUnL.qYgMdCp<#&aN*(X)nbl<SvG-qr];LeT$tl<T`x$rDXoSkT35#;6x[#>X>qTM6V6l<Ti_-VWT:UJ1qvMI)lY#%WF(UeLi;#;6xa",
    "#>X>qVG/7<l<U&e-W&f/#k&%)#k.w*-;<K2$s`tl%:06Sb>T'j$rVaf)H@J8'OVYcW_jOX#VZU)*DGO)*+]3.%VH)Ul;e+8%kn>u.SBh,",
    "$ZcMXMGtv./hdce02:M<$vD[.%X.q]l;e+FL<K``&5k2cb#ek1#Vlg>5(b><l<5U$#VZU)8kjnE:vwXr%1`]O@*f1f&uXf(@]9dm%^-:K",
    "axcYrl;hN7#4DfGD%ym$J'xJO'#rvGJ]J8u%Eets%Enk+MH#.2'$LD@'[6[6#yZXgQ;%e'WDf-fD%ymB#NGjA%cm_'Skx9ZT1tbY'(6(w",
    "#y&HJUeRCaMH$3P'']N^'^Ger#y^%t%+bQ$l;e,O#[G>]#Z(M,Ll)Bw6iR0jl&%2*#L5OD#Or@Zax=4;W`o]L#S-sn-W7ofawXMg(3dc&",
    "079R0%2/dc#LOZ%c:u8^btY$P%0uut#14T%_bJ3V_G-kA1'w&I2Xh5b`D+'NMeiV:#RLPM#Or@J94:6f'iIMnX'yU;)eGgZ%$X9>-W3O/",
    ":D#+Q;@ET$l%r,<b)/ih;pIS(W/@ocLl+qL-W3n^#F)'4%&C[C:@xs=dnLQs2Xh5be4n1lbBsOG#T<a*#r+/BfhKmv.FB8GBHI8WMeiU1",
    "B6L.eBs:l_B^cOyCTs[NBtIYjBCHF>G.XK9GKrCqXbgZR#dmCp#JR+&%+t^);rRi%Mg.kBP>5^26bdYFb)1GfH-SUtbBsO]#T<_il[8w*",
    "#W)R1bBsOh#T<a+#r+/BqG$Qc.FB8GND9%LP>7uiBw*1=#@iNnW`oxf#Lie3-W5n-O%i1&-;oh-mnJaFMeiU^#MB-`XB^ikQVDjIPte&g",
    "Cu,3Y#OrqPRSAfIQq`9x%,q<N#`tdJGKrCsbBsOs#T<`$l[8w@#YG,GXBZ_$#[nO&W`oxb#g`Yq2H#B:MbYuk2c>N<O%pqW-;p[EOA8aT",
    "(9aT>VG.m,#Oi73XxGZsMerx%#P.tjMeiV%#YP4%#LOZ%ZV@K)yLeZm#PwPo#@jlyW`s*C#PwQ%-F0mx[S;cea]krQ[nWTaxP7[CxP8cc",
    "LKX[]",
    NULL,
};
// embedding_forward.comp 213895e531d198fe
static const char *const r0i_spirv_embedding_forward[] = {
    "M9q3FL=-4dL2=5$#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV/$rDUn=%jIg(nCYT#;6[i#qusn-qr];=_w4((TRaHMI'[o+41_4#&aN*(T[^&(Tnrcl<RkG#;yb+",
    "$rDUnDG1o)(pj9k#;6x+#qut0-qr];E,>x>$;R@*#u7:'$u>r.&5j*GMGk-q(_Hvi(fCRp%U]T[l<4my&+BaA-;EQ3*+Jw5&7QM^MGtO)",
    "%58,s-<0&:$uc/Ml;8p:$.&s0#BSs>/p.4Z&5ju^MGu*1%58,s1sCJTl;e+H#7q;O4xb'N/VH'90ea)h5u$EN*0:3V$^RPr<`6hD=.FqQ",
    "=BJHb'V868MGvel%1`WP-LV2MAIf$WA^C^p&v1/-B<D[A%C9C^%CBd)%^c_^l<7oy'$pp4&ut#'%0$yCby4mQ##Bi<$njcp#;88uKyc[4",
    "X'@1;#B_Nq'iL#qOwgXW%,(aF#C<4]0wu_]2Xh5bQ;*EEMeiU`#MK4D#OrL9MbQ07Mer[V#MfF<#Or@ZND2KlW`oxe#L`_2-;ox)N(o+4",
    "X'yU9)j$k0%$F'Z(2$-U+7KeK:6UBY%$a;VbBHRTO%i506^[rr7$gTFLl+n(7*'tI;t:KBS4s`<2Xh5bSP>DSbBsNe#NGi2l[8v2#Nl,9",
    "bA@HiO%i1&-;n%@#Gn;4@Am+E@.4x7A#RA(%.XGh#CPWk%.aN##B,<B%'ld8O%mTN%/g4s#QFii2cyqc[nS+)-W4rn:=11lGl@`eX)8-g",
    "O%i1&-;o'3I.@isJ$p0@W`rfZJ+=/vJZ]g)a]j,AW/>uX7*)'iLKX[]",
    NULL,
};
// fill.comp e40189b473e4e3d7
static const char *const r0i_spirv_fill[] = {
    "M9q3FL=-4dL2:s8W)*Ox#YiA1e1Ln1m2_s0[5yCf#u&6B##48d$W-72XyQnm0SkHi$=*[:#VZj,$rDXo)GDAZMd@*%.9M:y)GVMlkv4v.",
    "l<PlN+YXLk#>F2o5yAae(PiHAl<R(k$IBE`#%`L);bSE>kv6wgl<R25#;yah-VWN+#k&%)#k.w*-;<K2$s`tl%:06Sax`^tb>T*k$swZs",
    ")c[V:'O_beW_jRY#VZU**_bX**G,B0%VQ/Vl;e+<ttO2c/lDf.%Wqf(l<5Wi#VZTn0hm=11/.v;&5k18L/-fy$w/-t&lLxnlrYZw5'JPA",
    "'QlNBl;e^n#L3LIWDcK-axtp2MGv>_<%nfx<EOo`>#c6m%xjGLby4mQ##Bi<$h4d_Bm)$+'iJSUMer[5C3udl19rBfW`oxDCsaA5DQvjS",
    ")H'h(#14T%A$fM@(3j/O2t.>cAZCH1%'3aFX'yX;*0I%2%$O0<16bAA:+nc,#7s(o:mZd$:w>0@F(,uEW`oxKF:g37Ge,Xp2c=_@.a]AH",
    "=heAE(8+ZH+RfnY>bS$0y)18:=q;.L>jaePLl+k&7El<G",
    NULL,
};
// kv_write.comp 3ae192b573762121
static const char *const r0i_spirv_kv_write[] = {
    "M9q3FL=-4dL2y6]#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(=<b3",
    "$#^PA(LI8.(Ng+-l<Q>Q#;yaQ&S:$=5v#$i(T%CCMI'Lj*mkV.#&aN*(T.yv(TAT^l<RxB$8<(0$rDUnE(h,+(q'Em#;6x-#qut2-qr];",
    "EbttD(W$A_MI(L1+41_K#&aN*(W->=(W@S%l<S[^#;ybG#>t]](si:e*mkVW#>y@Gkv8sH#qutL#AsQ+(X`>2#VZkN#>t]](tJ^k*mkV]",
    "#>y@Gkv90N#qutR#AsQ+(YAb8#qcycWDit)W_itH#;yKm(Jf]m(fCth%:9`U$rVaf)H@J8'OVYcW_jOX#VZU)*DGO)*+]3.%VH)Ul;e+8",
    "%kn>u.SBh,$ZcMXMGtv./hdce02:M<$vD[.%X.q]l;e+FL<K``&5k2cb#ek1#Vlg>5(b><l<5U$#VZU)8kjnE:vwXr%1`]O@*f1f&uXf(",
    "@]9dm%^$4Jl;ex8$1A,:%1`]^DpSd/&w6k7EOZGu$c*ta%Dm9/%DvAG%`Ae'l<8G]'(6(]#Jn;dMG8_-MH#:6'$pxD'[Zs>#y[a0O%fiw",
    "%FtRy#LEb<#yZjfl<9*MOwcAA%cve(HnYn8nP'lb&5qjv(D.*]$;:QW6rDv2UeLkQ6vtV2Ll.g/X'@1]#B_Nq'iM5>ZqZ7$%/^/5#C<4]",
    "1&V-*2Xh5bx4s54MeiV-#Q+W3#OrL9XxCcYMerx##QFi+#Or@ZY>%*9W`o]2#PA,T-;pmKXwbp#X'yU9)j$k0%$F'Z(2$-U+7KeK:6UBY",
    "%$a;VbBHRTYt[hR6^[rr7$gTFLl+n(7-Xg.7%)#@%%jS):@TN9yM=JpXBZ_X#@SF+W`o]A#Qt2N2H%4m^J4#ul[8vT#RLN[MeiU0`(a22",
    "(9V/V*Nc,O%'X7A(2%5tC[_jBD6ekB%('Q]XBZ_c#@SF%W`o]L#S-tY2H%V#awXTT2c@b%c:oP@-;nk/#G7l.BYJ;&GOQ,NH+nuY%)yQ$",
    "bBsOH#R(6dl[8vj#Tj(qMer[OHBa,0%*Sc*#KqgI%*en-#Gf=r%4VDm#AiL[%4_K>#B.S=%5e2##WMlM2cApFmnG%a-;ot1n4cj^(9Wg)",
    "OwcbY#Oi73R8&iKMer[f#N#QVMeiUf#V,rF#LOZ%T1tYVyLeZw#Nl-G#@j0+W`sW>#Nl-g(yPYl#K7M7#S.Iy#Nu3d7-Xg.7-XgM7El<G",
    NULL,
};
// matmul_nn.comp 141561ea336276c2
static const char *const r0i_spirv_matmul_nn[] = {
    "M9q3FL=-4dL2>%E#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#)>q2$;_==#>O8p.T-E,(i]P(#14'5#B(%.(i]V*(=<bE",
    "$#^O8(i]x,*wn4U#qusV&SC*>:JCjR(R>GMl<R+q+tsVM$rDXoFxF#`kv844l<SCW#;yb5-VWT:h+x)[MI+q>#%WF(hFvuu#;6]F#>X>q",
    "i(YCvl<W+J-V`Z;N(sR`MI)'C#%WF(ND9J%#;6xJ#YsGrO%pm&l<T6O-Vi`<_GL><kYMyZ%Sm0*$W8*Nax`XrMGt3s(bc;).8PV*.T.N8",
    "%<3Y$$rR;d%WVl*l<5Nc&+BaS-;EQ3/p.1Y&9KF-MGu0;%58,s3)nsL$wxF_l;9QL$.&sB#DM5P5_fD)&5kVpMGu`C%58,s7a-Bfl;e+Z",
    "#7q;O:JKt`5F+m,6SJw7;b_jN=tg;8>>:l$FBudmFh368G$&]I'YJEtl;f=X$IB(/&maR/%+t[8%kn>uRnXJY&5np#7kb9X_+g##MGq/l",
    "(^C)u%g`8C_G0*)_bIjL$SVoq`_Ac`&9Q6&$1A-S#@55UhG)U+MH&85'-mWC'dWo<#y^%t(cMIvMH&tI$=2_+_bKT($Lx5X#[P>VND>45",
    "MH#C:'%6qH'[v3E#[$.u%+YJbl;e,`#g<A,%L`DSRnxQFa%cmY#qu]ohG/l3l;e-V#Z-1_n4jT_#g`lH#ZKwnl;e-J#ucLcr_F-t#LEcU",
    "#ugV)l;e,m$>bB(Ytu&9$IB(`$<*v3b#ela$VZ:f=pYB:#RCU(l;e,d&W=V@#Z(M,Ll)C#'b(6=%TDG%nP5lh%PSD^#kA70l<<vhePQT9",
    "'_hhb$WH+wZ;B1x%PKv`$VxL+_bn-Ta&.GUa&1l`Y>YHb7#p86Ll11vX'@8y$Zdit'iO*wktv.x%5A&N$n)6#-W9)6lVTG;(5]D,6&;=N",
    "%06_E%FH>,]Ml4H7e%%V]i-w_W`o]@%Kcsn-;qB_]Ml=KX'c/;%@-wO-W7*U^Jh7CX'@gp%@KQ^'iM8E[8Vd*%/gG;%K$JR-W929[o;Er",
    "Merxe$oJ3IX)8/4$iL>r$dg,*oMOv_3:RQ8p/*3@W`o^$$p4_90qx#Dn58^_l&#%>#7s*n$pOqk$dLt2$gp4]%F.15$gp5T$dLt4$hHMh",
    "W)l>]$q^_&$dgN-r_]D$T1v7jttt5'#S93u$q1A'$dLt8$h4dEsx[<NW)plNsxx;fMeiW#$gnD+W/C7TLl24>W/y+5Ll-^jXbd8x&WZlu",
    "QrB)TX'@74$v0`vW`oxa%*o.817s8.WE4axb))<jQ;[f*7*u4s%,V<F7+);;7+2@q7+2AA6W0mp8C@`#%4)5917sG3Yy0pmb)+n]hbjLs",
    "7+MS(%4DG97+VY#-;ok3WE6'1bA7CK%+#3ENDBcF$r&)4%,D-F17sqAPYv0BXEH#`%-.Vr0JFG]TMh1cW/@'PLl.[0Xbd8k&WVcW^J^x3",
    "Mg/1q%/pWnb)*];V,@@97-XvP%0d$l7-b'7-W6XGYy*L:-;pUHVc'g3XB[A+%<EtgW`o]W%N5Tp2H%w4ePe7g2cA.6fi'cc-;paLn56K&",
    "bA7Cd%6XlxNDBc_$r&)M%/'n_-W7*TYu66_MeiV*%/L1p%+-2*[o1^a[Siu;Jc5m2#Bd:ZW`p)F%/pJ2-XF,fxPel(X'y;L%3YoR%1`v]",
    "%06[j-;qB^x5u].7-=d070Wto70a%P70a%u6W17%8HoDS%1<Bt17u9gxQ:R.6mMvT$r+[-`)=yXhGSrm`DVD:%1NOE&UoF[%1`[_%0$_9",
    "(3wSA/TjDZ'iNaohc%LO%4VWy%H.@Q2cAOAjARqn-W8#nQr;vPMeiVE%6=x&&eQ6oe5G@76IQ$EePZEud8J7tMeiVJ%29$r%+-2*f2CL7",
    "el&A[JfY-V#^+O&W`p)f%3>`R(1,KuhGM0ua]m8&fhvNM%3l)e&YYqd_,>lPhGU)8hbo&nhbo/S%4;A_&YYqdNDb@qi_lM<j&1Jrj&2eA",
    "%/('vi_keFP#I'h=tBm]&i9x36e_k.%8Fd.k#1/GPuE:%k>J%AkYcwwkYe=F%/C:$k>I1GN`1Xd=tp6e&UqZbO].'E#S93b%5J.L%F.1'",
    "%.6>G%*h('%.cVi[9#^x%+5DM%+-W.n5yH$3=n@4%Q=Srb)5IlnPY-NLl1M+Merxh%/C9iMeiVi%64Xw&^_b0pJS#&37/jVq,6`jZWEu<",
    ")*eE[$pOsq'j^KyqGN#n%7LLp%/UG4(1-iFhGO)VW`p*9%7UR%(1)MwePYdCW`p(i%Eo(:#vi-k#Cc>RsxaVXa]j:(Lf8wR%+5Cf&YYqd",
    "m8AP'NDlR=N`1OsN`1XX%+Y[h&YYqdkYcwwO].vAP#HswP#I'x%,(si&YYqdj&1JrPuFEEQ;`C&Q;`K`%,M6f&i9[f7*Gkj7,J7I7,S=*",
    "7,S=O6W0^k8Da[R%Ijxx17snAW`PTmb)*'*X&B'@7,nOC%J0nx7,wUq-W6FBW`Lt5-;p@Bn55Z`X)8.;%IaaaMeiUo%QXdh%IjvGW)M#L",
    "W`Pv1([hV,%PKv,%SYoM8MLJ*755&i0q[]=U/UShMKVre%Q+MT6p(]Xb)5ImnPepcLl1M,bBHoW%I=ya$gp5O%F.11%J)`bpJ^<blVm7x",
    "nPeJ7q,7;876LoM%R13R76UtS7+V^w76_%X(3tvN/TjDZ'iL0'Q;khx%,hKX%Z]Y/%,qQ]%Y9=x%7CHp%PS(D-;sYJS5f8lMeiVu%RgWv",
    "%Ijvbt>H_mW`o^1%S6pj0VAARtYdfO6duBFb)64-LfAn6Ll-^lW/yCyLl-dnXB^,/%_X>l%IamDMc>@=X)&C,%abRx%IQF>%aI8t%eDhv",
    "X&l')L/`q;LfC6dJ^t+M0LlBh'wNZj&ahjE%aI8w%dlOx%F.0;%FH;+X])$,>OF]C%F.0>%IQF_%F.0y%IQFu$dLsR$h4d`ZrAE,W`o]7",
    "%f-Ig-;q*X[8`i2bA@Im%fHx)#Or@ldoAJqW`o]V&/bf3-W89#e5xd6(5^CJ6&qaT%35d*&()M-fN$7-f2]e:%06bd&,ljl-W7B^]2Y2&",
    "X)8.U%iu&d%acG-^f7jRT1u.s6jEvq8FR-t_Gn-VbA@J#%gWI0#OrvG``0T[Rn]WEa&IYXa&Jt'%0yp-`)4Zdb>a1M=qCuO&`Ed46l-.O",
    "%Sam/b#H>hd8Y^bb>b<Q)%v;M%fv.[()$vC#LOZ%cr@Gb>OF]p%aI9b%dlP.%aI9c%eDhk]iRQI%f-M:&+L3dePmqG#Oi73el9t)Mg/2O",
    "%g*4i%hLo2&,6H7b)4SUfMo%aLl0ViW/BnNLl1M.Xbd8v&dSdp%iu*.&CE&2oMrS9P>/u^fiHI1#7s*j&3C4N&C*L3&+LiOpf4w=Rn^kK",
    "%7:I=&`Ed5-W9kP_cN71X)8-r&IAj:#LO]&McTCY`_D/5%+>R@&OQl^-;o_3]MwW8X'@7<&9CkN'iKv$O]I0j=kO/C&D.@R6fAAUb)20h",
    "PZF&[Ll.4'MeiU`&H`G8&()r1RT>P]el8B2RoY-.RoZGR=lKeO&N^<e&D@LT6h:Xgb)2KqSlV1gLl.O0W/@K`Ll.R1XB[A5&9B:jW`o]a",
    "&L7`+2H&@Ahc;Nt2cALCj&S%p-W6RIOB0_;MeiUq&H`G8&()M-WE,X%W)eUu%.FWa&FTu,(<<7^i(YZw&F^3GXB)0.W/@K`Ll/*@XbdZ8",
    "&iTj]&Fp1v&Fgy&#PAHA#La&$(%hqZ&^_b0Yu^d4`_D/5%/C87&BtR>-;q'Y^f5kqMg/21&GunB%kg*]&5:$0xQ6(J_,c/TxlON2%0HtM",
    "&kE>d17u-g]iNKhW/A2tLl/fTXbfvm&H<+=&I&UQ&MH<q&5:$0_H+B]_cDAV_cELvdoM'f`)`aM1bT2e092iB%58/Q&J6^)mT/CZRn_w&",
    "%5eM[&:oO]%1WaX&kE>d-W7ooaB#KRMeiVC&J5BX&CDV.crTCAcW6oXJendS#^+:#W`p)_&JkfP72ZHf72ZI66X@iGnP-]-dT4(mX'G$r",
    "eQ2-CZW=tXeQ0h(W/Ar4Ll0PiMeiVL&IAj>#jsoG&'dBk&C<Dt#hB)5#jso3%aI9n%eDhk`)f;X&GyG4&()r1i)IF%Rn^hfYuR`4#7s*V",
    "%jqYe&'dBs%dlP>%aI9s%eDhka&bVc%lswX%aci0j]''-mS:]eoi0jY#S93x%kJ#Y%aI9w%acG-ku>B.`_D/5%5A/P%g`Nv-W9,:a&eO1",
    "MeiVb%kwAV%e1-$#W2o*#W)hd'j^*6mo6,u))hj#%h/pf(,lOf%acD,oMiY<>OF^6%aI:1%dlPR%aI:2%eDhkaB(`#%aGDV%aci0q,G4B",
    "mS:]eM,j1W#S93p%mUEV&'dC7%acG-rD^LB`_D/5%7LS#%h&a$-W9hNaB+X2MeiVv%n-e)%e1-$#Y>=o#Y57#'j^fJt>V74)+t89%h8vg",
    "(.ws9%acD,LfM<'>OF^J%aI8o&+2X<&'dAq&+_qla]Cgb&+U&+&()r1NE*l-mS:]eX];0,#S92Y&(Cpe&'dAu&+2XA&'dAv&+_qlbu[6k",
    "&+0be&()r1P#]P6mS:]eWDwpf#S92^&(q9f&'dB%&()P.PuY_5mS8I^%,D6S&/,HO(1*27W`6lIW`p)'&)R]n(1*;:XAm5OW`p)*&)moq",
    "(1*M@UJv@cW`p)0&*O>Z#vj-4#C_nISQ24ja]k9FUfE+p%.4HG&YYqdO&^dvWE#[[W`=Y<W`=av%.X`G&YYqdMH,7qX];*_Y#U(@Y#U1%",
    "%/(#F&YYqdh,JunYuQIyOA:[<hG0f4Z;lLDZ;lU)%/L;C&`Ecg72Q<c7/I;g7/RAH7/RAm6W1F*8G``=&/,B-17tm_^/pS(b)+8NbuFfd",
    "7/mT(&/GT-7/vYO-;q<_]MuRRbA@It&-ND.#gjf'^f@pTRnxT_%0m4P&-`Hu-;qQf^f8*YX)8.x&-ND.#gjf'a&TobRnxT_%1W^^&.JsG",
    "(1+phUJwa7W`p)X&.f136fADVl&%hw&C*L3&Fg<epJrZFW`o^%&NpLD0qx&J_,^&:MKVro&O-Xd6q.Meb)5h%qc<Q(Ll1k9bBHoa&Io-S",
    "%dlPx&C*L>&G&&es]4r'oiClvqc;aDt>bRE77R_d&P3>b77[d`7,xO/77dje(3uy[/TjDZ'iLN4TNB*i%-n;o&WYt2%-wAt&V5X_%*f7r",
    "&,QXi-;oJ-VH8@xMeiUT&^Lk*&+L3dNE7LPW`oxe&^q.Q0V=25N`SS26f&2Sb)2$eP#mNPLl.($W/yaLLl..&XB^,9&xTXN&b$<HPuiuW",
    "X)&C6&_d^9&+2XJ&^ET,&bA/$^K8BaOB7QUP#nMqJ`$pZ0@:1K(#TK6&ahjO&^ET/&ahk,&'dB_&()M-cW.Jd>OF]_&'dBb&+2Xw$dLsS",
    "$gg15'MJL1",
    NULL,
};
// matmul_nt.comp 60400ed7b98ca8ce
static const char *const r0i_spirv_matmul_nt[] = {
    "M9q3FL=-4dL2>%E#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#)>q2$;_==#>O8p.T-E,(i]P(#14'5#B(%.(i]V*(=<bE",
    "$#^O8(i]x,*wn4U#qusV&SC*>:JCjR(R>GMl<R+q+tsVM$rDXoFxF#`kv844l<SCW#;yb5-VWT:ge@uZMI+n=#%WF(h+[lt#;6]E#>X>q",
    "hb>:ul<W(I-V`Z;MbXI_MI)$B#%WF(N(sA$#;6xI#YsGrN_Ud%l<T3N-Vi`<_,15;kYMyZ%Sm0*$W8*Nax`XrMGt3s(bc;).8PV*.T.N8",
    "%<3Y$$rR;d%WVl*l<5Nc&+BaS-;EQ3/p.1Y&9KF-MGu0;%58,s3)nsL$wxF_l;9QL$.&sB#DM5P5_fD)&5kVpMGu`C%58,s7a-Bfl;e+Z",
    "#7q;O:JKt`5F+m,6SJw7;b_jN=tg;8>>:l$FBudmFh368G$&]I'YJEtl;f=X$IB(/&maR/%+t[8%kn>uRnXJY&5np#7kb9X^eKnwMGq,k",
    "(^:#t%gW2B_+iv(_G.^J$SVoq`D&Z_&9Q3%$1A-R#@55Uh+cI)MH&54'-dQB'dNi:#y^%t(cDCuMH&qH$=2_+_G0H&$Lx5W#[P>VN)#(3",
    "MH#@9'%-kG'[m-C#[$.u%+PDal;e,_#g<A,%LW>RRnxQF`_HdW#qu]oh+ic2l;e-U#Z-1_mnOK]#g`lG#ZKtml;e-I#ucLcrD+$s#LEcT",
    "#ugS(l;e,l$>bB(YYYr7$IB(_$<*s2b#el`$VZ:f=pP<9#R:O'l;e,d&W=V@#Z(M,Ll)C#'at0<%TDG%n4ocg%PSD]#kA70l<<sgePQT9",
    "'__ba$WH+wYu'([%PKv_$VxL+_GRvR`_h>T`_kc_Y>YHb7#p86Ll11vX'@8y$Zdit'iO*wktv.x%5A&N$mu/w-W9)6lVTG;(5]D,6&;=N",
    "%06_E%FH>,]Ml4H7e%%V]i-w_W`o]@%Kcsn-;qB_]Ml=KX'c/;%@-wO-W7*U^Jh7CX'@gp%@KQ^'iM8E[8Vd*%/gG;%K$JR-W929[o;Er",
    "Merxe$oJ3IX)8/4$iL>r$dg,*oMOv_3:RQ8p/*3@W`o^$$p4_90qx#Dn58^_l&#%>#7s*n$pOqk$dLt2$gp4]%F.15$gp5T$dLt4$hHMh",
    "W)l>]$q^_&$dgN-r_]D$T1v7jttt5'#S93u$q1A'$dLt8$h4dEsx[<NW)plNsxx8eMeiW#$gnD+W/C7TLl24>W/y+5Ll-^jXbd8x&WZlu",
    "QrB)TX'@74$v0]uW`oxa%*o.817s8.WE4axb))<jQ;[f*7*u4s%,V<F7+);;7+2@q7+2AA6W0mp8C@`#%4)5917sG3Yy0mlb)+n]hbjLs",
    "7+MS(%4DG97+VY#-;ok3WE6'1bA7CK%+#3ENDBcF$r&)4%,D-F17sqAPYv0BXEH#`%-.Vr0JFG]TMh1cW/@'PLl.[0Xbd8k&WVcW^J^x3",
    "Mg/1q%/pWnb)*];V,@@97-XvP%0d$l7-b'7-W6XGYy*L:-;pUHVc'g3XB[A+%<EtgW`o]W%N5Tp2H%w4ePe7g2cA.6fi'cc-;paLn56K&",
    "bA7Cd%6XlxNDBc_$r&)M%/'n_-W7*TYu66_MeiV*%/L1p%+-2*[o1^a[Siu;Jc5m1#Bd:ZW`p)F%/pJ2-XF,fxPel(X'y;L%3YoR%1`v]",
    "%06[j-;qB^x5u].7-=d070Wto70a%P70a%u6W17%8HoDS%1<Bt17u9gxQ:R.6mMvT$r+[-`)=yXhGSrm`DVD:%1NOE&UoF[%1`[_%0$_9",
    "(3wSA/TjDZ'iNaohc%LO%4VWy%H.@Q2cAOAjARqn-;qlloMMr+bA7D/%57sONDBd*$r&)m%2K0*-W85td8GX*MeiVJ%2oH;%+-2*f2CL7",
    "el&A[JfY-U#^+O&W`p)f%3>`R(1,KuhGM0ua]m8&fhvNM%3l)e&YYqd_,>lPhGU)8hbo&nhbo/S%4;A_&YYqdNDb@qi_lM<j&1Jrj&2eA",
    "%/('vi_keFP#I'h=tBm]&i0V26e_k.%8Fd.k#1/GPuE:%k>J%AkYcwwkYe=F%/C:$k>I1GN`1Xd=tp6e&UqZbO].'E#S93b%5J.L%F.1'",
    "%.6>G%*h('%.cVi[9#^x%+5DM%+-W.n5yH$3=n@4%Q=Srb)5IlnPY-NLl1M+Merxh%/C9iMeiVi%64Xw&^_b0pJS#&37/jVq,6`jZWEu<",
    ")*eE[$pOsq'j^KyqGN#n%7LLp%/UG4(1-iFhGO)VW`p*9%7UR%(1)MwePYdCW`p(i%Eo(:#vi-k#Cc>RsxaVXa]j:(Lf8wR%+5Cf&YYqd",
    "m8AP'NDlR=N`1OsN`1XX%+Y[h&YYqdkYcwwO].vAP#HswP#I'x%,(si&YYqdj&1JrPuFEEQ;`C&Q;`K`%,M6f&i0Ue7*Gkj7,J7I7,S=*",
    "7,S=O6W0^k8Da[R%Ijxx17snAW`PTmb)*'*X&B'@7,nOC%J0nx7,wUq-W6FBW`Lt5-;p@Bn55Z`X)8.;%IaaaMeiUo%QXdh%IjvGW)M#L",
    "W`Pv1([hV,%PKv,%SYoM8MLJ*755&i0q[]=U/UShMKVre%Q+MT6p(]Xb)5ImnPepcLl1M,bBHoW%I=ya$gp5O%F.11%J)`bpJ^<blVm7x",
    "nPeJ7q,7;876LoM%R13R76UtS7+V^w76_%X(3tvN/TjDZ'iL0'Q;khx%,hKX%Z]Y/%,qQ]%Y9=x%7CHp%PS(D-;sYJS5f8lMeiVu%RgWv",
    "%Ijvbt>H_mW`o^1%S6pj0VAARtYdfO6duBFb)64-LfAn6Ll-^lW/yCyLl-dnXB^,/%_X>l%IamDMc>@=X)&C,%abRx%IQF>%aI8t%eDhv",
    "X&l')L/`q;LfC6dJ^t+M0LlBh'wNZj&ahjE%aI8w%dlOx%F.0;%FH;+X])$,>OF]C%F.0>%IQF_%F.0y%IQFt$dLsQ$h4d`ZrAE,W`o]7",
    "%f-Ig-;q*X[8`i2bA@Im%fHx)#Or@ldoAJqW`o]V&/bf3-W89#e5xd6(5^CJ6&qaT%35d*&()M-fN$7-f2]e:%06bd&,ljl-W7B^]2Y2&",
    "X)8.U%iu&d%acG-^f7jRT1u.s6jEvq8FR-t_Gn-VbA@J#%gWI0#OrvG``0T[Rn]WEa&IYXa&Jt'%0yp-_bnQcb>a1M=qCuO&`Ed46l-.O",
    "%Sam/b#H>hd8Y^bb>b<Q)%v;M%fv.[()$vB#LOZ%cr@Gb>OF]p%aI9b%dlP.%aI9c%eDhk]iRQI%f-M:&+L3dePmqF#Oi73el9t)Mg/2O",
    "%g*4i%hLo2&,6H7b)4SUfMo%aLl0ViW/BnNLl1M.Xbd8v&dSdp%iu*.&CE&2oMrS9P>/u^fiHI1#7s*j&3C4N&C*L3&+LiOpf4w=Rn^kK",
    "%7:I=&`EcJ-W5Y/pf5(5MeiUV&CCk_&()M-OB/evrDfx/1Y2tb>OW/2P#dKOMg/1`&Cq3N&MH<9&5:$0Py*]SRoY-.PZEKa%,D:'&jyWZ",
    "17seAQWDIBW/yjNLl.I.XbfvG&D7F_&)[fY&MH<K&5:$0S5twfSQ:y0SQ;JPX]C%@SlV_'1aEEZ092iB%4)B;&J6^)j&XiD3AE6rjAt)I",
    "44,3ZV,iIael7yL%.4K8&jyWZ-;pULV,j=$MeiUs&Ln.d&FpC_X&dnX0CT>J'j[xIX&bs^X]C%@X]Dyd(_mHI#NH0l&EF2u(H;Hu&IAKs",
    "&J#ET&JY]2-;q'Y^f:&<Mg/21&GunB%kg*]&5:$0xQ6(J_,c/TxlON2%0HtM&jyWZ17u-g]iNKhW/A2tLl/fTXbfvm&H<+=&I&UQ&MH<q",
    "&5:$0_H+B]_cDAV_cELvdoM'f`)`aM1bT2e092iB%58/Q&J6^)mT/CZRn_w&%5eM[&:oO^%1rsT&KD)6-;qoq]iXc7MeiVC&J5Bp&CDV.",
    "crTCAcW6oXJendR#^+:#W`p)_&JkfP72ZHf72ZI66X@iGn4gT,dT4(mX'FvqeQ2*BNE3r2eQ0h(W/Ar4Ll0PiMeiVL&IAj=#jsoG&'dBk",
    "&C<Ds#h9#3#jso3%aI9n%eDhk`)f;X&GyG4&()r1i)IF%Rn^hfYuR`4#7s*V%jqYe&'dBs%dlP>%aI9s%eDhka&bVc%lswX%aci0j]''-",
    "m7tTdoi0jY#S93x%kJ#Y%aI9w%acG-ku>B.`D)&4%5A/P%g`Nv-W9,:a&eO1MeiVb%kwAV%e1-##W2o)#W)hd'j^*6mo6,u))hj#%h/pf",
    "(,lOf%acD,oMiY<>OF^6%aI:1%dlPR%aI:2%eDhkaB(`#%aGDV%aci0q,G4Bm7tTdM,j1W#S93p%mUEV&'dC7%acG-rD^LB`D)&4%7LS#",
    "%h&a$-W9hNaB+X2MeiVv%n-e)%e1-##Y>=n#Y57#'j^fJt>V74)+t89%h8vg(.ws9%acD,LfM<'>OF^J%aI8o&+2X<&'dAq&+_qla]Cgb",
    "&+U&+&()r1NE*l-m7tTdX];0,#S92Y&(Cpe&'dAu&+2XA&'dAv&+_qlbu[6k&+0be&()r1P#]P6m7tTdWDwpf#S92^&(q9f&'dB%&()P.",
    "PuY_5m7r@]%,D6S&/,HO(1*27W`6lIW`p)'&)R]n(1*;:XAm5OW`p)*&)moq(1*M@UJv@cW`p)0&*O>Z#vj-4#C_nISQ24ja]k9FUfE+p",
    "%.4HG&YYqdO&^dvWE#[[W`=Y<W`=av%.X`G&YYqdMH,7qX];*_Y#U(@Y#U1%%/(#F&YYqdh,JunYuQIyO%tO:h+j]3Z;lLDZ;lU)%/L;C",
    "&`Ecg72Q<c7/I;g7/RAH7/RAm6W1F*8G``=&/,B-17tm_^/pS(b)+8NbuFfd7/mT(&/GT-7/vYO-;q<_]MuRRbA@It&-ND-#gjf'^f@pT",
    "RnxT_%0m4P&-`Hu-;qQf^f8*YX)8.x&-ND-#gjf'a&TobRnxT_%1W^^&.JsG(1+phUJwa7W`p)X&.f136fADVl&%hw&C*L3&Fg<epJrZF",
    "W`o^%&NpLD0qx&J_,^&:MKVro&O-Xd6q.Meb)5h%qc<Q(Ll1k9bBHoa&Io-S%dlPx&C*L>&G&&es]4r'oiClvqc;aDt>bRE77R_d&P3>b",
    "77[d`7,xO/77dje(3uy[/TjDZ'iLN4TNB*i%-n;o&WYt2%-wAt&V5X_%*f7r&,QXi-;oJ-VH8@xMeiUT&^Lk*&+L3dNE7LPW`oxe&^q.Q",
    "0V=25N`SS26f&2Sb)2$eP#mNPLl.($W/yaLLl..&XB^,9&xTXN&b$<HPuiuWX)&C6&_d^9&+2XJ&^ET,&bA/$^K8BaOB7QUP#nMqJ`$pZ",
    "0@:1K(#TK6&ahjO&^ET/&ahk,&'dB_&()M-cW.Jd>OF]_&'dBb&+2Xv$dLsR$gg15'MJL1",
    NULL,
};
// matmul_tn.comp 9783b70625f40ef0
static const char *const r0i_spirv_matmul_tn[] = {
    "M9q3FL=-4dL2>%E#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#)>q2$;_==#>O8p.T-E,(i]P(#14'5#B(%.(i]V*(=<bE",
    "$#^O8(i]x,*wn4U#qusV&SC*>:JCjR(R>GMl<R+q+tsVM$rDXoFxF#`kv844l<SCW#;yb5-VWT:ge@uZMI+n=#%WF(h+[lt#;6]E#>X>q",
    "hb>:ul<W(I-V`Z;MbXI_MI)$B#%WF(N(sA$#;6xI#YsGrN_Ud%l<T3N-Vi`<_,15;kYMyZ%Sm0*$W8*Nax`XrMGt3s(bc;).8PV*.T.N8",
    "%<3Y$$rR;d%WVl*l<5Nc&+BaS-;EQ3/p.1Y&9KF-MGu0;%58,s3)nsL$wxF_l;9QL$.&sB#DM5P5_fD)&5kVpMGu`C%58,s7a-Bfl;e+Z",
    "#7q;O:JKt`5F+m,6SJw7;b_jN=tg;8>>:l$FBudmFh368G$&]I'YJEtl;f=X$IB(/&maR/%+t[8%kn>uRnXJY&5np#7kb9X^eKnwMGq,k",
    "(^:#t%gW2B_+iv(_G.^J$SVoq`D&Z_&9Q3%$1A-R#@55Uh+cI)MH&54'-dQB'dNi:#y^%t(cDCuMH&qH$=2_+_G0H&$Lx5W#[P>VN)#(3",
    "MH#@9'%-kG'[m-C#[$.u%+PDal;e,_#g<A,%LW>RRnxQF`_HdW#qu]oh+ic2l;e-U#Z-1_mnOK]#g`lG#ZKtml;e-I#ucLcrD+$s#LEcT",
    "#ugS(l;e,l$>bB(YYYr7$IB(_$<*s2b#el`$VZ:f=pP<9#R:O'l;e,d&W=V@#Z(M,Ll)C#'at0<%TDG%n4ocg%PSD]#kA70l<<sgePQT9",
    "'__ba$WH+wYu'([%PKv_$VxL+_GRvR`_h>T`_kc_Y>YHb7#p86Ll11vX'@8y$Zdit'iO*wktv.x%5A&N$mu/w-W9)6lVTG;(5]D,6&;=N",
    "%06_E%FH>,]Ml4H7e%%V]i-w_W`o]@%Kcsn-;qB_]Ml=KX'c/;%@-wO-W7*U^Jh7CX'@gp%@KQ^'iM8E[8Vd*%/gG;%K$JR-W929[o;Er",
    "Merxe$oJ3IX)8/4$iL>r$dg,*oMOv_3:RQ8p/*3@W`o^$$p4_90qx#Dn58^_l&#%>#7s*n$pOqk$dLt2$gp4]%F.15$gp5T$dLt4$hHMh",
    "W)l>]$q^_&$dgN-r_]D$T1v7jttt5'#S93u$q1A'$dLt8$h4dEsx[<NW)plNsxx8eMeiW#$gnD+W/C7TLl24>W/y+5Ll-^jXbd8x&WZlu",
    "QrB)TX'@74$v0]uW`oxa%*o.817s8.WE4axb))<jQ;[f*7*u4s%,V<F7+);;7+2@q7+2AA6W0mp8C@`#%4)5917sG3Yy0mlb)+n]hbjLs",
    "7+MS(%4DG97+VY#-;ok3WE6'1bA7CK%+#3ENDBcF$r&)4%,D-F17sqAPYv0BXEH#`%-.Vr0JFG]TMh1cW/@'PLl.[0Xbd8k&WVcW^J^x3",
    "Mg/1q%/pWnb)*];V,@@97-XvP%0d$l7-b'7-W6XGYy*L:-;pUHVc'g3XB[A+%<EtgW`o]W%N5Tp2H%w4ePe7g2cA.6fi'cc-W6mNQr<H]",
    "MeiV%%5nCv&eQ6oZr6F$6IQ$E[8I$UYu7`4MeiV*%.jc2%+-2*[o1^a[Siu;Jc5m1#Bd:ZW`p)F%/pJ2-XF,fxPel(X'y;L%3YoR%1`v]",
    "%06[j-;qB^x5u].7-=d070Wto70a%P70a%u6W17%8HoDS%1<Bt17u9gxQ:R.6mMvT$r+[-`)=yXhGSrm`DVD:%1NOE&UoF[%1`[_%0$_9",
    "(3wSA/TjDZ'iNaohc%LO%4VWy%H.@Q2cAOAjARqn-W8#nQr;vPMeiVE%6=x&&eQ6oe5G@76IQ$EePZEud8J7tMeiVJ%29$r%+-2*f2CL7",
    "el&A[JfY-U#^+O&W`p)f%3>`R(1,KuhGM0ua]m8&fhvNM%3l)e&YYqd_,>lPhGU)8hbo&nhbo/S%4;A_&YYqdNDb@qi_lM<j&1Jrj&2eA",
    "%/('vi_keFP#I'h=tBm]&i0V26e_k.%8Fd.k#1/GPuE:%k>J%AkYcwwkYe=F%/C:$k>I1GN`1Xd=tp6e&UqZbO].'E#S93b%5J.L%F.1'",
    "%.6>G%*h('%.cVi[9#^x%+5DM%+-W.n5yH$3=n@4%Q=Srb)5IlnPY-NLl1M+Merxh%/C9iMeiVi%64Xw&^_b0pJS#&37/jVq,6`jZWEu<",
    ")*eE[$pOsq'j^KyqGN#n%7LLp%/UG4(1-iFhGO)VW`p*9%7UR%(1)MwePYdCW`p(i%Eo(:#vi-k#Cc>RsxaVXa]j:(Lf8wR%+5Cf&YYqd",
    "m8AP'NDlR=N`1OsN`1XX%+Y[h&YYqdkYcwwO].vAP#HswP#I'x%,(si&YYqdj&1JrPuFEEQ;`C&Q;`K`%,M6f&i0Ue7*Gkj7,J7I7,S=*",
    "7,S=O6W0^k8Da[R%Ijxx17snAW`PTmb)*'*X&B'@7,nOC%J0nx7,wUq-W6FBW`Lt5-;p@Bn55Z`X)8.;%IaaaMeiUo%QXdh%IjvGW)M#L",
    "W`Pv1([hV,%PKv,%SYoM8MLJ*755&i0q[]=U/UShMKVre%Q+MT6p(]Xb)5ImnPepcLl1M,bBHoW%I=ya$gp5O%F.11%J)`bpJ^<blVm7x",
    "nPeJ7q,7;876LoM%R13R76UtS7+V^w76_%X(3tvN/TjDZ'iL0'Q;khx%,hKX%Z]Y/%,qQ]%Y9=x%7CHp%PS(D-;sYJS5f8lMeiVu%RgWv",
    "%Ijvbt>H_mW`o^1%S6pj0VAARtYdfO6duBFb)64-LfAn6Ll-^lW/yCyLl-dnXB^,/%_X>l%IamDMc>@=X)&C,%abRx%IQF>%aI8t%eDhv",
    "X&l')L/`q;LfC6dJ^t+M0LlBh'wNZj&ahjE%aI8w%dlOx%F.0;%FH;+X])$,>OF]C%F.0>%IQF_%F.0y%IQFt$dLsQ$h4d`ZrAE,W`o]7",
    "%f-Ig-;q*X[8`i2bA@Im%fHx)#Or@ldoAJqW`o]V&/bf3-W89#e5xd6(5^CJ6&qaT%35d*&()M-fN$7-f2]e:%06bd&,ljl-W7B^]2Y2&",
    "X)8.U%iu&d%acG-^f7jRT1u.s6jEvq8FR-t_Gn-VbA@J#%gWI0#OrvG``0T[Rn]WEa&IYXa&Jt'%0yp-_bnQcb>a1M=qCuO&`Ed46l-.O",
    "%Sam/b#H>hd8Y^bb>b<Q)%v;M%fv.[()$vB#LOZ%cr@Gb>OF]p%aI9b%dlP.%aI9c%eDhk]iRQI%f-M:&+L3dePmqF#Oi73el9t)Mg/2O",
    "%g*4i%hLo2&,6H7b)4SUfMo%aLl0ViW/BnNLl1M.Xbd8v&dSdp%iu*.&CE&2oMrS9P>/u^fiHI1#7s*j&3C4N&C*L3&.p'npf4w=T1u/0",
    "%7:I=&`j&N-W5Y/pf5(5MeiUV&CCk_&()M-OB/evrDfx/1Y2tb>OW/2P#dKOMg/1`&Cq3N&MH<9&5:$0Py*]SRoY-.PZEKa%,D:'&jyWZ",
    "17seAQWDIBW/yjNLl.I.XbfvG&D7F_&)[fY&MH<K&5:$0S5twfSQ:y0SQ;JPX]C%@SlV_'1aEEZ092iB%4)B;&J6^)j&XiD3AE6rjAt)I",
    "44,0YU/na7pf3#p%-n8o&D.yI-;pULV,iIaMeiUs&Ln.d&FpC_X&dnX0CT>J'j[xIX&bs^X]C%@X]Dyd(_mHI#NH0l&EF2u(H;Hu&IAKs",
    "&J#ET&JY]2-;q'Y^f:&<Mg/21&GunB%kg*]&5:$0xQ6(J_,c/TxlON2%0HtM&jyWZ17u-g]iNKhW/A2tLl/fTXbfvm&H<+=&I&UQ&MH<q",
    "&5:$0_H+B]_cDAV_cELvdoM'f`)`aM1bT2e092iB%58/Q&J6^)mT/CZRn_w&%5eM[&:oO]%1WaX&jyWZ-W7ooaB#KRMeiVC&J5BX&CDV.",
    "crTCAcW6oXJendR#^+:#W`p)_&JkfP72ZHf72ZI66X@iGn4gT,dT4(mX'FvqeQ2*BNE3r2eQ0h(W/Ar4Ll0PiMeiVL&IAj=#jsoG&'dBk",
    "&C<Ds#h9#3#jso3%aI9n%eDhk`)f;X&GyG4&()r1i)IF%Rn^hfYuR`4#7s*V%jqYe&'dBs%dlP>%aI9s%eDhka&bVc%lswX%aci0j]''-",
    "m7tTdoi0jY#S93x%kJ#Y%aI9w%acG-ku>B.`D)&4%5A/P%g`Nv-W9,:a&eO1MeiVb%kwAV%e1-##W2o)#W)hd'j^*6mo6,u))hj#%h/pf",
    "(,lOf%acD,oMiY<>OF^6%aI:1%dlPR%aI:2%eDhkaB(`#%aGDV%aci0q,G4Bm7tTdM,j1W#S93p%mUEV&'dC7%acG-rD^LB`D)&4%7LS#",
    "%h&a$-W9hNaB+X2MeiVv%n-e)%e1-##Y>=n#Y57#'j^fJt>V74)+t89%h8vg(.ws9%acD,LfM<'>OF^J%aI8o&+2X<&'dAq&+_qla]Cgb",
    "&+U&+&()r1NE*l-m7tTdX];0,#S92Y&(Cpe&'dAu&+2XA&'dAv&+_qlbu[6k&+0be&()r1P#]P6m7tTdWDwpf#S92^&(q9f&'dB%&()P.",
    "PuY_5m7r@]%,D6S&/,HO(1*27W`6lIW`p)'&)R]n(1*;:XAm5OW`p)*&)moq(1*M@UJv@cW`p)0&*O>Z#vj-4#C_nISQ24ja]k9FUfE+p",
    "%.4HG&YYqdO&^dvWE#[[W`=Y<W`=av%.X`G&YYqdMH,7qX];*_Y#U(@Y#U1%%/(#F&YYqdh,JunYuQIyO%tO:h+j]3Z;lLDZ;lU)%/L;C",
    "&`Ecg72Q<c7/I;g7/RAH7/RAm6W1F*8G``=&/,B-17tm_^/pS(b)+8NbuFfd7/mT(&/GT-7/vYO-;q<_]MuRRbA@It&-ND-#gjf'^f@pT",
    "RnxT_%0m4P&-`Hu-;qQf^f8*YX)8.x&-ND-#gjf'a&TobRnxT_%1W^^&.JsG(1+phUJwa7W`p)X&.f136fADVl&%hw&C*L3&Fg<epJrZF",
    "W`o^%&NpLD0qx&J_,^&:MKVro&O-Xd6q.Meb)5h%qc<Q(Ll1k9bBHoa&Io-S%dlPx&C*L>&G&&es]4r'oiClvqc;aDt>bRE77R_d&P3>b",
    "77[d`7,xO/77dje(3uy[/TjDZ'iLN4TNB*i%-n;o&WYt2%-wAt&V5X_%*f7r&,QXi-;oJ-VH8@xMeiUT&^Lk*&+L3dNE7LPW`oxe&^q.Q",
    "0V=25N`SS26f&2Sb)2$eP#mNPLl.($W/yaLLl..&XB^,9&xTXN&b$<HPuiuWX)&C6&_d^9&+2XJ&^ET,&bA/$^K8BaOB7QUP#nMqJ`$pZ",
    "0@:1K(#TK6&ahjO&^ET/&ahk,&'dB_&()M-cW.Jd>OF]_&'dBb&+2Xv$dLsR$gg15'MJL1",
    NULL,
};
// rms_norm_backward.comp 2f5dd29bfcaeb910
static const char *const r0i_spirv_rms_norm_backward[] = {
    "M9q3FL=-4dL2;KK#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#(K(w$;_==#>O8p,#SR$(hitu#14'-#B(%.(hj%w(=<b=",
    "$#^O8(hj,$*wn4M#qusN&SC*>7niwJ(QJlEl<Qhi+tsV*#>O8pVbIA%MI*#]#%WF(W(d8y#;6xe#>X>qW_F[@l<U2i-W&l>^eG#>MI*nv",
    "#%WF(_+aoX#;6])#>X>q_bD=Yl<V)--V`Z;bY8:JMI+>-#%WF(btS1d#;6]5#>X>qcV5Tel<VM9-Vrf=f1cHUMI+_8#%WF(fM)yo#;6]@",
    "#>X>qg.`bpl<VnD-Vi`<UJ:wwMdDu[#&aN*([;',l<U&f-qr];VG8:<kYMyZ%Sm0*$W8*Nax`dvl;e+3$.&p#$tmUh,A79h)cD>u,ZPmL",
    "'Px^wW_jmb#VZU3-VWT3->rtB%WMe_l;e+B%kn>u1eRm6$[i4bMGuy83%ti$3DJRF$wJB8%Y4Xgl;e+PL<K``&5kPmb#ek;#VlgH8<#Hd",
    "l<5s8#S7DP;,)XL;UQ#O;t^6g3mnJ7y1n;q3mnJ7BD)A&3wpwLDbfA(%(:ssN*-A(=,m:;%Cd.lMGwFvEwe*EFARWwG>K%4'2ir1#FB0h",
    "&8[S8#O_op#@YMYW(isiMH$yT'(,fb'^l)%#yZXgYY>OEl;eZ+#>Cn$^eGRb%L3%L#LEbm#yxTBl<:i)_bCR<%MAexa]$5abY<awc:n`k",
    "#VZc5#SdAPWDh2K)wN<+#TWs&%j(gafM1FyfhKt#'(6(w#[tVZUe[IcMH$3Q'']Q_'^Ghs#[$.u-LLqAl;e-c#wW+-%71/3by4mQ##Bi<",
    "$njdS#Ya9G5lh&B70*KR6kTQ)b)/q6#nR0n71KCv(4jn=3Imo>%3G['#gjf'g.p+%54K2FgJ0PhW`o]^#pBB--;rH#g.p4(X'c/Y#`xoB",
    "-W8/nh+l-uX'@P1#a%1I'iN=^dnYUC%3#Br#oWmC71o[W71]P#(4k1E3Imo>%4;67#gjf'i_J6554K2Fj%_CpW`o]f#q5r5-;r`+i_Jy8",
    "W/ASwLl02WXbd9x$6''e#qH)v#k8IURnXvm#Oi73S5#8QbBHYM#Xeda#VS@4#>E('SP>JUT1sp)SkYrHxk[jET1u.s/*R([.I[jUUeRCa",
    "Mer[o#Xedi#P&FUl:rFJ3q*YflVyMGbBsO^#r)LGl[8w+#rMd>MeiV##W;c_$1xZ2#PS8u#ApGEW`p5C#PS9_6p:ZUb)0:l#s/4D761MJ",
    "76Ue.76:SN(4ks[9896V%6Xec#jsoN#gPY.#kL2es%b^I#sAA^#jsnb#L5OA#P1)ssxGw'peK^Nx4rlf%7UIv$9ePR#Q=b]175UVsA,=k",
    "b)*H/x4luF70N`$#QFh[7/d5f(30+S-#G^B'iOj4r_CFi%7pY##^5<f%8$_(#^M,M%1NA@#jVNK-;q`ca%cD9XB_c0aw]QR-ky@X'k,'c",
    "aw]j4%+GDY#sexY2c>K<N__7a-;r)mO&,UXXB_c0e4n%h-lE'b'k,Eme4lcd*#o#%#TEge2H#`Es%`8nl[8v*$/YiyMeiVR#N,^[#LOZ%",
    "i(_j.sA,V-YYEkVg.`bJ#Oi7Bi_A03N_^EN#>Hv(#UfaS$.0l'k=teY;=6XV#L5OC#VS@Y#u'BH5j&7)7-=x96g=bWb)0X$$0hWJ7-FaN",
    "71'.P7-XmS(4i)`9896V%-w)l$.(ZLDmlKWGOGXTVGG*DWDECsMM,]]E:,ph$-ka6$1g;ft>'17$3gVG$.19#Xxxn$5nH3p$3UH7b)3*&",
    "XwuZ8Ll/-:Mg.qw$1%dr$84RT#u&:)YtqH,]ha6IZ;61#%/^5($:tyw(;6tYFSl7y'k+CR[nif6)up*>$1T-V]2,e>x50wVWDBp-W/A&i",
    "Ll/ZIMM,]]E:,q'$-kaJ$4wFh^eao7Dsfgg$-kaM$1SSM_G>&rW`p5T$4$b371'.P71'.u6Xfw#sxG@l_b[mMMJ*bl#O2yI-t2@EttaJe",
    "X)/V@#W2Yf#OrsUo1eOTZ;'AGbtey]7&.Y*awmVVaxSXubtiqYawnjK4:q[f5k#:lbYQ2`W/AW$Ll05YXbd89$AQH(bYQ/_W/C(KLl1x+",
    "Xbd8:$HrYs$3(*%#LP)wr_7rMUeSdopeCya#7s*t#X&5_#L5P,#P&FUdn_'45k#:le5+=pbBsOG$5rwwl[8vi$6B;)MeiW##Tj0E#LOZ%",
    "L/._PLJXj_YYB[R_bD<.#k/@CLe`M+bBsOR$5s%C$8F8CjA4T;1XR=QN)&58LJXj_YYBmXcV5S@#k/@CN_Y@7bBsO]$5s%D$8F8Cmn`.Q",
    "1XR=QP>:@JV+lYi%,1jH#gEMQ(A7do#p97qPtn,h)r1Sx#k9'VR8/lLo1e:k*('hq#h/rpRSEmBLe`b2rD08:)rUl'#N,x+2H'-Pe5&.j",
    "2cB9Rq+iTw-;p:;qG3_fMeiUk#j)3C$Ln[WWD4Q5#k/@4W_T<olZPu%#k.n[l%uyD#7s)v#kJ-(#gPX8#kAQ1#PJ5q#]6):W`p5B#ke>Z",
    "#w9r@#C`aYRSKngW/@NYLl/yyW/@NYLl/-9XbdeJ$Mac)#iPjk#kAQ1#Q4`##]6):a]l#TLesh5q+ZI.q+ZQh%0$C`$C@KSp.^.+pe@KM",
    "xk[jExkxreLKX[]",
    NULL,
};
// rms_norm_forward.comp faf077813eb8da48
static const char *const r0i_spirv_rms_norm_forward[] = {
    "M9q3FL=-4dL2=M.#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#(K(w$;_==#>O8p,#SR$(hitu#14'-#B(%.(hj%w(=<b=",
    "$#^O8(hj,$*wn4M#qusN&SC*>7niwJ(QJlEl<Qhi+tsV*#>O8p^.ef<MI*ht#%WF(^J+]V#;6]'#>X>q_+c+Wl<V#+-Vi`<m7ddkMI,LN",
    "#%`L)mS*x0#;6]V#>X>qn4b*1l<W[Z-VWT:qb79$MI,vx#%WF(r(R0>#;6]d#>X>qr_4Syl<X0h-Vrf=ND9[aMI)*D#%`L)N_TS&#;6xK",
    "#YsGrOA6v'l<T9P-V`T,#k&%)#k.w*-;;<a)f4SG$tf[v%;5rgbu5X+$rRgJMGtX,,VT^Q,upaJ->W`I&8WLnl;f$U#g`j,%oVIv$vDq@",
    "&5k,`#VZFy$r;Oc3)).l'RhiBl;e+L#LEa;#y'Vn$ws/b#qu]o5YT+.%#k<R&q**93e6:)30=7`&lMA,Lf$k(':;Mt#F@:*':;l)#F@:*",
    "':<53#F@;3&5m4Il;e,-N_Y=A%(B*(#1*Up)n1K0F&6^;'Y/*fMGwS%)q#1'HI;hjE%hWFRS<iI&7MYE#4Dg1#@YMY^J24BMH%/k'*SG$",
    "'a=^S#yZXg`D$bZl;eZJ#L%_Pswe#g-QrLrMH&/2%q25Am7ey:%Pw5Q#LEcE#y^1ol<<FVn4a>i%RC,6a]%n;qb;`QrCm_t#VZcd#Xe]*",
    "WDeRW)wN;6#h&k3%b1VmN_xYKO%tR;'/0c$[8.Au&5o`<*txre$;:QW6rDv2QVIQE7#$k0Ll.@#l%u0y#7s(sV+v^hLl.g0X'@Oh#_+]1",
    "'iM8@[8)F&%/g88#_]$h48o;@5k#:lxPBG8MeiV.#lOi7#k8U:Xwh;eMerx$#lk&/#k8IeYYIWOW`o]3#ke>W-;ppMY>2-'W/@yTLl.m2",
    "X'@Op#_+]1'iMPH]hX9.%0ZhH#_]$h49bkH5k#:l_+qRHMeiV6#mCDG#jsnT#gPX4#kL2e[nj)1V+w[.VbX('/)^MSRSBSl%,q<V#SASa",
    "SPy@pS5&%1T1o>-7,n==#NYvA7,wCH7,7pw7-+IM(3./q-#G^B'iMnRa%jU2%2&a_#l=`h2c@x$bYBbi(3,sN-#]Sn%-w#j#LO]&VbOF%",
    "VG2bj%.40y#jh[82H%q-aA+f]2cA(/f1mpT-;pjJfM8,El%w+v#7s)(geQI+Ll0bgW/B;6Ll0ehX'@P<#a%1I'iN^ihG0f4i(elki(g2:",
    "%/pyngeQO-h+j]3[7u7y[7vQc)up*G#UTWu#Q+W(6W16rx51g`d7piLMg.r.#QFo&#S90-#Q+U+b)3Z4[S=#2Ll/E@MeiV8#OVX&$1xZG",
    "#RgbL#Aq1ZW`p5X#Rgb5'k,*d`_D7p*#/KY3=Q$4#QOta-;r#kxPGlr7/I#y7/[0M6dYv>l&%Pb#gPXs#qnJ,#Y`1(BJ0HP#gPXt#jsn6",
    "$-kaw#k8IelqTv6W`o]o#r2S=5.,+CX'B[5#eK2(a]n%8xkdvBDmayX75k;'75k;L6W1yuHSGTV$;1HX0pqB6]MCU16d>g;#Y`1(oM4j[",
    "LeiViohL3q;a(:L#m(5m6qRMab)5apq+gooLl1e/MeiVq#r;Yp$1SSMr_@B/#k/@Cs%`>oW`p6=#rVkb-=QgWsxASra]n%8swYVXtY9]:",
    "tY9c6DmayX77v^;77v_)-W5M$]ME8>75k;'7*Yo7(;5y+FD[gf)pe]C$19w7$-k`l$1g;u^/)+AktZn;LeixI*$54X#LO`6g.f(_fhJ;X",
    "geHC)-6WEh'k,`vh+a_l*$kY=#UBH/#w;Ol#A_vsMf':f#T3x##VS@)#u&:)y.K,>$-k`q$19w@$-k`r$1SRfOwwN2W`oxj$.o@X7+qau",
    "7+qbE6W1I#5h6&#$.f:W74J>n74Jy>6W1L$^JBkqLeci3Mg.r]#R1D-#S90x#V,pZb)5=cjx=Z;Ll1(oMeiVg#PJ35$.0l'p._8c^e^hB",
    "`D,l,_+c+G#Oi7BpeC9_X)/VI#X/;I#SAauT23=/[SPwC%-@Z`$$h5N%7gNl$3gV5(CL:G#Xe]yswPV**(g96#OrsUttObotY1n/`D(kf",
    "n4b)s#S.Hw#tk<V-;oG#^e[W$74J>n74xL'6gb%[b)09q$0q]K7-XmP7.(047-asT(4i,a9896V%.+/n$19wT$-ka4$1g;f_+v,e$1.ij",
    "$4wbbMGCch5qbCZ#Y`1(MGAk1N(wtlMb_6K%/C#G#^5<f%/L)3$$h5N%,(dh$2ju,(CL9/#hB'(PYT,1Q;61=W/y=7Ll-plW/y^BLl.<w",
    "Vi-+>",
    NULL,
};
// rms_norm_weight_backward.comp 4e618abe45af4004
static const char *const r0i_spirv_rms_norm_weight_backward[] = {
    "M9q3FL=-4dL2>[M#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*wn4D#qusE&SC*>4wu&A(PN6<l<QM`+tsV9$rDUn@8%Nq(oI@^#;6[s#qut#-qr];@r292(UaNSMI((%*mkV>#&aN*(UjK1",
    "(V(_nl<S7R#qutA$rDUnJkR$=(ru]*#;6xy#qutD-qr];KP^iU(Y/Up$IKLJ#>y@Gkv93O#qutS#AsQ+(YJh9#;--aWDit)W_itH#;yKm",
    "(Jf]m(fCte$XY&#%:BfV$ss4q%UfZ]l<4pA&+BaB-;EQ3*Fo17&7ZV`MGtR*%58,s-WK/;$ul5Nl;8s;$.&s1#B]$y06RCx&5k#_MGu-2",
    "%58,s29^SUl;e+I#7q;O5#(0O/ql9=1,'2j6;<&=:+v#l<(u@`*MNT5%Ajg[%AvCd%]BfDl<7H%'$pp#&mqDBE*pLkEOLO0E`d-A'Y%vl",
    "WDe.xaxvT;MGww9K.meeKNOvXOA-E0%G(XA#LEb=#yZmgl<9-NP>)KM&5q1c(GH2(i(Y(2'2A[6$-k_Al%ta2#;88vSkXg(SkZ%r1@kNw",
    "1%5]]XwbfuMerx$#P8%RX'@4Z#Bhj$'iM):YYBgt%/9l+#PS8v)H*545>6cX%.+*##ODKk(3lQX6@GYD%.=5p#LOZ%W_K0kWD04(,*<X_",
    "W`ox#9G&eK:@J:Wl%r#9b)/`b:sM7wW/ypGLl+h&7%Ajr<qAIki_<1DND3:O6W2ZC2jT;)=7HiF>w-k6'iJ/=Mg.auiCvGr6_7.Yb)0y&",
    "=O'+2XBZbR#@xO.W`o]:#Q4]G2H$tfx4n/32c@+h]M0[/-W4J4#Ejde%'[3FBve&2Cp9^>XB]DT@q93N'jk[lbBsO6#Q=cx#Ve&AaA'KT",
    ".a]AHHk$1jMeiUFHgh(:(:/8+*lFdf)9$k#-XV2;J.XJCdS7#Oi(`<k%2f3o#B5BC%*eo%#U]ZR(:/WtKOf[=W`p.n#L<G1#w&Hl#C^vU",
    "#Uf`2-;ox)iCvAN7%Ajr=Rm#HfM*-%2t.>cfhKmvbBsOL#Tj)*l[8vn#U9@vMeiU`#UBHM#P&GBR8&ZF*o-kr'jm20R8'N();tVa#Uf`p",
    "(#K&x#OXeG#L5O'#OOb1'MJL1",
    NULL,
};
// rope.comp 99c75364ea907d79
static const char *const r0i_spirv_rope[] = {
    "M9q3FL=-4dL2yEb#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^O8(gmJp*wn4D#qusE&SC*>4wu&A(PN6<l<QM`+tsVG$rDUnDbM#*(psyl#;6x,#qut1-qr];EGYb@(WQ_dMI([6*mkVO#&aN*(WZxB",
    "(Wmq*l<Sjc#qutb#>t]^(vM').88c;UJ1hS([D*L#;ybc#AjK($;R@*#u7:'$u>r.&5j*GMGk-q(_6de-PH`&(fCQG):/Y-%q+I3)e'-Q",
    "$Y(;`l;e^A#;yL)+ARSv,#nk3&5jZxl;e+<ttO2c/lDf.%Wqf(l<5Wi#VZTn0hm=11/.v;&5k18L/-fy$w/-t&lLxnlrYZw5'JPA'QlNB",
    "l;e^n$8;fp:/9kx*Lyf^$_O2&DGnAxDmY1,E*-j='XhdhMGwP,%.=GO)@m)(J^=xS'$0-IKy=VZ%a4rc)DDM<N_KZ5%b1Si)=Ih(#@GAW",
    "UJ77_MH$0O''TH]'^>_p#y^%t%6OZ+by4mQ##Bi<$njdX#>F0F2vKE=70Wem(3mr*0R'=,%2Jvi#LO]&d7qbf2=V64dS23LW`o]U#T*Tw",
    "-;r,nd7qkiX'c/P#DE08-W7ide4meaX'@4t#Db,6'iMwTaw[S9%2&^_#S@+;(2-0V9CNHw9p3JB%$a>WX'yXA*1*I8%%0fh(2-H^+RfnL",
    "<LSVg%%L%kMerZw<gCXX=eNc==YDqB#7s)%>Gy_:>OF]h#L5N;X)8-LbY:xO-W4=p#F38T%'X*<XBZbt#@xO.W`o]x#Tj*i2H&13g.h'@",
    "l[8vo#UBFwbBsOX#Ts.pl[8w%#VQ4-MeiU>l:kgi(;+Y+*kS4^%)-`=-W5'1:XL:mI)&tD-W508:=11lIjG-CXB^9[LJ<5<IddkbLeWG)",
    "MeiUT#K/.n(<cg;#Kdn@#Oi7@ND5.3X'CKcOA-MM#Oi7@OxL^;X)/O4#L`_8#SAauoM*h>3&*-qohFjY.a]DIR8%%^MeiUc#Wi(S#LOZ%",
    "S5#5P@F63*TM:_V:x#(N#OMQf#@s-)W`p/7#OMQm(<cgZ#O;D2TM;4r)=dh.#OrsSZV@<$Owjw_)Ee-,#LiimZqUR[W(hkJpJ&P>VbO<u",
    "X)/O^#OVWT#Liim]hJNdXA+:N]M6:XX%g'-W/A,iLl/`IVi-+>",
    NULL,
};
// rows_gather.comp 31b02f4ff6b92adf
static const char *const r0i_spirv_rows_gather[] = {
    "M9q3FL=-4dL2=.w#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV/$rDUn=%jLh(nCYT#;6[i#qusn-qr];=_w1'(Sh7AMI'Fh*mkV,#&aN*(Sq3t(T/Hxl<RV@#VZk#",
    "$rDUnAP<ru(omXb#;6[w#qut'-qr];B5I`5$;R@*#u7:'$u>r.&5j*GMGk-q(_Hvi(fCRp%U]T[l<4my&+BaA-;EQ3*+Jw5&7QM^MGtO)",
    "%58,s-<0&:$uc/Ml;8p:$.&s0#BSs>/p.4Z&5ju^MGu*1%58,s1sCJTl;e+H#7q;O4xb'N/VH'90ea)h5u$EN*0:3V$^Sx;<GxF=<h$v8",
    "=.FqQ=BJHb'V868WDcouaxuyJMGvbkyn`(t@9B:5A5^<RAZCDmAlrG)'Wb_TMGw>&%+#:,&t@rm%/g3Aby4mQ##Bi<$njcn#;88uJ^-I0",
    "X'@19#B_Nq'iKroOA1FU%+kUB#C<4]0wcS[2Xh5bPYI-AMeiU^#M9(@#OrL9M+os5Mer[T#MT:8#Or@ZMbQ9jW`oxc#LNS0-;oV'MG8h0",
    "X'yU9)j$k0%$F'Z(2$-U+7KeK:6UBY%$a;VbBHRTND3#.6^[rr7$gTFLl+n(7)jhG;t:KBRS=N:2Xh5bRn],ObBsNc#N5]@l[8v0#NYu7",
    "MeiU&TM:2GbBsNn#N5]0l[8v;#OhbBbBsO$#N5^l#Ve&A[S<r0.M3h3DUSWxMeiU8[S:H9(:Iwj*OVxW%(L*1-W4m&:=11lG4>UTX)8-e",
    "ND2t$-;nv/HL_WoIA[n-W`r9III[rrIwIO^a]j&=W/>oV7)kpgLKX[]",
    NULL,
};
// rows_scatter.comp 91acb4806c8638fc
static const char *const r0i_spirv_rows_scatter[] = {
    "M9q3FL=-4dL2=.w#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'E#c$;_==#>O8p(fCLo(gd8k#14'##B(%.(gd>m(GyA;",
    "#qusD&SC*>4xYr@(PE0;l<QJ_+tsV/$rDUn=%jLh(nCYT#;6[i#qusn-qr];=_w1'(SV+yMI'@f*mkV*#&aN*(S_'r(Sr<Zl<RP>#qut4",
    "$rDUnFxEY0(qTcr#;6x2#qut7-qr];GARCD$;R@*#u7:'$u>r.&5j*GMGk-q(_Hvi(fCRp%U]T[l<4my&+BaA-;EQ3*+Jw5&7QM^MGtO)",
    "%58,s-<0&:$uc/Ml;8p:$.&s0#BSs>/p.4Z&5ju^MGu*1%58,s1sCJTl;e+H#7q;O4xb'N/VH'90ea)h5u$EN*0:3V$^Sx;<GxF=<h$v8",
    "=.FqQ=BJHb'V868WDci*axu9FMGvxiy8)kpyW_tjBNPK;%D#@V%D-N7%_N4ll<8/M'$pp2&t@rm%/g3Aby4mQ##Bi<$njcn#;88uJ^-I0",
    "X'@19#B_Nq'iKroOA1FU%+kUB#C<4]0wcS[2Xh5bPYI-AMeiU^#M9(@#OrL9M+os5Mer[T#MT:8#Or@ZMbQ9jW`oxc#LNS0-;oV'MG8h0",
    "X'yU9)j$k0%$F'Z(2$-U+7KeK:6UBY%$a;VbBHRTND3#.6^[rr7$gTFLl+n(7)jhG;t:KBRS=N:2Xh5bRn],ObBsNc#N5]@l[8v0#NYu7",
    "bBsNn#N5^l#Ve&AX%fBo.M3h3B%$dTMeiU0X%cw&(9V/R*Nc,O%'X6v-W4Tk:=11lDWUu9X)8-]ND2t$-;n]tEtL*6[7uoj-S[>`[S<r0",
    ".FB8GHi*p'#P&GQID$HCW`r9III[rrIwIOta]j&=W/>oV7)kpgLKX[]",
    NULL,
};
// sample.comp 0165d534a971324e
static const char *const r0i_spirv_sample[] = {
    "M9q3FL=-4dL2yHi#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#.f=hN)0Xm#>G7`(S_1@MdBLh.85G3y;2YVMdBLj.9qRC",
    "y;De`MdBLl.:e-Ky;Vqjkv7Crl<S:=+YXMZ#>F2oK3&sT(X)nk+tsVe#>G7`(``Zc$IBG;#YZ)m)'/i_.88c;fM2N4(a&m-#;ycC#]0Z-",
    "([_N9$IBFa%87Vr(w.]5.88c;WD`m_(x%`X#;ybi%;c53(^((O$IBFw%87Vr)$L7K.88c;^Jb4u(^C:n#;yc*%;c84(a'&k$IBG>%87Ys",
    ")'K5g.88c;gJx2<(aB95#;ycF%;c,0(b,bu$IBGH%87Ys)(Pqq.88c;jxl7F(bGuy#;ycP%;c//$;R@*#u7:'$u>q#%T<UyW`073%IXR7",
    "%1`Vx-I<$;%:Q&A*FTaJ$YflNMGt[+,k2.d)f#]X%WMxlb#9`s%+#95%<[801%>O(0m3g$%Xf(#MGuHA1%>O2)g4+>%Yk6s*+GdS7s-;#",
    "47``O$vDka*:X<5$vEFN&5lP7MGmSa>ndOL>uClF$t4fuyWC5m'VwuCW_luH#VZUn@SGin@B'Cc%]ftEl;e,(%kn>uDbC-q$b-CHMGwFs",
    "Ewe*EFA:h,%(cPs%_MgMl;e,6L<K``&5mXSb#ekv#Vlh.Ky.uQl<8&Y#>N-K%+5/xN*.[i#PJ2V#J5_'1#2m6#LWXpN*.x(#PJ2V#J9&-",
    "%.=4%l;e,g#Lih5'2kZ2=31Hv%IsO<X%e7VXxArv#VZbi#P8%'MH$Wx$=S[%%/Kw_#LWYO#LX'8d7pWFN(n6K'2mFdN(o%2WD2Gxqb79$",
    "MH':R%RC.[&5n'a&MOPwM,)P;b2*Ul&5nEkh<+T('/0c$W_U,wjy3i6&5oy0N%(AV&^^u2XA5QrX%q_d@J0b,l;h-q#ZTkq)uTilL<Q/n",
    "l;eZ4#Ya;i@LWBal;e-9#g@hQL/apVf1m)%%NY^&#g`l0#[#M[l<;YAg.i(5%j:v^%58;G#pKFYMH&>8&n-H&s%Wc:l<<vgs@rn`'h&4+",
    "#ZB_o)s.7VL<TR$l;e,n$-[qRL/=XU1(4:L&5o-,u:Y/#%FP]>ZVd`,N(n6K'2lJM=31Hv%LE;W_GPtq`)-[S$nr2/$jv5FMH'I[$<#qu",
    "sxxo&$SVpqa&3#r%h8eR*&%_<eP^qOLI_ss&9mSNl;h.g$rGwq@G;#oWDfNw%1`^B%IOJX%e'^8WDhkkW`,a&'$ppg%9Ni5%Km#Ea]#`Y",
    "^/Kxo^f([U%PSD-%L35Nl;e-*%8`g.g/A4s%Nu*1%F>D8%9V.hl<;bIh,=ax%Oq^%a]%)*jAU_@k#2^L%PSDS%P7otby4mQ##Bi<$nr/w",
    "[o*Jq'N;SN%PSB3bYe^1'Ooyq%PSB$ekuc;'Op-2%PSBGn59NU'OpK<%PSBGp/2/['S5g_%PSBGOAcEK'Om#0%PSBRP>_`N'R#gO%PSBR",
    "T2PwZ'R#vT%PSB3Uf.O_'S2lb%PSB<Vc*jb'N:l;%PSB$Zr75o'N;JL%PSB$_c$h)'PkNn%PSB$axrI/'R%N*%PSB3cVk*5'Oo9p%PSB$",
    "hGXxD'N<vw%Iaj8x5Eq[(&x@G%.Fd8xPfxyX'B'C%&U%0W`o]=%0-VT0mC'6xPfhCl%uoX#7s*2%0HhJ%*h'L%.-:770Ei9('XvA#Or:3",
    "_,:XT%.Fd8_G[XHX'B'L%&RA1'iMbR_bu28%1<CV%13<s-;qWe_,A$Ua]m>$`_rXJaATo`@1<Gy'k,$gaxp*61(aa4%0Hxq6kfi/b)4/G",
    "bu2bnLl05xX'EMLcVdsd%.FdGcr.tnMf':V%-@[<%1`vm%2T6H72,s]72Q7M((piD$1:#%%*h']%.FdGdo+1na]nUHdo+(te5FV#W`fWX",
    "$t$ndel'n'W/B#2Ll0Vgb)+VUgJS%L73Vrk73Vs8'iNXkel&>ZB-[xgAFL+;hbr*7Mg-d0%3l*6%1k`x%3Gg-%*h'h%.FdGiDRs/W`o]d",
    "%3blQ'iNjqel%3J%4VT@%4MM^(FK;F%3P_xjAMdf*%V=T%+>;sk>D>4iDSTAa]m%uk>J%AgJWWjgJXh]%5%l8%+-2*ku-MKN(q3(el(O9",
    "W/B#2Ll0xiW`p6'%2oHl(,,tX%.OgGlqwif%1`vu%5J.e'k-95e5E)V*&Imw#k9'Vmo&=VmS^r:t=w5hX'B(%%&RA1'iOC+nPY'Y0KBy`",
    "nkvA>n5AX]W`prG%5nG3(-Dgp%1`wD%6Fdp'OgT@5Wf9F%1`w@%6k's(Cg[F%&UjKW`p67%6t.y1jAY$qbjn.l&#1C#7s*r%7:@H%F.18",
    "%.OnysAE0#%.Fd8sxeo&Mg$^Q%7^WKl&#CI#7s+#%7pe,%*h(=%.Onyttw](%.Fd8L/x+[X'B&e%AmJ2'iKWlLJrn]0v^*Y%F,4V77md>",
    "77mdc6[+2lt#+o$M,X@xl%t.'#7s)U%FGF=%F./p%Ijw@NDj%[%.Fd8N`1^AMJ*ab%FbX^'m5FCn5@/<OAh'Ga]j^4O&Nr1P>f8&X]d1;",
    "%yZNVP#IyKa]n%<PZ+<DN)P=qN)QQfaAS+.@+tqc'k*55Q;`Kn1#<0$%H[dV6f82Qb)2yjR8]>YLl.C)X'EMLRo<MT%IamHS5Yx]W`pqC",
    "%Q4P4(#oPi%M'*A%Qamq'OdG=5N;wy%IkT[Ti77cTMqY#0Bia1%1`vC%Hw-=($Z%s%M'*G%Qamr'Qp'W9BZWU%I49y(,cBn%IQFJ%F.0*",
    "%M'*N%AKx4%.a^7XAbp/%.jf5%+-5+Y>_B.WD/(m%/'r-%J9u,(AA(=%Ijx3YZ%y3%/C/5%M'*V%AKx4%/U9yZr<c7%/^A=%+-5+[o9M>",
    "WD/(m%/pM=%K-Oh-;q0Yx5R>H(AA(E%Ijx3xPo;<%06_E%FGl7]Mkq@]2QU]Vc1$4a]lGe_Gd:E%13>N_c*@F%1<FL%+-2*``'T[`D`RH",
    ",n:1W%M'*i%LraE(AA(U%L36I``&[I%1rje%M'*k%M8sH'Oevi.LcY(%Iamxc;Ww9a]leoc;VVpcVqhlXBGiS%@tOJcVq_q]i3'^W/C@X",
    "Ll0AaW`p5d%N5Qm()R<)%Ijp9e5Kyo%M'*_%N5TM777@8777@Z'N37c)DN^qel0n'HnRZ7%8=^-el0t)fMdBhf2JB2Ll0Vha]mD+HgqSR",
    "hbsn<%Iam9i)ymgMeiVU%ODB;%Iam9i_v<pXB_f7j&=Q<@j_O&(+BMI%M'+5%D/HM%5.rskYn9k%58%q%+-2*lVlhPl;OKm%5J2C#k/@4",
    "m8LK&MeiVb%Pe;U%It)g#rMu@#cQrqW`p6,%Q+Lj'k-E:sA#M<*&n3l%Q=Xl'k-K<t=w*)*'+yp%QOdn'k-Q>oMUEL*'=I1,<H/q-=QFQ",
    "oMb6fXBaLbpf$-[@ke60(-Vvs%IHC7'bLm_&53Bn'2o4m6s$0u%&jRU2GvnkAF^;CB;SqEW`oxyBCHF>BiX8Q%'X6GMer[6C9ba8%'sEY",
    "l[8uTD7%0JDp8e7'2f9C'$`[SX'BVeFLw>_%)-`=-W5'1H1;HgI(FIw'iK8&MeiUGHGdUfIa&BF'2fyE'$`[UW`fVW'CccEKZO5O-W5HE",
    "K^fVrLJ<;'HghPRLeWG)MeiUR#Kq^'aGY[TLK_Z0$s`jFLl)j0'N9fl%PKv+#>E('ND576OwgOqO%lE`%+bMoa]jR*OxMR;OA1=oOwh`c",
    "%+tYoa]jR*P>.d=OA1=oOA2Nb%,(aA#S')_#L*c$'2fKI'$`[Yl<4GZ#y0ZLRS<f(7,7n2#N5^=7,J%d(#Au;W/ygDLl.I%X'BW5#Kv4p",
    "W`oxt#N>e*(#Au]#OXeD#L5O$#Oi73SkYAPaGZEiLK_Z0)eAwhkuedBLl*-8'N:Z/%PSB$ZV:]g6g4VTb)2ZmU.q1_Ll.^,W`p55#@t]>",
    "UeQH.UJ7RwG3o=a#Jm3M%.4/n#S.IB#OVWL548ON#Ohcn'iM#8VG3k#)tj;QX'D]0Z;%9%Y>)oKZ;%y'MM.a/WD00ma]klOZq[9^[7u7y",
    "[7wT+[nX/4#4=xb#L5OC#Oi73xkT;2Mg$]_#QOnOb)3T2[S=#2Ll/E@W`o]>#ODKj'iMMFZVy..1'@Xi#Qk,k6j<Zqb)3]5^J2:DLl/`I",
    "W`o]C#ODKj'iMxKVG3k#%1*(@#LOZ%`(dmK_bHtBYt_u;XwcW7W`p5W#R^x5(A@kL#P8'4#Oi7BaA'KTX)&Ol#S$nS#OrB0#S7%=#R:DO",
    "((^Nf#OXej#L5OJ#LGI/#O_]m#OXeb#L5OB#Oi73b>#*CbA@J,#S@+9#S.IO#SI197/I#y7/[/d(A@kR#P8&*W`p5_#SR7Z7MGmX'bLmn",
    "+wrh:'4Mp96tt^q%NGLXl<4HI#y0ZLdnKia72GwP#T3Zu72Q()'k,Bl+qyjd#L5O]#OrAJf1gcwHghPRfM0ata]m+rfM.$^WD0-lW_K:'",
    "%3GX$#Oi7Bg.`Od(A@k`#P8'L#S.Iw#Ts0)548ON#Ohd8(*Wf7#OXf3#L5Oh#S90V#U]XVW/BA7Ll0tlW`o]e#U0<,0mDJYj%Xx<74Jyp",
    "#UTT-73qv6'iNpnekMrS%4hQ7#LP)Vk=si<jwXm&ktM0w74eR'#VQ5674nWy'iO*sekMrS%5@o6#OrB0#VlG_#VcAZ'k-90lqO9i%5x,9",
    "#Oi73mnMA;MeiVd#W)TM#OrB0#WDed#W;__'k-H5nP+dE*&w%(0/EYv#OrB0#W_wg#VZ<#(-2Le#OXf>#L5Os#LGI/#O_]m#OXf6#L5Ok",
    "#Oi73ohEwAbA@JV#Wi(c#S.J##Wr.c73hoh74&'8(A@l'#P8&*W`p64#X&5/7Qpk-'bLmn.81mJ'5JdT'2p+16u_4#r(Zoi%PSB$s@ik`",
    "'N9`k%PSB$ND9aC'N:#s%PSB$PthS`'iOg2.+8o,#Xnem#JkQ/a]nLDs%UCFs@mb777RC677RD#6qIG^#>CkZttK`:ttLq-%*SfQ#LP)V",
    "Le`J*LJGdTLedkPt=jN8swPY,%F>2S#Jm3M%+,.5#r*`YN_Y43Mb^*d%+PF=#Y`-MND>=8X'c.m#h/o[a]jL)OA;We%G1b[#O_]m'iL#r",
    "Owt+g0AHWj#h]:Z)H)]&Q;.H$(#&fU#k8U:Qqi`J#S.I0#i5X^'iL6#PYS&i%H%=c#J6dG%,h9U#nxmwS5,8QRnfep%H@M:HghPRSkbVW",
    "bC'Td#iYpV#k/@4TMCPQW`o]##greS(/p`.rCp>l'iLT-U/&[c%-doe#jDEj(/pi1-bH0g%-w&k#nxmwVbWggVG<q$%.42U#h'Ma#O_`c",
    "#j)3c#jqd8(./-$#k/@LXxL%s->KJaXxP`ua]fqj#jsoZ#L5P9#Oi73Y>4puMeiV%#kx9&#nISH#PS;t77RC677dO[(/q;>rCqG6'iM/=",
    "Z;/Ar%/U,3#l4VZ,%7]x[8*QF)u]pH#lOiF7K*AC'bLm_/PIKS'4N<D6v.L'%KQW>l<4H,#ZKet%M/xMW`p5M#]bWS1'@[j#m18m6jEcs",
    "b)3]6^eVOILl/cKa]l;xHgX*5#gPXM#k/@C_bMQ8,uVH^_bS*`^J;LJW/A2lLl/fLW`o]G#mCDO('+LT#k/@4`_NpHbBsO7#n-nT#r*o`",
    "axK]XHnRZ+#Y`1(axKf[cVB(Zb>+jI%2/gS#gb>7c;)Dba]lxgc;(+$bYEbWcVC9M%2K$V#k9WWdS@qid8%Snawg/cW/ASwLl02WW`o]U",
    "#nR1Y7Mu9^'bLn/2,#Sb'6Yuk'2pO=6vw'/%NGOYl<4ux#ZIO5%3ks/#k/@4hG,]x-;rN%h+lU-XBaLbi_Iv.@jM3U'k,p'i_IC*i(i*5",
    "X',`f#]n^)a]m+sjA)Lb%4_N1#k8I7jw[M:W`o]i#qQ/80mDV^jxFc>MKUO6#qc<C6nnaHb)54al;$GGLl17uW`o]n#oj$H(/sC$1T7*`",
    "%5x/Q#nxY@mnVwMmS;f/nP0*+75Y08#r_q@75b5H'iOC'1w;,co1gn@#k/@4oM4dYMg-dE#ri#X#jsoG#gPY'#kL35p.jjWl;$eQn4o^F",
    "lV<%vlV=@E1-G_%#^l,HnP6rhpJ-9Qby5R>#(>NE%=Wnr3q*YfqG,UHW`o^(#_%JR%71.l#seXn(FK;^#p9;Xr(a&%*(0m+#k/@CsxAVs",
    "X)/VQ#t+kq#k/@CtY>&$lYI>>#tP/##grfnL/.hmttW('L/3A6by5RD#(klJ0SACu4+r3Q5qidfM,+C@'N9Zj%PSBGPtqZL'N:,w%PSB3",
    "SPKMT'N:N-%PSB3W_Wm@'vcvp#k/=3Mbb$-'vm'y$19w8$-k`m$4oA[$.T,]W/yI<Ll.'qW`oxh$.&eS(9EI#@&g#:%+taF$.1;XPY[3C",
    "P>B,aPY['yN_b7oNDHya0AHYla]jg3Q;=;j%,M*C$4d[5$/Pdb'R,aH2;85v$84R2#u&:)R89&QRnnX'RST_n1#`:ul%tg6#7s)g$023]",
    "$-ka*$4d[;$0Dyf7-+O+7-=[O'iLT.MGM-(U/.=cX'-85$%JINa]k*;Ued_PT21'+T227s)s[Ur$1JIDVGDhMX)&OJ$1%ci$4d['$1.im",
    "7,x7'7,x7G7+DCp7+DD='iLc3MGJqP%.=;r$.8kq'vm']$19w8$-k`o$1JIDX%w@Ra]kQHX&#R*)tF)PW_^KwXA=Cxby5%;#)D5O%>a%W",
    "*/W]g*/]y87kbE]Y>5Ef'N;#;%PSBGa%lt)'S4,,%M'*Q$,OMnYYV<*W/@Z^Ll/9>b)*9,[8-f#7/R/B7/R/d'iM;BYYXA61&_:`$,OQI",
    "x5054Zql:@ZVRB2%0$G4$1JI5xkf>3X*k3`$3(,<$1SS<]MD_@W`o]y$3C>P13^66]2,nAl%uuW#7s*4$3^PH$-kaK$1JI5_+v2m'iMxM",
    "Y>:s.%1*.y$1T`X`(w$O_bYu(0FIvu$46nV((CBa$4d[f$4I%;'Oemb5Rdi9$1JIDawk2c-=OkvaxTixW`p5]$&XFm1(sd4$5*I=70WkL",
    "70Wkq6[-UW^/(k:btklUl%vPg#7s*D$5E[h$-ka[$1JI5d8-cJW`o]T$1wE#2c@n+dSJ%la]k`Mdnc^*cqf7xcqgC'[82CA[83T4%2oyP",
    "$4wswePFIrYYN)MYYWSNW/@Z^Ll/y@W`o]X$1wDX-;r5sek^6)7NDTc'bLn-92%Z8'6Z`+'4Oym'7iR,7$yVE%Nkj^l<4HH#ufnu%OhKg",
    "l<5]-#ufnu4y3LPl<5]9#ufnu0hDIUl<4t^$<,wv0x6G9l<6(-$<,wv*81O(l<5x%$<,wv45C$Jl<4tl$<,wv%H[e%l<4u)$<,wv*;'GC",
    "l<4u6$<,wv0a.xgl<6([$<,wv0bOUtl<4H>$<,wv*y#&hl<4uR$<+iVg.ul4(*Nf,#jso2$-kah$4oBV$7,dXW/B;7Ll0nlW`o]c$6]O:",
    "0R);XiD4V<7489n$7#`/73_p6'iNmog.wMY%4_Q7$1T`Xjwji>jxNd.j%nT=W`o]i$7Q)W(/s3u8>r=u%5.iH$4whCl;-AEktctc1,/nq",
    "$84S/#u&:)lVHYKm8&>$lqaEk%5x2H$1SS<mn[,sW`o]r$8hqC)Kk@OmSE+Ra]n+;nP>rp1-,N/a]n.<oM;>t*'47dnkxXYW`p62$'3&^",
    "1-Gb3$9SFg75G&$75G&I6[/*,l;-#;pJ9pWl&#%<#7s*n$9nYg$-kb0$1JI5qbQ$Ra]m8#qbNrRqG2^1qG3iQhbSikhbU%^%711N$4wsw",
    "rD3,mYYN)MgJ@QLW/B/3Ll0hjW`o^,$6THN(/t'88>r=u%7^P#$.18WswebusxImCttY:@77[P`$.&h177m[]'iKQgg.wP[B$CIcAFL+;",
    "LerY/MdRvi$HrY.$P*eM$-rbP77va<7*l)9'm54:8IlA6$./nR77va<77va^'m57;t>)sLr_J8TX'>nh$Ub**W`oxf$If49)KgpDO&0vy",
    "'wWTL$P*d1$Od.<'Ocu-5M$&#$P*d,$J>R]'m5UEr_LFGPu*QKa]jm6`_WIF)r:^]Pu*TLW`p5*$I]/C-=N-FQr&uQa]jd3RS]hq%H7Oh",
    "$)jY6%-%K[$P>(#Sktb[a%k`L1$&Q/$GkbhU/1k37-+RE$LIuO7-=^Q(/pc1r_Heu'iLW0UJU'1%-w,l$L7j9($5Yq$LU+O$I1j4$Ln[9",
    "W)37p@djn9WDK<qMLGd/$Lx-=($5Yu$LU+O$I1j/$LeR6X&,6kMJEt-$Ln9y(#];r$LeR[Y#%PM6h^^eb)3-(YY_E-Ll/3=a]k`NTMM;L",
    "Yu$%>Z;@y2)u0X*$LeREZr$U(X)/UY$Mai2$LeRE[SZp-lYI=E$Msu6$IT#px533K[nstVY>DN2W/@W^Ll/6>W`p5J$M=QC(%VS<$LeRE",
    "]21lp(/qYJr_Heu'iMMI]MO;w0E_Ok$GjVo^JMFHW`pwh$BW/>^ehXLXBHAT$AH#s^ej-=)vlcZ$Oyn7'k+g_Xxa^v)w)od$OR$p#w:VU",
    "#yANFW`p5X$JGXB#w:xW#BvsiTMNC1a]l,YaAA[H)wN2_$LeREaww+)Mgyor$P*C^$SO[f$;AC*b>y5cg/*Bgbtt6O%M].F$)jY6%2K*l",
    "$Ln[9dST^E@djn9dnn7pa]lqpdnliS*#f%>$P*ds$QB6J'k,Krxkp:Yekjb#X]brx$B*)6e54LuMdRwd$Pims$P*dk$QfNL72,m[73Da4",
    "'m8&5r_LFGbYZhrW/AZ&Ll08[W`pr,$PEU_7Nqui'bLm_;G9VE'6Zr1'2qLd'2qOe'4OVi7%*+L*@1hsl<4HM$<,wv%O_Hgl<5]+$<,wv",
    "%QFSwl<4Hd$<+iVhb^deW`o]c$C/MCi)&07W`o]e$C/MCi_xH;W/BG<Ll1%qb),%_k>20V74n_u74n`B'iO'ui_ZFb%57pxMg-d;$SMZI",
    "$LeRElqlAAW`p6)$CyI'1,K.w$SqrN06cYelVQeOb)5FijxXlALl1(rW`prA$C&GBn5/FWW`o]u$Rc/v(,uIf$Lw[xoM@50$TJ;Q6p(TU",
    "b)5Unohb-aLl1Y-W`o^%$Rc/v(-Mgp$LnUEq+rn@$LeREqG>jOX)&PI$U=ki$P*e)$UFpp'iOa3i_[O,i)',RW/C(NLl1x.W/BPyLl1.t",
    "W`o^*$Rc/8-;sVFrD9Lva]mP,r_T>VjA:Gqjwqjf%7LFW$P#F#$I')''2hx2<A+f7<xFo$<mEn1l<4Ho$<,wv%Syk4l<4GL$WH+w%G(bl",
    "l<4ti$WH+w*8^p.l<4tk$WH+w%H.Ivl<5x5$WH+w%IF=-l<4Gn$WH+w0`M;bl<4H($WH+w%KZfBl<4u;$WH+w%M&_Ol<4H7$WH+w%M8kQ",
    "l<5[m$rc5#%F>;fl<4GN$rc5#*7P1$W`fX/$=Cxbswnu&X'B(9$Dq//'iKQhttg%w%*xt0$do(u-;oG&LJ_w4-W5S(Lf&n2a]naNM,C'_",
    "%+,8[$LeR6N)BRxMer[W$df.9$h4e>N_ruiW`oxf$e,@=#uZXf#BGT,O&<f/MG]7<W`oxi$d](V'iL#utYKqv%,(mI$eY^`(9ER(@&g#:",
    "%,;$N$e#2cQVdd6PYmNLa]j[1QVkY7Qr1=ta]js9]hZIZRSgOvW`oxs$d](u(#]>c$gp4K$dLs+$kPSn$g%UrW/@'OLl.[/W`o]$$fM9g",
    "'iLT0Oxpge1$Sr9$g@j:7-XsH$fqQI7,wON'm60V<Y#`:$gx&r'iLc5Ro.(;Vbs0qXBI.Q$[xLQVbuK@X&/m=7.1<Y$h4DU7.:BZ'iLr:",
    "Ro.(;XAPm&X'-8y$x,$xW`p5@$f2'e-=No]Y>M6*a]jp8YYh-^X&4J9X&5UYTM^<.TM_Lv%/0qo$dg))Z;IZ0YYN)MRo-7oW/ypKLl.U-",
    "l%uTN#7s*)$i1&6$dLsB$h+[F[S]m#'k+@SQr0],)u^$K$iL8.'m6lj<Y#`N$igJP('+TbX'B'F$`780'iMPK]hu[]]MZ1Ga]l;_x5B2<",
    "%0cv5xP]bA]MZ4HaG[W:Ll/BCW`o]H$qLO#'k+pcQr0xpYt`)B`DOEXa]lVha&.MQWD0-lW_LBFaxd4%((^Yqa]l_kHgX*@$dLsZ$kPTH",
    "$l&qLW/A`)Ll0>^W`o]S$kW[#13^rLd8>X&b)4DMbu)PhLl05[W`o]U$kW[C(A@kY$jv7e$h+[FePXUvW`p5g$f;-f-=P;/eksb#a]js9",
    "f28>X%3>]q$h4f4#Tj6g$m#TO'k,Tvfho_E1*HiS$j-Sp6mDk=b)4_Vgel[1Ll0bjW`o]`$kW[a((^[*$gp56$dLsk$gp5($dLs]$h+[7",
    "hbhywMeiVT$mc)x#nIRh$ml/U71odZ72,q'74/8o74/9x6n&<w$V[:^jx^Vsjx_gf%4h]($h+[7k>B0)Mg-d8$nMTE$nje.$VxL+kY^AI",
    "l;</#ktw6j*&.Wb$h+[7lqtZ-X'D]0m8:W*lqsQm*&Ijc$h5yXmnr1RmSTco*&[u#W`p6-$f;-f-Xl@Kn58LYMgHvF$oJ5Y$gp5C$dLt#",
    "$hHN8oMOUTjxbDPku#BdoMOCNj&(Dqi_cLc%6Fb7$h4f4#Wr;/$p+Xl'k-W>p/.Vw*'OPo$h5yXq,-]ipJJhBRSiZ`W/BG=Ll1%rW`o^'",
    "$kENv-;sMDqGF7ta]lYiqba)TiDG2oj&)Ud%717w$LeR6rDCI>bB>F7$pk.q$njeD$VxL+r_`JusA=K9s&#S+*(^=6W`p6@$f;-f-Xm$^",
    "t>>2*W`p4l%,_=S-=MI5ttoqYW`pq.%%G.KLf/k5W`oxb%+#1v'vm0B%.Fd8NDb[Aa]jL-NDdZ.N`(F9Y$)%i%%)WSMGf1:N`*c/swsq_",
    "W/CFYLl2%9MM.a/WD00mW`oxg%7g[C7Fh[t'bLm_=wg8+'4Onq7%r[T%G:qol<4u-$r`s8%,(o&a]ja4PYw6CPu<4$Pu>PeQVruS#4=xB",
    "%*h'(%.Fd8RSo,QX'B'$%&RA1'iLy*Ro4rp1#iK+%,qLT6feMUb)2NnSl1taLl.R-W`oxw%3blQ'iLN/P>[*x%-Rof%-Iiq(FK:Y%3P_x",
    "U/Ie$)sRY%%.FdGV,C8W1O#KwUf*gmW/yvNLl.U.XbeS*%-%QZ%-w2h%1k`#%,;'Q%*h'%%.Fd8W)AU_MeiUr%.4>X#S.I/%.=Du7,A.'",
    "7,A.G7,%q$7,8(H'iLi8P>x5lB(6)4AFL+;XAYm&bA7Ca%.XVENDBcx$r&)J%.ax[,%7HYY#=>+)tjL=%1`vR%/'o*'Oe(N,52=+,w3o`",
    "Z;RK@%/L26%1YW/%*]8c",
    NULL,
};
// sum_squares.comp 74bc790b982adff6
static const char *const r0i_spirv_sum_squares[] = {
    "M9q3FL=-4dL2y<`#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#(K(w$;_==#>O8p,#SR$(hitu#14'-#B(%.(hj%w(GyAE",
    "#qusN&SC*>7niwJ(QJlEl<Qhi+tsV*#>O8p]1iK9MI*_q#%WF(]M/BS#;6]$#>X>q^.feTl<Uo(-V`Z;f1cHUMI+_8#%`L)fM)yo#;6]@",
    "#>X>qg.`bpl<VnD-VWN+#k&%)#k.w*-;;<a)f4SG$tf[v%;5rgb>TF)$t4fu,ZPmL'Px^wW_jmb#VZU3-VT2&.ocg<&5juel;e+EttO2c",
    "2c9b7%XnG:l<5s&#VZTn3_b9:4&#rD&5kLAL/-fy%#+d(&lLwwlrYv47t<Hx'RiJTb#ekE#L3LMN*/iPYY@cNN*/iZYY@cNN*/idYY@cN",
    "l;e,,#qu]oE7=sI'2iVH85+xFEa`by%_2_^l<8&G$IB(%$=S[%%)@U%;75Iq-Jwo/l;e,Z#Kw>T&7MJ@#4Dg.#@YMY]M5e<MH%&h'*84v",
    "'`wLM#yZXg_bCPXWDh2K)wN<+#TWs&%j(gafM1FyfhKt#'/0c$lV@J*by4mQ##Bi<$nje%#>F0F5puch7484#6ob9Ob)/q]#WDe>75Y,G",
    "(4l9c3Imo>%7UCt#LO]&sx8Pq54K2FswLV9W`o^0#Y4vR-;shIsx8YtX'c0+#EAfA-W9PytY4SlX'@PX#E_(H'iO^/qFuZi%71+j#XJLh",
    "76(D(75k8I(4h$A3Imo>%*eq/#gjf'M,&Y-54K2FMG>slW`oxb#g`Y1-;oS'M,&b0W/BtHLl1S(Xbd9J#snxx#LW]C#Or@TRnXvm#Oi73",
    "S5#8QMeiUh#N>eL#nx=gTM:hYSP@(W;We*H#j)1O6g4VTb)2ZmU.q1_Ll.^,W/B>6Ll.a-MeiUr#VlIAMer[t#O_]`#L`c_X%`VFS5#e`",
    "Merx%#VlJO#VS@)#Y`1(y.K)=#gPWp#jsny#gPWq#k8IeOwnH1W`oxj#hT4V7+q^t7+q_D6W3)P5h5ww#hK.8-;ppLYYF:cW/@]]Ll/<=",
    "Xbdfx#kJ)x#nm@G#P1)dmS9ifPYT>)ZqZ7/;ZHkc#k7s;6i-oj#>E('xkT>3[7u7yZq[E4/)UJS-xeF2%,h9U#nxjvT2(YV0ekCjTMCn[",
    "1XR=Q_G-J(mS9Wo_bIjL^.fde#Oi7B`D+'NW`p5x#RUUl#w:kY#CaElb>%5+MeiVC#W)UZW/@]]Ll/Byl%v_k#;89*Z;,w=Z;0GH[8$`D",
    "7'3Rr[8)=@ZVI6^eP:^`[8*Q548]/P5k#:l[na/4MM,]]E:FL_xk[/O#nIRW#rMe@5.,+CW/@ufLl/TFXbd9O#f*WKd8%egMg%l.#r_pM",
    "b)+>IcV=K^70E]+#oE`v70NbM175^Z[nc6ol%vJd#7s*8#mgxX#gPXN#gjc&a%imEnP5oqGRaera%iFE)wN,k#k/@Cb>,ELX)&Oo#n[7[",
    "#nIRW#nd=;72,gY72,g[5.,+CW/A]%Ll0;ZbA@J1#r_q'W/@ufLl0D]X'BZm#eD2Y'k,BmdnZX)eP:^`eP<$/*&w*g#l+QN#oEb-6mMh;",
    "b)0:R#pBB*73D[073hri73Ma4(4k%A9896V%3ks/#jso4#gPXi#kL2eoM.J##pTO*#nxYae4o@95qbDO#>E('e4n7nekLa`eP2oU/1L^H",
    "-xeF2%4_Ny#nxjvkt^,@5qt*%l;$AE1XR=QhG*'9lqXEm_bJihg.`bH#S.J'#WVta72uy`72u@+74/,k74/-57El<G",
    NULL,
};
// swiglu_backward.comp 46daef5c54c5a7bd
static const char *const r0i_spirv_swiglu_backward[] = {
    "M9q3FL=-4dL2y-Z#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(GyA<",
    "#qusE&SC*>4wu&A(PN6<l<QM`+tsV.$rDUn<_O@f(n:SS#;6[h#qusm-qr];=Dx.((T7OEMI'Rl*mkV0#&aN*(T@L#(TS``l<RbD$8<(.",
    "$rDUnDG1o)(pj9k#;6x+#qut0-qr];E,>bB(WySbMI(U4+41_N#&aN*(WHP@(W[e(l<Sda#;ybQ#>t]](tnvo+41_b#>y@Gkv9<R#qutV",
    "#AsQ+(Yf%<#VH6bWDit)W_itH#;yKm(Jf]m(fCte$XY%v%:BfV):/Y-%q+I3)e'-Q$Y(;`l;e^A#1*Wv%oVIv$uH;7&5jfW#VZF6$r;Oc",
    "023lZ'Qkm0l;e+C#LEa2#y'Vn$vvNY#qu]o2b_/%$wn[I&p--s0mDxl08KZn&7x.5Lf$_A%@x%P%@g5N%x4$.l<7&d'$poi&mqDB@UI#]",
    "A#P&iA6</%'WPMPWDdGHaxulhMGw;%D_M[=E*213)8C^ULI_OG%E0#%%E<xM%`xw-l<8Pc'(6(g#@GAWPYI-AMH#X@'%vCN'x`ZR#y^%t",
    "%5x*#l;e-W#@ted#Z(M,Ll)Bw6fwJRl&%4h#L5O,#Or@[YtZ^%W`o]4#PS8V-W7'NZ:uwP(3lud0R]a2%/U)3#LOZ%[S<l.[7vK8%.F:]",
    "#14T%X%fg&W_K=)1@bI32t.>cXxGZsMeiUw#Oqir#Or@K9O^Hi'iIPpbBHLPXw_GM6^Ifp7$UB@Ll+h&7-=U+7$jcc,67ga*dshu%0ySA",
    "#SAau^eM7AmS2f$%0lqK#B5BC%&:F=Xwbd.yDUPyy18AA@&:hw%1rXQ#W2ZJ2c@Xwb=s8>-;n@s#P8&t(8PKO*j;AR)6m`Q(21lq*+USv",
    "'iN7[d7qT;%3,Er#CY]l%35Kw#B5BC%(jnkXwbd.yG(#nFmooYGJ)v^)8TnB#w%j[+i0w$)8gOBMf'3VH,IUY%4;2g#CY]l%4D98#B5BC",
    "%*Sc2#P8&s-XVL1@(iC`):8K@#K5_M):S]3IaeI:OA,b7CX`C0X)/O3#LNS5#P&G3Owg=EL/#QwOwgj=bBsO[#Qb$Rl[8w(#VlF0MeiUc",
    "#VuM`#OrsSSP<;&X)/OA#NGj5XBxlw#M]y#RSCx6TM:hYW/@'KLl.[+Vi-+>",
    NULL,
};
// swiglu_forward.comp 3e5259c14aad2b0c
static const char *const r0i_spirv_swiglu_forward[] = {
    "M9q3FL=-4dL2<ws#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(GyA<",
    "#qusE&SC*>4wu&A(PN6<l<QM`+tsV.$rDUn<_O@f(n:SS#;6[h#qusm-qr];=Dx+'(T%CCMI'Lj+41_/#&aN*(T.yv(TAT^l<RxB#;yb-",
    "$rDUnE(h,+(q'Em#;6x-#qut2-qr];Ebtn@$;R@*#u7:'$u>r.&5j*GMGk-q(_6de-P6T$(fD%(%UfZ]l<4pA&+BaB-;EQ3*Fo0,%VQ/V",
    "l;e+9%kn>u.n]q-$ZlSYMGu$/0/*lg0MUV=$vMa/%X7w^l;e+GL<K``&5k5db#ek2#Vlgy5D1P@l<5X&#VZU*920wF:@AFe)@m(Q<R;#P",
    "&tJ#r=.TiW%xjGLWDcu;axuENMGvhm@PA;#@p%f&)6xSELI_OG%CHlj%CTv-%^ukbl<7uC'/0c$ZV;#R'2A[6$-k_Al%sRel&%4CLl-EV",
    "(3kR<0R'=,%+>78#LO]&N_P:52=V64O%h*^W`oxg#Lrk4-;ob+N_PC8X'c.b5>6cX%*Sb6#KrrY1<fic2t.>cLeWG)MeiUR#Kv5(#Or@K",
    "9O^Hi'iIPpbBHLPM+pN(6^Ifp7$UB@Ll+h&7)FPC;=Y9AQ;&-82t.>cQVEQGbBsN_#MfE-l[8v,#N5]4MeiU%S4wWyXBxi4=CbJ3'jk+L",
    "bBsNj#MfE=l[8v7#ODJyMeiU0VbMeJl>%'Jyd]$nCeYk`X)&HcBsNGy)73P_bBsNu#MfFd#Ve&AZ;%B(.a]AHGPD3p#P&G2GdnU6W`p.]",
    "GjuqoHF.bo(8H#]*j*=oHbcACI*Oq&Vi-+>",
    NULL,
};
// token_logp_backward.comp 8588a5def8e4870a
static const char *const r0i_spirv_token_logp_backward[] = {
    "M9q3FL=-4dL2yEb#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#'N,e$;_==#>O8p(fCLo(gm>l#14'$#B(%.(gmDn(=<b4",
    "$#^PA(LR>/(Np1.l<QAR#;yaR&S:$=6<>-j(SV+yMI'@f*mkV*#&aN*(S_'r(Sr<Zl<RP>$8<(*$rDUnC.oK%(pEvg#;6x'#qut,-qr];",
    "Ci'5;(V^/xMI(C.*mkVG#&aN*(Vg,:(W%@wl<SR[#qutF#>t]](sN(b+41_U#>y@Gkv8jE#qutI#AsQ+(XE,/#;ybV#>t]](uGyt*mkVf",
    "#>y@Gkv9KW#qut[#AsQ+(Z>CA$SDQeWDit)W_itH#;yKm(Jf]m(fCte$XY%w%:BfV$swZs)c[V:'O_beW_jRY#VZU**_bX**G,B0%VQ/V",
    "l;e+9%kn>u.n]q-$ZlSYMGu$/0/*lg0MUV=$vMa/%X7w^l;e+GL<K``&5k5db#ek2#Vlgy5D1P@l<5X&#VZU*920wF;==ao%1`]K>gNb^",
    "&u4N$yDS(e%]TqFWDd;Daxu``MGw.vCG675CflywEEEo=&7]T`MGwM()=IgT)@m(uH-ciC'#<RAHbp3i%EniiaxvapL.v>1LeS<4#VZbD",
    "#L<E_WDesa)@m)y#MoL<%c@@wR8)aURSB&O'/0c$ohy;f&5qw%(D.*]$;:QW6rDv2W(d:U6w(h7Ll.s3X'@4b#BhWs'iMABx4q[(%0-G=",
    "#CE:^1B@N02t.>c]M5e<MeiV1#QOo;#OrL9Yt[5^Merx'#Qk,3#Or@[ZV<QyW`o]6#PeDX-;q$OZ;%K+X'yX;*0I%2%$O0x(2-6X+RfnL",
    ":R$Q[%$jDYbBHUV[7s:W6^e#s7$p]ILl+q)7.(*27%2)A%%se.:x#'y_G(ed2t.>c_bIdJbBsO6#RLQ(#Ve&AaA'KT.a]AHA.AXCXB])B",
    "yXvIA'iJGMbBsOA#RLNYl[8vc#T*SkMeiU9dnR#MXB]PxCh.;['jkgtX'BSc*4hq[)81#32H&.2_bKW)l[8vn#U9@vMeiUJhG$uM(:Sx<",
    "*lk'j)9I:j,w$1HK@BvyKM=5BGWc)c#w&0d+j.c]%5%xu#CY]l%5.cF#B5BC%+>8@#PwQ%-rPt-[7s780UIc'OxK6a0Op,IP>+Jdl=Udp",
    "#MK5D-=;m>Ptcc/(22o9*+USv'iO:#mS1ZX%64JW#CY]l%6=Px#B5BC%-@U^#G@r/ET[Ak#@s9-W`p/1#Nl-f-XWEKQVEuSX)/OH#O)94",
    "XB]Q<#L<EkND7<)VbNggW/@<RLl.p2Vi-+>",
    NULL,
};
// token_logp_forward.comp dbdd1b643de88c65
static const char *const r0i_spirv_token_logp_forward[] = {
    "M9q3FL=-4dL2>dT#4;UulqRU*T,HWp[5-/.%/T3@LJIpk#ttCd#uLjraRSk0#(fD($;_==#>O8p,uOm'(i02##14'0#B(%.(i08%(=<b@",
    "$#^PA(Mj1;(P3$:l<Qe^#;ya^&S:$=:0/Dv(RbA/l<W:O$rDUnjwPhrMdG=G#&aN*(b>xml<WCR-qr];kY34,l<USu$rDUn[SygDMdEVm",
    "#&aN*(]4>>l<U]#-qr];x4w2Nl<Uo)$rDUn^J4cLMdEqv#&aN*(^0tGl<V#,-qr];_+l.xl<V_@$rDUnekQ3dMdFb8#&aN*(`WT^l<VhC",
    "-qr];fM3Sol<W4N$rDUnjA#xrMdG7F#&aN*(b,Sll<W=Q-qr];jw[()l<Wsc$rDUnq+^p2MdGv[#&aN*(dA(,l<X'f-qr];qbA;ykYMyZ",
    "%Sm0*$W8*Nax`dvl;e+6$.&p&$u3dj->Nfn)pek;%rC<y-Z07i$Z@.ll;f-Y#;yL5/5Ck-/l`-y&5k)hl;e+HttO2c3`6(:%Y4Y@l<6',",
    "#VZTn4x^T=4wu8G&5kUDL/-fy%#Fv+&lM,%lrZ*:8qT)e'S/eZb#ekH#L3LPN*/rVYY@lTN*/r`YY@lTN*/rjYY@lTl;e,/#qu]oF4:9L",
    "'2i_K92'wIF^]1E%_Mqdl<8/M$IB(($=S[%%)[g(<4IZq<Svo]#F[U0'2kK-N(m'el;f/L#>O8i*$,.7L<TR0WDhxY)wN<9#V,r4%kRfo",
    "jwXoMk=sry'$pqM#yVa*&9$f;$.&uH#y;O'&7P69#4Dg(#[tVZ[SF#2MH$ic')Vhq'`A+B#Zvj1^.nnR%KuqI#g`kl#ZwWBl<:c(_+kEq",
    "%h/SP%.=HN#[tVZekXOrMH%u.'-%*<'cdB-#Zvj1j%^@1%OqQ>#g`l<#[#qgl<<(MjwZy`%R'r4a]%e9peHKOqG%Jo#qulb#seW)l;e-(",
    "$XDb'%0m&Wby4mQ##Bi<$njeH#Ya9G6q[U:77v_G6fA,Nb)0$]$/Yjy7,7tF(5/Ae4G0GD%.45p$.0o(WDB6o61GMLW_YO>W`o]-$1J&S",
    "-;p^HWDByrX'c/($'>5F-W6F>XA>9jX'@XX$'[UP'iLT.U/-Jh%-drf$0_Qi7,x7'7,J+H(5/Ym4G0GD%/'f+$.0o(YtqB*61GMLZ;3BF",
    "W`o]5$2=V[-;pvPYtqK-W/yjGLl.I'Xbd8v$gIi[$2Obk$1SRYa@vlu#Oi73axBWVbBHc(#RLxU#VS@a#>E('aw]iZbY<xVb=w^utY9]:",
    "bY=sL0)l$$.YFO2%0-My$4wsw^/)+A6npE(^JD@F2Xqy1dnM$:W`o]V#T3[#-W88p_bn]`MeiVJ#R(>[#VS@x#u&:)@0m&R$-kaO$19ws",
    "$-kaP$1SRi`D9$kW`o]H$4yt671B@S71BA#6W1X*6jWu7$46n573M]e73M^56Xdc;fM01foM*n@Xbd9#$jm1X$9SAD#LP*%j%[9qe4mlJ",
    "h+cI)#7s*Y#U0=)#L5Of#LOZ%lV5`1`DNLIlqQYIkY3yf#Oi7BmS2kKX'FponP(5q#Oi7BnkJFSX)/VB#W)TP#L`cnoM#@<`_l,-MeiVj",
    "#R^g7W/B,0Ll0egl%we5#;89-cVK.[cVNSfdSBlb7,S+l$5`m#72>w'76(J*72Q.,(50q<:5Pcx%2oys$.(ZOEk/#]HQ<43e5*trf2'1h",
    "MM,fcF7)7D$-kad$1g;faAJU7dSK+5m8&Fi<ZqSc$]2fgn5&4Q#7s*Q$6fU@$-kah$.1<'hbVO'aALualq[X'73r'n$8M_=74&-9'k,s)",
    "f2%*H%4q]2$4[7>(;Sp8GV'$s'k--.kYHt>*&%Iv0.I)f$4d[u$8;S[75=u#75=u%5.GFLW/BbDLl1A$bA@JO$4[6ZW/B#/Ll1J'X'Bd9",
    "$,%V`'k-H7nP>mHo1st*o1u9N)wW;m$l/t8$8r#M6p^uZb)0Cs$9nXJ76UhO77%+376^nS(52<c:5Pcx%7(+l$1:#S$-kb3$1g;fb>CGs",
    "$:+eh$1:#W#L5P5#P1)sgem`Kr(ieesx5VZ*#SrV#XSXa#tG$t6Xe#BqbyciR83W`Xbd9*$kWxy$0_Ol#LP*%Lebrse4mlJswSxs#7s)S",
    "#tG%t#L5P6#LOZ%N)%`(bYb6PlqN7ykY3>x#k/@CN_Y@7X'FpoO%poe#Oi7BOA:X;l>%.N$kNU%#w8fu#C_J6OA<GqN)(2R#Yc9$#k9$U",
    "R81e0Q;36A)rq')38=Su#oNpH-=NBKgej&9MeiUl#ndEyW/CFULl2+7l%u*y#;89-tYBc;tYF3FLJRvm7'QxsLJWSitt^wxVbhu4LJXg^",
    "50a;*6gtUoM,8e1MM,fcF7BgeN)4NM$P*d+$PN^#5.GFLW/y@:Ll-soXbd9-$c@O%UJRFdMg%tX$P`i3b))]rThkb27+MM&$L.cL7+VRv",
    "17O;1M,;<$l%tj8#7s)_$JP^U$I1iw$IKu(R8ANBcV^NRHJeqLR8Bxn)rUqf$LeRESPY&IX)&OA$KD9X$P*d+$KMyf7-4X-7-4X/5.GFL",
    "W/@'NLl.[.bA@IX$P`ibW/y@:Ll.d1X'BcB$G@_a'k*bAV,3nRVbhu4Vbj:X*#Af&$qg]v$L.dX6l6&1l&%Y,$I1j<$SO[J$;AC*CA%f8",
    "$I1j=$LU,*$I1jy$Ln[jZVX2ZW`o]6$Mah]5.GFLX'BcT$GETKa]l#Vdntd]Ek#ua7/d>E7/d>j6W2<=IJ<si$PETw0q5RWf24^Q6kokJ",
    "$;AC*]25qBcVT4x]MO<:<WrX4$QTF76kKQ*b)3`9^ehvVLl/cMMeiV8$MjoV$h4eR`DCRl$LeRE`_aEVW`p5Y$N1,--=OeuaABZYa]l#V",
    "axx^vb><eXb><kTEk#ua71oaY71obG-W8#lf26A^7/d>E725t*(;S'vGAsyl*#Ac($LU,*$I1j_$M-Dvfhow$YY`MLcVWYgrD3MX7#BDw",
    "Ll0xgl%vwu#7s)5gJHL.Ll0_hW/C=ULl0ejX'@Yy$Bv^Q'iN^khGAlgEk#ud(;S^3GU3M6(+9>y$d^lQEk.p3j%t>pj%uYy%4DD-h,*]L",
    "pJyQt<x+D4$]2fgqGy]g#7s*x$S;NW$I1jt$ILE(l;6/yi_ea&p.tc275+m0$TnRI754r&-;s)7hb`*8X'Bd8$GGx1W`p6-$T8.e'k-K9",
    "i_ZIt*'+6n$TA50(+9>W$LU,N$I1k.$ICcPEk.p3pJyI/pJAhU%6jwS$b2puj%t>pqG=#'HU.eX.dvser(v&mW/C=ULl1q5XbdfQ$mGm/",
    "$UOwl$SOZs$VxL+@7UQ'$I1k:$LU+3$dLt<$Ln[jtYIdVW`o^2$VCQw7*Ghi7*Gi96W2fK6q@Ja$V:Ld0UnwGjxx3)6hURbb)3-&Y>2*&",
    "Ll/0:W/CRZLl/3;N)(2p#Yc<c$h=jxN):dJ6gtUoNDYF;bBsNU$e#9Gl[8uw$eGQ>MeiV0#hT=t$kY1$S5HXv1bg^mSPbx[2UNXT`_Mk-",
    "_bm:Ga%jKV_+l9p#k/@4axK]XMeiV>#oive#kAQm#S@/$#B7UdW`p5]#n[7=(H)=<#]Am2W`p5_#nmD),w4>kb#*t#*#AZx3>)E<#mCMt",
    "-=P/(d8$iLXBamle4v;S.foen()d9&#nxjvVbr4V1bg^mW)96q2UNXTgeOSN_bl,8*$tb>$l9+4-=PY6Zqf=[XBamli_Ip,.j>'9(+98B",
    "#nxjvZ;HBa^es3O%/C)3$[dYS%57kh$jd*o,%9_@e4kXE*&[mY$oJ,O-=Q4FZqfmkN)(3x#Yc=,#r*Q@p.jpYohMAvlqQwTjw[3d#nISy",
    "#s8;32H$wkND[;pl[8vN$j-ZjMeiVs#m:GK$h5yXswZgAZqdK5lqRF`qbAG9#nISK#tP-q77mX:77mXY7El<G",
    NULL,
};

static r0i_spirv r0i_spirv_of(r0i_op op)
{
    static const r0i_spirv table[] = {
        {r0i_spirv_embedding_forward, 516},
        {r0i_spirv_embedding_backward, 737},
        {r0i_spirv_rms_norm_forward, 1128},
        {r0i_spirv_rms_norm_backward, 1282},
        {r0i_spirv_rms_norm_weight_backward, 655},
        {r0i_spirv_rope, 660},
        {r0i_spirv_matmul_nt, 2460},
        {r0i_spirv_matmul_nn, 2480},
        {r0i_spirv_matmul_tn, 2460},
        {r0i_spirv_bias_forward, 423},
        {r0i_spirv_bias_backward, 496},
        {r0i_spirv_attention_forward, 1237},
        {r0i_spirv_attention_backward_q, 1469},
        {r0i_spirv_attention_backward_kv, 1570},
        {r0i_spirv_attention_decode, 1256},
        {r0i_spirv_kv_write, 695},
        {r0i_spirv_swiglu_forward, 503},
        {r0i_spirv_swiglu_backward, 675},
        {r0i_spirv_add, 400},
        {r0i_spirv_rows_gather, 516},
        {r0i_spirv_rows_scatter, 516},
        {r0i_spirv_token_logp_forward, 1846},
        {r0i_spirv_token_logp_backward, 717},
        {r0i_spirv_sample, 5202},
        {r0i_spirv_adamw, 785},
        {r0i_spirv_sum_squares, 871},
        {r0i_spirv_fill, 345},
    };
    return table[op];
}
#endif
// <<spirv

#endif // R0_IMPLEMENTATION
