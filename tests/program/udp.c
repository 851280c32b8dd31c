/*
 * Sends what stands on standard input as a datagram to a port of this host, as
 * often as wanted, and prints nothing. Pauses now and then, so that a receive
 * buffer of any size holds what is on its way.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM_MAX 1500
#define BURST 20

int main(int argc, char **argv)
{
	static const struct timespec pause = {0, 1000000};
	struct sockaddr_in to = {.sin_family = AF_INET};
	char bytes[DATAGRAM_MAX];
	size_t len;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "Usage: udp PORT COUNT <DATAGRAM\n");
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
	return 0;
}
