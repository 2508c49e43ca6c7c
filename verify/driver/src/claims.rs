//! What the comment at an atomic site claims: which test turns red, or why none can.

use crate::suite::Tool;
use crate::weakening::Weakening;

/// A test that a comment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub tool: Tool,
    /// `protocol::property`.
    pub test: String,
}

/// Which part of a read-modify-write a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Both,
    Success,
    Only(Weakening),
}

impl Half {
    fn covers(self, weakening: Weakening) -> bool {
        match self {
            Self::Both => true,
            Self::Success => weakening != Weakening::Failure,
            Self::Only(half) => half == weakening,
        }
    }
}

#[derive(Debug)]
enum Claim {
    Checked(Vec<Named>),
    Unchecked(String),
}

/// The claims of one comment.
#[derive(Debug, Default)]
pub struct Claims(Vec<(Half, Claim)>);

impl Claims {
    /// Reads a comment's lines, without their slashes.
    pub fn new(comment: &[&str]) -> Self {
        let mut half = Half::Both;
        let mut claims = Vec::new();
        for item in items(comment) {
            half = half_of(&item).unwrap_or(half);
            if let Some(names) = item.strip_prefix("checked ") {
                claims.push((half, Claim::Checked(named(names))));
            } else if let Some(reason) = item.strip_prefix("unchecked:") {
                claims.push((half, Claim::Unchecked(reason.trim().into())));
            }
        }
        Self(claims)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every test that is named.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        self.0.iter().flat_map(|(_, claim)| match claim {
            Claim::Checked(names) => names.as_slice(),
            Claim::Unchecked(_) => &[],
        })
    }

    /// The loom tests that must turn red under this weakening.
    pub fn killers(&self, weakening: Weakening) -> Vec<&str> {
        let claims = self.0.iter().filter(|(half, _)| half.covers(weakening));
        let names = claims.flat_map(|(_, claim)| match claim {
            Claim::Checked(names) => names.as_slice(),
            Claim::Unchecked(_) => &[],
        });
        names.filter(|name| name.tool == Tool::Loom).map(|name| name.test.as_str()).collect()
    }

    /// Why no test can turn red under this weakening.
    pub fn excuse(&self, weakening: Weakening) -> Option<&str> {
        let claims = self.0.iter().filter(|(half, _)| half.covers(weakening));
        claims.into_iter().find_map(|(_, claim)| match claim {
            Claim::Unchecked(reason) => Some(reason.as_str()),
            Claim::Checked(_) => None,
        })
    }
}

const KEYWORDS: [&str; 7] =
    ["ORDER ", "pairs ", "checked ", "unchecked:", "acquire:", "release:", "failure:"];

/// A comment's lines, those that go on joined to the one they belong to.
fn items(comment: &[&str]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for &line in comment {
        let starts = KEYWORDS.iter().any(|keyword| line.starts_with(keyword));
        match items.last_mut() {
            Some(item) if !starts => *item = format!("{item} {line}"),
            _ => items.push(line.into()),
        }
    }
    items
}

fn half_of(item: &str) -> Option<Half> {
    let order = item.strip_prefix("ORDER ");
    let head = order.map(|order| order.split(':').next().unwrap_or_default());
    match head {
        Some(head) if head.contains("on failure") => Some(Half::Only(Weakening::Failure)),
        Some(head) if head.contains("on success") => Some(Half::Success),
        Some(_) => Some(Half::Both),
        None if item.starts_with("acquire:") => Some(Half::Only(Weakening::Acquire)),
        None if item.starts_with("release:") => Some(Half::Only(Weakening::Release)),
        None if item.starts_with("failure:") => Some(Half::Only(Weakening::Failure)),
        None => None,
    }
}

/// `loom a::b, c::d; shuttle e::f`.
fn named(text: &str) -> Vec<Named> {
    let mut tool = None;
    let mut names = Vec::new();
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        match Tool::named(word) {
            Some(it) => tool = Some(it),
            None if word.contains("::") => {
                names.extend(tool.map(|tool| Named { tool, test: word.trim_matches(':').into() }));
            }
            None => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_comment_speaks_of_the_whole_site() {
        let claims =
            Claims::new(&["ORDER Release: publishes.", "pairs    a.b", "checked  loom x::y"]);
        assert_eq!(claims.killers(Weakening::Release), ["x::y"]);
        assert_eq!(claims.excuse(Weakening::Release), None);
    }

    #[test]
    fn each_half_has_its_own_claims() {
        let claims = Claims::new(&[
            "ORDER AcqRel.",
            "acquire: the stack; pairs gstatus.commit_park.word",
            "checked  loom g::a, b::c",
            "release: what the readier wrote",
            "unchecked: because no checker",
            "can show it",
        ]);
        assert_eq!(claims.killers(Weakening::Acquire), ["g::a", "b::c"]);
        assert_eq!(claims.excuse(Weakening::Acquire), None);
        assert_eq!(claims.excuse(Weakening::Release), Some("because no checker can show it"));
        assert!(claims.killers(Weakening::Release).is_empty());
    }

    #[test]
    fn success_and_failure_are_told_apart() {
        let claims = Claims::new(&[
            "ORDER Release on success: publishes.",
            "checked  loom g::won",
            "ORDER Acquire on failure: receives.",
            "checked  loom g::lost",
        ]);
        assert_eq!(claims.killers(Weakening::Release), ["g::won"]);
        assert_eq!(claims.killers(Weakening::Failure), ["g::lost"]);
    }

    #[test]
    fn names_go_on_over_lines_and_tools() {
        let claims = Claims::new(&["checked  loom a::b,", "c::d; shuttle e::f"]);
        let names: Vec<String> =
            claims.named().map(|name| format!("{} {}", name.tool.name(), name.test)).collect();
        assert_eq!(names, ["loom a::b", "loom c::d", "shuttle e::f"]);
    }
}
