/*
 * What an administrator does to a supernode that runs: bans, ending
 * registrations, letting nobody in any more.
 */
#ifndef IPMSG_SUPER_ADMINISTER_H
#define IPMSG_SUPER_ADMINISTER_H

#include "super/bans.h"
#include "super/super.h"

/* In place of an earlier ban of the same. Who is registered is for super_expel(). */
enum bans_result super_ban(struct super *super, const struct ban *ban);

/* False when there is no ban of just that. */
bool super_unban(struct super *super, const struct whom *whom);

const struct bans *super_bans(const struct super *super);

/*
 * Goes through the registrations, looking at `budget` places at most, and ends those that
 * `whom` means, or for NULL all that are banned. `*cursor` is 0 at first; true
 * when it has been through, and false when it has to be called again. Adds to
 * `*ended`. `reason`: SUPER_KICKED or SUPER_BANNED.
 */
bool super_expel(struct super *super, const struct whom *whom, enum super_reason reason,
    uint32_t budget, uint32_t *cursor, uint32_t *ended);

/* While it drains nobody new is let in; everybody who is registered is served. */
void super_drain(struct super *super, bool on);

#endif
