/*
 * Lists of offered files: reading ends, the names are safe to show and to call
 * a file by, and what was read comes back when it is written strictly.
 */
#include "fuzz_wire.h"
#include "wire/attachment.h"

#define NAME_CAP 256

static void check_name(const struct attachment *attachment, bool utf8, size_t cap)
{
	char *name = (char *)fuzz_room(cap);
	size_t len = attachment_name(attachment, utf8, fuzz_cp932(), name, cap);

	HOLDS(len > 0 && len < cap && name[len] == '\0' && strlen(name) == len);
	HOLDS(utf8_valid(span_of(name, len)));
	HOLDS(strpbrk(name, "/\\") == NULL);
	HOLDS(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	for (size_t i = 0; i < len; i++)
		HOLDS((unsigned char)name[i] >= 0x20 && name[i] != 0x7f);
	fuzz_release((unsigned char *)name, cap);
}

static void write_hex(struct writer *w, uint64_t value)
{
	char digits[17];

	snprintf(digits, sizeof digits, "%llx", (unsigned long long)value);
	writer_text(w, digits);
}

static void check_again(const struct attachment *attachment)
{
	static unsigned char room[SCRATCH_BYTES];
	struct writer w = writer_on(room, sizeof room);
	struct attachment again;

	writer_decimal(&w, attachment->id);
	writer_byte(&w, ':');
	writer_span(&w, attachment->name);
	writer_byte(&w, ':');
	write_hex(&w, attachment->size);
	writer_text(&w, ":0:");
	write_hex(&w, attachment->type);
	writer_text(&w, ":\a");
	if (w.full)
		return;
	struct span list = fuzz_written(&w);

	HOLDS(attachment_next(&list, &again));
	HOLDS(again.id == attachment->id && again.size == attachment->size);
	HOLDS(again.type == attachment->type && span_equal(again.name, attachment->name));
	HOLDS(list.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	struct span list = copy;
	struct attachment attachment;

	while (attachment_next(&list, &attachment)) {
		fuzz_inside(attachment.name, copy);
		HOLDS(attachment.name.len > 0 && attachment.type <= 0xff);
		check_name(&attachment, true, NAME_CAP);
		check_name(&attachment, false, NAME_CAP);
		check_name(&attachment, size % 2 == 0, 2 + size % 13);
		check_again(&attachment);
	}
	HOLDS(list.len == 0);
	fuzz_drop(copy);
	return 0;
}
