/* The parts of ipmsg-superd, put together. */
#include "superd/superd.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "base/log.h"
#include "ctl/group.h"
#include "ctl/server.h"
#include "io/loop.h"
#include "io/udp.h"
#include "superd/control.h"

/* Nothing a supernode is sent is longer: an entry with four candidates is about 600 bytes. */
#define DATAGRAM_MAX 2048

struct superd {
	const struct program_options *options;
	struct conf conf;
	struct loop *loop;
	struct udp *udp;
	struct super *super;
	struct ctl_server *control;
	int64_t started;
	struct batch batch;
};

const struct super *superd_super(const struct superd *superd)
{
	return superd->super;
}

int64_t superd_uptime(const struct superd *superd)
{
	return loop_now() - superd->started;
}

void superd_local(const struct superd *superd, uint16_t local, struct endpoint *at)
{
	udp_local(superd->udp, local, at);
}

bool superd_bound(const struct superd *superd, size_t i, struct endpoint *at)
{
	return udp_bound(superd->udp, i, at);
}

static void on_datagram(void *context, const struct arrival *arrival)
{
	struct superd *superd = context;

	super_receive(superd->super, arrival, &superd->batch);
}

static void on_batch_end(void *context)
{
	struct superd *superd = context;

	batch_flush(&superd->batch);
	loop_set_deadline(superd->loop, super_deadline(superd->super));
}

static void on_due(void *context)
{
	struct superd *superd = context;

	super_tick(superd->super, loop_now(), loop_wall(), &superd->batch);
	on_batch_end(superd);
}

static void log_mistake(const char *text, void *context)
{
	log_error("%s", text);
}

static void apply_log(const struct superd *superd)
{
	const struct log_settings *log = &superd->conf.log;

	log_open("ipmsg-superd", superd->options->foreground ? log->target : LOG_TARGET_SYSLOG,
	    superd->options->debug ? LOG_LEVEL_DEBUG : log->level);
}

static bool same_sockets(const struct superd_settings *a, const struct superd_settings *b)
{
	if (a->listen_count != b->listen_count || strcmp(a->control, b->control) != 0 ||
	    strcmp(a->control_group, b->control_group) != 0 ||
	    a->receive_buffer != b->receive_buffer)
		return false;
	for (size_t i = 0; i < a->listen_count; i++) {
		if (!endpoint_equal(&a->listen[i], &b->listen[i]))
			return false;
	}
	return true;
}

bool superd_reload(struct superd *superd, conf_report_fn report, void *context)
{
	const char *path = superd->options->config;
	const char *error;
	struct conf conf;

	conf_init(&conf);
	if (!conf_read(&conf, path, !superd->options->config_given, report, context))
		return false;
	if (!super_reconfigure(superd->super, &conf.superd.super, &error)) {
		report(error, context);
		return false;
	}
	if (!same_sockets(&conf.superd, &superd->conf.superd))
		log_warn("%s: listen, receive-buffer, control and control-group take effect "
			 "at the next start", path);
	superd->conf = conf;
	apply_log(superd);
	loop_set_deadline(superd->loop, super_deadline(superd->super));
	log_info("configuration read again");
	return true;
}

static void on_hangup(void *context)
{
	struct superd *superd = context;

	if (!superd_reload(superd, log_mistake, NULL))
		log_error("the configuration has mistakes; the old one stays in force");
}

static bool open_core(struct superd *superd)
{
	uint8_t secret[SUPER_SECRET_BYTES];
	const char *error;

	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		return false;
	}
	randombytes_buf(secret, sizeof secret);
	superd->super = super_new(&superd->conf.superd.super, secret, &error);
	sodium_memzero(secret, sizeof secret);
	if (superd->super == NULL)
		log_error("%s", error);
	return superd->super != NULL;
}

static bool open_sockets(struct superd *superd)
{
	const struct superd_settings *settings = &superd->conf.superd;
	char why[UDP_WHY_MAX];

	superd->udp = udp_new(&(struct udp_options){DATAGRAM_MAX, settings->receive_buffer,
	    on_datagram, on_batch_end, superd});
	if (superd->udp == NULL) {
		log_error("out of memory");
		return false;
	}
	for (size_t i = 0; i < settings->listen_count; i++) {
		if (udp_bind(superd->udp, &settings->listen[i], why) != 0) {
			/* the default asks for both families, and a host may have one only */
			if (errno == EAFNOSUPPORT && settings->listen_count > 1) {
				log_warn("not listening on %s", why);
				continue;
			}
			log_error("cannot listen on %s (option `listen' in %s)", why,
			    superd->options->config);
			return false;
		}
	}
	batch_init(&superd->batch, udp_send, superd->udp);
	return true;
}

static bool open_loop(struct superd *superd)
{
	superd->loop = loop_new(&(struct loop_handlers){on_due, on_hangup, superd});
	if (superd->loop != NULL && udp_start(superd->udp, loop_base(superd->loop)) == 0)
		return true;
	log_error("cannot start the event loop");
	return false;
}

static bool open_control(struct superd *superd)
{
	const struct superd_settings *settings = &superd->conf.superd;
	const char *path = superd->options->control;
	char why[CTL_WHY_MAX];
	struct conf usual;

	conf_init(&usual);
	superd->control = ctl_server_open(loop_base(superd->loop),
	    &(struct ctl_options){
		.path = path != NULL ? path : settings->control,
		.group = ctl_group(settings->control_group, usual.superd.control_group),
		.product = "ipmsg-superd",
		.version = PACKAGE_VERSION,
		.interfaces = superd_interfaces,
		.context = superd,
	    },
	    why);
	if (superd->control == NULL)
		log_error("control socket: %s", why);
	return superd->control != NULL;
}

static void log_ready(const struct superd *superd)
{
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint at;

	for (size_t i = 0; udp_bound(superd->udp, i, &at); i++)
		log_info("listening on %s", endpoint_format(&at, text));
	log_info("version %s ready", PACKAGE_VERSION);
}

struct superd *superd_open(const struct program_options *options)
{
	struct superd *superd = calloc(1, sizeof *superd);

	if (superd == NULL)
		return NULL;
	superd->options = options;
	superd->started = loop_now();
	conf_init(&superd->conf);
	if (!conf_read(&superd->conf, options->config, !options->config_given, log_mistake, NULL) ||
	    !open_core(superd) || !open_sockets(superd) || !open_loop(superd) ||
	    !open_control(superd)) {
		superd_close(superd);
		return NULL;
	}
	apply_log(superd);
	log_ready(superd);
	return superd;
}

void superd_run(struct superd *superd)
{
	int signal = loop_run(superd->loop);

	log_info("ends on %s", strsignal(signal));
}

void superd_close(struct superd *superd)
{
	ctl_server_close(superd->control);
	udp_free(superd->udp);
	loop_free(superd->loop);
	super_free(superd->super);
	free(superd);
}
