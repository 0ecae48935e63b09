"""Reads `Example:` of a docstring as `Examples:`, which griffe knows as a section and shows as code."""

from __future__ import annotations

from typing import Any

from griffe import Extension, GriffeLoader, Object


class Examples(Extension):
    """Without this what an example prints would be read as Markdown."""

    def on_object(self, *, obj: Object, loader: GriffeLoader, **_: Any) -> None:  # noqa: ARG002
        """Rename the section of one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = obj.docstring.value.replace("Example:\n", "Examples:\n")
