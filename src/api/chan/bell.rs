//! What wakes a task when a moment has come: the clock sends no wake-ups by itself.

use core::mem::ManuallyDrop;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::error::RecvError;
use super::limit::Limit;
use super::moments::Moments;
use crate::api::calls::current_sched;
use crate::api::join;
use crate::proto::timers::NEVER;
use crate::sched::alarm::{Alarm, Call};
use crate::sched::g::GClass;
use crate::sched::schedt::SchedRef;
use crate::sched::task::Task;

/// Wakes a task; set while the task waits for a moment.
pub(super) struct Bell {
    task: Arc<Task>,
    alarm: Option<Arc<Alarm>>,
}

impl Bell {
    pub(super) fn new() -> Self {
        Self { task: Task::new(), alarm: None }
    }

    /// Takes the moment that has come, or sees to it that the task is woken when it comes.
    #[track_caller]
    pub(super) fn poll<T>(
        &mut self,
        moments: &Moments<T>,
        context: &Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.task.is_polled_by(context.waker());
        if let Some(moment) = moments.take() {
            return Poll::Ready(Ok(moment));
        }
        if let Limit::At(moment_ns) = moments.next() {
            self.set(moment_ns);
        }
        Poll::Pending
    }

    #[track_caller]
    fn set(&mut self, moment_ns: u64) {
        let sched = current_sched("recv_async of a moment");
        // SAFETY: a goroutine of its is running this.
        let alarm = Alarm::new(&unsafe { sched.keep() }, call(sched, &self.task));
        alarm.set((moment_ns.saturating_sub(sched.now_ns()), NEVER), || ());
        self.stop();
        self.alarm = Some(alarm);
    }

    fn stop(&mut self) {
        if let Some(alarm) = self.alarm.take() {
            alarm.stop(|| ());
        }
    }
}

/// Wakes the task, in a goroutine: that is the user's code, and an alarm calls on an M's own stack. For the
/// same reason it owns no task.
#[track_caller]
fn call(sched: SchedRef, task: &Arc<Task>) -> Call {
    let (task, at) = (Arc::downgrade(task), core::panic::Location::caller());
    Box::new(move || {
        let Some(task) = task.upgrade() else { return };
        // Leaked, and the moment missed, if there is no memory for a goroutine.
        let task = ManuallyDrop::new(task);
        let ring = move || ManuallyDrop::into_inner(task).wake();
        drop(join::start_at(sched, GClass::Normal, at, ring));
    })
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.stop();
    }
}
