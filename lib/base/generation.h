/* SPDX-License-Identifier: MIT */
/*
 * generation.h - which of the files that had an inode number is it?
 */
#ifndef BASE_GENERATION_H
#define BASE_GENERATION_H

#include <stdatomic.h>
#include <stdint.h>

/* Private to the next: what is known of devices, and what else is asked. */
#define WITH__GENERATION_KNOWN 1u
#define WITH__GENERATION_REUSES 2u
#define WITH__GENERATION_DEVICES 8u
extern _Atomic uint64_t with__generation_devices[WITH__GENERATION_DEVICES]
	__attribute__((visibility("hidden")));
uint64_t with__generation_asked(int dirfd, const char *name, uint64_t device);

/* device << 2 | KNOWN, or KNOWN | REUSES; of this device or another. */
static inline _Atomic uint64_t *with__generation_of_device(uint64_t device)
{
	return &with__generation_devices[device % WITH__GENERATION_DEVICES];
}

/*
 * with__generation - a number that differs from file to file of one inode
 *
 * Of name in dirfd, links not followed; an empty name means dirfd itself.
 * device is what it is on. 0: the file system gives no inode number twice, or
 * it is not known. Async-signal-safe; keeps errno.
 */
static inline uint64_t with__generation(int dirfd, const char *name,
					uint64_t device)
{
	/* Known to give none twice: nothing is to be asked. */
	if (atomic_load_explicit(with__generation_of_device(device),
				 memory_order_relaxed) ==
	    (device << 2 | WITH__GENERATION_KNOWN))
		return 0;
	return with__generation_asked(dirfd, name, device);
}

#endif /* BASE_GENERATION_H */
