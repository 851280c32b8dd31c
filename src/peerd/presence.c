/* SetAbsence and Refresh: how others on the LAN see this peer, and it them. */
#include <stdio.h>
#include <string.h>

#include "ctl/interface.h"
#include "peerd/control.h"
#include "peerd/describe.h"
#include "peerd/network.h"
#include "peerd/peerd.h"

/* C0, DEL, and C1, which in valid UTF-8 is 0xc2 and a byte below 0xa0. */
static bool has_control(const char *text, bool lines)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if ((*p < ' ' && !(*p == '\n' && lines)) || *p == 0x7f ||
		    (*p == 0xc2 && p[1] < 0xa0))
			return true;
	}
	return false;
}

/* A text of fewer than `cap` bytes, "" if there is none. False, having ended the call. */
static bool read_text(struct ctl_call *call, const json_t *parameters, const char *name,
    bool lines, char *out, size_t cap)
{
	const char *text = json_string_value(json_object_get(parameters, name));
	size_t len = text != NULL ? strlen(text) : 0;

	*out = '\0';
	if (text == NULL)
		return true;
	if (len >= cap || has_control(text, lines)) {
		ctl_invalid_parameter(call, name);
		return false;
	}
	memcpy(out, text, len + 1);
	return true;
}

/* Who is away always has an answer: the title, where there is no text. */
void control_set_absence(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"title", CTL_STRING, true},
	    {"text", CTL_STRING, true}, {0}};
	struct peerd *peerd = context;
	struct absence absence;

	if (!ctl_check_parameters(call, parameters, table) ||
	    !read_text(call, parameters, "title", false, absence.title, sizeof absence.title) ||
	    !read_text(call, parameters, "text", true, absence.text, sizeof absence.text) ||
	    control_is_ending(call, peerd))
		return;
	if (*absence.text == '\0')
		snprintf(absence.text, sizeof absence.text, "%s", absence.title);
	peerd_set_absence(peerd, *absence.text != '\0' ? &absence : NULL);
	ctl_reply(call,
	    json_pack("{s:o}", "absence", describe_absence(peer_absence(peerd_peer(peerd)))));
	peerd_settle(peerd);
}

void control_refresh(struct ctl_call *call, json_t *parameters, void *context)
{
	struct peerd *peerd = context;
	const char *why = NULL;

	if (!ctl_check_parameters(call, parameters, NULL) || control_is_ending(call, peerd))
		return;
	if (peerd_network(peerd)->link_count == 0)
		why = "there is no local network to enter: none is connected, or none that the "
		      "option `lan' in the section peerd of the configuration allows";
	else if (!peerd_refresh(peerd))
		why = "the last refresh was less than 5 seconds ago; wait a moment";
	if (why != NULL)
		ctl_error(call, CTL_PEER ".NotNow", json_pack("{s:s}", "explanation", why));
	else
		ctl_reply(call, NULL);
	peerd_settle(peerd);
}
