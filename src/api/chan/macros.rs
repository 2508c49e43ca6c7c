//! `select!` and `select_biased!`.

/// Waits for the first of several operations on channels, makes it, and evaluates its arm.
///
/// | arm | meaning |
/// |---|---|
/// | `recv(receiver) -> result => body` | receives a value: `result`, a pattern, is bound to a `Result<T, RecvError>` |
/// | `send(sender, value) -> result => body` | sends a value: `result` is bound to a `Result<(), SendError<T>>` |
/// | `default => body` | if no operation is ready: the select does not wait |
/// | `default(timeout) => body` | if no operation was ready in so much time, a `Duration` |
///
/// An operation is ready if it would not wait; it is ready too if it would fail, because its channel is
/// disconnected. If several are ready, one of them is chosen at random, each as likely as every other.
/// [`select_biased!`](crate::chan::select_biased) chooses the one that stands first.
///
/// The expressions for receivers, senders and the timeout are evaluated once, at the beginning. The value of a
/// `send` is evaluated only when its operation was chosen, and others may wait for it: keep it short. If it
/// leaves the select (by `?`, `return` or `break`), the operation was chosen and never completed: that panics,
/// as a dropped [`SelectedOperation`](crate::chan::SelectedOperation) does.
///
/// May wait: a [switch point](crate#switch-points), even if an operation is ready. With a `default` arm without
/// a time it does not wait and is none, like [`Select::try_select`](crate::chan::Select::try_select).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use gosched::chan::{bounded, select, unbounded};
///
/// let (tx, rx) = unbounded::<u32>();
/// let (full, _rx) = bounded(0);
/// let got = select! {
///     recv(rx) -> value => value.ok(),
///     send(full, "nobody receives") -> _ => unreachable!(),
///     default(Duration::from_millis(5)) => None,
/// };
/// assert_eq!(got, None);
///
/// tx.send(7).unwrap();
/// select! {
///     recv(rx) -> value => assert_eq!(value, Ok(7)),
///     send(full, "nobody receives") -> _ => unreachable!(),
/// }
/// ```
///
/// A receiver that is there or not: [`never`](crate::chan::never) stands for one that is not. An arm may
/// replace a receiver (in Go one sets the channel to `nil`):
///
/// ```
/// use gosched::chan::{never, select, unbounded};
///
/// let ((tx, mut a), (other, mut b)) = (unbounded::<u32>(), unbounded::<u32>());
/// tx.send(1).unwrap();
/// other.send(2).unwrap();
/// drop((tx, other));
/// let (mut sum, mut open) = (0, 2);
/// while open > 0 {
///     select! {
///         recv(a) -> got => match got {
///             Ok(n) => sum += n,
///             Err(_) => (a, open) = (never(), open - 1),
///         },
///         recv(b) -> got => match got {
///             Ok(n) => sum += n,
///             Err(_) => (b, open) = (never(), open - 1),
///         },
///     }
/// }
/// assert_eq!(sum, 3);
/// ```
#[macro_export]
macro_rules! select {
    ($($arms:tt)*) => { $crate::__select!(@arm (Random) [] [] (0) $($arms)*) };
}

/// Like [`select!`](crate::chan::select), but if several operations are ready, the one that stands first is
/// chosen.
///
/// # Examples
///
/// ```
/// use gosched::chan::{select_biased, unbounded};
///
/// let (urgent, urgent_rx) = unbounded();
/// let (tx, rx) = unbounded();
/// tx.send(1).unwrap();
/// urgent.send(2).unwrap();
/// select_biased! {
///     recv(urgent_rx) -> value => assert_eq!(value, Ok(2)),
///     recv(rx) -> _ => unreachable!(),
/// }
/// ```
#[macro_export]
macro_rules! select_biased {
    ($($arms:tt)*) => { $crate::__select!(@arm (Biased) [] [] (0) $($arms)*) };
}

