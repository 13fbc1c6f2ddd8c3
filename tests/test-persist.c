/* SPDX-License-Identifier: MIT */
/* test-persist.c - persist and reopen. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "meddle.h"
#include "persisting.h"
#include "testing.h"

#define OLD "old content\n"
#define NEW "new content\n"

static char target[4096];

static void setup(void)
{
	snprintf(target, sizeof(target), "%s/target", testing_tmpdir());
}

static void teardown(void)
{
	unlink(target);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* The call fails with this errno; the temporary is usable and owned. */
static void persist_fails(struct persisting *subject, const char *path,
			  unsigned flags, int error)
{
	errno = 0;
	ck_assert_int_eq(persisting_persist(subject, path, flags), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_ge(fputs("more\n", subject->file), 0);
	ck_assert_int_eq(fflush(subject->file), 0);
}

static struct persisting begin(enum persisting_kind kind)
{
	struct persisting subject;

	ck_assert(persisting_open(&subject, kind, NEW));
	return subject;
}

static struct persisting *end(struct persisting *subject)
{
	ck_assert_int_eq(persisting_close(subject), 0);
	return NULL;
}

#define EACH_KIND(subject) \
	for (enum persisting_kind kind = 0; kind < PERSISTING_KINDS; kind++) \
		for (struct persisting subject = begin(kind), *once = &subject; \
		     once; once = end(once))

START_TEST(persist_moves_the_whole_content_to_the_target)
{
	char *before = testing_descriptors();

	EACH_KIND(subject) {
		errno = 77;
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		ck_assert_int_eq(errno, 77);
		ck_assert(persisting_has(target, NEW));
		ck_assert_uint_eq(testing_entries(NULL), 1);
		ck_assert_int_eq(mode_of(target), 0600);
	}
	ck_assert(persisting_has(target, NEW));
	testing_same_descriptors(before);
}
END_TEST

START_TEST(persist_replaces_what_is_there)
{
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		ck_assert(persisting_has(target, NEW));
		ck_assert_uint_eq(testing_entries(NULL), 1);
	}
}
END_TEST

START_TEST(the_stream_goes_on_after_persist)
{
	EACH_KIND(subject) {
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		ck_assert_int_ge(fputs("tail", subject.file), 0);
		ck_assert_int_eq(fflush(subject.file), 0);
		ck_assert(persisting_has(target, NEW "tail"));
	}
	ck_assert(persisting_has(target, NEW "tail"));
}
END_TEST

START_TEST(a_persisted_file_is_the_users_and_cannot_be_persisted_again)
{
	EACH_KIND(subject) {
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		persist_fails(&subject, target, 0, EINVAL);
	}
	ck_assert_uint_eq(testing_entries(NULL), 1);
}
END_TEST

START_TEST(noreplace_refuses_an_existing_target)
{
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		persist_fails(&subject, target, TEMPFILE_NOREPLACE, EEXIST);
		ck_assert(persisting_has(target, OLD));
		unlink(target);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_NOREPLACE), 0);
		ck_assert(persisting_has(target, NEW "more\n"));
		unlink(target);
	}
}
END_TEST

START_TEST(noreplace_works_without_renameat2)
{
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		meddle_fail_all("renameat2", ENOSYS);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_NOREPLACE), -1);
		ck_assert_int_eq(errno, EEXIST);
		unlink(target);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_NOREPLACE), 0);
		meddle_end();
		ck_assert(persisting_has(target, NEW));
		ck_assert_uint_eq(testing_entries(NULL), 1);
		unlink(target);
	}
}
END_TEST

static int without_empty_path(const struct meddle_call *call, void *data)
{
	bool *next_passes = data;
	int error = 0;

	/* Every first linkat() of a pair is that with AT_EMPTY_PATH. */
	if (strcmp(call->function, "linkat") == 0) {
		error = *next_passes ? 0 : ENOENT;
		*next_passes = !*next_passes;
	}
	return error;
}

