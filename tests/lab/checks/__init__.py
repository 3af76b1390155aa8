# SPDX-License-Identifier: BSD-2-Clause
"""The lab tests itself: what the line and the topologies say against what the kernel says."""
