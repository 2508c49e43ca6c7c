//! What the kernel says of the server's process.

use std::fs;

/// The numbers of one moment. Those of threads that have ended are missing in `switches`.
#[derive(Clone, Copy, Default)]
pub struct Numbers {
    pub cpu_ns: u64,
    pub switches: u64,
    pub threads: u64,
    pub resident_bytes: u64,
}

impl Numbers {
    pub fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        Self {
            cpu_ns: cpu_ns(pid),
            switches: switches(pid),
            threads: field(&status, "Threads:"),
            resident_bytes: 1_024 * field(&status, "VmRSS:"),
        }
    }
}

fn switches(pid: u32) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    let of_thread = |thread: fs::DirEntry| {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        field(&status, "\nvoluntary_ctxt_switches:")
            + field(&status, "\nnonvoluntary_ctxt_switches:")
    };
    threads.flatten().map(of_thread).sum()
}

/// The number after a name, or zero.
fn field(status: &str, name: &str) -> u64 {
    let value = status.split_once(name).and_then(|(_, rest)| rest.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The processor time of all threads of a process, also of those that have ended.
fn cpu_ns(pid: u32) -> u64 {
    let mut clock = 0;
    // SAFETY: the kernel writes one clock's number.
    let found = unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, &raw mut clock) } == 0;
    if found { read(clock) } else { 0 }
}

/// The processor time of this process.
pub fn own_cpu_ns() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// The time of a clock, in nanoseconds.
pub fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one time.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
