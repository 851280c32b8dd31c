/*
 * ipmsgctl mailbox: a copy of it in a file, and whether it is whole. A copy
 * stands under its name only once all of it is on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

const struct command_option backup_options[] = {
    [BACKUP_FORCE] = {"force", 0, NULL, "replace the file if there is one"},
    {NULL},
};

struct backup {
	const char *path; /* "-": standard output */
	char beside[PATH_MAX];
	int fd;
	int64_t bytes;
	bool forced;
};

static bool is_stream(const struct backup *backup)
{
	return strcmp(backup->path, "-") == 0;
}

static enum status complain_file(const struct backup *backup, int error)
{
	output_complain("%s: %s", backup->path,
	    error == EEXIST ? "there is such a file; --force replaces it" : strerror(error));
	return STATUS_FAILED;
}

static enum status open_file(struct backup *backup)
{
	int n;

	if (is_stream(backup)) {
		backup->fd = STDOUT_FILENO;
		if (!isatty(STDOUT_FILENO))
			return STATUS_DONE;
		output_complain("mailbox backup: a mailbox is nothing to show on a terminal");
		return STATUS_USAGE;
	}
	if (!backup->forced && access(backup->path, F_OK) == 0)
		return complain_file(backup, EEXIST);
	n = snprintf(backup->beside, sizeof backup->beside, "%s.XXXXXX", backup->path);
	if (n < 0 || (size_t)n >= sizeof backup->beside)
		return complain_file(backup, ENAMETOOLONG);
	backup->fd = mkostemp(backup->beside, O_CLOEXEC); /* of mode 0600 */
	return backup->fd >= 0 ? STATUS_DONE : complain_file(backup, errno);
}

static bool write_all(int fd, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* A piece in base64. */
static enum status write_piece(struct session *session, struct backup *backup,
    const json_t *data)
{
	size_t len = json_string_length(data), count;
	unsigned char *bytes = malloc(len + 1);
	enum status status = STATUS_DONE;

	if (bytes == NULL)
		return complain_file(backup, ENOMEM);
	if (!json_is_string(data) ||
	    sodium_base642bin(bytes, len + 1, json_string_value(data), len, NULL, &count, NULL,
		sodium_base64_VARIANT_ORIGINAL) != 0)
		status = session_reject_answer(session);
	else if (!write_all(backup->fd, bytes, count))
		status = complain_file(backup, errno);
	else
		backup->bytes += (int64_t)count;
	free(bytes);
	return status;
}

/* The last piece says so; a stream that ends without is not whole. */
static enum status receive(struct session *session, struct backup *backup)
{
	struct ctl_answer answer;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".MailboxBackup", NULL,
	    &answer);

	while (status == STATUS_DONE) {
		const json_t *piece = answer.parameters;
		bool last = !answer.continues;
		bool complete = json_is_true(json_object_get(piece, "complete"));

		status = write_piece(session, backup, json_object_get(piece, "data"));
		ctl_answer_clear(&answer);
		if (status != STATUS_DONE)
			return status;
		if (last)
			return complete && backup->bytes > 0 ? STATUS_DONE
							     : session_reject_answer(session);
		status = follow_next(session, &answer);
	}
	return status;
}

/* The name is on disk only with its directory. */
static int sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, error = 0;

	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fsync(fd) != 0 && errno != EINVAL)
		error = errno;
	close(fd);
	return error;
}

static enum status put_in_place(struct backup *backup)
{
	unsigned flags = backup->forced ? 0 : RENAME_NOREPLACE;
	int error;

	if (fsync(backup->fd) != 0 ||
	    renameat2(AT_FDCWD, backup->beside, AT_FDCWD, backup->path, flags) != 0)
		return complain_file(backup, errno);
	*backup->beside = '\0';
	error = sync_directory(backup->path);
	return error == 0 ? STATUS_DONE : complain_file(backup, error);
}

static void print_written(FILE *stream, const json_t *written)
{
	char path[FIELD_MAX], size[FIELD_MAX];

	fprintf(stream, "%s: %s, whole\n", field_text(written, "file", path),
	    field_size(field_int(written, "bytes"), size));
}

static void tell_written(struct session *session, const struct backup *backup)
{
	json_t *written = json_pack("{s:s, s:I}", "file", backup->path, "bytes",
	    (json_int_t)backup->bytes);

	output_object(&session->out, written, print_written);
	json_decref(written);
}

enum status run_mailbox_backup(struct session *session, int argc, char **argv)
{
	struct backup backup = {.path = argv[0],
	    .fd = -1,
	    .forced = session->given[BACKUP_FORCE] != NULL};
	enum status status = open_file(&backup);

	if (status == STATUS_DONE)
		status = receive(session, &backup);
	if (status == STATUS_DONE && !is_stream(&backup)) {
		status = put_in_place(&backup);
		if (status == STATUS_DONE)
			tell_written(session, &backup);
	}
	if (backup.fd > STDOUT_FILENO)
		close(backup.fd);
	if (*backup.beside != '\0' && backup.fd >= 0)
		unlink(backup.beside);
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session, "there is no copy");
	return status;
}

static void print_checked(FILE *stream, const json_t *checked)
{
	char size[FIELD_MAX];
	json_int_t count = field_int(checked, "messages");

	fprintf(stream, "the mailbox is whole: %" JSON_INTEGER_FORMAT " message%s, %s\n", count,
	    count == 1 ? "" : "s", field_size(field_int(checked, "bytes"), size));
}

/* It may take longer than any timeout: as long as the daemon lives. */
enum status run_mailbox_check(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status =
	    follow_call(session, &daemon_peer, CTL_PEER ".MailboxCheck", NULL, &answer);

	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session, "the mailbox was not checked");
	if (status != STATUS_DONE)
		return status;
	if (json_is_integer(json_object_get(answer.parameters, "messages")))
		output_object(&session->out, answer.parameters, print_checked);
	else
		status = session_reject_answer(session);
	ctl_answer_clear(&answer);
	return status;
}
