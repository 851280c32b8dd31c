/* The section superd { }: what a supernode listens on, is called, serves and refuses. */
#include "conf/option.h"

#define DEFAULT_PORT 2425
#define TEST_PORT 2426
#define RECEIVE_BUFFER (4UL << 20)
#define METRICS_PORT 9425

static const struct word legacy_words[] = {
    {"limited", LEGACY_LIMITED},
    {"open", LEGACY_OPEN},
    {"off", LEGACY_OFF},
    {0},
};

static const struct word directory_words[] = {
    {"open", DIRECTORY_OPEN},
    {"members", DIRECTORY_MEMBERS},
    {0},
};

static const struct word roster_words[] = {
    {"off", ROSTER_OFF},
    {"group", ROSTER_GROUP},
    {"all", ROSTER_ALL},
    {0},
};

/* Of the option's list: as many as there are, and as there may be. */
struct endpoint_list {
	struct endpoint *all;
	size_t *count;
	size_t max;
};

static bool read_endpoint(const struct endpoint_list *list, const char *value, unsigned index,
    struct complaint *why)
{
	struct endpoint ep;
	const char *wrong = endpoint_parse(&ep, value, DEFAULT_PORT);

	if (index == 0)
		*list->count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"192.0.2.1\", \"192.0.2.1:2425\" or \"[2001:db8::1]:2425\"",
		    cite(value).text, wrong);
	for (size_t i = 0; i < *list->count; i++) {
		if (endpoint_equal(&list->all[i], &ep))
			return complain(
			    why, "%s stands there twice; once is enough", cite(value).text);
	}
	if (*list->count == list->max)
		return complain(why, "%s is one too many; at most %zu addresses fit",
		    cite(value).text, list->max);
	list->all[(*list->count)++] = ep;
	return true;
}

static bool read_listen(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct superd_settings *superd = &conf->superd;

	return read_endpoint(
	    &(struct endpoint_list){superd->listen, &superd->listen_count, LISTEN_MAX}, value,
	    index, why);
}

static bool read_alternates(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct superd_settings *superd = &conf->superd;
	struct endpoint ep;

	if (endpoint_parse(&ep, value, DEFAULT_PORT) == NULL &&
	    endpoint_scope(&ep) == SCOPE_UNUSABLE)
		return complain(why,
		    "%s: nobody can send there; write the address at which peers reach this supernode "
		    "besides, \"192.0.2.2\" or \"192.0.2.2:2425\"",
		    cite(value).text);
	return read_endpoint(&(struct endpoint_list){superd->alternates, &superd->alternate_count,
				 OTHER_ENDPOINTS_MAX},
	    value, index, why);
}

static bool read_metrics(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	static const char right[] = "write \"127.0.0.1:9425\", \"[::1]:9425\", or \"\" for none";
	struct endpoint ep = {0};
	const char *wrong = *value != '\0' ? endpoint_parse(&ep, value, METRICS_PORT) : NULL;

	if (wrong != NULL)
		return complain(why, "%s: %s; %s", cite(value).text, wrong, right);
	if (*value != '\0' && endpoint_scope(&ep) != SCOPE_LOOPBACK)
		return complain(why,
		    "%s is not a loopback address, and metrics are for this host alone; %s",
		    cite(value).text, right);
	conf->superd.metrics = ep;
	return true;
}

static bool read_nick(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (*value == '\0')
		return complain(why, "\"\" is empty; the supernode needs a name");
	return option_read_name(option, conf, value, index, why);
}

/* "{ RATE, BURST }", or one of them alone: the rate, which leaves the burst as it is. */
static bool read_limit(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct option part = *option;

	if (index > 1)
		return complain(why,
		    "%s is one too many; write { RATE, BURST }: so many a second, and so many at once",
		    cite(value).text);
	part.offset += index == 0 ? offsetof(struct limit, rate) : offsetof(struct limit, burst);
	part.min = index; /* a rate of 0 is no limit; a burst of 0 would let nothing pass */
	return option_read_u32(&part, conf, value, 0, why);
}

#define AT(field) .offset = offsetof(struct conf, superd.field)
#define TEXT_AT(field) AT(field), .size = sizeof((struct conf *)NULL)->superd.field
#define LIMIT_AT(field, most) .read = option_read_u32, AT(field), .min = 1, .max = (most)
#define LIMIT_OR_NONE_AT(field, most) .read = option_read_u32, AT(field), .min = 0, .max = (most)
#define RATE_AT(field) .read = read_limit, .list = true, AT(super.limits.field), .max = 1000000

