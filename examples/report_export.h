// The numbers of runs for other programs: event files for TensorBoard, and one table as CSV.
//
// Both take every number of metrics.jsonl by its own name. An evaluation's stand behind its set ("heldout/pass1"), an
// interval "pass1_ci" becomes pass1_low and pass1_high, a list or an object its parts ("families/chain").
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <float.h>

#include "cli.h"

enum { EXPORT_NAME = 128 };

typedef void (*export_number_fn)(void *user, const char *name, double value);

// Calls each(user, name, value) for every number of a line, in its order. `lists`: also those of lists.
static void export_numbers(const r0_json *line, bool lists, export_number_fn each, void *user)
{
    char set[64] = "", name[EXPORT_NAME + 80];
    r0_span given = r0_json_get_text(line, "set");
    if (given.size) snprintf(set, sizeof set, "%.60s/", given.data);
    for (size_t i = 0; line->type == R0_JSON_OBJECT && i < line->count; i++) {
        const char *key = line->keys[i].data;
        const r0_json *value = &line->items[i];
        size_t size = strlen(key);
        bool interval = value->type == R0_JSON_ARRAY && value->count == 2 && size > 3 && !strcmp(key + size - 3, "_ci");
        if (!strcmp(key, "iteration") || !strcmp(key, "step")) continue;
        snprintf(name, sizeof name, "%s%.100s", set, key);
        if (value->type == R0_JSON_NUMBER) each(user, name, value->number);
        bool parts = value->type == R0_JSON_OBJECT || interval || (lists && value->type == R0_JSON_ARRAY);
        for (size_t k = 0; parts && k < value->count; k++) {
            if (value->items[k].type != R0_JSON_NUMBER) continue;
            if (interval) snprintf(name, sizeof name, "%s%.*s_%s", set, (int)fmin(90, (double)size - 3), key,
                                   k ? "high" : "low");
            else if (value->type == R0_JSON_ARRAY) snprintf(name, sizeof name, "%s%.90s/%d", set, key, (int)k);
            else snprintf(name, sizeof name, "%s%.60s/%.40s", set, key, value->keys[k].data);
            each(user, name, value->items[k].number);
        }
    }
}

// -- TensorBoard --
//
// An event file is a sequence of records (TFRecord), each a protocol buffer `Event`:
//
//     record: u64 size, u32 mask(crc(size)), size bytes, u32 mask(crc(bytes)), all with the low byte first
//     mask(c) = (c >> 15 | c << 17) + 0xa282ead8, crc: CRC-32C (Castagnoli), so that a CRC of CRCs is no weak one
//     Event   : 1 wall_time double, 2 step varint, 3 file_version text, 5 summary
//     Summary : 1 value (often);  Value: 1 tag text, 2 simple_value float

static uint32_t export_crc(const char *data, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void export_bytes(r0i_text *to, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) {
        char byte = (char)(value >> (8 * i));
        r0i_text_append(to, &byte, 1);
    }
}

static void export_varint(r0i_text *to, uint64_t value)
{
    for (; value > 127; value >>= 7) export_bytes(to, (value & 127) | 128, 1);
    export_bytes(to, value, 1);
}

// A field of bytes: its number and kind, how many, they.
static void export_field(r0i_text *to, int number, const char *data, size_t size)
{
    export_varint(to, (uint64_t)number << 3 | 2);
    export_varint(to, size);
    r0i_text_append(to, data, size);
}

typedef struct export_events {
    r0i_text file, values, value; // the records; a Summary; a Value
    const char *phase;
    int steps[2];                 // training lines so far: challenger, solver
    double seconds;               // of the phases that have ended
} export_events;

static void export_event(export_events *e, double seconds, int step, int field, const char *data, size_t size)
{
    r0i_text event = {e->file.context, NULL, 0, 0, false};
    uint64_t bits;
    char head[8];
    memcpy(&bits, &seconds, 8);
    export_varint(&event, 1 << 3 | 1);
    export_bytes(&event, bits, 8);
    export_varint(&event, 2 << 3);
    export_varint(&event, (uint64_t)step);
    export_field(&event, field, data, size);
    for (int i = 0; i < 8; i++) head[i] = (char)((uint64_t)event.size >> (8 * i));
    r0i_text_append(&e->file, head, 8);
    export_bytes(&e->file, export_crc(head, 8), 4);
    r0i_text_append(&e->file, event.data, event.size);
    export_bytes(&e->file, export_crc(event.data, event.size), 4);
    e->file.failed |= event.failed;
    r0i_text_free(&event);
}

