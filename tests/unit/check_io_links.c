/*
 * Local networks: which of a host's there are and when they change, what is sent
 * to all on one of them, and addresses that mean nothing without an interface. In a network
 * namespace of each test's own; without permission for that the tests say so.
 *
 *	a0 10.9.0.1/24, fe80::a, fd09::1     b0 10.9.0.2/24, fe80::b
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "io/addresses.h"
#include "io/links.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/resolver.h"
#include "io/udp.h"
#include "peerd/network.h"

static const char *const setup[] = {
    "ip link set lo up",
    "ip link add a0 type veth peer name a1",
    "ip link add b0 type veth peer name b1",
    "for i in a0 a1 b0 b1; do ip link set $i addrgenmode none && ip link set $i up || exit 1; done",
    "ip addr add 10.9.0.1/24 dev a0",
    "ip addr add 10.9.0.2/24 dev b0",
    "ip addr add fe80::a/64 dev a0 nodad",
    "ip addr add fe80::b/64 dev b0 nodad",
    "ip addr add fd09::1/64 dev a0 nodad",
};

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool run(const char *command)
{
	char line[512];

	snprintf(line, sizeof line, "PATH=$PATH:/usr/sbin:/sbin; (%s) >/dev/null 2>&1", command);
	return system(line) == 0;
}

/* False, having said why, where that cannot be had. */
static bool enter_lab(void)
{
	char map[64];
	const char *missing = "no permission for namespaces";

	snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/uid_map", map)) {
		missing = NULL;
		for (size_t i = 0; i < sizeof setup / sizeof *setup && missing == NULL; i++) {
			if (!run(setup[i]))
				missing = setup[i];
		}
	}
	if (missing != NULL) {
		printf("# no lab here (%s): not tested\n", missing);
		fflush(stdout);
	}
	return missing == NULL;
}

struct host {
	struct loop *loop;
	struct udp *udp;
	struct batch batch;
	unsigned received;
	bool to_many; /* of the last */
	struct endpoint remote;
	struct endpoint local;
	uint16_t number;
};

static void on_datagram(void *context, const struct arrival *arrival)
{
	struct host *host = context;
	unsigned char *to = batch_open(&host->batch, arrival->bytes.len);

	host->received++;
	host->to_many = arrival->to_many;
	host->remote = arrival->remote;
	host->number = arrival->local;
	udp_local(host->udp, arrival->local, &host->local);
	memcpy(to, arrival->bytes.data, arrival->bytes.len);
	batch_commit(&host->batch, arrival->bytes.len, arrival->local, &arrival->remote, 0);
}

static void on_idle(void *context)
{
	struct host *host = context;

	batch_flush(&host->batch);
	loop_stop(host->loop);
}

static void on_due(void *context)
{
	struct host *host = context;

	loop_stop(host->loop);
}

static void nothing(void *context)
{
}

/* Bound to all addresses of the family; returns the port. */
static uint16_t open_host(struct host *host, enum family family)
{
	struct endpoint at = {.family = (uint8_t)family};
	char why[UDP_WHY_MAX];

	*host = (struct host){0};
	host->loop = loop_new(
	    &(struct loop_handlers){.due = on_due, .reload = nothing, .context = host});
	host->udp = udp_new(&(struct udp_options){1000, 65536, on_datagram, on_idle, host});
	ck_assert_msg(udp_bind(host->udp, &at, why) == 0, "%s", why);
	batch_init(&host->batch, udp_send, host->udp);
	ck_assert_int_eq(udp_start(host->udp, loop_base(host->loop)), 0);
	ck_assert(udp_bound(host->udp, 0, &at));
	return at.port;
}

static void close_host(struct host *host)
{
	udp_free(host->udp);
	loop_free(host->loop);
}

/* Whether one more datagram came within the time. */
static bool hears(struct host *host, int ms)
{
	unsigned before = host->received;

	loop_set_deadline(host->loop, loop_now() + ms);
	loop_run(host->loop);
	return host->received > before;
}

