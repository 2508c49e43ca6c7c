//! Events as bytes, and back. A goroutine is written by its number, and where it was started when it is made
//! and whenever it begins to run: so what was lost before does not matter.

use core::panic::Location;

use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::tape::{Entry, Reader};
use crate::sched::gmp::wait::{Site, Wait};

/// A goroutine in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: u64,
    pub(crate) started_at: Option<Site>,
}

/// Some place in this program: others are written by how far they lie from it.
#[track_caller]
fn here() -> usize {
    core::ptr::from_ref(Location::caller()).addr()
}

fn base() -> usize {
    here()
}

/// An event as bytes. `p` is the P of the M that speaks.
pub(crate) fn encode(event: Event<GRef>, p: Option<u32>) -> Entry {
    let mut entry = Entry::new();
    match event {
        Event::Made(g) => entry.kind(0).started(g),
        Event::Runs(g) => entry.kind(1).started(g).small(p.map_or(0, |p| p + 1)),
        Event::Waits { g, why, at } => entry.kind(2).goroutine(g).small(why as u32).site(at),
        Event::Yields(g) => entry.kind(3).goroutine(g),
        Event::LacksP(g) => entry.kind(4).goroutine(g),
        Event::Ends(g) => entry.kind(5).goroutine(g),
        Event::Sleeps { g, why, at } => entry.kind(6).goroutine(g).small(why as u32).site(at),
        Event::WakesUp(g) => entry.kind(7).goroutine(g),
        Event::Readied(g) => entry.kind(8).goroutine(g),
        Event::Stolen(g, from) => entry.kind(9).goroutine(g).small(from),
        Event::Acquired(p) => entry.kind(10).small(p),
        Event::Released(p) => entry.kind(11).small(p),
        Event::Taken(p) => entry.kind(12).small(p),
        Event::ThreadBegins(tid) => entry.kind(13).small(tid),
        Event::ThreadParks => entry.kind(14),
        Event::ThreadWakes => entry.kind(15),
        Event::ThreadEnds => entry.kind(16),
        Event::WorldStopped => entry.kind(17),
        Event::WorldStarts => entry.kind(18),
        Event::TimerFires => entry.kind(19),
        Event::Polled(n) => entry.kind(20).small(n),
        Event::RegionBegins(name) => entry.kind(21).text(name),
        Event::RegionEnds(name) => entry.kind(22).text(name),
        Event::Message(text, number) => entry.kind(23).text(text).word(number),
        Event::StopsWorld => entry.kind(24),
    };
    entry
}

/// The next event, and the P with which a goroutine runs; `None` for bytes that [`encode`] does not make.
pub(super) fn decode(from: &mut Reader<'_>) -> Option<(Event<Named>, Option<u32>)> {
    let mut p = None;
    let event = match from.number() {
        0 => Event::Made(from.started()),
        1 => {
            let g = from.started();
            p = from.small().checked_sub(1);
            Event::Runs(g)
        }
        2 => Event::Waits { g: from.goroutine(), why: from.why(), at: from.site() },
        3 => Event::Yields(from.goroutine()),
        4 => Event::LacksP(from.goroutine()),
        5 => Event::Ends(from.goroutine()),
        6 => Event::Sleeps { g: from.goroutine(), why: from.why(), at: from.site() },
        7 => Event::WakesUp(from.goroutine()),
        8 => Event::Readied(from.goroutine()),
        9 => Event::Stolen(from.goroutine(), from.small()),
        10 => Event::Acquired(from.small()),
        11 => Event::Released(from.small()),
        12 => Event::Taken(from.small()),
        13 => Event::ThreadBegins(from.small()),
        14 => Event::ThreadParks,
        15 => Event::ThreadWakes,
        16 => Event::ThreadEnds,
        17 => Event::WorldStopped,
        18 => Event::WorldStarts,
        19 => Event::TimerFires,
        20 => Event::Polled(from.small()),
        21 => Event::RegionBegins(from.text()),
        22 => Event::RegionEnds(from.text()),
        23 => Event::Message(from.text(), from.number()),
        24 => Event::StopsWorld,
        _ => return None,
    };
    Some((event, p))
}

