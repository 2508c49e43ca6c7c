//! A Rust source as text: its code without comments and literals, and the atomic sites in it.

/// A source file.
pub struct Source {
    lines: Vec<String>,
    /// The text with comments and literals blanked: same length, same lines.
    code: Vec<u8>,
    /// Where each line starts.
    starts: Vec<usize>,
}

/// A call that names an ordering above Relaxed, or a fence.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// As `#[track_caller]` reports it, from 1.
    pub line: usize,
    pub column: usize,
    pub name: String,
    /// As written, in their order.
    pub orderings: Vec<String>,
    /// The word that it is about: the last field before the call.
    pub word: String,
}

const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

impl Source {
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(at, _)| at + 1));
        Self {
            lines: text.lines().map(String::from).collect(),
            code: blank(text.as_bytes()),
            starts: starts.collect(),
        }
    }

    /// Every place that the checker can weaken, before the file's own tests.
    pub fn calls(&self) -> Vec<Call> {
        let end = self.starts[self.first_line_of_tests()];
        let opens = (0..end).filter(|&at| self.code[at] == b'(');
        opens.filter_map(|open| self.call_at(open)).collect()
    }

    /// The call that stands at a place.
    pub fn call(&self, line: usize, column: usize) -> Option<Call> {
        self.calls().into_iter().find(|call| (call.line, call.column) == (line, column))
    }

    /// The function around a line, from 1.
    pub fn function(&self, line: usize) -> Option<&str> {
        let at = self.line_of_function(line)?;
        let text = self.code_of(at);
        let name = &text[find_word(text, "fn")? + 3..];
        Some(&name[..name.bytes().position(|b| !is_ident(b)).unwrap_or(name.len())])
    }

    /// The comment directly above the statement at a place.
    pub fn comment_above(&self, line: usize, column: usize) -> Vec<&str> {
        self.comment_above_line(self.first_line_of_statement(line, column))
    }

    /// The comment above the function around a line.
    pub fn comment_above_function(&self, line: usize) -> Vec<&str> {
        self.line_of_function(line).map_or_else(Vec::new, |line| self.comment_above_line(line))
    }

    /// Every comment, each with the line that it starts at.
    pub fn comments(&self) -> Vec<(usize, Vec<&str>)> {
        let mut comments: Vec<(usize, Vec<&str>)> = Vec::new();
        let mut goes_on = false;
        for (at, line) in self.lines.iter().enumerate() {
            let Some(text) = comment(line) else {
                goes_on = false;
                continue;
            };
            match comments.last_mut() {
                Some((_, lines)) if goes_on => lines.push(text),
                _ => comments.push((at + 1, vec![text])),
            }
            goes_on = true;
        }
        comments
    }

    /// A line as it is written, from 1.
    pub fn line(&self, line: usize) -> &str {
        self.lines.get(line - 1).map_or("", String::as_str)
    }

    /// All lines as they are written.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Lines of code, each with its number.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..=self.lines.len()).map(|line| (line, self.code_of(line)))
    }

    fn code_of(&self, line: usize) -> &str {
        let end = self.starts.get(line).copied().unwrap_or(self.code.len());
        str::from_utf8(&self.code[self.starts[line - 1]..end]).unwrap_or_default()
    }

    fn first_line_of_tests(&self) -> usize {
        let is_test = |line: &String| line.starts_with("#[cfg(") && line.contains("test");
        self.lines.iter().position(is_test).unwrap_or(self.starts.len() - 1)
    }

    fn line_of_function(&self, line: usize) -> Option<usize> {
        (1..=line).rev().find(|&at| find_word(self.code_of(at), "fn").is_some())
    }

    fn comment_above_line(&self, line: usize) -> Vec<&str> {
        let above = self.lines[..line - 1].iter().rev().map(|line| line.trim());
        let comments = above.skip_while(|line| line.starts_with("#[")).map_while(comment);
        let mut comments: Vec<&str> = comments.collect();
        comments.reverse();
        comments
    }

    fn call_at(&self, open: usize) -> Option<Call> {
        let mut start = open;
        while start > 0 && is_ident(self.code[start - 1]) {
            start -= 1;
        }
        let name = str::from_utf8(&self.code[start..open]).ok()?;
        if name.is_empty() || self.code[..start].ends_with(b"fn ") {
            return None;
        }
        let orderings = self.orderings_in(open);
        if orderings.iter().all(|order| order == "Relaxed") && !name.starts_with("fence_") {
            return None;
        }
        let is_path = |b: u8| is_ident(b) || b == b':';
        while start > 0 && self.code[start - 1] != b'.' && is_path(self.code[start - 1]) {
            start -= 1;
        }
        let line = self.starts.partition_point(|&at| at <= start);
        let column = start - self.starts[line - 1] + 1;
        let word = if orderings.is_empty() { "fence".into() } else { self.word_before(start) };
        Some(Call { line, column, name: name.into(), orderings, word })
    }

    /// The last field of `self.owned.next.`, `self.state.word().` or `self.chunks[k].`; that of a
    /// wrapper, which has no name, is called `word`.
    fn word_before(&self, call: usize) -> String {
        let mut end = self.skip_back(call);
        loop {
            end = self.skip_back(end.saturating_sub(1)); // the point, or the bracket below
            while end > 0 && matches!(self.code[end - 1], b')' | b']') {
                end = self.skip_back(self.opening(end - 1));
            }
            let name = self.code[..end].iter().rev().take_while(|&&byte| is_ident(byte)).count();
            let word = str::from_utf8(&self.code[end - name..end]).unwrap_or_default();
            match word {
                "word" if end > name && self.code[end - name - 1] == b'.' => end -= name,
                "" | "0" | "self" => return "word".into(),
                word => return word.into(),
            }
        }
    }

    fn skip_back(&self, end: usize) -> usize {
        let blanks = self.code[..end].iter().rev().take_while(|byte| byte.is_ascii_whitespace());
        end - blanks.count()
    }

    /// Where the bracket that closes here opens.
    fn opening(&self, close: usize) -> usize {
        let mut depth = 0;
        for at in (0..=close).rev() {
            match self.code[at] {
                b')' | b']' => depth += 1,
                b'(' | b'[' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at;
            }
        }
        0
    }

    /// The orderings among the arguments of the call that opens here.
    fn orderings_in(&self, open: usize) -> Vec<String> {
        let mut depth = 0;
        let mut direct = String::new();
        for &byte in &self.code[open..] {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                _ if depth == 1 => direct.push(byte as char),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let words = direct.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| ORDERINGS.contains(word)).map(String::from).collect()
    }

    /// Where the statement (or match arm, or field) around a place starts.
    fn first_line_of_statement(&self, line: usize, column: usize) -> usize {
        let site = self.starts[line - 1] + column - 1;
        let mut depth = 0;
        let mut start = None;
        for at in (0..site).rev() {
            match self.code[at] {
                b';' | b',' | b'{' | b'}' if depth == 0 && start.is_none() => start = Some(at + 1),
                _ => {}
            }
            match self.code[at] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' if depth == 0 => start = None, // an argument: the call around it counts
                b'{' if depth == 0 => break,
                b'(' | b'[' | b'{' => depth -= 1,
                _ => {}
            }
        }
        let start = start.unwrap_or(0);
        let blanks = self.code[start..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.starts.partition_point(|&at| at <= start + blanks)
    }
}

fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text of a line that is a comment and nothing else.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim().strip_prefix("//")?;
    Some(text.strip_prefix(['/', '!']).unwrap_or(text).trim())
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_free = |at: usize| !text.as_bytes().get(at).copied().is_some_and(is_ident);
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|&at| (at == 0 || is_free(at - 1)) && is_free(at + word.len()))
}

/// Blanks comments, strings and characters.
fn blank(text: &[u8]) -> Vec<u8> {
    let mut code = text.to_vec();
    let mut at = 0;
    while at < text.len() {
        let length = literal(&text[at..], at.checked_sub(1).map(|before| text[before]));
        for byte in &mut code[at..at + length] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += length.max(1);
    }
    code
}

/// How long the comment or literal is that starts here; 0 if none does.
fn literal(text: &[u8], before: Option<u8>) -> usize {
    let to = |end: &[u8], from: usize| {
        let found = text[from..].windows(end.len()).position(|window| window == end);
        found.map_or(text.len(), |at| from + at + end.len())
    };
    match text {
        [b'/', b'/', ..] => to(b"\n", 2) - usize::from(text.contains(&b'\n')),
        [b'/', b'*', ..] => to(b"*/", 2),
        [b'r', b'"', ..] if !before.is_some_and(is_ident) => to(b"\"", 2),
        [b'r', b'#', b'"', ..] if !before.is_some_and(is_ident) => to(b"\"#", 3),
        [b'"', ..] => string(text),
        [b'\'', b'\\', _, ..] => to(b"'", 3),
        [b'\'', _, b'\'', ..] => 3,
        _ => 0,
    }
}

fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
use x::Ordering::{Acquire, Release};
/// Sets it.
fn set(&self) {
    // ORDER Release: publishes.
    //   checked  loom x::y
    match self.0.word().swap(SET, Release) {
        // about b
        B => {}
        _ => throw!(\"a ( in \\\" text\"),
    }
    // far
    loop {
        // near
        let x = self
            .head
            .compare_exchange(a.load(Relaxed), 'x', AcqRel, Ordering::Acquire);
    }
    // SB
    facade::fence_light(); // not load(Acquire)
}
#[cfg(all(test, not(feature = \"loom\")))]
mod tests { fn f() { x.load(Acquire); } }
";

    fn calls() -> Vec<(usize, usize, String, String)> {
        let calls = Source::new(TEXT).calls().into_iter();
        calls.map(|c| (c.line, c.column, c.name, c.orderings.join(" "))).collect()
    }

    #[test]
    fn sites_are_calls_that_name_an_ordering_and_fences() {
        assert_eq!(
            calls(),
            [
                (6, 25, "swap".into(), "Release".into()),
                (16, 14, "compare_exchange".into(), "AcqRel Acquire".into()),
                (19, 5, "fence_light".into(), String::new()),
            ]
        );
    }

    #[test]
    fn a_site_knows_the_word_that_it_is_about() {
        let text = "fn f() {\n    self.owned.next.swap(1, Release);\n    self.state.word().load(Acquire);\n    \
            self.chunks[k].load(Acquire);\n    self.0.load(Acquire);\n    self.word\n        .word()\n        \
            .load(Acquire);\n    fence_heavy();\n    head.load(Acquire);\n    self.slot(i).load(Acquire);\n}\n";
        let words: Vec<String> =
            Source::new(text).calls().into_iter().map(|call| call.word).collect();
        let wanted = ["next", "state", "chunks", "word", "word", "fence", "head", "slot"];
        assert_eq!(words, wanted);
    }

    #[test]
    fn the_comment_of_a_site_stands_above_its_statement() {
        let source = Source::new(TEXT);
        assert_eq!(
            source.comment_above(6, 25),
            ["ORDER Release: publishes.", "checked  loom x::y"]
        );
        assert_eq!(source.comment_above(16, 14), ["near"]);
        assert_eq!(source.comment_above(19, 5), ["SB"]);
        assert_eq!(source.comment_above_function(16), ["Sets it."]);
    }

    #[test]
    fn an_argument_belongs_to_the_statement_around_its_call() {
        let text =
            "fn f() {\n    // about\n    put(\n        1,\n        x.load(Acquire),\n    );\n}\n";
        assert_eq!(Source::new(text).comment_above(5, 11), ["about"]);
    }

    #[test]
    fn a_match_arm_is_a_statement() {
        let text = "fn f() {\n    match x {\n        // a\n        1 => x.load(Acquire),\n        // b\n        2 => x.load(Acquire),\n    }\n}\n";
        let source = Source::new(text);
        assert_eq!(source.comment_above(4, 16), ["a"]);
        assert_eq!(source.comment_above(6, 16), ["b"]);
    }

    #[test]
    fn the_function_around_a_line_is_found() {
        assert_eq!(Source::new(TEXT).function(16), Some("set"));
    }

    #[test]
    fn comments_know_where_they_start() {
        let source = Source::new(TEXT);
        let comments = source.comments();
        assert_eq!(comments[1], (4, vec!["ORDER Release: publishes.", "checked  loom x::y"]));
        assert_eq!(comments.len(), 6);
    }
}
