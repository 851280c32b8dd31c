/* The parts of io/ behind the core's wishes. */
#include "peerd/outside.h"

#include <errno.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/hops.h"
#include "io/netlink.h"
#include "io/resolver.h"
#include "peerd/parts.h"

/* After a registration or a move: a NAT that is just being looked at shall see nothing else. */
#define HOPS_DELAY_MS 3000
#define HOPS_REST_MS 60000

/* By name, since the supernodes may have been configured anew meanwhile. */
static void on_resolved(const struct resolver_answer *answer, void *context)
{
	struct peerd *peerd = context;
	struct peer_supernode_status status;

	for (unsigned i = 0; peer_supernode(peerd->peer, i, &status); i++) {
		if (status.port != answer->port || strcmp(status.host, answer->host) != 0)
			continue;
		eventlog_resolved(&peerd->log, status.setting, answer->host, answer->why);
		peer_resolved(peerd->peer, status.setting, answer->addresses, answer->count,
		    loop_now(), loop_wall(), &peerd->batch);
		break;
	}
	peerd_settle(peerd);
}

static void want_hops(struct outside *outside)
{
	int64_t soon = loop_now() + HOPS_DELAY_MS;

	outside->hops_wanted = true;
	outside->hops_due = soon > outside->hops_rest ? soon : outside->hops_rest;
}

void outside_look(struct peerd *peerd)
{
	struct network *network = &peerd->outside.network;
	bool moved = network_look(network, peerd->udp, &peerd->conf.peerd, loop_now());

	peer_addresses(peerd->peer, network->addresses, network->address_count);
	peer_own_addresses(peerd->peer, network->found.all, network->found.count);
	peer_families(peerd->peer, network->ip4, network->ip6, loop_now(), loop_wall(),
	    &peerd->batch);
	peer_links(peerd->peer, network->links, network->link_count, loop_now(), loop_wall(),
	    &peerd->batch);
	if (!moved)
		return;
	log_info("the network is another than it was");
	peer_moved(peerd->peer, loop_now(), loop_wall(), &peerd->batch);
	want_hops(&peerd->outside);
}

static void on_network(void *context)
{
	struct peerd *peerd = context;

	if (peerd->ending)
		return;
	outside_look(peerd);
	peerd_settle(peerd);
}

bool outside_open(struct peerd *peerd)
{
	struct outside *outside = &peerd->outside;

	outside->hops_wanted = true;
	outside->hops_due = DEADLINE_NEVER;
	outside->resolver =
	    resolver_new(loop_base(peerd->loop), FAMILY_NONE, on_resolved, peerd);
	return outside->resolver != NULL;
}

/* Without the kernel's notices there is just the look every minute. */
void outside_watch(struct peerd *peerd)
{
	struct outside *outside = &peerd->outside;

	outside->netlink = netlink_watch(loop_base(peerd->loop), on_network, peerd);
	outside->network.watched = outside->netlink != NULL;
	if (!outside->network.watched)
		log_warn("the kernel does not tell of changes to the network (%s): they are "
			 "noticed within a minute", strerror(errno));
	outside_look(peerd);
}

void outside_reload(struct peerd *peerd)
{
	struct outside *outside = &peerd->outside;

	resolver_reload(outside->resolver);
	network_open(&outside->network, peerd->udp);
	if (udp_start(peerd->udp, loop_base(peerd->loop)) != 0)
		log_error("memory is short: what comes over IPv6 is not read");
	outside_look(peerd);
}

static void on_hops(int hops, void *context)
{
	struct peerd *peerd = context;

	peerd->outside.hops = NULL;
	if (hops == HOPS_UNKNOWN)
		log_debug("no router on the way to a supernode says where it is");
	else
		log_debug("private routers on the way to a supernode: %d", hops);
	peer_hops(peerd->peer, hops == HOPS_UNKNOWN ? 0 : (unsigned)hops);
}

/* One that is registered with: what is on the way to others may be anything. */
static bool find_supernode(const struct peerd *peerd, struct endpoint *at)
{
	struct peer_supernode_status status;

	for (unsigned i = 0; peer_supernode(peerd->peer, i, &status); i++) {
		if (status.state == SUPERNODE_REGISTERED && status.at.family == FAMILY_IP4 &&
		    endpoint_scope(&status.at) != SCOPE_LOOPBACK) {
			*at = status.at;
			return true;
		}
	}
	return false;
}

static void search_hops(struct peerd *peerd)
{
	struct outside *outside = &peerd->outside;
	struct endpoint to;

	outside->hops_due = DEADLINE_NEVER;
	if (outside->hops != NULL || !find_supernode(peerd, &to))
		return;
	outside->hops_wanted = false;
	outside->hops_rest = loop_now() + HOPS_REST_MS;
	outside->hops = hops_search(loop_base(peerd->loop), &to, on_hops, peerd);
	if (outside->hops == NULL)
		log_debug("routers on the way to a supernode: %s", strerror(errno));
}

/* Port 0 says to the core that there is none. */
static void open_socket(struct peerd *peerd, const struct peer_event *event)
{
	uint16_t local = 0, port = 0;

	if (udp_open(peerd->udp, event->family, &local, &port) != 0)
		log_warn("cannot open one more socket: %s", strerror(errno));
	peer_socket(peerd->peer, event->socket, local, port, loop_now(), loop_wall(),
	    &peerd->batch);
}

void outside_act(struct peerd *peerd, const struct peer_event *event, bool done)
{
	struct outside *outside = &peerd->outside;

	if (event->kind == EVENT_RESOLVE && !done) {
		peer_resolved(peerd->peer, event->index, NULL, 0, loop_now(), loop_wall(),
		    &peerd->batch);
	} else if (event->kind == EVENT_SUPERNODE) {
		/* the network may be another than it was, without anybody telling */
		if (!outside->network.watched)
			outside_look(peerd);
		if (event->supernode_state == SUPERNODE_REGISTERED && outside->hops_wanted &&
		    outside->hops_due == DEADLINE_NEVER)
			want_hops(outside);
	} else if (event->kind == EVENT_SOCKET) {
		open_socket(peerd, event);
	} else if (event->kind == EVENT_SOCKET_END) {
		/* what is to leave from there leaves first */
		batch_flush(&peerd->batch);
		udp_close(peerd->udp, event->local);
	}
}

int64_t outside_deadline(const struct peerd *peerd)
{
	const struct outside *outside = &peerd->outside;

	return outside->hops_due < outside->network.due ? outside->hops_due
							 : outside->network.due;
}

void outside_tick(struct peerd *peerd)
{
	const struct outside *outside = &peerd->outside;

	if (loop_now() >= outside->network.due)
		outside_look(peerd);
	if (loop_now() >= outside->hops_due)
		search_hops(peerd);
}

void outside_close(struct peerd *peerd)
{
	struct outside *outside = &peerd->outside;

	hops_cancel(outside->hops);
	netlink_free(outside->netlink);
	resolver_free(outside->resolver);
}
