//! One child process with a limit on its time.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a test process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Green,
    /// It failed, with the message of the first panic.
    Red(String),
    TimedOut,
    /// Somebody else ended it (a person, the kernel for want of memory): says nothing about the test.
    Stopped,
}

/// A process that has ended.
pub struct Finished {
    pub end: End,
    pub seconds: f64,
    pub stderr: String,
}

/// Runs a command to its end, or to the limit.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished, String> {
    let start = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = loop {
        match child.try_wait().map_err(|e| format!("cannot wait for {command:?}: {e}"))? {
            Some(status) => break Some(status),
            None if start.elapsed() < limit => thread::sleep(Duration::from_millis(2)),
            None => break None,
        }
    };
    if status.is_none() {
        // It may have ended just now; either way it is gone after this.
        drop(child.kill());
        drop(child.wait());
    }
    let seconds = start.elapsed().as_secs_f64();
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    let end = status.map_or(End::TimedOut, |status| end(status, &stderr, &stdout));
    Ok(Finished { end, seconds, stderr })
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before an error is still worth reading.
            drop(pipe.read_to_end(&mut bytes));
        }
        bytes
    })
}

/// SIGINT, SIGKILL and SIGTERM: no test of ours ends itself so.
const FROM_OUTSIDE: [i32; 3] = [2, 9, 15];

fn end(status: ExitStatus, stderr: &str, stdout: &str) -> End {
    if status.success() {
        return End::Green;
    }
    if status.signal().is_some_and(|signal| FROM_OUTSIDE.contains(&signal)) {
        return End::Stopped;
    }
    let reason = reason(stderr).or_else(|| reason(stdout)).unwrap_or_else(|| status.to_string());
    End::Red(reason)
}

const LONGEST_REASON: usize = 90;

/// The first panic's message, or the scheduler's own last words.
fn reason(output: &str) -> Option<String> {
    let mut lines = output.lines();
    let reason = lines.find_map(|line| {
        let panicked = line.starts_with("thread ") && line.contains(" panicked at ");
        (panicked || line.starts_with("gosched: ")).then_some((line, panicked))
    });
    let (line, panicked) = reason?;
    let message = if panicked { lines.find(|line| !line.trim().is_empty())? } else { line };
    Some(message.trim().chars().take(LONGEST_REASON).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit_ms: u64) -> Finished {
        run(Command::new("sh").args(["-c", script]), Duration::from_millis(limit_ms)).unwrap()
    }

    #[test]
    fn a_failure_is_red_and_a_kill_from_outside_is_not() {
        assert_eq!(shell("exit 0", 10_000).end, End::Green);
        assert!(matches!(shell("exit 101", 10_000).end, End::Red(_)));
        assert!(matches!(shell("kill -ABRT $$", 10_000).end, End::Red(_)));
        for signal in ["KILL", "TERM"] {
            assert_eq!(shell(&format!("kill -{signal} $$"), 10_000).end, End::Stopped);
        }
        // A shell in the background may ignore this one, and so do its children.
        assert_eq!(end(ExitStatus::from_raw(2), "", ""), End::Stopped);
    }

    #[test]
    fn a_process_past_its_limit_is_ended_and_not_red() {
        let finished = shell("exec sleep 60", 50);
        assert_eq!(finished.end, End::TimedOut);
        assert!(finished.seconds < 30.0);
    }

    #[test]
    fn the_reason_is_the_first_panic() {
        let output =
            "loom x\nthread 'a' (7) panicked at src/x.rs:1:2:\nCausality violation: x\nmore\n";
        assert_eq!(reason(output).as_deref(), Some("Causality violation: x"));
        assert_eq!(
            reason("gosched: note: woken twice\n").as_deref(),
            Some("gosched: note: woken twice")
        );
        assert_eq!(reason("all is well\n"), None);
    }
}
