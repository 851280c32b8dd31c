/*
 * One UDP socket, apart from what passes through it: making it, looking at one
 * that another process made, and what the kernel says about it. For io/udp.c.
 */
#ifndef IPMSG_IO_UDP_FD_H
#define IPMSG_IO_UDP_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

/* Whether that stands for all addresses of its family. */
bool udp_fd_wildcard(const struct endpoint *at);

/* setsockopt(2) of a number. */
int udp_fd_set(int fd, int level, int name, int value);

/* The same of the membership in an IPv6 group behind an interface. */
int udp_fd_set_member(int fd, int option, const struct endpoint *group, unsigned interface);

/* So that each datagram comes with the address it was sent to. */
int udp_fd_packet_info(int fd, enum family family);

/* Bound, and set up; -1 with errno. */
int udp_fd_open(const struct endpoint *at, size_t receive_buffer);

/* Datagrams for which there was no room, since the socket was made. */
uint32_t udp_fd_dropped(int fd);

/* The room that the kernel granted, in bytes as they are asked for; 0 when it will not say. */
size_t udp_fd_receive_buffer(int fd);

bool udp_fd_bound(int fd, struct endpoint *at);

/*
 * NULL, or what keeps an inherited socket from being of use, and what to do
 * about it. `at` becomes where it is bound.
 */
const char *udp_fd_unfit(int fd, struct endpoint *at);

/* A larger receive buffer for an inherited one; logs where that may not be. */
void udp_fd_raise_buffer(int fd, const struct endpoint *at, size_t bytes);

/* Whether the host has that address; true also when the kernel will not say. */
bool udp_fd_host_has(const struct endpoint *at);

#endif