static int bound_client(const char *address, unsigned interface)
{
	struct endpoint at;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, on = 1;

	ck_assert_ptr_null(endpoint_parse(&at, address, 1));
	at.port = 0;
	len = endpoint_to_sockaddr(&at, &ss);
	if (at.family == FAMILY_IP6)
		((struct sockaddr_in6 *)&ss)->sin6_scope_id = interface;
	fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	ck_assert_msg(bind(fd, (struct sockaddr *)&ss, len) == 0, "%s: %s", address,
	    strerror(errno));
	return fd;
}

static void say(int fd, const char *address, uint16_t port, unsigned interface)
{
	struct endpoint to;
	struct sockaddr_storage ss;
	socklen_t len;

	ck_assert_ptr_null(endpoint_parse(&to, address, port));
	len = endpoint_to_sockaddr(&to, &ss);
	if (to.family == FAMILY_IP6)
		((struct sockaddr_in6 *)&ss)->sin6_scope_id = interface;
	ck_assert_msg(sendto(fd, "hello", 5, 0, (struct sockaddr *)&ss, len) == 5, "%s: %s",
	    address, strerror(errno));
}

/* The answer comes back, from that address. */
static void expect_answer(int fd, const char *address)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct endpoint from;
	char text[ENDPOINT_TEXT_MAX], buf[100];

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&ss, &len), 5);
	ck_assert(endpoint_from_sockaddr(&from, (struct sockaddr *)&ss, len));
	ck_assert_str_eq(endpoint_format_address(&from, text), address);
}

static const char *local_text(const struct host *host)
{
	static char text[ENDPOINT_TEXT_MAX];

	return endpoint_format_address(&host->local, text);
}

START_TEST(broadcasts_are_told_apart)
{
	static const char *const many[] = {"10.9.0.255", "127.255.255.255"};
	static const char *const own[] = {"10.9.0.1", "127.0.0.1"};
	struct host host;

	if (!enter_lab())
		return;
	uint16_t port = open_host(&host, FAMILY_IP4);

	for (int i = 0; i < 2; i++) {
		int fd = bound_client(own[i], 0);

		say(fd, own[i], port, 0);
		ck_assert(hears(&host, 5000));
		ck_assert(!host.to_many);
		ck_assert_str_eq(local_text(&host), own[i]);
		expect_answer(fd, own[i]);
		say(fd, many[i], port, 0);
		ck_assert(hears(&host, 5000));
		ck_assert(host.to_many);
		ck_assert_str_eq(local_text(&host), own[i]);
		expect_answer(fd, own[i]);
		close(fd);
	}
	close_host(&host);
}
END_TEST

START_TEST(groups_are_joined_and_left)
{
	struct endpoint group, fe80, none = {0};
	struct host host;
	uint16_t number;

	if (!enter_lab())
		return;
	unsigned a = if_nametoindex("a0");
	uint16_t port = open_host(&host, FAMILY_IP6);
	int fd = bound_client("fe80::a", a);

	endpoint_parse(&group, LINKS_GROUP_SITE, port);
	endpoint_parse(&fe80, "fe80::a", port);
	ck_assert(udp_number_link(host.udp, &fe80, a, &none, &number));
	setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &a, sizeof a);
	say(fd, LINKS_GROUP_SITE, port, a);
	ck_assert(!hears(&host, 200));
	ck_assert(udp_join(host.udp, 0, &group, a));
	ck_assert(udp_join(host.udp, 0, &group, a));
	say(fd, LINKS_GROUP_SITE, port, a);
	ck_assert(hears(&host, 5000));
	ck_assert(host.to_many);
	ck_assert_uint_eq(host.number, number);
	expect_answer(fd, "fe80::a");
	udp_leave(host.udp, 0, &group, a);
	say(fd, LINKS_GROUP_SITE, port, a);
	ck_assert(!hears(&host, 200));
	ck_assert(!udp_join(host.udp, 0, &group, 9999));
	close(fd);
	close_host(&host);
}
END_TEST

