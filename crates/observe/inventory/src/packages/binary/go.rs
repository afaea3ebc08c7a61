//! What Go's linker writes into a program: the version of Go, the main module, all modules it was built from.
//!
//! Format: Go's `debug/buildinfo`. A block in a section of its own, or near the start of what is writable: 14 bytes of magic, the
//! size of a pointer, flags; then, since Go 1.18, both texts in place, before that two pointers to them. The
//! text about modules has a line for each, its columns between tabs.
//!
//! Go itself becomes the module `stdlib`, as vulnerability data call it. Left out: a main module that was built
//! from a working copy (`(devel)`), and what was replaced by a directory, because neither has a version.

use super::component;
use super::executable::Executable;
use crate::content::Meta;
use crate::packages::Found;
use crate::packages::bytes::Bytes;
use vigie_model::observed::{Gap, Obstacle};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Blocks begin at multiples of this.
const ALIGNMENT: usize = 16;
/// How far into the writable part a block is looked for.
const SEARCH_BYTES: usize = 1024 * 1024;
/// Where the texts begin that are in place.
const HEADER_BYTES: usize = 32;
/// The longest text about modules; 10,000 modules have 1 MB.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What stands before and behind the text about modules, to be found without a section.
const SENTINEL_BYTES: usize = 16;
/// The most modules of one program.
const MODULES_MAX: usize = 50_000;

/// Adds the modules of a program made by Go.
pub(super) fn read(executable: &Executable<'_>, meta: &Meta<'_>, found: &mut Found) {
    let Some((version, modules)) = texts(executable) else { return };
    if let Some(version) = release(&version) {
        found.components.extend(component("Go", "stdlib", &version, meta));
    }
    for (index, (name, version)) in parse_modules(&modules).into_iter().enumerate() {
        if index == MODULES_MAX {
            found.gaps.push(Gap::new(meta.path, Obstacle::BeyondLimit, format!("more than {MODULES_MAX} modules of Go")));
            return;
        }
        found.components.extend(component("Go", &name, &version, meta));
    }
}

/// The version of Go, and the text about modules.
fn texts(executable: &Executable<'_>) -> Option<(String, String)> {
    let block = block(executable)?;
    let bytes = Bytes::of(block, executable.order);
    let (pointer, flags) = (bytes.u8(14)?, bytes.u8(15)?);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if flags & 2 != 0 {
        let (version, rest) = in_place(block.get(HEADER_BYTES..)?)?;
        let modules = in_place(rest).map_or(&[][..], |(modules, _)| modules);
        return Some((text(version), text(without_sentinels(modules))));
    }
    let bytes = if flags & 1 != 0 { Bytes::big(block) } else { Bytes::little(block) };
    let number = |at: usize| if pointer == 8 { bytes.u64(at) } else { bytes.u32(at).map(u64::from) };
    let pointed = |place: usize| {
        let size = usize::from(pointer);
        let header = executable.loaded_at(number(place)?, 2 * size)?;
        let header = Bytes::of(header, bytes.order());
        let (address, length) =
            if size == 8 { (header.u64(0)?, header.long(8)?) } else { (u64::from(header.u32(0)?), header.word(4)?) };
        executable.loaded_at(address, Some(length).filter(|length| *length <= TEXT_BYTES_MAX)?)
    };
    if pointer != 4 && pointer != 8 {
        return None;
    }
    let modules = pointed(16 + usize::from(pointer)).unwrap_or_default();
    Some((text(pointed(16)?), text(without_sentinels(modules))))
}

/// From the magic on.
fn block<'a>(executable: &Executable<'a>) -> Option<&'a [u8]> {
    let own = executable.section(b".go.buildinfo").or_else(|| executable.section(b"__go_buildinfo"));
    let place = own.or_else(|| executable.data())?;
    let searched = place.len().min(SEARCH_BYTES);
    (0..searched).step_by(ALIGNMENT).filter_map(|at| place.get(at..)).find(|rest| rest.starts_with(MAGIC))
}

/// A text behind its length, and what follows.
fn in_place(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(length).filter(|_| length <= TEXT_BYTES_MAX);
        }
    }
    None
}

fn without_sentinels(text: &[u8]) -> &[u8] {
    let inside = text.len().checked_sub(SENTINEL_BYTES).and_then(|end| text.get(SENTINEL_BYTES..end));
    inside.filter(|inside| inside.ends_with(b"\n")).unwrap_or_default()
}

/// `go1.21.5` → `1.21.5`, without what toolchains of others or experiments add; none for an unreleased one.
fn release(version: &str) -> Option<String> {
    let version = version.split([' ', '-', '+']).next()?.strip_prefix("go")?;
    // Go with BoringCrypto said so behind a `b`: go1.18.9b7.
    let version = version.split('b').next().filter(|it| it.matches('.').count() == 2).unwrap_or(version);
    let known = version.starts_with(|first: char| first.is_ascii_digit());
    known.then(|| {
        if version.split('.').count() == 2 && !version.contains("rc") && !version.contains("beta") {
            format!("{version}.0")
        } else {
            version.to_owned()
        }
    })
}

/// The modules in a text about them, each with its version.
fn parse_modules(text: &str) -> Vec<(String, String)> {
    let mut modules: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let mut columns = line.split('\t');
        let kind = columns.next().unwrap_or_default();
        let (Some(name), version) = (columns.next(), columns.next().unwrap_or_default()) else { continue };
        match kind {
            "mod" | "dep" => modules.push((name.to_owned(), version.to_owned())),
            // The module before was replaced by this one.
            "=>" => {
                if let Some(last) = modules.last_mut() {
                    *last = (name.to_owned(), version.to_owned());
                }
            }
            _ => {}
        }
    }
    modules.retain(|(_, version)| !version.is_empty() && version != "(devel)");
    modules
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lines_of_modules() {
        let text = "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:abc=\n\
                    dep\tgithub.com/a/old\tv1.0.0\n=>\tgithub.com/b/new\tv1.2.0\th1:def=\ndep\tgithub.com/a/local\tv1.0.0\n\
                    =>\t./local\t\t\nbuild\tvcs=git\nbuild\tCGO_ENABLED=0\n";
        let modules = parse_modules(text);
        let said: Vec<_> = modules.iter().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(said, ["golang.org/x/net v0.17.0", "github.com/b/new v1.2.0"]);
        assert_eq!(parse_modules("mod\ta.b/c\tv1.0.1+dirty\t\n"), [("a.b/c".to_owned(), "v1.0.1+dirty".to_owned())]);
    }

    #[test]
    fn versions_of_go() {
        let table = [
            ("go1.21.5", "1.21.5"),
            ("go1.22.0 X:nocoverageredesign", "1.22.0"),
            ("go1.20", "1.20.0"),
            ("go1.21rc2", "1.21rc2"),
            ("go1.22beta1", "1.22beta1"),
            ("go1.18.9b7", "1.18.9"),
            ("go1.22.5 (Red Hat 1.22.5-1.el9)", "1.22.5"),
            ("go1.21.1-fips", "1.21.1"),
            ("devel go1.22-abc", "-"),
            ("", "-"),
        ];
        for (text, expected) in table {
            assert_eq!(release(text).as_deref().unwrap_or("-"), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn survives_any_text(bytes: Vec<u8>, text: String) {
            prop_assert!(in_place(&bytes).is_none_or(|(text, rest)| text.len() + rest.len() < bytes.len()));
            prop_assert!(without_sentinels(&bytes).len() <= bytes.len());
            drop(release(&text));
            drop(parse_modules(&text));
        }
    }
}
