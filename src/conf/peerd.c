/* The section peerd { }: who a peer is, which supernodes it uses, and how. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64url.h"
#include "base/text.h"
#include "conf/option.h"

#define DEFAULT_PORT 2425
#define DAY_S 86400
#define MAILBOX_SIZE (1UL << 30)
#define RECEIVE_BUFFER (256UL << 10)
#define LABEL_MAX 63 /* RFC 1035 */
#define HOST_MAX 253

static const struct word lan_words[] = {
    {"private", LAN_PRIVATE},
    {"all", LAN_ALL},
    {"off", LAN_OFF},
    {0},
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/* Letters, digits and hyphens, in labels of 1 to 63; a dot may end it. */
static bool is_host_name(const char *name, size_t len)
{
	size_t at = 0;

	if (len == 0 || len > HOST_MAX)
		return false;
	while (at < len) {
		size_t label = strspn(name + at, letters);

		if (label == 0 || label > LABEL_MAX || name[at] == '-')
			return false;
		at += label;
		if (at < len && name[at++] != '.')
			return false;
	}
	return true;
}

static bool is_all_numeric(const char *name, size_t len)
{
	return strspn(name, "0123456789.") >= len;
}

/* HOST or HOST:PORT. NULL, or what is wrong with it. */
static const char *parse_name(const char *value, struct supernode_setting *supernode)
{
	const char *colon = strchr(value, ':');
	size_t len = colon != NULL ? (size_t)(colon - value) : strlen(value);
	size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
	long port = DEFAULT_PORT;

	if (colon != NULL) {
		port = digits > 0 && digits < 6 && colon[1 + digits] == '\0' ? atol(colon + 1) : 0;
		if (port < 1 || port > 65535)
			return "the port must be a number from 1 to 65535";
	}
	if (!is_host_name(value, len) || is_all_numeric(value, len))
		return "neither a host name nor a numeric address";
	memcpy(supernode->host, value, len);
	supernode->host[len] = '\0';
	supernode->port = (uint16_t)port;
	return NULL;
}

static const char *parse_supernode(const char *value, struct supernode_setting *supernode)
{
	char address[ENDPOINT_TEXT_MAX];
	struct endpoint ep;
	const char *wrong;

	if (*value != '[' && endpoint_parse(&ep, value, DEFAULT_PORT) != NULL)
		return parse_name(value, supernode);
	wrong = endpoint_parse(&ep, value, DEFAULT_PORT);
	if (wrong != NULL)
		return wrong;
	if (endpoint_scope(&ep) == SCOPE_UNUSABLE)
		return "no host can have this address";
	endpoint_format_address(&ep, address);
	memcpy(supernode->host, address, strlen(address) + 1);
	supernode->port = ep.port;
	return NULL;
}

static bool read_supernode(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct peer_settings *peer = &conf->peerd.peer;
	struct supernode_setting supernode = {0};
	const char *wrong = parse_supernode(value, &supernode);

	if (index == 0)
		peer->supernode_count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"supernode.example.org\", \"192.0.2.1:2425\" or "
		    "\"[2001:db8::1]:2425\"",
		    cite(value).text, wrong);
	for (size_t i = 0; i < peer->supernode_count; i++) {
		const struct supernode_setting *other = &peer->supernodes[i];

		if (other->port == supernode.port &&
		    strcasecmp(other->host, supernode.host) == 0)
			return complain(
			    why, "%s stands there twice; once is enough", cite(value).text);
	}
	if (peer->supernode_count == SUPERNODES_MAX)
		return complain(why, "%s is one too many; at most %d supernodes fit",
		    cite(value).text, SUPERNODES_MAX);
	peer->supernodes[peer->supernode_count++] = supernode;
	return true;
}

static bool read_opener_ttl(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (strlen(value) != 1 || strchr("023456", *value) == NULL)
		return complain(why,
		    "%s is no TTL for an opener; write a number from 2 to 6, or 0 for no opener",
		    cite(value).text);
	conf->peerd.peer.opener_ttl = (uint8_t)(*value - '0');
	return true;
}

/* Of a network, for entries to its hosts and back: no wider than an office has, and not empty. */
#define NETWORK_BITS_MIN 8
#define NETWORK_BITS_MAX 30

/* The bits behind NETWORK/BITS; 0 when they cannot be. */
static uint8_t parse_bits(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long bits = digits > 0 && digits < 3 && text[digits] == '\0' ? atol(text) : 0;

	return bits >= NETWORK_BITS_MIN && bits <= NETWORK_BITS_MAX ? (uint8_t)bits : 0;
}

