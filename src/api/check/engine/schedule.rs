//! A schedule: in what it differs from the plain one, in which each goroutine runs until it waits, the others
//! follow in the order in which they became ready, and time passes when nothing else is left.

use std::fmt;

use super::net::Net;

/// Who runs next, or which way a random choice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Target {
    Goroutine(u64),
    /// The clock moves on.
    Time,
    Value(usize),
}

impl Target {
    /// A choice that is neither a goroutine's nor time's.
    pub(super) fn value(self) -> usize {
        match self {
            Self::Value(value) => value,
            Self::Goroutine(_) | Self::Time => 0,
        }
    }
}

/// One difference: at the `nth` question that was asked while goroutine `who` ran, or had just stopped, the
/// answer was `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deviation {
    pub(super) who: u64,
    pub(super) nth: u32,
    pub(super) to: Target,
}

/// A schedule, the program that it belongs to, and what may go wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// What the goroutines did: a number that differs for a different program.
    pub(super) fingerprint: u32,
    pub(super) net: Net,
    pub(super) deviations: Vec<Deviation>,
}

/// The version of this form, and of the questions that are asked.
const VERSION: &str = "g2";

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It begins with this instead of [`VERSION`].
    Version(String),
    Damaged,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(other) => write!(
                f,
                "this schedule was made by another version of gosched: it begins with {other:?}, and this \
                 version's begin with {VERSION:?}; search for the failure again"
            ),
            Self::Damaged => f.write_str(
                "this is no schedule: it is cut off, or was changed; copy the whole text between the quotes",
            ),
        }
    }
}

/// Small numbers in few digits: five bits a digit, and one more that says whether another follows.
const DIGITS: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.";

fn put(text: &mut String, mut number: u64) {
    loop {
        let more = if number >= 32 { 32 } else { 0 };
        let digit = usize::try_from(number % 32 + more).unwrap_or(0);
        text.push(char::from(DIGITS[digit]));
        number /= 32;
        if more == 0 {
            return;
        }
    }
}

fn get(digits: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut number = 0;
    for place in 0..12 {
        let digit = digits.next()?;
        let value = DIGITS.iter().position(|&d| d == digit)? as u64;
        number |= (value % 32) << (5 * place);
        if value < 32 {
            return Some(number);
        }
    }
    None
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        put(&mut text, self.net.number());
        for deviation in &self.deviations {
            put(&mut text, deviation.who);
            put(&mut text, u64::from(deviation.nth));
            put(
                &mut text,
                match deviation.to {
                    Target::Time => 0,
                    Target::Goroutine(id) => 2 * id + 1,
                    Target::Value(value) => 2 * value as u64 + 2,
                },
            );
        }
        let sum = checksum(self.fingerprint, text.as_bytes());
        write!(f, "{VERSION}-{:08x}{sum:02x}-{text}", self.fingerprint)
    }
}

/// Notices a text that was cut off.
fn checksum(fingerprint: u32, digits: &[u8]) -> u8 {
    let sum = digits
        .iter()
        .fold(fingerprint, |sum, &digit| sum.wrapping_mul(0x0100_0193) ^ u32::from(digit));
    sum.to_le_bytes().into_iter().fold(0, |sum, byte| sum ^ byte)
}

impl std::str::FromStr for Schedule {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (version, rest) = text.trim().split_once('-').ok_or(Unreadable::Damaged)?;
        if version != VERSION {
            return Err(Unreadable::Version(version.chars().take(8).collect()));
        }
        let (head, digits) = rest.split_once('-').ok_or(Unreadable::Damaged)?;
        let number = |part: Option<&str>| {
            part.and_then(|part| u32::from_str_radix(part, 16).ok()).ok_or(Unreadable::Damaged)
        };
        let fingerprint = number(head.get(..8))?;
        if number(head.get(8..))? != u32::from(checksum(fingerprint, digits.as_bytes())) {
            return Err(Unreadable::Damaged);
        }
        let (net, deviations) = read(digits).ok_or(Unreadable::Damaged)?;
        Ok(Self { fingerprint, net, deviations })
    }
}

fn read(digits: &str) -> Option<(Net, Vec<Deviation>)> {
    let mut digits = digits.bytes().peekable();
    let net = Net::of(get(&mut digits)?)?;
    let mut deviations = Vec::new();
    while digits.peek().is_some() {
        let who = get(&mut digits)?;
        let nth = u32::try_from(get(&mut digits)?).ok()?;
        let to = match get(&mut digits)? {
            0 => Target::Time,
            odd if odd % 2 == 1 => Target::Goroutine(odd / 2),
            even => Target::Value(usize::try_from(even / 2 - 1).ok()?),
        };
        deviations.push(Deviation { who, nth, to });
    }
    Some((net, deviations))
}

/// Joins what a program's steps are made of into a fingerprint.
#[derive(Clone, Copy)]
pub(super) struct Fingerprint(u32);

impl Fingerprint {
    pub(super) const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    pub(super) fn value(self) -> u32 {
        self.0
    }
}
