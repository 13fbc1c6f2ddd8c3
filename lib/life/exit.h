/* SPDX-License-Identifier: MIT */
/*
 * exit.h - the handler that exit(), quick_exit() and a return from main run
 */
#ifndef LIFE_EXIT_H
#define LIFE_EXIT_H

/*
 * Sees to it that the handler runs. Called for everything registered; after
 * the handler has run (an older handler makes a temporary) it is registered
 * again. -1 with ENOMEM.
 */
int with__exit_arm(void);

#endif /* LIFE_EXIT_H */
