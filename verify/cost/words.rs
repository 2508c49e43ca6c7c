//! Names of words, read from the source where they are accessed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use gosched::cost::Site;

/// What was counted of one word, or of all that go by one name.
#[derive(Clone, Default)]
pub(crate) struct Word {
    pub(crate) transfers: u64,
    pub(crate) shared_lines: u64,
    pub(crate) invalidations: u64,
    pub(crate) heavy_fences: u64,
}

/// The sites of each word together. A word is a file and a field, and the part of the scheduler where it lies if
/// that is known.
pub(crate) fn by_words(sites: &[Site]) -> BTreeMap<String, Word> {
    let mut sources = HashMap::new();
    let mut words = BTreeMap::<String, Word>::new();
    for site in sites {
        let file = site.place.file();
        let source = sources.entry(file).or_insert_with(|| read(file));
        let field = field_at(source, site.place.line(), site.place.column());
        let within = site.within.map_or(String::new(), |part| format!(" of {part}"));
        let word = words.entry(format!("{}.{field}{within}", stem(file))).or_default();
        word.transfers += site.transfers;
        word.shared_lines += site.shared_lines;
        word.invalidations += site.invalidations;
        word.heavy_fences += site.heavy_fences;
    }
    words
}

fn stem(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file).trim_end_matches(".rs")
}

fn read(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The field before the method at a place: `tail` at `self.owned.tail.store(`.
fn field_at(source: &[String], line: u32, column: u32) -> String {
    let line = line as usize - 1;
    let Some(text) = source.get(line) else { return "?".into() };
    let before = text.get(..column as usize - 1).unwrap_or(text).trim();
    let mut chain = before.to_owned();
    // A chain of calls may begin on the lines above.
    for above in source[..line].iter().rev().take(3) {
        if !chain.trim_start().starts_with('.') && !chain.is_empty() {
            break;
        }
        chain.insert_str(0, above.trim());
    }
    last_name(chain.trim_end_matches('.'))
}

/// The last name of a chain: a field, or the function that returns the word.
fn last_name(chain: &str) -> String {
    let mut chain = chain;
    while chain.ends_with(')') {
        chain = &chain[..opening(chain)];
    }
    let begin = chain.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
    match &chain[begin..] {
        "" => "?".into(),
        name => name.into(),
    }
}

/// Where the bracket begins that ends a text.
fn opening(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev() {
        depth += i32::from(c == ')') - i32::from(c == '(');
        if depth == 0 {
            return at;
        }
    }
    0
}

#[test]
fn a_field_is_found_before_its_method() {
    let source = [
        "    self.owned.tail.store(1, Release);",
        "        self.held.word.word()",
        "            .load(Acquire)",
    ];
    let source = source.map(str::to_owned);
    assert_eq!(field_at(&source, 1, 21), "tail");
    assert_eq!(field_at(&source, 3, 14), "word");
    assert_eq!(last_name("self.slot(at(self.head))"), "slot");
}
