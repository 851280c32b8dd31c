/*
 * What the supernode takes for a refresh, or for an introduction's packet,
 * against what a bare echo loop takes for a datagram: both are served in turn
 * by the same closed loop of peers, and each is asked for its own CPU time,
 * user's and system's, before and after. Neither this program's speed nor a
 * server's waiting comes into it.
 *
 *     load [-a] [-p PEERS] [-f IN-FLIGHT] [-r ROUNDS] [-t MS] [-w PLACE] [-g GOAL] [-v]
 *          SUPERD-PORT SUPERD-PID ECHO-PORT ECHO-PID
 *
 * Every answer counted is, at the supernode, an ANSENTRY that grants this very
 * peer's entry, and at the echo loop the request to the byte. With -a the peers
 * ask for each other, and all packets count that this causes, to and from the
 * supernode, as at the echo loop the request and what comes back.
 */
#include <getopt.h>
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"
#include "enter.h"

#define ROUNDS_MAX 1000
#define WARM_UP_MS 10 /* not counted */

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
	const char *goal;
	bool asks;
	bool verbose;
};

struct bench {
	struct traffic *traffic;
	struct asks *asks; /* NULL: refreshes are measured */
	struct traffic_server superd, echo;
	struct request refresh;
};

struct contender {
	struct server server;
	void (*spend)(struct bench *bench, int64_t milliseconds);
	uint64_t (*units)(const struct bench *bench); /* served so far */
	double ns[ROUNDS_MAX];                        /* of CPU for one */
};

static void spend_refreshes(struct bench *bench, int64_t milliseconds)
{
	traffic_spend(bench->traffic, &bench->superd, &bench->refresh, milliseconds);
	enter_check(bench->traffic, bench->superd.name);
}

static void spend_echoes(struct bench *bench, int64_t milliseconds)
{
	traffic_spend(bench->traffic, &bench->echo, &bench->refresh, milliseconds);
	enter_check(bench->traffic, bench->echo.name);
}

static void spend_asks(struct bench *bench, int64_t milliseconds)
{
	asks_spend(bench->asks, milliseconds);
	struct asks_counts counts = asks_count(bench->asks);

	if (counts.refused > 0)
		die(bench->superd.name, "an ask was refused: a limit of its is not switched off");
	if (counts.wrong > 0)
		die(bench->superd.name, "an answer or order was not what it has to be");
}

static uint64_t exchanges(const struct bench *bench)
{
	return traffic_count(bench->traffic).answered;
}

static uint64_t echo_packets(const struct bench *bench)
{
	return 2 * exchanges(bench);
}

static uint64_t ask_packets(const struct bench *bench)
{
	return asks_count(bench->asks).packets;
}

static void measure(
    struct bench *bench, struct contender *contender, const struct options *options, uint32_t round)
{
	contender->spend(bench, WARM_UP_MS);
	uint64_t units = contender->units(bench);
	int64_t cpu = server_cpu_ns(&contender->server);

	contender->spend(bench, options->milliseconds);
	cpu = server_cpu_ns(&contender->server) - cpu;
	units = contender->units(bench) - units;
	contender->ns[round] = (double)cpu / (double)units;
}

static void print_contender(const struct contender *contender, uint32_t rounds)
{
	double rates[ROUNDS_MAX];

	for (uint32_t i = 0; i < rounds; i++)
		rates[i] = 1e9 / contender->ns[i];
	struct spread rate = spread_of(rates, rounds);

	printf("%-14s %10.0f %10.0f %10.0f   %6.0f ns\n", contender->server.name, rate.median,
	    rate.lowest, rate.highest, 1e9 / rate.median);
}

static void print_figures(
    const struct contender *superd, const struct contender *echo, const struct options *options)
{
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
	printf("%-14s %10s %10s %10s   %s\n", options->asks ? "packets" : "answers", "median",
	    "lowest", "highest", "each");
	print_contender(superd, options->rounds);
	print_contender(echo, options->rounds);
	printf("%-14s %10.3f %10.3f %10.3f   goal: %s\n", "ratio", ratio.median, ratio.lowest,
	    ratio.highest, options->goal);
}

