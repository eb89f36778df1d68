/* SPDX-License-Identifier: MIT */
#ifndef LT_SIGNALS_H
#define LT_SIGNALS_H
#include <stdbool.h>

/* Whether lt_signal_take() has something to give. */
bool lt_signal_pending(void);
#endif
