/* SPDX-License-Identifier: MIT */
/*
 * fork.c - hand temporaries over to a child
 *
 * By itself a fork changes nothing: slots and streams carry the generation of
 * the process that owns them (base/process.h), and a child has another one.
 */
#include "config.h"

#include <with/life.h>

#include "base/process.h"
#include "life/inherited.h"
#include "life/registry.h"
#include "life/slots.h"

/* Births of other threads in the parent are the parent's: those stay. */
static void hand_over(uint64_t from, uint64_t to)
{
	uint32_t count = with__slot_count();
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct with__slot *slot = with__slot_at(i);
		uint64_t owner = from;

		if (with__slot_state(with__slot_view(slot).word) ==
		    WITH__SLOT_LIVE)
			(void)atomic_compare_exchange_strong(&slot->owner,
							     &owner, to);
	}
	with__inherited_hand_over(from, to);
}

/* Not what an older ancestor owns: that one may be alive, and use it. */
int with_adopt(void)
{
	uint64_t parent = with__process_parent();

	if (parent)
		hand_over(parent, with__process());
	return 0;
}

int with_disown(void)
{
	hand_over(with__process(), 0);
	return 0;
}
