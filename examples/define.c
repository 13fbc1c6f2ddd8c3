/* SPDX-License-Identifier: MIT */
/* Give types of one's own a guard: a line each. */
#include <stdio.h>
#include <stdlib.h>

#include <with.h>

/* A pointer: none is NULL. */
WITH_DEFINE(command, FILE *, popen, pclose)

/* A struct must say which value is none, and what tells that one is held. */
struct table {
	int *squares;
	int rows;
};

static struct table make_table(int rows)
{
	struct table table = { calloc((size_t)rows, sizeof(int)), rows };

	for (int i = 0; table.squares && i < rows; i++)
		table.squares[i] = i * i;
	return table;
}

static void free_table(struct table table)
{
	printf("closing a table of %d rows\n", table.rows);
	free(table.squares);
}

WITH_DEFINE(table, struct table, make_table, free_table,
	    (struct table){ 0 }, self.squares)

int main(void)
{
	WITH (table, squares, 10) {
		WITH (command, out, "tail -n 1", "w") {
			for (int i = 0; i < squares.rows; i++)
				fprintf(out, "%d: %d\n", i, squares.squares[i]);
			return command_close(&out) ? 1 : 0;
		} else {
			perror("tail");
		}
	} else {
		perror("table");
	}
	return 1;
}
