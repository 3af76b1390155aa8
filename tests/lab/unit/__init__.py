# SPDX-License-Identifier: BSD-2-Clause
"""Tests of what the lab computes, and of its programs on their own."""
