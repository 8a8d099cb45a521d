"""What keeps a spreadsheet from taking a student's text for a formula."""

from __future__ import annotations


def harmless(text: str) -> str:
    """Text that a spreadsheet takes for text: an apostrophe goes before = + - @ and their wide forms.

    >>> harmless("=1+1"), harmless("Ada")
    ("'=1+1", 'Ada')
    """
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(tuple("=+-@＝＋－＠|%")) else line
