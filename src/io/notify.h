/*
 * Telling the service manager how the daemon is, as sd_notify(3) does, without
 * the libraries that one brings along. Where $NOTIFY_SOCKET names no socket
 * nothing is told.
 */
#ifndef IPMSG_IO_NOTIFY_H
#define IPMSG_IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Whether anybody wants to be told. */
bool notify_wanted(void);

/*
 * One message of VARIABLE=VALUE lines, as the manual of sd_notify lists them.
 * Waits for up to a second when the manager does not read; then it is lost, and
 * the answer false. True, too, where nobody wants to be told.
 */
bool notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without waiting, for what is told while the daemon has work to do. */
bool notify_try(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* RELOADING=1, with the time that goes with it; READY=1 has to follow. */
void notify_reloading(void);

/*
 * Within how many microseconds WATCHDOG=1 has to come, again and again. 0: it
 * is not wanted, or of another process.
 */
uint64_t notify_watchdog(void);

#endif
