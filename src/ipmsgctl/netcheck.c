/* ipmsgctl netcheck: are the supernodes reached, and what stands in between. */
#include <inttypes.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/nat.h"
#include "ipmsgctl/print.h"

static void print_report(FILE *stream, const json_t *report)
{
	const json_t *nats = json_object_get(report, "nat");
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "supernodes"), i, item) {
		print_supernode(stream, item);
		putc('\n', stream);
	}
	json_array_foreach(nats, i, item)
		nat_print(stream, item, field_int(report, "port"));
	if (json_array_size(nats) == 0)
		fputs("about a NAT nothing can be told: no supernode says where it sees this "
		      "peer\n",
		    stream);
}

static bool has_same(const json_t *a, const json_t *b, const char *name)
{
	return json_equal(json_object_get(a, name), json_object_get(b, name));
}

/* The same supernode by the other address family. */
static bool is_twin(const json_t *a, const json_t *b)
{
	return has_same(a, b, "host") && has_same(a, b, "port") && !has_same(a, b, "family") &&
	    json_object_get(a, "family") != NULL;
}

/*
 * One that is entered by IPv4 and IPv6 is there twice, and one of them is enough. Counts only those
 * with a registration if `registered`.
 */
static size_t count_supernodes(const json_t *supernodes, bool registered)
{
	size_t count = 0, i, j;
	json_t *item, *before;

	json_array_foreach(supernodes, i, item) {
		bool counts = !registered || field_is(item, "state", "registered");

		json_array_foreach(supernodes, j, before) {
			if (j < i && is_twin(before, item) &&
			    (!registered || field_is(before, "state", "registered")))
				counts = false;
		}
		count += counts;
	}
	return count;
}

/* What is shown was asked of the daemon; what it means is found here. */
static json_t *make_report(const json_t *status, size_t registered)
{
	return json_pack("{s:I, s:O?, s:O?, s:I, s:o}", "registered", (json_int_t)registered,
	    "supernodes", json_object_get(status, "supernodes"), "addresses",
	    json_object_get(status, "addresses"), "port", (json_int_t)field_int(status, "port"),
	    "nat", nat_judge(status));
}

static enum status judge(size_t registered, size_t configured)
{
	if (configured == 0)
		output_complain("no supernode is configured; see `supernodes' in ipmsg.conf(5)");
	else if (registered < configured)
		output_complain("%zu of %zu supernodes not reached; see that one runs there, and "
				"that UDP gets through to it",
		    configured - registered, configured);
	else
		return STATUS_DONE;
	return STATUS_FAILED;
}

enum status run_netcheck(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Status", NULL, false,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	const json_t *supernodes = json_object_get(answer.parameters, "supernodes");
	size_t configured = count_supernodes(supernodes, false);
	size_t registered = count_supernodes(supernodes, true);
	json_t *report = make_report(answer.parameters, registered);

	output_object(&session->out, report, print_report);
	output_flush(&session->out);
	json_decref(report);
	ctl_answer_clear(&answer);
	return judge(registered, configured);
}
