/*
 * The control socket of a daemon: Varlink (https://varlink.org) over a UNIX
 * stream socket. The daemon registers interfaces and answers calls; framing,
 * order, limits and misbehaving clients are dealt with here.
 */
#ifndef IPMSG_CTL_SERVER_H
#define IPMSG_CTL_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct ctl_server;
struct ctl_call;

/*
 * Answers a call: `parameters` is an object, never NULL, and belongs to the
 * server; take a reference to keep any of it. Before the handler returns it has
 * to have called one of ctl_reply(), ctl_error(), ctl_stream() or ctl_keep();
 * a call forgotten is answered with MethodNotImplemented.
 */
typedef void (*ctl_handler_fn)(struct ctl_call *call, json_t *parameters, void *context);

struct ctl_method {
	const char *name;
	ctl_handler_fn handler; /* NULL: in the description, but not implemented */
};

struct ctl_interface {
	const char *name;
	const char *description;	  /* Varlink IDL, see ctl/interface.h */
	const struct ctl_method *methods; /* a NULL name ends them */
};

struct ctl_options {
	const char *path;			/* of the socket; fits sun_path */
	const char *group;			/* who may use it; NULL or "": the process's own */
	const char *product;			/* "ipmsg-superd" */
	const char *version;			/* of the product */
	const struct ctl_interface *interfaces; /* a NULL name ends them */
	void *context;				/* for every handler */
};

#define CTL_WHY_MAX 512
#define CTL_CLIENTS_MAX 64	   /* connections at a time */
#define CTL_OUTPUT_LOW (64 * 1024) /* a stream goes on below this much unsent */
#define CTL_OUTPUT_HIGH (256 * 1024)

/* Calls longer than that come from so few clients at a time; others wait for their turn. */
#define CTL_REQUEST_SMALL (64 * 1024)
#define CTL_LARGE_MAX 4
#define CTL_LARGE_MS 10000 /* who takes longer over one is turned away when others wait */

/*
 * Makes the socket (0660, of the group) and serves it on `base`. The options'
 * tables and texts must outlive the server, `path` and `group` need not. On
 * failure returns NULL with the reason, and what to do about it, in `why`. A
 * socket file that nobody answers at is replaced.
 *
 * The process must ignore SIGPIPE: libevent writes with writev(2).
 */
struct ctl_server *ctl_server_open(struct event_base *base, const struct ctl_options *options,
    char why[CTL_WHY_MAX]);

/*
 * Closes all connections (cancelling calls that are under way) and removes the
 * socket file, if it is still this one. NULL is fine. Not from within a handler.
 */
void ctl_server_close(struct ctl_server *server);

/* How many clients are connected. */
size_t ctl_server_count(const struct ctl_server *server);

/* Whether the client asked for more than one reply. */
bool ctl_wants_more(const struct ctl_call *call);

/*
 * The end of a call: its last or only reply, or an error. `call` is gone
 * afterwards; `parameters` is taken over (NULL: none).
 */
void ctl_reply(struct ctl_call *call, json_t *parameters);
void ctl_error(struct ctl_call *call, const char *name, json_t *parameters);

/* org.varlink.service.InvalidParameter: also for a value out of its range. */
void ctl_invalid_parameter(struct ctl_call *call, const char *name);

/*
 * One of several replies; taken over, and the call goes on. False when it was
 * dropped: the client did not ask for more, or it does not read and
 * CTL_OUTPUT_HIGH bytes wait for it already.
 */
bool ctl_continue(struct ctl_call *call, json_t *parameters);

/*
 * The handler will answer later. `cancel` runs when nobody waits for the
 * answer any more (client gone, server closing), at most once and never after
 * the end of the call; the call is gone when it returns, and it must not answer.
 * For a oneway call, which nobody waits for, it runs as soon as the handler has
 * returned.
 */
typedef void (*ctl_cancel_fn)(struct ctl_call *call, void *state);
void ctl_keep(struct ctl_call *call, ctl_cancel_fn cancel, void *state);

/*
 * A reply in pages: `next` makes the next page whenever the client has read
 * enough of the earlier ones, one page a turn of the loop whatever the number
 * of clients, and sets `*last` with the final one (false on entry). A client
 * that did not ask for more gets the first page as its only reply. NULL from
 * `next` drops the connection: memory is short. `release` (may be NULL) gets
 * the state back exactly once, however the call ends.
 */
typedef json_t *(*ctl_next_fn)(void *state, bool *last);
typedef void (*ctl_release_fn)(void *state);
void ctl_stream(struct ctl_call *call, ctl_next_fn next, void *state, ctl_release_fn release);

/*
 * From within `next`: there is no page yet, what it returns is nothing, and it is called again a
 * turn later; or what it returns are the parameters of this error, with which the call ends.
 */
void ctl_stream_later(struct ctl_call *call);
void ctl_stream_error(struct ctl_call *call, const char *name);

enum ctl_type { CTL_STRING, CTL_INT, CTL_BOOL, CTL_ARRAY, CTL_OBJECT };

struct ctl_parameter {
	const char *name;
	enum ctl_type type;
	bool optional; /* may be missing or null */
};

/*
 * Holds the parameters against a table that a NULL name ends (NULL: there are
 * none). Unless they match exactly the call ends with InvalidParameter, naming
 * the first that is unknown, missing or of a wrong type, and false is returned.
 */
bool ctl_check_parameters(struct ctl_call *call, json_t *parameters,
    const struct ctl_parameter *table);

#endif
