//! Who called whom on a stack that does not run, and what functions are called.
//!
//! The stack is a copy, and nothing in it is trusted: all that is read of it lies within the copy, and an
//! address that leads nowhere ends the walk. How to find the caller of a function is read from the program's
//! own tables (`.eh_frame`), which the compiler makes for panics too.

use core::ffi::{c_int, c_void};
use core::ops::Range;
use std::path::PathBuf;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, NativeEndian, ParsedEhFrameHdr, Pointer, Register,
    RegisterRule, UnwindContext, UnwindSection, UnwindTableRow,
};

use super::arch::{self, dwarf};

/// Whether stacks can be walked.
pub(crate) const HAS_BACKTRACES: bool = true;

/// So many frames of a stack are found at most.
pub(crate) const MOST_FRAMES: usize = 128;

type Slice = gimli::EndianSlice<'static, NativeEndian>;

/// The program, or one of its libraries.
struct Image {
    code: Vec<Range<usize>>,
    bases: BaseAddresses,
    header: ParsedEhFrameHdr<Slice>,
    frames: EhFrame<Slice>,
}

/// Walks stacks. It knows the images that were loaded when it was made.
pub(crate) struct Unwinder {
    images: Vec<Image>,
    context: Box<UnwindContext<usize>>,
}

/// A copy of the upper part of a stack.
#[derive(Clone, Copy)]
struct Stack<'a> {
    /// Where the first word was.
    at: usize,
    words: &'a [usize],
}

impl Stack<'_> {
    fn read(&self, address: usize) -> Option<usize> {
        let offset = address.checked_sub(self.at)?;
        let is_aligned = offset.is_multiple_of(size_of::<usize>());
        self.words.get(offset / size_of::<usize>()).copied().filter(|_| is_aligned)
    }
}

/// What is known of the registers in one frame, by DWARF's numbers.
#[derive(Clone)]
struct Known([Option<usize>; dwarf::REGISTERS]);

impl Known {
    fn get(&self, register: Register) -> Option<usize> {
        self.0.get(usize::from(register.0)).copied().flatten()
    }

    fn set(&mut self, register: Register, value: Option<usize>) {
        if let Some(place) = self.0.get_mut(usize::from(register.0)) {
            *place = value;
        }
    }
}

impl Unwinder {
    pub(crate) fn new() -> Self {
        let mut images = Vec::new();
        // SAFETY: `add` is called with the pointer that is passed here, before this returns.
        unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut images).cast()) };
        Self { images, context: Box::new(UnwindContext::new()) }
    }

    /// The frames of a stack that was suspended at `sp`, from the innermost: for each an address in the
    /// instruction that it is at, the call of the frame before. `words` were there, as far as they are known.
    pub(crate) fn frames(&mut self, sp: usize, words: &[usize]) -> Vec<usize> {
        let stack = Stack { at: sp, words };
        let Some(at) = arch::registers(sp, words) else { return Vec::new() };
        let mut known = Known([None; dwarf::REGISTERS]);
        for (register, value) in at.kept {
            known.set(Register(register), Some(value));
        }
        known.set(Register(dwarf::SP), Some(at.sp));
        let mut frames = vec![at.ip]; // the next instruction, and not the one after a call
        while frames.len() < MOST_FRAMES
            && let Some(caller) = frames.last().and_then(|&ip| self.step(ip, &mut known, stack))
        {
            frames.push(caller);
        }
        frames
    }

    /// Goes to the caller of a function that is at `ip`.
    fn step(&mut self, ip: usize, known: &mut Known, stack: Stack<'_>) -> Option<usize> {
        let image = self.images.iter().find(|image| image.has(ip))?;
        let (table, address) = (image.header.table()?, word64(ip));
        let cie = EhFrame::cie_from_offset;
        let (frames, bases) = (&image.frames, &image.bases);
        let function = table.fde_for_address(frames, bases, address, cie).ok()?;
        let row =
            function.unwind_info_for_address(frames, bases, &mut self.context, address).ok()?;
        let sp = known.get(Register(dwarf::SP))?;
        let frame_end = frame_end(row, known)?;
        if frame_end <= sp && !function.is_signal_trampoline() {
            return None; // no call goes up the stack
        }
        let before = known.clone();
        for number in 0..dwarf::REGISTERS {
            let register = Register(u16::try_from(number).ok()?);
            if let Some(rule) = row.register(register) {
                known.set(register, value(&rule, register, &before, (frame_end, stack)));
            }
        }
        known.set(Register(dwarf::SP), Some(frame_end));
        let back = known.get(Register(dwarf::RETURN))?;
        // The call may be a function's last instruction.
        let call = if function.is_signal_trampoline() { back } else { back.checked_sub(1)? };
        known.set(Register(dwarf::RETURN), None);
        (back != 0).then_some(call)
    }
}

