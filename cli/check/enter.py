"""Program that starts another one in namespaces of Linux.

`enter.py [--network] HOME READABLE... -- COMMAND`: the other program sees the readable folders,
cannot change them, and writes to HOME, which it finds at MWAA's place too, and to what ends with
it. It has no network unless it is given this machine's, sees no other process, sends no signal to
one, has no capability, and ends with this one, together with all that it starts. Its variables are
in a file beside HOME: given to this program, they could change what it does, since this one is not
contained. Where the kernel allows none of that, this one ends with NOT_CONTAINED and says why.

It imports nothing of ours, and needs no program of the machine.
https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

NOT_CONTAINED = 97
NEW_PROCESSES = 0x20000000
NEW_NAMESPACES = NEW_PROCESSES | 0x10000000 | 0x20000 | 0x08000000 | 0x04000000
"""Of processes, users, mounts, shared memory, host names."""
NEW_NETWORK, NETWORK = 0x40000000, "--network"
BIND, RECURSIVE, PRIVATE, NOSUID_NODEV, DETACH = 0x1000, 0x4000, 0x40000, 0x6, 0x2
AT_FDCWD, AT_RECURSIVE, READ_ONLY, SET_MOUNT_ATTRIBUTES = -100, 0x8000, 0x1, 442
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
PARENT_DEATH_SIGNAL, DROP_CAPABILITY, NO_NEW_PRIVILEGES = 1, 24, 38
LARGEST_CAPABILITY = 64
SYSTEM = ("usr", "etc", "bin", "sbin", "lib", "lib64")
WRITABLE = ("dev/shm", "tmp")
DEVICES = ("null", "zero", "random", "urandom")
SCRATCH_MEGABYTES = 256
LOCAL, ON_MWAA = Path("/usr/local"), "airflow"
"""MWAA's folder of Airflow is /usr/local/airflow."""
RESOLVER = Path("/etc/resolv.conf")
VARIABLES = "variables.json"

libc = ctypes.CDLL(None, use_errno=True)


