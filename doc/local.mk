# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/life.md
EXTRA_DIST += doc/removal.md doc/removal.svg
EXTRA_DIST += doc/statement.md
EXTRA_DIST += doc/capture.md doc/descriptor.md doc/exit_stack.md doc/file.md
EXTRA_DIST += doc/lock.md doc/memory.md doc/process.md
