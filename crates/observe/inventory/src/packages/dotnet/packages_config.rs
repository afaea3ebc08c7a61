//! NuGet's old `packages.config`.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, xml};
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "packages.config",
    wants: |meta, setting| setting == Setting::Source && meta.name().eq_ignore_ascii_case("packages.config"),
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let packages = match xml::parse(&text::decoded(content.bytes)) {
        Ok(packages) => packages,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for package in packages.all("package") {
        let word = |name| package.attribute(name).unwrap_or_default();
        let scope = if word("developmentDependency") == "true" { Scope::Development } else { Scope::Runtime };
        list.add_with(word("id"), word("version"), scope, None);
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages() {
        let text = r#"<?xml version="1.0"?><packages><package id="A.B" version="1.0" targetFramework="net46"/>
            <package id="C" version="2" developmentDependency="true"/><package id="D"/></packages>"#;
        check(&READER, "packages.config", text, &["A.B 1.0", "C 2 development", "! no exact version of D"]);
    }
}
