/* ipmsg-peerd. */
#include "io/program.h"
#include "peerd/peerd.h"

static void *open_daemon(const struct program_options *options)
{
	return peerd_open(options);
}

static void run_daemon(void *daemon)
{
	peerd_run(daemon);
}

static void close_daemon(void *daemon)
{
	peerd_close(daemon);
}

int main(int argc, char **argv)
{
	static const struct program program = {
	    .name = "ipmsg-peerd",
	    .about = "A peer of IP Messenger: meets its neighbours on the LAN, makes paths\n"
		     "through NATs with the help of supernodes, and carries messages. Orders are\n"
		     "given with ipmsgctl.\n",
	    .manual = "ipmsg-peerd(8), ipmsgctl(1), ipmsg.conf(5)",
	    .check_config = conf_check,
	    .open = open_daemon,
	    .run = run_daemon,
	    .close = close_daemon,
	};

	return program_main(&program, argc, argv);
}
