//! File name patterns: `*`, `?` and `[…]` within the parts of a path, as glob(7) says.
//!
//! As in the shell, a pattern does not match names with a leading dot unless it has one itself.

use super::World;
use std::path::{Path, PathBuf};
use vigie_model::observed::{Gap, Obstacle};

/// The longest pattern, as long as Linux lets a path be.
const PATTERN_BYTES_MAX: usize = 4096;
/// The most files that one pattern may name.
const MATCHES_MAX: usize = 10_000;
/// The most directories that are looked into for one pattern: `*/../*/..` has no end otherwise.
const DIRECTORIES_MAX: usize = 10_000;

/// The files that a pattern names, sorted, and what could not be looked into.
pub(super) fn expand(world: &World, pattern: &str) -> (Vec<PathBuf>, Vec<Gap>) {
    let mut paths = vec![PathBuf::from("/")];
    let (mut gaps, mut looked_into) = (Vec::new(), 0);
    let beyond = |detail| Gap::new(pattern.chars().take(100).collect::<String>(), Obstacle::BeyondLimit, detail);
    if pattern.len() > PATTERN_BYTES_MAX {
        return (Vec::new(), vec![beyond("the pattern is too long")]);
    }
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for path in &paths {
            if is_pattern(part) {
                if looked_into == DIRECTORIES_MAX {
                    gaps.push(beyond("the pattern leads into too many directories"));
                    return (Vec::new(), gaps);
                }
                looked_into += 1;
                next.extend(matches_in(world, path, part, &mut gaps));
            } else {
                next.push(path.join(part));
            }
            next.truncate(MATCHES_MAX);
        }
        paths = next;
    }
    // A pattern names what exists; a plain path is left for its reader to miss.
    if is_pattern(pattern) {
        paths.retain(|path| !matches!(world.metadata(path), Ok(None)));
    }
    (paths, gaps)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn matches_in(world: &World, directory: &Path, pattern: &str, gaps: &mut Vec<Gap>) -> Vec<PathBuf> {
    let names = match world.names(directory) {
        Ok(names) => names.unwrap_or_default(),
        Err(gap) => {
            gaps.push(gap);
            return Vec::new();
        }
    };
    let fits = |name: &str| (pattern.starts_with('.') || !name.starts_with('.')) && matches(pattern, name);
    names.iter().filter(|name| fits(&name.to_string_lossy())).map(|name| directory.join(name)).collect()
}

/// Whether a name fits a pattern without `/`. Takes at most the product of both lengths in steps.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last `*` stands, and up to where it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        }
        if let Some(width) = one(&pattern[p..], name[n]) {
            (p, n) = (p + width, n + 1);
            continue;
        }
        let Some((place, eaten)) = star else { return false };
        star = Some((place, eaten + 1));
        (p, n) = (place + 1, eaten + 1);
    }
    pattern[p..].iter().all(|char| *char == '*')
}

/// Whether the first element of a pattern fits one character, and how long the element is.
fn one(pattern: &[char], char: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == char).then_some(2),
        ['[', rest @ ..] => match set(rest, char) {
            Some((fits, width)) => fits.then_some(width + 1),
            None => (char == '[').then_some(1),
        },
        [literal, ..] => (*literal == char).then_some(1),
        [] => None,
    }
}

/// A set after its `[`: whether it holds the character, and its length; `None` when it is not closed.
fn set(pattern: &[char], char: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A `]` that comes first is a member.
    let end = pattern.iter().enumerate().skip(start + 1).find(|(_, char)| **char == ']')?.0;
    let mut members = &pattern[start..end];
    let mut holds = false;
    while let Some((first, rest)) = members.split_first() {
        members = match rest {
            ['-', last, rest @ ..] => {
                holds |= (*first..=*last).contains(&char);
                rest
            }
            _ => {
                holds |= *first == char;
                rest
            }
        };
    }
    Some((holds != negated, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use proptest::prelude::*;

    #[test]
    fn patterns_fit_names() {
        let table = [
            ("*.conf", "a.conf", true),
            ("*.conf", "conf", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("?[0-9a]x", "z7x", true),
            ("?[0-9a]x", "zbx", false),
            ("[!a]", "a", false),
            ("[]x]", "]", true),
            ("[a", "[a", true),
            (r"\*", "*", true),
            ("", "", true),
            ("*", "", true),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn expands_to_sorted_files() {
        let (_dir, world) = world(&[("/etc/d/b.conf", ""), ("/etc/d/a.conf", ""), ("/etc/d/.c.conf", ""), ("/etc/e/a.conf", "")]);
        let said = |pattern| expand(&world, pattern).0.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(said("/etc/d/*.conf"), ["/etc/d/a.conf", "/etc/d/b.conf"]);
        assert_eq!(said("/etc/*/a.conf"), ["/etc/d/a.conf", "/etc/e/a.conf"]);
        assert_eq!(said("/etc/*/none"), Vec::<String>::new());
        assert_eq!(said("/etc/none"), ["/etc/none"]);
    }

    #[test]
    fn patterns_without_end_are_gaps() {
        let files: Vec<String> = (0..10).map(|number| format!("/d/{number}/x")).collect();
        let (_dir, world) = world(&files.iter().map(|path| (path.as_str(), "")).collect::<Vec<_>>());
        let (paths, gaps) = expand(&world, &format!("/d{}", "/*/..".repeat(6)));
        assert_eq!((paths.len(), gaps.len(), gaps[0].why), (0, 1, Obstacle::BeyondLimit));
        let (paths, gaps) = expand(&world, &"/*".repeat(PATTERN_BYTES_MAX));
        assert_eq!((paths.len(), gaps.len(), gaps[0].why), (0, 1, Obstacle::BeyondLimit));
    }

    proptest! {
        #[test]
        fn a_name_fits_itself_and_a_star(name in "[a-z.é-]{0,20}") {
            prop_assert!(matches(&name, &name));
            prop_assert!(matches("*", &name));
        }

        #[test]
        fn survives_any_pattern(pattern: String, name: String) {
            prop_assert!(matches(&pattern, &name) || !matches(&pattern, &name));
        }
    }
}
