/*
 * IP Messenger's numbers: commands (low byte of the command word), options
 * (the other 24 bits), and their names.
 */
#ifndef IPMSG_WIRE_COMMAND_H
#define IPMSG_WIRE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#define IPMSG_PORT 2425

enum command {
	CMD_NOOPERATION = 0x00,
	CMD_BR_ENTRY = 0x01,
	CMD_BR_EXIT = 0x02,
	CMD_ANSENTRY = 0x03,
	CMD_BR_ABSENCE = 0x04,
	CMD_BR_ISGETLIST = 0x10,
	CMD_OKGETLIST = 0x11,
	CMD_GETLIST = 0x12,
	CMD_ANSLIST = 0x13,
	CMD_ANSLIST_DICT = 0x14,
	CMD_BR_ISGETLIST2 = 0x18,
	CMD_SENDMSG = 0x20,
	CMD_RECVMSG = 0x21,
	CMD_READMSG = 0x30,
	CMD_DELMSG = 0x31,
	CMD_ANSREADMSG = 0x32,
	CMD_GETINFO = 0x40,
	CMD_SENDINFO = 0x41,
	CMD_GETABSENCEINFO = 0x50,
	CMD_SENDABSENCEINFO = 0x51,
	CMD_GETFILEDATA = 0x60,
	CMD_RELEASEFILES = 0x61,
	CMD_GETDIRFILES = 0x62,
	CMD_DIRFILES_AUTH = 0x63,
	CMD_DIRFILES_AUTHRET = 0x64,
	CMD_GETPUBKEY = 0x72,
	CMD_ANSPUBKEY = 0x73,
	CMD_ASKPUNCHING = 0x80,
	CMD_ORDERPUNCHING = 0x81,
	CMD_ANSPUNCHING = 0x82,
	CMD_SENDPART = 0x84,
	CMD_ACKPART = 0x85,
	CMD_AGENT_REQ = 0xa0,
	CMD_AGENT_ANSREQ = 0xa1,
	CMD_AGENT_PACKET = 0xa2,
	CMD_AGENT_PROXYREQ = 0xa3,
	CMD_DIR_POLL = 0xb0,
	CMD_DIR_POLLAGENT = 0xb1,
	CMD_DIR_BROADCAST = 0xb2,
	CMD_DIR_ANSBROAD = 0xb3,
	CMD_DIR_PACKET = 0xb4,
	CMD_DIR_REQUEST = 0xb5,
	CMD_DIR_AGENTPACKET = 0xb6,
	CMD_DIR_EVBROAD = 0xb7,
	CMD_DIR_AGENTREJECT = 0xb8,
};

#define COMMAND_MASK 0x000000ffu

/* Options of every command. */
#define OPT_ABSENCE 0x00000100u /* entry packets */
#define OPT_SERVER 0x00000200u
#define OPT_DIALUP 0x00010000u
#define OPT_CAPFILEENC 0x00040000u
#define OPT_FILEATTACH 0x00200000u
#define OPT_ENCRYPT 0x00400000u
#define OPT_UTF8 0x00800000u
#define OPT_CAPUTF8 0x01000000u
#define OPT_CAPIPDICT 0x02000000u
#define OPT_ENCEXTMSG 0x04000000u
#define OPT_CLIPBOARD 0x08000000u
#define OPT_DIR_MASTER 0x10000000u

/* Options of SENDMSG and READMSG; some share a bit with those above. */
#define OPT_SENDCHECK 0x00000100u
#define OPT_SECRET 0x00000200u
#define OPT_BROADCAST 0x00000400u
#define OPT_MULTICAST 0x00000800u
#define OPT_AUTORET 0x00002000u
#define OPT_RETRY 0x00004000u
#define OPT_PASSWORD 0x00008000u
#define OPT_NOLOG 0x00020000u
#define OPT_NOADDLIST 0x00080000u
#define OPT_READCHECK 0x00100000u

/* "BR_ENTRY", …; NULL for a number nobody defined. Only the low byte counts. */
const char *command_name(uint32_t word);

/*
 * "SENDMSG|SENDCHECKOPT|UTF8OPT": the command and its options by name, numbers
 * where there is none. Cut to fit; `cap` of COMMAND_TEXT_MAX never cuts.
 */
#define COMMAND_TEXT_MAX 320
const char *command_format(uint32_t word, char *buf, size_t cap);

#endif
