"""Real interpreters: found, asked what they are, and matched with the lock made after theirs."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..core.interpreters import kind_of, read_line
from ..core.processes import ProcessFailed, output

# -------------------------------------------------------------------------------------------------
# OCaml's probe, which has to be compiled first: to native code, or else to bytecode.

COMPILERS = (("ocamlopt", "cmxa"), ("ocamlc", "cma"))
COMPILING_S = 120.0


def compile_probe(ocaml: Path, source: Path, folder: Path) -> Path:
    """The probe as a program in `folder`, made by the compilers beside `ocaml`."""
    reasons = []
    for name, library in COMPILERS:
        compiler = beside(ocaml, name)
        if compiler is None:
            reasons.append(f"there is no {name} in the same folder")
            continue
        place = Path(tempfile.mkdtemp(dir=folder))
        shutil.copy(source, place)  # the compilers write beside the source
        program = place / "probe"
        libraries = [f"unix.{library}", f"threads.{library}"]
        # Folders of these libraries in 5.x and in all versions; one that is not there is no error.
        paths = ["-I", "+unix", "-I", "+threads"]
        words = [str(compiler), *paths, *libraries, "-o", str(program), str(place / source.name)]
        try:
            output(words, COMPILING_S)
            return program
        except ProcessFailed as failure:
            reasons.append(f"{name}: {failure}")
    raise ProcessFailed(f"the probe cannot be compiled: {'; '.join(reasons)}")


def beside(ocaml: Path, name: str) -> Path | None:
    for folder in (ocaml.parent, ocaml.resolve().parent):
        if (folder / name).is_file():
            return folder / name
    return None


# -------------------------------------------------------------------------------------------------
# Real interpreters: found, asked what they are, and matched with the lock made after theirs.

PROBES = Path(__file__).resolve().parent / "probes"
SEARCHED = ("python3", "python2", "pypy3", "ruby", "ocaml")
ASKING_S = 20.0


@dataclass(frozen=True)
class Interpreter:
    """One that answered: `command` is what a probe's name and settings are appended to."""

    path: Path
    kind: str
    command: tuple[str, ...]
    about: dict[str, Any]

    @property
    def implementation(self) -> str:
        return str(self.about["implementation"])

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", str(self.about["version"])))

    @property
    def gil(self) -> bool:
        return bool(self.about["gil"])

    @property
    def label(self) -> str:
        name = self.implementation.capitalize() if self.kind == "ruby" else self.implementation
        free = "t" if self.about.get("free_threaded") else ""
        state = "" if self.gil else " without GIL"
        return f"{name} {self.about['version']}{free}{state}"

    @property
    def has_interval(self) -> bool:
        """Whether its lock has a switch interval in time that a program can set."""
        return self.implementation == "CPython" and self.gil and self.version >= (3, 2)

    @property
    def policy(self) -> Optional[str]:
        """The policy made after its lock; None if there is none."""
        return policy_of(self.implementation, self.version, self.gil)


def policy_of(implementation: str, version: tuple[int, ...], gil: bool) -> Optional[str]:
    if implementation == "CPython":
        if not gil:
            return "cpython_ft"
        if version >= (3, 13):
            return "cpython313"
        return "cpython32" if version >= (3, 2) else "cpython27"
    if implementation == "PyPy":
        return "pypy"
    if implementation == "ruby":
        if version >= (3, 3):
            return "ruby_mn"
        return "ruby_legacy" if version >= (2, 6) else None
    if implementation == "OCaml":
        # From 4.09 on, and in each domain of 5.x, who yields cannot be the next to get the lock.
        return "ocaml4:yield=new" if version >= (4, 9) else "ocaml4:yield=old"
    return None if gil else "none"


def ask(path: Path, folder: Path, limit_s: float = ASKING_S) -> Interpreter:
    """Makes it say what it is; `folder` takes what must be compiled. Raises ProcessFailed."""
    kind = kind_of(path)
    if kind == "ocaml":
        command: tuple[str, ...] = (str(compile_probe(path, PROBES / "probe.ml", folder)),)
    else:
        command = (str(path), str(PROBES / {"python": "probe.py", "ruby": "probe.rb"}[kind]))
    about = read_line(output([*command, "about"], limit_s))
    if not isinstance(about.get("implementation"), str) or not isinstance(about.get("gil"), bool):
        raise ProcessFailed("it does not report what it is")
    if not re.match(r"\d+\.\d+", str(about.get("version"))):
        raise ProcessFailed(f"it reports {about.get('version')!r} as its version")
    return Interpreter(path, kind, command, about)


def distinct(found: Sequence[Interpreter]) -> list[Interpreter]:
    """Each program once, though several names and links lead to it."""
    known: dict[str, Interpreter] = {}
    for interpreter in found:
        real = interpreter.about.get("executable") or interpreter.path
        known.setdefault(os.path.realpath(str(real)), interpreter)
    return list(known.values())
