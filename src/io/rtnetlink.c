/* One request, and the parts of its answer. */
#include "io/rtnetlink.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PART_BYTES 32768 /* the kernel makes none longer */
#define PARTS_MAX 4096	 /* a router of the whole Internet's routes tells no more of them */
#define SEQUENCE 1

static bool ask(int fd, int type)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg all; /* of any family; the longest of those that are asked with */
	} request = {
	    .header = {
		.nlmsg_len = sizeof request,
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = SEQUENCE,
	    },
	};
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(fd, &request, sizeof request, 0, (const struct sockaddr *)&kernel,
		   sizeof kernel) == (ssize_t)sizeof request;
}

/* The length of a part from the kernel; what others send is passed over. -1: there is none. */
static ssize_t read_part(int fd, void *part)
{
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t n;

	do {
		len = sizeof from;
		n = recvfrom(fd, part, PART_BYTES, 0, (struct sockaddr *)&from, &len);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	return n;
}

static bool read_answer(int fd, rtnetlink_fn each, void *context)
{
	_Alignas(struct nlmsghdr) unsigned char part[PART_BYTES];

	for (unsigned i = 0; i < PARTS_MAX; i++) {
		ssize_t n = read_part(fd, part);

		if (n < 0)
			return false;
		/* an item may end beyond what is left, without the padding behind the last one */
		int left = (int)n;

		for (const struct nlmsghdr *m = (const void *)part; NLMSG_OK(m, left);
		     m = NLMSG_NEXT(m, left)) {
			if (m->nlmsg_seq != SEQUENCE)
				continue;
			if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_OVERRUN)
				return false;
			if (m->nlmsg_type == NLMSG_DONE || !each(m, context))
				return true;
		}
	}
	return false;
}

bool rtnetlink_dump(int type, rtnetlink_fn each, void *context)
{
	const struct timeval patience = {.tv_sec = 1}; /* that is never needed */
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool done;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	done = ask(fd, type) && read_answer(fd, each, context);
	close(fd);
	return done;
}

static const struct rtattr *find(const struct rtattr *attribute, size_t bytes, unsigned type,
    size_t least)
{
	int left = (int)bytes;

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return RTA_PAYLOAD(attribute) >= least ? attribute : NULL;
	}
	return NULL;
}

const struct rtattr *rtnetlink_find(const struct nlmsghdr *message, size_t header, unsigned type,
    size_t least)
{
	size_t front = NLMSG_SPACE(header);

	if (message->nlmsg_len < front)
		return NULL;
	return find((const struct rtattr *)(const void *)((const char *)message + front),
	    message->nlmsg_len - front, type, least);
}

const struct rtattr *rtnetlink_find_in(const struct rtattr *outer, unsigned type, size_t least)
{
	return find(RTA_DATA(outer), RTA_PAYLOAD(outer), type, least);
}
