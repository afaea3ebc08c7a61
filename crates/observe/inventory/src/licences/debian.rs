//! Debian's `copyright` files: machine-readable ones (DEP-5, copyright-format 1.0), and what older ones refer to in
//! `/usr/share/common-licenses`.

use super::Recognised;
use super::text::spelt;

/// The most different licences of one file.
const LICENCES_MAX: usize = 40;
/// The longest short name.
const NAME_MAX: usize = 200;
/// How sure a maintainer's word makes us, in hundredths.
const DECLARED: u8 = 95;
/// How sure a reference to a common licence makes us.
const REFERRED: u8 = 85;
/// Where the common licences lie.
const COMMON: &str = "/usr/share/common-licenses/";
/// How far around a reference "any later version" counts.
const AROUND: usize = 1200;

/// Short names of Debian's whose SPDX id is another.
const NAMES: [(&str, &str); 24] = [
    ("expat", "MIT"),
    ("mit/x11", "MIT"),
    ("x11", "X11"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("bsd-4-clause", "BSD-4-Clause"),
    ("bsd2", "BSD-2-Clause"),
    ("bsd3", "BSD-3-Clause"),
    ("apache", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("artistic", "Artistic-1.0-Perl"),
    ("artistic-1", "Artistic-1.0"),
    ("artistic-2", "Artistic-2.0"),
    ("boost-1.0", "BSL-1.0"),
    ("cc0", "CC0-1.0"),
    ("isc", "ISC"),
    ("zlib", "Zlib"),
    ("zlib/libpng", "Zlib"),
    ("psf-2", "PSF-2.0"),
    ("python-2.0", "Python-2.0"),
    ("public-domain", "LicenseRef-public-domain"),
    ("mpl", "MPL-1.1"),
    ("perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("unlicense", "Unlicense"),
];

/// Families whose names carry a version and perhaps a `+`.
const VERSIONED: [&str; 4] = ["LGPL", "AGPL", "GFDL", "GPL"];

/// Whether a path is that of such a file.
pub(super) fn is_copyright(path: &str) -> bool {
    path.ends_with("/copyright") && path.starts_with("usr/share/doc/")
}

/// The licences of one file; empty where it tells none in these ways.
pub(super) fn read(text: &str) -> Vec<Recognised> {
    let head = text.get(..text.floor_char_boundary(1000)).unwrap_or_default();
    let found = if head.contains("copyright-format") || head.contains("dep.debian.net") || head.contains("/dep5") {
        declared(text)
    } else {
        referred(text)
    };
    let mut kept: Vec<Recognised> = Vec::new();
    for licence in found {
        if kept.len() < LICENCES_MAX && !kept.iter().any(|known| known.id == licence.id) {
            kept.push(licence);
        }
    }
    kept
}

/// `License: GPL-2+ or MIT` of the paragraphs about files.
fn declared(text: &str) -> Vec<Recognised> {
    let mut about_files = true;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            about_files = false;
        }
        let field = |name: &str| {
            line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).and_then(|_| line.get(name.len()..))
        };
        if field("Files:").is_some() || field("Format:").is_some() {
            about_files = true;
        }
        if let Some(short) = field("License:").filter(|_| about_files) {
            found.extend(expression(short.trim()).map(|id| Recognised { id, confidence: DECLARED }));
        }
    }
    found
}

/// A short name or several with `or`, `and` and commas, as an SPDX expression.
fn expression(short: &str) -> Option<String> {
    if short.is_empty() || short.len() > NAME_MAX {
        return None;
    }
    let spaced = short.replace(',', " ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let mut parts: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        let part = match word.to_ascii_lowercase().as_str() {
            "or" | "and/or" | "|" => "OR".to_owned(),
            "and" | "&" => "AND".to_owned(),
            "(" | ")" => word.to_owned(),
            "with" => {
                // `GPL-2+ with OpenSSL exception`: the exception makes it no stricter.
                while words.peek().is_some_and(|next| !matches!(next.to_ascii_lowercase().as_str(), "or" | "and" | ")")) {
                    words.next();
                }
                continue;
            }
            _ => name(word),
        };
        parts.push(part);
    }
    Some(parts.join(" ").replace("( ", "(").replace(" )", ")"))
}

