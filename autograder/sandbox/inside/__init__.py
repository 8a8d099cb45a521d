"""Everything that runs inside the sandbox. It knows no check, no solution and no score.

Inside, this folder is mounted as the package `inside`; the grader imports `codec` and `objects` from it.
"""
