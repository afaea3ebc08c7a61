//! What an archive says of itself beside Maven's properties: its manifest and its name.

use super::groups::group_of;
use std::collections::HashMap;

/// What is known of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Empty when it is not known.
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
}

impl Identity {
    /// `group:artifact`, or only the artifact.
    pub(super) fn name(&self) -> String {
        if self.group.is_empty() { self.artifact.clone() } else { format!("{}:{}", self.group, self.artifact) }
    }
}

/// The attributes of a manifest's main section, whose long lines go on after a space
/// (<https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html>).
pub(super) fn attributes(text: &str) -> HashMap<String, String> {
    let mut attributes: HashMap<String, String> = HashMap::new();
    let mut last = String::new();
    for line in text.lines().map(|line| line.trim_end_matches('\r')) {
        if line.is_empty() {
            break;
        }
        if let Some(more) = line.strip_prefix(' ') {
            attributes.entry(last.clone()).or_default().push_str(more);
        } else if let Some((key, value)) = line.split_once(':') {
            last = key.to_ascii_lowercase();
            attributes.insert(last.clone(), value.trim().to_owned());
        }
    }
    attributes
}

/// `spring-core-5.3.18.jar`: the artifact, and the version where the name has one.
pub(super) fn split_file_name(name: &str) -> (&str, &str) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let starts_version = |at: &usize| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
    let hyphen = stem.match_indices('-').map(|(at, _)| at).find(starts_version);
    hyphen.map_or((stem, ""), |at| (stem.get(..at).unwrap_or(stem), stem.get(at + 1..).unwrap_or_default()))
}

/// Puts together what manifest and name tell. The name has the artifact where it has a version too; the manifest
/// has the group in one of several attributes, if anywhere.
pub(super) fn identity(file_name: &str, manifest: &HashMap<String, String>) -> Option<Identity> {
    let word = |names: &[&str]| {
        let found = names.iter().find_map(|name| manifest.get(*name).filter(|value| is_plain(value)));
        found.cloned().unwrap_or_default()
    };
    let (artifact, of_name) = split_file_name(file_name);
    let symbolic = word(&["bundle-symbolicname"]);
    let symbolic = symbolic.split(';').next().unwrap_or_default().trim();
    let said = word(&["implementation-version", "bundle-version", "specification-version"]);
    let version = if of_name.is_empty() { said } else { of_name.to_owned() };
    let title = word(&["implementation-title", "specification-title"]);
    let artifact = if of_name.is_empty() && !title.is_empty() && !title.contains([' ', '/', '$']) { &title } else { artifact };
    // `org.apache.commons.lang3` names the group only when the artifact's name follows it.
    let of_symbolic = symbolic.strip_suffix(artifact).and_then(|group| group.strip_suffix('.'));
    let of_vendor = word(&["implementation-vendor-id"]);
    let group = match group_of(artifact) {
        Some(group) => group.to_owned(),
        None if of_vendor.contains('.') && !of_vendor.contains(' ') => of_vendor,
        None => of_symbolic.unwrap_or_default().to_owned(),
    };
    let known = !artifact.is_empty() && version.starts_with(|c: char| c.is_ascii_alphanumeric());
    known.then(|| Identity { group, artifact: artifact.to_owned(), version })
}

/// Not a placeholder that a build forgot to fill in.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains("${") && value.len() < 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, manifest: &str, expected: Option<(&str, &str)>) {
        let identity = identity(file, &attributes(manifest));
        let told = identity.as_ref().map(|identity| (identity.name(), identity.version.clone()));
        assert_eq!(told, expected.map(|(name, version)| (name.to_owned(), version.to_owned())), "{file}");
    }

    #[test]
    fn puts_together_what_is_told() {
        check(
            "spring-core-5.3.18.jar",
            "Implementation-Title: spring-core\n",
            Some(("org.springframework:spring-core", "5.3.18")),
        );
        check("commons-a-1.0-rc1.jar", "Implementation-Vendor-Id: org.example\n", Some(("org.example:commons-a", "1.0-rc1")));
        check("c-2.jar", "Bundle-SymbolicName: org.x.c;singleton:=true\n", Some(("org.x:c", "2")));
        check("lone-1.0.jar", "", Some(("lone", "1.0")));
        check("app.jar", "Implementation-Title: own\nImplementation-Version: 3\n", Some(("own", "3")));
        check("app.jar", "Implementation-Version: ${version}\n", None);
        check("app.jar", "", None);
    }

    #[test]
    fn long_lines_go_on() {
        let manifest = attributes("A: one\r\n two\r\nB: x\r\n\r\nName: p/\r\nA: no\r\n");
        assert_eq!((manifest["a"].as_str(), manifest["b"].as_str(), manifest.len()), ("onetwo", "x", 2));
        assert_eq!(split_file_name("log4j-core-2.14.1.jar"), ("log4j-core", "2.14.1"));
        assert_eq!(split_file_name("a-b"), ("a-b", ""));
    }
}
