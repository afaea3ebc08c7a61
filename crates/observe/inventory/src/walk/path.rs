//! What the name of an entry means below the root of an image.
//!
//! Names come from whoever built the image. `..` never leads above the root, as in a `chroot`, and as
//! container runtimes resolve them; a leading `/` or `./` means nothing. Deliberately not here: links, since
//! a name that leads through one is resolved by whoever knows the links.

use sha2::{Digest, Sha256};

/// The longest path that is looked at: Linux takes no longer one (`PATH_MAX`).
pub(crate) const PATH_BYTES_MAX: usize = 4096;
/// The deepest path that is looked at: one name of a byte and a slash fills half of `PATH_MAX`; nobody goes near.
pub(crate) const DEPTH_MAX: usize = 512;

/// The prefix of a whiteout's name (OCI image specification, "Whiteouts").
const WHITEOUT: &str = ".wh.";
/// The name of the file that makes its directory opaque.
const OPAQUE: &str = ".wh..wh..opq";

/// What a name means for the layers below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// Nothing: it is a file of its own.
    None,
    /// What lies at this path below is gone.
    Gone {
        /// The directory, empty at the root.
        folder: &'a str,
        /// The name in it.
        name: &'a str,
    },
    /// What lies in this directory below is gone.
    Opaque(&'a str),
    /// Book-keeping of aufs: not part of the image.
    Ignored,
}

/// Writes the meaning of a name into `path`: without `.`, `..`, leading and double slashes; the root is empty.
///
/// False when it is too long or too deep, or when it leads above the root; in the last case the path is what
/// a runtime makes of it.
pub(crate) fn normalise(name: &[u8], path: &mut String) -> Result<(), Odd> {
    path.clear();
    if name.len() > PATH_BYTES_MAX {
        return Err(Odd::TooLong);
    }
    let name = String::from_utf8_lossy(name);
    let mut odd = None;
    let mut depth = 0_usize;
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if depth == 0 {
                    odd = Some(Odd::Above);
                }
                depth = depth.saturating_sub(1);
                path.truncate(path.rfind('/').unwrap_or_default());
            }
            part => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(part);
                depth += 1;
            }
        }
        if depth > DEPTH_MAX {
            return Err(Odd::TooLong);
        }
    }
    odd.map_or(Ok(()), Err)
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// It leads above the root.
    Above,
    /// It is longer or deeper than is looked at.
    TooLong,
}

/// Where a symbolic link at `path` leads, below the root.
pub(crate) fn resolve(path: &str, target: &[u8]) -> Option<String> {
    let mut resolved = String::new();
    let whole = if target.starts_with(b"/") { target.to_vec() } else { [parent(path).as_bytes(), b"/", target].concat() };
    match normalise(&whole, &mut resolved) {
        Ok(()) | Err(Odd::Above) => Some(resolved),
        Err(Odd::TooLong) => None,
    }
}

/// The directory of a path; empty at the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The path itself and all directories above it, the root left out.
pub(crate) fn with_parents(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| Some(parent(path))).take_while(|path| !path.is_empty())
}

/// What a path says of the layers below.
pub(crate) fn mark(path: &str) -> Mark<'_> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.strip_prefix(WHITEOUT) {
        None => Mark::None,
        Some(_) if name == OPAQUE => Mark::Opaque(folder),
        Some(rest) if rest.is_empty() || rest.starts_with(WHITEOUT) => Mark::Ignored,
        Some(name) => Mark::Gone { folder, name },
    }
}

/// A path as eight bytes, the same on every machine and in every version: the first of its SHA-256, so that
/// nobody finds two paths of the same hash to make one vanish behind the other.
pub(crate) fn hash(path: &str) -> u64 {
    hash_parts("", path)
}

/// The hash of a name in a folder; of an empty name, the hash of a path with a `/` behind it.
pub(crate) fn hash_parts(folder: &str, name: &str) -> u64 {
    let mut sha = Sha256::new();
    if !folder.is_empty() {
        sha.update(folder);
        sha.update("/");
    }
    sha.update(name);
    let digest: [u8; 32] = sha.finalize().into();
    digest.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_resolved_below_the_root() {
        let table = [
            ("./a//b/./c/", "a/b/c", Ok(())),
            ("/etc/passwd", "etc/passwd", Ok(())),
            ("a/../b", "b", Ok(())),
            ("../../etc/passwd", "etc/passwd", Err(Odd::Above)),
            ("a/../../b", "b", Err(Odd::Above)),
            ("./", "", Ok(())),
        ];
        for (name, expected, outcome) in table {
            let mut path = String::new();
            assert_eq!((normalise(name.as_bytes(), &mut path), path.as_str()), (outcome, expected), "{name}");
        }
        assert_eq!(normalise(&[b'a'; 5000], &mut String::new()), Err(Odd::TooLong));
        assert_eq!(normalise("a/".repeat(600).as_bytes(), &mut String::new()), Err(Odd::TooLong));
    }

    #[test]
    fn links_are_resolved_from_where_they_stand() {
        assert_eq!(resolve("var/lib/rpm", b"../../usr/lib/sysimage/rpm").unwrap(), "usr/lib/sysimage/rpm");
        assert_eq!(resolve("etc/os-release", b"/usr/lib/os-release").unwrap(), "usr/lib/os-release");
        assert_eq!(resolve("a", b"../../../etc").unwrap(), "etc");
    }

    #[test]
    fn whiteouts_are_told_from_files() {
        assert_eq!(mark("a/.wh.b"), Mark::Gone { folder: "a", name: "b" });
        assert_eq!(mark(".wh.b"), Mark::Gone { folder: "", name: "b" });
        assert_eq!(mark("a/.wh..wh..opq"), Mark::Opaque("a"));
        assert_eq!(mark(".wh..wh.plnk/1"), Mark::None);
        assert_eq!(mark("a/.wh..wh.aufs"), Mark::Ignored);
        assert_eq!(mark("a/.wh."), Mark::Ignored);
        assert_eq!(mark("a/.what"), Mark::None);
    }

    #[test]
    fn a_path_and_its_parts_have_one_hash() {
        assert_eq!(hash("a/b"), hash_parts("a", "b"));
        assert_ne!(hash("a/b"), hash("a/c"));
        assert_eq!(with_parents("a/b/c").collect::<Vec<_>>(), ["a/b/c", "a/b", "a"]);
    }

    proptest! {
        #[test]
        fn a_path_never_leads_out(name: Vec<u8>) {
            let mut path = String::new();
            normalise(&name, &mut path).ok();
            prop_assert!(!path.starts_with('/') && !path.ends_with('/'));
            prop_assert!(path.is_empty() || path.split('/').all(|part| !matches!(part, "" | "." | "..")));
        }
    }
}
