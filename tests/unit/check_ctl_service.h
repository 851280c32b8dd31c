/*
 * A control server in a child process with a real loop, for tests to call: the
 * interface net.ipmsg.test, which counts what is done. The child must end with
 * status 0, leak checks included. Everything here fails the test by itself.
 *
 * Echo(text, number?) answers the same; Keep never does, Later does soon; Pages
 * streams a hundred replies, Endless more than that; Progress sends three
 * replies and an empty one; Counters tells (echoes, keeps, cancelled, pages,
 * released, dropped).
 */
#ifndef IPMSG_TESTS_CHECK_CTL_SERVICE_H
#define IPMSG_TESTS_CHECK_CTL_SERVICE_H

#include "ctl/client.h"

#define SERVICE_TIMEOUT_MS 10000

/* A checked fixture. */
void service_start(void);
void service_stop(void);

void open_client(struct ctl_client *client);
void write_all(int fd, const char *bytes, size_t len);

/* The next answer, to be cleared, and a text in it. */
struct ctl_answer receive(struct ctl_client *client);
const char *text_of(const struct ctl_answer *answer, const char *name);

/* Closes the client as well. */
void expect_closed(struct ctl_client *client);
void expect_error(struct ctl_client *client, const char *error);
void expect_echo(struct ctl_client *client, const char *text);

/* A client as it should be: comes, asks, is answered, goes. */
void expect_service(void);

/* A counter by its name, asked by this client or a new one, and waiting for its value. */
int service_ask(struct ctl_client *client, const char *name);
int service_counter(const char *name);
void service_wait(const char *name, int value);

#endif
