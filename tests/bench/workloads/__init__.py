# SPDX-License-Identifier: MIT
"""One file a workload, or a family of them; each has a list WORKLOADS."""
