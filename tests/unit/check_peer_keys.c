/*
 * Peers with keys: what they sign and toward whom, what counts on a path whose
 * other end is known by its key, and what a peer's own rules refuse.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "peer_fixture.h"

#define BOB 101 /* the first bytes of keys */
#define DAVE 102
#define EVE 103
#define EVES "203.0.113.66:666"

/* What flies by. */
static unsigned signed_entries, sealed, naked;
static struct flying last_sealed; /* from B to D, with a session */

static bool read_air(const struct flying *f, struct entry *entry)
{
	struct packet packet;
	enum command command;

	if (packet_parse(&packet, span_of(f->data, f->len)) != PACKET_OK)
		return false;
	command = packet_command(&packet);
	return (command == CMD_BR_ENTRY || command == CMD_ANSENTRY || command == CMD_BR_EXIT ||
		   command == CMD_BR_ABSENCE) &&
	    entry_parse(entry, &packet);
}

static bool watch(struct flying *f)
{
	struct entry entry;

	if (!read_air(f, &entry))
		return true;
	signed_entries += fields_has(&entry.fields, KEY_SG);
	if (!fields_has(&entry.fields, KEY_SI))
		return true;
	sealed += fields_has(&entry.fields, KEY_MA) && fields_has(&entry.fields, KEY_TS);
	naked += !fields_has(&entry.fields, KEY_MA);
	if (endpoint_equal(&f->from, &B->at) && endpoint_equal(&f->to, &D->at))
		last_sealed = *f;
	return true;
}

static void begin(uint8_t bob, uint8_t dave)
{
	now = 1000000;
	signed_entries = sealed = naked = 0;
	memset(nodes, 0, sizeof nodes);
	clear_air();
	on_air = watch;
	nodes[0].at = at(E);
	make_super(0, 1);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", bob);
	make_keyed_peer(2, "192.0.2.2:40001", "dave", dave);
	start(1);
	start(2);
	pass(100);
}

static void end(void)
{
	teardown();
	if (nodes[3].super != NULL)
		super_free(nodes[3].super);
	peer_free(nodes[3].peer);
}

static void keyed(void)
{
	begin(BOB, DAVE);
}

static struct peer_supernode_status status_of(struct node *node)
{
	struct peer_supernode_status status;

	ck_assert(peer_supernode(node->peer, 0, &status));
	return status;
}

static const struct registration *registered(const struct node *node)
{
	const struct registration *reg;
	uint32_t cursor = 0;

	while ((reg = super_walk(nodes[0].super, &cursor)) != NULL) {
		if (endpoint_equal(&reg->remote, &node->at))
			return reg;
	}
	return NULL;
}

static uint64_t forged(const struct node *node)
{
	return peer_count(node->peer, PEER_DROPPED_FORGED);
}

START_TEST(names_are_owned)
{
	const struct registration *reg = registered(B);

	ck_assert_ptr_nonnull(reg);
	ck_assert(reg->keyed);
	ck_assert_mem_eq(reg->credentials.identity, peer_key(B->peer), IDENTITY_BYTES);
	ck_assert(status_of(B).keyed);
	ck_assert_int_eq(B->identity_state, IDENTITY_KNOWN);
	ck_assert_mem_eq(status_of(B).known, super_identity(nodes[0].super), IDENTITY_BYTES);
	/* signed once, and refreshed with the cookie alone for an hour, more or less */
	ck_assert_uint_eq(signed_entries, 2);
	pass(3000000);
	ck_assert_uint_eq(signed_entries, 2);
	ck_assert_uint_eq(B->key_events, 1);
	pass(1200000);
	ck_assert_uint_eq(signed_entries, 4);
	ck_assert(status_of(B).keyed);
	/* the exit bears a MAC, without which it would not count */
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	fly();
	ck_assert_ptr_null(registered(B));
}
END_TEST

START_TEST(changes_are_signed)
{
	struct peer_settings settings = B->peer->settings;
	struct endpoint inner = at("10.0.0.7:2425");
	const char *error;

	strcpy(settings.nick, "robert");
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	pass(100);
	ck_assert_uint_eq(signed_entries, 3);
	ck_assert(registered(B)->keyed);
	/* another address of its own, once */
	peer_addresses(B->peer, &inner, 1);
	peer_addresses(B->peer, &inner, 1);
	pass(60000);
	ck_assert_uint_eq(signed_entries, 4);
}
END_TEST

