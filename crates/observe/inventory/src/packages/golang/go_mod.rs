//! `go.mod`: the modules that a Go module is built of.
//!
//! Format: <https://go.dev/ref/mod#go-mod-file>. From Go 1.17 on it lists every module that is built, so that
//! `go.sum` and `vendor/modules.txt` beside it have nothing to add. The tool chain it names brings the standard
//! library; a bare language version (`go 1.21`) names none.

use super::{ECOSYSTEM, is_folder, unquoted};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, beside};
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::collections::HashMap;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "go.mod",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "go.mod",
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

#[derive(Default)]
struct Module<'a> {
    go: &'a str,
    toolchain: &'a str,
    /// Path, version, whether it is indirect.
    required: Vec<(&'a str, &'a str, bool)>,
    /// By path and version, which is empty when all versions are replaced.
    replaced: HashMap<(&'a str, &'a str), (&'a str, &'a str)>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let module = Module::of(&text);
    let mut list = List::new(meta, ECOSYSTEM);
    for (path, version, indirect) in &module.required {
        let replaced = module.replaced.get(&(*path, *version)).or_else(|| module.replaced.get(&(*path, "")));
        let (path, version) = replaced.copied().unwrap_or((path, version));
        if !is_folder(path) {
            list.add_with(path, version, Scope::Runtime, Some(!indirect));
        }
    }
    if let Some(version) = module.standard_library() {
        list.add_with("stdlib", version, Scope::Runtime, Some(true));
    }
    let mut found = list.done();
    if module.lists_everything() {
        found.supersedes = vec![beside(meta, "go.sum"), beside(meta, "vendor/modules.txt")];
    }
    found
}

impl<'a> Module<'a> {
    fn of(text: &'a str) -> Self {
        let mut module = Self::default();
        let mut block = "";
        for line in text.lines() {
            let (line, comment) = line.split_once("//").unwrap_or((line, ""));
            let words: Vec<&str> = line.split_whitespace().map(unquoted).collect();
            match words.as_slice() {
                [] => {}
                [")"] => block = "",
                [verb, "("] => block = verb,
                words if !block.is_empty() => module.take(block, words, comment),
                [verb, words @ ..] => module.take(verb, words, comment),
            }
        }
        module
    }

    fn take(&mut self, verb: &str, words: &[&'a str], comment: &str) {
        match (verb, words) {
            ("require", [path, version, ..]) => {
                let indirect = comment.split([';', ' ']).any(|word| word == "indirect");
                self.required.push((path, version, indirect));
            }
            ("replace", [path, "=>", to @ ..]) => {
                self.replaced.insert((path, ""), replacement(to));
            }
            ("replace", [path, version, "=>", to @ ..]) => {
                self.replaced.insert((path, version), replacement(to));
            }
            ("go", [version, ..]) => self.go = version,
            ("toolchain", [version, ..]) => self.toolchain = version,
            _ => {}
        }
    }

    /// `go1.22.3` or `1.22.3`: the version of the tool chain where it is a whole one.
    fn standard_library(&self) -> Option<&'a str> {
        [self.toolchain, self.go].into_iter().find_map(|said| {
            let version = said.trim_start_matches("go").split('-').next().unwrap_or_default();
            (version.split('.').count() == 3).then_some(version)
        })
    }

    fn lists_everything(&self) -> bool {
        let mut numbers = self.go.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
        (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) >= (1, 17)
    }
}

/// A replacement without version is a folder, whatever it looks like.
fn replacement<'a>(to: &[&'a str]) -> (&'a str, &'a str) {
    match to {
        [path, version, ..] => (path, version),
        _ => (".", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::{check, read};
    use proptest::prelude::*;

    #[test]
    fn reads_requirements_and_replacements() {
        check(
            &READER,
            "go.mod",
            "module example.org/own\n\ngo 1.21\n\ntoolchain go1.22.3\n\nrequire example.org/a v1.0.0\nrequire (\n\
             \texample.org/b v1.2.3 // indirect\n\texample.org/c v0.0.0-20200101000000-0123456789ab\n\
             \t\"example.org/d\" v2.0.0+incompatible // why\n\texample.org/e v1.0.0\n\texample.org/f v1.0.0\n)\n\
             exclude example.org/b v1.2.2\nreplace example.org/c => example.org/fork v0.1.0\n\
             replace (\n\texample.org/e v1.0.0 => ../e\n\texample.org/f v0.9.0 => example.org/never v1.0.0\n)\n",
            &[
                "example.org/a v1.0.0 direct",
                "example.org/b v1.2.3 indirect",
                "example.org/d v2.0.0+incompatible direct",
                "example.org/f v1.0.0 direct",
                "example.org/fork v0.1.0 direct",
                "stdlib 1.22.3 direct",
            ],
        );
    }

    #[test]
    fn knows_when_it_lists_everything() {
        let check = |text: &str, expected: &[&str]| assert_eq!(read(&READER, "a/go.mod", text.as_bytes()).supersedes, expected);
        check("go 1.17\n", &["a/go.sum", "a/vendor/modules.txt"]);
        check("go 1.16\n", &[]);
        check("", &[]);
        assert_eq!(Module::of("go 1.21.4").standard_library(), Some("1.21.4"));
        assert_eq!(Module::of("go 1.21").standard_library(), None);
        assert_eq!(Module::of("toolchain default").standard_library(), None);
    }

    proptest! {
        #[test]
        fn survives_any_lines(lines in proptest::collection::vec("(require|replace|go|\\(|\\)| |=>|a v1|//)*", 0..20)) {
            drop(read(&READER, "go.mod", lines.join("\n").as_bytes()));
        }
    }
}
