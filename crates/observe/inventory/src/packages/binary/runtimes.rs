//! Runtimes that write their version to a file beside them: Java's `release`, Erlang's `OTP_VERSION`.
//!
//! A component found so has the ecosystem `generic`, as those of well-known programs.

use super::component;
use crate::content::{Content, Meta, Setting};
use crate::packages::{Found, Reader};

/// The largest file; Java's lists all its modules.
const BYTES_MAX: u64 = 256 * 1024;

/// Java and Erlang.
pub(crate) static READER: Reader = Reader {
    name: "runtime version",
    wants: |meta, setting| {
        let java = meta.name() == "release" && meta.path.contains('/') && !meta.path.starts_with("etc/");
        let erlang = meta.name() == "OTP_VERSION" && meta.path.contains("/releases/");
        setting == Setting::Installed && (java || erlang)
    },
    looks_right: |_| true,
    bytes_max: BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = String::from_utf8_lossy(content.bytes);
    let told = if meta.name() == "OTP_VERSION" {
        Some(("erlang", text.trim().to_owned()))
    } else {
        java_version(&text).map(|version| ("openjdk", version))
    };
    let right = told.filter(|(_, version)| version.starts_with(|first: char| first.is_ascii_digit()));
    let components = right.and_then(|(name, version)| component("generic", name, &version, meta)).into_iter().collect();
    Found { components, ..Found::default() }
}

/// `JAVA_RUNTIME_VERSION="17.0.15+6-Debian-1"` → `17.0.15+6`; without a build number where only `JAVA_VERSION` is there.
fn java_version(text: &str) -> Option<String> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.map(|value| value.trim().trim_matches('"').to_owned())
    };
    let short = value("JAVA_VERSION")?;
    let long = value("JAVA_RUNTIME_VERSION").map(|long| long.split('-').next().unwrap_or_default().to_owned());
    Some(long.filter(|long| long.starts_with(&short)).unwrap_or(short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(path: &str, text: &str) -> String {
        let meta = Meta { path, size: 0, mode: 0o644 };
        if !(READER.wants)(&meta, Setting::Installed) {
            return "not wanted".to_owned();
        }
        let found = read(&meta, &Content::of(text.as_bytes()));
        found.components.first().map_or("-".to_owned(), |it| format!("{} {}", it.package.name, it.package.version))
    }

    #[test]
    fn reads_both_files() {
        let java = "IMPLEMENTOR=\"Debian\"\nJAVA_RUNTIME_VERSION=\"17.0.15+6-Debian-1deb12u1\"\nJAVA_VERSION=\"17.0.15\"\n";
        assert_eq!(said("opt/java/release", java), "openjdk 17.0.15+6");
        assert_eq!(said("usr/lib/jvm/x/release", "JAVA_VERSION=\"1.8.0_392\"\n"), "openjdk 1.8.0_392");
        assert_eq!(said("usr/lib/jvm/x/release", "NAME=other\n"), "-");
        assert_eq!(said("usr/lib/erlang/releases/25/OTP_VERSION", "25.2.3\n"), "erlang 25.2.3");
        assert_eq!(said("etc/release", java), "not wanted");
    }

    proptest! {
        #[test]
        fn survives_any_text(text: String) {
            said("a/release", &text);
            said("a/releases/1/OTP_VERSION", &text);
        }
    }
}
