/* Reading the list line by line, and looking up by bisection. */
#include "super/listed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/seal.h"
#include "base/text.h"
#include "super/names.h"

static int compare_spans(struct span a, struct span b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least > 0 ? memcmp(a.data, b.data, least) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_names(const void *a, const void *b)
{
	return compare_spans(((const struct listed_line *)a)->name,
	    ((const struct listed_line *)b)->name);
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span text)
{
	while (text.len > 0 && is_blank(text.data[0]))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* What a packet could have brought: nick, '@' and place, none of them empty. */
static bool is_name(struct span name)
{
	const unsigned char *at = name.len > 0 ? memchr(name.data, '@', name.len) : NULL;

	if (at == NULL || at == name.data || at == name.data + name.len - 1 ||
	    name.len >= NAMES_FULL_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] < ' ' || name.data[i] == 0x7f)
			return false;
	}
	return true;
}

/* "key:KEY", as keys are shown, or the key alone. */
static bool parse_key(uint8_t identity[IDENTITY_BYTES], struct span text)
{
	size_t skip = text.len > 4 && memcmp(text.data, "key:", 4) == 0 ? 4 : 0;

	return identity_parse(identity, span_of(text.data + skip, text.len - skip));
}

/* The key is the last word, since names may have blanks in them. Says what is wrong. */
static const char *read_line(struct listed_line *line, struct span text)
{
	size_t key = text.len;

	while (key > 0 && !is_blank(text.data[key - 1]))
		key--;
	line->name = trim(span_of(text.data, key));
	if (line->name.len == 0)
		return "a name or a key is missing";
	if (!is_name(line->name))
		return "the name is not one of the form nick@group";
	if (!parse_key(line->identity, span_of(text.data + key, text.len - key)))
		return "that is no key";
	return NULL;
}

/* The next line that says something, `*number` its number; false at the end. */
static bool next_line(struct span *rest, struct span *line, size_t *number)
{
	while (rest->len > 0) {
		const unsigned char *end = memchr(rest->data, '\n', rest->len);
		size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
		size_t used = len + (end != NULL);

		*line = trim(span_of(rest->data, len));
		*rest = span_of(rest->data + used, rest->len - used);
		++*number;
		if (line->len > 0 && line->data[0] != '#')
			return true;
	}
	return false;
}

static size_t count_lines(struct span text)
{
	size_t n = 0, number = 0;
	struct span line;

	while (next_line(&text, &line, &number))
		n++;
	return n;
}

static bool read_lines(struct listed *listed, struct span text, char why[LISTED_WHY_MAX])
{
	struct span line;
	size_t number = 0;

	while (next_line(&text, &line, &number)) {
		const char *wrong = read_line(&listed->lines[listed->count], line);

		if (wrong != NULL) {
			snprintf(why, LISTED_WHY_MAX,
			    "line %zu: %s; write nick@group, a blank and the 43 characters of the key "
			    "that `ipmsgctl keys' shows", number, wrong);
			return false;
		}
		listed->count++;
	}
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct listed_line *const *one = a, *const *other = b;

	return memcmp((*one)->identity, (*other)->identity, IDENTITY_BYTES);
}

static void sort(struct listed *listed)
{
	qsort(listed->lines, listed->count, sizeof *listed->lines, compare_names);
	for (size_t i = 0; i < listed->count; i++)
		listed->by_identity[i] = &listed->lines[i];
	qsort(listed->by_identity, listed->count, sizeof *listed->by_identity, compare_keys);
}

bool listed_read(struct listed *listed, struct span text, char why[LISTED_WHY_MAX])
{
	size_t most = count_lines(text);
	struct listed new = {
	    .text = malloc(text.len + 1),
	    .lines = calloc(most + 1, sizeof *new.lines),
	    .by_identity = calloc(most + 1, sizeof *new.by_identity),
	};

	snprintf(why, LISTED_WHY_MAX, "out of memory");
	if (new.text == NULL || new.lines == NULL || new.by_identity == NULL) {
		listed_free(&new);
		return false;
	}
	if (text.len > 0)
		memcpy(new.text, text.data, text.len);
	if (!read_lines(&new, span_of(new.text, text.len), why)) {
		listed_free(&new);
		return false;
	}
	sort(&new);
	*listed = new;
	return true;
}

void listed_free(struct listed *listed)
{
	free(listed->text);
	free(listed->lines);
	free(listed->by_identity);
	*listed = (struct listed){0};
}

const struct listed_line *listed_of(const struct listed *listed, struct span name, size_t *count)
{
	size_t low = 0, high = listed->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_spans(listed->lines[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < listed->count && span_equal(listed->lines[high].name, name);)
		high++;
	*count = high - low;
	return *count > 0 ? &listed->lines[low] : NULL;
}

bool listed_has(const struct listed *listed, const uint8_t identity[IDENTITY_BYTES])
{
	size_t low = 0, high = listed->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(listed->by_identity[middle]->identity, identity, IDENTITY_BYTES);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
