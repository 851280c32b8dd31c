/*
 * What clients and daemons say on the control socket: the bytes between two
 * NULs as a call and as an answer. A call that is read has the shape handlers
 * rely on, and reads the same when it is written again.
 */
#include "ctl/message.h"

#include "fuzz.h"

static void check_request(struct span frame)
{
	struct ctl_request request, again;
	char *text;

	if (ctl_request_parse(&request, frame) != NULL) {
		HOLDS(request.root == NULL && request.method == NULL);
		return;
	}
	HOLDS(request.method != NULL && json_is_object(request.parameters));
	HOLDS(!(request.more && request.oneway));
	text = json_dumps(request.root, JSON_COMPACT);
	HOLDS(text != NULL);
	if (strlen(text) < CTL_REQUEST_MAX) {
		HOLDS(ctl_request_parse(&again, span_text(text)) == NULL);
		HOLDS(json_equal(request.root, again.root));
		ctl_request_clear(&again);
	}
	free(text);
	ctl_request_clear(&request);
}

static void check_answer(struct span frame)
{
	struct ctl_answer answer;

	if (ctl_answer_parse(&answer, frame) != NULL) {
		HOLDS(answer.root == NULL);
		return;
	}
	HOLDS(json_is_object(answer.parameters));
	HOLDS(answer.error == NULL || !answer.continues);
	ctl_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size > 0) {
		const uint8_t *end = memchr(data, 0, size);
		size_t len = end != NULL ? (size_t)(end - data) : size;
		struct span frame = fuzz_copy(data, len);

		check_request(frame);
		check_answer(frame);
		fuzz_drop(frame);
		len += end != NULL;
		data += len;
		size -= len;
	}
	return 0;
}
