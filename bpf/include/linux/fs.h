/* SPDX-License-Identifier: MIT OR GPL-2.0 */
#pragma once
#include <linux/stat.h>
