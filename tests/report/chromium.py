"""A headless Chromium that is driven over its debugging pipe: keys are pressed, windows resized, pages printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# Start a program with two descriptors as its 3 and 4.
MOVED = """
import os, sys
for given, kept in zip(sys.argv[1:3], (103, 104)):
    os.dup2(int(given), kept)
os.dup2(103, 3), os.dup2(104, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Chromium:
    """One tab. Messages are JSON ended by a zero byte, read from descriptor 3 and written to descriptor 4."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self.outgoing = os.pipe()
        self.incoming, to_write = os.pipe()
        command = [program, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        command = [sys.executable, "-c", MOVED, str(to_read), str(to_write), *command]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, pass_fds=(to_read, to_write), **quiet)
        os.close(to_read)
        os.close(to_write)
        self.number, self.tab, self.read = 0, {}, os.fdopen(self.incoming, "rb")
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.tab = {"sessionId": self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self("Page.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """What Chromium answers to a command of its DevTools protocol."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters, **self.tab}
        os.write(self.outgoing, json.dumps(message).encode() + b"\0")
        while (said := self._next()).get("id") != self.number:
            pass
        return said["result"]

    def open(self, page: Path, width: int) -> None:
        """Show a page in a window of this width."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self("Page.navigate", url=f"file://{page}")
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key and let go."""
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)

    def tell(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def close(self) -> None:
        """Let it end."""
        self("Browser.close")
        self.process.wait(20)

    def _next(self) -> dict[str, Any]:
        said = bytearray()
        while (byte := self.read.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            said += byte
        return dict(json.loads(said))
