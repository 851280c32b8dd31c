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

struct alternates;
struct expulsions;
struct metrics;
struct rates;
struct rates_sample;
struct sight;
struct state;
struct superd;
struct udp_socket_state;

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
const struct alternates *superd_alternates(const struct superd *superd);
bool superd_bound(const struct superd *superd, size_t i, struct endpoint *at);
bool superd_socket_state(const struct superd *superd, size_t i, struct udp_socket_state *state);

/* What administration.c needs. `state` is NULL when nothing is kept. */
struct super *superd_core(struct superd *superd);
struct state *superd_state(const struct superd *superd);
struct expulsions *superd_expulsions(struct superd *superd);

/* Somebody changed the core by a call: what is due now is done soon. */
void superd_attend(struct superd *superd);

/* How much is going on, and the sample of now to compare with. */
const struct rates *superd_rates(const struct superd *superd, struct rates_sample *current);

/* What is measured, but for what the kernel knows of the process; and who is told of events. */
void superd_measure(const struct superd *superd, struct metrics *metrics);
struct sight *superd_sight(struct superd *superd);

/* Reads the configuration again. On a mistake nothing changes and `report` gets each. */
bool superd_reload(struct superd *superd, conf_report_fn report, void *context);

#endif
