// One run on many processes, on one machine or on many: the collectives of MPI under the program r0.
//
//   make mpi                                                needs mpicc: Open MPI or MPICH, from the system's packages
//   mpirun -n 4 build/r0-mpi evolve --run runs/four         all options as those of build/r0
//   mpirun -n 4 build/r0-mpi evolve --device vulkan         each rank a GPU of its own machine, in turn
//
// All ranks need the model, the evaluation files and the run folder under the same paths. --threads: of each rank; by
// default the ranks of a machine share its cores. `--set shards=4` lets four ranks share the training of a mini-batch
// as well; it decides bits, the number of ranks does not.
#include <mpi.h>

#define main r0_main // the program as it is; this file's main opens MPI around it
#include "r0.c"
#undef main

typedef struct mpi_world {
    int rank, size, local, locals; // of the machine's ranks: which one, how many
    MPI_Comm data, signals;
    bool alarmed;
} mpi_world;

static mpi_world mpi;

// Waits with pauses instead of spinning, as ranks may share cores: 20 us at first, a millisecond in the end. Gives up
// after so many seconds; 0: never.
static int mpi_wait(MPI_Request *request, double limit)
{
    int done = 0, failed;
    double begin = MPI_Wtime();
    for (long pause = 20000; !(failed = MPI_Test(request, &done, MPI_STATUS_IGNORE)) && !done;) {
        struct timespec time = {0, pause};
        nanosleep(&time, NULL);
        pause = pause * 5 / 4 < 1000000 ? pause * 5 / 4 : 1000000;
        if (limit > 0 && MPI_Wtime() - begin > limit) return 1;
    }
    return failed;
}

// MPI counts in int: what is larger goes as one element of a type that is as large.
static MPI_Datatype mpi_type(size_t size, int *count)
{
    MPI_Datatype block, type;
    *count = (int)size;
    if (size <= INT_MAX) return MPI_BYTE;
    int lengths[2] = {(int)(size >> 20), (int)(size & ((1 << 20) - 1))};
    MPI_Aint places[2] = {0, (MPI_Aint)(size >> 20 << 20)};
    MPI_Type_contiguous(1 << 20, MPI_BYTE, &block);
    MPI_Datatype types[2] = {block, MPI_BYTE};
    MPI_Type_create_struct(2, lengths, places, types, &type);
    MPI_Type_commit(&type);
    MPI_Type_free(&block);
    *count = 1;
    return type;
}

static int mpi_collect(const void *mine, size_t size, void *all, bool exchange)
{
    MPI_Request request;
    int count;
    MPI_Datatype type = mpi_type(size, &count);
    int failed = exchange ? MPI_Ialltoall(mine, count, type, all, count, type, mpi.data, &request)
                          : MPI_Iallgather(mine, count, type, all, count, type, mpi.data, &request);
    if (!failed) failed = mpi_wait(&request, 0);
    if (type != MPI_BYTE) MPI_Type_free(&type);
    return failed;
}

static int mpi_gather(void *user, const void *mine, size_t size, void *all)
{
    (void)user;
    return mpi_collect(mine, size, all, false);
}

static int mpi_exchange(void *user, const void *mine, size_t size, void *all)
{
    (void)user;
    return mpi_collect(mine, size, all, true);
}

// A message without content, which nobody needs to receive at once.
static bool mpi_alarm(void *user, bool raise)
{
    int there = 0;
    (void)user;
    for (int r = 0; raise && !mpi.alarmed && r < mpi.size; r++) {
        MPI_Request sent;
        if (r != mpi.rank && !MPI_Isend(NULL, 0, MPI_BYTE, r, 0, mpi.signals, &sent)) MPI_Request_free(&sent);
    }
    if (!raise && !mpi.alarmed) MPI_Iprobe(MPI_ANY_SOURCE, 0, mpi.signals, &there, MPI_STATUS_IGNORE);
    return mpi.alarmed |= raise || there;
}

