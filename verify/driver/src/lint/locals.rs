//! A thread-local is reached through the facade's `tls!` only, whose accessors are never inlined.
//!
//! A goroutine changes threads inside a function. The compiler does not know it, and may compute a
//! thread-local's address once for both sides of the switch. So no code outside the facade may hold
//! a `LocalKey`: what `tls!` makes is a function, which looks the address up anew each time.

use std::path::Path;

use crate::source::Source;
use crate::tokens::{Token, tokens};
use crate::tree;

/// The only door, and a folder whose tests interrupt one thread and ask what was found there.
const EXEMPT: [&str; 2] = ["src/facade/", "src/machine/arch/"];

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for file in tree::rust_files(root, "src")? {
        if !EXEMPT.iter().any(|folder| file.starts_with(folder)) {
            findings.extend(of_file(&file, &tree::source(root, &file)?));
        }
    }
    Ok(findings)
}

fn of_file(file: &str, source: &Source) -> Vec<String> {
    let tokens = tokens(source);
    let globals = globals(&tokens);
    let is_constant = |at: usize| at > 0 && tokens[at - 1].text == "::";
    let found = (0..tokens.len()).filter_map(|at| {
        let Token { line, text } = tokens[at];
        let is_harmless = is_static(text) && (is_constant(at) || globals.contains(&text));
        if is_harmless { None } else { Some((line, wrong(&tokens[at..])?)) }
    });
    found
        .map(|(line, what)| {
            format!("{file}:{line} {what}: use an accessor of the facade's tls!, it is not inlined")
        })
        .collect()
}

/// The statics that the whole process shares: they are no thread's.
fn globals<'s>(tokens: &[Token<'s>]) -> Vec<&'s str> {
    let found = tokens
        .windows(4)
        .filter(|it| (it[0].text, it[2].text, it[3].text) == ("static", ":", "Global"));
    found.map(|it| it[1].text).collect()
}

fn wrong(tokens: &[Token<'_>]) -> Option<String> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let name = text(0);
    match name {
        "thread_local" if text(1) == "!" => Some(String::from("says thread_local!")),
        "LocalKey" => Some(String::from("names LocalKey")),
        _ => {
            let is_access = text(1) == "." && matches!(text(2), "with" | "try_with");
            let is_whole = text(3) == "(" || text(3) == "::";
            (is_static(name) && is_access && is_whole)
                .then(|| format!("reaches into {name} with .{}()", text(2)))
        }
    }
}

fn is_static(name: &str) -> bool {
    let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() > 1 && name.chars().all(is_capital) && name.starts_with(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let found = of_file("f", &Source::new(text));
        found.iter().map(|it| it[2..].split(' ').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn a_local_key_is_found_however_it_is_had() {
        let text = "std::thread_local! { static X: u8 = 0 }\nfn f(k: &'static LocalKey<u8>) {}\n\
            fn g() { STOPS.with(Cell::get); }\nfn h() {\n    NOTE\n        .try_with(x);\n}\n";
        assert_eq!(lines(text), [1, 2, 3, 5]);
    }

    #[test]
    fn fields_constants_globals_and_the_facades_macro_are_none() {
        let text = "tls! { static STOPS: bool = stops }\n\
            static ARENA: Global<u8> = Global::new(); fn a() { ARENA.with(x); }\n\
            fn f(&self) { self.cell.with(g); T.without(x); Ranks::NONE.with(x); }\n";
        assert_eq!(lines(text), [0_usize; 0]);
    }
}
