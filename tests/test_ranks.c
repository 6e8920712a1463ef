// Several ranks, one run: threads that meet at a barrier stand for processes. Catches: bits that depend on how many
// ranks there are, a rank that waits for ever for one that has failed, work that is not shared, two ranks that write,
// ranks that do not stand on the same, a resume that mixes steps.

#if !defined(_WIN32)

#include <pthread.h>

#include "run.h"

enum { RANKS_MOST = 4 };

// What the ranks of one run share. `broken`: a collective failed on one of them, and now does on all.
typedef struct ranks_table {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int size, arrived, turn;
    bool broken, alarmed;
    const void *sent[RANKS_MOST];
    int breaks_rank, breaks_call; // on this rank the call of this number fails; 0: none
} ranks_table;

typedef struct ranks_member {
    ranks_table *table;
    int rank, calls;
    const char *device; // NULL: "cpu"
    int64_t polls, stop_at; // of cancel; 0: never
    int64_t allocations, no_memory_at;
    const r0_evolve_desc *desc;
    r0_status status;
    double processor; // seconds
    char error[1024];
} ranks_member;

// False: the table is broken.
static bool ranks_meet(ranks_table *table)
{
    pthread_mutex_lock(&table->lock);
    int turn = table->turn;
    if (++table->arrived == table->size) {
        table->arrived = 0, table->turn++;
        pthread_cond_broadcast(&table->moved);
    }
    while (table->turn == turn && !table->broken) pthread_cond_wait(&table->moved, &table->lock);
    bool good = !table->broken;
    pthread_mutex_unlock(&table->lock);
    return good;
}

// Both collectives: `step` bytes lie between what a rank sends to one and to the next, 0 where all get the same.
static int ranks_collect(ranks_member *m, const void *mine, size_t size, size_t step, void *all)
{
    ranks_table *table = m->table;
    if (++m->calls == table->breaks_call && m->rank == table->breaks_rank) {
        pthread_mutex_lock(&table->lock);
        table->broken = true;
        pthread_cond_broadcast(&table->moved);
        pthread_mutex_unlock(&table->lock);
        return 1;
    }
    table->sent[m->rank] = mine;
    if (!ranks_meet(table)) return 1;
    for (int r = 0; r < table->size; r++)
        memcpy((char *)all + size * (size_t)r, (const char *)table->sent[r] + step * (size_t)m->rank, size);
    return !ranks_meet(table);
}

static int ranks_gather(void *user, const void *mine, size_t size, void *all)
{
    return ranks_collect((ranks_member *)user, mine, size, 0, all);
}

static int ranks_exchange(void *user, const void *mine, size_t size, void *all)
{
    return ranks_collect((ranks_member *)user, mine, size, size, all);
}

static bool ranks_alarm(void *user, bool raise)
{
    ranks_table *table = ((ranks_member *)user)->table;
    pthread_mutex_lock(&table->lock);
    bool alarmed = table->alarmed |= raise;
    pthread_mutex_unlock(&table->lock);
    return alarmed;
}

static bool ranks_cancel(void *user)
{
    ranks_member *m = (ranks_member *)user;
    return m->stop_at && ++m->polls >= m->stop_at;
}

static void *ranks_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    ranks_member *m = (ranks_member *)user;
    (void)old_size;
    if (!new_size) return free(pointer), NULL;
    if (!pointer && ++m->allocations == m->no_memory_at) return NULL;
    return realloc(pointer, new_size);
}

static void *ranks_one(void *user)
{
    ranks_member *m = (ranks_member *)user;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    struct timespec spent;
    desc.device = m->device ? m->device : "cpu";
    desc.threads = 1;
    desc.cancel = ranks_cancel;
    desc.resize = ranks_resize;
    desc.user = m;
    desc.collectives.rank = m->rank, desc.collectives.size = m->table->size;
    desc.collectives.gather = ranks_gather, desc.collectives.exchange = ranks_exchange;
    desc.collectives.alarm = ranks_alarm, desc.collectives.user = m;
    m->status = r0_context_create(&desc, &r0);
    if (!m->status) m->status = r0_evolve(r0, m->desc, NULL);
    snprintf(m->error, sizeof m->error, "%s", r0_error(r0));
    r0_context_destroy(r0);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    m->processor = (double)spent.tv_sec + 1e-9 * (double)spent.tv_nsec;
    return NULL;
}

