//! Bitnami's images: `.spdx-NAME.spdx` beside each of their components.
//!
//! The components are compiled by Bitnami, so no other package manager knows them. What else the documents list
//! is found by its own reader.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::unreadable;
use crate::packages::{Found, Reader};
use crate::sbom;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Bitnami";

pub(crate) static READER: Reader = Reader {
    name: "Bitnami SPDX",
    wants: |meta, setting| setting == Setting::Installed && meta.name().starts_with(".spdx-") && meta.name().ends_with(".spdx"),
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut sbom = match sbom::read(meta.path, content.bytes) {
        Ok(sbom) => sbom,
        Err(error) => return unreadable(meta, error.to_string()),
    };
    sbom.components.retain(|component| component.package.ecosystem == ECOSYSTEM);
    for component in &mut sbom.components {
        component.path = meta.path.to_owned();
    }
    Found { components: sbom.components, ..Found::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_what_bitnami_compiled() {
        check(
            &READER,
            "opt/bitnami/redis/.spdx-redis.spdx",
            r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"redis","licenseDeclared":"BSD-3-Clause",
              "externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:bitnami/redis@7.2.4-0?arch=amd64"}]},
              {"name":"x","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/x@1"}]}]}"#,
            &["redis 7.2.4-0 [BSD-3-Clause]"],
        );
        check(&READER, ".spdx-x.spdx", "no", &["! not a CycloneDX, SPDX or Syft document"]);
    }
}
