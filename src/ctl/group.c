/* Asking the system for groups. */
#include "ctl/group.h"

#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define GROUPS_MAX 1024

static bool is_ours(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (geteuid() == 0 || getegid() == gid)
		return true;
	for (int i = 0; i < count; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

const char *ctl_group(const char *configured, const char *usual)
{
	const struct group *group;

	if (strcmp(configured, usual) != 0)
		return configured;
	group = getgrnam(configured);
	if (group != NULL && is_ours(group->gr_gid))
		return configured;
	log_debug("the control socket is for this user only: %s group `%s'",
	    group == NULL ? "there is no" : "not a member of the", configured);
	return "";
}
