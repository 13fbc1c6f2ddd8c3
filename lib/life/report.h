/* SPDX-License-Identifier: MIT */
/*
 * report.h - tell of failures that no caller can see
 */
#ifndef LIFE_REPORT_H
#define LIFE_REPORT_H

#include <stdbool.h>

#include <with/guard.h>
#include <with/life.h>

/* errno is kept. Not for signal handlers. */
void with__report_error(const char *operation, const char *path, int error,
			const char *source);

/* One line to stderr where LIBWITH_DEBUG asked for it, no hook. */
void with__report_in_handler(const char *operation, const char *path,
			     int error, const char *source);

/*
 * Is LIBWITH_DEBUG=1 in force? Looked up once, at the first temporary, so
 * that handlers need not read the environment.
 */
void with__report_init(void);
bool with__report_debugging(void);

/* A line to stderr: what is not an error, such as the list at exit. */
void with__report_line(const char *operation, const char *path,
		       const char *message, const char *source);

#endif /* LIFE_REPORT_H */