static void print_losses(const struct bench *bench)
{
	struct traffic_counts traffic = traffic_count(bench->traffic);

	if (traffic.lost + traffic.stray > 0)
		printf("# %llu sent again, %llu answers too many\n",
		    (unsigned long long)traffic.lost, (unsigned long long)traffic.stray);
	if (bench->asks == NULL)
		return;
	struct asks_counts asks = asks_count(bench->asks);

	printf("# %llu introductions, %.3f packets for each, %llu lost\n",
	    (unsigned long long)asks.done, (double)asks.packets / (double)asks.done,
	    (unsigned long long)asks.lost);
}

static void place(const struct contender *superd, const struct contender *echo, enum place place)
{
	struct server servers[] = {superd->server, echo->server};

	if (place == APART)
		put_apart(servers, 2, SCHED_BATCH);
	else if (place == TOGETHER)
		put_together(servers, 2, SCHED_BATCH);
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

	while ((c = getopt(argc, argv, "ap:f:r:t:w:g:v")) != -1) {
		if (c == 'a')
			options->asks = true;
		else if (c == 'p')
			options->peers = number(optarg, 1, REQUEST_SERIAL_MAX);
		else if (c == 'f')
			options->in_flight = number(optarg, 1, TRAFFIC_IN_FLIGHT_MAX);
		else if (c == 'r')
			options->rounds = number(optarg, 1, ROUNDS_MAX);
		else if (c == 't')
			options->milliseconds = number(optarg, 1, 3600000);
		else if (c == 'w')
			options->place = place_of(optarg);
		else if (c == 'g')
			options->goal = optarg;
		else if (c == 'v')
			options->verbose = true;
		else
			exit(2);
	}
	if (argc - optind != 4) {
		fprintf(
		    stderr, "load: the ports and process numbers of both servers are missing\n");
		exit(2);
	}
}

static void prepare(struct bench *bench, struct contender *superd, struct contender *echo,
    const struct options *options)
{
	*bench = (struct bench){
	    .traffic = traffic_new(CROWD_PEERS, options->peers, options->in_flight),
	    .superd = enter_server(&superd->server),
	    .echo = echo_server(&echo->server),
	};
	request_init(&bench->refresh, REQUEST_REFRESH);
	enter_all(bench->traffic, &superd->server, options->peers);
	if (options->asks)
		bench->asks =
		    asks_new(bench->traffic, &superd->server, options->peers, options->in_flight);
	superd->spend = options->asks ? spend_asks : spend_refreshes;
	superd->units = options->asks ? ask_packets : exchanges;
	echo->spend = spend_echoes;
	echo->units = options->asks ? echo_packets : exchanges;
}

int main(int argc, char **argv)
{
	static struct contender superd, echo;
	struct options options = {1000, 256, 12, 1000, APART, "none", false, false};
	struct bench bench;

	read_options(&options, argc, argv);
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	superd.server = server_of("ipmsg-superd", argv[optind], argv[optind + 1]);
	echo.server = server_of("echo", argv[optind + 2], argv[optind + 3]);
	place(&superd, &echo, options.place);
	prepare(&bench, &superd, &echo, &options);
	for (uint32_t i = 0; i < options.rounds; i++) {
		/* whoever came second comes first, so that a drift favours neither */
		measure(&bench, i % 2 == 0 ? &superd : &echo, &options, i);
		measure(&bench, i % 2 == 0 ? &echo : &superd, &options, i);
	}
	print_figures(&superd, &echo, &options);
	print_losses(&bench);
	if (bench.asks != NULL)
		asks_free(bench.asks);
	traffic_free(bench.traffic);
	return EXIT_SUCCESS;
}
