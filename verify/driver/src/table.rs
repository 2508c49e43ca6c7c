//! A table in a Markdown file that a command writes, with the lines above it.

use std::fs;
use std::path::Path;

use crate::tree;

/// The file: its head, and the table's rows, the title of each column first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// All lines above the table.
    pub head: Vec<String>,
    pub titles: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a file; none if it is not there.
    pub fn read(root: &Path, file: &str) -> Option<Self> {
        Some(Self::parse(&tree::text(root, file).ok()?))
    }

    pub fn write(&self, root: &Path, file: &str) -> Result<(), String> {
        let path = root.join(file);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, self.text())).map_err(|e| format!("{file}: {e}"))
    }

    fn parse(text: &str) -> Self {
        let is_row = |line: &&str| line.starts_with('|');
        let head = text.lines().take_while(|line| !is_row(line)).map(String::from).collect();
        let mut rows = text.lines().filter(is_row).map(cells);
        let titles = rows.next().unwrap_or_default();
        Self { head, titles, rows: rows.skip(1).collect() }
    }

    fn text(&self) -> String {
        let head = self.head.iter().map(|line| format!("{line}\n"));
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = format!("|{}\n", "---|".repeat(self.titles.len()));
        let rows = self.rows.iter().map(|row| line(row));
        head.chain([line(&self.titles), rule]).chain(rows).collect()
    }

    /// This table with the rows of an older one where it has none itself: those of `order`, in that
    /// order, and then what stands in no order. Below the older one's head, unless this one is whole.
    pub fn over(mut self, old: Option<Self>, order: &[String], is_whole: bool) -> Self {
        let old = old.filter(|old| !is_whole && old.titles == self.titles).unwrap_or_default();
        if !old.head.is_empty() {
            self.head = old.head;
        }
        let mut new = self.rows;
        let mut take = |id: &String| {
            let is_it = |row: &Vec<String>| row.first().is_some_and(|cell| plain(cell) == id);
            match new.iter().position(is_it) {
                Some(at) => Some(new.remove(at)),
                None => old.rows.iter().find(|row| is_it(row)).cloned(),
            }
        };
        self.rows = order.iter().filter_map(&mut take).collect();
        self.rows.extend(new);
        self
    }

    /// A row's cell by its column's title; empty if there is none.
    pub fn cell<'r>(&self, row: &'r [String], title: &str) -> &'r str {
        let at = self.titles.iter().position(|it| it == title);
        at.and_then(|at| row.get(at)).map_or("", String::as_str)
    }
}

/// A code span's text.
pub fn plain(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// The cells of a row, in which a bar is written with a backslash.
fn cells(line: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let line = line.replace("\\|", BAR);
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace(BAR, "|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_the_way_there_and_back() {
        let text = "# Models\n\nhead\n\n| a | b |\n|---|---|\n| `x` | 1 \\| 2 |\n|  |  |\n";
        let table = Table::parse(text);
        assert_eq!(table.head, ["# Models", "", "head", ""]);
        assert_eq!(table.cell(&table.rows[0], "b"), "1 | 2");
        assert_eq!(table.cell(&table.rows[0], "c"), "");
        assert_eq!(table.text(), text);
    }

    fn table(head: &str, rows: &[(&str, &str)]) -> Table {
        let rows = rows.iter().map(|(id, cell)| vec![format!("`{id}`"), (*cell).into()]);
        let titles = vec![String::from("id"), String::from("cell")];
        Table { head: vec![head.into()], titles, rows: rows.collect() }
    }

    fn order(ids: &str) -> Vec<String> {
        ids.split(' ').map(String::from).collect()
    }

    #[test]
    fn a_partial_run_renews_its_rows_and_drops_what_is_gone() {
        let old = table("old", &[("a", "1"), ("gone", "1"), ("b", "1")]);
        let new = table("new", &[("c", "2"), ("b", "2")]).over(Some(old), &order("a b c"), false);
        assert_eq!(new, table("old", &[("a", "1"), ("b", "2"), ("c", "2")]));
    }

    #[test]
    fn a_whole_run_is_all_there_is() {
        let old = table("old", &[("a", "1"), ("b", "1")]);
        let new = table("new", &[("b", "2"), ("odd", "2")]).over(Some(old), &order("a b"), true);
        assert_eq!(new, table("new", &[("b", "2"), ("odd", "2")]));
    }
}
