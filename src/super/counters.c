/* The counters' names. */
#include "super/counters.h"

static const char *const names[COUNTERS] = {
    [COUNT_RECEIVED] = "received",
    [COUNT_DROPPED_MALFORMED] = "dropped_malformed",
    [COUNT_DROPPED_VOID] = "dropped_void",
    [COUNT_DROPPED_COMMAND] = "dropped_command",
    [COUNT_DROPPED_SOURCE] = "dropped_source",
    [COUNT_DROPPED_LEGACY] = "dropped_legacy",
    [COUNT_DROPPED_FORGED] = "dropped_forged",
    [COUNT_DROPPED_FULL] = "dropped_full",
    [COUNT_ENTRIES_NEW] = "entries_new",
    [COUNT_ENTRIES_REFRESHED] = "entries_refreshed",
    [COUNT_CHALLENGED] = "challenged",
    [COUNT_HELD] = "held",
    [COUNT_NOTICES] = "notices",
    [COUNT_EXITS] = "exits",
    [COUNT_PROOFS] = "proofs",
    [COUNT_PROOFS_WRONG] = "proofs_wrong",
    [COUNT_ASKS_INTRODUCED] = "asks_introduced",
    [COUNT_ASKS_REPEATED] = "asks_repeated",
    [COUNT_ASKS_UNKNOWN] = "asks_unknown",
    [COUNT_ASKS_REFUSED] = "asks_refused",
    [COUNT_ACKNOWLEDGED] = "acknowledged",
    [COUNT_STRAY] = "stray",
    [COUNT_SENT] = "sent",
    [COUNT_SENT_PROBES] = "sent_probes",
    [COUNT_SENT_ORDERS] = "sent_orders",
    [COUNT_UNSENT_CREDIT] = "unsent_credit",
};

const char *counter_name(enum counter counter)
{
	return names[counter];
}
