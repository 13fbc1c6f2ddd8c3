/* SPDX-License-Identifier: MIT */
/*
 * with/process.h - the state of a process, changed for a block
 *
 *	WITH_CHDIR (back, "/var/spool/app") {
 *		run_in_here();
 *	} else {
 *		perror("/var/spool/app");
 *	}
 *
 * WITH_CHDIR	the current directory	WITH_ENV	an environment variable
 * WITH_UMASK	the umask		WITH_RLIMIT	a soft limit
 * WITH_SIGMASK	the signals a thread blocks
 * WITH_LOCALE	the locale of a thread
 *
 *	*** The first four change the WHOLE PROCESS, all of its threads. ***
 *
 * Another thread that opens a relative path, creates a file or calls getenv()
 * meanwhile is in the same directory, has the same umask, and may crash. They
 * are for programs with one thread, and for the time before there are more.
 * The last two belong to the thread that entered them, which must close them.
 *
 * What was there before comes back at the end of the scope, whatever the
 * program changed meanwhile. _close(&variable) brings it back early, and
 * _steal(&variable) lets the new state stay: the result then remembers the
 * old one, for a later _close(). A forked child has a state of its own.
 */
#ifndef WITH_PROCESS_H
#define WITH_PROCESS_H

#include <stddef.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_chdir_open - change the current directory, by path
 * with_fchdir_open - by a descriptor, for instance tempfile_dir_fd(dir)
 *
 * path: NULL is EINVAL. Process-wide.
 *
 * Return a descriptor of the directory before, close-on-exec: so the way back
 * is found also if that was renamed, or its path has become unreadable. -1
 * with EINVAL, EBADF, or an errno of chdir() or open() (ENOENT, ENOTDIR,
 * EACCES, EMFILE); the current directory is the old one then.
 */
int with_chdir_open(const char *path) __attribute__((__warn_unused_result__));
int with_fchdir_open(int fd) __attribute__((__warn_unused_result__));

/*
 * with_chdir_close - go back
 *
 * back: address of the variable, which becomes -1; -1 there is success.
 *
 * Returns 0, or -1 with EACCES if the directory may no longer be entered; its
 * descriptor is closed then too.
 */
int with_chdir_close(int *back);

/* What an environment variable was. The members are for reading only. */
struct with_env {
	const char *name;
	const char *before;	/* NULL: it was not set; "" is not the same */
};

/*
 * with_env_open - set an environment variable, or unset it
 *
 * name:  not NULL, not empty, without a '=', or it is EINVAL.
 * value: NULL: unset it. Process-wide.
 *
 * Returns what it was, for with_env_close(). NULL with EINVAL or ENOMEM.
 */
struct with_env *with_env_open(const char *name, const char *value)
	__attribute__((__warn_unused_result__));

/*
 * with_env_close - set it to what it was, or unset it if it was not set
 *
 * env: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with ENOMEM. The handle is freed in any case.
 */
int with_env_close(struct with_env **env);

/*
 * with_umask_open - set the umask
 *
 * mask: the permissions that new files do not get, of 0777; else EINVAL.
 *       Process-wide.
 *
 * Returns the mask before; -1 with EINVAL.
 */
int with_umask_open(unsigned mask) __attribute__((__warn_unused_result__));

/*
 * with_umask_close - set it to what it was
 *
 * before: address of the variable, which becomes -1. Returns 0.
 */
int with_umask_close(int *before);

/* A soft limit before it was changed. */
struct with_rlimit {
	int held;		/* 0: there is nothing to put back */
	int resource;
	unsigned long long before;
};

/*
 * with_rlimit_open - set the soft limit of a resource
 *
 * resource: RLIMIT_NOFILE and the like, of <sys/resource.h>. Process-wide.
 * soft:     at most the hard limit, which stays; RLIM_INFINITY: none.
 *
 * Returns the limit before. Not held, with errno: EINVAL for another resource
 * or more than the hard limit, EPERM.
 */
struct with_rlimit with_rlimit_open(int resource, unsigned long long soft)
	__attribute__((__warn_unused_result__));

/*
 * with_rlimit_close - set it to what it was
 *
 * limit: address of the variable, which is not held from here on.
 *
 * If the hard limit was lowered meanwhile, the soft one becomes that at most.
 * Returns 0, or -1 with EPERM.
 */
int with_rlimit_close(struct with_rlimit *limit);

/* Bytes of the kernel's mask: 64 signals, 128 on MIPS. */
#ifdef __mips__
#define WITH__SIGMASK_SIZE 16
#else
#define WITH__SIGMASK_SIZE 8
#endif

/* The signals that a thread blocked before. */
struct with_sigmask {
	long held;		/* 0: there is nothing to put back */
	unsigned long before_[WITH__SIGMASK_SIZE / sizeof(unsigned long)];
};

/* In the list of signals: all of them. */
#define WITH_ALL_SIGNALS (-1)

/*
 * with_sigmask_open - block signals in this thread, or let them in
 *
 * how:     SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK, of <signal.h>.
 * signals: a list that ends with 0; WITH_ALL_SIGNALS may be in it.
 *
 * Returns what was blocked before. Not held, with EINVAL, for anything else.
 */
struct with_sigmask with_sigmask_open(int how, const int *signals)
	__attribute__((__warn_unused_result__));

/*
 * with_sigmask_close - block what was blocked before, and nothing else
 *
 * mask: address of the variable, which is not held from here on. A signal that
 *       came meanwhile is delivered before this returns. Returns 0.
 */
int with_sigmask_close(struct with_sigmask *mask);

