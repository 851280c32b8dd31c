/* Opening the port for tests, and finding the socket that an alternate is. */
#include "superd/alternates.h"

#include "base/log.h"
#include "io/udp.h"
#include "super/super.h"
#include "wire/fields.h"

static bool is_bound(const struct udp *udp, const struct endpoint *wanted)
{
	struct endpoint at;

	for (size_t i = 0; udp_bound(udp, i, &at); i++) {
		if (endpoint_equal(&at, wanted))
			return true;
	}
	return false;
}

static void open_beside(struct alternates *alternates, const struct endpoint *listened,
    uint16_t port, const char *config)
{
	struct endpoint wanted = *listened;
	char why[UDP_WHY_MAX];

	wanted.port = port;
	if (is_bound(alternates->udp, &wanted))
		return;
	if (udp_bind(alternates->udp, &wanted, why) == 0)
		alternates->test_port = port;
	else
		log_warn("cannot listen on %s: peers cannot find out what their NATs do; end what has "
			 "that port, or set another `test-port' in %s, and start again (0: none)",
		    why, config);
}

void alternates_bind(struct alternates *alternates, struct udp *udp,
    const struct superd_settings *settings, const char *config)
{
	struct endpoint listened[LISTEN_MAX];
	size_t count = 0;

	*alternates = (struct alternates){.udp = udp};
	if (settings->test_port == 0)
		return;
	/* a host without IPv6 listens at less than what the settings say */
	while (count < LISTEN_MAX && udp_bound(udp, count, &listened[count]))
		count++;
	for (size_t i = 0; i < count; i++) {
		if (listened[i].port != settings->test_port)
			open_beside(alternates, &listened[i], (uint16_t)settings->test_port, config);
	}
	/* two that listen at one address may be each other's other port */
	for (size_t i = 0; i < count; i++) {
		if (listened[i].port == settings->test_port)
			alternates->test_port = listened[i].port;
	}
}

void alternates_adopt(struct alternates *alternates, struct udp *udp,
    const struct superd_settings *settings)
{
	struct endpoint at;

	*alternates = (struct alternates){.udp = udp};
	for (size_t i = 0; settings->test_port != 0 && udp_bound(udp, i, &at); i++) {
		if (at.port == settings->test_port)
			alternates->test_port = at.port;
	}
	if (settings->test_port != 0 && alternates->test_port == 0)
		log_info("no socket of the service manager has the port %u (option `test-port'): peers "
			 "cannot find out what their NATs do; ListenDatagram= lines with it belong into "
			 "ipmsg-superd.socket",
		    (unsigned)settings->test_port);
}

static void add(struct alternates *alternates, const struct endpoint *told)
{
	size_t i = alternates->count++;

	alternates->told[i] = *told;
	alternates->ours[i] = !alternate_is_relative(told) &&
	    udp_number(alternates->udp, told, &alternates->local[i]);
}

void alternates_apply(struct alternates *alternates, struct superd_settings *settings)
{
	static const uint8_t families[] = {FAMILY_IP4, FAMILY_IP6};
	struct super_settings *core = &settings->super;

	alternates->count = 0;
	for (size_t i = 0; i < 2 && alternates->test_port != 0; i++)
		add(alternates,
		    &(struct endpoint){.family = families[i], .port = alternates->test_port});
	for (size_t i = 0; i < settings->alternate_count; i++)
		add(alternates, &settings->alternates[i]);
	core->alternate_count = alternates->count;
	for (size_t i = 0; i < alternates->count; i++)
		core->alternates[i] = alternates->told[i];
}

static bool find(void *context, uint16_t local, const struct endpoint *alternate,
    uint16_t *other)
{
	struct alternates *alternates = context;

	if (alternate_is_relative(alternate))
		return udp_number_beside(alternates->udp, local, alternate->port, other);
	for (size_t i = 0; i < alternates->count; i++) {
		if (!alternates->ours[i] || !endpoint_equal(&alternates->told[i], alternate))
			continue;
		*other = alternates->local[i];
		return *other != local;
	}
	return false;
}

void alternates_serve(struct alternates *alternates, struct super *super)
{
	super_use_alternates(super, find, alternates);
}
