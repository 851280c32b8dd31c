/* Text and JSON, each safe on a terminal. */
#include "ipmsgctl/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ipmsgctl/terminal.h"
#include "ipmsgctl/width.h"

/* A cell wider than this pushes its own line apart, not the whole table. */
#define WIDEST 40
#define LINE_BYTES 4096

/*
 * Length of the character at `p` if a terminal could take it for a command or
 * let it reorder the line: DEL, C1, marks and overrides of direction, U+FEFF.
 */
static size_t harmful(const unsigned char *p, unsigned *code)
{
	if (p[0] == 0x7f) {
		*code = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		*code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return *code < 0xa0 || *code == 0x61c ? 2 : 0;
	}
	if ((p[0] & 0xf0) != 0xe0)
		return 0;
	*code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	if (*code == 0x200e || *code == 0x200f || *code == 0xfeff ||
	    (*code >= 0x2028 && *code <= 0x202e) || (*code >= 0x2066 && *code <= 0x2069))
		return 3;
	return 0;
}

/* jansson escapes what JSON asks for; a terminal needs a little more. */
static void put_json(FILE *stream, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	for (const char *p = text; p != NULL && *p != '\0';) {
		unsigned code;
		size_t n = harmful((const unsigned char *)p, &code);

		if (n > 0)
			fprintf(stream, "\\u%04X", code);
		else
			putc(*p, stream);
		p += n > 0 ? n : 1;
	}
	free(text);
}

static void put_key(FILE *stream, const char *name)
{
	json_t *key = json_string(name);

	put_json(stream, key);
	putc(':', stream);
	json_decref(key);
}

void output_object(struct output *out, const json_t *object, output_text_fn text)
{
	if (!output_json_line(out, object))
		text(out->stream, object);
}

bool output_json_line(struct output *out, const json_t *object)
{
	if (out->json)
		output_line(out, object);
	return out->json;
}

void output_line(struct output *out, const json_t *object)
{
	put_json(out->stream, object);
	putc('\n', out->stream);
}

bool output_flush(struct output *out)
{
	return fflush(out->stream) == 0 && !ferror(out->stream);
}

static void begin_list(struct output *out, const char *name)
{
	out->list = name;
	out->columns = NULL;
	out->block = NULL;
	out->items = 0;
	if (out->json) {
		putc('{', out->stream);
		put_key(out->stream, name);
		putc('[', out->stream);
	}
}

void output_list_begin(struct output *out, const char *name, const struct column *columns,
    output_compare_fn compare)
{
	begin_list(out, name);
	out->columns = columns;
	out->compare = compare;
	out->waiting = json_array();
	out->line = terminal_width(out->stream);
	out->at = 0;
	memset(out->widths, 0, sizeof out->widths);
}

void output_blocks_begin(struct output *out, const char *name, output_text_fn block)
{
	begin_list(out, name);
	out->block = block;
}

/* The last cell of a row; its beginning where all of it would not fit the line. */
static void put_last(struct output *out, size_t i, const char *text)
{
	bool fits = !out->columns[i].cut || out->line == 0 ||
	    out->at + width_of(text) <= out->line;
	size_t room = out->line > out->at ? out->line - out->at - 1 : 0;

	if (fits)
		fprintf(out->stream, "%s\n", text);
	else
		fprintf(out->stream, "%.*s…\n", (int)width_cut(text, room), text);
	out->at = 0;
}

static void put_cell(struct output *out, size_t i, const char *text)
{
	size_t width = width_of(text), pad = 0;

	if (out->columns[i + 1].title == NULL) {
		put_last(out, i, text);
		return;
	}
	fputs(text, out->stream);
	for (; pad < 2 || width + pad < out->widths[i] + 2; pad++)
		putc(' ', out->stream);
	out->at += width + pad;
}

static void put_row(struct output *out, const json_t *item)
{
	char cell[FIELD_MAX];

	for (size_t i = 0; out->columns[i].title != NULL; i++) {
		out->columns[i].cell(item, cell);
		put_cell(out, i, *cell != '\0' ? cell : "-");
	}
}

static void widen(size_t *width, const char *text)
{
	size_t wanted = width_of(text);

	if (wanted > *width)
		*width = wanted < WIDEST ? wanted : WIDEST;
}

