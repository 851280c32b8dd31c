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
#include "io/activation.h"
#include "io/loop.h"
#include "io/privileges.h"
#include "io/state.h"
#include "io/udp.h"
#include "superd/control.h"
#include "superd/keep.h"
#include "superd/metrics.h"
#include "superd/sight.h"

/* Nothing a supernode is sent is longer: an entry with four candidates is about 600 bytes. */
#define DATAGRAM_MAX 2048

/* With the path of the configuration. */
#define LISTEN_UNUSED                                                                              \
	"%s: the option `listen' is not used: the service manager hands over the sockets, and "    \
	"other addresses go into ipmsg-superd.socket"

struct superd {
	const struct program_options *options;
	struct conf conf;
	struct loop *loop;
	struct udp *udp;
	bool inherited; /* its sockets are the service manager's; `listen' does not count */
	struct super *super;
	struct ctl_server *control;
	struct sight sight;
	struct state *state; /* NULL: nothing is kept */
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

void superd_measure(const struct superd *superd, struct metrics *metrics)
{
	*metrics = (struct metrics){
	    .uptime_ms = superd_uptime(superd),
	    .connections = ctl_server_count(superd->control),
	    .watchers = superd->sight.watchers.count,
	    .held_back = eventlog_held(&superd->sight.log),
	};
	super_status(superd->super, &metrics->super);
	udp_count(superd->udp, &metrics->udp);
}

struct sight *superd_sight(struct superd *superd)
{
	return &superd->sight;
}

static void set_deadline(struct superd *superd)
{
	int64_t core = super_deadline(superd->super), sight = sight_deadline(&superd->sight);

	loop_set_deadline(superd->loop, core < sight ? core : sight);
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
	set_deadline(superd);
	loop_changed(superd->loop);
}

static void on_due(void *context)
{
	struct superd *superd = context;

	super_tick(superd->super, loop_now(), loop_wall(), &superd->batch);
	sight_tick(&superd->sight, loop_now());
	on_batch_end(superd);
}

static void describe(void *context, char *text, size_t size)
{
	const struct superd *superd = context;
	struct super_status status;

	super_status(superd->super, &status);
	snprintf(text, size, "%u registrations, %u introductions", status.registrations.fresh,
	    status.introductions);
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
	log_set_addresses(log->addresses);
}

static bool same_listen(const struct superd_settings *a, const struct superd_settings *b)
{
	if (a->listen_count != b->listen_count)
		return false;
	for (size_t i = 0; i < a->listen_count; i++) {
		if (!endpoint_equal(&a->listen[i], &b->listen[i]))
			return false;
	}
	return true;
}

/* What a daemon that runs cannot take over. */
static void warn_fixed(const struct superd *superd, const struct superd_settings *new)
{
	const struct superd_settings *old = &superd->conf.superd;
	const bool other_listen = !same_listen(new, old);
	const struct {
		const char *option;
		bool changed;
	} options[] = {
	    {"listen", other_listen && !superd->inherited},
	    {"receive-buffer", new->receive_buffer != old->receive_buffer},
	    {"control", strcmp(new->control, old->control) != 0},
	    {"control-group", strcmp(new->control_group, old->control_group) != 0},
	    {"metrics", !endpoint_equal(&new->metrics, &old->metrics)},
	    {"state-directory", strcmp(new->state_directory, old->state_directory) != 0},
	    {"run-as", strcmp(new->run_as, old->run_as) != 0},
	};
	char names[128] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (options[i].changed)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
			    used > 0 ? ", " : "", options[i].option);
	}
	if (used > 0)
		log_warn("%s: changes of %s take effect at the next start",
		    superd->options->config, names);
	if (other_listen && superd->inherited)
		log_warn(LISTEN_UNUSED, superd->options->config);
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
	warn_fixed(superd, &conf.superd);
	superd->conf = conf;
	apply_log(superd);
	set_deadline(superd);
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
	keep_secret(superd->state, secret);
	superd->super = super_new(&superd->conf.superd.super, secret, &error);
	sodium_memzero(secret, sizeof secret);
	if (superd->super == NULL)
		log_error("%s", error);
	return superd->super != NULL;
}

