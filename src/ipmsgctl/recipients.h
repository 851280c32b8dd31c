/* Who is meant by a group. */
#ifndef IPMSG_IPMSGCTL_RECIPIENTS_H
#define IPMSG_IPMSGCTL_RECIPIENTS_H

#include "ipmsgctl/session.h"

/*
 * The names, as Send takes them, of everybody in the peer's list who is of that
 * group, can be reached now and did not merely come to us: a new array with one at
 * least. Who is left out is mentioned. Otherwise the failure was reported.
 */
enum status recipients_of_group(struct session *session, const char *group, json_t **names);

#endif
