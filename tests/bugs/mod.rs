//! Programs with a known kind of bug each, and the same programs without it.

#![allow(unreachable_pub, reason = "each is named by the tables below")]
#![allow(clippy::mem_forget, reason = "programs as users write them, with bugs")]

use gosched::check::{Net, Search};

mod all_or_cancelled;
mod assumed_order;
mod cancel_race;
mod check_then_act;
mod done_too_early;
mod double_close;
mod double_init;
mod early_return;
mod flag_before_data;
mod half_of_each;
mod is_empty_then_recv;
mod join_under_lock;
mod late_result;
mod lock_order;
mod lock_over_send;
mod lost_update;
mod lost_wakeup;
mod missing_at_the_barrier;
mod nobodys_channel;
mod one_condvar;
mod permit_leak;
mod philosophers;
mod recursive_read;
mod select_timeout;
mod send_after_stop;
mod skipped_work;
mod stale_timer;
mod stolen_wakeup;
mod too_many_tokens;
mod upgrade;
mod waitgroup_add;

/// Programs that a random search misses.
mod hard {
    pub mod long_look;
    pub mod missed_heartbeats;
    pub mod one_place;
    pub mod slow_start;
    pub mod two_long_looks;
}

/// Programs of some hundred lines, with a bug each.
mod programs {
    pub mod election;
    pub mod http;
    pub mod rate_limiter;
}

pub use {
    early_return::kernel as early_return, lock_order::kernel as lock_order,
    philosophers::kernel as philosophers,
};

/// A program, by its name.
type Bug = (&'static str, fn(bool));
/// The same, with the search that finds it.
type HardBug = (&'static str, fn(bool), Search);

/// The same, with what its network does.
type Program = (&'static str, fn(bool), fn() -> Net);

/// Their names; given `true`, a program is the one without the bug.
pub const BUGS: &[Bug] = &[
    ("all_or_cancelled", all_or_cancelled::kernel),
    ("assumed_order", assumed_order::kernel),
    ("cancel_race", cancel_race::kernel),
    ("check_then_act", check_then_act::kernel),
    ("done_too_early", done_too_early::kernel),
    ("double_close", double_close::kernel),
    ("double_init", double_init::kernel),
    ("early_return", early_return::kernel),
    ("flag_before_data", flag_before_data::kernel),
    ("half_of_each", half_of_each::kernel),
    ("is_empty_then_recv", is_empty_then_recv::kernel),
    ("join_under_lock", join_under_lock::kernel),
    ("late_result", late_result::kernel),
    ("lock_order", lock_order::kernel),
    ("lock_over_send", lock_over_send::kernel),
    ("lost_update", lost_update::kernel),
    ("lost_wakeup", lost_wakeup::kernel),
    ("missing_at_the_barrier", missing_at_the_barrier::kernel),
    ("nobodys_channel", nobodys_channel::kernel),
    ("one_condvar", one_condvar::kernel),
    ("permit_leak", permit_leak::kernel),
    ("philosophers", philosophers::kernel),
    ("recursive_read", recursive_read::kernel),
    ("select_timeout", select_timeout::kernel),
    ("send_after_stop", send_after_stop::kernel),
    ("skipped_work", skipped_work::kernel),
    ("stale_timer", stale_timer::kernel),
    ("stolen_wakeup", stolen_wakeup::kernel),
    ("too_many_tokens", too_many_tokens::kernel),
    ("upgrade", upgrade::kernel),
    ("waitgroup_add", waitgroup_add::kernel),
];

/// The same, and the search that finds each.
pub const HARD: &[HardBug] = &[
    ("slow_start", hard::slow_start::kernel, Search::Pct { depth: 2, schedules: 1_000 }),
    ("long_look", hard::long_look::kernel, Search::Exhaustive { bound: 2 }),
    ("two_long_looks", hard::two_long_looks::kernel, Search::Pct { depth: 6, schedules: 100_000 }),
    (
        "missed_heartbeats",
        hard::missed_heartbeats::kernel,
        Search::Pct { depth: 2, schedules: 1_000 },
    ),
    ("one_place", hard::one_place::kernel, Search::Exhaustive { bound: 2 }),
];

/// The larger ones. What the network does, the mended ones live with.
pub const PROGRAMS: &[Program] = &[
    ("http", programs::http::kernel, || Net::new().resets(true)),
    ("rate_limiter", programs::rate_limiter::kernel, Net::new),
    ("election", programs::election::kernel, || Net::new().losses(true).partitions(true)),
];
