/* The list of sections, the defaults of them all, and look-ups by name. */
#include <string.h>

#include "conf/option.h"

const struct section *const conf_sections[] = {
    &conf_section_superd,
    &conf_section_peerd,
    &conf_section_log,
    NULL,
};

void conf_init(struct conf *conf)
{
	memset(conf, 0, sizeof *conf);
	for (size_t i = 0; conf_sections[i] != NULL; i++)
		conf_sections[i]->init(conf);
}

const struct section *section_find(const char *name)
{
	for (size_t i = 0; conf_sections[i] != NULL; i++) {
		if (strcmp(conf_sections[i]->name, name) == 0)
			return conf_sections[i];
	}
	return NULL;
}

const struct option *section_option(const struct section *section, const char *name)
{
	for (size_t i = 0; i < section->count; i++) {
		if (strcmp(section->options[i].name, name) == 0)
			return &section->options[i];
	}
	return NULL;
}
