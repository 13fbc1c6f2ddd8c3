/* SPDX-License-Identifier: MIT */
/*
 * vector.c - vectors where the processor and the text are made for them, and
 * units.c elsewhere.
 */
#include "config.h"

#include "stream/avx512.h"
#include "stream/units.h"
#include "stream/vector.h"

bool with__vector_off;

#ifdef WITH__AVX512
static const struct with__vector avx512 = {
	.decode = {
		[1] = { with__avx512_decode8, with__avx512_decode8 },
		[2] = { with__avx512_decode16, with__avx512_decode16_swapped },
		[4] = { with__avx512_decode32, with__avx512_decode32_swapped },
	},
	.encode = {
		[1] = { with__avx512_encode8, with__avx512_encode8 },
		[2] = { with__avx512_encode16, with__avx512_encode16_swapped },
		[4] = { with__avx512_encode32, with__avx512_encode32_swapped },
	},
	.utf8 = with__avx512_utf8,
};

/* The system must save these registers too, which this asks for besides. */
static bool have_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("avx512vbmi2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2") &&
	       __builtin_cpu_supports("popcnt");
}

const struct with__vector *with__vector(void)
{
	return !with__vector_off && have_avx512() ? &avx512 : NULL;
}
#else
const struct with__vector *with__vector(void)
{
	return NULL;
}
#endif

typedef struct with__run scalar_run(unsigned unit, bool swapped,
				    const unsigned char *in, size_t size,
				    unsigned char *out, size_t room);

/* So much is done otherwise before vectors are tried again. */
enum { PART = 256 };

static void add(struct with__run *run, struct with__run more)
{
	run->used += more.used;
	run->made += more.made;
	run->worth += more.worth;
}

/*
 * A part may end within a character, so it is over only when there is nothing
 * to be had of one.
 */
static struct with__run by_turns(with__vector_run *fast, scalar_run *slow,
				 unsigned unit, bool swapped,
				 const unsigned char *in, size_t size,
				 unsigned char *out, size_t room)
{
	struct with__run run = { 0 };
	struct with__run part;

	do {
		size_t left;

		add(&run, fast(in + run.used, size - run.used, out + run.made,
			       room - run.made));
		left = size - run.used;
		part = slow(unit, swapped, in + run.used,
			    left < PART ? left : PART, out + run.made,
			    room - run.made);
		add(&run, part);
	} while (part.used);
	return run;
}

struct with__run with__units_decode(unsigned unit, bool swapped,
				    const unsigned char *in, size_t size,
				    unsigned char *out, size_t room)
{
	const struct with__vector *fast = with__vector();

	if (!fast)
		return with__units_decode_scalar(unit, swapped, in, size, out,
						 room);
	return by_turns(fast->decode[unit][swapped],
			with__units_decode_scalar, unit, swapped, in, size,
			out, room);
}

struct with__run with__units_encode(unsigned unit, bool swapped,
				    const unsigned char *in, size_t size,
				    unsigned char *out, size_t room)
{
	const struct with__vector *fast = with__vector();

	if (!fast)
		return with__units_encode_scalar(unit, swapped, in, size, out,
						 room);
	return by_turns(fast->encode[unit][swapped],
			with__units_encode_scalar, unit, swapped, in, size,
			out, room);
}
