"""The command `chainrule`: release, collect, grade, feedback, report, leaderboard, audit, calibrate, doctor, demo...

Exit codes: 0 all is well, 1 some submission could not be read, 2 wrong usage or an unusable course, 3 the sandbox
cannot run here, 4 the grader itself failed on something, 130 and 143 stopped by Ctrl-C and by SIGTERM. Heavy imports
wait until a verb needs them.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

import click

from ..errors import ChainruleError
from .classwork import collect, feedback, leaderboard, report
from .grading import grade, release
from .looking import cache, changes, doctor, trail
from .making import demo, pages
from .measuring import audit, calibrate

__all__ = ["main"]


class Verbs(click.Group):
    """Suggests the nearest verb, lists verbs in the order of work, and turns our errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], self.commands, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChainruleError as error:
            click.echo(f"chainrule: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--course",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder; by default the nearest one upwards that holds nbgrader_config.py.",
)
@click.version_option(package_name="chainrule")
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """Chainrule: generate releases, grade submissions in a sandbox, write feedback and reports."""
    # jsonschema, which nbformat imports, would build a grammar for a format (IRI) that no notebook's schema has: 2 s.
    sys.modules.setdefault("rfc3987_syntax", None)
    ctx.obj = root


# In the order of work, which is the order of `chainrule --help`.
for verb in (release, collect, grade, trail, changes, feedback, report, leaderboard, audit, calibrate, pages, cache,
             doctor, demo):  # fmt: skip
    main.add_command(verb)
