//! Waiting for child processes, without a thread for each.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::io::Async;
use super::scope::scope;
use crate::machine::{poll, process};
use crate::sched::blocking::blocking;
use crate::sched::polled;

/// Waits until a child has ended, as [`Child::wait`] does. Other goroutines run meanwhile, and no thread is
/// held (where the kernel has pidfds: Linux 5.3).
///
/// The child's standard input is closed first, as std does.
///
/// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
///
/// # Errors
///
/// As in std.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::process;
/// use std::process::Command;
///
/// rt.run(|| {
///     let mut child = Command::new("true").spawn()?;
///     assert!(process::wait(&mut child)?.success());
///     assert_eq!(process::output(Command::new("echo").arg("hello"))?.stdout, b"hello\n");
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    drop(child.stdin.take());
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    // A child that was not waited for keeps its number. Refused: std waits, with the thread.
    if let Ok(pidfd) = process::pidfd(child.id()).and_then(Async::new) {
        pidfd.read_with(|pidfd| has_ended(pidfd.as_raw_fd()))?;
    }
    blocking(|| child.wait())
}

/// Runs a command and waits until it has ended, as [`Command::status`] does.
///
/// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
///
/// # Errors
///
/// As in std.
#[track_caller]
pub fn status(command: &mut Command) -> io::Result<ExitStatus> {
    wait(&mut command.spawn()?)
}

/// Runs a command and waits until it has ended, and collects its output, as [`Command::output`] does. It gets
/// no input. To choose for each of the three, call [`wait_with_output`].
///
/// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
///
/// # Errors
///
/// As in std.
#[track_caller]
pub fn output(command: &mut Command) -> io::Result<Output> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    wait_with_output(command.spawn()?)
}

/// Waits until a child has ended, and collects the rest of its output, as [`Child::wait_with_output`] does.
///
/// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
///
/// # Errors
///
/// As in std.
#[track_caller]
pub fn wait_with_output(mut child: Child) -> io::Result<Output> {
    if !polled::can_park() {
        return blocking(|| child.wait_with_output());
    }
    drop(child.stdin.take());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = scope(|s| {
        let err = s.spawn(move || read_all(err));
        (read_all(out), err.join())
    });
    let stderr = stderr.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let status = wait(&mut child)?;
    Ok(Output { status, stdout: stdout?, stderr: stderr? })
}

/// Reads what a child writes, to the end.
fn read_all(pipe: Option<impl Into<OwnedFd>>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(pipe) = pipe {
        Async::new_or_with_thread(io::PipeReader::from(pipe.into()))?.read_to_end(&mut all)?;
    }
    Ok(all)
}

/// Whether a process has ended; refused until then.
fn has_ended(pidfd: RawFd) -> io::Result<()> {
    if poll::sleep(&mut [poll::input(pidfd)], Some(0))? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    Ok(())
}
