//! Where a debugger finds the goroutines, in a program without debug information too: numbers for
//! `tools/gosched-gdb.py`, which reads them by the name of a static.
//!
//! The fields of types of std's have no offsets that could be named. For those there is a sample, whose
//! values tell the script where they lie.

use core::panic::Location;

use super::g::{self, G};
use super::slot::{CACHE_LINE, COLOURS, LEN, SPAN, SPANS};
use super::{tags, wait};
use crate::facade::process::Bytes;

/// What a script must know of this file: the number changes when a field does.
const VERSION: usize = 1;

#[repr(C)]
struct Layout {
    version: usize,
    /// By spans of addresses: the class of the slots in each.
    spans: &'static Bytes<LEN>,
    span_len: usize,
    spans_count: usize,
    colours: usize,
    cache_line: usize,
    header_len: usize,
    offsets: [usize; 8],
    name: usize,
    sample: &'static Location<'static>,
    sample_file: &'static str,
    sample_line: usize,
    waits: &'static [&'static str],
    wait_bits: usize,
}

const SAMPLE: &Location<'static> = Location::caller();

static LAYOUT: Layout = Layout {
    version: VERSION,
    spans: &SPANS,
    span_len: SPAN,
    spans_count: LEN,
    colours: COLOURS,
    cache_line: CACHE_LINE,
    header_len: size_of::<G>(),
    offsets: g::OFFSETS,
    name: tags::NAME,
    sample: SAMPLE,
    sample_file: SAMPLE.file(),
    sample_line: SAMPLE.line() as usize,
    waits: &wait::WORDS,
    wait_bits: wait::WAIT_BITS as usize,
};

/// Has the linker keep the numbers.
pub(crate) fn keep() {
    core::hint::black_box(&LAYOUT);
}
