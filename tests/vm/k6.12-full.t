#!/bin/sh
# SPDX-License-Identifier: MIT
# Cases for a kernel that preempts everywhere: only there a BPF program of a preemptible kind interrupts itself.
exec "$(dirname "$0")/in-guest" 6.12 --name 6.12-full --append preempt=full --folder tests/vm/cases/full "$@"