static const struct option options[] = {
    {.name = "listen", .read = read_listen, .list = true},
    {.name = "test-port", LIMIT_OR_NONE_AT(test_port, 65535)},
    {.name = "alternates", .read = read_alternates, .list = true},
    {.name = "nick", .read = read_nick, TEXT_AT(super.nick)},
    {.name = "group", .read = option_read_name, TEXT_AT(super.group)},
    {.name = "legacy", .read = option_read_word, AT(super.legacy), .words = legacy_words},
    {.name = "legacy-charset", .read = option_read_charset, TEXT_AT(super.legacy_charset)},
    {.name = "legacy-keepalive", LIMIT_AT(super.legacy_keepalive, 300), .unit = "seconds"},
    {.name = "directory", .read = option_read_word, AT(super.directory), .words = directory_words},
    {.name = "roster", .read = option_read_word, AT(super.roster), .words = roster_words},
    {.name = "max-registrations", LIMIT_AT(super.max_registrations, 100000000)},
    {.name = "max-same-nick", LIMIT_AT(super.max_same_nick, 1000000)},
    {.name = "max-per-source", LIMIT_OR_NONE_AT(super.max_per_source, 100000000)},
    {.name = "max-unproven", LIMIT_AT(super.max_unproven, 1000000)},
    {.name = "names-file", .read = option_read_path_or_none, TEXT_AT(names_file)},
    {.name = "new-names-per-source",
	LIMIT_OR_NONE_AT(super.new_names_per_source, 1000000)},
    {.name = "max-pins", LIMIT_OR_NONE_AT(super.max_pins, 100000000)},
    {.name = "pin-days", LIMIT_OR_NONE_AT(super.pin_days, 3650), .unit = "days"},
    {.name = "max-introductions", LIMIT_AT(super.max_introductions, 1000000)},
    {.name = "answers-per-source", RATE_AT(answers_per_source)},
    {.name = "answers-in-all", LIMIT_OR_NONE_AT(super.limits.answers_in_all, 1000000)},
    {.name = "asks-per-source", RATE_AT(asks_per_source)},
    {.name = "orders-per-asker", RATE_AT(orders_per_asker)},
    {.name = "orders-per-target", RATE_AT(orders_per_target)},
    {.name = "signatures-per-address", RATE_AT(signatures_per_address)},
    {.name = "signatures-per-source", RATE_AT(signatures_per_source)},
    {.name = "signature-cpu", LIMIT_OR_NONE_AT(super.limits.signature_cpu, 100),
	.unit = "percent"},
    {.name = "limit-leak", LIMIT_OR_NONE_AT(super.limits.leak, 1000000)},
    {
	.name = "receive-buffer",
	.read = option_read_size,
	AT(receive_buffer),
	.min = 65536,   /* the largest datagram must fit */
	.max = 1 << 30, /* the kernel doubles it, in an int */
	.unit = "bytes",
    },
    {.name = "metrics", .read = read_metrics},
    {.name = "control", .read = option_read_path, TEXT_AT(control)},
    {.name = "control-group", .read = option_read_account, TEXT_AT(control_group)},
    {.name = "state-directory", .read = option_read_path_or_none, TEXT_AT(state_directory)},
    {.name = "secret-file", .read = option_read_path_or_none, TEXT_AT(secret_file)},
    {.name = "run-as", .read = option_read_account, TEXT_AT(run_as)},
};

static void init(struct conf *conf)
{
	conf->superd = (struct superd_settings){
	    .listen = {{.family = FAMILY_IP4, .port = DEFAULT_PORT},
		{.family = FAMILY_IP6, .port = DEFAULT_PORT}},
	    .listen_count = 2,
	    .test_port = TEST_PORT,
	    .control = RUNSTATEDIR "/ipmsg-superd/control",
	    .control_group = "ipmsg",
	    .state_directory = LOCALSTATEDIR "/lib/ipmsg-superd",
	    .receive_buffer = RECEIVE_BUFFER,
	};
	super_settings_init(&conf->superd.super);
}

const struct section conf_section_superd = {
    .name = "superd",
    .init = init,
    .options = options,
    .count = sizeof options / sizeof *options,
};
