// Sums over rows, column by column: an invocation has a column of a part of the rows (R0I_PARTS in r0.h), adds them in
// order and writes its sum to row `part` of what sum_parts will add; a single part adds to its place at once. Neighbors
// read neighbors. COLUMNS_SUM's value may name r, the row, and `at`, its element of this column.

uint columns_end, columns_row, columns_col, columns_to;
bool columns_alone;

// False: nothing to do.
bool columns_locate()
{
    uint wide = (cols + 31) / 32 * 32, i = invocation(), part = i / wide, each = max(64u, (rows + 511) / 512);
    columns_col = i % wide, columns_row = part * each, columns_end = min(rows, columns_row + each);
    columns_to = part * cols + columns_col, columns_alone = rows <= each;
    return columns_col < cols && columns_row < rows;
}

#define COLUMNS_SUM(sum, value)                                                                                        \
    for (uint row = columns_row; row < columns_end; row += 4) {                                                        \
        float values[4];                                                                                               \
        UNROLL for (uint j = 0; j < 4; j++) {                                                                          \
            uint r = min(row + j, columns_end - 1), at = r * cols + columns_col;                                       \
            values[j] = value;                                                                                         \
        }                                                                                                              \
        UNROLL for (uint j = 0; j < 4; j++)                                                                            \
            if (row + j < columns_end) sum += values[j];                                                               \
    }
