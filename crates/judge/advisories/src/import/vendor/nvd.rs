//! The National Vulnerability Database as JSON, API 2.0 and its yearly files: for scores only.
//!
//! Format: <https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema>. Its ranges speak of products
//! (CPE), not of packages; matching them to packages by likeness of names is what makes other scanners
//! wrong, so only identifier, dates and CVSS vectors of versions 2.0 to 4.0 are read.

use super::{FormatError, Sink, is_id, json};
use crate::import::limits::FEED_ENTRIES_MAX;
use crate::import::osv::{Record, Str};
use serde::Deserialize;
use vigie_model::time::Timestamp;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    vulnerabilities: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    vuln_status: Option<Str<'a>>,
    published: Option<Str<'a>>,
    last_modified: Option<Str<'a>>,
    metrics: Option<Metrics<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics<'a> {
    #[serde(borrow)]
    cvss_metric_v40: Option<Vec<Metric<'a>>>,
    cvss_metric_v31: Option<Vec<Metric<'a>>>,
    cvss_metric_v30: Option<Vec<Metric<'a>>>,
    cvss_metric_v2: Option<Vec<Metric<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Str<'a>>,
    cvss_data: Option<Data<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    vector_string: Option<Str<'a>>,
}

/// Reads an answer of the API or a yearly file.
///
/// # Errors
/// [`FormatError`] when it is not that JSON.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), FormatError> {
    let answer: Answer<'_> = json("JSON of the NVD API 2.0", bytes)?;
    if answer.vulnerabilities.len() > FEED_ENTRIES_MAX {
        return Err(FormatError::TooMany { what: "entries", max: FEED_ENTRIES_MAX });
    }
    for Item { cve } in answer.vulnerabilities {
        if !is_id(cve.id.as_str()) {
            sink.note("an entry", "an id that is empty, too long or unprintable");
            continue;
        }
        let rejected = cve.vuln_status.is_some_and(|status| status.as_str().eq_ignore_ascii_case("rejected"));
        if !rejected {
            let mut record = Record::new(cve.id);
            record.published = time(cve.published.as_ref());
            record.modified = time(cve.last_modified.as_ref());
            record.vectors = cve.metrics.map(Metrics::vectors).unwrap_or_default();
            sink.take(&record);
        }
    }
    Ok(())
}

impl<'a> Metrics<'a> {
    /// One vector of each version: NVD's own where there is one, else the first.
    fn vectors(self) -> Vec<Str<'a>> {
        let versions = [self.cvss_metric_v40, self.cvss_metric_v31, self.cvss_metric_v30, self.cvss_metric_v2];
        versions.into_iter().flatten().filter_map(best).collect()
    }
}

fn best(mut metrics: Vec<Metric<'_>>) -> Option<Str<'_>> {
    metrics.sort_by_key(|metric| metric.kind.as_ref().is_none_or(|kind| kind.as_str() != "Primary"));
    metrics.into_iter().find_map(|metric| metric.cvss_data?.vector_string)
}

/// Times of the NVD are UTC and do not say so.
fn time(text: Option<&Str<'_>>) -> Option<Timestamp> {
    let text = text?.as_str();
    let zoned = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    Timestamp::parse(&if zoned { text.to_owned() } else { format!("{text}Z") }).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Lines;
    use super::*;
    use proptest::prelude::*;

    struct Vectors(Vec<String>);

    impl Sink for Vectors {
        fn take(&mut self, record: &Record<'_>) {
            let vectors: Vec<&str> = record.vectors.iter().map(Str::as_str).collect();
            self.0.push(format!("{} {} {}", record.id.as_str(), record.published.unwrap_or_default(), vectors.join(" ")));
        }

        fn note(&mut self, _: &str, _: &str) {}
    }

    #[test]
    fn reads_scores_of_all_versions() {
        let mut vectors = Vectors(Vec::new());
        read(
            br#"{"resultsPerPage":2,"startIndex":0,"totalResults":2,"format":"NVD_CVE","version":"2.0","vulnerabilities":[
              {"cve":{"id":"CVE-2099-0001","sourceIdentifier":"x","published":"2099-05-01T10:00:00.123","lastModified":"2099-05-02T00:00:00.000",
                "vulnStatus":"Analyzed","descriptions":[{"lang":"en","value":"x"}],"metrics":{
                "cvssMetricV31":[{"source":"cna","type":"Secondary","cvssData":{"version":"3.1","vectorString":"CVSS:3.1/AV:L","baseScore":1.0}},
                                 {"source":"nvd@nist.gov","type":"Primary","cvssData":{"version":"3.1","vectorString":"CVSS:3.1/AV:N"}}],
                "cvssMetricV2":[{"cvssData":{"vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P"}}]}}},
              {"cve":{"id":"CVE-2099-0002","vulnStatus":"Rejected"}}]}"#,
            &mut vectors,
        )
        .unwrap();
        assert_eq!(vectors.0, ["CVE-2099-0001 2099-05-01T10:00:00.123Z CVSS:3.1/AV:N AV:N/AC:L/Au:N/C:P/I:P/A:P"]);
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(read(&bytes, &mut Lines::default()).is_err());
        }
    }
}
