/* Finding handlers, checking parameters, and org.varlink.service itself. */
#include "ctl/dispatch.h"

#include <string.h>

#include "ctl/interface.h"

#define VENDOR "ipmsgd"
#define URL ""

static const struct ctl_interface *find_interface(const struct ctl_options *options,
    const char *name, size_t len)
{
	for (const struct ctl_interface *i = options->interfaces; i->name != NULL; i++) {
		if (strlen(i->name) == len && memcmp(i->name, name, len) == 0)
			return i;
	}
	return NULL;
}

static void on_get_info(struct ctl_call *call, json_t *parameters, void *context)
{
	const struct ctl_options *options = context;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;

	json_t *names = json_pack("[s]", CTL_SERVICE);

	for (const struct ctl_interface *i = options->interfaces; i->name != NULL; i++)
		json_array_append_new(names, json_string(i->name));
	ctl_reply(call,
	    json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", VENDOR, "product", options->product,
		"version", options->version, "url", URL, "interfaces", names));
}

static void on_get_description(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"interface", CTL_STRING, false}, {NULL}};
	const struct ctl_options *options = context;

	if (!ctl_check_parameters(call, parameters, table))
		return;

	const char *name = json_string_value(json_object_get(parameters, "interface"));
	const struct ctl_interface *found = find_interface(options, name, strlen(name));
	const char *text = NULL;

	if (strcmp(name, CTL_SERVICE) == 0)
		text = ctl_service_description;
	else if (found != NULL)
		text = found->description;
	if (text == NULL)
		ctl_error(call, CTL_SERVICE ".InterfaceNotFound",
		    json_pack("{s:s}", "interface", name));
	else
		ctl_reply(call, json_pack("{s:s}", "description", text));
}

static const struct ctl_method service_methods[] = {
    {"GetInfo", on_get_info},
    {"GetInterfaceDescription", on_get_description},
    {NULL, NULL},
};

void ctl_dispatch(struct ctl_options *options, struct ctl_call *call, const char *method,
    json_t *parameters)
{
	const char *dot = strrchr(method, '.');

	if (dot == NULL) {
		ctl_invalid_parameter(call, "method");
		return;
	}

	size_t len = (size_t)(dot - method);
	bool service = len == strlen(CTL_SERVICE) && memcmp(method, CTL_SERVICE, len) == 0;
	const struct ctl_interface *interface = find_interface(options, method, len);

	if (!service && interface == NULL) {
		ctl_error(call, CTL_SERVICE ".InterfaceNotFound",
		    json_pack("{s:s%}", "interface", method, len));
		return;
	}
	for (const struct ctl_method *m = service ? service_methods : interface->methods;
	     m->name != NULL; m++) {
		if (strcmp(m->name, dot + 1) != 0)
			continue;
		if (m->handler != NULL)
			m->handler(call, parameters, service ? options : options->context);
		else
			ctl_error(call, CTL_SERVICE ".MethodNotImplemented",
			    json_pack("{s:s}", "method", method));
		return;
	}
	ctl_error(call, CTL_SERVICE ".MethodNotFound", json_pack("{s:s}", "method", method));
}

void ctl_invalid_parameter(struct ctl_call *call, const char *name)
{
	ctl_error(call, CTL_SERVICE ".InvalidParameter", json_pack("{s:s}", "parameter", name));
}

static bool has_type(const json_t *value, enum ctl_type type)
{
	switch (type) {
	case CTL_STRING:
		return json_is_string(value);
	case CTL_INT:
		return json_is_integer(value);
	case CTL_BOOL:
		return json_is_boolean(value);
	case CTL_ARRAY:
		return json_is_array(value);
	case CTL_OBJECT:
		return json_is_object(value);
	}
	return false;
}

static bool in_table(const struct ctl_parameter *table, const char *name)
{
	for (; table != NULL && table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0)
			return true;
	}
	return false;
}

bool ctl_check_parameters(struct ctl_call *call, json_t *parameters,
    const struct ctl_parameter *table)
{
	const char *name;
	json_t *value;

	json_object_foreach(parameters, name, value) {
		if (!in_table(table, name)) {
			ctl_invalid_parameter(call, name);
			return false;
		}
	}
	for (; table != NULL && table->name != NULL; table++) {
		value = json_object_get(parameters, table->name);
		bool absent = value == NULL || json_is_null(value);

		if (absent ? !table->optional : !has_type(value, table->type)) {
			ctl_invalid_parameter(call, table->name);
			return false;
		}
	}
	return true;
}
