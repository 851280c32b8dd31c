/*
 * The numbers and names of IP Messenger commands that the test programs send or print. One table,
 * so that what the seed double says it sent and what the capture saw carry the same name. It is
 * deliberately not the daemons' own table: a wrong number there must not be wrong here too.
 */
#ifndef IPMSG_TEST_COMMANDS_H
#define IPMSG_TEST_COMMANDS_H

#include <stddef.h>

#define IPMSG_PORT 2425

#define COMMAND_MODE 0xffUL

#define COMMAND_NOOPERATION 0x00UL
#define COMMAND_ENTRY 0x01UL
#define COMMAND_EXIT 0x02UL
#define COMMAND_ANSENTRY 0x03UL
#define COMMAND_ABSENCE 0x04UL
#define COMMAND_OKGETLIST 0x11UL
#define COMMAND_GETLIST 0x12UL
#define COMMAND_ANSLIST 0x13UL
#define COMMAND_ISGETLIST2 0x18UL
#define COMMAND_MESSAGE 0x20UL
#define COMMAND_RECVMSG 0x21UL
#define COMMAND_READMSG 0x30UL
#define COMMAND_ANSREADMSG 0x32UL
#define COMMAND_GETINFO 0x40UL
#define COMMAND_SENDINFO 0x41UL
#define COMMAND_GETABSENCEINFO 0x50UL
#define COMMAND_SENDABSENCEINFO 0x51UL
#define COMMAND_RELEASEFILES 0x61UL
#define COMMAND_ASKPUNCHING 0x80UL
#define COMMAND_ORDERPUNCHING 0x81UL

#define OPTION_ABSENCE 0x00000100UL /* of entry packets */
#define OPTION_SENDCHECK 0x00000100UL
#define OPTION_SECRET 0x00000200UL
#define OPTION_BROADCAST 0x00000400UL
#define OPTION_MULTICAST 0x00000800UL
#define OPTION_AUTORET 0x00002000UL
#define OPTION_RETRY 0x00004000UL
#define OPTION_DIALUP 0x00010000UL
#define OPTION_NOADDLIST 0x00080000UL
#define OPTION_READCHECK 0x00100000UL
#define OPTION_FILEATTACH 0x00200000UL
#define OPTION_UTF8 0x00800000UL
#define OPTION_CAPUTF8 0x01000000UL

/* The name of a command's low byte, NULL for one without a name. The string is constant. */
static inline const char *command_name(unsigned long command)
{
	static const struct {
		unsigned char number;
		const char *name;
	} names[] = {
	    {COMMAND_NOOPERATION, "NOOPERATION"},
	    {COMMAND_ENTRY, "ENTRY"},
	    {COMMAND_EXIT, "EXIT"},
	    {COMMAND_ANSENTRY, "ANSENTRY"},
	    {COMMAND_ABSENCE, "ABSENCE"},
	    {COMMAND_OKGETLIST, "OKGETLIST"},
	    {COMMAND_GETLIST, "GETLIST"},
	    {COMMAND_ANSLIST, "ANSLIST"},
	    {COMMAND_ISGETLIST2, "ISGETLIST2"},
	    {COMMAND_MESSAGE, "MESSAGE"},
	    {COMMAND_RECVMSG, "RECVMSG"},
	    {COMMAND_READMSG, "READMSG"},
	    {0x31, "DELMSG"},
	    {COMMAND_ANSREADMSG, "ANSREADMSG"},
	    {COMMAND_GETINFO, "GETINFO"},
	    {COMMAND_SENDINFO, "SENDINFO"},
	    {COMMAND_GETABSENCEINFO, "GETABSENCEINFO"},
	    {COMMAND_SENDABSENCEINFO, "SENDABSENCEINFO"},
	    {COMMAND_RELEASEFILES, "RELEASEFILES"},
	    {0x72, "GETPUBKEY"},
	    {0x73, "ANSPUBKEY"},
	    {COMMAND_ASKPUNCHING, "ASKPUNCHING"},
	    {COMMAND_ORDERPUNCHING, "ORDERPUNCHING"},
	    {0x82, "ANSPUNCHING"},
	    {0x83, "RELAY"},
	    {0x84, "SENDPART"},
	    {0x85, "ACKPART"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == (command & COMMAND_MODE))
			return names[i].name;
	return NULL;
}

#endif
