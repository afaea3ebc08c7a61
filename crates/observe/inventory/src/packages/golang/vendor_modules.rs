//! `vendor/modules.txt`: the modules whose files are in the tree.
//!
//! Lines `# path version [=> path [version]]`, then `## explicit` for those that `go.mod` names, then packages.

use super::{ECOSYSTEM, is_folder};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "vendor/modules.txt",
    wants: |meta, setting| {
        setting == Setting::Source && (meta.path == "vendor/modules.txt" || meta.path.ends_with("/vendor/modules.txt"))
    },
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let mut list = List::new(meta, ECOSYSTEM);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(module) = line.strip_prefix("# ") else { continue };
        let explicit = lines.peek().is_some_and(|next| next.strip_prefix("## ").is_some_and(|marks| marks.contains("explicit")));
        let (path, version) = match module.split_whitespace().collect::<Vec<_>>().as_slice() {
            // Replacements are listed a second time at the end, without the version they replace.
            [_, "=>", ..] => continue,
            [_, _, "=>", path, version] if version.starts_with('v') => (*path, *version),
            [_, _, "=>", folder] => (*folder, ""),
            [path, version] if version.starts_with('v') => (*path, *version),
            _ => {
                list.broken(module);
                continue;
            }
        };
        if !is_folder(path) {
            list.add_with(path, version, Scope::Runtime, Some(explicit));
        }
    }
    let mut found = list.done();
    let above = meta.path.strip_suffix("vendor/modules.txt").unwrap_or_default();
    found.supersedes.push(format!("{above}go.sum"));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::{check, read};

    #[test]
    fn reads_modules() {
        let text = "# example.org/a v1.0.0\n## explicit; go 1.17\nexample.org/a/x\n# example.org/b v1.1.0\nexample.org/b\n\
                    # example.org/c v1.0.0 => example.org/fork v1.0.1\n## explicit\n# example.org/d v1.0.0 => ./d\n\
                    # example.org/c => example.org/fork v1.0.1\n# odd\n";
        check(
            &READER,
            "m/vendor/modules.txt",
            text,
            &[
                "example.org/a v1.0.0 direct",
                "example.org/b v1.1.0 indirect",
                "example.org/fork v1.0.1 direct",
                "! entries that make no sense: odd",
            ],
        );
        assert_eq!(read(&READER, "m/vendor/modules.txt", b"").supersedes, ["m/go.sum"]);
    }
}
