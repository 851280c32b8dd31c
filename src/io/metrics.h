/*
 * Figures over HTTP for a collector such as Prometheus: GET or HEAD /metrics,
 * and nothing else. What the figures are is the caller's business. A client
 * that sends nothing, too much or without end is let go, and keeps nobody from
 * anything but these figures.
 */
#ifndef IPMSG_IO_METRICS_H
#define IPMSG_IO_METRICS_H

#include <stdio.h>

#include "base/endpoint.h"

#define METRICS_WHY_MAX 256
#define METRICS_CLIENTS_MAX 16 /* at a time; more of them wait until they are accepted */
#define METRICS_CLIENT_S 2     /* so long a client may take */

struct event_base;
struct metrics_server;

/* Writes the figures as text. */
typedef void (*metrics_write_fn)(FILE *stream, void *context);

/* Listens at `at`. NULL with the reason in `why`. */
struct metrics_server *metrics_server_open(struct event_base *base, const struct endpoint *at,
    metrics_write_fn write, void *context, char why[METRICS_WHY_MAX]);

/* NULL is fine. */
void metrics_server_close(struct metrics_server *server);

#endif
