"""Goroutines of gosched in gdb.

    (gdb) source tools/gosched-gdb.py
    (gdb) info goroutines             lists the goroutines of all runtimes in the process
    (gdb) goroutine 7                 shows the stack of goroutine 7
    (gdb) goroutine 7 info locals     runs any command as if goroutine 7 were the current thread
    (gdb) goroutine 0x7f12345678 bt   names a goroutine by its address, where two runtimes have the same number

A goroutine that waits or is ready to run is shown from where it left its stack: while the command runs, the
registers of the current thread are those of the goroutine. Afterwards they are what they were. A goroutine
that runs is a thread of its own to gdb, which `goroutine` switches to meanwhile.

The script needs the program's symbols (it must not be stripped) and no debug information: where things lie
is told by a static in the program. It works on x86-64 and aarch64, in a live process. Of a core dump it shows
the list, and no stacks, because gdb cannot change the registers there.
"""

import re

import gdb

LAYOUT = "gosched::sched::gmp::layout::LAYOUT"
VERSION = 1
WORD = 8
STATES = {0: "is dead", 1: "is ready to run", 2: "runs", 3: "runs", 4: "waits"}
DEAD, RUNNABLE, WAITING = 0, 1, 4


def read(address, length):
    return bytes(gdb.selected_inferior().read_memory(address, length))


def words(address, count):
    memory = read(address, count * WORD)
    return [int.from_bytes(memory[i : i + WORD], "little") for i in range(0, len(memory), WORD)]


def text(address, length):
    return read(address, length).decode("utf-8", "replace") if length else ""


def layout_address():
    """Where the program's numbers are. The symbol has endings that compilers add."""
    for line in gdb.execute(f"info variables {LAYOUT}", to_string=True).splitlines():
        if line.startswith("0x"):
            return int(line.split()[0], 16)
    try:
        return int(gdb.parse_and_eval(f"&{LAYOUT}"))
    except gdb.error:
        return None


class Layout:
    """The numbers that the program tells."""

    def __init__(self):
        address = layout_address()
        if address is None:
            raise gdb.GdbError("gosched: this program has no gosched in it, or no symbols, or does not run yet")
        (version, self.spans, self.span_len, self.spans_count, self.colours, self.line, self.header_len,
         self.status, self.wait, self.sp, self.sched, self.id, self.started_at, self.waits_at, self.tags,
         self.name, sample, file, file_len, sample_line, waits, waits_count, self.wait_bits) = words(address, 23)
        if version != VERSION:
            raise gdb.GdbError(f"gosched: this script is for version {VERSION} of the layout, not {version}")
        self.waits = [text(*words(waits + 2 * WORD * i, 2)) for i in range(waits_count)]
        self.learn_location(sample, file, file_len, sample_line)

    def learn_location(self, sample, file, file_len, line):
        """Finds the fields of std's Location by one whose values are known."""
        memory = read(sample, 3 * WORD)
        find = lambda value, size: memory.index(value.to_bytes(size, "little"))
        self.file_at, self.file_len_at = find(file, WORD), find(file_len, WORD)
        self.line_at = find(line, 4)

    def location(self, address):
        if not address:
            return None
        memory = read(address, 3 * WORD)
        number = lambda at, size: int.from_bytes(memory[at : at + size], "little")
        file = text(number(self.file_at, WORD), number(self.file_len_at, WORD))
        return f"{file}:{number(self.line_at, 4)}"

    def slots(self):
        """The headers of all slots that may have been given out."""
        for found in re.finditer(rb"[^\0]", read(self.spans, self.spans_count)):
            span, bits = found.start(), found.group()[0]
            for bottom in range(span * self.span_len, (span + 1) * self.span_len, 1 << bits):
                yield self.header(bottom, bits)

    def header(self, address, bits):
        index = address >> bits
        return ((index + 1) << bits) - index % self.colours * self.line - self.header_len

    def header_at(self, address):
        """The header of the slot that an address lies in, if it is one."""
        span = address // self.span_len
        bits = read(self.spans + span, 1)[0] if span < self.spans_count else 0
        return self.header(address, bits) if bits else None


