/* Bans, expelling and draining, and what they mean for who wants to enter. */
#include "super/administer.h"

#include "super/core.h"

/* A clock that is set makes a ban end late or early by at most so much, in ms. */
#define BANS_CHECK_MS 60000LL

enum bans_result super_ban(struct super *super, const struct ban *ban)
{
	super->bans_due = 0;
	return bans_put(&super->bans, ban);
}

bool super_unban(struct super *super, const struct whom *whom)
{
	return bans_remove(&super->bans, whom);
}

const struct bans *super_bans(const struct super *super)
{
	return &super->bans;
}

void super_drain(struct super *super, bool on)
{
	super->draining = on;
}

/* Ends it if it is meant. */
static bool expel_one(struct super *super, const struct whom *whom, enum super_reason reason,
    const struct registration *reg)
{
	if (whom != NULL ? !whom_means(whom, reg) : !bans_mean(&super->bans, reg))
		return false;
	registry_remove(&super->registry, registry_at(&super->registry, &reg->remote), reason);
	return true;
}

bool super_expel(struct super *super, const struct whom *whom, enum super_reason reason,
    uint32_t budget, uint32_t *cursor, uint32_t *ended)
{
	const struct registration *reg;

	if (whom != NULL && whom->kind == WHOM_ENDPOINT) {
		reg = registry_at(&super->registry, &whom->at);
		*ended += reg != NULL && expel_one(super, whom, reason, reg);
		return true;
	}
	while ((reg = registry_walk_some(&super->registry, cursor, &budget)) != NULL)
		*ended += expel_one(super, whom, reason, reg);
	return budget > 0;
}

static enum super_reason refusal(const struct super *super, const struct enter *enter)
{
	const struct credentials *credentials = enter->credentials;

	if (bans_has_names(&super->bans, enter->names) ||
	    (credentials != NULL && bans_has_key(&super->bans, credentials->identity)))
		return SUPER_BANNED;
	/* somebody who comes from another endpoint, or under another name, is not new */
	if (super->draining && registry_at(&super->registry, &enter->remote) == NULL &&
	    !registry_knows(&super->registry, enter))
		return SUPER_DRAINING;
	return SUPER_NO_REASON;
}

enum super_reason super_may_enter(struct super *super, const struct enter *enter)
{
	enum super_reason reason = refusal(super, enter);

	if (reason == SUPER_NO_REASON)
		return reason;
	count(super, reason == SUPER_BANNED ? COUNT_DROPPED_BANNED : COUNT_DROPPED_DRAINING);
	registry_tell_refused(&super->registry, enter, reason);
	return reason;
}

void administer_tick(struct super *super, int64_t now, int64_t wall)
{
	int64_t end;

	if (now < super->bans_due)
		return;
	bans_expire(&super->bans, wall);
	end = bans_next_end(&super->bans);
	if (end == INT64_MAX)
		super->bans_due = DEADLINE_NEVER;
	else if (end - wall < BANS_CHECK_MS / 1000)
		super->bans_due = now + (end - wall) * 1000;
	else
		super->bans_due = now + BANS_CHECK_MS;
}
