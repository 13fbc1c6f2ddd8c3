/* SPDX-License-Identifier: MIT */
#ifndef WITH_GUARD_H
#define WITH_GUARD_H
#endif
