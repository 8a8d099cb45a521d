"""From source notebooks to releases, and from submissions to grades, feedback and reports."""
