/* Metric families and their samples. */
#include "superd/metrics.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#define PREFIX "ipmsg_superd_"

/* The counters of the core: a family begins where one has a help; the label is "name=value". */
static const struct {
	const char *name, *help;
	const char *label, *value;
	enum counter counter;
} counters[] = {
    {"packets_received_total", "Packets that came in.", NULL, NULL, COUNT_RECEIVED},
    {"packets_dropped_total", "Packets that were dropped, by reason.", "reason", "malformed",
	COUNT_DROPPED_MALFORMED},
    {"packets_dropped_total", NULL, "reason", "void", COUNT_DROPPED_VOID},
    {"packets_dropped_total", NULL, "reason", "command", COUNT_DROPPED_COMMAND},
    {"packets_dropped_total", NULL, "reason", "source", COUNT_DROPPED_SOURCE},
    {"packets_dropped_total", NULL, "reason", "legacy", COUNT_DROPPED_LEGACY},
    {"packets_dropped_total", NULL, "reason", "forged", COUNT_DROPPED_FORGED},
    {"packets_dropped_total", NULL, "reason", "signature", COUNT_DROPPED_SIGNATURE},
    {"packets_dropped_total", NULL, "reason", "replayed", COUNT_DROPPED_REPLAYED},
    {"packets_dropped_total", NULL, "reason", "full", COUNT_DROPPED_FULL},
    {"packets_dropped_total", NULL, "reason", "banned", COUNT_DROPPED_BANNED},
    {"packets_dropped_total", NULL, "reason", "draining", COUNT_DROPPED_DRAINING},
    {"entries_total", "Entries: of new peers, refreshes, or refused since the name is taken.",
	"outcome", "new", COUNT_ENTRIES_NEW},
    {"entries_total", NULL, "outcome", "refreshed", COUNT_ENTRIES_REFRESHED},
    {"entries_total", NULL, "outcome", "taken", COUNT_ENTRIES_TAKEN},
    {"names_total", "Names that a key signed for first, by whether they were bound to it.",
	"outcome", "new", COUNT_NAMES_NEW},
    {"names_total", NULL, "outcome", "refused", COUNT_NAMES_REFUSED},
    {"challenges_total", "Cookies handed out to peers that had none.", NULL, NULL,
	COUNT_CHALLENGED},
    {"tests_total", "Tests of what a NAT lets in: answered from elsewhere, or impossible here.",
	"outcome", "answered", COUNT_TESTED},
    {"tests_total", NULL, "outcome", "impossible", COUNT_TESTED_HERE},
    {"held_total", "Packets of legacy peers held until their proof.", NULL, NULL, COUNT_HELD},
    {"notices_total", "Changes of name, group or absence.", NULL, NULL, COUNT_NOTICES},
    {"exits_total", "Peers that left.", NULL, NULL, COUNT_EXITS},
    {"proofs_total", "Answers of legacy peers to probes.", "outcome", "right", COUNT_PROOFS},
    {"proofs_total", NULL, "outcome", "wrong", COUNT_PROOFS_WRONG},
    {"asks_total", "Asks for another peer, by what came of them.", "outcome", "introduced",
	COUNT_ASKS_INTRODUCED},
    {"asks_total", NULL, "outcome", "repeated", COUNT_ASKS_REPEATED},
    {"asks_total", NULL, "outcome", "unknown", COUNT_ASKS_UNKNOWN},
    {"asks_total", NULL, "outcome", "ambiguous", COUNT_ASKS_AMBIGUOUS},
    {"asks_total", NULL, "outcome", "refused", COUNT_ASKS_REFUSED},
    {"asks_total", NULL, "outcome", "target-refused", COUNT_ASKS_TARGET_REFUSED},
    {"asks_total", NULL, "outcome", "busy", COUNT_ASKS_BUSY},
    {"asks_total", NULL, "outcome", "self", COUNT_ASKS_SELF},
    {"roster_asks_total", "Asks for a page of the list of peers, by what came of them.",
	"outcome", "answered", COUNT_ROSTER_PAGES},
    {"roster_asks_total", NULL, "outcome", "refused", COUNT_ROSTER_REFUSED},
    {"roster_asks_total", NULL, "outcome", "busy", COUNT_ROSTER_BUSY},
    {"orders_acknowledged_total", "Orders that their peer has confirmed.", NULL, NULL,
	COUNT_ACKNOWLEDGED},
    {"stray_total", "Answers to nothing, exits of nobody.", NULL, NULL, COUNT_STRAY},
    {"limited_total", "What a limit refused, by the option that sets it.", "limit",
	"answers-per-source", COUNT_LIMITED_SOURCE},
    {"limited_total", NULL, "limit", "answers-in-all", COUNT_LIMITED_ALL},
    {"limited_total", NULL, "limit", "asks-per-source", COUNT_LIMITED_ASKS},
    {"limited_total", NULL, "limit", "orders-per-asker", COUNT_LIMITED_ASKER},
    {"limited_total", NULL, "limit", "orders-per-target", COUNT_LIMITED_TARGET},
    {"limited_total", NULL, "limit", "signatures", COUNT_LIMITED_SIGNATURES},
    {"limited_total", NULL, "limit", "max-per-source", COUNT_LIMITED_REGISTRATIONS},
    {"packets_sent_total", "Packets sent, by kind.", "kind", "probe", COUNT_SENT_PROBES},
    {"packets_sent_total", NULL, "kind", "order", COUNT_SENT_ORDERS},
    /* what is neither: see counted() */
    {"packets_sent_total", NULL, "kind", "answer", COUNT_SENT},
    {"unsent_credit_total", "Packets not sent, for more would have left than came in.", NULL,
	NULL, COUNT_UNSENT_CREDIT},
};