// Runs `descs` (a row for each rank, or one for all) on so many ranks; returns the seconds that it took.
static double ranks_run(ranks_table *table, ranks_member *members, const r0_evolve_desc *descs, bool own)
{
    pthread_t threads[RANKS_MOST];
    pthread_attr_t attributes;
    double begin = r0i_seconds();
    pthread_mutex_init(&table->lock, NULL);
    pthread_cond_init(&table->moved, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)2 << 20);
    for (int r = 0; r < table->size; r++) {
        members[r].table = table, members[r].rank = r, members[r].desc = descs + (own ? r : 0);
        pthread_create(&threads[r], &attributes, ranks_one, &members[r]);
    }
    for (int r = 0; r < table->size; r++) pthread_join(threads[r], NULL);
    pthread_attr_destroy(&attributes);
    pthread_cond_destroy(&table->moved);
    pthread_mutex_destroy(&table->lock);
    return r0i_seconds() - begin;
}

static void ranks_desc(test *t, r0_evaluation_set *set, const char *folder, r0_evolve_desc *desc)
{
    test_evolve_desc(t->r0, set, folder, desc);
    desc->config.iterations = 1;
    desc->config.challenger.steps = desc->config.solver.steps = 2;
    desc->config.solver.groups = getenv("R0_TEST_SMALL") ? 4 : 8, desc->config.solver.n = 4;
}

static bool ranks_same(r0_context *r0, const char *a, const char *b)
{
    static const char *const files[] = {"metrics.jsonl",      "questions-1.jsonl",
                                        "evaluation-0.jsonl", "evaluation-1.jsonl",
                                        "solver/model.safetensors", "challenger/model.safetensors"};
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char x[256], y[256];
        snprintf(x, sizeof x, "%s/%s", a, files[i]);
        snprintf(y, sizeof y, "%s/%s", b, files[i]);
        if (!test_same_file(r0, x, y)) return printf("differs: %s and %s\n", x, y) < 0;
    }
    return true;
}

// Sums rank_tokens over the phases.
static r0_status ranks_tokens_line(void *user, int line, const r0_json *value)
{
    const r0_json *tokens = r0_json_get(value, "rank_tokens");
    (void)line;
    for (size_t r = 0; tokens && r < tokens->count && r < RANKS_MOST; r++)
        ((double *)user)[r] += tokens->items[r].number;
    return R0_OK;
}

