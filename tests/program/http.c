/*
 * Sends what stands on standard input to a TCP port of this host, byte for
 * byte, and writes the answer to standard output until the other side closes.
 * With -i N it first opens N connections that begin a request and never end it,
 * says "idle", and keeps them; with -c N, N that it closes without a word. With -n N it
 * asks so many times, one after the other. Ends with 0 once closed, 3 when there is silence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_MS 30000
#define REQUEST_MAX (1 << 20)

enum { CLOSED = 0, FAILED = 1, USAGE = 2, SILENCE = 3 };

static int connect_to(unsigned long port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		perror("http");
		exit(FAILED);
	}
	return fd;
}

static void open_idle(unsigned long port, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		if (send(connect_to(port), "GET /me", 7, MSG_NOSIGNAL) != 7)
			perror("http: send");
	}
	fputs("idle\n", stderr);
}

static void come_and_go(unsigned long port, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		close(connect_to(port));
}

/* It may be refused half-way; what has been said to that is read all the same. */
static void send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static int copy_answer(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	char buffer[4096];
	ssize_t n;

	for (;;) {
		if (poll(&poller, 1, SILENCE_MS) != 1)
			return SILENCE;
		n = recv(fd, buffer, sizeof buffer, 0);
		if (n <= 0)
			return CLOSED;
		fwrite(buffer, 1, (size_t)n, stdout);
	}
}

static int ask(unsigned long port, const char *request, size_t len)
{
	int fd = connect_to(port), status;

	send_all(fd, request, len);
	status = copy_answer(fd);
	close(fd);
	return status;
}

int main(int argc, char **argv)
{
	static char request[REQUEST_MAX];
	unsigned long idle = 0, gone = 0, times = 1, port = 0;
	int option, status = CLOSED;
	size_t len;

	while ((option = getopt(argc, argv, "c:i:n:")) != -1 && option != '?')
		*(option == 'i' ? &idle : option == 'c' ? &gone : &times) =
		    strtoul(optarg, NULL, 10);
	if (option == -1 && optind + 1 == argc)
		port = strtoul(argv[optind], NULL, 10);
	if (port == 0) {
		fprintf(stderr, "Usage: http [-c N] [-i N] [-n N] PORT <REQUEST\n");
		return USAGE;
	}
	come_and_go(port, gone);
	open_idle(port, idle);
	len = fread(request, 1, sizeof request, stdin);
	for (unsigned long i = 0; i < times && status == CLOSED; i++)
		status = ask(port, request, len);
	return status;
}
