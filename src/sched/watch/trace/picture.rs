//! From what happened to what is drawn: a row for each P with the goroutines that ran on it, a row for each M
//! with the Ps that it had and the goroutines that it ran without one, and arrows from a waker to the
//! goroutine that it woke.
//!
//! A trace may begin in the middle, and may have lost a stretch of a thread's notes. So nothing is taken for
//! certain that was not said: what ends without having begun is not drawn.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::io::{self, Write};

use super::json::{Args, Json, Track};
use super::merge::{Heard, What};
use super::wire::Named;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::tracing::Counts;
use crate::sched::gmp::wait::{Site, Wait};

/// The numbers of a trace.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    pub(crate) events: u64,
    pub(crate) lost: u64,
    pub(crate) bytes: u64,
    pub(crate) made: u64,
    pub(crate) ended: u64,
    pub(crate) runs: u64,
}

/// What is known of an M.
#[derive(Default)]
struct Thread {
    /// What it runs, and since when on the row where that is drawn.
    runs: Option<(Named, u64)>,
    /// Its P, and since when.
    p: Option<(u32, u64)>,
}

/// What is being drawn.
pub(super) struct Picture<W> {
    json: Json<W>,
    threads: HashMap<u32, Thread>,
    /// Which M has each P.
    procs: HashMap<u32, Option<u32>>,
    /// The arrow that ends where a goroutine runs next.
    arrows: HashMap<u64, u64>,
    next_arrow: u64,
    /// What is done to the world, and since when.
    world: Option<(u64, &'static str)>,
    counts: Option<Counts>,
    last_ns: u64,
    summary: Summary,
}

struct Name(Named);

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.started_at {
            Some(at) => write!(f, "{}:{} #{}", at.file(), at.line(), self.0.id),
            None => write!(f, "#{}", self.0.id),
        }
    }
}

/// How something ended.
fn ends(how: &str) -> Args {
    Args::default().with("then", how)
}

fn waits(why: Wait, at: Option<Site>) -> Args {
    let args = ends(why.words());
    match at {
        Some(at) => args.with("at", at),
        None => args,
    }
}

impl<W: Write> Picture<W> {
    pub(super) fn begin(out: W, origin_ns: u64) -> io::Result<Self> {
        Ok(Self {
            json: Json::begin(out, origin_ns)?,
            threads: HashMap::new(),
            procs: HashMap::new(),
            arrows: HashMap::new(),
            next_arrow: 0,
            world: None,
            counts: None,
            last_ns: origin_ns,
            summary: Summary::default(),
        })
    }

    /// Draws what happened, which took so many bytes.
    pub(super) fn draw(&mut self, heard: &[Heard], bytes: usize) -> io::Result<()> {
        self.summary.bytes += bytes as u64;
        for &Heard { at_ns, m, what } in heard {
            self.last_ns = self.last_ns.max(at_ns);
            match what {
                What::Lost(n) => {
                    self.summary.lost += n;
                    self.forget(m, at_ns)?;
                }
                What::Event { event, p } => {
                    self.summary.events += 1;
                    self.event(at_ns, m, event, p)?;
                }
            }
        }
        Ok(())
    }

