"""Numbers that a file has as words."""

from __future__ import annotations

import re


def written_out(value: object) -> str:
    """How a number is written that stands with commas, as a percentage or with a unit; nothing of any other value."""
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return f" without commas: {text.replace(',', '')}"
    if match := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?%", text):
        return f", a share of 1: {float(match[1]) / 100:g}"
    if re.match(r"[$€]\s*\d|[-+]?\d[\d.,]*\s*[A-Za-z$€]", text):
        return " alone, without its unit"
    return ""
