/* Text and JSON, each safe on a terminal. */
#include "ipmsgctl/output.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ipmsgctl/terminal.h"
#include "ipmsgctl/width.h"

/* A cell wider than this pushes its own line apart, not the whole table. */
#define WIDEST 40
/* No column is cut below the first while another may be left out; never below the second. */
#define NARROW 12
#define NARROWEST 8
#define GAP 2
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
	memset(out->hidden, 0, sizeof out->hidden);
}

void output_blocks_begin(struct output *out, const char *name, output_text_fn block)
{
	begin_list(out, name);
	out->block = block;
}

/* Its beginning where all of it takes more than these columns. Returns those it takes. */
static size_t put_beginning(FILE *stream, const char *text, size_t columns)
{
	size_t width = width_of(text), taken;

	if (width <= columns) {
		fputs(text, stream);
		return width;
	}
	taken = width_cut(text, columns > 0 ? columns - 1 : 0);
	fprintf(stream, "%.*s…", (int)taken, text);
	return width_within(text, taken) + 1;
}

/* Whether no column that is shown follows. */
static bool is_last(const struct output *out, size_t i)
{
	for (i++; out->columns[i].title != NULL; i++) {
		if (!out->hidden[i])
			return false;
	}
	return true;
}

static void put_cell(struct output *out, size_t i, const char *text)
{
	bool last = is_last(out, i), cut = out->cuts && out->columns[i].cut;
	size_t left = out->line > out->at ? out->line - out->at : 0;
	size_t room = last ? left : out->widths[i], width, pad = 0;

	if (out->hidden[i])
		return;
	width = put_beginning(out->stream, text, cut ? room : SIZE_MAX);
	if (last) {
		putc('\n', out->stream);
		out->at = 0;
		return;
	}
	for (; pad < GAP || width + pad < out->widths[i] + GAP; pad++)
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

static void widen(struct output *out, size_t i, const char *text)
{
	size_t wanted = width_of(text), most = WIDEST;

	if (out->line > 0 && out->columns[i].cut)
		most = FIELD_MAX; /* it is cut to what the line has room for */
	if (wanted > out->widths[i])
		out->widths[i] = wanted < most ? wanted : most;
}

/* Columns that the rows take. */
static size_t table_width(const struct output *out)
{
	size_t total = 0;

	for (size_t i = 0; out->columns[i].title != NULL; i++) {
		if (!out->hidden[i])
			total += out->widths[i] + (total > 0 ? GAP : 0);
	}
	return total;
}

/* The one that is spared next; COLUMNS_MAX if there is none. */
static size_t find_spare(const struct output *out)
{
	size_t spare = COLUMNS_MAX;
	unsigned most = 0;

	for (size_t i = 0; out->columns[i].title != NULL; i++) {
		if (!out->hidden[i] && out->columns[i].spare > most) {
			most = out->columns[i].spare;
			spare = i;
		}
	}
	return spare;
}

/* The widest of those that can be narrower; COLUMNS_MAX if there is none. */
static size_t find_widest(const struct output *out)
{
	size_t widest = COLUMNS_MAX;
	size_t most = find_spare(out) < COLUMNS_MAX ? NARROW : NARROWEST;

	for (size_t i = 0; out->columns[i].title != NULL; i++) {
		if (out->columns[i].cut && !out->hidden[i] && out->widths[i] > most) {
			most = out->widths[i];
			widest = i;
		}
	}
	return widest;
}

/* False when that is not enough. */
static bool cut_columns(struct output *out)
{
	size_t i;

	while (table_width(out) > out->line) {
		i = find_widest(out);
		if (i == COLUMNS_MAX)
			return false;
		out->widths[i]--;
	}
	return true;
}

/* Where a row cannot fit the line in any way, all of it is shown. */
static void fit_line(struct output *out)
{
	size_t natural[COLUMNS_MAX], i;

	memcpy(natural, out->widths, sizeof natural);
	out->cuts = out->line > 0;
	while (out->cuts && !cut_columns(out)) {
		memcpy(out->widths, natural, sizeof natural);
		i = find_spare(out);
		if (i < COLUMNS_MAX)
			out->hidden[i] = true;
		else
			out->cuts = false;
	}
	if (!out->cuts)
		memset(out->hidden, 0, sizeof out->hidden);
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
		widen(out, i, out->columns[i].title);
		json_array_foreach(out->waiting, n, item) {
			out->columns[i].cell(item, cell);
			widen(out, i, cell);
		}
	}
	fit_line(out);
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
