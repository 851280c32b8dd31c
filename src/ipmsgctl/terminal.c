/* Width and colours of a terminal. */
#include "ipmsgctl/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_WIDTH 80

size_t terminal_width(FILE *stream)
{
	struct winsize size = {0};

	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return USUAL_WIDTH;
	return size.ws_col;
}

bool terminal_has_colours(FILE *stream)
{
	const char *refused = getenv("NO_COLOR"), *kind = getenv("TERM");

	if (!isatty(fileno(stream)) || (refused != NULL && *refused != '\0'))
		return false;
	return kind != NULL && *kind != '\0' && strcmp(kind, "dumb") != 0;
}
