/*
 * libevent's evdns, with one way for an answer to come: evdns gives some from
 * within the question and some later, so each is kept and delivered by an event
 * of its own.
 */
#include "io/resolver.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define RESOLV_CONF "/etc/resolv.conf"

struct question {
	TAILQ_ENTRY(question) next;
	struct resolver *resolver; /* NULL: called off, nobody waits */
	struct event *delivery;
	char *host;
	uint16_t port;
	bool pending; /* evdns has it */
	struct endpoint addresses[RESOLVER_ADDRESSES_MAX];
	size_t count;
	const char *why;
};

TAILQ_HEAD(questions, question);

struct resolver {
	struct event_base *base;
	struct evdns_base *dns;
	enum family family;
	resolver_fn answer;
	void *context;
	struct questions questions;
};

static void question_free(struct question *question)
{
	if (question->delivery != NULL)
		event_free(question->delivery);
	free(question->host);
	free(question);
}

static struct evdns_base *open_dns(struct event_base *base)
{
	struct evdns_base *dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);

	/* what is wrong with the file shows in the answers; /etc/hosts is read in any case */
	if (dns != NULL)
		evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, RESOLV_CONF);
	return dns;
}

static void deliver(evutil_socket_t fd, short what, void *context)
{
	struct question *question = context;
	struct resolver *resolver = question->resolver;
	struct resolver_answer answer = {
	    .host = question->host,
	    .port = question->port,
	    .addresses = question->addresses,
	    .count = question->count,
	    .why = question->count == 0 ? question->why : NULL,
	};

	TAILQ_REMOVE(&resolver->questions, question, next);
	resolver->answer(&answer, resolver->context);
	question_free(question);
}

static void settle(struct question *question, const char *why)
{
	question->why = why;
	event_active(question->delivery, EV_TIMEOUT, 0);
}

static bool is_wanted(const struct resolver *resolver, const struct endpoint *at)
{
	return resolver->family == FAMILY_NONE || resolver->family == at->family;
}

static void add_address(struct question *question, const struct endpoint *at)
{
	size_t of_family = 0;

	if (!is_wanted(question->resolver, at))
		return;
	for (size_t i = 0; i < question->count; i++) {
		if (endpoint_equal(&question->addresses[i], at))
			return;
		of_family += question->addresses[i].family == at->family;
	}
	if (of_family < RESOLVER_FAMILY_MAX)
		question->addresses[question->count++] = *at;
}

static const char *no_address(const struct resolver *resolver)
{
	if (resolver->family == FAMILY_IP4)
		return "it has no IPv4 address";
	return resolver->family == FAMILY_IP6 ? "it has no IPv6 address" : "it has no address";
}

static void on_addresses(int error, struct evutil_addrinfo *list, void *context)
{
	struct question *question = context;
	struct endpoint at;

	question->pending = false;
	if (question->resolver == NULL) {
		question_free(question);
	} else {
		for (struct evutil_addrinfo *item = list; item != NULL; item = item->ai_next) {
			if (!endpoint_from_sockaddr(&at, item->ai_addr,
				(socklen_t)item->ai_addrlen))
				continue;
			at.port = question->port;
			add_address(question, &at);
		}
		settle(question, error != 0 ? evutil_gai_strerror(error)
					    : no_address(question->resolver));
	}
	if (list != NULL)
		evutil_freeaddrinfo(list);
}

static void ask_dns(struct question *question)
{
	struct resolver *resolver = question->resolver;
	struct evutil_addrinfo hints = {
	    .ai_family = resolver->family == FAMILY_IP4 ? AF_INET
		: resolver->family == FAMILY_IP6	? AF_INET6
							: AF_UNSPEC,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_protocol = IPPROTO_UDP,
	};

	question->pending = true;
	evdns_getaddrinfo(resolver->dns, question->host, NULL, &hints, on_addresses, question);
}

/* A numeric host is its own answer. */
static bool is_numeric(struct question *question)
{
	struct endpoint at;

	if (!endpoint_parse_address(&at, span_text(question->host)))
		return false;
	at.port = question->port;
	add_address(question, &at);
	settle(question, no_address(question->resolver));
	return true;
}

static struct question *question_new(struct resolver *resolver, const char *host, uint16_t port)
{
	struct question *question = calloc(1, sizeof *question);

	if (question == NULL)
		return NULL;
	question->resolver = resolver;
	question->port = port;
	question->host = strdup(host);
	question->delivery = event_new(resolver->base, -1, 0, deliver, question);
	if (question->host == NULL || question->delivery == NULL) {
		question_free(question);
		return NULL;
	}
	return question;
}

bool resolver_ask(struct resolver *resolver, const char *host, uint16_t port)
{
	struct question *question;

	TAILQ_FOREACH(question, &resolver->questions, next) {
		if (question->port == port && strcmp(question->host, host) == 0)
			return true;
	}
	question = question_new(resolver, host, port);
	if (question == NULL)
		return false;
	TAILQ_INSERT_TAIL(&resolver->questions, question, next);
	if (!is_numeric(question))
		ask_dns(question);
	return true;
}

struct resolver *resolver_new(struct event_base *base, enum family family, resolver_fn answer,
    void *context)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);

	if (resolver == NULL)
		return NULL;
	TAILQ_INIT(&resolver->questions);
	resolver->base = base;
	resolver->family = family;
	resolver->answer = answer;
	resolver->context = context;
	resolver->dns = open_dns(base);
	if (resolver->dns == NULL) {
		free(resolver);
		return NULL;
	}
	return resolver;
}

/*
 * One that evdns has is freed when evdns gives it back. It is not cancelled
 * there: libevent would hand the cancelled one back after its evdns_base is
 * freed, and look into that. Freeing the evdns_base fails it in a safe way.
 */
static void call_off(struct question *question)
{
	TAILQ_REMOVE(&question->resolver->questions, question, next);
	question->resolver = NULL;
	if (!question->pending)
		question_free(question);
}

void resolver_reload(struct resolver *resolver)
{
	struct evdns_base *fresh = open_dns(resolver->base), *old = resolver->dns;
	struct question *question = TAILQ_FIRST(&resolver->questions), *next, *again;

	if (fresh == NULL)
		return;
	resolver->dns = fresh;
	for (; question != NULL; question = next) {
		next = TAILQ_NEXT(question, next);
		/* without memory for another try it fails with the old evdns_base, and says so */
		if (!question->pending ||
		    (again = question_new(resolver, question->host, question->port)) == NULL)
			continue;
		call_off(question);
		TAILQ_INSERT_HEAD(&resolver->questions, again, next);
		ask_dns(again);
	}
	evdns_base_free(old, 1);
}

void resolver_free(struct resolver *resolver)
{
	struct question *question;

	if (resolver == NULL)
		return;
	while ((question = TAILQ_FIRST(&resolver->questions)) != NULL)
		call_off(question);
	evdns_base_free(resolver->dns, 1);
	event_base_loop(resolver->base, EVLOOP_NONBLOCK);
	free(resolver);
}
