/*
 * What a person need not configure, since the system knows it: the login name,
 * the host's name, and where the control socket of a person or a service lies.
 */
#ifndef IPMSG_PEERD_DEFAULTS_H
#define IPMSG_PEERD_DEFAULTS_H

#include "peerd/settings.h"

/*
 * Fills in user, host and nick, and the control socket's path, where they are
 * empty, and the port of addresses on the LAN where none was given.
 */
void defaults_complete(struct peerd_settings *settings);

/*
 * Makes the directory of the personal control socket, if `path` is that one.
 * Nothing is said when it fails: binding the socket will tell.
 */
void defaults_make_directory(const char *path);

#endif
