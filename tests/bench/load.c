/*
 * What the supernode takes for a refresh, against what a bare echo loop takes
 * for a datagram: both are served in turn by the same closed loop of peers,
 * and each is asked for its own CPU time, user's and system's, before and
 * after. Neither this program's speed nor a server's waiting comes into it.
 *
 *     load [-p PEERS] [-f IN-FLIGHT] [-r ROUNDS] [-t MS] [-w PLACE] [-v]
 *          SUPERD-PORT SUPERD-PID ECHO-PORT ECHO-PID
 *
 * Every answer counted is, at the supernode, an ANSENTRY that grants this very
 * peer's entry, and at the echo loop the request to the byte.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traffic.h"

#define ROUNDS_MAX 1000
#define WARM_UP 4 /* times what is under way, not counted */

/*
 * Apart, the load has a CPU of its own, and a server that is faster than the
 * load reads batches that are not full. Together, on one CPU where none
 * preempts another, a server finds all that is under way when its turn comes,
 * so both read full batches: what is left is the cost of the packets alone.
 */
enum place { APART, TOGETHER, FREE, PLACES };

static const char *const place_names[PLACES] = {"apart", "together", "free"};

struct options {
	uint32_t peers;
	uint32_t in_flight;
	uint32_t rounds;
	uint32_t milliseconds; /* of each server in each round */
	enum place place;
	bool verbose;
};

struct server {
	struct traffic_server traffic;
	struct request refresh;
	clockid_t clock;
	pid_t pid;
	double ns[ROUNDS_MAX]; /* of CPU for an answer */
	size_t answer_bytes;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "load: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static bool is_challenge(const struct exchange *exchange)
{
	const struct fields *fields = &exchange->entry->fields;

	if (packet_command(exchange->packet) != CMD_ANSENTRY || !fields_has(fields, KEY_ER) ||
	    fields->error != PUNCH_UNVERIFIED || !fields_has(fields, KEY_CK))
		return false;
	memcpy(exchange->cookie, fields->cookie, COOKIE_BYTES);
	return true;
}

static bool is_grant(const struct exchange *exchange)
{
	const struct fields *fields = &exchange->entry->fields;

	if (packet_command(exchange->packet) != CMD_ANSENTRY || fields_has(fields, KEY_ER) ||
	    !fields_has(fields, KEY_LT) || fields->lifetime == 0 || !fields_has(fields, KEY_OA) ||
	    !endpoint_equal(&fields->observed, &exchange->peer) || !fields_has(fields, KEY_CK))
		return false;
	memcpy(exchange->cookie, fields->cookie, COOKIE_BYTES);
	return true;
}

static bool is_echo(const struct exchange *exchange)
{
	return span_equal(exchange->request, exchange->answer);
}

/* Ends the program when an answer was wrong: figures of it would mean nothing. */
static void check(const struct traffic *traffic, const struct traffic_server *server)
{
	struct traffic_counts counts = traffic_count(traffic);

	if (counts.wrong > 0)
		die(server->name, "an answer was not what it has to be");
}

/* Every peer enters: a challenge first, then with its cookie. */
static void enter_all(struct traffic *traffic, const struct server *superd, uint32_t peers)
{
	struct traffic_server challenging = superd->traffic;
	struct request first;

	challenging.accept = is_challenge;
	request_init(&first, false);
	traffic_exchange(traffic, &challenging, &first, peers);
	check(traffic, &challenging);
	traffic_exchange(traffic, &superd->traffic, &superd->refresh, peers);
	check(traffic, &superd->traffic);
}

static int64_t cpu_ns(const struct server *server)
{
	struct timespec ts;

	if (clock_gettime(server->clock, &ts) != 0)
		die(server->traffic.name, "is gone");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void measure(struct traffic *traffic, struct server *server, const struct options *options,
    uint32_t round)
{
	traffic_exchange(traffic, &server->traffic, &server->refresh, WARM_UP * options->in_flight);
	uint64_t before = traffic_count(traffic).answered;
	int64_t cpu = cpu_ns(server);

	traffic_spend(traffic, &server->traffic, &server->refresh, options->milliseconds);
	cpu = cpu_ns(server) - cpu;
	check(traffic, &server->traffic);
	struct traffic_counts after = traffic_count(traffic);

	server->ns[round] = (double)cpu / (double)(after.answered - before);
	server->answer_bytes = after.answer_bytes;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct spread {
	double lowest, median, highest;
};

static struct spread spread_of(const double *values, uint32_t count)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, count * sizeof *values);
	qsort(sorted, count, sizeof *sorted, compare);
	return (struct spread){sorted[0],
	    count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2,
	    sorted[count - 1]};
}

static void print_server(const struct server *server, uint32_t rounds)
{
	double rates[ROUNDS_MAX];

	for (uint32_t i = 0; i < rounds; i++)
		rates[i] = 1e9 / server->ns[i];
	struct spread rate = spread_of(rates, rounds);

	printf("%-14s %10.0f %10.0f %10.0f   %6.0f ns, %zu bytes in, %zu out\n",
	    server->traffic.name, rate.median, rate.lowest, rate.highest, 1e9 / rate.median,
	    server->refresh.len, server->answer_bytes);
}

static void print_figures(const struct server *superd, const struct server *echo,
    const struct options *options, const struct traffic *traffic)
{
	struct traffic_counts counts = traffic_count(traffic);
	double ratios[ROUNDS_MAX];

	for (uint32_t i = 0; i < options->rounds; i++) {
		ratios[i] = echo->ns[i] / superd->ns[i];
		if (options->verbose)
			printf("# %3u  superd %6.0f ns  echo %6.0f ns  ratio %.3f\n", i + 1,
			    superd->ns[i], echo->ns[i], ratios[i]);
	}
	struct spread ratio = spread_of(ratios, options->rounds);

	printf("%u peers, %u in flight, %u alternations of %u ms, load and servers %s\n",
	    options->peers, options->in_flight, options->rounds, options->milliseconds,
	    place_names[options->place]);
	printf("%-14s %10s %10s %10s   %s\n", "", "median", "lowest", "highest", "each");
	print_server(superd, options->rounds);
	print_server(echo, options->rounds);
	printf("%-14s %10.3f %10.3f %10.3f\n", "ratio", ratio.median, ratio.lowest, ratio.highest);
	if (counts.lost + counts.stray > 0)
		printf("# %llu sent again, %llu answers too many\n",
		    (unsigned long long)counts.lost, (unsigned long long)counts.stray);
}

/* The first or the last CPU that this process may use. */
static int own_cpu(bool last)
{
	cpu_set_t set;
	int found = -1;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		die("cannot ask for the CPUs", strerror(errno));
	for (int i = 0; i < CPU_SETSIZE && (last || found < 0); i++) {
		if (CPU_ISSET((size_t)i, &set))
			found = i;
	}
	return found;
}

static void put_on(pid_t pid, int cpu)
{
	struct sched_param param = {0};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(pid, sizeof set, &set) != 0 ||
	    sched_setscheduler(pid, SCHED_BATCH, &param) != 0)
		die("cannot choose a CPU", strerror(errno));
}

