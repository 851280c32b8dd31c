/* Network interfaces by their names: which lead out of this host. */
#ifndef IPMSG_IO_INTERFACE_H
#define IPMSG_IO_INTERFACE_H

#include <stdbool.h>

/* A network inside this host, of containers or virtual machines: nobody else is there. */
bool interface_is_internal(const char *name);

#endif
