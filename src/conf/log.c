/* The section log { }: how much is logged, and where. */
#include "conf/option.h"

static const struct word levels[] = {
    {"error", LOG_LEVEL_ERROR},
    {"warn", LOG_LEVEL_WARN},
    {"info", LOG_LEVEL_INFO},
    {"debug", LOG_LEVEL_DEBUG},
    {0},
};

/* A daemon that goes to the background turns to syslog by itself, hence "auto". */
static const struct word targets[] = {
    {"auto", LOG_TARGET_STDERR},
    {"stderr", LOG_TARGET_STDERR},
    {"syslog", LOG_TARGET_SYSLOG},
    {0},
};

static const struct word addresses[] = {
    {"truncated", LOG_ADDRESSES_TRUNCATED},
    {"full", LOG_ADDRESSES_FULL},
    {0},
};

static const struct option options[] = {
    {
	.name = "level",
	.read = option_read_word,
	.offset = offsetof(struct conf, log.level),
	.words = levels,
    },
    {
	.name = "target",
	.read = option_read_word,
	.offset = offsetof(struct conf, log.target),
	.words = targets,
    },
    {
	.name = "addresses",
	.read = option_read_word,
	.offset = offsetof(struct conf, log.addresses),
	.words = addresses,
    },
};

static void init(struct conf *conf)
{
	conf->log = (struct log_settings){
	    .level = LOG_LEVEL_INFO,
	    .target = LOG_TARGET_STDERR,
	    .addresses = LOG_ADDRESSES_TRUNCATED,
	};
}

const struct section conf_section_log = {
    .name = "log",
    .init = init,
    .options = options,
    .count = sizeof options / sizeof *options,
};
