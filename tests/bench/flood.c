/*
 * A supernode under a flood from a million sources that never prove
 * themselves, with peers who do and go on refreshing.
 *
 *     flood [-p PEERS] [-i MS] [-t SECONDS] [-s SOURCES] SUPERD-PORT SUPERD-PID
 *
 * First it finds how many packets of each kind, and of all mixed, the supernode
 * can discard in a second of its CPU. Then PEERS peers refresh every MS while
 * the mixture comes at 80 % of that rate, and at last as fast as this host can
 * send. A refresh is sent again after 1 and 3 s, as ipmsg-peerd does, and lost
 * after 7.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enter.h"

#define IN_FLIGHT 64
#define BURST 32
#define GARBAGE_BYTES 200
#define KIND_MS 500 /* that the rate of a kind is measured for */
#define MIXTURE_MS 1500
#define TRIES 3
#define LOST_MS 7000
#define SAMPLES_MAX (1 << 20)
#define FULL_SPEED UINT64_MAX

enum flood_kind { ENTRIES, ASKS, SEED_ENTRIES, SEED_ASKS, GARBAGE, MIXTURE, FLOOD_KINDS };

static const char *const kind_names[FLOOD_KINDS] = {
    "entries", "asks", "seeds' entries", "seeds' asks", "garbage", "all mixed"};

static const int64_t try_after_ms[TRIES] = {0, 1000, 3000};

struct options {
	uint32_t peers;
	uint32_t interval_ms;
	uint32_t seconds;
	uint32_t sources;
};

/* What the two processes share. */
struct orders_to_flood {
	_Atomic uint64_t rate; /* a second; 0: pause */
	_Atomic uint32_t kind;
	_Atomic uint64_t sent;
	_Atomic bool over;
};

struct flood {
	struct crowd *crowd;
	uint16_t port;
	struct request requests[GARBAGE];
	unsigned char noise[65536];
	uint32_t sources, next, stride;
	uint64_t sequence;
};

struct refresh {
	uint32_t peer;
	uint8_t tries;
	uint8_t answered_at; /* which try had been sent by then; 0: not answered */
	int64_t started;     /* ms */
};

struct bench {
	struct options options;
	struct server superd;
	struct traffic *traffic;
	struct crowd *crowd;
	struct request request;
	struct orders_to_flood *orders;
	uint32_t count;
	uint32_t first_open; /* all refreshes before are over */
	struct refresh refreshes[SAMPLES_MAX];
};

static int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

/* The flooding process. */

static void send_one(struct flood *flood, enum flood_kind kind)
{
	uint64_t sequence = ++flood->sequence;
	uint8_t transaction[TRANSACTION_BYTES];
	unsigned char bytes[REQUEST_MAX];

	if (kind == MIXTURE)
		kind = (enum flood_kind)(sequence % MIXTURE);
	flood->next = (uint32_t)(((uint64_t)flood->next + flood->stride) % flood->sources);
	if (kind == GARBAGE) {
		size_t at = sequence * 61 % (sizeof flood->noise - GARBAGE_BYTES);

		crowd_send(
		    flood->crowd, flood->next, flood->port, flood->noise + at, GARBAGE_BYTES);
		return;
	}
	memcpy(transaction, &sequence, sizeof transaction);
	size_t len = request_fill(&flood->requests[kind], bytes,
	    &(struct request_values){
		.serial = flood->next,
		.other = flood->next % 1000, /* there is somebody of that name */
		.transaction = transaction,
	    });

	crowd_send(flood->crowd, flood->next, flood->port, bytes, len);
}

static void flood_as_ordered(struct flood *flood, struct orders_to_flood *orders)
{
	uint64_t rate = 0, sent = 0;
	int64_t start = 0;

	while (!orders->over) {
		uint64_t wanted = orders->rate;

		if (wanted != rate) {
			rate = wanted;
			start = now_ns();
			sent = 0;
		}
		uint64_t due = rate == FULL_SPEED
				   ? sent + BURST
				   : (uint64_t)((double)(now_ns() - start) * (double)rate / 1e9);

		if (due <= sent) {
			usleep(20);
			continue;
		}
		uint32_t burst = due - sent < BURST ? (uint32_t)(due - sent) : BURST;

		for (uint32_t i = 0; i < burst; i++)
			send_one(flood, (enum flood_kind)orders->kind);
		crowd_flush(flood->crowd);
		sent += burst;
		orders->sent += burst;
	}
}

