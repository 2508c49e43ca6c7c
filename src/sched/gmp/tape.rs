//! What an M notes of what it does: bytes, until somebody takes them.
//!
//! An entry is the time since the last one in nanoseconds, then what happened. Numbers take a byte for each
//! seven bits.

/// A tape grows to so many bytes; what comes then is counted and lost.
const MOST: usize = 4 << 20;
/// The bytes that an entry has at most.
const ENTRY: usize = 48;

/// Entries, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    bytes: Vec<u8>,
    first_ns: u64,
    last_ns: u64,
    /// How many entries found no room, all at the end.
    pub(crate) lost: u64,
}

impl Tape {
    /// Adds what happens now.
    pub(crate) fn put(&mut self, now_ns: u64, entry: &Entry) {
        if self.bytes.len() + 2 * ENTRY > MOST || self.lost != 0 {
            self.lost += 1;
            return;
        }
        if self.bytes.is_empty() {
            (self.first_ns, self.last_ns) = (now_ns, now_ns);
        }
        let mut time = Entry::new();
        time.number(now_ns - self.last_ns);
        self.last_ns = now_ns;
        self.bytes.extend_from_slice(time.as_bytes());
        self.bytes.extend_from_slice(entry.as_bytes());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.lost == 0
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Gives back the memory beyond its bytes.
    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// When the first entry was put.
    pub(crate) fn first_ns(&self) -> u64 {
        self.first_ns
    }

    /// When the last entry was put.
    pub(crate) fn last_ns(&self) -> u64 {
        self.last_ns
    }

    /// Its entries: each is read by `read`, after its time was.
    pub(crate) fn entries<T>(
        &self,
        mut read: impl FnMut(u64, &mut Reader<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut reader = Reader(&self.bytes);
        let mut entries = Vec::with_capacity(self.bytes.len() / 8);
        let mut at_ns = self.first_ns;
        while !reader.0.is_empty() {
            at_ns += reader.number();
            entries.extend(read(at_ns, &mut reader));
        }
        entries
    }
}

/// What happened, as bytes.
pub(crate) struct Entry {
    bytes: [u8; ENTRY],
    len: usize,
}

impl Entry {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; ENTRY], len: 0 }
    }

    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.byte(number.to_le_bytes()[0]);
    }

    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Reads what was put into entries.
pub(crate) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// The next number; zero at the end, which a whole tape does not reach in an entry.
    pub(crate) fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let Some((&byte, rest)) = self.0.split_first() else { break };
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 1 << 40, u64::MAX];

    #[test]
    fn numbers_and_times_come_back_as_they_were_put() {
        let mut tape = Tape::default();
        assert!(tape.is_empty());
        for (i, number) in NUMBERS.into_iter().enumerate() {
            let mut entry = Entry::new();
            entry.number(number);
            tape.put(1_000 + i as u64 * 300, &entry);
        }
        let read = tape.entries(|at_ns, reader| Some((at_ns, reader.number())));
        let put = NUMBERS.into_iter().enumerate().map(|(i, n)| (1_000 + i as u64 * 300, n));
        assert!(read.into_iter().eq(put));
    }

    #[test]
    fn a_full_tape_counts_what_it_loses_and_loses_all_that_follows() {
        let (mut tape, mut entry) = (Tape::default(), Entry::new());
        entry.number(u64::MAX);
        let mut put = 0;
        while tape.lost == 0 {
            tape.put(put, &entry);
            put += 1;
        }
        tape.put(put, &Entry::new());
        assert!(tape.len() <= MOST && tape.len() > MOST - 3 * ENTRY);
        assert_eq!(tape.lost, 2);
        assert_eq!(tape.entries(|_, reader| Some(reader.number())).len() as u64, put - 1);
    }
}
