//! Gradle's lock files: `group:artifact:version=configurations`, one line each.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "gradle.lockfile",
    wants: |meta, setting| setting == Setting::Source && meta.name().ends_with("gradle.lockfile"),
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let mut list = List::new(meta, ECOSYSTEM);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (module, configurations) = line.split_once('=').unwrap_or((line, ""));
        if module == "empty" {
            continue;
        }
        match module.rsplit_once(':') {
            Some((name, version)) if name.contains(':') => {
                list.add_with(name, version, scope(configurations), None);
            }
            _ => list.broken(line),
        }
    }
    list.done()
}

/// For development when nothing but tests uses it.
fn scope(configurations: &str) -> Scope {
    let mut names = configurations.split(',').filter(|name| !name.is_empty()).peekable();
    let is_test = |name: &str| name.starts_with("test") || name.contains("Test");
    if names.peek().is_some() && names.all(is_test) { Scope::Development } else { Scope::Runtime }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_lines() {
        check(
            &READER,
            "buildscript-gradle.lockfile",
            "# comment\norg.a:b:1.0=compileClasspath,testCompileClasspath\nc:d:2.0=testRuntimeClasspath,integrationTestCompile\n\
             e:f:3\nodd\nempty=annotationProcessor\n",
            &["c:d 2.0 development", "e:f 3", "org.a:b 1.0", "! entries that make no sense: odd"],
        );
    }
}
