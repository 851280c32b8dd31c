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
	    .directory = DIRECTORY_OPEN,
	    .roster = ROSTER_GROUP,
	    .legacy_charset = "CP932",
	    .legacy_keepalive = 20,
	    .max_registrations = 1000000,
	    .max_same_nick = 64,
	    .max_per_source = 4096,
	    .max_pins = 1000000,
	    .pin_days = 30,
	    .new_names_per_source = 256,
	    .max_unproven = 4096,
	    .max_introductions = 65536,
	    .limits =
		{
		    .answers_per_source = {50, 500},
		    .answers_in_all = 20000,
		    .asks_per_source = {10, 50},
		    .orders_per_asker = {1, 5},
		    .orders_per_target = {10, 40},
		    .signatures_per_address = {1, 5},
		    .signatures_per_source = {20, 250},
		    .signature_cpu = 20,
		    .leak = 8,
		},
	};
}
