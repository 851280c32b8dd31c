/*
 * A wire with a length: passes the frames of two interfaces on to each other, later, and loses some
 * of them. It exists because kernels without netem are common, the one these tests were written on
 * among them, and a protocol of round trips cannot be timed where every trip takes nothing.
 *
 *	wire [--there=MS] [--back=MS] [--jitter=MS] [--loss=PERCENT] [--seed=N] [--queue=FRAMES]
 *	     HERE YONDER
 *
 * HERE and YONDER are interfaces of this namespace, each one end of a cable; --there is the time
 * from HERE to YONDER. Jitter adds up to so much to each frame, but none overtakes another: what
 * comes too early out of that waits. Prints "ready", and at SIGTERM for each direction
 *
 *	there passed N lost N full N
 *
 * where "full" counts what the queue, or the interface behind it, could not take.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX (65536 + 128)
#define QUEUE_MAX 4096
#define BATCH 64
#define RECEIVE_BUFFER (4 << 20)
#define DELAY_MAX_MS 10000
#define NS_PER_MS 1000000

struct frame {
	int64_t due; /* ns of CLOCK_MONOTONIC */
	size_t len;
	unsigned char *bytes; /* with the kernel's header of what it left undone before them */
};

/* One direction. The frames wait in the order they came in. */
struct lane {
	const char *name;
	int from, to;
	int64_t delay; /* ns */
	struct frame queue[QUEUE_MAX];
	size_t first, count;
	int64_t last_due;
	unsigned long passed, lost, full;
};

struct wire {
	struct lane there, back;
	int64_t jitter;	  /* ns */
	unsigned loss;	  /* of a million */
	uint64_t chances; /* state of the generator */
	size_t queue;	  /* frames under way in a direction, at most */
	int epoll, timer, signals;
};

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

/* xorshift64*: below `limit`, the same for the same seed. */
static uint64_t chance(struct wire *wire, uint64_t limit)
{
	wire->chances ^= wire->chances >> 12;
	wire->chances ^= wire->chances << 25;
	wire->chances ^= wire->chances >> 27;
	return (wire->chances * UINT64_C(2685821657736338717) >> 11) % limit;
}

static void lane_put(
    struct wire *wire, struct lane *lane, const unsigned char *bytes, size_t len, int64_t arrived)
{
	int64_t due = arrived + lane->delay;
	struct frame *frame = &lane->queue[(lane->first + lane->count) % QUEUE_MAX];

	if (wire->jitter > 0)
		due += (int64_t)chance(wire, (uint64_t)wire->jitter + 1);
	if (due < lane->last_due)
		due = lane->last_due;
	if (wire->loss > 0 && chance(wire, 1000000) < wire->loss) {
		lane->lost++;
		return;
	}
	if (lane->count == wire->queue || !(frame->bytes = malloc(len))) {
		lane->full++;
		return;
	}
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
	frame->due = due;
	lane->last_due = due;
	lane->count++;
}

/* When the kernel got it, in ns of our clock: on a busy machine we come to read it later. */
static int64_t arrival(struct msghdr *message)
{
	struct timespec now, then;
	int64_t age = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&then, CMSG_DATA(c), sizeof(then));
			age = (now.tv_sec - then.tv_sec) * (int64_t)1000000000 +
			      (now.tv_nsec - then.tv_nsec);
		}
	/* Unless somebody has set that clock meanwhile. */
	return clock_ns() - (age > 0 && age < 100 * NS_PER_MS ? age : 0);
}

