"""`telco-crm` for the examples, quickly: a server that has imported everything forks a process for each call.

Each call is a process with its own arguments, environment, folder and streams; only the imports are saved. The marked
commands of the README run the installed program instead.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT = """
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
call = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)])
socket.send_fds(server, [call.encode()], [0, 1, 2])
sys.exit(int(server.recv(16)))
"""


@contextmanager
def served(folder: Path) -> Iterator[Path]:
    """A folder for the PATH, in which `telco-crm` is answered by a server."""
    address, client, program = folder / "socket", folder / "client.py", folder / "bin" / "telco-crm"
    client.write_text(CLIENT)
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{client}" "{address}" "$@"\n')
    program.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE)
    try:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        yield program.parent
    finally:
        server.kill()
        server.wait()


def serve(address: str) -> None:
    """Answer calls until killed."""
    import gc
    import importlib

    for module in ("cli", "run", "run_data", "dictionary", "synth", "catalog"):
        importlib.import_module(f"telco_crm.{module}")
    for module in ("rich.table", "pandas", "pyarrow.compute", "xlsxwriter"):
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                text, streams, *_ = socket.recv_fds(connection, 1 << 20, 3)
                child = os.fork()
                if not child:
                    answer(*json.loads(text), streams)
                for stream in streams:
                    os.close(stream)
                connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256).encode())


def answer(arguments: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """Be the program once, and end."""
    from telco_crm.cli import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["telco-crm", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
