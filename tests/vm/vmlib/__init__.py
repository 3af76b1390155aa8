# SPDX-License-Identifier: BSD-2-Clause
"""Guests that run distribution kernels under QEMU, and what is done in them."""
