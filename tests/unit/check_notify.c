/*
 * What a service manager is told, and what it hands over: every message to the
 * letter, from a loop that runs, reloads, turns and ends.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/activation.h"
#include "io/loop.h"
#include "io/notify.h"

static int manager_at(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	ck_assert_int_ge(fd, 0);
	memcpy(at.sun_path, name, strlen(name));
	if (*name == '@')
		at.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* An abstract one, of this process alone. */
static int manager(void)
{
	char name[64];

	snprintf(name, sizeof name, "@ipmsg-check-%d", (int)getpid());
	return manager_at(name);
}

/* "" when nothing comes. */
static const char *heard(int fd, int ms)
{
	static char text[600];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = 0;

	if (poll(&p, 1, ms) == 1)
		n = recv(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(abstract_name)
{
	int fd = manager();

	ck_assert(notify_wanted());
	notify_send("STATUS=%d of %s", 7, "them");
	ck_assert_str_eq(heard(fd, 1000), "STATUS=7 of them");
	close(fd);
}
END_TEST

START_TEST(path)
{
	char name[64];

	snprintf(name, sizeof name, "/tmp/ipmsg-check-%d", (int)getpid());
	int fd = manager_at(name);

	notify_send("READY=1");
	ck_assert_str_eq(heard(fd, 1000), "READY=1");
	unlink(name);
	close(fd);
	notify_send("READY=1"); /* nobody there: no harm */
}
END_TEST

START_TEST(nobody_wants_to_know)
{
	static const char *const names[] = {"", "relative", "vsock:2:3"};
	char longest[200] = "/";

	unsetenv("NOTIFY_SOCKET");
	ck_assert(!notify_wanted());
	notify_send("READY=1");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		ck_assert(!notify_wanted());
	}
	memset(longest + 1, 'x', sizeof longest - 2);
	setenv("NOTIFY_SOCKET", longest, 1);
	notify_send("READY=1");
}
END_TEST

START_TEST(watchdog)
{
	static const struct {
		const char *usec, *pid;
		uint64_t expected;
	} cases[] = {
	    {"60000000", NULL, 60000000},
	    {"60000000", "self", 60000000},
	    {"60000000", "1", 0},
	    {NULL, NULL, 0},
	    {"", NULL, 0},
	    {"0", NULL, 0},
	    {"-1", NULL, 0},
	    {"12s", NULL, 0},
	    {"99999999999999999999999", NULL, 0},
	};
	char self[16];
	int fd = manager();

	snprintf(self, sizeof self, "%d", (int)getpid());
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *pid = cases[i].pid;

		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].usec != NULL)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		if (pid != NULL)
			setenv("WATCHDOG_PID", strcmp(pid, "self") == 0 ? self : pid, 1);
		ck_assert_uint_eq(notify_watchdog(), cases[i].expected);
	}
	close(fd);
}
END_TEST

struct daemon {
	struct loop *loop;
	unsigned turns;
	unsigned described;
};

static void count_turn(void *context)
{
	struct daemon *daemon = context;

	daemon->turns++;
	loop_stop(daemon->loop);
}

static void reload(void *context)
{
}

static void describe(void *context, char *text, size_t size)
{
	struct daemon *daemon = context;

	daemon->described++;
	snprintf(text, size, "all is well");
}

static void open_daemon(struct daemon *daemon)
{
	*daemon = (struct daemon){0};
	daemon->loop = loop_new(&(struct loop_handlers){count_turn, reload, daemon, describe});
	ck_assert_ptr_nonnull(daemon->loop);
}

static void run_for(struct daemon *daemon, int64_t ms)
{
	loop_set_deadline(daemon->loop, loop_now() + ms);
	loop_run(daemon->loop);
}

