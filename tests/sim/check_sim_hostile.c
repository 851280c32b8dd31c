/*
 * Somebody off the way who can send anything under any address, and see
 * nothing: a bystander gets no more than was sent in its name, nobody is
 * talked out of a registration or a path, and all still works afterwards.
 */
#include "scenario.h"

#include <stdarg.h>
#include <string.h>

#include "watch.h"
#include "wire/command.h"

#define FORGERIES 20000

struct scene {
	struct figure f;
	struct node *seed, *victim;
	struct endpoint places[6]; /* the victim, E, B, D, the seed, anywhere */
	size_t in_its_name;	   /* bytes sent as if from the victim */
};

enum place { VICTIM, E, B, D, SEED, ANYWHERE, PLACES };

static struct scene scene_new(uint64_t index)
{
	struct scene s = {.f = figure_new(index, NAT_FULL_CONE, NAT_PUBLIC)};

	s.seed = sim_seed(s.f.sim, NAT_FULL_CONE, "sid", s.f.e);
	s.victim = sim_bystander(s.f.sim, "victim");
	sim_start(s.seed);
	figure_start(&s.f);
	sim_ask(s.f.b, "dave@sales");
	sim_check(s.f.sim, sim_until(s.f.b, sim_open, "dave@sales", 5000), "B does not open");
	sim_run(s.f.sim, 3000);
	s.places[VICTIM] = sim_address(s.victim);
	s.places[E] = sim_address(s.f.e);
	s.places[B] = sim_outer(s.f.b);
	s.places[D] = sim_outer(s.f.d);
	s.places[SEED] = sim_outer(s.seed);
	s.places[ANYWHERE] = (struct endpoint){FAMILY_IP4, 2425, {198, 19, 0, 0}};
	return s;
}

struct text {
	char bytes[1024];
	size_t len;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len,
	    format, args);
	va_end(args);
}

static void put_nul(struct text *text)
{
	text->bytes[text->len++] = '\0';
}

static void put_random(struct sim *sim, struct text *text, const char *key, int letters)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	put(text, "\n%s:", key);
	for (int i = 0; i < letters - 1; i++)
		put(text, "%c", alphabet[sim_chance(sim, 64)]);
	/* the last letter's low bits have to be 0 */
	put(text, "A");
}

/* Fields of ours, each there or not; values guessed. */
static void put_block(struct sim *sim, struct text *text)
{
	put_nul(text);
	put(text, "\nVS:00050000:0:1:0\nPX:1");
	if (sim_chance(sim, 2))
		put_random(sim, text, "TK", 11);
	if (sim_chance(sim, 2))
		put_random(sim, text, "SI", 11);
	if (sim_chance(sim, 2))
		put_random(sim, text, "CK", 22);
	if (sim_chance(sim, 3) == 0)
		put(text, "\nLT:75");
	if (sim_chance(sim, 4) == 0)
		put_random(sim, text, "OA", 8);
	if (sim_chance(sim, 8) == 0)
		put(text, "\nER:unverified");
	if (sim_chance(sim, 4) == 0)
		put(text, "\nPD:%0*d", (int)sim_chance(sim, 100) + 1, 0);
}

static const unsigned commands[] = {CMD_BR_ENTRY, CMD_BR_EXIT, CMD_ANSENTRY, CMD_BR_ABSENCE,
    CMD_SENDMSG | OPT_SENDCHECK, CMD_RECVMSG, CMD_READMSG | OPT_READCHECK, CMD_ANSREADMSG,
    CMD_ASKPUNCHING, CMD_ORDERPUNCHING, CMD_ANSPUNCHING, CMD_BR_ISGETLIST2, CMD_GETLIST,
    CMD_GETINFO, 0xff};
#define COMMANDS (sizeof commands / sizeof *commands)

static void put_body(struct scene *s, struct text *text, unsigned command)
{
	static const char *const names[] = {"bob", "dave", "sid", "nobody", "bob@sales",
	    "sid@sales"};
	char at[ENDPOINT_TEXT_MAX];

	if (command == CMD_ORDERPUNCHING) {
		put(text, "%s", endpoint_format_address(&s->places[VICTIM], at));
		put_nul(text);
		put(text, "%u", s->places[VICTIM].port);
		return;
	}
	put(text, "%s", names[sim_chance(s->f.sim, 6)]);
	if (command == CMD_BR_ENTRY || command == CMD_ANSENTRY || command == CMD_BR_ABSENCE) {
		put_nul(text);
		put(text, "sales");
	}
}

static void compose(struct scene *s, struct text *text)
{
	static const char *const users[] = {"bob", "dave", "sid", "x"};
	struct sim *sim = s->f.sim;
	unsigned command = commands[sim_chance(sim, COMMANDS)];
	const char *user = users[sim_chance(sim, 4)];
	bool block = sim_chance(sim, 2);

	text->len = 0;
	put(text, "1:%u:%s:pc-%s:%u:", sim_chance(sim, 2) ? 1700001000 + sim_chance(sim, 99) : 1,
	    user, user, command | (block ? OPT_CAPUTF8 : 0));
	put_body(s, text, command & COMMAND_MASK);
	if (block)
		put_block(sim, text);
	if (sim_chance(sim, 20) == 0)
		text->len = sim_chance(sim, (uint32_t)text->len);
}

static void forge(struct scene *s, enum place from, enum place to)
{
	struct endpoint source = s->places[from];
	struct sim *sim = s->f.sim;
	struct text text;

	compose(s, &text);
	if (from == ANYWHERE) {
		source.address[2] = (uint8_t)sim_chance(sim, 256);
		source.address[3] = (uint8_t)sim_chance(sim, 256);
	}
	if (from == VICTIM)
		s->in_its_name += text.len;
	sim_forge(sim, &source, &s->places[to], text.bytes, text.len);
}

