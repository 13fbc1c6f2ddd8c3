/* SPDX-License-Identifier: MIT */
/*
 * with/options.h - the keyword arguments that the creators share
 *
 * A creator takes its options by name, in any order, or none:
 *
 *	int fd = tempfile_mkstemp(&path, .prefix = "job_", .suffix = ".txt");
 *
 * X(...) is a macro around the function X_opt(), which takes a pointer to a
 * struct X_options: for C++, for bindings, and for options that are kept in a
 * variable. There NULL means all defaults, and a struct must have its size in
 * the first member. Every option's zero is its default. An option that makes
 * no sense for a creator is not a member of its struct, and does not compile.
 *
 * Errors of all creators: NULL, or -1, with errno, and then nothing is left on
 * disk and no descriptor lost:
 *	EINVAL	an option has a value that it cannot have; two of dir, inside
 *		and at are given; the struct is larger than this library knows,
 *		and what it does not know is not zero
 *	ENAMETOOLONG  the name exceeds 255 bytes or the path PATH_MAX
 *	ENOENT	the directory is missing; no default directory is usable; at is
 *		given, and there is no /proc
 *	EBADF	at is no open descriptor
 *	ESTALE	the path of inside means another directory now
 *	ENOTDIR, EACCES, EROFS, ENOSPC, EDQUOT  what the directory says
 *	EEXIST	every name that was tried is taken
 *	EMFILE, ENFILE  no descriptor is left
 *	ENOMEM	no memory is left
 *	ECANCELED  with_cleanup_now() ran in the middle
 * A signal handler that interrupts does no harm, but no creator is
 * async-signal-safe. All are thread-safe. None is a cancellation point.
 */
#ifndef WITH_OPTIONS_H
#define WITH_OPTIONS_H

#include <stddef.h>

struct tempfile_dir;

#ifdef __cplusplus
#define WITH__BOOL bool
#else
#define WITH__BOOL _Bool
#endif

/* .random_length: no random characters, and one attempt only. */
#define TEMPFILE_EXACT_NAME	(-1)

/* What .buffering may be besides a size in bytes; 0 is stdio's own choice. */
#define TEMPFILE_UNBUFFERED	(-1LL)
#define TEMPFILE_LINE_BUFFERED	(-2LL)

/*
 * The options of everything that gets a name.
 *
 * size:   of the struct; the macros set it.
 * prefix: of the name; NULL: "tmp". One path component: a slash is EINVAL.
 * suffix: of the name; NULL: "". No dot is added. A slash is EINVAL.
 * dir:    where; NULL: tempfile_gettempdir(). Made absolute at once, so that
 *         a later chdir() changes nothing.
 * inside: a live temporary directory: created relative to it. It must live
 *         until the thing is made, which a spooled file does late.
 * at:     a directory descriptor, or one with AT_FDCWD: the same. It must stay
 *         open as long as the thing lives. Needs /proc for the path.
 * permissions: 0: 0600 for files and 0700 for directories. Only bits of 0777;
 *         they come out exactly like this, whatever the umask.
 * random_length: how many random characters of 5 bits stand between prefix
 *         and suffix; 0: 16. TEMPFILE_EXACT_NAME: none. Short names can be
 *         guessed, and run out.
 */
#define TEMPFILE_OPTIONS_OF_NAMES \
	size_t size; \
	const char *prefix; \
	const char *suffix; \
	const char *dir; \
	struct tempfile_dir *inside; \
	const int *at; \
	unsigned permissions; \
	int random_length; \
	const char *source_;	/* private: where in the program */ \
	int scoped_		/* private: a guard asks */

/*
 * The options of descriptors.
 *
 * append:      every write goes to the end (O_APPEND).
 * inheritable: not close-on-exec.
 */
#define TEMPFILE_OPTIONS_OF_FILES \
	WITH__BOOL append; \
	WITH__BOOL inheritable

/*
 * The options of streams.
 *
 * mode:      as for fopen(), beginning with r, w or a; a t in it makes the stream
 *            one of text, as encoding, errors and newline do. NULL: "w+b", or
 *            "w+" if one of those is given. b excludes t and those.
 * buffering: TEMPFILE_UNBUFFERED, TEMPFILE_LINE_BUFFERED, a size in bytes, or
 *            0 for what stdio chooses.
 * encoding, errors, newline: make the stream one of text. The program then
 *            reads and writes UTF-8, and the file holds the encoding.
 *            fileno() has no descriptor to give for such a stream, and with
 *            glibc it takes no wide characters (fwide() says so). Positions are
 *            offsets in the text as it is read, any of them up to its end;
 *            where errors or newline put more or less into the file than was
 *            written, flush before asking for one. Writing is EINVAL within a
 *            character, and amid a text in an encoding with escape sequences.
 * encoding:  any that iconv knows, by its name or Python's: "latin-1",
 *            "cp1252", "shift_jis", "utf-16", "utf-8-sig"; NULL: UTF-8.
 *            "utf-16" and "utf-32" have a byte order mark, "utf-16-le" and the
 *            like have none. UTF-7 is not offered.
 * errors:    what happens to what cannot be decoded or encoded: "strict" or
 *            NULL (EILSEQ, and all before it is kept), "ignore", "replace",
 *            "backslashreplace", "xmlcharrefreplace" (only encodes),
 *            "surrogateescape" (a bad byte is read as U+DC80 to U+DCFF, in
 *            three bytes, and written as that byte). What is incomplete at the
 *            end is reported when the stream is closed.
 * newline:   NULL: \r and \r\n are read as \n, which is written as it is. "" or
 *            "\n": nothing is changed. "\r" or "\r\n": nothing is changed when
 *            reading, and \n is written as that. Anything else is EINVAL.
 */
#define TEMPFILE_OPTIONS_OF_STREAMS \
	TEMPFILE_OPTIONS_OF_FILES; \
	const char *mode; \
	long long buffering; \
	const char *encoding; \
	const char *errors; \
	const char *newline

/*
 * Private: the struct that X(...) gives to X_opt(). end_ is its last member,
 * so that an argument without a name is one too many, which compilers say.
 */
#define WITH__OPTIONS(type, ...) \
	(&(const struct type) { .size = sizeof(struct type), \
				.source_ = WITH__SOURCE, .end_ = 0, \
				__VA_ARGS__ })

#endif /* WITH_OPTIONS_H */
