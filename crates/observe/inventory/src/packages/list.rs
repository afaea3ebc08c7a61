//! What a reader of one file gathers: components of one ecosystem, each once, and what it could not take.
//!
//! Names and versions end up in tables, identities and terminals, so they must be short and printable here.
//! An entry without an exact version is no component: what it stands for is only known to whoever resolves
//! it. Such entries are one gap for the whole file, so that a long list does not drown others.

use super::Found;
use crate::content::Meta;
use vigie_model::component::{Component, Scope};
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::Package;

/// The most components of one file.
pub(crate) const COMPONENTS_MAX: usize = 200_000;
/// The longest name or version.
pub(crate) const WORD_BYTES_MAX: usize = 512;
/// How many names a gap lists.
const NAMED_MAX: usize = 5;
/// The longest licence text that is taken for an expression or a name.
const LICENCE_BYTES_MAX: usize = 128;
/// The most licences of one component.
const LICENCES_MAX: usize = 16;

/// Components of one file.
pub(crate) struct List<'a> {
    path: &'a str,
    ecosystem: &'a str,
    components: Vec<Component>,
    unresolved: Names,
    broken: Names,
    gaps: Vec<Gap>,
    full: bool,
}

/// The first few names of many.
#[derive(Default)]
struct Names {
    first: Vec<String>,
    count: usize,
}

impl<'a> List<'a> {
    /// An empty list for a file whose packages are of one ecosystem.
    pub(crate) fn new(meta: &Meta<'a>, ecosystem: &'a str) -> Self {
        let (unresolved, broken) = (Names::default(), Names::default());
        Self { path: meta.path, ecosystem, components: Vec::new(), unresolved, broken, gaps: Vec::new(), full: false }
    }

    /// Adds a package with its exact version. What is given back can be told more about it; it is `None`
    /// when the name or version makes no sense, which becomes a gap.
    pub(crate) fn add(&mut self, name: &str, version: &str) -> Option<&mut Component> {
        let (name, version) = (name.trim(), version.trim());
        if version.is_empty() && is_word(name) {
            self.unresolved.push(name);
            return None;
        }
        if !is_word(name) || !is_word(version) {
            self.broken.push(name);
            return None;
        }
        if self.components.len() == COMPONENTS_MAX {
            self.full = true;
            return None;
        }
        let (ecosystem, name, version) = (self.ecosystem.to_owned(), name.to_owned(), version.to_owned());
        let package = Package { ecosystem, name, version, architecture: None, source: None };
        self.components.push(Component::new(package, self.path));
        self.components.last_mut()
    }

    /// Adds a package with what a lock file tells about it.
    pub(crate) fn add_with(&mut self, name: &str, version: &str, scope: Scope, direct: Option<bool>) -> Option<&mut Component> {
        let component = self.add(name, version)?;
        (component.scope, component.direct) = (scope, direct);
        Some(component)
    }

    /// Somebody wants this package, and the file does not tell which version it will be.
    pub(crate) fn unresolved(&mut self, name: &str) {
        self.unresolved.push(name);
    }

    /// An entry that makes no sense.
    pub(crate) fn broken(&mut self, entry: &str) {
        self.broken.push(entry);
    }

    /// Anything else that was not read.
    pub(crate) fn gap(&mut self, why: Obstacle, detail: impl Into<String>) {
        self.gaps.push(Gap::new(self.path, why, detail));
    }

    /// What was found: sorted, each package once. Of several entries for one package the strongest counts:
    /// one that runs makes it run, one that was asked for makes it direct.
    pub(crate) fn done(mut self) -> Found {
        self.components.sort_by(|a, b| (&a.path, &a.package).cmp(&(&b.path, &b.package)));
        self.components.dedup_by(|later, first| {
            let same = later.package == first.package && later.path == first.path;
            if same {
                first.scope = stronger(first.scope, later.scope);
                first.direct = first.direct.max(later.direct);
                if first.licences.is_empty() {
                    first.licences = std::mem::take(&mut later.licences);
                }
            }
            same
        });
        if self.full {
            self.gap(Obstacle::BeyondLimit, format!("more than {COMPONENTS_MAX} packages"));
        }
        let told = [
            (self.unresolved.told(), Obstacle::Missing, "no exact version of "),
            (self.broken.told(), Obstacle::Unreadable, "entries that make no sense: "),
        ];
        for (names, why, lead) in told {
            if let Some(names) = names {
                self.gaps.push(Gap::new(self.path, why, format!("{lead}{names}")));
            }
        }
        Found { components: self.components, gaps: self.gaps, ..Found::default() }
    }
}

