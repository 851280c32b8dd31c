/* Reading, writing and comparing whom an administrator means. */
#include "super/whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define UNKNOWN_FORM                                                                               \
	"is neither a name (nick@group), a key, an address nor a network (192.0.2.0/24)"

#define KEY_PREFIX "key:"

static bool has_controls(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return true;
	}
	return false;
}

static const char *parse_name(struct whom *whom, const char *text)
{
	struct span name = span_text(text);

	if (name.len >= WHOM_NAME_MAX)
		return "is longer than a name can be";
	if (*text == '@' || text[name.len - 1] == '@')
		return "is no whole name (nick@group, nick@host for who has no group)";
	if (!utf8_valid(name) || has_controls(name))
		return "is no name: it has control characters in it, or is not UTF-8";
	whom->kind = WHOM_NAME;
	memcpy(whom->name, text, name.len + 1);
	return NULL;
}

static bool parse_key(struct whom *whom, const char *text)
{
	whom->kind = WHOM_KEY;
	return identity_parse(whom->identity, span_text(text));
}

static unsigned bits_of(const struct endpoint *ep)
{
	return ep->family == FAMILY_IP4 ? 32 : 128;
}

static void set_network(struct whom *whom, const struct endpoint *at, unsigned bits)
{
	whom->kind = WHOM_NETWORK;
	whom->at = endpoint_prefix(at, bits, bits);
	whom->bits = bits;
}

static const char *parse_network(struct whom *whom, const char *text, const char *slash)
{
	struct endpoint at;
	unsigned long bits;
	char *end;

	if (!endpoint_parse_address(&at, span_of(text, (size_t)(slash - text))))
		return UNKNOWN_FORM;
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > bits_of(&at))
		return at.family == FAMILY_IP4
		    ? "is no network: behind the / stands a number from 0 to 32"
		    : "is no network: behind the / stands a number from 0 to 128";
	set_network(whom, &at, (unsigned)bits);
	return NULL;
}

static const char *parse_address(struct whom *whom, const char *text)
{
	struct endpoint at;

	if (endpoint_parse_address(&at, span_text(text))) {
		set_network(whom, &at, bits_of(&at));
		return NULL;
	}
	/* port 0 is none, so that an address in brackets alone is no endpoint */
	if (endpoint_parse(&at, text, 0) != NULL)
		return UNKNOWN_FORM;
	if (at.port == 0) {
		set_network(whom, &at, bits_of(&at));
		return NULL;
	}
	whom->kind = WHOM_ENDPOINT;
	whom->at = at;
	return NULL;
}

const char *whom_parse(struct whom *whom, const char *text)
{
	const char *slash = strchr(text, '/');

	*whom = (struct whom){0};
	if (strchr(text, '@') != NULL)
		return parse_name(whom, text);
	if (strncmp(text, KEY_PREFIX, strlen(KEY_PREFIX)) == 0)
		return parse_key(whom, text + strlen(KEY_PREFIX))
		    ? NULL
		    : "is no key: that is 43 characters, as ipmsgctl keys shows it";
	if (parse_key(whom, text))
		return NULL;
	return slash != NULL ? parse_network(whom, text, slash) : parse_address(whom, text);
}

static void format_network(const struct whom *whom, char buf[WHOM_TEXT_MAX])
{
	char address[ENDPOINT_TEXT_MAX];

	endpoint_format_address(&whom->at, address);
	if (whom->bits == bits_of(&whom->at))
		snprintf(buf, WHOM_TEXT_MAX, "%s", address);
	else
		snprintf(buf, WHOM_TEXT_MAX, "%s/%u", address, whom->bits);
}

const char *whom_format(const struct whom *whom, char buf[WHOM_TEXT_MAX])
{
	char text[IDENTITY_TEXT_MAX];

	switch (whom->kind) {
	case WHOM_NAME:
		memcpy(buf, whom->name, sizeof whom->name);
		break;
	case WHOM_KEY:
		/* with the word, as one that begins with a hyphen would be an option to ipmsgctl */
		snprintf(buf, WHOM_TEXT_MAX, KEY_PREFIX "%s",
		    identity_format(whom->identity, text));
		break;
	case WHOM_NETWORK:
		format_network(whom, buf);
		break;
	case WHOM_ENDPOINT:
		endpoint_format(&whom->at, buf);
		break;
	}
	return buf;
}

void whom_of_names(struct whom *whom, const struct names *names)
{
	/* two parts that are each shorter than their room leave one for the NUL */
	whom->kind = WHOM_NAME;
	whom->name[names_full(names, whom->name)] = '\0';
}

void whom_of_key(struct whom *whom, const uint8_t identity[IDENTITY_BYTES])
{
	whom->kind = WHOM_KEY;
	memcpy(whom->identity, identity, IDENTITY_BYTES);
}

bool whom_means(const struct whom *whom, const struct registration *reg)
{
	switch (whom->kind) {
	case WHOM_NAME:
		return names_match(reg->names, span_text(whom->name)) == MATCH_FULL;
	case WHOM_KEY:
		return reg->keyed &&
		    memcmp(reg->credentials.identity, whom->identity, IDENTITY_BYTES) == 0;
	case WHOM_NETWORK:
		return reg->remote.family == whom->at.family &&
		    endpoint_within(&whom->at, whom->bits, &reg->remote);
	case WHOM_ENDPOINT:
		return endpoint_equal(&reg->remote, &whom->at);
	}
	return false;
}

static int compare_places(const struct whom *a, const struct whom *b)
{
	int order = (int)a->at.family - (int)b->at.family;

	if (order == 0)
		order = memcmp(a->at.address, b->at.address, sizeof a->at.address);
	if (order == 0)
		order = (int)a->bits - (int)b->bits;
	return order != 0 ? order : (int)a->at.port - (int)b->at.port;
}

int whom_compare(const struct whom *a, const struct whom *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == WHOM_NAME)
		return strcmp(a->name, b->name);
	if (a->kind == WHOM_KEY)
		return memcmp(a->identity, b->identity, IDENTITY_BYTES);
	return compare_places(a, b);
}
