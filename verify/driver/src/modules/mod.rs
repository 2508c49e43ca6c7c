//! A crate's modules, and where a path in one of them leads.
//!
//! Read as text: macros are not expanded, and what a macro names is found only if the path stands in
//! its text. Where several files are mounted under one name (a backend each), a path leads to all; from
//! inside one of them it leads to that one.

use std::collections::BTreeSet;
use std::path::Path;

mod node;
mod parse;

use crate::tree;
pub use node::{Name, Node};
use parse::{Declared, parse};

/// A crate.
#[derive(Debug)]
pub struct Modules(Vec<Node>);

/// Where a path leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(usize),
    /// Something that the module declares.
    Item(usize),
}

/// Imports of imports, until a path is given up.
const DEPTH: usize = 16;

/// The macros of a file that have `#[macro_export]`.
fn exported_macros(source: &str) -> Vec<String> {
    let behind = source.split("#[macro_export]\nmacro_rules! ").skip(1);
    behind.map(|text| text.split([' ', '{']).next().unwrap_or_default().to_string()).collect()
}

impl Modules {
    /// Reads a crate from its root file on.
    pub fn read(root: &Path, file: &str) -> Result<Self, String> {
        let mut modules = Self(Vec::new());
        modules.add(root, file, None, true)?;
        modules.mount_macros(root)?;
        Ok(modules)
    }

    /// Says where the macros come from that `#[macro_export]` puts at the root.
    fn mount_macros(&mut self, root: &Path) -> Result<(), String> {
        let mut found = Vec::new();
        for (at, node) in self.nodes() {
            for name in exported_macros(&tree::text(root, &node.file)?) {
                let path = self.path_of(at).into_iter().chain([name.clone()]).collect();
                found.push(Name { alias: Some(name), path, line: 1 });
            }
        }
        self.0[0].uses.extend(found);
        Ok(())
    }

    /// A module's path from the crate's root on.
    fn path_of(&self, node: usize) -> Vec<String> {
        let Some(parent) = self.0[node].parent else { return vec![String::from("crate")] };
        let name = self.0[parent].children.iter().find(|(_, child)| *child == node);
        let name = name.map(|(name, _)| name.clone());
        self.path_of(parent).into_iter().chain(name).collect()
    }

    pub fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.0.iter().enumerate()
    }

    /// The files that a name in a module leads to; none if it leads out of the crate.
    pub fn files(&self, node: usize, name: &Name) -> BTreeSet<&str> {
        let targets = self.resolve(node, &name.path, DEPTH).into_iter();
        let nodes = targets.map(|target| match target {
            Target::Module(node) | Target::Item(node) => node,
        });
        let nodes = nodes.filter(|&target| !self.are_alternatives(node, target));
        nodes.map(|target| self.0[target].file.as_str()).collect()
    }

    /// Whether two modules are, or lie in, modules of which only one is ever compiled.
    fn are_alternatives(&self, one: usize, other: usize) -> bool {
        let around = |node| std::iter::successors(Some(node), |&node: &usize| self.0[node].parent);
        around(one).any(|one| around(other).any(|other| one != other && self.are_twins(one, other)))
    }

    fn are_twins(&self, one: usize, other: usize) -> bool {
        let Some(parent) =
            self.0[one].parent.filter(|_| self.0[one].parent == self.0[other].parent)
        else {
            return false;
        };
        let children = &self.0[parent].children;
        let name = |node| children.iter().find(|(_, child)| *child == node).map(|(name, _)| name);
        name(one) == name(other)
    }

    fn add(
        &mut self,
        root: &Path,
        file: &str,
        parent: Option<usize>,
        is_root: bool,
    ) -> Result<usize, String> {
        let parsed = parse(file, is_root, &tree::source(root, file)?);
        let first = self.0.len();
        for mut node in parsed.nodes {
            node.parent = node.parent.map(|parent| parent + first).or(parent);
            node.children.iter_mut().for_each(|(_, child)| *child += first);
            self.0.push(node);
        }
        for Declared { name, parent, files } in parsed.declared {
            let Some(file) = files.into_iter().find(|file| root.join(file).is_file()) else {
                continue;
            };
            let is_root = tree::stem(&file) == "mod";
            let child = self.add(root, &file, Some(first + parent), is_root)?;
            self.0[first + parent].children.push((name, child));
        }
        Ok(first)
    }

    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Vec<Target> {
        let (Some((first, rest)), Some(depth)) = (path.split_first(), depth.checked_sub(1)) else {
            return Vec::new();
        };
        match first.as_str() {
            "crate" => self.walk(self.root(from), rest, depth),
            "self" | "super" => self.walk(from, path, depth),
            _ => {
                let children: Vec<usize> = self.children(from, first).collect();
                if children.is_empty() {
                    return self.through_uses(from, first, rest, depth);
                }
                children.into_iter().flat_map(|child| self.walk(child, rest, depth)).collect()
            }
        }
    }

    /// From a module on.
    fn walk(&self, node: usize, path: &[String], depth: usize) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return vec![Target::Module(node)] };
        if first == "self" {
            return self.walk(node, rest, depth);
        }
        if first == "super" {
            return self.walk(self.0[node].parent.unwrap_or(node), rest, depth);
        }
        let children: Vec<usize> = self.children(node, first).collect();
        if !children.is_empty() {
            return children.into_iter().flat_map(|child| self.walk(child, rest, depth)).collect();
        }
        let found = self.through_uses(node, first, rest, depth);
        if found.is_empty() { vec![Target::Item(node)] } else { found }
    }

    /// A name that a module has by a `use`.
    fn through_uses(&self, node: usize, name: &str, rest: &[String], depth: usize) -> Vec<Target> {
        let uses = &self.0[node].uses;
        let named = uses.iter().filter(|it| it.alias.as_deref() == Some(name));
        let mut found: Vec<Target> =
            named.flat_map(|it| self.resolve(node, &it.path, depth)).collect();
        if found.is_empty() && !self.0[node].items.contains(name) {
            found = self.through_globs(node, name, depth);
        }
        let further = found.into_iter().flat_map(|target| match target {
            Target::Module(module) => self.walk(module, rest, depth),
            Target::Item(_) => vec![target],
        });
        further.collect()
    }

    fn through_globs(&self, node: usize, name: &str, depth: usize) -> Vec<Target> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let globs = self.0[node].uses.iter().filter(|it| it.alias.is_none());
        let modules = globs.flat_map(|glob| self.resolve(node, &glob.path, depth));
        let having = modules.filter_map(|target| match target {
            Target::Module(module) if module != node && self.has(module, name) => Some(module),
            _ => None,
        });
        having.flat_map(|module| self.walk(module, &[name.to_string()], depth)).collect()
    }

    fn has(&self, node: usize, name: &str) -> bool {
        let module = &self.0[node];
        let is_used = module.uses.iter().any(|it| it.alias.as_deref() == Some(name));
        is_used || module.items.contains(name) || self.children(node, name).next().is_some()
    }

    fn children(&self, node: usize, name: &str) -> impl Iterator<Item = usize> {
        let children = self.0[node].children.iter().filter(move |(child, _)| child == name);
        children.map(|&(_, child)| child)
    }

    fn root(&self, node: usize) -> usize {
        self.0[node].parent.map_or(node, |parent| self.root(parent))
    }
}
