//! The handler for memory faults, the stack that it runs on, and which signals a thread blocks.

#![expect(clippy::disallowed_types, reason = "a fault handler belongs to the process")]

use core::mem::MaybeUninit;
use std::io;

/// What to do about a fault: the address that was touched, and the stack pointer at that moment. If it
/// returns, the fault was not ours.
pub(crate) type OnFault = fn(address: usize, stack_pointer: usize);

static ON_FAULT: std::sync::OnceLock<OnFault> = std::sync::OnceLock::new();
static PREVIOUS: std::sync::OnceLock<[libc::sigaction; 2]> = std::sync::OnceLock::new();

const FAULTS: [i32; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Calls `on_fault` at every memory fault of the process, before whoever was asked until now.
/// The first caller's function stays.
pub(crate) fn install(on_fault: OnFault) {
    ON_FAULT.get_or_init(|| on_fault);
    PREVIOUS.get_or_init(|| FAULTS.map(set_handler));
}

fn set_handler(signal: i32) -> libc::sigaction {
    // SAFETY: all zeros is a valid sigaction: no flags, an empty mask, the default handler.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let mut previous = action;
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: both point to live sigactions; the handler is async-signal-safe.
    unsafe { libc::sigaction(signal, &raw const action, &raw mut previous) };
    previous
}

extern "C" fn handler(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if let Some(on_fault) = ON_FAULT.get() {
        // SAFETY: the kernel passes a siginfo.
        let info = unsafe { &*info };
        // SAFETY: the kernel passes what it interrupted.
        let context = unsafe { &*context.cast::<libc::ucontext_t>() };
        // SAFETY: a fault has an address.
        on_fault(unsafe { info.si_addr() } as usize, stack_pointer_of(context));
    }
    // Not ours: let whoever was there before have it, when the instruction faults again.
    let index = usize::from(signal == libc::SIGBUS);
    if let Some(previous) = PREVIOUS.get() {
        // SAFETY: puts back what `set_handler` was given.
        unsafe { libc::sigaction(signal, &raw const previous[index], core::ptr::null_mut()) };
    }
}

#[cfg(target_arch = "x86_64")]
fn stack_pointer_of(context: &libc::ucontext_t) -> usize {
    usize::try_from(context.uc_mcontext.gregs[libc::REG_RSP as usize]).unwrap_or(0)
}

#[cfg(target_arch = "aarch64")]
fn stack_pointer_of(context: &libc::ucontext_t) -> usize {
    usize::try_from(context.uc_mcontext.sp).unwrap_or(0)
}

/// Writes to standard error with nothing but system calls.
pub(crate) fn write_stderr(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the text is readable.
        let written = unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(written @ 1..) => text = &text[written..], // progress: a pipe takes a part at a time
            _ => return,                                  // a failure has nobody to be told to
        }
    }
}

/// Those that a thread brings upon itself. Blocked, they end the process without asking a handler.
const OWN_DOING: [i32; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

/// The signals that a thread blocks.
#[derive(Clone, Copy)]
pub(crate) struct Mask(libc::sigset_t);

impl Mask {
    fn empty() -> Self {
        // SAFETY: all zeros is a valid set, and an empty one.
        Self(unsafe { MaybeUninit::zeroed().assume_init() })
    }

    fn all() -> Self {
        let mut all = Self::empty();
        // SAFETY: writes the set.
        unsafe { libc::sigfillset(&raw mut all.0) };
        all
    }

    /// All but those that a thread brings upon itself.
    pub(crate) fn all_but_faults() -> Self {
        let mut mask = Self::all();
        for signal in OWN_DOING {
            // SAFETY: writes the set.
            unsafe { libc::sigdelset(&raw mut mask.0, signal) };
        }
        mask
    }

    /// The calling thread's.
    pub(crate) fn current() -> Self {
        let mut now = Self::empty();
        // SAFETY: asks only.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, core::ptr::null(), &raw mut now.0) };
        now
    }

    /// Becomes the calling thread's.
    pub(crate) fn set(self) {
        // SAFETY: reads the set. No handler runs that would not have, sooner or later.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, core::ptr::null_mut())
        };
    }
}

/// While it lives, the thread that made it blocks all signals.
pub(crate) struct Blocked {
    before: Mask,
}

impl Blocked {
    pub(crate) fn all() -> Self {
        let before = Mask::current();
        Mask::all().set();
        Self { before }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.before.set();
    }
}

/// An alternate signal stack for this thread, for as long as the value lives.
pub(crate) struct AlternateStack {
    /// `None` where the thread had one already (std gives one to its own threads).
    memory: Option<Box<[u8]>>,
}

const ALTERNATE_LEN: usize = 64 * 1024;

impl AlternateStack {
    /// Makes sure that this thread has one.
    pub(crate) fn ensure() -> io::Result<Self> {
        // SAFETY: all zeros is a valid stack_t.
        let mut current: libc::stack_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: asks only.
        unsafe { libc::sigaltstack(core::ptr::null(), &raw mut current) };
        if current.ss_flags & libc::SS_DISABLE == 0 {
            return Ok(Self { memory: None });
        }
        let mut memory = vec![0u8; ALTERNATE_LEN].into_boxed_slice();
        let stack = libc::stack_t {
            ss_sp: memory.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: ALTERNATE_LEN,
        };
        // SAFETY: the memory lives as long as the registration, see `drop`.
        if unsafe { libc::sigaltstack(&raw const stack, core::ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { memory: Some(memory) })
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        if self.memory.is_some() {
            let off = libc::stack_t {
                ss_sp: core::ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: ALTERNATE_LEN,
            };
            // SAFETY: takes the thread's registration back before the memory goes.
            unsafe { libc::sigaltstack(&raw const off, core::ptr::null_mut()) };
        }
    }
}
