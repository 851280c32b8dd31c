/*
 * Messages of the control protocol: JSON objects, read from bytes that a
 * stranger wrote, and made. Pure, so that both sides and the fuzzer share it.
 */
#ifndef IPMSG_CTL_MESSAGE_H
#define IPMSG_CTL_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/span.h"

/*
 * A call without its NUL is shorter than this, an answer than that: a mebibyte of text, and half as
 * much for what JSON escapes in it.
 */
#define CTL_REQUEST_MAX (1536 * 1024)
#define CTL_ANSWER_MAX (16 * 1024 * 1024)

struct ctl_request {
	json_t *root;	    /* owns the two below */
	const char *method; /* the full name: interface, dot, method */
	json_t *parameters; /* an object, never NULL */
	bool more;
	bool oneway;
};

struct ctl_answer {
	json_t *root;	    /* owns the two below */
	const char *error;  /* NULL: it is a reply */
	json_t *parameters; /* an object, never NULL */
	bool continues;
};

/*
 * Both read the bytes of one frame without the NUL. On failure they return what
 * is wrong with it, as a phrase, and leave the structure empty. On success NULL,
 * and the structure has to be cleared.
 */
const char *ctl_request_parse(struct ctl_request *request, struct span frame);
const char *ctl_answer_parse(struct ctl_answer *answer, struct span frame);

void ctl_request_clear(struct ctl_request *request);
void ctl_answer_clear(struct ctl_answer *answer);

/*
 * New messages, NULL when memory is short. They take `parameters` over, even
 * then (NULL: none).
 */
json_t *ctl_message_call(const char *method, json_t *parameters, bool more);
json_t *ctl_message_reply(json_t *parameters, bool continues);
json_t *ctl_message_error(const char *name, json_t *parameters);

#endif
