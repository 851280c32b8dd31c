/* The section superd { }: what a supernode listens on, is called, serves and refuses. */
#include "conf/option.h"

#define DEFAULT_PORT 2425
#define RECEIVE_BUFFER (4UL << 20)
#define METRICS_PORT 9425

static const struct word legacy_words[] = {
    {"limited", LEGACY_LIMITED},
    {"open", LEGACY_OPEN},
    {"off", LEGACY_OFF},
    {0},
};

static bool read_listen(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct superd_settings *superd = &conf->superd;
	struct endpoint ep;
	const char *wrong = endpoint_parse(&ep, value, DEFAULT_PORT);

	if (index == 0)
		superd->listen_count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"192.0.2.1\", \"192.0.2.1:2425\" or \"[2001:db8::1]:2425\"",
		    cite(value).text, wrong);
	for (size_t i = 0; i < superd->listen_count; i++) {
		if (endpoint_equal(&superd->listen[i], &ep))
			return complain(
			    why, "%s stands there twice; once is enough", cite(value).text);
	}
	if (superd->listen_count == LISTEN_MAX)
		return complain(why, "%s is one too many; at most %d addresses fit",
		    cite(value).text, LISTEN_MAX);
	superd->listen[superd->listen_count++] = ep;
	return true;
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

#define AT(field) .offset = offsetof(struct conf, superd.field)
#define TEXT_AT(field) AT(field), .size = sizeof((struct conf *)NULL)->superd.field
#define LIMIT_AT(field, most) .read = option_read_u32, AT(field), .min = 1, .max = (most)

static const struct option options[] = {
    {.name = "listen", .read = read_listen, .list = true},
    {.name = "nick", .read = read_nick, TEXT_AT(super.nick)},
    {.name = "group", .read = option_read_name, TEXT_AT(super.group)},
    {.name = "legacy", .read = option_read_word, AT(super.legacy), .words = legacy_words},
    {.name = "legacy-charset", .read = option_read_charset, TEXT_AT(super.legacy_charset)},
    {.name = "legacy-keepalive", LIMIT_AT(super.legacy_keepalive, 300), .unit = "seconds"},
    {.name = "max-registrations", LIMIT_AT(super.max_registrations, 100000000)},
    {.name = "max-same-nick", LIMIT_AT(super.max_same_nick, 1000000)},
    {.name = "max-unproven", LIMIT_AT(super.max_unproven, 1000000)},
    {.name = "max-introductions", LIMIT_AT(super.max_introductions, 1000000)},
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
    {.name = "run-as", .read = option_read_account, TEXT_AT(run_as)},
};

static void init(struct conf *conf)
{
	conf->superd = (struct superd_settings){
	    .listen = {{.family = FAMILY_IP4, .port = DEFAULT_PORT},
		{.family = FAMILY_IP6, .port = DEFAULT_PORT}},
	    .listen_count = 2,
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
