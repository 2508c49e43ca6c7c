//! Folders in an order: each imports only from those before it.

use std::path::Path;

use super::circles::CRATES;
use crate::imports::Imports;

/// Folders in their order.
struct Order {
    inside: &'static str,
    folders: &'static [&'static str],
    /// What lies beside them, and may import from all.
    above: &'static [&'static str],
}

const ORDERS: [Order; 2] = [
    Order {
        inside: "src/",
        folders: &["base", "machine", "facade", "proto", "sched", "api"],
        above: &["lib.rs", "design.rs", "tests"],
    },
    Order {
        inside: "src/sched/",
        folders: &["gmp", "work", "thread", "goroutine", "watch"],
        above: &["mod.rs"],
    },
];

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for file in CRATES.iter().filter(|file| root.join(file).is_file()) {
        let imports = Imports::read(root, file)?;
        for order in &ORDERS {
            findings.extend(order.homeless(&imports));
            findings.extend(order.upwards(&imports));
        }
    }
    Ok(findings)
}

impl Order {
    /// The part of a path that says where it belongs; `None` outside of all.
    fn place<'f>(&self, file: &'f str) -> Option<&'f str> {
        file.strip_prefix(self.inside)?.split('/').next()
    }

    fn rank(&self, place: &str) -> Option<usize> {
        let above = || self.above.contains(&place).then_some(self.folders.len());
        self.folders.iter().position(|&folder| folder == place).or_else(above)
    }

    fn homeless(&self, imports: &Imports) -> Vec<String> {
        let places = imports.files().filter_map(|file| Some((file, self.place(file)?)));
        let homeless = places.filter(|(_, place)| self.rank(place).is_none());
        let told = homeless.map(|(file, _)| {
            format!("{file} lies in none of the folders {}", self.folders.join(", "))
        });
        told.collect()
    }

    fn upwards(&self, imports: &Imports) -> Vec<String> {
        let told = imports.arrows().filter_map(|(from, to, place)| {
            let (lower, upper) = (self.place(from)?, self.place(to)?);
            let is_upwards = self.rank(lower)? < self.rank(upper)?;
            let (line, path) = (place.line, &place.path);
            is_upwards
                .then(|| format!("{from}:{line} imports {path}: {lower} comes before {upper}"))
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_layer_imports_from_those_below_it_only() {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod machine; mod facade; pub use facade::*;"),
            ("src/machine/mod.rs", "pub mod clock;"),
            ("src/machine/clock.rs", "use crate::facade::Word; pub fn now() {}"),
            ("src/facade/mod.rs", "pub struct Word; fn f() { crate::machine::clock::now(); }"),
        ]);
        let found = findings(sample.root()).unwrap();
        assert_eq!(
            found,
            ["src/machine/clock.rs:1 imports crate::facade::Word: machine comes before facade"]
        );
    }

    #[test]
    fn rooms_stand_in_an_order_and_nothing_stands_between_them() {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod sched;"),
            ("src/sched/mod.rs", "mod gmp; mod watch; mod loose;"),
            ("src/sched/gmp/mod.rs", "use super::watch::x;"),
            ("src/sched/watch/mod.rs", "use super::gmp::y; pub fn x() {}"),
            ("src/sched/loose.rs", ""),
        ]);
        let found = findings(sample.root()).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("src/sched/loose.rs lies in none"), "{found:?}");
        assert!(found[1].ends_with("gmp comes before watch"), "{found:?}");
    }
}