/// The SPDX id of one short name.
fn name(short: &str) -> String {
    let small = short.to_ascii_lowercase();
    if let Some((_, id)) = NAMES.iter().find(|(known, _)| *known == small) {
        return (*id).to_owned();
    }
    for family in VERSIONED {
        let Some(rest) = small.strip_prefix(&family.to_ascii_lowercase()) else { continue };
        let rest = rest.trim_start_matches(['-', 'v']);
        let (number, later) = match rest.strip_suffix('+').or_else(|| rest.strip_suffix("-or-later")) {
            Some(number) => (number, true),
            None => (rest.strip_suffix("-only").unwrap_or(rest), false),
        };
        let number = number.strip_suffix("-niv").unwrap_or(number);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_number {
            let number = if number.contains('.') { number.to_owned() } else { format!("{number}.0") };
            return format!("{family}-{number}-{}", if later { "or-later" } else { "only" });
        }
        if number.is_empty() {
            return format!("{family}-{}-or-later", if family == "LGPL" { "2.0" } else { "1.0" });
        }
    }
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '+') { letter } else { '-' };
    match spelt(short) {
        Some(id) => id.to_owned(),
        None => format!("LicenseRef-{}", short.chars().map(plain).collect::<String>().replace('+', "-")),
    }
}

/// `/usr/share/common-licenses/GPL-2` in running text.
fn referred(text: &str) -> Vec<Recognised> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(COMMON).take(LICENCES_MAX * 4) {
        let behind = text.get(at + COMMON.len()..).unwrap_or_default();
        let end =
            behind.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-'))).unwrap_or(behind.len());
        let short = behind.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        if short.is_empty() || short.len() > NAME_MAX {
            continue;
        }
        let from = text.floor_char_boundary(at.saturating_sub(AROUND));
        let around = text.get(from..at).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let later = around.contains("any later version")
            && VERSIONED.iter().any(|family| short.starts_with(family))
            && short.contains('-');
        let id = match short {
            "BSD" => "BSD-3-Clause".to_owned(),
            short if later => name(&format!("{short}+")),
            short => name(short),
        };
        found.push(Recognised { id, confidence: REFERRED });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        read(text).into_iter().map(|it| it.id).collect()
    }

    #[test]
    fn paragraphs_about_files_say_the_licences() {
        let text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: x\n\n\
            Files: *\nCopyright: 2020 Ada\nLicense: GPL-2+ or Expat\n some text\n\nFiles: debian/*\nLicense: LGPL-2.1\n\n\
            Files: a\nLicense: GPL-3+ with OpenSSL exception and (BSD-3-clause or Artistic)\n\nLicense: Beerware\n text\n";
        assert_eq!(
            ids(text),
            ["GPL-2.0-or-later OR MIT", "LGPL-2.1-only", "GPL-3.0-or-later AND (BSD-3-Clause OR Artistic-1.0-Perl)"]
        );
    }

    #[test]
    fn older_files_refer_to_the_common_licences() {
        let text = "it under the terms of the GNU General Public License version 2 or\n(at your option) any later\nversion.\n\
            On Debian systems, see `/usr/share/common-licenses/GPL-2'.\nThe manual: /usr/share/common-licenses/Apache-2.0.";
        assert_eq!(ids(text), ["GPL-2.0-or-later", "Apache-2.0"]);
        assert_eq!(ids("nothing here"), Vec::<String>::new());
        assert_eq!(ids("see /usr/share/common-licenses/GPL"), ["GPL-1.0-or-later"]);
    }
}
