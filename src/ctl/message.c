/* From the bytes of a frame to a call or an answer, refusing whatever is not one; and back. */
#include "ctl/message.h"

static const char no_memory[] = "memory is short";

/* A flag may be left out or null. */
static bool read_flag(const json_t *root, const char *name, bool *value)
{
	const json_t *flag = json_object_get(root, name);

	*value = json_is_true(flag);
	return flag == NULL || json_is_null(flag) || json_is_boolean(flag);
}

/* Missing or null parameters are an empty object. */
static const char *read_parameters(json_t *root, json_t **parameters)
{
	*parameters = json_object_get(root, "parameters");
	if (*parameters == NULL || json_is_null(*parameters)) {
		*parameters = json_object();
		if (json_object_set_new(root, "parameters", *parameters) != 0)
			return no_memory;
	}
	return json_is_object(*parameters) ? NULL : "\"parameters\" is not an object";
}

static const char *read_root(json_t **root, struct span frame)
{
	json_error_t error;

	*root = json_loadb((const char *)frame.data, frame.len, JSON_REJECT_DUPLICATES, &error);
	if (*root == NULL)
		return "the message is not valid JSON";
	return json_is_object(*root) ? NULL : "the message is not an object";
}

static const char *read_request(struct ctl_request *request, struct span frame)
{
	const char *why;
	bool upgrade;

	if (frame.len >= CTL_REQUEST_MAX)
		return "the message is too long";
	why = read_root(&request->root, frame);
	if (why != NULL)
		return why;
	request->method = json_string_value(json_object_get(request->root, "method"));
	if (request->method == NULL)
		return "\"method\" is missing or not a string";
	if (!read_flag(request->root, "more", &request->more))
		return "\"more\" is not a boolean";
	if (!read_flag(request->root, "oneway", &request->oneway))
		return "\"oneway\" is not a boolean";
	if (!read_flag(request->root, "upgrade", &upgrade) || upgrade)
		return "\"upgrade\" is not supported";
	if (request->more && request->oneway)
		return "\"more\" and \"oneway\" exclude each other";
	return read_parameters(request->root, &request->parameters);
}

const char *ctl_request_parse(struct ctl_request *request, struct span frame)
{
	*request = (struct ctl_request){0};
	const char *why = read_request(request, frame);

	if (why != NULL)
		ctl_request_clear(request);
	return why;
}

void ctl_request_clear(struct ctl_request *request)
{
	json_decref(request->root);
	*request = (struct ctl_request){0};
}

static const char *read_answer(struct ctl_answer *answer, struct span frame)
{
	const char *why = read_root(&answer->root, frame);
	const json_t *error;

	if (why != NULL)
		return why;
	error = json_object_get(answer->root, "error");
	answer->error = json_string_value(error);
	if (error != NULL && answer->error == NULL)
		return "\"error\" is not a string";
	if (!read_flag(answer->root, "continues", &answer->continues))
		return "\"continues\" is not a boolean";
	if (answer->continues && answer->error != NULL)
		return "an error cannot continue";
	return read_parameters(answer->root, &answer->parameters);
}

const char *ctl_answer_parse(struct ctl_answer *answer, struct span frame)
{
	*answer = (struct ctl_answer){0};
	const char *why = read_answer(answer, frame);

	if (why != NULL)
		ctl_answer_clear(answer);
	return why;
}

void ctl_answer_clear(struct ctl_answer *answer)
{
	json_decref(answer->root);
	*answer = (struct ctl_answer){0};
}

static json_t *or_empty(json_t *parameters)
{
	return parameters != NULL ? parameters : json_object();
}

json_t *ctl_message_call(const char *method, json_t *parameters, bool more)
{
	json_t *message = json_pack("{s:s, s:o}", "method", method, "parameters",
	    or_empty(parameters));

	if (message != NULL && more)
		json_object_set_new(message, "more", json_true());
	return message;
}

json_t *ctl_message_reply(json_t *parameters, bool continues)
{
	json_t *message = json_pack("{s:o}", "parameters", or_empty(parameters));

	if (message != NULL && continues)
		json_object_set_new(message, "continues", json_true());
	return message;
}

json_t *ctl_message_error(const char *name, json_t *parameters)
{
	return json_pack("{s:s, s:o}", "error", name, "parameters", or_empty(parameters));
}
