/*
 * Sends what stands on standard input as a datagram to a port of this host, as
 * often as wanted, and prints nothing. Pauses now and then, so that a receive
 * buffer of any size holds what is on its way. With SECONDS it then waits so
 * long for an answer, and prints the port that it came from and its lines.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM_MAX 1500
#define BURST 20

static int await(int fd, const char *seconds)
{
	struct timeval limit = {.tv_sec = atoi(seconds)};
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	char bytes[DATAGRAM_MAX];
	ssize_t len;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	len = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);
	if (len < 0)
		return 1;
	printf("port %u\n", ntohs(from.sin_port));
	for (ssize_t i = 0; i < len; i++)
		putchar(bytes[i] != '\0' ? bytes[i] : ' ');
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	static const struct timespec pause = {0, 1000000};
	struct sockaddr_in to = {.sin_family = AF_INET};
	char bytes[DATAGRAM_MAX];
	size_t len;
	int fd;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "Usage: udp PORT COUNT [SECONDS] <DATAGRAM\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = fread(bytes, 1, sizeof bytes, stdin);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
		if (sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof to) < 0) {
			perror("udp");
			return 1;
		}
		if (left % BURST == 0)
			nanosleep(&pause, NULL);
	}
	return argc == 4 ? await(fd, argv[3]) : 0;
}
