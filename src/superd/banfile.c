/* Reading and writing the file of bans. */
#include "superd/banfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/state.h"

#define NAME "bans"
#define HEAD "ipmsg-superd bans "
#define VERSION "1"

/* A file that somebody has filled does not fill the log. */
#define COMPLAINTS_MAX 10

struct reading {
	const char *path; /* of the directory */
	struct super *super;
	int64_t wall;
	unsigned line;
	size_t loaded, over, wrong;
};

static bool take_line(struct span *rest, struct span *line)
{
	const unsigned char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->data, '\n', rest->len);
	*line = span_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len);
	*rest = span_of(rest->data + line->len + (end != NULL),
	    rest->len - line->len - (end != NULL));
	return true;
}

static void complain(struct reading *reading, const char *wrong)
{
	if (reading->wrong++ < COMPLAINTS_MAX)
		log_warn("%s/" NAME ":%u: the line %s; left out", reading->path, reading->line,
		    wrong);
}

static void read_ban(struct reading *reading, struct span line)
{
	struct ban ban;
	const char *wrong = ban_parse(&ban, line);

	if (wrong != NULL) {
		complain(reading, wrong);
	} else if (ban.until != 0 && ban.until <= reading->wall) {
		reading->over++;
	} else if (super_ban(reading->super, &ban) != BANS_PUT) {
		complain(reading, "is one more than there may be");
	} else {
		reading->loaded++;
	}
}

static bool right_version(struct span line)
{
	return span_is(line, HEAD VERSION);
}

static void set_aside(struct state *state, const char *suffix, const char *why)
{
	if (state_set_aside(state, NAME, suffix))
		log_warn("%s/" NAME " %s; set aside as " NAME ".%s", state_path(state), why, suffix);
	else
		log_warn("%s/" NAME " %s, and cannot be set aside: %s", state_path(state), why,
		    strerror(errno));
}

static void read_all(struct state *state, struct reading *reading, struct span rest)
{
	struct span line = {0};

	reading->line = 1;
	if (!take_line(&rest, &line) || !right_version(line)) {
		bool newer = line.len > strlen(HEAD) && memcmp(line.data, HEAD, strlen(HEAD)) == 0;

		set_aside(state, newer ? "newer" : "damaged",
		    newer ? "was written by a newer version than this" : "is no list of bans");
		return;
	}
	while (take_line(&rest, &line)) {
		reading->line++;
		if (line.len > 0 && line.data[0] != '#')
			read_ban(reading, line);
	}
	if (reading->loaded > 0)
		log_info("%zu bans are in force", reading->loaded);
	if (reading->wrong == 0)
		return;
	set_aside(state, "damaged", "has lines that say nothing");
	banfile_save(state, reading->super);
}

void banfile_load(struct state *state, struct super *super, int64_t wall)
{
	unsigned char *bytes;
	size_t len;

	if (state == NULL)
		return;
	bytes = state_read(state, NAME, &len);
	if (bytes == NULL) {
		if (errno != ENOENT)
			log_warn("%s/" NAME " cannot be read: %s; nobody is banned",
			    state_path(state), strerror(errno));
		return;
	}
	read_all(state, &(struct reading){.path = state_path(state), .super = super, .wall = wall},
	    span_of(bytes, len));
	free(bytes);
}

static bool write_all(struct state_file *file, const struct bans *bans)
{
	char line[BAN_LINE_MAX];
	const struct ban *ban;
	bool good = state_write(file, HEAD VERSION "\n", strlen(HEAD VERSION "\n"));

	for (size_t i = 0; good && (ban = bans_at(bans, i)) != NULL; i++) {
		size_t len = ban_format(ban, line);

		good = state_write(file, line, len) && state_write(file, "\n", 1);
	}
	return good;
}

bool banfile_save(struct state *state, const struct super *super)
{
	struct state_file *file;

	if (state == NULL)
		return false;
	file = state_begin(state, NAME);
	if (file != NULL && state_commit(file, write_all(file, super_bans(super))))
		return true;
	log_warn("cannot keep %s/" NAME ": %s; the bans as they are now end with this process",
	    state_path(state), strerror(errno));
	return false;
}
