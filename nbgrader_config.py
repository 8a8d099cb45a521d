"""Makes this folder a course of stock nbgrader: `nbgrader generate_assignment`, `formgrader` and the rest.

Nothing here imports nbgrader: `chainrule` reads this file too, and should start quickly.
"""

from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader and chainrule run this file with `get_config` defined)

ROOT = Path(__file__).resolve().parent
c.CourseDirectory.course_id = "chainrule"
c.CourseDirectory.root = str(ROOT)
# A PostgreSQL server works too (docs/postgres.md): postgresql+psycopg://user@host/gradebook
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'gradebook.db'}"
# A submission brings its copy of student_lib along; stock mode imports the installed one instead.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "student_lib"]

# nbgrader's own lists, with NamedStubs for ClearSolutions (a stub names its exercise), CheckMetadata for
# CheckCellMetadata (ids have a dot, as backprop.softmax) and RestoreCells for OverwriteCells.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "autograder.nbgrader_preprocessors.NamedStubs",
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader_preprocessors.CheckMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "autograder.nbgrader_preprocessors.CheckMetadata",
]
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "autograder.nbgrader_preprocessors.RestoreCells",
    "autograder.nbgrader_preprocessors.CheckMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.nbgrader_preprocessors.CheckMetadata",
]
c.ClearSolutions.text_stub = "*Write your answer here.*"

# Stock mode: a deleted graded cell comes back, and a cell that trains may take its time.
c.OverwriteCells.add_missing_cells = True
c.Execute.timeout = 90
c.LimitOutput.max_lines = 500
# Harmless lines on stderr, which would otherwise cost a graded cell its points.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "Matplotlib is building the font cache|IProgress not found"

# Formgrader and feedback show students' outputs in the instructor's browser.
c.HTMLExporter.sanitize_html = True
# Formgrader shows this very file's settings otherwise, a password in the gradebook's address among them.
c.FormgradeExtension.debug = False
# A name that is a formula stays a name in the spreadsheet.
c.ExportApp.plugin_class = "autograder.nbgrader_export.QuotedCsv"
