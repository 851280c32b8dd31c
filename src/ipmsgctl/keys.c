/*
 * ipmsgctl keys: who proves to be who, and forgetting the key of a supernode. Keys of peers
 * are shown as rules and bans take them; without "key:" one in 64 would look like an option.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/print.h"

#define DASH "-"

static const char *or_dash(const char *text)
{
	return *text != '\0' ? text : DASH;
}

static void print_own(FILE *stream, const json_t *keys)
{
	char key[FIELD_MAX], name[FIELD_MAX];

	field_text(keys, "name", name);
	if (*field_text(keys, "identity", key) != '\0')
		fprintf(stream, "this peer, %s\n    key:%s\n", name, key);
	else
		fprintf(stream, "this peer, %s\n    has no key, and others can take its name; its "
				"log says why\n", name);
}

/* What there is to say about it besides the key. */
static const char *verdict(const json_t *supernode)
{
	static const struct {
		const char *word;
		const char *text;
	} verdicts[] = {
	    {"known", "as before"},
	    {"unseen", "has not shown its key since the peer was started, or shows it no more"},
	    {"unused", "not configured any more"},
	    {"changed", "shows another key than before, and nothing is signed toward it"},
	    {"foreign", "shows the key of another supernode, and nothing is signed toward it"},
	};

	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		if (field_is(supernode, "key", verdicts[i].word))
			return verdicts[i].text;
	}
	if (!field_is(supernode, "key", "unknown"))
		return "";
	return field_is(supernode, "shown", "") ? "has shown no key"
						: "shows a key, and has let nobody in with it yet";
}

static const char *where(const json_t *supernode, char out[HOST_TEXT_MAX])
{
	char host[FIELD_MAX];

	return endpoint_format_host(field_text(supernode, "host", host),
	    (uint16_t)field_int(supernode, "port"), out);
}

/* Of a key that is another supernode's: which one that is. */
static void print_owner(FILE *stream, const json_t *supernodes, const json_t *foreign)
{
	const char *key = json_string_value(json_object_get(foreign, "shown"));
	char text[HOST_TEXT_MAX];
	json_t *other;
	size_t i;

	json_array_foreach(supernodes, i, other) {
		if (other != foreign && key != NULL && field_is(other, "identity", key)) {
			fprintf(stream, "    it is the key of %s\n", where(other, text));
			return;
		}
	}
}

static void print_supernode_key(FILE *stream, const json_t *supernodes, const json_t *supernode)
{
	char host[FIELD_MAX], key[FIELD_MAX], shown[FIELD_MAX], text[HOST_TEXT_MAX];

	field_text(supernode, "host", host);
	field_text(supernode, "identity", key);
	field_text(supernode, "shown", shown);
	fprintf(stream, "supernode %s (%s)\n    %s\n", where(supernode, text),
	    verdict(supernode), or_dash(key));
	if (*shown != '\0' && strcmp(shown, key) != 0)
		fprintf(stream, "    %s is what it shows\n", shown);
	if (field_is(supernode, "key", "foreign"))
		print_owner(stream, supernodes, supernode);
	if (field_is(supernode, "key", "changed"))
		fprintf(stream, "    if its administrator says that this is right: ipmsgctl keys "
				"forget %s\n", host);
}

static void print_peer_key(FILE *stream, const json_t *peer)
{
	char name[FIELD_MAX], key[FIELD_MAX], state[FIELD_MAX];

	fprintf(stream, "peer %s (path %s)\n    key:%s\n", field_text(peer, "name", name),
	    field_text(peer, "state", state), field_text(peer, "identity", key));
}

static void print_keys(FILE *stream, const json_t *keys)
{
	const json_t *supernodes = json_object_get(keys, "supernodes");
	json_t *item;
	size_t i;

	print_own(stream, keys);
	json_array_foreach(supernodes, i, item)
		print_supernode_key(stream, supernodes, item);
	json_array_foreach(json_object_get(keys, "peers"), i, item)
		print_peer_key(stream, item);
}

enum status run_keys(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status =
	    session_call(session, &daemon_peer, CTL_PEER ".Keys", NULL, false, &answer);

	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_keys);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}

/* HOST, HOST:PORT or [HOST]:PORT; a bare IPv6 address has several colons. False if it is none. */
static bool split(char *text, const char **host, int *port)
{
	char *colon = strrchr(text, ':'), *end;
	size_t len;

	*host = text;
	*port = 0;
	if (*text == '[' || (colon != NULL && strchr(text, ':') == colon)) {
		if (colon == NULL || (*text == '[' && colon[-1] != ']'))
			colon = text + strlen(text);
		else
			*port = (int)strtol(colon + 1, &end, 10);
		if (*colon == ':' && (colon[1] == '\0' || *end != '\0' || *port < 1 || *port > 65535))
			return false;
		*colon = '\0';
	}
	len = strlen(text);
	if (*text == '[') {
		if (text[len - 1] != ']')
			return false;
		text[len - 1] = '\0';
		*host = text + 1;
	}
	return **host != '\0';
}

static void print_forgotten(FILE *stream, const json_t *answer)
{
	char host[FIELD_MAX];

	fprintf(stream, "the key of %s is forgotten; the next one that it shows is taken for its "
			"own\n", field_text(answer, "host", host));
}

enum status run_keys_forget(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	const char *host;
	int port;

	if (!utf8_valid(span_text(argv[0])) || !split(argv[0], &host, &port)) {
		output_complain("write HOST or HOST:PORT, as in the option `supernodes' of the "
				"configuration");
		return STATUS_USAGE;
	}
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".ForgetSupernodeKey",
	    port != 0 ? json_pack("{s:s, s:i}", "host", host, "port", port)
		      : json_pack("{s:s}", "host", host),
	    false, &answer);

	if (status != STATUS_DONE)
		return status;
	json_t *done = json_pack("{s:s}", "host", host);

	output_object(&session->out, done, print_forgotten);
	json_decref(done);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}
