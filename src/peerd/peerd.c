/* The parts of ipmsg-peerd, put together. */
#include "peerd/peerd.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "base/heap.h"
#include "base/log.h"
#include "ctl/group.h"
#include "ctl/server.h"
#include "io/resolver.h"
#include "peerd/control.h"
#include "peerd/defaults.h"
#include "peerd/fixed.h"
#include "peerd/parts.h"

#define DATAGRAM_MAX 65535
#define LEAVE_TWICE_MS 100 /* an exit may get lost */
#define LINGER_MS 20	   /* for the last words to clients */

const struct peer *peerd_peer(const struct peerd *peerd)
{
	return peerd->peer;
}

struct mailbox *peerd_mailbox(const struct peerd *peerd)
{
	return peerd->keeping.mailbox;
}

const struct peerd_settings *peerd_settings(const struct peerd *peerd)
{
	return &peerd->conf.peerd;
}

struct followers *peerd_followers(struct peerd *peerd)
{
	return &peerd->followers;
}

int64_t peerd_uptime(const struct peerd *peerd)
{
	return loop_now() - peerd->started;
}

const struct keyring *peerd_keyring(const struct peerd *peerd)
{
	return &peerd->keyring;
}

uint16_t peerd_port(const struct peerd *peerd)
{
	struct endpoint at = {0};

	udp_bound(peerd->udp, WAN_SOCKET, &at);
	return at.port;
}

const struct network *peerd_network(const struct peerd *peerd)
{
	return &peerd->outside.network;
}

bool peerd_has_queue(const struct peerd *peerd)
{
	return peerd->keeping.takeover.stage != TAKEOVER_QUEUE;
}

bool peerd_ending(const struct peerd *peerd)
{
	return peerd->ending;
}

static enum diagnosis diagnosis_of_event(const struct peerd *peerd, const struct peer_event *event)
{
	struct peer_contact_status status;

	if (event->kind != EVENT_PATH || event->path_state != PATH_FAILED ||
	    !peer_contact_by_id(peerd->peer, event->path, &status))
		return DIAGNOSIS_NONE;
	return status.diagnosis;
}

/* Within the core: only what its pointers are needed for. */
static void on_event(const struct peer_event *event, void *context)
{
	struct peerd *peerd = context;
	bool done = true;

	eventlog_write(&peerd->log, event, diagnosis_of_event(peerd, event));
	if (event->kind == EVENT_RESOLVE)
		done = resolver_ask(peerd->outside.resolver, event->host, event->port);
	else if (event->kind == EVENT_RECEIVED || event->kind == EVENT_MESSAGE ||
	    event->kind == EVENT_TOLD || event->kind == EVENT_CLOCK)
		done = mail_collect_event(peerd, event);
	else if (event->kind == EVENT_STAMP) /* before a packet that bears it can leave */
		keyring_reserve(&peerd->keyring, event->stamp);
	news_add(&peerd->news, &peerd->spare, event, done);
}

static void learn_key(struct peerd *peerd, const struct peer_event *event)
{
	struct peer_supernode_status status;

	if (event->identity_state == IDENTITY_KNOWN &&
	    peer_supernode_at(peerd->peer, event->index, &status) && status.known != NULL)
		keyring_learn(&peerd->keyring, status.host, status.port, status.known);
}

/*
 * What the event asks of the program, now that the core may be called again. False when that is
 * put off, and the news with it.
 */
static bool act(struct peerd *peerd, struct news *news)
{
	const struct peer_event *event = &news->event;

	switch (event->kind) {
	case EVENT_RESOLVE:
	case EVENT_SUPERNODE:
	case EVENT_SOCKET:
	case EVENT_SOCKET_END:
		outside_act(peerd, event, news->done);
		break;
	case EVENT_RECEIVED:
	case EVENT_MESSAGE:
	case EVENT_TEXT:
	case EVENT_TOLD:
	case EVENT_CLOCK:
		return mail_act(peerd, news);
	case EVENT_SUPERNODE_KEY:
		learn_key(peerd, event);
		break;
	case EVENT_STEP:
	case EVENT_PATH:
	case EVENT_NEIGHBOUR:
	case EVENT_NAMESAKE:
	case EVENT_ROSTER:
	case EVENT_STAMP:
	case EVENT_SOCKET_USED:
		break;
	}
	return true;
}

static void spread_news(struct peerd *peerd)
{
	struct news *news;

	while ((news = news_take(&peerd->news)) != NULL) {
		if (!act(peerd, news))
			continue;
		if (mail_is_told_now(news))
			followers_tell(&peerd->followers, &news->event, peerd->peer,
			    peerd->keeping.mailbox);
		news_end(&peerd->spare, news);
	}
}

/* What came of a commit may change what is to be kept, and that is to be written too. */
static void spread_all(struct peerd *peerd)
{
	do {
		spread_news(peerd);
		mail_commit(peerd);
	} while (!TAILQ_EMPTY(&peerd->news));
}

