/*
 * How long an ask waits for its order while refreshes come at half the rate
 * that the supernode can answer: with few registrations and with many, in turn.
 *
 *     latency [-r RUNS] [-t MS] [-a ASKS-A-SECOND]
 *             PEERS SUPERD-PORT SUPERD-PID PEERS SUPERD-PORT SUPERD-PID
 *
 * The load is an open loop: refreshes leave when their time has come, whether
 * those before are answered or not. An ask's time runs from just before its
 * sending to the kernel's stamp on the order.
 */
#include <getopt.h>
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "asks.h"
#include "enter.h"

#define RUNS_MAX 100
#define IN_FLIGHT 256
#define BURST 16       /* refreshes sent at once, at most */
#define MAXIMUM_MS 300 /* that the maximum is measured for */
#define SETTLE_NS 300000000LL

struct options {
	uint32_t runs;
	uint32_t milliseconds;
	uint32_t asks; /* a second */
};

struct table {
	struct server server;
	struct traffic_server granting;
	uint32_t peers;
	struct traffic *traffic;
	struct crowd *crowd;
	struct asks *asks;
	struct request refresh;
	uint32_t next, stride;
	uint64_t sent, answered;   /* refreshes of the open loop */
	double maximum[RUNS_MAX];  /* refreshes a second */
	double achieved[RUNS_MAX]; /* part of the half of it */
	double typical[RUNS_MAX];  /* µs, as the one below */
	double late[RUNS_MAX];     /* that 99 of 100 do not exceed */
	double waited[RUNS_MAX];   /* part of the time that others kept it from the CPU */
};

/* In answers by the clock, not by the CPU: queues know no other. */
static double maximum_rate(struct table *table)
{
	uint64_t answered = traffic_count(table->traffic).answered;
	int64_t took = now_ns();

	traffic_spend(table->traffic, &table->granting, &table->refresh, MAXIMUM_MS);
	took = now_ns() - took;
	enter_check(table->traffic, table->server.name);
	return (double)(traffic_count(table->traffic).answered - answered) * 1e9 / (double)took;
}

static void send_refresh(struct table *table)
{
	static const uint8_t transaction[TRANSACTION_BYTES] = {0xff, 0xff, 0xff, 0xff};
	unsigned char bytes[REQUEST_MAX];
	size_t len = request_fill(&table->refresh, bytes,
	    &(struct request_values){
		.serial = table->next,
		.transaction = transaction,
		.cookie = traffic_cookie(table->traffic, table->next),
	    });

	crowd_send(table->crowd, table->next, table->server.port, bytes, len);
	table->next = (uint32_t)(((uint64_t)table->next + table->stride) % table->peers);
	table->sent++;
}

static void take(void *context, const struct crowd_arrival *arrival)
{
	struct table *table = context;
	struct packet packet;

	if (packet_parse(&packet, arrival->bytes) != PACKET_OK)
		return;
	if (!asks_take(table->asks, &packet, arrival))
		table->answered += packet_command(&packet) == CMD_ANSENTRY;
}

/* One run: refreshes at `rate`, and asks among them. */
static void run_open(struct table *table, const struct options *options, double rate)
{
	int64_t start = now_ns(), end = start + options->milliseconds * 1000000LL;
	int64_t between = 1000000000LL / options->asks, next_ask = start;

	table->sent = table->answered = 0;
	for (int64_t now = start; now < end; now = now_ns()) {
		uint64_t due = (uint64_t)((double)(now - start) * rate / 1e9);

		for (int i = 0; i < BURST && table->sent < due; i++)
			send_refresh(table);
		crowd_flush(table->crowd);
		if (now >= next_ask) {
			asks_start(table->asks);
			next_ask += between;
		}
		crowd_flush(table->crowd);
		crowd_receive(table->crowd, false, take, table);
	}
	/* what is still under way */
	for (end += SETTLE_NS; now_ns() < end;) {
		crowd_receive(table->crowd, false, take, table);
		crowd_flush(table->crowd);
	}
}

