"""The grader's side of Chainrule: checks, sandbox, pipeline. Students never see this package."""

ENGINE_VERSION = "1"
