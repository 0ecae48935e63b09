"""Writes an instance to begin with: a commented folder that solves in seconds."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from optimizer.errors import OptionsError
from optimizer.folders import write_whole

TEMPLATES: dict[str, str] = {
    "minimal": "one commented file, everything in it invented: the one that the tutorial goes through",
    "starter": "22 facilities and 13 options from public figures, in a commented file and three tables",
}
"""What may be begun with -> what it is. The folders stand in `instances/`, and in the package once installed."""

_OTHER = re.compile(r"null|true|false|0x[0-9a-f]+|0o[0-7]+|[0-9]+e[0-9]+")
"""What YAML takes for something else than a word."""
NAME = re.compile(r"^name: (?P<name>\w+)(?P<rest> *)", re.MULTILINE)


def new(folder: Path | str, template: str = "minimal") -> Path:
    """Write an instance to begin with, whole or not at all. Its name is that of the folder, as far as ids allow.

    Args:
        folder: where; it is made, and may be there only if it is empty.
        template: `minimal`, one small commented file; or `starter`, a real chain in small.

    Returns:
        The folder, as every other call takes it.

    Raises:
        OptionsError: no template has that name, or the folder cannot be made there.

    Example:
        >>> import optimizer
        >>> folder = optimizer.new("my_chain")
        >>> instance = optimizer.load(folder)
        >>> instance.name, list(instance.markets)
        ('my_chain', ['programs', 'industry'])
    """
    if template not in TEMPLATES:
        raise OptionsError(f"there is no template '{template}'; there are {' and '.join(TEMPLATES)}")
    target = Path(folder).absolute()
    may_make(Path(folder), target)
    try:
        write_whole(target, lambda made: _fill(made, template, name_for(target, template)))
    except OSError as error:
        raise OptionsError(f"{folder} cannot be written: {error.strerror or error}") from error
    return Path(folder)


def name_for(folder: Path, template: str) -> str:
    """The name of an instance in a folder: that of the folder as an id, else that of the template."""
    words = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_")[:80]
    return words if re.search(r"[a-z]", words) and not _OTHER.fullmatch(words) else template


def may_make(given: Path, target: Path) -> None:
    """Raise OptionsError where a folder that is to be made is there and holds something, or is none."""
    if target.resolve() == Path.cwd().resolve():
        raise OptionsError(f"{given} is the folder you are in; name one that is to be made in it")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise OptionsError(f"{given} is there already and is no folder; name one that is to be made")
    if target.is_dir() and any(target.iterdir()):
        raise OptionsError(f"{given} is there already and holds something; name one that is to be made")


def _fill(made: Path, template: str, name: str) -> None:
    for file in sorted(shipped(template).iterdir()):
        if file.is_file() and file.suffix in (".yaml", ".csv"):
            shutil.copyfile(file, made / file.name)
    main = made / "instance.yaml"
    main.write_text(_named(main.read_text(encoding="utf-8"), name), encoding="utf-8", newline="\n")


def _named(text: str, name: str) -> str:
    """The text with another name, and what stands behind it in its column."""

    def line(match: re.Match[str]) -> str:
        space = len(match["name"]) + len(match["rest"]) - len(name)
        return f"name: {name}" + (" " * max(space, 1) if match["rest"] else "")

    return NAME.sub(line, text, count=1)


def shipped(name: str) -> Path:
    """A folder of `instances/` that comes with the package: in it where it is installed, beside it in the project."""
    package = Path(__file__).resolve().parent
    inside = package / "instances" / name
    return inside if inside.is_dir() else package.parent / "instances" / name
