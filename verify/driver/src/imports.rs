//! Which file imports which, read as text: `use` lines, and paths in the code.
//!
//! A module that declares another does not import it. What a `mod.rs` passes on by a `use` counts as
//! the file that it comes from. What unit tests beside the code name does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::modules::{Modules, Name, Node};

/// The first place where a file names something of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub path: String,
}

/// From a file to those that it imports.
#[derive(Debug, Default)]
pub struct Imports(BTreeMap<String, BTreeMap<String, Place>>);

impl Imports {
    /// Those of a crate.
    pub fn read(root: &Path, crate_root: &str) -> Result<Self, String> {
        Ok(Self::of(&Modules::read(root, crate_root)?))
    }

    pub fn of(modules: &Modules) -> Self {
        let mut imports = Self::default();
        for (at, node) in modules.nodes().filter(|(_, node)| !node.is_test) {
            imports.0.entry(node.file.clone()).or_default();
            for name in node.uses.iter().chain(&node.paths) {
                for file in modules.files(at, name) {
                    imports.add(node, file, name);
                }
            }
        }
        imports
    }

    fn add(&mut self, node: &Node, file: &str, name: &Name) {
        if node.file == file {
            return;
        }
        let place = Place { line: name.line, path: name.path.join("::") };
        let arrows = self.0.entry(node.file.clone()).or_default();
        arrows.entry(file.into()).or_insert(place);
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every arrow: from, to, where.
    pub fn arrows(&self) -> impl Iterator<Item = (&str, &str, &Place)> {
        let arrows = self.0.iter();
        arrows.flat_map(|(from, to)| to.iter().map(move |(to, place)| (&**from, &**to, place)))
    }

    /// All that a file imports, and what that imports, and so on; with the file itself.
    pub fn closure<'i>(&'i self, file: &'i str) -> BTreeSet<&'i str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                open.extend(self.0.get(file).into_iter().flatten().map(|(to, _)| to.as_str()));
            }
        }
        seen
    }

    /// The sets of files of which each imports, by however many steps, all others.
    pub fn circles(&self) -> Vec<BTreeSet<&str>> {
        let closures: BTreeMap<&str, BTreeSet<&str>> =
            self.files().map(|file| (file, self.closure(file))).collect();
        let mut circles: Vec<BTreeSet<&str>> = Vec::new();
        for (&file, reached) in &closures {
            let comes_back = |other: &&str| closures.get(other).is_some_and(|it| it.contains(file));
            let circle: BTreeSet<&str> = reached.iter().copied().filter(comes_back).collect();
            if circle.len() > 1 && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let sample = Sample::new(files);
        let imports = Imports::read(sample.root(), "src/lib.rs").unwrap();
        imports.arrows().map(|(from, to, _)| format!("{from} {to}")).collect()
    }

    #[test]
    fn a_sibling_is_not_the_mod_file_between() {
        let found = arrows(&[
            ("src/lib.rs", "mod room;"),
            ("src/room/mod.rs", "mod a; mod b;"),
            ("src/room/a.rs", "use super::b::B;"),
            ("src/room/b.rs", "pub struct B;"),
        ]);
        assert_eq!(found, ["src/room/a.rs src/room/b.rs"]);
    }

    #[test]
    fn what_a_mod_file_passes_on_comes_from_its_own_file() {
        let found = arrows(&[
            ("src/lib.rs", "mod room; mod user;"),
            ("src/room/mod.rs", "mod a; mod b; pub use a::A; pub use b::*; pub struct Own;"),
            ("src/room/a.rs", "pub struct A;"),
            ("src/room/b.rs", "pub struct B;"),
            ("src/user.rs", "use crate::room::{A, B}; fn f(_: crate::room::Own) {}"),
        ]);
        let users: Vec<&str> =
            found.iter().filter_map(|arrow| arrow.strip_prefix("src/user.rs ")).collect();
        assert_eq!(users, ["src/room/a.rs", "src/room/b.rs", "src/room/mod.rs"]);
    }

    #[test]
    fn a_path_in_the_code_is_an_import_too() {
        let found = arrows(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "fn f() { super::b::g(); }"),
            ("src/b.rs", "use super::c; fn g() -> c::C { c::C }"),
            ("src/c.rs", "pub(crate) use super::a::f as C;"),
        ]);
        let all = ["src/a.rs src/b.rs", "src/b.rs src/a.rs", "src/b.rs src/c.rs"];
        assert!(all.iter().all(|arrow| found.iter().any(|it| it == arrow)), "{found:?}");
    }

    #[test]
    fn a_name_of_several_files_leads_to_all() {
        let found = arrows(&[
            ("src/lib.rs", "#[path = \"x.rs\"]\nmod m;\n#[path = \"y.rs\"]\nmod m;\nuse m::f;"),
            ("src/x.rs", "pub fn f() {}"),
            ("src/y.rs", "pub fn f() {}"),
        ]);
        assert_eq!(found, ["src/lib.rs src/x.rs", "src/lib.rs src/y.rs"]);
    }

    #[test]
    fn of_several_files_of_one_name_none_names_another() {
        let found = arrows(&[
            ("src/lib.rs", "#[path = \"x/mod.rs\"]\nmod m;\n#[path = \"y/mod.rs\"]\nmod m;\n"),
            ("src/x/mod.rs", "mod in_x; fn f() {}"),
            ("src/x/in_x.rs", "use crate::m::f;"),
            ("src/y/mod.rs", "fn f() {}"),
        ]);
        assert_eq!(found, ["src/x/in_x.rs src/x/mod.rs"]);
    }

    #[test]
    fn an_exported_macro_comes_from_its_own_file() {
        let found = arrows(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "#[macro_export]\nmacro_rules! m { () => { $crate::m!(1) } }"),
            ("src/b.rs", "pub use crate::m;"),
        ]);
        assert_eq!(found, ["src/b.rs src/a.rs", "src/lib.rs src/a.rs"], "the root has it too");
    }

    #[test]
    fn unit_tests_and_other_crates_do_not_count() {
        let found = arrows(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use std::b::B; use ::b::C;\n#[cfg(test)] mod tests { use crate::b; }"),
            ("src/b.rs", ""),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn circles_are_found_whole() {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod a; mod b; mod c; mod d; use a::x;"),
            ("src/a.rs", "use crate::b::y; fn x() {}"),
            ("src/b.rs", "use crate::c::z; fn y() {}"),
            ("src/c.rs", "use crate::a::x; use crate::d::w; fn z() {}"),
            ("src/d.rs", "fn w() {}"),
        ]);
        let imports = Imports::read(sample.root(), "src/lib.rs").unwrap();
        assert_eq!(imports.circles(), [BTreeSet::from(["src/a.rs", "src/b.rs", "src/c.rs"])]);
    }
}
