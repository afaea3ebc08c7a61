//! Links within the repository's documents: each leads to a file that is there.
//!
//! Addresses outside are not followed: tidy needs no network.

use crate::error::{Error, read};
use std::path::{Path, PathBuf};

/// Links that lead nowhere.
pub(crate) fn problems(root: &Path, documents: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for path in documents {
        let folder = path.parent().unwrap_or(root);
        let name = path.strip_prefix(root).unwrap_or(path).display();
        for target in targets(&read(path)?) {
            if !folder.join(&target).exists() {
                problems.push(format!("{name}: the link to `{target}` leads nowhere"));
            }
        }
    }
    Ok(problems)
}

/// Files that a document links to: `[text](file#part)`, not addresses, not parts of itself.
fn targets(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut targets = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        let files = links.map(|(target, _)| target.split('#').next().unwrap_or_default());
        targets.extend(files.filter(|target| !target.is_empty() && !target.contains("://")).map(str::to_owned));
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_and_nothing_else() {
        let text = "[a](b.md) and [c](d/e.md#part), [f](https://g.h), [i](#j)\n```\n[k](l.md)\n```\n![m](n.png)";
        assert_eq!(targets(text), ["b.md", "d/e.md", "n.png"]);
    }
}
