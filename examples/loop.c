/* SPDX-License-Identifier: MIT */
/* Leave a loop from inside: the declaration form, since break ends a block. */
#include <stdio.h>

#include <with.h>

int main(void)
{
	for (int i = 1; i <= 3; i++) {
		WITH_TMP (file) {
			if (i == 2)
				break;	/* leaves the block */
			printf("block %d: to its end\n", i);
		}
		printf("block %d: over\n", i);
	}
	for (int i = 1; i <= 3; i++) {
		SCOPED_TMP(file);

		if (!file || i == 2)
			break;	/* ends the loop; the file goes all the same */
		printf("declaration %d: to its end\n", i);
	}
	return 0;
}
