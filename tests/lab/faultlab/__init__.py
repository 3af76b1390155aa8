# SPDX-License-Identifier: BSD-2-Clause
"""The lab: hosts, switches, gateways and lines in network namespaces, built from a description.

Needs root, Python 3.11 and iproute2, and the program build/tests/lab/line.
"""
