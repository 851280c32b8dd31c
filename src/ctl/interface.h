/*
 * The interfaces of the control protocol, as Varlink IDL: what a daemon hands
 * to the server as descriptions, and the names both sides use.
 */
#ifndef IPMSG_CTL_INTERFACE_H
#define IPMSG_CTL_INTERFACE_H

#define CTL_SERVICE "org.varlink.service"
#define CTL_DAEMON "net.ipmsg.daemon" /* both daemons */
#define CTL_SUPER "net.ipmsg.super"   /* ipmsg-superd */
#define CTL_PEER "net.ipmsg.peer"     /* ipmsg-peerd */

/* List without `more` gives one page of at most so many. */
#define CTL_LIST_PAGE 1000

extern const char ctl_service_description[];
extern const char ctl_daemon_description[];
extern const char ctl_super_description[];
extern const char ctl_peer_description[];

#endif
