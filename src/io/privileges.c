/* setgroups, setgid, setuid, and trying whether there is a way back. */
#include "io/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static void warn_of_root(const char *config)
{
	if (geteuid() == 0)
		log_warn("runs as root, which it need not: name an account for it with the option "
			 "`run-as' in %s", config);
}

bool privileges_choose(struct privileges *privileges, const char *account, const char *config)
{
	const struct passwd *found;

	*privileges = (struct privileges){0};
	if (*account == '\0') {
		warn_of_root(config);
		return true;
	}
	errno = 0;
	found = getpwnam(account);
	if (found == NULL && errno != 0 && errno != ENOENT) {
		log_error("cannot look up the account \"%s\" (option `run-as' in %s): %s", account,
		    config, strerror(errno));
		return false;
	}
	if (found == NULL) {
		log_error("there is no account \"%s\" (option `run-as' in %s): create it (useradd "
			  "--system %s) or name another one", account, config, account);
		return false;
	}
	if (geteuid() == 0 && found->pw_uid != 0)
		*privileges = (struct privileges){account, found->pw_uid, found->pw_gid};
	else if (geteuid() == found->pw_uid)
		warn_of_root(config);
	else
		log_warn("the option `run-as' in %s is ignored: only who is started as root can "
			 "become \"%s\"", config, account);
	return true;
}

/* Not through its name again: that may be another directory by then. */
static void give(const struct privileges *privileges, const char *path, mode_t mode)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != 0 ||
	    fchmod(fd, mode) != 0 || fchown(fd, privileges->uid, privileges->gid) != 0)
		log_warn("cannot give %s to \"%s\"", path, privileges->account);
	if (fd >= 0)
		close(fd);
}

void privileges_make_directory(const struct privileges *privileges, const char *path, mode_t mode)
{
	if (privileges->account == NULL || *path == '\0')
		return;
	if (mkdir(path, mode) == 0)
		give(privileges, path, mode);
}

void privileges_make_parent(const struct privileges *privileges, const char *file, mode_t mode)
{
	char *path = strdup(file);
	char *slash = path != NULL ? strrchr(path, '/') : NULL;

	if (slash != NULL) {
		*slash = '\0';
		privileges_make_directory(privileges, path, mode);
	}
	free(path);
}

static bool is_root_again(void)
{
	return setuid(0) == 0 || seteuid(0) == 0 || geteuid() == 0 || getuid() == 0;
}

bool privileges_drop(const struct privileges *privileges)
{
	uid_t uid = privileges->uid;
	gid_t gid = privileges->gid;

	if (privileges->account == NULL)
		return true;
	if (initgroups(privileges->account, gid) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0) {
		log_error("cannot become \"%s\": %s", privileges->account, strerror(errno));
		return false;
	}
	if (is_root_again()) {
		log_error("root is not given up by becoming \"%s\"", privileges->account);
		return false;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn("programs with privileges of their own stay within reach: %s",
		    strerror(errno));
	/* it is root's */
	unsetenv("XDG_RUNTIME_DIR");
	log_info("runs as \"%s\"", privileges->account);
	return true;
}
