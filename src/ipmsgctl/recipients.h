/* Who is meant by a group. */
#ifndef IPMSG_IPMSGCTL_RECIPIENTS_H
#define IPMSG_IPMSGCTL_RECIPIENTS_H

#include "ipmsgctl/session.h"

/*
 * The names, as Send takes them, of everybody in the peer's list who is of that
 * group and can be reached now: a new array with one at least. Who cannot be
 * reached is mentioned. Otherwise the failure was reported.
 */
enum status recipients_of_group(struct session *session, const char *group, json_t **names);

#endif
