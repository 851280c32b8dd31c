/* Arguments, CPUs, /proc. */
#include "measure.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
	exit(EXIT_FAILURE);
}

uint32_t number(const char *text, uint32_t least, uint32_t most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most) {
		fprintf(stderr, "%s: %s is not a number from %u to %u\n",
		    program_invocation_short_name, text, least, most);
		exit(2);
	}
	return (uint32_t)value;
}

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

struct server server_of(const char *name, const char *port, const char *pid)
{
	struct server server = {
	    .name = name,
	    .port = (uint16_t)number(port, 1, UINT16_MAX),
	    .pid = (pid_t)number(pid, 1, INT32_MAX),
	};

	if (clock_getcpuclockid(server.pid, &server.clock) != 0)
		die(name, "there is no such process");
	return server;
}

int64_t server_cpu_ns(const struct server *server)
{
	struct timespec ts;

	if (clock_gettime(server->clock, &ts) != 0)
		die(server->name, "is gone");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t server_waited_ns(const struct server *server)
{
	char path[64];
	int64_t waited = 0;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)server->pid);
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %" SCNd64, &waited) != 1)
		waited = 0;
	fclose(file);
	return waited;
}

uint64_t server_resident(const struct server *server)
{
	char path[64], line[256];
	uint64_t kb = 0;

	snprintf(path, sizeof path, "/proc/%d/status", (int)server->pid);
	FILE *file = fopen(path, "re");

	if (file == NULL)
		die(path, strerror(errno));
	while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmRSS: %" SCNu64, &kb) != 1)
		;
	fclose(file);
	return kb * 1024;
}

uint64_t server_dropped(const struct server *server)
{
	FILE *file = fopen("/proc/net/udp", "re");
	uint64_t total = 0;
	char line[512];

	if (file == NULL)
		die("/proc/net/udp", strerror(errno));
	while (fgets(line, sizeof line, file) != NULL) {
		unsigned port;
		uint64_t drops;

		/* number, local, remote, state, queues, timer, retransmits, uid, timeout, inode, …
		 */
		if (sscanf(line,
			" %*u: %*x:%x %*x:%*x %*x %*x:%*x %*x:%*x %*x %*u %*u %*u %*u %*x %" SCNu64,
			&port, &drops) == 2 &&
		    port == server->port)
			total += drops;
	}
	fclose(file);
	return total;
}

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

static void put_on(pid_t pid, int cpu, int policy)
{
	struct sched_param param = {0};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(pid, sizeof set, &set) != 0 ||
	    sched_setscheduler(pid, policy, &param) != 0)
		die("cannot choose a CPU", strerror(errno));
}

static void put(const struct server *servers, size_t count, int own, int theirs, int policy)
{
	for (size_t i = 0; i < count; i++)
		put_on(servers[i].pid, theirs, policy);
	put_on(0, own, policy);
}

void put_apart(const struct server *servers, size_t count, int policy)
{
	int first = own_cpu(false), last = own_cpu(true);

	if (first == last)
		die("apart", "there is one CPU only");
	put(servers, count, first, last, policy);
}

void put_together(const struct server *servers, size_t count, int policy)
{
	int last = own_cpu(true);

	put(servers, count, last, last, policy);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct spread spread_of(const double *values, size_t count)
{
	double *sorted = calloc(count, sizeof *sorted);

	if (sorted == NULL)
		die("memory", strerror(errno));
	memcpy(sorted, values, count * sizeof *values);
	qsort(sorted, count, sizeof *sorted, compare);
	struct spread spread = {sorted[0],
	    count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2,
	    sorted[count - 1]};

	free(sorted);
	return spread;
}

double quantile(double *values, size_t count, double part)
{
	size_t at = (size_t)((double)count * part);

	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, compare);
	return values[at < count ? at : count - 1];
}
