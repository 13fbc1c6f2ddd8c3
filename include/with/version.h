/* SPDX-License-Identifier: MIT */
/*
 * with/version.h - which libwith this is.
 *
 * WITH_VERSION is the version of the headers a program was compiled with,
 * with_version() that of the library it runs with. They differ when a newer
 * shared library has been installed since.
 */
#ifndef WITH_VERSION_H
#define WITH_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define WITH_VERSION "0.1.0"

/*
 * with_version - the version of the running library
 *
 * Returns a static string such as "0.1.0"; never NULL, never freed.
 * Async-signal-safe and thread-safe.
 */
const char *with_version(void);

#ifdef __cplusplus
}
#endif
#endif /* WITH_VERSION_H */
