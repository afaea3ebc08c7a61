//! Installed gems: `specifications/*.gemspec`.
//!
//! RubyGems writes these as Ruby with one plain assignment a line; what is computed is not followed, then the
//! file's name tells.

use super::{ECOSYSTEM, without_platform};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, add_licence};
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "gemspec",
    wants: |meta, setting| setting == Setting::Installed && is_installed(meta.path),
    looks_right: |_| true,
    bytes_max: 4 * 1024 * 1024,
    read,
};

/// `specifications/a-1.gemspec`, or `specifications/default/a-1.gemspec` for those Ruby brings.
fn is_installed(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let folder = folder.strip_suffix("/default").unwrap_or(folder);
    name.ends_with(".gemspec") && (folder == "specifications" || folder.ends_with("/specifications"))
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let assigned = |attribute: &str| text.lines().find_map(|line| value(line, attribute));
    let stem = meta.name().trim_end_matches(".gemspec");
    // Only what follows the last `-` that a number follows is the version: `a-b-1.0`.
    let split = stem.match_indices('-').rfind(|(at, _)| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    let of_name = split.map(|(at, _)| (stem.get(..at).unwrap_or_default(), stem.get(at + 1..).unwrap_or_default()));
    let name = assigned("name").and_then(first_text).or(of_name.map(|(name, _)| name)).unwrap_or_default();
    let version = assigned("version").and_then(first_text).or(of_name.map(|(_, version)| version)).unwrap_or_default();
    let mut list = List::new(meta, ECOSYSTEM);
    if let Some(component) = list.add(name, without_platform(version)) {
        for attribute in ["licenses", "license"] {
            texts(assigned(attribute).unwrap_or_default()).for_each(|licence| add_licence(component, licence));
        }
    }
    list.done()
}

/// The right side of `s.attribute = …`.
fn value<'a>(line: &'a str, attribute: &str) -> Option<&'a str> {
    let (left, right) = line.split_once('=')?;
    let (_, name) = left.trim().split_once('.')?;
    (name == attribute).then(|| right.trim())
}

/// A plain text at the start: `"a".freeze`, `Gem::Version.new("1.0")`.
fn first_text(value: &str) -> Option<&str> {
    texts(value.strip_prefix("Gem::Version.new").unwrap_or(value)).next().filter(|text| !text.contains("#{"))
}

/// The texts in quotes of either sort, when the value begins with one or with a list of them.
fn texts(value: &str) -> impl Iterator<Item = &str> {
    let value = value.trim_start_matches(['[', '(', ' ']);
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
    value.split(quote.unwrap_or('\0')).skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_assignments() {
        let path = "usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec";
        let text = "Gem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = \"13.0.7\"\n\n  \
                    s.licenses = [\"MIT\".freeze, \"Ruby\".freeze]\n  if s.respond_to? :x then\n  s.version == 3\nend\n";
        check(&READER, path, text, &["rake 13.0.7 [MIT, Ruby]"]);
        check(&READER, path, "s.name = 'a'\ns.version = Gem::Version.new(\"1.0\")\ns.license = 'MIT'\n", &["a 1.0 [MIT]"]);
        check(&READER, "x/specifications/default/net-http-0.3.0-java.gemspec", "s.version = VERSION\n", &["net-http 0.3.0"]);
    }

    #[test]
    fn knows_where_gems_are_installed() {
        assert!(is_installed("a/specifications/b-1.gemspec") && is_installed("a/specifications/default/b-1.gemspec"));
        assert!(!is_installed("a/gems/b-1/b.gemspec") && !is_installed("b.gemspec"));
    }
}
