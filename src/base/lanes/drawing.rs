//! What is drawn.

/// How a row is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    /// A choice of the schedule, without which it does not fail; or a read that need not have been so.
    Chosen,
    /// Here it fails.
    Fatal,
}

/// One of those who do something.
pub(crate) struct Column {
    pub(crate) id: u64,
    /// Its name,
    pub(crate) title: String,
    /// in little room,
    pub(crate) short: String,
    /// and what stands below.
    pub(crate) under: String,
    /// Whether it is there from the beginning.
    pub(crate) is_first: bool,
}

/// A row.
pub(crate) struct Line {
    pub(crate) who: u64,
    pub(crate) text: String,
    /// Where in the program, with the line of the source.
    pub(crate) place: Option<String>,
    pub(crate) mark: Mark,
    pub(crate) makes: Vec<u64>,
    pub(crate) readies: Vec<u64>,
    pub(crate) waits: bool,
    pub(crate) ends: bool,
}

/// All of it.
pub(crate) struct Drawing {
    pub(crate) columns: Vec<Column>,
    pub(crate) lines: Vec<Line>,
}

impl Drawing {
    /// The widest words of a column, in characters, beside its head.
    pub(super) fn widest(&self, id: u64) -> usize {
        // Those of a fatal row may reach into the next column.
        let its = self.lines.iter().filter(|line| line.who == id && line.mark != Mark::Fatal);
        its.map(|line| line.text.chars().count()).max().unwrap_or(0)
    }

    pub(super) fn title(&self, id: u64) -> &str {
        self.columns.iter().find(|column| column.id == id).map_or("", |column| &column.title)
    }
}
