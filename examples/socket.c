/* SPDX-License-Identifier: MIT */
/* Listen at a UNIX socket with a fresh name, and send it something. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <with.h>
#include <with/descriptor.h>

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* Called with one fresh path after the other, until it succeeds. */
static int listen_at(const char *path, void *data)
{
	struct sockaddr_un here = address(path);
	int fd = *(int *)data;

	if (bind(fd, (struct sockaddr *)&here, sizeof(here)))
		return -1;
	return listen(fd, 1);
}

int main(void)
{
	char text[80] = "";

	SCOPED_FD_FROM(server, socket(AF_UNIX, SOCK_STREAM, 0));
	SCOPED_FD_FROM(client, socket(AF_UNIX, SOCK_STREAM, 0));
	WITH_MADE (door, listen_at, &server, .prefix = "job_",
		   .suffix = ".socket", .socket_path = true) {
		struct sockaddr_un there = address(door->path);

		printf("listening at %s\n", door->path);
		if (connect(client, (struct sockaddr *)&there, sizeof(there)) ||
		    write(client, "hello", 5) != 5)
			perror("client");
		WITH_FD_FROM (peer, accept(server, NULL, NULL))
			if (read(peer, text, sizeof(text) - 1) > 0)
				printf("received: %s\n", text);
	} else {
		perror("socket");
		return 1;
	}
	return 0;
}