static void measure(struct table *table, const struct options *options, uint32_t run)
{
	double maximum = maximum_rate(table);
	size_t count;

	int64_t waited = server_waited_ns(&table->server), took = now_ns();

	run_open(table, options, maximum / 2);
	waited = server_waited_ns(&table->server) - waited;
	took = now_ns() - took;
	double *times = asks_times(table->asks, &count);

	if (count < 100)
		die(table->server.name, "too few asks led to an order");
	table->maximum[run] = maximum;
	table->waited[run] = (double)waited / (double)took;
	table->achieved[run] = (double)table->answered * 1000 / options->milliseconds / maximum;
	table->typical[run] = quantile(times, count, 0.5) / 1000;
	table->late[run] = quantile(times, count, 0.99) / 1000;
	free(times);
}

static void print_table(const struct table *table, uint32_t runs)
{
	struct asks_counts counts = asks_count(table->asks);

	printf(
	    "%8u registered: ask to order %6.0f µs at the median, %6.0f µs at the 99th percentile "
	    "(%.0f to %.0f)\n",
	    table->peers, spread_of(table->typical, runs).median,
	    spread_of(table->late, runs).median, spread_of(table->late, runs).lowest,
	    spread_of(table->late, runs).highest);
	printf("#   at %.0f refreshes a second, %.2f of the maximum of %.0f; %llu asks, %llu lost, "
	       "%llu refused; others kept it from the CPU for %.0f %% of the time\n",
	    spread_of(table->achieved, runs).median * spread_of(table->maximum, runs).median,
	    spread_of(table->achieved, runs).median, spread_of(table->maximum, runs).median,
	    (unsigned long long)counts.done, (unsigned long long)counts.lost,
	    (unsigned long long)counts.refused, 100 * spread_of(table->waited, runs).median);
}

static void prepare(struct table *table, char **arguments)
{
	table->peers = number(arguments[0], 2, REQUEST_SERIAL_MAX);
	table->server = server_of("ipmsg-superd", arguments[1], arguments[2]);
	table->granting = enter_server(&table->server);
	table->traffic = traffic_new(CROWD_PEERS, table->peers, IN_FLIGHT);
	table->crowd = traffic_crowd(table->traffic);
	table->stride = traffic_stride(table->peers);
	request_init(&table->refresh, REQUEST_REFRESH);
}

static void read_options(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:t:a:")) != -1) {
		if (c == 'r')
			options->runs = number(optarg, 1, RUNS_MAX);
		else if (c == 't')
			options->milliseconds = number(optarg, 1, 60000);
		else if (c == 'a')
			options->asks = number(optarg, 1, 100000);
		else
			exit(2);
	}
	if (argc - optind != 6) {
		fprintf(stderr, "latency: twice peers, port and process number are missing\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct table few, many;
	struct options options = {7, 1000, 2000};
	double ratios[RUNS_MAX];

	read_options(&options, argc, argv);
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	prepare(&few, argv + optind);
	prepare(&many, argv + optind + 3);
	put_apart((struct server[]){few.server, many.server}, 2, SCHED_OTHER);
	enter_all(few.traffic, &few.server, few.peers);
	enter_all(many.traffic, &many.server, many.peers);
	few.asks = asks_new(few.traffic, &few.server, few.peers, IN_FLIGHT);
	many.asks = asks_new(many.traffic, &many.server, many.peers, IN_FLIGHT);
	crowd_want_times(few.crowd);
	crowd_want_times(many.crowd);
	for (uint32_t i = 0; i < options.runs; i++) {
		measure(i % 2 == 0 ? &few : &many, &options, i);
		measure(i % 2 == 0 ? &many : &few, &options, i);
		ratios[i] = many.late[i] / few.late[i];
	}
	print_table(&few, options.runs);
	print_table(&many, options.runs);
	printf("99th percentiles, ratio: %.2f, from %.2f to %.2f, median of %u runs   goal: at "
	       "most 3\n",
	    spread_of(ratios, options.runs).median, spread_of(ratios, options.runs).lowest,
	    spread_of(ratios, options.runs).highest, options.runs);
	return EXIT_SUCCESS;
}
