//! What a person writes to name an image: a path, or `registry/repository:tag@digest`.
//!
//! Names follow Docker's grammar (<https://github.com/distribution/reference>): what stands before the first
//! slash is a registry when it has a dot or a port or is `localhost`; else it is Docker Hub's. A path wins over
//! a name. Prefixes of skopeo and podman (`oci:`, `docker-archive:`, `docker://` …) say which is meant.

use super::oci::is_sha256;
use std::fmt;
use std::path::PathBuf;

/// The longest repository: registries take no more (distribution specification).
const NAME_BYTES_MAX: usize = 512;
const TAG_BYTES_MAX: usize = 128;
const HUB: &str = "docker.io";

/// What was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file or folder.
    Path {
        path: PathBuf,
        /// Which of its images: a name in it, or a digest.
        which: Option<String>,
    },
    /// The name of an image, and where to look for it.
    Name(Name, Place),
}

/// Where to look for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the stores of this machine, then in the registry.
    Anywhere,
    Docker,
    Podman,
    Containerd,
    Registry,
}

/// The name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// `docker.io`, `localhost:5000`.
    pub(crate) registry: String,
    /// `library/nginx`.
    pub(crate) repository: String,
    /// `latest` where neither tag nor digest is given.
    pub(crate) tag: Option<String>,
    /// `sha256:…`.
    pub(crate) digest: Option<String>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// Reads what a person wrote; `exists` says whether a path is there.
pub(crate) fn parse(text: &str, exists: &dyn Fn(&str) -> bool) -> Option<Target> {
    for prefix in ["docker-archive:", "oci-archive:", "oci:"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return Some(path(rest, exists).unwrap_or(Target::Path { path: rest.into(), which: None }));
        }
    }
    let places = [
        ("docker://", Place::Registry),
        ("registry:", Place::Registry),
        ("docker-daemon:", Place::Docker),
        ("docker:", Place::Docker),
        ("containers-storage:", Place::Podman),
        ("podman:", Place::Podman),
        ("containerd:", Place::Containerd),
    ];
    // `docker:27` is also an image; it has a tag and no slash, and nobody's store has an image called `27`.
    for (prefix, place) in places {
        if let Some(name) = text.strip_prefix(prefix).filter(|rest| !(prefix == "docker:" && is_tag(rest))) {
            return self::name(name).map(|name| Target::Name(name, place));
        }
    }
    if let Some(there) = path(text, exists) {
        return Some(there);
    }
    if means_a_path(text) {
        return Some(Target::Path { path: text.into(), which: None });
    }
    name(text).map(|name| Target::Name(name, Place::Anywhere))
}

/// Whether somebody meant a file, also when it is not there: asking a registry for it would only hide the mistake.
fn means_a_path(text: &str) -> bool {
    let is_archive = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"].iter().any(|end| text.ends_with(end));
    is_archive || text.starts_with(['/', '.'])
}

fn is_tag(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains(['/', ':', '@'])
}

fn path(text: &str, exists: &dyn Fn(&str) -> bool) -> Option<Target> {
    if exists(text) {
        return Some(Target::Path { path: text.into(), which: None });
    }
    let named = || text.rsplit_once('#');
    let pinned = || text.rsplit_once('@').filter(|(_, digest)| is_sha256(digest));
    let (path, which) = pinned().or_else(named)?;
    exists(path).then(|| Target::Path { path: path.into(), which: Some(which.to_owned()) })
}

/// Reads the name of an image.
pub(crate) fn name(text: &str) -> Option<Name> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(Some(digest.to_owned()).filter(|digest| is_sha256(digest))?)),
        None => (text, None),
    };
    let (rest, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((rest, tag)) => (rest, Some(tag)),
        None => (rest, None),
    };
    let is_registry = |host: &str| host.contains(['.', ':']) || host == "localhost";
    let (registry, repository) = match rest.split_once('/') {
        Some((host, path)) if is_registry(host) => (host.to_owned(), path.to_owned()),
        Some(_) => (HUB.to_owned(), rest.to_owned()),
        None => (HUB.to_owned(), format!("library/{rest}")),
    };
    let registry =
        if matches!(registry.as_str(), "index.docker.io" | "registry-1.docker.io") { HUB.to_owned() } else { registry };
    let word = |text: &str, extra: &[u8]| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte));
    let parts_right = repository.split('/').all(|part| {
        part.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
    });
    let tag_right =
        tag.is_none_or(|tag| !tag.is_empty() && tag.len() <= TAG_BYTES_MAX && word(tag, b"_.-") && !tag.starts_with(['.', '-']));
    let registry_right = word(&registry, b".:-[]") && !registry.starts_with(['-', '.', ':']);
    if !parts_right || !tag_right || !registry_right || repository.len() > NAME_BYTES_MAX {
        return None;
    }
    let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
    Some(Name { registry, repository, tag, digest })
}

impl Name {
    /// The name without its digest, as stores list it.
    pub(crate) fn tagged(&self) -> String {
        Self { digest: None, ..self.clone() }.to_string()
    }

    /// Whether a name as a store or an archive writes it is this one.
    pub(crate) fn is(&self, other: &str) -> bool {
        name(other)
            .is_some_and(|other| self.registry == other.registry && self.repository == other.repository && self.tag == other.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

    #[test]
    fn names_are_completed_as_docker_does() {
        let table = [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.29", "docker.io/library/nginx:1.29"),
            ("a/b", "docker.io/a/b:latest"),
            ("localhost/a", "localhost/a:latest"),
            ("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x"),
            ("ghcr.io/a/b", "ghcr.io/a/b:latest"),
            ("index.docker.io/a/b", "docker.io/a/b:latest"),
            ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ];
        for (text, expected) in table {
            assert_eq!(name(text).unwrap().to_string(), expected);
        }
        assert_eq!(name(&format!("a@{DIGEST}")).unwrap().to_string(), format!("docker.io/library/a@{DIGEST}"));
        assert!(name("nginx").unwrap().is("docker.io/library/nginx:latest"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "A", "a b", "a:", "a@sha256:12", "../a", "a/../b", "http://a/b", "-a", "a:.x", "a\u{1b}[1m"] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn paths_win_and_prefixes_decide() {
        let exists = |path: &str| path == "nginx" || path == "dir/a.tar";
        let path = |path: &str, which: Option<&str>| Some(Target::Path { path: path.into(), which: which.map(str::to_owned) });
        assert_eq!(parse("nginx", &exists), path("nginx", None));
        assert_eq!(parse("dir/a.tar#b:1", &exists), path("dir/a.tar", Some("b:1")));
        assert_eq!(parse(&format!("dir/a.tar@{DIGEST}"), &exists), path("dir/a.tar", Some(DIGEST)));
        assert_eq!(parse("oci:absent", &exists), path("absent", None));
        assert!(matches!(parse("docker://nginx", &exists), Some(Target::Name(_, Place::Registry))));
        assert!(
            matches!(parse("docker:27", &exists), Some(Target::Name(name, Place::Anywhere)) if name.repository == "library/docker")
        );
        assert!(matches!(parse("podman:nginx", &exists), Some(Target::Name(_, Place::Podman))));
        for absent in ["./absent.tar", "absent.tar.gz", "/absent"] {
            assert_eq!(parse(absent, &exists), path(absent, None));
        }
    }

    proptest! {
        #[test]
        fn a_name_reads_itself(text in "[a-z.:/@_-]{0,40}") {
            if let Some(read) = name(&text) {
                prop_assert_eq!(name(&read.to_string()), Some(read));
            }
        }
    }
}
