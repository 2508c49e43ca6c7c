//! One file as the compiler's front door sees it: which modules it has, and what each names.

use super::node::{Name, Node};
use crate::source::Source;
use crate::tokens::{Token, closing, tokens};
use crate::tree;

/// A module declared in a file and written in another.
pub struct Declared {
    pub name: String,
    /// The module that declares it, by its place in [`Parsed::nodes`].
    pub parent: usize,
    /// Where it may lie.
    pub files: Vec<String>,
}

/// A file's modules, the file itself first, and those that other files hold.
pub struct Parsed {
    pub nodes: Vec<Node>,
    pub declared: Vec<Declared>,
}

/// Reads a file. `is_root` says that its children lie beside it, not in a folder of its name.
pub fn parse(file: &str, is_root: bool, source: &Source) -> Parsed {
    let tokens = tokens(source);
    let nodes = vec![Node::new(file, None)];
    let mut parser = Parser {
        source,
        tokens: &tokens,
        at: 0,
        parsed: Parsed { nodes, declared: Vec::new() },
        inside: vec![(0, children_folder(file, is_root))],
        braces: Vec::new(),
        attributes: Attributes::default(),
    };
    while parser.at < tokens.len() {
        parser.step();
    }
    parser.parsed
}

fn children_folder(file: &str, is_root: bool) -> String {
    let folder = tree::folder(file);
    if is_root { folder.into() } else { format!("{folder}/{}", tree::stem(file)) }
}

/// What the attributes above an item say.
#[derive(Default)]
struct Attributes {
    path: Option<String>,
    is_test: bool,
}

enum Brace {
    Module,
    Other,
}

struct Parser<'s> {
    source: &'s Source,
    tokens: &'s [Token<'s>],
    at: usize,
    parsed: Parsed,
    /// The modules around this place, each with the folder of its children.
    inside: Vec<(usize, String)>,
    braces: Vec<Brace>,
    attributes: Attributes,
}

const ITEMS: [&str; 9] =
    ["fn", "struct", "enum", "union", "trait", "const", "static", "type", "macro_rules"];

impl<'s> Parser<'s> {
    fn step(&mut self) {
        match self.text(0) {
            "#" => return self.attribute(),
            "pub" if self.text(1) == "(" => self.at = closing(self.tokens, self.at + 1),
            "use" => self.imports(),
            "mod" if self.text(2) == ";" => self.child(),
            "mod" if self.text(2) == "{" => return self.inline_module(),
            word if ITEMS.contains(&word) => self.item(),
            "{" => self.braces.push(Brace::Other),
            "}" => self.leave(),
            _ if self.text(1) == "::" => self.path(),
            _ => {}
        }
        self.at += 1;
    }