/* The same link-local address may stand behind each interface. */
START_TEST(link_local_partners_are_answered_on_their_link)
{
	static const char *const names[] = {"a0", "b0"};
	static const char *const addresses[] = {"fe80::a", "fe80::b"};
	uint16_t numbers[2];
	struct host host;

	if (!enter_lab())
		return;
	uint16_t port = open_host(&host, FAMILY_IP6);

	for (int i = 0; i < 2; i++) {
		unsigned interface = if_nametoindex(names[i]);
		int fd = bound_client(addresses[i], interface);

		/* all nodes: every host is in that group, and without a link the kernel answers */
		say(fd, LINKS_GROUP_LINK, port, interface);
		ck_assert(hears(&host, 5000));
		ck_assert(host.to_many);
		expect_answer(fd, addresses[i]);
		numbers[i] = host.number;
		say(fd, addresses[i], port, interface);
		ck_assert(hears(&host, 5000));
		ck_assert(!host.to_many);
		expect_answer(fd, addresses[i]);
		close(fd);
	}
	ck_assert_uint_ne(numbers[0], numbers[1]);
	close_host(&host);
}
END_TEST

/* All that leaves by an interface, seen at the other end of its cable. */
static int listen_at(const char *name)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)if_nametoindex(name)};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* The next packet that ends with the text, within 2 s; its length. */
static ssize_t see(int fd, const char *text, unsigned char packet[static 2000])
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t want = strlen(text);

	while (poll(&p, 1, 2000) == 1) {
		ssize_t len = recv(fd, packet, 2000, 0);

		if (len >= (ssize_t)want &&
		    memcmp(packet + len - (ssize_t)want, text, want) == 0)
			return len;
	}
	return -1;
}

static void send_from(struct host *host, uint16_t number, const char *to, const char *text)
{
	struct endpoint at;

	ck_assert_ptr_null(endpoint_parse(&at, to, 9));
	memcpy(batch_open(&host->batch, strlen(text)), text, strlen(text));
	batch_commit(&host->batch, strlen(text), number, &at, 0);
	batch_flush(&host->batch);
}

/* To one destination by either link: each gets its own, and the other's not. */
static void check_leaves(struct host *host, const uint16_t numbers[2], const char *to,
    const char *const froms[2], int ttl)
{
	int fds[2] = {listen_at("a1"), listen_at("b1")};
	unsigned char packet[2000];
	char text[ENDPOINT_TEXT_MAX];

	for (int i = 0; i < 4; i++)
		send_from(host, numbers[i % 2], to, i % 2 == 0 ? "by a" : "by b");
	for (int i = 0; i < 2; i++) {
		bool is6 = strchr(to, ':') != NULL;
		struct endpoint from = {.family = is6 ? FAMILY_IP6 : FAMILY_IP4};

		ck_assert_msg(see(fds[i], i == 0 ? "by a" : "by b", packet) > 0, "%s: none by %c",
		    to, 'a' + i);
		memcpy(from.address, packet + (is6 ? 8 : 12), is6 ? 16 : 4);
		ck_assert_str_eq(endpoint_format_address(&from, text), froms[i]);
		ck_assert_int_eq(packet[is6 ? 7 : 8], ttl);
		ck_assert_msg(see(fds[i], i == 0 ? "by b" : "by a", packet) < 0,
		    "%s: the other's by %c", to, 'a' + i);
		close(fds[i]);
	}
}

/* Under the number of no link there are no broadcasts: whoever names the address meant harm. */
static void check_refused(struct host *host, const char *to)
{
	struct udp_counts before, after;

	udp_count(host->udp, &before);
	send_from(host, 0, to, "by nobody");
	udp_count(host->udp, &after);
	ck_assert_uint_eq(after.sent, before.sent);
	ck_assert_uint_eq(after.unsent, before.unsent + 1);
}

