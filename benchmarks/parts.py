"""Where a graded submission's time goes, in one warm worker and in the coordinator."""

from __future__ import annotations

import time

from autograder.course import Assignment, Course
from autograder.pipeline.grade_one import Task, grade_submission, merge_all
from autograder.pipeline.record import record
from autograder.pipeline.workers import close_sandboxes


def parts(course: Course, assignment: Assignment, tasks: list[Task]) -> dict[str, float]:
    """Seconds a submission: wall ones of set-up, cells and checks; CPU of sandbox, worker and recording."""
    grade_submission(tasks[0])
    started, own = time.perf_counter(), time.process_time()
    results = [grade_submission(task) for task in tasks]
    wall, own = time.perf_counter() - started, time.process_time() - own
    close_sandboxes()
    notebooks = {task.student: merge_all(task).notebooks for task in tasks}
    before = time.process_time()
    record(course, assignment, results, notebooks)
    recording = time.process_time() - before
    share = {
        name: sum(item.resources[name] for item in results) / len(results)
        for name in ("cells_seconds", "checks_seconds", "cpu_seconds")
    }
    return {
        "setup_wall": wall / len(tasks) - share["cells_seconds"] - share["checks_seconds"],
        "cells_wall": share["cells_seconds"],
        "checks_wall": share["checks_seconds"],
        "sandbox_cpu": share["cpu_seconds"],
        "grader_cpu": own / len(tasks),
        "recording_cpu": recording / len(tasks),
    }
