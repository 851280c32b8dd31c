/* How the registry hashes: keyed, so that nobody can choose names that collide. */
#ifndef IPMSG_SUPER_REGISTRY_KEY_H
#define IPMSG_SUPER_REGISTRY_KEY_H

#include <stdint.h>

#include "super/registry.h"

uint32_t registry_peer_key(const struct registry *registry, const struct names *names,
    uint8_t family);
uint32_t registry_endpoint_key(const struct registry *registry, const struct endpoint *ep);
uint32_t registry_nick_key(const struct registry *registry, struct span nick);

#endif
