//! What a program adds to the pictures of itself.
//!
//! A *region* is a stretch of a goroutine's life, and a *message* a moment in it. While nobody traces a
//! runtime, each costs one load and one branch.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::trace;
//!
//! rt.run(|| {
//!     let _region = trace::region("read the index");
//!     trace::message("entries", 17);
//! });
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::marker::PhantomData;

use crate::facade::heard;
use crate::sched::event::Event;
use crate::sched::g::{self, GRef};

/// Begins a region of this goroutine's life, which ends when the returned value is dropped.
///
/// The goroutine may wait meanwhile. Regions may lie in each other. On an ordinary thread nothing is done.
/// Does not wait.
#[must_use = "the region ends when this is dropped"]
pub fn region(name: &'static str) -> Region {
    say(Event::RegionBegins(name));
    Region { name, of: PhantomData }
}

/// A region of a goroutine's life, made by [`region`]. It ends when this is dropped. It cannot be sent to
/// another goroutine.
pub struct Region {
    name: &'static str,
    of: PhantomData<*const ()>,
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("name", &self.name).finish()
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        say(Event::RegionEnds(self.name));
    }
}

/// Marks this moment of this goroutine's life, with a number.
///
/// On an ordinary thread nothing is done. Does not wait.
pub fn message(text: &'static str, number: u64) {
    say(Event::Message(text, number));
}

#[inline]
fn say(event: Event<GRef>) {
    if heard::is_heard()
        && let Some(g) = g::current()
    {
        g::header(g).sched.say(|| event);
    }
}
