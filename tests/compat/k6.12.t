#!/bin/sh
# SPDX-License-Identifier: MIT
# bcc's own tools and examples, on Debian's 6.12 kernel.
exec "$(dirname "$0")/check" 6.12
