/* The parts of ipmsg-superd, put together. */
#include "superd/superd.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "base/heap.h"
#include "base/log.h"
#include "ctl/group.h"
#include "ctl/server.h"
#include "io/activation.h"
#include "io/loop.h"
#include "io/privileges.h"
#include "io/state.h"
#include "io/udp.h"
#include "superd/alternates.h"
#include "superd/banfile.h"
#include "superd/control.h"
#include "superd/expulsion.h"
#include "superd/cost.h"
#include "superd/journal.h"
#include "superd/keep.h"
#include "superd/metrics.h"
#include "superd/rates.h"
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
	struct alternates alternates;
	bool inherited; /* its sockets are the service manager's; `listen' does not count */
	struct super *super;
	struct ctl_server *control;
	struct sight sight;
	struct rates rates;
	struct expulsions expulsions;
	struct state *state; /* NULL: nothing is kept */
	struct journal journal;
	int64_t started;
	uint32_t signature_cost_us;
	struct batch batch;
};

const struct super *superd_super(const struct superd *superd)
{
	return superd->super;
}

struct super *superd_core(struct superd *superd)
{
	return superd->super;
}

struct state *superd_state(const struct superd *superd)
{
	return superd->state;
}

struct expulsions *superd_expulsions(struct superd *superd)
{
	return &superd->expulsions;
}

int64_t superd_uptime(const struct superd *superd)
{
	return loop_now() - superd->started;
}

void superd_local(const struct superd *superd, uint16_t local, struct endpoint *at)
{
	udp_local(superd->udp, local, at);
}

const struct alternates *superd_alternates(const struct superd *superd)
{
	return &superd->alternates;
}

bool superd_bound(const struct superd *superd, size_t i, struct endpoint *at)
{
	return udp_bound(superd->udp, i, at);
}