// Bits do not depend on the number of ranks, and what is sampled is shared. With `shards`, so is training. `guard`: the
// solver rehearses answers that gave the label.
static void ranks_bits(test *t, r0_evaluation_set *set, bool guard, int shards, int least, int most, int step)
{
    char one[64], folder[64], path[128];
    double alone = 0;
    snprintf(one, sizeof one, "build/ranks/%s%d-1", guard ? "guard-" : "", shards);
    for (int size = 1; size <= most; size = size == 1 ? least : size + step) {
        ranks_table table = R0_ZERO;
        ranks_member members[RANKS_MOST];
        r0_evolve_desc desc;
        double tokens[RANKS_MOST] = {0}, all = 0, slowest = 0;
        memset(members, 0, sizeof members);
        snprintf(folder, sizeof folder, "build/ranks/%s%d-%d", guard ? "guard-" : "", shards, size);
        ranks_desc(t, set, folder, &desc);
        desc.config.shards = shards;
        if (guard) {
            r0_guard_config *g = &desc.config.guard;
            g->answers_kept = 2, g->rehearsal_steps = 4, g->rehearsal_batch = 6, g->rehearsal_rate = 1e-3f;
            desc.config.no_filter = true;
        }
        table.size = size;
        ranks_run(&table, members, &desc, false);
        for (int r = 0; r < size; r++) {
            CHECK(members[r].status == R0_OK, "rank %d of %d: %s", r, size, members[r].error);
            slowest = R0I_MAX(slowest, members[r].processor);
        }
        if (size == 1) alone = slowest;
        CHECK(ranks_same(t->r0, one, folder), "%d shards, %d ranks", shards, size);
        snprintf(path, sizeof path, "%s/rehearsal.jsonl", folder);
        CHECK(r0i_file_exists(path) == guard);
        snprintf(path, sizeof path, "%s/timings.jsonl", folder);
        CHECK(r0_json_lines(t->r0, path, ranks_tokens_line, tokens) == R0_OK);
        for (int r = 0; r < size; r++) all += tokens[r];
        for (int r = 0; r < size && size > 1; r++)
            CHECK(tokens[r] > .9 * all / size && tokens[r] < 1.1 * all / size, "rank %d of %d drew %g of %g", r, size,
                  tokens[r], all);
        if (getenv("R0_TEST_VERBOSE"))
            printf("ranks: %d shards, %d ranks: %.2f s of a processor at most, %.0f %%; %.0f tokens\n", shards, size,
                   slowest, 100 * slowest / alone, all / size);
    }
}

// What is wrong with a rank is found before anything is computed.
static void ranks_refused(test *t)
{
    static const int cases[][2] = {{-1, 2}, {2, 2}, {7, 2}, {0, -1}, {1, 0}, {0, 100000}};
    for (size_t i = 0; i < R0I_COUNT(cases) + 2; i++) {
        r0_context_desc desc = R0_ZERO;
        r0_context *r0;
        desc.device = "cpu", desc.threads = 1;
        desc.collectives.gather = ranks_gather, desc.collectives.exchange = ranks_exchange;
        bool missing = i >= R0I_COUNT(cases);
        desc.collectives.rank = missing ? 0 : cases[i][0], desc.collectives.size = missing ? 2 : cases[i][1];
        if (i == R0I_COUNT(cases)) desc.collectives.gather = NULL;
        if (i == R0I_COUNT(cases) + 1) desc.collectives.exchange = NULL;
        CHECK(r0_context_create(&desc, &r0) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "collectives: "), "%d of %d",
              desc.collectives.rank, desc.collectives.size);
        r0_context_destroy(r0);
    }
}

// Ranks that do not stand on the same end with a text that names what differs.
static void ranks_differ(test *t, r0_evaluation_set *set)
{
    static const char *const what[] = {"config", "seed", "evaluation set", "set of weights", "choice of kernels"};
    for (int i = 0; i < 5; i++) {
        ranks_table table = R0_ZERO;
        ranks_member members[RANKS_MOST];
        r0_evolve_desc descs[2];
        char folder[64];
        memset(members, 0, sizeof members);
        snprintf(folder, sizeof folder, "build/ranks/differ-%d", i);
        for (int r = 0; r < 2; r++) ranks_desc(t, set, folder, &descs[r]);
        if (i == 0) descs[1].config.solver.learning_rate *= 2;
        if (i == 1) descs[1].seed++;
        if (i == 2) descs[1].set_count = 0;
        if (i == 3) descs[1].model_folder = "build/ranks/1-1/solver";
        if (i == 4) members[0].device = "cpu:vectors", members[1].device = "cpu:plain";
        table.size = 2;
        ranks_run(&table, members, descs, true);
        for (int r = 0; r < 2; r++)
            CHECK(members[r].status == R0_ERROR_ARGUMENT && strstr(members[r].error, what[i]), "%s: rank %d: %s",
                  what[i], r, members[r].error);
    }
}

