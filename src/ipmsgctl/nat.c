/* What the daemon found out about the NAT, or else views of several supernodes, compared. */
#include "ipmsgctl/nat.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/endpoint.h"
#include "ipmsgctl/field.h"

#define VIEWS_MAX 32

/* Where one supernode sees this peer. */
struct view {
	struct endpoint observed;
	struct endpoint at; /* the supernode; family NONE if it is not known */
	int64_t port;	    /* ours, that it is entered from */
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

/* One that is entered from another than the main port says so. */
static int64_t port_of(const json_t *status, const json_t *supernode)
{
	int64_t port = field_int(supernode, "local_port");

	return port != 0 ? port : field_int(status, "port");
}

static size_t read_views(const json_t *status, enum family family, struct view *views)
{
	const json_t *supernodes = json_object_get(status, "supernodes");
	size_t count = 0, i;
	json_t *item;

	json_array_foreach(supernodes, i, item) {
		struct view view;

		if (count == VIEWS_MAX || !field_is(item, "state", "registered") ||
		    !read_endpoint(json_object_get(item, "observed"), &view.observed) ||
		    view.observed.family != family)
			continue;
		read_endpoint(json_object_get(item, "address"), &view.at);
		view.port = port_of(status, item);
		view.translated =
		    view.observed.port != view.port || !is_own(status, &view.observed);
		views[count++] = view;
	}
	return count;
}

/* Among those that see it translated; one next door may see it as it is. */
static const char *compare_views(const struct view *views, size_t count)
{
	const char *mapping = "unknown";
	size_t translated = 0;

	for (size_t i = 0; i < count; i++)
		translated += views[i].translated;
	if (count > 0 && translated == 0)
		return "none";
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!views[i].translated || !views[j].translated ||
			    views[i].port != views[j].port)
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

/* What the daemon says of that family; NULL if it says nothing. */
static json_t *find_nat(const json_t *status, const char *family)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(status, "nat"), i, item) {
		if (field_is(item, "family", family))
			return item;
	}
	return NULL;
}

/* What is seen of the ports that we are entered from; the tests leave from others. */
static bool port_is_kept(const json_t *nat, const struct view *views, size_t count)
{
	if (count == 0)
		return field_is(nat, "ports", "kept");
	for (size_t i = 0; i < count; i++) {
		if (views[i].observed.port != views[i].port)
			return false;
	}
	return true;
}

static bool is_translated(const json_t *nat, const struct view *views, size_t count)
{
	bool translated = json_is_true(json_object_get(nat, "translated"));

	for (size_t i = 0; i < count; i++)
		translated = translated || views[i].translated;
	return translated;
}

static const char *unknown_because(const json_t *nat)
{
	if (!field_is(nat, "mapping", "unknown"))
		return "";
	if (json_is_true(json_object_get(nat, "testing")))
		return "testing";
	return json_is_true(json_object_get(nat, "tested")) ? "one-address" : "untested";
}

/* As of a daemon that has tested nothing. */
static json_t *untested(const char *family)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:s, s:s, s:i, s:s, s:b, s:i, s:i, s:i, s:s, s:n}",
	    "family", family, "tested", 0, "testing", 0, "translated", 0, "mapping", "unknown",
	    "ports", "unknown", "step", 0, "filtering", "unknown", "open_input", 0,
	    "destinations", 0, "addresses", 0, "private_hops", 0, "observed", "", "tested_ms");
}

