// R-Zero, all of it, on the public functions of r0.h. Two copies of a base model teach each other arithmetic; nobody
// gives them a question or an answer. The challenger Q is paid for questions that the solver S answers now this way,
// now that way; S is paid for agreeing with its own majority (arXiv 2508.05004, algorithm 1). r0_evolve is this loop
// with checkpoints, metrics, controls and any task: the same seed on the same device makes the same models.
//
//     cc -O2 -ffp-contract=off examples/05_r_zero.c -o build/05_r_zero -lm -lpthread -ldl
//     build/05_r_zero 1 1
//
// The arguments: seed (default 1), iterations (default 3). Expected output (the numbers depend on the model's weights):
//   | iteration 0: greedy accuracy 0...
//   | iteration 1: greedy accuracy 0..., ... questions kept
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>
#include <stdlib.h>
enum { MOST = 1024 };                       // questions at a time: there are fewer
static r0_context *r0; static r0_tokenizer *tokenizer;
static r0_evolve_config config;             // the numbers of preset `tiny`; >>idea of r0.h has them beside the paper's
static const r0_trainer_desc adamw = {.weight_decay = .01f};
static r0_trainer *trainer;                 // of the policy that learns; its moments are new in every phase
static float rewards[MOST];
static r0_bench held_out;                   // questions that never train anything: S is measured on them
static r0_model *Q, *S, *reference;         // challenger, solver, and the policy as it was when its phase began
static r0_rollouts written, answers;        // what Q wrote, what S made of it: the texts below point into them
static r0_span question[MOST], label[MOST]; // empty: malformed; the answer of S's majority, empty: none
static r0_vote votes[MOST];                 // votes[i].agreement is p^, the majority's share

static void must(r0_status status) { if (status) fprintf(stderr, "%s\n", r0_error(r0)), exit(1); }

static r0_rollouts ask(r0_model *model, const r0_span *questions, int count, int n, r0_sampling sampling, uint64_t seed)
{
    const char *pattern = model == Q ? config.challenger_prompt : config.solver_prompt;
    r0_rollouts rollouts;
    sampling.seed = seed;
    must(r0_ask(model, tokenizer, pattern, questions, count, n, &sampling, &rollouts));
    return rollouts;
}

// Q writes questions, as <question>7+5-3</question>\boxed{9}. Its own answer is asked for, and not used.
static void propose(int groups, int n, r0_sampling sampling, uint64_t seed)
{
    r0_rollouts_free(r0, &written);
    written = ask(Q, NULL, groups, n, sampling, seed);
    for (int i = 0; i < written.count; i++) {
        r0_tokens tokens = R0_ZERO;
        r0_span own;
        if (!written.items[i].finished || !r0_proposal_parse(written.items[i].text, &question[i], &own) ||
            r0_tokenizer_encode(tokenizer, question[i], 0, &tokens)) question[i].size = 0; // the last: S cannot read it
        r0_tokens_free(r0, &tokens);
    }
}

// S answers each question m times. Equal answers form clusters, and the largest gives the label.
static void vote(int count, int m, r0_sampling sampling, uint64_t seed)
{
    r0_span valid[MOST], boxed[MOST];
    int asked = 0, next = 0;
    for (int i = 0; i < count; i++) if (question[i].size) valid[asked++] = question[i];
    r0_rollouts_free(r0, &answers);
    answers = ask(S, valid, asked, m, sampling, seed);
    for (int i = 0; i < count; i++) {
        label[i].size = 0;
        if (!question[i].size) continue;
        for (int v = 0; v < m; v++) r0_answer_extract(answers.items[next++].text, R0_ANSWER_BOXED, &boxed[v]);
        must(r0_vote_count(r0, boxed, m, NULL, r0_equal_strict, r0, NULL, &votes[i]));
        if (votes[i].pseudo_label >= 0) label[i] = boxed[votes[i].pseudo_label];
    }
}

// 1. Q learns to ask what S is unsure of: r = 1 - 2 |p^ - 1/2| - the share of the step's questions that resemble it.
static void challenger_phase(const r0_phase_config *c, uint64_t seed)
{
    float share[MOST];
    must(r0_model_copy(reference, Q)), must(r0_trainer_create(Q, &adamw, &trainer));
    for (int step = 0, count = c->groups * c->n; step < c->steps; step++) {
        uint64_t key = r0_seed_derive(seed, step);
        propose(c->groups, c->n, c->sampling, r0_seed_derive(key, 0));
        vote(count, config.votes, config.vote_sampling, r0_seed_derive(key, 1));
        must(r0_repetition_share(r0, question, count, 0, share, NULL));
        for (int i = 0; i < count; i++)
            rewards[i] = (float)r0_challenger_reward_tiny(question[i].size, votes[i].agreement, share[i]);
        must(r0_grpo_update(trainer, reference, written.prompts, &written, c->n, rewards, r0_grpo_recipe_find("grpo"),
                            c->learning_rate, c->mini_batches, r0_seed_derive(key, 2), NULL));
    }
    r0_trainer_destroy(trainer);
}

