//! Lanes as text.

use std::collections::HashMap;
use std::fmt::Write;

use super::drawing::{Column, Drawing, Line, Mark};

/// Wider than this, and the columns hold marks only, with the words behind them.
const WIDEST: usize = 110;
/// Between two columns.
const GAP: usize = 3;

/// The columns that are seen, and where each begins.
struct Lanes<'a> {
    columns: Vec<&'a Column>,
    begins: Vec<usize>,
    /// Where the last one ends.
    end: usize,
    has_words: bool,
}

/// Draws it.
pub(crate) fn draw(drawing: &Drawing) -> String {
    let lanes = Lanes::of(drawing);
    let mut text = lanes.head();
    let width = lanes.width(drawing);
    let first = drawing.columns.iter().filter(|column| column.is_first);
    let mut alive: HashMap<u64, char> = first.map(|column| (column.id, '│')).collect();
    for (n, row) in (1..).zip(&drawing.lines) {
        let mut line = lanes.line(row, &alive);
        if !lanes.has_words {
            let (title, text, end) = (drawing.title(row.who), &row.text, lanes.end);
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

/// What the columns of those show who do nothing in a row: they can run, they wait, or they are gone.
fn change(alive: &mut HashMap<u64, char>, row: &Line) {
    for &id in row.makes.iter().chain(&row.readies) {
        alive.insert(id, '│');
    }
    if row.ends {
        alive.remove(&row.who);
    } else {
        alive.insert(row.who, if row.waits { '┆' } else { '│' });
    }
}

impl<'a> Lanes<'a> {
    fn of(drawing: &'a Drawing) -> Self {
        let is_seen = |column: &&Column| {
            let (id, mut lines) = (column.id, drawing.lines.iter());
            lines.any(|row| row.who == id || row.makes.contains(&id) || row.readies.contains(&id))
        };
        let columns = drawing.columns.iter().filter(is_seen).collect();
        let mut lanes = Self { begins: Vec::new(), end: 0, has_words: true, columns };
        lanes.place(|column| {
            let head = column.title.len().max(column.under.chars().count());
            drawing.widest(column.id).max(head)
        });
        if lanes.end > WIDEST {
            lanes.has_words = false;
            lanes.place(|column| column.short.len());
        }
        lanes
    }

    fn place(&mut self, wide: impl Fn(&Column) -> usize) {
        self.end = 0;
        self.begins.clear();
        for column in &self.columns {
            self.begins.push(self.end);
            self.end += wide(column) + GAP;
        }
    }

    /// How much room the words take: the places in the program stand behind it.
    fn width(&self, drawing: &Drawing) -> usize {
        let wide = |row: &Line| drawing.title(row.who).len() + 1 + row.text.chars().count();
        let words = drawing.lines.iter().map(wide).max().unwrap_or(0);
        self.end + if self.has_words { 0 } else { words }
    }

    fn begin(&self, id: u64) -> usize {
        self.columns.iter().position(|column| column.id == id).map_or(0, |lane| self.begins[lane])
    }

    fn head(&self) -> String {
        let mut names = Canvas::new(self.end);
        let mut places = Canvas::new(self.end);
        for (column, &at) in self.columns.iter().zip(&self.begins) {
            if self.has_words {
                names.put(at, &column.title);
                places.put(at, &column.under);
            } else {
                names.put(at, &column.short);
            }
        }
        format!("       {}\n       {}", names.text(), places.text()).trim_end().to_owned()
    }

    fn line(&self, row: &Line, alive: &HashMap<u64, char>) -> String {
        let mut line = Canvas::new(self.end);
        for (column, &at) in self.columns.iter().zip(&self.begins) {
            if let Some(bar) = alive.get(&column.id) {
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