/* The last address of the network is where all of it listens. */
static void set_broadcast(struct endpoint *at, unsigned bits)
{
	*at = endpoint_prefix(at, bits, bits);
	for (unsigned bit = bits; bit < 32; bit++)
		at->address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static const char *parse_network(const char *value, const char *slash, struct endpoint *at,
    uint8_t *prefix)
{
	char network[ENDPOINT_TEXT_MAX] = "";
	struct endpoint first;

	if ((size_t)(slash - value) < sizeof network)
		memcpy(network, value, (size_t)(slash - value));
	*prefix = parse_bits(slash + 1);
	if (*prefix == 0)
		return "the bits of a network are a number from 8 to 30";
	if (!endpoint_parse_address(at, span_text(network)) || at->family != FAMILY_IP4)
		return "no IPv4 network stands before the \"/\"";
	first = endpoint_prefix(at, *prefix, *prefix);
	if (!endpoint_same_address(&first, at))
		return "no network begins with this address";
	set_broadcast(at, *prefix);
	return NULL;
}

/*
 * A host, a broadcast address, or a network, whose broadcast address and bits it becomes. NULL,
 * or what is wrong with it.
 */
static const char *parse_lan_address(const char *value, struct endpoint *at, uint8_t *prefix)
{
	static const uint8_t everybody[4] = {255, 255, 255, 255};
	const char *slash = strchr(value, '/');
	const char *wrong = slash != NULL ? parse_network(value, slash, at, prefix)
					  : endpoint_parse(at, value, 0);
	struct endpoint usual = *at;

	if (wrong != NULL)
		return wrong;
	if (at->family != FAMILY_IP4)
		return "neighbours are found by multicast over IPv6, without their addresses";
	if (usual.port == 0)
		usual.port = DEFAULT_PORT;
	if (endpoint_scope(&usual) == SCOPE_UNUSABLE &&
	    memcmp(at->address, everybody, sizeof everybody) != 0)
		return "no host can have this address";
	return NULL;
}

static bool read_lan_address(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct peer_settings *peer = &conf->peerd.peer;
	struct endpoint at = {0};
	uint8_t prefix = 0;
	const char *wrong = parse_lan_address(value, &at, &prefix);

	if (index == 0)
		peer->lan_address_count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"192.0.2.0/24\" for a network, \"192.0.2.1\" or "
		    "\"192.0.2.1:2426\" for a host",
		    cite(value).text, wrong);
	for (size_t i = 0; i < peer->lan_address_count; i++) {
		if (endpoint_equal(&peer->lan_addresses[i], &at))
			return complain(
			    why, "%s stands there twice; once is enough", cite(value).text);
	}
	if (peer->lan_address_count == LAN_ADDRESSES_MAX)
		return complain(why, "%s is one too many; at most %d addresses fit",
		    cite(value).text, LAN_ADDRESSES_MAX);
	peer->lan_prefixes[peer->lan_address_count] = prefix;
	peer->lan_addresses[peer->lan_address_count++] = at;
	return true;
}

/* Behind the set of characters that begins here; NULL when nothing closes it. */
static const char *skip_set(const char *c)
{
	c++;
	c += *c == '!' || *c == '^';
	/* the first may be the bracket itself */
	c = *c != '\0' ? strchr(c + 1, ']') : NULL;
	return c != NULL ? c + 1 : NULL;
}

/* What fnmatch() could make nothing of it takes as it stands, and nobody means that. */
static bool is_pattern(const char *c)
{
	while (c != NULL && *c != '\0') {
		if (*c == '[')
			c = skip_set(c);
		else if (*c == '\\')
			c = c[1] != '\0' ? c + 2 : NULL;
		else
			c++;
	}
	return c != NULL;
}

/* Of an interface, see io/addresses.h. NULL, or what is wrong with it. */
static const char *check_pattern(const char *value)
{
	const char *name = value + (*value == '!');

	if (*name == '\0')
		return "no name stands there";
	for (const char *c = name; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~' || *c == '/')
			return "no interface is called so";
	}
	if (!is_pattern(name))
		return "a set in it ends with ], and a \\ has something behind it";
	return strlen(value) < CANDIDATE_INTERFACE_TEXT ? NULL : "this is longer than any name";
}

static bool read_interface(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct peerd_settings *peerd = &conf->peerd;
	const char *wrong = check_pattern(value);

	if (index == 0)
		peerd->candidate_interface_count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"eth0\" or \"eth*\" for interfaces to take, \"!docker*\" for "
		    "others not to",
		    cite(value).text, wrong);
	if (peerd->candidate_interface_count == CANDIDATE_INTERFACES_MAX)
		return complain(why, "%s is one too many; at most %d interfaces fit",
		    cite(value).text, CANDIDATE_INTERFACES_MAX);
	memcpy(peerd->candidate_interfaces[peerd->candidate_interface_count++], value,
	    strlen(value) + 1);
	return true;
}

#define KEY_WORD "key:"
_Static_assert(RULE_KEY_BYTES == PUBLIC_KEY_BYTES, "key size");

static bool parse_key(const char *text, struct peer_rule *rule)
{
	rule->by_key = true;
	return base64url_decode_key(span_text(text), rule->key);
}