/* What worked before works after. */
static void all_well(struct scene *s)
{
	struct figure *f = &s->f;
	struct node *carol = sim_peer(f->sim, NAT_PORT_RESTRICTED, "carol", f->e);

	sim_check(f->sim, sim_registered(f->b, NULL) && sim_registered(f->d, NULL),
	    "a registration is lost");
	sim_check(f->sim, sim_registered(s->seed, NULL), "the seed's registration is lost");
	sim_check(f->sim, sim_open(f->b, "dave@sales") && sim_open(f->d, "bob@sales"),
	    "the path is lost");
	sim_send(f->b, "dave@sales", "still there?");
	sim_check(f->sim, sim_until(f->d, sim_shown, "still there?", 5000), "B is not heard");
	sim_start(carol);
	sim_check(f->sim, sim_until(carol, sim_registered, NULL, 5000), "carol does not register");
	sim_ask(carol, "bob@sales");
	sim_check(f->sim, sim_until(carol, sim_open, "bob@sales", 5000), "carol does not reach B");
}

static void flood(struct scene *s, enum place first_from, uint64_t count)
{
	struct sim *sim = s->f.sim;

	for (uint64_t i = 0; i < count; i++) {
		enum place from = (enum place)(first_from + sim_chance(sim, PLACES - first_from));
		enum place to = (enum place)(E + sim_chance(sim, 3));

		/* a seed confirms whatever is asked of it, so others can rename it: see below */
		if (from == SEED && to == E)
			from = ANYWHERE;
		forge(s, from, to);
		if (sim_chance(sim, 4) == 0)
			sim_run(sim, sim_chance(sim, 20));
		sim_check(sim, sim_bytes_to(s->victim) <= s->in_its_name,
		    "the victim got %zu bytes for %zu", sim_bytes_to(s->victim), s->in_its_name);
	}
	sim_run(sim, 30000);
	sim_check(sim, sim_bytes_to(s->victim) <= s->in_its_name,
	    "the victim got %zu bytes for %zu", sim_bytes_to(s->victim), s->in_its_name);
}

START_TEST(under_any_name)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct scene s = scene_new((uint64_t)_i);

	flood(&s, VICTIM, sim_worlds(FORGERIES));
	printf("# sent in the victim's name: %zu bytes, it got %zu\n", s.in_its_name,
	    sim_bytes_to(s.victim));
	fflush(stdout);
	ck_assert_uint_gt(sim_bytes_to(s.victim), 0);
	all_well(&s);
	world_end(s.f.sim);
}
END_TEST

/* Nothing at all in its name: then nothing may come, whoever is ordered to what. */
START_TEST(a_victim_that_never_spoke)
{
	if (sim_skips((uint64_t)_i))
		return;
	struct scene s = scene_new((uint64_t)_i);

	flood(&s, E, sim_worlds(FORGERIES));
	sim_check(s.f.sim, sim_bytes_to(s.victim) == 0, "%zu bytes", sim_bytes_to(s.victim));
	all_well(&s);
	world_end(s.f.sim);
}
END_TEST

/*
 * A forged exit of a seed, and wrong proofs in its name so that its own one
 * does not count any more: it answers, so it is there, and stays registered.
 */
START_TEST(a_seed_is_not_talked_away)
{
	struct scene s = scene_new(0);
	struct sim *sim = s.f.sim;
	char text[64];

	sim_forge(sim, &s.places[SEED], &s.places[E], "1:5:sid:pc-sid:2:sid", 20);
	for (int i = 0; i < 10; i++) {
		int n = snprintf(text, sizeof text, "1:5:sid:pc-sid:50:%d", 1000 + i);

		sim_forge(sim, &s.places[SEED], &s.places[E], text, (size_t)n);
	}
	sim_run(sim, 10000);
	sim_check(sim, sim_registered(s.seed, NULL), "it is gone");
	world_end(sim);
}
END_TEST

/* The watch itself: that it sees what it is there for. */
START_TEST(the_watch_sees)
{
	static const struct endpoint a = {FAMILY_IP4, 1, {198, 18, 0, 1}};
	static const struct endpoint b = {FAMILY_IP4, 2, {198, 18, 0, 2}};
	struct span probe = span_text("1:77:s:s:1048624:"), answer = span_text("1:5:x:y:50:77");
	struct span order = span_of("1:5:s:s:129:198.18.0.2\0" "2", 24);
	struct watch watch = {0};

	ck_assert_ptr_nonnull(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, span_text("1:1:a:b:1:alice"));
	ck_assert_ptr_nonnull(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, span_text("1:1:a:b:1:alice, who has much more to say"));
	ck_assert_ptr_null(watch_out(&watch, &a, probe));
	watch_in(&watch, &a, answer);
	ck_assert_ptr_nonnull(watch_out(&watch, &a, order));
	watch_in(&watch, &b, span_text("1:1:a:b:1:bob"));
	ck_assert_ptr_nonnull(watch_out(&watch, &a, order));
	watch_in(&watch, &b, span_text("1:1:a:b:1:bob has something to say, too"));
	ck_assert_ptr_null(watch_out(&watch, &b, probe));
	watch_in(&watch, &b, answer);
	ck_assert_ptr_null(watch_out(&watch, &a, order));
	watch_free(&watch);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostile");

	scenario_add(suite, under_any_name, 4);
	scenario_add(suite, a_victim_that_never_spoke, 4);
	scenario_add(suite, a_seed_is_not_talked_away, 1);
	scenario_add(suite, the_watch_sees, 1);
	return unit_run(suite);
}
