//! Vulnerability data, read in place.

use crate::file::blobs::Blobs;
use crate::file::names::Names;
use crate::file::texts::{self, Description};
use crate::file::vulnerability::{Entry, TextPlace};
use crate::file::{Damaged, OpenError, Section, Sections};
use crate::status::Status;
use std::collections::BTreeMap;
use vigie_model::priority::KnownExploited;
use vigie_model::severity::Severity;
use vigie_model::time::Day;

/// Vulnerability data over bytes that somebody else holds, such as a memory-mapped file.
pub struct Advisories<B> {
    sections: Sections<B>,
    status: Status,
}

/// What is known of a vulnerability, aliases closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Vulnerability {
    /// The name that stands for it: its CVE id where it has one.
    pub id: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The best CVSS rating among its records.
    pub cvss: Option<Cvss>,
    /// The worst severity that any vendor gives it.
    pub vendor_severity: Option<Severity>,
    /// Whether CISA lists it as exploited.
    pub known_exploited: KnownExploited,
    /// Since when CISA lists it.
    pub exploited_since: Option<Day>,
    /// EPSS: probability of exploitation within 30 days.
    pub epss: Option<f64>,
    /// When it was first published.
    pub published: Option<Day>,
    /// When its records were last changed.
    pub modified: Option<Day>,
    text: Option<TextPlace>,
}

impl Vulnerability {
    /// Whether the package itself is malicious (OSV's `MAL-` records), not merely broken.
    #[must_use]
    pub fn is_malware(&self) -> bool {
        std::iter::once(&self.id).chain(&self.aliases).any(|name| name.starts_with("MAL-"))
    }
}

/// A CVSS rating.
#[derive(Clone, Debug, PartialEq)]
pub struct Cvss {
    /// The vector string, of version 2.0 to 4.0.
    pub vector: String,
    /// The score of the vector, 0.0–10.0.
    pub score: f64,
    /// The word for the score.
    pub severity: Severity,
}

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Opens the compact file and checks its checksums.
    ///
    /// # Errors
    /// [`OpenError`] when the bytes are no such file, of another version, or damaged.
    pub fn open(bytes: B) -> Result<Self, OpenError> {
        let sections = Sections::open(bytes)?;
        let mut status = Status::from_json(sections.get(Section::Status)).ok_or(Damaged::in_section(Section::Status))?;
        status.bytes = sections.length() as u64;
        Ok(Self { sections, status })
    }

    /// What the data hold and how old they are.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// A vulnerability by its canonical id.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn vulnerability(&self, id: &str) -> Result<Option<Vulnerability>, Damaged> {
        let number = self.names(Section::Ids)?.find(id).ok_or(Damaged::in_section(Section::Ids))?;
        number.map(|number| self.vulnerability_of(number)).transpose()
    }

    /// What the records say of vulnerabilities in words, in the order asked for.
    ///
    /// Unpacks each block of texts once, so ask for many at a time.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn descriptions<'a>(&self, of: impl IntoIterator<Item = &'a Vulnerability>) -> Result<Vec<Description>, Damaged> {
        let damaged = Damaged::in_section(Section::Texts);
        let places: Vec<Option<TextPlace>> = of.into_iter().map(|vulnerability| vulnerability.text).collect();
        let mut wanted: BTreeMap<TextPlace, Vec<usize>> = BTreeMap::new();
        for (order, place) in places.iter().enumerate() {
            if let Some(place) = place {
                wanted.entry(*place).or_default().push(order);
            }
        }
        let blobs = self.blobs(Section::Texts)?;
        let mut descriptions = vec![Description::default(); places.len()];
        let mut open: Option<(usize, Vec<u8>)> = None;
        for (place, orders) in wanted {
            let block = match open.take() {
                Some((number, block)) if number == place.block => block,
                _ => blobs.get(place.block).and_then(texts::unpack).ok_or(damaged)?,
            };
            let description = texts::read(&block, place.offset).ok_or(damaged)?;
            orders.into_iter().for_each(|order| descriptions[order].clone_from(&description));
            open = Some((place.block, block));
        }
        Ok(descriptions)
    }

    pub(crate) fn vulnerability_of(&self, number: usize) -> Result<Vulnerability, Damaged> {
        let id = self.names(Section::Ids)?.get(number).ok_or(Damaged::in_section(Section::Ids))?;
        let bytes = self.blobs(Section::Vulnerabilities)?.get(number);
        let entry = bytes.and_then(|bytes| Entry::read(bytes, &id)).ok_or(Damaged::in_section(Section::Vulnerabilities))?;
        let cvss = match entry.cvss {
            Some(cvss) => {
                let vector = self.names(Section::Vectors)?.get(cvss.vector).ok_or(Damaged::in_section(Section::Vectors))?;
                Some(Cvss::new(vector, cvss.tenths))
            }
            None => None,
        };
        Ok(Vulnerability {
            id,
            cvss,
            vendor_severity: entry.severity,
            known_exploited: match (entry.exploited_since, entry.ransomware) {
                (None, _) => KnownExploited::No,
                (Some(_), false) => KnownExploited::Yes,
                (Some(_), true) => KnownExploited::Ransomware,
            },
            exploited_since: entry.exploited_since,
            epss: entry.epss.map(|epss| f64::from(epss) / 100_000.0),
            published: entry.published,
            modified: entry.modified,
            aliases: entry.aliases,
            text: entry.text,
        })
    }

    pub(crate) const fn checksum(&self, section: Section) -> u32 {
        self.sections.checksum(section)
    }

    pub(crate) fn names(&self, section: Section) -> Result<Names<'_>, Damaged> {
        Names::new(self.sections.get(section)).ok_or(Damaged::in_section(section))
    }

    pub(crate) fn blobs(&self, section: Section) -> Result<Blobs<'_>, Damaged> {
        Blobs::new(self.sections.get(section)).ok_or(Damaged::in_section(section))
    }
}

impl Cvss {
    fn new(vector: String, tenths: u8) -> Self {
        let severity = crate::import::ratings::severity_of_vector(&vector, tenths);
        Self { vector, score: f64::from(tenths) / 10.0, severity }
    }
}
