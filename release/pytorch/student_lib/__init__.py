"""Chainrule's library for students: given functions, data, public checks, figures.

Import by name: `from student_lib import expect, four_clouds`, `from student_lib.nn import tanh`,
`from student_lib import plot`. Only `student_lib.plot` imports Matplotlib.
"""

from student_lib.budget import budget
from student_lib.data import four_clouds, standardise
from student_lib.expect import ExpectationFailed, expect

__all__ = ["ExpectationFailed", "budget", "expect", "four_clouds", "standardise"]
