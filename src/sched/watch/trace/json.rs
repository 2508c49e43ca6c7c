//! A trace as Chrome's JSON, which Perfetto opens too: an event a line.
//!
//! The format: "Trace Event Format", the public document of the Chromium project.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// A row of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Track {
    Proc(u32),
    Thread(u32),
    /// Threads that are none of the scheduler's Ms.
    Others,
    World,
}

impl Track {
    /// The group that a viewer shows it in, and its number there.
    fn ids(self) -> (u32, u32) {
        match self {
            Self::World => (1, 0),
            Self::Proc(p) => (1, 1 + p),
            Self::Others => (2, 0),
            Self::Thread(m) => (2, 1 + m),
        }
    }
}

/// Writes events.
pub(super) struct Json<W> {
    out: W,
    /// Times are since then.
    origin_ns: u64,
    is_first: bool,
}

/// What stands behind the common part of an event: `,"key":value` as often as there is something.
#[derive(Default)]
pub(super) struct Args(String);

impl Args {
    pub(super) fn with(mut self, key: &str, value: impl Display) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        // Writing to a String does not fail.
        let _ = write!(self.0, "\"{key}\":\"{}\"", Escaped(value));
        self
    }

    pub(super) fn number(mut self, key: &str, value: u64) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        // Writing to a String does not fail.
        let _ = write!(self.0, "\"{key}\":{value}");
        self
    }
}

impl Display for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ",\"args\":{}}}", self.0) }
    }
}

/// A text between quotes.
struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |c: char| c != '"' && c != '\\' && c >= ' ';
        if text.chars().all(is_plain) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|c| match c {
            c if is_plain(c) => self.0.write_char(c),
            '"' | '\\' => write!(self.0, "\\{c}"),
            c => write!(self.0, "\\u{:04x}", c as u32),
        })
    }
}

/// Nanoseconds as the format's microseconds.
struct Micros(u64);

impl Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

impl<W: Write> Json<W> {
    pub(super) fn begin(mut out: W, origin_ns: u64) -> io::Result<Self> {
        out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n")?;
        let mut json = Self { out, origin_ns, is_first: true };
        json.meta("process_name", (1, None), "processors")?;
        json.meta("process_name", (2, None), "threads")?;
        json.name(Track::World, "the world")?;
        json.name(Track::Others, "other threads")?;
        Ok(json)
    }

    /// Names a row.
    pub(super) fn name(&mut self, track: Track, name: impl Display) -> io::Result<()> {
        let (pid, tid) = track.ids();
        self.meta("thread_name", (pid, Some(tid)), name)?;
        self.line()?;
        write!(
            self.out,
            "{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{pid},\"tid\":{tid},\"args\":{{\"sort_index\":{tid}}}}}"
        )
    }

    fn meta(
        &mut self,
        what: &str,
        (pid, tid): (u32, Option<u32>),
        name: impl Display,
    ) -> io::Result<()> {
        self.line()?;
        write!(self.out, "{{\"ph\":\"M\",\"name\":\"{what}\",\"pid\":{pid}")?;
        if let Some(tid) = tid {
            write!(self.out, ",\"tid\":{tid}")?;
        }
        write!(self.out, ",\"args\":{{\"name\":\"{}\"}}}}", Escaped(name))
    }

    /// From when to when something went on.
    pub(super) fn slice(
        &mut self,
        track: Track,
        (from_ns, to_ns): (u64, u64),
        name: impl Display,
        args: &Args,
    ) -> io::Result<()> {
        self.event("X", track, from_ns, name)?;
        write!(self.out, ",\"dur\":{}{args}}}", Micros(to_ns.saturating_sub(from_ns)))
    }

    /// A moment.
    pub(super) fn instant(
        &mut self,
        track: Track,
        at_ns: u64,
        name: impl Display,
        args: &Args,
    ) -> io::Result<()> {
        self.event("i", track, at_ns, name)?;
        write!(self.out, ",\"s\":\"t\"{args}}}")
    }

    /// An arrow begins here.
    pub(super) fn arrow_from(&mut self, track: Track, at_ns: u64, arrow: u64) -> io::Result<()> {
        self.event("s", track, at_ns, "wakes")?;
        write!(self.out, ",\"cat\":\"wakes\",\"id\":{arrow}}}")
    }

    /// And ends here, at what goes on.
    pub(super) fn arrow_to(&mut self, track: Track, at_ns: u64, arrow: u64) -> io::Result<()> {
        self.event("f", track, at_ns, "wakes")?;
        write!(self.out, ",\"cat\":\"wakes\",\"bp\":\"e\",\"id\":{arrow}}}")
    }

    /// A stretch of a goroutine's life begins or ends, on a row of its own.
    pub(super) fn region(
        &mut self,
        phase: &str,
        at_ns: u64,
        name: &str,
        goroutine: u64,
    ) -> io::Result<()> {
        self.event(phase, Track::World, at_ns, name)?;
        write!(self.out, ",\"cat\":\"region\",\"id\":{goroutine}}}")
    }

    /// A number, from here on.
    pub(super) fn counter(&mut self, at_ns: u64, name: &str, value: u64) -> io::Result<()> {
        self.event("C", Track::World, at_ns, name)?;
        write!(self.out, ",\"args\":{{\"n\":{value}}}}}")
    }

    fn event(
        &mut self,
        phase: &str,
        track: Track,
        at_ns: u64,
        name: impl Display,
    ) -> io::Result<()> {
        self.line()?;
        let (pid, tid) = track.ids();
        let at = Micros(at_ns.saturating_sub(self.origin_ns));
        write!(
            self.out,
            "{{\"ph\":\"{phase}\",\"pid\":{pid},\"tid\":{tid},\"ts\":{at},\"name\":\"{}\"",
            Escaped(name)
        )
    }

    fn line(&mut self) -> io::Result<()> {
        if !core::mem::replace(&mut self.is_first, false) {
            self.out.write_all(b",\n")?;
        }
        Ok(())
    }

    /// Hands on what was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The end of the file, with numbers that say what was in it.
    pub(super) fn end(&mut self, numbers: &[(&str, u64)]) -> io::Result<()> {
        self.out.write_all(b"\n],\"otherData\":{")?;
        for (i, (key, value)) in numbers.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(self.out, "{comma}\"{key}\":\"{value}\"")?;
        }
        self.out.write_all(b"}}\n")?;
        self.out.flush()
    }
}