START_TEST(anonymous_persist_works_without_at_empty_path)
{
	struct persisting subject;
	bool next_passes = false;

	ck_assert(persisting_open(&subject, PERSISTING_ANONYMOUS, NEW));
	meddle_begin(without_empty_path, &next_passes);
	ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
	ck_assert_uint_eq(meddle_count("linkat"), 2);
	meddle_end();
	ck_assert(persisting_has(target, NEW));
	ck_assert_int_eq(persisting_close(&subject), 0);
}
END_TEST

START_TEST(exchange_keeps_the_old_content_until_close)
{
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_EXCHANGE), 0);
		ck_assert(persisting_has(target, NEW));
		ck_assert_uint_eq(testing_entries(NULL), 2);
		if (subject.named)
			ck_assert(persisting_has(subject.named->path, OLD));
		persist_fails(&subject, target, 0, EINVAL);
	}
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert(persisting_has(target, NEW "more\n"));
}
END_TEST

START_TEST(exchange_without_a_target_fails_with_enoent)
{
	EACH_KIND(subject) {
		persist_fails(&subject, target, TEMPFILE_EXCHANGE, ENOENT);
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		unlink(target);
	}
}
END_TEST

/* What comes into the temporary's place goes with it. */
START_TEST(exchange_with_a_directory_or_itself_is_refused)
{
	char inside[4200];
	struct persisting subject;

	snprintf(inside, sizeof(inside), "%s/file", target);
	EACH_KIND(other) {
		ck_assert_int_eq(mkdir(target, 0700), 0);
		ck_assert(persisting_write(inside, OLD));
		persist_fails(&other, target, TEMPFILE_EXCHANGE, EISDIR);
		ck_assert_int_eq(chdir(target), 0);
		persist_fails(&other, ".", TEMPFILE_EXCHANGE, EISDIR);
		ck_assert_int_eq(chdir("/"), 0);
		ck_assert(persisting_has(inside, OLD));
		ck_assert_int_eq(unlink(inside), 0);
		ck_assert_int_eq(rmdir(target), 0);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
	subject = begin(PERSISTING_NAMED);
	persist_fails(&subject, subject.named->path, TEMPFILE_EXCHANGE, EINVAL);
	ck_assert_int_eq(link(subject.named->path, target), 0);
	persist_fails(&subject, target, TEMPFILE_EXCHANGE, EINVAL);
	end(&subject);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert(persisting_has(target, NEW "more\nmore\n"));
}
END_TEST

/* rename() does nothing where both are names of one file. */
START_TEST(a_target_that_is_the_file_already_leaves_one_name)
{
	struct persisting subject = begin(PERSISTING_NAMED);
	char other[4200], own[4200];

	snprintf(other, sizeof(other), "%s/other", testing_tmpdir());
	ck_assert_int_eq(link(subject.named->path, target), 0);
	ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert(persisting_has(target, NEW));
	end(&subject);
	ck_assert_int_eq(unlink(target), 0);

	/* But its own name is no other one, however it is spelled. */
	subject = begin(PERSISTING_NAMED);
	ck_assert_int_eq(link(subject.named->path, other), 0);
	snprintf(own, sizeof(own), "%s/../%s", testing_tmpdir(),
		 strrchr(testing_tmpdir(), '/') + 1);
	strcat(own, strrchr(subject.named->path, '/'));
	ck_assert_int_eq(persisting_persist(&subject, own, 0), 0);
	end(&subject);
	ck_assert_uint_eq(testing_entries(NULL), 2);
	ck_assert(persisting_has(own, NEW));
	ck_assert_int_eq(unlink(own), 0);
	ck_assert_int_eq(unlink(other), 0);
}
END_TEST

START_TEST(what_a_clean_up_has_removed_fails_with_enoent)
{
	struct persisting subject = begin(PERSISTING_NAMED);

	with_cleanup_now();
	persist_fails(&subject, target, 0, ENOENT);
	errno = 0;
	ck_assert_ptr_null(tempfile_named_reopen(subject.named, "r"));
	ck_assert_int_eq(errno, ENOENT);
	end(&subject);
}
END_TEST

START_TEST(a_file_outlives_the_handle_of_its_directory)
{
	struct tempfile_dir *dir = tempfile_dir_open(.keep = 1);
	struct tempfile_named *first = tempfile_named_open(.inside = dir);
	struct tempfile_named *second = tempfile_named_open(.inside = dir);
	char path[4096];
	FILE *again, *third;

	persisting_names_only(true);
	third = tempfile_open(.inside = dir, .persistable = 1);
	persisting_names_only(false);
	ck_assert(first && second && third);
	strcpy(path, dir->path);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	again = tempfile_named_reopen(first, "r");
	ck_assert_ptr_nonnull(again);
	ck_assert_int_eq(with_file_close(&again), 0);
	errno = 77;
	ck_assert_int_eq(tempfile_named_persist(first, target, 0), 0);
	ck_assert_int_eq(errno, 77);
	ck_assert_int_eq(tempfile_named_close(&first), 0);
	ck_assert_int_eq(tempfile_named_close_file(second), 0);
	ck_assert_int_eq(tempfile_named_persist(second, target,
						TEMPFILE_EXCHANGE), 0);
	ck_assert_uint_eq(testing_entries(path), 2);
	ck_assert_int_eq(tempfile_named_close(&second), 0);
	ck_assert_int_eq(tempfile_persist(third, target, 0), 0);
	ck_assert_int_eq(with_file_close(&third), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(bad_arguments_fail_with_einval)
{
	EACH_KIND(subject) {
		persist_fails(&subject, NULL, 0, EINVAL);
		persist_fails(&subject, "", 0, EINVAL);
		persist_fails(&subject, target, 1u << 20, EINVAL);
		persist_fails(&subject, target,
			      TEMPFILE_NOREPLACE | TEMPFILE_EXCHANGE, EINVAL);
	}
	ck_assert_int_eq(tempfile_named_persist(NULL, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_persist(NULL, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(bad_targets_fail_and_leave_the_temporary)
{
	char path[4200];

	EACH_KIND(subject) {
		snprintf(path, sizeof(path), "%s/none/target", testing_tmpdir());
		persist_fails(&subject, path, 0, ENOENT);
		snprintf(path, sizeof(path), "%s/target/", testing_tmpdir());
		persist_fails(&subject, path, 0, EISDIR);
		ck_assert_int_eq(mkdir(target, 0700), 0);
		persist_fails(&subject, target, 0, EISDIR);
		ck_assert_int_eq(rmdir(target), 0);
		ck_assert(persisting_write(target, OLD));
		snprintf(path, sizeof(path), "%s/file", target);
		persist_fails(&subject, path, 0, ENOTDIR);
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		unlink(target);
	}
}
END_TEST

START_TEST(an_anonymous_file_must_have_been_asked_to_be_persistable)
{
	FILE *file = tempfile_open();

	ck_assert_int_eq(tempfile_persist(file, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(tempfile_persist(stdout, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* They have no descriptor. */
START_TEST(streams_on_memory_are_no_temporaries)
{
	struct tempfile_spooled *spool = tempfile_spooled_open();
	FILE *file = fmemopen(NULL, 10, "w+");

	errno = 0;
	ck_assert_int_eq(tempfile_persist(file, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fclose(file), 0);
	errno = 0;
	ck_assert_int_eq(tempfile_persist(spool->file, target, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(umask_mode_gives_what_open_would)
{
	mode_t before = umask(027);

	EACH_KIND(subject) {
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_UMASK_MODE), 0);
		ck_assert_int_eq(mode_of(target), 0640);
		ck_assert_uint_eq(testing_entries(NULL), 1);
		unlink(target);
	}
	umask(before);
}
END_TEST

START_TEST(umask_and_target_mode_together_are_the_old_mode_or_that_of_open)
{
	const unsigned both = TEMPFILE_UMASK_MODE | TEMPFILE_TARGET_MODE;
	mode_t before = umask(027);

	EACH_KIND(subject) {
		ck_assert_int_eq(persisting_persist(&subject, target, both), 0);
		ck_assert_int_eq(mode_of(target), 0640);
		unlink(target);
	}
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		ck_assert_int_eq(chmod(target, 0604), 0);
		ck_assert_int_eq(persisting_persist(&subject, target, both), 0);
		ck_assert_int_eq(mode_of(target), 0604);
		unlink(target);
	}
	umask(before);
}
END_TEST

START_TEST(target_mode_takes_mode_and_owner_over)
{
	struct stat st;

	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		ck_assert_int_eq(chmod(target, 0751), 0);
		if (geteuid() == 0)
			ck_assert_int_eq(chown(target, 12, 34), 0);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_TARGET_MODE), 0);
		ck_assert_int_eq(mode_of(target), 0751);
		ck_assert_int_eq(stat(target, &st), 0);
		if (geteuid() == 0) {
			ck_assert_uint_eq(st.st_uid, 12);
			ck_assert_uint_eq(st.st_gid, 34);
		}
	}
	unlink(target);
	EACH_KIND(subject) {
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_TARGET_MODE), 0);
		ck_assert_int_eq(mode_of(target), 0600);
		unlink(target);
	}
}
END_TEST

START_TEST(target_mode_gives_another_group_nothing)
{
	if (geteuid() != 0)
		return;		/* only root can make a file of another group */
	EACH_KIND(subject) {
		ck_assert(persisting_write(target, OLD));
		ck_assert_int_eq(chmod(target, 0664), 0);
		ck_assert_int_eq(chown(target, 12, 34), 0);
		meddle_fail_all("fchown", EPERM);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_TARGET_MODE), 0);
		meddle_end();
		ck_assert_int_eq(mode_of(target), 0644);
	}
}
END_TEST

START_TEST(a_failed_persist_puts_permissions_back)
{
	struct persisting subject;

	ck_assert(persisting_open(&subject, PERSISTING_NAMED, NEW));
	ck_assert_int_eq(mkdir(target, 0755), 0);
	persist_fails(&subject, target, TEMPFILE_UMASK_MODE, EISDIR);
	ck_assert_int_eq(mode_of(subject.named->path), 0600);
	ck_assert_int_eq(persisting_close(&subject), 0);
	ck_assert_int_eq(rmdir(target), 0);
}
END_TEST

START_TEST(an_impostor_fails_with_estale)
{
	struct persisting subject;
	char away[4200];

	ck_assert(persisting_open(&subject, PERSISTING_NAMED, NEW));
	snprintf(away, sizeof(away), "%s/away", testing_tmpdir());
	ck_assert_int_eq(rename(subject.named->path, away), 0);
	ck_assert(persisting_write(subject.named->path, "impostor"));
	persist_fails(&subject, target, 0, ESTALE);
	ck_assert_ptr_null(tempfile_named_reopen(subject.named, "r"));
	ck_assert_int_eq(errno, ESTALE);
	ck_assert_int_eq(unlink(subject.named->path), 0);
	ck_assert_int_eq(rename(away, subject.named->path), 0);
	ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
	ck_assert_int_eq(persisting_close(&subject), 0);
}
END_TEST

START_TEST(persist_works_when_the_stream_is_closed)
{
	struct persisting subject;

	ck_assert(persisting_open(&subject, PERSISTING_NAMED, NEW));
	ck_assert_int_eq(tempfile_named_close_file(subject.named), 0);
	ck_assert_ptr_null(subject.named->file);
	ck_assert_int_eq(persisting_persist(&subject, target,
			 TEMPFILE_SYNC | TEMPFILE_UMASK_MODE), 0);
	ck_assert_str_eq(subject.named->path, target);
	ck_assert_int_eq(persisting_close(&subject), 0);
	ck_assert(persisting_has(target, NEW));
}
END_TEST

START_TEST(beside_makes_the_file_where_the_target_is)
{
	const int at = AT_FDCWD;
	char directory[4096], name[4300];

	snprintf(directory, sizeof(directory), "%s/d", testing_tmpdir());
	snprintf(name, sizeof(name), "%s/target", directory);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	WITH_NAMED_TMP (tmp, .beside = name, .prefix = "new") {
		ck_assert_uint_eq(testing_entries(directory), 1);
		ck_assert_int_eq(strncmp(tmp->path, directory,
					 strlen(directory)), 0);
		ck_assert_int_eq(tempfile_named_persist(tmp, name, 0), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_ptr_null(tempfile_named_open(.beside = name, .dir = "/tmp"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(tempfile_named_open(.beside = name, .at = &at));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(tempfile_named_open(.beside = ""));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(beside_a_name_alone_is_the_current_directory)
{
	ck_assert_int_eq(chdir(testing_tmpdir()), 0);
	WITH_NAMED_TMP (tmp, .beside = "target") {
		ck_assert_uint_eq(testing_entries(NULL), 1);
		ck_assert_int_eq(tempfile_named_persist(tmp, "target", 0), 0);
		ck_assert_str_eq(tmp->path, target);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
}
END_TEST

static void persist_in_child(void *data)
{
	errno = 0;
	testing_expect(persisting_persist(data, target, 0) == -1);
	testing_expect(errno == EPERM);
}

START_TEST(a_child_does_not_persist_what_its_parent_owns)
{
	int status = 0;

	EACH_KIND(subject) {
		if (kind != PERSISTING_ANONYMOUS)	/* nobody owns it */
			status = testing_in_child(persist_in_child, &subject);
		ck_assert(testing_exited(status, 0));
	}
}
END_TEST

/* What stdio could not store before it has forgotten by now. */
START_TEST(persist_after_a_failed_write_fails_with_eio)
{
	struct rlimit before, limit;
	char many[8192] = "";

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 4096;
	ck_assert(persisting_write(target, OLD));
	EACH_KIND(subject) {
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		for (int i = 0; i < 9; i++)
			(void)!fwrite(many, 1, sizeof(many), subject.file);
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
		ck_assert(ferror(subject.file));
		persist_fails(&subject, target, 0, EIO);
		ck_assert(persisting_has(target, OLD));
		clearerr(subject.file);
		ck_assert_int_eq(persisting_persist(&subject, target, 0), 0);
		ck_assert(!persisting_has(target, OLD));
		ck_assert(persisting_write(target, OLD));
	}
	signal(SIGXFSZ, SIG_DFL);
}
END_TEST

START_TEST(reopen_gives_an_independent_stream)
{
	char line[64];

	WITH_NAMED_TMP (tmp) {
		FILE *again = tempfile_named_reopen(tmp, "r");

		ck_assert_ptr_nonnull(again);
		fputs(NEW, tmp->file);
		fflush(tmp->file);
		ck_assert_str_eq(fgets(line, sizeof(line), again), NEW);
		ck_assert_int_eq(ftell(tmp->file), strlen(NEW));
		ck_assert_int_eq(with_file_close(&again), 0);
		again = tempfile_named_reopen(tmp, "a");
		ck_assert_int_ge(fputs(OLD, again), 0);
		ck_assert_int_eq(fclose(again), 0);
		ck_assert(persisting_has(tmp->path, NEW OLD));
		again = tempfile_named_reopen(tmp, "w");
		ck_assert_int_eq(fclose(again), 0);
		ck_assert(persisting_has(tmp->path, ""));
		tempfile_named_close_file(tmp);
		again = tempfile_named_reopen(tmp, "r+");
		ck_assert_int_eq(fclose(again), 0);
		ck_assert_int_eq(tempfile_named_persist(tmp, target, 0), 0);
		again = tempfile_named_reopen(tmp, "r");
		ck_assert_int_eq(fclose(again), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
}
END_TEST

START_TEST(reopen_refuses_bad_modes_and_other_files)
{
	static const char *const modes[] = { NULL, "", "q", "wx", "rw", "rbt" };
	size_t i;

	char *before = testing_descriptors();

	WITH_NAMED_TMP (tmp) {
		for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
			ck_assert_ptr_null(tempfile_named_reopen(tmp, modes[i]));
			ck_assert_int_eq(errno, EINVAL);
		}
		ck_assert_ptr_null(tempfile_named_reopen(NULL, "r"));
		ck_assert_int_eq(errno, EINVAL);
		unlink(tmp->path);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "r"));
		ck_assert_int_eq(errno, ENOENT);
		ck_assert_int_eq(symlink("/etc/passwd", tmp->path), 0);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "r"));
		ck_assert_int_eq(errno, ELOOP);
		ck_assert_int_eq(mkfifo(target, 0600), 0);
		ck_assert_int_eq(rename(target, tmp->path), 0);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "r"));
		ck_assert_int_eq(errno, ESTALE);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "w"));
		ck_assert_int_eq(errno, ESTALE);
		unlink(tmp->path);
		ck_assert_int_eq(mkdir(tmp->path, 0700), 0);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "r"));
		ck_assert_int_eq(errno, ESTALE);
		ck_assert_ptr_null(tempfile_named_reopen(tmp, "a"));
		ck_assert_int_eq(errno, ESTALE);
		ck_assert_int_eq(rmdir(tmp->path), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	testing_same_descriptors(before);
}
END_TEST

START_TEST(keep_can_be_decided_late)
{
	char path[4096] = "";

	WITH_NAMED_TMP (tmp) {
		fputs(NEW, tmp->file);
		snprintf(path, sizeof(path), "%s", tmp->path);
		ck_assert_int_eq(tempfile_named_keep(tmp), 0);
		ck_assert_int_eq(tempfile_named_keep(tmp), 0);
		ck_assert_int_eq(tempfile_named_persist(tmp, target, 0), -1);
		ck_assert_int_eq(errno, EINVAL);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert(persisting_has(path, NEW));
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, persist_moves_the_whole_content_to_the_target);
	tcase_add_test(tests, persist_replaces_what_is_there);
	tcase_add_test(tests, the_stream_goes_on_after_persist);
	tcase_add_test(tests,
		a_persisted_file_is_the_users_and_cannot_be_persisted_again);
	tcase_add_test(tests, noreplace_refuses_an_existing_target);
	tcase_add_test(tests, noreplace_works_without_renameat2);
	tcase_add_test(tests, anonymous_persist_works_without_at_empty_path);
	tcase_add_test(tests, exchange_keeps_the_old_content_until_close);
	tcase_add_test(tests, exchange_without_a_target_fails_with_enoent);
	tcase_add_test(tests, exchange_with_a_directory_or_itself_is_refused);
	tcase_add_test(tests, a_target_that_is_the_file_already_leaves_one_name);
	tcase_add_test(tests, what_a_clean_up_has_removed_fails_with_enoent);
	tcase_add_test(tests, a_file_outlives_the_handle_of_its_directory);
	tcase_add_test(tests, bad_arguments_fail_with_einval);
	tcase_add_test(tests, bad_targets_fail_and_leave_the_temporary);
	tcase_add_test(tests,
		an_anonymous_file_must_have_been_asked_to_be_persistable);
	tcase_add_test(tests, streams_on_memory_are_no_temporaries);
	tcase_add_test(tests, umask_mode_gives_what_open_would);
	tcase_add_test(tests,
		umask_and_target_mode_together_are_the_old_mode_or_that_of_open);
	tcase_add_test(tests, target_mode_takes_mode_and_owner_over);
	tcase_add_test(tests, target_mode_gives_another_group_nothing);
	tcase_add_test(tests, a_failed_persist_puts_permissions_back);
	tcase_add_test(tests, an_impostor_fails_with_estale);
	tcase_add_test(tests, persist_works_when_the_stream_is_closed);
	tcase_add_test(tests, beside_makes_the_file_where_the_target_is);
	tcase_add_test(tests, beside_a_name_alone_is_the_current_directory);
	tcase_add_test(tests, a_child_does_not_persist_what_its_parent_owns);
	tcase_add_test(tests, persist_after_a_failed_write_fails_with_eio);
	tcase_add_test(tests, reopen_gives_an_independent_stream);
	tcase_add_test(tests, reopen_refuses_bad_modes_and_other_files);
	tcase_add_test(tests, keep_can_be_decided_late);
}

TESTING_MAIN_CASE("persist", fill)