// One rank is stopped, runs out of memory, or its collective fails: all end at once, each with a text that says why.
static void ranks_end(test *t, r0_evaluation_set *set)
{
    for (int i = 0; i < 9; i++) {
        ranks_table table = R0_ZERO;
        ranks_member members[RANKS_MOST];
        r0_evolve_desc desc;
        char folder[64];
        int kind = i / 3, bad = i % 3;
        memset(members, 0, sizeof members);
        snprintf(folder, sizeof folder, "build/ranks/end-%d", i);
        ranks_desc(t, set, folder, &desc);
        table.size = 3;
        if (kind == 0) members[bad].stop_at = 50 + 150 * i;
        if (kind == 1) members[bad].no_memory_at = 200 + 700 * bad;
        if (kind == 2) table.breaks_rank = bad, table.breaks_call = 3 + 40 * bad;
        double seconds = ranks_run(&table, members, &desc, false);
        r0_status expected = kind == 0 ? R0_ERROR_CANCELLED : kind == 1 ? R0_ERROR_MEMORY : R0_ERROR_DEVICE;
        CHECK(seconds < 300, "case %d: a rank waited for %g s", i, seconds);
        for (int r = 0; r < table.size; r++) {
            CHECK(members[r].status == expected, "case %d, rank %d: status %d: %s", i, r, members[r].status,
                  members[r].error);
            CHECK(members[r].error[0]);
            char name[32];
            snprintf(name, sizeof name, "rank %d of 3", bad);
            CHECK(kind != 1 || r == bad || strstr(members[r].error, name), "case %d, rank %d: %s", i, r,
                  members[r].error);
        }
    }
}

// Stopped again and again by one rank or another, and resumed on another number of ranks each time: the same bits.
static void ranks_resume(test *t, r0_evaluation_set *set)
{
    int runs = 0, stopped = 0;
    r0_status status = R0_ERROR_CANCELLED;
    for (; status == R0_ERROR_CANCELLED && runs < 60; runs++) {
        ranks_table table = R0_ZERO;
        ranks_member members[RANKS_MOST];
        r0_evolve_desc desc;
        memset(members, 0, sizeof members);
        ranks_desc(t, set, "build/ranks/parts", &desc);
        desc.config.shards = 3;
        desc.resume = runs > 0;
        table.size = 1 + (runs + 1) % 3;
        members[runs % table.size].stop_at = getenv("R0_TEST_SMALL") ? 150 + 100 * runs : 300 + 150 * runs;
        ranks_run(&table, members, &desc, false);
        status = members[0].status;
        for (int r = 0; r < table.size; r++)
            CHECK(members[r].status == status && (status == R0_OK || status == R0_ERROR_CANCELLED), "rank %d: %s", r,
                  members[r].error);
        stopped += status == R0_ERROR_CANCELLED;
    }
    CHECK(stopped >= 3, "stopped %d times", stopped);
    CHECK(ranks_same(t->r0, "build/ranks/3-1", "build/ranks/parts"));
}

static void test_ranks(test *t)
{
    r0_evaluation_set set = {"heldout", "examples/tiny/heldout.jsonl", R0_ZERO};
    CHECK(system("rm -rf build/ranks") == 0);
    CHECK(r0_bench_load(t->r0, set.path, &set.bench) == R0_OK, "%s", r0_error(t->r0));
    bool small = getenv("R0_TEST_SMALL") != NULL; // under the sanitizers: every path once
    size_t all = set.bench.count;
    set.bench.count = R0I_MIN(all, 16);
    ranks_bits(t, &set, false, 1, 4, 4, 1);
    ranks_bits(t, &set, false, 3, 2, 4, small ? 2 : 1);
    if (!small) ranks_bits(t, &set, true, 1, 2, 2, 1);
    ranks_bits(t, &set, true, 2, small ? 3 : 2, 3, 1);
    ranks_refused(t);
    ranks_differ(t, &set);
    ranks_end(t, &set);
    ranks_resume(t, &set);
    set.bench.count = all;
    r0_bench_free(t->r0, &set.bench);
}

#else
static void test_ranks(test *t) { SKIP("ranks: the test's are threads of POSIX"); }
#endif