bool superd_socket_state(const struct superd *superd, size_t i, struct udp_socket_state *state)
{
	return udp_socket_state(superd->udp, i, state);
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

static struct rates_sample sample(const struct superd *superd)
{
	struct super_status status;
	struct udp_counts udp;

	super_status(superd->super, &status);
	udp_count(superd->udp, &udp);
	return (struct rates_sample){loop_now(), udp.kernel_dropped, status.counters};
}

const struct rates *superd_rates(const struct superd *superd, struct rates_sample *current)
{
	*current = sample(superd);
	return &superd->rates;
}

struct sight *superd_sight(struct superd *superd)
{
	return &superd->sight;
}

static void set_deadline(struct superd *superd)
{
	const int64_t dues[] = {super_deadline(superd->super), sight_deadline(&superd->sight),
	    expulsions_deadline(&superd->expulsions), superd->rates.due,
	    journal_deadline(&superd->journal)};
	int64_t first = DEADLINE_NEVER;

	for (size_t i = 0; i < sizeof dues / sizeof *dues; i++) {
		if (dues[i] < first)
			first = dues[i];
	}
	loop_set_deadline(superd->loop, first);
}

void superd_attend(struct superd *superd)
{
	set_deadline(superd);
	loop_changed(superd->loop);
}

static void on_expect(void *context, const struct arrival *arrivals, size_t count)
{
	const struct superd *superd = context;

	super_expect(superd->super, arrivals, count);
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
	if (rates_sleep(&superd->rates))
		rates_wake(&superd->rates, loop_now());
	superd_attend(superd);
}

static void take_sample(struct superd *superd, int64_t now)
{
	struct rates_sample taken;

	if (now < superd->rates.due)
		return;
	taken = sample(superd);
	rates_take(&superd->rates, &taken);
}

static void on_due(void *context)
{
	struct superd *superd = context;

	super_tick(superd->super, loop_now(), loop_wall(), &superd->batch);
	expulsions_tick(&superd->expulsions, superd->super);
	journal_tick(&superd->journal, loop_now());
	sight_tick(&superd->sight, loop_now());
	take_sample(superd, loop_now());
	batch_flush(&superd->batch);
	superd_attend(superd);
}

static void describe(void *context, char *text, size_t size)
{
	const struct superd *superd = context;
	struct super_status status;

	super_status(superd->super, &status);
	snprintf(text, size, "%s%u registrations, %u introductions",
	    status.draining ? "draining: nobody new is let in; " : "", status.registrations.fresh,
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
	    {"test-port", new->test_port != old->test_port},
	    {"receive-buffer", new->receive_buffer != old->receive_buffer},
	    {"control", strcmp(new->control, old->control) != 0},
	    {"control-group", strcmp(new->control_group, old->control_group) != 0},
	    {"metrics", !endpoint_equal(&new->metrics, &old->metrics)},
	    {"state-directory", strcmp(new->state_directory, old->state_directory) != 0},
	    {"secret-file", strcmp(new->secret_file, old->secret_file) != 0},
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

static void warn_unheld(const struct superd *superd)
{
	if (super_identity(superd->super) == NULL && superd->conf.superd.names_file[0] != '\0')
		log_warn("option `names-file' has no effect: this supernode has no key, so nobody can "
			 "show that a listed name is his; give it a state-directory that it can write, "
			 "or a secret-file");
}

bool superd_reload(struct superd *superd, conf_report_fn report, void *context)
{
	const char *path = superd->options->config;
	struct listed listed;
	const char *error;
	struct conf conf;

	conf_init(&conf);
	if (!conf_read(&conf, path, !superd->options->config_given, report, context))
		return false;
	conf.superd.super.limits.signature_cost_us = superd->signature_cost_us;
	if (!keep_listed(conf.superd.names_file, &listed, report, context))
		return false;
	alternates_apply(&superd->alternates, &conf.superd);
	if (!super_reconfigure(superd->super, &conf.superd.super, &error)) {
		alternates_apply(&superd->alternates, &superd->conf.superd);
		listed_free(&listed);
		report(error, context);
		return false;
	}
	super_list_names(superd->super, &listed);
	warn_fixed(superd, &conf.superd);
	alternates_warn(&superd->alternates, path);
	superd->conf = conf;
	apply_log(superd);
	warn_unheld(superd);
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
	struct super_keys keys = {0};
	const char *error;

	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		return false;
	}
	superd->signature_cost_us = cost_of_signature();
	superd->conf.superd.super.limits.signature_cost_us = superd->signature_cost_us;
	log_debug("a signature takes %u us", superd->signature_cost_us);
	if (!keep_keys(superd->state, superd->conf.superd.secret_file, superd->options->config,
		&keys))
		return false;
	alternates_apply(&superd->alternates, &superd->conf.superd);
	superd->super = super_new(&superd->conf.superd.super, &keys, &error);
	sodium_memzero(&keys, sizeof keys);
	if (superd->super == NULL) {
		log_error("%s", error);
		return false;
	}
	alternates_serve(&superd->alternates, superd->super);
	return true;
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
	alternates_adopt(&superd->alternates, superd->udp, &superd->conf.superd);
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
	alternates_bind(&superd->alternates, superd->udp, settings, superd->options->config);
	return true;
}

static bool open_sockets(struct superd *superd)
{
	int inherited = activation_take();

	superd->udp = udp_new(&(struct udp_options){
	    .datagram_max = DATAGRAM_MAX,
	    .receive_buffer = superd->conf.superd.receive_buffer,
	    .receive = on_datagram,
	    .idle = on_batch_end,
	    .context = superd,
	    .expect = on_expect,
	    .whole = true,
	});
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
		log_info("listening on %s%s", endpoint_format(&at, text),
		    alternates_is_for_tests(&superd->alternates, &at) ? " for NAT tests" : "");
	alternates_log(&superd->alternates);
	log_info("version %s ready", PACKAGE_VERSION);
}

/* Once, whatever the number of sockets; inherited ones are the service manager's matter. */
static void warn_small_buffer(const struct superd *superd)
{
	size_t asked = superd->conf.superd.receive_buffer;
	struct udp_socket_state state;

	for (size_t i = 0; !superd->inherited && udp_socket_state(superd->udp, i, &state); i++) {
		/* of the most that can be asked for it grants a byte less */
		if (state.receive_buffer == 0 || state.receive_buffer + 1 >= asked)
			continue;
		log_warn("the kernel grants a receive buffer of %zu bytes, and `receive-buffer' in "
			 "%s asks for %zu: packets will be lost in a rush; allow it with sysctl -w "
			 "net.core.rmem_max=%zu, and start again",
		    state.receive_buffer, superd->options->config, asked, asked);
		return;
	}
}

/* The file may have been edited while the daemon did not run. */
static void end_banned(struct superd *superd)
{
	struct expulsion *expulsion = NULL;

	if (super_bans(superd->super)->count > 0)
		expulsion = expulsions_reserve(&superd->expulsions);
	if (expulsion != NULL)
		expulsions_start(&superd->expulsions, expulsion, superd->super, NULL, SUPER_BANNED,
		    NULL, NULL);
	superd_attend(superd);
}

static void log_identity(const struct superd *superd)
{
	const uint8_t *identity = super_identity(superd->super);
	char text[IDENTITY_TEXT_MAX];

	if (identity != NULL)
		log_info("the key of this supernode is %s", identity_format(identity, text));
	else
		log_info("this supernode has no key (options `state-directory', `secret-file'): names have "
			 "no owner");
}

static bool list_names(struct superd *superd)
{
	struct listed listed;

	if (!keep_listed(superd->conf.superd.names_file, &listed, log_mistake, NULL))
		return false;
	super_list_names(superd->super, &listed);
	return true;
}

struct superd *superd_open(const struct program_options *options)
{
	struct superd *superd = calloc(1, sizeof *superd);

	if (superd == NULL)
		return NULL;
	superd->options = options;
	sight_init(&superd->sight);
	expulsions_init(&superd->expulsions);
	superd->started = loop_now();
	rates_init(&superd->rates, superd->started);
	conf_init(&superd->conf);
	if (!conf_read(&superd->conf, options->config, !options->config_given, log_mistake, NULL) ||
	    !open_sockets(superd) || !drop_privileges(superd)) {
		superd_close(superd);
		return NULL;
	}
	open_state(superd);
	if (!open_core(superd) || !list_names(superd) || !open_loop(superd) || !open_control(superd) ||
	    !sight_serve(&superd->sight, loop_base(superd->loop), &superd->conf.superd.metrics,
		superd)) {
		superd_close(superd);
		return NULL;
	}
	apply_log(superd);
	warn_small_buffer(superd);
	alternates_warn(&superd->alternates, options->config);
	banfile_load(superd->state, superd->super, loop_wall());
	journal_open(&superd->journal, superd->state, superd->super);
	keep_load(superd->state, superd->super, superd->udp);
	log_identity(superd);
	warn_unheld(superd);
	sight_follow(&superd->sight, superd->super);
	end_banned(superd);
	log_ready(superd);
	return superd;
}

void superd_run(struct superd *superd)
{
	int signal = loop_run(superd->loop);

	log_info("ends on %s", strsignal(signal));
	journal_close(&superd->journal);
	keep_save(superd->state, superd->super, superd->udp);
}

void superd_close(struct superd *superd)
{
	ctl_server_close(superd->control);
	sight_close(&superd->sight);
	expulsions_free(&superd->expulsions);
	udp_free(superd->udp);
	loop_free(superd->loop);
	super_free(superd->super);
	state_close(superd->state);
	free(superd);
}
