"""OCaml's probe, which has to be compiled first: to native code, or else to bytecode."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .children import ChildFailed, run

COMPILERS = (("ocamlopt", "cmxa"), ("ocamlc", "cma"))
COMPILING_S = 120.0


def compile_probe(ocaml: Path, source: Path, folder: Path) -> Path:
    """The probe as a program in `folder`, made by the compilers beside `ocaml`."""
    reasons = []
    for name, library in COMPILERS:
        compiler = beside(ocaml, name)
        if compiler is None:
            reasons.append(f"there is no {name} beside it")
            continue
        place = Path(tempfile.mkdtemp(dir=folder))
        shutil.copy(source, place)  # the compilers write beside the source
        program = place / "probe"
        libraries = [f"unix.{library}", f"threads.{library}"]
        # Folders of these libraries in 5.x and in all versions; one that is not there is no error.
        paths = ["-I", "+unix", "-I", "+threads"]
        words = [str(compiler), *paths, *libraries, "-o", str(program), str(place / source.name)]
        try:
            run(words, COMPILING_S)
            return program
        except ChildFailed as failure:
            reasons.append(f"{name}: {failure}")
    raise ChildFailed(f"the probe cannot be compiled: {'; '.join(reasons)}")


def beside(ocaml: Path, name: str) -> Path | None:
    for folder in (ocaml.parent, ocaml.resolve().parent):
        if (folder / name).is_file():
            return folder / name
    return None
