/*
 * The blocking client against servers that misbehave, the messages both sides
 * share, and the socket file: who may have it, and whose it is.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/interface.h"
#include "ctl/server.h"
#include "ctl/socket.h"
#include "unit.h"

#define TIMEOUT_MS 10000

static struct {
	char dir[64];
	char path[80];
	char why[CTL_WHY_MAX];
} fixture;

static void set_up(void)
{
	snprintf(fixture.dir, sizeof fixture.dir, "/tmp/check_ctl.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture.dir));
	snprintf(fixture.path, sizeof fixture.path, "%s/control", fixture.dir);
}

static void tear_down(void)
{
	unlink(fixture.path);
	ck_assert_int_eq(rmdir(fixture.dir), 0);
}

static int open_socket(struct ctl_socket *sock, const char *path, const char *group)
{
	return ctl_socket_open(sock, path, group, fixture.why, sizeof fixture.why);
}

static void ck_why(const char *part)
{
	ck_assert_msg(strstr(fixture.why, part) != NULL, "\"%s\" lacks \"%s\"", fixture.why, part);
}

/* ---- the socket file ---- */

START_TEST(test_socket_file)
{
	struct ctl_socket sock;
	mode_t mask = umask(0);
	struct stat st;

	ck_assert_int_eq(open_socket(&sock, fixture.path, ""), 0);
	ck_assert_int_eq(umask(mask), 0);
	ck_assert_int_eq(lstat(fixture.path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	ctl_socket_close(&sock);
	ck_assert_int_ne(lstat(fixture.path, &st), 0);
	ctl_socket_close(&sock);
}
END_TEST

START_TEST(test_group)
{
	struct ctl_socket sock;
	const struct group *own = getgrgid(getegid());
	struct stat st;

	ck_assert_int_eq(open_socket(&sock, fixture.path, "no-such-group"), -1);
	ck_why("there is no group \"no-such-group\"");
	ck_assert_int_ne(access(fixture.path, F_OK), 0);
	if (own != NULL) {
		ck_assert_int_eq(open_socket(&sock, fixture.path, own->gr_name), 0);
		ck_assert_int_eq(lstat(fixture.path, &st), 0);
		ck_assert_uint_eq(st.st_gid, own->gr_gid);
		ctl_socket_close(&sock);
	}
	/* Only root may give a file to a group it is not in. */
	if (geteuid() == 0 && getgrgid(1) != NULL) {
		ck_assert_int_eq(open_socket(&sock, fixture.path, getgrgid(1)->gr_name), 0);
		ck_assert_int_eq(lstat(fixture.path, &st), 0);
		ck_assert_uint_eq(st.st_gid, 1);
		ctl_socket_close(&sock);
	}
}
END_TEST

START_TEST(test_stale_and_live)
{
	struct ctl_socket first, second;
	char kept[100];

	ck_assert_int_eq(open_socket(&first, fixture.path, NULL), 0);
	ck_assert_int_eq(open_socket(&second, fixture.path, NULL), -1);
	ck_why("another daemon answers at ");
	close(first.fd); /* as when it is killed: the file stays */
	ck_assert_int_eq(access(fixture.path, F_OK), 0);
	/* A second name keeps its inode from being given to the next file. */
	snprintf(kept, sizeof kept, "%s/kept", fixture.dir);
	ck_assert_int_eq(link(fixture.path, kept), 0);
	ck_assert_int_eq(open_socket(&second, fixture.path, NULL), 0);
	/* The first must not take away what is the second's. */
	first.fd = dup(0);
	ctl_socket_close(&first);
	ck_assert_int_eq(access(fixture.path, F_OK), 0);
	ctl_socket_close(&second);
	ck_assert_int_ne(access(fixture.path, F_OK), 0);
	ck_assert_int_eq(unlink(kept), 0);
}
END_TEST

START_TEST(test_bad_places)
{
	struct ctl_socket sock;
	char path[200];
	FILE *file = fopen(fixture.path, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(open_socket(&sock, fixture.path, NULL), -1);
	ck_why("exists and is not a socket");
	ck_assert_int_eq(access(fixture.path, F_OK), 0);
	snprintf(path, sizeof path, "%s/none/control", fixture.dir);
	ck_assert_int_eq(open_socket(&sock, path, NULL), -1);
	ck_why("/none of the control socket does not exist");
	memset(path, 'a', sizeof path - 1);
	path[108] = '\0';
	ck_assert_int_eq(open_socket(&sock, path, NULL), -1);
	ck_why("has to be 1 to 107 bytes");
	ck_assert_int_eq(open_socket(&sock, "", NULL), -1);
	ck_why("has to be 1 to 107 bytes");
}
END_TEST

START_TEST(test_peer)
{
	struct ctl_client client;
	struct ctl_socket sock;
	struct ctl_peer peer;

	ck_assert_int_eq(open_socket(&sock, fixture.path, NULL), 0);
	ck_assert_int_eq(ctl_socket_accept(&sock, &peer), -1);
	ck_assert_int_eq(ctl_client_open(&client, fixture.path, TIMEOUT_MS), 0);
	int fd = ctl_socket_accept(&sock, &peer);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(peer.pid, getpid());
	ck_assert_uint_eq(peer.uid, geteuid());
	ck_assert(!ctl_socket_has_input(fd));
	ck_assert_int_eq(ctl_client_call(&client, "a.b", NULL, false), 0);
	ck_assert(ctl_socket_has_input(fd));
	shutdown(client.fd, SHUT_WR);
	ck_assert(!ctl_socket_is_hung_up(fd));
	ctl_client_close(&client);
	ck_assert(ctl_socket_is_hung_up(fd));
	close(fd);
	ctl_socket_close(&sock);
}
END_TEST

/* ---- the client ---- */

/* A connection of which the test holds the other end too. */
struct pair {
	struct ctl_socket sock;
	struct ctl_client client;
	int fd;
};

static void connect_pair(struct pair *pair, int timeout_ms)
{
	struct ctl_peer peer;

	ck_assert_int_eq(open_socket(&pair->sock, fixture.path, NULL), 0);
	ck_assert_int_eq(ctl_client_open(&pair->client, fixture.path, timeout_ms), 0);
	pair->fd = ctl_socket_accept(&pair->sock, &peer);
	ck_assert_int_ge(pair->fd, 0);
}

static void close_pair(struct pair *pair)
{
	ctl_client_close(&pair->client);
	ctl_socket_close(&pair->sock);
	close(pair->fd);
}

START_TEST(test_open_fails)
{
	struct ctl_client client;
	struct ctl_socket sock;
	char path[200];

	ck_assert_int_eq(ctl_client_open(&client, fixture.path, 10), ENOENT);
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	ck_assert_int_eq(ctl_client_open(&client, path, 10), ENAMETOOLONG);
	ck_assert_int_eq(open_socket(&sock, fixture.path, NULL), 0);
	close(sock.fd);
	ck_assert_int_eq(ctl_client_open(&client, fixture.path, 10), ECONNREFUSED);
	ctl_client_close(&client);
}
END_TEST

/* A daemon so busy that its queue is full: the deadline holds for connecting too. */
START_TEST(test_full_queue)
{
	struct ctl_client clients[256];
	struct ctl_socket sock;
	int n = 0, error = 0;

	ck_assert_int_eq(open_socket(&sock, fixture.path, NULL), 0);
	listen(sock.fd, 1);
	for (n = 0; n < 256 && error == 0; n++)
		error = ctl_client_open(&clients[n], fixture.path, 30);
	ck_assert_int_eq(error, ETIMEDOUT);
	while (n-- > 0)
		ctl_client_close(&clients[n]);
	ctl_socket_close(&sock);
}
END_TEST

START_TEST(test_call)
{
	struct ctl_request request;
	struct pair pair;
	char bytes[256];

	connect_pair(&pair, TIMEOUT_MS);
	ck_assert_int_eq(
	    ctl_client_call(&pair.client, "a.b.C", json_pack("{s:s}", "name", "花子"), true), 0);
	ssize_t n = recv(pair.fd, bytes, sizeof bytes, 0);

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(bytes[n - 1], '\0');
	ck_assert_ptr_null(ctl_request_parse(&request, span_of(bytes, (size_t)n - 1)));
	ck_assert_str_eq(request.method, "a.b.C");
	ck_assert(request.more && !request.oneway);
	ck_assert_str_eq(json_string_value(json_object_get(request.parameters, "name")), "花子");
	ctl_request_clear(&request);
	close_pair(&pair);
}
END_TEST

START_TEST(test_receive)
{
	static const char two[] = "{\"parameters\":{\"n\":1},\"continues\":true}\0"
				  "{\"error\":\"a.b.Bad\"}\0{\"par";
	struct ctl_answer answer;
	struct pair pair;

	connect_pair(&pair, TIMEOUT_MS);
	ck_assert_int_eq(send(pair.fd, two, sizeof two - 1, 0), sizeof two - 1);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), 0);
	ck_assert(answer.error == NULL && answer.continues);
	ck_assert_int_eq(json_integer_value(json_object_get(answer.parameters, "n")), 1);
	ctl_answer_clear(&answer);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), 0);
	ck_assert_str_eq(answer.error, "a.b.Bad");
	ck_assert(json_is_object(answer.parameters) && !answer.continues);
	ctl_answer_clear(&answer);
	ck_assert_int_eq(send(pair.fd, "ameters\":{}}", 13, 0), 13);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), 0);
	ctl_answer_clear(&answer);
	ck_assert_int_eq(send(pair.fd, "{", 1, 0), 1);
	shutdown(pair.fd, SHUT_WR);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), ECONNRESET);
	close_pair(&pair);
}
END_TEST