static void flood_main(const struct options *options, uint16_t port, struct orders_to_flood *orders)
{
	static const enum request_kind kinds[GARBAGE] = {
	    REQUEST_FIRST, REQUEST_BARE_ASK, REQUEST_SEED_ENTRY, REQUEST_SEED_ASK};
	struct flood *flood = calloc(1, sizeof *flood);

	if (flood == NULL)
		die("memory", strerror(errno));
	for (int i = 0; i < GARBAGE; i++)
		request_init(&flood->requests[i], kinds[i]);
	randombytes_buf(flood->noise, sizeof flood->noise);
	flood->crowd = crowd_new(CROWD_STRANGERS);
	flood->port = port;
	flood->sources = options->sources;
	flood->stride = traffic_stride(options->sources);
	crowd_ignore_answers(flood->crowd);
	/* the proven peers' process goes first */
	setpriority(PRIO_PROCESS, 0, 10);
	flood_as_ordered(flood, orders);
	exit(EXIT_SUCCESS);
}

static pid_t start_flood(struct bench *bench)
{
	void *shared = mmap(
	    NULL, sizeof *bench->orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (shared == MAP_FAILED)
		die("mmap", strerror(errno));
	bench->orders = shared;
	pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (pid == 0)
		flood_main(&bench->options, bench->superd.port, bench->orders);
	return pid;
}

/* What came of some time of flood. */
struct outcome {
	double seconds;
	uint64_t sent;
	uint64_t dropped; /* by the kernel, at the supernode's socket */
	int64_t cpu;      /* ns of the supernode's */
	int64_t waited;   /* ns in which others kept it from the CPU */
};

static struct outcome mark(const struct bench *bench)
{
	return (struct outcome){
	    .seconds = (double)now_ns() / 1e9,
	    .sent = bench->orders->sent,
	    .dropped = server_dropped(&bench->superd),
	    .cpu = server_cpu_ns(&bench->superd),
	    .waited = server_waited_ns(&bench->superd),
	};
}

static struct outcome since(const struct bench *bench, const struct outcome *before)
{
	struct outcome now = mark(bench);

	return (struct outcome){
	    .seconds = now.seconds - before->seconds,
	    .sent = now.sent - before->sent,
	    .dropped = now.dropped - before->dropped,
	    .cpu = now.cpu - before->cpu,
	    .waited = now.waited - before->waited,
	};
}

/* With a CPU to itself the supernode is not kept from it: else the figures are of the machine. */
static void print_outcome(const struct outcome *flood)
{
	printf("%.0f sent a second, %.1f %% dropped by the socket, CPU %.0f %%, kept from it by "
	       "others %.0f %%\n",
	    (double)flood->sent / flood->seconds,
	    100.0 * (double)flood->dropped / (double)flood->sent,
	    (double)flood->cpu / flood->seconds / 1e7,
	    (double)flood->waited / flood->seconds / 1e7);
	fflush(stdout);
}

static void set_flood(struct bench *bench, enum flood_kind kind, uint64_t rate)
{
	bench->orders->kind = kind;
	bench->orders->rate = rate;
}

/* Until the socket is empty, or nearly. */
static void settle(void)
{
	usleep(100000);
}

/* Packets that it discards in a second of its CPU. */
static double discard_rate(struct bench *bench, enum flood_kind kind, int64_t milliseconds)
{
	set_flood(bench, kind, FULL_SPEED);
	usleep(50000);
	struct outcome before = mark(bench);

	usleep((useconds_t)milliseconds * 1000);
	struct outcome flood = since(bench, &before);

	set_flood(bench, kind, 0);
	settle();
	double rate = (double)(flood.sent - flood.dropped) * 1e9 / (double)flood.cpu;

	printf("%-16s %9.0f discarded in a CPU second; ", kind_names[kind], rate);
	print_outcome(&flood);
	return rate;
}

static void send_refresh(struct bench *bench, uint32_t number)
{
	struct refresh *refresh = &bench->refreshes[number];
	uint8_t transaction[TRANSACTION_BYTES] = {0};
	unsigned char bytes[REQUEST_MAX];

	memcpy(transaction, &number, sizeof number);
	size_t len = request_fill(&bench->request, bytes,
	    &(struct request_values){
		.serial = refresh->peer,
		.transaction = transaction,
		.cookie = traffic_cookie(bench->traffic, refresh->peer),
	    });

	refresh->tries++;
	crowd_send(bench->crowd, refresh->peer, bench->superd.port, bytes, len);
}

static void take(void *context, const struct crowd_arrival *arrival)
{
	struct bench *bench = context;
	struct packet packet;
	struct entry entry;
	uint32_t number;

	if (packet_parse(&packet, arrival->bytes) != PACKET_OK || !entry_parse(&entry, &packet) ||
	    !fields_has(&entry.fields, KEY_TK) || !fields_has(&entry.fields, KEY_LT))
		return;
	memcpy(&number, entry.fields.transaction, sizeof number);
	if (number >= bench->count || bench->refreshes[number].peer != arrival->peer)
		return;
	struct refresh *refresh = &bench->refreshes[number];

	if (refresh->answered_at == 0)
		refresh->answered_at = refresh->tries;
}

static bool is_over(const struct refresh *refresh, int64_t now)
{
	return refresh->answered_at != 0 || now - refresh->started >= LOST_MS;
}

static void send_due_repeats(struct bench *bench, int64_t now)
{
	while (
	    bench->first_open < bench->count && is_over(&bench->refreshes[bench->first_open], now))
		bench->first_open++;
	for (uint32_t i = bench->first_open; i < bench->count; i++) {
		struct refresh *refresh = &bench->refreshes[i];

		if (!is_over(refresh, now) && refresh->tries < TRIES &&
		    now - refresh->started >= try_after_ms[refresh->tries])
			send_refresh(bench, i);
	}
}

/* Refreshes of all peers in turn for some seconds, then their repeats until none is open. */
static void refresh_all(struct bench *bench)
{
	const struct options *options = &bench->options;
	int64_t start = now_ms(), end = start + options->seconds * 1000LL;

	bench->count = bench->first_open = 0;
	for (int64_t now = start; now < end || bench->first_open < bench->count; now = now_ms()) {
		uint64_t due = (uint64_t)(now < end ? now - start : end - start) * options->peers /
			       options->interval_ms;

		while (bench->count < due && bench->count < SAMPLES_MAX) {
			uint32_t number = bench->count++;

			bench->refreshes[number] =
			    (struct refresh){.peer = number % options->peers, .started = now};
			send_refresh(bench, number);
		}
		send_due_repeats(bench, now);
		crowd_flush(bench->crowd);
		crowd_receive(bench->crowd, false, take, bench);
		usleep(500);
	}
}

static void print_refreshes(
    const struct bench *bench, const struct outcome *flood, const char *goal)
{
	uint32_t at[TRIES + 1] = {0};

	for (uint32_t i = 0; i < bench->count; i++)
		at[bench->refreshes[i].answered_at]++;
	double all = bench->count / 100.0;

	printf("  %u refreshes: %.2f %% answered at the first try, %.2f %% within their repeats   "
	       "goal: %s\n",
	    bench->count, at[1] / all, (at[1] + at[2] + at[3]) / all, goal);
	printf("  ");
	print_outcome(flood);
}

static void run_phase(struct bench *bench, const char *title, uint64_t rate, const char *goal)
{
	printf("%s:\n", title);
	set_flood(bench, MIXTURE, rate);
	struct outcome before = mark(bench);

	refresh_all(bench);
	struct outcome flood = since(bench, &before);

	set_flood(bench, MIXTURE, 0);
	settle();
	print_refreshes(bench, &flood, goal);
}

static void run(struct bench *bench)
{
	uint64_t empty = server_resident(&bench->superd), before;
	char title[128];
	double rate = 0;

	enter_all(bench->traffic, &bench->superd, bench->options.peers);
	before = server_resident(&bench->superd);
	printf("%u proven peers, each refreshing every %u ms; %u sources of the flood\n",
	    bench->options.peers, bench->options.interval_ms, bench->options.sources);
	for (enum flood_kind kind = 0; kind < FLOOD_KINDS; kind++)
		rate = discard_rate(bench, kind, kind == MIXTURE ? MIXTURE_MS : KIND_MS);
	snprintf(title, sizeof title, "at 80 %% of it, %.0f a second", 0.8 * rate);
	run_phase(bench, title, (uint64_t)(0.8 * rate), "99 % at the first try");
	run_phase(bench, "at full speed", FULL_SPEED,
	    "99 % within their repeats, while at most 30 % are dropped");
	printf("resident memory: %" PRIu64 " KiB empty, %" PRIu64 " KiB with the peers, %" PRIu64
	       " KiB after all floods   goal: no more than the caps allow\n",
	    empty / 1024, before / 1024, server_resident(&bench->superd) / 1024);
}

static void read_options(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:i:t:s:")) != -1) {
		if (c == 'p')
			options->peers = number(optarg, 1, 1000000);
		else if (c == 'i')
			options->interval_ms = number(optarg, 1, 60000);
		else if (c == 't')
			options->seconds = number(optarg, 1, 3600);
		else if (c == 's')
			options->sources = number(optarg, 1, 5000000);
		else
			exit(2);
	}
	if (argc - optind != 2) {
		fprintf(stderr, "flood: port and process number of the supernode are missing\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct bench bench;
	int status;

	bench.options = (struct options){1000, 2000, 4, 1000000};
	read_options(&bench.options, argc, argv);
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	bench.superd = server_of("ipmsg-superd", argv[optind], argv[optind + 1]);
	put_apart(&bench.superd, 1, SCHED_OTHER);
	pid_t pid = start_flood(&bench);

	bench.traffic = traffic_new(CROWD_PEERS, bench.options.peers, IN_FLIGHT);
	bench.crowd = traffic_crowd(bench.traffic);
	request_init(&bench.request, REQUEST_REFRESH);
	run(&bench);
	bench.orders->over = true;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("the flooding process", "failed");
	traffic_free(bench.traffic);
	return EXIT_SUCCESS;
}
