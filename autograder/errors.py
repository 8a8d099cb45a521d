"""The exceptions of the instructor's side, each with the exit code of the command that ends with it.

Exit codes: 0 fine; 1 done, but some submissions could not be graded; 2 a mistake in the command line or in
the course; 3 the sandbox cannot run here; 4 the grader broke. A student never loses points to 3 or 4.
"""


class ChainruleError(Exception):
    """Base of all: the message says what was tried, found and expected, and what to do."""

    exit_code = 2


class CourseError(ChainruleError):
    """The course's folders, notebooks or settings are not usable."""


class SubmissionError(ChainruleError):
    """A submission cannot be read."""

    exit_code = 1


class SandboxError(ChainruleError):
    """The sandbox cannot run here, or did not hold."""

    exit_code = 3


class GraderError(ChainruleError):
    """The grader itself failed."""

    exit_code = 4
