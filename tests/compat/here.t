#!/bin/sh
# SPDX-License-Identifier: MIT
# bcc's own tools and examples, on this machine's kernel.
exec "$(dirname "$0")/check" here
