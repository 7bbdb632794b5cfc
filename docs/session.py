#!/usr/bin/env python3
"""Runs a session with tokctl in a temporary folder and draws what a terminal shows.

    cargo build && python3 docs/session.py > docs/session.svg

The binary is $TOKCTL, or else target/debug/tokctl. The hints in the picture belong to secrets that are
gone with the folder.
"""
import html
import os
import pty
import re
import subprocess
import sys
import tempfile
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOKCTL = os.path.abspath(os.environ.get("TOKCTL", os.path.join(ROOT, "target/debug/tokctl")))
COLUMNS = 102
SET_UP = """
tokctl user add alice --admin; tokctl settings set default-user alice; tokctl user add bob
tokctl create --name reports --user bob --scope metrics.read,metrics.export,posts.read --expires 9d
tokctl create --name 夜間バックアップ --scope 'backup.*'
tokctl create --name laptop --scope posts.read; tokctl revoke 3 --reason lost
"""
SESSION = [
    "tokctl create --name CI --scope posts.manage --expires 90d --out CI.secret",
    "tokctl list --all",
    "tokctl verify --scope posts.manage - < CI.secret",
    "tokctl verify --scope posts.delete - < CI.secret",
    "tokctl revoke 4 --reason 'moved to another machine'",
    "tokctl verify - < CI.secret",
]
COLOURS = {"32": "#7ec699", "33": "#e6c07b", "31": "#e5786d", "1": "#ffffff", "2": "#8a919b"}


def run(command, folder):
    """The lines that a command shows on a terminal."""
    env = {
        "HOME": folder,
        "PATH": folder + "/bin:/usr/bin:/bin",
        "TERM": "xterm",
        "TOKCTL_DATABASE": folder + "/tokctl.db",
    }
    main, other = pty.openpty()
    sized = f"stty cols {COLUMNS} rows 40 -onlcr < /dev/tty 2> /dev/null; {command}"
    done = subprocess.Popen(
        ["setsid", "-c", "sh", "-c", sized], env=env, cwd=folder, stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    shown = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:  # no process has the terminal open any more
            break
        if not part:
            break
        shown += part
    done.wait()
    os.close(main)
    return shown.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


def spans(line):
    """SVG for one line, with the colours of its escape sequences. Columns stay aligned."""
    out, colour, column = [], None, 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if code:
            colour = COLOURS.get(code[1])
            continue
        # Each group of words has its own position, so that wide characters do not move the next column.
        for word in re.finditer(r"\S+(?: \S+)*", part):
            x = 16 + 8.4 * (column + wide(part[: word.start()]))
            fill = f' fill="{colour}"' if colour else ""
            out.append(f'<tspan x="{x:.1f}"{fill}>{html.escape(word[0])}</tspan>')
        column += wide(part)
    return "".join(out)


def wide(text):
    """The number of columns of a text."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/bin")
        os.symlink(TOKCTL, folder + "/bin/tokctl")
        run(SET_UP, folder)
        lines = []
        for command in SESSION:
            lines.append(f"\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m")
            lines += run(command, folder) + [""]
    lines.pop()
    width, height = 32 + 8.4 * COLUMNS, 32 + 20 * len(lines)
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        'aria-label="A session: a token is issued, listed, verified and revoked">'
    )
    print('<rect width="100%" height="100%" rx="8" fill="#20242b"/>')
    print('<g font-family="ui-monospace,DejaVu Sans Mono,Menlo,monospace" font-size="14" fill="#d4d8de">')
    for number, line in enumerate(lines):
        if line:
            print(f'<text y="{32 + 20 * number}">{spans(line)}</text>')
    print("</g></svg>")


if __name__ == "__main__":
    sys.exit(main())
