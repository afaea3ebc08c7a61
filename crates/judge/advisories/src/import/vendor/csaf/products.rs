//! The tree of products: which package of which release a product id stands for.

use super::super::FormatError;
use super::raw::{Branch, Document, Product};
use crate::import::ecosystems::canonical;
use crate::import::osv::Str;
use std::collections::HashMap;
use vigie_model::purl::Purl;

/// Products and relations that are taken of one document.
const PRODUCTS_MAX: usize = 1_000_000;
/// How deep branches are followed.
const DEPTH_MAX: usize = 64;

/// A package in a release.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) ecosystem: String,
    pub(super) package: String,
    /// Epoch, version and release; none where the product stands for all versions.
    pub(super) version: Option<String>,
    /// Name and stream of the module that it comes in (`nodejs:20`); empty without.
    pub(super) stream: String,
}

/// The products of a document.
pub(super) struct Products<'a> {
    vendor: Vendor,
    by_id: HashMap<&'a str, &'a Product<'a>>,
    /// Component and release of a combined product.
    parts: HashMap<&'a str, (&'a str, &'a str)>,
}

#[derive(Clone, Copy)]
enum Vendor {
    RedHat,
    Suse,
}

impl<'a> Products<'a> {
    pub(super) fn of(document: &'a Document<'a>) -> Result<Self, FormatError> {
        let publisher = document.document.publisher.as_ref();
        let told = |text: Option<&Str<'_>>| text.map_or(String::new(), |text| text.as_str().to_lowercase());
        let who = publisher.map_or(String::new(), |it| told(it.namespace.as_ref()) + " " + &told(it.name.as_ref()));
        let vendor = match () {
            () if who.contains("redhat.com") || who.contains("red hat") => Vendor::RedHat,
            () if who.contains("suse.com") || who.contains("suse") => Vendor::Suse,
            () => return Err(FormatError::Other { format: "a CSAF document of Red Hat or SUSE" }),
        };
        let mut products = Self { vendor, by_id: HashMap::new(), parts: HashMap::new() };
        let Some(tree) = &document.product_tree else { return Ok(products) };
        products.add_branches(tree.branches.as_deref().unwrap_or_default(), 0)?;
        for product in tree.full_product_names.iter().flatten() {
            products.by_id.insert(product.product_id.as_str(), product);
        }
        for relation in tree.relationships.iter().flatten() {
            let parts = (relation.product_reference.as_str(), relation.relates_to_product_reference.as_str());
            products.parts.insert(relation.full_product_name.product_id.as_str(), parts);
        }
        products.within_limit()?;
        Ok(products)
    }

    fn add_branches(&mut self, branches: &'a [Branch<'a>], depth: usize) -> Result<(), FormatError> {
        if depth == DEPTH_MAX {
            return Err(FormatError::TooMany { what: "levels of branches", max: DEPTH_MAX });
        }
        for branch in branches {
            if let Some(product) = &branch.product {
                self.by_id.insert(product.product_id.as_str(), product);
            }
            self.add_branches(branch.branches.as_deref().unwrap_or_default(), depth + 1)?;
        }
        self.within_limit()
    }

    fn within_limit(&self) -> Result<(), FormatError> {
        if self.by_id.len() + self.parts.len() > PRODUCTS_MAX {
            return Err(FormatError::TooMany { what: "products", max: PRODUCTS_MAX });
        }
        Ok(())
    }

    /// What a product id stands for; `None` for what is no package of a release.
    pub(super) fn component(&self, id: &str) -> Option<Component> {
        let (component, place) = *self.parts.get(id)?;
        // A package of a module: the place is itself a module in a release.
        let (module, release) = match self.parts.get(place) {
            Some((module, release)) => (Some(*module), *release),
            None => (None, place),
        };
        let ecosystem = self.ecosystem(release)?;
        let product = self.by_id.get(component);
        let purl = product.and_then(|product| product.product_identification_helper.as_ref()?.purl.as_ref());
        let purl = purl.and_then(|purl| Purl::parse(purl.as_str()));
        // Unfixed packages of modules carry the module in their name: `nodejs:18/nodejs`.
        let (in_module, component) = component.split_once('/').map_or((None, component), |(module, name)| (Some(module), name));
        let stream = module.or(in_module).map_or(String::new(), stream);
        let (package, version) = match purl {
            Some(purl) if purl.kind == "rpm" && purl.qualifier("rpmmod").is_none() => (purl.name.clone(), purl.evr()),
            // Modules themselves, containers, other things.
            Some(_) => return None,
            None => from_file_name(component),
        };
        Some(Component { ecosystem, package, version, stream })
    }

    /// The ecosystem of a release, `None` for what no machine is.
    fn ecosystem(&self, release: &str) -> Option<String> {
        let product = self.by_id.get(release)?;
        match self.vendor {
            Vendor::RedHat => {
                let cpe = product.product_identification_helper.as_ref()?.cpe.as_ref()?.as_str();
                let (_, name) = cpe.split_once(":redhat:")?;
                let ecosystem = format!("Red Hat:{name}");
                let known = canonical(&ecosystem);
                (known != ecosystem).then(|| known.into_owned())
            }
            Vendor::Suse => {
                let name = product.name.as_ref().unwrap_or(&product.product_id).as_str();
                if let Some(release) = name.strip_prefix("openSUSE ") {
                    return Some(format!("openSUSE:{release}"));
                }
                let name = name.strip_prefix("SUSE ").unwrap_or(name);
                let ecosystem = format!("SUSE:{name}");
                let known = canonical(&ecosystem);
                (known != ecosystem).then(|| known.into_owned())
            }
        }
    }
}

/// `nodejs:20` of `nodejs:20:8090020240228165436:a75119d5`, or of `AppStream…:nodejs:20`.
fn stream(module: &str) -> String {
    let mut words = module.split(':');
    match (words.next(), words.next()) {
        (Some(name), Some(stream)) => format!("{name}:{stream}"),
        _ => String::new(),
    }
}

/// Name and version of `openssl-1:3.0.7-27.el9.x86_64`; what has no version is a name alone.
fn from_file_name(text: &str) -> (String, Option<String>) {
    const MACHINES: [&str; 10] = ["x86_64", "aarch64", "ppc64le", "s390x", "noarch", "src", "i686", "i586", "ppc64", "armv7hl"];
    let (stem, machine) = text.rsplit_once('.').unwrap_or((text, ""));
    let stem = if MACHINES.contains(&machine) { stem } else { text };
    let split = stem.rsplit_once('-').and_then(|(rest, release)| {
        let (name, version) = rest.rsplit_once('-')?;
        let begins = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        (begins(version) && begins(release)).then(|| (name.to_owned(), Some(format!("{version}-{release}"))))
    });
    split.unwrap_or_else(|| (stem.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_taken_apart() {
        for (text, name, version) in [
            ("openssl-1:3.0.7-27.el9.x86_64", "openssl", Some("1:3.0.7-27.el9")),
            ("libopenssl-3-devel-3.1.4-150600.5.15.1.noarch", "libopenssl-3-devel", Some("3.1.4-150600.5.15.1")),
            ("openssl", "openssl", None),
            ("java-17-openjdk", "java-17-openjdk", None),
            ("python3.11", "python3.11", None),
        ] {
            assert_eq!(from_file_name(text), (name.to_owned(), version.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn modules_have_streams() {
        assert_eq!(stream("nodejs:20:8090020240228165436:a75119d5"), "nodejs:20");
        assert_eq!(stream("nodejs"), "");
    }
}
