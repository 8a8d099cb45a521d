"""A filter of system calls for student code: what no notebook needs, and what reaches past its namespaces.

Keyrings belong to a uid and SysV segments to no process: without the filter the first are a mailbox between
submissions and the second memory that no limit counts. The rest is the kernel's larger surface: tracing, BPF,
io_uring, mounts, modules. Refused calls give EPERM, so that libraries which ask carefully fall back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

# Name: number on x86_64 and on aarch64, 0 where there is none. From Linux 5.6 on new numbers are the same on both.
DENIED = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "shmget": (29, 194), "shmctl": (31, 195), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51),
    "pivot_root": (155, 41), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "iopl": (172, 0), "ioperm": (173, 0), "modify_ldt": (154, 0), "uselib": (134, 0),
}  # fmt: skip
# Unix, both internets, and netlink: vsock would reach the machine's host, which no namespace hides.
FAMILIES = (1, 2, 10, 16)

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SOCKET, _CLONE, _CLONE3 = (41, 198), (56, 220), 435
# Mount, cgroup, uts, ipc, user, pid and net namespaces.
_NEW_NAMESPACES = 0x7E020000
_X32 = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06


def number(name: str) -> int:
    """The number of the denied call `name` on this machine, 0 where it has none."""
    return DENIED[name][_machine()]


def install() -> None:
    """Filter this process and all that it starts. Raises OSError where the kernel or the machine cannot."""
    code = program(_machine())
    libc = ctypes.CDLL(None, use_errno=True)
    filters = ctypes.create_string_buffer(code, len(code))
    sock_fprog = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(filters))
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(sock_fprog), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"the filter of system calls: {os.strerror(ctypes.get_errno())}")


def program(machine: int) -> bytes:
    """Classic BPF for machine 0 (x86_64) or 1 (aarch64). Little-endian: an argument's low half comes first."""
    refuse = _instruction(_RETURN, _ERRNO | errno.EPERM)
    lines = [_instruction(_LOAD, _ARCHITECTURE)]
    lines += [_instruction(_EQUAL, list(_ARCHITECTURES.values())[machine], 1, 0), refuse]
    lines += [_instruction(_LOAD, _NUMBER)]
    # x86_64's other table, x32, has its own numbers.
    lines += [_instruction(_AT_LEAST, _X32, 0, 1), refuse]
    for numbers in DENIED.values():
        if numbers[machine]:
            lines += [_instruction(_EQUAL, numbers[machine], 0, 1), refuse]
    # A filter cannot read clone3's arguments: libraries that miss it use clone.
    lines += [_instruction(_EQUAL, _CLONE3, 0, 1), _instruction(_RETURN, _ERRNO | errno.ENOSYS)]
    lines += [_instruction(_EQUAL, _CLONE[machine], 0, 4), _instruction(_LOAD, _FIRST_ARGUMENT)]
    lines += [_instruction(_ANY_BIT, _NEW_NAMESPACES, 0, 1), refuse, _instruction(_RETURN, _ALLOW)]
    lines += [
        _instruction(_EQUAL, _SOCKET[machine], 0, len(FAMILIES) + 2),
        _instruction(_LOAD, _FIRST_ARGUMENT),
    ]
    for place, family in enumerate(FAMILIES):
        lines += [_instruction(_EQUAL, family, len(FAMILIES) - place, 0)]
    lines += [_instruction(_RETURN, _ERRNO | errno.EAFNOSUPPORT), _instruction(_RETURN, _ALLOW)]
    return b"".join(lines)


def _instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, constant)


def _machine() -> int:
    name = platform.machine()
    if name not in _ARCHITECTURES:
        known = ", ".join(_ARCHITECTURES)
        raise OSError(errno.ENOSYS, f"no filter of system calls is written for {name}, only for {known}")
    return list(_ARCHITECTURES).index(name)
