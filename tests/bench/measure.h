/* What all programs of the bench need: numbers as arguments, CPUs, what a server has used. */
#ifndef IPMSG_BENCH_MEASURE_H
#define IPMSG_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Ends the program: "PROGRAM: what: why". */
_Noreturn void die(const char *what, const char *why);

/* An argument; ends the program with a message if it is none or out of bounds. */
uint32_t number(const char *text, uint32_t least, uint32_t most);

int64_t now_ns(void); /* CLOCK_MONOTONIC */

/* A server: a process of this host that listens at a port of 127.0.0.1. */
struct server {
	const char *name;
	uint16_t port;
	pid_t pid;
	clockid_t clock;
};

/* From two arguments. */
struct server server_of(const char *name, const char *port, const char *pid);

int64_t server_cpu_ns(const struct server *server); /* so far, user's and system's */
/* For how long others kept it from a CPU that it wanted; 0 where the kernel does not tell. */
int64_t server_waited_ns(const struct server *server);

uint64_t server_resident(const struct server *server);
uint64_t server_dropped(
    const struct server *server); /* datagrams for which its socket had no room */

/*
 * The CPUs of this process: its first for this process, its last for the
 * servers; or the last for all. `policy` is the scheduler's: SCHED_BATCH where
 * none is to preempt another, SCHED_OTHER as usual.
 */
void put_apart(const struct server *servers, size_t count, int policy);
void put_together(const struct server *servers, size_t count, int policy);

struct spread {
	double lowest, median, highest;
};
struct spread spread_of(const double *values, size_t count);

/* The value that this part of all does not exceed; sorts them. */
double quantile(double *values, size_t count, double part);

#endif
