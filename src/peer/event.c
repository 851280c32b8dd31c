/* Words for states, reasons and steps. */
#include "peer/event.h"

const char *supernode_state_name(enum supernode_state state)
{
	static const char *const names[SUPERNODE_STATES] = {"resolving", "registering",
	    "registered", "lost", "refused"};

	return names[state];
}

const char *identity_state_name(enum identity_state state)
{
	static const char *const names[IDENTITY_STATES] = {"unknown", "known", "changed", "foreign",
	    "unseen"};

	return names[state];
}

const char *path_state_name(enum path_state state)
{
	static const char *const names[PATH_STATES] = {"idle", "asking", "punching", "open",
	    "failed"};

	return names[state];
}

const char *reason_name(enum reason reason)
{
	static const char *const names[REASONS] = {
	    [REASON_NONE] = "",
	    [REASON_NO_SUPERNODE] = "no-supernode",
	    [REASON_SUPERNODE_LOST] = "supernode-lost",
	    [REASON_UNKNOWN_NAME] = "unknown-name",
	    [REASON_AMBIGUOUS] = "ambiguous",
	    [REASON_BAD_NAME] = "bad-name",
	    [REASON_REFUSED] = "refused",
	    [REASON_BUSY] = "busy",
	    [REASON_BAD_ADDRESS] = "bad-address",
	    [REASON_SEED_SUPERNODE] = "needs-address",
	    [REASON_NEEDS_FULL_NAME] = "needs-full-name",
	    [REASON_NO_ANSWER] = "no-answer",
	    [REASON_SILENT] = "silent",
	    [REASON_NOT_CONFIRMED] = "not-confirmed",
	    [REASON_TOO_LONG] = "too-long",
	    [REASON_LIMIT] = "limit",
	    [REASON_SHUTDOWN] = "shutdown",
	    [REASON_TAKEN] = "taken",
	    [REASON_KEY_CHANGED] = "key-changed",
	    [REASON_NAT] = "nat",
	    [REASON_EXPIRED] = "expired",
	    [REASON_REMOVED] = "removed",
	    [REASON_MAILBOX] = "mailbox",
	};

	return names[reason];
}

const char *message_state_name(enum message_state state)
{
	static const char *const names[MESSAGE_STATES] = {"waiting", "sent", "delivered", "read",
	    "broadcast", "failed"};

	return names[state];
}

const char *step_name(enum step step)
{
	static const char *const names[STEPS] = {
	    [STEP_ASKED] = "asked",
	    [STEP_TOLD] = "told",
	    [STEP_ORDERED] = "ordered",
	    [STEP_KNOCKED] = "knocked",
	    [STEP_OPENER] = "opener",
	    [STEP_PUNCHED] = "punched",
	    [STEP_HEARD] = "heard",
	    [STEP_OPEN] = "open",
	    [STEP_FAILED] = "failed",
	};

	return names[step];
}

const char *neighbour_change_name(enum neighbour_change change)
{
	static const char *const names[NEIGHBOUR_CHANGES] = {"came", "changed", "left"};

	return names[change];
}

const char *offer_kind_name(enum offer_kind kind)
{
	static const char *const names[OFFER_KINDS] = {"file", "directory", "image", "other"};

	return names[kind];
}
