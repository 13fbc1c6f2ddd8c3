/* SPDX-License-Identifier: MIT */
/*
 * signals.c - clean up before a signal kills, if the program asked for it
 *
 * A handler is installed only where the default disposition stood: what is
 * ignored stays ignored, and a handler of the program's own decides alone. So
 * nothing has to be chained, and taking it back means the default again.
 *
 * In the handler all signals are blocked, also where it is not the kernel that
 * calls it: a handler of the program's may have come later, and pass on what
 * it gets. Of several threads that a signal hits at once, the first cleans up
 * and the others wait in their handlers for the death of the process. A fault
 * inside the clean-up itself is blocked, and so kills at once. Afterwards the
 * default is put back and the signal sent again; one that the processor raised
 * comes again by itself when the handler returns, and its core dump shows the
 * true place.
 *
 * A forked child has the handlers too, and owns nothing: it just dies. So does
 * a child of vfork(), without touching the memory that it has on loan.
 *
 * Only SIGSEGV and SIGBUS go to an alternate stack. One that the program made
 * for small handlers would not do for a clean-up, and could not be seen to
 * overflow; the other signals do not need any.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <with/life.h>

#include "base/process.h"
#include "life/registry.h"
#include "life/report.h"
#include "life/slots.h"

/* What the handler itself needs, its buffers included; a test holds it. */
#define STACK_NEEDED (64 * 1024)

static const int default_set[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ,
	SIGVTALRM, SIGPROF, SIGPOLL, SIGUSR1, SIGUSR2,
};

/* These end no process by default, or cannot be caught. */
static const int unfit[] = {
	SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN,
	SIGTTOU,
};

/* The generation of the process that is dying of a signal. */
static _Atomic uint64_t dying;

/* Runs inside a signal handler. */
static void wait_for_death(void)
{
	with__cleanup_abandon_births();
	for (;;)
		pause();
}

/*
 * Runs inside a signal handler.
 *
 * Did the processor raise it? Then the instruction is tried again and fails
 * again. A machine check that somebody else's memory failed does not.
 */
static bool comes_again(int number, const siginfo_t *info)
{
	if (info->si_code <= 0)		/* kill(), sigqueue(), raise() … */
		return false;
	if (number == SIGBUS && info->si_code == BUS_MCEERR_AO)
		return false;
	return number == SIGSEGV || number == SIGBUS || number == SIGFPE ||
	       number == SIGILL;
}

/*
 * Runs inside a signal handler.
 *
 * raise() of musl looks up its thread in memory: a child of vfork() would kill
 * its parent.
 */
static void send_here(int number)
{
	(void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

/* Runs inside a signal handler. */
static void die_of(int number, const siginfo_t *info)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigemptyset(&action.sa_mask);
	/* A filter of system calls may refuse: it ends all the same. */
	if (sigaction(number, &action, NULL) < 0)
		_exit(128 + number);
	if (comes_again(number, info))
		return;
	send_here(number);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Runs inside a signal handler. */
static bool has_room(void)
{
	stack_t now;

	return sigaltstack(NULL, &now) < 0 || !(now.ss_flags & SS_ONSTACK) ||
	       now.ss_size >= STACK_NEEDED;
}

/* Runs inside a signal handler. */
static void on_signal(int number, siginfo_t *info, void *context)
{
	uint64_t process = with__process_end_in_handler();
	uint64_t before = atomic_load(&dying);
	int saved = errno;
	sigset_t all;

	(void)context;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (process && has_room()) {
		if (before == process ||
		    !atomic_compare_exchange_strong(&dying, &before, process))
			wait_for_death();
		with__registry_remove_all_in_handler(true);
	}
	die_of(number, info);
	errno = saved;
}

void with_cleanup_now(void)
{
	with__registry_remove_all_in_handler(false);
}

static bool is_fit(int number)
{
	struct sigaction action;
	size_t i;

	for (i = 0; i < sizeof(unfit) / sizeof(*unfit); i++)
		if (unfit[i] == number)
			return false;
	return sigaction(number, NULL, &action) == 0;
}

static int check_set(const int *signals, size_t count)
{
	size_t i;

	if (!signals && count)
		goto invalid;
	for (i = 0; i < count; i++)
		if (!is_fit(signals[i]))
			goto invalid;
	return 0;
invalid:
	errno = EINVAL;
	return -1;
}

static bool wants_stack(const int *signals, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (signals[i] == SIGSEGV || signals[i] == SIGBUS)
			return true;
	return false;
}

/* Kept until the thread ends, and with the main thread for good. */
static int provide_stack(void)
{
	stack_t now, ours = { .ss_size = STACK_NEEDED };
#ifdef _SC_MINSIGSTKSZ
	long least = sysconf(_SC_MINSIGSTKSZ);
#else
	long least = MINSIGSTKSZ;
#endif

	if (sigaltstack(NULL, &now) < 0)
		return -1;
	if (!(now.ss_flags & SS_DISABLE))
		return 0;
	ours.ss_size += (size_t)(least > 0 ? least : MINSIGSTKSZ);
	ours.ss_sp = mmap(NULL, ours.ss_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ours.ss_sp == MAP_FAILED)
		return -1;
	if (sigaltstack(&ours, NULL) == 0)
		return 0;
	munmap(ours.ss_sp, ours.ss_size);
	return -1;
}

static void install(int number)
{
	struct sigaction before;
	struct sigaction ours = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO,
	};

	if (number == SIGSEGV || number == SIGBUS)
		ours.sa_flags |= SA_ONSTACK;
	sigfillset(&ours.sa_mask);
	if (sigaction(number, NULL, &before) == 0 &&
	    !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_DFL)
		sigaction(number, &ours, NULL);
}

int with_cleanup_on_signals(const int *signals, size_t count)
{
	size_t i;

	if (!signals && !count) {
		signals = default_set;
		count = sizeof(default_set) / sizeof(*default_set);
	}
	if (check_set(signals, count) < 0)
		return -1;
	if (wants_stack(signals, count) && provide_stack() < 0) {
		errno = ENOMEM;
		return -1;
	}
	with__report_init();
	for (i = 0; i < count; i++)
		install(signals[i]);
	return 0;
}

int with_leave_signals(void)
{
	struct sigaction action;
	int number;

	for (number = 1; number < NSIG; number++) {
		if (sigaction(number, NULL, &action) < 0 ||
		    !(action.sa_flags & SA_SIGINFO) ||
		    action.sa_sigaction != on_signal)
			continue;
		action = (struct sigaction) { .sa_handler = SIG_DFL };
		sigaction(number, &action, NULL);
	}
	return 0;
}