/* The locale of a thread, and the one before. */
struct with_locale {
	void *entered_;		/* NULL: not held */
	void *before_;
};

/*
 * with_locale_open - use a locale in this thread only
 *
 * category: LC_ALL, LC_NUMERIC and the like, of <locale.h>; the others stay.
 * name:     as for setlocale(): "C", "de_DE.UTF-8", "" for what the
 *           environment says; NULL is EINVAL.
 *
 * Returns what was used before. Not held, with errno: ENOENT if there is no
 * such locale, EINVAL, ENOMEM.
 */
struct with_locale with_locale_open(int category, const char *name)
	__attribute__((__warn_unused_result__));

/*
 * with_locale_close - use the locale before, in the thread that entered
 *
 * locale: address of the variable, which is not held from here on. Returns 0.
 */
int with_locale_close(struct with_locale *locale);

/*
 * Private: with_env_open() for a name that lasts until the end of the scope,
 * or not; and ends of scopes, which keep errno and tell the error hook.
 */
struct with_env *with__env_begin(const char *name, const char *value, int lasts)
	__attribute__((__warn_unused_result__));
void with__chdir_end(int back);
void with__env_end(struct with_env *env);
void with__umask_end(int before);
void with__rlimit_end(struct with_rlimit limit);
void with__sigmask_end(struct with_sigmask mask);
void with__locale_end(struct with_locale locale);

#ifdef __cplusplus
}
#define WITH_CHDIR(...)	WITH__C_ONLY
#define SCOPED_CHDIR(...)	WITH__C_ONLY
#define WITH_FCHDIR(...)	WITH__C_ONLY
#define SCOPED_FCHDIR(...)	WITH__C_ONLY
#define WITH_ENV(...)	WITH__C_ONLY
#define SCOPED_ENV(...)	WITH__C_ONLY
#define WITH_UMASK(...)	WITH__C_ONLY
#define SCOPED_UMASK(...)	WITH__C_ONLY
#define WITH_RLIMIT(...)	WITH__C_ONLY
#define SCOPED_RLIMIT(...)	WITH__C_ONLY
#define WITH_SIGMASK(...)	WITH__C_ONLY
#define SCOPED_SIGMASK(...)	WITH__C_ONLY
#define WITH_LOCALE(...)	WITH__C_ONLY
#define SCOPED_LOCALE(...)	WITH__C_ONLY
#else
WITH__DEFINE_READY(with_chdir, int, -1, self >= 0, with__chdir_end)
WITH__DEFINE_READY(with_env, struct with_env *, (struct with_env *)0,
		   self != (struct with_env *)0, with__env_end)
WITH__DEFINE_READY(with_umask, int, -1, self >= 0, with__umask_end)
WITH__DEFINE_READY(with_rlimit, struct with_rlimit,
		   ((struct with_rlimit) { 0 }), self.held, with__rlimit_end)
WITH__DEFINE_READY(with_sigmask, struct with_sigmask,
		   ((struct with_sigmask) { 0 }), self.held, with__sigmask_end)
WITH__DEFINE_READY(with_locale, struct with_locale,
		   ((struct with_locale) { 0 }), self.entered_ != (void *)0,
		   with__locale_end)

/* The statement: a block, or the rest of the scope. */
#define WITH_CHDIR(variable, path) \
	WITH__BLOCK(with_chdir, int, variable, with_chdir_open(path))
#define SCOPED_CHDIR(variable, path) \
	WITH__DECLARATION(with_chdir, int, variable, with_chdir_open(path))
#define WITH_FCHDIR(variable, fd) \
	WITH__BLOCK(with_chdir, int, variable, with_fchdir_open(fd))
#define SCOPED_FCHDIR(variable, fd) \
	WITH__DECLARATION(with_chdir, int, variable, with_fchdir_open(fd))

#define WITH_ENV(variable, name, value) \
	WITH__BLOCK(with_env, struct with_env *, variable, \
		    with__env_begin(name, value, __builtin_constant_p(name)))
#define SCOPED_ENV(variable, name, value) \
	WITH__DECLARATION(with_env, struct with_env *, variable, \
			  with__env_begin(name, value, \
					  __builtin_constant_p(name)))

#define WITH_UMASK(variable, mask) \
	WITH__BLOCK(with_umask, int, variable, with_umask_open(mask))
#define SCOPED_UMASK(variable, mask) \
	WITH__DECLARATION(with_umask, int, variable, with_umask_open(mask))

#define WITH_RLIMIT(variable, resource, soft) \
	WITH__BLOCK(with_rlimit, struct with_rlimit, variable, \
		    with_rlimit_open(resource, soft))
#define SCOPED_RLIMIT(variable, resource, soft) \
	WITH__DECLARATION(with_rlimit, struct with_rlimit, variable, \
			  with_rlimit_open(resource, soft))

/* After how, any number of signals. */
#define WITH_SIGMASK(...) WITH__SIGMASK(WITH__BLOCK, __VA_ARGS__, 0)
#define SCOPED_SIGMASK(...) WITH__SIGMASK(WITH__DECLARATION, __VA_ARGS__, 0)
#define WITH__SIGMASK(form, variable, how, ...) \
	form(with_sigmask, struct with_sigmask, variable, \
	     with_sigmask_open(how, (const int[]) { __VA_ARGS__ }))

#define WITH_LOCALE(variable, category, name) \
	WITH__BLOCK(with_locale, struct with_locale, variable, \
		    with_locale_open(category, name))
#define SCOPED_LOCALE(variable, category, name) \
	WITH__DECLARATION(with_locale, struct with_locale, variable, \
			  with_locale_open(category, name))
#endif
#endif /* WITH_PROCESS_H */
