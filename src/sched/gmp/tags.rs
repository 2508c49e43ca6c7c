//! Names and labels of goroutines, for people.
//!
//! A goroutine that has neither is the rule, and costs nothing: its header has a null pointer. Names and
//! labels never change once they are made, and are shared by all goroutines that have the same.

use core::fmt;
use core::ptr::NonNull;
use std::borrow::Cow;
use std::sync::Arc;

use crate::facade::{AtomicPtr, Ordering::Relaxed};
use crate::proto::lock::Lock;

/// What a goroutine is called, and what is noted about it and its children.
#[derive(Debug)]
pub(crate) struct Tags {
    name: Option<Box<str>>,
    /// By ascending keys, each once.
    labels: Arc<[Label]>,
    /// What a named goroutine's children have, if anything: the labels without the name.
    heirs: Option<Arc<Self>>,
}

/// A key and its value.
pub(crate) type Label = (Cow<'static, str>, Cow<'static, str>);

/// Where a debugger finds a name, see [`layout`](super::layout).
pub(super) const NAME: usize = core::mem::offset_of!(Tags, name);

impl Tags {
    /// What a goroutine has that its maker gives a name and labels, beside the labels that it inherits. Nothing
    /// if it has neither.
    pub(crate) fn new(
        name: Option<Box<str>>,
        own: Vec<Label>,
        inherited: Option<&Arc<Self>>,
    ) -> Option<Arc<Self>> {
        let labels = match inherited {
            Some(inherited) if own.is_empty() => inherited.labels.clone(),
            inherited => merged(inherited.map_or(&[][..], |tags| &tags.labels), own),
        };
        let heirs = (!labels.is_empty())
            .then(|| Arc::new(Self { name: None, labels: labels.clone(), heirs: None }));
        match name {
            None => heirs,
            name => Some(Arc::new(Self { name, labels, heirs })),
        }
    }

    /// What the children of a goroutine have that has these.
    pub(crate) fn heirs(tags: &Arc<Self>) -> Option<&Arc<Self>> {
        if tags.name.is_none() { Some(tags) } else { tags.heirs.as_ref() }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn labels(&self) -> &[Label] {
        &self.labels
    }
}

/// The labels of both; of two with the same key, the last of the second.
fn merged(inherited: &[Label], own: Vec<Label>) -> Arc<[Label]> {
    let mut labels: Vec<Label> = inherited.to_vec();
    for (key, value) in own {
        match labels.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => labels[at].1 = value,
            Err(at) => labels.insert(at, (key, value)),
        }
    }
    labels.into()
}

/// A goroutine in a text: its number, its name in quotation marks, and its labels.
pub(crate) struct Who<'a> {
    pub(crate) id: u64,
    pub(crate) tags: Option<&'a Tags>,
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "goroutine {}", self.id)?;
        let Some(tags) = self.tags else { return Ok(()) };
        if let Some(name) = tags.name() {
            write!(f, " {name:?}")?;
        }
        for (i, (key, value)) in tags.labels.iter().enumerate() {
            write!(f, "{}{key:?}={value:?}", if i == 0 { " [" } else { ", " })?;
        }
        f.write_str(if tags.labels.is_empty() { "" } else { "]" })
    }
}

/// What a goroutine is called, in its header: `Arc::into_raw` of it, null if it has neither name nor labels.
///
/// Single-writer: the goroutine's maker before its first step, and the M that buries it, both under the
/// scheduler's lock for it, which all name here.
#[repr(transparent)] // a debugger reads the pointer
pub(crate) struct Tagged(AtomicPtr<Tags>);

impl Tagged {
    pub(crate) fn with_none() -> Self {
        Self(AtomicPtr::new(core::ptr::null_mut()))
    }

    /// Whether there is a name or a label. For others than the goroutine's owner a hint.
    #[inline(always)]
    pub(crate) fn is_some(&self) -> bool {
        // Relaxed: owner-only; a hint for others.
        !self.0.load(Relaxed).is_null()
    }

    /// For the goroutine's owner; they stay until it is buried.
    pub(crate) fn own(&self) -> Option<&Tags> {
        // Relaxed: owner-only.
        let tags = self.0.load(Relaxed);
        // SAFETY: null, or made by `Arc::into_raw` and counted until `forget`.
        unsafe { tags.as_ref() }
    }

    /// Anybody may ask.
    pub(crate) fn get(&self, lock: &Lock<()>) -> Option<Arc<Tags>> {
        let _held = lock.lock();
        // Relaxed: under the lock.
        let tags = NonNull::new(self.0.load(Relaxed))?.as_ptr().cast_const();
        // SAFETY: made by `Arc::into_raw`, and counted while the lock is held.
        unsafe { Arc::increment_strong_count(tags) };
        // SAFETY: the count just added is this one's.
        Some(unsafe { Arc::from_raw(tags) })
    }

    /// Names a goroutine that has none; before its first step.
    pub(crate) fn set(&self, lock: &Lock<()>, tags: Arc<Tags>) {
        let _held = lock.lock();
        // Relaxed: under the lock.
        self.0.store(Arc::into_raw(tags).cast_mut(), Relaxed);
    }

    /// The goroutine has ended, and has no name and no labels in its next life.
    #[cold]
    pub(crate) fn forget(&self, lock: &Lock<()>) {
        let held = lock.lock();
        // Relaxed: under the lock.
        let tags = self.0.load(Relaxed).cast_const();
        // Relaxed: under the lock.
        self.0.store(core::ptr::null_mut(), Relaxed);
        drop(held);
        if !tags.is_null() {
            // SAFETY: made by `Arc::into_raw`, and nobody finds it here any more.
            drop(unsafe { Arc::from_raw(tags) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(tags: &Tags) -> Vec<(&str, &str)> {
        tags.labels().iter().map(|(key, value)| (&**key, &**value)).collect()
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert!(Tags::new(None, Vec::new(), None).is_none());
    }

    #[test]
    fn children_share_the_labels_and_not_the_name() {
        let own = vec![("b".into(), "2".into()), ("a".into(), "1".into())];
        let parent = Tags::new(Some("parent".into()), own, None).unwrap();
        let heirs = Tags::heirs(&parent).unwrap();
        assert_eq!((heirs.name(), labels(heirs)), (None, vec![("a", "1"), ("b", "2")]));
        assert!(Arc::ptr_eq(&heirs.labels, &parent.labels));
        assert!(Arc::ptr_eq(Tags::heirs(heirs).unwrap(), heirs));
        let alone = Tags::new(Some("alone".into()), Vec::new(), None).unwrap();
        assert!(Tags::heirs(&alone).is_none());
    }

    #[test]
    fn a_label_takes_the_place_of_one_with_the_same_key() {
        let first = Tags::new(None, vec![("k".into(), "old".into())], None).unwrap();
        let own = vec![("k".into(), "new".into()), ("k".into(), "newest".into())];
        let second = Tags::new(Some("n".into()), own, Some(&first)).unwrap();
        assert_eq!(labels(&second), [("k", "newest")]);
        let who = Who { id: 3, tags: Some(&second) };
        assert_eq!(who.to_string(), "goroutine 3 \"n\" [\"k\"=\"newest\"]");
    }
}
