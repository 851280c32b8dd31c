/* What the common makers of internal networks call their interfaces. */
#include "io/interface.h"

#include <stddef.h>
#include <string.h>

bool interface_is_internal(const char *name)
{
	static const char *const prefixes[] = {"docker", "veth", "br-", "virbr", "lxc", "lxdbr",
	    "podman", "cni"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}
