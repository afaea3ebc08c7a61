//! GitHub's workflows and actions: `uses: owner/repository@reference`.
//!
//! A reference to a commit often has the tag it belongs to in a comment (`@0123… # v4.1.1`); that tag is the
//! version then. A branch is no version, and is a gap. `v4` is listed as it stands: it moves, and whoever judges
//! it must know that.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "GitHub Actions";

pub(crate) static READER: Reader = Reader {
    name: "GitHub workflow",
    wants: |meta, setting| setting == Setting::Source && is_workflow(meta.path),
    looks_right: |_| true,
    bytes_max: 4 * 1024 * 1024,
    read,
};

fn is_workflow(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let of_workflow = folder == ".github/workflows" || folder.ends_with("/.github/workflows");
    (name.ends_with(".yml") || name.ends_with(".yaml"))
        && (of_workflow || name.trim_end_matches(".yml").trim_end_matches(".yaml") == "action")
}

/// Line by line, since comments count.
fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let mut list = List::new(meta, ECOSYSTEM);
    for line in text.lines() {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        let Some(value) = line.strip_prefix("uses:").or_else(|| line.strip_prefix("\"uses\":")) else { continue };
        let (value, comment) = value.split_once(" #").unwrap_or((value, ""));
        let value = value.trim().trim_matches(['"', '\'']);
        if value.starts_with('.') || value.starts_with("docker://") || value.contains("${{") {
            continue;
        }
        let Some((path, reference)) = value.split_once('@') else { continue };
        let name = path.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let tag = comment.split_whitespace().find(|word| is_version(word));
        let version = if is_version(reference) { Some(reference) } else { tag };
        match version {
            Some(version) if name.contains('/') => {
                list.add_with(&name, version, Scope::Development, Some(true));
            }
            _ => list.unresolved(&name),
        }
    }
    list.done()
}

/// `v4`, `v4.1.1`, `4.1`; a commit is none although it may begin with a digit.
fn is_version(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    let is_commit = word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    number.starts_with(|c: char| c.is_ascii_digit()) && !is_commit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_uses() {
        check(
            &READER,
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v2\n    steps:\n      - uses: actions/checkout@v4.1.1\n      \
             - name: x\n        uses: \"o/pinned/sub@0123456789012345678901234567890123456789\" # tag v1.2.3\n      \
             - uses: o/branch@main\n      - uses: o/commit@0123456789012345678901234567890123456789\n      \
             - uses: ./local\n      - uses: docker://alpine:3\n",
            &[
                "actions/checkout v4.1.1 development direct",
                "o/pinned v1.2.3 development direct",
                "o/r v2 development direct",
                "! no exact version of o/branch, o/commit",
            ],
        );
        assert!(is_workflow(".github/workflows/a.yaml") && is_workflow("x/action.yml") && !is_workflow(".github/dependabot.yml"));
    }
}