class MountAttributes(ctypes.Structure):
    """The kernel's struct mount_attr."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def call(result: int, what: str) -> None:
    """Raises OSError where a call of the C library failed."""
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """Mounts; `kind` is empty for a bind."""
    made = libc.mount(
        source.encode(), str(target).encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()
    )
    call(made, f"mount {target}")


def build_root(root: Path, home: Path, readable: list[Path], *, network: bool) -> None:
    """Mounts a root with the system, the readable folders and the scratch folder."""
    call(libc.mount(None, b"/", None, ctypes.c_ulong(RECURSIVE | PRIVATE), None), "private mounts")
    mount("tmpfs", root, "tmpfs", NOSUID_NODEV, f"size={SCRATCH_MEGABYTES}m")
    for name in SYSTEM:
        if (path := Path("/", name)).is_symlink():
            (root / name).symlink_to(path.readlink())
        elif path.is_dir():
            bind(path, root)
    hide_private(root / "etc")
    has_place = show_local(root)
    for name in WRITABLE:
        (root / name).mkdir(parents=True)
        mount("tmpfs", root / name, "tmpfs", NOSUID_NODEV, f"size={SCRATCH_MEGABYTES}m")
    for name in DEVICES:
        (root / "dev" / name).touch()
        mount(f"/dev/{name}", root / "dev" / name, "", BIND)
    # Those folders may be below one of the writable ones.
    for path in readable:
        bind(path, root)
    if network:
        show_resolver(root)
    (root / "proc").mkdir()
    inside = root / home.relative_to("/")
    inside.mkdir(parents=True, exist_ok=True)
    change_attributes(root, MountAttributes(set=READ_ONLY), AT_RECURSIVE)
    for name in WRITABLE:
        change_attributes(root / name, MountAttributes(clear=READ_ONLY), 0)
    mount("proc", root / "proc", "proc", NOSUID_NODEV)
    mount(str(home), inside, "", BIND | RECURSIVE)
    if has_place:
        mount(str(home), root / LOCAL.relative_to("/") / ON_MWAA, "", BIND | RECURSIVE)


def show_local(root: Path) -> bool:
    """Shows what /usr/local has, with a folder where MWAA has its Airflow, unless it is a link."""
    inside = root / LOCAL.relative_to("/")
    if LOCAL.is_symlink() or not inside.is_dir():
        return False
    mount("tmpfs", inside, "tmpfs", NOSUID_NODEV, "size=1m")
    for path in sorted(LOCAL.iterdir()):
        if path.is_symlink():
            (inside / path.name).symlink_to(path.readlink())
        elif path.is_dir() and path.name != ON_MWAA:
            (inside / path.name).mkdir()
            mount(str(path), inside / path.name, "", BIND | RECURSIVE)
    (inside / ON_MWAA).mkdir()
    return True


def show_resolver(root: Path) -> None:
    """Shows the servers of names where the file of these is a link to elsewhere."""
    target = RESOLVER.resolve()
    inside = root / target.relative_to("/")
    if target.is_file() and not inside.exists():
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(target.read_bytes())


def hide_private(folder: Path) -> None:
    """Covers what not everybody may read, such as hashes of passwords: this user may be root."""
    for each in sorted(folder.iterdir()):
        mode = each.lstat().st_mode
        if stat.S_ISDIR(mode) and not mode & stat.S_IXOTH:
            mount("tmpfs", each, "tmpfs", NOSUID_NODEV, "size=4k")
        elif stat.S_ISDIR(mode):
            hide_private(each)
        elif stat.S_ISREG(mode) and not mode & stat.S_IROTH:
            mount("/dev/null", each, "", BIND)


def change_attributes(path: Path, attributes: MountAttributes, flags: int) -> None:
    """Changes a mount, and with AT_RECURSIVE all below."""
    changed = libc.syscall(
        *(SET_MOUNT_ATTRIBUTES, AT_FDCWD, str(path).encode(), flags),
        *(ctypes.byref(attributes), ctypes.sizeof(attributes)),
    )
    call(changed, f"mount attributes of {path}")


def bind(path: Path, root: Path) -> None:
    """Shows a folder at its own place below the new root."""
    target = root / path.relative_to("/")
    if target.exists():
        return  # it is in one that is shown
    target.mkdir(parents=True)
    mount(str(path), target, "", BIND | RECURSIVE)


def enter(root: Path) -> None:
    """Makes the new root the only one."""
    os.chdir(root)
    call(libc.syscall(PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    call(libc.umount2(b".", DETACH), "unmount")
    os.chdir("/")


def give_up_capabilities() -> None:
    """Leaves none to the program that is started next, nor a way to get any."""
    for capability in range(LARGEST_CAPABILITY):
        libc.prctl(DROP_CAPABILITY, capability, 0, 0, 0)  # beyond the last one it fails
    call(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")


def isolate(*, network: bool) -> None:
    """Enters new namespaces, in which this user is root."""
    user, group = os.getuid(), os.getgid()
    call(libc.unshare(NEW_NAMESPACES | (0 if network else NEW_NETWORK)), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def run_inside(home: Path, readable: list[Path], command: list[str], *, network: bool) -> None:
    """As the first process of the namespace: does not return unless it cannot be contained."""
    # A signal to its group would reach those outside.
    os.setsid()
    variables = json.loads(home.with_name(VARIABLES).read_text("utf-8"))
    root = home.with_name("root")
    root.mkdir(exist_ok=True)
    build_root(root, home, readable, network=network)
    enter(root)
    give_up_capabilities()
    os.chdir(home)
    os.execve(command[0], command, variables)  # noqa: S606 - the caller's command


def run_guarded(start: Callable[[], None]) -> None:
    """Runs it in a further namespace of processes, which ends with this process.

    A program can refuse the signal of its parent's death; it neither sees this process, which gets
    that too, nor can it refuse the end of the namespace.
    """
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    call(libc.unshare(NEW_PROCESSES), "unshare")
    child = os.fork()
    if not child:
        start()
    end_as(child)


def end_as(child: int) -> NoReturn:
    """Ends this process as its child ends."""
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def main() -> None:
    """Starts the command, and ends as it ends."""
    split = sys.argv.index("--")
    network = sys.argv[1] == NETWORK
    home, *readable = [Path(each) for each in sys.argv[1 + network : split]]
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    try:
        isolate(network=network)
        child = os.fork()
        if not child:
            command = sys.argv[split + 1 :]
            run_guarded(lambda: run_inside(home, readable, command, network=network))
    except (AttributeError, KeyError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        os._exit(NOT_CONTAINED)
    end_as(child)


if __name__ == "__main__":
    main()