// The machine's GPUs, or what plays them, are dealt to its ranks.
static const char *mpi_device(const char *wanted)
{
    static char name[32];
    static r0_device_info devices[64];
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    int count = 0, good = 0, indices[64];
    bool any = wanted && !strcmp(wanted, "vulkan");
    if (!any && wanted && strcmp(wanted, "auto")) return wanted;
    desc.device = "cpu", desc.threads = 1;
    if (r0_context_create(&desc, &r0) || r0_devices(r0, devices, 64, &count)) count = 0;
    r0_context_destroy(r0);
    for (int i = 0; i < count && i < 64; i++)
        if (devices[i].is_gpu) indices[good++] = i;
    for (int i = 0; any && !good && i < count && i < 64; i++) indices[i] = i;
    if (any && !good) good = count < 64 ? count : 64;
    if (!good) return any ? wanted : "cpu";
    snprintf(name, sizeof name, "vulkan:%d", indices[mpi.local % good]);
    return name;
}

static void mpi_open(r0_context_desc *desc)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN) / mpi.locals;
    desc->device = mpi_device(desc->device);
    if (!desc->threads) desc->threads = cores < 1 ? 1 : cores > 1024 ? 1024 : (int)cores;
    desc->collectives.rank = mpi.rank, desc->collectives.size = mpi.size;
    desc->collectives.gather = mpi_gather, desc->collectives.exchange = mpi_exchange;
    desc->collectives.alarm = mpi_alarm;
    if (mpi.rank) desc->log = NULL, desc->progress = NULL;
}

static bool mpi_asks(int argc, char **argv, const char *option)
{
    size_t size = strlen(option);
    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], option, size) && (!argv[i][size] || argv[i][size] == '=')) return true;
    return false;
}

// The program on every rank; rank 0 speaks. A run without a name gets one, the same for all.
static int mpi_program(int argc, char **argv)
{
    static char name[64], option[] = "--run";
    bool evolve = false;
    char **more = (char **)calloc((size_t)argc + 3, sizeof *more);
    if (!more) return CLI_FAILED;
    for (int i = 0; i < argc; i++) evolve |= !strcmp(more[i] = argv[i], "evolve");
    if (mpi.size > 1 && (!evolve || mpi_asks(argc, argv, "--study"))) {
        if (!mpi.rank) fprintf(stderr, "r0-mpi: several ranks serve one run of evolve and nothing else\n");
        return free(more), CLI_USAGE;
    }
    if (evolve && !mpi_asks(argc, argv, "--run") && !mpi_asks(argc, argv, "--resume")) {
        snprintf(name, sizeof name, "%s", evolve_default_run());
        MPI_Bcast(name, (int)sizeof name, MPI_CHAR, 0, mpi.data);
        more[argc++] = option, more[argc++] = name;
    }
    cli.open = mpi_open;
    cli.follows = mpi.rank > 0;
    if (mpi.rank && !freopen("/dev/null", "w", stdout)) return free(more), CLI_FAILED;
    int code = r0_main(argc, more);
    free(more);
    return code;
}

int main(int argc, char **argv)
{
    MPI_Comm machine;
    MPI_Request all;
    if (MPI_Init(&argc, &argv)) return CLI_FAILED;
    MPI_Comm_rank(MPI_COMM_WORLD, &mpi.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &mpi.size);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, mpi.rank, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &mpi.local);
    MPI_Comm_size(machine, &mpi.locals);
    MPI_Comm_dup(MPI_COMM_WORLD, &mpi.data);
    MPI_Comm_dup(MPI_COMM_WORLD, &mpi.signals);
    MPI_Comm_set_errhandler(mpi.data, MPI_ERRORS_RETURN);
    int code = mpi_program(argc, argv), there = 1;
    fflush(stdout);
    // Ranks that failed where the others could not hear of it end them too, once these had the time to end themselves.
    if (MPI_Ibarrier(mpi.signals, &all) || mpi_wait(&all, code ? 3 : 0)) MPI_Abort(MPI_COMM_WORLD, code ? code : 1);
    while (!MPI_Iprobe(MPI_ANY_SOURCE, 0, mpi.signals, &there, MPI_STATUS_IGNORE) && there)
        MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, 0, mpi.signals, MPI_STATUS_IGNORE);
    MPI_Finalize();
    return code;
}