static void family(FILE *stream, const char *name, const char *type, const char *help)
{
	fprintf(stream, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void single(FILE *stream, const char *name, const char *type, const char *help,
    uint64_t value)
{
	family(stream, name, type, help);
	fprintf(stream, PREFIX "%s %" PRIu64 "\n", name, value);
}

static uint64_t counted(const struct counters *from, enum counter counter)
{
	const uint64_t *value = from->value;

	if (counter == COUNT_SENT)
		return value[COUNT_SENT] - value[COUNT_SENT_PROBES] - value[COUNT_SENT_ORDERS];
	return value[counter];
}

static void write_counters(FILE *stream, const struct counters *from)
{
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		if (counters[i].help != NULL)
			family(stream, counters[i].name, "counter", counters[i].help);
		fprintf(stream, PREFIX "%s", counters[i].name);
		if (counters[i].label != NULL)
			fprintf(stream, "{%s=\"%s\"}", counters[i].label, counters[i].value);
		fprintf(stream, " %" PRIu64 "\n", counted(from, counters[i].counter));
	}
}

static void write_registrations(FILE *stream, const struct super_status *super)
{
	const struct registry_counts *n = &super->registrations;
	const struct {
		const char *state, *kind;
		uint32_t count;
	} samples[] = {
	    {"fresh", "extended", n->fresh - (n->seeds - n->stale_seeds)},
	    {"fresh", "seed", n->seeds - n->stale_seeds},
	    {"stale", "extended", n->stale - n->stale_seeds},
	    {"stale", "seed", n->stale_seeds},
	};

	family(stream, "registrations", "gauge", "Peers that are registered.");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		fprintf(stream, PREFIX "registrations{state=\"%s\",kind=\"%s\"} %" PRIu32 "\n",
		    samples[i].state, samples[i].kind, samples[i].count);
	single(stream, "registrations_max", "gauge", "Peers that may be registered.",
	    super->capacity);
	single(stream, "unproven", "gauge", "Legacy addresses that wait for their proof.",
	    super->unproven);
	single(stream, "unproven_max", "gauge", "Legacy addresses that may wait.",
	    super->unproven_max);
	single(stream, "introductions", "gauge", "Orders to punch that are under way.",
	    super->introductions);
	single(stream, "introductions_max", "gauge", "Orders that may be under way.",
	    super->introductions_max);
	single(stream, "bans", "gauge", "Bans that are in force.", super->bans);
	single(stream, "draining", "gauge", "Whether nobody new is let in (1).", super->draining);
}

static void write_nat_pairs(FILE *stream, const struct super_status *super)
{
	family(stream, "introductions_total", "counter",
	    "Introductions, by what the NATs of asker and target do as their peers say.");
	for (int i = 0; i < NAT_MAPPINGS; i++) {
		for (int k = 0; k < NAT_MAPPINGS; k++)
			fprintf(stream,
			    PREFIX "introductions_total{asker=\"%s\",target=\"%s\"} %" PRIu64 "\n",
			    nat_mapping_name((enum nat_mapping)i),
			    nat_mapping_name((enum nat_mapping)k), super->nat_pairs[i][k]);
	}
}

static void write_udp(FILE *stream, const struct udp_counts *udp)
{
	single(stream, "udp_received_total", "counter", "Datagrams read.", udp->received);
	single(stream, "udp_too_long_total", "counter", "Datagrams dropped for their length.",
	    udp->too_long);
	single(stream, "udp_kernel_dropped_total", "counter",
	    "Datagrams the kernel dropped, mostly for want of room in a receive buffer.",
	    udp->kernel_dropped);
	single(stream, "udp_sent_total", "counter", "Datagrams sent.", udp->sent);
	single(stream, "udp_unsent_total", "counter", "Datagrams the kernel did not take.",
	    udp->unsent);
}

static void write_process(FILE *stream, const struct metrics *metrics)
{
	family(stream, "info", "gauge", "The version that runs.");
	fputs(PREFIX "info{version=\"" PACKAGE_VERSION "\"} 1\n", stream);
	family(stream, "uptime_seconds", "gauge", "Time since the start.");
	fprintf(stream, PREFIX "uptime_seconds %" PRId64 ".%03d\n", metrics->uptime_ms / 1000,
	    (int)(metrics->uptime_ms % 1000));
	family(stream, "cpu_seconds_total", "counter", "Processor time used.");
	fprintf(stream, PREFIX "cpu_seconds_total %.3f\n", metrics->cpu_s);
	single(stream, "resident_bytes", "gauge", "Memory in use.", metrics->resident);
	single(stream, "control_connections", "gauge", "Connections on the control socket.",
	    metrics->connections);
	single(stream, "watchers", "gauge", "Of these, calls of Watch.", metrics->watchers);
	single(stream, "log_lines_held_back_total", "counter",
	    "Log lines about packets of strangers that were not written.", metrics->held_back);
}

void metrics_write(FILE *stream, const struct metrics *metrics)
{
	write_process(stream, metrics);
	write_registrations(stream, &metrics->super);
	write_counters(stream, &metrics->super.counters);
	write_nat_pairs(stream, &metrics->super);
	write_udp(stream, &metrics->udp);
}

static double seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

void metrics_measure_process(struct metrics *metrics)
{
	struct rusage usage;
	unsigned long size, resident;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		metrics->cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	if (statm == NULL)
		return;
	if (fscanf(statm, "%lu %lu", &size, &resident) == 2)
		metrics->resident = (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
	fclose(statm);
}