const fn stronger(a: Scope, b: Scope) -> Scope {
    match (a, b) {
        (Scope::Runtime, _) | (_, Scope::Runtime) => Scope::Runtime,
        (Scope::Optional, _) | (_, Scope::Optional) => Scope::Optional,
        (Scope::Development, Scope::Development) => Scope::Development,
    }
}

impl Names {
    fn push(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(printable(name));
        }
    }

    /// `a, b and 7 more`; none when there are no names.
    fn told(&self) -> Option<String> {
        let more = self.count - self.first.len();
        let ending = if more == 0 { String::new() } else { format!(" and {more} more") };
        (self.count > 0).then(|| self.first.join(", ") + &ending)
    }
}

/// A file that makes no sense as a whole.
pub(crate) fn unreadable(meta: &Meta<'_>, detail: impl AsRef<str>) -> Found {
    let gap = Gap::new(meta.path, Obstacle::Unreadable, printable(detail.as_ref()));
    Found { gaps: vec![gap], ..Found::default() }
}

/// The path of a file in the same folder.
pub(crate) fn beside(meta: &Meta<'_>, name: &str) -> String {
    match meta.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// Whether this may be a name or a version: not empty, short, and nothing a terminal would obey.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= WORD_BYTES_MAX && !text.chars().any(|c| c.is_control() || is_unseen(c))
}

/// Marks that turn the direction of text or have no width: names that hold them pretend to be others.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Short, and without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !is_unseen(*c)).take(WORD_BYTES_MAX / 4).collect()
}

/// Adds a licence as the package says it: an expression or a name, not a whole text.
pub(crate) fn add_licence(component: &mut Component, licence: &str) {
    let licence = licence.trim();
    let fits = is_word(licence) && licence.len() <= LICENCE_BYTES_MAX && component.licences.len() < LICENCES_MAX;
    if fits && !component.licences.iter().any(|known| known == licence) {
        component.licences.push(licence.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta<'_> = Meta { path: "app/x.lock", size: 1, mode: 0o644 };

    #[test]
    fn each_package_is_there_once_in_its_strongest_role() {
        let mut list = List::new(&META, "npm");
        list.add_with("b", "1", Scope::Development, Some(false));
        list.add_with("a", "2", Scope::Optional, None);
        list.add_with("b", "1", Scope::Runtime, Some(true));
        list.add_with("b", "2", Scope::Development, Some(false));
        let found = list.done();
        let told: Vec<_> = found.components.iter().map(|c| (&*c.package.name, &*c.package.version, c.scope, c.direct)).collect();
        let expected = [
            ("a", "2", Scope::Optional, None),
            ("b", "1", Scope::Runtime, Some(true)),
            ("b", "2", Scope::Development, Some(false)),
        ];
        assert_eq!(told, expected);
        assert!(found.gaps.is_empty());
    }

    #[test]
    fn what_is_no_word_is_a_gap() {
        let mut list = List::new(&META, "npm");
        for (name, version) in
            [("a\u{1b}[31m", "1"), ("", "1"), ("ok", ""), ("b", "1\n2"), ("c\u{202e}", "1"), (&"x".repeat(513), "1")]
        {
            assert!(list.add(name, version).is_none());
        }
        (0..7).for_each(|number| list.unresolved(&format!("n{number}")));
        let details: Vec<_> = list.done().gaps.into_iter().map(|gap| gap.detail).collect();
        let long = "x".repeat(128);
        let expected = [
            "no exact version of ok, n0, n1, n2, n3 and 3 more".to_owned(),
            format!("entries that make no sense: a[31m, , b, c, {long}"),
        ];
        assert_eq!(details, expected);
    }

    #[test]
    fn a_licence_is_a_short_word() {
        let mut list = List::new(&META, "npm");
        let component = list.add("a", "1").unwrap();
        for licence in ["MIT", "MIT ", "", "Apache-2.0 OR MIT", "x\ny", &"long ".repeat(99)] {
            add_licence(component, licence);
        }
        assert_eq!(component.licences, ["MIT", "Apache-2.0 OR MIT"]);
    }
}
