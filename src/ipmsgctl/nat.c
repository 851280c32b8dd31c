/* Views of several supernodes, compared. */
#include "ipmsgctl/nat.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/endpoint.h"
#include "ipmsgctl/field.h"

#define VIEWS_MAX 32

/* Where one supernode sees this peer. */
struct view {
	struct endpoint observed;
	struct endpoint at; /* the supernode; family NONE if it is not known */
	bool translated;
};

static bool read_endpoint(const json_t *value, struct endpoint *out)
{
	const char *text = json_string_value(value);

	*out = (struct endpoint){0};
	return text != NULL && *text != '\0' && endpoint_parse(out, text, 0) == NULL;
}

/* Whether the host itself has the address. */
static bool is_own(const json_t *status, const struct endpoint *observed)
{
	const json_t *addresses = json_object_get(status, "addresses");
	struct endpoint own;
	json_t *item;
	size_t i;

	json_array_foreach(addresses, i, item) {
		if (read_endpoint(item, &own) && endpoint_same_address(&own, observed))
			return true;
	}
	return false;
}

static size_t read_views(const json_t *status, enum family family, struct view *views)
{
	const json_t *supernodes = json_object_get(status, "supernodes");
	int64_t port = field_int(status, "port");
	size_t count = 0, i;
	json_t *item;

	json_array_foreach(supernodes, i, item) {
		struct view view;

		if (count == VIEWS_MAX || !field_is(item, "state", "registered") ||
		    !read_endpoint(json_object_get(item, "observed"), &view.observed) ||
		    view.observed.family != family)
			continue;
		read_endpoint(json_object_get(item, "address"), &view.at);
		view.translated = view.observed.port != port || !is_own(status, &view.observed);
		views[count++] = view;
	}
	return count;
}

/* Among those that see it translated; one next door may see it as it is. */
static const char *judge_mapping(const struct view *views, size_t count)
{
	const char *mapping = "unknown";
	size_t translated = 0;

	for (size_t i = 0; i < count; i++)
		translated += views[i].translated;
	if (translated == 0)
		return "none";
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!views[i].translated || !views[j].translated)
				continue;
			if (!endpoint_equal(&views[i].observed, &views[j].observed))
				return "dependent";
			/* two ports of one host would not show it */
			if (!endpoint_same_address(&views[i].at, &views[j].at))
				mapping = "independent";
		}
	}
	return mapping;
}

static json_t *judge_family(const json_t *status, enum family family)
{
	struct view views[VIEWS_MAX];
	size_t count = read_views(status, family, views);
	bool translated = false, kept = true;

	if (count == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		translated = translated || views[i].translated;
		kept = kept && views[i].observed.port == field_int(status, "port");
	}
	return json_pack("{s:s, s:I, s:b, s:b, s:s}", "family",
	    family == FAMILY_IP6 ? "IPv6" : "IPv4", "seen_by", (json_int_t)count, "translated",
	    (int)translated, "port_kept", (int)kept, "mapping", judge_mapping(views, count));
}

json_t *nat_judge(const json_t *status)
{
	static const enum family families[] = {FAMILY_IP4, FAMILY_IP6};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		json_t *nat = judge_family(status, families[i]);

		if (nat != NULL)
			json_array_append_new(list, nat);
	}
	return list;
}

void nat_print(FILE *stream, const json_t *nat, int64_t port)
{
	char family[FIELD_MAX];

	fprintf(stream, "%s: ", field_text(nat, "family", family));
	if (field_is(nat, "mapping", "none")) {
		fputs("no NAT, the supernodes see this host's own address; unless a firewall "
		      "stands before it, everybody can reach it\n",
		    stream);
		return;
	}
	fprintf(stream, "behind a NAT that %s the port %" PRId64 "; ",
	    json_is_true(json_object_get(nat, "port_kept")) ? "keeps" : "changes", port);
	if (field_is(nat, "mapping", "independent"))
		fputs("it shows the same address and port to everybody, as punching wants it\n",
		    stream);
	else if (field_is(nat, "mapping", "dependent"))
		fputs("it shows a different address or port to each destination, so punching "
		      "needs another side that is open: no NAT, or one that lets everybody in\n",
		    stream);
	else
		fputs("whether it shows the same to everybody cannot be told, that takes two "
		      "supernodes at different addresses\n",
		    stream);
}
