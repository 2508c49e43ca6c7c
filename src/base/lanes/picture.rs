//! Lanes as a picture (SVG).

use std::fmt::Write;

use super::drawing::{Column, Drawing, Line, Mark};

const ROW: usize = 26;
const TOP: usize = 84;
const LEFT: usize = 60;
/// The width of a character.
const CHAR: usize = 8;

const STYLE: &str = "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#222}\
.head{font-weight:bold}.place{fill:#777}.lane{stroke:#bbb;stroke-width:2}\
.waits{stroke:#d98;stroke-width:2;stroke-dasharray:2 4}.arrow{stroke:#36c;stroke-width:1.5;fill:none}\
.chosen{fill:#fff3c4}.fatal{fill:#ffd5d0}";

/// Draws it; `title` stands above.
pub(crate) fn draw(drawing: &Drawing, title: &str) -> String {
    let rows = &drawing.lines;
    let lanes = Lanes::of(drawing);
    let height = TOP + ROW * rows.len() + ROW;
    let width = lanes.end + CHAR * places(rows) + 40;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\n<style>{STYLE}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#36c\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(&mut svg, (16, 24), "head", title);
    lanes.heads(&mut svg);
    Lanes::bands(&mut svg, rows, width);
    lanes.bars(&mut svg, rows);
    for (n, row) in rows.iter().enumerate() {
        lanes.row(&mut svg, n, row);
    }
    svg.push_str("</svg>\n");
    svg
}

fn places(rows: &[Line]) -> usize {
    rows.iter()
        .filter_map(|row| row.place.as_ref())
        .map(|place| place.chars().count())
        .max()
        .unwrap_or(0)
}

fn middle(n: usize) -> usize {
    TOP + ROW * n + ROW / 2
}

fn text(svg: &mut String, (x, y): (usize, usize), class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" xml:space=\"preserve\">{words}</text>"
    );
}

struct Lanes<'a> {
    /// Whose each is, and where.
    lanes: Vec<(&'a Column, usize)>,
    end: usize,
}

impl<'a> Lanes<'a> {
    fn of(drawing: &'a Drawing) -> Self {
        let mut lanes = Vec::new();
        let mut next = LEFT;
        for column in &drawing.columns {
            let wide = drawing.widest(column.id).max(column.under.len()).max(12);
            lanes.push((column, next));
            next += CHAR * (wide + 5);
        }
        let mut all = Self { lanes, end: next };
        let lines = drawing.lines.iter();
        let ends = lines.map(|row| all.x(row.who) + CHAR * (row.text.chars().count() + 4));
        all.end = ends.max().unwrap_or(0).max(next);
        all
    }

    fn x(&self, id: u64) -> usize {
        self.lanes.iter().find(|(column, _)| column.id == id).map_or(LEFT, |(_, x)| *x)
    }

    fn heads(&self, svg: &mut String) {
        for &(column, x) in &self.lanes {
            text(svg, (x - 4, 52), "head", &column.title);
            text(svg, (x - 4, 70), "place", &column.under);
        }
    }

    fn bands(svg: &mut String, rows: &[Line], width: usize) {
        for (n, row) in rows.iter().enumerate() {
            let class = match row.mark {
                Mark::None => continue,
                Mark::Chosen => "chosen",
                Mark::Fatal => "fatal",
            };
            let y = TOP + ROW * n;
            let _ = writeln!(
                svg,
                "<rect y=\"{y}\" width=\"{width}\" height=\"{ROW}\" class=\"{class}\"/>"
            );
        }
    }

    /// The life of each: a line, and a dotted one while it waits.
    fn bars(&self, svg: &mut String, rows: &[Line]) {
        for &(column, x) in &self.lanes {
            let id = column.id;
            let mut state = column.is_first.then_some("lane");
            let mut since = TOP;
            let mut put = |state: Option<&str>, from: usize, to: usize| {
                if let Some(class) = state.filter(|_| to > from) {
                    let _ = writeln!(
                        svg,
                        "<line x1=\"{x}\" x2=\"{x}\" y1=\"{from}\" y2=\"{to}\" class=\"{class}\"/>"
                    );
                }
            };
            for (n, row) in rows.iter().enumerate() {
                let is_ready = row.makes.contains(&id) || row.readies.contains(&id);
                let next = match (row.who == id, is_ready) {
                    (true, _) if row.ends => None,
                    (true, _) if row.waits => Some("waits"),
                    (true, _) | (_, true) => Some("lane"),
                    _ => continue,
                };
                put(state, since, middle(n));
                (state, since) = (next, middle(n));
            }
            put(state, since, middle(rows.len()));
        }
    }

    fn row(&self, svg: &mut String, n: usize, row: &Line) {
        let (x, y) = (self.x(row.who), middle(n));
        text(svg, (12, y + 4), "place", &(n + 1).to_string());
        let words = CHAR * row.text.chars().count();
        for &id in row.makes.iter().chain(&row.readies) {
            let to = self.x(id);
            let (from, to) = if to > x { (x + 14 + words, to - 2) } else { (x - 4, to + 2) };
            let _ = writeln!(
                svg,
                "<line x1=\"{from}\" x2=\"{to}\" y1=\"{y}\" y2=\"{y}\" class=\"arrow\" marker-end=\"url(#head)\"/>"
            );
        }
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"#222\"/>");
        text(svg, (x + 10, y + 4), "", &row.text);
        if let Some(place) = &row.place {
            text(svg, (self.end, y + 4), "place", place);
        }
    }
}
