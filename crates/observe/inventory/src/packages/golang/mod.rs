//! Go modules. Versions keep their `v`, as Go writes them; the standard library's has none, as in advisories.

pub(crate) mod go_mod;
pub(crate) mod go_sum;
pub(crate) mod vendor_modules;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Go";

/// A word of a Go file without the quotes it may have.
fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '`'])
}

/// Whether a replacement is a folder and no module.
fn is_folder(path: &str) -> bool {
    path.starts_with("./")
        || path.starts_with("../")
        || path.starts_with('/')
        || [".", ".."].contains(&path)
        || path.contains('\\')
}
