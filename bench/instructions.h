/* SPDX-License-Identifier: MIT */
/*
 * instructions.h - how many instructions a function takes outside the kernel
 *
 * They are counted one by one, by single steps of a child process: the same on
 * every run, however busy the machine is, and no counter of the processor is
 * needed, which virtual machines seldom have.
 */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

/*
 * Of the calls function(2) and function(1), the difference. -1 where
 * processes cannot be traced.
 */
long instructions_of_turn(void (*function)(int times));

#endif /* INSTRUCTIONS_H */
