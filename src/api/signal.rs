//! Signals, as a channel (Go's `os/signal`).
//!
//! [`notify`] has the kernel's signals, Ctrl-C for one, come out of a channel. So a goroutine waits for them by
//! [`recv`](Receiver::recv), or beside other things by [`select!`](crate::chan::select).
//!
//! # What becomes of other handlers
//!
//! A handler that a program or a library has installed before is still called, and has returned when the signal
//! comes out of the channel. It keeps its flags and its mask. A handler that is installed later has to call the
//! earlier one, this crate's, as is the custom; if it does not, no more signals come.
//!
//! A goroutine is never interrupted to run code of this module: the handler only writes to a pipe. A thread of
//! the process, started by the first [`notify`], reads the pipe and sends to the channels. (Go keeps a thread
//! for this too.) It belongs to no runtime, so the end of a runtime changes nothing for the receivers
//! elsewhere, and `notify` may be called before a runtime is started. signalfd would need no handler, but all
//! threads would have to block the signal, and a library cannot promise that.
//!
//! While that thread is there, no deadlock is reported: a signal might come.
//!
//! # When nobody receives
//!
//! Once all receivers of a signal are dropped, the signal does what it did before the first [`notify`]. So a
//! program that gets the first Ctrl-C, drops the receiver and cleans up is ended by the second.
//!
//! A child of fork that does not exec has the handler and not the thread: until it calls [`notify`] itself, its
//! signals are lost.
//!
//! A receiver that a goroutine owned when its runtime ended is leaked, as all that the goroutine owned: its
//! signals are counted as received.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::{chan, signal, time::Duration};
//!
//! rt.run(|| {
//!     let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
//!     chan::select! {
//!         recv(interrupts) -> signal => println!("{}: cleaning up", signal.unwrap()),
//!         default(Duration::from_millis(1)) => println!("nobody pressed Ctrl-C"),
//!     }
//!     std::io::Result::Ok(())
//! })?;
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::io::{self, ErrorKind};

use crate::chan::{self, Receiver, Sender, TrySendError};
use crate::facade::process::Global;
use crate::facade::thread::{self, Signals};
use crate::machine::handler;
use crate::machine::process::at_fork;