static void log_nat(struct peerd *peerd)
{
	static const enum family families[] = {FAMILY_IP4, FAMILY_IP6};
	struct peer_nat_status status;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		if (peer_nat(peerd->peer, families[i], &status))
			eventlog_nat(&peerd->log, families[i], &status);
	}
}

void peerd_settle(struct peerd *peerd)
{
	int64_t due, other;

	spread_all(peerd);
	log_nat(peerd);
	followers_settle(&peerd->followers, peerd->peer, loop_now());
	batch_flush(&peerd->batch);
	due = peer_deadline(peerd->peer);
	if ((other = outside_deadline(peerd)) < due)
		due = other;
	if ((other = mail_deadline(peerd)) < due)
		due = other;
	if ((other = followers_deadline(&peerd->followers)) < due)
		due = other;
	if (!peerd->ending)
		loop_set_deadline(peerd->loop, due);
}

static void on_datagram(void *context, const struct arrival *arrival)
{
	struct peerd *peerd = context;

	peer_receive(peerd->peer, arrival, &peerd->batch);
	spread_news(peerd);
}

static void on_batch_end(void *context)
{
	peerd_settle(context);
}

static void on_due(void *context)
{
	struct peerd *peerd = context;

	outside_tick(peerd);
	mail_tick(peerd);
	peer_tick(peerd->peer, loop_now(), loop_wall(), &peerd->batch);
	peerd_settle(peerd);
}

static void log_mistake(const char *text, void *context)
{
	log_error("%s", text);
}

static void apply_log(const struct peerd *peerd)
{
	const struct log_settings *log = &peerd->conf.log;

	log_open("ipmsg-peerd", peerd->options->foreground ? log->target : LOG_TARGET_SYSLOG,
	    peerd->options->debug ? LOG_LEVEL_DEBUG : log->level);
	log_set_addresses(log->addresses);
}

static bool read_conf(struct conf *conf, const struct program_options *options,
    conf_report_fn report, void *context)
{
	conf_init(conf);
	if (!conf_read(conf, options->config, !options->config_given, report, context))
		return false;
	defaults_complete(&conf->peerd);
	return true;
}

bool peerd_reload(struct peerd *peerd, conf_report_fn report, void *context)
{
	const char *error;
	struct conf conf;

	if (!read_conf(&conf, peerd->options, report, context))
		return false;
	if (!peer_reconfigure(peerd->peer, &conf.peerd.peer, loop_now(), &error)) {
		report(error, context);
		return false;
	}
	keyring_introduce(&peerd->keyring, peerd->peer);
	if (!fixed_same(&conf.peerd, &peerd->conf.peerd))
		log_warn("%s: wan-port, receive-buffer, control, control-group, state-directory and "
			 "run-as take effect at the next start", peerd->options->config);
	peerd->conf = conf;
	apply_log(peerd);
	mail_reload(peerd);
	peerd->log = (struct eventlog){0};
	outside_reload(peerd);
	peerd_settle(peerd);
	log_info("configuration read again");
	return true;
}

static void on_hangup(void *context)
{
	struct peerd *peerd = context;

	if (!peerd->ending && !peerd_reload(peerd, log_mistake, NULL))
		log_error("the configuration has mistakes; the old one stays in force");
}

static bool open_core(struct peerd *peerd)
{
	uint8_t seed[RNG_SEED_BYTES];
	const char *error = "out of memory";

	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		return false;
	}
	keyring_open(&peerd->keyring, peerd->conf.peerd.state_directory, peerd->options->config);
	if (!news_prepare(&peerd->spare)) {
		log_error("out of memory");
		return false;
	}
	if (!mail_open(peerd))
		return false;
	randombytes_buf(seed, sizeof seed);
	peerd->peer = peer_new(&peerd->conf.peerd.peer, seed, WAN_SOCKET, on_event, peerd, &error);
	sodium_memzero(seed, sizeof seed);
	if (peerd->peer == NULL) {
		log_error("%s", error);
		return false;
	}
	if (peerd->outside.network.has_ip6)
		peer_use_ip6(peerd->peer, LAN_SOCKET);
	keyring_equip(&peerd->keyring, peerd->peer, loop_wall());
	mail_equip(peerd);
	return true;
}

static bool open_socket(struct peerd *peerd)
{
	const struct peerd_settings *settings = &peerd->conf.peerd;
	struct endpoint at = {.family = FAMILY_IP4, .port = (uint16_t)settings->wan_port};
	char why[UDP_WHY_MAX];

	peerd->udp = udp_new(&(struct udp_options){DATAGRAM_MAX, settings->receive_buffer,
	    on_datagram, on_batch_end, peerd});
	if (peerd->udp == NULL) {
		log_error("out of memory");
		return false;
	}
	if (udp_bind(peerd->udp, &at, why) != 0) {
		log_error("cannot listen on %s; if another IP Messenger has the port, end it, or "
			  "choose another port with the option `wan-port' in %s",
		    why, peerd->options->config);
		return false;
	}
	network_open(&peerd->outside.network, peerd->udp);
	batch_init(&peerd->batch, udp_send, peerd->udp);
	return true;
}

