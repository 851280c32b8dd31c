/* The clients that the double can be, one row each. */
#include "stock.h"

/*
 * Of what a Windows client advertises (0x0F640000) the double can do file offers and UTF-8; it has
 * no keys, no dictionaries and no clipboard.
 */
#define WINDOWS_STATUS (OPTION_FILEATTACH | OPTION_CAPUTF8)
#define MAC_STATUS (OPTION_FILEATTACH | OPTION_CAPUTF8)

static const struct habits clients[] = {
    {
	.name = "official",
	.version = "1",
	.charset = "CP932",
	.about = "stock double as the Windows client 4.99",
	.numbers = NUMBERS_RISING,
	.keys = KEYS_WINDOWS,
	.identity = BY_NAME_OR_PLACE,
	.greeting = GREETS_BY_ENTRY,
	.entry = WINDOWS_STATUS,
	.answer = WINDOWS_STATUS,
	.absence = WINDOWS_STATUS,
	.leave = WINDOWS_STATUS,
	.sealed = OPTION_SECRET | OPTION_READCHECK,
	.utf8 = true,
	.ends_bodies = true,
	.directed = true,
	.knocks = true,
	.leaves_twice = true,
	.can_be_absent = true,
	.lists = true,
	.exact_receipts = true,
	.reads_check = true,
	.answers_reads = true,
	.keeps = true,
	.knows_seen = true,
	.answer_random = 1024,
	.entry_delay = 250,
	.entry_again = 5000,
	.tries = 5,
	.tries_ms = 1000,
	.padded = 2,
    },
    {
	.name = "iptux",
	.version = "1_iptux 0.9.4",
	.charset = "UTF-8",
	.numbers = NUMBERS_FROM_ONE,
	.keys = KEYS_IPTUX,
	.identity = BY_ADDRESS,
	.greeting = GREETS_IN_LIST,
	.entry = OPTION_ABSENCE, /* which means nothing there */
	.answer = OPTION_ABSENCE,
	.absence = OPTION_ABSENCE,
	.leave = OPTION_DIALUP,
	.receipt = OPTION_SENDCHECK,
	.ends_bodies = true,
	.own_port = true,
	.directed = true,
	.one_number = true,
	.one_by_one = true,
	.answers_all = true,
	.drops_old = true,
	.tries = 4,
	.tries_ms = 1000,
    },
    {
	.name = "mac",
	.version = "1",
	.charset = "SHIFT_JIS",
	.about = "stock double as the Mac client",
	.numbers = NUMBERS_FROM_ONE,
	.keys = KEYS_MAC,
	.identity = BY_USER_AND_PLACE,
	.greeting = GREETS_BY_ENTRY,
	.entry = MAC_STATUS,
	.answer = MAC_STATUS,
	.absence = MAC_STATUS,
	.leave = OPTION_CAPUTF8,
	.sealed = OPTION_SECRET,
	.utf8 = true,
	.ends_bodies = true,
	.knocks = true,
	.can_be_absent = true,
	.stays_absent = true,
	.refuses = true,
	.asks_info = true,
	.answers_reads = true,
	.knows_seen = true,
	.answer_random = 1024,
	.tries = 4,
	.tries_ms = 2000,
    },
    {
	.name = "perl",
	.version = "1",
	.charset = "UTF-8",
	.about = "Net::IPMessenger-0.13",
	.numbers = NUMBERS_TIME,
	.identity = BY_USER_AND_PLACE,
	.greeting = GREETS_IN_LIST,
	.entry = OPTION_BROADCAST,
	.leave = OPTION_BROADCAST,
	.sealed = OPTION_SECRET,
	.answers_all = true,
	.answers_reads = true,
	.tries = 4,
	.tries_ms = 1000,
    },
    {
	.name = "feiq",
	.version = "1_lbt6_0#128#0A4D00000001#0#0#0#4001#9",
	.charset = "GBK",
	.numbers = NUMBERS_RISING,
	.identity = BY_ADDRESS,
	.greeting = GREETS_IN_LIST,
	.ends_bodies = true,
	.own_port = true,
	.answers_all = true,
	.answers_any = true,
	.tries = 1,
	.tries_ms = 5000,
    },
};

const struct habits *habits_find(const char *name)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		if (strcmp(clients[i].name, name) == 0)
			return &clients[i];
	return NULL;
}
