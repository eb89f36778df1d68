/* SPDX-License-Identifier: MIT
 *
 * What lt_wait() waits for.
 */
#ifndef LT_TRACE_WAIT_H
#define LT_TRACE_WAIT_H
#include <stdint.h>

struct lt_output;

/* An output's latency limits each wait while it is open. */
void lt_wait_add(struct lt_output *output);
void lt_wait_remove(struct lt_output *output);

/* A sweep found a record. */
void lt_wait_had_record(void);

/* A descriptor whose `events` (EPOLLIN, ...) end a wait. */
int lt_wait_add_fd(int fd, uint32_t events);
/* Before the descriptor is closed: something else may keep what stands behind it alive. Harmless if it is not there. */
void lt_wait_remove_fd(int fd);

/* Rings are edge-triggered: a level would be up for every unread record, however few, and end every wait at once. */
#define LT_WAIT_RING (EPOLLIN | EPOLLET)
#endif
