//! What a file's name and first bytes tell: whether to look into it, and how much to believe.

/// The most that is looked at of a file's beginning to tell text from other things.
pub(super) const HEAD: usize = 4096;

/// What a file's path says about secrets in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Character {
    /// Written by a tool: hashes of packages look like secrets.
    pub(super) generated: bool,
    /// Tests, examples, documentation: made-up secrets are the rule.
    pub(super) illustrative: bool,
}

/// Endings of files in which no text of a person stands: pictures, sound, fonts, packed things.
const SKIPPED: [&str; 66] = [
    "7z", "a", "aac", "avi", "avif", "bmp", "br", "bz2", "cab", "class", "db3", "deb", "dex", "dmg", "eot", "eps", "flac", "flv",
    "gif", "gz", "heic", "icns", "ico", "iso", "jar", "jp2", "jpeg", "jpg", "lz", "lz4", "lzma", "m4a", "m4v", "mkv", "mo",
    "mov", "mp3", "mp4", "mpeg", "mpg", "ogg", "ogv", "opus", "otf", "pack", "pdf", "png", "psd", "rar", "rlib", "rmeta", "rpm",
    "svgz", "tar", "tgz", "tif", "tiff", "ttc", "ttf", "wav", "webm", "webp", "whl", "woff", "woff2", "xz",
];

/// First bytes of the same, whatever the name.
const SKIPPED_MAGIC: [&[u8]; 12] = [
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0",
    b"BZh",
    b"7z\xbc\xaf",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"wOFF",
    b"wOF2",
    b"OTTO",
];

/// Names of lock files and other lists of hashes.
const LOCKS: [&str; 12] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "packages.lock.json",
    "cargo-checksum.json",
    ".cargo-checksum.json",
    "verification-metadata.xml",
    "package.resolved",
    "pubspec.lock",
    "sha256sums",
    "record",
];

/// Folders of tests, examples and documentation.
const ILLUSTRATIVE: [&str; 26] = [
    "__fixtures__",
    "__mocks__",
    "__tests__",
    "corpus",
    "demo",
    "demos",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "golden",
    "integration-tests",
    "mock",
    "mocks",
    "sample",
    "samples",
    "spec",
    "specs",
    "test",
    "test-data",
    "testdata",
    "tests",
    "testing",
];

/// Whether a file of this name is looked into at all.
pub(super) fn is_wanted(path: &str) -> bool {
    let extension = name_of(path).rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_none_or(|extension| SKIPPED.binary_search(&extension.as_str()).is_err())
}

/// Whether a file that begins so is looked into.
pub(super) fn is_wanted_by_head(head: &[u8]) -> bool {
    !SKIPPED_MAGIC.iter().any(|magic| head.starts_with(magic))
}

/// Whether a file that begins so is no text.
pub(super) fn is_binary(head: &[u8]) -> bool {
    // UTF-16 is text, but its every second byte is none; rules see nothing in it either way.
    memchr::memchr(0, head.get(..HEAD).unwrap_or(head)).is_some()
}

/// What the path says.
pub(super) fn character(path: &str) -> Character {
    let name = name_of(path).to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let generated = LOCKS.contains(&name.as_str())
        || ends(&[
            ".lock",
            ".lockfile",
            ".min.js",
            ".min.css",
            ".map",
            ".sum",
            ".snap",
            ".po",
            ".pot",
            ".bundle.js",
            ".svg",
            ".ipynb",
        ]);
    let in_folder = path.split('/').rev().skip(1).any(|part| ILLUSTRATIVE.iter().any(|folder| folder.eq_ignore_ascii_case(part)));
    let by_name = ["_test.", ".test.", "_spec.", ".spec.", ".example", ".sample", ".template", ".dist", "-example.", "-sample."];
    let illustrative = in_folder
        || name.starts_with("test_")
        || name.starts_with("readme")
        || by_name.iter().any(|part| name.contains(part))
        || ends(&[".md", ".rst", ".adoc", "tests.rs", "test.java", "tests.cs", "test.php"]);
    Character { generated, illustrative }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_archives_are_left_out() {
        assert!(SKIPPED.is_sorted());
        for (path, expected) in
            [("a/b.png", false), ("a/b.PNG", false), ("a.tar.gz", false), ("a/.png/x", true), ("Makefile", true), ("x.pyc", true)]
        {
            assert_eq!(is_wanted(path), expected, "{path}");
        }
        assert!(!is_wanted_by_head(b"\x1f\x8b\x08"));
        assert!(is_binary(b"\x7fELF\0") && !is_binary(b"text"));
    }

    #[test]
    fn tests_and_lock_files_are_believed_less() {
        let of = |path| (character(path).generated, character(path).illustrative);
        for (path, expected) in [
            ("src/main.rs", (false, false)),
            ("web/yarn.lock", (true, false)),
            ("web/app.min.js", (true, false)),
            ("a/tests/data.json", (false, true)),
            ("a/latest/data.json", (false, false)),
            ("pkg/x_test.go", (false, true)),
            (".env.example", (false, true)),
            ("README.md", (false, true)),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
