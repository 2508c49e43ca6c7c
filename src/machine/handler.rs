//! A handler that writes down which signal came, and then calls the handler that was there before it.
//!
//! It never takes another's place: whoever handled a signal still does, with the flags and the mask that were
//! asked for. Once installed it stays, because a handler that was installed later may call it.

#![expect(clippy::disallowed_types, reason = "signal handlers belong to the process")]

use core::mem::MaybeUninit;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, RawFd};
use std::sync::OnceLock;

use super::socket;

/// One more than the last signal.
const SIGNALS: usize = 65;

/// The end of the pipe that the handler writes to. The number stays for good: in a child of fork it becomes
/// the number of another pipe.
static WRITER: OnceLock<RawFd> = OnceLock::new();
/// What was done about a signal before. Set before the handler is installed.
static PREVIOUS: [OnceLock<libc::sigaction>; SIGNALS] = [const { OnceLock::new() }; SIGNALS];

/// What is written for a signal: its number, and the process that it came to. A child of fork has its parent's
/// pipe.
const LEN: usize = 8;

type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);
type ShortHandler = extern "C" fn(i32);

fn checked(rc: i32) -> io::Result<()> {
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes the pipe of this process. In a child of fork it takes the place of the parent's.
pub(crate) fn pipe() -> io::Result<Told> {
    let (reader, writer) = io::pipe()?;
    socket::set_nonblocking(writer.as_fd(), true)?;
    let number = *WRITER.get_or_init(|| writer.as_raw_fd());
    if number == writer.as_raw_fd() {
        let _ = writer.into_raw_fd(); // stays open
    } else {
        // SAFETY: the number is ours since WRITER names it; both are open.
        checked(unsafe { libc::dup3(writer.as_raw_fd(), number, libc::O_CLOEXEC) })?;
    }
    Ok(Told(reader))
}

/// The other end of the pipe.
pub(crate) struct Told(PipeReader);

impl Told {
    /// Waits for the next signal of this process. `None` if the pipe is gone.
    pub(crate) fn next(&mut self) -> Option<i32> {
        loop {
            let mut record = [0; LEN];
            self.0.read_exact(&mut record).ok()?;
            let [a, b, c, d, process @ ..] = record;
            if u32::from_ne_bytes(process) == std::process::id() {
                return Some(i32::from_ne_bytes([a, b, c, d]));
            }
        }
    }
}

/// Has the handler called for a signal from now on. The pipe is there.
pub(crate) fn install(signal: i32) -> io::Result<()> {
    let previous = slot(signal).ok_or(io::ErrorKind::InvalidInput)?;
    if previous.get().is_some() {
        return Ok(());
    }
    let before = current(signal)?;
    previous.get_or_init(|| before);
    let mut action = before;
    action.sa_sigaction = handler as *const () as usize;
    let flags = if is_function(&before) { before.sa_flags } else { libc::SA_RESTART };
    action.sa_flags = (flags | libc::SA_SIGINFO | libc::SA_ONSTACK) & !libc::SA_RESETHAND;
    // SAFETY: points to a live sigaction; the handler is async-signal-safe.
    checked(unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) })
}

fn slot(signal: i32) -> Option<&'static OnceLock<libc::sigaction>> {
    PREVIOUS.get(usize::try_from(signal).ok()?)
}

/// What is done about a signal now.
fn current(signal: i32) -> io::Result<libc::sigaction> {
    // SAFETY: all zeros is a valid sigaction.
    let mut now: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: asks only.
    checked(unsafe { libc::sigaction(signal, core::ptr::null(), &raw mut now) })?;
    Ok(now)
}

fn is_function(action: &libc::sigaction) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

extern "C" fn handler(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the thread's own.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let kept = unsafe { *errno };
    // First: whoever receives the signal may rely on what it does.
    if let Some(previous) = slot(signal).and_then(OnceLock::get)
        && is_function(previous)
    {
        call(previous, signal, info, context);
    }
    write_down(signal);
    // SAFETY: as above.
    unsafe { *errno = kept };
}

fn write_down(signal: i32) {
    let Some(&fd) = WRITER.get() else { return };
    let mut record = [0; LEN];
    record[..4].copy_from_slice(&signal.to_ne_bytes());
    record[4..].copy_from_slice(&std::process::id().to_ne_bytes());
    // SAFETY: the record is readable. So short a write is whole or refused; it is refused if thousands wait.
    unsafe { libc::write(fd, record.as_ptr().cast(), LEN) };
}

/// Calls the handler that was there before.
fn call(
    previous: &libc::sigaction,
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let function = previous.sa_sigaction as *const ();
    if previous.sa_flags & libc::SA_SIGINFO == 0 {
        // SAFETY: without that flag, a handler is one of these.
        let function = unsafe { core::mem::transmute::<*const (), ShortHandler>(function) };
        function(signal);
    } else {
        // SAFETY: with it, one of these.
        let function = unsafe { core::mem::transmute::<*const (), Handler>(function) };
        function(signal, info, context);
    }
}

/// Signals that do nothing unless somebody asks for them.
const IGNORED: [i32; 4] = [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH];
/// Signals that stop the process.
const STOPPING: [i32; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Does what the kernel would have done about a signal if it had no handler. Whoever handled it before has
/// been called.
pub(crate) fn act_by_default(signal: i32) {
    let was_default = slot(signal)
        .and_then(OnceLock::get)
        .is_some_and(|previous| previous.sa_sigaction == libc::SIG_DFL);
    let is_ours =
        current(signal).is_ok_and(|now| now.sa_sigaction == handler as *const () as usize);
    if !was_default || !is_ours || IGNORED.contains(&signal) {
        return;
    }
    // SAFETY: asks only.
    let process = unsafe { libc::getpid() };
    let signal = if STOPPING.contains(&signal) { libc::SIGSTOP } else { end_by(signal) };
    // SAFETY: sends this process a signal.
    unsafe { libc::kill(process, signal) };
}

/// Has a signal end the process.
fn end_by(signal: i32) -> i32 {
    // SAFETY: no handler, so nothing that could be unsound.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    signal
}
