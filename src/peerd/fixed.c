/* The account that root becomes, and what of the configuration only a start takes over. */
#include "peerd/fixed.h"

#include <string.h>

#include "io/privileges.h"

bool fixed_same(const struct peerd_settings *a, const struct peerd_settings *b)
{
	return a->wan_port == b->wan_port && a->receive_buffer == b->receive_buffer &&
	    strcmp(a->control, b->control) == 0 &&
	    strcmp(a->control_group, b->control_group) == 0 &&
	    strcmp(a->state_directory, b->state_directory) == 0 && strcmp(a->run_as, b->run_as) == 0;
}

bool fixed_drop_privileges(const struct program_options *options,
    const struct peerd_settings *settings)
{
	struct privileges privileges;

	if (!privileges_choose(&privileges, settings->run_as, options->config))
		return false;
	privileges_make_parent(&privileges,
	    options->control != NULL ? options->control : settings->control, 0755);
	privileges_make_directory(&privileges, settings->state_directory, 0700);
	return privileges_drop(&privileges);
}
