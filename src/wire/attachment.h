/*
 * The list of files that a message offers (FILEATTACHOPT): items
 * "ID:NAME:SIZE:MTIME:ATTRIBUTES:…", each ended by \a. Hexadecimal but for the
 * ID; a ':' in a name is doubled. As other clients write it: loosely.
 */
#ifndef IPMSG_WIRE_ATTACHMENT_H
#define IPMSG_WIRE_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/charset.h"
#include "base/span.h"

/* Low byte of the attributes. */
enum file_type { FILE_REGULAR = 0x01, FILE_DIRECTORY = 0x02, FILE_CLIPBOARD = 0x20 };

struct attachment {
	uint32_t id;
	struct span name; /* as it came, a ':' doubled */
	uint64_t size;	  /* saturates */
	uint32_t type;	  /* enum file_type, or another low byte */
};

/*
 * The next item: start with *list = message.attachments. Items that are no
 * offer are passed over. False at the end.
 */
bool attachment_next(struct span *list, struct attachment *attachment);

/*
 * Its name as valid UTF-8, cut at a character's boundary to fit `cap` (>= 2),
 * without directories: what follows the last '/' or '\', and "_" if nothing
 * does or it is "." or "..". Control characters become '_'. Returns the length.
 */
size_t attachment_name(const struct attachment *attachment, bool utf8, struct charset *legacy,
    char *out, size_t cap);

#endif