class Goroutine:
    def __init__(self, layout, header):
        self.header = header
        memory = read(header, layout.header_len)
        number = lambda at, size=WORD: int.from_bytes(memory[at : at + size], "little")
        self.state = number(layout.status, 4) & 7
        self.id, self.sp, self.sched = number(layout.id), number(layout.sp), number(layout.sched)
        self.started = number(layout.started_at)
        self.lives = self.state != DEAD and self.started != 0
        self.wait = number(layout.wait, 4) & ((1 << layout.wait_bits) - 1)
        self.waits_at, self.tags = number(layout.waits_at), number(layout.tags)

    def name(self, layout):
        if not self.tags:
            return ""
        address, length = words(self.tags + layout.name, 2)
        return f' "{text(address, length)}"' if address else ""

    def line(self, layout, thread):
        does = STATES.get(self.state, "?")
        if self.state == WAITING:
            does = f"{layout.waits[self.wait]}, at {layout.location(self.waits_at)}"
        elif thread:
            does = f"runs on thread {thread.num}"
        started = layout.location(self.started)
        return f"goroutine {self.id}{self.name(layout)}: {does}; started at {started}"

    def registers(self):
        """What the registers are when it is resumed: as `machine/arch` keeps them on its stack."""
        if "aarch64" in gdb.selected_frame().architecture().name():
            x19, x29, pc = words(self.sp, 3)
            return {"sp": self.sp + 4 * WORD, "x29": x29, "x19": x19, "pc": pc}
        pc, rbx, rbp = words(self.sp, 3)
        return {"rsp": self.sp + 3 * WORD, "rbp": rbp, "rbx": rbx, "pc": pc}


def goroutines(layout):
    for header in layout.slots():
        try:
            g = Goroutine(layout, header)
        except gdb.MemoryError:
            continue  # nothing is there yet
        if g.lives:
            yield g


def threads(layout):
    """The threads that run goroutines, by the goroutines' headers."""
    found, selected = {}, gdb.selected_thread()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        header = layout.header_at(int(gdb.newest_frame().read_register("sp")))
        if header:
            found[header] = thread
    if selected:
        selected.switch()
    return found


class InfoGoroutines(gdb.Command):
    """Lists the goroutines of all runtimes in the process, see `help goroutine`."""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        layout = Layout()
        running = threads(layout)
        listed = sorted(goroutines(layout), key=lambda g: (g.sched, g.id))
        many = len({g.sched for g in listed}) > 1
        for g in listed:
            where = f"[runtime {g.sched:#x}, {g.header:#x}] " if many else ""
            print(where + g.line(layout, running.get(g.header)))


class GoroutineCommand(gdb.Command):
    """Runs a command on a goroutine's stack: goroutine NUMBER [COMMAND]. Without a command, shows the stack."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK)

    def invoke(self, argument, _from_tty):
        which, _, command = argument.strip().partition(" ")
        try:
            which = int(which, 0)
        except ValueError:
            raise gdb.GdbError("gosched: goroutine NUMBER [COMMAND]; `info goroutines` lists the numbers")
        layout = Layout()
        found = [g for g in goroutines(layout) if which in (g.id, g.header)]
        if not found:
            raise gdb.GdbError(f"gosched: there is no goroutine {which}")
        if len(found) > 1:
            raise gdb.GdbError(f"gosched: {len(found)} runtimes have a goroutine {which}; "
                               "name it by its address, which `info goroutines` shows")
        self.run(layout, found[0], command.strip() or "bt")

    def run(self, layout, g, command):
        if g.state in (RUNNABLE, WAITING):
            return run_on_stack(g, command)
        thread = threads(layout).get(g.header)
        if not thread:
            raise gdb.GdbError(f"gosched: goroutine {g.id} runs, and no thread has its stack; step a little")
        selected = gdb.selected_thread()
        thread.switch()
        try:
            gdb.execute(command)
        finally:
            selected.switch()


def run_on_stack(g, command):
    frame = gdb.selected_frame()
    gdb.newest_frame().select()
    registers = g.registers()
    kept = {name: int(gdb.newest_frame().read_register(name)) for name in registers}
    level = frame.level()
    try:
        set_registers(registers)
        gdb.execute(command)
    finally:
        gdb.newest_frame().select()
        set_registers(kept)
        gdb.execute(f"frame {level}", to_string=True)


def set_registers(registers):
    for name, value in registers.items():
        gdb.execute(f"set ${name} = {value & (1 << 64) - 1:#x}")


InfoGoroutines()
GoroutineCommand()
