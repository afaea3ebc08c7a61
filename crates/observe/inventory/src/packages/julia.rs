//! `Manifest.toml` of Julia's package manager (<https://pkgdocs.julialang.org/v1/toml-files/>).
//!
//! A package without version belongs to Julia itself and has its version; one with a path is the project's own. What
//! asks for what is said, but not by whom the project asks: that stands in `Project.toml`, which is not read.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};
use ::toml::Value;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Julia";

pub(crate) static READER: Reader = Reader {
    name: "Julia's Manifest.toml",
    wants: |meta, setting| setting == Setting::Source && matches!(meta.name(), "Manifest.toml" | "JuliaManifest.toml"),
    looks_right: |head| head.windows(b"uuid".len()).any(|word| word == b"uuid"),
    bytes_max: toml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let of_julia = toml::word(&lock, "julia_version");
    // The first form of the file has its packages at the top.
    let packages = lock.get("deps").and_then(Value::as_table).unwrap_or(&lock);
    let mut list = List::new(meta, ECOSYSTEM);
    for (name, entries) in packages {
        for entry in entries.as_array().into_iter().flatten().filter_map(Value::as_table) {
            if toml::word(entry, "uuid").is_empty() || !toml::word(entry, "path").is_empty() {
                continue;
            }
            let version = toml::word(entry, "version");
            list.add(name, if version.is_empty() { of_julia } else { version });
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_both_forms() {
        let first = "[[JSON]]\ndeps = [\"Dates\"]\nuuid = \"68\"\nversion = \"0.21.4\"\n[[Own]]\npath = \".\"\nuuid = \"1\"\n";
        check(&READER, "Manifest.toml", first, &["JSON 0.21.4"]);
        let second = "julia_version = \"1.9.0\"\nmanifest_format = \"2.0\"\n[[deps.JSON]]\nuuid = \"68\"\nversion = \"0.21.4\"\n\
                      [[deps.Dates]]\nuuid = \"ad\"\n[deps.Dates.deps]\nPrintf = \"de\"\n";
        check(&READER, "Manifest.toml", second, &["Dates 1.9.0", "JSON 0.21.4"]);
    }
}