    fn text(&self, ahead: usize) -> &'s str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn node(&mut self) -> &mut Node {
        let (node, _) = self.inside.last().expect("the file is around all");
        &mut self.parsed.nodes[*node]
    }

    fn attribute(&mut self) {
        let open = self.at + if self.text(1) == "!" { 2 } else { 1 };
        let close = closing(self.tokens, open);
        let words = &self.tokens[open..close];
        if self.tokens.get(open + 1).is_some_and(|token| token.text == "path") {
            let line = self.source.line(self.tokens[open].line);
            self.attributes.path = line.split('"').nth(1).map(String::from);
        }
        let is_cfg = words.get(1).is_some_and(|token| token.text == "cfg");
        self.attributes.is_test |= is_cfg && words.iter().any(|token| token.text == "test");
        self.at = close + 1;
    }

    fn item(&mut self) {
        let name = if self.text(1) == "!" { self.text(2) } else { self.text(1) };
        self.node().items.insert(name.into());
        self.attributes = Attributes::default();
    }

    fn child(&mut self) {
        let name = String::from(self.text(1));
        let (parent, folder) = self.inside.last().expect("the file is around all").clone();
        let attributes = std::mem::take(&mut self.attributes);
        let files = match attributes.path {
            Some(path) => {
                let file = &self.parsed.nodes[parent].file;
                vec![tree::plain(&format!("{}/{path}", tree::folder(file)))]
            }
            None => vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")],
        };
        self.parsed.declared.push(Declared { name, parent, files });
        self.at += 2;
    }

    fn inline_module(&mut self) {
        let name = String::from(self.text(1));
        let (parent, folder) = self.inside.last().expect("the file is around all").clone();
        let mut node = Node::new(&self.parsed.nodes[parent].file, Some(parent));
        let attributes = std::mem::take(&mut self.attributes);
        node.is_test = attributes.is_test || self.parsed.nodes[parent].is_test;
        let child = self.parsed.nodes.len();
        self.parsed.nodes.push(node);
        self.parsed.nodes[parent].children.push((name.clone(), child));
        self.inside.push((child, format!("{folder}/{name}")));
        self.braces.push(Brace::Module);
        self.at += 3;
    }

    fn leave(&mut self) {
        if matches!(self.braces.pop(), Some(Brace::Module)) {
            self.inside.pop();
        }
        self.attributes = Attributes::default();
    }

    fn imports(&mut self) {
        let line = self.tokens[self.at].line;
        self.at += 1;
        self.branch(line, Vec::new());
        while !matches!(self.text(0), ";" | "") {
            self.at += 1;
        }
        self.attributes = Attributes::default();
    }

    /// One branch of a `use`: ends before the `,`, `}` or `;` behind it.
    fn branch(&mut self, line: usize, mut path: Vec<String>) {
        let mut alias = None;
        loop {
            match self.text(0) {
                "{" => return self.branches(line, &path),
                "*" => alias = Some(None),
                "as" => {
                    self.at += 1;
                    alias = Some(Some(self.text(0).to_string()));
                }
                "::" if path.is_empty() => path.push(String::new()),
                "::" | "$" => {}
                "," | "}" | ";" | "" => break,
                word => path.push(word.into()),
            }
            self.at += 1;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let alias = alias.unwrap_or_else(|| path.last().cloned());
        self.node().uses.push(Name { line, path, alias });
    }

    fn branches(&mut self, line: usize, path: &[String]) {
        while !matches!(self.text(0), "}" | ";" | "") {
            self.at += 1;
            if self.text(0) != "}" {
                self.branch(line, path.to_vec());
            }
        }
        self.at += 1;
    }

    /// A path in the code.
    fn path(&mut self) {
        let start = self.at;
        let line = self.tokens[start].line;
        let goes_on = start > 0 && matches!(self.tokens[start - 1].text, "::" | ".");
        let mut path = vec![self.text(0).to_string()];
        while self.text(1) == "::" && self.tokens.get(self.at + 2).is_some_and(Token::is_word) {
            self.at += 2;
            path.push(self.text(0).into());
        }
        if !goes_on && self.tokens[start].is_word() {
            self.node().paths.push(Name { line, path, alias: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[Name]) -> Vec<String> {
        names.iter().map(|name| name.path.join("::")).collect()
    }

    #[test]
    fn a_use_is_all_its_branches() {
        let text = "pub(in super::x) use a::{self, b::{C, D as E}, f::*};\nuse ::g::H;\n";
        let parsed = parse("src/x.rs", false, &Source::new(text));
        let uses = &parsed.nodes[0].uses;
        assert_eq!(names(uses), ["a", "a::b::C", "a::b::D", "a::f", "::g::H"]);
        let aliases: Vec<Option<&str>> = uses.iter().map(|name| name.alias.as_deref()).collect();
        assert_eq!(aliases, [Some("a"), Some("C"), Some("E"), None, Some("H")]);
    }

    #[test]
    fn paths_stand_anywhere_in_the_code() {
        let text = "struct S(Vec<Arc<dyn super::d::Run>>);\nfn f() { a::b::<T>(); x.c::<U>(); }\n";
        let parsed = parse("src/x.rs", false, &Source::new(text));
        assert_eq!(names(&parsed.nodes[0].paths), ["super::d::Run", "a::b"]);
        assert!(parsed.nodes[0].items.contains("S"));
    }

    #[test]
    fn modules_lie_where_the_compiler_looks() {
        let text = "mod a;\n#[path = \"../v/m.rs\"]\n#[allow(x)]\nmod b;\nmod c { mod d; }\n";
        let files = |file, is_root| {
            let declared = parse(file, is_root, &Source::new(text)).declared;
            declared.into_iter().map(|child| child.files[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(files("src/lib.rs", true), ["src/a.rs", "v/m.rs", "src/c/d.rs"]);
        assert_eq!(files("src/x.rs", false), ["src/x/a.rs", "v/m.rs", "src/x/c/d.rs"]);
    }

    #[test]
    fn what_tests_name_is_kept_apart() {
        let text = "#[cfg(all(test, x))]\nmod tests { use super::*; }\nuse a::b;\n";
        let parsed = parse("src/x.rs", false, &Source::new(text));
        assert!(parsed.nodes[1].is_test && !parsed.nodes[0].is_test);
        assert_eq!(names(&parsed.nodes[0].uses), ["a::b"]);
    }
}
