# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/life.md
EXTRA_DIST += doc/statement.md
