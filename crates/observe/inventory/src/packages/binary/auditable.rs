//! The crates of a Rust program that was built with `cargo auditable`.
//!
//! Format: <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>. The section `.dep-v0` holds JSON behind zlib. The
//! program itself counts as one of its crates; other crates of its own workspace do not, since nobody publishes
//! advisories for them under these names.

use super::component;
use super::executable::Executable;
use crate::content::Meta;
use crate::packages::Found;
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::io::Read;
use vigie_model::component::Scope;
use vigie_model::observed::{Gap, Obstacle};

/// The largest list after unpacking; one of 1,000 crates has 100 KB.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

#[derive(Deserialize)]
struct Audit {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    source: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    root: bool,
    #[serde(default)]
    dependencies: Vec<usize>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Build,
    #[default]
    Runtime,
}

/// Adds the crates of a program made by Rust.
pub(super) fn read(executable: &Executable<'_>, meta: &Meta<'_>, found: &mut Found) {
    let Some(packed) = executable.section(b".dep-v0") else { return };
    match unpack(packed) {
        Ok(audit) => add(&audit, meta, found),
        Err(detail) => found.gaps.push(Gap::new(meta.path, Obstacle::Unreadable, format!("its list of crates: {detail}"))),
    }
}

fn unpack(packed: &[u8]) -> Result<Audit, String> {
    let mut json = Vec::new();
    ZlibDecoder::new(packed).take(BYTES_MAX).read_to_end(&mut json).map_err(|error| error.to_string())?;
    if json.len() as u64 == BYTES_MAX {
        return Err(format!("longer than {BYTES_MAX} bytes"));
    }
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

fn add(audit: &Audit, meta: &Meta<'_>, found: &mut Found) {
    let asked_for = audit.packages.iter().find(|it| it.root).map_or(&[][..], |root| &root.dependencies);
    for (index, it) in audit.packages.iter().enumerate().filter(|(_, it)| it.root || it.source != "local") {
        let Some(mut component) = component("crates.io", &it.name, &it.version, meta) else { continue };
        if matches!(it.kind, Kind::Build) {
            component.scope = Scope::Development;
        }
        component.direct = Some(it.root || asked_for.contains(&index));
        found.components.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::ZlibEncoder;

    fn packed(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        ZlibEncoder::new(text.as_bytes(), Compression::fast()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn reads_the_crates() {
        let text = r#"{"packages":[{"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1,2]},
            {"name":"cc","version":"1.0.83","source":"crates.io","kind":"build"},
            {"name":"own","version":"0.1.0","source":"local","dependencies":[3]},
            {"name":"time","version":"0.1.44","source":"crates.io"},
            {"name":"forked","version":"1.0.0","source":"git"}]}"#;
        let (mut found, meta) = (Found::default(), Meta { path: "usr/bin/app", size: 0, mode: 0o755 });
        add(&unpack(&packed(text)).unwrap(), &meta, &mut found);
        let said: Vec<_> =
            found.components.iter().map(|it| (it.package.name.as_str(), it.scope, it.direct == Some(true))).collect();
        let expected = [
            ("app", Scope::Runtime, true),
            ("cc", Scope::Development, true),
            ("time", Scope::Runtime, false),
            ("forked", Scope::Runtime, false),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_not_a_list_is_an_error() {
        assert!(unpack(b"not packed").is_err());
        assert!(unpack(&packed("{}")).is_err());
        assert!(unpack(&packed(&" ".repeat(9 * 1024 * 1024))).is_err(), "a bomb");
    }
}
