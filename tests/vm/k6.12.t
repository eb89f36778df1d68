#!/bin/sh
# SPDX-License-Identifier: MIT
# Cases of this folder, and those of this machine's kernel, in a guest with Debian's 6.12 kernel.
exec "$(dirname "$0")/in-guest" 6.12 --folder tests/vm/cases --folder tests/live --folder tests/tools "$@"
