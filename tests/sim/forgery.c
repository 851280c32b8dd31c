/* Packets of all commands, from somebody who guesses what he does not know. */
#include "forgery.h"

#include <stdarg.h>
#include <stdio.h>

#include "wire/command.h"

static void put(struct forgery *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct forgery *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len,
	    format, args);
	va_end(args);
}

static void put_nul(struct forgery *text)
{
	text->bytes[text->len++] = '\0';
}

static void put_random(struct sim *sim, struct forgery *text, const char *key, int letters)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	put(text, "\n%s:", key);
	for (int i = 0; i < letters - 1; i++)
		put(text, "%c", alphabet[sim_chance(sim, 64)]);
	/* the last letter's low bits have to be 0 */
	put(text, "A");
}

/* Fields of ours, each there or not; values guessed. */
static void put_block(struct sim *sim, struct forgery *text)
{
	put_nul(text);
	put(text, "\nVS:00050000:0:1:0\nPX:1");
	if (sim_chance(sim, 2))
		put_random(sim, text, "TK", 11);
	if (sim_chance(sim, 2))
		put_random(sim, text, "SI", 11);
	if (sim_chance(sim, 2))
		put_random(sim, text, "CK", 22);
	if (sim_chance(sim, 3) == 0)
		put(text, "\nLT:75");
	if (sim_chance(sim, 4) == 0)
		put_random(sim, text, "OA", 8);
	if (sim_chance(sim, 8) == 0)
		put(text, "\nER:unverified");
	if (sim_chance(sim, 4) == 0)
		put(text, "\nPD:%0*d", (int)sim_chance(sim, 100) + 1, 0);
}

static const unsigned commands[] = {CMD_BR_ENTRY, CMD_BR_EXIT, CMD_ANSENTRY, CMD_BR_ABSENCE,
    CMD_SENDMSG | OPT_SENDCHECK, CMD_RECVMSG, CMD_READMSG | OPT_READCHECK, CMD_ANSREADMSG,
    CMD_ASKPUNCHING, CMD_ORDERPUNCHING, CMD_ANSPUNCHING, CMD_BR_ISGETLIST2, CMD_GETLIST,
    CMD_GETINFO, 0xff};
#define COMMANDS (sizeof commands / sizeof *commands)

static void put_body(struct sim *sim, struct forgery *text, const struct endpoint *victim,
    unsigned command)
{
	static const char *const names[] = {"bob", "dave", "sid", "nobody", "bob@sales",
	    "sid@sales"};
	char at[ENDPOINT_TEXT_MAX];

	if (command == CMD_ORDERPUNCHING) {
		put(text, "%s", endpoint_format_address(victim, at));
		put_nul(text);
		put(text, "%u", victim->port);
		return;
	}
	put(text, "%s", names[sim_chance(sim, 6)]);
	if (command == CMD_BR_ENTRY || command == CMD_ANSENTRY || command == CMD_BR_ABSENCE) {
		put_nul(text);
		put(text, "sales");
	}
}

void forgery_compose(struct forgery *text, struct sim *sim, const struct endpoint *victim)
{
	static const char *const users[] = {"bob", "dave", "sid", "x"};
	unsigned command = commands[sim_chance(sim, COMMANDS)];
	const char *user = users[sim_chance(sim, 4)];
	bool block = sim_chance(sim, 2);

	text->len = 0;
	put(text, "1:%u:%s:pc-%s:%u:", sim_chance(sim, 2) ? 1700001000 + sim_chance(sim, 99) : 1,
	    user, user, command | (block ? OPT_CAPUTF8 : 0));
	put_body(sim, text, victim, command & COMMAND_MASK);
	if (block)
		put_block(sim, text);
	if (sim_chance(sim, 20) == 0)
		text->len = sim_chance(sim, (uint32_t)text->len);
}
