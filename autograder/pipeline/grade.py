"""Grade an assignment: find submissions, skip what is graded already, run the rest on workers, record.

Only the coordinator writes: result files, then the trail, then the gradebook. A result file is written as soon as its
submission is graded, and counts when the trail says so; a killed run goes on where it was.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..course import Assignment, Course
from ..errors import ChainruleError, CourseError, GraderError
from ..files import clean_up
from ..model import SubmissionResult, Verdict
from .alone import alone
from .changes import compare
from .grade_one import grade_submission
from .ledger import Ledger
from .report import ClassSummary
from .results import EARLIER, RESERVED, Results, read_result, read_vouched, result_path, write_result
from .stopping import Stopped, stoppable
from .submissions import find_submissions
from .suite import Suite, load_suite
from .trail import Trail
from .waiting import Waiting, broken, waiting_for
from .workers import Workers, on_workers

RECORD_EVERY = 20
# A run that was killed between file and trail leaves one, and so does a person who edits one.
UNVOUCHED = "the result file was not one that the trail knows"


@dataclass
class Batch:
    """What `grade` did: results in the order of student ids, read from their files when they are asked for; what the
    table shows of them; how many were graded now, how many before."""

    results: Results
    summary: ClassSummary = field(default_factory=ClassSummary)
    graded: int = 0
    skipped: int = 0


def grade(
    course: Course,
    assignment: Assignment,
    students: list[str] | None = None,
    workers: int | Workers | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Grade submissions of `assignment` in sandboxes on `workers`: processes (default: one a core), or a Cluster.

    `progress(done, total)` is called as submissions finish. Raises CourseError when there is nothing to grade
    with, when another grader is at it, and when results or gradebook cannot be written; SandboxError when the sandbox
    cannot run or does not hold; GraderError when the audit trail does not hold; Stopped at SIGINT and SIGTERM.
    """
    suite = load_suite(course, assignment)
    tasks = [
        waiting_for(course, assignment, suite, student, submission)
        for student, submission in find_submissions(course, assignment, students)
    ]
    for task in tasks:
        if task.student in RESERVED:
            raise CourseError(
                f"a student is called {task.student!r}, which names a file of the grader's: rename the folder in "
                f"{course.submitted}, for example to {task.student}_."
            )
    workers = workers or os.cpu_count() or 1
    options = {
        "students": students or "all",
        "workers": workers if isinstance(workers, int) else str(workers),
        "force": force,
    }
    grader = _Grader(course, assignment, suite, tasks, progress or (lambda done, total: None))
    with stoppable():
        try:
            with alone(course, assignment):
                return grader.run(workers, force, options)
        except Stopped as error:
            grader.note("stopped", error)
            done = f"{grader.batch.graded} of {grader.total} submissions were graded and stay"
            raise Stopped(error.signal, f"{error}: {done}; run the same command again to go on") from None
        except ChainruleError as error:
            grader.note("refused", error)
            raise


