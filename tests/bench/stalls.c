/*
 * How long a server leaves a probe unanswered while its table grows: one
 * process enters peer after peer, another sends a refresh of its own every
 * 0.2 ms and looks when the answer came, by the kernel's stamp. At the echo loop
 * the same is done with what it sends back: what that shows is the machine. So
 * does the second figure, the CPU time that the server used between probe and
 * answer: where others keep it from its CPU, that is less than what passed.
 *
 *     stalls [-e] [-p PEERS] [-f IN-FLIGHT] PORT PID      -e: it is the echo loop
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enter.h"

#define BETWEEN_NS 200000L
#define PROBES_MAX (1 << 20)
#define LATE_NS 5000000.0
#define LAST_NS 500000000LL /* for the answers after the last probe */

struct options {
	uint32_t peers;
	uint32_t in_flight;
	bool echo;
};

struct probes {
	struct crowd *crowd;
	uint32_t sent, answered, badly_sent;
	const struct server *server;
	int64_t start[PROBES_MAX]; /* 0: not to be counted */
	int64_t cpu[PROBES_MAX];   /* the server's, by then */
	double took[PROBES_MAX];   /* ns */
	double longest_own;        /* ns, of the server's CPU: at most, for we may look late */
};

static volatile sig_atomic_t over;

static void on_over(int signal)
{
	over = 1;
}

static void take(void *context, const struct crowd_arrival *arrival)
{
	struct probes *probes = context;
	struct packet packet;
	struct entry entry;
	uint32_t probe;

	if (packet_parse(&packet, arrival->bytes) != PACKET_OK || !entry_parse(&entry, &packet) ||
	    !fields_has(&entry.fields, KEY_TK) || fields_has(&entry.fields, KEY_ER))
		return;
	memcpy(&probe, entry.fields.transaction, sizeof probe);
	if (probe >= probes->sent || probes->start[probe] == 0)
		return;
	double took = (double)(arrival->time - probes->start[probe]);
	double own = (double)(server_cpu_ns(probes->server) - probes->cpu[probe]);

	if (own > took)
		own = took;
	if (own > probes->longest_own)
		probes->longest_own = own;
	probes->took[probes->answered++] = took;
	probes->start[probe] = 0;
}

static void send_probe(struct probes *probes, const struct request *refresh, const uint8_t *cookie)
{
	uint8_t transaction[TRANSACTION_BYTES] = {0};
	unsigned char bytes[REQUEST_MAX];
	uint32_t probe = probes->sent++;

	memcpy(transaction, &probe, sizeof probe);
	size_t len = request_fill(
	    refresh, bytes, &(struct request_values){.transaction = transaction, .cookie = cookie});

	probes->cpu[probe] = server_cpu_ns(probes->server);
	int64_t before = crowd_time();

	probes->start[probe] = before;
	crowd_send(probes->crowd, 0, probes->server->port, bytes, len);
	crowd_flush(probes->crowd);
	/* stopped on the way: nobody knows since when it waited */
	if (crowd_time() - before > BETWEEN_NS) {
		probes->start[probe] = 0;
		probes->badly_sent++;
	}
}

static void print(struct probes *probes, const struct server *server, const struct options *options)
{
	uint32_t late = 0;

	for (uint32_t i = 0; i < probes->answered; i++)
		late += probes->took[i] > LATE_NS;
	double most = quantile(probes->took, probes->answered, 1);

	printf("%-14s longest %7.3f ms, the most CPU used while one waited %6.3f ms; 999 of 1000 "
	       "within "
	       "%6.3f ms   goal: %s\n",
	    server->name, most / 1e6, probes->longest_own / 1e6,
	    quantile(probes->took, probes->answered, 0.999) / 1e6,
	    options->echo ? "none, it is the machine's own" : "none above 5 ms");
	printf("#   %u of %u probes over 5 ms, %u lost\n", late, probes->answered,
	    probes->sent - probes->badly_sent - probes->answered);
	fflush(stdout);
}

/* The process that probes, until it is told that it is over. */
static void probe(const struct server *server, const struct options *options)
{
	static struct probes probes;
	struct traffic *traffic = traffic_new(CROWD_PROBES, 1, 1);
	struct sched_param first = {.sched_priority = 1};
	struct timespec pause = {.tv_nsec = BETWEEN_NS};
	struct request refresh;

	/* before the load, where one may; else some probes are sent late, and not counted */
	sched_setscheduler(0, SCHED_FIFO, &first);
	request_init(&refresh, REQUEST_REFRESH);
	if (!options->echo)
		enter_all(traffic, server, 1);
	probes.server = server;
	probes.crowd = traffic_crowd(traffic);
	crowd_want_times(probes.crowd);
	while (!over && probes.sent < PROBES_MAX) {
		send_probe(&probes, &refresh, traffic_cookie(traffic, 0));
		nanosleep(&pause, NULL);
		crowd_receive(probes.crowd, false, take, &probes);
	}
	for (int64_t end = now_ns() + LAST_NS; now_ns() < end;)
		crowd_receive(probes.crowd, true, take, &probes);
	print(&probes, server, options);
	traffic_free(traffic);
}

static pid_t start_probe(const struct server *server, const struct options *options)
{
	struct sigaction action = {.sa_handler = on_over};
	pid_t pid = fork();

	if (pid < 0)
		die("fork", strerror(errno));
	if (pid > 0)
		return pid;
	sigaction(SIGTERM, &action, NULL);
	probe(server, options);
	exit(EXIT_SUCCESS);
}

static void grow(
    struct traffic *traffic, const struct server *server, const struct options *options)
{
	struct traffic_server echo = echo_server(server);
	struct request request;

	if (!options->echo) {
		enter_all(traffic, server, options->peers);
		return;
	}
	/* twice, as an entry needs a second packet */
	request_init(&request, REQUEST_REFRESH);
	traffic_exchange(traffic, &echo, &request, 2ULL * options->peers);
	enter_check(traffic, server->name);
}

static void read_options(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "ep:f:")) != -1) {
		if (c == 'e')
			options->echo = true;
		else if (c == 'p')
			options->peers = number(optarg, 1, REQUEST_SERIAL_MAX);
		else if (c == 'f')
			options->in_flight = number(optarg, 1, TRAFFIC_IN_FLIGHT_MAX);
		else
			exit(2);
	}
	if (argc - optind != 2) {
		fprintf(stderr, "stalls: the port and process number of the server are missing\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct options options = {1000000, 64, false};
	int status;

	read_options(&options, argc, argv);
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	struct server server =
	    server_of(options.echo ? "echo" : "ipmsg-superd", argv[optind], argv[optind + 1]);

	put_apart(&server, 1, SCHED_OTHER);
	pid_t pid = start_probe(&server, &options);
	struct traffic *traffic = traffic_new(CROWD_PEERS, options.peers, options.in_flight);

	grow(traffic, &server, &options);
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("the probing process", "failed");
	traffic_free(traffic);
	return EXIT_SUCCESS;
}
