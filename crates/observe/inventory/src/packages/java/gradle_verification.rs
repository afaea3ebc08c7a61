//! Gradle's `gradle/verification-metadata.xml`: hashes of all modules the build ever took, plugins and all.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, xml};
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "gradle verification metadata",
    wants: |meta, setting| {
        let path = meta.path;
        setting == Setting::Source
            && (path == "gradle/verification-metadata.xml" || path.ends_with("/gradle/verification-metadata.xml"))
    },
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let metadata = match xml::parse(&text::decoded(content.bytes)) {
        Ok(metadata) => metadata,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for component in metadata.first("components").into_iter().flat_map(|components| components.all("component")) {
        let word = |name| component.attribute(name).unwrap_or_default();
        list.add(&format!("{}:{}", word("group"), word("name")), word("version"));
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_components() {
        check(
            &READER,
            "gradle/verification-metadata.xml",
            r#"<verification-metadata xmlns="https://schema.gradle.org/dependency-verification"><configuration/>
              <components><component group="org.a" name="b" version="1.0"><artifact name="b-1.0.jar"/></component></components>
              </verification-metadata>"#,
            &["org.a:b 1.0"],
        );
    }
}