START_TEST(lost_registrations_are_signed_anew)
{
	struct super_keys keys = {.secret = {1}, .has_key = true, .seed = {1}};
	struct super_settings settings;
	const char *error;

	/* the same keys, but nobody is known any more: first by another secret, then by the same */
	for (int i = 0; i < 2; i++) {
		super_settings_init(&settings);
		super_free(nodes[0].super);
		keys.secret[0] = 2;
		nodes[0].super = super_new(&settings, &keys, &error);
		pass(i == 0 ? 60000 : 3700000);
		ck_assert_ptr_nonnull(registered(B));
		ck_assert(registered(B)->keyed);
		ck_assert_int_eq(status_of(B).identity_state, IDENTITY_KNOWN);
	}
}
END_TEST

START_TEST(paths_are_sealed)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;

	ask(B, "dave");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	ck_assert(peer_contact(B->peer, &cursor, &status));
	ck_assert_mem_eq(status.identity, peer_key(D->peer), IDENTITY_BYTES);
	cursor = 0;
	ck_assert(peer_contact(D->peer, &cursor, &status));
	ck_assert_mem_eq(status.identity, peer_key(B->peer), IDENTITY_BYTES);
	pass(120000);
	ck_assert_uint_gt(sealed, 8);
	ck_assert_uint_eq(naked, 0);
	ck_assert_uint_eq(forged(B), 0);
	ck_assert_uint_eq(forged(D), 0);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	say(B, "dave", "hello");
	pass(100);
	ck_assert_str_eq(D->text, "hello");
	/* absence and exit too */
	peer_set_absence(B->peer, &(struct absence){.title = "out", .text = "out"}, now, wall(),
	    &B->batch);
	batch_flush(&B->batch);
	fly();
	ck_assert(D->peer->paths[0]->absent);
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	fly();
	ck_assert_int_eq(D->peer->paths[0]->state, PATH_IDLE);
	ck_assert_uint_eq(naked, 0);
}
END_TEST

/* One side, or the other, or both, without a key: as before. `_i`: bits of who has one. */
START_TEST(former_versions_meet)
{
	begin(_i & 1 ? BOB : 0, _i & 2 ? DAVE : 0);
	ask(B, "dave");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	pass(120000);
	ck_assert_uint_eq(sealed, 0);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert(!B->peer->paths[0]->has_identity);
	say(D, "bob", "hello");
	pass(100);
	ck_assert_str_eq(B->text, "hello");
	ck_assert_uint_eq(forged(B) + forged(D), 0);
	end();
}
END_TEST

/* A supernode that has no key: nobody signs. */
START_TEST(supernodes_without_key)
{
	struct super_keys keys = {.secret = {3}};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	super_free(nodes[0].super);
	nodes[0].super = super_new(&settings, &keys, &error);
	peer_free(B->peer);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", BOB);
	start(1);
	pass(60000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert_int_eq(status_of(B).identity_state, IDENTITY_UNKNOWN);
	ck_assert(!status_of(B).keyed);
	/* and who knew one before */
	ck_assert_int_eq(uplink_state(D), SUPERNODE_REGISTERED);
	ck_assert_int_eq(status_of(D).identity_state, IDENTITY_UNSEEN);
	ck_assert(!status_of(D).keyed);
	signed_entries = 0;
	pass(4000000);
	ck_assert_uint_eq(signed_entries, 0);
}
END_TEST

START_TEST(seed_supernodes)
{
	static const char plain[] = "1:1:s:s:3:supernode\0\0";
	struct endpoint e = at(E);

	peer_free(B->peer);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", BOB);
	nodes[0].cut = true;
	start(1);
	fly();
	deliver(B, &e, plain, sizeof plain - 1);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert(status_of(B).seed);
	ck_assert(!status_of(B).keyed);
}
END_TEST

static uint8_t punch_transaction[TRANSACTION_BYTES];

/* Writes an entry with D's session and perhaps a MAC, from wherever. */
static void punch(enum command command, uint64_t stamp, const uint8_t *shared, const char *from)
{
	struct identity dave = {"dave", "pc2", "dave", "sales"};
	struct endpoint source = at(from);
	struct fields fields = {0};
	unsigned char bytes[600];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(&fields, KEY_SI);
	memcpy(fields.session, B->peer->paths[0]->session, SESSION_BYTES);
	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, punch_transaction, TRANSACTION_BYTES);
	if (stamp > 0) {
		fields_set(&fields, KEY_TS);
		fields.stamp = stamp;
	}
	entry_write(&w, 5, &dave, command, B->peer->legacy, true, &fields);
	if (shared != NULL)
		seal_mac(&w, shared, peer_key(B->peer));
	deliver(B, &source, bytes, w.len);
	fly();
}

