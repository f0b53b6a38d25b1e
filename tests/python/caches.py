"""What the programs that tests start need not make anew each time: byte code, the list of fonts.

As a program it fills both; `fill` calls that where the sources have changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import io
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from built import BUILD, ROOT

HERE = Path(__file__).resolve().parent
FOLDER = BUILD / "test-caches"
BYTECODE, FONTS = FOLDER / "bytecode", FOLDER / "matplotlib"
# Who reads the caches writes none of them: what a test makes up for itself is not kept.
VARIABLES = {
    "PYTHONPYCACHEPREFIX": str(BYTECODE),
    "PYTHONDONTWRITEBYTECODE": "1",
    "MPLCONFIGDIR": str(FONTS),
}


def sources() -> Iterator[Path]:
    """The modules that children of tests import: Convoy's own, and those of the stand-ins."""
    yield from (ROOT / "scripts").rglob("*.py")
    yield from (path for path in HERE.glob("*.py") if not path.name.startswith("test_"))


def fill() -> None:
    """Fills the caches, once for each state of the sources; waits for another one that does.

    Where that fails, children make what they lack for themselves, as they would anyway.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        filled, now = FOLDER / "filled", state()
        if filled.exists() and filled.read_text("ascii") == now:
            return
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        kept |= {key: value for key, value in VARIABLES.items() if key != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            ["/usr/bin/python3", str(Path(__file__).resolve())], env=kept, cwd=FOLDER,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
        if done.returncode == 0:
            filled.write_text(now, "ascii")


def state() -> str:
    told = hashlib.sha256(sys.version.encode())
    drawing = importlib.util.find_spec("matplotlib")
    library = [Path(drawing.origin)] if drawing and drawing.origin else []
    for path in [*sorted(sources()), *library]:
        seen = path.stat()
        told.update(f"{path}\0{seen.st_mtime_ns}\0{seen.st_size}\0".encode())
    return told.hexdigest()


def main() -> None:
    import compileall
    from py_compile import PycInvalidationMode

    # By their content, for a source may be written twice within the second that a file's age has.
    for path in sources():
        compileall.compile_file(
            path, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH, force=True
        )
    # What is imported besides, Python's own modules for the most part, it keeps by itself.
    sys.path.insert(0, str(ROOT / "scripts"))
    import convoy_cli

    for module in pkgutil.walk_packages(convoy_cli.__path__, "convoy_cli."):
        with suppress(Exception):
            importlib.import_module(module.name)
    with suppress(ImportError):
        from matplotlib.figure import Figure

        for kind in ("png", "svg"):
            Figure().savefig(io.BytesIO(), format=kind)


if __name__ == "__main__":
    main()
