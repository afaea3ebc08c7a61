//! Packages of npm's registry, whichever tool locks or installs them.

pub(crate) mod bun_lock;
pub(crate) mod npm_lock;
pub(crate) mod package_json;
pub(crate) mod pnpm_lock;
pub(crate) mod yarn_lock;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "npm";

/// Splits `name@version`, where the name may have a scope: `@babel/core@7.0.0`.
fn split_at_version(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Whether this is a version of the registry: not a path, an address or a branch.
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([':', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_a_scope() {
        assert_eq!(split_at_version("@babel/core@7.0.0"), Some(("@babel/core", "7.0.0")));
        assert_eq!(split_at_version("a@npm:@b/c@1"), Some(("a", "npm:@b/c@1")));
        assert_eq!(split_at_version("@babel/core"), None);
        assert_eq!(split_at_version(""), None);
        assert!(is_version("1.2.3-rc.1") && !is_version("file:x") && !is_version("1/2") && !is_version("v"));
    }
}
