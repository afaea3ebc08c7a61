//! Python packages: what tools lock and what is installed.

pub(crate) mod egg;
pub(crate) mod metadata;
pub(crate) mod pdm_lock;
pub(crate) mod pipfile_lock;
pub(crate) mod poetry_lock;
pub(crate) mod pylock;
pub(crate) mod requirements;
pub(crate) mod uv_lock;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "PyPI";

/// A project's name in the one form all its spellings have in common (PEP 503).
pub(crate) fn normalised(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for char in name.trim().chars() {
        let char = if matches!(char, '-' | '_' | '.') { '-' } else { char.to_ascii_lowercase() };
        if char != '-' || !normalised.ends_with('-') {
            normalised.push(char);
        }
    }
    normalised
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_spellings_are_one_name() {
        for name in ["Friendly-Bard", "FRIENDLY.bard", "friendly_bard", "friendly--bard", "FrIeNdLy-._.-bArD"] {
            assert_eq!(super::normalised(name), "friendly-bard");
        }
    }
}
