//! A model's failure in lanes: one column a thread, a row an access of a word, in the order in which the checker
//! made them.
//!
//! It goes to standard error, and as a picture to the folder that `GOSCHED_PICTURES` names, or else to
//! `target/lanes`. A row with `>` has read an older value than the newest: memory that is weaker than
//! sequentially consistent allows it, and the row says what the newest was. What a large model did before its
//! window ([`window`](super::window)) is left out, and so are all rows but the last [`MOST`].

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use crate::base::lanes::drawing::{Column, Drawing, Line, Mark};
use crate::base::lanes::{picture, text};
use crate::facade::journal::{self, Did, Entry, ThreadId};

/// So many rows are told.
const MOST: usize = 120;
/// So many characters of a line of the source.
const LONGEST: usize = 70;

/// Explores. If that panics, tells the last execution.
pub(crate) fn told<R>(name: &str, explore: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(explore)).unwrap_or_else(|panic| {
        tell(name, message(&*panic));
        resume_unwind(panic)
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panics")
}

fn tell(name: &str, message: &str) {
    let entries = journal::take();
    let message = message.lines().next().unwrap_or_default();
    let is_deadlock = message.starts_with("deadlock; threads"); // loom lists them
    let message = if is_deadlock { "deadlock: all threads wait" } else { message };
    let drawing = drawing(&entries, message);
    let left_out = entries.len().saturating_sub(MOST);
    let mut told = format!("lanes of {name}: {message}\n{}\n", text::draw(&drawing));
    if drawing.lines.iter().any(|line| line.mark == Mark::Chosen) {
        told.push_str("> an older value was read than the newest\n");
    }
    if left_out > 0 {
        // Writing to a String does not fail.
        let _ = writeln!(told, "({left_out} accesses came before the first row)");
    }
    match write_picture(name, &picture::draw(&drawing, &format!("{name}: {message}"))) {
        Ok(path) => writeln!(told, "as a picture: {}", path.display()),
        Err(error) => writeln!(told, "no picture: {error}"),
    }
    .expect("a String takes all");
    drop(writeln!(std::io::stderr(), "{told}end of lanes"));
}

fn write_picture(name: &str, svg: &str) -> std::io::Result<PathBuf> {
    let asked = std::env::var_os("GOSCHED_PICTURES").map(PathBuf::from);
    let folder = asked.unwrap_or_else(|| root().join("target/lanes"));
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}.svg", name.replace("::", "-")));
    fs::write(&path, svg)?;
    Ok(path)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is to be drawn of an execution that ended with a message.
fn drawing(entries: &[Entry], message: &str) -> Drawing {
    let mut teller = Teller::default();
    let mut lines: Vec<Line> = entries.iter().map(|entry| teller.line(entry)).collect();
    lines.drain(..lines.len().saturating_sub(MOST));
    // Who ended with it is not told; a model's outcome is compared where the model began.
    let who =
        if message.starts_with("an outcome") { 0 } else { lines.last().map_or(0, |line| line.who) };
    lines.push(Line { mark: Mark::Fatal, ..row(who, message.into()) });
    Drawing { columns: teller.columns(), lines }
}

fn row(who: u64, text: String) -> Line {
    let (makes, readies) = (Vec::new(), Vec::new());
    Line { who, text, place: None, mark: Mark::None, makes, readies, waits: false, ends: false }
}

/// A word as it was seen so far.
struct Word {
    name: String,
    /// Every value that it is known to have had, the newest last.
    values: Vec<u64>,
    /// Whether the first of these is what it began with.
    has_first: bool,
}

/// Knows what the rows before have told.
#[derive(Default)]
struct Teller {
    threads: Vec<ThreadId>,
    words: HashMap<usize, Word>,
    /// How many words have a name.
    names: HashMap<String, usize>,
    /// The addresses that words had, in the order of their rows.
    places: Vec<u64>,
    sources: HashMap<&'static str, Vec<String>>,
}

impl Teller {
    fn line(&mut self, entry: &Entry) -> Line {
        let who = self.thread(entry.who);
        let (text, is_old) = self.words(entry);
        let mark = if is_old { Mark::Chosen } else { Mark::None };
        let is_ours = !entry.at.file().starts_with("src/facade");
        let place = is_ours.then(|| self.place(entry.at));
        let waits = entry.did == Did::Other("falls asleep");
        Line { place, mark, waits, ..row(who, text) }
    }

    fn thread(&mut self, id: ThreadId) -> u64 {
        let known = self.threads.iter().position(|&known| known == id);
        known.unwrap_or_else(|| {
            self.threads.push(id);
            self.threads.len() - 1
        }) as u64
    }

    fn columns(&self) -> Vec<Column> {
        let column = |id: u64| Column {
            id,
            title: format!("thread {id}"),
            short: id.to_string(),
            under: String::new(),
            is_first: true,
        };
        (0..self.threads.len().max(1) as u64).map(column).collect()
    }

    /// What an access did, and whether it has read an older value than the newest.
    fn words(&mut self, entry: &Entry) -> (String, bool) {
        if let Did::Other(what) = entry.did {
            return (what.into(), false);
        }
        let name = self.name(entry);
        let told = self.values(entry);
        let word = self.words.get_mut(&entry.word).expect("it was just named");
        match entry.did {
            Did::Load(value) => match word.read(value) {
                Some(newest) => {
                    (format!("{name} = {}, not yet {}", told(value), told(newest)), true)
                }
                None => (format!("{name} = {}", told(value)), false),
            },
            Did::Store(value) => {
                word.values.push(value);
                (format!("{name} := {}", told(value)), false)
            }
            Did::Change(was, is) => {
                word.read(was);
                word.values.push(is);
                (format!("{name}: {} to {}", told(was), told(is)), false)
            }
            Did::Failed(wanted, saw) => {
                let is_old = word.read(saw).is_some();
                (format!("{name} is {}, not {}", told(saw), told(wanted)), is_old)
            }
            Did::Other(_) => unreachable!("returned above"),
        }
    }

    /// How the values of an access are told: an address by when it was first seen.
    fn values(&mut self, entry: &Entry) -> impl Fn(u64) -> String + use<> {
        let (Did::Load(a) | Did::Store(a) | Did::Change(a, _) | Did::Failed(a, _)) = entry.did
        else {
            unreachable!("it is about a word")
        };
        let b = if let Did::Change(_, b) | Did::Failed(_, b) = entry.did { b } else { a };
        for place in [a, b].into_iter().filter(|&place| entry.has_places && place != 0) {
            if !self.places.contains(&place) {
                self.places.push(place);
            }
        }
        let places = if entry.has_places { self.places.clone() } else { Vec::new() };
        move |value| match places.iter().position(|&place| place == value) {
            Some(n) => format!("&{}", n + 1),
            None if value < 1 << 16 => value.to_string(),
            None => format!("{value:#x}"), // several numbers in one word
        }
    }

    fn name(&mut self, entry: &Entry) -> String {
        if let Some(word) = self.words.get(&entry.word) {
            return word.name.clone();
        }
        let mut name = self.field(entry.at);
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name}#{count}");
        }
        self.words
            .insert(entry.word, Word { name: name.clone(), values: Vec::new(), has_first: false });
        name
    }

    /// The field whose method is called at a place: the last name before the call.
    fn field(&mut self, at: &'static Location<'static>) -> String {
        let lines = self.lines(at.file());
        let (row, column) = (at.line() as usize - 1, at.column() as usize - 1);
        let before = lines.get(row).map_or("", |line| line.get(..column).unwrap_or(line));
        let above = row.checked_sub(1).and_then(|row| lines.get(row)).map_or("", String::as_str);
        let called = format!("{above} {before}");
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        let mut names = called.rsplit(|c: char| !is_of_name(c)).filter(|name| !name.is_empty());
        let name = names.next().unwrap_or("word");
        if !name.starts_with(|c: char| c.is_ascii_digit()) {
            return name.to_owned();
        }
        // The one field of a type that has its file's name.
        Path::new(at.file()).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn place(&mut self, at: &'static Location<'static>) -> String {
        let file = Path::new(at.file()).file_name().unwrap_or_default().to_string_lossy();
        let code = self.lines(at.file()).get(at.line() as usize - 1).map_or("", |line| line.trim());
        let code: String = code.chars().take(LONGEST).collect();
        format!("{file}:{}  {code}", at.line())
    }

    fn lines(&mut self, file: &'static str) -> &[String] {
        self.sources.entry(file).or_insert_with(|| {
            // A bug that was put back has changed some files, which lie elsewhere.
            let changed = std::env::var_os("GOSCHED_SOURCES").map(|at| Path::new(&at).join(file));
            let text = changed.and_then(|path| fs::read_to_string(path).ok());
            let text =
                text.or_else(|| fs::read_to_string(root().join(file)).ok()).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        })
    }
}

impl Word {
    /// A value was read. Returns the newest, if it is another.
    fn read(&mut self, value: u64) -> Option<u64> {
        if !self.values.contains(&value) {
            if self.has_first {
                self.values.clear(); // another word lies where this one was
            }
            self.values.insert(0, value);
            self.has_first = true;
        }
        self.values.last().copied().filter(|&newest| newest != value)
    }
}