/// Where a frame ends: DWARF's canonical frame address.
fn frame_end(row: &UnwindTableRow<usize>, known: &Known) -> Option<usize> {
    match *row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => {
            known.get(register)?.checked_add_signed(isize::try_from(offset).ok()?)
        }
        CfaRule::Expression(_) => None, // of linkage tables, and functions written by hand
    }
}

/// What a register was in the caller.
fn value(
    rule: &RegisterRule<usize>,
    register: Register,
    known: &Known,
    (frame_end, stack): (usize, Stack<'_>),
) -> Option<usize> {
    let at = |offset: &i64| frame_end.checked_add_signed(isize::try_from(*offset).ok()?);
    match rule {
        RegisterRule::SameValue => known.get(register),
        RegisterRule::Offset(offset) => stack.read(at(offset)?),
        RegisterRule::ValOffset(offset) => at(offset),
        RegisterRule::Register(other) => known.get(*other),
        RegisterRule::Undefined
        | RegisterRule::Expression(_)
        | RegisterRule::ValExpression(_)
        | RegisterRule::Architectural
        | RegisterRule::Constant(_) => None,
    }
}

impl Image {
    fn has(&self, ip: usize) -> bool {
        self.code.iter().any(|code| code.contains(&ip))
    }

    /// An image that has tables.
    fn of(parts: &Parts) -> Option<Self> {
        let header_at = parts.header.start;
        let bases = BaseAddresses::default().set_eh_frame_hdr(word64(header_at));
        let header = EhFrameHdr::new(part(parts.header.clone()), NativeEndian);
        let header = header.parse(&bases, size_of::<usize>().try_into().ok()?).ok()?;
        let Pointer::Direct(frames_at) = header.eh_frame_ptr() else { return None };
        let frames_at = usize::try_from(frames_at).ok()?;
        let loaded = parts.loaded.iter().find(|loaded| loaded.contains(&frames_at))?;
        let frames = EhFrame::new(part(frames_at..loaded.end), NativeEndian);
        let bases = bases.set_eh_frame(word64(frames_at));
        Some(Self { code: parts.code.clone(), bases, header, frames })
    }
}

/// Memory of an image. It stays while a frame of one of its functions is on a stack that is walked, and only
/// then is it looked at.
fn part(range: Range<usize>) -> &'static [u8] {
    // SAFETY: loaded, and read-only; and as said above.
    unsafe { core::slice::from_raw_parts(range.start as *const u8, range.len()) }
}

/// Where the parts of an image lie.
#[derive(Default)]
struct Parts {
    loaded: Vec<Range<usize>>,
    code: Vec<Range<usize>>,
    header: Range<usize>,
}

/// Adds one image; called by the loader for each.
unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _: usize, images: *mut c_void) -> c_int {
    // SAFETY: the loader passes a record that is there during the call.
    let info = unsafe { &*info };
    // SAFETY: `Unwinder::new` passes this, and waits.
    let images = unsafe { &mut *images.cast::<Vec<Image>>() };
    let mut parts = Parts::default();
    for i in 0..usize::from(info.dlpi_phnum) {
        // SAFETY: the record says how many headers there are.
        let header = unsafe { info.dlpi_phdr.add(i) };
        // SAFETY: a header of an image that is loaded.
        let header = unsafe { &*header };
        let begin = word(info.dlpi_addr).wrapping_add(word(header.p_vaddr));
        let range = begin..begin.wrapping_add(word(header.p_memsz));
        match header.p_type {
            libc::PT_LOAD => {
                if header.p_flags & libc::PF_X != 0 {
                    parts.code.push(range.clone());
                }
                parts.loaded.push(range);
            }
            libc::PT_GNU_EH_FRAME => parts.header = range,
            _ => {}
        }
    }
    images.extend(Image::of(&parts));
    0
}

#[expect(clippy::cast_possible_truncation, reason = "the crate is for 64 bits only")]
fn word(n: u64) -> usize {
    n as usize
}

fn word64(n: usize) -> u64 {
    n as u64
}

/// A function that an address lies in: that of the frame, or one that was inlined there.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: Option<u32>,
}

/// The functions at an address, from the innermost.
pub(crate) fn functions(address: usize) -> Vec<Function> {
    let mut found = Vec::new();
    // It takes the address for the one after a call, and looks one byte before it.
    backtrace::resolve((address + 1) as *mut c_void, |symbol| {
        found.push(Function {
            name: symbol.name().map(|name| format!("{name:#}")),
            file: symbol.filename().map(ToOwned::to_owned),
            line: symbol.lineno(),
        });
    });
    found
}
