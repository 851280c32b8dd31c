/* MailboxBackup and MailboxCheck: the mailbox as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/interface.h"
#include "peerd/control.h"
#include "peerd/parts.h"
#include "store/sqlite.h"

#define PIECE_BYTES (48 * 1024) /* a multiple of 3: pieces of base64 without padding between */

/* A call that waits for a job, or is given what came of it. `call` NULL: nobody waits any more. */
struct whole {
	struct peerd *peerd;
	struct ctl_call *call;
	int fd;
};

json_t *control_trouble(struct peerd *peerd)
{
	struct mailbox *mailbox = peerd_mailbox(peerd);
	struct mailbox_status status;
	char text[MAILBOX_TROUBLE_MAX + 64];

	mailbox->methods->status(mailbox, &status);
	snprintf(text, sizeof text, "the mailbox cannot be used for now: %s",
	    *status.trouble != '\0'
		? status.trouble
		: "memory is short, or it could not be read; try again later");
	return json_pack("{s:s}", "explanation", text);
}

void control_unavailable(struct ctl_call *call, struct peerd *peerd)
{
	ctl_error(call, CTL_PEER ".MailboxUnavailable", control_trouble(peerd));
}

static void whole_free(void *state)
{
	struct whole *whole = state;

	if (whole->fd >= 0)
		close(whole->fd);
	free(whole);
}

/* The job goes on, and frees it. */
static void on_cancel(struct ctl_call *call, void *state)
{
	struct whole *whole = state;

	whole->call = NULL;
}

static __attribute__((format(printf, 3, 4))) void fail(struct ctl_call *call, const char *error,
    const char *format, ...)
{
	char text[MAILBOX_TROUBLE_MAX + 128];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	ctl_error(call, error, json_pack("{s:s}", "explanation", text));
}

/* NULL, having ended the call, where there is no file or memory is short. */
static struct whole *begin(struct ctl_call *call, struct peerd *peerd)
{
	struct whole *whole;

	if (!peerd->keeping.on_disk) {
		ctl_error(call, CTL_PEER ".MailboxUnavailable",
		    json_pack("{s:s}", "explanation",
			"messages are kept in memory only, since the state directory cannot be "
			"used; see the log, or set `state-directory' in the configuration"));
		return NULL;
	}
	whole = calloc(1, sizeof *whole);
	if (whole == NULL) {
		control_unavailable(call, peerd);
		return NULL;
	}
	*whole = (struct whole){.peerd = peerd, .call = call, .fd = -1};
	return whole;
}

static void refuse_second(struct whole *whole)
{
	ctl_error(whole->call, CTL_PEER ".Busy",
	    json_pack("{s:s}", "explanation",
		"the mailbox is being copied or looked through already, or memory is short; try "
		"again when that is done"));
	whole_free(whole);
}

static json_t *next_piece(void *state, bool *last)
{
	struct whole *whole = state;
	unsigned char piece[PIECE_BYTES];
	char text[PIECE_BYTES / 3 * 4 + 8];
	size_t used = 0;
	ssize_t n = 1;

	while (used < sizeof piece && n != 0) {
		n = read(whole->fd, piece + used, sizeof piece - used);
		if (n < 0 && errno != EINTR)
			return NULL; /* rather than an end that looks like the whole */
		used += n > 0 ? (size_t)n : 0;
	}
	*last = used < sizeof piece;
	sodium_bin2base64(text, sizeof text, piece, used, sodium_base64_VARIANT_ORIGINAL);
	return json_pack("{s:s, s:b}", "data", text, "complete", (int)*last);
}

/* The file has no name any more when its first piece leaves: it goes with the call. */
static void on_copied(void *context, enum mailbox_job result, const char *error)
{
	struct whole *whole = context;
	struct ctl_call *call = whole->call;
	char path[MAIL_PATH_MAX];

	mail_backup_path(whole->peerd, path);
	if (error == NULL && call != NULL)
		whole->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (error == NULL && call != NULL && whole->fd < 0)
		error = strerror(errno);
	mail_remove_backup(whole->peerd);
	if (error != NULL && call != NULL)
		fail(call, CTL_PEER ".MailboxUnavailable",
		    "the mailbox could not be copied: %s; the copy is made in the state directory, "
		    "which needs room for it", error);
	if (error != NULL || call == NULL) {
		whole_free(whole);
		return;
	}
	ctl_keep(call, NULL, NULL);
	ctl_stream(call, next_piece, whole, whole_free);
}

void control_backup(struct ctl_call *call, json_t *parameters, void *context)
{
	struct peerd *peerd = context;
	char path[MAIL_PATH_MAX];
	struct whole *whole;

	if (!ctl_check_parameters(call, parameters, NULL) || control_is_ending(call, peerd) ||
	    (whole = begin(call, peerd)) == NULL)
		return;
	mail_backup_path(peerd, path);
	if (!sqlite_backup(peerd_mailbox(peerd), path, on_copied, whole))
		refuse_second(whole);
	else
		ctl_keep(call, on_cancel, whole);
}

static void on_checked(void *context, enum mailbox_job result, const char *error)
{
	struct whole *whole = context;
	struct mailbox *mailbox = peerd_mailbox(whole->peerd);
	struct mailbox_status status;

	if (whole->call != NULL && result == MAILBOX_JOB_FAILED) {
		fail(whole->call, CTL_PEER ".MailboxUnavailable",
		    "the mailbox could not be looked through: %s; try again later", error);
	} else if (whole->call != NULL && error != NULL) {
		fail(whole->call, CTL_PEER ".MailboxDamaged",
		    "the mailbox is damaged: %s; make a copy of what can be read, and start again: "
		    "then it is set aside and what can be read is taken over", error);
	} else if (whole->call != NULL) {
		mailbox->methods->status(mailbox, &status);
		ctl_reply(whole->call,
		    json_pack("{s:I, s:I}", "messages", (json_int_t)status.counts.stored, "bytes",
			(json_int_t)status.bytes));
	}
	whole_free(whole);
}

void control_check(struct ctl_call *call, json_t *parameters, void *context)
{
	struct peerd *peerd = context;
	struct whole *whole;

	if (!ctl_check_parameters(call, parameters, NULL) || control_is_ending(call, peerd) ||
	    (whole = begin(call, peerd)) == NULL)
		return;
	if (!sqlite_check(peerd_mailbox(peerd), on_checked, whole))
		refuse_second(whole);
	else
		ctl_keep(call, on_cancel, whole);
}
