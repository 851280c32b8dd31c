/*
 * The defaults of a supernode's settings. They have their one home here; the
 * shipped etc/ipmsg.conf repeats them for the reader, and a test compares.
 */
#include "super/settings.h"

void super_settings_init(struct super_settings *settings)
{
	*settings = (struct super_settings){
	    .nick = "supernode",
	    .group = "",
	    .legacy = LEGACY_LIMITED,
	    .legacy_charset = "CP932",
	    .legacy_keepalive = 20,
	    .max_registrations = 1000000,
	    .max_same_nick = 64,
	    .max_unproven = 4096,
	    .max_introductions = 4096,
	};
}