/// A kind of signal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(i32);

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $number:ident;)*) => {
        $($(#[$doc])* pub const $name: Signal = Signal(libc::$number);)*

        const NAMES: &[(Signal, &str)] = &[$(($name, stringify!($number))),*];
    };
}

signals! {
    /// The terminal is gone; by custom, a server reads its configuration again.
    HUP = SIGHUP;
    /// Ctrl-C.
    INT = SIGINT;
    /// Ctrl and the backslash.
    QUIT = SIGQUIT;
    /// For the program's own use.
    USR1 = SIGUSR1;
    /// For the program's own use.
    USR2 = SIGUSR2;
    /// A pipe or a socket was written to that nobody reads.
    PIPE = SIGPIPE;
    /// The alarm clock.
    ALRM = SIGALRM;
    /// Somebody asks the process to end.
    TERM = SIGTERM;
    /// A child process has ended or was stopped.
    CHLD = SIGCHLD;
    /// The process continues after a stop.
    CONT = SIGCONT;
    /// Ctrl-Z.
    TSTP = SIGTSTP;
    /// The terminal has another size.
    WINCH = SIGWINCH;
}

impl Signal {
    /// Names a signal by its number. Whether there is such a signal shows in [`notify`].
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// Returns the number of the signal.
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(signal, _)| signal == self) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// So many signals wait in a channel. What comes then is dropped, as the kernel joins signals that come fast.
const ROOM: usize = 64;

/// Signals that end the process if a handler returns, or that the kernel gives to nobody.
const REFUSED: [i32; 8] = [
    libc::SIGKILL,
    libc::SIGSTOP,
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// A receiver that is alive, or was when somebody last looked.
struct Subscriber {
    signals: Vec<Signal>,
    tell: Sender<Signal>,
}

impl Subscriber {
    /// Whether somebody receives. A signal for which there is no room counts as received.
    fn tell(&self, signal: Signal) -> bool {
        !matches!(self.tell.try_send(signal), Err(TrySendError::Disconnected(_)))
    }
}

#[derive(Default)]
struct Subscribers {
    all: Vec<Subscriber>,
    /// So many of them, and those are looked for that have gone.
    look_at: usize,
    /// The process that has the thread: a child of fork has none. Zero before.
    process: u32,
}

static SUBSCRIBERS: Global<Subscribers> = Global::new();

/// Returns a channel of the signals that come from now on.
///
/// Each receiver gets all signals that it asked for, whoever else gets them. The channel keeps 64 signals;
/// those that come while it is full are dropped. It is never disconnected. See the
/// [module](self#when-nobody-receives) for what becomes of a signal that nobody receives any more.
///
/// Does not wait.
///
/// # Errors
///
/// [`InvalidInput`](ErrorKind::InvalidInput) for a number that is no signal, for `SIGKILL` and `SIGSTOP`, and for
/// signals that a thread brings upon itself, such as `SIGSEGV`. Or if a pipe or a thread cannot be made.
#[expect(clippy::missing_panics_doc, reason = "what it expects is made two lines above")]
pub fn notify(signals: &[Signal]) -> io::Result<Receiver<Signal>> {
    if let Some(refused) = signals.iter().find(|signal| REFUSED.contains(&signal.0)) {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("{refused} cannot be received"),
        ));
    }
    let (tell, receiver) = chan::bounded(ROOM);
    SUBSCRIBERS.init(|| {
        at_fork(before_fork, after_fork, after_fork);
        Subscribers::default()
    });
    let (listens, gone) = SUBSCRIBERS
        .with(|subscribers| {
            let gone = subscribers.take_gone();
            let listens = subscribers.listen().and_then(|()| {
                subscribers.all.push(Subscriber { signals: signals.to_vec(), tell });
                signals.iter().try_for_each(|signal| handler::install(signal.0))
            });
            (listens, gone)
        })
        .expect("they were made above");
    drop(gone);
    listens.map(|()| receiver)
}

/// Keeps other threads out of the list: a child could not finish what they had begun.
extern "C" fn before_fork() {
    SUBSCRIBERS.keep();
}

extern "C" fn after_fork() {
    // SAFETY: `before_fork` has kept it, on this thread.
    unsafe { SUBSCRIBERS.let_go() };
}

impl Subscribers {
    /// Takes out those whose receiver has gone, each time when there may be twice as many as there were left.
    fn take_gone(&mut self) -> Vec<Subscriber> {
        const FEW: usize = 16;
        if self.all.len() < self.look_at.max(FEW) {
            return Vec::new();
        }
        let all = core::mem::take(&mut self.all).into_iter();
        let gone: Vec<Subscriber>;
        (self.all, gone) = all.partition(|subscriber| subscriber.tell.has_receivers());
        self.look_at = 2 * self.all.len();
        gone
    }

    /// Starts the thread, unless this process has it.
    fn listen(&mut self) -> io::Result<()> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let mut told = handler::pipe()?;
        thread::spawn("gosched-signal".to_owned(), Signals::faults_only(), move || {
            while let Some(signal) = told.next() {
                deliver(Signal(signal));
            }
        })?;
        self.process = std::process::id();
        Ok(())
    }
}

/// Sends a signal to all that asked for it. If nobody is left, it does what it did before.
fn deliver(signal: Signal) {
    // Not held while sending, which runs code of channels.
    let Some(mut all) = SUBSCRIBERS.with(|subscribers| core::mem::take(&mut subscribers.all))
    else {
        return;
    };
    let mut is_heard = false;
    all.retain(|subscriber| {
        let asked = subscriber.signals.contains(&signal);
        let stays = !asked || subscriber.tell(signal);
        is_heard |= asked && stays;
        stays
    });
    SUBSCRIBERS.with(|subscribers| subscribers.all.append(&mut all));
    if !is_heard {
        handler::act_by_default(signal.0);
    }
}
