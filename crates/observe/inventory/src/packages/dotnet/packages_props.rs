//! `Directory.Packages.props` and its kin: versions managed in one place for many projects.

use super::properties::{Properties, items, metadata};
use super::{ECOSYSTEM, lowest};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, xml};
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "Packages.props",
    wants: |meta, setting| setting == Setting::Source && meta.name().to_ascii_lowercase().ends_with("packages.props"),
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

/// Sorts of items that give a package its version.
const SORTS: [&str; 3] = ["PackageVersion", "PackageReference", "GlobalPackageReference"];

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let project = match xml::parse(&text::decoded(content.bytes)) {
        Ok(project) => project,
        Err(error) => return unreadable(meta, error),
    };
    let properties = Properties::of(&project);
    let mut list = List::new(meta, ECOSYSTEM);
    for item in SORTS.iter().flat_map(|sort| items(&project, sort)) {
        let names = properties.expanded(item.attribute("Include").or_else(|| item.attribute("Update")).unwrap_or_default());
        let version = properties.expanded(metadata(item, "Version"));
        for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            match lowest(&version).filter(|_| !name.contains("$(")) {
                Some(version) => {
                    list.add(name, version);
                }
                None => list.unresolved(name),
            }
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_versions_and_properties() {
        check(
            &READER,
            "Directory.Packages.props",
            r#"<Project><PropertyGroup><V>1.2</V><W>$(v).3</W></PropertyGroup><ItemGroup>
              <PackageVersion Include="A" Version="$(W)"/><PackageVersion Include="B"><Version>2.0</Version></PackageVersion>
              <PackageReference Update="C;D" Version="[3.0]"/><GlobalPackageReference Include="E" Version="$(Unknown)"/>
              </ItemGroup></Project>"#,
            &["A 1.2.3", "B 2.0", "C 3.0", "D 3.0", "! no exact version of E"],
        );
    }
}
