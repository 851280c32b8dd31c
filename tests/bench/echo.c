/*
 * The yardstick of the supernode's bench: reads datagrams in batches as large
 * as ipmsg-superd's, sends each back where it came from, and does nothing else.
 *
 *     echo RECEIVE-BUFFER     prints the port of 0.0.0.0 that it listens at
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 32	   /* READ_BATCH of io/udp.c */
#define DATAGRAM_MAX 2048 /* DATAGRAM_MAX of superd.c */

static struct sockaddr_in from[BATCH];
static unsigned char room[BATCH][DATAGRAM_MAX];
static struct iovec iov[BATCH];
static struct mmsghdr msgs[BATCH];

static int die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int open_socket(int receive_buffer)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		die("echo: socket");
	/* as io/udp.c asks for it */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static void prepare(void)
{
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){room[i], DATAGRAM_MAX};
		msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &from[i],
		    .msg_namelen = sizeof from[i],
		    .msg_iov = &iov[i],
		    .msg_iovlen = 1,
		};
	}
}

static void send_back(int fd, int count)
{
	for (int i = 0; i < count; i++)
		iov[i].iov_len = msgs[i].msg_len;
	for (int sent = 0; sent < count;) {
		int n = sendmmsg(fd, msgs + sent, (unsigned)(count - sent), MSG_NOSIGNAL);

		/* one that the kernel refuses is lost, as any datagram may be */
		sent += n > 0 ? n : 1;
	}
	for (int i = 0; i < count; i++) {
		iov[i].iov_len = DATAGRAM_MAX;
		msgs[i].msg_hdr.msg_namelen = sizeof from[i];
	}
}

int main(int argc, char **argv)
{
	int fd = open_socket(argc > 1 ? atoi(argv[1]) : 0);

	prepare();
	for (;;) {
		int n = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);

		if (n > 0)
			send_back(fd, n);
		else if (errno != EINTR)
			die("echo: recvmmsg");
	}
}
