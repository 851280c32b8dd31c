/*
 * What a person need not configure, since the system knows it: the login name,
 * the host's name, and where the control socket of a person or a service lies.
 */
#ifndef IPMSG_PEERD_DEFAULTS_H
#define IPMSG_PEERD_DEFAULTS_H

#include "peerd/settings.h"

/*
 * Fills in user, host and nick, and the paths of control socket and state directory, where they
 * are empty, and the port of addresses on the LAN where none was given.
 */
void defaults_complete(struct peerd_settings *settings);

/*
 * Makes the directory of the personal control socket, if `path` is that one.
 * Nothing is said when it fails: binding the socket will tell.
 */
void defaults_make_directory(const char *path);

/* The same for the directories above the personal state directory. */
void defaults_make_above(const char *path);

#endif
