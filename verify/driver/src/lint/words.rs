//! Which files declare a word that threads share: one of the facade's, in a type or as a static.

use std::collections::BTreeSet;
use std::path::Path;

use crate::modules::{Modules, Node};
use crate::tokens::{Token, closing, tokens};
use crate::tree;

/// The facade's words; a `Cell` is one too, which loom watches for races.
const WORDS: [&str; 6] = ["AtomicU32", "AtomicUsize", "AtomicPtr", "Futex", "Cell", "Word"];
const FACADE: &str = "src/facade/";

/// The files outside the facade that declare one.
pub fn declaring(root: &Path, modules: &Modules) -> Result<BTreeSet<String>, String> {
    let mut files = BTreeSet::new();
    for (at, node) in modules.nodes() {
        let is_product = node.file.starts_with("src/") && !node.file.starts_with(FACADE);
        if !is_product || node.is_test || files.contains(&node.file) {
            continue;
        }
        let source = tree::source(root, &node.file)?;
        if declares(&tokens(&source), &names(modules, at, node)) {
            files.insert(node.file.clone());
        }
    }
    Ok(files)
}

/// What a module calls the facade's words.
fn names<'m>(modules: &'m Modules, at: usize, node: &'m Node) -> BTreeSet<&'m str> {
    let words = node.uses.iter().filter(|name| {
        let is_word = name.path.last().is_some_and(|last| WORDS.contains(&last.as_str()));
        is_word && modules.files(at, name).iter().any(|file| file.starts_with(FACADE))
    });
    words.filter_map(|name| name.alias.as_deref()).collect()
}

fn declares(tokens: &[Token<'_>], names: &BTreeSet<&str>) -> bool {
    let mut declarations = (0..tokens.len()).filter_map(|at| declaration(tokens, at));
    declarations.any(|declaration| (0..declaration.len()).any(|at| is_word(declaration, at, names)))
}

/// The types that a declaration names, if one starts here.
fn declaration<'t, 's>(tokens: &'t [Token<'s>], at: usize) -> Option<&'t [Token<'s>]> {
    let find = |signs: &[&str]| {
        let from = tokens[at..].iter().position(|token| signs.contains(&token.text))?;
        Some(at + from)
    };
    let is_lifetime = at > 0 && tokens[at - 1].text == "'";
    match tokens[at].text {
        "struct" | "enum" | "union" => {
            let open = find(&["{", "(", ";"])?;
            Some(&tokens[open..closing(tokens, open)])
        }
        "static" if !is_lifetime => {
            let end = find(&["=", ";", "}"])?;
            Some(&tokens[at..end])
        }
        _ => None,
    }
}

fn is_word(tokens: &[Token<'_>], at: usize, names: &BTreeSet<&str>) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text);
    let text = tokens[at].text;
    match before(1) {
        "::" => WORDS.contains(&text) && before(2) == "facade",
        _ => names.contains(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn declaring(text: &str) -> bool {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod facade; mod x;"),
            ("src/facade/mod.rs", "mod cell; pub use cell::Cell; pub struct AtomicU32;"),
            ("src/facade/cell.rs", "pub struct Cell<T>(T);"),
            ("src/x.rs", text),
        ]);
        let modules = Modules::read(sample.root(), "src/lib.rs").unwrap();
        super::declaring(sample.root(), &modules).unwrap().contains("src/x.rs")
    }

    #[test]
    fn a_word_counts_in_a_type_and_as_a_static() {
        for text in [
            "use crate::facade::{AtomicU32, spin}; struct S { a: Padded<AtomicU32> }",
            "use crate::facade::Cell; struct S<T>(Cell<T>);",
            "use crate::facade::AtomicU32 as Word; static X: Word = Word::new(0);",
            "struct S(crate::facade::AtomicU32);",
            "use crate::facade::AtomicU32; process_wide! { static X: AtomicU32 = f() }",
        ] {
            assert!(declaring(text), "{text}");
        }
    }

    #[test]
    fn what_is_std_s_or_only_passed_on_is_no_word_here() {
        for text in [
            "use core::cell::Cell; struct S(Cell<u8>);",
            "use crate::facade::AtomicU32; fn f(word: &AtomicU32) {}",
            "use crate::facade::AtomicU32; struct S<'a>(&'a str); fn f() -> &'static AtomicU32 {}",
            "#[cfg(test)] mod tests { use crate::facade::Cell; struct S(Cell<u8>); }",
        ] {
            assert!(!declaring(text), "{text}");
        }
    }
}
