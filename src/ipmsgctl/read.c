/* ipmsgctl read: messages by their numbers, or all that are unread. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"
#include "ipmsgctl/mail.h"

static void take_id(json_t *message, void *ids)
{
	json_array_append_new(ids, json_integer(field_int(message, "id")));
}

static enum status find_unread(struct session *session, json_t *ids)
{
	static const struct listing listing = {.daemon = &daemon_peer,
	    .method = CTL_PEER ".Messages",
	    .name = "messages"};
	enum status status = listing_each(session, &listing,
	    json_pack("{s:s}", "which", "unread"), take_id, ids);

	if (status == STATUS_DONE && json_array_size(ids) == 0 && !session->out.json)
		fputs("nothing is unread\n", session->out.stream);
	return status;
}

/* One that cannot be read does not keep the others from it. */
static enum status read_each(struct session *session, const json_t *ids)
{
	enum status worst = STATUS_DONE;
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		enum status status = mail_read(session, json_integer_value(id), true);

		if (status != STATUS_DONE)
			worst = status;
		if (worst == STATUS_SILENT || !output_flush(&session->out))
			break;
	}
	return worst;
}

enum status run_read(struct session *session, int argc, char **argv)
{
	json_t *ids = mail_ids("read", argc, argv);
	enum status status = STATUS_DONE;

	if (ids == NULL)
		return STATUS_USAGE;
	if (argc == 0)
		status = find_unread(session, ids);
	if (status == STATUS_DONE)
		status = read_each(session, ids);
	json_decref(ids);
	return status;
}