START_TEST(what_goes_to_many_leaves_by_its_link)
{
	static const char *const own4[2] = {"10.9.0.1", "10.9.0.2"};
	static const char *const own6[2] = {"fe80::a", "fe80::b"};
	struct endpoint at, broadcast, none = {0};
	uint16_t numbers[2];
	struct host host;

	if (!enter_lab())
		return;
	uint16_t port = open_host(&host, FAMILY_IP4);

	endpoint_parse(&broadcast, "10.9.0.255", 9);
	for (int i = 0; i < 2; i++) {
		endpoint_parse(&at, own4[i], port);
		ck_assert(udp_number_link(host.udp, &at, if_nametoindex(i == 0 ? "a0" : "b0"),
		    &broadcast, &numbers[i]));
	}
	check_leaves(&host, numbers, "10.9.0.255", own4, 64);
	check_leaves(&host, numbers, "255.255.255.255", own4, 64);
	check_refused(&host, "10.9.0.255");
	close_host(&host);
	port = open_host(&host, FAMILY_IP6);
	for (int i = 0; i < 2; i++) {
		endpoint_parse(&at, own6[i], port);
		ck_assert(udp_number_link(host.udp, &at, if_nametoindex(i == 0 ? "a0" : "b0"),
		    &none, &numbers[i]));
	}
	check_leaves(&host, numbers, LINKS_GROUP_LINK, own6, 1);
	check_leaves(&host, numbers, LINKS_GROUP_SITE, own6, 4);
	close_host(&host);
}
END_TEST

/* "a0 10.9.0.1/24 10.9.0.255, …"; quiet ones with a dot before. */
static void list_links(enum links_wanted wanted, char text[static 1024])
{
	struct io_link links[16];
	char own[ENDPOINT_TEXT_MAX], broadcast[ENDPOINT_TEXT_MAX], name[IF_NAMESIZE];
	size_t used = 0, count = links_find(links, 16, wanted);

	*text = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, 1024 - used, "%s%s%s %s/%u %s",
		    i > 0 ? ", " : "", links[i].quiet ? "." : "",
		    if_indextoname(links[i].interface, name),
		    endpoint_format_address(&links[i].own, own), links[i].prefix,
		    endpoint_format_address(&links[i].broadcast, broadcast));
}

START_TEST(links_are_found)
{
	char text[1024];

	if (!enter_lab())
		return;
	list_links(LINKS_PRIVATE, text);
	ck_assert_str_eq(text, "a0 10.9.0.1/24 10.9.0.255, b0 10.9.0.2/24 10.9.0.255, "
			       "a0 fd09::1/64 -, b0 fe80::b/64 -, .a0 fe80::a/64 -");
	ck_assert(run("ip link set b0 down"));
	/* a second one in the same network, one without broadcast, an address that goes soon */
	ck_assert(run("ip addr add 10.9.0.3/24 dev a0 && ip addr add 10.8.0.0/31 dev a0 && "
		      "ip addr add fd09::0/64 dev a0 nodad preferred_lft 0"));
	list_links(LINKS_PRIVATE, text);
	ck_assert_str_eq(text, "a0 10.9.0.1/24 10.9.0.255, a0 fd09::1/64 -, .a0 fe80::a/64 -");
	ck_assert_uint_eq(links_find(NULL, 0, LINKS_PRIVATE), 0);
}
END_TEST

/* The kernel still asks whether somebody has it: nothing leaves from there. */
START_TEST(an_address_is_used_when_it_is_our_own)
{
	char text[1024];

	if (!enter_lab())
		return;
	ck_assert(run("echo 100 > /proc/sys/net/ipv6/conf/b0/dad_transmits && "
		      "ip addr add fd10::1/64 dev b0"));
	list_links(LINKS_PRIVATE, text);
	ck_assert_msg(strstr(text, ", b0 fe80::b/64 -") != NULL, "%s", text);
	ck_assert(run("ip addr del fd10::1/64 dev b0 && ip addr add fd10::1/64 dev b0 nodad"));
	list_links(LINKS_PRIVATE, text);
	ck_assert_msg(strstr(text, ", b0 fd10::1/64 -") != NULL, "%s", text);
}
END_TEST

