/* SPDX-License-Identifier: MIT */
/*
 * test-life-walk.c - a random walk over what can be done to temporaries,
 * against a model of what must be there.
 *
 * Each step does something to one thing, and what is then on disk must be
 * what the model says. The seed is printed; TESTING_SEED=… repeats a walk.
 * Beside the things lives a canary tree, which stays as it is.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define WITH_UNWINDABLE
#include <with.h>

#include "testing.h"

#define THINGS 24

/* What the model knows of one thing. */
struct thing {
	struct tempfile_named *file;	/* one of the two, or none: free */
	struct tempfile_dir *dir;
	struct thing *parent;		/* the directory that it was made in */
	char path[4096];
	bool there;			/* it is at its path */
	bool kept;
	bool moved;			/* it is at its path with "~" */
	bool impostor;			/* something else is at its path */
	bool closed;			/* mode 0 */
	bool forgotten;			/* a clean-up has dealt with it */
};

static struct thing things[THINGS];
static unsigned long long seed;
static unsigned long step;
static char canary[4096];
static jmp_buf env;

static unsigned draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

#define holds(condition) \
	((condition) ? (void)0 : failed(__LINE__, #condition))

_Noreturn static void failed(int line, const char *condition)
{
	fprintf(stderr, "step %lu, line %d: %s does not hold (errno %d)\n",
		step, line, condition, errno);
	_exit(1);
}

static bool is_free(const struct thing *thing)
{
	return !thing->file && !thing->dir;
}

static bool is_untouched(const struct thing *thing)
{
	return !is_free(thing) && thing->there && !thing->closed;
}

static const char *moved_path(const struct thing *thing)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s~", thing->path);
	return path;
}

static void check_thing(const struct thing *thing)
{
	if (is_free(thing) || (thing->parent && thing->parent->closed))
		return;
	holds(exists(thing->path) == (thing->there || thing->impostor));
	holds(exists(moved_path(thing)) == thing->moved);
}

static struct thing *pick_directory(void)
{
	struct thing *thing = &things[draw(THINGS)];

	return is_untouched(thing) && thing->dir && !thing->parent ? thing :
								      NULL;
}

static void create(struct thing *thing)
{
	struct thing *parent = draw(2) ? pick_directory() : NULL;
	int length = draw(3) ? 0 : 8;

	if (!is_free(thing) || parent == thing)
		return;
	*thing = (struct thing) { .parent = parent, .there = true };
	if (draw(2)) {
		thing->file = tempfile_named_open(
			.inside = parent ? parent->dir : NULL,
			.random_length = length);
		holds(thing->file != NULL);
		strcpy(thing->path, thing->file->path);
	} else {
		thing->dir = tempfile_dir_open(
			.inside = parent ? parent->dir : NULL,
			.random_length = length);
		holds(thing->dir != NULL);
		strcpy(thing->path, thing->dir->path);
	}
}

static void write_to(struct thing *thing)
{
	int fd;

	if (!is_untouched(thing))
		return;
	if (thing->file) {
		holds(fprintf(thing->file->file, "step %lu\n", step) > 0);
		return;
	}
	fd = open(tempfile_dir_join(thing->dir, "f%u", draw(5)),
		  O_CREAT | O_WRONLY | O_CLOEXEC, draw(2) ? 0600 : 0);
	holds(fd >= 0 || errno == EACCES);
	if (fd >= 0)
		close(fd);
	holds(mkdir(tempfile_dir_join(thing->dir, "d%u", draw(5)), 0) == 0 ||
	      errno == EEXIST);
}

static void steal(struct thing *thing)
{
	struct tempfile_dir *dir = thing->dir;

	if (!dir)
		return;
	thing->dir = with_steal(dir);
	holds(!dir && thing->dir);
}

static void keep(struct thing *thing)
{
	if (!is_untouched(thing) || thing->parent)
		return;
	thing->kept = true;
	holds((thing->file ? tempfile_named_keep(thing->file) :
			     tempfile_dir_keep(thing->dir)) == 0);
}

/* Not a directory that holds other things of the model. */
static bool has_children(const struct thing *thing)
{
	for (int i = 0; i < THINGS; i++)
		if (!is_free(&things[i]) && things[i].parent == thing)
			return true;
	return false;
}

static void move_away(struct thing *thing)
{
	if (!is_untouched(thing) || thing->parent || has_children(thing))
		return;
	holds(rename(thing->path, moved_path(thing)) == 0);
	thing->there = false;
	thing->moved = true;
}

static void put_impostor(struct thing *thing)
{
	if (is_free(thing) || !thing->moved || thing->impostor)
		return;
	holds(mkdir(thing->path, 0700) == 0);
	thing->impostor = true;
}

static void close_to_all(struct thing *thing)
{
	if (!is_untouched(thing) || !thing->dir || has_children(thing))
		return;
	holds(chmod(thing->path, 0) == 0);
	thing->closed = true;
}

static void remove_by_hand(const char *path)
{
	holds(unlink(path) == 0 || tempfile_rmtree(path) == 0);
}

static void end(struct thing *thing)
{
	int result;

	if (is_free(thing) || has_children(thing))
		return;
	errno = 0;
	result = thing->file ? tempfile_named_close(&thing->file) :
			       tempfile_dir_close(&thing->dir);
	if (thing->impostor && !thing->kept && !thing->forgotten)
		holds(result == -1 && errno == ESTALE);
	else
		holds(result == 0);
	holds(is_free(thing));
	holds(exists(thing->path) ==
	      (thing->impostor || (thing->kept && thing->there)));
	if (thing->impostor || (thing->kept && thing->there))
		remove_by_hand(thing->path);
	if (thing->moved)
		remove_by_hand(moved_path(thing));
	*thing = (struct thing) { .file = NULL };
}

static void fork_off(struct thing *thing)
{
	int how = (int)draw(4);
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (how == 0)
			with_cleanup_now();
		if (how == 1 && thing->dir)
			(void)tempfile_dir_close(&thing->dir);
		if (how == 1 && thing->file)
			(void)tempfile_named_close(&thing->file);
		if (how == 2)
			exit(0);
		_exit(0);
	}
	holds(waitpid(child, &status, 0) == child);
	holds(testing_exited(status, 0));
}

