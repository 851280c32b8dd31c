/*
 * Giving up root: what an account may not do cannot be done afterwards. Each
 * test runs in a process of its own; as anybody but root there is little to
 * test, and it is said so.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "io/privileges.h"

#define ACCOUNT "nobody"
#define CONFIG "/etc/ipmsg.conf"

static char said[1024]; /* warnings and errors, one after another */

static void listen_in(enum log_level level, const char *text)
{
	size_t used = strlen(said);

	if (level <= LOG_LEVEL_WARN)
		snprintf(said + used, sizeof said - used, "%s\n", text);
}

static void ck_assert_said(const char *text)
{
	ck_assert_msg(strstr(said, text) != NULL, "\"%s\" says nothing of %s", said, text);
}

/* In a user namespace root may be the only user that there is. */
static bool can_test(void)
{
	const struct passwd *account = getpwnam(ACCOUNT);
	const char *why = NULL;

	log_capture(listen_in);
	if (geteuid() != 0)
		why = "not root";
	else if (account == NULL)
		why = "no account " ACCOUNT;
	else if (seteuid(account->pw_uid) != 0)
		why = "the account has no place in this user namespace";
	else if (seteuid(0) != 0)
		why = "no way back";
	if (why != NULL) {
		printf("# %s: not tested\n", why);
		fflush(stdout);
	}
	return why == NULL;
}

static void become_nobody(void)
{
	struct privileges privileges;

	ck_assert(privileges_choose(&privileges, ACCOUNT, CONFIG));
	ck_assert(privileges_drop(&privileges));
	ck_assert_str_eq(said, "");
}

START_TEST(root_is_gone_for_good)
{
	gid_t groups[64];
	int count;

	if (!can_test())
		return;
	ck_assert_int_eq(setgroups(1, (gid_t[]){0}), 0);
	become_nobody();
	const struct passwd *account = getpwnam(ACCOUNT);

	ck_assert_uint_eq(getuid(), account->pw_uid);
	ck_assert_uint_eq(geteuid(), account->pw_uid);
	ck_assert_uint_eq(getegid(), account->pw_gid);
	count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		ck_assert_uint_ne(groups[i], 0);
	ck_assert_int_ne(setuid(0), 0);
	ck_assert_int_ne(seteuid(0), 0);
	ck_assert_int_ne(setresuid(0, 0, 0), 0);
	ck_assert_int_ne(setgid(0), 0);
	ck_assert_int_ne(setgroups(1, (gid_t[]){0}), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_lt(open("/etc/ipmsg-check", O_WRONLY | O_CREAT, 0600), 0);
	ck_assert_int_eq(errno == EROFS ? EACCES : errno, EACCES);
	ck_assert_int_lt(open("/etc/shadow", O_RDONLY), 0);
	ck_assert_int_ne(chown("/tmp", account->pw_uid, account->pw_gid), 0);
}
END_TEST

static bool has_capabilities(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long long set, all = 0;
	char line[256];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "CapEff: %llx", &set) == 1 || sscanf(line, "CapPrm: %llx", &set) == 1 ||
		    sscanf(line, "CapAmb: %llx", &set) == 1)
			all |= set;
	}
	fclose(file);
	return all != 0;
}

START_TEST(no_capability_is_left)
{
	if (!can_test())
		return;
	ck_assert(has_capabilities());
	become_nobody();
	ck_assert(!has_capabilities());
}
END_TEST

/* As the other daemon's has it: 0660, in a directory for its own account and group. */
START_TEST(the_other_daemons_socket_is_out_of_reach)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/ipmsg-check-XXXXXX";
	int other, fd;

	if (!can_test())
		return;
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(at.sun_path, sizeof at.sun_path, "%s/control", directory);
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(other, (struct sockaddr *)&at, sizeof at), 0);
	ck_assert_int_eq(listen(other, 1), 0);
	ck_assert_int_eq(chmod(at.sun_path, 0660), 0);
	ck_assert_int_eq(chmod(directory, 0755), 0); /* even then */
	pid_t child = fork();

	if (child == 0) {
		become_nobody();
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		_exit(connect(fd, (struct sockaddr *)&at, sizeof at) != 0 && errno == EACCES ? 0 : 1);
	}
	int status = -1;

	waitpid(child, &status, 0);
	unlink(at.sun_path);
	rmdir(directory);
	close(other);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(directories_are_the_accounts)
{
	char top[] = "/tmp/ipmsg-check-XXXXXX", made[64], there[64], file[80];
	struct privileges privileges;
	struct stat st;

	if (!can_test())
		return;
	umask(0077);
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(made, sizeof made, "%s/made", top);
	snprintf(there, sizeof there, "%s/there", top);
	snprintf(file, sizeof file, "%s/control", made);
	ck_assert_int_eq(mkdir(there, 0700), 0);
	ck_assert(privileges_choose(&privileges, ACCOUNT, CONFIG));
	privileges_make_parent(&privileges, file, 0755);
	privileges_make_directory(&privileges, there, 0700);
	privileges_make_directory(&privileges, "", 0700);
	ck_assert_int_eq(stat(made, &st), 0);
	rmdir(made);
	ck_assert_uint_eq(st.st_uid, privileges.uid);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	/* one that was there before is nobody's to give */
	ck_assert_int_eq(stat(there, &st), 0);
	rmdir(there);
	rmdir(top);
	ck_assert_uint_eq(st.st_uid, 0);
}
END_TEST

START_TEST(an_unknown_account_is_an_error)
{
	struct privileges privileges;

	log_capture(listen_in);
	ck_assert(!privileges_choose(&privileges, "no-such-account", CONFIG));
	ck_assert_said("no account \"no-such-account\"");
	ck_assert_said("`run-as' in " CONFIG);
}
END_TEST

START_TEST(root_that_stays_is_warned_of)
{
	struct privileges privileges;

	if (!can_test())
		return;
	ck_assert(privileges_choose(&privileges, "", CONFIG));
	ck_assert_ptr_null(privileges.account);
	ck_assert_said("runs as root");
	ck_assert_said("`run-as' in " CONFIG);
	ck_assert(privileges_drop(&privileges));
	ck_assert_uint_eq(geteuid(), 0);
	/* under its name too */
	*said = '\0';
	ck_assert(privileges_choose(&privileges, "root", CONFIG));
	ck_assert_ptr_null(privileges.account);
	ck_assert_said("runs as root");
}
END_TEST

START_TEST(who_is_not_root_becomes_nobody_else)
{
	struct privileges privileges;

	if (geteuid() == 0) {
		if (!can_test())
			return;
		become_nobody();
	}
	log_capture(listen_in);
	ck_assert(privileges_choose(&privileges, "root", CONFIG));
	ck_assert_ptr_null(privileges.account);
	ck_assert_said("is ignored");
	ck_assert_said("`run-as' in " CONFIG);
	/* who it is already is nothing to warn of */
	*said = '\0';
	ck_assert(privileges_choose(&privileges, getpwuid(geteuid())->pw_name, CONFIG));
	ck_assert(privileges_choose(&privileges, "", CONFIG));
	ck_assert_str_eq(said, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tcase = tcase_create("privileges");

	tcase_add_test(tcase, root_is_gone_for_good);
	tcase_add_test(tcase, no_capability_is_left);
	tcase_add_test(tcase, the_other_daemons_socket_is_out_of_reach);
	tcase_add_test(tcase, directories_are_the_accounts);
	tcase_add_test(tcase, an_unknown_account_is_an_error);
	tcase_add_test(tcase, root_that_stays_is_warned_of);
	tcase_add_test(tcase, who_is_not_root_becomes_nobody_else);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
