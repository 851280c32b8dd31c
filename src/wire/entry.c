/*
 * Entry packets. Names go out twice, in the legacy code page for old clients
 * and in UTF-8 for the others, so that both show what the user typed.
 */
#include "wire/entry.h"

#include "base/text.h"

static struct span cut_name(struct span name, bool utf8)
{
	if (utf8)
		return utf8_cut(name, NAME_BYTES_MAX);
	return span_of(name.data, name.len < NAME_BYTES_MAX ? name.len : NAME_BYTES_MAX);
}

/* An empty value stands for a name that nobody filled in, unless it may be empty. */
static void override(
    struct span *name, bool *utf8, const struct block *block, enum block_key key, bool may_be_empty)
{
	if (block_has(block, key) && (may_be_empty || block->value[key].len > 0)) {
		*name = block->value[key];
		*utf8 = true;
	}
	*name = cut_name(*name, *utf8);
}

bool entry_parse(struct entry *entry, const struct packet *packet)
{
	struct span tail = packet->tail;
	struct span nothing = span_of("", 0);
	struct block block;
	bool utf8 = packet_has(packet, OPT_UTF8);

	*entry = (struct entry){
	    .user = packet->user,
	    .host = packet->host,
	    .nick = packet->body,
	    .group = nothing,
	    .version = nothing,
	    .user_utf8 = utf8,
	    .host_utf8 = utf8,
	    .nick_utf8 = utf8,
	    .group_utf8 = utf8,
	};
	if (!block_parse(&block, packet) || !fields_read(&entry->fields, &block))
		return false;
	/* Who has no group may put the block in its place. */
	if (!packet_next_field(&tail, &entry->group) ||
	    (entry->group.len > 0 && entry->group.data[0] == '\n'))
		entry->group = nothing;
	if (block_has(&block, KEY_VS))
		entry->version = block.value[KEY_VS];
	override(&entry->user, &entry->user_utf8, &block, KEY_UN, false);
	override(&entry->host, &entry->host_utf8, &block, KEY_HN, false);
	override(&entry->nick, &entry->nick_utf8, &block, KEY_NN, false);
	override(&entry->group, &entry->group_utf8, &block, KEY_GN, true);
	return true;
}

size_t name_decode(struct span name, bool utf8, struct charset *legacy, char out[NAME_TEXT_MAX])
{
	return charset_read(legacy, name, utf8, out, NAME_TEXT_MAX);
}

/* An identity in the legacy code page, each name cut before a pair of bytes is torn. */
struct legacy_identity {
	struct identity identity;
	char user[NAME_BYTES_MAX + 1];
	char host[NAME_BYTES_MAX + 1];
	char nick[NAME_BYTES_MAX + 1];
	char group[NAME_BYTES_MAX + 1];
};

static void encode_identity(
    struct legacy_identity *to, const struct identity *from, struct charset *legacy)
{
	charset_encode(legacy, span_text(from->user), to->user, sizeof to->user);
	charset_encode(legacy, span_text(from->host), to->host, sizeof to->host);
	charset_encode(legacy, span_text(from->nick), to->nick, sizeof to->nick);
	charset_encode(legacy, span_text(from->group), to->group, sizeof to->group);
	to->identity = (struct identity){to->user, to->host, to->nick, to->group};
}

static void write_group(struct writer *w, const char *group)
{
	if (group[0] != '\0')
		writer_name(w, span_text(group));
}

/* Up to and with the NUL after the group. */
static void write_names(
    struct writer *w, uint32_t number, const struct identity *from, uint32_t word)
{
	packet_begin(w, number, from, word);
	writer_name(w, span_text(from->nick));
	writer_byte(w, '\0');
	write_group(w, from->group);
	writer_byte(w, '\0');
}

static void write_block(struct writer *w, const struct identity *from)
{
	struct span nothing = span_of("", 0);

	block_write(w, KEY_UN, nothing);
	writer_name(w, span_text(from->user));
	block_write(w, KEY_HN, nothing);
	writer_name(w, span_text(from->host));
	block_write(w, KEY_NN, nothing);
	writer_name(w, span_text(from->nick));
	block_write(w, KEY_GN, nothing);
	write_group(w, from->group);
}

static void write_version(struct writer *w, const struct fields *fields)
{
	block_write(w, KEY_VS, span_text(ENTRY_VERSION));
	if (fields != NULL)
		fields_write(w, fields);
}

void entry_write(struct writer *w, uint32_t number, const struct identity *from, uint32_t word,
    struct charset *legacy, bool block, const struct fields *fields)
{
	struct legacy_identity encoded;

	encode_identity(&encoded, from, legacy);
	word &= ~OPT_UTF8;
	if (block)
		word |= OPT_CAPUTF8;
	write_names(w, number, &encoded.identity, word);
	if (!block)
		return;
	write_block(w, from);
	write_version(w, fields);
}

void entry_write_answer(struct writer *w, uint32_t number, const struct identity *from,
    uint32_t word, struct charset *legacy, bool utf8, const struct fields *fields)
{
	struct legacy_identity encoded;

	if (utf8) {
		write_names(w, number, from, word | OPT_CAPUTF8 | OPT_UTF8);
		write_version(w, fields);
		return;
	}
	encode_identity(&encoded, from, legacy);
	write_names(w, number, &encoded.identity, word & ~OPT_UTF8);
}
