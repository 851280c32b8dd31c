/* Names of commands and options, for logs and views. */
#include "wire/command.h"

#include <stdbool.h>
#include <stdio.h>

const char *command_name(uint32_t word)
{
	static const char *const names[COMMAND_MASK + 1] = {
	    [CMD_NOOPERATION] = "NOOPERATION",
	    [CMD_BR_ENTRY] = "BR_ENTRY",
	    [CMD_BR_EXIT] = "BR_EXIT",
	    [CMD_ANSENTRY] = "ANSENTRY",
	    [CMD_BR_ABSENCE] = "BR_ABSENCE",
	    [CMD_BR_ISGETLIST] = "BR_ISGETLIST",
	    [CMD_OKGETLIST] = "OKGETLIST",
	    [CMD_GETLIST] = "GETLIST",
	    [CMD_ANSLIST] = "ANSLIST",
	    [CMD_ANSLIST_DICT] = "ANSLIST_DICT",
	    [CMD_BR_ISGETLIST2] = "BR_ISGETLIST2",
	    [CMD_SENDMSG] = "SENDMSG",
	    [CMD_RECVMSG] = "RECVMSG",
	    [CMD_READMSG] = "READMSG",
	    [CMD_DELMSG] = "DELMSG",
	    [CMD_ANSREADMSG] = "ANSREADMSG",
	    [CMD_GETINFO] = "GETINFO",
	    [CMD_SENDINFO] = "SENDINFO",
	    [CMD_GETABSENCEINFO] = "GETABSENCEINFO",
	    [CMD_SENDABSENCEINFO] = "SENDABSENCEINFO",
	    [CMD_GETFILEDATA] = "GETFILEDATA",
	    [CMD_RELEASEFILES] = "RELEASEFILES",
	    [CMD_GETDIRFILES] = "GETDIRFILES",
	    [CMD_DIRFILES_AUTH] = "DIRFILES_AUTH",
	    [CMD_DIRFILES_AUTHRET] = "DIRFILES_AUTHRET",
	    [CMD_GETPUBKEY] = "GETPUBKEY",
	    [CMD_ANSPUBKEY] = "ANSPUBKEY",
	    [CMD_ASKPUNCHING] = "ASKPUNCHING",
	    [CMD_ORDERPUNCHING] = "ORDERPUNCHING",
	    [CMD_ANSPUNCHING] = "ANSPUNCHING",
	    [CMD_SENDPART] = "SENDPART",
	    [CMD_ACKPART] = "ACKPART",
	    [CMD_AGENT_REQ] = "AGENT_REQ",
	    [CMD_AGENT_ANSREQ] = "AGENT_ANSREQ",
	    [CMD_AGENT_PACKET] = "AGENT_PACKET",
	    [CMD_AGENT_PROXYREQ] = "AGENT_PROXYREQ",
	    [CMD_DIR_POLL] = "DIR_POLL",
	    [CMD_DIR_POLLAGENT] = "DIR_POLLAGENT",
	    [CMD_DIR_BROADCAST] = "DIR_BROADCAST",
	    [CMD_DIR_ANSBROAD] = "DIR_ANSBROAD",
	    [CMD_DIR_PACKET] = "DIR_PACKET",
	    [CMD_DIR_REQUEST] = "DIR_REQUEST",
	    [CMD_DIR_AGENTPACKET] = "DIR_AGENTPACKET",
	    [CMD_DIR_EVBROAD] = "DIR_EVBROAD",
	    [CMD_DIR_AGENTREJECT] = "DIR_AGENTREJECT",
	};

	return names[word & COMMAND_MASK];
}

struct option_name {
	uint32_t bit;
	const char *name;
};

static const struct option_name general_options[] = {
    {OPT_ABSENCE, "ABSENCEOPT"},
    {OPT_SERVER, "SERVEROPT"},
    {OPT_RETRY, "RETRYOPT"},
    {OPT_DIALUP, "DIALUPOPT"},
    {OPT_CAPFILEENC, "CAPFILEENCOPT"},
    {OPT_FILEATTACH, "FILEATTACHOPT"},
    {OPT_ENCRYPT, "ENCRYPTOPT"},
    {OPT_UTF8, "UTF8OPT"},
    {OPT_CAPUTF8, "CAPUTF8OPT"},
    {OPT_CAPIPDICT, "CAPIPDICTOPT"},
    {OPT_ENCEXTMSG, "ENCEXTMSGOPT"},
    {OPT_CLIPBOARD, "CLIPBOARDOPT"},
    {OPT_DIR_MASTER, "DIR_MASTER"},
    {0, NULL},
};

static const struct option_name message_options[] = {
    {OPT_SENDCHECK, "SENDCHECKOPT"},
    {OPT_SECRET, "SECRETOPT"},
    {OPT_BROADCAST, "BROADCASTOPT"},
    {OPT_MULTICAST, "MULTICASTOPT"},
    {OPT_AUTORET, "AUTORETOPT"},
    {OPT_RETRY, "RETRYOPT"},
    {OPT_PASSWORD, "PASSWORDOPT"},
    {OPT_NOLOG, "NOLOGOPT"},
    {OPT_NOADDLIST, "NOADDLISTOPT"},
    {OPT_READCHECK, "READCHECKOPT"},
    {0, NULL},
};

static const char *find_option(const struct option_name *options, uint32_t bit)
{
	while (options->name != NULL && options->bit != bit)
		options++;
	return options->name;
}

static const char *option_name(uint32_t word, uint32_t bit)
{
	uint32_t command = word & COMMAND_MASK;
	const char *name = NULL;

	if (command == CMD_SENDMSG || command == CMD_READMSG)
		name = find_option(message_options, bit);
	return name != NULL ? name : find_option(general_options, bit);
}

/* Appends all of it or nothing, so that a cut text still ends with a whole name. */
static bool append(char *buf, size_t cap, size_t *used, const char *text)
{
	size_t left = cap - *used;
	int n = snprintf(buf + *used, left, "%s", text);

	if (n < 0 || (size_t)n >= left) {
		buf[*used] = '\0';
		return false;
	}
	*used += (size_t)n;
	return true;
}

const char *command_format(uint32_t word, char *buf, size_t cap)
{
	char piece[32];
	const char *name = command_name(word);
	uint32_t unnamed = 0;
	size_t used = 0;

	if (cap == 0)
		return buf;
	snprintf(piece, sizeof piece, "0x%02x", (unsigned)(word & COMMAND_MASK));
	if (!append(buf, cap, &used, name != NULL ? name : piece))
		return buf;
	for (uint32_t bit = COMMAND_MASK + 1; bit != 0; bit <<= 1) {
		if ((word & bit) == 0)
			continue;
		name = option_name(word, bit);
		if (name == NULL) {
			unnamed |= bit;
			continue;
		}
		snprintf(piece, sizeof piece, "|%s", name);
		if (!append(buf, cap, &used, piece))
			return buf;
	}
	if (unnamed != 0) {
		snprintf(piece, sizeof piece, "|0x%x", (unsigned)unnamed);
		append(buf, cap, &used, piece);
	}
	return buf;
}
