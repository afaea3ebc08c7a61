//! Project files (`*.csproj` and its kin): what a project asks for itself.
//!
//! A reference without version has it from `Directory.Packages.props`, which is read on its own, so it is no gap.
//! Where `obj/project.assets.json` or `packages.lock.json` stand beside, those tell more.

use super::properties::{Properties, items, metadata};
use super::{ECOSYSTEM, lowest};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, xml};
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: ".NET project",
    wants: |meta, setting| {
        setting == Setting::Source && [".csproj", ".fsproj", ".vbproj"].iter().any(|ending| meta.name().ends_with(ending))
    },
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let project = match xml::parse(&text::decoded(content.bytes)) {
        Ok(project) => project,
        Err(error) => return unreadable(meta, error),
    };
    let properties = Properties::of(&project);
    let mut list = List::new(meta, ECOSYSTEM);
    for item in items(&project, "PackageReference") {
        let name = properties.expanded(item.attribute("Include").or_else(|| item.attribute("Update")).unwrap_or_default());
        let overridden = metadata(item, "VersionOverride");
        let version = properties.expanded(if overridden.is_empty() { metadata(item, "Version") } else { overridden });
        let scope = if metadata(item, "PrivateAssets").eq_ignore_ascii_case("all") { Scope::Development } else { Scope::Runtime };
        match lowest(&version) {
            Some(version) => {
                list.add_with(&name, version, scope, Some(true));
            }
            None if version.is_empty() => {}
            None => list.unresolved(&name),
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_references() {
        check(
            &READER,
            "own.csproj",
            r#"<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><V>1.2</V></PropertyGroup><ItemGroup>
              <PackageReference Include="A" Version="$(V)"/><PackageReference Include="B" version="2.*"/><PackageReference Include="C"/>
              <PackageReference Include="D"><Version>4.0</Version><PrivateAssets>all</PrivateAssets></PackageReference>
              <PackageReference Include="E" VersionOverride="5.0"/></ItemGroup></Project>"#,
            &["A 1.2 direct", "D 4.0 development direct", "E 5.0 direct", "! no exact version of B"],
        );
    }
}
