/* What the daemon found out about the NAT, or else views of several supernodes, compared. */
#include "ipmsgctl/nat.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/endpoint.h"
#include "ipmsgctl/field.h"

#define VIEWS_MAX 32
#define TESTING_MS 5000 /* so long the tests take, or less */

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

/* What is seen of the port that we listen at, where the tests, from other ones, say nothing. */
static bool port_is_kept(const json_t *nat, int64_t port, const struct view *views, size_t count)
{
	if (count == 0)
		return field_is(nat, "ports", "kept");
	for (size_t i = 0; i < count; i++) {
		if (views[i].observed.port != port)
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

/* The tests begin when a supernode has registered this peer. */
static bool is_new(const json_t *status)
{
	const json_t *supernodes = json_object_get(status, "supernodes");
	json_t *item;
	size_t i;

	json_array_foreach(supernodes, i, item) {
		if (field_is(item, "state", "registered") &&
		    field_int(item, "since_ms") < TESTING_MS)
			return true;
	}
	return false;
}

static const char *unknown_because(const json_t *status, const json_t *nat)
{
	if (!field_is(nat, "mapping", "unknown"))
		return "";
	if (json_is_true(json_object_get(nat, "tested")))
		return "one-address";
	return is_new(status) && !field_is(nat, "family", "IPv6") ? "testing" : "untested";
}

/* As of a daemon that has tested nothing. */
static json_t *untested(const char *family)
{
	return json_pack("{s:s, s:b, s:b, s:s, s:s, s:i, s:s, s:b, s:i, s:i, s:i, s:s, s:n}",
	    "family", family, "tested", 0, "translated", 0, "mapping", "unknown", "ports",
	    "unknown", "step", 0, "filtering", "unknown", "open_input", 0, "destinations", 0,
	    "addresses", 0, "private_hops", 0, "observed", "", "tested_ms");
}

static json_t *judge_family(const json_t *status, enum family family)
{
	const char *word = family == FAMILY_IP6 ? "IPv6" : "IPv4";
	int64_t port = field_int(status, "port");
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
	json_object_set_new(nat, "because", json_string(unknown_because(status, nat)));
	json_object_set_new(nat, "seen_by", json_integer((json_int_t)count));
	json_object_set_new(nat, "translated", json_boolean(is_translated(nat, views, count)));
	json_object_set_new(nat, "port_kept", json_boolean(port_is_kept(nat, port, views, count)));
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

/* Punching from such a one; see meaning_of(). */
#define NEEDS_OPEN                                                                                 \
	"so punching needs another side that is open: no NAT, or one that lets everybody in"

static void print_mapping(FILE *stream, const json_t *nat)
{
	static const struct meaning mappings[] = {
	    {"independent",
		"it shows the same address and port to everybody, as punching wants it"},
	    {"address-dependent",
		"it shows a different address or port to each address, " NEEDS_OPEN},
	    {"port-dependent",
		"it shows a different address or port to each destination, " NEEDS_OPEN},
	    {"dependent",
		"it shows a different address or port to each destination, " NEEDS_OPEN},
	    {NULL, NULL}};
	static const struct meaning causes[] = {
	    {"testing", "the tests are not over, see again in a few seconds"},
	    {"one-address", "the tests went to one address only: that takes two supernodes, or one "
			    "with a second address"},
	    {"untested", "no supernode helped to test it: that takes two supernodes, or one with "
			 "a second address"},
	    {NULL, NULL}};
	const char *text = meaning_of(mappings, nat, "mapping");

	fputs(text, stream);
	if (*text == '\0')
		fprintf(stream, "whether it shows the same to everybody cannot be told, because %s",
		    meaning_of(causes, nat, "because"));
}

static void print_ports(FILE *stream, const json_t *nat)
{
	int64_t step = field_int(nat, "step");

	if (field_is(nat, "ports", "random"))
		fputs("; it gives out ports at random", stream);
	else if (field_is(nat, "ports", "sequential") && step == 1)
		fputs("; it gives out ports one after another", stream);
	else if (field_is(nat, "ports", "sequential"))
		fprintf(stream, "; it gives out ports in steps of %" PRId64, step);
}

static void print_filtering(FILE *stream, const json_t *nat)
{
	int64_t hops = field_int(nat, "private_hops");

	if (field_is(nat, "filtering", "independent"))
		fputs("; it lets everybody in where this peer has sent anything", stream);
	else if (field_is(nat, "filtering", "restricted"))
		fputs("; it lets in only who was written to", stream);
	if (json_is_true(json_object_get(nat, "open_input")))
		fputs("; it changes the port for who comes unasked, so this side has to send first",
		    stream);
	if (hops > 1)
		fprintf(stream, "; %" PRId64 " routers with private addresses stand before the "
				"first public one, each of which may be a NAT", hops);
}

static void print_none(FILE *stream, const json_t *nat)
{
	static const struct meaning filtering[] = {
	    {"independent", "everybody can reach it"},
	    {"restricted", "but a firewall lets in only who was written to, which punching opens"},
	    {"unknown", "unless a firewall stands before it, everybody can reach it"},
	    {NULL, NULL}};

	fprintf(stream, "no NAT, the supernodes see this host's own address; %s\n",
	    meaning_of(filtering, nat, "filtering"));
}

void nat_print(FILE *stream, const json_t *nat, int64_t port)
{
	char family[FIELD_MAX];

	fprintf(stream, "%s: ", field_text(nat, "family", family));
	if (field_is(nat, "mapping", "none")) {
		print_none(stream, nat);
		return;
	}
	fprintf(stream, "behind a NAT that %s the port %" PRId64 "; ",
	    json_is_true(json_object_get(nat, "port_kept")) ? "keeps" : "changes", port);
	print_mapping(stream, nat);
	print_ports(stream, nat);
	print_filtering(stream, nat);
	putc('\n', stream);
}

/* Of the other side it is not told whether there is one: no NAT looks like the best of them. */
static const char *summarize_mapping(const json_t *nat, bool own)
{
	static const struct meaning mappings[] = {
	    {"none", "none"},
	    {"independent", "the same port for everybody"},
	    {"address-dependent", "another port for each address"},
	    {"port-dependent", "another port for each destination"},
	    {NULL, NULL}};
	const char *text = meaning_of(mappings, nat, "mapping");

	if (field_is(nat, "mapping", "independent") && field_is(nat, "ports", "kept"))
		return own ? "keeps the port for everybody"
			   : "none, or keeps the port for everybody";
	if (*text != '\0')
		return text;
	if (own && !json_is_true(json_object_get(nat, "translated")))
		return "nothing is known yet";
	return "not known whether it shows everybody the same";
}

void nat_print_summary(FILE *stream, const json_t *nat)
{
	static const struct meaning ports[] = {{"kept", ", ports kept"},
	    {"sequential", ", ports one after another"}, {"random", ", ports at random"},
	    {NULL, NULL}};
	static const struct meaning filtering[] = {{"independent", ", lets everybody in"},
	    {"restricted", ", lets in who was written to"}, {NULL, NULL}};
	bool own = json_object_get(nat, "family") != NULL;
	char family[FIELD_MAX];

	if (own)
		fprintf(stream, "%s: ", field_text(nat, "family", family));
	fputs(summarize_mapping(nat, own), stream);
	if (!field_is(nat, "mapping", "none") && !field_is(nat, "mapping", "independent"))
		fputs(meaning_of(ports, nat, "ports"), stream);
	if (!field_is(nat, "mapping", "none"))
		fputs(meaning_of(filtering, nat, "filtering"), stream);
	else if (field_is(nat, "filtering", "restricted"))
		fputs(", but a firewall lets in who was written to", stream);
	if (json_is_true(json_object_get(nat, "open_input")))
		fputs(", changes the port for who comes unasked", stream);
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
		fprintf(stream, "%-15snothing is known of one\n", label);
}
