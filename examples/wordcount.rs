//! Counts the words in every file under a folder: a goroutine reads each file, and sends what it
//! counted through a channel to the one that adds up.
//!
//! Reading a file blocks the goroutine's thread, as any system call does; the others run meanwhile.
//! Bytes that are not UTF-8 count as letters that nobody can read; hidden folders are left out, and
//! so is what cargo builds (a `target` beside a `Cargo.toml`).
//!
//! Usage: `cargo run --release --example wordcount -- FOLDER`

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, Sender, bounded};
use gosched::{Runtime, try_go};

/// So many files are open at once at most.
const OPEN_FILES: usize = 64;
/// The first progress line comes after this long, and then one each time it has passed again.
const PROGRESS: Duration = Duration::from_secs(1);
/// So many words are printed.
const MOST_FREQUENT: usize = 10;

/// What was counted.
#[derive(Default)]
struct Count {
    files: u64,
    unreadable: u64,
    bytes: u64,
    lines: u64,
    words: HashMap<String, u64>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.unreadable += other.unreadable;
        self.bytes += other.bytes;
        self.lines += other.lines;
        for (word, n) in other.words {
            *self.words.entry(word).or_default() += n;
        }
    }

    fn total(&self) -> u64 {
        self.words.values().sum()
    }
}

/// Counts one file. What cannot be read is said, and counted as such.
fn count_file(path: &Path) -> Count {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("wordcount: leaves out {}: {error}", path.display());
            return Count { unreadable: 1, ..Count::default() };
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut count = Count {
        files: 1,
        bytes: bytes.len() as u64,
        lines: text.lines().count() as u64,
        ..Count::default()
    };
    let is_between_words = |letter: char| !letter.is_alphanumeric() && letter != '_';
    for word in text.split(is_between_words).filter(|word| !word.is_empty()) {
        *count.words.entry(word.to_lowercase()).or_default() += 1;
    }
    count
}

/// Whether a folder holds nothing that somebody wrote.
fn is_left_out(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
        || (name == OsStr::new("target") && folder.with_file_name("Cargo.toml").exists())
}

/// Finds all files under `folder`. Links are not followed: they could lead in a circle.
fn find_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_file() {
            files.push(path);
        } else if kind.is_dir()
            && !is_left_out(&path)
            && let Err(error) = find_files(&path, files)
        {
            eprintln!("wordcount: leaves out {}: {error}", path.display());
        }
    }
    Ok(())
}

/// Starts a goroutine for each file. Each waits for one of the tickets, which limit the files that
/// are open at once, and gives it back.
fn count_all(files: Vec<PathBuf>, counts: &Sender<Count>) -> io::Result<()> {
    let (give, tickets) = bounded(OPEN_FILES);
    for path in files {
        let (counts, give, tickets) = (counts.clone(), give.clone(), tickets.clone());
        try_go(move || {
            if give.send(()).is_ok() {
                let count = count_file(&path);
                let _ = tickets.recv();
                // Fails if nobody adds up any more.
                let _ = counts.send(count);
            }
        })?;
    }
    Ok(())
}

/// Adds up what comes, and tells of long work.
fn add_up(counts: &Receiver<Count>, files: usize) -> Count {
    let mut sum = Count::default();
    let mut next = Instant::now() + PROGRESS;
    for count in counts {
        sum.add(count);
        if Instant::now() >= next {
            next += PROGRESS;
            eprintln!("wordcount: {} of {files} files", sum.files + sum.unreadable);
        }
    }
    sum
}

fn print(count: &Count) {
    println!("{:>12} files", count.files);
    if count.unreadable > 0 {
        println!("{:>12} files left out", count.unreadable);
    }
    println!("{:>12} bytes", count.bytes);
    println!("{:>12} lines", count.lines);
    println!("{:>12} words, {} different ones", count.total(), count.words.len());
    let mut words: Vec<(&String, &u64)> = count.words.iter().collect();
    words.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    for (word, n) in words.into_iter().take(MOST_FREQUENT) {
        println!("{n:>12} {word}");
    }
}

/// The whole of it, in the main goroutine.
fn word_count(folder: &Path) -> Result<Count, String> {
    let mut files = Vec::new();
    find_files(folder, &mut files)
        .map_err(|error| format!("cannot read the folder {}: {error}", folder.display()))?;
    let number = files.len();
    let (tx, rx) = bounded(OPEN_FILES);
    // The channel is bounded, so that one goroutine starts the others while this one adds up.
    let starter = try_go(move || count_all(files, &tx))
        .map_err(|error| format!("cannot start a goroutine: {error}"))?;
    let count = add_up(&rx, number);
    match starter.join() {
        Ok(started) => started.map_err(|error| format!("cannot start a goroutine: {error}"))?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
    Ok(count)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("wordcount: say which folder to count: wordcount FOLDER");
        return ExitCode::from(2);
    };
    // SAFETY: these goroutines keep nothing of their thread; `eprintln` gives standard error back
    //         before it returns.
    let runtime = match unsafe { Runtime::builder().start() } {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("wordcount: cannot start the goroutines' runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.run(move || word_count(Path::new(&folder))) {
        Ok(count) => {
            print(&count);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("wordcount: {error}");
            ExitCode::FAILURE
        }
    }
}
