/*
 * The memory of a registration: what is resident before any peer has entered
 * and after all have.
 *
 *     fill [-k] PEERS SUPERD-PORT SUPERD-PID      -k: each has a key and signs
 */
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "enter.h"

#define IN_FLIGHT 256

int main(int argc, char **argv)
{
	bool keyed = getopt(argc, argv, "k") == 'k';

	if (argc - optind != 3) {
		fprintf(stderr, "fill: peers, port and process number are missing\n");
		return 2;
	}
	if (sodium_init() < 0)
		die("libsodium", "cannot start");
	uint32_t peers = number(argv[optind], 1, REQUEST_SERIAL_MAX);
	struct server superd = server_of("ipmsg-superd", argv[optind + 1], argv[optind + 2]);
	struct traffic *traffic = traffic_new(CROWD_PEERS, peers, IN_FLIGHT);
	uint64_t before = server_resident(&superd);
	int64_t took = now_ns();

	(keyed ? enter_all_signed : enter_all)(traffic, &superd, peers);
	took = now_ns() - took;
	uint64_t after = server_resident(&superd);

	printf("%8u %-8s %4.0f bytes each: %" PRIu64 " KiB resident, empty %" PRIu64
	       " KiB; entered in %.1f s   goal: at most 256\n",
	    peers, keyed ? "with key" : "unsigned", (double)(after - before) / peers, after / 1024,
	    before / 1024, (double)took / 1e9);
	traffic_free(traffic);
	return EXIT_SUCCESS;
}