// 2. Kept, and moved to the front, are new questions on which 3 to 7 of 10 votes agree: not mastered and not hopeless.
static int curate(int count)
{
    r0_span texts[2 * MOST];
    int first[2 * MOST], known = 0, kept = 0;
    while (known < (int)held_out.count) texts[known] = held_out.items[known].question, known++;
    for (int i = 0; i < count; i++) texts[known + i] = question[i];
    must(r0_text_repeats(r0, texts, known + count, first)); // first[i] is i where a text is new
    for (int i = 0; i < count; i++)
        if (label[i].size && first[known + i] == known + i && r0_filter_tiny(votes[i].votes, votes[i].total))
            question[kept] = question[i], label[kept++] = label[i];
    return kept;
}

// 3. S learns from its own majority: .9 for the label, .1 for a box and an end. Every pass over the kept has its order.
static void solver_phase(const r0_phase_config *c, int kept, uint64_t seed)
{
    r0_span asked[MOST], labels[MOST], answer;
    int32_t order[MOST];
    must(r0_model_copy(reference, S)), must(r0_trainer_create(S, &adamw, &trainer));
    for (int step = 0; step < c->steps && step * c->groups < c->max_passes * kept; step++) {
        uint64_t key = r0_seed_derive(seed, step);
        for (int g = 0, at = step * c->groups; g < c->groups; g++, at++) {
            r0_random_order(r0_seed_derive(seed, 1000000 + at / kept), order, (size_t)kept);
            asked[g] = question[order[at % kept]], labels[g] = label[order[at % kept]];
        }
        r0_rollouts tries = ask(S, asked, c->groups, c->n, c->sampling, r0_seed_derive(key, 0));
        for (int i = 0; i < tries.count; i++) {
            bool boxed = r0_answer_extract(tries.items[i].text, R0_ANSWER_BOXED, &answer) && answer.size;
            bool correct = boxed && r0_equal_strict(r0, answer, labels[i / c->n]);
            rewards[i] = (float)r0_solver_reward_tiny(correct, boxed, tries.items[i].finished);
        }
        must(r0_grpo_update(trainer, reference, tries.prompts, &tries, c->n, rewards, r0_grpo_recipe_find("grpo"),
                            c->learning_rate, c->mini_batches, r0_seed_derive(key, 2), NULL));
        r0_rollouts_free(r0, &tries);
    }
    r0_trainer_destroy(trainer);
}

// 4. S is measured on questions that nobody trained on: one vote on each, the likeliest.
static double greedy_accuracy(void)
{
    r0_sampling greedy = {.max_new_tokens = config.evaluation_tokens};
    int right = 0, count = (int)held_out.count;
    for (int i = 0; i < count; i++) question[i] = held_out.items[i].question;
    vote(count, 1, greedy, 0);
    for (int i = 0; i < count; i++) {
        r0_verdict verdict = R0_ZERO;
        if (label[i].size) must(r0_answer_equal(r0, held_out.items[i].answer, label[i], 0, &verdict));
        right += verdict.equal == R0_EQUAL;
    }
    return (double)right / count;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    must(r0_context_create(NULL, &r0)), must(r0_evolve_preset(r0, "tiny", &config));
    must(r0_tokenizer_load(r0, "examples/tiny", &tokenizer)), must(r0_model_load(r0, "examples/tiny", &reference));
    must(r0_model_load(r0, "examples/tiny", &Q)), must(r0_model_load(r0, "examples/tiny", &S)); // Q_0 = S_0 = the base
    must(r0_bench_load(r0, "examples/tiny/heldout.jsonl", &held_out));

    printf("iteration 0: greedy accuracy %.3f\n", greedy_accuracy());
    for (int t = 1; t <= (argc > 2 ? atoi(argv[2]) : config.iterations); t++) {
        uint64_t key = r0_seed_derive(seed, t), part = r0_seed_derive(r0_seed_derive(r0_seed_derive(key, 2), 0), 0);
        challenger_phase(&config.challenger, r0_seed_derive(key, 1));
        propose(1, config.questions, config.question_sampling, r0_seed_derive(part, 1));
        vote(config.questions, config.curation_votes, config.vote_sampling, r0_seed_derive(part, 2));
        int kept = curate(config.questions);
        solver_phase(&config.solver, kept, r0_seed_derive(key, 3));
        printf("iteration %d: greedy accuracy %.3f, %d questions kept\n", t, greedy_accuracy(), kept);
    }
}