static void jump_out(void)
{
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file, .inside = dir) {
			WITH_TEMPDIR (other) {
				longjmp(env, 1);
			}
		}
	}
}

static void unwind(struct thing *unused)
{
	struct with_mark mark = with_mark();
	size_t before = testing_entries(NULL);

	(void)unused;
	if (setjmp(env) == 0)
		jump_out();
	with_unwind(mark);
	holds(testing_entries(NULL) == before);
}

static void clean_up(struct thing *unused)
{
	(void)unused;
	if (draw(50))
		return;
	with_cleanup_now();
	for (int i = 0; i < THINGS; i++) {
		struct thing *thing = &things[i];

		thing->forgotten = true;
		if (!thing->kept && thing->there) {
			thing->there = false;
			thing->closed = false;
		}
	}
}

static void check_canary(void)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/closed", canary);
	holds(exists(path));
	holds(testing_entries(canary) == 2);
}

static void check_all(void)
{
	size_t expected = 1;	/* the canary */

	for (int i = 0; i < THINGS; i++) {
		const struct thing *thing = &things[i];

		check_thing(thing);
		if (!is_free(thing) && !thing->parent)
			expected += (size_t)thing->there +
				    (size_t)thing->impostor +
				    (size_t)thing->moved;
	}
	holds(testing_entries(NULL) == expected);
	check_canary();
}

static void (*const deeds[])(struct thing *thing) = {
	create, create, create, create, write_to, write_to, steal, keep,
	move_away, put_impostor, close_to_all, end, end, fork_off, unwind,
	clean_up,
};

static void walk(void *data)
{
	unsigned long steps = (unsigned long)testing_storm(3000, 100000);

	if (*(int *)data)
		testing_drop_privileges();
	for (step = 0; step < steps; step++) {
		struct thing *thing = &things[draw(THINGS)];

		deeds[draw(sizeof(deeds) / sizeof(*deeds))](thing);
		check_thing(thing);
		if (step % 100 == 0)
			check_all();
	}
	/* What nobody else owns goes by hand, the rest by exit(). */
	for (int i = 0; i < THINGS; i++) {
		struct thing *thing = &things[i];

		if (thing->impostor || thing->kept || thing->moved) {
			for (int j = 0; j < THINGS; j++)
				if (things[j].parent == thing)
					end(&things[j]);
			end(thing);
		}
	}
	check_canary();
	exit(0);
}

static void make_canary(void)
{
	char path[4200];
	int fd;

	snprintf(canary, sizeof(canary), "%s/canary", testing_tmpdir());
	ck_assert(mkdir(canary, 0755) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/closed", canary);
	ck_assert(mkdir(path, 0) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/song", canary);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(whatever_is_done_the_model_is_right)
{
	const char *given = getenv("TESTING_SEED");
	int unprivileged = _i;
	int status;

	seed = given ? strtoull(given, NULL, 10) :
		       (unsigned long)time(NULL) * 1000 +
		       (unsigned long)getpid() + (unsigned long)_i;
	printf("seed %llu\n", seed);
	make_canary();
	status = testing_in_child(walk, &unprivileged);
	ck_assert(testing_exited(status, 0));
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert_uint_eq(testing_entries(canary), 2);
	ck_assert_int_eq(tempfile_rmtree(canary), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_add_loop_test(tests, whatever_is_done_the_model_is_right, 0, 2);
}

TESTING_MAIN_CASE("life-walk", fill)
