/*
 * Calls one method on a control socket and prints each answer as a line of
 * JSON, so that a shell test can see what a daemon says to the letter. Ends
 * with 0 after a reply, 1 after an error, 3 when there is no answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"

#define TIMEOUT_MS 15000

enum { REPLY = 0, ERROR = 1, USAGE = 2, SILENCE = 3 };

static int silent(int error)
{
	fprintf(stderr, "no answer: %s\n", strerror(error));
	return SILENCE;
}

static bool print_answer(const struct ctl_answer *answer)
{
	char *text = json_dumps(answer->parameters, JSON_COMPACT);

	if (answer->error != NULL)
		printf("error %s %s\n", answer->error, text != NULL ? text : "");
	else
		printf("%s\n", text != NULL ? text : "");
	fflush(stdout);
	free(text);
	return answer->continues;
}

static int converse(struct ctl_client *client)
{
	struct ctl_answer answer;
	bool failed, more;

	do {
		int error = ctl_client_receive(client, &answer);

		if (error != 0)
			return silent(error);
		more = print_answer(&answer);
		failed = answer.error != NULL;
		ctl_answer_clear(&answer);
	} while (more);
	return failed ? ERROR : REPLY;
}

int main(int argc, char **argv)
{
	struct ctl_client client;
	json_t *parameters = NULL;
	int status, error;

	if (argc > 3)
		parameters = json_loads(argv[3], 0, NULL);
	if (argc < 3 || argc > 5 || (argc > 3 && parameters == NULL)) {
		fprintf(stderr, "Usage: call SOCKET METHOD [PARAMETERS [more]]\n");
		return USAGE;
	}
	error = ctl_client_open(&client, argv[1], TIMEOUT_MS);
	if (error == 0)
		error = ctl_client_call(&client, argv[2], parameters, argc > 4);
	else
		json_decref(parameters);
	status = error != 0 ? silent(error) : converse(&client);
	ctl_client_close(&client);
	return status;
}