/* At most a batch, so that neither what is due nor the other direction waits for a flood. */
static void lane_read(struct wire *wire, struct lane *lane)
{
	static unsigned char bytes[FRAME_MAX];
	char control[CMSG_SPACE(sizeof(struct timespec))] __attribute__((aligned(8)));

	for (int i = 0; i < BATCH; i++) {
		struct iovec all = {bytes, sizeof(bytes)};
		struct msghdr message = {.msg_iov = &all,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		ssize_t len = recvmsg(lane->from, &message, MSG_DONTWAIT);

		if (len < 0)
			return;
		if (message.msg_flags & MSG_TRUNC)
			lane->full++;
		else
			lane_put(wire, lane, bytes, (size_t)len, arrival(&message));
	}
}

static void lane_send_due(struct lane *lane, int64_t now)
{
	while (lane->count > 0 && lane->queue[lane->first].due <= now) {
		struct frame *frame = &lane->queue[lane->first];

		if (send(lane->to, frame->bytes, frame->len, MSG_DONTWAIT) < 0)
			lane->full++;
		else
			lane->passed++;
		free(frame->bytes);
		lane->first = (lane->first + 1) % QUEUE_MAX;
		lane->count--;
	}
}

/* The time of the first frame of both, 0 if there is none. */
static int64_t next_due(const struct wire *wire)
{
	const struct lane *lanes[] = {&wire->there, &wire->back};
	int64_t due = 0;

	for (int i = 0; i < 2; i++)
		if (lanes[i]->count > 0 && (due == 0 || lanes[i]->queue[lanes[i]->first].due < due))
			due = lanes[i]->queue[lanes[i]->first].due;
	return due;
}

static void set_timer(const struct wire *wire)
{
	int64_t due = next_due(wire);
	struct itimerspec when = {.it_value = {due / 1000000000, due % 1000000000}};

	timerfd_settime(wire->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Returns false when it has been told to end. */
static bool serve(struct wire *wire, const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == wire->there.from)
			lane_read(wire, &wire->there);
		else if (events[i].data.fd == wire->back.from)
			lane_read(wire, &wire->back);
		else if (events[i].data.fd == wire->signals)
			return false;
	}
	lane_send_due(&wire->there, clock_ns());
	lane_send_due(&wire->back, clock_ns());
	/* Setting it makes it unreadable too. */
	set_timer(wire);
	return true;
}

static void run(struct wire *wire)
{
	struct epoll_event events[4];
	int count;

	do {
		count = epoll_wait(wire->epoll, events, 4, -1);
	} while ((count < 0 && errno == EINTR) || (count >= 0 && serve(wire, events, count)));
}

/*
 * All frames that come in at an interface, without those that go out there. PACKET_VNET_HDR because
 * a sender on this machine leaves checksums and segments to the hardware: what is still to be done
 * travels along with the frame.
 */
static int open_interface(const char *name)
{
	struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, size = RECEIVE_BUFFER;

	all.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || all.sll_ifindex == 0)
		return -1;
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -1;
	/* As much as is allowed. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return bind(fd, (struct sockaddr *)&all, sizeof(all)) < 0 ? -1 : fd;
}

static bool watch(const struct wire *wire, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

	return epoll_ctl(wire->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_wire(struct wire *wire, const char *here, const char *yonder)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	wire->there.from = wire->back.to = open_interface(here);
	if (wire->there.from < 0) {
		fprintf(stderr, "wire: %s: %s\n", here, strerror(errno));
		return false;
	}
	wire->back.from = wire->there.to = open_interface(yonder);
	if (wire->back.from < 0) {
		fprintf(stderr, "wire: %s: %s\n", yonder, strerror(errno));
		return false;
	}
	wire->epoll = epoll_create1(EPOLL_CLOEXEC);
	wire->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	wire->signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (wire->epoll >= 0 && wire->timer >= 0 && wire->signals >= 0 &&
	    watch(wire, wire->there.from) && watch(wire, wire->back.from) &&
	    watch(wire, wire->timer) && watch(wire, wire->signals))
		return true;
	perror("wire");
	return false;
}

static void report(const struct lane *lane)
{
	printf(
	    "%s passed %lu lost %lu full %lu\n", lane->name, lane->passed, lane->lost, lane->full);
}

/* A number of `units` each, from 0 to `max` units. */
static bool read_number(const char *text, double units, double max, int64_t *value)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end != '\0' || !(number >= 0 && number <= max))
		return false;
	*value = (int64_t)(number * units + 0.5);
	return true;
}

static bool read_option(struct wire *wire, int option, const char *text)
{
	int64_t value;

	switch (option) {
	case 't':
		return read_number(text, NS_PER_MS, DELAY_MAX_MS, &wire->there.delay);
	case 'b':
		return read_number(text, NS_PER_MS, DELAY_MAX_MS, &wire->back.delay);
	case 'j':
		return read_number(text, NS_PER_MS, DELAY_MAX_MS, &wire->jitter);
	case 'l':
		if (!read_number(text, 10000, 100, &value))
			return false;
		wire->loss = (unsigned)value;
		return true;
	case 's':
		/* The generator stays at 0 for ever. */
		if (!read_number(text, 1, 1e9, &value) || value == 0)
			return false;
		wire->chances = (uint64_t)value;
		return true;
	case 'q':
		if (!read_number(text, 1, QUEUE_MAX, &value) || value == 0)
			return false;
		wire->queue = (size_t)value;
		return true;
	}
	return false;
}

static bool read_options(struct wire *wire, int argc, char **argv)
{
	static const struct option options[] = {
	    {"there", required_argument, NULL, 't'},
	    {"back", required_argument, NULL, 'b'},
	    {"jitter", required_argument, NULL, 'j'},
	    {"loss", required_argument, NULL, 'l'},
	    {"seed", required_argument, NULL, 's'},
	    {"queue", required_argument, NULL, 'q'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return false;
		if (!read_option(wire, option, optarg)) {
			fprintf(stderr,
			    "wire: \"%s\": not a number that fits: delays are from 0 to %d ms, "
			    "loss from 0 to 100 %%, a seed from 1, a queue from 1 to %d\n",
			    optarg, DELAY_MAX_MS, QUEUE_MAX);
			return false;
		}
	}
	return argc - optind == 2;
}

int main(int argc, char **argv)
{
	static struct wire wire = {
	    .there = {.name = "there"}, .back = {.name = "back"}, .chances = 1, .queue = QUEUE_MAX};

	if (!read_options(&wire, argc, argv)) {
		fputs("usage: wire [--there=MS] [--back=MS] [--jitter=MS] [--loss=PERCENT] "
		      "[--seed=N] [--queue=FRAMES] HERE YONDER\n",
		    stderr);
		return 2;
	}
	if (!open_wire(&wire, argv[optind], argv[optind + 1]))
		return EXIT_FAILURE;
	puts("ready");
	fflush(stdout);
	run(&wire);
	report(&wire.there);
	report(&wire.back);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
