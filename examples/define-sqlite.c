/* SPDX-License-Identifier: MIT */
/* Give sqlite's handle and statement a guard, and add up a table. */
#include <sqlite3.h>
#include <stdio.h>
#include <with/guard.h>

static sqlite3 *open_database(const char *path)
{
	sqlite3 *database = NULL;

	if (sqlite3_open(path, &database) == SQLITE_OK)
		return database;
	return sqlite3_close(database), NULL;	/* there is one even then */
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
	return statement;
}

WITH_DEFINE(my_database, sqlite3 *, open_database, sqlite3_close)
WITH_DEFINE(my_statement, sqlite3_stmt *, prepare, sqlite3_finalize)
int main(void)
{
	WITH (my_database, db, ":memory:") {
		sqlite3_exec(db, "create table t(n); insert into t"
			     " values (40), (2)", NULL, NULL, NULL);
		WITH (my_statement, sum, db, "select sum(n) from t")
			printf("%d\n", sqlite3_step(sum) == SQLITE_ROW ?
			       sqlite3_column_int(sum, 0) : -1);
		WITH (my_statement, none, db, "select nonsense")
			puts("prepared");
		else
			puts(sqlite3_errmsg(db));
	}
}
