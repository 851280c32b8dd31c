/*
 * A file system for SQLite that can fail and lose its power. What it keeps goes to the usual one;
 * beside that it remembers what was written and not synced.
 */
#ifndef IPMSG_TESTS_STORE_VFS_H
#define IPMSG_TESTS_STORE_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_VFS "falling"

/* Registers it; to be called once, before anything is opened. */
void vfs_register(void);

/* Forgets all files; none may be open. */
void vfs_forget(void);

/* Writes, truncations and syncs since it was registered. */
unsigned vfs_count(void);
unsigned vfs_wal_syncs(void);

/*
 * From the n-th of those on (counted from now, the first is 1) it fails with that error of errno,
 * so many times; 0: not any more.
 */
void vfs_fail(unsigned at, unsigned times, int error);

/* From the n-th read on so many fail; 0: not any more. */
void vfs_fail_reads(unsigned at, unsigned times);

/* So many attempts to open a file fail in whose name that stands. */
void vfs_fail_opens(const char *part, unsigned times);

/*
 * At the n-th of those, the power fails: what the disk then holds is put into that directory. Each
 * write since the last sync has come to the disk, has not, or has in part, as the seed has it.
 * `at_loss` is called at that moment.
 */
void vfs_lose_power(unsigned at, const char *directory, uint64_t seed, void (*at_loss)(void));
bool vfs_power_lost(void);

#endif