/// `@arm` cuts one arm off the rest, `@case` reads it, `@done` writes the select. They pass on: the order,
/// the cases, the default, and the index of the next case. `end` is another name in each case, because each
/// is written by another expansion.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (@arm $order:tt [] [] $n:tt) => {
        ::core::compile_error!("`select!` needs an arm: recv, send or default")
    };
    (@arm $order:tt $cases:tt $default:tt $n:tt) => {
        $crate::__select!(@done $order $cases $default)
    };
    (@arm $order:tt $cases:tt $default:tt $n:tt
        $kind:ident $(($($args:tt)*))? $(-> $result:pat)? => $body:expr, $($rest:tt)*) => {
        $crate::__select!(@case $order $cases $default $n
            { $kind ($($($args)*)?) $(-> $result)? => $body } $($rest)*)
    };
    (@arm $order:tt $cases:tt $default:tt $n:tt
        $kind:ident $(($($args:tt)*))? $(-> $result:pat)? => $body:block $($rest:tt)*) => {
        $crate::__select!(@case $order $cases $default $n
            { $kind ($($($args)*)?) $(-> $result)? => $body } $($rest)*)
    };
    (@arm $order:tt $cases:tt $default:tt $n:tt
        $kind:ident $(($($args:tt)*))? $(-> $result:pat)? => $body:expr) => {
        $crate::__select!(@case $order $cases $default $n
            { $kind ($($($args)*)?) $(-> $result)? => $body })
    };
    (@arm $order:tt $cases:tt $default:tt $n:tt $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`select!`: no arm begins here: `", ::core::stringify!($($rest)*),
            "`; arms are `recv(rx) -> result => body,`, `send(tx, value) -> result => body,`, \
             `default => body` and `default(timeout) => body`"
        ))
    };

    (@case $order:tt [$($cases:tt)*] $default:tt ($($n:tt)*)
        { recv($rx:expr $(,)?) -> $result:pat => $body:expr } $($rest:tt)*) => {
        $crate::__select!(@arm $order
            [$($cases)* { recv end ($rx) () $result => $body; ($($n)*) }]
            $default ($($n)* + 1) $($rest)*)
    };
    (@case $order:tt [$($cases:tt)*] $default:tt ($($n:tt)*)
        { send($tx:expr, $value:expr $(,)?) -> $result:pat => $body:expr } $($rest:tt)*) => {
        $crate::__select!(@arm $order
            [$($cases)* { send end ($tx) ($value) $result => $body; ($($n)*) }]
            $default ($($n)* + 1) $($rest)*)
    };
    (@case $order:tt $cases:tt [] $n:tt { default() => $body:expr } $($rest:tt)*) => {
        $crate::__select!(@arm $order $cases
            [$crate::chan::internal::Patience::None => $body] $n $($rest)*)
    };
    (@case $order:tt $cases:tt [] $n:tt
        { default($timeout:expr $(,)?) => $body:expr } $($rest:tt)*) => {
        $crate::__select!(@arm $order $cases
            [$crate::chan::internal::Patience::For($timeout) => $body] $n $($rest)*)
    };
    (@case $order:tt $cases:tt [$($default:tt)+] $n:tt { default $($arm:tt)* } $($rest:tt)*) => {
        ::core::compile_error!("`select!` has two default arms")
    };
    (@case $order:tt $cases:tt $default:tt $n:tt { $kind:ident $($arm:tt)* } $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`select!`: this arm of `", ::core::stringify!($kind), "` is none of \
             `recv(rx) -> result => body,`, `send(tx, value) -> result => body,`, \
             `default => body` and `default(timeout) => body`"
        ))
    };

    (@done $order:tt $cases:tt []) => {
        $crate::__select!(@done $order $cases [
            $crate::chan::internal::Patience::Forever => ::core::unreachable!()
        ])
    };
    (@done ($order:ident)
        [$({ $kind:ident $end:ident ($at:expr) ($($value:expr)?)
             $result:pat => $body:expr; ($($n:tt)*) })*]
        [$patience:expr => $default:expr]) => {
        match ($(&$at,)*) {
            ($($end,)*) => {
                let selected = $crate::chan::internal::select(
                    &mut [$($crate::chan::internal::Case::$kind($end)),*],
                    $crate::chan::internal::Order::$order,
                    $patience,
                );
                // Nothing of the select is left when an arm's body runs: it may assign to the ends.
                if selected.is_none() {
                    ::core::mem::drop(selected);
                    $default
                } else {
                    let operation = $crate::chan::internal::chosen(selected);
                    match operation.index() {
                        $(index if index == $($n)* => {
                            let $result = operation.$kind($end $(, $value)?);
                            $body
                        })*
                        _ => ::core::unreachable!(),
                    }
                }
            }
        }
    };
}
