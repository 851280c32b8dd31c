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
	char why[UDP_WHY_MAX], address[ENDPOINT_TEXT_MAX];

	wanted.port = port;
	if (is_bound(alternates->udp, &wanted))
		return;
	if (udp_bind(alternates->udp, &wanted, why) == 0)
		alternates->test_port = port;
	else
		log_warn("cannot listen on %s: peers that come to %s cannot find out there what their "
			 "NATs do; end what has that port, or set another `test-port' in %s, and "
			 "start again (0: none)",
		    why, endpoint_format_address(listened, address), config);
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

/* How many of the sockets are of that family, and whether all of those are for this host alone. */
static size_t count_bound(const struct alternates *alternates, enum family family, bool *inside)
{
	struct endpoint at;
	size_t count = 0;

	*inside = true;
	for (size_t i = 0; udp_bound(alternates->udp, i, &at); i++) {
		if (at.family != family || alternates_is_for_tests(alternates, &at))
			continue;
		*inside = *inside && endpoint_scope(&at) == SCOPE_LOOPBACK;
		count++;
	}
	return count;
}

/* What an administrator may not have meant; NULL: nothing. */
static const char *find_trouble(const struct alternates *alternates, size_t i)
{
	const struct endpoint *told = &alternates->told[i];
	bool inside;
	size_t count = count_bound(alternates, told->family, &inside);

	if (alternate_is_relative(told))
		return NULL;
	if (count == 0)
		return "nothing listens on an address of its family, so nobody is told of it";
	if (endpoint_scope(told) == SCOPE_LOOPBACK && !inside)
		return "nobody but this host itself can send there";
	if (!alternates->ours[i])
		return "it is not an address of this host that is listened on: peers see by it "
		       "whether their NATs go by the address, and not whom they let in";
	if (count == 1 && is_bound(alternates->udp, told))
		return "all peers come to it anyway, so that it shows them nothing";
	return NULL;
}

void alternates_warn(const struct alternates *alternates, const char *config)
{
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < alternates->count; i++) {
		const char *trouble = find_trouble(alternates, i);

		if (trouble != NULL)
			log_warn("%s, of `alternates' in %s: %s",
			    endpoint_format(&alternates->told[i], text), config, trouble);
	}
}

bool alternates_is_for_tests(const struct alternates *alternates, const struct endpoint *bound)
{
	struct endpoint at;

	if (alternates->test_port == 0 || bound->port != alternates->test_port)
		return false;
	for (size_t i = 0; udp_bound(alternates->udp, i, &at); i++) {
		if (endpoint_same_address(&at, bound) && at.port != bound->port)
			return true;
	}
	return false;
}

void alternates_log(const struct alternates *alternates)
{
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < alternates->count; i++) {
		if (!alternate_is_relative(&alternates->told[i]))
			log_info("peers are told of %s for NAT tests",
			    endpoint_format(&alternates->told[i], text));
	}
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
