/* Who is there, as the stock client's double sees it. */
#include "stock.h"

#include "escape.h"

#include <strings.h>

#define MOVE_MS 7000 /* a user seen at a new place within this stays at the old one */

static bool same_name(const struct user *user, const struct packet *packet)
{
	return strcasecmp(user->user.s, packet->user.s) == 0 &&
	       strcasecmp(user->host.s, packet->host.s) == 0;
}

struct user *user_at(struct stock *stock, const union endpoint *at)
{
	for (size_t i = 0; i < stock->user_count; i++) {
		struct user *user = &stock->users[i];

		if (stock->habits->identity == BY_ADDRESS ? same_address(&user->at, at)
							  : same_endpoint(&user->at, at))
			return user;
	}
	return NULL;
}

static struct user *user_named(struct stock *stock, const struct packet *packet)
{
	for (size_t i = 0; i < stock->user_count; i++)
		if (same_name(&stock->users[i], packet))
			return &stock->users[i];
	return NULL;
}

struct user *user_of(struct stock *stock, const struct packet *packet)
{
	if (stock->habits->identity != BY_USER_AND_PLACE)
		return user_at(stock, &packet->from);
	for (size_t i = 0; i < stock->user_count; i++) {
		struct user *user = &stock->users[i];

		if (same_endpoint(&user->at, &packet->from) &&
		    strcmp(user->user.s, packet->user.s) == 0)
			return user;
	}
	return NULL;
}

struct user *user_called(struct stock *stock, const char *who, union endpoint *to)
{
	size_t len = strlen(who);
	struct user *user = NULL;

	if (parse_endpoint(who, to))
		return user_at(stock, to);
	for (size_t i = 0; i < stock->user_count && !user; i++)
		if (text_is(&stock->users[i].nick, who, len) ||
		    text_is(&stock->users[i].user, who, len))
			user = &stock->users[i];
	if (user)
		*to = user->at;
	else
		to->any.sa_family = AF_UNSPEC;
	return user;
}

void user_remove(struct stock *stock, struct user *user)
{
	struct user *last = &stock->users[stock->user_count - 1];

	memmove(user, user + 1, (size_t)(last - user) * sizeof(*user));
	stock->user_count--;
}

static struct user *user_add(struct stock *stock, const struct packet *packet)
{
	struct user *user;

	if (stock->user_count == USERS_MAX)
		return NULL;
	user = &stock->users[stock->user_count++];
	memset(user, 0, sizeof(*user));
	user->at = packet->from;
	return user;
}

static bool move_allowed(const struct user *user, const union endpoint *to)
{
	return now_ms() - user->updated >= MOVE_MS ||
	       (user->at.any.sa_family == AF_INET6 && to->any.sa_family == AF_INET);
}

/* Whoever else sits at the place goes; one known by name moves there, but not at once. */
static struct user *user_settle(struct stock *stock, const struct packet *packet)
{
	struct user *occupant = user_at(stock, &packet->from);
	struct user *user = user_named(stock, packet);
	char where[ENDPOINT_SIZE];

	if (user && user != occupant && !move_allowed(user, &packet->from)) {
		printf("stays %s %s\n", user->user.s, endpoint(where, &user->at));
		return user;
	}
	if (occupant && occupant != user) {
		printf("evicted %s %s\n", occupant->user.s, endpoint(where, &occupant->at));
		user_remove(stock, occupant);
		user = user_named(stock, packet);
	}
	if (!user)
		return user_add(stock, packet);
	user->at = packet->from;
	return user;
}

struct user *user_enter(struct stock *stock, const struct packet *packet)
{
	struct user *user = stock->habits->identity == BY_NAME_OR_PLACE ? user_settle(stock, packet)
									: user_of(stock, packet);

	if (!user)
		user = user_add(stock, packet);
	if (!user)
		return NULL;
	if (stock->habits->identity == BY_ADDRESS)
		user->at = packet->from;
	user->user = packet->user;
	user->host = packet->host;
	user->nick = packet->nick;
	user->group = packet->group;
	user->status = packet->command & ~COMMAND_MODE;
	user->last_number = 0;
	user->updated = now_ms();
	if (stock->habits->keys == KEYS_IPTUX)
		snprintf(user->codeset, sizeof(user->codeset), "%s",
		    packet->codeset ? packet->codeset : packet->charset);
	if ((packet->command & COMMAND_MODE) == COMMAND_ENTRY && (packet->command & OPTION_DIALUP))
		user->dialup = true;
	return user;
}

bool user_refused(const struct stock *stock, const struct packet *packet)
{
	for (size_t i = 0; i < stock->refused_count; i++)
		if (text_is(&stock->refused[i], packet->user.s, packet->user.len))
			return true;
	return false;
}

void users_print(const struct stock *stock)
{
	char where[ENDPOINT_SIZE], word[4][4 * TEXT_MAX + 8];

	for (size_t i = 0; i < stock->user_count; i++) {
		const struct user *user = &stock->users[i];
		const struct text *names[4] = {&user->user, &user->host, &user->nick, &user->group};

		for (size_t n = 0; n < 4; n++)
			escape(word[n], sizeof(word[n]), names[n]->len ? names[n]->s : "-",
			    names[n]->len ? names[n]->len : 1, false);
		printf("user %s %s %s %s %s %s%s\n", endpoint(where, &user->at), word[0], word[1],
		    word[2], word[3], user->status & OPTION_ABSENCE ? "absent" : "present",
		    user->dialup ? " dialup" : "");
	}
	printf("end\n");
}

const char *user_name(struct stock *stock, const struct packet *packet)
{
	static char escaped[4 * TEXT_MAX + 8];
	const struct user *user = user_of(stock, packet);
	const struct text *name = user && user->nick.len ? &user->nick : &packet->user;

	return escape(escaped, sizeof(escaped), name->s, name->len, false);
}

const char *user_charset(const struct stock *stock, const struct user *user, unsigned long *command)
{
	if (stock->habits->utf8 && user && (user->status & OPTION_CAPUTF8)) {
		*command |= OPTION_UTF8;
		return "UTF-8";
	}
	return stock->habits->keys == KEYS_IPTUX && user && *user->codeset ? user->codeset
									   : stock->charset;
}

/* --- The ring of packets seen */

bool seen_already(const struct stock *stock, const struct packet *packet)
{
	for (size_t i = 0; i < SEEN_MAX; i++) {
		const struct seen *seen = &stock->seen[i];

		if (text_is(&seen->number, packet->number.s, packet->number.len) &&
		    strcasecmp(seen->user.s, packet->user.s) == 0 &&
		    strcasecmp(seen->host.s, packet->host.s) == 0)
			return true;
	}
	return false;
}

void seen_remember(struct stock *stock, const struct packet *packet)
{
	stock->seen[stock->seen_next] =
	    (struct seen){.number = packet->number, .user = packet->user, .host = packet->host};
	stock->seen_next = (stock->seen_next + 1) % SEEN_MAX;
}
