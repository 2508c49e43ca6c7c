//! A thousand goroutines that each read a file. The kernel cannot tell when a file is ready, so reading one blocks
//! the thread. If that takes long, the other goroutines get another thread; `blocking` says so beforehand.
//!
//! ```text
//! cargo run --release --example files
//! ```

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gosched::{Runtime, blocking, go};

const FILES: usize = 1_000;
const BYTES: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("gosched-files-{}", std::process::id()));
    let result = make(&folder).and_then(|paths| read_all(&paths));
    fs::remove_dir_all(&folder)?;
    result
}

fn make(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let path = |i| folder.join(format!("{i}"));
    (0..FILES).map(|i| fs::write(path(i), vec![b'x'; BYTES]).map(|()| path(i))).collect()
}

fn read_all(paths: &[PathBuf]) -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { Runtime::builder().start()? };
    measure(&rt, "read", paths, |path| fs::read(path))?;
    measure(&rt, "blocking(read)", paths, |path| blocking(|| fs::read(path)))
}

fn measure(
    rt: &Runtime,
    what: &str,
    paths: &[PathBuf],
    read: fn(&Path) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    let paths = paths.to_vec();
    let start = Instant::now();
    let bytes = rt.run(move || {
        let files: Vec<_> = paths.into_iter().map(|path| go(move || read(&path))).collect();
        files.into_iter().try_fold(0, |sum, file| {
            file.join().expect("reading does not panic").map(|bytes| sum + bytes.len())
        })
    })?;
    println!("{what}: {bytes} bytes in {:?}, {} threads", start.elapsed(), rt.stats().threads);
    Ok(())
}
