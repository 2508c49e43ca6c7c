//! Programs over the whole scheduler whose goroutines wait for a descriptor, while a thread plays the kernel.

use std::panic::Location;

use super::runtime::{OnStack, end, fate, runtime};
use super::{Scenario, spawn, window};
use crate::facade::thread::JoinHandle;
use crate::facade::{AtomicU32, Event, Ordering::Relaxed, events, moments, spin_hint};
use crate::proto::note::Sleep;
use crate::proto::timers::NEVER;
use crate::sched::pd::{Pd, Way};
use crate::sched::polled;
use crate::{Runtime, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { netpoll:
            a_goroutine_gets_what_comes = ONE, loom Window(2), shuttle sampled;
            two_goroutines_get_what_comes_to_each = TWO, loom Window(1), shuttle sampled;
            a_goroutine_gets_what_comes_beside_another = BESIDE, loom Window(2), shuttle sampled;
            what_comes_beside_a_time_out_is_not_lost = TIMED, loom Window(1), shuttle sampled;
            a_runtime_ends_while_a_goroutine_waits = ENDS, loom Window(2), shuttle sampled;
            #[ignore = "long: ./check all"]
            what_comes_while_the_world_is_stopped_is_not_lost =
                STOPPED, loom Window(2), shuttle sampled;
            what_comes_after_a_stopped_world_is_heard = DEAF, loom Window(1), shuttle sampled;
            what_comes_while_a_processor_goes_is_not_lost = RESIZED, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// A descriptor with bytes. It stays for ever, as those that the kernel knows.
struct Descriptor {
    bytes: AtomicU32,
    pd: Pd,
}

fn descriptor() -> &'static Descriptor {
    Box::leak(Box::new(Descriptor { bytes: AtomicU32::new(0), pd: Pd::new() }))
}

/// A runtime of a model that has a kernel.
fn with_kernel(procs: usize) -> Runtime {
    moments::begin();
    runtime(procs)
}

impl Descriptor {
    /// The kernel has a byte, and says so.
    fn deliver(&'static self) {
        self.bytes.fetch_add(1, Relaxed);
        let whose = core::ptr::from_ref(&self.pd).expose_provenance();
        events::deliver(Event { whose, input: true, output: false, is_end: false });
    }

    /// The same on a thread.
    fn kernel(&'static self) -> JoinHandle {
        spawn(|| self.deliver())
    }

    /// Reads a byte; waits for it, until `deadline_ns`.
    fn read_until(&'static self, deadline_ns: u64) -> Sleep {
        loop {
            let look = self.pd.way(Way::Input).look();
            if self.bytes.load(Relaxed) > 0 {
                self.bytes.fetch_sub(1, Relaxed);
                return Sleep::Woken;
            }
            let at = Location::caller();
            if polled::park(&self.pd, Way::Input, look, deadline_ns, at) == Sleep::TimedOut {
                return Sleep::TimedOut;
            }
        }
    }

    /// Reads a byte, with something on the stack meanwhile.
    fn read(&'static self) -> u32 {
        let stack = OnStack::new();
        stack.touch();
        assert!(self.read_until(NEVER) == Sleep::Woken, "there is no deadline");
        stack.touch()
    }
}

/// One that waits while the kernel delivers.
pub(crate) const ONE: Scenario = Scenario {
    threads: 3,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let read = window(|| {
            let kernel = fd.kernel();
            let read = rt.run(|| fd.read());
            kernel.join();
            read
        });
        end(rt, 0);
        format!("{read}")
    },
    outcomes: &["2"],
};

/// Two that wait on two Ps, each for its own descriptor.
pub(crate) const TWO: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = with_kernel(2);
        let fds = [descriptor(), descriptor()];
        let read = window(|| {
            let readers = fds.map(|fd| rt.go(|| fd.read()));
            fds.iter().for_each(|fd| fd.deliver());
            readers.map(|reader| reader.join().expect("it returns"))
        });
        end(rt, 0);
        format!("{read:?}")
    },
    outcomes: &["[2, 2]"],
};

/// One that waits, and another that runs meanwhile, on the only P.
pub(crate) const BESIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let read = window(|| {
            let kernel = fd.kernel();
            let read = rt.run(|| {
                let other = go(|| OnStack::new().touch());
                fd.read() + other.join().expect("it returns")
            });
            kernel.join();
            read
        });
        end(rt, 0);
        format!("{read}")
    },
    outcomes: &["3"],
};

/// One whose time is up while the kernel delivers, and that reads again then.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 4,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let first = window(|| {
            let kernel = fd.kernel();
            let clock = spawn(|| moments::advance(10));
            let first = rt.run(|| {
                let first = fd.read_until(5);
                if first == Sleep::TimedOut {
                    fd.read();
                }
                first
            });
            kernel.join();
            clock.join();
            first
        });
        end(rt, 0);
        String::from(if first == Sleep::Woken { "at once" } else { "at the second time" })
    },
    outcomes: &["at once", "at the second time"],
};

/// The runtime ends, and nothing comes before.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 2,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let reader = rt.go(|| fd.read());
        window(|| drop(rt));
        String::from(fate(reader))
    },
    outcomes: &["it is lost"],
};

/// The kernel delivers while a thread stops the world.
pub(crate) const STOPPED: Scenario = Scenario {
    threads: 4,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let reader = rt.go(|| fd.read());
        let read = window(|| {
            let kernel = fd.kernel();
            rt.stop_the_world(|_| ());
            kernel.join();
            reader.join().expect("it returns")
        });
        end(rt, 0);
        format!("{read}")
    },
    outcomes: &["2"],
};

/// The one who waits for events has stopped to hear them in a stopped world, where no P is idle. The kernel
/// delivers when the world runs again.
pub(crate) const DEAF: Scenario = Scenario {
    threads: 2,
    run: || {
        let (rt, fd) = (with_kernel(1), descriptor());
        let reader = rt.go(|| fd.read());
        let sched = rt.sched();
        while !sched.sleeper.hears() {
            spin_hint(); // progress: the reader comes to wait, and its M sleeps
        }
        let read = window(|| {
            rt.stop_the_world(|_| {
                sched.sleeper.wake();
                while !sched.sleeper.is_deaf() {
                    spin_hint(); // progress: it looks, and finds no idle P
                }
            });
            fd.deliver();
            reader.join().expect("it returns")
        });
        end(rt, 0);
        format!("{read}")
    },
    outcomes: &["2"],
};

/// The kernel delivers while a P goes.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let (rt, fd) = (with_kernel(2), descriptor());
        let reader = rt.go(|| fd.read());
        let read = window(|| {
            let kernel = fd.kernel();
            rt.set_procs(1);
            kernel.join();
            reader.join().expect("it returns")
        });
        end(rt, 0);
        format!("{read}")
    },
    outcomes: &["2"],
};