START_TEST(punches_cannot_be_stolen)
{
	static const uint8_t wrong[SHARED_KEY_BYTES] = {1};
	const uint64_t later = (uint64_t)wall() * 1000 + 900000;
	struct endpoint eve = at(EVES);
	const struct path *path;

	ask(D, "bob");
	pass(300);
	path = B->peer->paths[0];
	ck_assert_int_eq(path->state, PATH_OPEN);
	/* who has seen the session: without a MAC, with a wrong one, or an old one */
	punch(CMD_BR_ENTRY, 0, NULL, EVES);
	punch(CMD_BR_ENTRY, later, NULL, EVES);
	punch(CMD_BR_ENTRY, later, wrong, EVES);
	punch(CMD_BR_ENTRY, path->stamp, path->shared, EVES);
	punch(CMD_BR_EXIT, later, wrong, "192.0.2.2:40001");
	punch(CMD_BR_ABSENCE | OPT_ABSENCE, 0, NULL, "192.0.2.2:40001");
	punch(CMD_ANSENTRY, later, wrong, EVES);
	ck_assert_uint_eq(forged(B), 6);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 1);
	ck_assert(endpoint_equal(&path->remote, &D->at));
	ck_assert_int_eq(path->state, PATH_OPEN);
	ck_assert(!path->absent);
	/* a real one, sent again from elsewhere */
	pass(60000);
	ck_assert_uint_eq(forged(D), 0);
	deliver(D, &eve, last_sealed.data, last_sealed.len);
	ck_assert_uint_eq(peer_count(D->peer, PEER_DROPPED_LATE), 1);
	ck_assert_uint_eq(forged(D), 0);
	ck_assert(endpoint_equal(&D->peer->paths[0]->remote, &B->at));
	/* and turned round */
	deliver(B, &eve, last_sealed.data, last_sealed.len);
	ck_assert_uint_eq(forged(B), 7);
	ck_assert(endpoint_equal(&path->remote, &D->at));
	/* with the MAC of the real one it moves, once ours are answered there: NATs do that */
	punch(CMD_BR_ENTRY, later, path->shared, EVES);
	ck_assert(endpoint_equal(&path->remote, &D->at));
	punch(CMD_ANSENTRY, later + 1, path->shared, EVES);
	ck_assert(endpoint_equal(&path->remote, &D->at));
	memcpy(punch_transaction,
	    candidate_find(B->peer->paths[0], &eve, path->local, path->session)->transaction,
	    TRANSACTION_BYTES);
	punch(CMD_ANSENTRY, later + 2, path->shared, EVES);
	ck_assert(endpoint_equal(&path->remote, &eve));
}
END_TEST

/* What a supernode may say. NULL: that field is not there. */
struct told {
	const uint8_t *session, *cookie, *identity;
	const char *asker, *toward;
};

static void order(struct node *node, const struct told *saying)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint toward = at(saying->toward), e = at(E);
	struct fields fields = {0};
	unsigned char bytes[700];
	struct writer w = writer_on(bytes, sizeof bytes);

	if (saying->session != NULL) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, saying->session, SESSION_BYTES);
	}
	if (saying->cookie != NULL) {
		fields_set(&fields, KEY_CK);
		memcpy(fields.cookie, saying->cookie, COOKIE_BYTES);
	}
	if (saying->identity != NULL) {
		fields_set(&fields, KEY_ID);
		memcpy(fields.identity, saying->identity, IDENTITY_BYTES);
	}
	if (saying->asker != NULL) {
		fields_set(&fields, KEY_AN);
		fields.asker = span_text(saying->asker);
	}
	order_write(&w, 5, &identity, &toward, &fields);
	deliver(node, &e, bytes, w.len);
}

/* Another introduction to where the owner of a key is does not take the path to him away. */
START_TEST(paths_are_not_handed_on)
{
	static const uint8_t session[SESSION_BYTES] = {0};
	struct keypair eve;

	ask(B, "dave");
	pass(300);
	const struct path *path = B->peer->paths[0];
	uint8_t own[SESSION_BYTES];

	memcpy(own, path->session, sizeof own);
	keypair_init(&eve, (uint8_t[KEYPAIR_SEED_BYTES]){EVE});
	order(B, &(struct told){session, B->peer->uplinks[0].cookies[0], NULL, "dave@sales",
		     "192.0.2.2:40001"});
	order(B, &(struct told){(uint8_t[SESSION_BYTES]){1}, B->peer->uplinks[0].cookies[0],
		     eve.identity, "dave@sales", "192.0.2.2:40001"});
	/* without one it is the same introduction; somebody else's gets a path of his own */
	ck_assert_uint_eq(B->peer->path_count, 2);
	ck_assert_mem_eq(path->session, own, sizeof own);
	ck_assert_uint_eq(path->candidate_count, 1);
	ck_assert_mem_eq(path->identity, peer_key(D->peer), IDENTITY_BYTES);
	pass(6000);
	ck_assert_int_eq(path->state, PATH_OPEN);
	ck_assert_mem_eq(path->session, own, sizeof own);
}
END_TEST

