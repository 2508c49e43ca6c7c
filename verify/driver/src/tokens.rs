//! A source's code as words and signs.

use crate::source::Source;

/// A word, `::`, or one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'s> {
    pub line: usize,
    pub text: &'s str,
}

impl Token<'_> {
    /// Whether it is a name or a keyword.
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// The code's tokens; comments and literals are blank in it already.
pub fn tokens(source: &Source) -> Vec<Token<'_>> {
    source.code_lines().flat_map(|(line, code)| of_line(line, code)).collect()
}

fn of_line(line: usize, code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while !rest.is_empty() {
        let (text, after) = rest.split_at(length(rest));
        tokens.push(Token { line, text });
        rest = after.trim_start();
    }
    tokens
}

fn length(rest: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    match word {
        0 if rest.starts_with("::") => 2,
        0 => rest.chars().next().map_or(1, char::len_utf8),
        _ => word,
    }
}

/// Where the bracket that opens at a place closes, or the end.
pub fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_paths_and_signs_are_told_apart() {
        let source = Source::new("use a::b; // c\nf(\"x\", 'y', 1);\n");
        let texts: Vec<&str> = tokens(&source).iter().map(|token| token.text).collect();
        assert_eq!(texts, ["use", "a", "::", "b", ";", "f", "(", ",", ",", "1", ")", ";"]);
        assert_eq!(tokens(&source)[5].line, 2);
    }

    #[test]
    fn a_bracket_closes_where_its_twin_stands() {
        let source = Source::new("f(a[1], {b}) c");
        let tokens = tokens(&source);
        assert_eq!(tokens[closing(&tokens, 1) + 1].text, "c");
    }
}