static bool adopt_sockets(struct superd *superd, int count)
{
	char why[UDP_WHY_MAX];
	struct conf usual;

	for (int i = 0; i < count; i++) {
		if (udp_adopt(superd->udp, ACTIVATION_FIRST + i, why) != 0) {
			log_error("socket %d of the %d that the service manager hands over: %s",
			    i + 1, count, why);
			return false;
		}
	}
	superd->inherited = true;
	conf_init(&usual);
	if (!same_listen(&superd->conf.superd, &usual.superd))
		log_warn(LISTEN_UNUSED, superd->options->config);
	return true;
}

static bool bind_sockets(struct superd *superd)
{
	const struct superd_settings *settings = &superd->conf.superd;
	char why[UDP_WHY_MAX];

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
	return true;
}

static bool open_sockets(struct superd *superd)
{
	int inherited = activation_take();

	superd->udp = udp_new(&(struct udp_options){DATAGRAM_MAX,
	    superd->conf.superd.receive_buffer, on_datagram, on_batch_end, superd});
	if (superd->udp == NULL) {
		log_error("out of memory");
		return false;
	}
	batch_init(&superd->batch, udp_send, superd->udp);
	if (inherited < 0) {
		log_error("the sockets of the service manager ($LISTEN_FDS) are not there: %s",
		    strerror(errno));
		return false;
	}
	return inherited > 0 ? adopt_sockets(superd, inherited) : bind_sockets(superd);
}

static bool open_loop(struct superd *superd)
{
	superd->loop = loop_new(&(struct loop_handlers){on_due, on_hangup, superd, describe});
	if (superd->loop != NULL && udp_start(superd->udp, loop_base(superd->loop)) == 0)
		return true;
	log_error("cannot start the event loop");
	return false;
}

static const char *control_path(const struct superd *superd)
{
	const char *given = superd->options->control;

	return given != NULL ? given : superd->conf.superd.control;
}

/* From here on everything is done, and owned, by the account that the daemon is to run as. */
static bool drop_privileges(const struct superd *superd)
{
	const struct superd_settings *settings = &superd->conf.superd;
	struct privileges privileges;

	if (!privileges_choose(&privileges, settings->run_as, superd->options->config))
		return false;
	privileges_make_parent(&privileges, control_path(superd), 0755);
	privileges_make_directory(&privileges, settings->state_directory, 0700);
	return privileges_drop(&privileges);
}

static void open_state(struct superd *superd)
{
	struct conf usual;

	conf_init(&usual);
	superd->state = keep_open(superd->conf.superd.state_directory,
	    usual.superd.state_directory, superd->options->config);
}

static bool open_control(struct superd *superd)
{
	const struct superd_settings *settings = &superd->conf.superd;
	char why[CTL_WHY_MAX];
	struct conf usual;

	conf_init(&usual);
	superd->control = ctl_server_open(loop_base(superd->loop),
	    &(struct ctl_options){
		.path = control_path(superd),
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
	sight_init(&superd->sight);
	superd->started = loop_now();
	conf_init(&superd->conf);
	if (!conf_read(&superd->conf, options->config, !options->config_given, log_mistake, NULL) ||
	    !open_sockets(superd) || !drop_privileges(superd)) {
		superd_close(superd);
		return NULL;
	}
	open_state(superd);
	if (!open_core(superd) || !open_loop(superd) || !open_control(superd) ||
	    !sight_serve(&superd->sight, loop_base(superd->loop), &superd->conf.superd.metrics,
		superd)) {
		superd_close(superd);
		return NULL;
	}
	apply_log(superd);
	keep_load(superd->state, superd->super, superd->udp);
	sight_follow(&superd->sight, superd->super);
	log_ready(superd);
	return superd;
}

void superd_run(struct superd *superd)
{
	int signal = loop_run(superd->loop);

	log_info("ends on %s", strsignal(signal));
	keep_save(superd->state, superd->super, superd->udp);
}

void superd_close(struct superd *superd)
{
	ctl_server_close(superd->control);
	sight_close(&superd->sight);
	udp_free(superd->udp);
	loop_free(superd->loop);
	super_free(superd->super);
	state_close(superd->state);
	free(superd);
}
