//! The slots of one class: ranges of addresses, reserved as they are needed, and carved in order.

use std::collections::{HashMap, HashSet};
use std::io;

use super::guards::Guards;
use super::slot::{self, Class, SPAN, Top, bottom_of, top_of};
use crate::machine::{stack, valgrind};

/// How much is made usable at once: one system call for many slots.
const COMMIT: usize = 16 << 20;
/// The longest range.
const MAX_RANGE: usize = 16 << 30;

/// Addresses that were reserved at once.
struct Range {
    base: *mut u8,
    len: usize,
    /// Bytes from the base that were given out at some time.
    carved: usize,
    /// Bytes from the base that can be read and written.
    committed: usize,
}

/// The slots of a class.
pub(super) struct Region {
    class: Class,
    /// Carved to their ends, but for the last.
    ranges: Vec<Range>,
    /// Slots that nobody has, each with its guard.
    free: Vec<Top>,
    /// Slots that are given out.
    given: HashMap<Owner, HashSet<Top>>,
}

/// To whom slots are given out: a scheduler, by its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner(usize);

impl Owner {
    pub(crate) fn new<T>(owner: &T) -> Self {
        Self(core::ptr::from_ref(owner).addr())
    }
}

impl Region {
    pub(super) fn new(class: Class) -> Self {
        Self { class, ranges: Vec::new(), free: Vec::new(), given: HashMap::new() }
    }

    /// Reserves the first addresses, if there are none.
    pub(super) fn reserve_first(&mut self) -> io::Result<()> {
        if self.ranges.is_empty() { self.reserve_more() } else { Ok(()) }
    }

    /// Gives out a slot that nobody has, with its guard in place.
    ///
    /// # Errors
    ///
    /// As [`carve`](Self::carve).
    pub(super) fn give_out(&mut self, to: Owner, guards: &mut Guards) -> io::Result<Top> {
        let top = match self.free.pop() {
            Some(top) => top,
            None => self.carve(guards)?,
        };
        self.given.entry(to).or_default().insert(top);
        Ok(top)
    }

    /// The slots that an owner has.
    pub(super) fn of(&self, owner: Owner) -> impl Iterator<Item = Top> {
        self.given.get(&owner).into_iter().flatten().copied()
    }

    /// Whether an owner has a slot.
    pub(super) fn has(&self, owner: Owner, top: Top) -> bool {
        self.given.get(&owner).is_some_and(|given| given.contains(&top))
    }

    /// A slot that was never given out, with its guard in place.
    ///
    /// # Errors
    ///
    /// If the kernel refuses addresses, memory or a guard. The next call tries again.
    fn carve(&mut self, guards: &mut Guards) -> io::Result<Top> {
        let len = self.class.len();
        if self.ranges.last().is_none_or(|range| range.carved == range.len) {
            self.reserve_more()?;
        }
        let Some(range) = self.ranges.last_mut() else { return Err(no_addresses("none")) };
        range.commit_for(len)?;
        let bottom = range.base.wrapping_add(range.carved);
        // SAFETY: committed just now or before, and not carved yet.
        unsafe { guards.install(bottom) }?;
        range.carved += len;
        let top = top_of(bottom.addr(), self.class).ok_or_else(|| no_addresses("at null"))?;
        valgrind::register_stack(bottom.wrapping_add(stack::page_size())..top.as_ptr());
        Ok(top)
    }

    /// A quarter of what there is, so that a million stacks lie in some forty ranges; else as little
    /// as can be.
    fn reserve_more(&mut self) -> io::Result<()> {
        let total: usize = self.ranges.iter().map(|range| range.len).sum();
        let len = (total / 4).next_multiple_of(SPAN).clamp(SPAN, MAX_RANGE);
        let range = reserve(len, self.class).or_else(|_| reserve(SPAN, self.class))?;
        self.ranges.push(range);
        Ok(())
    }

    /// The slots that were given out at some time.
    #[cfg(test)]
    fn carved(&self) -> impl Iterator<Item = Top> {
        let class = self.class;
        let of_range = move |range: &Range| {
            let base = range.base.addr();
            (base..base + range.carved).step_by(class.len())
        };
        self.ranges.iter().flat_map(of_range).filter_map(move |bottom| top_of(bottom, class))
    }

    /// Takes neighbours back from their owner, in order, and their memory from them. Their guards stay.
    ///
    /// # Safety
    ///
    /// - They are this region's, nobody runs on them or will, and nobody looks at what lies there.
    pub(super) unsafe fn give_back(&mut self, from: Owner, neighbours: &[Top]) {
        let Some(&first) = neighbours.first() else { return };
        self.forget(from, neighbours);
        let page = stack::page_size();
        let usable = bottom_of(first, self.class).wrapping_add(page);
        // SAFETY: from the first one's guard to the last one's end all is committed and, as the
        //         caller says, unused; guards in between stay.
        unsafe { stack::release(usable, neighbours.len() * self.class.len() - page) };
        self.free.extend_from_slice(neighbours);
    }

    /// An owner has these no more.
    fn forget(&mut self, owner: Owner, slots: &[Top]) {
        let Some(given) = self.given.get_mut(&owner) else { return };
        slots.iter().for_each(|top| {
            given.remove(top);
        });
        if given.is_empty() {
            self.given.remove(&owner);
        }
    }
}

