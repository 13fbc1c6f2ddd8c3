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
static void give_live_slots_to(uint64_t owner)
{
	uint32_t count = with__slot_count();
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct with__slot *slot = with__slot_at(i);

		if (with__slot_state(atomic_load(&slot->word)) ==
		    WITH__SLOT_LIVE)
			atomic_store(&slot->owner, owner);
	}
}

int with_adopt(void)
{
	give_live_slots_to(with__process());
	with__inherited_adopt();
	return 0;
}

int with_disown(void)
{
	give_live_slots_to(0);
	with__inherited_disown();
	return 0;
}
