//! What `GOSCHED_DEBUG` asks for.

use core::num::NonZero;

use crate::facade::process::Global;
use crate::machine::signal;

/// What lines are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// How many milliseconds apart.
    pub(super) every_ms: NonZero<u64>,
    /// Whether each P, M and G has a line.
    pub(super) has_detail: bool,
}

/// What was read, once in a process, and how many runtimes have asked.
static READ: Global<(Option<Asked>, u32)> = Global::new();

/// What is asked for, if anything is, and how many runtimes of this process have asked, the caller among them.
/// The first one tells what it does not understand.
pub(super) fn ask() -> Option<(Asked, u32)> {
    READ.init(|| (read(), 0));
    READ.with(|(asked, count)| {
        *count += 1;
        asked.map(|asked| (asked, *count))
    })?
}

fn read() -> Option<Asked> {
    let value = std::env::var_os("GOSCHED_DEBUG")?;
    let (asked, wrong) = parse(&value.to_string_lossy());
    if !wrong.is_empty() {
        let line = format!("gosched: GOSCHED_DEBUG: {}\n", wrong.join("; "));
        signal::write_stderr(line.as_bytes());
    }
    asked
}

/// What a value asks for, and what is wrong with it. Of two items with one name the last counts.
fn parse(value: &str) -> (Option<Asked>, Vec<String>) {
    let (mut every_ms, mut has_detail, mut wrong) = (None, None, Vec::new());
    let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pairs = items.map(|item| item.split_once('=').unwrap_or((item, "")));
    for (name, value) in pairs {
        match (name, value) {
            ("schedtrace", ms) => match ms.parse() {
                Ok(ms) => every_ms = Some(ms),
                Err(_) => wrong.push(format!(
                    "schedtrace={ms:?} is ignored: write a number of milliseconds above zero"
                )),
            },
            ("scheddetail", "0" | "1") => has_detail = Some(value == "1"),
            ("scheddetail", _) => {
                wrong.push(format!("scheddetail={value:?} is ignored: write 0 or 1"));
            }
            _ => wrong.push(format!("{name:?} is ignored: there are schedtrace and scheddetail")),
        }
    }
    if every_ms.is_none() && has_detail == Some(true) {
        wrong.push("scheddetail does nothing without schedtrace".into());
    }
    let has_detail = has_detail == Some(true);
    (every_ms.map(|every_ms| Asked { every_ms, has_detail }), wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(every_ms: u64, has_detail: bool) -> Option<Asked> {
        NonZero::new(every_ms).map(|every_ms| Asked { every_ms, has_detail })
    }

    #[test]
    fn what_is_understood_holds() {
        for (value, asked) in [
            ("", None),
            ("schedtrace=1000", asks(1000, false)),
            ("schedtrace=5,scheddetail=1", asks(5, true)),
            ("scheddetail=1, schedtrace=5,", asks(5, true)),
            ("schedtrace=5,schedtrace=6,scheddetail=1,scheddetail=0", asks(6, false)),
            ("schedtrace=18446744073709551615", asks(u64::MAX, false)),
            ("scheddetail=0", None),
        ] {
            assert_eq!(parse(value), (asked, Vec::new()), "{value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_and_the_rest_holds() {
        for (value, asked, wrong) in [
            ("schedtrace=0", None, &["schedtrace=\"0\""][..]),
            ("schedtrace", None, &["schedtrace=\"\""]),
            ("schedtrace=-1", None, &["schedtrace=\"-1\""]),
            ("schedtrace=18446744073709551616", None, &["schedtrace=\"18446744073709551616\""]),
            ("schedtrace=9,scheddetail=2", asks(9, false), &["scheddetail=\"2\""]),
            ("gctrace=1,schedtrace=9,=", asks(9, false), &["\"gctrace\"", "\"\""]),
            ("scheddetail=1", None, &["scheddetail does nothing"]),
            ("SCHEDTRACE=9", None, &["\"SCHEDTRACE\""]),
        ] {
            let (found, told) = parse(value);
            assert_eq!((found, told.len()), (asked, wrong.len()), "{value}: {told:?}");
            let is_told = told.iter().zip(wrong).all(|(told, wrong)| told.starts_with(wrong));
            assert!(is_told, "{value}: {told:?}");
        }
    }
}
