//! No two files import each other, by however many steps.

use std::collections::BTreeSet;
use std::path::Path;

use crate::imports::Imports;

/// The crates: the library with the suites that are mounted in it, and this driver.
pub const CRATES: [&str; 2] = ["src/lib.rs", "verify/driver/src/main.rs"];

/// The one circle that may be: the four types that name each other.
const ALLOWED: [&str; 4] =
    ["src/sched/gmp/g.rs", "src/sched/gmp/m.rs", "src/sched/gmp/p.rs", "src/sched/gmp/schedt.rs"];

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for file in CRATES.iter().filter(|file| root.join(file).is_file()) {
        let imports = Imports::read(root, file)?;
        let circles = imports.circles().into_iter().filter(|circle| !is_allowed(circle));
        findings.extend(circles.map(|circle| told(&imports, &circle)));
    }
    Ok(findings)
}

fn is_allowed(circle: &BTreeSet<&str>) -> bool {
    circle.iter().all(|file| ALLOWED.contains(file))
}

/// A circle with the arrows that tie it; those inside the allowed one are left out.
fn told(imports: &Imports, circle: &BTreeSet<&str>) -> String {
    let is_told = |from: &str, to: &str| {
        let both = [from, to];
        both.iter().all(|file| circle.contains(file))
            && !both.iter().all(|file| ALLOWED.contains(file))
    };
    let arrows = imports.arrows().filter(|(from, to, _)| is_told(from, to));
    let lines = arrows
        .map(|(from, to, place)| format!("\n  {from}:{} -> {to} ({})", place.line, place.path));
    format!("{} files import each other in a circle:{}", circle.len(), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn four(g: &str) -> Sample {
        Sample::new(&[
            ("src/lib.rs", "mod sched;"),
            ("src/sched/mod.rs", "mod gmp;"),
            ("src/sched/gmp/mod.rs", "mod g; mod m; mod p; mod schedt; mod wait;"),
            ("src/sched/gmp/g.rs", g),
            ("src/sched/gmp/m.rs", "use super::p::P; pub struct M;"),
            ("src/sched/gmp/p.rs", "use super::schedt::Sched; pub struct P;"),
            ("src/sched/gmp/schedt.rs", "use super::g::G; pub struct Sched;"),
            ("src/sched/gmp/wait.rs", "use super::m::M; pub struct Wait;"),
        ])
    }

    #[test]
    fn two_files_that_import_each_other_are_found() {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "\nuse crate::b::B;\npub struct A;"),
            ("src/b.rs", "fn f(_: super::a::A) {}\npub struct B;"),
        ]);
        let found = findings(sample.root()).unwrap();
        let told = "2 files import each other in a circle:\
            \n  src/a.rs:2 -> src/b.rs (crate::b::B)\n  src/b.rs:1 -> src/a.rs (super::a::A)";
        assert_eq!(found, [told]);
    }

    #[test]
    fn the_four_types_may_name_each_other() {
        assert!(findings(four("use super::m::M; pub struct G;").root()).unwrap().is_empty());
    }

    #[test]
    fn a_fifth_file_in_their_circle_is_found() {
        let sample = four("use super::{m::M, wait::Wait}; pub struct G;");
        let found = findings(sample.root()).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("5 files"), "{found:?}");
        assert!(found[0].contains("g.rs:1 -> src/sched/gmp/wait.rs"), "{found:?}");
        assert!(!found[0].contains("m.rs:1 -> src/sched/gmp/p.rs"), "{found:?}");
    }

    #[test]
    fn the_driver_is_held_to_it_too() {
        let sample = Sample::new(&[
            ("verify/driver/src/main.rs", "mod a; pub struct Options;"),
            ("verify/driver/src/a.rs", "use crate::Options;"),
        ]);
        assert!(findings(sample.root()).unwrap().is_empty());
        sample.write("verify/driver/src/main.rs", "mod a; use a::f; pub struct Options;");
        assert_eq!(findings(sample.root()).unwrap().len(), 1);
    }
}
