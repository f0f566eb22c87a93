"""What a process that holds keys does about its memory.

Python cannot wipe memory: a key stays where it was until the interpreter reuses the place, and
copies of it may be anywhere. So processes that hold keys live short, and write no core dump.
"""

import resource


def forbid_core_dumps() -> None:
    """Keep this process and its children from writing core dumps.

    The soft limit becomes 1 byte where the hard limit allows it, else 0. Linux ignores a limit of 0
    when the dump is piped to a program (core(5)), but a limit of 1 ends every dump before it
    starts. The hard limit stays as it is.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if hard == 0 else 1, hard))