class _Grader:
    """One batch: what is known, what is to do, and what is written when a submission is through."""

    def __init__(
        self,
        course: Course,
        assignment: Assignment,
        suite: Suite,
        tasks: list[Waiting],
        progress: Callable[[int, int], None],
    ):
        self.course, self.assignment, self.suite, self.progress = course, assignment, suite, progress
        self.tasks = {task.student: task for task in tasks}
        self.trail = Trail(course, assignment)
        self.batch = Batch(Results(course, assignment, sorted(self.tasks)))
        self.total = 0
        self._unvouched: set[str] = set()
        self._unrecorded: list[str] = []

    def run(self, workers: int | Workers, force: bool, options: dict[str, object]) -> Batch:
        self.trail.mend()
        vouched = {student: line.details["result"] for student, line in self.trail.graded().items()}
        ledger = Ledger(self.course, self.assignment, self.trail)
        todo = self._todo(vouched, force, ledger)
        self.total = len(todo)
        self.trail.append(
            "batch started",
            **options, user=_user(), process=os.getpid(), to_grade=len(todo), known=self.batch.skipped,
            suite=self.suite.parts,
        )  # fmt: skip
        self._clean_up()
        for student in sorted(self._unvouched):
            self.trail.append("repaired", student, what=f"{UNVOUCHED}: it is graded again")
        if todo:
            # It takes more than a second, in which the workers start.
            threading.Thread(target=importlib.import_module, args=("nbgrader.api",), daemon=True).start()
        fresh: list[SubmissionResult] = []
        self.progress(0, len(todo))
        results = on_workers(grade_submission, todo, self.suite, workers, broken, self._notice)
        with contextlib.closing(results):
            for result in results:
                self._write(result)
                fresh.append(result)
                self.progress(self.batch.graded, len(todo))
                if len(fresh) >= RECORD_EVERY:
                    self._record(ledger, fresh)
                    fresh = []
        self._unrecorded += [result.student for result in fresh]
        self._record_the_rest(ledger)
        self.batch.summary.rows.sort(key=lambda row: row.student)
        return self.batch

    def _notice(self, line: str) -> None:
        self.trail.append("noticed", what=line)

    def note(self, event: str, error: ChainruleError) -> None:
        """Say in the trail why a batch ended early; where the trail itself is the reason, nothing can be said."""
        with contextlib.suppress(ChainruleError):
            self.trail.append(event, reason=str(error)[:1000])

    def _todo(self, vouched: dict[str, str], force: bool, ledger: Ledger) -> list[Waiting]:
        """What has no result of its key that the trail vouches for; the others' results are known.

        A result of another key goes along with its task: some of it may still hold.
        """
        todo = []
        for task in self.tasks.values():
            known = read_vouched(self.course, self.assignment, task.student, vouched.get(task.student))
            if known is None and result_path(self.course, self.assignment, task.student).exists():
                self._unvouched.add(task.student)
            if known is None or force:
                todo.append(task)
            elif known.key != task.key:
                todo.append(replace(task, earlier=vouched[task.student]))
            else:
                self.batch.summary.add(known)
                self.batch.skipped += 1
                if not ledger.has(known):
                    self._unrecorded.append(task.student)
        return todo

    def _write(self, result: SubmissionResult) -> None:
        """The result file, then the line of the trail that makes it count."""
        earlier = read_result(self.course, self.assignment, result.student)
        try:
            digest = write_result(self.course, self.assignment, result)
        except OSError as error:
            raise CourseError(
                f"the result of {result.student} could not be written ({error.strerror}): make room in "
                f"{self.course.results}, then run the same command again; what is graded stays."
            ) from error
        details = {"score": result.score, "max_score": result.max_score, "key": result.key, "result": digest}
        details |= {"exercises": len(result.exercises), "reused": result.resources.get("reused", 0)}
        broken = [item.id for item in result.exercises if item.verdict is Verdict.BROKEN]
        if earlier is not None:
            change = compare(earlier, result)
            why = [UNVOUCHED] if result.student in self._unvouched else change.why
            details |= {"before": earlier.score, "changes": change.scores, "why": why}
        if broken:
            details |= {"broken": broken, "flags": result.flags[:20]}
        event = "broken" if broken else "graded" if earlier is None else "regraded"
        self.trail.append(event, result.student, **details)
        self.batch.summary.add(result)
        self.batch.graded += 1

    def _record(self, ledger: Ledger, results: list[SubmissionResult]) -> None:
        """Some of a batch on the way; what cannot be recorded now is tried once more at the end."""
        try:
            ledger.record(results, self.tasks)
        except (CourseError, GraderError):
            self._unrecorded += [result.student for result in results]

    def _record_the_rest(self, ledger: Ledger) -> None:
        """What is not in the gradebook yet, some at a time. What fails by our own fault is said after the others."""
        failed = []
        for start in range(0, len(self._unrecorded), RECORD_EVERY):
            some = self._unrecorded[start : start + RECORD_EVERY]
            try:
                ledger.record(list(Results(self.course, self.assignment, some)), self.tasks)
            except GraderError as error:
                failed.append(str(error))
        if failed:
            raise GraderError("; ".join(failed))

    def _clean_up(self) -> None:
        """Drafts that a killed run left beside the files that it was to replace."""
        results = self.course.results / self.assignment.name
        autograded = (self.course.autograded / student / self.assignment.name for student in self.tasks)
        removed = clean_up([results, *(results / EARLIER).glob("*"), *autograded])
        if removed:
            self.trail.append(
                "repaired", what="drafts of a run that was killed were removed", count=len(removed)
            )


def _user() -> str:
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return f"uid {os.getuid()}"