static json_t *judge_family(const json_t *status, enum family family)
{
	const char *word = family == FAMILY_IP6 ? "IPv6" : "IPv4";
	struct view views[VIEWS_MAX];
	size_t count = read_views(status, family, views);
	json_t *told = find_nat(status, word);
	json_t *nat = told != NULL ? json_deep_copy(told) : untested(word);

	if (count == 0 && told == NULL) {
		json_decref(nat);
		return NULL;
	}
	if (field_is(nat, "mapping", "unknown"))
		json_object_set_new(nat, "mapping", json_string(compare_views(views, count)));
	json_object_set_new(nat, "because", json_string(unknown_because(nat)));
	json_object_set_new(nat, "seen_by", json_integer((json_int_t)count));
	json_object_set_new(nat, "translated", json_boolean(is_translated(nat, views, count)));
	json_object_set_new(nat, "port_kept", json_boolean(port_is_kept(nat, views, count)));
	return nat;
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

/* What each word means; "" for one that is not known. */
struct meaning {
	const char *word;
	const char *text;
};

static const char *meaning_of(const struct meaning *meanings, const json_t *nat, const char *name)
{
	while (meanings->word != NULL && !field_is(nat, name, meanings->word))
		meanings++;
	return meanings->word != NULL ? meanings->text : "";
}

#define FIRST "%-6s"
#define NEXT "      "
#define NEEDS_OPEN NEXT "punching works only toward a side that lets in what comes from any port\n"
#define TESTING_TAKES NEXT "testing it takes two supernodes, or one with a second address\n"
#define NOT_KNOWN NEXT "whether it shows everybody the same port is not known"

static void print_mapping(FILE *stream, const json_t *nat)
{
	static const struct meaning mappings[] = {
	    {"independent", NEXT "it shows everybody the same address and port\n"
			    NEXT "punching works as a rule\n"},
	    {"address-dependent",
		NEXT "it shows each address another address or port\n" NEEDS_OPEN},
	    {"port-dependent",
		NEXT "it shows each destination another address or port\n" NEEDS_OPEN},
	    {"dependent", NEXT "it shows each supernode another address or port\n" NEEDS_OPEN},
	    {NULL, NULL}};
	static const struct meaning causes[] = {
	    {"testing", NOT_KNOWN " yet\n" NEXT "tests run; see again in a few seconds\n"},
	    {"one-address", NOT_KNOWN "\n" NEXT "the tests went to one address only\n"
			    TESTING_TAKES},
	    {"untested", NOT_KNOWN "\n" NEXT "no supernode could test it\n" TESTING_TAKES},
	    {NULL, NULL}};

	fputs(meaning_of(mappings, nat, "mapping"), stream);
	fputs(meaning_of(causes, nat, "because"), stream);
}

static void print_ports(FILE *stream, const json_t *nat)
{
	int64_t step = field_int(nat, "step");

	if (field_is(nat, "ports", "random"))
		fputs(NEXT "it gives ports out at random\n", stream);
	else if (field_is(nat, "ports", "sequential") && step == 1)
		fputs(NEXT "it gives ports out one after another\n", stream);
	else if (field_is(nat, "ports", "sequential"))
		fprintf(stream, NEXT "it gives ports out in steps of %" PRId64 "\n", step);
}

static void print_filtering(FILE *stream, const json_t *nat)
{
	static const struct meaning filtering[] = {
	    {"independent", NEXT "it lets everybody in once this peer has sent anything\n"},
	    {"restricted", NEXT "it lets in only whom this peer has written to\n"},
	    {NULL, NULL}};
	int64_t hops = field_int(nat, "private_hops");

	fputs(meaning_of(filtering, nat, "filtering"), stream);
	if (json_is_true(json_object_get(nat, "open_input")))
		fputs(NEXT "it has to be opened from inside before the other side sends; both "
			   "see to that\n",
		    stream);
	if (hops > 1)
		fprintf(stream, NEXT "%" PRId64 " routers with private addresses stand before the "
				"first public one; each may be a NAT\n", hops);
}

static void print_none(FILE *stream, const json_t *nat)
{
	static const struct meaning filtering[] = {
	    {"independent", NEXT "everybody can reach it\n"},
	    {"restricted", NEXT "a firewall lets in only whom this peer has written to\n"
			   NEXT "punching opens it\n"},
	    {"unknown", NEXT "everybody can reach it, unless a firewall stands before it\n"},
	    {NULL, NULL}};

	fputs("no NAT, the supernodes see this host's own address\n", stream);
	fputs(meaning_of(filtering, nat, "filtering"), stream);
}

void nat_print(FILE *stream, const json_t *nat, int64_t port)
{
	char family[FIELD_MAX];

	field_text(nat, "family", family);
	snprintf(family + strlen(family), sizeof family - strlen(family), ":");
	fprintf(stream, FIRST, family);
	if (field_is(nat, "mapping", "none")) {
		print_none(stream, nat);
		return;
	}
	if (!json_is_true(json_object_get(nat, "translated")))
		fputs("nothing is known yet\n", stream);
	else if (json_is_true(json_object_get(nat, "port_kept")))
		fprintf(stream, "behind a NAT that keeps the port %" PRId64 "\n", port);
	else
		fprintf(stream, "behind a NAT that changes the port %" PRId64 "\n", port);
	print_mapping(stream, nat);
	print_ports(stream, nat);
	print_filtering(stream, nat);
}

static const char *summarize_own(const json_t *nat)
{
	static const struct meaning mappings[] = {
	    {"none", "no NAT"},
	    {"independent", "a NAT that shows everybody the same port"},
	    {"address-dependent", "a NAT that shows each address another port"},
	    {"port-dependent", "a NAT that shows each destination another port"},
	    {NULL, NULL}};
	const char *text = meaning_of(mappings, nat, "mapping");

	if (*text != '\0')
		return text;
	return json_is_true(json_object_get(nat, "translated"))
	    ? "a NAT that may show others another port"
	    : "nothing is known yet";
}

/* It does not say whether there is one: no NAT looks like the best of them. */
static const char *summarize_other(const json_t *nat)
{
	if (field_is(nat, "mapping", "unknown"))
		return "not known whether it shows everybody the same port";
	if (field_is(nat, "mapping", "independent") && field_is(nat, "ports", "kept"))
		return "no NAT, or one that shows everybody the same port";
	return summarize_own(nat);
}

static void print_extras(FILE *stream, const json_t *nat, bool own)
{
	static const struct meaning ports[] = {{"kept", ", keeps ports"},
	    {"sequential", ", gives ports out one after another"},
	    {"random", ", gives ports out at random"}, {NULL, NULL}};
	static const struct meaning filtering[] = {{"independent", ", lets everybody in"},
	    {"restricted", ", lets in only whom this peer has written to"}, {NULL, NULL}};

	if (own || !field_is(nat, "mapping", "independent"))
		fputs(meaning_of(ports, nat, "ports"), stream);
	fputs(meaning_of(filtering, nat, "filtering"), stream);
	if (json_is_true(json_object_get(nat, "open_input")))
		fputs(", has to be opened from inside first", stream);
}

void nat_print_summary(FILE *stream, const json_t *nat)
{
	static const struct meaning firewall[] = {{"independent", ", everybody can reach it"},
	    {"restricted", ", but a firewall lets in only whom this peer has written to"},
	    {NULL, NULL}};
	bool own = json_object_get(nat, "family") != NULL;
	char family[FIELD_MAX];

	if (own)
		fprintf(stream, "%s: ", field_text(nat, "family", family));
	fputs(own ? summarize_own(nat) : summarize_other(nat), stream);
	if (field_is(nat, "mapping", "none"))
		fputs(meaning_of(firewall, nat, "filtering"), stream);
	else
		print_extras(stream, nat, own);
	putc('\n', stream);
}

void nat_print_summaries(FILE *stream, const char *label, const json_t *nats)
{
	json_t *item;
	size_t i;

	json_array_foreach(nats, i, item) {
		fprintf(stream, "%-15s", i == 0 ? label : "");
		nat_print_summary(stream, item);
	}
	if (json_array_size(nats) == 0)
		fprintf(stream, "%-15snothing is known of a NAT\n", label);
}
