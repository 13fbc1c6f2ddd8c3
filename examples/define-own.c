/* SPDX-License-Identifier: MIT */
/* Give a struct of one's own a guard: a light that is on for a while. */
#include <stdio.h>
#include <with/guard.h>

struct light {
	const char *room;
	int on;
};

static struct light switch_on(const char *room)
{
	if (*room)
		printf("%s: on\n", room);
	return (struct light) { .room = room, .on = *room != '\0' };
}

static void switch_off(struct light light)
{
	printf("%s: off\n", light.room);
}

/* A struct names its empty value, and how to see whether it is held. */
WITH_DEFINE(my_light, struct light, switch_on, switch_off,
	    (struct light){ 0 }, self.on)

int main(void)
{
	WITH (my_light, hall, "hall") {
		WITH (my_light, none, "")
			puts("there is light in no room");
		else
			puts("there is no such room");
	}
	SCOPED(my_light, kitchen, "kitchen");
	my_light_close(&kitchen);
	puts("good night");
	return 0;
}
