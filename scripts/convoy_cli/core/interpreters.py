"""Interpreters that users name: where they are, and what their probes print."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import UsageError
from .processes import ProcessFailed

KINDS = {"py": "python", "ruby": "ruby", "ocaml": "ocaml"}


def kind_of(path: Path) -> str:
    """Which language's probes it runs, told from its name, or from where a link leads."""
    for name in (path.name, path.resolve().name):
        for word, kind in KINDS.items():
            if word in name.lower():
                return kind
    raise UsageError(
        f"--interpreter {path}: its name contains none of python, pypy, ruby and ocaml. Name one "
        f"that does, or make a link: `ln -s {path} /tmp/python3`."
    )


def named(text: str) -> Path:
    """The program that --interpreter names: a path, or a command on the PATH."""
    if not text:
        raise UsageError("--interpreter '': name a program, as in --interpreter /usr/bin/python3.")
    found = text if os.sep in text else shutil.which(text)
    if found is None:
        raise UsageError(
            f"--interpreter {text}: no such command on the PATH. Write its path, or `sudo apt-get "
            f"install {text}` if Debian has it."
        )
    path = Path(found).absolute()
    if not path.exists():
        raise UsageError(f"--interpreter {text}: no such file. Check the path.")
    if path.is_dir():
        raise UsageError(f"--interpreter {text} is a folder. Name the program in it.")
    if not os.access(path, os.X_OK):
        raise UsageError(
            f"--interpreter {text} is not executable. Name another, or `chmod +x {path}`."
        )
    kind_of(path)
    return path


def candidates(name: str) -> Iterator[Path]:
    """Where a command is: the system's first, then along the PATH."""
    for folder in ["/usr/bin", *os.environ.get("PATH", "").split(os.pathsep)]:
        path = Path(folder or ".") / name
        if path.is_file() and os.access(path, os.X_OK):
            yield path.absolute()


def read_line(text: str) -> dict[str, Any]:
    """The one line of JSON that a probe prints."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        first = text.strip().partition("\n")[0]
        shown = "".join(letter for letter in first if letter.isprintable())[:60]
        what = f"printed {shown!r}" if shown else "printed nothing"
        raise ProcessFailed(f"it {what} instead of a line of JSON") from error
    if not isinstance(found, dict):
        raise ProcessFailed("it printed JSON that is not an object")
    return found
