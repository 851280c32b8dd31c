/* Reload and log level over the control socket, for whichever daemon. */
#include "ctl/daemon.h"

#include "base/log.h"
#include "ctl/interface.h"

static void collect(const char *text, void *messages)
{
	json_array_append_new(messages, json_string(text));
}

void ctl_daemon_reload(struct ctl_call *call, json_t *parameters, ctl_reload_fn reload,
    void *daemon)
{
	json_t *messages;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	messages = json_array();
	if (reload(daemon, collect, messages)) {
		json_decref(messages);
		ctl_reply(call, NULL);
	} else {
		ctl_error(call, CTL_DAEMON ".ConfigurationInvalid",
		    json_pack("{s:o}", "messages", messages));
	}
}

static json_t *level_reply(void)
{
	return json_pack("{s:s}", "level", log_level_name(log_get_level()));
}

void ctl_daemon_get_level(struct ctl_call *call, json_t *parameters, void *context)
{
	if (ctl_check_parameters(call, parameters, NULL))
		ctl_reply(call, level_reply());
}

void ctl_daemon_set_level(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"level", CTL_STRING, false}, {0}};
	enum log_level level;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	if (!log_level_parse(json_string_value(json_object_get(parameters, "level")), &level)) {
		ctl_error(call, CTL_DAEMON ".UnknownLevel",
		    json_pack("{s:[s,s,s,s]}", "known", log_level_name(LOG_LEVEL_ERROR),
			log_level_name(LOG_LEVEL_WARN), log_level_name(LOG_LEVEL_INFO),
			log_level_name(LOG_LEVEL_DEBUG)));
		return;
	}
	log_set_level(level);
	ctl_reply(call, level_reply());
}
