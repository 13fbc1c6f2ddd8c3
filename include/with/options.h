/* SPDX-License-Identifier: MIT */
#ifndef WITH_OPTIONS_H
#define WITH_OPTIONS_H
#endif