static void export_value(void *user, const char *name, double value)
{
    export_events *e = (export_events *)user;
    char tag[EXPORT_NAME + 120];
    float number = (float)fmax(-FLT_MAX, fmin(FLT_MAX, value));
    uint32_t bits;
    memcpy(&bits, &number, 4);
    snprintf(tag, sizeof tag, "%s/%s", e->phase, name);
    e->value.size = 0;
    export_field(&e->value, 1, tag, strlen(tag));
    export_varint(&e->value, 2 << 3 | 5);
    export_bytes(&e->value, bits, 4);
    export_field(&e->values, 1, e->value.data, e->value.size);
}

// Of training the step is counted through the run, of the rest it is the iteration.
static r0_status export_event_line(void *user, int number, const r0_json *line)
{
    export_events *e = (export_events *)user;
    r0_span phase = r0_json_get_text(line, "phase");
    bool solver = phase.data && !strcmp(phase.data, "solver");
    double iteration = r0_json_get_number(line, "iteration", -1);
    (void)number;
    if (!phase.size || strlen(phase.data) > 60 || !(iteration >= 0 && iteration < 1e9)) return R0_OK;
    bool training = solver || !strcmp(phase.data, "challenger");
    e->phase = phase.data;
    e->values.size = 0;
    export_numbers(line, false, export_value, e);
    if (e->values.size)
        export_event(e, 0, training ? ++e->steps[solver] : (int)iteration, 5, e->values.data, e->values.size);
    return e->file.failed || e->values.failed || e->value.failed ? R0_ERROR_MEMORY : R0_OK;
}

// Writes FOLDER/NAME/events.out.tfevents.r0 for a run, with nothing in it that is not in metrics.jsonl: the same run
// gives the same bytes. Its clock stands still, as the journal has none.
static r0_status export_tensorboard(r0_context *r0, const char *run, const char *name, const char *folder, char *path,
                                    size_t size)
{
    char journal[1024], into[1024];
    export_events e;
    memset(&e, 0, sizeof e);
    e.file.context = e.values.context = e.value.context = r0;
    if (snprintf(into, sizeof into, "%s/%s", folder, name) >= (int)sizeof into ||
        snprintf(path, size, "%s/events.out.tfevents.r0", into) >= (int)size ||
        snprintf(journal, sizeof journal, "%s/metrics.jsonl", run) >= (int)sizeof journal)
        return r0i_fail(r0, R0_ERROR_LIMIT, "report: the path of %s in %s is too long", name, folder);
    export_event(&e, 0, 0, 3, "brain.Event:2", 13);
    r0_status status = r0_json_lines(r0, journal, export_event_line, &e);
    if (!status) status = r0i_folder_create(r0, into);
    if (!status) status = r0i_file_write_atomic(r0, path, e.file.data, e.file.size);
    r0i_text_free(&e.file);
    r0i_text_free(&e.values);
    r0i_text_free(&e.value);
    return status;
}

// -- CSV (RFC 4180) --

// A row: what the lines of one phase of one iteration of one run say, by column.
typedef struct export_row {
    const char *run;
    int iteration, lines;
    char phase[24];
    int columns;              // of these
    double *sum;              // (columns)
    int *count;
} export_row;

typedef struct export_table {
    char (*names)[EXPORT_NAME];
    export_row *rows;
    int name_count, row_count;
    const char *run;
    export_row *row;          // of the line that is read
} export_table;

