//! What the name of an image says, as recipes, Compose files and manifests write it.

/// A name of an image in its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// Registry and repository: `ghcr.io/acme/web`, `debian`.
    pub(crate) name: &'a str,
    /// The tag.
    pub(crate) tag: Option<&'a str>,
    /// The digest, `sha256:…`.
    pub(crate) digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Takes a name apart; whatever is written has parts.
    pub(crate) fn of(text: &'a str) -> Self {
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let tag = rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
        let (name, tag) = tag.map_or((rest, None), |(name, tag)| (name, Some(tag)));
        Self { name, tag, digest }
    }

    /// Whether the same name may be another image tomorrow because it names no version: no tag, or `latest`.
    pub(crate) fn floats(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest")
    }

    /// The name without a registry's own prefix for it: `docker.io/library/debian` is `debian`.
    pub(crate) fn short(&self) -> &'a str {
        let name =
            ["docker.io/", "index.docker.io/", "public.ecr.aws/docker/"].iter().find_map(|host| self.name.strip_prefix(host));
        let name = name.unwrap_or(self.name);
        name.strip_prefix("library/").unwrap_or(name)
    }
}

/// Whether an expression with variables still names a fixed version: `${REGISTRY}/web:1.2`.
pub(crate) fn fixed_in(expression: &str) -> bool {
    let reference = Reference::of(expression.rsplit('/').next().unwrap_or(expression));
    // `${TAG:-latest}` has a colon that begins no tag.
    let plain = |text: &str| !text.contains(['$', '{', '}']);
    let balanced = reference.name.matches('{').count() == reference.name.matches('}').count();
    balanced && (reference.digest.is_some_and(plain) || reference.tag.is_some_and(|tag| plain(tag) && tag != "latest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_apart() {
        let of = |text| {
            let Reference { name, tag, digest } = Reference::of(text);
            (name, tag, digest.is_some())
        };
        assert_eq!(of("debian"), ("debian", None, false));
        assert_eq!(of("localhost:5000/a/b"), ("localhost:5000/a/b", None, false));
        assert_eq!(of("localhost:5000/a:1@sha256:00"), ("localhost:5000/a", Some("1"), true));
        assert_eq!(Reference::of("docker.io/library/debian:12").short(), "debian");
        assert!(Reference::of("a:latest").floats() && !Reference::of("a:latest@sha256:0").floats());
    }

    #[test]
    fn a_fixed_tag_is_seen_behind_a_variable() {
        assert!(fixed_in("${REGISTRY}/web:1.2") && fixed_in("$A@sha256:00"));
        assert!(!fixed_in("web:${TAG}") && !fixed_in("${IMAGE:-web}") && !fixed_in("$A/web") && !fixed_in("$A:latest"));
    }
}
