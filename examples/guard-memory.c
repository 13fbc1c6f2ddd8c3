/* SPDX-License-Identifier: MIT */
/* Collect the prime numbers below a hundred in an array that grows. */
#include <stdio.h>
#include <with/memory.h>

static int is_prime(int number)
{
	for (int i = 2; i * i <= number; i++)
		if (number % i == 0)
			return 0;
	return 1;
}

int main(void)
{
	size_t count = 0, room = 4;

	WITH_MEMORY (primes, (int *)calloc(room, sizeof(int))) {
		for (int number = 2; number < 100; number++) {
			if (!is_prime(number))
				continue;
			if (count == room &&
			    with_memory_resize(&primes,
					       (room *= 2) * sizeof(int)) < 0)
				return 1;
			primes[count++] = number;
		}
		printf("%zu primes, the last is %d\n", count, primes[count - 1]);
	} else {
		perror("primes");
	}
	return 0;
}
