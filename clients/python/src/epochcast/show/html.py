"""Cards for notebooks: plain HTML with a small drawing, no script, everything from outside escaped."""

import html
from collections.abc import Iterable, Sequence
from typing import Optional

# Colours that are told from each other on white and on black, by the colour-blind too.
COLOURS = ("#3b7dd8", "#d9822b", "#2a9d6f", "#b455a8", "#8a8f00", "#c44e52", "#4aa3b8", "#8c6d5a", "#777777")
_CELL = "padding:.15em .8em;text-align:"
MAX_ROWS = 30
# A cell of more letters than this may take several lines.
LONG = 60


def escape(value: object) -> str:
    """`value` as text within HTML, also within an attribute."""
    return html.escape("" if value is None else str(value), quote=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns of figures stand to the right."""
    every = [["" if cell is None else str(cell) for cell in row] for row in rows]
    sides = ["right" if all(_is_figure(row[at]) for row in every) else "left" for at in range(len(head))]

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(f'<{tag} style="{_style(cell, side)}">{escape(cell)}</{tag}>' for cell, side in zip(row, sides))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in every[:MAX_ROWS])
    more = f"<p>and {len(every) - MAX_ROWS:,} more, in .df</p>" if len(every) > MAX_ROWS else ""
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>{more}"


def _style(cell: str, side: str) -> str:
    width = "min-width:24em" if len(cell) > LONG else "white-space:nowrap"
    return f"{_CELL}{side};{width}"


def _is_figure(text: str) -> bool:
    return not text or text.lstrip("-")[:1].isdigit()


def notes(lines: Iterable[str]) -> str:
    """Warnings, one a line, each of them once."""
    return "".join(sentence(f"⚠ {line}") for line in dict.fromkeys(lines))


def sentence(text: object) -> str:
    """A line of text."""
    return f'<p style="margin:.2em 0">{escape(text)}</p>'


def card(title: object, parts: Iterable[str], url: Optional[str] = None) -> str:
    """Parts, which are HTML already, below a title and above a link."""
    link = ""
    if url and url.startswith(("http://", "https://")):
        link = f'<p style="margin:.2em 0"><a href="{escape(url)}" rel="noopener">see it in the browser</a></p>'
    return (
        '<div class="epochcast" style="border:1px solid #8886;border-radius:6px;padding:.6em 1em;'
        'display:inline-block;max-width:100%;overflow-x:auto">'
        f"<strong>{escape(title)}</strong>{''.join(parts)}{link}</div>"
    )


def svg(width: float, height: float, sentence: str, body: str) -> str:
    """A drawing that `sentence` describes to those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(sentence)}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'style="max-width:100%;display:block" font-family="sans-serif" font-size="11" fill="currentColor">'
        f"<title>{escape(sentence)}</title>{body}</svg>"
    )


def words(x: float, y: float, text: object, anchor: str = "start") -> str:
    """Text in a drawing."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