/* Names do not make somebody the owner of a key: paths of the same names stay two. */
START_TEST(names_unite_nobody)
{
	peer_free(nodes[3].peer);
	make_keyed_peer(3, "192.0.2.3:2425", "carol", 0);
	start(3);
	pass(3000);
	ask(B, "dave@sales");
	pass(300);
	/* what it tells a supernode is one thing, and what it tells others another */
	strcpy(nodes[3].peer->settings.nick, "dave");
	strcpy(nodes[3].peer->settings.user, "dave");
	strcpy(nodes[3].peer->settings.host, "pc2");
	ask(&nodes[3], "bob");
	pass(5000);
	ck_assert_int_eq(nodes[3].path_state, PATH_OPEN);
	ck_assert_uint_eq(B->peer->path_count, 2);
	ck_assert(endpoint_equal(&B->peer->paths[0]->remote, &D->at));
	ck_assert(B->peer->paths[0]->has_identity);
	ck_assert(!B->peer->paths[1]->has_identity);
}
END_TEST

START_TEST(changed_keys_are_not_signed_for)
{
	super_free(nodes[0].super);
	make_super(0, 9);
	pass(90000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert_int_eq(B->identity_state, IDENTITY_CHANGED);
	ck_assert(!status_of(B).keyed);
	ck_assert(!registered(B)->keyed);
	/* it stays so */
	signed_entries = 0;
	pass(4000000);
	ck_assert_uint_eq(signed_entries, 0);
	ck_assert_int_eq(status_of(B).identity_state, IDENTITY_CHANGED);
	ck_assert_uint_eq(B->key_events, 2);
	/* introductions go on, without keys */
	ask(B, "dave");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	/* until a person says that this is right */
	peer_forget_supernode(B->peer, "super.example", 0, now, wall(), &B->batch);
	batch_flush(&B->batch);
	pass(100);
	ck_assert_int_eq(B->identity_state, IDENTITY_KNOWN);
	ck_assert(registered(B)->keyed);
	ck_assert_mem_eq(status_of(B).known, super_identity(nodes[0].super), IDENTITY_BYTES);
}
END_TEST

START_TEST(keys_are_remembered)
{
	struct keypair other;

	peer_free(B->peer);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", BOB);
	keypair_init(&other, (uint8_t[KEYPAIR_SEED_BYTES]){77});
	signed_entries = 0;
	peer_know_supernode(B->peer, "other.example", 2425, other.identity);
	ck_assert_int_eq(status_of(B).identity_state, IDENTITY_UNKNOWN);
	peer_know_supernode(B->peer, "SUPER.example", 2425, other.identity);
	ck_assert_int_eq(status_of(B).identity_state, IDENTITY_UNSEEN);
	start(1);
	pass(3000);
	ck_assert_int_eq(B->identity_state, IDENTITY_CHANGED);
	ck_assert_uint_eq(signed_entries, 0);
}
END_TEST

/* A plain answer, before the first real one, cannot turn one that is known into a seed. */
START_TEST(known_supernodes_are_no_seeds)
{
	static const char plain[] = "1:1:s:s:3:supernode\0\0";
	struct endpoint e = at(E);

	peer_free(B->peer);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", BOB);
	peer_know_supernode(B->peer, "super.example", 2425, super_identity(nodes[0].super));
	start(1);
	deliver(B, &e, plain, sizeof plain - 1);
	ck_assert_int_ne(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert_uint_eq(forged(B), 1);
}
END_TEST

/* Another supernode that shows the key of ours could hand on what is signed for it. */
START_TEST(borrowed_keys_are_not_signed_for)
{
	struct peer_settings settings = B->peer->settings;
	struct peer_supernode_status status;
	const char *error;

	nodes[3].at = at(E2);
	make_super(3, 1);
	strcpy(settings.supernodes[1].host, "evil.example");
	settings.supernodes[1].port = 2425;
	settings.supernode_count = 2;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	signed_entries = 0;
	pass(5000);
	ck_assert(peer_supernode(B->peer, 1, &status));
	ck_assert_int_eq(status.state, SUPERNODE_REGISTERED);
	ck_assert_int_eq(status.identity_state, IDENTITY_FOREIGN);
	ck_assert_str_eq(status.shared_host, "super.example");
	ck_assert_uint_eq(status.shared_port, 2425);
	ck_assert_ptr_null(status_of(B).shared_host);
	ck_assert(!status.keyed);
	ck_assert_uint_eq(signed_entries, 0);
	ck_assert_ptr_null(status.known);
	ck_assert_int_eq(status_of(B).identity_state, IDENTITY_KNOWN);
}
END_TEST

/* `_i`: whether the other has a key too. */
START_TEST(names_that_are_taken)
{
	struct node *eve = &nodes[3];
	unsigned before;

	make_keyed_peer(3, "192.0.2.3:2425", "bob", _i == 0 ? 0 : EVE);
	start(3);
	pass(3000);
	ck_assert_int_eq(uplink_state(eve), SUPERNODE_REFUSED);
	ck_assert_int_eq(status_of(eve).reason, REASON_TAKEN);
	ck_assert_ptr_null(registered(eve));
	ck_assert(registered(B)->keyed);
	/* tried again once a minute: an entry, its challenge answered, and no more */
	before = (unsigned)peer_count(eve->peer, PEER_SENT);
	pass(300000);
	ck_assert_uint_ge(peer_count(eve->peer, PEER_SENT) - before, 4);
	ck_assert_uint_le(peer_count(eve->peer, PEER_SENT) - before, 14);
	/* nothing can be asked for by that name */
	while (uplink_state(eve) != SUPERNODE_REFUSED)
		pass(10);
	ask(eve, "dave");
	pass(100);
	ck_assert_int_eq(eve->path_state, PATH_FAILED);
	ck_assert_int_eq(eve->reason, REASON_TAKEN);
}
END_TEST

/* The owner is let in from any address, at once. */
START_TEST(owners_come_back)
{
	B->cut = true;
	make_keyed_peer(3, "192.0.2.3:2425", "bob", BOB);
	strcpy(nodes[3].peer->settings.host, "pc1");
	/* its clock has gone on since */
	now += 2000;
	start(3);
	pass(200);
	ck_assert_int_eq(uplink_state(&nodes[3]), SUPERNODE_REGISTERED);
	ck_assert(registered(&nodes[3])->keyed);
	ck_assert_ptr_null(registered(B));
}
END_TEST

/* An ANSENTRY of the supernode's address. */
static void answer(struct node *node, const uint8_t *transaction, enum punch_error error,
    const uint8_t *cookie)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint e = at(E);
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(&fields, KEY_ER);
	fields.error = error;
	if (transaction != NULL) {
		fields_set(&fields, KEY_TK);
		memcpy(fields.transaction, transaction, TRANSACTION_BYTES);
	}
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, cookie, COOKIE_BYTES);
	entry_write_answer(&w, 5, &identity, CMD_ANSENTRY, node->peer->legacy, true, &fields);
	deliver(node, &e, bytes, w.len);
}