    /// Draws those numbers that have changed.
    pub(super) fn count(&mut self, at_ns: u64, counts: Counts) -> io::Result<()> {
        let last = self.counts.replace(counts).map(Counts::named);
        for (i, (name, value)) in counts.named().into_iter().enumerate() {
            if last.is_none_or(|last| last[i].1 != value) {
                self.json.counter(at_ns, name, value)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.json.flush()
    }

    /// The end: whatever goes on is drawn until here.
    pub(super) fn end(mut self) -> io::Result<Summary> {
        let at_ns = self.last_ns;
        let ms: Vec<u32> = self.threads.keys().copied().collect();
        for m in ms {
            self.forget(Some(m), at_ns)?;
        }
        let Summary { events, lost, bytes, made, ended, runs } = self.summary;
        let numbers = [
            ("events", events),
            ("lost events", lost),
            ("bytes of notes", bytes),
            ("goroutines made", made),
            ("goroutines ended", ended),
            ("runs", runs),
        ];
        self.json.end(&numbers)?;
        Ok(self.summary)
    }

    fn event(
        &mut self,
        at_ns: u64,
        m: Option<u32>,
        event: Event<Named>,
        p: Option<u32>,
    ) -> io::Result<()> {
        if let Some(m) = m.filter(|m| !self.threads.contains_key(m)) {
            self.json.name(Track::Thread(m), format_args!("M {m}"))?;
        }
        match event {
            Event::Made(g) => {
                self.summary.made += 1;
                self.wakes(at_ns, m, g, "makes")
            }
            Event::Readied(g) => self.wakes(at_ns, m, g, "wakes"),
            Event::Runs(g) => self.runs(at_ns, m, g, p),
            Event::Waits { why, at, .. } => self.leaves(at_ns, m, &waits(why, at)),
            Event::Yields(_) => self.leaves(at_ns, m, &ends("lets others run")),
            Event::LacksP(_) => self.leaves(at_ns, m, &ends("waits for a processor")),
            Event::Ends(_) => {
                self.summary.ended += 1;
                self.leaves(at_ns, m, &ends("ends"))
            }
            Event::Sleeps { why, at, .. } => self.pause(at_ns, m, &waits(why, at)),
            Event::WakesUp(_) => self.pause(at_ns, m, &ends("was asleep with its thread")),
            Event::Stolen(_, from) => {
                self.instant(at_ns, m, "steals", &Args::default().number("from P", u64::from(from)))
            }
            Event::Acquired(p) => self.acquires(at_ns, m, p),
            Event::Released(p) | Event::Taken(p) => self.loses(at_ns, p),
            Event::ThreadBegins(tid) => match m {
                Some(m) => self.json.name(Track::Thread(m), format_args!("M {m} (thread {tid})")),
                None => Ok(()),
            },
            Event::ThreadParks | Event::ThreadWakes => Ok(()), // it has no P then
            Event::ThreadEnds => self.forget(m, at_ns),
            Event::StopsWorld => self.world(at_ns, Some("stops")),
            Event::WorldStopped => self.world(at_ns, Some("stopped")),
            Event::WorldStarts => self.world(at_ns, None),
            Event::TimerFires => self.instant(at_ns, m, "timer", &Args::default()),
            Event::Polled(n) => {
                self.instant(at_ns, m, "poll", &Args::default().number("ready", u64::from(n)))
            }
            Event::RegionBegins(name) => self.region(at_ns, m, "b", name),
            Event::RegionEnds(name) => self.region(at_ns, m, "e", name),
            Event::Message(text, number) => {
                self.instant(at_ns, m, text, &Args::default().number("number", number))
            }
        }
    }

    /// That is done to the world from here on; draws what was.
    fn world(&mut self, at_ns: u64, what: Option<&'static str>) -> io::Result<()> {
        match core::mem::replace(&mut self.world, what.map(|what| (at_ns, what))) {
            Some((from_ns, was)) => {
                self.json.slice(Track::World, (from_ns, at_ns), was, &Args::default())
            }
            None => Ok(()),
        }
    }

    fn thread<R>(&mut self, m: Option<u32>, use_it: impl FnOnce(&mut Thread) -> R) -> Option<R> {
        m.map(|m| use_it(self.threads.entry(m).or_default()))
    }

    /// Where that is drawn which this thread does.
    fn track(&mut self, m: Option<u32>) -> Track {
        let p = self.thread(m, |thread| thread.runs.and(thread.p).map(|(p, _)| p)).flatten();
        match (p, m) {
            (Some(p), _) => Track::Proc(p),
            (None, Some(m)) => Track::Thread(m),
            (None, None) => Track::Others,
        }
    }

    fn instant(&mut self, at_ns: u64, m: Option<u32>, name: &str, args: &Args) -> io::Result<()> {
        let track = self.track(m);
        self.json.instant(track, at_ns, name, args)
    }

    fn region(&mut self, at_ns: u64, m: Option<u32>, phase: &str, name: &str) -> io::Result<()> {
        let g = self.thread(m, |thread| thread.runs).flatten();
        self.json.region(phase, at_ns, name, g.map_or(0, |(g, _)| g.id))
    }

    /// An arrow begins. It needs something that it leaves from: where nothing goes on, that is a moment.
    fn wakes(&mut self, at_ns: u64, m: Option<u32>, g: Named, does: &str) -> io::Result<()> {
        let track = self.track(m);
        if self.thread(m, |thread| thread.runs).flatten().is_none() {
            let name = format_args!("{does} {}", Name(g));
            self.json.slice(track, (at_ns, at_ns + 1), name, &Args::default())?;
        }
        self.next_arrow += 1;
        self.arrows.insert(g.id, self.next_arrow);
        self.json.arrow_from(track, at_ns, self.next_arrow)
    }

    fn runs(&mut self, at_ns: u64, m: Option<u32>, g: Named, p: Option<u32>) -> io::Result<()> {
        self.summary.runs += 1;
        self.leaves(at_ns, m, &Args::default())?; // how it left was lost
        let has = self.thread(m, |thread| thread.p.map(|(p, _)| p)).flatten();
        if let Some(p) = p.filter(|_| p != has) {
            self.acquires(at_ns, m, p)?; // the trace began later, or that was lost
        }
        self.thread(m, |thread| thread.runs = Some((g, at_ns)));
        match self.arrows.remove(&g.id) {
            Some(arrow) => {
                let track = self.track(m);
                self.json.arrow_to(track, at_ns, arrow)
            }
            None => Ok(()),
        }
    }

    /// Draws what a thread has run until now; it runs on.
    fn pause(&mut self, at_ns: u64, m: Option<u32>, args: &Args) -> io::Result<()> {
        let track = self.track(m);
        let run = self.thread(m, |thread| {
            let (g, since_ns) = thread.runs?;
            thread.runs = Some((g, at_ns));
            Some((g, since_ns))
        });
        match run.flatten() {
            Some((g, since_ns)) => self.json.slice(track, (since_ns, at_ns), Name(g), args),
            None => Ok(()),
        }
    }

    /// Draws what a thread has run until now; it runs that no longer.
    fn leaves(&mut self, at_ns: u64, m: Option<u32>, args: &Args) -> io::Result<()> {
        self.pause(at_ns, m, args)?;
        self.thread(m, |thread| thread.runs = None);
        Ok(())
    }

    fn acquires(&mut self, at_ns: u64, m: Option<u32>, p: u32) -> io::Result<()> {
        // From whom it has the P, and that it gave another up, was not said.
        self.loses(at_ns, p)?;
        if let Some(other) = self.thread(m, |thread| thread.p.map(|(p, _)| p)).flatten() {
            self.loses(at_ns, other)?;
        }
        self.pause(at_ns, m, &ends("has a processor again"))?;
        if self.procs.insert(p, m).is_none() {
            self.json.name(Track::Proc(p), format_args!("P {p}"))?;
        }
        self.thread(m, |thread| thread.p = Some((p, at_ns)));
        Ok(())
    }

    fn loses(&mut self, at_ns: u64, p: u32) -> io::Result<()> {
        let Some(Some(m)) = self.procs.get_mut(&p).map(Option::take) else { return Ok(()) };
        self.pause(at_ns, Some(m), &ends("continues without a processor"))?;
        let has = self.thread(Some(m), |thread| thread.p.take()).flatten();
        match has {
            Some((p, since_ns)) => {
                let (track, name) = (Track::Thread(m), format_args!("P {p}"));
                self.json.slice(track, (since_ns, at_ns), name, &Args::default())
            }
            None => Ok(()),
        }
    }

    /// Nothing is known of a thread from here on.
    fn forget(&mut self, m: Option<u32>, at_ns: u64) -> io::Result<()> {
        self.leaves(at_ns, m, &Args::default())?;
        match self.thread(m, |thread| thread.p.map(|(p, _)| p)).flatten() {
            Some(p) => self.loses(at_ns, p),
            None => Ok(()),
        }
    }
}
