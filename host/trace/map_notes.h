/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_MAP_NOTES_H
#define LT_TRACE_MAP_NOTES_H
#include "object.h"

/* Fills in what the text notes of its maps: pin_path, inner, external, exported. 0 or -ENOMEM. */
int lt_map_notes_read(lt_object *object);

#endif
