/* What the program ipmsg-peerd itself is told: its port, and whom to let control it. */
#ifndef IPMSG_PEERD_SETTINGS_H
#define IPMSG_PEERD_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "peer/settings.h"

/* On which of the host's networks to be a neighbour among neighbours. */
enum lan_networks { LAN_PRIVATE, LAN_ALL, LAN_OFF };

/* Patterns of interfaces, see io/addresses.h; the names of the kernel have 15 bytes. */
#define CANDIDATE_INTERFACES_MAX 16
#define CANDIDATE_INTERFACE_TEXT 32

struct peerd_settings {
	uint32_t wan_port;	/* 1 to 65535 */
	enum lan_networks lan;
	char candidate_interfaces[CANDIDATE_INTERFACES_MAX][CANDIDATE_INTERFACE_TEXT];
	size_t candidate_interface_count; /* 0: by what the interfaces are */
	char control[108];	/* path of the control socket; "" for the usual place */
	char control_group[64]; /* group that may use it; "" leaves the process's own */
	char state_directory[256]; /* for what outlives the process; "" for the usual place */
	uint32_t keep_messages; /* days that the mailbox keeps messages; 0: for ever */
	size_t mailbox_size;	/* bytes that it may take, roughly; 0: any */
	char run_as[64];	/* account that root becomes; "" for none */
	size_t receive_buffer;	/* bytes asked of the kernel */
	/*
	 * User, host and nick may be empty, and the port of an address on the LAN 0,
	 * which stands for lan_port: see peerd/defaults.h.
	 */
	struct peer_settings peer;
};

#endif
