//! What the models mirror by hand.
//!
//! A cell that plays a function of the scheduler says so above itself, in a comment of its own line:
//!
//! ```text
//! // MIRRORS wake::startm 1f2e3d4c
//! ```
//!
//! The number is made from the function's text, without comments, strings and layout. When it is not
//! the text's number any more, the function has changed since somebody compared the two: read both
//! again, change the cell if it must change, and write the new number.

use std::path::Path;

use crate::source::Source;
use crate::tree;

const MARK: &str = "MIRRORS ";

/// A line for each mirror whose original has changed or is gone.
pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let originals = texts(root, "src/sched")?;
    let mut findings = Vec::new();
    for (file, text) in texts(root, "verify/cells")? {
        findings.extend(of_file(&file, &text, &originals));
    }
    Ok(findings)
}

fn texts(root: &Path, folder: &str) -> Result<Vec<(String, String)>, String> {
    let files = tree::rust_files(root, folder)?.into_iter();
    files.map(|file| tree::text(root, &file).map(|text| (file, text))).collect()
}

fn of_file(file: &str, text: &str, originals: &[(String, String)]) -> Vec<String> {
    let lines = text.lines().enumerate();
    let marks = lines.filter_map(|(at, line)| {
        let mark = line.trim().strip_prefix("// ")?.strip_prefix(MARK)?;
        Some((at + 1, mark.split_once(' ').unwrap_or((mark, ""))))
    });
    let findings = marks.filter_map(|(line, (name, number))| {
        let finding = match number_of(name, originals) {
            None => format!("mirrors {name}, which is not in src/sched"),
            Some(now) if now == number => return None,
            Some(now) => format!(
                "mirrors {name}, whose text has changed: read both again, then write {MARK}{name} {now}"
            ),
        };
        Some(format!("{file}:{line} {finding}"))
    });
    findings.collect()
}

/// The number of `file::function`, wherever the file lies.
fn number_of(name: &str, originals: &[(String, String)]) -> Option<String> {
    let (stem, function) = name.split_once("::")?;
    let ends = [format!("/{stem}.rs"), format!("/{stem}/mod.rs")];
    let files = originals.iter().filter(|(file, _)| ends.iter().any(|end| file.ends_with(end)));
    let bodies: Vec<String> = files.flat_map(|(_, text)| bodies(text, function)).collect();
    (!bodies.is_empty()).then(|| format!("{:08x}", fnv(bodies.concat().as_bytes())))
}

/// The texts of the functions of a name, without comments, strings and layout.
fn bodies(text: &str, function: &str) -> Vec<String> {
    let source = Source::new(text);
    let code: String = source.code_lines().map(|(_, line)| line).collect();
    let start = format!("fn {function}");
    let starts = code.match_indices(&start).map(|(at, _)| at);
    let after = |at: usize| code[at..].chars().nth(3 + function.len());
    let starts = starts.filter(|&at| matches!(after(at), Some('(' | '<')));
    starts.map(|at| without_layout(to_the_closing_brace(&code[at..]))).collect()
}

fn to_the_closing_brace(code: &str) -> &str {
    let mut depth = 0;
    let end = code.char_indices().find(|&(_, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == '}' && depth == 0
    });
    end.map_or(code, |(at, _)| &code[..=at])
}

/// Lines may break elsewhere, and then end in a comma.
fn without_layout(code: &str) -> String {
    let mut text: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for close in [')', ']', '}'] {
        text = text.replace(&format!(", {close}"), &format!(",{close}"));
        text = text.replace(&format!(",{close}"), &close.to_string());
    }
    text.retain(|c| c != ' ');
    text
}

fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn originals(text: &str) -> Vec<(String, String)> {
        vec![("src/sched/thread/wake.rs".into(), text.into())]
    }

    #[test]
    fn layout_and_comments_do_not_count() {
        let one =
            originals("fn startm(p: P) {\n    run(p, Spinning::Yes); // now\n}\nfn other() {}\n");
        let two = originals(
            "fn startm(\n    p: P,\n) {\n    run(\n        p,\n        Spinning::Yes,\n    );\n}\n",
        );
        assert_eq!(number_of("wake::startm", &one), number_of("wake::startm", &two));
    }

    #[test]
    fn a_step_that_is_another_counts() {
        let one = originals("fn startm() { a(); b(); }");
        let two = originals("fn startm() { b(); a(); }");
        assert_ne!(number_of("wake::startm", &one), number_of("wake::startm", &two));
    }

    #[test]
    fn a_mirror_is_told_of_a_change_and_of_a_loss() {
        let now = originals("fn startm() { a(); }\nfn startm_slow() { b(); }");
        let number = number_of("wake::startm", &now).unwrap();
        let found = |text: String| of_file("c.rs", &text, &now);
        assert_eq!(found(format!("    // MIRRORS wake::startm {number}\n")), [""; 0]);
        let changed = found(String::from("// MIRRORS wake::startm 00000000"));
        assert!(changed[0].starts_with("c.rs:1 mirrors wake::startm, whose text has changed"));
        assert!(changed[0].ends_with(&number));
        let gone = found(String::from("// MIRRORS wake::gone 00000000"));
        assert_eq!(gone, ["c.rs:1 mirrors wake::gone, which is not in src/sched"]);
    }
}