static int compare_items(const void *a, const void *b, void *compare)
{
	return (*(output_compare_fn *)compare)(*(json_t *const *)a, *(json_t *const *)b);
}

/* Unsorted it stays when memory is short. */
static void sort_items(json_t *array, output_compare_fn compare)
{
	size_t count = json_array_size(array), i;
	json_t **items = calloc(count, sizeof *items);
	json_t *item;

	if (items == NULL)
		return;
	json_array_foreach(array, i, item)
		items[i] = json_incref(item);
	qsort_r(items, count, sizeof *items, compare_items, &compare);
	for (i = 0; i < count; i++)
		json_array_set_new(array, i, items[i]);
	free(items);
}

/* Prints the head and the items that waited for it. */
static void start_table(struct output *out)
{
	char cell[FIELD_MAX];
	json_t *item;
	size_t n;

	if (out->compare != NULL)
		sort_items(out->waiting, out->compare);
	for (size_t i = 0; out->columns[i].title != NULL; i++) {
		widen(&out->widths[i], out->columns[i].title);
		json_array_foreach(out->waiting, n, item) {
			out->columns[i].cell(item, cell);
			widen(&out->widths[i], cell);
		}
	}
	for (size_t i = 0; out->columns[i].title != NULL; i++)
		put_cell(out, i, out->columns[i].title);
	json_array_foreach(out->waiting, n, item)
		put_row(out, item);
	json_decref(out->waiting);
	out->waiting = NULL;
}

void output_list_item(struct output *out, json_t *item)
{
	out->items++;
	if (out->json) {
		if (out->items > 1)
			putc(',', out->stream);
		put_json(out->stream, item);
		return;
	}
	if (out->block != NULL) {
		out->block(out->stream, item);
		return;
	}
	if (out->waiting == NULL) {
		put_row(out, item);
		return;
	}
	json_array_append(out->waiting, item);
	if (out->items == OUTPUT_SAMPLE && out->compare == NULL)
		start_table(out);
}

static void end_table(struct output *out, const char *none)
{
	if (out->items > 0 && out->waiting != NULL)
		start_table(out);
	if (out->items == 0 && none != NULL)
		fprintf(out->stream, "%s\n", none);
}

void output_list_end_with(struct output *out, const char *name, const json_t *value,
    const char *none)
{
	if (out->json) {
		fputs("],", out->stream);
		put_key(out->stream, name);
		put_json(out->stream, value);
		fputs("}\n", out->stream);
	} else {
		end_table(out, none);
	}
	json_decref(out->waiting);
	out->waiting = NULL;
	out->list = NULL;
}

void output_list_end(struct output *out, const char *none)
{
	if (out->json)
		fputs("]}\n", out->stream);
	else
		end_table(out, none);
	json_decref(out->waiting);
	out->waiting = NULL;
	out->list = NULL;
}

static void __attribute__((format(printf, 1, 0))) complain(const char *format, va_list args)
{
	char raw[LINE_BYTES], line[LINE_BYTES];

	vsnprintf(raw, sizeof raw, format, args);
	fprintf(stderr, "ipmsgctl: %s\n", text_escape(span_text(raw), line, sizeof line));
}

void output_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
}

static void put_failure(struct output *out, const char *error, const json_t *parameters)
{
	json_t *name = json_string(error);

	fputs(out->list != NULL ? "]," : "{", out->stream);
	put_key(out->stream, "error");
	put_json(out->stream, name);
	putc(',', out->stream);
	put_key(out->stream, "parameters");
	put_json(out->stream, parameters);
	fputs("}\n", out->stream);
	json_decref(name);
}

void output_failure(struct output *out, const char *error, json_t *parameters,
    const char *format, ...)
{
	va_list args;

	if (parameters == NULL)
		parameters = json_object();
	if (out->json)
		put_failure(out, error, parameters);
	else if (out->list != NULL)
		end_table(out, NULL);
	json_decref(out->waiting);
	out->waiting = NULL;
	out->list = NULL;
	json_decref(parameters);
	fflush(out->stream);
	va_start(args, format);
	complain(format, args);
	va_end(args);
}
