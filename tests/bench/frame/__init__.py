# SPDX-License-Identifier: MIT
"""What every workload uses."""