START_TEST(test_silence)
{
	struct ctl_answer answer;
	struct pair pair;

	connect_pair(&pair, 30);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), ETIMEDOUT);
	/* Bytes that never make an answer are silence too. */
	ck_assert_int_eq(send(pair.fd, "{\"a\":", 5, 0), 5);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), ETIMEDOUT);
	close_pair(&pair);
}
END_TEST

START_TEST(test_gone)
{
	struct ctl_answer answer;
	struct pair pair;

	/* No SIGPIPE: the default would end this process. */
	connect_pair(&pair, TIMEOUT_MS);
	close(pair.fd);
	ck_assert_int_eq(ctl_client_call(&pair.client, "a.b.C", NULL, false), ECONNRESET);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), ECONNRESET);
	pair.fd = -1;
	close_pair(&pair);
}
END_TEST

static const char *const no_answers[] = {
    "",
    "hello",
    "[]",
    "{\"error\":7}",
    "{\"parameters\":[]}",
    "{\"continues\":1}",
    "{\"error\":\"a.b.C\",\"continues\":true}",
    "{\"parameters\":{\"a\":\"\xff\"}}",
    "{\"parameters\":{\"a\":1,\"a\":2}}",
};

START_TEST(test_no_answer)
{
	struct ctl_answer answer;
	struct pair pair;
	size_t len = strlen(no_answers[_i]) + 1;

	connect_pair(&pair, TIMEOUT_MS);
	ck_assert_int_eq(send(pair.fd, no_answers[_i], len, 0), len);
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), EBADMSG);
	ck_assert_ptr_null(answer.root);
	close_pair(&pair);
}
END_TEST

