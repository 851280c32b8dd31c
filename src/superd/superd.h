/*
 * The program ipmsg-superd: owns the supernode, the sockets and the control
 * server, and wires them together.
 */
#ifndef IPMSG_SUPERD_SUPERD_H
#define IPMSG_SUPERD_SUPERD_H

#include <stdbool.h>

#include "conf/conf.h"
#include "io/program.h"
#include "super/super.h"

struct metrics;
struct sight;
struct superd;

/*
 * Reads the configuration, opens everything and listens. NULL, having logged
 * why, when it cannot.
 */
struct superd *superd_open(const struct program_options *options);

/* Runs until SIGTERM or SIGINT. */
void superd_run(struct superd *superd);

void superd_close(struct superd *superd);

/* What control.c needs. */
const struct super *superd_super(const struct superd *superd);
int64_t superd_uptime(const struct superd *superd); /* ms */
void superd_local(const struct superd *superd, uint16_t local, struct endpoint *at);
bool superd_bound(const struct superd *superd, size_t i, struct endpoint *at);

/* What is measured, but for what the kernel knows of the process; and who is told of events. */
void superd_measure(const struct superd *superd, struct metrics *metrics);
struct sight *superd_sight(struct superd *superd);

/* Reads the configuration again. On a mistake nothing changes and `report` gets each. */
bool superd_reload(struct superd *superd, conf_report_fn report, void *context);

#endif
