/* The NATs, the candidates, and the diagnosis of an attempt. */
#include "ipmsgctl/attempt.h"

#include <inttypes.h>

#include "ipmsgctl/nat.h"
#include "ipmsgctl/print.h"

static void cell_address(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "address", out);
}

static void cell_kind(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "kind", out);
}

static void cell_sent(const json_t *item, char out[FIELD_MAX])
{
	snprintf(out, FIELD_MAX, "%" PRId64, field_int(item, "sent"));
}

static void cell_heard(const json_t *item, char out[FIELD_MAX])
{
	if (field_is(item, "state", "unheard"))
		snprintf(out, FIELD_MAX, "nothing");
	else if (field_is(item, "state", "heard"))
		snprintf(out, FIELD_MAX, "packets, no answer");
	else if (field_is(item, "state", "answered"))
		snprintf(out, FIELD_MAX, "answers");
	else
		field_text(item, "state", out);
}

static void cell_rtt(const json_t *item, char out[FIELD_MAX])
{
	*out = '\0';
	if (json_is_integer(json_object_get(item, "rtt_ms")))
		snprintf(out, FIELD_MAX, "%" PRId64 " ms", field_int(item, "rtt_ms"));
}

static void cell_used(const json_t *item, char out[FIELD_MAX])
{
	*out = '\0';
	if (json_is_true(json_object_get(item, "used")))
		snprintf(out, FIELD_MAX, "yes");
}

static const struct column columns[] = {{"CANDIDATE", cell_address}, {"KIND", cell_kind},
    {"SENT", cell_sent}, {"HEARD", cell_heard}, {"RTT", cell_rtt}, {"USED", cell_used},
    {NULL, NULL}};

static void print_candidates(struct output *out, const json_t *candidates)
{
	json_t *item;
	size_t i;

	output_list_begin(out, "candidates", columns, NULL);
	json_array_foreach(candidates, i, item)
		output_list_item(out, item);
	output_list_end(out, "the other was tried nowhere");
}

void attempt_print(struct output *out, const json_t *reply)
{
	const json_t *other = json_object_get(json_object_get(reply, "peer"), "nat");

	if (!json_is_array(json_object_get(reply, "candidates")))
		return;
	nat_print_summaries(out->stream, "this side", json_object_get(reply, "nat"));
	fprintf(out->stream, "%-15s", "other side");
	if (json_is_object(other))
		nat_print_summary(out->stream, other);
	else
		fputs("nothing is told of a NAT\n", out->stream);
	print_candidates(out, json_object_get(reply, "candidates"));
}

void attempt_print_diagnosis(struct output *out, const json_t *reply)
{
	const json_t *diagnosis = json_object_get(reply, "diagnosis");
	const json_t *sentence = json_object_get(diagnosis, "sentence");
	const json_t *advice = json_object_get(diagnosis, "advice");

	if (json_string_length(sentence) == 0)
		return;
	print_text(out->stream,
	    span_of(json_string_value(sentence), json_string_length(sentence)));
	if (json_string_length(advice) > 0) {
		putc(' ', out->stream);
		print_text(out->stream,
		    span_of(json_string_value(advice), json_string_length(advice)));
	}
	putc('\n', out->stream);
}