START_TEST(public_networks_only_when_wanted)
{
	char text[1024];

	if (!enter_lab())
		return;
	ck_assert(run("ip addr flush dev a0 && ip addr flush dev b0 && "
		      "ip addr add 198.51.100.1/26 brd + dev a0 && "
		      "ip addr add fe80::a/64 dev a0 nodad && "
		      "ip addr add 2001:db8::b/64 dev b0 nodad && "
		      "ip addr add fe80::b/64 dev b0 nodad"));
	list_links(LINKS_PRIVATE, text);
	ck_assert_str_eq(text, "b0 fe80::b/64 -, .b0 2001:db8::b/64 -");
	list_links(LINKS_ALL, text);
	ck_assert_str_eq(text, "a0 198.51.100.1/26 198.51.100.63, a0 fe80::a/64 -, "
			       "b0 2001:db8::b/64 -, .b0 fe80::b/64 -");
	ck_assert(run("ip addr flush dev a0 && ip addr flush dev b0 && "
		      "ip link set a0 name veth0x"));
	list_links(LINKS_ALL, text);
	ck_assert_str_eq(text, "");
}
END_TEST

struct watcher {
	struct loop *loop;
	unsigned told;
};

static void on_changed(void *context)
{
	struct watcher *watcher = context;

	watcher->told++;
	loop_stop(watcher->loop);
}

static void on_patience(void *context)
{
	struct watcher *watcher = context;

	loop_stop(watcher->loop);
}

/* Whether a change is told within the time. */
static bool is_told(struct watcher *watcher, int ms)
{
	unsigned before = watcher->told;

	loop_set_deadline(watcher->loop, loop_now() + ms);
	loop_run(watcher->loop);
	loop_set_deadline(watcher->loop, DEADLINE_NEVER);
	return watcher->told > before;
}

#define QUIET_MS 1300 /* longer than the rest between two times */

/* More than the kernel keeps for us, before the loop turns. */
#define MANY_CHANGES \
	"for i in $(seq 4000); do echo addr add 10.$((i / 200)).$((i % 200)).7/32 dev a0; done | " \
	"ip -batch -"

START_TEST(changes_are_told)
{
	static const char *const changes[] = {"ip addr add 10.7.0.1/24 dev a0",
	    "ip addr del 10.7.0.1/24 dev a0", "ip addr add fd07::1/64 dev b0 nodad",
	    "ip link set b0 down", "ip link set b0 up", "ip route add default via 10.9.0.9 dev a0",
	    "ip route del default", MANY_CHANGES, "ip addr flush dev a0"};
	struct watcher watcher = {0};
	struct netlink *netlink;

	if (!enter_lab())
		return;
	watcher.loop = loop_new(&(struct loop_handlers){
	    .due = on_patience, .reload = nothing, .context = &watcher});
	netlink = netlink_watch(loop_base(watcher.loop), on_changed, &watcher);
	ck_assert_ptr_nonnull(netlink);
	while (is_told(&watcher, QUIET_MS)) /* what making the lab has begun */
		ck_assert_uint_lt(watcher.told, 20);
	/* one time for many, and then no more for a while */
	ck_assert(run("for i in 1 2 3 4 5 6; do ip addr add 10.8.0.$i/32 dev a0; sleep 0.05; done"));
	watcher.told = 0;
	is_told(&watcher, 800);
	ck_assert_uint_eq(watcher.told, 1);
	ck_assert(run("ip addr flush dev a0 to 10.8.0.0/24"));
	ck_assert(!is_told(&watcher, 300));
	while (is_told(&watcher, QUIET_MS))
		ck_assert_uint_lt(watcher.told, 20);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		ck_assert(run(changes[i]));
		watcher.told = 0;
		ck_assert_msg(is_told(&watcher, 5000), "%s", changes[i]);
		while (is_told(&watcher, QUIET_MS))
			ck_assert_msg(watcher.told < 20, "%s: never quiet", changes[i]);
	}
	/* of no interest: those that a routing daemon sets by the thousand */
	ck_assert(run("ip route add 10.77.0.0/16 via 10.9.0.9 dev b0 && "
		      "ip route add 10.77.1.0/24 via 10.9.0.9 dev b0 && ip route del 10.77.1.0/24"));
	ck_assert(!is_told(&watcher, QUIET_MS));
	netlink_free(netlink);
	loop_free(watcher.loop);
}
END_TEST

