/* SPDX-License-Identifier: MIT */
/*
 * python.h - Python, running bench/python.py, asked to do the same work.
 *
 * It stays for the whole run, so its start is in nobody's time.
 */
#ifndef PYTHON_H
#define PYTHON_H

#include <stdbool.h>

/* False if there is none. directory: where python.py is. */
bool python_begin(const char *directory);

/* One command; up to two numbers. Ends the bench if it fails. */
void python_ask(double answer[2], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* PYTHON_H */