START_TEST(a_life)
{
	int fd = manager();
	struct daemon daemon;

	open_daemon(&daemon);
	ck_assert_str_eq(heard(fd, 0), "");
	raise(SIGHUP);
	raise(SIGTERM);
	ck_assert_int_eq(loop_run(daemon.loop), SIGTERM);
	ck_assert_str_eq(heard(fd, 1000), "READY=1");
	ck_assert_str_eq(heard(fd, 1000), "STATUS=all is well");
	ck_assert_msg(strncmp(heard(fd, 1000), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0, "no reload");
	ck_assert_str_eq(heard(fd, 1000), "READY=1");
	ck_assert_str_eq(heard(fd, 1000), "STOPPING=1");
	ck_assert_str_eq(heard(fd, 0), "");
	loop_free(daemon.loop);
	close(fd);
}
END_TEST

START_TEST(the_loop_turns)
{
	int fd = manager();
	struct daemon daemon;

	setenv("WATCHDOG_USEC", "20000", 1);
	open_daemon(&daemon);
	run_for(&daemon, 300);
	ck_assert_str_eq(heard(fd, 0), "READY=1");
	ck_assert_str_eq(heard(fd, 0), "STATUS=all is well");
	/* thirty, where nothing else is to be done */
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(heard(fd, 0), "WATCHDOG=1");
	loop_free(daemon.loop);
	close(fd);
}
END_TEST

/* As many messages as the kernel keeps for a manager that does not read. */
static void fill(void)
{
	for (int i = 0; i < 100000 && notify_try("FILL=1"); i++)
		;
	ck_assert(!notify_try("FILL=1"));
}

static void drain(int fd)
{
	while (*heard(fd, 0) != '\0')
		;
}

START_TEST(a_deaf_manager_holds_nothing_up)
{
	int fd = manager();

	fill();
	int64_t start = loop_now();

	for (int i = 0; i < 10; i++)
		ck_assert(!notify_try("WATCHDOG=1"));
	ck_assert_int_lt(loop_now() - start, 900); /* waiting once takes a second */
	ck_assert(!notify_send("READY=1"));
	ck_assert_int_ge(loop_now() - start, 900);
	drain(fd);
	ck_assert(notify_try("WATCHDOG=1"));
	close(fd);
}
END_TEST

START_TEST(what_was_not_heard_is_said_again)
{
	int fd = manager();
	struct daemon daemon;
	bool status = false, turns = false;
	const char *said;

	setenv("WATCHDOG_USEC", "8000000", 1); /* told every 4 s */
	open_daemon(&daemon);
	fill();
	run_for(&daemon, 4300);
	drain(fd);
	run_for(&daemon, 1500);
	while (*(said = heard(fd, 0)) != '\0') {
		status |= strcmp(said, "STATUS=all is well") == 0;
		turns |= strcmp(said, "WATCHDOG=1") == 0;
	}
	ck_assert(status);
	ck_assert(turns);
	loop_free(daemon.loop);
	close(fd);
}
END_TEST

START_TEST(a_hangup_waits_for_the_loop)
{
	int fd = manager();
	struct daemon daemon;

	loop_hold_hangup();
	raise(SIGHUP);
	open_daemon(&daemon);
	run_for(&daemon, 100);
	ck_assert_str_eq(heard(fd, 0), "READY=1");
	ck_assert_str_eq(heard(fd, 0), "STATUS=all is well");
	ck_assert_msg(strncmp(heard(fd, 0), "RELOADING=1\n", 12) == 0, "no reload");
	loop_free(daemon.loop);
	close(fd);
}
END_TEST

/* Many changes are one question, seconds later; what is known already is not said again. */
START_TEST(status_is_told_when_it_changes)
{
	int fd = manager();
	struct daemon daemon;

	open_daemon(&daemon);
	for (int i = 0; i < 100; i++)
		loop_changed(daemon.loop);
	run_for(&daemon, 5500);
	ck_assert_uint_eq(daemon.described, 2); /* at the start, and once after */
	ck_assert_str_eq(heard(fd, 0), "READY=1");
	ck_assert_str_eq(heard(fd, 0), "STATUS=all is well");
	ck_assert_str_eq(heard(fd, 0), "");
	loop_free(daemon.loop);
	close(fd);
}
END_TEST

START_TEST(without_a_manager_nothing_is_asked)
{
	struct daemon daemon;

	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000", 1);
	open_daemon(&daemon);
	loop_changed(daemon.loop);
	run_for(&daemon, 50);
	ck_assert_uint_eq(daemon.turns, 1);
	ck_assert_uint_eq(daemon.described, 0);
	loop_free(daemon.loop);
}
END_TEST

static void set_activation(const char *fds, int pid)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_FDNAMES", "a", 1);
}

START_TEST(sockets_are_handed_over)
{
	int fd = dup2(STDERR_FILENO, ACTIVATION_FIRST);

	ck_assert_int_eq(fd, ACTIVATION_FIRST);
	set_activation("1", getpid());
	ck_assert_int_eq(activation_take(), 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
	ck_assert_int_eq(activation_take(), 0);
}
END_TEST

START_TEST(sockets_of_others_or_of_nobody)
{
	static const char *const nonsense[] = {"-1", "1x", "99999", "1000"};

	set_activation("1", getpid() + 1);
	ck_assert_int_eq(activation_take(), 0);
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
		set_activation(nonsense[i], getpid());
		ck_assert_int_eq(activation_take(), -1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");

	/* each in a process of its own: they change the environment */
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, abstract_name);
	tcase_add_test(tcase, path);
	tcase_add_test(tcase, nobody_wants_to_know);
	tcase_add_test(tcase, watchdog);
	tcase_add_test(tcase, a_life);
	tcase_add_test(tcase, the_loop_turns);
	tcase_add_test(tcase, a_deaf_manager_holds_nothing_up);
	tcase_add_test(tcase, what_was_not_heard_is_said_again);
	tcase_add_test(tcase, a_hangup_waits_for_the_loop);
	tcase_add_test(tcase, status_is_told_when_it_changes);
	tcase_add_test(tcase, without_a_manager_nothing_is_asked);
	tcase_add_test(tcase, sockets_are_handed_over);
	tcase_add_test(tcase, sockets_of_others_or_of_nobody);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