START_TEST(test_huge_answer)
{
	static char chunk[65536];
	struct ctl_answer answer;
	struct pair pair;

	connect_pair(&pair, TIMEOUT_MS);
	memset(chunk, 'a', sizeof chunk);
	pid_t child = fork();

	if (child == 0)
		close(pair.client.fd);
	while (child == 0) {
		if (send(pair.fd, chunk, sizeof chunk, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			_exit(0);
	}
	ck_assert_int_eq(ctl_client_receive(&pair.client, &answer), EMSGSIZE);
	ck_assert_uint_le(pair.client.cap, CTL_ANSWER_MAX);
	close_pair(&pair);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* ---- messages ---- */

START_TEST(test_messages)
{
	static const struct {
		const char *text;
		bool more, oneway;
	} good[] = {
	    {"{\"method\":\"a.B\"}", false, false},
	    {"{\"method\":\"a.B\",\"parameters\":null,\"more\":null,\"oneway\":false}", false,
		false},
	    {" {\"method\":\"a.B\",\"parameters\":{\"x\":1},\"more\":true,\"other\":[]} ", true,
		false},
	    {"{\"method\":\"a.B\",\"oneway\":true,\"upgrade\":false}", false, true},
	};
	struct ctl_request request;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		ck_assert_ptr_null(ctl_request_parse(&request, span_text(good[i].text)));
		ck_assert_str_eq(request.method, "a.B");
		ck_assert(json_is_object(request.parameters));
		ck_assert_int_eq(request.more, good[i].more);
		ck_assert_int_eq(request.oneway, good[i].oneway);
		ctl_request_clear(&request);
		ctl_request_clear(&request);
	}
}
END_TEST

static void ck_text(json_t *message, const char *expected)
{
	char *text = json_dumps(message, JSON_COMPACT);

	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(message);
}

START_TEST(test_made_messages)
{
	ck_text(ctl_message_call("a.B", NULL, false), "{\"method\":\"a.B\",\"parameters\":{}}");
	ck_text(ctl_message_call("a.B", json_pack("{s:i}", "n", 1), true),
	    "{\"method\":\"a.B\",\"parameters\":{\"n\":1},\"more\":true}");
	ck_text(ctl_message_reply(NULL, false), "{\"parameters\":{}}");
	ck_text(ctl_message_reply(json_pack("{s:i}", "n", 1), true),
	    "{\"parameters\":{\"n\":1},\"continues\":true}");
	ck_text(ctl_message_error("a.Bad", NULL), "{\"error\":\"a.Bad\",\"parameters\":{}}");
}
END_TEST

/* Whoever reads the descriptions has to find these names in them. */
START_TEST(test_descriptions)
{
	static const struct {
		const char *text;
		const char *has[8];
	} table[] = {
	    {ctl_service_description,
		{"interface org.varlink.service\n", "method GetInfo() -> (",
		    "method GetInterfaceDescription(interface: string) -> (description: "
		    "string)\n"}},
	    {ctl_daemon_description,
		{"interface net.ipmsg.daemon\n", "method Reload() -> ()\n",
		    "method GetLogLevel() -> (level: string)\n",
		    "method SetLogLevel(level: string) -> (level: string)\n",
		    "error ConfigurationInvalid (messages: []string)\n",
		    "error UnknownLevel (known: []string)\n"}},
	    {ctl_super_description,
		{"interface net.ipmsg.super\n", "method Status() -> (", "type Registration (",
		    "method List(limit: ?int) -> (registrations: []Registration, "
		    "complete: bool)\n"}},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		for (size_t j = 0; j < 8 && table[i].has[j] != NULL; j++)
			ck_assert_msg(strstr(table[i].text, table[i].has[j]) != NULL, "%s",
			    table[i].has[j]);
	}
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	Suite *suite = suite_create("ctl_client");
	TCase *tests = tcase_create("client");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_socket_file);
	tcase_add_test(tests, test_group);
	tcase_add_test(tests, test_stale_and_live);
	tcase_add_test(tests, test_bad_places);
	tcase_add_test(tests, test_peer);
	tcase_add_test(tests, test_open_fails);
	tcase_add_test(tests, test_full_queue);
	tcase_add_test(tests, test_call);
	tcase_add_test(tests, test_receive);
	tcase_add_test(tests, test_silence);
	tcase_add_test(tests, test_gone);
	tcase_add_loop_test(tests, test_no_answer, 0, COUNT(no_answers));
	tcase_add_test(tests, test_huge_answer);
	tcase_add_test(tests, test_messages);
	tcase_add_test(tests, test_made_messages);
	tcase_add_test(tests, test_descriptions);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
