# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/statement.md
