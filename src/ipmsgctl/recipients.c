/* The open ones of a group, each by a name that is nobody else's. */
#include "ipmsgctl/recipients.h"

#include "ctl/interface.h"
#include "ipmsgctl/explain.h"
#include "ipmsgctl/listing.h"

#define LIST_TEXT_MAX 512

struct search {
	const char *group;
	json_t *names;	 /* how many of all, whatever their group, are called so */
	json_t *members; /* of the group, and open */
	json_t *absent;	 /* the names of the others of the group */
	json_t *unasked; /* and of those who came by themselves, and may be anybody */
};

static void take(json_t *peer, void *context)
{
	struct search *search = context;
	const char *name = json_string_value(json_object_get(peer, "name"));
	json_int_t count;

	if (name == NULL)
		return;
	count = json_integer_value(json_object_get(search->names, name));
	json_object_set_new(search->names, name, json_integer(count + 1));
	if (!field_is(peer, "group", search->group))
		return;
	if (json_is_false(json_object_get(peer, "asked")))
		json_array_append_new(search->unasked, json_string(name));
	else if (field_is(peer, "state", "open"))
		json_array_append(search->members, peer);
	else
		json_array_append_new(search->absent, json_string(name));
}

/* Nicks may have what Send takes in no name. */
static bool is_taken(const char *name)
{
	for (; *name != '\0'; name++) {
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	}
	return true;
}

/*
 * The name that the list shows, unless Send does not take it or somebody else
 * has it too: a neighbour is then called user@host, of which there is only one.
 */
static json_t *call_by(const struct search *search, const json_t *peer)
{
	const char *name = json_string_value(json_object_get(peer, "name"));
	const char *user = json_string_value(json_object_get(peer, "user"));
	const char *host = json_string_value(json_object_get(peer, "host"));
	bool good = is_taken(name) &&
	    json_integer_value(json_object_get(search->names, name)) == 1;

	if (good || !field_is(peer, "kind", "lan") || user == NULL || host == NULL ||
	    *user == '\0' || *host == '\0')
		return json_string(name);
	return json_pack("s++", user, "@", host);
}

static enum status nobody(struct session *session, const struct search *search, const char *list)
{
	const char *known = *list != '\0' ? "can be reached now" : "is known";

	output_failure(&session->out, "net.ipmsg.ctl.NoRecipients",
	    json_pack("{s:s, s:O}", "group", search->group, "unreachable", search->absent),
	    "nobody of the group %s %s%s%s; see ipmsgctl list", search->group, known,
	    *list != '\0' ? ", there is no open path to " : "", list);
	return STATUS_FAILED;
}

static enum status choose(struct session *session, const struct search *search, json_t *names)
{
	char list[LIST_TEXT_MAX];
	json_t *peer;
	size_t i;

	explain_list(search->unasked, list, sizeof list);
	if (*list != '\0')
		output_complain("left out, nobody here has asked for them: %s", list);
	explain_list(search->absent, list, sizeof list);
	if (json_array_size(search->members) == 0)
		return nobody(session, search, list);
	if (*list != '\0')
		output_complain("left out, without an open path: %s", list);
	json_array_foreach(search->members, i, peer)
		json_array_append_new(names, call_by(search, peer));
	return STATUS_DONE;
}

enum status recipients_of_group(struct session *session, const char *group, json_t **names)
{
	static const struct listing listing = {.daemon = &daemon_peer,
	    .method = CTL_PEER ".List",
	    .name = "peers"};
	struct search search = {group, json_object(), json_array(), json_array(),
	    json_array()};
	enum status status = listing_each(session, &listing, NULL, take, &search);

	*names = json_array();
	if (status == STATUS_DONE)
		status = choose(session, &search, *names);
	json_decref(search.names);
	json_decref(search.members);
	json_decref(search.absent);
	json_decref(search.unasked);
	return status;
}