START_TEST(forged_answers_change_nothing)
{
	static const uint8_t evil[COOKIE_BYTES] = {0xee}, wrong[TRANSACTION_BYTES] = {0xee};
	struct uplink *uplink = &B->peer->uplinks[0];
	struct uplink before;

	for (int busy = 0; busy < 2; busy++) {
		/* at rest, and while an entry is under way */
		if (busy) {
			nodes[0].cut = true;
			while (uplink->tries == 0)
				pass(10);
		}
		before = *uplink;
		answer(B, NULL, PUNCH_UNVERIFIED, evil);
		answer(B, wrong, PUNCH_UNVERIFIED, evil);
		answer(B, wrong, PUNCH_TAKEN, evil);
		answer(B, NULL, PUNCH_BUSY, evil);
		ck_assert_int_eq(uplink->state, SUPERNODE_REGISTERED);
		ck_assert_uint_eq(uplink->cookie_count, before.cookie_count);
		ck_assert_mem_eq(uplink->cookies, before.cookies, sizeof before.cookies);
		ck_assert_uint_eq(uplink->tries, before.tries);
		ck_assert_uint_eq(forged(B), busy ? 8 : 4);
	}
	/* from whom the entry has reached it counts */
	answer(B, uplink->transaction, PUNCH_BUSY, evil);
	ck_assert_int_eq(uplink->state, SUPERNODE_REFUSED);
	ck_assert_int_eq(status_of(B).reason, REASON_BUSY);
}
END_TEST

