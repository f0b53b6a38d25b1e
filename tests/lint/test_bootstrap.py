"""scripts/bootstrap names, installs or refuses; dpkg-query, apt-get, sudo and id are stand-ins."""

import os
import shutil
import subprocess

import pytest

DPKG_QUERY = """#!/bin/sh
for name; do
  case $name in
    -*) ;;
    *) case " $ABSENT " in
         *" $name "*) echo "no packages found matching $name" >&2 ;;
         *) [ -e "$STATE/$name" ] && continue; echo "$name=installed" ;;
       esac ;;
  esac
done
exit 1
"""
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND: $*" >> "$STATE/apt.log"
read -r line && echo "stdin: $line" >> "$STATE/apt.log"
case "$*" in *" install "*) echo 'E: no such mirror'; exit "${APT_STATUS:-0}" ;; esac
"""
SUDO = """#!/bin/sh
[ "$SUDO" = free ] || { echo 'a password is required' >&2; exit 1; }
shift
exec "$@"
"""


class Machine:
    """A PATH in which the package tools are stand-ins that write down how they were called."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.tools = folder / "bin"
        self.tools.mkdir()
        for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET)):
            self.add(name, text)
        (folder / "os-release").write_text("ID=debian\n")
        self.user(0)

    def add(self, name, text):
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def can_build(self):
        """Whatever the machine has of compilers and the like, here they are, and succeed."""
        for name in ("g++", "cmake", "ninja"):
            self.add(name, "#!/bin/sh\nexit 0\n")

    def user(self, uid):
        self.add("id", f"#!/bin/sh\necho {uid}\n")

    def bootstrap(self, *parts, **variables):
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "STATE": str(self.folder),
            "ABSENT": "",
            "CONVOY_OS_RELEASE": str(self.folder / "os-release"),
            **variables,
        }
        return subprocess.run(
            [str(self.root / "scripts" / "bootstrap"), *parts],
            env=environment,
            input="an answer\n",
            capture_output=True,
            text=True,
            timeout=600,
        )

    @property
    def apt_calls(self):
        log = self.folder / "apt.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def machine(root, tmp_path):
    return Machine(root, tmp_path)


def test_nothing_missing_is_silent(machine):
    ended = machine.bootstrap("check")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert machine.apt_calls == []


def test_missing_packages_are_named_with_reasons_and_installed(machine):
    ended = machine.bootstrap("build", ABSENT="libfmt-dev ninja-build")
    assert ended.returncode == 0
    assert ended.stdout == ""
    assert "libfmt-dev: text (fmt)" in ended.stderr
    assert "ninja-build: building" in ended.stderr
    install = machine.apt_calls[-1]
    assert install.startswith("noninteractive: ")
    assert "-y" in install.split()
    assert install.endswith("install --no-install-recommends ninja-build libfmt-dev")


def test_apt_never_reads_the_callers_stdin(machine):
    machine.bootstrap("build", ABSENT="libfmt-dev")
    assert not [call for call in machine.apt_calls if call.startswith("stdin")]


def test_no_install_names_the_line_and_exits_2(machine):
    ended = machine.bootstrap("build", ABSENT="cmake libfmt-dev", CONVOY_NO_INSTALL="1")
    assert ended.returncode == 2
    assert "  apt-get install -y --no-install-recommends cmake libfmt-dev\n" in ended.stderr
    assert "CONVOY_NO_INSTALL=1" in ended.stderr
    assert machine.apt_calls == []


def test_no_install_with_nothing_missing_is_fine(machine):
    assert machine.bootstrap("build", CONVOY_NO_INSTALL="1").returncode == 0


def test_a_user_goes_through_sudo(machine):
    machine.user(1000)
    machine.add("sudo", SUDO)
    assert machine.bootstrap("build", ABSENT="cmake", SUDO="free").returncode == 0
    assert machine.apt_calls[-1].startswith("noninteractive: ")


def test_sudo_that_wants_a_password_is_refused(machine):
    machine.user(1000)
    machine.add("sudo", SUDO)
    ended = machine.bootstrap("build", ABSENT="cmake", SUDO="asks")
    assert ended.returncode == 2
    assert "  sudo apt-get install -y --no-install-recommends cmake\n" in ended.stderr
    assert machine.apt_calls == []


def test_neither_root_nor_sudo(machine):
    machine.user(1000)
    for name in ("sed", "mktemp", "env", "find", "head", "sh", "tail", "rm"):
        (machine.tools / name).symlink_to(shutil.which(name))
    ended = machine.bootstrap("build", ABSENT="cmake", PATH=str(machine.tools))
    assert ended.returncode == 2
    assert "there is no sudo" in ended.stderr
    assert "sudo apt-get install -y --no-install-recommends cmake" in ended.stderr


def test_a_failing_apt_is_tried_after_an_update_and_then_told(machine):
    ended = machine.bootstrap("build", ABSENT="cmake", APT_STATUS="100")
    assert ended.returncode == 2
    assert sum(call.endswith("update") for call in machine.apt_calls) == 1
    assert "E: no such mirror" in ended.stderr
    assert "  apt-get install -y --no-install-recommends cmake\n" in ended.stderr


@pytest.mark.parametrize("release", ["ID=fedora\n", 'ID=arch\nID_LIKE="artix"\n', ""])
def test_off_debian_it_installs_nothing(machine, release):
    (machine.folder / "os-release").write_text(release)
    machine.add("pkg-config", '#!/bin/sh\n[ "$2" != fmt ]\n')
    machine.can_build()
    ended = machine.bootstrap("build", ABSENT="cmake")
    assert ended.returncode == 2
    assert "not Debian" in ended.stderr
    assert "libfmt-dev: text (fmt)" in ended.stderr
    assert "cmake:" not in ended.stderr, "what is there by another way is not missing"
    assert machine.apt_calls == []


def test_off_debian_all_tools_there_is_fine(machine):
    (machine.folder / "os-release").write_text("ID=fedora\n")
    machine.add("pkg-config", "#!/bin/sh\nexit 0\n")
    machine.can_build()
    assert machine.bootstrap("build").returncode == 0


@pytest.mark.parametrize(
    "release", ["ID=ubuntu\nID_LIKE=debian\n", 'ID=mint\nID_LIKE="ubuntu debian"\n']
)
def test_what_is_made_from_debian_counts_as_debian(machine, release):
    (machine.folder / "os-release").write_text(release)
    assert machine.bootstrap("build", ABSENT="cmake").returncode == 0
    assert machine.apt_calls[-1].endswith(" cmake")


@pytest.mark.parametrize("parts", [(), ("nonsense",)])
def test_bad_usage_exits_2_and_names_the_parts(machine, parts):
    ended = machine.bootstrap(*parts)
    assert ended.returncode == 2
    assert "usage: scripts/bootstrap PART" in ended.stderr
