//! A first-in first-out list that is linked through its elements, so that queueing allocates
//! nothing (Go's `gQueue`).

use core::marker::PhantomData;
use core::ptr::NonNull;

/// An element that carries its own link.
///
/// # Safety
///
/// `link` returns the same place for the same element as long as the element lives.
pub(crate) unsafe trait Linked {
    /// Where the element keeps its successor; only the list it is in touches it.
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>>;
}

/// The list. It owns its elements' links, not the elements.
pub(crate) struct List<T: Linked> {
    head: Option<NonNull<T>>,
    tail: Option<NonNull<T>>,
    len: usize,
    elements: PhantomData<T>,
}

// SAFETY: a list is moved to another thread only together with the right to its elements' links.
unsafe impl<T: Linked> Send for List<T> {}

impl<T: Linked> List<T> {
    pub(crate) const fn new() -> Self {
        Self { head: None, tail: None, len: 0, elements: PhantomData }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Appends an element that is in no list.
    pub(crate) fn push_back(&mut self, element: NonNull<T>) {
        set_next(element, None);
        match self.tail {
            Some(tail) => set_next(tail, Some(element)),
            None => self.head = Some(element),
        }
        self.tail = Some(element);
        self.len += 1;
    }

    /// Puts an element that is in no list before all others.
    pub(crate) fn push_front(&mut self, element: NonNull<T>) {
        set_next(element, self.head);
        self.head = Some(element);
        self.tail = self.tail.or(Some(element));
        self.len += 1;
    }

    pub(crate) fn pop_front(&mut self) -> Option<NonNull<T>> {
        let head = self.head?;
        // SAFETY: an element of the list, whose link the list owns.
        self.head = unsafe { *T::link(head).as_ref() };
        if self.head.is_none() {
            self.tail = None;
        }
        self.len -= 1;
        Some(head)
    }

    /// The elements, from the first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NonNull<T>> {
        // SAFETY: an element of the list, whose link the list owns.
        core::iter::successors(self.head, |element| unsafe { *T::link(*element).as_ref() })
    }

    /// Takes the first element that is `wanted`.
    pub(crate) fn remove_first(
        &mut self,
        wanted: impl Fn(NonNull<T>) -> bool,
    ) -> Option<NonNull<T>> {
        let mut before = Self::new();
        let mut found = None;
        while let Some(element) = self.pop_front() {
            if wanted(element) {
                found = Some(element);
                break;
            }
            before.push_back(element);
        }
        before.append(self);
        *self = before;
        found
    }

    /// Moves all of `other` behind the last element.
    pub(crate) fn append(&mut self, other: &mut Self) {
        let Some(head) = other.head.take() else { return };
        match self.tail {
            Some(tail) => set_next(tail, Some(head)),
            None => self.head = Some(head),
        }
        self.tail = other.tail.take();
        self.len += core::mem::take(&mut other.len);
    }

    /// Takes the first `n` elements, or all of them if they are fewer.
    pub(crate) fn split_front(&mut self, n: usize) -> Self {
        let mut front = Self::new();
        while front.len < n
            && let Some(element) = self.pop_front()
        {
            front.push_back(element);
        }
        front
    }
}

fn set_next<T: Linked>(element: NonNull<T>, next: Option<NonNull<T>>) {
    // SAFETY: the caller's element is in the list (or in none and about to be), so its link is the
    //         list's.
    unsafe { T::link(element).write(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Node(u32, Option<NonNull<Node>>);

    // SAFETY: the field lies at a fixed place of the node.
    unsafe impl Linked for Node {
        fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
            // SAFETY: a live node.
            let node = unsafe { &mut *this.as_ptr() };
            NonNull::from(&mut node.1)
        }
    }

    fn numbers(list: &mut List<Node>) -> Vec<u32> {
        // SAFETY: the nodes outlive the list in every test.
        core::iter::from_fn(|| list.pop_front().map(|n| unsafe { n.as_ref() }.0)).collect()
    }

    #[test]
    fn elements_leave_in_the_order_they_came() {
        let mut nodes: Vec<Node> = (0..5).map(|i| Node(i, None)).collect();
        let mut list = List::new();
        let mut rest = List::new();
        for (i, node) in nodes.iter_mut().enumerate() {
            let node = NonNull::from(node);
            if i == 0 {
                list.push_front(node);
            } else if i < 3 {
                list.push_back(node);
            } else {
                rest.push_back(node);
            }
        }
        list.append(&mut rest);
        assert!(rest.is_empty());
        assert_eq!(list.len(), 5);
        let mut front = list.split_front(2);
        assert_eq!(numbers(&mut front), [0, 1]);
        assert_eq!(numbers(&mut list), [2, 3, 4]);
        assert!(list.is_empty());
        assert_eq!(list.split_front(1).len(), 0);
    }

    #[test]
    fn the_first_that_is_wanted_leaves_and_the_others_keep_their_order() {
        for (wanted, left) in [(0, [1, 2].as_slice()), (1, &[0, 2]), (2, &[0, 1]), (3, &[0, 1, 2])]
        {
            let mut nodes: Vec<Node> = (0..3).map(|i| Node(i, None)).collect();
            let mut last = Node(9, None);
            let mut list = List::new();
            nodes.iter_mut().for_each(|node| list.push_back(NonNull::from(node)));
            // SAFETY: a live node.
            let is_wanted = |node: NonNull<Node>| unsafe { node.as_ref() }.0 == wanted;
            assert_eq!(list.iter().any(is_wanted), wanted < 3);
            assert_eq!(list.remove_first(is_wanted).is_some(), wanted < 3);
            assert_eq!(list.len(), left.len());
            list.push_back(NonNull::from(&mut last)); // behind what is the last now
            assert_eq!(numbers(&mut list), [left, &[9]].concat());
        }
        assert!(List::<Node>::new().remove_first(|_| true).is_none());
    }
}