/* `_i`: without a cookie, with a wrong one, with one of long ago. */
START_TEST(forged_asks_and_orders)
{
	static const uint8_t wrong[COOKIE_BYTES] = {9}, session[SESSION_BYTES] = {7};
	struct uplink *uplink = &B->peer->uplinks[0];
	struct endpoint e = at(E);
	struct identity identity = {"s", "s", "s", ""};
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);
	uint8_t old[COOKIE_BYTES];

	memcpy(old, uplink->cookies[0], sizeof old);
	pass(700000);
	const uint8_t *cookie = _i == 0 ? NULL : _i == 1 ? wrong : old;

	ask(B, "nobody");
	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, B->peer->paths[0]->transaction, TRANSACTION_BYTES);
	fields_set(&fields, KEY_OA);
	fields.observed = at(EVES);
	fields_set(&fields, KEY_SI);
	if (cookie != NULL) {
		fields_set(&fields, KEY_CK);
		memcpy(fields.cookie, cookie, COOKIE_BYTES);
	}
	answer_write(&w, 5, &identity, span_text("nobody"), &fields);
	deliver(B, &e, bytes, w.len);
	ck_assert_uint_eq(forged(B), 1);
	ck_assert_int_eq(B->path_state, PATH_ASKING);
	order(B, &(struct told){session, cookie, NULL, NULL, EVES});
	ck_assert_uint_eq(forged(B), 2);
	ck_assert_uint_eq(peer_count(B->peer, PEER_ORDERS), 0);
	ck_assert_uint_eq(B->peer->path_count, 1);
}
END_TEST

/* The supernode has forgotten us and remembers whose the name is: that is shown, at once. */
START_TEST(taken_from_who_did_not_sign)
{
	struct uplink *uplink = &B->peer->uplinks[0];
	uint8_t cookie[COOKIE_BYTES];

	nodes[0].cut = true;
	while (uplink->tries == 0)
		pass(10);
	nodes[0].cut = false;
	clear_air();
	ck_assert(!uplink->signed_entry);
	signed_entries = 0;
	memcpy(cookie, uplink->cookies[0], sizeof cookie);
	answer(B, uplink->transaction, PUNCH_TAKEN, cookie);
	ck_assert_int_eq(uplink->state, SUPERNODE_REGISTERED);
	fly();
	ck_assert_uint_eq(signed_entries, 1);
	ck_assert_uint_eq(uplink->tries, 0);
}
END_TEST

/* The first entry leaves room for the supernode's key, however short the names. */
START_TEST(keys_have_room)
{
	peer_free(B->peer);
	make_keyed_peer(1, "192.0.2.9:9", "b", BOB);
	strcpy(B->peer->settings.host, "h");
	strcpy(B->peer->settings.group, "");
	start(1);
	fly();
	ck_assert(registered(B)->keyed);
}
END_TEST

/* What need not be signed is not, when the supernode is too busy: the registration goes on. */
START_TEST(signatures_may_wait)
{
	struct uplink *uplink = &B->peer->uplinks[0];
	uint8_t cookie[COOKIE_BYTES];

	nodes[0].cut = true;
	uplink->sign_due = now;
	while (uplink->tries == 0)
		pass(10);
	clear_air();
	nodes[0].cut = false;
	ck_assert(uplink->signed_entry);
	memcpy(cookie, uplink->cookies[0], sizeof cookie);
	signed_entries = 0;
	answer(B, uplink->transaction, PUNCH_BUSY, cookie);
	ck_assert_int_eq(uplink->state, SUPERNODE_REGISTERED);
	pass(100000);
	ck_assert_int_eq(uplink->state, SUPERNODE_REGISTERED);
	ck_assert(status_of(B).keyed);
	ck_assert_uint_eq(signed_entries, 0);
	ck_assert_uint_eq(uplink->tries, 0);
}
END_TEST

/* A refresh was lost, the registration lasts: the exit is sealed and ends it. */
START_TEST(exits_after_a_lost_refresh)
{
	struct uplink *uplink = &B->peer->uplinks[0];

	nodes[0].cut = true;
	while (uplink->state != SUPERNODE_LOST)
		pass(10);
	nodes[0].cut = false;
	clear_air();
	ck_assert(!status_of(B).keyed);
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	fly();
	ck_assert_ptr_null(registered(B));
}
END_TEST

/* The answer to the entry before is late, not forged; and it changes nothing. */
START_TEST(late_answers)
{
	struct uplink *uplink = &B->peer->uplinks[0];
	uint8_t old[TRANSACTION_BYTES];

	memcpy(old, uplink->transaction, sizeof old);
	nodes[0].cut = true;
	while (uplink->tries == 0)
		pass(10);
	answer(B, old, PUNCH_TAKEN, (uint8_t[COOKIE_BYTES]){0xee});
	ck_assert_uint_eq(forged(B), 0);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 1);
	ck_assert_int_eq(uplink->state, SUPERNODE_REGISTERED);
	ck_assert_uint_eq(uplink->cookies[0][0] == 0xee, 0);
}
END_TEST