static void export_cell(void *user, const char *name, double value)
{
    export_table *t = (export_table *)user;
    export_row *row = t->row;
    int column = 0;
    while (column < t->name_count && strncmp(t->names[column], name, EXPORT_NAME - 1)) column++;
    if (column == t->name_count) {
        t->names = (char (*)[EXPORT_NAME])cli_realloc(t->names, (size_t)(column + 1) * EXPORT_NAME);
        snprintf(t->names[t->name_count++], EXPORT_NAME, "%.*s", EXPORT_NAME - 1, name);
    }
    if (column >= row->columns) {
        row->sum = (double *)cli_realloc(row->sum, (size_t)(column + 1) * sizeof(double));
        row->count = (int *)cli_realloc(row->count, (size_t)(column + 1) * sizeof(int));
        for (; row->columns <= column; row->columns++) row->sum[row->columns] = 0, row->count[row->columns] = 0;
    }
    row->sum[column] += value;
    row->count[column]++;
}

// timings.jsonl calls the first evaluation "base".
static r0_status export_table_line(void *user, int number, const r0_json *line)
{
    export_table *t = (export_table *)user;
    r0_span phase = r0_json_get_text(line, "phase");
    double iteration = r0_json_get_number(line, "iteration", -1);
    bool timing = r0_json_get(line, "generated_tokens") != NULL;
    (void)number;
    if (!phase.size || !(iteration >= 0 && iteration < 1e9)) return R0_OK;
    const char *name = strcmp(phase.data, "base") ? phase.data : "evaluation";
    t->row = NULL;
    for (int i = t->row_count - 1; i >= 0 && !t->row && t->rows[i].run == t->run; i--)
        if (t->rows[i].iteration == (int)iteration && !strncmp(t->rows[i].phase, name, 23)) t->row = &t->rows[i];
    if (!t->row) {
        t->rows = (export_row *)cli_realloc(t->rows, (size_t)(t->row_count + 1) * sizeof *t->rows);
        t->row = &t->rows[t->row_count++];
        memset(t->row, 0, sizeof *t->row);
        t->row->run = t->run, t->row->iteration = (int)iteration;
        snprintf(t->row->phase, sizeof t->row->phase, "%.23s", name);
    }
    if (!timing) t->row->lines++;
    export_numbers(line, true, export_cell, t);
    return R0_OK;
}

// A field in quotes where it holds a comma, a quote or the end of a line; quotes within are doubled.
static void export_put(FILE *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted) fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"') fputc('"', out);
        fputc(*c, out);
    }
    if (quoted) fputc('"', out);
}

// One row per run, iteration and phase; of training the means over its steps. What a phase does not have stays empty.
static r0_status export_csv(r0_context *r0, const char *const *runs, int count, FILE *out)
{
    static const char *const files[] = {"metrics.jsonl", "timings.jsonl"};
    export_table t = R0_ZERO;
    char path[1024];
    r0_status status = R0_OK;
    for (int i = 0; !status && i < count; i++)
        for (int f = 0; !status && f < 2; f++) {
            t.run = runs[i];
            snprintf(path, sizeof path, "%.1000s/%s", runs[i], files[f]);
            if (!f || r0i_file_exists(path)) status = r0_json_lines(r0, path, export_table_line, &t);
        }
    if (!status) {
        fputs("run,iteration,phase,lines", out);
        for (int i = 0; i < t.name_count; i++) fputc(',', out), export_put(out, t.names[i]);
        fputs("\r\n", out);
    }
    for (int i = 0; !status && i < t.row_count; i++) {
        const export_row *row = &t.rows[i];
        export_put(out, row->run);
        fprintf(out, ",%d,", row->iteration);
        export_put(out, row->phase);
        fprintf(out, ",%d", row->lines);
        for (int k = 0; k < t.name_count; k++) {
            char number[32] = "";
            double value = k < row->columns && row->count[k] ? row->sum[k] / row->count[k] : 0;
            for (int digits = 6; k < row->columns && row->count[k] && digits < 18; digits++) {
                snprintf(number, sizeof number, "%.*g", digits, value);
                if (strtod(number, NULL) == value) break;
            }
            fprintf(out, ",%s", number);
        }
        fputs("\r\n", out);
    }
    for (int i = 0; i < t.row_count; i++) free(t.rows[i].sum), free(t.rows[i].count);
    free(t.rows);
    free(t.names);
    return status;
}

#endif // REPORT_EXPORT_H
