/* SPDX-License-Identifier: MIT */
/*
 * lint.c - mistakes with guards that compilers do not see; check-lint.sh holds
 * that tools/check-with finds the lines that are marked, and no other.
 */
#include <stdlib.h>
#include <unistd.h>

#include <with.h>
#include <with/descriptor.h>

struct holder {
	FILE *file;
	struct tempfile_dir *dir;
};

static FILE *global;

void leaves_in_loops(int count)
{
	for (int i = 0; i < count; i++) {
		WITH_TMP (f) {
			if (i == 1)
				break;			/* found */
			if (i == 2)
				continue;		/* found */
			rewind(f);
		} else {
			break;				/* found */
		}
	}
	while (count--)
		WITH_TEMPDIR (d) {
			WITH_TMP (f) {
				if (d->path)
					continue;	/* found */
				rewind(f);
			}
		}
	do {
		WITH_TMP (f) {
			switch (count) {
			case 1:
				continue;		/* found */
			default:
				break;
			}
			for (int i = 0; i < 3; i++) {
				if (i == 1)
					continue;
				if (i == 2)
					break;
			}
			if (count == 1)
				break; /* leaves the block */
			rewind(f);
		}
		if (count == 3)
			break;
	} while (count);
}

void leaves_in_a_switch(int which)
{
	switch (which) {
	case 1:
		WITH_TMP (f) {
			rewind(f);
			break;				/* found */
		}
		break;
	default:
		break;
	}
	WITH_TMP (f) {
		if (which)
			break;
		rewind(f);
	}
}

void declares_in_a_loop(int count)
{
	for (int i = 0; i < count; i++) {
		SCOPED_TMP(f);

		if (!f)
			break;
		if (i == 1)
			continue;
		rewind(f);
	}
}

FILE *returns(void)
{
	WITH_TMP (f) {
		return f;				/* found */
	}
	return NULL;
}

void *returns_from_a_scope(void)
{
	SCOPED_TEMPDIR(d);

	if (d)
		return (void *)d;			/* found */
	return with_steal(d);
}

const char *returns_a_member(void)
{
	WITH_TEMPDIR (d) {
		return d->path;				/* found */
	}
	return NULL;
}

int returns_a_descriptor(const char *path)
{
	WITH_FD (fd, path, 0) {
		if (*path)
			return with_fd_steal(&fd);
		return fd;				/* found */
	}
	return -1;
}

int returns_one_of_two(const char *path)
{
	SCOPED_FD(fd, path, 0);

	if (!*path)
		return fd >= 0 ? with_fd_steal(&fd) : -1;
	if (fd == 1)
		return fd ? 1 : 0;
	return fd >= 0 ? fd : -1;			/* found */
}

void stores(struct holder *holder, FILE **file)
{
	WITH_TMP (f) {
		FILE *alias = f;
		FILE *other;

		other = f;
		global = f;				/* found */
		holder->file = f;			/* found */
		*file = f;				/* found */
		file[1] = f;				/* found */
		file[2] = with_steal(f);
		rewind(alias);
		rewind(other);
	}
	WITH_TEMPDIR (d) {
		struct tempfile_named_open_options options = {
			.size = sizeof(options), .inside = d,
		};

		options.inside = d;
		WITH_NAMED_TMP (n, .inside = d)
			puts(n->path);
	}
}

void closes(const char *path)
{
	WITH_TMP (f) {
		fclose(f);				/* found */
	}
	WITH_FD (fd, path, 0) {
		close(fd);				/* found */
		with_fd_close(&fd);
	}
	WITH_NAMED_TMP (n) {
		fclose(n->file);			/* found */
		tempfile_named_close_file(n);
		fclose(global);
	}
	WITH_TMP (f) {
		with_file_close(&f);
		f = fopen(path, "r");			/* found */
	}
}

FILE *returns_a_copy(int how)
{
	WITH_TMP (f) {
		FILE *copy = f, *changed = f;

		if (how == 1)
			return copy;			/* found */
		if (how == 2)
			fclose(copy);			/* found */
		rewind(copy);
		changed = global;
		return changed;
	}
	return NULL;
}

FILE *returns_a_copy_of_what_it_stole(void)
{
	WITH_TMP (f) {
		FILE *copy = f;

		global = with_steal(f);
		return copy;
	}
	return NULL;
}

FILE *returns_what_it_assigned(int how)
{
	FILE *copy = NULL, *emptied = NULL, *other = global;

	WITH_TMP (f) {
		copy = f;
		rewind(copy);
		emptied = f;
		rewind(emptied);
		emptied = NULL;
		other = f;
		rewind(other);
	}
	if (how == 1)
		return emptied;
	if (how == 2)
		return other;
	return copy;					/* found */
}

FILE *returns_what_it_assigned_and_stole(void)
{
	FILE *copy;

	WITH_TMP (f) {
		copy = f;
		global = with_steal(f);
	} else {
		return NULL;
	}
	return copy;
}

void takes(void)
{
	WITH_TMP (f) {
		FILE *mine = with_steal(f);

		fclose(mine);
	}
}

int jumps(int yes)
{
	if (yes)
		goto inside;				/* found */
	WITH_TMP (f) {
inside:
		rewind(f);
	}
	return 0;
}