/* In its place is one of the first protocol: that is told, once. */
START_TEST(replaced_by_a_seed)
{
	static const char plain[] = "1:1:s:s:3:supernode\0\0";
	struct uplink *uplink = &B->peer->uplinks[0];
	struct endpoint e = at(E);

	nodes[0].cut = true;
	deliver(B, &e, plain, sizeof plain - 1);
	ck_assert_int_eq(B->identity_state, IDENTITY_KNOWN);
	for (int i = 0; i < 3; i++) {
		pass(200000);
		while (uplink->tries == 0)
			pass(10);
		deliver(B, &e, plain, sizeof plain - 1);
		ck_assert_int_eq(B->identity_state, IDENTITY_UNSEEN);
		ck_assert_uint_eq(B->key_events, 2);
		ck_assert_int_ne(uplink->state, SUPERNODE_REGISTERED);
	}
}
END_TEST

/* What a supernode calls the asker counts, not what he calls himself. */
START_TEST(claimed_names_do_not_count)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;

	make_keyed_peer(3, "192.0.2.3:2425", "carol", 0);
	start(3);
	pass(3000);
	strcpy(nodes[3].peer->settings.nick, "dave");
	ask(&nodes[3], "bob");
	pass(5000);
	ck_assert_int_eq(nodes[3].path_state, PATH_OPEN);
	ck_assert(peer_contact(B->peer, &cursor, &status));
	ck_assert_str_eq(status.name, "carol@sales");
	ck_assert_ptr_null(path_by_name(B->peer, "dave@sales"));
	ck_assert_ptr_null(path_by_name(B->peer, "dave"));
	ck_assert_ptr_nonnull(path_by_name(B->peer, "carol@sales"));
	ck_assert_ptr_nonnull(path_by_name(B->peer, "carol"));
	ck_assert_ptr_null(path_by_name(B->peer, "car"));
	/* who asks for Dave gets him */
	say(B, "dave", "for dave");
	pass(1000);
	ck_assert_str_eq(D->text, "for dave");
	ck_assert_uint_eq(nodes[3].received, 0);
}
END_TEST

/* One side registered without its key: neither is told the other's, so both take plain punches. */
START_TEST(one_side_is_not_keyed)
{
	super_free(nodes[0].super);
	make_super(0, 9);
	pass(90000);
	peer_forget_supernode(B->peer, "super.example", 0, now, wall(), &B->batch);
	batch_flush(&B->batch);
	pass(100);
	ck_assert(registered(B)->keyed);
	ck_assert(!registered(D)->keyed);
	ask(_i == 0 ? B : D, _i == 0 ? "dave" : "bob");
	pass(120000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	ck_assert_uint_eq(sealed, 0);
}
END_TEST

static void set_rule(struct peer_rules *rules, const char *name)
{
	struct peer_rule *rule = &rules->rules[rules->count++];

	rule->by_key = false;
	snprintf(rule->name, sizeof rule->name, "%s", name);
}

static void set_key_rule(struct peer_rules *rules, const uint8_t *key)
{
	struct peer_rule *rule = &rules->rules[rules->count++];

	rule->by_key = true;
	memcpy(rule->key, key, RULE_KEY_BYTES);
}

START_TEST(own_rules)
{
	uint64_t orders = peer_count(D->peer, PEER_ORDERS);

	/* what `deny` says beats `allow` */
	set_rule(&D->peer->settings.allow, "*");
	set_rule(&D->peer->settings.deny, "b*@sales");
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_REFUSED);
	ck_assert_uint_eq(D->peer->path_count, 0);
	ck_assert_uint_gt(peer_count(D->peer, PEER_ORDERS), orders);
	ck_assert_uint_gt(peer_count(D->peer, PEER_ORDERS_REFUSED), 0);
	ck_assert_uint_eq(peer_count(D->peer, PEER_PUNCHES), 0);
	/* by key, others are not let in */
	D->peer->settings.deny.count = D->peer->settings.allow.count = 0;
	set_key_rule(&D->peer->settings.allow, peer_key(D->peer));
	pass(15000);
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->reason, REASON_REFUSED);
	set_key_rule(&D->peer->settings.allow, peer_key(B->peer));
	pass(15000);
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	/* who asks himself is not asked about his rules */
	D->peer->settings.deny = D->peer->settings.allow;
	ask(D, "bob");
	ck_assert_int_eq(D->path_state, PATH_OPEN);
}
END_TEST