impl Entry {
    fn kind(&mut self, kind: u64) -> &mut Self {
        self.word(kind)
    }

    fn word(&mut self, word: u64) -> &mut Self {
        self.number(word);
        self
    }

    fn small(&mut self, number: u32) -> &mut Self {
        self.word(u64::from(number))
    }

    fn goroutine(&mut self, g: GRef) -> &mut Self {
        self.word(g::header(g).id())
    }

    fn started(&mut self, g: GRef) -> &mut Self {
        self.goroutine(g).site(g::header(g).started_at())
    }

    /// Zero is none.
    fn site(&mut self, site: Option<Site>) -> &mut Self {
        let far = |site| {
            let place = core::ptr::from_ref::<Location<'_>>(site).expose_provenance();
            let far = place.wrapping_sub(base()).cast_signed();
            1 + (far << 1 ^ far >> (isize::BITS - 1)).cast_unsigned() as u64
        };
        self.word(site.map_or(0, far))
    }

    fn text(&mut self, text: &'static str) -> &mut Self {
        self.word(text.as_ptr().expose_provenance() as u64).word(text.len() as u64)
    }
}

impl Reader<'_> {
    fn small(&mut self) -> u32 {
        u32::try_from(self.number()).unwrap_or(u32::MAX)
    }

    fn address(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(0)
    }

    fn goroutine(&mut self) -> Named {
        Named { id: self.number(), started_at: None }
    }

    fn started(&mut self) -> Named {
        Named { id: self.number(), started_at: self.site() }
    }

    fn why(&mut self) -> Wait {
        Wait::of(self.small())
    }

    fn site(&mut self) -> Option<Site> {
        let far = self.address().checked_sub(1)?;
        let far = (far >> 1).cast_signed() ^ -(far & 1).cast_signed();
        let place = base().wrapping_add_signed(far);
        // SAFETY: `Entry::site` has written it, in this process, of a place that is part of the program.
        Some(unsafe { &*core::ptr::with_exposed_provenance::<Location<'static>>(place) })
    }

    fn text(&mut self) -> &'static str {
        let (start, len) = (self.address(), self.address());
        let start = core::ptr::with_exposed_provenance::<u8>(start);
        // SAFETY: `Entry::text` has written both, in this process, of a text that is part of the program.
        let bytes = unsafe { core::slice::from_raw_parts(start, len) };
        // SAFETY: it was a text.
        unsafe { core::str::from_utf8_unchecked(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sched::gmp::tape::Tape;

    fn back(write: impl FnOnce(&mut Entry), read: impl Fn(&mut Reader<'_>) -> bool) {
        let (mut tape, mut entry) = (Tape::default(), Entry::new());
        write(&mut entry);
        tape.put(0, &entry);
        assert_eq!(tape.entries(|_, reader| Some(read(reader))), [true]);
    }

    #[test]
    fn places_and_texts_come_back() {
        let at = Location::caller();
        back(|entry| _ = entry.site(Some(at)), |from| from.site() == Some(at));
        back(|entry| _ = entry.site(None), |from| from.site().is_none());
        let text = "a text";
        back(|entry| _ = entry.text(text), |from| core::ptr::eq(from.text(), text));
    }

    fn without_a_goroutine<G>() -> [Event<G>; 14] {
        [
            Event::Acquired(0),
            Event::Released(700),
            Event::Taken(32_766),
            Event::ThreadBegins(u32::MAX),
            Event::ThreadParks,
            Event::ThreadWakes,
            Event::ThreadEnds,
            Event::StopsWorld,
            Event::WorldStopped,
            Event::WorldStarts,
            Event::TimerFires,
            Event::Polled(3),
            Event::RegionBegins("region"),
            Event::Message("message", u64::MAX),
        ]
    }

    #[test]
    fn events_without_a_goroutine_come_back() {
        let mut tape = Tape::default();
        for event in without_a_goroutine() {
            tape.put(5, &encode(event, None));
        }
        let read = tape.entries(|_, reader| decode(reader));
        assert!(read.into_iter().eq(without_a_goroutine().map(|event| (event, None))));
    }
}
