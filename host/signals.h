/* SPDX-License-Identifier: MIT */
#ifndef LT_SIGNALS_H
#define LT_SIGNALS_H
#include <stdbool.h>
#include <stdint.h>

/* Whether lt_signal_take() has something to give. */
bool lt_signal_pending(void);

/* `call`, which may do what signal handlers may, is called by each SIGINT and SIGTERM. A second SIGINT does not end the
 * process then, and lt_interrupt_clear() leaves a SIGTERM. NULL: as before. */
void lt_signals_on_interrupt(void (*call)(void));
/* When the signal came that lt_interrupted() tells of. */
uint64_t lt_signals_first_time(void);
#endif