/* What is found: "10.9.0.1 fd09::1 via 10.9.0.9 " */
static const char *found(const char *const *patterns)
{
	static char text[1024];
	char at[ENDPOINT_TEXT_MAX];
	struct addresses addresses;
	size_t used = 0;

	addresses_find(&addresses, 77, patterns);
	*text = '\0';
	for (size_t i = 0; i < addresses.count; i++) {
		ck_assert_uint_eq(addresses.all[i].port, 77);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s ",
		    endpoint_format_address(&addresses.all[i], at));
	}
	for (size_t i = 0; i < addresses.way_count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "via %s ",
		    endpoint_format_address(&addresses.ways[i].router, at));
	return text;
}

/* After a change; only where the kernel has what it needs. */
static void finds(const char *change, const char *expected)
{
	if (!run(change)) {
		printf("# not to be had here: %s\n", change);
		fflush(stdout);
		return;
	}
	ck_assert_msg(strcmp(found(NULL), expected) == 0, "%s: %s instead of %s", change,
	    found(NULL), expected);
}

START_TEST(addresses_that_lead_out)
{
	if (!enter_lab())
		return;
	ck_assert_str_eq(found(NULL), "10.9.0.1 10.9.0.2 fd09::1 ");
	/* named as by makers of internal networks */
	finds("ip link set a0 down && ip link set a0 name veth0x && ip link set veth0x up",
	    "10.9.0.2 ");
	finds("ip link set veth0x down && ip link set veth0x name a0 && ip link set a0 up && "
	      "ip addr add fd09::1/64 dev a0 nodad",
	    "10.9.0.1 10.9.0.2 fd09::1 ");
	/* a veth is what leads out of a container, but only by the default route */
	ck_assert(run("ip route add default via 10.9.0.77 dev b0"));
	ck_assert_str_eq(found(NULL), "10.9.0.2 via 10.9.0.77 ");
	finds("ip link add d0 type dummy && ip addr add 10.5.0.1/24 dev d0 && ip link set d0 up",
	    "10.9.0.2 via 10.9.0.77 ");
	finds("ip link add e0 type bridge && ip link set a1 master e0 && "
	      "ip addr add 10.6.0.1/24 dev e0 && ip link set e0 up",
	    "10.9.0.2 via 10.9.0.77 ");
	/* a bridge that something which is no end of a pair is in */
	finds("ip link add m5 link b1 type macvlan && ip link set m5 master e0 up",
	    "10.9.0.2 10.6.0.1 via 10.9.0.77 ");
	finds("ip link del m5", "10.9.0.2 via 10.9.0.77 ");
	/* a VPN */
	finds("ip link add t0 type gre local 10.9.0.2 remote 10.9.0.77 && "
	      "ip addr add 100.64.0.9/32 dev t0 && ip link set t0 up",
	    "10.9.0.2 100.64.0.9 via 10.9.0.77 ");
	run("ip link del t0");
	/* two halves in place of the default */
	finds("ip route add 0.0.0.0/1 via 10.6.0.7 dev e0",
	    "10.9.0.2 10.6.0.1 via 10.6.0.7 via 10.9.0.77 ");
	finds("ip route del 0.0.0.0/1", "10.9.0.2 via 10.9.0.77 ");
	finds("ip route replace default nexthop via 10.9.0.77 dev b0 nexthop via 10.6.0.7 dev e0",
	    "10.9.0.2 10.6.0.1 via 0.0.0.0 via 0.0.0.0 ");
	finds("ip route replace default via 10.9.0.77 dev b0", "10.9.0.2 via 10.9.0.77 ");
	/* a route that leads nowhere is no way out */
	finds("ip -6 route add unreachable default metric 9999", "10.9.0.2 via 10.9.0.77 ");
}
END_TEST

