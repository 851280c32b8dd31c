/* Asking the system who and where we are. */
#include "peerd/defaults.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* A name for packets: valid UTF-8, without what separates their fields. */
static void take_name(char *out, size_t cap, const char *name, const char *otherwise)
{
	utf8_repair(span_text(name != NULL && *name != '\0' ? name : otherwise), out, cap);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == ':' || (unsigned char)*p < ' ' || *p == 0x7f)
			*p = '-';
	}
}

static void take_host(char *out, size_t cap)
{
	char name[256] = "";

	if (gethostname(name, sizeof name - 1) != 0)
		*name = '\0';
	name[strcspn(name, ".")] = '\0';
	take_name(out, cap, name, "localhost");
}

/* "" when there is no place for a person, or the process is the system's. */
static void personal_control(char *path, size_t cap)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int len = 0;

	*path = '\0';
	if (geteuid() != 0 && runtime != NULL && *runtime == '/')
		len = snprintf(path, cap, "%s/ipmsg-peerd/control", runtime);
	if (len < 0 || (size_t)len >= cap)
		*path = '\0';
}

/* "" when there is no such place. */
static void personal_state(char *path, size_t cap)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len = 0;

	*path = '\0';
	if (geteuid() != 0 && state != NULL && *state == '/')
		len = snprintf(path, cap, "%s/ipmsg-peerd", state);
	else if (geteuid() != 0 && home != NULL && *home == '/' && home[1] != '\0')
		len = snprintf(path, cap, "%s/.local/state/ipmsg-peerd", home);
	if (len < 0 || (size_t)len >= cap)
		*path = '\0';
}

/* The service manager's, a person's, or the system's. */
static void take_state(char *path, size_t cap)
{
	const char *given = getenv("STATE_DIRECTORY");

	if (given != NULL && *given == '/' && strlen(given) < cap)
		memcpy(path, given, strlen(given) + 1);
	else
		personal_state(path, cap);
	if (*path == '\0')
		snprintf(path, cap, "%s", LOCALSTATEDIR "/lib/ipmsg-peerd");
}

void defaults_complete(struct peerd_settings *settings)
{
	struct peer_settings *peer = &settings->peer;
	/* root is about to become that account */
	const struct passwd *login = geteuid() == 0 && *settings->run_as != '\0'
	    ? getpwnam(settings->run_as)
	    : getpwuid(geteuid());

	if (*peer->user == '\0')
		take_name(peer->user, sizeof peer->user, login != NULL ? login->pw_name : NULL,
		    "user");
	if (*peer->host == '\0')
		take_host(peer->host, sizeof peer->host);
	if (*peer->nick == '\0')
		memcpy(peer->nick, peer->user, sizeof peer->nick);
	for (size_t i = 0; i < peer->lan_address_count; i++) {
		if (peer->lan_addresses[i].port == 0)
			peer->lan_addresses[i].port = peer->lan_port;
	}
	if (*settings->state_directory == '\0')
		take_state(settings->state_directory, sizeof settings->state_directory);
	if (*settings->control == '\0')
		personal_control(settings->control, sizeof settings->control);
	if (*settings->control == '\0')
		snprintf(settings->control, sizeof settings->control, "%s",
		    RUNSTATEDIR "/ipmsg-peerd/control");
}

void defaults_make_directory(const char *path)
{
	char personal[sizeof((struct peerd_settings *)NULL)->control];

	personal_control(personal, sizeof personal);
	if (*personal == '\0' || strcmp(path, personal) != 0)
		return;
	*strrchr(personal, '/') = '\0';
	mkdir(personal, 0700);
}

void defaults_make_above(const char *path)
{
	char personal[sizeof((struct peerd_settings *)NULL)->state_directory];

	personal_state(personal, sizeof personal);
	if (*personal == '\0' || strcmp(path, personal) != 0)
		return;
	for (char *slash = strchr(personal + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(personal, 0700);
		*slash = '/';
	}
}
