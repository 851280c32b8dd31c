/* ipmsg-superd. */
#include "io/program.h"
#include "superd/superd.h"

static void *open_daemon(const struct program_options *options)
{
	return superd_open(options);
}

static void run_daemon(void *daemon)
{
	superd_run(daemon);
}

static void close_daemon(void *daemon)
{
	superd_close(daemon);
}

int main(int argc, char **argv)
{
	static const struct program program = {
	    .name = "ipmsg-superd",
	    .about = "The supernode of IP Messenger: remembers who entered from which address and\n"
		     "makes two peers behind NATs meet.\n",
	    .manual = "ipmsg-superd(8), ipmsg.conf(5), ipmsg-punch(7)",
	    .check_config = conf_check,
	    .open = open_daemon,
	    .run = run_daemon,
	    .close = close_daemon,
	};

	return program_main(&program, argc, argv);
}
