/*
 * Giving up root, for daemons that no service manager starts as their own user:
 * sockets and directories are made by root, everything after is not.
 */
#ifndef IPMSG_IO_PRIVILEGES_H
#define IPMSG_IO_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

struct privileges {
	const char *account; /* NULL: there is nothing to give up */
	uid_t uid;
	gid_t gid;
};

/*
 * What the option `run-as' ("" for none) of the file `config` means for this
 * process: it warns if that is nothing, and when root is kept. Logs the reason
 * and returns false if there is no such account. `account` has to last.
 */
bool privileges_choose(struct privileges *privileges, const char *account, const char *config);

/*
 * Makes the directory, or that of a file, for the account. One that exists is
 * left as it is: root does not know what else lies there. What fails here
 * shows, and is told, when the account uses it.
 */
void privileges_make_directory(const struct privileges *privileges, const char *path, mode_t mode);
void privileges_make_parent(const struct privileges *privileges, const char *file, mode_t mode);

/*
 * Becomes the account, with its groups, for good. False, having logged why,
 * if that does not work; the process must end then.
 */
bool privileges_drop(const struct privileges *privileges);

#endif
