//! A priority queue whose elements know their places, so that one in the middle can be taken out (Go's
//! four-way heap of timers, `runtime/time.go`: it is shallower than a binary heap, and what is compared lies
//! together).

use core::ptr::NonNull;

/// How many children a place has.
const WAYS: usize = 4;

/// An element that notes where it is.
pub(crate) trait Seated {
    /// It is at this place from here on. Called by the heap that it is in.
    fn sit(&self, seat: usize);
}

/// The heap. It owns its elements' notes of their places, not the elements.
pub(crate) struct Heap<T: Seated> {
    seats: Vec<(u64, NonNull<T>)>,
}

// SAFETY: a heap is moved to another thread only together with the right to its elements' notes.
unsafe impl<T: Seated> Send for Heap<T> {}

impl<T: Seated> Heap<T> {
    pub(crate) const fn new() -> Self {
        Self { seats: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    /// The least key.
    pub(crate) fn first(&self) -> Option<u64> {
        self.seats.first().map(|&(key, _)| key)
    }

    /// Adds an element.
    ///
    /// # Safety
    ///
    /// - It stays where it is until it is taken out.
    pub(crate) unsafe fn push(&mut self, key: u64, element: NonNull<T>) {
        self.seats.push((key, element));
        self.rise(self.seats.len() - 1);
    }

    /// Takes out the element with the least key.
    pub(crate) fn pop(&mut self) -> Option<NonNull<T>> {
        self.pop_with_key().map(|(_, element)| element)
    }

    /// Like [`pop`](Self::pop), with the key.
    pub(crate) fn pop_with_key(&mut self) -> Option<(u64, NonNull<T>)> {
        let key = self.first()?;
        Some((key, self.remove(0)))
    }

    /// Looks at all elements.
    pub(crate) fn for_each(&self, look: impl Fn(&T)) {
        for (_, element) in &self.seats {
            // SAFETY: it is in the heap, so it is where it was when it was pushed.
            look(unsafe { element.as_ref() });
        }
    }

    /// Takes out the element at a place.
    pub(crate) fn remove(&mut self, seat: usize) -> NonNull<T> {
        let (_, element) = self.seats.swap_remove(seat);
        if seat < self.seats.len() {
            self.rise(seat);
            self.sink(seat);
        }
        element
    }

    /// Moves an element towards the root until its parent's key is no larger.
    fn rise(&mut self, mut seat: usize) {
        while seat > 0 && self.seats[seat].0 < self.seats[(seat - 1) / WAYS].0 {
            self.seats.swap(seat, (seat - 1) / WAYS);
            self.settle(seat);
            seat = (seat - 1) / WAYS;
        }
        self.settle(seat);
    }

    /// Moves an element away from the root until no child's key is smaller.
    fn sink(&mut self, mut seat: usize) {
        while let Some(child) = self.least_child(seat)
            && self.seats[child].0 < self.seats[seat].0
        {
            self.seats.swap(seat, child);
            self.settle(seat);
            seat = child;
        }
        self.settle(seat);
    }

    fn least_child(&self, seat: usize) -> Option<usize> {
        let children = seat * WAYS + 1..self.seats.len().min(seat * WAYS + WAYS + 1);
        children.min_by_key(|&child| self.seats[child].0)
    }

    /// Tells an element where it is.
    fn settle(&self, seat: usize) {
        // SAFETY: it is in the heap, so it is where it was when it was pushed.
        unsafe { self.seats[seat].1.as_ref() }.sit(seat);
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    struct Number(u64, Cell<usize>);

    impl Seated for Number {
        fn sit(&self, seat: usize) {
            self.1.set(seat);
        }
    }

    fn numbers() -> Vec<Number> {
        let mut state = 7_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 40 & 63
        };
        core::iter::repeat_with(next).take(200).map(|n| Number(n, Cell::new(0))).collect()
    }

    fn filled(numbers: &[Number]) -> Heap<Number> {
        let mut heap = Heap::new();
        for number in numbers {
            // SAFETY: the numbers outlive the heap.
            unsafe { heap.push(number.0, NonNull::from_ref(number)) };
        }
        heap
    }

    fn drained(mut heap: Heap<Number>) -> Vec<u64> {
        // SAFETY: the numbers outlive the heap.
        core::iter::from_fn(|| heap.pop()).map(|number| unsafe { number.as_ref() }.0).collect()
    }

    #[test]
    fn elements_come_out_in_order() {
        let numbers = numbers();
        let mut sorted: Vec<u64> = numbers.iter().map(|number| number.0).collect();
        sorted.sort_unstable();
        assert_eq!(drained(filled(&numbers)), sorted);
    }

    #[test]
    fn an_element_leaves_from_the_middle_by_its_place() {
        let numbers = numbers();
        let mut heap = filled(&numbers);
        let (out, left) = numbers.split_at(90);
        for number in out {
            assert!(core::ptr::eq(heap.remove(number.1.get()).as_ptr(), &raw const *number));
        }
        let mut sorted: Vec<u64> = left.iter().map(|number| number.0).collect();
        sorted.sort_unstable();
        assert_eq!(heap.first(), sorted.first().copied());
        assert_eq!(drained(heap), sorted);
    }
}
