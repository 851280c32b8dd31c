/* Folding at blanks, or within a word that is longer than a line. */
#include "ipmsgctl/fold.h"

#include <stdlib.h>
#include <string.h>

#include "ipmsgctl/terminal.h"
#include "ipmsgctl/width.h"

/* Bytes of the text that stand on a line of so many columns. */
static size_t measure(const char *text, size_t columns)
{
	size_t fits = width_cut(text, columns), n = fits;

	if (text[fits] == '\0')
		return fits;
	while (n > 0 && text[n - 1] != ' ')
		n--;
	return n > 0 ? n : fits;
}

void fold_text(FILE *stream, const char *line, size_t at, size_t indent)
{
	size_t width = terminal_width(stream);

	while (width > at && width > indent) {
		size_t n = measure(line, width - at);

		if (line[n] == '\0' || (n == 0 && at <= indent))
			break; /* it is the rest, or a character that is wider than the line */
		fprintf(stream, "%.*s\n%*s", (int)n, line, (int)indent, "");
		line += n;
		at = indent;
	}
	fputs(line, stream);
}

void fold_object(FILE *stream, output_text_fn print, const json_t *object, size_t at,
    size_t indent)
{
	char *line = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&line, &len);

	if (memory != NULL) {
		print(memory, object);
		if (fclose(memory) == 0)
			fold_text(stream, line, at, indent);
	}
	free(line);
}
