# SPDX-License-Identifier: MIT
EXTRA_DIST += tools/check-with