static void place(const struct server *superd, const struct server *echo, enum place place)
{
	int first = own_cpu(false), last = own_cpu(true);

	if (place == FREE)
		return;
	if (place == APART && first == last)
		die("apart", "there is one CPU only");
	put_on(superd->pid, last);
	put_on(echo->pid, last);
	put_on(0, place == APART ? first : last);
}

static uint32_t number(const char *text, uint32_t least, uint32_t most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most) {
		fprintf(stderr, "load: %s is not a number from %u to %u\n", text, least, most);
		exit(2);
	}
	return (uint32_t)value;
}

static void find_server(struct server *server, const char *port, const char *pid)
{
	server->traffic.port = (uint16_t)number(port, 1, UINT16_MAX);
	server->pid = (pid_t)number(pid, 1, INT32_MAX);
	if (clock_getcpuclockid(server->pid, &server->clock) != 0)
		die(server->traffic.name, "there is no such process");
	request_init(&server->refresh, true);
}

static enum place place_of(const char *text)
{
	for (int i = 0; i < PLACES; i++) {
		if (strcmp(text, place_names[i]) == 0)
			return (enum place)i;
	}
	fprintf(stderr, "load: -w takes apart, together or free, not %s\n", text);
	exit(2);
}

static void read_options(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:f:r:t:w:v")) != -1) {
		if (c == 'p')
			options->peers = number(optarg, 1, REQUEST_SERIAL_MAX);
		else if (c == 'f')
			options->in_flight = number(optarg, 1, TRAFFIC_IN_FLIGHT_MAX);
		else if (c == 'r')
			options->rounds = number(optarg, 1, ROUNDS_MAX);
		else if (c == 't')
			options->milliseconds = number(optarg, 1, 3600000);
		else if (c == 'w')
			options->place = place_of(optarg);
		else if (c == 'v')
			options->verbose = true;
		else
			exit(2);
	}
	if (argc - optind != 4) {
		fprintf(stderr, "load: the ports and process numbers of both servers are missing\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct server superd = {.traffic = {.name = "ipmsg-superd", .accept = is_grant}};
	static struct server echo = {.traffic = {.name = "echo", .accept = is_echo}};
	struct options options = {1000, 256, 12, 1000, APART, false};

	read_options(&options, argc, argv);
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	find_server(&superd, argv[optind], argv[optind + 1]);
	find_server(&echo, argv[optind + 2], argv[optind + 3]);
	place(&superd, &echo, options.place);
	struct traffic *traffic = traffic_new(options.peers, options.in_flight);

	enter_all(traffic, &superd, options.peers);
	for (uint32_t i = 0; i < options.rounds; i++) {
		/* whoever came second comes first, so that a drift favours neither */
		measure(traffic, i % 2 == 0 ? &superd : &echo, &options, i);
		measure(traffic, i % 2 == 0 ? &echo : &superd, &options, i);
	}
	print_figures(&superd, &echo, &options, traffic);
	traffic_free(traffic);
	return EXIT_SUCCESS;
}