static const struct {
	const char *allow, *deny, *asker;
	bool admitted;
} rules[] = {
    {NULL, NULL, NULL, true},
    {NULL, NULL, "bob@sales", true},
    {"bob@sales", NULL, "bob@sales", true},
    {"bob@sales", NULL, "Bob@sales", false},
    {"bob@sales", NULL, "bob@sales2", false},
    {"bob@sales", NULL, "bob@sale", false},
    {"bob@sales", NULL, NULL, false},
    {"*@sales", NULL, "bob@sales", true},
    {"*@sales", NULL, "bob@lab", false},
    {"*@sales", NULL, "@sales", true},
    {"b*b@s*s", NULL, "bob@sales", true},
    {"b*b@s*s", NULL, "bob@sale", false},
    {"*a*a*a*a*a*a*b@x", NULL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x", false},
    {"*", NULL, NULL, true},
    {NULL, "*", NULL, false},
    {NULL, "*", "bob@sales", false},
    {NULL, "bob@sales", NULL, true},
    {NULL, "bob@sales", "bob@sales", false},
    {"bob@sales", "bob@sales", "bob@sales", false},
    {"*", "eve@*", "bob@sales", true},
    {"*", "eve@*", "eve@home", false},
};

START_TEST(rules_match)
{
	static struct peer_settings settings;
	struct fields fields = {0};

	peer_settings_init(&settings);
	if (rules[_i].allow != NULL)
		set_rule(&settings.allow, rules[_i].allow);
	if (rules[_i].deny != NULL)
		set_rule(&settings.deny, rules[_i].deny);
	if (rules[_i].asker != NULL) {
		fields_set(&fields, KEY_AN);
		fields.asker = span_text(rules[_i].asker);
	}
	ck_assert(rules_admit(&settings, &fields) == rules[_i].admitted);
}
END_TEST

/* The order of a seed supernode names nobody. */
START_TEST(rules_and_seeds)
{
	struct uplink *uplink = &B->peer->uplinks[0];

	uplink->extended = false;
	set_rule(&B->peer->settings.allow, "*@sales");
	order(B, &(struct told){NULL, NULL, NULL, "dave@sales", "203.0.113.7:99"});
	ck_assert_uint_eq(peer_count(B->peer, PEER_ORDERS_REFUSED), 1);
	ck_assert_uint_eq(B->peer->path_count, 0);
	set_rule(&B->peer->settings.allow, "*");
	order(B, &(struct told){NULL, NULL, NULL, NULL, "203.0.113.7:99"});
	ck_assert_uint_eq(B->peer->path_count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_keys");
	TCase *tcase = tcase_create("keys"), *mixed = tcase_create("mixed");

	tcase_add_checked_fixture(tcase, keyed, end);
	tcase_add_test(tcase, names_are_owned);
	tcase_add_test(tcase, changes_are_signed);
	tcase_add_test(tcase, lost_registrations_are_signed_anew);
	tcase_add_test(tcase, paths_are_sealed);
	tcase_add_test(tcase, supernodes_without_key);
	tcase_add_test(tcase, seed_supernodes);
	tcase_add_test(tcase, punches_cannot_be_stolen);
	tcase_add_test(tcase, paths_are_not_handed_on);
	tcase_add_test(tcase, names_unite_nobody);
	tcase_add_test(tcase, changed_keys_are_not_signed_for);
	tcase_add_test(tcase, keys_are_remembered);
	tcase_add_test(tcase, known_supernodes_are_no_seeds);
	tcase_add_test(tcase, borrowed_keys_are_not_signed_for);
	tcase_add_loop_test(tcase, names_that_are_taken, 0, 2);
	tcase_add_test(tcase, owners_come_back);
	tcase_add_test(tcase, forged_answers_change_nothing);
	tcase_add_loop_test(tcase, forged_asks_and_orders, 0, 3);
	tcase_add_test(tcase, taken_from_who_did_not_sign);
	tcase_add_test(tcase, keys_have_room);
	tcase_add_test(tcase, signatures_may_wait);
	tcase_add_test(tcase, exits_after_a_lost_refresh);
	tcase_add_test(tcase, late_answers);
	tcase_add_test(tcase, replaced_by_a_seed);
	tcase_add_test(tcase, claimed_names_do_not_count);
	tcase_add_loop_test(tcase, one_side_is_not_keyed, 0, 2);
	tcase_add_test(tcase, own_rules);
	tcase_add_test(tcase, rules_and_seeds);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(mixed, former_versions_meet, 0, 3);
	tcase_add_loop_test(mixed, rules_match, 0, sizeof rules / sizeof *rules);
	suite_add_tcase(suite, mixed);
	return unit_run(suite);
}
