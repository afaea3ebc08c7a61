//! What programs and libraries say of themselves.
//!
//! Programs made by Go carry their modules ([`go`]), those made by Rust may carry their crates
//! ([`auditable`]), and well-known servers and runtimes have their version somewhere as a text ([`known`]). Formats:
//! ELF, PE and Mach-O ([`executable`]). Nothing is run and nothing is disassembled.
//!
//! A file that a package of the operating system brought is told all the same; whoever puts an inventory together
//! sets [`vigie_model::component::Component::owned_by`], and then only the distribution's data judge it.

mod auditable;
mod executable;
mod go;
mod known;
pub mod runtimes;

pub use known::{Cpe, cpes_of};

use super::{Found, Reader};
use crate::content::{Content, Meta, Setting};
use executable::Executable;
use vigie_model::component::Component;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::Package;

/// The largest program that is read. Whole language runtimes with their applications have 200 MB.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The longest name or version.
const WORD_BYTES_MAX: usize = 512;

/// Programs and libraries. Last of all readers, because it wants many files and then looks at their first bytes.
pub(crate) static READER: Reader =
    Reader { name: "program", wants, looks_right: executable::begins_right, bytes_max: BYTES_MAX, read };

/// Endings of files that are no programs, whatever their mode.
const OTHER: [&str; 40] = [
    "a", "bash", "c", "cfg", "conf", "css", "csv", "desktop", "gif", "gz", "h", "html", "ico", "jar", "jpg", "js", "json", "ko",
    "md", "mo", "o", "pc", "php", "pl", "pm", "png", "py", "pyc", "rb", "service", "sh", "svg", "tcl", "ts", "txt", "xml", "xz",
    "yaml", "yml", "zst",
];
/// Where no programs are, whatever the mode of the files there.
const ELSEWHERE: [&str; 10] = [
    "boot/",
    "etc/",
    "lib/modules/",
    "usr/include/",
    "usr/lib/firmware/",
    "usr/lib/modules/",
    "usr/share/doc/",
    "usr/share/locale/",
    "usr/share/man/",
    "usr/src/",
];

fn wants(meta: &Meta<'_>, setting: Setting) -> bool {
    let name = meta.name();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let library = name.ends_with(".so") || name.contains(".so.");
    setting == Setting::Installed
        && (meta.executable() || library || ending == Some("exe"))
        && !ending.is_some_and(|ending| OTHER.contains(&ending))
        && !ELSEWHERE.iter().any(|folder| meta.path.starts_with(folder))
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut found = Found::default();
    let Some(executable) = Executable::parse(content.bytes) else {
        let detail = "it begins as a program and is none, or one that was packed or cut";
        found.gaps.push(Gap::new(meta.path, Obstacle::Unreadable, detail));
        return found;
    };
    go::read(&executable, meta, &mut found);
    auditable::read(&executable, meta, &mut found);
    if let Some((name, version)) = known::find(meta.name(), content.bytes) {
        found.components.extend(component("generic", name, &version, meta));
    }
    found
}

/// A component whose name and version are fit to be shown; none otherwise.
fn component(ecosystem: &str, name: &str, version: &str, meta: &Meta<'_>) -> Option<Component> {
    let fits = |word: &str| !word.is_empty() && word.len() <= WORD_BYTES_MAX && !word.chars().any(char::is_control);
    (fits(name) && fits(version)).then(|| {
        let package = Package {
            ecosystem: ecosystem.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: None,
            source: None,
        };
        Component::new(package, meta.path)
    })
}

#[cfg(test)]
mod tests;
