/* SPDX-License-Identifier: MIT */
/*
 * with/life.h - temporaries beyond their scope: exit, longjmp, fork, signals,
 * and the failures that nobody sees
 *
 * A guard is code of its block. What passes the block by is looked after here:
 *
 * exit(), quick_exit(), return from main: every name that this process made
 * and still owns is removed, newest first. (Between threads that run side by
 * side the order can be off by up to 128 things.) Nothing needs to be called.
 *
 * A fatal signal: the same, trees included, if the program asked once with
 * with_cleanup_on_signals(). Nothing is ever installed unasked.
 *
 * longjmp(): with_mark() where setjmp() stands, with_unwind() after it; see
 * WITH_UNWINDABLE in with/guard.h. Names that nobody gave back go at exit.
 *
 * fork(): only the process that made a thing removes it. with_adopt() and
 * with_disown() hand things over where the child is to live on (a daemon).
 *
 * Not covered: SIGKILL, power loss, and exec(), which keeps names on disk.
 */
#ifndef WITH_LIFE_H
#define WITH_LIFE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_mark - remember how many guards this thread has entered
 * with_unwind - give back all guards entered after the mark, newest first
 *
 *	struct with_mark mark = with_mark();
 *
 *	if (setjmp(env) == 0)
 *		run();			... longjmp(env, 1) somewhere below
 *	else
 *		with_unwind(mark);
 *
 * Only guards of files that define WITH_UNWINDABLE are given back, of every
 * kind: the library's own, those of WITH_DEFINE, and SCOPED_DEFER. A scope
 * whose end is reached after all does nothing a second time; but its variable
 * still has the value of what was given back, so that no NAME_close(), no
 * NAME_steal() and no with_steal() may be called for it from then on. Marks
 * nest, and an older one may be unwound to after a newer one. errno is kept.
 *
 * A mark belongs to its thread. Not async-signal-safe; after a siglongjmp()
 * out of a handler with_unwind() may be called if the code that was
 * interrupted could have been (no malloc, no stdio).
 */
struct with_mark {
	unsigned long long serial_;
};
#ifdef __cplusplus
/* A function may share its name with a struct, which g++ takes for a shadow. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
struct with_mark with_mark(void);
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
void with_unwind(struct with_mark mark);

/*
 * with_cleanup_on_signals - remove temporaries before a signal kills
 *
 * signals: count signal numbers; NULL and 0 for the default set: SIGHUP,
 *          SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ,
 *          SIGVTALRM, SIGPROF, SIGPOLL, SIGUSR1 and SIGUSR2. A set of one's
 *          own may also have SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
 *          SIGSYS, SIGTRAP and real-time signals.
 *
 * For each of them whose disposition is the default a handler is installed,
 * which removes every name that the process owns, and then lets the process
 * die of that same signal. A signal that is ignored stays ignored. A handler
 * that the program has installed stays as it is, and decides alone; it may
 * call with_cleanup_now(). Calling it again adds to what is there.
 *
 * For SIGSEGV and SIGBUS the calling thread also gets an alternate stack, if
 * it has none, so that an overflow of its stack is survived for long enough;
 * other threads need one of their own (sigaltstack()), of at least 64 KiB over
 * MINSIGSTKSZ: on a smaller one those two signals just kill. All others are
 * handled on the thread's ordinary stack, and need 48 KiB of it.
 *
 * Returns 0, or -1 with errno, and nothing is changed:
 *	EINVAL	no signal; one that cannot be caught; one whose default is not
 *		to end the process (SIGCHLD); a count without signals
 *	ENOMEM	no alternate stack could be had
 * Thread-safe.
 */
int with_cleanup_on_signals(const int *signals, size_t count);

/*
 * with_leave_signals - take it back: these signals have their default again
 *
 * A handler that replaced the library's meanwhile stays. Returns 0.
 */
int with_leave_signals(void);

/*
 * with_cleanup_now - remove every name that this process owns, now
 *
 * For programs with signal handlers or an event loop of their own. Handles
 * stay valid: closing one finds its name gone, which is no error. Other
 * threads that are about to create wait until it is over. Failures are told
 * to nobody but LIBWITH_DEBUG. errno is kept.
 *
 * Async-signal-safe and thread-safe. It uses up to 48 KiB of stack.
 */
void with_cleanup_now(void);

/*
 * with_adopt - this process takes over what the one it was forked from owned
 * with_disown - this process gives up all that it owns
 *
 * A program that becomes a daemon calls with_adopt() in the child that goes
 * on, and with_disown() in the parent that ends; in this order if it matters
 * that the things never lack an owner. Streams go along: what the parent had
 * not written yet is then the child's to write. After two forks in a row the
 * grandchild adopts, provided the process between used no temporaries; what an
 * older ancestor owns stays with it.
 *
 * Both return 0. Not async-signal-safe; no other thread may be creating or
 * closing meanwhile.
 */
int with_adopt(void);
int with_disown(void);

/* What the error hook is told. Strings are valid during the call only. */
struct with_error {
	const char *operation;	/* "open", "close" or "remove" */
	const char *path;	/* of the thing, or the name of the guard */
	int error;		/* as in errno */
	const char *source;	/* "file.c:123", or NULL where nobody knows */
};
typedef void with_error_hook(const struct with_error *error, void *data);

/*
 * with_set_error_hook - be told of failures that no caller can see
 *
 * hook: called for a guard that could not be entered (a block without else
 *       would hide it), for a failing close at the end of a scope, and for a
 *       removal that fails there or at exit. NULL: the default, which says
 *       nothing, or writes a line to stderr if LIBWITH_DEBUG=1 is set in the
 *       environment (unless the program is set-uid). With that, exit() also
 *       lists, hook or not, what was not closed by its scope.
 * data: passed on to it.
 *
 * The source is the line of the guard that was entered, or of the temporary
 * that could not be removed; for a failing close of a guard made by WITH_DEFINE
 * it is the line of that.
 *
 * The hook is called in the thread that met the failure, never in a signal
 * handler. It may use errno, which is restored, and guards, whose failures are
 * told to nobody then. To be set once, before there are threads.
 */
void with_set_error_hook(with_error_hook *hook, void *data);

#ifdef __cplusplus
}
#endif
#endif /* WITH_LIFE_H */