/* "nick@group" with '*' in it, "@group", "*" or "key:KEY". NULL, or what is wrong with it. */
static const char *parse_rule(const char *value, struct peer_rule *rule)
{
	int len;

	if (strncmp(value, KEY_WORD, strlen(KEY_WORD)) == 0)
		return parse_key(value + strlen(KEY_WORD), rule)
		    ? NULL
		    : "this is no key: that is 43 characters, as ipmsgctl keys shows it";
	if (strcmp(value, "*") != 0 && strchr(value, '@') == NULL)
		return "a nick alone is nobody's; its group or host belongs to it";
	if (!utf8_valid(span_text(value)))
		return "this is not valid UTF-8; save the file in UTF-8";
	len = snprintf(rule->name, sizeof rule->name, "%s%s", *value == '@' ? "*" : "", value);
	return len < (int)sizeof rule->name ? NULL : "this is longer than any name";
}

static bool read_rule(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct peer_rules *rules = (struct peer_rules *)((char *)conf + option->offset);
	struct peer_rule rule = {0};
	const char *wrong = parse_rule(value, &rule);

	if (index == 0)
		rules->count = 0;
	if (wrong != NULL)
		return complain(why,
		    "%s: %s; write \"alice@sales\", \"*@sales\", \"@sales\", \"*\" or "
		    "\"key:KEY\"",
		    cite(value).text, wrong);
	if (rules->count == RULES_MAX)
		return complain(why, "%s is one too many; at most %d rules fit", cite(value).text,
		    RULES_MAX);
	rules->rules[rules->count++] = rule;
	return true;
}

/* Kept in seconds. */
static bool read_days(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (!option_read_u32(option, conf, value, index, why))
		return false;
	*(uint32_t *)((char *)conf + option->offset) *= DAY_S;
	return true;
}

#define AT(field) .offset = offsetof(struct conf, peerd.field)
#define TEXT_AT(field) AT(field), .size = sizeof((struct conf *)NULL)->peerd.field
#define NUMBER_AT(field, least, most)                                                              \
	.read = option_read_u32, AT(field), .min = (least), .max = (most)

static const struct option options[] = {
    {.name = "user", .read = option_read_name, TEXT_AT(peer.user)},
    {.name = "host", .read = option_read_name, TEXT_AT(peer.host)},
    {.name = "nick", .read = option_read_name, TEXT_AT(peer.nick)},
    {.name = "group", .read = option_read_name, TEXT_AT(peer.group)},
    {.name = "supernodes", .read = read_supernode, .list = true},
    {.name = "allow", .read = read_rule, AT(peer.allow), .list = true},
    {.name = "deny", .read = read_rule, AT(peer.deny), .list = true},
    {.name = "candidate-interfaces", .read = read_interface, .list = true},
    {.name = "wan-port", NUMBER_AT(wan_port, 1, 65535)},
    {.name = "lan", .read = option_read_word, AT(lan), .words = lan_words},
    {.name = "lan-port", .read = option_read_u16, AT(peer.lan_port), .min = 1, .max = 65535},
    {.name = "lan-addresses", .read = read_lan_address, .list = true},
    {.name = "list-ask", .read = option_read_bool, AT(peer.list_ask)},
    {.name = "list-answer", .read = option_read_bool, AT(peer.list_answer)},
    {.name = "max-neighbours", NUMBER_AT(peer.max_neighbours, 1, 65536)},
    {.name = "refresh", NUMBER_AT(peer.refresh, 2, 120), .unit = "seconds"},
    {.name = "opener-ttl", .read = read_opener_ttl},
    {.name = "legacy-charset", .read = option_read_charset, TEXT_AT(peer.legacy_charset)},
    {.name = "max-paths", NUMBER_AT(peer.max_paths, 1, 65536)},
    {.name = "max-messages", NUMBER_AT(peer.max_messages, 1, 1000000)},
    {.name = "message-lifetime", .read = read_days, AT(peer.message_lifetime), .min = 1,
	.max = 30, .unit = "days"},
    {.name = "keep-messages", NUMBER_AT(keep_messages, 0, 36500), .unit = "days"},
    {
	.name = "mailbox-size",
	.read = option_read_size,
	AT(mailbox_size),
	.max = 1UL << 40,
	.unit = "bytes",
    },
    {
	.name = "receive-buffer",
	.read = option_read_size,
	AT(receive_buffer),
	.min = 65536,   /* the largest datagram must fit */
	.max = 1 << 30, /* the kernel doubles it, in an int */
	.unit = "bytes",
    },
    {.name = "control", .read = option_read_path_or_none, TEXT_AT(control)},
    {.name = "control-group", .read = option_read_account, TEXT_AT(control_group)},
    {.name = "state-directory", .read = option_read_path_or_none, TEXT_AT(state_directory)},
    {.name = "run-as", .read = option_read_account, TEXT_AT(run_as)},
};

static void init(struct conf *conf)
{
	conf->peerd = (struct peerd_settings){
	    .wan_port = DEFAULT_PORT,
	    .control_group = "ipmsg",
	    .receive_buffer = RECEIVE_BUFFER,
	    .mailbox_size = MAILBOX_SIZE,
	};
	peer_settings_init(&conf->peerd.peer);
}

const struct section conf_section_peerd = {
    .name = "peerd",
    .init = init,
    .options = options,
    .count = sizeof options / sizeof *options,
};