static bool open_loop(struct peerd *peerd)
{
	peerd->loop = loop_new(&(struct loop_handlers){on_due, on_hangup, peerd});
	if (peerd->loop != NULL && outside_open(peerd) && mail_watch(peerd) &&
	    udp_start(peerd->udp, loop_base(peerd->loop)) == 0)
		return true;
	log_error("cannot start the event loop");
	return false;
}

static bool open_control(struct peerd *peerd)
{
	const struct peerd_settings *settings = &peerd->conf.peerd;
	const char *given = peerd->options->control;
	struct conf usual;
	char why[CTL_WHY_MAX];

	conf_init(&usual);
	if (given == NULL)
		defaults_make_directory(settings->control);
	peerd->control = ctl_server_open(loop_base(peerd->loop),
	    &(struct ctl_options){
		.path = given != NULL ? given : settings->control,
		.group = ctl_group(settings->control_group, usual.peerd.control_group),
		.product = "ipmsg-peerd",
		.version = PACKAGE_VERSION,
		.interfaces = peerd_interfaces,
		.context = peerd,
	    },
	    why);
	if (peerd->control == NULL)
		log_error("control socket: %s", why);
	return peerd->control != NULL;
}

static void begin(struct peerd *peerd)
{
	const struct peer_settings *self = &peerd->conf.peerd.peer;
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint at;

	if (udp_bound(peerd->udp, WAN_SOCKET, &at))
		log_info("listening on %s", endpoint_format(&at, text));
	if (self->supernode_count == 0)
		log_warn("no supernode is configured (option `supernodes' in %s): beyond the LAN "
			 "only who is asked for with an address can be reached",
		    peerd->options->config);
	outside_watch(peerd);
	peer_start(peerd->peer, loop_now(), loop_wall(), &peerd->batch);
	peerd_settle(peerd);
	log_info("version %s ready as %s@%s", PACKAGE_VERSION, self->nick,
	    *self->group != '\0' ? self->group : self->host);
}

struct peerd *peerd_open(const struct program_options *options)
{
	struct peerd *peerd = calloc(1, sizeof *peerd);

	if (peerd == NULL)
		return NULL;
	TAILQ_INIT(&peerd->followers);
	TAILQ_INIT(&peerd->news);
	TAILQ_INIT(&peerd->spare.queue);
	peerd->options = options;
	peerd->started = loop_now();
	if (!read_conf(&peerd->conf, options, log_mistake, NULL) || !open_socket(peerd) ||
	    !fixed_drop_privileges(options, &peerd->conf.peerd) || !open_core(peerd) ||
	    !open_loop(peerd) || !open_control(peerd)) {
		peerd_close(peerd);
		return NULL;
	}
	apply_log(peerd);
	begin(peerd);
	return peerd;
}

/* Somebody may miss a single exit. */
static bool is_known_to_others(const struct peerd *peerd)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;

	while (peer_contact(peerd->peer, &cursor, &status)) {
		if (status.state == PATH_OPEN)
			return true;
	}
	return peerd->outside.network.link_count > 0;
}

static void leave(struct peerd *peerd)
{
	peer_stop(peerd->peer, loop_now(), loop_wall(), &peerd->batch);
	spread_all(peerd);
	batch_flush(&peerd->batch);
}

void peerd_run(struct peerd *peerd)
{
	int signal = loop_run(peerd->loop);
	bool twice = is_known_to_others(peerd);

	peerd->ending = true;
	loop_set_deadline(peerd->loop, DEADLINE_NEVER);
	leave(peerd);
	followers_stop(&peerd->followers, peerd->peer, peerd->keeping.mailbox);
	loop_linger(peerd->loop, twice ? LEAVE_TWICE_MS : LINGER_MS);
	if (twice)
		leave(peerd);
	log_info("ends on %s", strsignal(signal));
}

/* The resolver turns the loop once more: nothing on it may wake the peer then. */
void peerd_close(struct peerd *peerd)
{
	peerd->ending = true;
	if (peerd->loop != NULL)
		loop_set_deadline(peerd->loop, DEADLINE_NEVER);
	ctl_server_close(peerd->control);
	udp_free(peerd->udp);
	outside_close(peerd);
	mail_unwatch(peerd);
	loop_free(peerd->loop);
	peer_free(peerd->peer);
	peerd->peer = NULL;
	mail_close(peerd);
	keyring_close(&peerd->keyring);
	news_clear(&peerd->news);
	news_clear(&peerd->spare.queue);
	free(peerd);
}
