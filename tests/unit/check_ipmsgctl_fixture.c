/* The fake daemon, and running ipmsgctl against it. */
#include "check_ipmsgctl_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "unit.h"

struct cli cli;

/* ---- the fake daemon ---- */

static const struct cli_script *find(const struct cli_script *script, const char *request)
{
	while (script->method != NULL && strstr(request, script->method) == NULL)
		script++;
	return script->method != NULL ? script : NULL;
}

static bool await_releases(int fd, int count)
{
	char byte;

	while (count > 0 && read(fd, &byte, 1) == 1)
		count--;
	return count == 0;
}

/* False when the connection is to be closed. */
static bool answer(int fd, const struct cli_script *script, const int release[2])
{
	char byte = 0;

	if (script == NULL)
		return true;
	if (script->len > 0 && send(fd, script->bytes, script->len, MSG_NOSIGNAL) < 0)
		return false;
	if (script->releases && write(release[1], &byte, 1) != 1)
		return false;
	if (script->later_len > 0 &&
	    (!await_releases(release[0], script->after > 0 ? script->after : 1) ||
	    send(fd, script->later, script->later_len, MSG_NOSIGNAL) < 0))
		return false;
	return !script->closes;
}

static void converse(int fd, const struct cli_script *script, const int release[2])
{
	char request[4096];
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, request + used, sizeof request - used)) > 0) {
		used += (size_t)n;
		if (request[used - 1] != '\0')
			continue;
		used = 0;
		if (!answer(fd, find(script, request), release))
			return;
	}
}

static void serve(int listener, const struct cli_script *script, const int release[2])
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			converse(fd, script, release);
			_exit(0);
		}
		close(fd);
	}
}

void cli_start(const struct cli_script *script)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int release[2];

	snprintf(address.sun_path, sizeof address.sun_path, "%s", cli.path);
	unlink(cli.path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(pipe(release), 0);
	cli.daemon = fork();
	ck_assert_int_ge(cli.daemon, 0);
	if (cli.daemon == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (script == NULL)
			pause();
		serve(listener, script, release);
	}
	close(listener);
	close(release[0]);
	close(release[1]);
}

static void end_process(pid_t *process)
{
	if (*process > 0) {
		kill(*process, SIGKILL);
		waitpid(*process, NULL, 0);
	}
	*process = 0;
}

void cli_stop(void)
{
	end_process(&cli.daemon);
}

void cli_set_up(void)
{
	snprintf(cli.dir, sizeof cli.dir, "/tmp/check_ipmsgctl.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(cli.dir));
	snprintf(cli.path, sizeof cli.path, "%s/control", cli.dir);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "JST-9", 1);
	setenv("XDG_RUNTIME_DIR", cli.dir, 1);
	unsetenv("IPMSG_SOCKET");
}

void cli_tear_down(void)
{
	static const char *const names[] = {"in", "out", "err"};
	char path[128];

	end_process(&cli.program);
	cli_stop();
	unlink(cli.path);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", cli.dir, names[i]);
		unlink(path);
	}
	rmdir(cli.dir);
}

/* ---- a terminal ---- */

static int master = -1, slave = -1;

/* One that leaves what is written to it as it is. */
static void open_terminal(void)
{
	struct winsize size = {.ws_col = (unsigned short)(cli.columns > 0 ? cli.columns : 0)};
	struct termios modes;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(slave, 0);
	ck_assert_int_eq(tcgetattr(slave, &modes), 0);
	cfmakeraw(&modes);
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
	ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
}

/* All that was written to it, until nobody has it open any more, goes where output goes. */
static void empty_terminal(void)
{
	char path[128], bytes[4096];
	FILE *file;
	ssize_t n;

	close(slave);
	snprintf(path, sizeof path, "%s/out", cli.dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	while ((n = read(master, bytes, sizeof bytes)) > 0)
		fwrite(bytes, 1, (size_t)n, file);
	fclose(file);
	close(master);
	master = slave = -1;
}

/* ---- running ipmsgctl ---- */

/* The path of the socket becomes SOCKET, so that it can stand in what is expected. */
static void read_back(const char *name, char *text, size_t cap)
{
	char path[128], *hit;
	size_t len = strlen(cli.path);

	snprintf(path, sizeof path, "%s/%s", cli.dir, name);
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, cap - 1, file)] = '\0';
	fclose(file);
	while ((hit = strstr(text, cli.path)) != NULL) {
		memmove(hit + 6, hit + len, strlen(hit + len) + 1);
		memcpy(hit, "SOCKET", 6);
	}
}

static void redirect(const char *name, int flags, int fd)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", cli.dir, name);
	dup2(open(path, flags, 0600), fd);
}

static void make_file(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", cli.dir, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	if (text != NULL)
		fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

void cli_begin(const char *line)
{
	const char *top = getenv("top_builddir");
	char program[512], copy[512];
	char *argv[32] = {program};
	int argc = 1;

	snprintf(program, sizeof program, "%s/src/ipmsgctl/ipmsgctl", top != NULL ? top : ".");
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok(copy, " "); word != NULL && argc < 31; word = strtok(NULL, " "))
		argv[argc++] = word;
	make_file("in", cli.input); /* not a terminal, in any case */
	make_file("out", NULL);
	if (cli.columns != 0)
		open_terminal();
	cli.program = fork();
	ck_assert_int_ge(cli.program, 0);
	if (cli.program > 0)
		return;
	redirect("in", O_RDONLY, 0);
	if (slave >= 0)
		dup2(slave, 1);
	else
		redirect("out", O_WRONLY | O_CREAT | O_TRUNC, 1);
	redirect("err", O_WRONLY | O_CREAT | O_TRUNC, 2);
	if (cli.nobody && (setgid(65534) != 0 || setuid(65534) != 0))
		_exit(127);
	execv(program, argv);
	_exit(127);
}

void cli_end(void)
{
	int status;

	if (master >= 0)
		empty_terminal();
	ck_assert_int_eq(waitpid(cli.program, &status, 0), cli.program);
	cli.program = 0;
	ck_assert(WIFEXITED(status));
	cli.status = WEXITSTATUS(status);
	read_back("out", cli.out, sizeof cli.out);
	read_back("err", cli.err, sizeof cli.err);
}

void cli_run(const char *line)
{
	cli_begin(line);
	cli_end();
}

void cli_await(const char *text)
{
	do {
		poll(NULL, 0, 5);
		read_back("out", cli.out, sizeof cli.out);
	} while (strstr(cli.out, text) == NULL);
}

void cli_expect(const char *line, int status, const char *out, const char *err)
{
	cli_run(line);
	ck_assert_str_eq(cli.err, err);
	ck_assert_str_eq(cli.out, out);
	ck_assert_int_eq(cli.status, status);
}
