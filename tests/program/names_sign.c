/*
 * Enters at a supernode under a name, as a peer with a key:
 *
 *	names_sign HOST:PORT NICK GROUP SEED
 *
 * SEED is a number that makes the key, 0 for none. Prints what the supernode
 * answers, "granted" or the word of its error, and ends with 0.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "auth/seal.h"
#include "base/charset.h"
#include "wire/entry.h"

struct signer {
	int fd;
	struct identity who;
	struct charset *legacy;
	struct keypair pair;
	bool signs;
	struct fields answer;
};

static int connect_to(const struct endpoint *at)
{
	const struct timeval patience = {.tv_sec = 3};
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(at, &address);
	int fd = socket(address.ss_family, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
		return -1;
	return fd;
}

static bool read_answer(struct signer *signer)
{
	unsigned char bytes[2048];
	struct packet packet;
	struct block block;
	ssize_t n = recv(signer->fd, bytes, sizeof bytes, 0);

	return n > 0 && packet_parse(&packet, span_of(bytes, (size_t)n)) == PACKET_OK &&
	    packet_command(&packet) == CMD_ANSENTRY && block_parse(&block, &packet) &&
	    fields_read(&signer->answer, &block);
}

/* Higher at every call of the program, which takes longer than a millisecond. */
static uint64_t stamp(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The first time with room for a challenge, then with its cookie. */
static bool enter(struct signer *signer, bool again)
{
	struct fields fields = {.transaction = "12345678", .padding = 120, .lifetime = 75};
	unsigned char bytes[1500];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(&fields, KEY_TK);
	fields_set(&fields, KEY_LT);
	fields_set(&fields, again ? KEY_CK : KEY_PD);
	if (again)
		memcpy(fields.cookie, signer->answer.cookie, COOKIE_BYTES);
	if (again && signer->signs) {
		fields_set(&fields, KEY_ID);
		memcpy(fields.identity, signer->pair.identity, IDENTITY_BYTES);
		fields_set(&fields, KEY_TS);
		fields.stamp = stamp();
	}
	entry_write(&w, (uint32_t)time(NULL), &signer->who, CMD_BR_ENTRY, signer->legacy, true,
	    &fields);
	if (again && signer->signs)
		seal_sign(&w, &signer->pair, signer->answer.identity);
	return !w.full && send(signer->fd, bytes, w.len, 0) == (ssize_t)w.len &&
	    read_answer(signer);
}

int main(int argc, char **argv)
{
	struct signer signer = {0};
	struct endpoint at;

	if (argc != 5 || endpoint_parse(&at, argv[1], 2425) != NULL || sodium_init() < 0) {
		fprintf(stderr, "names_sign HOST:PORT NICK GROUP SEED\n");
		return 2;
	}
	uint8_t seed[KEYPAIR_SEED_BYTES] = {(uint8_t)atoi(argv[4])};

	signer.signs = seed[0] != 0;
	keypair_init(&signer.pair, seed);
	signer.who = (struct identity){"user", argv[4], argv[2], argv[3]};
	signer.legacy = charset_open("CP932");
	signer.fd = connect_to(&at);
	if (signer.legacy == NULL || signer.fd < 0 || !enter(&signer, false) ||
	    !enter(&signer, true)) {
		fprintf(stderr, "no answer that can be read\n");
		return 1;
	}
	puts(fields_has(&signer.answer, KEY_LT) ? "granted"
						: punch_error_name(signer.answer.error));
	charset_close(signer.legacy);
	close(signer.fd);
	return 0;
}
