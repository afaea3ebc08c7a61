//! CISA's catalogue of known exploited vulnerabilities, as JSON or as CSV.
//!
//! Format: <https://www.cisa.gov/known-exploited-vulnerabilities-catalog>. Only id, date and use in
//! ransomware campaigns are read.

use super::limits::FEED_ENTRIES_MAX;
use serde::Deserialize;
use std::borrow::Cow;
use vigie_model::time::Day;

/// One listed vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// CVE id.
    pub id: String,
    /// When it was added.
    pub since: Option<Day>,
    /// Known use in ransomware campaigns.
    pub ransomware: bool,
}

/// Why the catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KevError {
    /// Neither the JSON nor the CSV form.
    #[error("not the catalogue as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// Broken CSV.
    #[error("not the catalogue as CSV: {0}")]
    Csv(#[source] csv::Error),
    /// Nothing in it, or a CSV without a column `cveID`.
    #[error("no entries")]
    Empty,
    /// More entries than are taken.
    #[error("more than {FEED_ENTRIES_MAX} entries")]
    TooMany,
}

#[derive(Deserialize)]
struct Catalogue<'a> {
    #[serde(borrow)]
    vulnerabilities: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(rename = "cveID", borrow)]
    cve_id: Cow<'a, str>,
    #[serde(default, borrow)]
    date_added: Cow<'a, str>,
    #[serde(default, borrow)]
    known_ransomware_campaign_use: Cow<'a, str>,
}

/// Reads the catalogue: JSON when it begins with `{`, else CSV with a header line.
///
/// # Errors
/// [`KevError`] when it is neither.
pub fn parse(bytes: &[u8]) -> Result<Vec<Listed>, KevError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let listed = if bytes.trim_ascii_start().starts_with(b"{") { json(bytes)? } else { from_csv(bytes)? };
    match listed.len() {
        0 => Err(KevError::Empty),
        1..=FEED_ENTRIES_MAX => Ok(listed),
        _ => Err(KevError::TooMany),
    }
}

fn json(bytes: &[u8]) -> Result<Vec<Listed>, KevError> {
    let catalogue: Catalogue<'_> = serde_json::from_slice(bytes).map_err(KevError::Json)?;
    Ok(catalogue.vulnerabilities.iter().map(Listed::from).collect())
}

fn from_csv(bytes: &[u8]) -> Result<Vec<Listed>, KevError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headers = reader.byte_headers().map_err(KevError::Csv)?.clone();
    let mut listed = Vec::new();
    for row in reader.byte_records() {
        let row = row.map_err(KevError::Csv)?;
        listed.push(Listed::from(&row.deserialize::<Entry<'_>>(Some(&headers)).map_err(KevError::Csv)?));
    }
    Ok(listed)
}

impl From<&Entry<'_>> for Listed {
    fn from(entry: &Entry<'_>) -> Self {
        Self {
            id: entry.cve_id.trim().to_owned(),
            since: Day::parse(entry.date_added.trim()).ok(),
            ransomware: entry.known_ransomware_campaign_use.trim().eq_ignore_ascii_case("known"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(id: &str, since: &str, ransomware: bool) -> Listed {
        Listed { id: id.into(), since: Day::parse(since).ok(), ransomware }
    }

    #[test]
    fn both_forms_say_the_same() {
        let expected = [listed("CVE-2024-1", "2024-03-01", true), listed("CVE-2024-2", "2024-03-02", false)];
        let json = br#"{"title":"KEV","count":2,"vulnerabilities":[
            {"cveID":"CVE-2024-1","dateAdded":"2024-03-01","knownRansomwareCampaignUse":"Known","cwes":["CWE-1"]},
            {"cveID":"CVE-2024-2","dateAdded":"2024-03-02","knownRansomwareCampaignUse":"Unknown","notes":"\u2019"}]}"#;
        let csv = b"\xef\xbb\xbfcveID,vendorProject,dateAdded,shortDescription,knownRansomwareCampaignUse\n\
            CVE-2024-1,a,2024-03-01,\"with, comma\",Known\r\n\
            CVE-2024-2,b,2024-03-02,plain,Unknown\n";
        assert_eq!(parse(json).unwrap(), expected);
        assert_eq!(parse(csv).unwrap(), expected);
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(parse(b"{\"vulnerabilities\":[").unwrap_err().to_string().starts_with("not the catalogue as JSON: EOF"));
        assert!(parse(b"a,b\n1,2\n").unwrap_err().to_string().contains("missing field `cveID`"));
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            if let Err(error) = parse(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