fn reserve(len: usize, class: Class) -> io::Result<Range> {
    let base = stack::reserve(len, SPAN).map_err(|error| {
        let text = format!(
            "cannot reserve addresses for stacks: {error}; raise ulimit -v or vm.max_map_count, \
             or lower Builder::stack_size"
        );
        io::Error::new(error.kind(), text)
    })?;
    if slot::publish(base.addr(), len, class) {
        Ok(Range { base, len, carved: 0, committed: 0 })
    } else {
        Err(no_addresses("above 2^48"))
    }
}

#[cold]
fn no_addresses(what: &str) -> io::Error {
    io::Error::other(format!("the kernel's addresses for stacks are of no use: {what}"))
}

impl Range {
    fn commit_for(&mut self, len: usize) -> io::Result<()> {
        if self.carved + len <= self.committed {
            return Ok(());
        }
        let most = len.max(COMMIT).min(self.len - self.committed);
        self.commit(most).or_else(|_| self.commit(len)).map_err(|error| {
            let text = format!(
                "cannot get memory for another stack: {error}; raise ulimit -d, or let the \
                 kernel promise more (vm.overcommit_memory)"
            );
            io::Error::new(error.kind(), text)
        })
    }

    fn commit(&mut self, more: usize) -> io::Result<()> {
        // SAFETY: the next part of this range.
        unsafe { stack::commit(self.base.wrapping_add(self.committed), more) }?;
        self.committed += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smallest() -> Region {
        Region::new(Class::of(slot::MIN_STACK).unwrap())
    }

    /// Carves until the kernel or the guards refuse; says how many there are then, and why no more.
    fn carve_all(region: &mut Region, guards: &mut Guards) -> (usize, String) {
        for n in 0.. {
            if let Err(error) = region.carve(guards) {
                return (n, error.to_string());
            }
        }
        unreachable!()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a thread of the kernel's")]
    fn where_guards_take_maps_the_process_keeps_enough_for_its_threads() {
        let (mut region, mut guards) = (smallest(), Guards::without_markers());
        let (n, refusal) = carve_all(&mut region, &mut guards);
        let threads: Vec<_> = (0..100).map(|_| std::thread::spawn(|| ())).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let maps = stack::max_map_count();
        assert_eq!(n, (maps - 1_000) / 2);
        let says = format!("cannot guard another stack: {n} stacks take as many memory maps as");
        assert!(refusal.starts_with(&says), "{refusal}");
        assert_eq!(carve_all(&mut region, &mut guards).0, 0);
        for range in &region.ranges {
            // SAFETY: the test's own; without guards its maps are one again.
            unsafe { stack::commit(range.base, range.len) }.unwrap();
        }
    }

    #[test]
    fn a_region_grows_by_a_quarter_and_every_slot_is_found() {
        let (mut region, mut guards) = (smallest(), Guards::new());
        let slots: Vec<_> = (0..6_000).map(|_| region.carve(&mut guards).unwrap()).collect();
        let lens: Vec<_> = region.ranges.iter().map(|range| range.len / SPAN).collect();
        assert_eq!(lens, [1, 1, 1, 1, 1, 2]);
        assert!(region.carved().eq(slots.iter().copied()));
        for top in slots {
            let bottom = bottom_of(top, region.class).addr();
            for address in [bottom, top.addr().get() - 1] {
                assert_eq!(slot::slot_of(address), Some((top, region.class)));
            }
            let page = stack::page_size();
            assert!(slot::is_overflow(bottom, bottom + page));
            assert!(slot::is_overflow(bottom + page - 1, bottom + 8));
            assert!(!slot::is_overflow(bottom + page, bottom + page));
            assert!(!slot::is_overflow(bottom, bottom + region.class.len()));
        }
    }

    #[test]
    fn what_comes_back_has_no_memory_and_keeps_its_guards() {
        let (mut region, mut guards) = (smallest(), Guards::new());
        let owner = Owner::new(&guards);
        let slots: Vec<_> = (0..8).map(|_| region.give_out(owner, &mut guards).unwrap()).collect();
        let ends = |top: &Top| {
            let bottom = bottom_of(*top, region.class).wrapping_add(stack::page_size());
            [bottom, top.as_ptr().wrapping_sub(1)]
        };
        let places: Vec<_> = slots.iter().flat_map(ends).collect();
        // SAFETY: stacks of this test's own.
        places.iter().for_each(|place| unsafe { place.write_volatile(7) });
        // SAFETY: nobody runs on them.
        unsafe { region.give_back(owner, &slots[2..6]) };
        // SAFETY: as above.
        let left = places.iter().map(|place| unsafe { place.read_volatile() });
        assert_eq!(left.collect::<Vec<_>>(), [7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7]);
        assert_eq!(region.free, slots[2..6]);
        let left: HashSet<Top> = region.of(owner).collect();
        assert_eq!(left, slots[..2].iter().chain(&slots[6..]).copied().collect());
        for top in &slots {
            assert!(!is_readable(bottom_of(*top, region.class)), "a guard that went away");
        }
    }

    /// Whether the kernel can read a byte, which says so without a fault.
    fn is_readable(at: *const u8) -> bool {
        let (mut ends, one) = ([0; 2], 1);
        // SAFETY: makes a pipe.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        // SAFETY: the kernel looks, and says EFAULT.
        let written = unsafe { libc::write(ends[1], at.cast(), one) };
        for end in ends {
            // SAFETY: made above.
            unsafe { libc::close(end) };
        }
        written == 1
    }
}