START_TEST(addresses_that_are_of_use)
{
	if (!enter_lab())
		return;
	ck_assert(run("ip route add default via 10.9.0.77 dev b0"));
	finds("ip addr add 192.0.2.9/24 dev b0", "10.9.0.2 192.0.2.9 via 10.9.0.77 ");
	finds("ip addr del 192.0.2.9/24 dev b0 && ip addr add 169.254.7.7/16 dev b0",
	    "10.9.0.2 via 10.9.0.77 ");
	finds("ip addr add 2001:db8::9/64 dev b0 nodad", "10.9.0.2 2001:db8::9 via 10.9.0.77 ");
	finds("ip addr add 2001:db8::8/64 dev b0 nodad preferred_lft 0",
	    "10.9.0.2 2001:db8::9 via 10.9.0.77 ");
	/* our own of a pair, not the other's */
	finds("ip addr add 10.4.0.1 peer 10.4.0.2 dev b0",
	    "10.4.0.1 10.9.0.2 2001:db8::9 via 10.9.0.77 ");
	finds("ip link set b0 down", "10.9.0.1 fd09::1 ");
}
END_TEST

START_TEST(addresses_by_patterns)
{
	static const struct {
		const char *patterns[4];
		const char *expected;
	} cases[] = {
	    {{NULL}, "10.9.0.2 via 10.9.0.77 "},
	    {{"a*", NULL}, "10.9.0.1 fd09::1 via 10.9.0.77 "},
	    {{"a0", "b*", NULL}, "10.9.0.2 10.9.0.1 fd09::1 via 10.9.0.77 "},
	    {{"!a*", NULL}, "10.9.0.2 via 10.9.0.77 "},
	    {{"!b*", NULL}, "via 10.9.0.77 "},
	    {{"*", "!a?", NULL}, "10.9.0.2 via 10.9.0.77 "},
	    {{"!a?", "*", NULL}, "10.9.0.2 via 10.9.0.77 "},
	    {{"lo", "c*", NULL}, "via 10.9.0.77 "},
	};

	if (!enter_lab())
		return;
	ck_assert(run("ip route add default via 10.9.0.77 dev b0 && ip addr add 10.1.1.1 dev lo"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(strcmp(found(cases[i].patterns), cases[i].expected) == 0,
		    "%zu: %s", i, found(cases[i].patterns));
}
END_TEST

START_TEST(looks_are_compared)
{
	struct addresses before, after;

	if (!enter_lab())
		return;
	addresses_find(&before, 77, NULL);
	addresses_find(&after, 77, NULL);
	ck_assert(addresses_same(&before, &after));
	ck_assert(run("ip route add default via 10.9.0.77 dev b0 && "
		      "ip route add default via 10.9.0.78 dev a0 metric 10"));
	addresses_find(&after, 77, NULL);
	ck_assert(!addresses_same(&before, &after));
	before = after;
	/* another router of another network, where all has the same addresses */
	ck_assert(run("ip route replace default via 10.9.0.79 dev b0"));
	addresses_find(&after, 77, NULL);
	ck_assert(!addresses_same(&before, &after));
	ck_assert_uint_eq(before.count, after.count);
	before = after;
	ck_assert(run("ip addr del 10.9.0.1/24 dev a0 && ip addr add 10.9.0.3/24 dev a0 && "
		      "ip route add default via 10.9.0.78 dev a0 metric 10"));
	addresses_find(&after, 77, NULL);
	ck_assert(!addresses_same(&before, &after));
}
END_TEST

/* What the host tells of itself is one thing, where it is and what it reaches another. */
START_TEST(patterns_hide_no_move)
{
	static struct peerd_settings settings = {.lan = LAN_OFF, .candidate_interface_count = 1,
	    .candidate_interfaces = {"none*"}};
	struct network network = {0};
	struct host host;

	if (!enter_lab())
		return;
	open_host(&host, FAMILY_IP4);
	ck_assert(!network_look(&network, host.udp, &settings, 0));
	ck_assert(network.ip4 && !network.ip6);
	ck_assert_uint_eq(network.address_count, 0);
	ck_assert(run("ip addr add 10.9.0.3/24 dev b0"));
	ck_assert(network_look(&network, host.udp, &settings, 0));
	ck_assert(!network_look(&network, host.udp, &settings, 0));
	ck_assert(run("ip addr add 2001:db8::9/64 dev b0 nodad"));
	ck_assert(network_look(&network, host.udp, &settings, 0));
	ck_assert(network.ip4 && network.ip6);
	ck_assert_uint_eq(network.address_count, 0);
	snprintf(settings.candidate_interfaces[0], CANDIDATE_INTERFACE_TEXT, "a*");
	ck_assert(!network_look(&network, host.udp, &settings, 0));
	ck_assert_uint_eq(network.address_count, 2);
	close_host(&host);
}
END_TEST

/* More addresses than anybody has an interface for. */
START_TEST(many_addresses_are_bounded)
{
	struct addresses addresses;

	if (!enter_lab())
		return;
	ck_assert(run("ip route add default via 10.9.0.77 dev b0 && for i in $(seq 300); do "
		      "echo addr add 10.$((i / 200)).$((i % 200)).7/32 dev b0; done | ip -batch -"));
	addresses_find(&addresses, 77, NULL);
	ck_assert_uint_eq(addresses.count, ADDRESSES_MAX);
}
END_TEST

static void on_answer(const struct resolver_answer *answer, void *context)
{
	struct loop *loop = context;
	unsigned count[7] = {0};

	ck_assert_uint_eq(answer->count, RESOLVER_ADDRESSES_MAX);
	for (size_t i = 0; i < answer->count; i++)
		count[answer->addresses[i].family]++;
	ck_assert_uint_eq(count[FAMILY_IP4], RESOLVER_FAMILY_MAX);
	ck_assert_uint_eq(count[FAMILY_IP6], RESOLVER_FAMILY_MAX);
	loop_stop(loop);
}

/* A file in place of /etc/hosts, in a namespace of mounts of our own. */
static bool use_hosts(const char *path)
{
	char command[128];

	snprintf(command, sizeof command, "mount --make-rprivate / && mount --bind %s /etc/hosts",
	    path);
	if (unshare(CLONE_NEWNS) == 0 && run(command))
		return true;
	printf("# no mounts here: not tested\n");
	fflush(stdout);
	return false;
}

/* However many there are of the one family, there is room for the other. */
START_TEST(names_have_addresses_of_both_families)
{
	char path[] = "/tmp/ipmsg-hosts.XXXXXX";
	struct resolver *resolver;
	struct loop *loop;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	for (int i = 1; i <= 12; i++)
		dprintf(fd, i <= 6 ? "192.0.2.%d two.test\n" : "2001:db8::%d two.test\n", i);
	close(fd);
	if (enter_lab() && use_hosts(path)) {
		loop = loop_new(&(struct loop_handlers){.due = nothing, .reload = nothing});
		resolver = resolver_new(loop_base(loop), FAMILY_NONE, on_answer, loop);
		ck_assert(resolver_ask(resolver, "two.test", 2425));
		loop_run(loop);
		resolver_free(resolver);
		loop_free(loop);
	}
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("io_links");
	TCase *tcase = tcase_create("links");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, broadcasts_are_told_apart);
	tcase_add_test(tcase, groups_are_joined_and_left);
	tcase_add_test(tcase, link_local_partners_are_answered_on_their_link);
	tcase_add_test(tcase, what_goes_to_many_leaves_by_its_link);
	tcase_add_test(tcase, links_are_found);
	tcase_add_test(tcase, an_address_is_used_when_it_is_our_own);
	tcase_add_test(tcase, public_networks_only_when_wanted);
	tcase_add_test(tcase, changes_are_told);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("addresses");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, addresses_that_lead_out);
	tcase_add_test(tcase, addresses_that_are_of_use);
	tcase_add_test(tcase, addresses_by_patterns);
	tcase_add_test(tcase, looks_are_compared);
	tcase_add_test(tcase, patterns_hide_no_move);
	tcase_add_test(tcase, many_addresses_are_bounded);
	tcase_add_test(tcase, names_have_addresses_of_both_families);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
