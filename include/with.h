/* SPDX-License-Identifier: MIT */
#ifndef WITH_H
#define WITH_H
#include <with/guard.h>
#include <with/options.h>
#include <with/version.h>
#endif
