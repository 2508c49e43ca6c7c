//! A trace as text: one column a goroutine, a row a step.

use std::collections::HashMap;
use std::fmt::Write;

use super::fault::{Fault, MAIN};
use super::story::{self, Mark};
use super::trace::{CLOCK, Trace};

/// Wider than this, and the columns hold marks only, with the words behind them.
const WIDEST: usize = 110;
/// Between two columns.
const GAP: usize = 3;

/// The columns: whose, and where each begins.
struct Lanes {
    whose: Vec<u64>,
    begins: Vec<usize>,
    /// Where the last one ends.
    end: usize,
    has_words: bool,
}

/// Draws it.
pub(super) fn draw(trace: &Trace, fault: &Fault) -> String {
    let rows = story::tell(trace, fault);
    let lanes = Lanes::of(trace, &rows);
    let mut text = lanes.head(trace);
    let width = lanes.width(&rows);
    let mut alive: HashMap<u64, char> = HashMap::from([(MAIN, '│')]);
    for (n, row) in (1..).zip(&rows) {
        let mut line = lanes.line(row, &alive);
        if !lanes.has_words {
            let (title, text, end) = (story::title(row.who), &row.text, lanes.end);
            line = format!("{line:<end$}{title} {text}");
        }
        change(&mut alive, row);
        let mark = match row.mark {
            Mark::None => ' ',
            Mark::Chosen => '>',
            Mark::Fatal => 'x',
        };
        let _ = write!(text, "\n{mark}{n:>4}  {line:<width$}");
        if let Some(place) = &row.place {
            let _ = write!(text, "  {place}");
        }
        while text.ends_with(' ') {
            text.pop();
        }
    }
    text
}

/// What the columns of goroutines show that do nothing in a row: they can run, they wait, or they are gone.
fn change(alive: &mut HashMap<u64, char>, row: &story::Line) {
    for &id in row.makes.iter().chain(&row.readies) {
        alive.insert(id, '│');
    }
    if row.ends {
        alive.remove(&row.who);
    } else {
        alive.insert(row.who, if row.waits { '┆' } else { '│' });
    }
}

impl Lanes {
    fn of(trace: &Trace, rows: &[story::Line]) -> Self {
        let mut whose: Vec<u64> = trace.goroutines.iter().map(|g| g.id).collect();
        whose.retain(|id| {
            rows.iter()
                .any(|row| row.who == *id || row.makes.contains(id) || row.readies.contains(id))
        });
        if rows.iter().any(|row| row.who == CLOCK) {
            whose.push(CLOCK);
        }
        let wide = |id: u64| {
            let is_its = |row: &&story::Line| row.who == id && row.mark != Mark::Fatal; // it may reach into the next
            let words = rows.iter().filter(is_its).map(|row| row.text.chars().count());
            let head = story::title(id).len().max(story::birth(trace, id).chars().count());
            words.max().unwrap_or(0).max(head)
        };
        let mut lanes = Self { begins: Vec::new(), end: 0, has_words: true, whose };
        lanes.place(wide);
        if lanes.end > WIDEST {
            lanes.has_words = false;
            lanes.place(|id| if id == CLOCK { 4 } else { id.to_string().len() });
        }
        lanes
    }

    fn place(&mut self, wide: impl Fn(u64) -> usize) {
        self.end = 0;
        self.begins.clear();
        for &id in &self.whose {
            self.begins.push(self.end);
            self.end += wide(id) + GAP;
        }
    }

    /// How much room the words take: the places in the program stand behind it.
    fn width(&self, rows: &[story::Line]) -> usize {
        let wide = |row: &story::Line| story::title(row.who).len() + 1 + row.text.chars().count();
        let words = rows.iter().map(wide).max().unwrap_or(0);
        self.end + if self.has_words { 0 } else { words }
    }

    fn begin(&self, id: u64) -> usize {
        self.whose.iter().position(|&other| other == id).map_or(0, |lane| self.begins[lane])
    }

    fn head(&self, trace: &Trace) -> String {
        let mut names = Canvas::new(self.end);
        let mut places = Canvas::new(self.end);
        for (&id, &at) in self.whose.iter().zip(&self.begins) {
            if self.has_words {
                names.put(at, &story::title(id));
                places.put(at, &story::birth(trace, id));
            } else {
                names.put(at, &if id == CLOCK { "time".into() } else { id.to_string() });
            }
        }
        format!("       {}\n       {}", names.text(), places.text()).trim_end().to_owned()
    }

    fn line(&self, row: &story::Line, alive: &HashMap<u64, char>) -> String {
        let mut line = Canvas::new(self.end);
        for (&id, &at) in self.whose.iter().zip(&self.begins) {
            if let Some(bar) = alive.get(&id) {
                line.put(at, &bar.to_string());
            }
        }
        let from = self.begin(row.who);
        let words = if self.has_words { row.text.as_str() } else { "●" };
        let until = from + words.chars().count();
        for &id in row.makes.iter().chain(&row.readies) {
            line.arrow((from, until), self.begin(id));
        }
        line.put(from, words);
        line.text()
    }
}

/// A line of characters to write into.
struct Canvas(Vec<char>);

impl Canvas {
    fn new(len: usize) -> Self {
        Self(vec![' '; len])
    }

    fn put(&mut self, at: usize, words: &str) {
        for (i, c) in words.chars().enumerate() {
            match self.0.get_mut(at + i) {
                Some(place) => *place = c,
                None => self.0.push(c),
            }
        }
    }

    /// From words to the beginning of a column.
    fn arrow(&mut self, (from, until): (usize, usize), to: usize) {
        let (line, head) = if to > from {
            (until + 1..to, '▶')
        } else {
            (to + 1..from.saturating_sub(1), '◀')
        };
        for place in line {
            if let Some(c) = self.0.get_mut(place)
                && !matches!(*c, '▶' | '◀')
            {
                *c = '─';
            }
        }
        self.put(to, &head.to_string());
    }

    fn text(&self) -> String {
        self.0.iter().collect::<String>().trim_end().to_owned()
    }
}
